/* SSLv2 records of one side: the messages in the clear up to CLIENT-MASTER-KEY, then lengths only. A client whose hello
 * came in the version-2 form goes on with TLS records when the server chose TLS (RFC 5246 appendix E.2). */
#include "session/session_internal.h"

enum { SSL2_HEADER_MAX = 3, SSL2_RECORD_MAX = 32767 };

static bool header_at(struct bytes b, struct ssl2_record_header *h)
{
    struct fault fault;
    struct cursor c;
    cursor_init_whole(&c, b, &fault);
    ssl2_record_header_parse(&c, h);
    return cursor_ok(&c);
}

static void hello(struct session *session, unsigned side, struct bytes body, size_t declared, struct event *event)
{
    struct fault fault;
    struct cursor c;
    struct client_hello hello;
    cursor_init(&c, body, declared, 0, &fault);
    ssl2_client_hello_parse(&c, &hello);
    if (session->num_client_hellos == 0)
        session->client_side = (uint8_t)side;
    session->num_client_hellos++;
    if (hello.legacy_version == VERSION_SSL2)
        session->is_ssl2 = true;
    if (event) {
        event->version = hello.legacy_version;
        event->code = SSL2_CLIENT_HELLO;
        session_keep_body(session, event, body);
    }
}

static void server_hello(struct session *session, unsigned side, struct bytes body, size_t declared,
                         const struct span *span, struct event *event)
{
    struct fault fault;
    struct cursor c;
    struct ssl2_server_hello hello;
    cursor_init(&c, body, declared, 0, &fault);
    ssl2_server_hello_parse(&c, &hello);
    session->is_ssl2 = true;
    session->version = VERSION_SSL2;
    if (session->client_side == 2)
        session->client_side = (uint8_t)!side;
    if (event)
        session_keep_body(session, event, body);
    if (hello.certificate.len == 0 || session->chains[side])
        return;
    if (hello.certificate.len > LIMIT_CERTIFICATE)
        session->context->certificate_limit_hits++;
    struct certificate *certificate = certificate_intern(session->context->certificates, hello.certificate);
    struct connection_chain *chain = session_alloc(session, sizeof *chain);
    struct certificate **list = session_alloc(session, sizeof(struct certificate *));
    if (!certificate || !chain || !list) {
        if (certificate)
            certificate_release(certificate);
        return;
    }
    list[0] = certificate;
    *chain = (struct connection_chain){.certificates = list, .num = 1, .place = span->last.place};
    session->chains[side] = chain;
}

/* One record's data, whole or (shorter than h->length) as much of it as will ever come. */
static void record(struct session *session, unsigned side, const struct ssl2_record_header *h, struct bytes data,
                   struct span *span)
{
    struct side *s = &session->sides[side];
    if (session->has_master_key) {
        struct event *event = session_event(session, side, EVENT_HIDDEN, span, h->length);
        if (event)
            event->is_encrypted = true;
        /* The first protected records are SERVER-VERIFY and the Finished messages, later ones are data. */
        if (s->has_finished)
            s->has_application = true;
        s->has_finished = true;
        return;
    }
    if (data.len == 0)
        return;
    uint8_t type = data.at[0];
    struct bytes body = bytes_slice(data, 1, data.len);
    span->version = VERSION_SSL2;
    uint32_t declared = h->length - 1u;
    struct event *event = session_event(session, side, EVENT_HANDSHAKE, span, declared);
    if (event) {
        event->type = type;
        event->level = (uint8_t)(h->header_len + 1);
        event->fault = body.len < declared ? FAULT_SHORT : FAULT_NONE;
    }
    s->has_handshake = true;
    if (type == SSL2_CLIENT_HELLO)
        hello(session, side, body, declared, event);
    else if (type == SSL2_SERVER_HELLO)
        server_hello(session, side, body, declared, span, event);
    else if (event && (type == SSL2_CLIENT_MASTER_KEY || type == SSL2_ERROR))
        session_keep_body(session, event, bytes_slice(body, 0, 16));
    if (type == SSL2_CLIENT_MASTER_KEY)
        session->has_master_key = true;
}

/* After a hello in the version-2 form: does this byte begin a TLS record? */
static bool is_tls_from_here(const struct session *session, unsigned side, uint8_t first)
{
    return session->num_client_hellos > 0 && session->client_side == side && !session->is_ssl2 &&
           first >= CONTENT_CHANGE_CIPHER_SPEC && first <= CONTENT_HEARTBEAT;
}

void ssl2_walk(struct session *session, struct flow *flow, unsigned side, struct chunk *chunk)
{
    struct side *s = &session->sides[side];
    if (!s->record && is_tls_from_here(session, side, chunk->bytes.at[0])) {
        s->state = SIDE_RECORDS;
        return;
    }
    struct ssl2_record_header h;
    if (!s->record && header_at(chunk->bytes, &h) && chunk->bytes.len >= h.header_len + (size_t)h.length) {
        struct span span = {chunk->offset, *chunk->moment, *chunk->moment, VERSION_SSL2};
        record(session, side, &h, bytes_slice(chunk->bytes, h.header_len, h.length), &span);
        chunk_advance(chunk, h.header_len + (size_t)h.length);
        return;
    }
    uint32_t target = SSL2_HEADER_MAX;
    if (s->record && header_at((struct bytes){s->record->data, s->record->len}, &h))
        target = h.header_len + (uint32_t)h.length;
    if (!buffer_append(session, &s->record, chunk,
                       target > SSL2_RECORD_MAX + SSL2_HEADER_MAX ? SSL2_RECORD_MAX : target)) {
        session_side_dead(session, flow, side);
        return;
    }
    struct bytes held = {s->record->data, s->record->len};
    if (!header_at(held, &h) || held.len < h.header_len + (size_t)h.length)
        return;
    struct buffer *whole = s->record;
    s->record = NULL;
    struct span span = {whole->offset, whole->first, whole->last, VERSION_SSL2};
    record(session, side, &h, bytes_slice(held, h.header_len, h.length), &span);
    /* A record of no or one byte is shorter than the header that was collected. */
    size_t used = h.header_len + (size_t)h.length;
    if (used < held.len) {
        struct chunk rest = {bytes_slice(held, used, held.len), whole->offset + used, &span.last};
        session_walk(session, flow, side, &rest);
    }
    buffer_drop(session, &whole);
}

void ssl2_flush(struct session *session, unsigned side)
{
    struct side *s = &session->sides[side];
    struct ssl2_record_header h;
    if (s->record && header_at((struct bytes){s->record->data, s->record->len}, &h)) {
        struct span span = {s->record->offset, s->record->first, s->record->last, VERSION_SSL2};
        struct bytes data = bytes_slice((struct bytes){s->record->data, s->record->len}, h.header_len, h.length);
        if (!session->has_master_key)
            record(session, side, &h, data, &span);
    }
    buffer_drop(session, &s->record);
}
