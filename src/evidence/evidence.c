/* The sink that writes evidence: see evidence.h. */
#include "evidence/evidence.h"

#include "bounds.h"
#include "evidence/pcapng_writer.h"
#include "hash.h"
#include "report/address.h"
#include "version.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* ---- texts ---- */

/* Names from the network: what is no printable ASCII as \xHH. */
static void append_escaped(struct output *o, struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t b = text.at[i];
        if (b >= ' ' && b < 0x7F && b != '\\')
            output_char(o, (char)b);
        else
            output_printf(o, "\\x%02x", b);
    }
}

static void append_endpoint(struct output *o, const struct flow *flow, unsigned side)
{
    char address[ADDRESS_LEN];
    output_printf(o, flow->ip_version == 4 ? "%s:%u" : "[%s]:%u",
                  address_write(address, flow->ip_version, flow->address[side]), flow->port[side]);
}

/* The lines of one connection in the section's comment. */
static char *story_of(const struct connection *c, const struct diagnosis *d)
{
    struct output o;
    struct error error;
    if (output_init_memory(&o, &error) < 0)
        return NULL;
    output_printf(&o, "#%llu ", (unsigned long long)c->id);
    append_endpoint(&o, c->flow, c->client_side);
    output_string(&o, " -> ");
    append_endpoint(&o, c->flow, !c->client_side);
    if (c->name) {
        output_char(&o, ' ');
        append_escaped(&o, (struct bytes){(const uint8_t *)c->name, strlen(c->name)});
    }
    output_printf(&o, "\n  %s: %s", outcome_name(d->verdict.outcome), d->verdict.code ? d->verdict.code : "no verdict");
    if (d->verdict.side)
        output_printf(&o, ", to be changed by: %s", d->verdict.side);
    output_char(&o, '\n');
    for (unsigned i = 0; i < d->num; i++) {
        const struct finding *f = &d->findings[i];
        output_printf(&o, "  %s (%s, %s): %s\n", finding_code(f->id)->code, severity_name(f->severity),
                      certainty_name(f->certainty), f->summary ? f->summary : "");
    }
    output_char(&o, '\0');
    char *story = o.error ? NULL : o.data;
    if (story)
        o.data = NULL;
    output_cleanup(&o);
    return story;
}

/* ---- collecting ---- */

static void *room(void *array, size_t num, size_t *cap, size_t size)
{
    if (num < *cap)
        return array;
    size_t more = *cap ? 2 * *cap : 16;
    void *grown = realloc(array, more * size);
    if (grown)
        *cap = more;
    return grown;
}

static void note_lean(struct evidence *e, const struct connection *c, const struct finding *f,
                      const struct finding_evidence *evidence)
{
    struct evidence_lean *leans = room(e->leans, e->num_leans, &e->cap_leans, sizeof *leans);
    if (!leans)
        return;
    e->leans = leans;
    struct evidence_lean *lean = &leans[e->num_leans++];
    *lean = (struct evidence_lean){
        .id = evidence->connection, .by = c->id, .place = evidence->place, .code = finding_code(f->id)->code};
    snprintf(lean->what, sizeof lean->what, "%s", evidence->what ? evidence->what : "");
}

static void take_findings(struct evidence *e, struct plan *plan, const struct connection *c, const struct diagnosis *d)
{
    for (unsigned i = 0; i < d->num; i++) {
        const struct finding *f = &d->findings[i];
        for (unsigned k = 0; k < f->num_evidence; k++) {
            const struct finding_evidence *evidence = &f->evidence[k];
            if (evidence->connection != 0 && evidence->connection != c->id)
                note_lean(e, c, f, evidence);
            else
                plan_label(plan, evidence->place, "shows %s: %s", finding_code(f->id)->code,
                           evidence->what ? evidence->what : "");
        }
    }
}

static bool has_warning(const struct diagnosis *d)
{
    for (unsigned i = 0; i < d->num; i++)
        if (d->findings[i].severity >= SEVERITY_WARNING)
            return true;
    return false;
}

static void take_connection(struct evidence *e, const struct report_connection *record, bool is_shown)
{
    const struct connection *c = record->connection;
    const struct diagnosis *d = record->diagnosis;
    bool is_wanted = is_shown && (d->verdict.outcome != OUTCOME_COMPLETED || has_warning(d));
    if (e->options->is_one_input && c->flow->first.place.file != e->options->input)
        return;
    if (e->num_plans >= LIMIT_EVIDENCE_PLANS && !is_wanted) {
        e->num_completed_left_out++;
        return;
    }
    struct plan **plans = room(e->plans, e->num_plans, &e->cap_plans, sizeof(struct plan *));
    struct plan *plan = plans ? plan_new(c) : NULL;
    if (plans)
        e->plans = plans;
    if (!plan) {
        e->num_completed_left_out++;
        return;
    }
    plan->is_wanted = is_wanted;
    if (is_wanted) {
        take_findings(e, plan, c, d);
        plan->story = story_of(c, d);
    }
    e->plans[e->num_plans++] = plan;
}

static void evidence_connection(struct report *report, const struct report_connection *record)
{
    take_connection(report->state, record, true);
}

static void evidence_beside(struct report *report, const struct report_connection *record)
{
    take_connection(report->state, record, false);
}

static void evidence_name(struct report *report, const struct report_name *name)
{
    struct evidence *e = report->state;
    struct evidence_name *names = room(e->names, e->num_names, &e->cap_names, sizeof *names);
    if (!names)
        return;
    e->names = names;
    struct evidence_name *kept = &names[e->num_names++];
    snprintf(kept->name, sizeof kept->name, "%s", name->name);
    snprintf(kept->client, sizeof kept->client, "%s", name->client);
    snprintf(kept->resolver, sizeof kept->resolver, "%s", name->resolver);
    kept->place = name->moment.place;
}

/* ---- finding plans by packets ---- */

struct ends {
    uint8_t ip_version;
    bool is_datagram;
    const uint8_t *address[2];
    uint16_t port[2];
};

static uint64_t hash_of(const struct evidence *e, const struct ends *ends)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < 2; i++)
        sum += hash_mix(hash_bytes(e->seed, ends->address[i], 16), ends->port[i]);
    return hash_mix(sum, (uint64_t)ends->ip_version << 1 | ends->is_datagram);
}

static struct ends ends_of_plan(const struct plan *plan)
{
    const struct flow *flow = &plan->flow;
    return (struct ends){
        flow->ip_version, flow->is_datagram, {flow->address[0], flow->address[1]}, {flow->port[0], flow->port[1]}};
}

/* All plans so far; anew when there are twice as many. */
static bool hash_plans(struct evidence *e)
{
    if (!e->buckets || e->num_plans + 1 > e->num_buckets) {
        size_t num = e->num_buckets ? e->num_buckets : 64;
        while (num < 2 * (e->num_plans + 1))
            num *= 2;
        uint32_t *buckets = calloc(num, sizeof *buckets), *next = realloc(e->next, num * sizeof *next);
        if (next)
            e->next = next;
        if (!buckets || !next) {
            free(buckets);
            return false;
        }
        free(e->buckets);
        e->buckets = buckets;
        e->num_buckets = num;
        e->num_hashed = 0;
    }
    for (; e->num_hashed < e->num_plans; e->num_hashed++) {
        struct ends ends = ends_of_plan(e->plans[e->num_hashed]);
        uint32_t *bucket = &e->buckets[hash_of(e, &ends) & (e->num_buckets - 1)];
        e->next[e->num_hashed] = *bucket;
        *bucket = (uint32_t)e->num_hashed + 1;
    }
    return true;
}

static bool is_end(const struct flow *flow, unsigned side, const struct ends *ends, unsigned at)
{
    return flow->port[side] == ends->port[at] && memcmp(flow->address[side], ends->address[at], 16) == 0;
}

struct plan *evidence_find(struct evidence *e, const struct packet *packet, uint32_t *at, unsigned *side)
{
    enum { UDP = 17 };
    struct ends ends = {
        packet->ip_version, packet->kind == PACKET_UDP, {packet->src, packet->dst}, {packet->sport, packet->dport}};
    bool is_icmp = packet->kind == PACKET_ICMP;
    if (is_icmp)
        ends = (struct ends){packet->icmp.ip_version,
                             packet->icmp.protocol == UDP,
                             {packet->icmp.src, packet->icmp.dst},
                             {packet->icmp.sport, packet->icmp.dport}};
    if ((is_icmp && !packet->icmp.has_quote) || (e->num_hashed < e->num_plans && !hash_plans(e)) || e->num_hashed == 0)
        return NULL;
    *at = *at == 0 ? e->buckets[hash_of(e, &ends) & (e->num_buckets - 1)] : e->next[*at - 1];
    for (; *at != 0; *at = e->next[*at - 1]) {
        struct plan *plan = e->plans[*at - 1];
        const struct flow *flow = &plan->flow;
        uint32_t tunnel_id = packet->tunnel == TUNNEL_GTPU ? 0 : packet->tunnel_id;
        if (flow->ip_version != ends.ip_version || flow->is_datagram != ends.is_datagram ||
            (!is_icmp && (flow->tunnel != packet->tunnel || flow->tunnel_id != tunnel_id)))
            continue;
        if (is_end(flow, 0, &ends, 0) && is_end(flow, 1, &ends, 1))
            *side = 0;
        else if (is_end(flow, 1, &ends, 0) && is_end(flow, 0, &ends, 1))
            *side = 1;
        else
            continue;
        return plan;
    }
    return NULL;
}

/* Whether a packet that was kept is of a connection that is over, and needed no more. */
static bool is_needless(void *arg, const struct capture_packet *raw)
{
    struct evidence *e = arg;
    struct packet packet;
    uint32_t at = 0;
    unsigned side;
    packet_dissect(&packet, raw->link_type, raw->bytes, raw->len);
    if (packet.kind == PACKET_SKIPPED)
        return true;
    bool is_over = false;
    for (const struct plan *plan; (plan = evidence_find(e, &packet, &at, &side));) {
        if (place_is_before(raw->moment.place, plan->first) || place_is_before(plan->last, raw->moment.place))
            continue;
        if (plan->is_wanted)
            return false;
        is_over = true;
    }
    return is_over;
}

/* ---- the end ---- */

static int by_id(const void *a, const void *b)
{
    const struct plan *const *x = a, *const *y = b;
    return ((*x)->id > (*y)->id) - ((*x)->id < (*y)->id);
}

static void apply_leans(struct evidence *e)
{
    for (size_t i = 0; i < e->num_leans; i++) {
        const struct evidence_lean *lean = &e->leans[i];
        struct plan key = {.id = lean->id}, *key_at = &key;
        struct plan **found =
            e->num_plans > 0 ? bsearch(&key_at, e->plans, e->num_plans, sizeof(struct plan *), by_id) : NULL;
        if (!found)
            continue;
        (*found)->is_wanted = true;
        plan_label(*found, lean->place, "shows %s of #%llu: %s", lean->code, (unsigned long long)lean->by, lean->what);
    }
}

static void append_hex(struct output *o, struct bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        output_printf(o, "%02x", bytes.at[i]);
}

static void append_secrets(struct output *log, struct keys *keys, const struct plan *plan)
{
    struct key_set set;
    if (!plan->is_wanted || !plan->has_random || !keys_find(keys, plan->client_random, &set))
        return;
    for (unsigned i = 0; i < NUM_SECRETS; i++) {
        if (set.secrets[i].len == 0)
            continue;
        output_string(log, secret_label((enum secret_kind)i));
        output_char(log, ' ');
        append_hex(log, (struct bytes){plan->client_random, sizeof plan->client_random});
        output_char(log, ' ');
        append_hex(log, set.secrets[i]);
        output_char(log, '\n');
    }
}

static void write_secrets(const struct evidence *e, struct output *o, const struct report_summary *summary)
{
    struct output log;
    struct error error;
    if (!e->options->include_secrets || !summary->keys || output_init_memory(&log, &error) < 0)
        return;
    struct keys *keys = (struct keys *)(uintptr_t)summary->keys; /* finding may read a growing key log on */
    for (size_t i = 0; i < e->num_plans; i++)
        append_secrets(&log, keys, e->plans[i]);
    if (log.len > 0 && !log.error)
        pcapng_write_secrets(o, (struct bytes){(const uint8_t *)log.data, log.len});
    OPENSSL_cleanse(log.data, log.len);
    output_cleanup(&log);
}

static void append_inputs(struct output *o, const struct report_summary *summary)
{
    enum { SHOWN = 20 };
    size_t num = capture_num_inputs(summary->capture);
    for (size_t i = 0; i < num && i < SHOWN; i++) {
        const struct capture_input *input = capture_input_at(summary->capture, i);
        output_string(o, "made from ");
        append_escaped(o, (struct bytes){(const uint8_t *)input->name, strlen(input->name)});
        if (*input->sha256)
            output_printf(o, ", SHA-256 %s", input->sha256);
        output_char(o, '\n');
    }
    if (num > SHOWN)
        output_printf(o, "and %zu others\n", num - SHOWN);
}

/* One comment for machines, one for people. */
static void write_section(struct report *report, const struct report_summary *summary,
                          const struct evidence_written *written)
{
    const struct evidence *e = report->state;
    struct output story;
    struct error error;
    char machine[320];
    uint64_t until = summary->last.time_ns > 0 ? (uint64_t)summary->last.time_ns : 0;
    if (output_init_memory(&story, &error) < 0) {
        report->out.error = ENOMEM;
        return;
    }
    snprintf(
        machine, sizeof machine,
        "%s packets=%llu until=%llu.%09llu\ntlswhy-left-out: packets=%llu application-bytes=%llu lost-packets=%llu",
        CAPTURE_EVIDENCE, (unsigned long long)summary->num_packets, (unsigned long long)(until / 1000000000),
        (unsigned long long)(until % 1000000000), (unsigned long long)written->left_out_packets,
        (unsigned long long)written->left_out_bytes, (unsigned long long)written->lost_packets);
    output_printf(&story, "Evidence for the findings of tlswhy %s, without application data.\n", TLSWHY_VERSION);
    append_inputs(&story, summary);
    if (written->has_changed)
        output_string(&story, "An input was changed while it was read: no packets are here.\n");
    if (e->num_completed_left_out > 0)
        output_printf(&story, "%llu connections are more than could be kept.\n",
                      (unsigned long long)e->num_completed_left_out);
    size_t num_more = 0;
    for (size_t i = 0; i < e->num_plans; i++) {
        const struct plan *plan = e->plans[i];
        if (!plan->story)
            continue;
        if (output_at(&story) + strlen(plan->story) > LIMIT_EVIDENCE_STORY)
            num_more++;
        else
            output_string(&story, plan->story);
    }
    for (size_t i = 0; i < e->num_names && output_at(&story) < LIMIT_EVIDENCE_STORY; i++)
        output_printf(&story, "name not resolved: %s, asked by %s of %s\n", e->names[i].name, e->names[i].client,
                      e->names[i].resolver);
    if (num_more > 0)
        output_printf(&story, "and %zu more connections with findings\n", num_more);
    output_char(&story, '\0');
    pcapng_write_section(&report->out, (const char *const[]){machine, story.data}, 2);
    if (story.error)
        report->out.error = story.error;
    output_cleanup(&story);
}

static void evidence_finish(struct report *report, const struct report_summary *summary)
{
    struct evidence *e = report->state;
    struct output body;
    struct error error;
    struct evidence_written written = {0};
    if (output_init_spool(&body, &error) < 0) {
        report->out.error = ENOMEM;
        return;
    }
    if (e->num_plans > 0)
        qsort(e->plans, e->num_plans, sizeof(struct plan *), by_id);
    /* By their new places. */
    e->num_hashed = 0;
    if (e->num_buckets > 0)
        memset(e->buckets, 0, e->num_buckets * sizeof *e->buckets);
    if (!hash_plans(e)) {
        report->out.error = ENOMEM;
        output_cleanup(&body);
        return;
    }
    apply_leans(e);
    write_secrets(e, &body, summary);
    if (evidence_read_again(e, &body, summary, &written, &error) < 0)
        report_fail(report, "%s", error.text);
    write_section(report, summary, &written);
    /* By other bytes than those that were analysed nobody knows what is application data. */
    if (!written.has_changed)
        output_append(&report->out, &body);
    output_cleanup(&body);
    if (written.has_changed)
        report_fail(report, "an input was changed while it was read; it holds no packets");
}

static int evidence_begin(struct report *report, struct error *error)
{
    static const struct evidence_options none = {.include_secrets = false};
    struct evidence *e = calloc(1, sizeof *e);
    report->state = e;
    if (!e || getrandom(&e->seed, sizeof e->seed, 0) != (ssize_t)sizeof e->seed)
        return error_set(error, "out of memory");
    e->options = report->target.arg ? report->target.arg : &none;
    e->packets = report->options.packets;
    if (e->packets)
        packets_ask(e->packets, is_needless, e);
    return 0;
}

static void evidence_free(struct report *report)
{
    struct evidence *e = report->state;
    if (!e)
        return;
    if (e->packets)
        packets_ask(e->packets, NULL, NULL);
    for (size_t i = 0; i < e->num_plans; i++)
        plan_free(e->plans[i]);
    free(e->plans);
    free(e->names);
    free(e->leans);
    free(e->buckets);
    free(e->next);
    free(e);
}

const struct report_format report_sink_evidence = {
    .name = "evidence",
    .begin = evidence_begin,
    .connection = evidence_connection,
    .beside = evidence_beside,
    .name_record = evidence_name,
    .finish = evidence_finish,
    .free = evidence_free,
};
