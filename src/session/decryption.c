/* Protected records with keys (RFC 8446 sections 4.6 and 5.2, appendix A; RFC 5246 section 6.3): which keys hold for
 * which records. What was opened goes the way of plain records; content is wiped at once. Records that come before
 * their keys wait. */
#include "session/decryption_internal.h"

#include <openssl/crypto.h>

#include <stdlib.h>
#include <string.h>

enum pending_kind { PENDING_RECORD, PENDING_SKIPPED, PENDING_CHANGE, PENDING_LOST };

struct pending {
    struct pending *next;
    enum pending_kind kind;
    unsigned side;
    struct record_header header;
    struct span span;
    uint32_t len;
    uint8_t fragment[];
};

static void pending_free(struct session *session, struct pending *pending)
{
    session->context->pending_bytes -= sizeof *pending + pending->len;
    session->context->memory_bytes -= sizeof *pending + pending->len;
    free(pending);
}

void decryption_free(struct session *session)
{
    struct decryption *d = session->decryption;
    if (!d)
        return;
    for (struct pending *pending = d->first, *next; pending; pending = next) {
        next = pending->next;
        pending_free(session, pending);
    }
    decryption_side_cleanup(&d->sides[0]);
    decryption_side_cleanup(&d->sides[1]);
    key_exchange_free(session, d->kx);
    session->context->memory_bytes -= sizeof *d;
    OPENSSL_cleanse(d, sizeof *d);
    free(d);
    session->decryption = NULL;
}

static bool push(struct session *session, unsigned side, enum pending_kind kind, const struct record_header *h,
                 struct bytes fragment, const struct span *span)
{
    struct decryption *d = session->decryption;
    struct session_context *context = session->context;
    size_t size = sizeof(struct pending) + fragment.len;
    struct pending *pending = NULL;
    if (d->num_pending < LIMIT_PENDING_RECORDS && d->pending_bytes + fragment.len <= LIMIT_PENDING_BYTES &&
        context->pending_bytes + size <= LIMIT_ALL_PENDING_BYTES)
        pending = malloc(size);
    if (!pending) {
        d->is_queue_full = true;
        return false;
    }
    *pending = (struct pending){.kind = kind, .side = side, .len = (uint32_t)fragment.len};
    if (h)
        pending->header = *h;
    if (span)
        pending->span = *span;
    if (fragment.len > 0)
        memcpy(pending->fragment, fragment.at, fragment.len);
    if (d->last)
        d->last->next = pending;
    else
        d->first = pending;
    d->last = pending;
    d->num_pending++;
    d->pending_bytes += (uint32_t)fragment.len;
    context->pending_bytes += size;
    context->memory_bytes += size;
    return true;
}

static void drain(struct session *session);

void decryption_change_cipher_spec(struct session *session, unsigned side)
{
    struct decryption *d = session->decryption;
    struct keyed_side *ks = &d->sides[side];
    if (!decryption_is_client(session, side))
        decryption_resume(session);
    drain(session);
    if (d->state == DECRYPTION_WAITING) {
        (void)push(session, side, PENDING_CHANGE, NULL, (struct bytes){NULL, 0}, NULL);
    } else if (d->state == DECRYPTION_READY && !decryption_is_tls13(d)) {
        struct keyed_state next = ks->next;
        ks->next = (struct keyed_state){NULL, NULL};
        decryption_take(ks, next, EPOCH_APPLICATION);
    }
}

/* ---- records */

bool decryption_is_application(const struct session *session, unsigned side)
{
    const struct decryption *d = session->decryption;
    const struct keyed_side *ks = &d->sides[side];
    return d->state == DECRYPTION_READY && ks->current.protection && !ks->is_dead && ks->epoch == EPOCH_APPLICATION;
}

/* Remembers that something stayed hidden, and why. */
static void note_error(struct decryption *d, enum keys_error error)
{
    if (d->error == KEYS_NO_ERROR)
        d->error = error;
}

/* Does a record hold what is needed for the next one? */
static bool needs_content(const struct keyed_state *state)
{
    return state->inflater || protection_needs_content(state->protection);
}

bool decryption_wants(struct session *session, unsigned side, const struct record_header *h)
{
    struct decryption *d = session->decryption;
    const struct keyed_side *ks = &d->sides[side];
    drain(session);
    if (d->state == DECRYPTION_WAITING)
        return d->pending_bytes + h->length <= LIMIT_PENDING_BYTES;
    if (d->state == DECRYPTION_OFF || !ks->current.protection || ks->is_dead) {
        if (!ks->is_dead)
            note_error(d, ks->is_lost && d->state == DECRYPTION_READY ? KEYS_GAP : d->reason);
        return false;
    }
    if (!decryption_is_tls13(d))
        return h->type != CONTENT_APPLICATION_DATA || needs_content(&ks->current);
    return ks->epoch != EPOCH_APPLICATION || h->length <= LIMIT_OPENED_RECORD || session->sides[side].message ||
           (d->is_authenticating && decryption_is_client(session, side));
}

void decryption_skip(struct session *session, unsigned side, const struct record_header *h)
{
    struct decryption *d = session->decryption;
    struct keyed_side *ks = &d->sides[side];
    struct bytes nothing = {NULL, 0};
    drain(session);
    if (d->state == DECRYPTION_WAITING)
        (void)push(session, side, PENDING_SKIPPED, h, nothing, NULL);
    if (d->state != DECRYPTION_READY || !ks->current.protection || ks->is_seeking)
        return;
    protection_skip(ks->current.protection, nothing, h->length);
    ks->is_lost |= needs_content(&ks->current);
}

void decryption_lost(struct session *session, unsigned side)
{
    struct decryption *d = session->decryption;
    drain(session);
    d->sides[side].is_lost = d->sides[side].has_gap = true;
    if (d->kx)
        key_exchange_lost(d->kx, decryption_is_client(session, side));
    if (d->state == DECRYPTION_WAITING)
        (void)push(session, side, PENDING_LOST, NULL, (struct bytes){NULL, 0}, NULL);
}

struct opening_try {
    struct sealed sealed;
    uint8_t *out, type;
    struct bytes content;
};

static bool try_open(struct protection *p, const struct keyed_side *ks, struct opening_try *t)
{
    if (ks->is_lost && ks->current.inflater)
        return false; /* what was missed is needed to inflate this */
    if (ks->is_lost)
        return protection_find(p, &t->sealed, LIMIT_SEQUENCE_TRIALS, t->out, &t->type, &t->content);
    return protection_open(p, &t->sealed, t->out, &t->type, &t->content);
}

/* TLS 1.3: the next keys, where the message that ends these was not seen. */
static bool try_next_epoch(struct session *session, unsigned side, struct opening_try *t)
{
    struct keyed_side *ks = &session->decryption->sides[side];
    if (ks->epoch == EPOCH_APPLICATION || (ks->epoch == EPOCH_HANDSHAKE && !ks->is_lost) || ks->is_seeking)
        return false;
    struct protection *p = decryption_epoch_keys(session, side, ks->epoch + 1);
    if (!p || !try_open(p, ks, t)) {
        protection_free(p);
        return false;
    }
    decryption_take(ks, (struct keyed_state){p, NULL}, ks->epoch + 1);
    return true;
}

/* A record that the keys do not open: it may belong to what there are no keys for. */
static bool may_be_another_epochs(const struct session *session, unsigned side)
{
    struct decryption *d = session->decryption;
    struct keyed_side *ks = &d->sides[side];
    bool is_early = d->has_early_data && decryption_is_client(session, side) && !ks->has_opened;
    if (!decryption_is_tls13(d) || ks->epoch != EPOCH_HANDSHAKE || !(is_early || ks->is_seeking) ||
        ++ks->refused >= LIMIT_EARLY_RECORDS)
        return false;
    if (ks->is_seeking)
        note_error(d, KEYS_INCOMPLETE);
    return true;
}

static bool open_record(struct session *session, unsigned side, struct opening_try *t)
{
    struct decryption *d = session->decryption;
    struct keyed_side *ks = &d->sides[side];
    if (try_open(ks->current.protection, ks, t) || (decryption_is_tls13(d) && try_next_epoch(session, side, t))) {
        if (ks->is_seeking)
            ks->epoch = EPOCH_APPLICATION;
        ks->is_lost = ks->is_seeking = false;
        ks->has_opened = true;
        d->source = d->keys.source;
        return true;
    }
    if (may_be_another_epochs(session, side))
        return false;
    ks->is_dead = true;
    note_error(d, ks->is_lost || ks->has_gap || d->is_hello_cut ? KEYS_GAP : KEYS_REFUSED);
    return false;
}

/* What was opened, inflated where the records are compressed: each has to be, for those that follow. */
static bool inflate_record(struct session *session, unsigned side, struct opening_try *t)
{
    struct keyed_side *ks = &session->decryption->sides[side];
    if (!ks->current.inflater)
        return true;
    enum inflate_result result = inflater_run(ks->current.inflater, t->content, &t->content);
    if (result == INFLATE_OK)
        return true;
    session->context->inflated_limit_hits += result == INFLATE_TOO_MUCH;
    ks->is_dead = true;
    note_error(session->decryption, KEYS_UNSUPPORTED);
    return false;
}

/* Up to TLS 1.2 application data is looked at only for the sake of the records behind it. */
static void pass_over(struct session *session, unsigned side, struct opening_try *t)
{
    struct keyed_side *ks = &session->decryption->sides[side];
    if (!ks->current.inflater)
        protection_skip(ks->current.protection, t->sealed.fragment, t->sealed.fragment.len);
    else if (open_record(session, side, t))
        (void)inflate_record(session, side, t);
}

/* With keys in hand, or the certainty that there are none. */
static void settled_record(struct session *session, unsigned side, const struct record_header *h, struct bytes fragment,
                           const struct span *span)
{
    struct decryption *d = session->decryption;
    bool is_blank = decryption_is_tls13(d) && d->sides[side].epoch == EPOCH_APPLICATION && bytes_are_zero(fragment);
    bool is_wanted = decryption_wants(session, side, h) && !is_blank; /* left out of evidence */
    uint8_t *out = is_wanted ? malloc(fragment.len + PROTECTION_ROOM) : NULL;
    if (!out) {
        decryption_skip(session, side, h);
        records_hidden(session, side, h, span);
        return;
    }
    struct opening_try t = {.sealed = {.type = h->type, .version = h->version, .fragment = fragment}, .out = out};
    if (!decryption_is_tls13(d) && h->type == CONTENT_APPLICATION_DATA) {
        pass_over(session, side, &t);
        records_hidden(session, side, h, span);
    } else if (open_record(session, side, &t) && inflate_record(session, side, &t)) {
        session->opened_len = h->length;
        records_opened(session, side, t.type, t.content, span);
    } else {
        records_hidden(session, side, h, span);
    }
    OPENSSL_cleanse(out, fragment.len + PROTECTION_ROOM);
    free(out);
}

void decryption_record(struct session *session, unsigned side, const struct record_header *h, struct bytes fragment,
                       const struct span *span)
{
    struct decryption *d = session->decryption;
    if (d->state == DECRYPTION_WAITING && d->has_server_hello)
        decryption_look_up(session, false);
    drain(session);
    if (d->state != DECRYPTION_WAITING)
        settled_record(session, side, h, fragment, span);
    else if (!push(session, side, PENDING_RECORD, h, fragment, span))
        records_hidden(session, side, h, span);
}

/* What waited, in its order, once it is settled what becomes of it. Never from within a message: what is read here may
 * be messages of the same side. */
static void drain(struct session *session)
{
    struct decryption *d = session->decryption;
    struct pending *pending = d->first;
    if (!pending || d->state == DECRYPTION_WAITING)
        return;
    d->first = d->last = NULL;
    d->pending_bytes = d->num_pending = 0;
    for (struct pending *next; pending; pending = next) {
        next = pending->next;
        if (pending->kind == PENDING_RECORD)
            settled_record(session, pending->side, &pending->header, (struct bytes){pending->fragment, pending->len},
                           &pending->span);
        else if (pending->kind == PENDING_SKIPPED)
            decryption_skip(session, pending->side, &pending->header);
        else if (pending->kind == PENDING_CHANGE)
            decryption_change_cipher_spec(session, pending->side);
        else
            decryption_lost(session, pending->side);
        pending_free(session, pending);
    }
}

void decryption_finish(struct session *session)
{
    if (session->decryption->state == DECRYPTION_WAITING)
        decryption_look_up(session, true);
    ech_read(session, session->decryption->ech);
    drain(session);
}

enum keys_source decryption_source(const struct session *session)
{
    return session->decryption ? session->decryption->source : KEYS_NONE;
}

enum keys_error decryption_error(const struct session *session)
{
    return session->decryption ? session->decryption->error : KEYS_NO_ERROR;
}
