/* The wiring of the rooms: see pipeline.h. What becomes of connections that are over stands in settle.c. Over 500 lines
 * because it knows all rooms, and nobody else is to. */
#include "pipeline_internal.h"

#include "bounds.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PORT_DNS = 53 };

static void on_begin(void *arg, struct flow *flow)
{
    (void)arg, (void)flow;
}

/* Closes that came while the first bytes still waited for their turn. */
static void tell_earlier_closes(struct session *session, struct flow *flow)
{
    for (unsigned side = 0; flow->rare && side < 2; side++) {
        if (flow->stream[side].fin_delivered)
            session_close(session, flow, side, false, &flow->rare->fin[side]);
        if (flow->stream[side].has_rst)
            session_close(session, flow, side, true, &flow->rare->rst[side]);
    }
}

static struct session *session_of(struct pipeline *p, struct flow *flow)
{
    /* A session that began later would begin in the middle of the stream. */
    if (!flow->user && !flow->is_blind) {
        flow->user = session_new(&p->sessions);
        flow->is_blind = !flow->user;
        p->sessions_lost += flow->is_blind;
        if (flow->user)
            tell_earlier_closes(flow->user, flow);
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
    if (p->packets)
        packets_touch(p->packets, moment->place);
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

/* When its last word was spoken: the RST, or the second FIN; else the moment at which it was given up. */
static struct moment last_word(const struct flow *flow, const struct moment *now)
{
    const struct flow_rare *rare = flow->rare;
    if (!rare || !flow->is_closed)
        return *now;
    const struct moment *word = &rare->fin[0];
    if (!word->place.frame || (rare->fin[1].place.frame && rare->fin[1].time_ns > word->time_ns))
        word = &rare->fin[1];
    for (unsigned side = 0; side < 2; side++)
        if (rare->rst[side].place.frame && (!rare->fin[0].place.frame || !rare->fin[1].place.frame))
            word = &rare->rst[side];
    return word->place.frame ? *word : *now;
}

static void on_end(void *arg, struct flow *flow, enum flow_end why, const struct moment *now)
{
    struct group *group = arg;
    struct pipeline *p = group->pipeline;
    if (flow->port[0] == PORT_DNS || flow->port[1] == PORT_DNS)
        names_stream_end(p->names, flow);
    session_unfollow(flow->user);
    flow->over = (struct flow_over){NULL, last_word(flow, now), group->index, why};
    if (settle_ended(p, flow)) {
        flow_table_keep(group->flows, flow);
    } else {
        session_free(flow->user);
        flow->user = NULL;
    }
}

static enum datagram_role on_datagram_role(void *arg, const struct flow *flow, unsigned side, struct bytes payload,
                                           uint32_t len)
{
    (void)arg;
    return session_datagram_role(flow ? flow->user : NULL, side, payload, len);
}

static void on_datagram(void *arg, struct flow *flow, unsigned side, struct bytes payload, uint32_t len,
                        const struct moment *moment)
{
    struct group *group = arg;
    struct session *session = session_of(group->pipeline, flow);
    group->pipeline->sessions.paths = group->paths;
    if (session)
        session_datagram(session, flow, side, payload, len, moment);
}

static struct flow *on_datagram_owner(void *arg, const struct packet *p, const struct moment *moment, unsigned *side)
{
    struct group *group = arg;
    return group->paths ? quic_paths_find(group->paths, p, moment, side) : NULL;
}

static struct group *group_new(struct pipeline *p, uint32_t index)
{
    struct group *group = calloc(1, sizeof *group);
    if (!group)
        return NULL;
    group->pipeline = p;
    group->index = index;
    struct flow_sink sink = {group,  on_begin,         on_data,     on_gap,           on_close,
                             on_end, on_datagram_role, on_datagram, on_datagram_owner};
    /* Captures side by side share the room. */
    size_t num_inputs = capture_num_inputs(p->capture);
    size_t max_flows = LIMIT_FLOWS / (num_inputs > 0 ? num_inputs : 1);
    group->flows = flow_table_new(&sink, &p->next_id, max_flows > LIMIT_FLOWS_LEAST ? max_flows : LIMIT_FLOWS_LEAST);
    group->defrag = defrag_new();
    group->paths = quic_paths_new();
    if (group->flows && group->defrag)
        return group;
    if (group->flows)
        flow_table_free(group->flows);
    defrag_free(group->defrag);
    quic_paths_free(group->paths);
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
        else
            flow_table_datagram(group->flows, packet, hash, moment);
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

struct handling {
    struct pipeline *pipeline;
    struct group *group;
    const struct moment *moment;
};

static void handle_refilled(void *arg, const struct packet *packet)
{
    const struct handling *h = arg;
    handle(h->pipeline, h->group, packet, flow_table_prefetch(h->group->flows, packet), h->moment);
}

/* Of a capture that is evidence: with what it says was left out here. */
static void handle_evidence(struct pipeline *p, struct group *group, const struct packet *packet,
                            const struct capture_packet *raw)
{
    struct handling handling = {p, group, &raw->moment};
    if (!p->refill)
        p->refill = refill_new();
    if (p->refill)
        refill_packet(p->refill, packet, raw->left_out, handle_refilled, &handling);
    else
        handle_refilled(&handling, packet);
}

static void keep_packets(const struct pipeline *p, const struct capture_packet *batch, size_t num)
{
    if (!p->packets || capture_can_open_again(p->capture, batch[0].moment.place.file))
        return;
    for (size_t i = 0; i < num; i++)
        packets_keep(p->packets, &batch[i]);
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
            hashes[i] = 0;
            continue;
        }
        packet_dissect(&packets[i], raw->link_type, raw->bytes, raw->len);
        hashes[i] = packets[i].kind == PACKET_TCP || packets[i].kind == PACKET_UDP || packets[i].kind == PACKET_ICMP
                        ? flow_table_prefetch(group->flows, &packets[i])
                        : 0;
    }
    p->summary.num_packets += num;
    for (size_t i = 0; i < num; i++)
        if (batch[i].left_out.at && packets[i].kind != PACKET_SKIPPED)
            handle_evidence(p, group, &packets[i], &batch[i]);
        else
            handle(p, group, &packets[i], hashes[i], &batch[i].moment);
    flow_table_clock(group->flows, &group->last);
    settle_completed(p);
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
        if (num < 0 && errno == EINTR)
            continue; /* a signal: perhaps the one that stops */
        if (num <= 0)
            return (int)num;
        struct group *group = group_at(p, batch[0].group);
        if (!group)
            return error_set(error, "out of memory for another capture's connections");
        if (secrets_take(p, batch[0].moment.place.file, error) < 0)
            return -1;
        note_digits(p, &batch[0]);
        keep_packets(p, batch, (size_t)num);
        run_batch(p, group, batch, (size_t)num);
        if (round % 1024 == 0)
            tell_progress(p);
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
    uint64_t evicted = 0, lost = 0, queues = 0, dropped = 0;
    for (size_t i = 0; i < p->num_groups; i++) {
        if (!p->groups[i])
            continue;
        const struct flow_stats *flows = flow_table_stats(p->groups[i]->flows);
        const struct defrag_stats *defrag = defrag_stats(p->groups[i]->defrag);
        evicted += flows->evicted;
        lost += flows->lost;
        queues += flows->queue_limit_hits;
        dropped += defrag->dropped;
        s->skipped[SKIP_FRAGMENT_LOST] += defrag->incomplete;
    }
    add_limit(s, "connections given up because too many were open", evicted);
    add_limit(s, "packets of connections for which there was no memory", lost);
    add_limit(s, "reassembly queues that were full", queues);
    add_limit(s, "fragmented datagrams dropped", dropped);
    add_limit(s, "attempts on other ports not kept for the end", p->attempts_dropped);
    add_limit(s, "connections reported before the end because too many waited for it", p->reported_early);
    add_limit(s, "connections not compared", compare_left_out(p->compare));
    add_limit(s, "connections without memory for their facts", p->sessions_lost);
    add_limit(s, "connections with more facts than are kept", p->sessions.arena_limit_hits);
    add_limit(s, "connections with more messages than are kept", p->sessions.event_limit_hits);
    add_limit(s, "handshake messages too large to read", p->sessions.message_limit_hits);
    add_limit(s, "datagrams with more of a handshake than is put together", p->sessions.gather_limit_hits);
    add_limit(s, "chains with more certificates than are kept", p->sessions.chain_limit_hits);
    add_limit(s, "certificates too large to read", p->sessions.certificate_limit_hits);
    struct verifier_limits issuers = verifier_limits(p->verifier);
    add_limit(s, "issuers seen that are not kept for other chains", issuers.not_kept);
    add_limit(s, "issuers seen that were not tried for a chain", issuers.not_tried);
    add_limit(s, "connections with more protected records than wait for keys", p->sessions.pending_limit_hits);
    add_limit(s, "connections with more compressed data than is read", p->sessions.inflated_limit_hits);
    add_limit(s, "connection IDs by which no datagram is followed to other addresses", p->sessions.path_limit_hits);
    s->keys = p->sessions.keys;
    add_limit(s, "sessions that may be resumed not kept", keys_stats(s->keys).sessions_forgotten);
    add_limit(s, "secrets of key logs not kept", keys_stats(s->keys).limit_hits);
    add_limit(s, "names not remembered", names_limit_hits(p->names));
    add_limit(s, "servers not remembered", servers_limit_hits(p->servers) + profiles_limit_hits(p->profiles));
    add_limit(s, "packets that could not be kept for evidence", packets_lost(p->packets));
    add_limit(s, "bytes left out of evidence that were not put in again", refill_limit_hits(p->refill));
    add_limit(s, "findings or parts of them that did not fit", p->diagnosis.num_dropped);
    s->capture = p->capture;
    if (p->redactor && p->verifier)
        verifier_hide_sources(p->verifier);
    s->verifier = p->verifier;
    s->said = &p->options->diagnose;
    s->filter = p->options->filter;
    s->seen_as = p->options->selection.seen_as;
    s->was_interrupted = result->was_stopped;
    if (p->redactor)
        redactor_summary(p->redactor, s);
    if (s->time_digits == 0)
        s->time_digits = 6;
}

static int finish(struct pipeline *p, struct pipeline_result *result, struct error *error)
{
    p->is_at_end = true;
    for (size_t i = 0; i < capture_num_inputs(p->capture); i++)
        if (secrets_take(p, i, error) < 0)
            return -1;
    settle_evidence(p);
    for (size_t i = 0; i < p->num_groups; i++) {
        if (!p->groups[i])
            continue;
        defrag_finish(p->groups[i]->defrag);
        flow_table_finish(p->groups[i]->flows, &p->groups[i]->last);
    }
    settle_held(p);
    settle_names(p);
    compare_report(p->compare, p->reports, p->capture, &p->summary);
    settle_servers(p);
    sum_up(p, result);
    memcpy(result->outcomes, p->summary.outcomes, sizeof result->outcomes);
    result->names_failed = p->summary.names_failed;
    int status = reports_finish(p->reports, &p->summary, error);
    if (p->redact_key >= 0 && aliases_write(redactor_aliases(p->redactor), p->redact_key) < 0 && status == 0)
        status = error_set(error, "cannot write %s: %s", p->options->redact_key, strerror(errno));
    return status;
}

static const char *alias_of_input(void *arg, size_t i)
{
    const struct pipeline *p = arg;
    return aliases_capture(redactor_aliases(p->redactor), p->options->capture.paths[i]);
}

static int set_up_redaction(struct pipeline *p, struct capture_options *capture, struct error *error)
{
    if (!p->options->redact)
        return 0;
    p->redactor = redactor_new(p->options->redact);
    if (!p->redactor)
        return error_set(error, "out of memory");
    p->diagnosis.aliases = redactor_aliases(p->redactor);
    capture->alias = alias_of_input;
    capture->alias_arg = p;
    return 0;
}

/* Who reads it can undo the rest: it is its owner's alone, and never one that is there. */
static int open_redact_key(struct pipeline *p, struct error *error)
{
    const char *path = p->options->redact_key;
    if (!path)
        return 0;
    p->redact_key = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return p->redact_key >= 0 ? 0 : error_set(error, "cannot make %s: %s", path, strerror(errno));
}

static int set_up(struct pipeline *p, struct error *error)
{
    const struct pipeline_options *options = p->options;
    if (options->filter && !(p->filter = filter_new(options->filter, error)))
        return -1;
    struct capture_options capture = options->capture;
    capture.stop = options->stop;
    capture.keeps_apart = options->compares;
    capture.reads_again = options->writes_packets;
    if (set_up_redaction(p, &capture, error) < 0)
        return -1;
    p->capture = capture_open(&capture, error);
    if (!p->capture)
        return -1;
    bool keeps_hellos = options->compares || options->needs_randoms;
    p->certificates = certificates_new(LIMIT_CERTIFICATE_CACHE);
    p->fingerprints = fingerprints_new();
    p->names = names_new();
    p->servers = servers_new();
    p->profiles = profiles_new();
    p->attempts = attempts_new();
    p->sessions.hello_shapes = keeps_hellos ? NULL : hello_shapes_new(); /* for their randoms */
    p->compare = options->compares ? compare_new(p->fingerprints) : NULL;
    p->staples = ocsp_staples_new();
    if (!p->certificates || !p->staples || !p->fingerprints || !p->names || !p->servers || !p->profiles ||
        !p->attempts || (options->compares && !p->compare) || (!keeps_hellos && !p->sessions.hello_shapes))
        return error_set(error, "out of memory, or OpenSSL lacks MD5 or SHA-256");
    if (!options->skip_verify && !(p->verifier = verifier_new(p->certificates, &options->verify, error)))
        return -1;
    p->sessions.certificates = p->certificates;
    if (secrets_set_up(p, error) < 0)
        return -1;
    if (open_redact_key(p, error) < 0)
        return -1;
    if (options->open_targets && options->open_targets(options->targets_arg, error) < 0)
        return -1;
    struct report_options report = options->report;
    if (options->writes_packets && !(report.packets = p->packets = packets_new()))
        return error_set(error, "out of memory");
    p->reports = reports_new(options->targets, options->num_targets, &report, p->fingerprints, error);
    return p->reports ? 0 : -1;
}

static void tear_down(struct pipeline *p)
{
    settle_forget(p);
    for (size_t i = 0; i < p->num_groups; i++) {
        if (!p->groups[i])
            continue;
        flow_table_free(p->groups[i]->flows);
        defrag_free(p->groups[i]->defrag);
        quic_paths_free(p->groups[i]->paths);
        free(p->groups[i]);
    }
    free(p->groups);
    free(p->digits);
    secrets_forget(p);
    compare_free(p->compare);
    reports_free(p->reports);
    packets_free(p->packets);
    refill_free(p->refill);
    blocks_cleanup(&p->sessions.blocks);
    hello_shapes_free(p->sessions.hello_shapes);
    servers_free(p->servers);
    attempts_free(p->attempts);
    profiles_free(p->profiles);
    names_free(p->names);
    fingerprints_free(p->fingerprints);
    ocsp_staples_free(p->staples);
    redactor_free(p->redactor);
    if (p->redact_key >= 0)
        close(p->redact_key);
    verifier_free(p->verifier);
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
    p->redact_key = -1;
    *result = (struct pipeline_result){0};
    int status = set_up(p, error);
    if (status < 0 && p->redact_key >= 0)
        (void)unlink(options->redact_key); /* empty: nothing was replaced by aliases */
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
