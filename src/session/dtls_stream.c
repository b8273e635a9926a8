/*
 * DTLS of one connection: records by epoch, handshake messages put together and in order (RFC 6347 section 4.2,
 * RFC 9147 sections 4 and 5). Events get the epoch and the record's sequence number as their offset, so that datagrams
 * in another order give the same facts; what DTLS 1.3 encrypts of the number counts as it came.
 */
#include "hash.h"
#include "session/dtls_internal.h"

#include <stdlib.h>
#include <string.h>

enum { SEEN_WINDOW = 64 /* records told apart from those captured twice */ };

static bool dtls_begin(struct session *session)
{
    struct dtls *dtls = session->datagrams = calloc(1, sizeof *dtls);
    if (!dtls)
        return false;
    session->context->memory_bytes += sizeof *dtls;
    dtls->decryption = dtls_decryption_new(session);
    return true;
}

static void dtls_free(struct session *session)
{
    dtls_messages_free(session);
    dtls_decryption_free(session);
    session->context->memory_bytes -= sizeof(struct dtls);
    free(session->datagrams);
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
        for (size_t i = 0; i < DTLS_SEEN_UNIFIED; i++)
            if (i < d->num_unified && d->unified[i] == hash)
                return true;
        d->unified[d->num_unified++ % DTLS_SEEN_UNIFIED] = hash;
        return false;
    }
    unsigned i = record->epoch > 0;
    uint64_t *top = &d->seen_top[i], *seen = &d->seen[i];
    uint64_t number = ((uint64_t)record->epoch << DTLS_EPOCH_SHIFT | record->sequence) + 1;
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

static uint32_t epoch_bit(uint16_t epoch)
{
    return UINT32_C(1) << (epoch & 31);
}

static void note_epoch(struct dtls_side *d, uint16_t epoch, const struct span *span)
{
    if (!d->has_epoch)
        d->first_protected = *span;
    d->has_epoch = true;
    d->epoch = epoch;
}

static void note_repeat(struct dtls *dtls, unsigned side, const struct span *span)
{
    dtls->facts.num_repeats[side]++;
    dtls->facts.last_repeat[side] = span->last;
}

void dtls_hidden(struct session *session, unsigned side, const struct dtls_record *record, bool is_application,
                 const struct span *span)
{
    struct dtls *dtls = session->datagrams;
    struct dtls_side *d = &dtls->sides[side];
    struct side *s = &session->sides[side];
    bool is_new_epoch = !d->has_epoch || record->epoch != d->epoch;
    /* A connection ID hides the type; what begins an epoch is a Finished, though. */
    uint8_t hidden_type = is_new_epoch && !is_application ? CONTENT_HANDSHAKE : CONTENT_APPLICATION_DATA;
    struct record_header h = {record->type == CONTENT_TLS12_CID ? hidden_type : record->type, record->version,
                              record->length > UINT16_MAX ? UINT16_MAX : (uint16_t)record->length};
    if (h.type == CONTENT_HANDSHAKE && s->has_finished && !is_new_epoch) {
        note_repeat(dtls, side, span); /* the last flight again, under new numbers */
        return;
    }
    note_epoch(d, record->epoch, span);
    if (!record->is_unified)
        d->epochs |= epoch_bit(record->epoch);
    s->has_ccs |= !record->is_unified;
    if (h.type == CONTENT_APPLICATION_DATA && (is_application || !record->is_unified)) {
        s->has_application |= h.length > 0;
        records_note_hidden(session, side, EVENT_APPLICATION, &h, span);
    } else {
        records_note_hidden(session, side, h.type == CONTENT_ALERT ? EVENT_HIDDEN_ALERT : EVENT_HIDDEN, &h, span);
    }
    s->has_finished |= h.type == CONTENT_HANDSHAKE;
}

static void change_cipher_spec(struct session *session, unsigned side, const struct dtls_content *content,
                               const struct span *span)
{
    struct dtls *dtls = session->datagrams;
    struct dtls_side *d = &dtls->sides[side];
    uint32_t bit = epoch_bit(content->epoch);
    if (d->changes & bit) {
        note_repeat(dtls, side, span); /* with its flight */
        return;
    }
    d->changes |= bit;
    session->sides[side].has_ccs = true;
    struct event *event = session_event(session, side, EVENT_CHANGE_CIPHER_SPEC, span, content->declared);
    if (!event)
        return;
    event->type = content->type;
    event->is_encrypted = content->is_decrypted;
}

void dtls_opened(struct session *session, unsigned side, const struct dtls_content *content, const struct span *span)
{
    struct dtls *dtls = session->datagrams;
    note_epoch(&dtls->sides[side], content->epoch, span);
    dtls->sides[side].epochs |= epoch_bit(content->epoch);
    session->sides[side].has_ccs |= !session_is_tls13(session);
    if (content->type == CONTENT_HANDSHAKE)
        dtls_messages_take(session, side, content, span);
    else if (content->type == CONTENT_CHANGE_CIPHER_SPEC)
        change_cipher_spec(session, side, content, span);
    else if (content->type != CONTENT_ACK)
        records_opened(session, side, content->type, content->bytes, span);
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
    struct span span = {(uint64_t)record->epoch << DTLS_EPOCH_SHIFT | number, *moment, *moment, record->version};
    struct dtls_content content = {record->body, record->length, record->epoch, record->type, false};
    session->sides[side].has_tls = true;
    if (session->client_side == !side && record->version)
        session->record_version = record->version;
    if (record->epoch > 0 || record->is_unified) {
        if (dtls->decryption)
            dtls_decryption_record(session, side, record, &span);
        else
            dtls_hidden(session, side, record, false, &span);
    } else if (record->type == CONTENT_HANDSHAKE) {
        dtls_messages_take(session, side, &content, &span);
    } else if (record->type == CONTENT_ALERT) {
        records_alert(session, side, record->body, record->length, &span);
    } else if (record->type == CONTENT_CHANGE_CIPHER_SPEC) {
        change_cipher_spec(session, side, &content, &span);
    }
}

/* The snapshot length took a part of the handshake: of a plain message, or records behind the last one read. */
static void note_cut(struct session *session, unsigned side, const struct dtls_record *last, uint32_t len,
                     const struct moment *moment)
{
    bool is_application = last->is_unified ? last->epoch == DTLS_EPOCH_DATA : last->type == CONTENT_APPLICATION_DATA;
    if (session->sides[side].has_application || is_application)
        return;
    uint64_t number = last->is_unified ? 0 : last->sequence;
    struct span span = {(uint64_t)last->epoch << DTLS_EPOCH_SHIFT | number, *moment, *moment, last->version};
    struct event *event = session_event(session, side, EVENT_GAP, &span, len);
    if (event)
        event->code = GAP_CUT;
    session->sides[side].is_after_gap = true;
}

static void dtls_take(struct session *session, unsigned side, struct bytes payload, uint32_t len,
                      const struct moment *moment)
{
    const struct dtls *dtls = session->datagrams;
    struct fault fault;
    struct cursor c;
    struct dtls_record record, last = {.version = 0};
    cursor_init(&c, payload, len, 0, &fault);
    /* Others share the ports: STUN, RTP (RFC 7983). */
    while (dtls_record_next(&c, dtls->cid_len[side], &record) && dtls_record_is_plausible(&record)) {
        take_record(session, side, &record, moment);
        last = record;
    }
    if (payload.len < len && last.header.len > 0)
        note_cut(session, side, &last, len - (uint32_t)payload.len, moment);
    if (dtls->decryption)
        dtls_decryption_drain(session);
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
    struct bytes random = bytes_slice(fragment.bytes, sizeof(uint16_t), DTLS_RANDOM_LEN);
    return random.len == DTLS_RANDOM_LEN && memcmp(random.at, dtls->random, DTLS_RANDOM_LEN) != 0 ? DATAGRAM_ANEW
                                                                                                  : DATAGRAM_GOES_ON;
}

/* ---- the end ---- */

/* Up to DTLS 1.2 each handshake but the first begins another epoch above 1. */
static uint16_t renegotiations_of(const struct session *session)
{
    const struct dtls *dtls = session->datagrams;
    if (session->client_side > 1 || session_is_tls13(session))
        return 0;
    uint16_t num = 0;
    for (uint32_t epochs = dtls->sides[session->client_side].epochs >> 2; epochs > 0; epochs >>= 1)
        num += epochs & 1;
    return num;
}

static void dtls_finish(struct session *session)
{
    struct dtls *dtls = session->datagrams;
    bool has_more = true;
    while (has_more) { /* a hello behind a hole may open records, which hold messages */
        has_more = dtls->decryption && dtls_decryption_finish(session);
        has_more |= dtls_messages_finish(session);
    }
    if (dtls->decryption)
        dtls_decryption_give_up(session);
    session->renegotiations = renegotiations_of(session);
    for (unsigned side = 0; side < 2; side++) {
        const struct dtls_side *d = &dtls->sides[side];
        /* Nobody protects records before the hello. */
        if (d->has_epoch && (d->next_place == 0 || d->last_type == HS_HELLO_VERIFY_REQUEST))
            dtls_messages_note_hole(session, side, &d->first_protected);
    }
}

static void dtls_build(struct connection *c, const struct session *session)
{
    const struct dtls *dtls = session->datagrams;
    c->protocol = PROTOCOL_DTLS;
    c->datagrams = dtls->facts;
    c->keys = dtls_decryption_source(dtls->decryption);
    c->keys_error = dtls_decryption_error(dtls->decryption);
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
