/* The JSON format: connection and name records. */
#include "report/address.h"
#include "report/format.h"
#include "report/json_report.h"
#include "report/tcp_close.h"
#include "report/timestamp.h"

#include <stdlib.h>

void json_begin_scratch(struct json_report *report, struct json *j)
{
    report->scratch.len = 0;
    json_init(j, &report->scratch);
    j->has_item = true;
}

struct bytes json_end_scratch(struct json_report *report, struct json *to)
{
    const struct output *scratch = &report->scratch;
    struct bytes text = {(const uint8_t *)scratch->data, scratch->error ? 0 : scratch->len};
    if (scratch->error && !to->out->error)
        to->out->error = scratch->error;
    json_copy(to, text);
    return text;
}

/* Name of the file that the place lies in, where that is not the record's own; else NULL. */
static const char *other_capture(const struct json_record *r, struct place place)
{
    const struct capture *capture = r->shown->capture;
    if (!capture || place.file == r->file || place.file >= capture_num_inputs(capture))
        return NULL;
    return capture_input_at(capture, place.file)->name;
}

void json_place(const struct json_record *r, struct place place)
{
    struct json *j = r->json;
    const char *other = other_capture(r, place);
    JSON_KEY(j, "frame");
    json_u64(j, place.frame);
    if (other) {
        JSON_KEY(j, "capture");
        json_bytes_of(j, other);
    }
}

void json_second_place(const struct json_record *r, struct place place)
{
    struct json *j = r->json;
    const char *other = other_capture(r, place);
    JSON_KEY(j, "second_frame");
    json_u64(j, place.frame);
    if (other) {
        JSON_KEY(j, "second_capture");
        json_bytes_of(j, other);
    }
}

void json_code_point(struct json *j, const char *name, uint16_t code)
{
    char buf[CODE_POINT_LEN];
    json_name(j, name ? name : code_point_write(buf, NULL, code));
}

void json_code_points(struct json *j, struct u16_list list, json_name_of *name_of)
{
    json_open(j, '[');
    for (size_t i = 0; i < list.num; i++) {
        uint16_t code = u16_list_at(list, i);
        json_code_point(j, name_of(code), code);
    }
    json_close(j, ']');
}

void json_time(struct json *j, int64_t time_ns, unsigned digits)
{
    char buf[TIMESTAMP_LEN];
    json_name(j, timestamp_write(buf, time_ns, digits));
}

void json_endpoint(struct json *j, uint8_t ip_version, const uint8_t address[16], uint16_t port)
{
    char text[ADDRESS_LEN];
    json_open(j, '{');
    JSON_KEY(j, "ip");
    json_name(j, address_write(text, ip_version, address));
    JSON_KEY(j, "port");
    json_u64(j, port);
    json_close(j, '}');
}

static void both_sides(struct json *j, uint64_t client, uint64_t server)
{
    json_open(j, '{');
    JSON_KEY(j, "client");
    json_u64(j, client);
    JSON_KEY(j, "server");
    json_u64(j, server);
    json_close(j, '}');
}

/* Which connection, where and when. */
static void identity(const struct json_record *r)
{
    struct json *j = r->json;
    const struct connection *c = r->connection;
    const struct flow *flow = c->flow;
    unsigned client = c->client_side, server = !client;
    char id[COMMUNITY_ID_LEN];

    JSON_KEY(j, "record");
    json_name(j, "connection");
    JSON_KEY(j, "id");
    json_u64(j, c->id);
    JSON_KEY(j, "frame");
    json_u64(j, flow->first.place.frame);
    if (flow->ip_version != 0) {
        community_id(r->report->fingerprints, flow->ip_version, flow->address[0], flow->address[1], flow->port[0],
                     flow->port[1], flow->is_datagram ? 17 : 6, id);
        JSON_KEY(j, "community_id");
        json_name(j, id);
    }
    JSON_KEY(j, "capture");
    json_bytes_of(j, r->shown->input->name);
    if (flow->first.time_ns != 0 || flow->last.time_ns != 0) { /* both 0: packets without a time */
        JSON_KEY(j, "start");
        json_time(j, flow->first.time_ns, c->time_digits);
        JSON_KEY(j, "end");
        json_time(j, flow->last.time_ns, c->time_digits);
    }
    JSON_KEY(j, "transport");
    json_name(j, flow->is_datagram ? "udp" : "tcp");
    JSON_KEY(j, "protocol");
    json_name(j, protocol_name(c->protocol));
    JSON_KEY(j, "client");
    json_endpoint(j, flow->ip_version, flow->address[client], flow->port[client]);
    JSON_KEY(j, "server");
    json_endpoint(j, flow->ip_version, flow->address[server], flow->port[server]);
    JSON_KEY(j, "packets");
    both_sides(j, flow->stream[client].packets, flow->stream[server].packets);
    JSON_KEY(j, "bytes");
    both_sides(j, flow->stream[client].bytes, flow->stream[server].bytes);
}

static void tcp(const struct json_record *r)
{
    /* A SYN whose SYN-ACK was not acknowledged never became a connection: for the contract it is unanswered. */
    static const char *const setup[] = {[FLOW_UNSEEN] = "unseen",
                                        [FLOW_UNANSWERED] = "unanswered",
                                        [FLOW_REFUSED] = "refused",
                                        [FLOW_SYN_ACKED] = "unanswered",
                                        [FLOW_COMPLETE] = "complete"};
    struct json *j = r->json;
    const struct flow *flow = r->connection->flow;
    if (flow->is_datagram)
        return;
    const struct stream *a = &flow->stream[0], *b = &flow->stream[1];
    struct tcp_close close = tcp_close_of(r->connection);

    JSON_KEY(j, "tcp");
    json_open(j, '{');
    JSON_KEY(j, "setup");
    json_name(j, setup[flow->setup]);
    JSON_KEY(j, "close");
    json_name(j, close.kind);
    if (close.by) {
        JSON_KEY(j, "closed_by");
        json_name(j, close.by);
    }
    JSON_KEY(j, "retransmissions");
    json_u64(j, (uint64_t)a->retransmissions + b->retransmissions);
    JSON_KEY(j, "out_of_order");
    json_u64(j, (uint64_t)a->out_of_order + b->out_of_order);
    JSON_KEY(j, "gaps");
    json_u64(j, (uint64_t)a->gaps + b->gaps);
    JSON_KEY(j, "gap_bytes");
    json_u64(j, a->gap_bytes + b->gap_bytes);
    if (flow->rtt_ns > 0) {
        JSON_KEY(j, "rtt_us");
        json_u64(j, (uint64_t)flow->rtt_ns / 1000);
    }
    json_close(j, '}');
}

static void icmp(const struct json_record *r)
{
    const struct flow_rare *rare = r->connection->flow->rare;
    if (!rare || !rare->has_icmp)
        return;
    struct json *j = r->json;
    char address[ADDRESS_LEN];
    JSON_KEY(j, "icmp");
    json_open(j, '{');
    JSON_KEY(j, "type");
    json_u64(j, rare->icmp_type);
    JSON_KEY(j, "code");
    json_u64(j, rare->icmp_code);
    JSON_KEY(j, "from");
    json_name(j, address_write(address, rare->icmp_ip_version, rare->icmp_from));
    json_place(r, rare->icmp.place);
    json_close(j, '}');
}

static void judgement(const struct json_record *r)
{
    struct json *j = r->json;
    const struct verdict *v = &r->shown->diagnosis->verdict;
    JSON_KEY(j, "outcome");
    json_name(j, outcome_name(v->outcome));
    if (v->code) {
        JSON_KEY(j, "verdict");
        json_name(j, v->code);
    }
    if (v->side) {
        JSON_KEY(j, "verdict_side");
        json_name(j, v->side);
    }
    if (v->ended_by) {
        JSON_KEY(j, "ended_by");
        json_name(j, v->ended_by);
    }
}

/* What the handshake came to. */
static void result(const struct json_record *r)
{
    struct json *j = r->json;
    const struct connection *c = r->connection;
    int64_t took = moment_since(&c->handshake_end, &c->client_hello_moment);
    if (c->handshake_end.place.frame && c->has_client_hello && took >= 0) {
        JSON_KEY(j, "handshake_us");
        json_u64(j, (uint64_t)took / 1000);
    }
    if (c->renegotiations > 0) {
        JSON_KEY(j, "renegotiations");
        json_u64(j, c->renegotiations);
    }
    if (c->name && *c->name) {
        JSON_KEY(j, "name");
        json_bytes_of(j, c->name);
        JSON_KEY(j, "name_from");
        json_name(j, c->name_from);
    }
    if (c->version) {
        JSON_KEY(j, "version");
        json_code_point(j, version_name(c->version), c->version);
    }
    json_cipher(r);
    if (c->group_id) {
        JSON_KEY(j, "group");
        json_code_point(j, group_name(c->group_id), c->group_id);
    }
    if (c->has_client_hello && c->client_hello.ext.server_name.len > 0) {
        JSON_KEY(j, "sni");
        json_bytes(j, c->client_hello.ext.server_name);
    }
    if (c->alpn.len > 0) {
        JSON_KEY(j, "alpn");
        json_bytes(j, c->alpn);
    }
    if (c->has_server_hello && (c->is_resumed || c->is_full_handshake)) {
        JSON_KEY(j, "resumed");
        json_bool(j, c->is_resumed);
    }
}

static void alert(const struct json_record *r, const struct event *event)
{
    struct json *j = r->json;
    json_open(j, '{');
    json_place(r, event->last.place);
    JSON_KEY(j, "from");
    json_name(j, event->role == ROLE_CLIENT ? "client" : "server");
    if (event->kind == EVENT_ALERT) {
        JSON_KEY(j, "level");
        if (event->level == 1 || event->level == 2)
            json_name(j, event->level == 1 ? "warning" : "fatal");
        else
            json_code_point(j, NULL, event->level);
        JSON_KEY(j, "code");
        json_u64(j, event->code);
        JSON_KEY(j, "name");
        json_code_point(j, alert_name(event->code), event->code);
    }
    JSON_KEY(j, "encrypted");
    json_bool(j, event->kind == EVENT_HIDDEN_ALERT || event->is_encrypted);
    json_after_gap(j, event->is_after_gap);
    json_close(j, '}');
}

static void fault(const struct json_record *r, const struct event *event)
{
    struct json *j = r->json;
    const char *message = event_message_name(event);
    bool is_empty = event->kind == EVENT_EMPTY_RECORD, is_malformed = is_empty || event->kind == EVENT_FAULT;
    json_open(j, '{');
    json_place(r, event->last.place);
    JSON_KEY(j, "from");
    json_name(j, event->role == ROLE_CLIENT ? "client" : "server");
    if (is_empty) {
        JSON_KEY(j, "content_type");
        json_name(j, content_type_name(event->type));
    } else if (message) {
        JSON_KEY(j, "message");
        json_name(j, message);
    }
    if (event->kind == EVENT_FAULT && event->extension_mark) {
        uint16_t type = (uint16_t)(event->extension_mark - 1);
        JSON_KEY(j, "extension");
        json_code_point(j, extension_name(type), type);
    }
    if (is_malformed) {
        JSON_KEY(j, "field");
        json_name(j, is_empty ? "TLSPlaintext.length" : event->field);
    }
    if (is_malformed && !event->is_split) {
        JSON_KEY(j, "offset");
        json_u64(j, event->offset);
    }
    JSON_KEY(j, "kind");
    json_name(j, is_malformed ? "malformed" : "cut");
    const char *rest = is_malformed ? NULL : message_cut_name(message_cut_of(r->connection, event));
    if (rest) {
        JSON_KEY(j, "rest");
        json_name(j, rest);
    }
    json_close(j, '}');
}

static void faults(const struct json_record *r)
{
    bool has_any = false;
    for (unsigned i = 0; i < r->connection->num_events; i++) {
        const struct event *event = &r->connection->events[i];
        if (event->kind != EVENT_FAULT && event->kind != EVENT_EMPTY_RECORD &&
            (event->kind != EVENT_HANDSHAKE || event->fault != FAULT_SHORT))
            continue;
        if (!has_any) {
            JSON_KEY(r->json, "faults");
            json_open(r->json, '[');
            has_any = true;
        }
        fault(r, event);
    }
    if (has_any)
        json_close(r->json, ']');
}

static void alerts(const struct json_record *r)
{
    bool has_any = false;
    for (unsigned i = 0; i < r->connection->num_events; i++) {
        const struct event *event = &r->connection->events[i];
        if (event->kind != EVENT_ALERT && event->kind != EVENT_HIDDEN_ALERT)
            continue;
        if (!has_any) {
            JSON_KEY(r->json, "alerts");
            json_open(r->json, '[');
            has_any = true;
        }
        alert(r, event);
    }
    if (has_any)
        json_close(r->json, ']');
}

static void json_connection(struct report *report, const struct report_connection *shown)
{
    struct json_report *state = report->state;
    const struct connection *c = shown->connection;
    const struct json_record r = {state, &state->json, shown, c, c->flow->first.place.file, command_target_of(c)};
    struct json *j = r.json;
    if (report->options.quiet)
        return;

    json_open(j, '{');
    identity(&r);
    tcp(&r);
    json_proxy(&r);
    json_quic(&r);
    icmp(&r);
    if (c->early_data) {
        JSON_KEY(j, "early_data");
        json_name(j, c->early_data > 0 ? "accepted" : "rejected");
    }
    json_starttls(&r);
    judgement(&r);
    result(&r);
    json_client_hello(&r);
    json_hello_retry(&r);
    json_session(&r);
    json_server_hello(&r);
    json_encrypted_extensions(&r);
    json_key_exchange(&r);
    json_chains(&r);
    json_certificate_request(&r);
    json_certificate_verify(&r);
    const char *missing = c->chain.num == 0 ? chain_missing_name(c->chain_missing) : NULL;
    if (missing) {
        JSON_KEY(j, "chain_missing");
        json_name(j, missing);
    }
    json_verification(&r);
    json_ocsp(&r);
    alerts(&r);
    faults(&r);
    json_findings(&r);
    json_ech(&r);
    if (c->keys) {
        JSON_KEY(j, "keys");
        json_name(j, keys_source_name(c->keys));
    }
    if (c->keys_error) {
        JSON_KEY(j, "keys_error");
        json_name(j, keys_error_name(c->keys_error));
    }
    json_close(j, '}');
    json_line(j);
}

static void json_name_record(struct report *report, const struct report_name *name)
{
    struct json *j = &((struct json_report *)report->state)->json;
    if (report->options.quiet)
        return;
    json_open(j, '{');
    JSON_KEY(j, "record");
    json_name(j, "name");
    JSON_KEY(j, "name");
    json_bytes_of(j, name->name);
    JSON_KEY(j, "client");
    json_string(j, name->client);
    JSON_KEY(j, "resolver");
    json_string(j, name->resolver);
    JSON_KEY(j, "answer");
    json_name(j, name->answer);
    JSON_KEY(j, "frame");
    json_u64(j, name->moment.place.frame);
    JSON_KEY(j, "capture");
    json_bytes_of(j, name->input->name);
    if (name->diagnosis) {
        const struct report_connection shown = {.diagnosis = name->diagnosis, .capture = name->capture};
        const struct json_record r = {report->state, j, &shown, NULL, name->moment.place.file, {.name = name->name}};
        json_findings(&r);
    }
    json_close(j, '}');
    json_line(j);
}

static int json_begin(struct report *report, struct error *error)
{
    struct json_report *state = calloc(1, sizeof *state);
    if (!state)
        return error_set(error, "out of memory");
    report->state = state;
    state->fingerprints = report->fingerprints;
    json_init(&state->json, &report->out);
    state->hellos = rendered_new();
    return state->hellos ? output_init_memory(&state->scratch, error) : error_set(error, "out of memory");
}

static void json_finish(struct report *report, const struct report_summary *summary)
{
    json_summary(report->state, summary);
}

static void json_free(struct report *report)
{
    struct json_report *state = report->state;
    if (!state)
        return;
    for (size_t i = 0; i < NUM_FINDINGS; i++)
        free(state->remedies[i].text);
    rendered_free(state->hellos);
    output_cleanup(&state->scratch);
    free(state);
}

const struct report_format report_format_json = {
    .name = "json",
    .endings = {"json", "jsonl", "ndjson"},
    .begin = json_begin,
    .connection = json_connection,
    .name_record = json_name_record,
    .pair = json_pair,
    .server = json_server,
    .finish = json_finish,
    .free = json_free,
};
