/*
 * QUIC of one connection: Initial packets opened, Retry and Version Negotiation, what the headers of other packets tell
 * (RFC 9000 section 17, RFC 9001 section 5, RFC 9369). Connection IDs tell one connection from the next on the same
 * ports.
 */
#include "hash.h"
#include "session/quic_internal.h"

#include <stdlib.h>
#include <string.h>

enum {
    LEVEL_FATAL = 2,
    CLOSE_REASON_LEN = 256, /* bytes kept */
};

static struct connection_id id_of(struct bytes b)
{
    struct connection_id id = {.len = b.len > QUIC_CID_MAX_LEN ? QUIC_CID_MAX_LEN : (uint8_t)b.len};
    if (id.len > 0)
        memcpy(id.bytes, b.at, id.len);
    return id;
}

static bool quic_begin(struct session *session)
{
    struct quic *quic = session->datagrams = calloc(1, sizeof *quic);
    if (!quic)
        return false;
    session->context->memory_bytes += sizeof *quic;
    quic->client = NOBODY;
    return true;
}

static void quic_free(struct session *session)
{
    struct quic *quic = quic_of(session);
    quic_unfollow(session);
    quic_opening_free(session);
    for (unsigned side = 0; side < 2; side++) {
        quic_crypto_cleanup(session, &quic->sides[side].crypto);
        quic_keys_wipe(&quic->sides[side].keys);
    }
    session->context->memory_bytes -= sizeof *quic;
    free(quic);
}

/* ---- packets ---- */

void quic_close(struct session *session, unsigned side, enum quic_level level, const struct quic_frame *frame,
                const struct moment *moment)
{
    struct quic *quic = quic_of(session);
    struct quic_facts *facts = &quic->facts;
    /* It answers each packet that comes later, and is sent under all keys that the peer may have: there the reason of
     * an application is hidden. */
    if (facts->has_close[side] && level <= quic->close_level[side])
        return;
    bool is_alert = frame->type == QUIC_FRAME_CLOSE && frame->error >> 8 == QUIC_CRYPTO_ERROR >> 8;
    struct event *event = quic->close_event[side] ? &session->events[quic->close_event[side] - 1u] : NULL;
    if (!facts->has_close[side]) {
        struct span span = {(uint64_t)QUIC_SPACE_CLOSE << QUIC_SPACE_SHIFT, *moment, *moment, 0};
        facts->close[side] = *moment;
        event = session_event(session, side, EVENT_FIN, &span, 0);
        quic->close_event[side] = event ? session->num_events : 0;
    }
    facts->has_close[side] = true;
    facts->is_application_close[side] = frame->type == QUIC_FRAME_CLOSE_APPLICATION;
    facts->close_code[side] = frame->error;
    facts->close_reason[side] = session_keep(session, bytes_slice(frame->data, 0, CLOSE_REASON_LEN));
    quic->close_level[side] = (uint8_t)level;
    if (!event)
        return;
    event->kind = is_alert ? EVENT_ALERT : EVENT_FIN;
    event->type = is_alert ? CONTENT_ALERT : 0;
    event->len = is_alert ? 2 : 0;
    event->level = is_alert ? LEVEL_FATAL : 0; /* alerts of QUIC have none: all of them end the connection */
    event->code = is_alert ? (uint8_t)frame->error : QUIC_FIN_CLOSE;
    event->is_encrypted = level != QUIC_LEVEL_INITIAL;
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
            quic_crypto_take(session, side, QUIC_LEVEL_INITIAL, &quic_of(session)->sides[side].crypto, &frame, moment);
        else if (frame.type == QUIC_FRAME_CLOSE || frame.type == QUIC_FRAME_CLOSE_APPLICATION)
            quic_close(session, side, QUIC_LEVEL_INITIAL, &frame, moment);
    }
    return true;
}

static bool open_with(struct session *session, const struct quic_keys *keys, unsigned side,
                      const struct quic_packet *packet, const struct moment *moment)
{
    struct quic_side *q = &quic_of(session)->sides[side];
    struct crypto *crypto = session->context->crypto;
    struct quic_header header;
    struct quic_opened opened;
    if (!quic_keys_header(keys, crypto, packet, q->next_number, &header))
        return false;
    uint8_t *payload = malloc(packet->packet.len + 1);
    bool is_open = payload && quic_keys_open(keys, crypto, packet, &header, payload, &opened) &&
                   take_frames(session, side, (struct bytes){payload, opened.len}, opened.declared, moment);
    free(payload);
    if (is_open && header.number >= q->next_number)
        q->next_number = header.number + 1;
    return is_open;
}

struct crypto *quic_openssl(struct session *session)
{
    if (!session->context->crypto)
        session->context->crypto = crypto_new();
    return session->context->crypto;
}

static void use_keys(struct session *session, uint32_t version, const struct connection_id *dcid)
{
    struct quic *quic = quic_of(session);
    quic->sides[0].has_keys = quic->sides[1].has_keys = false;
    quic->keys_version = version;
    quic->first_dcid = *dcid;
}

/* Those of a side are made when it sends something. */
static bool open_initial(struct session *session, unsigned side, const struct quic_packet *packet,
                         const struct moment *moment)
{
    struct quic *quic = quic_of(session);
    struct quic_side *q = &quic->sides[side];
    struct crypto *crypto = quic_openssl(session);
    if (!q->has_keys && crypto)
        q->has_keys = quic_keys_init_initial(&q->keys, crypto, quic->keys_version,
                                             connection_id_bytes(&quic->first_dcid), side != quic->client);
    return q->has_keys && open_with(session, &q->keys, side, packet, moment);
}

/* Not under the keys at hand: a client that was sent a Retry, or Version Negotiation, began again with another ID. */
static bool open_anew(struct session *session, unsigned side, const struct quic_packet *packet,
                      const struct moment *moment)
{
    struct quic *quic = quic_of(session);
    struct connection_id dcid = id_of(packet->dcid);
    struct quic_keys keys;
    if (side != quic->client || bytes_equal(packet->dcid, connection_id_bytes(&quic->first_dcid)) ||
        !quic_openssl(session))
        return false;
    bool is_open = quic_keys_init_initial(&keys, session->context->crypto, packet->version, packet->dcid, false) &&
                   open_with(session, &keys, side, packet, moment);
    quic_keys_wipe(&keys);
    if (is_open)
        use_keys(session, packet->version, &dcid);
    return is_open;
}

static void take_initial(struct session *session, unsigned side, const struct quic_packet *packet,
                         const struct moment *moment)
{
    struct quic *quic = quic_of(session);
    struct quic_facts *facts = &quic->facts;
    if (quic->client == NOBODY) {
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
    if (!open_initial(session, side, packet, moment) && !open_anew(session, side, packet, moment))
        return;
    session->sides[side].has_tls = true;
    if (side != quic->client || !quic->has_server_id) /* the server chooses (RFC 9368) */
        facts->version = packet->version;
    if (session->client_side == 2)
        session->client_side = quic->client;
    if (side != quic->client && !quic->has_server_id) {
        quic->has_server_id = true;
        quic->server_id = id_of(packet->scid);
        quic_paths_expect(session, quic->client, packet->scid);
        quic_paths_expect(session, side, connection_id_bytes(&quic->client_id));
    }
}

/* Versions are negotiated with a client that was seen, and is named in the packet. */
static void take_negotiation(struct session *session, unsigned side, const struct quic_packet *packet,
                             const struct moment *moment)
{
    struct quic *quic = quic_of(session);
    struct quic_facts *facts = &quic->facts;
    if (quic->client != !side || facts->has_version_negotiation ||
        !bytes_equal(packet->dcid, connection_id_bytes(&quic->client_id)))
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
    struct quic *quic = quic_of(session);
    struct crypto *crypto = quic_openssl(session);
    if (quic->client != !side || quic->facts.has_retry || quic->has_server_id ||
        (crypto && !quic_retry_is_valid(crypto, packet, connection_id_bytes(&quic->first_dcid))))
        return;
    quic->facts.has_retry = true;
    quic->facts.retry = *moment;
    struct connection_id dcid = id_of(packet->scid);
    use_keys(session, packet->version, &dcid);
}

void quic_note_hidden(struct session *session, unsigned side, enum event_kind kind, unsigned space, uint8_t type,
                      size_t len, const struct moment *moment)
{
    struct quic_side *q = &quic_of(session)->sides[side];
    struct span span = {(uint64_t)space << QUIC_SPACE_SHIFT | q->num_noted++, *moment, *moment, 0};
    struct record_header header = {type, 0, len > UINT16_MAX ? UINT16_MAX : (uint16_t)len};
    records_note_hidden(session, side, kind, &header, &span);
}

void quic_hidden(struct session *session, unsigned side, const struct quic_packet *packet, const struct moment *moment)
{
    const struct quic_facts *facts = &quic_of(session)->facts;
    size_t len = (size_t)packet->length;
    bool is_late = facts->has_one_rtt[side] && facts->one_rtt[side].place.frame < moment->place.frame;
    if (packet->kind == QUIC_SHORT && !session->sides[side].has_application) {
        session->sides[side].has_application = true;
        quic_note_hidden(session, side, EVENT_APPLICATION, QUIC_SPACE_1RTT, CONTENT_APPLICATION_DATA,
                         packet->header_len + len, moment);
    } else if (packet->kind == QUIC_HANDSHAKE && session->client_side < 2 && !is_late) {
        quic_note_hidden(session, side, EVENT_HIDDEN, QUIC_SPACE_HANDSHAKE, CONTENT_HANDSHAKE, len, moment);
    }
}

static void take_short(struct session *session, unsigned side, const struct quic_packet *packet,
                       const struct moment *moment)
{
    struct quic *quic = quic_of(session);
    struct quic_facts *facts = &quic->facts;
    if (quic->client == NOBODY)
        return;
    if (!facts->has_one_rtt[side])
        facts->one_rtt[side] = *moment;
    facts->has_one_rtt[side] = true;
    if (!quic_opening_take(session, side, packet, moment))
        quic_hidden(session, side, packet, moment);
}

static void take_early(struct session *session, unsigned side, const struct quic_packet *packet,
                       const struct moment *moment)
{
    struct quic_facts *facts = &quic_of(session)->facts;
    if (session->client_side != side || facts->has_early_data)
        return;
    facts->has_early_data = true;
    quic_note_hidden(session, side, EVENT_HIDDEN, QUIC_SPACE_0RTT, CONTENT_APPLICATION_DATA, (size_t)packet->length,
                     moment);
}

static void take_packet(struct session *session, unsigned side, const struct quic_packet *packet,
                        const struct moment *moment)
{
    switch (packet->kind) {
    case QUIC_INITIAL:
    case QUIC_OTHER:
        take_initial(session, side, packet, moment);
        break;
    case QUIC_0RTT:
        take_early(session, side, packet, moment);
        break;
    case QUIC_HANDSHAKE:
        if (!quic_opening_take(session, side, packet, moment))
            quic_hidden(session, side, packet, moment);
        break;
    case QUIC_RETRY:
        take_retry(session, side, packet, moment);
        break;
    case QUIC_VERSION_NEGOTIATION:
        take_negotiation(session, side, packet, moment);
        break;
    case QUIC_SHORT:
        take_short(session, side, packet, moment);
        break;
    }
}

/* Nothing of this side's 1-RTT packets is news any more, and nothing of them can be read: nearly all of a connection.
 */
static bool is_old_news(const struct session *session, unsigned side, struct bytes payload)
{
    const struct quic *quic = session->datagrams;
    return !(bytes_u8_at(payload, 0) & QUIC_LONG_HEADER) && quic->facts.has_one_rtt[side] &&
           !quic_opening_wants(session);
}

static void quic_take(struct session *session, unsigned side, struct bytes payload, uint32_t len,
                      const struct moment *moment)
{
    if (is_old_news(session, side, payload))
        return;
    struct fault fault;
    struct cursor c;
    struct quic_packet packet;
    cursor_init(&c, payload, len, 0, &fault);
    while (quic_packet_next(&c, &packet)) /* what stands behind others without this bit is padding */
        if (packet.kind != QUIC_SHORT || packet.first & QUIC_FIXED_BIT || packet.packet.at == payload.at)
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
    const struct quic *quic = quic_of(session);
    const struct quic_facts *facts = &quic->facts;
    struct fault fault;
    struct cursor c;
    struct quic_packet packet;
    if (!(bytes_u8_at(payload, 0) & QUIC_LONG_HEADER) || quic->client != side || !quic_begins(payload, len))
        return DATAGRAM_GOES_ON;
    cursor_init(&c, payload, len, 0, &fault);
    if (!quic_packet_next(&c, &packet) || packet.token.len > 0 ||
        bytes_equal(packet.dcid, connection_id_bytes(&quic->first_dcid)))
        return DATAGRAM_GOES_ON;
    if (facts->has_version_negotiation && !quic->has_server_id)
        return DATAGRAM_GOES_ON;
    if (quic->client_id.len > 0)
        return bytes_equal(packet.scid, connection_id_bytes(&quic->client_id)) ? DATAGRAM_GOES_ON : DATAGRAM_ANEW;
    return quic->has_server_id && !bytes_equal(packet.dcid, connection_id_bytes(&quic->server_id)) ? DATAGRAM_ANEW
                                                                                                   : DATAGRAM_GOES_ON;
}

/* ---- the end ---- */

/* Version Negotiation ends a connection that does not begin again with another version. */
static void finish_negotiation(struct session *session)
{
    const struct quic *quic = quic_of(session);
    const struct quic_facts *facts = &quic->facts;
    bool has_gone_on = quic->has_server_id || (facts->version != 0 && facts->version != facts->first_version);
    if (!facts->has_version_negotiation || has_gone_on)
        return;
    struct span span = {(uint64_t)QUIC_SPACE_CLOSE << QUIC_SPACE_SHIFT, facts->version_negotiation,
                        facts->version_negotiation, 0};
    struct event *event = session_event(session, !quic->client, EVENT_FIN, &span, 0);
    if (event)
        event->code = QUIC_FIN_NEGOTIATION;
}

static void quic_finish(struct session *session)
{
    for (unsigned side = 0; side < 2; side++)
        quic_crypto_finish(session, side, QUIC_LEVEL_INITIAL, &quic_of(session)->sides[side].crypto);
    quic_opening_finish(session);
    finish_negotiation(session);
}

static void quic_build(struct connection *c, const struct session *session)
{
    const struct quic *quic = session->datagrams;
    const struct quic_facts *from = &quic->facts;
    struct quic_facts *to = &c->quic;
    if (quic->client < NOBODY)
        c->protocol = PROTOCOL_QUIC;
    c->keys = quic_opening_source(quic);
    c->keys_error = quic_opening_error(session);
    *to = *from;
    if (c->client_side == 0)
        return;
    for (unsigned side = 0; side < 2; side++) { /* by side so far: by role now */
        to->num_initials[!side] = from->num_initials[side];
        to->last_initial[!side] = from->last_initial[side];
        to->has_one_rtt[!side] = from->has_one_rtt[side];
        to->one_rtt[!side] = from->one_rtt[side];
        to->has_close[!side] = from->has_close[side];
        to->is_application_close[!side] = from->is_application_close[side];
        to->close_code[!side] = from->close_code[side];
        to->close_reason[!side] = from->close_reason[side];
        to->close[!side] = from->close[side];
        to->num_key_updates[!side] = from->num_key_updates[side];
    }
}

const char *quic_close_name(const struct quic_facts *facts, enum role role)
{
    uint64_t code = facts->close_code[role];
    return facts->is_application_close[role] ? quic_http3_error_name(code) : quic_error_name(code);
}

/* With keys: each side's Finished, and what was said behind the handshake. */
static void read_finished(struct connection *c)
{
    for (unsigned i = 0; i < c->num_events; i++) {
        const struct event *event = &c->events[i];
        if (event->kind == EVENT_HANDSHAKE && event->type == HS_FINISHED && !c->has_finished[event->role]) {
            c->has_finished[event->role] = true;
            c->finished_moment[event->role] = event->last;
        }
        if (event->kind == EVENT_APPLICATION)
            c->has_application_data[event->role] = true;
    }
}

/* With keys: the server closed with an alert and never took the client's Finished. */
static bool is_refused(const struct connection *c)
{
    for (unsigned i = 0; i < c->num_events; i++)
        if (c->events[i].kind == EVENT_ALERT && c->events[i].role == ROLE_SERVER)
            return !c->quic.has_handshake_done;
    return false;
}

/* A side has the keys of its 1-RTT packets once it read the other's Finished; only a server may send before that. */
void quic_complete(struct connection *c)
{
    const struct quic_facts *facts = &c->quic;
    if (c->keys)
        read_finished(c);
    if (c->has_finished[ROLE_CLIENT]) {
        c->is_refused_after_finished = is_refused(c);
        if (!c->is_refused_after_finished)
            c->handshake_end = c->finished_moment[ROLE_CLIENT];
        return;
    }
    for (unsigned role = 0; role < 2; role++) {
        c->has_finished[role] = c->has_application_data[role] = facts->has_one_rtt[role];
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
