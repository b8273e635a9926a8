/* From a finished session to the facts that reports and rules read: see connection.h. */
#include "dissect/credentials.h"
#include "session/session_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const char *protocol_name(enum connection_protocol protocol)
{
    static const char *const names[] = {"none", "tls", "ssl2", "dtls", "quic"};
    return names[protocol];
}

const char *chain_missing_name(enum chain_missing why)
{
    static const char *const names[] = {NULL, "encrypted", "resumed", "not-captured", "not-sent", NULL, NULL};
    return names[why];
}

const char *keys_error_name(enum keys_error error)
{
    static const char *const names[] = {
        NULL,  "missing",         "incomplete", "authentication-failed", "unsupported",
        "gap", "forward-secrecy", "other-key",  "premaster-unreadable",  "session-unknown",
    };
    return names[error];
}

const char *ech_status_name(enum ech_status status)
{
    static const char *const names[] = {NULL, NULL, "authentication-failed", "malformed", "unsupported"};
    return names[status];
}

const char *event_message_name(const struct event *event)
{
    static const struct {
        uint8_t type;
        const char *name;
    } ssl2_names[] = {{SSL2_CLIENT_HELLO, "client_hello"},
                      {SSL2_CLIENT_MASTER_KEY, "client_master_key"},
                      {SSL2_SERVER_HELLO, "server_hello"}};
    if (event->level == 0)
        return handshake_type_name(event->type);
    for (size_t i = 0; i < sizeof ssl2_names / sizeof ssl2_names[0]; i++)
        if (ssl2_names[i].type == event->type)
            return ssl2_names[i].name;
    return event->type == SSL2_ERROR ? "error" : NULL;
}

const char *message_title(char buf[MESSAGE_TITLE_LEN], const char *name)
{
    bool is_first = true;
    size_t len = 0;
    for (; *name && len + 1 < MESSAGE_TITLE_LEN; name++) {
        if (*name != '_')
            buf[len++] = (char)(is_first ? toupper((unsigned char)*name) : *name);
        is_first = *name == '_';
    }
    buf[len] = '\0';
    return buf;
}

const char *message_cut_name(enum message_cut cut)
{
    static const char *const names[] = {
        NULL, "snapshot-length", "not-captured", "unacknowledged", "closed", "reset", "capture-end", "silence",
    };
    return names[cut];
}

/* The message was given up where its side's stream broke off: the next gap or close of that side says why. */
enum message_cut message_cut_of(const struct connection *c, const struct event *event)
{
    static const enum message_cut of_gap[] = {
        [GAP_LOST] = CUT_NOT_CAPTURED, [GAP_CUT] = CUT_SNAPLEN, [GAP_UNPROVEN] = CUT_UNACKNOWLEDGED};
    bool is_reset = false;
    for (const struct event *next = event + 1; next < c->events + c->num_events; next++) {
        is_reset |= next->kind == EVENT_RST;
        if (next->role != event->role)
            continue;
        if (next->kind == EVENT_GAP)
            return of_gap[next->code];
        if (next->kind == EVENT_FIN)
            return CUT_CLOSED;
    }
    if (is_reset)
        return CUT_RESET;
    if (c->is_events_cut)
        return CUT_UNKNOWN;
    return c->end_kind == FLOW_END_INPUT ? CUT_CAPTURE_END : c->end_kind == FLOW_END_IDLE ? CUT_SILENCE : CUT_UNKNOWN;
}

const char *outcome_name(enum outcome outcome)
{
    static const char *const names[] = {"completed", "failed", "incomplete", "not-tls"};
    return names[outcome];
}

void connection_cleanup(struct connection *c)
{
    free(c->hello_bodies[0]);
    free(c->hello_bodies[1]);
    free(c->own_events);
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

/* Up to TLS 1.2: Finished is the first protected handshake record after ChangeCipherSpec; readable where the suite
 * encrypts nothing. */
static bool is_finished(const struct event *event)
{
    return event->kind == EVENT_HIDDEN ? event->type == CONTENT_HANDSHAKE
                                       : event->kind == EVENT_HANDSHAKE && event->type == HS_FINISHED;
}

static void take_finished(struct connection *c)
{
    bool has_ccs[2] = {false, false};
    for (unsigned i = 0; i < c->num_events; i++) {
        const struct event *event = &c->events[i];
        enum role role = event->role;
        if (event->kind == EVENT_CHANGE_CIPHER_SPEC)
            has_ccs[role] = true;
        bool is_protected = has_ccs[role] || c->protocol == PROTOCOL_DTLS; /* there the epoch says so */
        if (is_finished(event) && is_protected && !c->has_finished[role]) {
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

/* TLS 1.3: the server's records stayed hidden, some of them at least. */
static bool is_server_hidden(const struct connection *c)
{
    if (!c->keys)
        return true;
    for (unsigned i = 0; i < c->num_events; i++)
        if (c->events[i].kind == EVENT_HIDDEN && c->events[i].role == ROLE_SERVER)
            return true;
    return false;
}

static enum chain_missing missing_chain(const struct connection *c)
{
    if (c->chain.num > 0)
        return CHAIN_PRESENT;
    if (c->chain.raw_public_key)
        return CHAIN_RAW_PUBLIC_KEY;
    if (c->chain.fault.kind == FAULT_MALFORMED)
        return CHAIN_MALFORMED;
    if (c->chain.is_cut)
        return CHAIN_NOT_CAPTURED;
    const struct cipher_suite *suite = c->has_cipher ? cipher_suite_find(c->cipher) : NULL;
    if (c->is_resumed)
        return CHAIN_RESUMED;
    if (version_is_tls13(c->version) && is_server_hidden(c))
        return CHAIN_ENCRYPTED;
    if (suite &&
        (strcmp(suite->auth, "anon") == 0 || strcmp(suite->auth, "PSK") == 0 || strcmp(suite->auth, "SRP") == 0))
        return CHAIN_NOT_SENT;
    for (unsigned i = 0; i < c->num_events; i++)
        if (c->events[i].kind == EVENT_FAULT && c->events[i].role == ROLE_SERVER)
            return CHAIN_NOT_CAPTURED;
    const struct stream *client = &c->flow->stream[c->client_side], *server = &c->flow->stream[!c->client_side];
    bool is_unanswered = c->flow->setup == FLOW_UNANSWERED && client->bytes == 0;
    bool has_server = server->packets > 0 || is_unanswered;
    return c->flow->syn_side < 2 && is_whole(c) && has_server ? CHAIN_NOT_SENT : CHAIN_NOT_CAPTURED;
}

/* Up to TLS 1.2 only what a resumed one does not have says so: a session may be resumed without the server's echo of an
 * ID. */
static bool is_full_handshake(const struct connection *c)
{
    if (c->is_resumed || !c->has_server_hello)
        return false;
    if (version_is_tls13(c->version))
        return c->server_hello_fault.kind == FAULT_NONE;
    return has_message(c, ROLE_SERVER, HS_CERTIFICATE) || has_message(c, ROLE_SERVER, HS_SERVER_KEY_EXCHANGE) ||
           has_message(c, ROLE_SERVER, HS_SERVER_HELLO_DONE);
}

static void take_ech(struct connection *c, const struct ech_facts *facts)
{
    struct fault fault;
    struct cursor body;
    c->ech = *facts;
    cursor_init_whole(&body, facts->inner_body, &fault);
    if (facts->inner_body.len > 0)
        client_hello_parse(&body, &c->ech.inner);
}

static struct bytes first_bytes_told(struct bytes said, enum role role)
{
    return role == ROLE_CLIENT ? bytes_slice(said, 0, credentials_find(said)) : said;
}

static void take_session(struct connection *c, const struct session *session)
{
    c->events = session->events;
    c->num_events = session->num_events;
    c->is_events_cut = session->is_events_cut;
    c->renegotiations = session->renegotiations;
    c->keys = decryption_source(session);
    c->keys_error = decryption_error(session);
    if (session_is_tls(session))
        c->protocol = session->is_ssl2 ? PROTOCOL_SSL2 : PROTOCOL_TLS;
    for (unsigned side = 0; side < 2; side++) {
        enum role role = side == c->client_side ? ROLE_CLIENT : ROLE_SERVER;
        if (session->first_bytes[side])
            c->first_bytes[role] = first_bytes_told(session->first_bytes[side]->bytes, role);
        if (session->chains[side])
            *(role == ROLE_CLIENT ? &c->client_chain : &c->chain) = *session->chains[side];
    }
    if (session->before_tls)
        c->before_tls = *session->before_tls;
    if (session->ech)
        take_ech(c, session->ech);
    if (session->protocol)
        session->protocol->build(c, session);
    messages_take(c);
    /* A hello in SSLv2's form, cut before the version that it offers: which protocol that is cannot be told. */
    if (c->client_hello.is_v2 && c->client_hello.legacy_version == 0 && !c->has_server_hello &&
        !c->has_ssl2_server_hello)
        c->protocol = PROTOCOL_NONE;
    take_gaps(c);
    if (session->is_ssl2) {
        take_ssl2_finished(c, session);
    } else if (c->protocol == PROTOCOL_QUIC) {
        quic_complete(c);
    } else if (version_is_tls13(c->version)) {
        completion_infer(c);
    } else {
        take_finished(c);
        take_application_data(c);
    }
    c->has_gap_in_handshake = c->has_cut_in_handshake = c->has_unacknowledged_gap = false;
    take_gaps(c);
    completion_take_back(c);
    c->is_full_handshake = is_full_handshake(c);
    c->chain_missing = missing_chain(c);
    messages_put_faults(c);
}

void connection_build(struct connection *out, const struct session *session, const struct flow *flow)
{
    memset(out, 0, sizeof *out);
    out->flow = flow;
    out->id = flow->id;
    out->client_side = (uint8_t)session_client_side(session, flow, &out->is_role_certain);
    if (session)
        take_session(out, session);
    else
        out->chain_missing = missing_chain(out);
}
