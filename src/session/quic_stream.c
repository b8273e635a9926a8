/*
 * QUIC of one connection: Initial packets opened, their CRYPTO frames put together into handshake messages, the packets
 * after them noted by what their headers tell (RFC 9000 section 17, RFC 9001 section 5, RFC 9369). Connection IDs tell
 * one connection from the next on the same ports; one that moves to other ports is not followed.
 */
#include "dissect/quic.h"
#include "hash.h"
#include "session/gather.h"
#include "session/quic_keys.h"
#include "session/session_internal.h"

#include <stdlib.h>
#include <string.h>

enum {
    LEVEL_FATAL = 2,
    CLOSE_REASON_LEN = 256, /* bytes kept */
    SPACE_SHIFT = 48,       /* events are sorted by what protects them, then as they came */
    SPACE_0RTT = 1,
    SPACE_HANDSHAKE = 2,
    SPACE_1RTT = 3,
    SPACE_CLOSE = 4,
};

struct connection_id {
    uint8_t len;
    uint8_t bytes[QUIC_CID_MAX_LEN];
};

struct quic_side {
    struct gather crypto;
    uint64_t next;        /* offset of the message that is not whole yet */
    uint64_t next_number; /* of Initial packets */
    uint64_t num_noted;
    uint64_t last_hash;  /* of its latest Initial: one that was captured twice counts once */
    bool is_crypto_dead; /* a message that is too long */
};

struct quic {
    struct quic_side sides[2];
    struct quic_facts facts; /* by side */
    uint8_t client;
    struct connection_id first_dcid; /* that the client chose for the server: the Initial keys' */
    struct connection_id client_id, server_id;
    bool has_server_id;
    struct quic_keys *keys[2]; /* of Initial packets; of keys_version and first_dcid */
    uint32_t keys_version;
};

static struct connection_id id_of(struct bytes b)
{
    struct connection_id id = {.len = b.len > QUIC_CID_MAX_LEN ? QUIC_CID_MAX_LEN : (uint8_t)b.len};
    if (id.len > 0)
        memcpy(id.bytes, b.at, id.len);
    return id;
}

static struct bytes id_bytes(const struct connection_id *id)
{
    return (struct bytes){id->bytes, id->len};
}

static bool quic_begin(struct session *session)
{
    struct quic *quic = session->datagrams = calloc(1, sizeof *quic);
    if (!quic)
        return false;
    session->context->memory_bytes += sizeof *quic;
    quic->client = 2;
    return true;
}

static void quic_free(struct session *session)
{
    struct quic *quic = session->datagrams;
    for (unsigned side = 0; side < 2; side++) {
        session->context->memory_bytes -= quic->sides[side].crypto.bytes;
        gather_cleanup(&quic->sides[side].crypto);
        quic_keys_free(quic->keys[side]);
    }
    session->context->memory_bytes -= sizeof *quic;
    free(quic);
}

/* ---- handshake messages ---- */

static struct handshake_header header_at(const struct quic_side *q, struct span *span)
{
    uint8_t bytes[HANDSHAKE_HEADER_LEN];
    struct fault fault;
    struct cursor c;
    struct handshake_header header;
    gather_copy(&q->crypto, q->next, sizeof bytes, bytes, &span->first, &span->last);
    cursor_init_whole(&c, (struct bytes){bytes, sizeof bytes}, &fault);
    handshake_header_parse(&c, &header);
    return header;
}

static void deliver(struct session *session, unsigned side, const struct handshake_header *header, size_t len)
{
    struct quic *quic = session->datagrams;
    struct quic_side *q = &quic->sides[side];
    struct span span = {.offset = q->next};
    uint8_t *message = malloc(HANDSHAKE_HEADER_LEN + len);
    if (message) {
        gather_copy(&q->crypto, q->next, HANDSHAKE_HEADER_LEN + len, message, &span.first, &span.last);
        messages_take_one(session, side, header->type, (struct bytes){message + HANDSHAKE_HEADER_LEN, len},
                          header->length, &span);
    }
    free(message);
    q->next += HANDSHAKE_HEADER_LEN + len;
    uint32_t before = q->crypto.bytes;
    gather_drop(&q->crypto, q->next);
    session->context->memory_bytes -= before - q->crypto.bytes;
}

static void deliver_ready(struct session *session, unsigned side)
{
    struct quic_side *q = &((struct quic *)session->datagrams)->sides[side];
    size_t ready = gather_ready(&q->crypto, q->next);
    while (ready >= HANDSHAKE_HEADER_LEN && !q->is_crypto_dead) {
        struct span span;
        struct handshake_header header = header_at(q, &span);
        if (header.length > LIMIT_DATAGRAM_BYTES) {
            session->context->gather_limit_hits++;
            q->is_crypto_dead = true;
        }
        if (ready < HANDSHAKE_HEADER_LEN + (size_t)header.length || q->is_crypto_dead)
            return;
        deliver(session, side, &header, header.length);
        ready = gather_ready(&q->crypto, q->next);
    }
}

static void take_crypto(struct session *session, unsigned side, const struct quic_frame *frame,
                        const struct moment *moment)
{
    struct quic_side *q = &((struct quic *)session->datagrams)->sides[side];
    uint64_t offset = frame->offset, known = offset < q->next ? q->next - offset : 0;
    if (q->is_crypto_dead || known >= frame->data.len)
        return;
    struct bytes b = bytes_slice(frame->data, (size_t)known, frame->data.len);
    uint32_t before = q->crypto.bytes;
    long added = gather_add(&q->crypto, offset + known, b, moment, LIMIT_DATAGRAM_BYTES, LIMIT_DATAGRAM_PIECES);
    session->context->memory_bytes += q->crypto.bytes - before;
    if (added < 0)
        session->context->gather_limit_hits++;
    deliver_ready(session, side);
}

/* ---- packets ---- */

static void take_close(struct session *session, unsigned side, const struct quic_frame *frame,
                       const struct moment *moment)
{
    struct quic *quic = session->datagrams;
    struct quic_facts *facts = &quic->facts;
    if (facts->has_close[side])
        return; /* it answers each packet that comes later */
    facts->has_close[side] = true;
    facts->close_code[side] = frame->error;
    facts->close[side] = *moment;
    facts->close_reason[side] = session_keep(session, bytes_slice(frame->data, 0, CLOSE_REASON_LEN));
    bool is_alert = frame->type == QUIC_FRAME_CLOSE && frame->error >> 8 == QUIC_CRYPTO_ERROR >> 8;
    struct span span = {(uint64_t)SPACE_CLOSE << SPACE_SHIFT, *moment, *moment, 0};
    struct event *event = session_event(session, side, is_alert ? EVENT_ALERT : EVENT_FIN, &span, is_alert ? 2 : 0);
    if (event && !is_alert)
        event->code = QUIC_FIN_CLOSE;
    if (event && is_alert) {
        event->type = CONTENT_ALERT;
        event->level = LEVEL_FATAL; /* alerts of QUIC have none: all of them end the connection */
        event->code = (uint8_t)frame->error;
    }
}

/* True when the payload makes sense: one that the capture cut is proven by that alone. */
static bool take_frames(struct session *session, unsigned side, struct bytes payload, size_t declared,
                        const struct moment *moment)
{
    struct fault fault;
    struct cursor c;
    struct quic_frame frame;
    cursor_init(&c, payload, declared, 0, &fault);
    while (quic_frame_next(&c, &frame))
        continue;
    if (fault.kind == FAULT_MALFORMED && payload.len < declared)
        return false;
    cursor_init(&c, payload, declared, 0, &fault);
    while (quic_frame_next(&c, &frame)) {
        if (frame.type == QUIC_FRAME_CRYPTO)
            take_crypto(session, side, &frame, moment);
        else if (frame.type == QUIC_FRAME_CLOSE || frame.type == QUIC_FRAME_CLOSE_APPLICATION)
            take_close(session, side, &frame, moment);
    }
    return true;
}

static bool open_with(struct session *session, struct quic_keys *keys, unsigned side, const struct quic_packet *packet,
                      const struct moment *moment)
{
    struct quic *quic = session->datagrams;
    struct quic_side *q = &quic->sides[side];
    struct quic_opened opened;
    uint8_t *payload = keys ? malloc(packet->packet.len + 1) : NULL;
    bool is_open = payload && quic_keys_open(keys, packet, q->next_number, payload, &opened) &&
                   take_frames(session, side, (struct bytes){payload, opened.len}, opened.declared, moment);
    free(payload);
    if (is_open && opened.number >= q->next_number)
        q->next_number = opened.number + 1;
    return is_open;
}

static const struct crypto *crypto_of(struct session *session)
{
    if (!session->context->crypto)
        session->context->crypto = crypto_new();
    return session->context->crypto;
}

static void use_keys(struct session *session, uint32_t version, const struct connection_id *dcid)
{
    struct quic *quic = session->datagrams;
    const struct crypto *crypto = crypto_of(session);
    for (unsigned side = 0; side < 2; side++) {
        quic_keys_free(quic->keys[side]);
        quic->keys[side] = crypto ? quic_keys_new_initial(crypto, version, id_bytes(dcid), side != quic->client) : NULL;
    }
    quic->keys_version = version;
    quic->first_dcid = *dcid;
}

/* Not under the keys at hand: a client that was sent a Retry, or Version Negotiation, began again with another ID. */
static bool open_anew(struct session *session, unsigned side, const struct quic_packet *packet,
                      const struct moment *moment)
{
    struct quic *quic = session->datagrams;
    struct connection_id dcid = id_of(packet->dcid);
    if (side != quic->client || bytes_equal(packet->dcid, id_bytes(&quic->first_dcid)) || !crypto_of(session))
        return false;
    struct quic_keys *keys = quic_keys_new_initial(crypto_of(session), packet->version, packet->dcid, false);
    bool is_open = open_with(session, keys, side, packet, moment);
    quic_keys_free(keys);
    if (is_open)
        use_keys(session, packet->version, &dcid);
    return is_open;
}

static void take_initial(struct session *session, unsigned side, const struct quic_packet *packet,
                         const struct moment *moment)
{
    struct quic *quic = session->datagrams;
    struct quic_facts *facts = &quic->facts;
    if (quic->client == 2) {
        quic->client = (uint8_t)side;
        quic->client_id = id_of(packet->scid);
        quic->first_dcid = id_of(packet->dcid);
        facts->first_version = packet->version;
    }
    uint64_t hash = hash_bytes(0, packet->packet.at, packet->packet.len);
    facts->num_initials[side] += hash != quic->sides[side].last_hash;
    quic->sides[side].last_hash = hash;
    facts->last_initial[side] = *moment;
    if (packet->kind != QUIC_INITIAL)
        return;
    if (quic->keys_version != packet->version)
        use_keys(session, packet->version, &quic->first_dcid);
    if (!open_with(session, quic->keys[side], side, packet, moment) && !open_anew(session, side, packet, moment))
        return;
    session->sides[side].has_tls = true;
    facts->version = packet->version;
    if (session->client_side == 2)
        session->client_side = quic->client;
    if (side != quic->client && !quic->has_server_id) {
        quic->has_server_id = true;
        quic->server_id = id_of(packet->scid);
    }
}

/* Versions are negotiated with a client that was seen, and is named in the packet. */
static void take_negotiation(struct session *session, unsigned side, const struct quic_packet *packet,
                             const struct moment *moment)
{
    struct quic *quic = session->datagrams;
    struct quic_facts *facts = &quic->facts;
    if (quic->client != !side || facts->has_version_negotiation ||
        !bytes_equal(packet->dcid, id_bytes(&quic->client_id)))
        return;
    facts->has_version_negotiation = true;
    facts->version_negotiation = *moment;
    facts->versions = session_keep(session, bytes_slice(packet->versions, 0, packet->versions.len / 4 * 4));
    session->sides[side].has_tls = true;
    session->client_side = quic->client;
}

static void take_retry(struct session *session, unsigned side, const struct quic_packet *packet,
                       const struct moment *moment)
{
    struct quic *quic = session->datagrams;
    if (quic->client != !side || quic->facts.has_retry || quic->has_server_id)
        return;
    quic->facts.has_retry = true;
    quic->facts.retry = *moment;
    struct connection_id dcid = id_of(packet->scid);
    use_keys(session, packet->version, &dcid);
}

static void note_hidden(struct session *session, unsigned side, enum event_kind kind, unsigned space, uint8_t type,
                        size_t len, const struct moment *moment)
{
    struct quic_side *q = &((struct quic *)session->datagrams)->sides[side];
    struct span span = {(uint64_t)space << SPACE_SHIFT | q->num_noted++, *moment, *moment, 0};
    struct record_header header = {type, 0, len > UINT16_MAX ? UINT16_MAX : (uint16_t)len};
    records_note_hidden(session, side, kind, &header, &span);
}

static void take_short(struct session *session, unsigned side, size_t len, const struct moment *moment)
{
    struct quic *quic = session->datagrams;
    struct quic_facts *facts = &quic->facts;
    if (facts->has_one_rtt[side] || quic->client == 2)
        return;
    facts->has_one_rtt[side] = true;
    facts->one_rtt[side] = *moment;
    note_hidden(session, side, EVENT_APPLICATION, SPACE_1RTT, CONTENT_APPLICATION_DATA, len, moment);
}

static void take_packet(struct session *session, unsigned side, const struct quic_packet *packet,
                        const struct moment *moment)
{
    struct quic_facts *facts = &((struct quic *)session->datagrams)->facts;
    bool is_client = session->client_side == side;
    switch (packet->kind) {
    case QUIC_INITIAL:
    case QUIC_OTHER:
        take_initial(session, side, packet, moment);
        break;
    case QUIC_0RTT:
        if (is_client && !facts->has_early_data)
            note_hidden(session, side, EVENT_HIDDEN, SPACE_0RTT, CONTENT_APPLICATION_DATA, (size_t)packet->length,
                        moment);
        facts->has_early_data |= is_client;
        break;
    case QUIC_HANDSHAKE:
        if (session->client_side < 2 && !facts->has_one_rtt[side])
            note_hidden(session, side, EVENT_HIDDEN, SPACE_HANDSHAKE, CONTENT_HANDSHAKE, (size_t)packet->length,
                        moment);
        break;
    case QUIC_RETRY:
        take_retry(session, side, packet, moment);
        break;
    case QUIC_VERSION_NEGOTIATION:
        take_negotiation(session, side, packet, moment);
        break;
    case QUIC_SHORT:
        take_short(session, side, packet->packet.len, moment);
        break;
    }
}

static void quic_take(struct session *session, unsigned side, struct bytes payload, uint32_t len,
                      const struct moment *moment)
{
    if (!(bytes_u8_at(payload, 0) & QUIC_LONG_HEADER)) { /* nearly all packets of a connection */
        if (payload.len > 0)
            take_short(session, side, len, moment);
        return;
    }
    struct fault fault;
    struct cursor c;
    struct quic_packet packet;
    cursor_init(&c, payload, len, 0, &fault);
    while (quic_packet_next(&c, &packet))
        if (packet.kind != QUIC_SHORT || packet.first & 0x40) /* else padding behind the last packet */
            take_packet(session, side, &packet, moment);
}

/* ---- flows ---- */

static enum datagram_role quic_role_of_first(struct bytes payload, uint32_t len)
{
    return quic_begins(payload, len) ? DATAGRAM_BEGINS : DATAGRAM_GOES_ON;
}

/* An Initial under new connection IDs on the same ports begins another connection; but not one that answers a Retry or
 * Version Negotiation. A client that gives itself no ID is known by that of its server. */
static enum datagram_role quic_role(const struct session *session, unsigned side, struct bytes payload, uint32_t len)
{
    const struct quic *quic = session->datagrams;
    const struct quic_facts *facts = &quic->facts;
    struct fault fault;
    struct cursor c;
    struct quic_packet packet;
    if (!(bytes_u8_at(payload, 0) & QUIC_LONG_HEADER) || quic->client != side || !quic_begins(payload, len))
        return DATAGRAM_GOES_ON;
    cursor_init(&c, payload, len, 0, &fault);
    if (!quic_packet_next(&c, &packet) || packet.token.len > 0 || bytes_equal(packet.dcid, id_bytes(&quic->first_dcid)))
        return DATAGRAM_GOES_ON;
    if (facts->has_version_negotiation && !quic->has_server_id)
        return DATAGRAM_GOES_ON;
    if (quic->client_id.len > 0)
        return bytes_equal(packet.scid, id_bytes(&quic->client_id)) ? DATAGRAM_GOES_ON : DATAGRAM_ANEW;
    return quic->has_server_id && !bytes_equal(packet.dcid, id_bytes(&quic->server_id)) ? DATAGRAM_ANEW
                                                                                        : DATAGRAM_GOES_ON;
}

/* ---- the end ---- */

static void finish_side(struct session *session, unsigned side)
{
    struct quic_side *q = &((struct quic *)session->datagrams)->sides[side];
    size_t ready = gather_ready(&q->crypto, q->next);
    if (ready >= HANDSHAKE_HEADER_LEN && !q->is_crypto_dead) {
        struct span span;
        struct handshake_header header = header_at(q, &span);
        deliver(session, side, &header, ready - HANDSHAKE_HEADER_LEN);
    }
    if (q->crypto.num == 0)
        return;
    /* CRYPTO frames that never came although later ones did. */
    struct moment moment = q->crypto.head->moment;
    struct span span = {q->crypto.head->offset, moment, moment, 0};
    struct event *event = session_event(session, side, EVENT_GAP, &span, 0);
    if (event)
        event->code = GAP_UNPROVEN;
    session->sides[side].is_after_gap = true;
}

/* Version Negotiation ends a connection that does not begin again with another version. */
static void finish_negotiation(struct session *session)
{
    const struct quic *quic = session->datagrams;
    const struct quic_facts *facts = &quic->facts;
    bool has_gone_on = quic->has_server_id || (facts->version != 0 && facts->version != facts->first_version);
    if (!facts->has_version_negotiation || has_gone_on)
        return;
    struct span span = {(uint64_t)SPACE_CLOSE << SPACE_SHIFT, facts->version_negotiation, facts->version_negotiation,
                        0};
    struct event *event = session_event(session, !quic->client, EVENT_FIN, &span, 0);
    if (event)
        event->code = QUIC_FIN_NEGOTIATION;
}

static void quic_finish(struct session *session)
{
    finish_side(session, 0);
    finish_side(session, 1);
    finish_negotiation(session);
}

static void quic_build(struct connection *c, const struct session *session)
{
    const struct quic *quic = session->datagrams;
    const struct quic_facts *from = &quic->facts;
    struct quic_facts *to = &c->quic;
    if (quic->client < 2)
        c->protocol = PROTOCOL_QUIC;
    *to = *from;
    if (c->client_side == 0)
        return;
    for (unsigned side = 0; side < 2; side++) { /* by side so far: by role now */
        to->num_initials[!side] = from->num_initials[side];
        to->last_initial[!side] = from->last_initial[side];
        to->has_one_rtt[!side] = from->has_one_rtt[side];
        to->one_rtt[!side] = from->one_rtt[side];
        to->has_close[!side] = from->has_close[side];
        to->close_code[!side] = from->close_code[side];
        to->close_reason[!side] = from->close_reason[side];
        to->close[!side] = from->close[side];
    }
}

/* A side has the keys of its 1-RTT packets once it read the other's Finished; only a server may send before that. */
void quic_complete(struct connection *c)
{
    const struct quic_facts *facts = &c->quic;
    c->has_finished[ROLE_CLIENT] = facts->has_one_rtt[ROLE_CLIENT];
    c->has_finished[ROLE_SERVER] = facts->has_one_rtt[ROLE_SERVER];
    for (unsigned role = 0; role < 2; role++) {
        c->has_application_data[role] = facts->has_one_rtt[role];
        c->finished_moment[role] = facts->one_rtt[role];
    }
    if (!facts->has_one_rtt[ROLE_CLIENT] || !facts->has_one_rtt[ROLE_SERVER])
        return;
    const struct moment *client = &facts->one_rtt[ROLE_CLIENT], *server = &facts->one_rtt[ROLE_SERVER];
    c->handshake_end = client->time_ns > server->time_ns ? *client : *server;
}

const struct datagram_protocol quic_protocol = {
    PROTOCOL_QUIC, quic_role_of_first, quic_role, quic_begin, quic_take, quic_finish, quic_free, quic_build,
};
