/*
 * DTLS of one connection: records by epoch, handshake messages put together and in order (RFC 6347 section 4.2,
 * RFC 9147 sections 4 and 5). Events get the epoch and the record's sequence number as their offset, so that datagrams
 * in another order give the same facts; what DTLS 1.3 encrypts of the number counts as it came.
 */
#include "dissect/dtls.h"
#include "hash.h"
#include "session/gather.h"
#include "session/session_internal.h"

#include <stdlib.h>
#include <string.h>

enum {
    RANDOM_LEN = 32,
    SEEN_WINDOW = 64,   /* records told apart from those captured twice */
    SEEN_UNIFIED = 16,  /* the same of those whose number is encrypted */
    TWICE_NS = 2000000, /* how soon a packet captured twice comes again */
    HELLO_VERIFIES = 4, /* events of that kind; more are counted */
    EPOCH_SHIFT = 48,
    EPOCH_DATA = 3, /* DTLS 1.3: of application data, before keys change */
};

/* A message that is not whole, or not its turn. */
struct waiting {
    struct waiting *next; /* by message_seq */
    struct gather pieces;
    uint64_t offset; /* the event's */
    uint32_t length;
    uint32_t repeats; /* fragments that brought nothing new */
    uint16_t message_seq, version;
    uint8_t type;
    bool is_cut;        /* by the snapshot length */
    struct moment last; /* its latest fragment, new or not */
};

struct dtls_side {
    struct waiting *waiting;
    uint32_t num_waiting, bytes, pieces;
    uint16_t next_seq;
    uint8_t last_type; /* of the message before next_seq */
    bool has_epoch;    /* protected records were seen */
    bool has_change;   /* a ChangeCipherSpec was */
    uint16_t epoch;    /* of the latest protected ones */
    struct span first_protected;
    uint64_t seen_top[2], seen[2]; /* records seen, of epochs 0 and above: the highest number, and those below */
    uint64_t unified[SEEN_UNIFIED], num_unified;
    uint64_t verify_hash; /* of the latest HelloVerifyRequest */
};

struct dtls {
    struct dtls_side sides[2];
    struct datagram_facts facts;
    uint8_t random[RANDOM_LEN]; /* of the first ClientHello */
    bool has_random;
    uint8_t cid_len[2]; /* of connection IDs in records of that side */
};

static bool dtls_begin(struct session *session)
{
    session->datagrams = calloc(1, sizeof(struct dtls));
    if (session->datagrams)
        session->context->memory_bytes += sizeof(struct dtls);
    return session->datagrams != NULL;
}

static void waiting_free(struct session *session, struct dtls_side *d, struct waiting *message)
{
    session->context->memory_bytes -= sizeof *message + message->pieces.bytes;
    d->bytes -= message->pieces.bytes;
    d->pieces -= message->pieces.num;
    d->num_waiting--;
    gather_cleanup(&message->pieces);
    free(message);
}

static void dtls_free(struct session *session)
{
    struct dtls *dtls = session->datagrams;
    for (unsigned side = 0; side < 2; side++)
        while (dtls->sides[side].waiting) {
            struct waiting *message = dtls->sides[side].waiting;
            dtls->sides[side].waiting = message->next;
            waiting_free(session, &dtls->sides[side], message);
        }
    session->context->memory_bytes -= sizeof *dtls;
    free(dtls);
}

/* ---- messages ---- */

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
        if (!dtls->has_random && hello.random.len == RANDOM_LEN) {
            memcpy(dtls->random, hello.random.at, RANDOM_LEN);
            dtls->has_random = true;
        }
    } else {
        struct server_hello hello;
        server_hello_parse(&c, &hello);
        note_connection_id(dtls, side, &hello.ext);
    }
}

static void deliver(struct session *session, unsigned side, struct waiting *message)
{
    struct dtls *dtls = session->datagrams;
    struct dtls_side *d = &dtls->sides[side];
    size_t ready = gather_ready(&message->pieces, 0);
    uint8_t *body = malloc(ready ? ready : 1);
    struct span span = {message->offset, message->last, message->last, message->version};
    if (body) {
        gather_copy(&message->pieces, 0, ready, body, &span.first, &span.last);
        struct bytes whole = {body, ready};
        if (message->type == HS_CLIENT_HELLO || message->type == HS_SERVER_HELLO)
            note_hello(dtls, side, message->type, whole);
        messages_take_one(session, side, message->type, whole, message->length, &span);
    }
    free(body);
    d->next_seq = (uint16_t)(message->message_seq + 1);
    d->last_type = message->type;
}

static void deliver_ready(struct session *session, unsigned side)
{
    struct dtls_side *d = &((struct dtls *)session->datagrams)->sides[side];
    while (d->waiting && d->waiting->message_seq == d->next_seq &&
           gather_ready(&d->waiting->pieces, 0) == d->waiting->length) {
        struct waiting *message = d->waiting;
        d->waiting = message->next;
        deliver(session, side, message);
        waiting_free(session, d, message);
    }
}

/* The message that a fragment belongs to; NULL: there is no room. */
static struct waiting *waiting_at(struct session *session, unsigned side, const struct dtls_fragment *fragment)
{
    struct dtls_side *d = &((struct dtls *)session->datagrams)->sides[side];
    struct waiting **link = &d->waiting;
    while (*link && (*link)->message_seq < fragment->message_seq)
        link = &(*link)->next;
    if (*link && (*link)->message_seq == fragment->message_seq)
        return (*link)->length == fragment->length && (*link)->type == fragment->type ? *link : NULL;
    struct waiting *message = d->num_waiting < LIMIT_DATAGRAM_MESSAGES ? calloc(1, sizeof *message) : NULL;
    if (!message)
        return NULL;
    message->message_seq = fragment->message_seq;
    message->type = fragment->type;
    message->length = fragment->length;
    message->offset = UINT64_MAX;
    message->next = *link;
    *link = message;
    d->num_waiting++;
    session->context->memory_bytes += sizeof *message;
    return message;
}

static void take_fragment(struct session *session, unsigned side, const struct dtls_fragment *fragment,
                          const struct span *span)
{
    struct dtls *dtls = session->datagrams;
    struct dtls_side *d = &dtls->sides[side];
    struct waiting *message = waiting_at(session, side, fragment);
    if (!message) {
        session->context->gather_limit_hits++;
        return;
    }
    message->last = span->last;
    message->version = span->version;
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
    if (fragment->message_seq >= d->next_seq)
        d->next_seq = (uint16_t)(fragment->message_seq + 1);
    d->last_type = fragment->type;
    return true;
}

static void handshake_record(struct session *session, unsigned side, const struct dtls_record *record,
                             const struct span *span)
{
    struct dtls *dtls = session->datagrams;
    struct dtls_side *d = &dtls->sides[side];
    struct fault fault;
    struct cursor c;
    struct dtls_fragment fragment;
    cursor_init(&c, record->body, record->length, 0, &fault);
    while (dtls_fragment_next(&c, &fragment)) {
        if (take_hello_verify(session, side, &fragment, span))
            continue;
        /* Servers that count anew after their HelloVerifyRequest. */
        if (d->last_type == HS_HELLO_VERIFY_REQUEST && fragment.type != HS_HELLO_VERIFY_REQUEST &&
            fragment.message_seq + 1 == d->next_seq)
            d->next_seq = fragment.message_seq;
        if ((int16_t)(fragment.message_seq - d->next_seq) < 0) {
            dtls->facts.num_repeats[side]++;
            dtls->facts.last_repeat[side] = span->last;
        } else {
            take_fragment(session, side, &fragment, span);
        }
    }
    if (fault.kind != FAULT_MALFORMED)
        return;
    struct event *event = session_event(session, side, EVENT_FAULT, span, record->length);
    if (event) {
        event->type = fragment.type;
        event->fault = FAULT_MALFORMED;
        event->field = fault.field;
        event->is_split = true;
    }
}

/* ---- records ---- */

/* Was this record seen before? An anti-replay window (RFC 6347 section 4.1.2.6), for packets captured twice. */
static bool is_seen(struct dtls_side *d, const struct dtls_record *record)
{
    if (record->is_unified) {
        uint64_t hash = hash_mix(record->length, record->epoch);
        struct bytes start = bytes_slice(record->body, 0, 32);
        for (size_t at = 0; at + 8 <= start.len; at += 8)
            hash = hash_mix(hash, (uint64_t)bytes_u32_at(start, at) << 32 | bytes_u32_at(start, at + 4));
        for (size_t i = 0; i < SEEN_UNIFIED; i++)
            if (i < d->num_unified && d->unified[i] == hash)
                return true;
        d->unified[d->num_unified++ % SEEN_UNIFIED] = hash;
        return false;
    }
    unsigned i = record->epoch > 0;
    uint64_t *top = &d->seen_top[i], *seen = &d->seen[i];
    uint64_t number = ((uint64_t)record->epoch << EPOCH_SHIFT | record->sequence) + 1;
    if (number > *top) {
        *seen = number - *top < SEEN_WINDOW ? *seen << (number - *top) : 0;
        *top = number;
    } else if (*top - number >= SEEN_WINDOW) {
        return false; /* too old to tell */
    }
    uint64_t bit = UINT64_C(1) << (*top - number);
    bool is_known = *seen & bit;
    *seen |= bit;
    return is_known;
}

static void protected_record(struct session *session, unsigned side, const struct dtls_record *record,
                             const struct span *span)
{
    struct dtls *dtls = session->datagrams;
    struct dtls_side *d = &dtls->sides[side];
    struct side *s = &session->sides[side];
    bool is_new_epoch = !d->has_epoch || record->epoch != d->epoch;
    /* A connection ID hides the type; what begins an epoch is a Finished, though. */
    uint8_t hidden_type = is_new_epoch ? CONTENT_HANDSHAKE : CONTENT_APPLICATION_DATA;
    struct record_header h = {record->type == CONTENT_TLS12_CID ? hidden_type : record->type, record->version,
                              record->length > UINT16_MAX ? UINT16_MAX : (uint16_t)record->length};
    if (h.type == CONTENT_HANDSHAKE && s->has_finished && !is_new_epoch) {
        dtls->facts.num_repeats[side]++; /* the last flight again, under new numbers */
        dtls->facts.last_repeat[side] = span->last;
        return;
    }
    if (!record->is_unified && is_new_epoch && s->has_finished && session->client_side == side)
        session->renegotiations++;
    if (!d->has_epoch)
        d->first_protected = *span;
    d->has_epoch = true;
    d->epoch = record->epoch;
    s->has_ccs |= !record->is_unified;
    if (h.type == CONTENT_APPLICATION_DATA && !record->is_unified) {
        s->has_application |= h.length > 0;
        records_note_hidden(session, side, EVENT_APPLICATION, &h, span);
    } else {
        records_note_hidden(session, side, h.type == CONTENT_ALERT ? EVENT_HIDDEN_ALERT : EVENT_HIDDEN, &h, span);
    }
    s->has_finished |= h.type == CONTENT_HANDSHAKE;
}

static void take_record(struct session *session, unsigned side, const struct dtls_record *record,
                        const struct moment *moment)
{
    struct dtls *dtls = session->datagrams;
    struct dtls_side *d = &dtls->sides[side];
    bool is_verify = record->epoch == 0 && record->type == CONTENT_HANDSHAKE &&
                     bytes_u8_at(record->body, 0) == HS_HELLO_VERIFY_REQUEST; /* its number is the hello's */
    if (!is_verify && is_seen(d, record))
        return;
    uint64_t number = record->is_unified ? d->num_unified : record->sequence;
    struct span span = {(uint64_t)record->epoch << EPOCH_SHIFT | number, *moment, *moment, record->version};
    session->sides[side].has_tls = true;
    if (session->client_side == !side && record->version)
        session->record_version = record->version;
    if (record->epoch > 0 || record->is_unified) {
        protected_record(session, side, record, &span);
    } else if (record->type == CONTENT_HANDSHAKE) {
        handshake_record(session, side, record, &span);
    } else if (record->type == CONTENT_ALERT) {
        records_alert(session, side, record->body, record->length, &span);
    } else if (record->type == CONTENT_CHANGE_CIPHER_SPEC && d->has_change) {
        dtls->facts.num_repeats[side]++; /* with its flight */
        dtls->facts.last_repeat[side] = *moment;
    } else if (record->type == CONTENT_CHANGE_CIPHER_SPEC) {
        struct event *event = session_event(session, side, EVENT_CHANGE_CIPHER_SPEC, &span, record->length);
        if (event)
            event->type = record->type;
        d->has_change = session->sides[side].has_ccs = true;
    }
}

/* The snapshot length took a part of the handshake: of a plain message, or records behind the last one read. */
static void note_cut(struct session *session, unsigned side, const struct dtls_record *last, uint32_t len,
                     const struct moment *moment)
{
    bool is_application = last->is_unified ? last->epoch == EPOCH_DATA : last->type == CONTENT_APPLICATION_DATA;
    if (session->sides[side].has_application || is_application)
        return;
    uint64_t number = last->is_unified ? 0 : last->sequence;
    struct span span = {(uint64_t)last->epoch << EPOCH_SHIFT | number, *moment, *moment, last->version};
    struct event *event = session_event(session, side, EVENT_GAP, &span, len);
    if (event)
        event->code = GAP_CUT;
    session->sides[side].is_after_gap = true;
}

static void dtls_take(struct session *session, unsigned side, struct bytes payload, uint32_t len,
                      const struct moment *moment)
{
    const struct dtls *dtls = session->datagrams;
    if (!dtls_recognise(payload, len) && (len == 0 || (bytes_u8_at(payload, 0) & 0xE0) != 0x20))
        return; /* STUN, RTP and others that share the ports (RFC 7983) */
    struct fault fault;
    struct cursor c;
    struct dtls_record record, last = {.version = 0};
    cursor_init(&c, payload, len, 0, &fault);
    while (dtls_record_next(&c, dtls->cid_len[side], &record)) {
        take_record(session, side, &record, moment);
        last = record;
    }
    if (payload.len < len)
        note_cut(session, side, &last, len - (uint32_t)payload.len, moment);
}

/* ---- flows ---- */

static enum datagram_role dtls_role_of_first(struct bytes payload, uint32_t len)
{
    return dtls_recognise(payload, len) ? DATAGRAM_BEGINS : DATAGRAM_GOES_ON;
}

/* A ClientHello with another random that begins with message 0 is another association (RFC 6347 section 4.2.8). */
static enum datagram_role dtls_role(const struct session *session, unsigned side, struct bytes payload, uint32_t len)
{
    const struct dtls *dtls = session->datagrams;
    struct fault fault;
    struct cursor c;
    struct dtls_record record;
    struct dtls_fragment fragment;
    cursor_init(&c, payload, len, 0, &fault);
    if (!dtls->has_random || session->client_side != side || !dtls_record_next(&c, 0, &record) || record.epoch > 0 ||
        record.type != CONTENT_HANDSHAKE)
        return DATAGRAM_GOES_ON;
    cursor_init(&c, record.body, record.length, 0, &fault);
    if (!dtls_fragment_next(&c, &fragment) || fragment.type != HS_CLIENT_HELLO || fragment.message_seq != 0 ||
        fragment.offset != 0)
        return DATAGRAM_GOES_ON;
    struct bytes random = bytes_slice(fragment.bytes, sizeof(uint16_t), RANDOM_LEN);
    return random.len == RANDOM_LEN && memcmp(random.at, dtls->random, RANDOM_LEN) != 0 ? DATAGRAM_ANEW
                                                                                        : DATAGRAM_GOES_ON;
}

/* ---- the end ---- */

/* Messages that never came although later ones, or protected records, did. */
static void note_hole(struct session *session, unsigned side, const struct span *span)
{
    const struct dtls *dtls = session->datagrams;
    struct event *event = session_event(session, side, EVENT_GAP, span, 0);
    /* The peer went on to protected records: it had what is missing here. */
    if (event)
        event->code = dtls->sides[!side].has_epoch ? GAP_LOST : GAP_UNPROVEN;
    session->sides[side].is_after_gap = true;
}

static void dtls_finish(struct session *session)
{
    struct dtls *dtls = session->datagrams;
    for (unsigned side = 0; side < 2; side++) {
        struct dtls_side *d = &dtls->sides[side];
        while (d->waiting) {
            struct waiting *message = d->waiting;
            size_t ready = gather_ready(&message->pieces, 0);
            d->waiting = message->next;
            struct span span = {message->offset, message->last, message->last, message->version};
            if (message->message_seq != d->next_seq)
                note_hole(session, side, &span);
            if (ready < message->length && !message->is_cut && !dtls->facts.has_incomplete[side]) {
                dtls->facts.has_incomplete[side] = true;
                dtls->facts.incomplete[side] =
                    (struct incomplete_message){message->type,         message->message_seq, message->length,
                                                message->pieces.bytes, message->repeats,     message->last};
            }
            if (ready > 0 || message->length == 0)
                deliver(session, side, message);
            waiting_free(session, d, message);
        }
        /* Nobody protects records before the hello. */
        if (d->has_epoch && (d->next_seq == 0 || d->last_type == HS_HELLO_VERIFY_REQUEST))
            note_hole(session, side, &d->first_protected);
    }
}

static void dtls_build(struct connection *c, const struct session *session)
{
    const struct dtls *dtls = session->datagrams;
    c->protocol = PROTOCOL_DTLS;
    c->datagrams = dtls->facts;
    if (c->client_side == 0)
        return;
    struct datagram_facts *facts = &c->datagrams; /* by side so far: by role now */
    const struct datagram_facts *by_side = &dtls->facts;
    for (unsigned side = 0; side < 2; side++) {
        facts->num_repeats[!side] = by_side->num_repeats[side];
        facts->last_repeat[!side] = by_side->last_repeat[side];
        facts->has_incomplete[!side] = by_side->has_incomplete[side];
        facts->incomplete[!side] = by_side->incomplete[side];
    }
}

const struct datagram_protocol dtls_protocol = {
    PROTOCOL_DTLS, dtls_role_of_first, dtls_role, dtls_begin, dtls_take, dtls_finish, dtls_free, dtls_build,
};
