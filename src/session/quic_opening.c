/* Handshake and 1-RTT packets of QUIC under the secrets of a key log (RFC 9001 sections 5 and 6): packets that come
 * before their keys wait; of what they hold, messages and closes become facts, streams are stepped over. */
#include "session/quic_internal.h"

#include <openssl/crypto.h>

#include <stdlib.h>
#include <string.h>

enum { NUM_LEVELS = 2 }; /* Handshake, 1-RTT */

enum state {
    OPENING_WAITING, /* for the ServerHello, or for secrets */
    OPENING_READY,
    OPENING_OFF,
};

enum result { PACKET_OPENED, PACKET_HIDDEN, PACKET_WAITS };

/* One side's packets of one level. */
struct stage {
    struct quic_crypto crypto;
    struct quic_keys keys;
    uint64_t next_number, num_seen;
    bool has_keys, has_opened;
    bool has_refused;   /* a packet that these keys do not open */
    bool has_been_left; /* one for which there were none */
};

/* 1-RTT keys change: the next ones are at hand, the last ones kept for packets that came late. */
struct phases {
    struct quic_keys next, last;
    bool has_next, has_last, is_second;
};

struct waiting {
    struct waiting *next;
    struct quic_packet packet;
    unsigned side;
    struct moment moment;
    uint8_t bytes[];
};

struct quic_opening {
    enum state state;
    enum keys_error reason; /* of OPENING_OFF */
    enum keys_source source;
    struct key_set set;
    struct suite_algorithms suite;
    struct stage stages[2][NUM_LEVELS];
    struct phases phases[2];
    struct waiting *first, *last;
    uint32_t waiting_bytes, num_waiting;
    bool is_queue_full, has_been_left;
};

static enum quic_level level_of(const struct quic_packet *packet)
{
    return packet->kind == QUIC_HANDSHAKE ? QUIC_LEVEL_HANDSHAKE : QUIC_LEVEL_1RTT;
}

static struct stage *stage_at(struct quic_opening *o, unsigned side, enum quic_level level)
{
    return &o->stages[side][level - QUIC_LEVEL_HANDSHAKE];
}

/* ---- packets that wait ---- */

static void waiting_free(struct session *session, struct waiting *waiting)
{
    size_t size = sizeof *waiting + waiting->packet.packet.len;
    session->context->pending_bytes -= size;
    session->context->memory_bytes -= size;
    free(waiting);
}

static bool push(struct session *session, unsigned side, const struct quic_packet *packet, const struct moment *moment)
{
    struct quic_opening *o = quic_of(session)->opening;
    struct session_context *context = session->context;
    struct bytes b = packet->packet;
    size_t size = sizeof(struct waiting) + b.len;
    struct waiting *waiting = NULL;
    if (o->num_waiting < LIMIT_PENDING_RECORDS && o->waiting_bytes + b.len <= LIMIT_PENDING_BYTES &&
        context->pending_bytes + size <= LIMIT_ALL_PENDING_BYTES)
        waiting = malloc(size);
    if (!waiting) {
        context->pending_limit_hits += !o->is_queue_full;
        o->is_queue_full = true;
        return false;
    }
    *waiting = (struct waiting){.packet = *packet, .side = side, .moment = *moment};
    if (b.len > 0)
        memcpy(waiting->bytes, b.at, b.len);
    waiting->packet.packet.at = waiting->bytes;
    waiting->packet.dcid = waiting->packet.scid = waiting->packet.token = (struct bytes){NULL, 0};
    if (o->last)
        o->last->next = waiting;
    else
        o->first = waiting;
    o->last = waiting;
    o->num_waiting++;
    o->waiting_bytes += (uint32_t)b.len;
    context->pending_bytes += size;
    context->memory_bytes += size;
    return true;
}

/* ---- keys ---- */

static struct bytes secret_of(const struct session *session, unsigned side, enum quic_level level)
{
    static const enum secret_kind kinds[NUM_LEVELS][2] = {{SECRET_SERVER_HANDSHAKE, SECRET_CLIENT_HANDSHAKE},
                                                          {SECRET_SERVER_TRAFFIC, SECRET_CLIENT_TRAFFIC}};
    const struct quic *quic = quic_of(session);
    return quic->opening->set.secrets[kinds[level - QUIC_LEVEL_HANDSHAKE][side == quic->client]];
}

static void derive(struct session *session, unsigned side, enum quic_level level)
{
    const struct quic *quic = quic_of(session);
    struct quic_opening *o = quic->opening;
    struct stage *at = stage_at(o, side, level);
    struct crypto *crypto = quic_openssl(session);
    struct bytes secret = secret_of(session, side, level);
    if (at->has_keys || secret.len == 0 || !crypto)
        return;
    at->has_keys = quic_keys_init(&at->keys, crypto, quic->facts.version, &o->suite, secret);
    if (!at->has_keys || level != QUIC_LEVEL_1RTT)
        return;
    o->phases[side].next = at->keys;
    o->phases[side].has_next = quic_keys_update(&o->phases[side].next, crypto);
}

static void derive_all(struct session *session)
{
    for (unsigned side = 0; side < 2; side++) {
        derive(session, side, QUIC_LEVEL_HANDSHAKE);
        derive(session, side, QUIC_LEVEL_1RTT);
    }
}

static void off(struct quic_opening *o, enum keys_error reason)
{
    o->state = OPENING_OFF;
    o->reason = reason;
}

/* Tries to leave OPENING_WAITING. `is_last`: what is not known now never will be. */
static void look_up(struct session *session, bool is_last)
{
    const struct quic *quic = quic_of(session);
    struct quic_opening *o = quic->opening;
    if (o->state != OPENING_WAITING)
        return;
    if (!quic->has_client_random || quic->version == 0) {
        if (is_last)
            off(o, KEYS_NO_ERROR);
    } else if (!suite_algorithms_find(quic->cipher, quic->version, &o->suite)) {
        off(o, KEYS_UNSUPPORTED);
    } else if (ech_find_traffic_secrets(session, quic->ech, quic->client_random, &o->set)) {
        derive_all(session);
        o->state = OPENING_READY;
    } else if (is_last || !keys_may_grow(session->context->keys)) {
        off(o, KEYS_MISSING);
    }
}

/* ---- packets ---- */

static void take_frame(struct session *session, unsigned side, enum quic_level level, const struct quic_frame *frame,
                       const struct moment *moment)
{
    struct quic *quic = quic_of(session);
    struct quic_facts *facts = &quic->facts;
    if (frame->type == QUIC_FRAME_CRYPTO) {
        quic_crypto_take(session, side, level, &stage_at(quic->opening, side, level)->crypto, frame, moment);
    } else if (frame->type == QUIC_FRAME_CLOSE || frame->type == QUIC_FRAME_CLOSE_APPLICATION) {
        quic_close(session, side, level, frame, moment);
    } else if (frame->type == QUIC_FRAME_HANDSHAKE_DONE && side != quic->client && !facts->has_handshake_done) {
        facts->has_handshake_done = true;
        facts->handshake_done = *moment;
    } else if (frame->type == QUIC_FRAME_NEW_CONNECTION_ID) {
        quic_paths_expect(session, !side, frame->data);
    }
}

static bool is_application(const struct quic_frame *frame)
{
    return (frame->type >= QUIC_FRAME_STREAM && frame->type <= QUIC_FRAME_STREAM_LAST) ||
           (frame->type >= QUIC_FRAME_DATAGRAM && frame->type <= QUIC_FRAME_DATAGRAM_LAST);
}

static void note_application(struct session *session, unsigned side, size_t len, const struct moment *moment)
{
    if (session->sides[side].has_application)
        return;
    session->sides[side].has_application = true;
    quic_note_hidden(session, side, EVENT_APPLICATION, QUIC_SPACE_1RTT, CONTENT_APPLICATION_DATA, len, moment);
}

/* True when the payload makes sense: one that the capture cut is proven by that alone. */
static bool take_frames(struct session *session, unsigned side, enum quic_level level, struct bytes payload,
                        size_t declared, const struct moment *moment)
{
    bool (*next)(struct cursor *, struct quic_frame *) =
        level == QUIC_LEVEL_1RTT ? quic_frame_next_1rtt : quic_frame_next;
    struct fault fault;
    struct cursor c;
    struct quic_frame frame;
    cursor_init(&c, payload, declared, 0, &fault);
    while (payload.len < declared && next(&c, &frame))
        continue;
    if (fault.kind == FAULT_MALFORMED)
        return false;
    cursor_init(&c, payload, declared, 0, &fault);
    while (next(&c, &frame)) {
        if (is_application(&frame))
            note_application(session, side, declared, moment);
        else
            take_frame(session, side, level, &frame, moment);
    }
    return true;
}

static bool open_under(struct session *session, unsigned side, const struct quic_keys *keys,
                       const struct quic_packet *packet, const struct quic_header *header, const struct moment *moment)
{
    size_t room = packet->packet.len + 1;
    uint8_t *payload = malloc(room);
    struct quic_opened opened;
    bool is_open =
        payload && quic_keys_open(keys, session->context->crypto, packet, header, payload, &opened) &&
        take_frames(session, side, level_of(packet), (struct bytes){payload, opened.len}, opened.declared, moment);
    if (payload)
        OPENSSL_cleanse(payload, room);
    free(payload);
    return is_open;
}

/* The other key phase: the next one, which begins with this packet, or the last one, which it is late for. */
static bool open_in_other_phase(struct session *session, unsigned side, const struct quic_packet *packet,
                                const struct quic_header *header, const struct moment *moment)
{
    struct quic *quic = quic_of(session);
    struct phases *p = &quic->opening->phases[side];
    struct stage *at = stage_at(quic->opening, side, QUIC_LEVEL_1RTT);
    if (p->has_last && header->number < at->next_number && open_under(session, side, &p->last, packet, header, moment))
        return true;
    if (!p->has_next || !open_under(session, side, &p->next, packet, header, moment))
        return false;
    p->last = at->keys;
    p->has_last = true;
    at->keys = p->next;
    p->is_second = header->is_second_phase;
    p->has_next = quic_keys_update(&p->next, session->context->crypto);
    quic->facts.num_key_updates[side]++;
    return true;
}

/* Behind the handshake large packets are taken for data: no more than their number is read. */
static bool is_left_unread(const struct stage *at, const struct quic_packet *packet)
{
    return packet->kind == QUIC_SHORT && at->num_seen > LIMIT_OPENED_PACKETS && packet->length > LIMIT_OPENED_PACKET;
}

static bool open_packet(struct session *session, unsigned side, const struct quic_packet *sent,
                        const struct moment *moment)
{
    const struct quic *quic = quic_of(session);
    struct quic_opening *o = quic->opening;
    struct quic_packet known = *sent;
    const struct quic_packet *packet = &known;
    struct stage *at = stage_at(o, side, level_of(packet));
    const struct connection_id *id = side == quic->client ? &quic->server_id : &quic->client_id;
    struct quic_header header;
    if (known.kind == QUIC_SHORT && !quic_packet_short(&known, id->len))
        return false;
    if (!quic_keys_header(&at->keys, session->context->crypto, packet, at->next_number, &header))
        return false;
    at->num_seen++;
    bool is_other_phase = packet->kind == QUIC_SHORT && header.is_second_phase != o->phases[side].is_second;
    bool is_unread = is_left_unread(at, packet) && !is_other_phase && at->has_opened;
    if (is_unread)
        note_application(session, side, (size_t)packet->length, moment);
    else if (!(is_other_phase ? open_in_other_phase(session, side, packet, &header, moment)
                              : open_under(session, side, &at->keys, packet, &header, moment)))
        return false;
    bool is_near = header.number < at->next_number + LIMIT_NUMBERS_AHEAD;
    if (header.number >= at->next_number && (!is_unread || is_near))
        at->next_number = header.number + 1;
    at->has_opened = true;
    o->source = o->set.source;
    return true;
}

static enum result try_packet(struct session *session, unsigned side, const struct quic_packet *packet,
                              const struct moment *moment, bool is_last)
{
    struct quic *quic = quic_of(session);
    struct quic_opening *o = quic->opening;
    look_up(session, is_last);
    if (o->state == OPENING_WAITING)
        return PACKET_WAITS;
    struct stage *at = stage_at(o, side, level_of(packet));
    if (o->state == OPENING_READY && !at->has_keys && keys_may_grow(session->context->keys)) {
        if (keys_find(session->context->keys, quic->client_random, &o->set))
            derive_all(session);
        if (!at->has_keys && !is_last)
            return PACKET_WAITS;
    }
    if (o->state == OPENING_OFF || !at->has_keys) {
        o->has_been_left |= o->state == OPENING_OFF;
        at->has_been_left = true;
        return PACKET_HIDDEN;
    }
    if (open_packet(session, side, packet, moment))
        return PACKET_OPENED;
    /* Of one that the capture cut, nothing tells. */
    at->has_refused |= packet->packet.len >= packet->header_len + packet->length;
    return PACKET_HIDDEN;
}

/* What waited, in its order, as far as there are keys by now. */
static void drain(struct session *session, bool is_last)
{
    struct quic_opening *o = quic_of(session)->opening;
    look_up(session, is_last);
    struct waiting *waiting = o->first;
    if (!waiting || o->state == OPENING_WAITING)
        return;
    o->first = o->last = NULL;
    o->waiting_bytes = o->num_waiting = 0;
    for (struct waiting *next; waiting; waiting = next) {
        next = waiting->next;
        enum result result = try_packet(session, waiting->side, &waiting->packet, &waiting->moment, is_last);
        if (result == PACKET_HIDDEN ||
            (result == PACKET_WAITS && !push(session, waiting->side, &waiting->packet, &waiting->moment)))
            quic_hidden(session, waiting->side, &waiting->packet, &waiting->moment);
        waiting_free(session, waiting);
    }
}

bool quic_opening_wants(const struct session *session)
{
    const struct quic_opening *o = quic_of(session)->opening;
    const struct keys *keys = session->context->keys;
    return o ? o->state != OPENING_OFF : keys && keys_has_log(keys);
}

static bool begin(struct session *session)
{
    struct quic *quic = quic_of(session);
    if (!quic_opening_wants(session) || !quic_openssl(session))
        return false;
    quic->opening = calloc(1, sizeof *quic->opening);
    session->context->memory_bytes += quic->opening ? sizeof *quic->opening : 0;
    return quic->opening != NULL;
}

bool quic_opening_take(struct session *session, unsigned side, const struct quic_packet *packet,
                       const struct moment *moment)
{
    struct quic *quic = quic_of(session);
    if (quic->client == NOBODY || (!quic->opening && !begin(session)))
        return false;
    drain(session, false);
    enum result result = try_packet(session, side, packet, moment, false);
    return result == PACKET_OPENED || (result == PACKET_WAITS && push(session, side, packet, moment));
}

void quic_opening_finish(struct session *session)
{
    struct quic_opening *o = quic_of(session)->opening;
    ech_read(session, quic_of(session)->ech);
    if (!o)
        return;
    drain(session, true);
    for (unsigned side = 0; side < 2; side++) {
        quic_crypto_finish(session, side, QUIC_LEVEL_HANDSHAKE, &o->stages[side][0].crypto);
        quic_crypto_finish(session, side, QUIC_LEVEL_1RTT, &o->stages[side][1].crypto);
    }
}

void quic_opening_free(struct session *session)
{
    struct quic *quic = quic_of(session);
    struct quic_opening *o = quic->opening;
    if (!o)
        return;
    for (struct waiting *waiting = o->first, *next; waiting; waiting = next) {
        next = waiting->next;
        waiting_free(session, waiting);
    }
    for (unsigned side = 0; side < 2; side++)
        for (unsigned level = 0; level < NUM_LEVELS; level++)
            quic_crypto_cleanup(session, &o->stages[side][level].crypto);
    session->context->memory_bytes -= sizeof *o;
    OPENSSL_cleanse(o, sizeof *o);
    free(o);
    quic->opening = NULL;
}

enum keys_source quic_opening_source(const struct quic *quic)
{
    return quic->opening ? quic->opening->source : KEYS_NONE;
}

enum keys_error quic_opening_error(const struct session *session)
{
    const struct quic *quic = quic_of(session);
    const struct quic_opening *o = quic->opening;
    const struct keys *keys = session->context->keys;
    if (!o) /* a server's private key opens nothing here */
        return keys && keys_has_source(keys) && !keys_has_log(keys) && quic->version != 0 ? KEYS_FORWARD_SECRECY
                                                                                          : KEYS_NO_ERROR;
    if (o->has_been_left)
        return o->reason;
    enum keys_error error = KEYS_NO_ERROR;
    /* A client that leaves before its Finished never had the secrets of 1-RTT packets, nor has its key log. */
    unsigned num_levels = quic->facts.has_one_rtt[quic->client] ? NUM_LEVELS : 1;
    for (unsigned side = 0; side < 2; side++)
        for (unsigned level = 0; level < num_levels; level++) {
            const struct stage *at = &o->stages[side][level];
            if (at->has_refused && !at->has_opened)
                error = KEYS_REFUSED;
            else if (at->has_been_left && error == KEYS_NO_ERROR)
                error = KEYS_INCOMPLETE;
        }
    return error;
}
