/* Kept handshake messages into facts, each read once, and what is wrong with them into events: see connection.h. */
#include "session/session_internal.h"

#include <stdlib.h>

/* A cursor over a kept body; what the message declares beyond it was not captured. */
static struct cursor body_cursor(const struct event *event, struct fault *fault)
{
    struct cursor c;
    cursor_init(&c, (struct bytes){event->body, event->body_len}, event->len, 0, fault);
    return c;
}

/* A ClientHello's kept body, put together again in *restored when it lies in parts. Empty without memory. */
static struct bytes hello_body(const struct event *event, uint8_t **restored)
{
    if (!event->is_hello_kept)
        return (struct bytes){event->body, event->body_len};
    const struct kept_hello *kept = event->body;
    *restored = malloc(event->body_len);
    if (!*restored)
        return (struct bytes){NULL, 0};
    hello_shape_restore(kept->shape, kept->own, *restored);
    return (struct bytes){*restored, event->body_len};
}

/* A fault on its way to become an event. */
struct connection_fault {
    unsigned index; /* of the message's event */
    struct event event;
};

/* After a gap what looks like a message may be the middle of one: nobody is blamed for that. */
static void note_fault(struct connection *c, const struct event *event, const struct fault *fault,
                       uint32_t extension_mark)
{
    if (fault->kind != FAULT_MALFORMED || event->is_after_gap)
        return;
    if (c->num_faults == c->cap_faults) {
        unsigned cap = c->cap_faults ? 2 * c->cap_faults : 4;
        struct connection_fault *grown = realloc(c->faults, cap * sizeof *grown);
        if (!grown)
            return;
        c->faults = grown;
        c->cap_faults = cap;
    }
    struct event told = *event;
    told.kind = EVENT_FAULT;
    told.fault = FAULT_MALFORMED;
    told.is_hello_kept = false;
    told.field = fault->field;
    told.extension_mark = extension_mark;
    if (!event->is_split)
        told.offset += (event->level ? event->level : HANDSHAKE_HEADER_LEN) + fault->offset;
    c->faults[c->num_faults++] = (struct connection_fault){(unsigned)(event - c->events), told};
}

static void note_faults(struct connection *c, const struct event *event, const struct fault *fault,
                        const struct extensions *ext)
{
    if (ext->has_bad)
        note_fault(c, event, &ext->bad_fault, 1u + ext->first_bad);
    note_fault(c, event, fault, 0);
}

/* Past the hellos a record's version is the negotiated one; it counts where the ServerHello is not in the capture. */
static uint16_t version_at(const struct connection *c, const struct event *event)
{
    return c->version ? c->version : event->version;
}

static void take_client_hello(struct connection *c, const struct event *event)
{
    if (c->has_second_client_hello || (c->has_client_hello && c->has_server_hello))
        return;
    bool is_second = c->has_client_hello;
    struct client_hello *hello = is_second ? &c->second_client_hello : &c->client_hello;
    struct fault *fault = is_second ? &c->second_client_hello_fault : &c->client_hello_fault;
    struct bytes bytes = hello_body(event, &c->hello_bodies[is_second]);
    struct cursor body;
    cursor_init(&body, bytes, event->len, 0, fault);
    if (event->code == SSL2_CLIENT_HELLO)
        ssl2_client_hello_parse(&body, hello);
    else if (c->protocol == PROTOCOL_DTLS)
        client_hello_dtls_parse(&body, hello);
    else
        client_hello_parse(&body, hello);
    note_faults(c, event, fault, &hello->ext);
    if (is_second) {
        c->has_second_client_hello = true;
        c->second_client_hello_moment = event->last;
        return;
    }
    c->has_client_hello = true;
    c->client_hello_moment = event->last;
    c->client_hello_body = bytes;
    c->is_client_hello_cut = fault->kind == FAULT_SHORT;
    c->is_client_hello_after_gap = event->is_after_gap;
    c->has_early_data_offer = hello->ext.has_early_data;
}

/* The list holds the one protocol that was chosen. */
static void take_alpn(struct connection *c, struct bytes protocols)
{
    struct fault fault;
    struct cursor list;
    cursor_init_whole(&list, protocols, &fault);
    (void)alpn_next(&list, &c->alpn);
}

static void take_encrypted_extensions(struct connection *c, const struct event *event)
{
    struct fault fault;
    struct cursor body = body_cursor(event, &fault);
    struct extensions ext;
    encrypted_extensions_parse(&body, &ext);
    note_faults(c, event, &fault, &ext);
    if (c->has_encrypted_extensions)
        return;
    c->has_encrypted_extensions = true;
    c->encrypted_extensions = ext;
    c->encrypted_extensions_moment = event->last;
    if (ext.has_alpn)
        take_alpn(c, ext.alpn);
    if (c->has_early_data_offer && fault.kind == FAULT_NONE)
        c->early_data = ext.has_early_data ? 1 : -1;
}

static void take_server_hello(struct connection *c, const struct event *event)
{
    struct fault fault;
    struct cursor body = body_cursor(event, &fault);
    struct server_hello hello;
    if (event->type == HS_HELLO_RETRY_REQUEST)
        hello_retry_request_parse(&body, &hello);
    else
        server_hello_parse(&body, &hello);
    note_faults(c, event, &fault, &hello.ext);
    if (hello.is_kind_unknown)
        return;
    if (hello.is_hello_retry_request) {
        if (!c->has_hello_retry) {
            c->has_hello_retry = true;
            c->hello_retry = hello;
            c->hello_retry_fault = fault;
            c->hello_retry_moment = event->last;
        }
        return;
    }
    if (c->has_server_hello)
        return;
    c->has_server_hello = true;
    c->server_hello = hello;
    c->server_hello_moment = event->last;
    c->server_hello_fault = fault;
    c->is_server_hello_cut = fault.kind == FAULT_SHORT;
    c->is_server_hello_after_gap = event->is_after_gap;
    c->version = hello.version;
    c->has_cipher = fault.kind == FAULT_NONE || hello.cipher_suite != 0;
    c->cipher = hello.cipher_suite;
    if (hello.ext.has_key_share)
        c->group_id = hello.ext.key_share_group;
    if (hello.ext.has_pre_shared_key)
        c->is_resumed = true;
    if (hello.ext.has_alpn)
        take_alpn(c, hello.ext.alpn);
}

static void take_key_exchange(struct connection *c, const struct event *event)
{
    struct fault fault;
    struct cursor body = body_cursor(event, &fault);
    struct server_key_exchange key_exchange;
    uint16_t version = version_at(c, event);
    const struct cipher_suite *suite = c->has_cipher && version ? cipher_suite_find(c->cipher) : NULL;
    server_key_exchange_parse(&body, suite ? cipher_suite_kx_kind(suite) : KX_UNKNOWN, version, &key_exchange);
    note_fault(c, event, &fault, 0);
    if (c->has_key_exchange)
        return;
    c->has_key_exchange = true;
    c->key_exchange = key_exchange;
    c->key_exchange_fault = fault;
    c->key_exchange_moment = event->last;
    c->is_key_exchange_after_gap = event->is_after_gap;
    if (c->group_id == 0)
        c->group_id = key_exchange.group;
}

static void take_certificate_request(struct connection *c, const struct event *event)
{
    struct fault fault;
    struct cursor body = body_cursor(event, &fault);
    struct certificate_request request = {.is_tls13 = false};
    uint16_t version = version_at(c, event);
    if (version)
        certificate_request_parse(&body, version, &request);
    else
        cursor_fail(&body, FAULT_SHORT, "CertificateRequest");
    note_faults(c, event, &fault, &request.ext);
    if (c->has_certificate_request)
        return;
    c->has_certificate_request = true;
    c->certificate_request = request;
    c->certificate_request_fault = fault;
    c->certificate_request_moment = event->last;
}

static void take_certificate_status(struct connection *c, const struct event *event)
{
    struct fault fault;
    struct cursor body = body_cursor(event, &fault);
    struct certificate_status status;
    certificate_status_parse(&body, &status);
    note_fault(c, event, &fault, 0);
    if (c->has_certificate_status)
        return;
    c->has_certificate_status = true;
    c->certificate_status = status;
    c->certificate_status_moment = event->last;
}

static void take_certificate_verify(struct connection *c, const struct event *event)
{
    struct fault fault;
    struct cursor body = body_cursor(event, &fault);
    struct certificate_verify verify;
    uint16_t version = version_at(c, event);
    if (version == 0)
        return;
    certificate_verify_parse(&body, version, &verify);
    note_fault(c, event, &fault, 0);
    if (c->has_certificate_verify)
        return;
    c->has_certificate_verify = true;
    c->certificate_verify = verify;
    c->certificate_verify_role = event->role;
    c->certificate_verify_moment = event->last;
}

static void take_ticket(struct connection *c, const struct event *event)
{
    struct fault fault;
    struct cursor body = body_cursor(event, &fault);
    struct new_session_ticket ticket;
    new_session_ticket_parse(&body, version_at(c, event), &ticket);
    note_faults(c, event, &fault, &ticket.ext);
    if (c->has_ticket)
        return;
    c->has_ticket = true;
    c->has_ticket_lifetime = ticket.has_lifetime;
    c->ticket_lifetime = ticket.lifetime;
}

static void take_stapled(struct connection *c, struct bytes status, const struct moment *moment)
{
    struct fault fault;
    struct cursor body;
    cursor_init_whole(&body, status, &fault);
    certificate_status_parse(&body, &c->certificate_status);
    c->has_certificate_status = true;
    c->certificate_status_moment = *moment;
}

static void take_certificate(struct connection *c, const struct event *event)
{
    const struct connection_chain *chain = event->role == ROLE_CLIENT ? &c->client_chain : &c->chain;
    if (chain->place.frame == event->last.place.frame && chain->place.file == event->last.place.file)
        note_fault(c, event, &chain->fault, 0);
    if (event->role == ROLE_CLIENT)
        c->has_client_certificate_message = true;
    else if (!c->has_certificate_status && chain->status.len > 0)
        take_stapled(c, chain->status, &event->last);
}

/* Messages whose bodies become facts, by handshake type. */
static void take_message(struct connection *c, const struct event *event)
{
    static void (*const take[256])(struct connection *, const struct event *) = {
        [HS_CLIENT_HELLO] = take_client_hello,
        [HS_SERVER_HELLO] = take_server_hello,
        [HS_HELLO_RETRY_REQUEST] = take_server_hello,
        [HS_SERVER_KEY_EXCHANGE] = take_key_exchange,
        [HS_CERTIFICATE_REQUEST] = take_certificate_request,
        [HS_CERTIFICATE_STATUS] = take_certificate_status,
        [HS_CERTIFICATE_VERIFY] = take_certificate_verify,
        [HS_NEW_SESSION_TICKET] = take_ticket,
        [HS_CERTIFICATE] = take_certificate,
        [HS_COMPRESSED_CERTIFICATE] = take_certificate,
        [HS_ENCRYPTED_EXTENSIONS] = take_encrypted_extensions,
    };
    if (take[event->type])
        take[event->type](c, event);
}

static void take_ssl2_message(struct connection *c, const struct event *event)
{
    struct fault fault;
    struct cursor body = body_cursor(event, &fault);
    if (event->type == SSL2_CLIENT_HELLO) {
        take_client_hello(c, event);
        return;
    }
    if (event->type == SSL2_SERVER_HELLO && !c->has_ssl2_server_hello) {
        ssl2_server_hello_parse(&body, &c->ssl2_server_hello);
        c->has_ssl2_server_hello = true;
        c->server_hello_fault = fault;
        c->is_server_hello_cut = fault.kind == FAULT_SHORT;
        c->server_hello_moment = event->last;
        c->is_server_hello_after_gap = event->is_after_gap;
        c->version = VERSION_SSL2;
        c->is_resumed = c->ssl2_server_hello.session_id_hit;
    } else if (event->type == SSL2_CLIENT_MASTER_KEY) {
        struct ssl2_client_master_key key;
        ssl2_client_master_key_parse(&body, &key);
        c->has_ssl2_cipher = key.cipher_kind != 0;
        c->ssl2_cipher = key.cipher_kind;
    }
    note_fault(c, event, &fault, 0);
}

void messages_take(struct connection *c)
{
    for (unsigned i = 0; i < c->num_events; i++) {
        const struct event *event = &c->events[i];
        if (event->kind == EVENT_HANDSHAKE && (event->version == VERSION_SSL2 || event->code == SSL2_CLIENT_HELLO))
            take_ssl2_message(c, event);
        else if (event->kind == EVENT_HANDSHAKE)
            take_message(c, event);
        else if (event->kind == EVENT_CHANGE_CIPHER_SPEC)
            c->has_change_cipher_spec[event->role] = true;
    }
}

/* Each fault becomes an event behind that of its message. */
void messages_put_faults(struct connection *c)
{
    unsigned num = 0, next = 0;
    c->own_events = c->num_faults > 0 ? malloc((c->num_events + c->num_faults) * sizeof *c->own_events) : NULL;
    for (unsigned i = 0; c->own_events && i < c->num_events; i++) {
        c->own_events[num++] = c->events[i];
        while (next < c->num_faults && c->faults[next].index == i)
            c->own_events[num++] = c->faults[next++].event;
    }
    if (c->own_events) {
        c->events = c->own_events;
        c->num_events = num;
    }
    free(c->faults);
    c->faults = NULL;
}
