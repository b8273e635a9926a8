/* Protected records with keys (RFC 8446 sections 4.6 and 5.2, appendix A; RFC 5246 section 6.3): which keys hold for
 * which records. What was opened goes the way of plain records; content is wiped at once. Records that come before
 * their keys wait. */
#include "session/protection.h"
#include "session/session_internal.h"

#include <openssl/crypto.h>

#include <stdlib.h>
#include <string.h>

enum state {
    DECRYPTION_WAITING, /* for the ServerHello, or for secrets */
    DECRYPTION_READY,
    DECRYPTION_OFF,
};

enum epoch { EPOCH_EARLY, EPOCH_HANDSHAKE, EPOCH_APPLICATION };

struct keyed_side {
    struct protection *current, *next; /* next: up to TLS 1.2, from ChangeCipherSpec on */
    enum epoch epoch;                  /* TLS 1.3 */
    uint16_t refused;                  /* early data, most likely: records that the first key does not open */
    bool is_lost;                      /* after a gap */
    bool is_dead;
    bool has_opened; /* with the current keys */
};

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

struct decryption {
    enum state state;
    enum keys_source source; /* once a record was opened */
    enum keys_error error, reason;
    uint16_t version, cipher;
    bool has_client_random, has_server_hello, has_early_data, is_encrypt_then_mac, is_authenticating, is_queue_full;
    uint8_t client_random[32], server_random[32];
    struct key_set keys;
    struct suite_algorithms suite;
    struct keyed_side sides[2];
    struct pending *first, *last;
    uint32_t pending_bytes, num_pending;
};

static bool is_tls13(const struct decryption *d)
{
    return version_is_tls13(d->version);
}

static void side_cleanup(struct keyed_side *ks)
{
    protection_free(ks->current);
    protection_free(ks->next);
    ks->current = ks->next = NULL;
}

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
    side_cleanup(&d->sides[0]);
    side_cleanup(&d->sides[1]);
    session->context->memory_bytes -= sizeof *d;
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

/* ---- keys */

static struct protection *of_secret(const struct session *session, enum secret_kind kind)
{
    const struct decryption *d = session->decryption;
    struct bytes secret = d->keys.secrets[kind];
    return secret.len > 0 ? protection_new(session->context->crypto, &d->suite, d->version, secret) : NULL;
}

static bool is_client(const struct session *session, unsigned side)
{
    return session->client_side == side;
}

static enum secret_kind kind_of(const struct session *session, unsigned side, enum epoch epoch)
{
    if (epoch == EPOCH_EARLY)
        return SECRET_CLIENT_EARLY;
    if (epoch == EPOCH_HANDSHAKE)
        return is_client(session, side) ? SECRET_CLIENT_HANDSHAKE : SECRET_SERVER_HANDSHAKE;
    return is_client(session, side) ? SECRET_CLIENT_TRAFFIC : SECRET_SERVER_TRAFFIC;
}

static void side_take(struct keyed_side *ks, struct protection *p, enum epoch epoch)
{
    protection_free(ks->current);
    ks->current = p;
    ks->epoch = epoch;
    ks->refused = 0;
    ks->has_opened = ks->is_lost = false;
}

static void enter(struct session *session, unsigned side, enum epoch epoch)
{
    struct decryption *d = session->decryption;
    side_take(&d->sides[side], of_secret(session, kind_of(session, side, epoch)), epoch);
}

/* Both sides' keys from the next ChangeCipherSpec on. */
static void derive_block(struct session *session)
{
    struct decryption *d = session->decryption;
    struct bytes master = d->keys.secrets[SECRET_MASTER];
    struct protection_block block = {.is_encrypt_then_mac = d->is_encrypt_then_mac};
    const struct crypto *crypto = session->context->crypto;
    bool is_ok = master.len > 0 && key_block_derive(crypto, d->suite.hash, d->version, master, d->client_random,
                                                    d->server_random, block.bytes, protection_block_len(&d->suite));
    for (unsigned side = 0; side < 2; side++) {
        protection_free(d->sides[side].next);
        block.is_server = !is_client(session, side);
        d->sides[side].next = is_ok ? protection_new_block(crypto, &d->suite, d->version, &block) : NULL;
    }
    OPENSSL_cleanse(&block, sizeof block);
}

static void settle(struct decryption *d, enum state state, enum keys_error reason)
{
    d->state = state;
    d->reason = reason;
}

/* Tries to leave DECRYPTION_WAITING; what waited is read by the next call for a record. `is_last`: what is not known
 * now never will be. */
static void look_up(struct session *session, bool is_last)
{
    struct decryption *d = session->decryption;
    if (!d->has_server_hello || !d->has_client_random) {
        if (is_last)
            settle(d, DECRYPTION_OFF, KEYS_NO_ERROR);
        return;
    }
    if (!keys_find(session->context->keys, d->client_random, &d->keys)) {
        if (is_last || !keys_may_grow(session->context->keys))
            settle(d, DECRYPTION_OFF, KEYS_MISSING);
        return;
    }
    if (d->is_queue_full)
        session->context->pending_limit_hits++;
    if (is_tls13(d)) {
        unsigned client = session->client_side;
        enter(session, !client, EPOCH_HANDSHAKE);
        enter(session, client,
              d->has_early_data && d->keys.secrets[SECRET_CLIENT_EARLY].len ? EPOCH_EARLY : EPOCH_HANDSHAKE);
    } else {
        derive_block(session);
    }
    settle(d, DECRYPTION_READY, KEYS_INCOMPLETE);
}

/* ---- messages */

static void client_hello(struct session *session, struct bytes body)
{
    struct decryption *d = session->decryption;
    struct fault fault;
    struct cursor c;
    struct client_hello hello;
    cursor_init(&c, body, LIMIT_HANDSHAKE_MESSAGE, 0, &fault);
    client_hello_parse(&c, &hello);
    d->has_client_random = hello.random.len == sizeof d->client_random;
    if (d->has_client_random)
        memcpy(d->client_random, hello.random.at, sizeof d->client_random);
    d->has_early_data |= hello.ext.has_early_data;
}

static void server_hello(struct session *session, struct bytes body)
{
    struct decryption *d = session->decryption;
    struct fault fault;
    struct cursor c;
    struct server_hello hello;
    cursor_init(&c, body, LIMIT_HANDSHAKE_MESSAGE, 0, &fault);
    server_hello_parse(&c, &hello);
    if (hello.is_hello_retry_request || hello.random.len != sizeof d->server_random || session->client_side > 1)
        return;
    bool is_later = d->state == DECRYPTION_READY && !is_tls13(d);
    if (d->state != DECRYPTION_WAITING && !is_later)
        return;
    memcpy(d->server_random, hello.random.at, sizeof d->server_random);
    d->version = hello.version;
    d->cipher = hello.cipher_suite;
    d->is_encrypt_then_mac = hello.ext.has_encrypt_then_mac;
    d->has_server_hello = true;
    const struct cipher_suite *suite = cipher_suite_find(d->cipher);
    if (suite && strcmp(suite->enc, "NULL") == 0)
        settle(d, DECRYPTION_OFF, KEYS_NO_ERROR);
    else if (hello.compression_method != 0 || !suite_algorithms_find(d->cipher, d->version, &d->suite))
        settle(d, DECRYPTION_OFF, KEYS_UNSUPPORTED);
    else if (!is_later)
        look_up(session, false);
    else if (keys_find(session->context->keys, d->client_random, &d->keys))
        derive_block(session); /* another handshake on this connection */
}

static void tls13_message(struct session *session, unsigned side, uint8_t type)
{
    struct decryption *d = session->decryption;
    struct keyed_side *ks = &d->sides[side];
    if (type == HS_END_OF_EARLY_DATA && ks->epoch == EPOCH_EARLY)
        enter(session, side, EPOCH_HANDSHAKE);
    else if (type == HS_FINISHED && ks->epoch == EPOCH_HANDSHAKE)
        enter(session, side, EPOCH_APPLICATION);
    else if (type == HS_FINISHED && is_client(session, side))
        d->is_authenticating = false;
    else if (type == HS_CERTIFICATE_REQUEST && ks->epoch == EPOCH_APPLICATION)
        d->is_authenticating = true;
    else if (type == HS_KEY_UPDATE && ks->epoch == EPOCH_APPLICATION && ks->current)
        ks->is_dead |= !protection_update(ks->current);
}

void decryption_message(struct session *session, unsigned side, uint8_t type, struct bytes body)
{
    struct decryption *d = session->decryption;
    if (!d && (type == HS_CLIENT_HELLO || type == HS_SERVER_HELLO) && keys_has_source(session->context->keys) &&
        session->context->crypto) {
        d = session->decryption = calloc(1, sizeof *d);
        session->context->memory_bytes += d ? sizeof *d : 0;
    }
    if (!d)
        return;
    if (type == HS_CLIENT_HELLO)
        client_hello(session, body);
    else if (type == HS_SERVER_HELLO)
        server_hello(session, body);
    else if (session->is_opening && is_tls13(d))
        tls13_message(session, side, type);
}

static void drain(struct session *session);

void decryption_change_cipher_spec(struct session *session, unsigned side)
{
    struct decryption *d = session->decryption;
    struct keyed_side *ks = &d->sides[side];
    drain(session);
    if (d->state == DECRYPTION_WAITING) {
        (void)push(session, side, PENDING_CHANGE, NULL, (struct bytes){NULL, 0}, NULL);
    } else if (d->state == DECRYPTION_READY && !is_tls13(d)) {
        struct protection *next = ks->next;
        ks->next = NULL;
        side_take(ks, next, EPOCH_APPLICATION);
    }
}

/* ---- records */

bool decryption_is_application(const struct session *session, unsigned side)
{
    const struct decryption *d = session->decryption;
    const struct keyed_side *ks = &d->sides[side];
    return d->state == DECRYPTION_READY && ks->current && !ks->is_dead && ks->epoch == EPOCH_APPLICATION;
}

/* Remembers that something stayed hidden, and why. */
static void note_error(struct decryption *d, enum keys_error error)
{
    if (d->error == KEYS_NO_ERROR)
        d->error = error;
}

bool decryption_wants(struct session *session, unsigned side, const struct record_header *h)
{
    struct decryption *d = session->decryption;
    const struct keyed_side *ks = &d->sides[side];
    drain(session);
    if (d->state == DECRYPTION_WAITING)
        return d->pending_bytes + h->length <= LIMIT_PENDING_BYTES;
    if (d->state == DECRYPTION_OFF || !ks->current || ks->is_dead) {
        if (!ks->is_dead)
            note_error(d, ks->is_lost && d->state == DECRYPTION_READY ? KEYS_GAP : d->reason);
        return false;
    }
    if (!is_tls13(d))
        return h->type != CONTENT_APPLICATION_DATA || protection_needs_content(ks->current);
    return ks->epoch != EPOCH_APPLICATION || h->length <= LIMIT_OPENED_RECORD || session->sides[side].message ||
           (d->is_authenticating && is_client(session, side));
}

void decryption_skip(struct session *session, unsigned side, const struct record_header *h)
{
    struct decryption *d = session->decryption;
    struct keyed_side *ks = &d->sides[side];
    struct bytes nothing = {NULL, 0};
    drain(session);
    if (d->state == DECRYPTION_WAITING)
        (void)push(session, side, PENDING_SKIPPED, h, nothing, NULL);
    if (d->state != DECRYPTION_READY || !ks->current)
        return;
    protection_skip(ks->current, nothing, h->length);
    ks->is_lost |= protection_needs_content(ks->current);
}

void decryption_lost(struct session *session, unsigned side)
{
    struct decryption *d = session->decryption;
    drain(session);
    d->sides[side].is_lost = true;
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
    if (ks->is_lost)
        return protection_find(p, &t->sealed, LIMIT_SEQUENCE_TRIALS, t->out, &t->type, &t->content);
    return protection_open(p, &t->sealed, t->out, &t->type, &t->content);
}

/* TLS 1.3: the next keys, where the message that ends these was not seen. */
static bool try_next_epoch(struct session *session, unsigned side, struct opening_try *t)
{
    struct keyed_side *ks = &session->decryption->sides[side];
    if (ks->epoch == EPOCH_APPLICATION || (ks->epoch == EPOCH_HANDSHAKE && !ks->is_lost))
        return false;
    struct protection *p = of_secret(session, kind_of(session, side, ks->epoch + 1));
    if (!p || !try_open(p, ks, t)) {
        protection_free(p);
        return false;
    }
    side_take(ks, p, ks->epoch + 1);
    return true;
}

static bool open_record(struct session *session, unsigned side, struct opening_try *t)
{
    struct decryption *d = session->decryption;
    struct keyed_side *ks = &d->sides[side];
    if (try_open(ks->current, ks, t) || (is_tls13(d) && try_next_epoch(session, side, t))) {
        ks->is_lost = false;
        ks->has_opened = true;
        d->source = d->keys.source;
        return true;
    }
    bool may_be_early = is_tls13(d) && d->has_early_data && is_client(session, side) && !ks->has_opened &&
                        ks->epoch == EPOCH_HANDSHAKE && ++ks->refused < LIMIT_EARLY_RECORDS;
    if (may_be_early)
        return false;
    ks->is_dead = true;
    note_error(d, ks->is_lost ? KEYS_GAP : KEYS_REFUSED);
    return false;
}

/* With keys in hand, or the certainty that there are none. */
static void settled_record(struct session *session, unsigned side, const struct record_header *h, struct bytes fragment,
                           const struct span *span)
{
    struct decryption *d = session->decryption;
    struct keyed_side *ks = &d->sides[side];
    uint8_t *out = decryption_wants(session, side, h) ? malloc(fragment.len + PROTECTION_ROOM) : NULL;
    if (!out) {
        decryption_skip(session, side, h);
        records_hidden(session, side, h, span);
        return;
    }
    struct opening_try t = {.sealed = {h->type, h->version, fragment}, .out = out};
    if (!is_tls13(d) && h->type == CONTENT_APPLICATION_DATA) {
        protection_skip(ks->current, fragment, fragment.len); /* it is there for the block that the next one needs */
        records_hidden(session, side, h, span);
    } else if (open_record(session, side, &t)) {
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
        look_up(session, false);
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
        look_up(session, true);
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
