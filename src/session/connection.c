/* From a finished session to the facts that reports and rules read: see connection.h. */
#include "session/session_internal.h"

#include <stdlib.h>
#include <string.h>

const char *protocol_name(enum connection_protocol protocol)
{
    static const char *const names[] = {"none", "tls", "ssl2", "dtls", "quic"};
    return names[protocol];
}

const char *chain_missing_name(enum chain_missing why)
{
    static const char *const names[] = {NULL, "encrypted", "resumed", "not-captured", "not-sent"};
    return names[why];
}

const char *outcome_name(enum outcome outcome)
{
    static const char *const names[] = {"completed", "failed", "incomplete", "not-tls"};
    return names[outcome];
}

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

void connection_cleanup(struct connection *c)
{
    free(c->hello_bodies[0]);
    free(c->hello_bodies[1]);
}

static void take_client_hello(struct connection *c, const struct event *event)
{
    if (c->has_second_client_hello || (c->has_client_hello && c->has_server_hello))
        return;
    bool is_second = c->has_client_hello;
    struct client_hello *hello = is_second ? &c->second_client_hello : &c->client_hello;
    struct bytes bytes = hello_body(event, &c->hello_bodies[is_second]);
    struct fault fault;
    struct cursor body;
    cursor_init(&body, bytes, event->len, 0, &fault);
    if (event->code == SSL2_CLIENT_HELLO)
        ssl2_client_hello_parse(&body, hello);
    else
        client_hello_parse(&body, hello);
    if (is_second) {
        c->has_second_client_hello = true;
        c->second_client_hello_moment = event->last;
        return;
    }
    c->has_client_hello = true;
    c->client_hello_moment = event->last;
    c->client_hello_body = bytes;
    c->client_hello_fault = fault;
    c->is_client_hello_cut = fault.kind == FAULT_SHORT;
    c->has_early_data_offer = hello->ext.has_early_data;
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
    if (hello.is_hello_retry_request) {
        if (!c->has_hello_retry) {
            c->has_hello_retry = true;
            c->hello_retry = hello;
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
    c->version = hello.version;
    c->has_cipher = fault.kind == FAULT_NONE || hello.cipher_suite != 0;
    c->cipher = hello.cipher_suite;
    if (hello.ext.has_key_share)
        c->group_id = hello.ext.key_share_group;
    if (hello.ext.has_pre_shared_key)
        c->is_resumed = true;
    if (hello.ext.has_alpn) {
        struct cursor list;
        cursor_init_whole(&list, hello.ext.alpn, &fault);
        (void)alpn_next(&list, &c->alpn);
    }
}

static void take_key_exchange(struct connection *c, const struct event *event)
{
    if (c->has_key_exchange)
        return;
    struct fault fault;
    struct cursor body = body_cursor(event, &fault);
    const struct cipher_suite *suite = c->has_cipher ? cipher_suite_find(c->cipher) : NULL;
    server_key_exchange_parse(&body, suite ? cipher_suite_kx_kind(suite) : KX_UNKNOWN, c->version, &c->key_exchange);
    c->has_key_exchange = true;
    c->key_exchange_moment = event->last;
    if (c->group_id == 0)
        c->group_id = c->key_exchange.group;
}

static void take_certificate_request(struct connection *c, const struct event *event)
{
    if (c->has_certificate_request)
        return;
    struct fault fault;
    struct cursor body = body_cursor(event, &fault);
    certificate_request_parse(&body, c->version, &c->certificate_request);
    c->has_certificate_request = true;
    c->certificate_request_moment = event->last;
}

static void take_certificate_status(struct connection *c, const struct event *event)
{
    if (c->has_certificate_status)
        return;
    struct fault fault;
    struct cursor body = body_cursor(event, &fault);
    certificate_status_parse(&body, &c->certificate_status);
    c->has_certificate_status = true;
    c->certificate_status_moment = event->last;
}

static void take_certificate_verify(struct connection *c, const struct event *event)
{
    if (c->has_certificate_verify)
        return;
    struct fault fault;
    struct cursor body = body_cursor(event, &fault);
    certificate_verify_parse(&body, c->version, &c->certificate_verify);
    c->has_certificate_verify = true;
    c->certificate_verify_role = event->role;
    c->certificate_verify_moment = event->last;
}

static void take_ticket(struct connection *c, const struct event *event)
{
    if (c->has_ticket)
        return;
    struct fault fault;
    struct cursor body = body_cursor(event, &fault);
    struct new_session_ticket ticket;
    new_session_ticket_parse(&body, c->version, &ticket);
    c->has_ticket = true;
    c->ticket_lifetime = ticket.lifetime;
}

static void take_client_certificate(struct connection *c, const struct event *event)
{
    if (event->role == ROLE_CLIENT)
        c->has_client_certificate_message = true;
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
        [HS_CERTIFICATE] = take_client_certificate,
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
    } else if (event->type == SSL2_SERVER_HELLO && !c->has_ssl2_server_hello) {
        ssl2_server_hello_parse(&body, &c->ssl2_server_hello);
        c->has_ssl2_server_hello = true;
        c->server_hello_moment = event->last;
        c->version = VERSION_SSL2;
        c->is_resumed = c->ssl2_server_hello.session_id_hit;
    } else if (event->type == SSL2_CLIENT_MASTER_KEY) {
        struct ssl2_client_master_key key;
        ssl2_client_master_key_parse(&body, &key);
        c->has_ssl2_cipher = true;
        c->ssl2_cipher = key.cipher_kind;
    }
}

static void take_events(struct connection *c)
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

/* No hole of any kind in the handshake. */
static bool is_whole(const struct connection *c)
{
    return !c->has_gap_in_handshake && !c->has_cut_in_handshake && !c->has_unacknowledged_gap;
}

static bool has_message(const struct connection *c, enum role role, uint8_t type)
{
    for (unsigned i = 0; i < c->num_events; i++)
        if (c->events[i].kind == EVENT_HANDSHAKE && c->events[i].role == role && c->events[i].type == type)
            return true;
    return false;
}

/* Up to TLS 1.2: Finished is the first protected handshake record after ChangeCipherSpec. */
static void take_finished(struct connection *c)
{
    bool has_ccs[2] = {false, false};
    for (unsigned i = 0; i < c->num_events; i++) {
        const struct event *event = &c->events[i];
        enum role role = event->role;
        if (event->kind == EVENT_CHANGE_CIPHER_SPEC)
            has_ccs[role] = true;
        if (event->kind == EVENT_HIDDEN && event->type == CONTENT_HANDSHAKE && has_ccs[role] &&
            !c->has_finished[role]) {
            c->has_finished[role] = true;
            c->finished_moment[role] = event->last;
        }
        if (event->kind == EVENT_APPLICATION && event->len > 0)
            c->has_application_data[role] = true;
    }
    struct moment client = c->finished_moment[ROLE_CLIENT], server = c->finished_moment[ROLE_SERVER];
    if (c->has_finished[ROLE_CLIENT] && c->has_finished[ROLE_SERVER])
        c->handshake_end = client.time_ns > server.time_ns ? client : server;
    /* An abbreviated handshake: the server's ChangeCipherSpec comes without a ServerHelloDone before it. */
    if (c->has_server_hello && has_ccs[ROLE_SERVER] && is_whole(c) &&
        !has_message(c, ROLE_SERVER, HS_SERVER_HELLO_DONE))
        c->is_resumed = true;
}

static void take_ssl2_finished(struct connection *c, const struct session *session)
{
    for (unsigned side = 0; side < 2; side++) {
        enum role role = side == c->client_side ? ROLE_CLIENT : ROLE_SERVER;
        c->has_finished[role] = session->sides[side].has_finished;
        c->has_application_data[role] = session->sides[side].has_application;
    }
    if (!c->has_finished[ROLE_CLIENT] || !c->has_finished[ROLE_SERVER])
        return;
    for (unsigned i = 0; i < c->num_events && c->handshake_end.place.frame == 0; i++)
        if (c->events[i].kind == EVENT_HIDDEN && c->events[i].role == ROLE_CLIENT)
            c->handshake_end = c->events[i].last;
}

static void take_hidden_application_data(struct connection *c)
{
    for (unsigned i = 0; i < c->num_events; i++) {
        const struct event *event = &c->events[i];
        if (event->kind != EVENT_HIDDEN || event->type != CONTENT_APPLICATION_DATA)
            continue;
        c->has_application_data[event->role] = true;
        if (c->has_application_data[0] && c->has_application_data[1]) {
            c->handshake_end = event->first;
            return;
        }
    }
}

/* Application data both ways means that it completed, whatever the capture missed of the handshake. */
static void take_application_data(struct connection *c)
{
    /* No version where the ServerHello was cut: a ClientKeyExchange belongs to none that hides its Finished. */
    if (c->handshake_end.place.frame == 0 && c->version == 0 && has_message(c, ROLE_CLIENT, HS_CLIENT_KEY_EXCHANGE))
        take_hidden_application_data(c);
    if (c->handshake_end.place.frame != 0 || !c->has_application_data[0] || !c->has_application_data[1] ||
        version_is_tls13(c->version) || c->version == 0)
        return;
    for (unsigned i = 0; i < c->num_events; i++)
        if (c->events[i].kind == EVENT_APPLICATION) {
            c->handshake_end = c->events[i].first;
            return;
        }
}

static bool is_before(const struct moment *a, const struct moment *b)
{
    return a->place.file != b->place.file ? a->place.file < b->place.file : a->place.frame <= b->place.frame;
}

static void take_gaps(struct connection *c)
{
    for (unsigned i = 0; i < c->num_events; i++) {
        const struct event *event = &c->events[i];
        if (event->kind != EVENT_GAP ||
            (c->handshake_end.place.frame != 0 && !is_before(&event->first, &c->handshake_end)))
            continue;
        if (event->code == GAP_CUT)
            c->has_cut_in_handshake = true;
        else if (event->code == GAP_LOST)
            c->has_gap_in_handshake = true;
        else
            c->has_unacknowledged_gap = true;
    }
}

static enum chain_missing missing_chain(const struct connection *c)
{
    if (c->chain.num > 0)
        return CHAIN_PRESENT;
    const struct cipher_suite *suite = c->has_cipher ? cipher_suite_find(c->cipher) : NULL;
    if (c->is_resumed)
        return CHAIN_RESUMED;
    if (version_is_tls13(c->version))
        return CHAIN_ENCRYPTED;
    if (suite &&
        (strcmp(suite->auth, "anon") == 0 || strcmp(suite->auth, "PSK") == 0 || strcmp(suite->auth, "SRP") == 0))
        return CHAIN_NOT_SENT;
    for (unsigned i = 0; i < c->num_events; i++)
        if (c->events[i].kind == EVENT_FAULT && c->events[i].role == ROLE_SERVER)
            return CHAIN_NOT_CAPTURED;
    bool has_both = c->flow->stream[0].packets > 0 && c->flow->stream[1].packets > 0;
    return c->flow->syn_side < 2 && is_whole(c) && has_both ? CHAIN_NOT_SENT : CHAIN_NOT_CAPTURED;
}

static void take_session(struct connection *c, const struct session *session)
{
    c->events = session->events;
    c->num_events = session->num_events;
    c->is_events_cut = session->is_events_cut;
    c->renegotiations = session->renegotiations;
    if (session_is_tls(session))
        c->protocol = session->is_ssl2 ? PROTOCOL_SSL2 : PROTOCOL_TLS;
    for (unsigned side = 0; side < 2; side++) {
        enum role role = side == c->client_side ? ROLE_CLIENT : ROLE_SERVER;
        if (session->first_bytes[side])
            c->first_bytes[role] = session->first_bytes[side]->bytes;
        if (session->chains[side])
            *(role == ROLE_CLIENT ? &c->client_chain : &c->chain) = *session->chains[side];
    }
    take_events(c);
    take_gaps(c);
    if (session->is_ssl2) {
        take_ssl2_finished(c, session);
    } else if (version_is_tls13(c->version)) {
        completion_infer(c);
    } else {
        take_finished(c);
        take_application_data(c);
    }
    c->has_gap_in_handshake = c->has_cut_in_handshake = c->has_unacknowledged_gap = false;
    take_gaps(c);
    c->chain_missing = c->protocol == PROTOCOL_NONE ? CHAIN_PRESENT : missing_chain(c);
}

void connection_build(struct connection *out, const struct session *session, const struct flow *flow)
{
    memset(out, 0, sizeof *out);
    out->flow = flow;
    out->id = flow->id;
    out->client_side = (uint8_t)session_client_side(session, flow, &out->is_role_certain);
    if (session)
        take_session(out, session);
}
