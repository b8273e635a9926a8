/* What becomes of connections that are over: reported at once, held to the end of the capture, or counted. */
#include "bounds.h"
#include "diagnose/name.h"
#include "diagnose/server.h"
#include "pipeline_internal.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_LEN = 256 };
static const int64_t PROBE_NS = INT64_C(3000000000);

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

/* The server's name: what the client asked for, else what the user said, else what a proxy was asked for, else what DNS
 * in the capture said of the address. */
static void find_name(const struct pipeline *p, struct connection *c, char buf[NAME_LEN])
{
    struct bytes sni = c->has_client_hello ? c->client_hello.ext.server_name : (struct bytes){NULL, 0};
    bool is_inner = c->ech.accepted > 0 && c->ech.inner.ext.server_name.len > 0;
    if (is_inner)
        sni = c->ech.inner.ext.server_name;
    struct bytes target = c->before_tls.proxy.name;
    if (sni.len > 0 && sni.len < NAME_LEN && !memchr(sni.at, 0, sni.len)) {
        memcpy(buf, sni.at, sni.len);
        buf[sni.len] = '\0';
        c->name = buf;
        c->name_from = is_inner ? "ech" : "sni";
        names_connected(p->names, c->flow->ip_version, c->flow->address[c->client_side], sni);
    } else if (sni.len == 0 && p->options->name) {
        c->name = p->options->name;
        c->name_from = "given";
    } else if (sni.len == 0 && target.len > 0 && target.len < NAME_LEN && !memchr(target.at, 0, target.len)) {
        memcpy(buf, target.at, target.len);
        buf[target.len] = '\0';
        c->name = buf;
        c->name_from = "proxy";
    } else if (sni.len == 0) {
        c->name = names_of_address(p->names, c->flow->ip_version, c->flow->address[!c->client_side]);
        c->name_from = c->name ? "dns" : NULL;
    }
}

static int64_t whole_seconds(int64_t ns)
{
    return ns / 1000000000 - (ns % 1000000000 < 0);
}

/* What the trust stores say of the server's chain. A name out of DNS is no name that a client checks. */
static void ask_trust(const struct pipeline *p, struct connection *c)
{
    int64_t time_ns = c->flow->first.time_ns;
    if (c->chain.num == 0)
        return;
    struct verify_request request = {.chain = c->chain.certificates,
                                     .num = c->chain.num,
                                     .name = c->name && strcmp(c->name_from, "dns") != 0 ? c->name : NULL,
                                     .has_time = time_ns != 0,
                                     .time = whole_seconds(time_ns)};
    if (p->verifier)
        c->num_verifications = verifier_check(p->verifier, &request, &c->verifications);
    if (!c->has_certificate_status || c->certificate_status.response.len == 0)
        return;
    struct ocsp_request staple = {.response = c->certificate_status.response,
                                  .leaf = c->chain.certificates[0],
                                  .issuer = verification_issuer(c->verifications, c->num_verifications),
                                  .has_time = request.has_time,
                                  .time = request.time};
    c->staple = ocsp_staple_read(p->staples, &staple);
}

static void build(const struct pipeline *p, const struct flow *flow, struct connection *c, char name[NAME_LEN])
{
    const struct flow_over *over = &flow->over;
    connection_build(c, flow->user, flow);
    c->group = over->group;
    c->end_kind = over->why;
    c->end = over->end;
    uint64_t file = flow->first.place.file;
    c->time_digits = file < p->num_digits && p->digits[file] ? p->digits[file] : 6;
    find_name(p, c, name);
}

static void judge(struct pipeline *p, const struct connection *c)
{
    struct diagnose_context context = {
        .last = p->groups[c->group]->last, .profiles = p->profiles, .options = &p->options->diagnose};
    if (c->flow->setup == FLOW_UNANSWERED)
        context.instead = attempts_instead(p->attempts, c, p->names);
    if (p->redactor)
        redactor_meet(p->redactor, c);
    diagnose(&p->diagnosis, c, &context);
    if (c->flow->is_blind) { /* nothing is known of what it said, so nothing may be said of it */
        diagnosis_reset(&p->diagnosis);
        p->diagnosis.verdict.outcome = OUTCOME_INCOMPLETE;
    }
}

/* The line of --seen-as; counted. */
static bool would_print(struct pipeline *p, const struct connection *c)
{
    const struct seen_as *seen = p->options->selection.seen_as;
    enum seen_as_match match = seen ? seen_as_match(seen, c, &p->diagnosis) : SEEN_AS_NOT;
    p->summary.num_seen += match == SEEN_AS_VERDICT;
    p->summary.num_seen_beside += match == SEEN_AS_BESIDE;
    return !seen || match != SEEN_AS_NOT;
}

static void emit(struct pipeline *p, const struct connection *c)
{
    const struct verdict *verdict = &p->diagnosis.verdict;
    p->summary.outcomes[verdict->outcome]++;
    if (verdict->code)
        count_verdict(&p->summary, verdict->code);
    const struct report_connection record = {
        .connection = c,
        .diagnosis = &p->diagnosis,
        .input = capture_input_at(p->capture, c->flow->first.place.file),
        .capture = p->capture,
    };
    if (is_selected(&p->options->selection, c, verdict) && would_print(p, c)) {
        compare_note_shown(p->compare, c->id);
        const struct report_connection *shown = p->redactor ? redactor_connection(p->redactor, &record) : &record;
        if (shown)
            reports_connection(p->reports, shown);
        else
            p->summary.unlisted++;
    } else {
        reports_beside(p->reports, &record);
    }
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

/* Opened, nothing said, closed soon; or the SYN-ACK answered by a RST at once, as load balancers ask whether a port is
 * open.
 */
static bool is_probe(const struct flow *flow)
{
    if (flow->setup == FLOW_COMPLETE && moment_since(&flow->last, &flow->established) >= PROBE_NS)
        return false; /* somebody waited for a word */
    const struct stream *a = &flow->stream[0], *b = &flow->stream[1];
    bool is_closed = a->has_fin || a->has_rst || b->has_fin || b->has_rst;
    bool is_dropped = flow->setup == FLOW_SYN_ACKED && flow->syn_side < 2 && flow->stream[flow->syn_side].has_rst;
    return a->bytes == 0 && b->bytes == 0 && ((flow->setup == FLOW_COMPLETE && is_closed) || is_dropped);
}

static void push(struct flow **list, struct flow *flow)
{
    flow->over.next = *list;
    *list = flow;
}

/* The first of a list, taken off it and let go: session, flow and all. */
static void let_go(struct pipeline *p, struct flow **list)
{
    struct flow *flow = *list;
    *list = flow->over.next;
    session_free(flow->user);
    flow_table_release(p->groups[flow->over.group]->flows, flow);
}

void settle_forget(struct pipeline *p)
{
    while (p->completed)
        let_go(p, &p->completed);
    while (p->held)
        let_go(p, &p->held);
}

static bool has_completed(const struct connection *c)
{
    return c->handshake_end.place.frame != 0;
}

/* Reports it; one whose handshake completed and that failed for all that only when `is_last`. True when it did. */
static bool report_judged(struct pipeline *p, const struct connection *c, bool is_last)
{
    judge(p, c);
    compare_settle(p->compare, c, &p->diagnosis);
    bool is_completed = p->diagnosis.verdict.outcome == OUTCOME_COMPLETED;
    if (!is_completed && !is_last)
        return false;
    if (!p->has_learned && c->protocol != PROTOCOL_NONE)
        profiles_learn(p->profiles, c, has_completed(c));
    profiles_note(p->profiles, c, &p->diagnosis);
    emit(p, c);
    return true;
}

/* Reports it when it completed, or in any case when `is_last`. True when it was reported. */
static bool report(struct pipeline *p, const struct flow *flow, bool is_last)
{
    struct connection c;
    char name[NAME_LEN];
    build(p, flow, &c, name);
    ask_trust(p, &c); /* of those that wait, too: their issuers may complete the chains of others */
    bool is_reported = (is_last || has_completed(&c)) && report_judged(p, &c, is_last);
    connection_cleanup(&c);
    return is_reported;
}

static void hold(struct pipeline *p, struct flow *flow)
{
    push(&p->held, flow);
    p->num_held++;
}

static bool is_wanted(const struct pipeline *p, const struct flow *flow)
{
    const struct session *session = flow->user;
    bool is_certain;
    if (session_is_tls(session) || session_is_tls_asked(session))
        return true;
    if (session_is_plain_dialogue(session))
        return false;
    return (p->options->list_probes && is_probe(flow)) ||
           is_wanted_attempt(p, flow, session_client_side(session, flow, &is_certain));
}

/* CONNECT was refused, or TLS was wanted in another protocol and not to be had: worth telling on any port. */
static bool is_told_refusal(const struct pipeline *p)
{
    const struct finding *f = p->diagnosis.verdict.finding;
    return f && (f->id == FINDING_PROXY_REFUSED || f->id == FINDING_STARTTLS_REFUSED);
}

static bool report_refusal(struct pipeline *p, const struct flow *flow)
{
    if (!session_has_payload(flow->user))
        return false;
    struct connection c;
    char name[NAME_LEN];
    build(p, flow, &c, name);
    ask_trust(p, &c);
    judge(p, &c);
    bool is_told = is_told_refusal(p);
    if (is_told)
        emit(p, &c);
    connection_cleanup(&c);
    return is_told;
}

/* Reports one that did not complete, if it is worth telling; else counts it. */
static bool report_failed(struct pipeline *p, const struct flow *flow)
{
    bool is_told = is_wanted(p, flow) ? report(p, flow, true) : report_refusal(p, flow);
    p->summary.unlisted += !is_told;
    return is_told;
}

/* More than can wait is reported at once, by what is known so far; it loses its place in the order, nothing else. */
static bool hold_or_report(struct pipeline *p, struct flow *flow)
{
    if (p->num_held < LIMIT_HELD && p->sessions.memory_bytes < LIMIT_HELD_BYTES) {
        hold(p, flow);
        return true;
    }
    p->reported_early += report_failed(p, flow);
    return false;
}

static void note_server(struct pipeline *p, const struct flow *flow, const struct session *session)
{
    bool is_certain;
    unsigned server = !session_client_side(session, flow, &is_certain);
    if (!flow->is_datagram && session_side_is_tls(session, server))
        servers_add(p->servers, flow->ip_version, flow->address[server], flow->port[server]);
}

/* An ended connection goes one of three ways: reported soon (completed), held to the end (failed, or an attempt that
 * later traffic may make worth telling), or counted and forgotten. */
bool settle_ended(struct pipeline *p, struct flow *flow)
{
    struct session *session = flow->user;
    if (session)
        session_finish(session, flow);
    bool is_certain;
    unsigned client_side = session_client_side(session, flow, &is_certain);
    attempts_note(p->attempts, flow, client_side, flow->over.group);
    if (session_is_tls(session)) {
        note_server(p, flow, session);
        if (p->compare || !session_may_be_completed(session))
            return hold_or_report(p, flow);
        push(&p->completed, flow);
        return true;
    }
    if (is_probe(flow) && !p->options->list_probes) {
        p->summary.probes++;
        return false;
    }
    if (p->num_attempts >= LIMIT_ATTEMPTS) {
        if (!is_wanted_attempt(p, flow, client_side)) {
            p->attempts_dropped++;
            return false;
        }
    }
    p->num_attempts++;
    return hold_or_report(p, flow);
}

void settle_completed(struct pipeline *p)
{
    if (!p->completed)
        return;
    p->completed = flow_sort_by_end(p->completed);
    while (p->completed) {
        struct flow *flow = p->completed, *next = flow->over.next;
        if (report(p, flow, false) || !hold_or_report(p, flow))
            let_go(p, &p->completed);
        else
            p->completed = next;
    }
}

/* What the held connections teach about their servers, before any of them is judged for good. */
static void learn_from_held(struct pipeline *p)
{
    p->has_learned = true;
    for (const struct flow *flow = p->held; flow; flow = flow->over.next) {
        if (!session_is_tls(flow->user))
            continue;
        struct connection c;
        char name[NAME_LEN];
        build(p, flow, &c, name);
        profiles_learn(p->profiles, &c, has_completed(&c));
        connection_cleanup(&c);
    }
}

/* What is to be compared, judged by all that is known. */
static void compare_held(struct pipeline *p)
{
    for (const struct flow *flow = p->held; p->compare && flow; flow = flow->over.next) {
        struct connection c;
        char name[NAME_LEN];
        if (flow->is_blind || !is_wanted(p, flow))
            continue;
        build(p, flow, &c, name);
        ask_trust(p, &c);
        judge(p, &c);
        compare_add(p->compare, &c, &p->diagnosis.verdict);
        connection_cleanup(&c);
    }
    compare_match(p->compare, p->capture);
}

void settle_held(struct pipeline *p)
{
    settle_completed(p);
    p->held = flow_sort_by_start(p->held);
    learn_from_held(p);
    compare_held(p);
    while (p->held) {
        (void)report_failed(p, p->held);
        let_go(p, &p->held);
    }
}

/* A look-up is no connection: it has no outcome, but failed, and no id. */
static bool is_name_selected(const struct selection *selection, const char *name, const struct verdict *verdict)
{
    const bool *has = selection->has_outcome;
    if (selection->connection != 0 || ((has[0] || has[1] || has[2] || has[3]) && !has[OUTCOME_FAILED]))
        return false;
    if (selection->verdict && (!verdict->code || strcmp(selection->verdict, verdict->code) != 0))
        return false;
    const struct seen_as *seen = selection->seen_as;
    if (seen && (!verdict->finding || !seen_as_has(seen, verdict->finding->id)))
        return false;
    return !selection->sni || matches_name(selection->sni, (struct bytes){(const uint8_t *)name, strlen(name)});
}

void settle_names(struct pipeline *p)
{
    struct name_failure failure;
    for (size_t next = 0; names_next_failure(p->names, &next, &failure);) {
        if (p->redactor)
            redactor_meet_failure(p->redactor, &failure);
        diagnose_name(&p->diagnosis, &failure, &p->summary.last);
        if (p->diagnosis.verdict.code)
            count_verdict(&p->summary, p->diagnosis.verdict.code);
        p->summary.names_failed += p->diagnosis.num > 0;
        if (!is_name_selected(&p->options->selection, failure.name, &p->diagnosis.verdict))
            continue;
        char client[INET6_ADDRSTRLEN], resolver[INET6_ADDRSTRLEN];
        int family = failure.ip_version == 4 ? AF_INET : AF_INET6;
        inet_ntop(family, failure.client, client, sizeof client);
        inet_ntop(family, failure.resolver, resolver, sizeof resolver);
        struct report_name record = {.name = failure.name,
                                     .client = client,
                                     .resolver = resolver,
                                     .answer = failure.answer,
                                     .moment = failure.moment,
                                     .input = capture_input_at(p->capture, failure.moment.place.file),
                                     .diagnosis = &p->diagnosis,
                                     .capture = p->capture};
        p->summary.num_seen += p->options->selection.seen_as != NULL;
        reports_name(p->reports, p->redactor ? redactor_name(p->redactor, &record, &failure) : &record);
    }
}

void settle_servers(struct pipeline *p)
{
    const struct server_profile *server;
    for (size_t next = 0; (server = profiles_next(p->profiles, &next));) {
        diagnose_server(&p->diagnosis, p->profiles, server);
        reports_server(p->reports, p->redactor ? redactor_server(p->redactor, server) : server, &p->diagnosis,
                       p->capture);
    }
}

void settle_evidence(struct pipeline *p)
{
    for (size_t i = 0; i < capture_num_inputs(p->capture); i++) {
        const struct capture_input *input = capture_input_at(p->capture, i);
        struct group *group = input->is_evidence && input->group < p->num_groups ? p->groups[input->group] : NULL;
        if (group && input->evidence_until_ns > group->last.time_ns)
            group->last.time_ns = input->evidence_until_ns;
        if (group && group->last.time_ns > p->summary.last.time_ns)
            p->summary.last.time_ns = group->last.time_ns;
    }
}
