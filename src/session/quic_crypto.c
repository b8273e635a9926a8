/* CRYPTO frames of QUIC, in any order, put together into handshake messages (RFC 9000 sections 7.5 and 19.6). */
#include "session/quic_internal.h"

#include <stdlib.h>
#include <string.h>

static uint64_t event_offset(enum quic_level level, uint64_t offset)
{
    static const unsigned spaces[] = {0, QUIC_SPACE_HANDSHAKE, QUIC_SPACE_1RTT};
    return (uint64_t)spaces[level] << QUIC_SPACE_SHIFT | offset;
}

static struct handshake_header header_at(const struct quic_crypto *crypto, struct span *span)
{
    uint8_t bytes[HANDSHAKE_HEADER_LEN];
    struct fault fault;
    struct cursor c;
    struct handshake_header header;
    gather_copy(&crypto->pieces, crypto->next, sizeof bytes, bytes, &span->first, &span->last);
    cursor_init_whole(&c, (struct bytes){bytes, sizeof bytes}, &fault);
    handshake_header_parse(&c, &header);
    return header;
}

/* Hellos tell which keys there are. */
static void note_client_hello(struct session *session, struct bytes body, bool is_whole)
{
    struct quic *quic = quic_of(session);
    struct fault fault;
    struct cursor c;
    struct client_hello hello;
    cursor_init(&c, body, LIMIT_HANDSHAKE_MESSAGE, 0, &fault);
    client_hello_parse(&c, &hello);
    quic->has_client_random = hello.random.len == QUIC_RANDOM_LEN;
    if (quic->has_client_random)
        memcpy(quic->client_random, hello.random.at, QUIC_RANDOM_LEN);
    if (is_whole && session->context->keys && keys_has_log(session->context->keys) && quic_openssl(session))
        ech_client_hello(session, &quic->ech, body, &hello);
}

static void note_server_hello(struct session *session, struct bytes body, bool is_whole)
{
    struct quic *quic = quic_of(session);
    struct fault fault;
    struct cursor c;
    struct server_hello hello;
    cursor_init(&c, body, LIMIT_HANDSHAKE_MESSAGE, 0, &fault);
    server_hello_parse(&c, &hello);
    if (is_whole)
        ech_server_hello(session, quic->ech, body, hello.is_hello_retry_request);
    if (hello.is_hello_retry_request || quic->version != 0 || hello.cipher_suite == 0)
        return;
    quic->version = hello.version;
    quic->cipher = hello.cipher_suite;
}

static void note_preferred_address(struct session *session, struct bytes body)
{
    struct quic_preferred_address preferred;
    struct fault fault;
    struct cursor c;
    cursor_init_whole(&c, body, &fault);
    quic_preferred_address_parse(&c, &preferred);
    if (cursor_ok(&c))
        quic_paths_expect(session, quic_of(session)->client, preferred.id);
}

/* A server's transport parameters may name another address, and the ID to be used there. */
static void note_parameters(struct session *session, struct bytes body)
{
    struct fault fault;
    struct cursor c;
    struct extensions ext;
    uint64_t id;
    struct bytes value;
    cursor_init(&c, body, LIMIT_HANDSHAKE_MESSAGE, 0, &fault);
    encrypted_extensions_parse(&c, &ext);
    cursor_init_whole(&c, ext.quic_transport_parameters, &fault);
    while (quic_parameter_next(&c, &id, &value))
        if (id == QUIC_PARAMETER_PREFERRED_ADDRESS)
            note_preferred_address(session, value);
}

static void deliver(struct session *session, unsigned side, enum quic_level level, struct quic_crypto *crypto,
                    const struct handshake_header *header, size_t len)
{
    struct quic *quic = quic_of(session);
    struct span span = {.offset = event_offset(level, crypto->next)};
    uint8_t *message = malloc(HANDSHAKE_HEADER_LEN + len);
    bool was_opening = session->is_opening;
    if (message) {
        struct bytes body = {message + HANDSHAKE_HEADER_LEN, len};
        gather_copy(&crypto->pieces, crypto->next, HANDSHAKE_HEADER_LEN + len, message, &span.first, &span.last);
        session->is_opening = level != QUIC_LEVEL_INITIAL;
        messages_take_one(session, side, header->type, body, header->length, &span);
        session->is_opening = was_opening;
        if (header->type == HS_CLIENT_HELLO && level == QUIC_LEVEL_INITIAL && side == quic->client)
            note_client_hello(session, body, len == header->length);
        else if (header->type == HS_SERVER_HELLO && level == QUIC_LEVEL_INITIAL && side != quic->client)
            note_server_hello(session, body, len == header->length);
        else if (header->type == HS_ENCRYPTED_EXTENSIONS && side != quic->client)
            note_parameters(session, body);
    }
    free(message);
    crypto->next += HANDSHAKE_HEADER_LEN + len;
    uint32_t before = crypto->pieces.bytes;
    gather_drop(&crypto->pieces, crypto->next);
    session->context->memory_bytes -= before - crypto->pieces.bytes;
}

static void deliver_ready(struct session *session, unsigned side, enum quic_level level, struct quic_crypto *crypto)
{
    size_t ready = gather_ready(&crypto->pieces, crypto->next);
    while (ready >= HANDSHAKE_HEADER_LEN && !crypto->is_dead) {
        struct span span;
        struct handshake_header header = header_at(crypto, &span);
        if (header.length > LIMIT_DATAGRAM_BYTES) {
            session->context->gather_limit_hits++;
            crypto->is_dead = true;
        }
        if (ready < HANDSHAKE_HEADER_LEN + (size_t)header.length || crypto->is_dead)
            return;
        deliver(session, side, level, crypto, &header, header.length);
        ready = gather_ready(&crypto->pieces, crypto->next);
    }
}

void quic_crypto_take(struct session *session, unsigned side, enum quic_level level, struct quic_crypto *crypto,
                      const struct quic_frame *frame, const struct moment *moment)
{
    uint64_t offset = frame->offset, known = offset < crypto->next ? crypto->next - offset : 0;
    if (crypto->is_dead || known >= frame->data.len)
        return;
    struct bytes b = bytes_slice(frame->data, (size_t)known, frame->data.len);
    uint32_t before = crypto->pieces.bytes;
    long added = gather_add(&crypto->pieces, offset + known, b, moment, LIMIT_DATAGRAM_BYTES, LIMIT_DATAGRAM_PIECES);
    session->context->memory_bytes += crypto->pieces.bytes - before;
    if (added < 0)
        session->context->gather_limit_hits++;
    deliver_ready(session, side, level, crypto);
}

void quic_crypto_finish(struct session *session, unsigned side, enum quic_level level, struct quic_crypto *crypto)
{
    size_t ready = gather_ready(&crypto->pieces, crypto->next);
    if (ready >= HANDSHAKE_HEADER_LEN && !crypto->is_dead) {
        struct span span;
        struct handshake_header header = header_at(crypto, &span);
        deliver(session, side, level, crypto, &header, ready - HANDSHAKE_HEADER_LEN);
    }
    if (crypto->pieces.num == 0)
        return;
    /* CRYPTO frames that never came although later ones did. */
    struct moment moment = crypto->pieces.head->moment;
    struct span span = {event_offset(level, crypto->pieces.head->offset), moment, moment, 0};
    struct event *event = session_event(session, side, EVENT_GAP, &span, 0);
    if (event)
        event->code = GAP_UNPROVEN;
    session->sides[side].is_after_gap = true;
}

void quic_crypto_cleanup(struct session *session, struct quic_crypto *crypto)
{
    session->context->memory_bytes -= crypto->pieces.bytes;
    gather_cleanup(&crypto->pieces);
}
