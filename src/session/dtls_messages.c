/* Handshake messages of DTLS: fragments put together, messages in their order whatever order they came in (RFC 6347
 * section 4.2, RFC 9147 section 5). */
#include "hash.h"
#include "session/dtls_internal.h"

#include <stdlib.h>
#include <string.h>

enum {
    TWICE_NS = 2000000, /* how soon a packet captured twice comes again */
    HELLO_VERIFIES = 4, /* events of that kind; more are counted */
    HANDSHAKE_SHIFT = 16,
};

static void waiting_free(struct session *session, struct dtls_side *d, struct waiting *message)
{
    session->context->memory_bytes -= sizeof *message + message->pieces.bytes;
    d->bytes -= message->pieces.bytes;
    d->pieces -= message->pieces.num;
    d->num_waiting--;
    gather_cleanup(&message->pieces);
    free(message);
}

void dtls_messages_free(struct session *session)
{
    struct dtls *dtls = session->datagrams;
    for (unsigned side = 0; side < 2; side++)
        while (dtls->sides[side].waiting) {
            struct waiting *message = dtls->sides[side].waiting;
            dtls->sides[side].waiting = message->next;
            waiting_free(session, &dtls->sides[side], message);
        }
}

/* What a hello says of connection IDs is what the peer's records will carry (RFC 9146 section 3). */
static void note_connection_id(struct dtls *dtls, unsigned side, const struct extensions *ext)
{
    if (ext->has_connection_id)
        dtls->cid_len[!side] = (uint8_t)ext->connection_id.len;
}

static void note_hello(struct dtls *dtls, unsigned side, uint8_t type, struct bytes body)
{
    struct fault fault;
    struct cursor c;
    cursor_init_whole(&c, body, &fault);
    if (type == HS_CLIENT_HELLO) {
        struct client_hello hello;
        client_hello_dtls_parse(&c, &hello);
        note_connection_id(dtls, side, &hello.ext);
        if (!dtls->has_random && hello.random.len == DTLS_RANDOM_LEN) {
            memcpy(dtls->random, hello.random.at, DTLS_RANDOM_LEN);
            dtls->has_random = true;
        }
    } else {
        struct server_hello hello;
        server_hello_parse(&c, &hello);
        note_connection_id(dtls, side, &hello.ext);
    }
}

/* Up to DTLS 1.2 a Finished is protected by what its handshake agreed on, everything else by what the one before did.
 * DTLS 1.3 has one handshake, and counts on after it. */
static uint16_t handshake_of(const struct session *session, uint16_t epoch, uint8_t type)
{
    if (epoch == 0 || session_is_tls13(session))
        return 0;
    return type == HS_FINISHED ? epoch - 1 : epoch;
}

/* What tells that handshakes begin and end: the records that would have are encrypted. */
static void note_protected(struct session *session, unsigned side, const struct waiting *message)
{
    struct dtls *dtls = session->datagrams;
    uint32_t handshake = message->place >> HANDSHAKE_SHIFT;
    if (session_is_tls13(session))
        return;
    session->sides[side].expects_finished = message->type == HS_FINISHED;
    if (message->type == HS_CLIENT_HELLO)
        dtls->sides[side].epochs |= UINT32_C(1) << ((handshake + 1) & 31);
}

static void deliver(struct session *session, unsigned side, struct waiting *message)
{
    struct dtls *dtls = session->datagrams;
    struct dtls_side *d = &dtls->sides[side];
    uint16_t handshake = (uint16_t)(message->place >> HANDSHAKE_SHIFT);
    size_t ready = gather_ready(&message->pieces, 0);
    uint8_t *body = malloc(ready ? ready : 1);
    struct span span = {message->offset, message->last, message->last, message->version};
    if (body) {
        gather_copy(&message->pieces, 0, ready, body, &span.first, &span.last);
        struct bytes whole = {body, ready};
        bool is_hello = message->type == HS_CLIENT_HELLO || message->type == HS_SERVER_HELLO;
        if (is_hello)
            note_hello(dtls, side, message->type, whole);
        if (message->is_decrypted)
            note_protected(session, side, message);
        session->is_opening = message->is_decrypted;
        messages_take_one(session, side, message->type, whole, message->length, &span);
        session->is_opening = false;
        if (dtls->decryption)
            dtls_decryption_message(session, handshake,
                                    &(struct key_exchange_message){
                                        .is_client = session->client_side == side,
                                        .is_whole = ready == message->length,
                                        .type = message->type,
                                        .message_seq = (uint16_t)message->place,
                                        .body = whole,
                                    },
                                    message->place != d->next_place);
    }
    free(body);
    d->last_type = message->type;
    d->next_place = message->place + 1;
    if (message->type == HS_FINISHED && !session_is_tls13(session))
        d->next_place = (handshake + 1u) << HANDSHAKE_SHIFT;
}

static void deliver_ready(struct session *session, unsigned side)
{
    struct dtls_side *d = &((struct dtls *)session->datagrams)->sides[side];
    while (d->waiting && d->waiting->place == d->next_place &&
           gather_ready(&d->waiting->pieces, 0) == d->waiting->length) {
        struct waiting *message = d->waiting;
        d->waiting = message->next;
        deliver(session, side, message);
        waiting_free(session, d, message);
    }
}

/* The message that a fragment belongs to; NULL: there is no room. */
static struct waiting *waiting_at(struct session *session, unsigned side, const struct dtls_fragment *fragment,
                                  uint32_t place)
{
    struct dtls_side *d = &((struct dtls *)session->datagrams)->sides[side];
    struct waiting **link = &d->waiting;
    while (*link && (*link)->place < place)
        link = &(*link)->next;
    if (*link && (*link)->place == place)
        return (*link)->length == fragment->length && (*link)->type == fragment->type ? *link : NULL;
    struct waiting *message = d->num_waiting < LIMIT_DATAGRAM_MESSAGES ? calloc(1, sizeof *message) : NULL;
    if (!message)
        return NULL;
    message->place = place;
    message->type = fragment->type;
    message->length = fragment->length;
    message->offset = UINT64_MAX;
    message->next = *link;
    *link = message;
    d->num_waiting++;
    session->context->memory_bytes += sizeof *message;
    return message;
}

static void take_fragment(struct session *session, unsigned side, const struct dtls_fragment *fragment, uint32_t place,
                          bool is_decrypted, const struct span *span)
{
    struct dtls *dtls = session->datagrams;
    struct dtls_side *d = &dtls->sides[side];
    struct waiting *message = waiting_at(session, side, fragment, place);
    if (!message) {
        session->context->gather_limit_hits++;
        return;
    }
    message->last = span->last;
    message->version = span->version;
    message->is_decrypted |= is_decrypted;
    message->is_cut |= fragment->bytes.len < fragment->fragment_length;
    if (span->offset < message->offset)
        message->offset = span->offset;
    struct gather before = message->pieces;
    long added =
        gather_add(&message->pieces, fragment->offset, fragment->bytes, &span->last,
                   LIMIT_DATAGRAM_BYTES - (d->bytes - before.bytes), LIMIT_DATAGRAM_PIECES - (d->pieces - before.num));
    d->pieces += message->pieces.num - before.num;
    d->bytes += message->pieces.bytes - before.bytes;
    session->context->memory_bytes += message->pieces.bytes - before.bytes;
    if (added < 0)
        session->context->gather_limit_hits++;
    else if (added == 0 && fragment->fragment_length > 0)
        message->repeats++;
    deliver_ready(session, side);
}

/* A cookie is asked for without state: numbers come again and again, and are used again afterwards. */
static bool take_hello_verify(struct session *session, unsigned side, const struct dtls_fragment *fragment,
                              const struct span *span)
{
    struct dtls *dtls = session->datagrams;
    struct dtls_side *d = &dtls->sides[side];
    if (fragment->type != HS_HELLO_VERIFY_REQUEST || fragment->fragment_length != fragment->length)
        return false;
    uint64_t hash = hash_bytes(0, fragment->bytes.at, fragment->bytes.len);
    if (dtls->facts.num_hello_verifies > 0 && d->verify_hash == hash &&
        moment_since(&span->last, &dtls->facts.last_hello_verify) < TWICE_NS)
        return true; /* captured twice */
    d->verify_hash = hash;
    dtls->facts.num_hello_verifies++;
    dtls->facts.last_hello_verify = span->last;
    if (dtls->facts.num_hello_verifies <= HELLO_VERIFIES)
        messages_take_one(session, side, fragment->type, fragment->bytes, fragment->length, span);
    if (fragment->message_seq >= d->next_place)
        d->next_place = fragment->message_seq + 1u;
    d->last_type = fragment->type;
    return true;
}

/* Servers that count anew after what asks for a hello. */
static bool is_counted_anew(const struct dtls_side *d, const struct dtls_fragment *fragment, uint32_t place)
{
    return (d->last_type == HS_HELLO_VERIFY_REQUEST || d->last_type == HS_HELLO_REQUEST) &&
           fragment->type != d->last_type && place + 1 == d->next_place;
}

void dtls_messages_take(struct session *session, unsigned side, const struct dtls_content *content,
                        const struct span *span)
{
    struct dtls *dtls = session->datagrams;
    struct dtls_side *d = &dtls->sides[side];
    struct fault fault;
    struct cursor c;
    struct dtls_fragment fragment;
    cursor_init(&c, content->bytes, content->declared, 0, &fault);
    while (dtls_fragment_next(&c, &fragment)) {
        if (take_hello_verify(session, side, &fragment, span))
            continue;
        uint32_t handshake = handshake_of(session, content->epoch, fragment.type);
        uint32_t place = handshake << HANDSHAKE_SHIFT | fragment.message_seq;
        if (is_counted_anew(d, &fragment, place))
            d->next_place = place;
        if (place < d->next_place) {
            dtls->facts.num_repeats[side]++;
            dtls->facts.last_repeat[side] = span->last;
        } else {
            take_fragment(session, side, &fragment, place, content->is_decrypted, span);
        }
    }
    if (fault.kind != FAULT_MALFORMED)
        return;
    struct event *event = session_event(session, side, EVENT_FAULT, span, content->declared);
    if (event) {
        event->type = fragment.type;
        event->fault = FAULT_MALFORMED;
        event->field = fault.field;
        event->is_split = true;
    }
}

void dtls_messages_note_hole(struct session *session, unsigned side, const struct span *span)
{
    const struct dtls *dtls = session->datagrams;
    struct event *event = session_event(session, side, EVENT_GAP, span, 0);
    /* The peer went on to protected records: it had what is missing here. */
    if (event)
        event->code = dtls->sides[!side].has_epoch ? GAP_LOST : GAP_UNPROVEN;
    session->sides[side].is_after_gap = true;
}

static void note_incomplete(struct dtls *dtls, unsigned side, const struct waiting *message)
{
    if (dtls->facts.has_incomplete[side])
        return;
    dtls->facts.has_incomplete[side] = true;
    dtls->facts.incomplete[side] = (struct incomplete_message){
        .type = message->type,
        .message_seq = (uint16_t)message->place,
        .length = message->length,
        .had = message->pieces.bytes,
        .repeats = message->repeats,
        .last = message->last,
    };
}

bool dtls_messages_finish(struct session *session)
{
    struct dtls *dtls = session->datagrams;
    bool has_any = false;
    for (unsigned side = 0; side < 2; side++) {
        struct dtls_side *d = &dtls->sides[side];
        while (d->waiting) {
            struct waiting *message = d->waiting;
            size_t ready = gather_ready(&message->pieces, 0);
            d->waiting = message->next;
            has_any = true;
            struct span span = {message->offset, message->last, message->last, message->version};
            if (message->place != d->next_place)
                dtls_messages_note_hole(session, side, &span);
            if (ready < message->length && !message->is_cut)
                note_incomplete(dtls, side, message);
            if (ready > 0 || message->length == 0)
                deliver(session, side, message);
            waiting_free(session, d, message);
        }
    }
    return has_any;
}
