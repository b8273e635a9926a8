/* The wiring of the rooms: see pipeline.h. */
#include "pipeline.h"

#include "capture/filter.h"
#include "flow/defrag.h"
#include "limits.h"
#include "session/names.h"
#include "session/servers.h"
#include "session/session.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { PORT_DNS = 53, NAME_LEN = 256 };

/* Files that continue each other: one flow table, one clock. */
struct group {
    struct pipeline *pipeline;
    struct flow_table *flows;
    struct defrag *defrag;
    struct moment last; /* the latest packet by time */
    uint32_t index;
};

/* A connection that is over and waits for the end of the capture. */
struct held {
    struct flow *flow;
    struct moment end;
    uint32_t group;
    enum flow_end end_kind;
};

struct pipeline {
    const struct pipeline_options *options;
    struct capture *capture;
    struct filter *filter;
    struct certificates *certificates;
    struct fingerprints *fingerprints;
    struct names *names;
    struct servers *servers;
    struct report *report;
    struct session_context sessions;
    struct group **groups;
    size_t num_groups;
    uint8_t *digits; /* by input */
    size_t num_digits;
    uint64_t next_id;
    struct held *held;
    size_t num_held, cap_held, num_attempts;
    uint64_t attempts_dropped, sessions_lost;
    struct report_summary summary;
    struct error filter_error;
    bool is_at_end;
};

static void count_verdict(struct report_summary *summary, const char *code)
{
    for (unsigned i = 0; i < summary->num_verdicts; i++)
        if (strcmp(summary->verdicts[i].code, code) == 0) {
            summary->verdicts[i].count++;
            return;
        }
    if (summary->num_verdicts < REPORT_MAX_VERDICTS) {
        summary->verdicts[summary->num_verdicts].code = code;
        summary->verdicts[summary->num_verdicts++].count = 1;
    }
}

static bool matches_name(const char *wanted, struct bytes name)
{
    if (wanted[0] == '*' && wanted[1] == '.')
        wanted++;
    size_t len = strlen(wanted);
    if (wanted[0] != '.')
        return name.len == len && strncasecmp(wanted, (const char *)name.at, len) == 0;
    return name.len > len && strncasecmp(wanted, (const char *)bytes_slice(name, name.len - len, len).at, len) == 0;
}

static bool is_selected(const struct selection *selection, const struct connection *c, const struct verdict *verdict)
{
    const bool *has = selection->has_outcome;
    if ((has[0] || has[1] || has[2] || has[3]) && !has[verdict->outcome])
        return false;
    if (selection->connection != 0 && selection->connection != c->id)
        return false;
    if (selection->verdict && (!verdict->code || strcmp(selection->verdict, verdict->code) != 0))
        return false;
    return !selection->sni || (c->has_client_hello && matches_name(selection->sni, c->client_hello.ext.server_name));
}

/* The server's name: what the client asked for, else what DNS in the capture said of the address. */
static void find_name(const struct pipeline *p, struct connection *c, char buf[NAME_LEN])
{
    struct bytes sni = c->has_client_hello ? c->client_hello.ext.server_name : (struct bytes){NULL, 0};
    if (sni.len > 0 && sni.len < NAME_LEN && !memchr(sni.at, 0, sni.len)) {
        memcpy(buf, sni.at, sni.len);
        buf[sni.len] = '\0';
        c->name = buf;
        c->name_from = "sni";
    } else if (sni.len == 0) {
        c->name = names_of_address(p->names, c->flow->ip_version, c->flow->address[!c->client_side]);
        c->name_from = c->name ? "dns" : NULL;
    }
}

static void judge(const struct pipeline *p, const struct held *over, const struct session *session,
                  struct connection *c, struct verdict *verdict)
{
    connection_build(c, session, over->flow);
    c->group = over->group;
    c->end_kind = over->end_kind;
    c->end = over->end;
    uint64_t file = over->flow->first.place.file;
    c->time_digits = file < p->num_digits && p->digits[file] ? p->digits[file] : 6;
    struct verdict_context context = {p->groups[over->group]->last};
    verdict_choose(verdict, c, &context);
}

static void emit(struct pipeline *p, struct connection *c, const struct verdict *verdict)
{
    char name[NAME_LEN];
    find_name(p, c, name);
    p->summary.outcomes[verdict->outcome]++;
    if (verdict->code)
        count_verdict(&p->summary, verdict->code);
    if (!is_selected(&p->options->selection, c, verdict))
        return;
    struct report_connection record = {
        .connection = c,
        .verdict = verdict,
        .input = capture_input_at(p->capture, c->flow->first.place.file),
        .capture = p->capture,
    };
    (void)report_connection(p->report, &record); /* a write error is kept and told by report_finish() */
}

static bool is_told_port(const struct pipeline_options *options, uint16_t port)
{
    for (size_t i = 0; i < options->num_ports; i++)
        if (port >= options->ports[i].first && port <= options->ports[i].last)
            return true;
    const struct service_port *service = service_port_find(port, false);
    return service && service->mode == PORT_IMPLICIT_TLS;
}

/* Is an attempt that never became TLS worth telling? By its server's port, or because that server spoke TLS elsewhere.
 */
static bool is_wanted_attempt(const struct pipeline *p, const struct flow *flow, unsigned client_side)
{
    return is_told_port(p->options, flow->port[!client_side]) ||
           servers_has(p->servers, flow->ip_version, flow->address[!client_side], flow->port[!client_side]);
}

/* Opened, nothing said, closed. */
static bool is_probe(const struct flow *flow)
{
    return flow->stream[0].bytes == 0 && flow->stream[1].bytes == 0 && flow->setup == FLOW_COMPLETE;
}

static void release(struct pipeline *p, const struct held *over)
{
    session_free(over->flow->user);
    flow_table_release(p->groups[over->group]->flows, over->flow);
}

static bool hold(struct pipeline *p, const struct held *over)
{
    if (p->num_held == p->cap_held) {
        size_t cap = p->cap_held ? p->cap_held + p->cap_held / 2 : 1024;
        struct held *held = realloc(p->held, cap * sizeof *held);
        if (!held)
            return false;
        p->held = held;
        p->cap_held = cap;
    }
    p->held[p->num_held++] = *over;
    return true;
}

/* An ended connection goes one of three ways: reported at once (completed), held to the end (failed, or an attempt that
 * later traffic may make worth telling), or counted and forgotten. */
static bool dispose(struct pipeline *p, const struct held *over)
{
    struct flow *flow = over->flow;
    struct session *session = flow->user;
    if (session)
        session_finish(session, flow);
    if (session_is_tls(session)) {
        bool is_certain;
        unsigned server = !session_client_side(session, flow, &is_certain);
        servers_add(p->servers, flow->ip_version, flow->address[server], flow->port[server]);
        struct connection c;
        struct verdict verdict;
        if (!p->is_at_end) {
            judge(p, over, session, &c, &verdict);
            if (verdict.outcome == OUTCOME_COMPLETED) {
                emit(p, &c, &verdict);
                return false;
            }
        }
        return hold(p, over);
    }
    if (is_probe(flow) && !p->options->list_probes) {
        p->summary.probes++;
        return false;
    }
    if (p->num_attempts >= LIMIT_ATTEMPTS) {
        bool is_certain;
        if (!is_wanted_attempt(p, flow, session_client_side(session, flow, &is_certain))) {
            p->attempts_dropped++;
            return false;
        }
    }
    p->num_attempts++;
    return hold(p, over);
}

static void on_begin(void *arg, struct flow *flow)
{
    (void)arg, (void)flow;
}

static struct session *session_of(struct pipeline *p, struct flow *flow)
{
    if (!flow->user) {
        flow->user = session_new(&p->sessions);
        if (!flow->user)
            p->sessions_lost++;
    }
    return flow->user;
}

static void on_data(void *arg, struct flow *flow, unsigned side, struct bytes data, uint64_t offset,
                    const struct moment *moment)
{
    struct group *group = arg;
    struct pipeline *p = group->pipeline;
    if (flow->port[0] == PORT_DNS || flow->port[1] == PORT_DNS)
        names_stream(p->names, flow, side, data, offset, moment);
    struct session *session = session_of(p, flow);
    if (session)
        session_data(session, flow, side, data, offset, moment);
}

static void on_gap(void *arg, struct flow *flow, unsigned side, const struct gap *gap)
{
    struct group *group = arg;
    struct session *session = session_of(group->pipeline, flow);
    if (session)
        session_gap(session, flow, side, gap);
}

static void on_close(void *arg, struct flow *flow, unsigned side, bool is_reset, const struct moment *moment)
{
    (void)arg;
    if (flow->user)
        session_close(flow->user, flow, side, is_reset, moment);
}

static void on_end(void *arg, struct flow *flow, enum flow_end why, const struct moment *now)
{
    struct group *group = arg;
    struct pipeline *p = group->pipeline;
    if (flow->port[0] == PORT_DNS || flow->port[1] == PORT_DNS)
        names_stream_end(p->names, flow);
    struct held over = {flow, *now, group->index, why};
    if (dispose(p, &over)) {
        flow_table_keep(group->flows, flow);
    } else {
        session_free(flow->user);
        flow->user = NULL;
    }
}

static struct group *group_new(struct pipeline *p, uint32_t index)
{
    struct group *group = calloc(1, sizeof *group);
    if (!group)
        return NULL;
    group->pipeline = p;
    group->index = index;
    struct flow_sink sink = {group, on_begin, on_data, on_gap, on_close, on_end};
    group->flows = flow_table_new(&sink, &p->next_id, LIMIT_FLOWS);
    group->defrag = defrag_new();
    if (group->flows && group->defrag)
        return group;
    if (group->flows)
        flow_table_free(group->flows);
    defrag_free(group->defrag);
    free(group);
    return NULL;
}

static struct group *group_at(struct pipeline *p, uint32_t index)
{
    if (index >= p->num_groups) {
        struct group **groups = realloc(p->groups, (index + 1) * sizeof(struct group *));
        if (!groups)
            return NULL;
        for (size_t i = p->num_groups; i <= index; i++)
            groups[i] = NULL;
        p->groups = groups;
        p->num_groups = index + 1;
    }
    if (!p->groups[index])
        p->groups[index] = group_new(p, index);
    return p->groups[index];
}

static void note_digits(struct pipeline *p, const struct capture_packet *packet)
{
    size_t file = packet->moment.place.file;
    if (file >= p->num_digits) {
        uint8_t *digits = realloc(p->digits, file + 1);
        if (!digits)
            return;
        memset(digits + p->num_digits, 0, file + 1 - p->num_digits);
        p->digits = digits;
        p->num_digits = file + 1;
    }
    if (packet->time_digits > p->digits[file])
        p->digits[file] = packet->time_digits;
    if (packet->time_digits > p->summary.time_digits)
        p->summary.time_digits = packet->time_digits;
}

static void handle(struct pipeline *p, struct group *group, const struct packet *packet, uint32_t hash,
                   const struct moment *moment)
{
    if (packet->kind == PACKET_TCP || packet->kind == PACKET_ICMP) {
        flow_table_packet(group->flows, packet, hash, moment);
    } else if (packet->kind == PACKET_UDP) {
        if (packet->sport == PORT_DNS || packet->dport == PORT_DNS)
            names_message(p->names, packet->ip_version, packet->src, packet->dst, packet->payload, moment);
    } else if (packet->kind == PACKET_FRAGMENT) {
        struct packet whole;
        if (!defrag_push(group->defrag, packet, moment, &whole))
            return;
        if (whole.kind != PACKET_FRAGMENT) /* fragments inside fragments end here */
            handle(p, group, &whole, flow_table_prefetch(group->flows, &whole), moment);
    } else {
        p->summary.skipped[packet->skip]++;
    }
}

static void note_time(struct pipeline *p, struct group *group, const struct capture_packet *packet)
{
    if (!packet->has_time)
        return;
    if (group->last.place.frame == 0 || packet->moment.time_ns >= group->last.time_ns)
        group->last = packet->moment;
    struct moment *first = &p->summary.first, *last = &p->summary.last;
    if (first->place.frame == 0 || packet->moment.time_ns < first->time_ns)
        *first = packet->moment;
    if (last->place.frame == 0 || packet->moment.time_ns > last->time_ns)
        *last = packet->moment;
}

/* A batch is dissected first, so that the flow table's memory is on its way when each packet gets there. */
static void run_batch(struct pipeline *p, struct group *group, const struct capture_packet *batch, size_t num)
{
    struct packet packets[LIMIT_BATCH];
    uint32_t hashes[LIMIT_BATCH];
    for (size_t i = 0; i < num; i++) {
        const struct capture_packet *raw = &batch[i];
        p->summary.num_bytes += raw->bytes.len;
        note_time(p, group, raw);
        if (p->filter && filter_match(p->filter, raw->link_type, raw->bytes, raw->len, &p->filter_error) != 1) {
            packets[i].kind = PACKET_SKIPPED;
            packets[i].skip = SKIP_FILTERED;
            continue;
        }
        packet_dissect(&packets[i], raw->link_type, raw->bytes, raw->len);
        hashes[i] = packets[i].kind == PACKET_TCP || packets[i].kind == PACKET_ICMP
                        ? flow_table_prefetch(group->flows, &packets[i])
                        : 0;
    }
    p->summary.num_packets += num;
    for (size_t i = 0; i < num; i++)
        handle(p, group, &packets[i], hashes[i], &batch[i].moment);
    flow_table_clock(group->flows, &group->last);
    defrag_clock(group->defrag, group->last.time_ns);
}

static void tell_progress(const struct pipeline *p)
{
    if (!p->options->progress)
        return;
    uint64_t done = 0, total = 0;
    for (size_t i = 0; i < capture_num_inputs(p->capture); i++) {
        const struct capture_input *input = capture_input_at(p->capture, i);
        done += input->read_bytes;
        total += input->file_bytes;
    }
    p->options->progress(p->options->progress_arg, done, total);
}

static int read_all(struct pipeline *p, struct pipeline_result *result, struct error *error)
{
    struct capture_packet batch[LIMIT_BATCH];
    for (uint64_t round = 0;; round++) {
        if (p->options->stop && *p->options->stop) {
            result->was_stopped = true;
            return 0;
        }
        long num = capture_next(p->capture, batch, LIMIT_BATCH, error);
        if (num <= 0)
            return (int)num;
        struct group *group = group_at(p, batch[0].group);
        if (!group)
            return error_set(error, "out of memory for another capture's connections");
        note_digits(p, &batch[0]);
        run_batch(p, group, batch, (size_t)num);
        if (round % 1024 == 0)
            tell_progress(p);
    }
}

static int by_id(const void *a, const void *b)
{
    const struct held *x = a, *y = b;
    return x->flow->id < y->flow->id ? -1 : x->flow->id > y->flow->id;
}

/* What waited for the end, in the order in which it began. */
static void emit_held(struct pipeline *p)
{
    if (p->num_held > 0)
        qsort(p->held, p->num_held, sizeof *p->held, by_id);
    for (size_t i = 0; i < p->num_held; i++) {
        const struct held *over = &p->held[i];
        const struct session *session = over->flow->user;
        bool is_certain;
        unsigned client = session_client_side(session, over->flow, &is_certain);
        if (session_is_tls(session) || (p->options->list_probes && is_probe(over->flow)) ||
            is_wanted_attempt(p, over->flow, client)) {
            struct connection c;
            struct verdict verdict;
            judge(p, over, session, &c, &verdict);
            emit(p, &c, &verdict);
        } else {
            p->summary.unlisted++;
        }
        release(p, over);
    }
    p->num_held = 0;
}

static void emit_names(struct pipeline *p)
{
    struct name_failure failure;
    for (size_t next = 0; names_next_failure(p->names, &next, &failure);) {
        char client[INET6_ADDRSTRLEN], resolver[INET6_ADDRSTRLEN];
        int family = failure.ip_version == 4 ? AF_INET : AF_INET6;
        inet_ntop(family, failure.client, client, sizeof client);
        inet_ntop(family, failure.resolver, resolver, sizeof resolver);
        struct report_name record = {failure.name,   client,
                                     resolver,       failure.answer,
                                     failure.moment, capture_input_at(p->capture, failure.moment.place.file)};
        (void)report_name(p->report, &record);
    }
}

static void add_limit(struct report_summary *summary, const char *what, uint64_t count)
{
    if (count == 0 || summary->num_limits == sizeof summary->limits / sizeof summary->limits[0])
        return;
    summary->limits[summary->num_limits].what = what;
    summary->limits[summary->num_limits++].count = count;
}

static void sum_up(struct pipeline *p, const struct pipeline_result *result)
{
    struct report_summary *s = &p->summary;
    uint64_t evicted = 0, queues = 0, dropped = 0;
    for (size_t i = 0; i < p->num_groups; i++) {
        if (!p->groups[i])
            continue;
        const struct flow_stats *flows = flow_table_stats(p->groups[i]->flows);
        const struct defrag_stats *defrag = defrag_stats(p->groups[i]->defrag);
        evicted += flows->evicted;
        queues += flows->queue_limit_hits;
        dropped += defrag->dropped;
        s->skipped[SKIP_FRAGMENT_LOST] += defrag->incomplete;
    }
    add_limit(s, "connections given up because too many were open", evicted);
    add_limit(s, "reassembly queues that were full", queues);
    add_limit(s, "fragmented datagrams dropped", dropped);
    add_limit(s, "attempts on other ports not kept for the end", p->attempts_dropped);
    add_limit(s, "connections without memory for their facts", p->sessions_lost);
    add_limit(s, "connections with more facts than are kept", p->sessions.arena_limit_hits);
    add_limit(s, "connections with more messages than are kept", p->sessions.event_limit_hits);
    add_limit(s, "handshake messages too large to read", p->sessions.message_limit_hits);
    add_limit(s, "chains with more certificates than are kept", p->sessions.chain_limit_hits);
    add_limit(s, "names not remembered", names_limit_hits(p->names));
    add_limit(s, "servers not remembered", servers_limit_hits(p->servers));
    s->capture = p->capture;
    s->filter = p->options->filter;
    s->was_interrupted = result->was_stopped;
    if (s->time_digits == 0)
        s->time_digits = 6;
}

static int finish(struct pipeline *p, struct pipeline_result *result, struct error *error)
{
    p->is_at_end = true;
    for (size_t i = 0; i < p->num_groups; i++) {
        if (!p->groups[i])
            continue;
        defrag_finish(p->groups[i]->defrag);
        flow_table_finish(p->groups[i]->flows, &p->groups[i]->last);
    }
    emit_held(p);
    emit_names(p);
    sum_up(p, result);
    memcpy(result->outcomes, p->summary.outcomes, sizeof result->outcomes);
    return report_finish(p->report, &p->summary, error);
}

static int set_up(struct pipeline *p, struct error *error)
{
    const struct pipeline_options *options = p->options;
    if (options->filter && !(p->filter = filter_new(options->filter, error)))
        return -1;
    p->capture = capture_open(&options->capture, error);
    if (!p->capture)
        return -1;
    p->certificates = certificates_new(LIMIT_CERTIFICATE_CACHE);
    p->fingerprints = fingerprints_new();
    p->names = names_new();
    p->servers = servers_new();
    if (!p->certificates || !p->fingerprints || !p->names || !p->servers)
        return error_set(error, "out of memory, or OpenSSL lacks MD5 or SHA-256");
    p->sessions.certificates = p->certificates;
    p->report = report_new(options->format, options->fd, &options->report, p->fingerprints, error);
    return p->report ? 0 : -1;
}

static void tear_down(struct pipeline *p)
{
    for (size_t i = 0; i < p->num_held; i++)
        release(p, &p->held[i]);
    free(p->held);
    for (size_t i = 0; i < p->num_groups; i++) {
        if (!p->groups[i])
            continue;
        flow_table_free(p->groups[i]->flows);
        defrag_free(p->groups[i]->defrag);
        free(p->groups[i]);
    }
    free(p->groups);
    free(p->digits);
    report_free(p->report);
    servers_free(p->servers);
    names_free(p->names);
    fingerprints_free(p->fingerprints);
    certificates_free(p->certificates);
    capture_free(p->capture);
    filter_free(p->filter);
}

int pipeline_run(const struct pipeline_options *options, struct pipeline_result *result, struct error *error)
{
    struct pipeline *p = calloc(1, sizeof *p);
    if (!p)
        return error_set(error, "out of memory");
    p->options = options;
    p->next_id = 1;
    *result = (struct pipeline_result){0};
    int status = set_up(p, error);
    if (status == 0) {
        struct error read_error, report_error;
        int read_status = read_all(p, result, &read_error);
        status = finish(p, result, &report_error);
        if (status < 0)
            *error = report_error;
        else if (read_status < 0)
            *error = read_error;
        if (read_status < 0)
            status = -1;
    }
    tear_down(p);
    free(p);
    return status;
}
