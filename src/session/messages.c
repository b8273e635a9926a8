/* Handshake messages out of records (RFC 8446 section 5.1: several in one record, one over several records) into
 * events. */
#include "session/decompress.h"
#include "session/session_internal.h"

#include <stdlib.h>
#include <string.h>

/* What becomes of a message: who can send it, whether its body is kept, and how many bytes of it at most. */
struct message_rule {
    uint8_t type;
    uint8_t sender; /* ROLE_CLIENT, ROLE_SERVER, or 2: either */
    uint32_t keep;
};

static const struct message_rule rules[] = {
    {HS_HELLO_REQUEST, ROLE_SERVER, 0},
    {HS_CLIENT_HELLO, ROLE_CLIENT, LIMIT_HANDSHAKE_MESSAGE},
    {HS_SERVER_HELLO, ROLE_SERVER, LIMIT_HANDSHAKE_MESSAGE},
    {HS_HELLO_VERIFY_REQUEST, ROLE_SERVER, 512},
    {HS_NEW_SESSION_TICKET, ROLE_SERVER, 16 * 1024},
    {HS_HELLO_RETRY_REQUEST, ROLE_SERVER, LIMIT_HANDSHAKE_MESSAGE},
    {HS_SERVER_KEY_EXCHANGE, ROLE_SERVER, LIMIT_HANDSHAKE_MESSAGE},
    {HS_CERTIFICATE_REQUEST, ROLE_SERVER, LIMIT_HANDSHAKE_MESSAGE},
    {HS_SERVER_HELLO_DONE, ROLE_SERVER, 0},
    {HS_CERTIFICATE_VERIFY, 2, 16 * 1024},
    {HS_CLIENT_KEY_EXCHANGE, ROLE_CLIENT, 0},
    {HS_CERTIFICATE_URL, ROLE_CLIENT, 0},
    {HS_ENCRYPTED_EXTENSIONS, ROLE_SERVER, LIMIT_HANDSHAKE_MESSAGE},
    {HS_CERTIFICATE_STATUS, ROLE_SERVER, 128 * 1024},
};

static const struct message_rule *rule_find(uint8_t type)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (rules[i].type == type)
            return &rules[i];
    return NULL;
}

/* TLS 1.3 staples OCSP responses to the entries of the list: the leaf's is kept. */
static void staple_keep(struct session *session, struct connection_chain *chain, struct bytes block)
{
    enum { EXT_STATUS_REQUEST = 5 };
    struct fault fault;
    struct cursor c;
    struct bytes body;
    uint16_t type;
    cursor_init_whole(&c, block, &fault);
    while (ext_next(&c, &type, &body))
        if (type == EXT_STATUS_REQUEST && chain->status.len == 0)
            chain->status = session_keep(session, body);
}

/* The certificates of a Certificate message into the chain, each in its place. */
static void chain_fill(struct session *session, struct connection_chain *chain,
                       const struct certificate_message *message)
{
    struct certificate *found[LIMIT_CHAIN];
    struct fault fault;
    struct cursor c;
    struct bytes der, extensions;
    unsigned num = 0;
    cursor_init_whole(&c, message->list, &fault);
    while (certificate_next(&c, message->is_tls13, &der, &extensions)) {
        if (num == LIMIT_CHAIN) {
            session->context->chain_limit_hits++;
            chain->is_cut = true;
            break;
        }
        if (der.len > LIMIT_CERTIFICATE)
            session->context->certificate_limit_hits++;
        struct certificate *certificate = certificate_intern(session->context->certificates, der);
        if (num == 0)
            staple_keep(session, chain, extensions);
        if (certificate)
            found[num++] = certificate;
        else
            chain->is_cut = true;
    }
    if (num == 0)
        return;
    chain->certificates = session_alloc(session, num * sizeof *chain->certificates);
    if (chain->certificates) {
        memcpy(chain->certificates, found, num * sizeof *chain->certificates);
        chain->num = num;
        return;
    }
    chain->is_cut = true;
    for (unsigned i = 0; i < num; i++)
        certificate_release(found[i]);
}

/* A chain that cannot be had: the capture cut it, its sender broke it, or this program lacks the library. */
static void compressed_unread(struct session *session, unsigned side, enum decompress_result result,
                              const struct fault *fault, const struct span *span)
{
    struct connection_chain *chain = session->chains[side] ? NULL : session_alloc(session, sizeof *chain);
    if (!chain)
        return;
    *chain = (struct connection_chain){.place = span->last.place, .fault = *fault};
    chain->is_cut = fault->kind == FAULT_SHORT || result == DECOMPRESS_UNKNOWN;
    if (fault->kind == FAULT_NONE && result == DECOMPRESS_BROKEN)
        chain->fault = (struct fault){FAULT_MALFORMED, 0, "compressed_certificate_message"};
    session->chains[side] = chain;
}

static void certificate(struct session *session, unsigned side, struct bytes body, uint32_t declared,
                        const struct span *span)
{
    struct connection_chain *chain = session->chains[side] ? NULL : session_alloc(session, sizeof *chain);
    if (!chain)
        return;
    *chain = (struct connection_chain){.place = span->last.place};
    session->chains[side] = chain;
    struct cursor c;
    struct certificate_message message;
    cursor_init(&c, body, declared, 0, &chain->fault);
    bool is_tls13 = session_is_tls13(session);
    certificate_message_parse(&c, is_tls13, &message);
    /* In the clear the message has the older layout, whatever version a strange server claims. */
    if (is_tls13 && chain->fault.kind == FAULT_MALFORMED) {
        cursor_init(&c, body, declared, 0, &chain->fault);
        certificate_message_parse(&c, false, &message);
    }
    chain->is_cut = chain->fault.kind == FAULT_SHORT;
    if (!message.is_raw_public_key)
        chain_fill(session, chain, &message);
    else if (chain->fault.kind == FAULT_NONE)
        chain->raw_public_key = certificate_intern(session->context->certificates, message.list);
}

/* A CompressedCertificate is the Certificate that it holds. */
static void compressed_certificate(struct session *session, unsigned side, struct bytes body, uint32_t declared,
                                   const struct span *span)
{
    struct fault fault;
    struct cursor c;
    struct compressed_certificate message;
    cursor_init(&c, body, declared, 0, &fault);
    compressed_certificate_parse(&c, &message);
    bool is_readable = fault.kind == FAULT_NONE && message.uncompressed_length <= LIMIT_HANDSHAKE_MESSAGE;
    uint8_t *plain = is_readable ? malloc(message.uncompressed_length + 1u) : NULL;
    struct bytes certificate_body = {plain, message.uncompressed_length};
    enum decompress_result result =
        plain ? decompress(message.algorithm, message.compressed, plain, certificate_body.len) : DECOMPRESS_BROKEN;
    if (result == DECOMPRESS_OK)
        certificate(session, side, certificate_body, message.uncompressed_length, span);
    else
        compressed_unread(session, side, result, &fault, span);
    free(plain);
}

/* What both sides will be under: is it a suite that hides nothing, and how long are its MACs? A client whose
 * ChangeCipherSpec came to the capture before this is under it already. */
static void next_protection(struct session *session, const struct server_hello *hello, bool is_first)
{
    enum { TRUNCATED_HMAC_LEN = 10 }; /* RFC 6066 section 7 */
    const struct cipher_suite *suite = cipher_suite_find(hello->cipher_suite);
    session->is_next_clear = suite && suite->is_clear && hello->compression_method == 0;
    session->next_mac_len = suite ? suite->clear_mac_len : 0;
    if (hello->ext.has_truncated_hmac)
        session->next_mac_len = TRUNCATED_HMAC_LEN;
    for (unsigned side = 0; side < 2; side++)
        if (is_first && session->sides[side].has_ccs)
            records_protect(session, side);
}

static void server_hello(struct session *session, struct bytes body, uint32_t declared, bool is_type_6)
{
    struct fault fault;
    struct cursor c;
    struct server_hello hello;
    cursor_init(&c, body, declared, 0, &fault);
    if (is_type_6)
        hello_retry_request_parse(&c, &hello);
    else
        server_hello_parse(&c, &hello);
    bool is_first = session->version == 0;
    if (hello.is_hello_retry_request) {
        session->has_hello_retry = true;
    } else if (session->version == 0 && hello.cipher_suite != 0) {
        session->version = hello.version;
        session->cipher = hello.cipher_suite;
    }
    if (!hello.is_hello_retry_request && hello.cipher_suite != 0)
        next_protection(session, &hello, is_first);
}

/* One message, whole or (h->length > body.len) as much of it as will ever come. */
static void message(struct session *session, unsigned side, const struct handshake_header *h, struct bytes body,
                    const struct span *span, bool is_split)
{
    const uint8_t type = h->type;
    const uint32_t declared = h->length;
    struct side *s = &session->sides[side];
    const struct message_rule *rule = rule_find(type);
    struct event *event = session_event(session, side, EVENT_HANDSHAKE, span, declared);
    if (event) {
        event->type = type;
        if (body.len < declared)
            event->fault = FAULT_SHORT;
        event->is_split = session->protocol || is_split;
        if (type == HS_CLIENT_HELLO && session->protocol != &dtls_protocol) /* its parts lie elsewhere in DTLS */
            session_keep_hello(session, event, body);
        else if (rule && rule->keep > 0)
            session_keep_body(session, event, bytes_slice(body, 0, rule->keep));
    }
    s->has_handshake = true;
    if ((s->is_clear || session->is_opening) && type == (s->expects_finished ? HS_FINISHED : HS_CLIENT_HELLO))
        records_protected_handshake(session, side);
    if (session->context->keys && !session->protocol) /* over UDP each protocol has keys of its own */
        decryption_message(session, side, type, body, body.len == declared);
    if (rule && rule->sender < 2 && session->client_side == 2)
        session->client_side = rule->sender == ROLE_CLIENT ? (uint8_t)side : (uint8_t)!side;
    if (type == HS_CLIENT_HELLO) {
        if (session->num_client_hellos == 0) /* where both sides send one, the first tells who is who */
            session->client_side = (uint8_t)side;
        if (session->num_client_hellos < UINT8_MAX)
            session->num_client_hellos++;
    } else if (type == HS_SERVER_HELLO || type == HS_HELLO_RETRY_REQUEST) {
        server_hello(session, body, declared, type == HS_HELLO_RETRY_REQUEST);
    } else if (type == HS_CERTIFICATE) {
        certificate(session, side, body, declared, span);
    } else if (type == HS_COMPRESSED_CERTIFICATE) {
        compressed_certificate(session, side, body, declared, span);
    }
}

void messages_take_one(struct session *session, unsigned side, uint8_t type, struct bytes body, uint32_t declared,
                       const struct span *span)
{
    const struct handshake_header h = {type, declared};
    message(session, side, &h, body, span, false);
}

/* A message too large to be collected: told once, and stepped over. */
static void oversized(struct session *session, unsigned side, const struct handshake_header *h, const struct span *span)
{
    session->context->message_limit_hits++;
    /* After a gap this may be the middle of something else, after ChangeCipherSpec ciphertext. */
    const struct side *s = &session->sides[side];
    bool is_certain = !s->is_after_gap && !s->has_ccs;
    struct event *event = is_certain ? session_event(session, side, EVENT_FAULT, span, h->length) : NULL;
    if (event) {
        event->type = h->type;
        event->fault = FAULT_MALFORMED;
        event->field = "handshake message longer than any real one";
    }
    session->sides[side].message_skip = HANDSHAKE_HEADER_LEN + h->length;
}

static struct handshake_header peek_message(struct bytes b)
{
    struct fault fault;
    struct cursor c;
    struct handshake_header header;
    cursor_init_whole(&c, bytes_slice(b, 0, HANDSHAKE_HEADER_LEN), &fault);
    handshake_header_parse(&c, &header);
    return header;
}

/* Delivers what was collected, as much of it as there is. A message may let records through that waited for it, and
 * those collect messages of their own: it is out of their way by then. */
static void deliver(struct session *session, unsigned side, uint16_t version, const struct moment *last)
{
    struct buffer *collected = session->sides[side].message;
    session->sides[side].message = NULL;
    struct bytes held = {collected->data, collected->len};
    struct handshake_header h = peek_message(held);
    struct span span = {collected->offset, collected->first, *last, version};
    message(session, side, &h, bytes_slice(held, HANDSHAKE_HEADER_LEN, h.length), &span, collected->is_split);
    buffer_drop(session, &collected);
}

/* Collects towards a whole message; delivers it when it is. False: this side's handshake cannot be followed any more.
 */
static bool collect(struct session *session, unsigned side, struct chunk *chunk, const struct span *span)
{
    struct side *s = &session->sides[side];
    uint32_t target = HANDSHAKE_HEADER_LEN;
    if (s->message && s->message->len >= HANDSHAKE_HEADER_LEN)
        target += peek_message((struct bytes){s->message->data, s->message->len}).length;
    bool is_split = s->message && s->message->offset + s->message->len != chunk->offset;
    if (!buffer_append(session, &s->message, chunk, target))
        return false;
    s->message->is_split |= is_split;
    s->message->is_decrypted = session->is_opening;
    if (s->message->len < target)
        return true;
    struct bytes held = {s->message->data, s->message->len};
    struct handshake_header h = peek_message(held);
    if (h.length > LIMIT_HANDSHAKE_MESSAGE) {
        struct span whole = {s->message->offset, s->message->first, span->last, span->version};
        oversized(session, side, &h, &whole);
        s->message_skip -= (uint32_t)held.len;
        buffer_drop(session, &s->message);
    } else if (held.len == HANDSHAKE_HEADER_LEN + (size_t)h.length) {
        deliver(session, side, span->version, &span->last);
    }
    return true;
}

/* After a gap a record may begin inside a message. Messages that fill it to its end say that it does not. */
static bool is_filled(struct bytes fragment, size_t declared)
{
    size_t at = 0;
    while (at < declared) {
        struct bytes rest = bytes_slice(fragment, at, fragment.len);
        if (rest.len < HANDSHAKE_HEADER_LEN)
            return at > 0 && fragment.len < declared;
        struct handshake_header h = peek_message(rest);
        if (!handshake_type_name(h.type) || (h.type == HS_HELLO_REQUEST && declared > HANDSHAKE_HEADER_LEN))
            return false;
        at += HANDSHAKE_HEADER_LEN + (size_t)h.length;
    }
    return at == declared;
}

void messages_record(struct session *session, unsigned side, struct bytes fragment, size_t declared,
                     const struct span *span)
{
    struct side *s = &session->sides[side];
    struct chunk chunk = {fragment, span->offset + RECORD_HEADER_LEN, &span->first};
    if (s->is_after_gap && !s->is_in_step && !is_filled(fragment, declared))
        return;
    s->is_in_step = true;
    while (chunk.bytes.len > 0) {
        if (s->message_skip > 0) {
            uint32_t n = s->message_skip < chunk.bytes.len ? s->message_skip : (uint32_t)chunk.bytes.len;
            s->message_skip -= n;
            chunk_advance(&chunk, n);
            continue;
        }
        if (!s->message && chunk.bytes.len >= HANDSHAKE_HEADER_LEN) {
            struct handshake_header h = peek_message(chunk.bytes);
            struct span at = {chunk.offset, span->first, span->last, span->version};
            if (h.length > LIMIT_HANDSHAKE_MESSAGE) {
                oversized(session, side, &h, &at);
                continue;
            }
            if (chunk.bytes.len >= HANDSHAKE_HEADER_LEN + (size_t)h.length) {
                message(session, side, &h, bytes_slice(chunk.bytes, HANDSHAKE_HEADER_LEN, h.length), &at, false);
                chunk_advance(&chunk, HANDSHAKE_HEADER_LEN + (size_t)h.length);
                continue;
            }
        }
        if (!collect(session, side, &chunk, span))
            return;
    }
}

void messages_flush(struct session *session, unsigned side)
{
    struct side *s = &session->sides[side];
    bool was_opening = session->is_opening;
    while (s->message) {
        struct bytes held = {s->message->data, s->message->len};
        struct handshake_header h = peek_message(held);
        if (held.len < HANDSHAKE_HEADER_LEN || !handshake_type_name(h.type) || h.length > LIMIT_HANDSHAKE_MESSAGE) {
            buffer_drop(session, &s->message);
            continue;
        }
        session->is_opening = s->message->is_decrypted;
        struct moment last = s->message->last;
        deliver(session, side, session->version, &last);
    }
    session->is_opening = was_opening;
}
