/* The text format: which entry a connection, a look-up or a server belongs to, and the parts that are drawn of the
 * first of each entry. */
#include "diagnose/seen.h"
#include "report/format.h"
#include "report/page.h"
#include "report/picture.h"
#include "report/text_report.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

struct text text_into(const struct report *report, struct output *out)
{
    const struct report_options *options = &report->options;
    const struct text_report *state = report->state;
    bool is_page = state->page != NULL;
    return (struct text){.out = out,
                         .medium = state->medium,
                         .use_color = options->use_color && !is_page,
                         .is_utf8 = options->is_utf8 || is_page,
                         .width = options->width};
}

/* ---- which entry a connection belongs to */

/* A server is an address, a port and the name that clients asked it for. */
static struct text_key server_key(uint64_t seed, uint8_t ip_version, const uint8_t address[16], uint16_t port,
                                  const char *name)
{
    struct text_key key = text_key_begin(seed);
    text_key_add(&key, &ip_version, sizeof ip_version);
    text_key_add(&key, address, 16);
    text_key_add(&key, &port, sizeof port);
    for (; *name; name++) {
        char lower = (char)(*name >= 'A' && *name <= 'Z' ? *name + 32 : *name);
        text_key_add(&key, &lower, 1);
    }
    return key;
}

static struct text_key server_of(const struct text_report *state, const struct connection *c)
{
    unsigned server = !c->client_side;
    bool is_asked_for = c->name && strcmp(c->name_from, "sni") == 0;
    return server_key(state->seed, c->flow->ip_version, c->flow->address[server], c->flow->port[server],
                      is_asked_for ? c->name : "");
}

struct entry_keys {
    struct text_key server, cluster, key;
    char ja4[JA4_LEN];
};

static struct entry_keys keys_begin(const struct text_report *state, const struct connection *c, enum outcome outcome,
                                    const char *code)
{
    struct entry_keys keys = {.server = server_of(state, c)};
    keys.cluster = keys.server;
    text_key_add(&keys.cluster, &outcome, sizeof outcome);
    text_key_string(&keys.cluster, code);
    keys.key = keys.cluster;
    return keys;
}

static void add_client_software(struct report *report, const struct connection *c, struct entry_keys *keys)
{
    if (!c->has_client_hello || c->is_client_hello_cut ||
        !ja4(report->fingerprints, &c->client_hello, ja4_transport_of(c->protocol), keys->ja4))
        keys->ja4[0] = '\0';
    text_key_string(&keys->key, keys->ja4);
}

/* What it agreed on, what was presented and what is told beside. */
static void add_success(const struct connection *c, const struct diagnosis *d, struct entry_keys *keys)
{
    text_key_add(&keys->key, &c->version, sizeof c->version);
    text_key_add(&keys->key, &c->cipher, sizeof c->cipher);
    text_key_add(&keys->key, &c->group_id, sizeof c->group_id);
    text_key_add(&keys->key, c->alpn.at, c->alpn.len);
    text_key_add(&keys->key, &c->is_resumed, sizeof c->is_resumed);
    if (c->chain.num > 0)
        text_key_string(&keys->key, certificate_facts(c->chain.certificates[0])->sha256);
    for (unsigned i = 0; i < d->num; i++)
        text_key_add(&keys->key, &d->findings[i].id, sizeof d->findings[i].id);
}

/* ---- connections */

static struct text_group *add(struct text_groups *groups, const struct entry_keys *keys,
                              const struct report_connection *shown)
{
    const struct connection *c = shown->connection;
    const struct flow *flow = c->flow;
    struct text_member member = {.key = keys->key,
                                 .id = c->id,
                                 .frame = flow->first.place.frame,
                                 .time_ns = flow->first.time_ns,
                                 .ip_version = flow->ip_version,
                                 .client = flow->address[c->client_side]};
    struct text_group *group = text_groups_add(groups, &member);
    if (!group || group->count > 1)
        return group;
    group->server = keys->server;
    group->cluster = keys->cluster;
    group->outcome = shown->diagnosis->verdict.outcome;
    group->ip_version = flow->ip_version;
    memcpy(group->server_address, flow->address[!c->client_side], sizeof group->server_address);
    memcpy(group->ja4, keys->ja4, sizeof group->ja4);
    group->client_port = flow->port[c->client_side];
    group->server_port = flow->port[!c->client_side];
    group->time_digits = c->time_digits;
    group->version = c->version;
    group->cipher = c->cipher;
    group->has_cipher = c->has_cipher;
    group->name = c->name ? strdup(c->name) : NULL;
    group->name_from = c->name_from;
    group->first = flow->first;
    group->last = flow->last;
    group->input = shown->input;
    return group;
}

static struct text_part part_end(struct text *t, uint64_t from)
{
    text_part_end(t);
    return (struct text_part){from, output_at(t->out) - from};
}

/* The chain, whom it was shown for, and what the stores say of it. */
static struct text_key certificates_key(const struct text_report *state, const struct text_block *block)
{
    const struct connection *c = block->connection;
    if (c->chain.num == 0 || c->client_chain.num > 0 || c->staple)
        return (struct text_key){0, 0};
    struct text_key key = text_key_begin(state->seed);
    text_key_add(&key, &block->is_brief, sizeof block->is_brief);
    for (unsigned i = 0; i < c->chain.num; i++)
        text_key_string(&key, certificate_facts(c->chain.certificates[i])->sha256);
    for (unsigned i = 0; i < c->num_verifications; i++) {
        const struct verification *v = &c->verifications[i];
        text_key_string(&key, v->store->name);
        text_key_add(&key, &v->outcome.code, sizeof v->outcome.code);
        text_key_add(&key, &v->is_completed, sizeof v->is_completed);
        text_key_add(&key, v->has_also, sizeof v->has_also);
        text_key_add(&key, &v->is_name_match, sizeof v->is_name_match);
    }
    return key;
}

/* As far as it is shown. */
static struct text_key what_they_saw(const struct text_report *state, const struct diagnosis *d)
{
    struct text_key key = text_key_begin(state->seed);
    struct seen_line line;
    size_t next = 0;
    for (unsigned i = 0; i < TEXT_SHOWN_SEEN && seen_next(d, d->verdict.finding, &next, &line); i++) {
        text_key_string(&key, line.client);
        text_key_string(&key, line.text);
        text_key_add(&key, &line.is_server_log, sizeof line.is_server_log);
    }
    return key;
}

static void draw_parts(struct report *report, const struct text_block *block, struct text_group *group)
{
    struct text_report *state = report->state;
    struct output *parts = &state->parts;
    const struct diagnosis *d = block->shown->diagnosis;
    struct text t = text_into(report, parts);
    uint64_t from = output_at(parts);
    text_part_begin(&t);
    text_why(&t, block);
    group->why = part_end(&t, from);
    from = output_at(parts);
    if (!block->is_brief) {
        picture_overlap(&t, block->shown);
        picture_chain(&t, block->shown);
        group->pictures = part_end(&t, from);
        from = output_at(parts);
        picture_ladder(&t, block->shown);
        group->ladder = part_end(&t, from);
        from = output_at(parts);
    }
    const struct command_target target = command_target_of(block->connection);
    if (d->verdict.finding)
        text_fixes(&t, "do", d->verdict.finding->id, &target);
    group->fixes = part_end(&t, from);
    from = output_at(parts);
    if (d->verdict.finding) {
        text_seen(&t, d, d->verdict.finding, false);
        group->seen_key = what_they_saw(state, d);
    }
    group->seen = part_end(&t, from);
    from = output_at(parts);
    text_beside(&t, block);
    if (block->is_brief)
        text_agreement(&t, block);
    else
        text_facts(&t, block);
    group->facts = part_end(&t, from);
    from = output_at(parts);
    text_certificates(&t, block);
    group->chain = part_end(&t, from);
    group->certificates = certificates_key(state, block);
    from = output_at(parts);
    text_filter(&t, block);
    group->filter = part_end(&t, from);
}

/* For the answer on top of a page. */
static void keep_answer(struct text_group *group, const struct verdict *v)
{
    group->code = v->code;
    group->has_finding = v->finding != NULL;
    group->finding = v->finding ? v->finding->id : 0;
    group->side = v->side;
    if (!v->finding)
        return;
    group->summary = strdup(v->finding->summary);
    group->certainty = v->finding->certainty;
}

/* The entry that tells of it; NULL where there is no room for one. */
static const struct text_group *add_problem(struct report *report, const struct text_block *block)
{
    struct text_report *state = report->state;
    const struct verdict *v = &block->shown->diagnosis->verdict;
    struct entry_keys keys = keys_begin(state, block->connection, v->outcome, v->code);
    text_key_string(&keys.key, v->side);
    text_key_string(&keys.key, v->ended_by);
    text_key_sentence(&keys.key, v->finding ? v->finding->summary : NULL);
    add_client_software(report, block->connection, &keys);
    bool is_incomplete = v->outcome == OUTCOME_INCOMPLETE;
    struct text_group *group = add(is_incomplete ? &state->incomplete : &state->problems, &keys, block->shown);
    if (!group || group->count > 1)
        return group;
    group->code = v->code;
    group->has_finding = v->finding != NULL;
    group->finding = v->finding ? v->finding->id : 0;
    if (state->page)
        keep_answer(group, v);
    if (!block->is_verbose)
        draw_parts(report, block, group);
    return group;
}

static void add_completed(struct report *report, struct text_block block)
{
    struct text_report *state = report->state;
    struct entry_keys keys = keys_begin(state, block.connection, OUTCOME_COMPLETED, "ok");
    add_client_software(report, block.connection, &keys);
    add_success(block.connection, block.shown->diagnosis, &keys);
    struct text_group *group = add(&state->completed, &keys, block.shown);
    if (!group || group->count > 1)
        return;
    group->code = block.shown->diagnosis->verdict.code;
    block.is_brief = true;
    draw_parts(report, &block, group);
}

static void add_warnings(struct report *report, const struct report_connection *shown)
{
    struct text_report *state = report->state;
    const struct diagnosis *d = shown->diagnosis;
    bool has_had[NUM_FINDINGS] = {false};
    for (unsigned i = 0; i < d->num; i++) {
        const struct finding *f = &d->findings[i];
        if (f->severity < SEVERITY_WARNING || f->side == PARTY_CAPTURE || has_had[f->id])
            continue;
        has_had[f->id] = true;
        struct entry_keys keys = keys_begin(state, shown->connection, OUTCOME_COMPLETED, finding_code(f->id)->code);
        text_key_sentence(&keys.key, f->summary);
        struct text_group *group = add(&state->warnings, &keys, shown);
        if (!group || group->count > 1)
            continue;
        group->code = finding_code(f->id)->code;
        group->has_finding = true;
        group->finding = f->id;
        struct text t = text_into(report, &state->parts);
        uint64_t from = output_at(&state->parts);
        text_part_begin(&t);
        text_paragraph(&t, "what", f->summary);
        group->why = part_end(&t, from);
    }
}

void text_collect_connection(struct report *report, const struct report_connection *shown)
{
    struct text_report *state = report->state;
    enum outcome outcome = shown->diagnosis->verdict.outcome;
    if (report->options.quiet)
        return;
    struct text_block block = {.shown = shown,
                               .connection = shown->connection,
                               .fingerprints = report->fingerprints,
                               .is_verbose = report->options.verbose,
                               .client_trust = report->options.client_trust,
                               .was_reused = text_set_add(&state->addresses, text_addresses(shown->connection))};
    (void)text_set_add(&state->known, server_of(state, shown->connection).a);
    text_unseen_note(&state->unseen, shown);
    if (outcome == OUTCOME_COMPLETED)
        add_warnings(report, shown);
    const struct text_group *entry = outcome != OUTCOME_COMPLETED ? add_problem(report, &block) : NULL;
    if (outcome == OUTCOME_COMPLETED && !report->options.verbose)
        add_completed(report, block);
    bool is_told = report->options.verbose && (!state->page || page_has_room(state, outcome));
    if (state->page && report->options.verbose)
        page_note(report, shown, is_told ? shown->connection->id : 0);
    else if (state->page)
        page_note(report, shown, entry && outcome != OUTCOME_INCOMPLETE ? entry->members[0].id : 0);
    if (is_told) {
        struct text t = text_into(report, &state->blocks[outcome]);
        text_connection(&t, &block);
    }
}

void text_collect_pair(struct report *report, const struct report_pair *pair)
{
    struct text_report *state = report->state;
    const struct verdict *v = &pair->contrast->diagnosis.verdict;
    struct text t = text_into(report, &state->pairs);
    if (state->page && v->finding && !state->page->pair.has_finding)
        keep_answer(&state->page->pair, v);
    if (!report->options.quiet && text_pair_is_told(pair, report->options.verbose))
        text_pair(&t, pair, report->options.verbose);
}

/* ---- names and servers */

static const char *answer_text(const char *answer)
{
    static const struct {
        const char *answer, *text;
    } texts[] = {
        {"NXDOMAIN", "the name does not exist (NXDOMAIN)"},
        {"SERVFAIL", "the resolver failed (SERVFAIL)"},
        {"empty", "the name has no address"},
        {"none", "no answer came"},
        {"REFUSED", "the resolver refused to answer (REFUSED)"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (strcmp(texts[i].answer, answer) == 0)
            return texts[i].text;
    }
    return answer;
}

static void draw_look_up(struct report *report, const struct report_name *name, struct text_group *group)
{
    struct output *parts = &((struct text_report *)report->state)->parts;
    struct text t = text_into(report, parts);
    uint64_t from = output_at(parts);
    text_part_begin(&t);
    if (name->diagnosis) {
        const struct report_connection shown = {.diagnosis = name->diagnosis, .capture = name->capture};
        text_why(&t, &(const struct text_block){.shown = &shown, .is_verbose = report->options.verbose});
        text_label(&t, "resolver");
    } else {
        text_label(&t, "what");
        text_plain(&t, answer_text(name->answer));
        text_line_end(&t);
        text_label(&t, "proof");
        text_printf(&t, "frame %llu: ", (unsigned long long)name->moment.place.frame);
    }
    text_name(&t, name->client);
    text_plain(&t, " asked ");
    text_name(&t, name->resolver);
    text_line_end(&t);
    group->why = part_end(&t, from);
    from = output_at(parts);
    text_fixes(&t, "do", group->finding, &(const struct command_target){.name = name->name});
    group->fixes = part_end(&t, from);
    from = output_at(parts);
    const char *label = "seen as";
    char filter[48];
    size_t next = 0;
    for (const struct finding_seen *seen; (seen = finding_seen_next(group->finding, &next)); label = "") {
        text_label(&t, label);
        text_printf(&t, "%s: ", seen->client);
        text_code(&t, seen->text);
        text_line_end(&t);
    }
    group->seen = part_end(&t, from);
    group->seen_key = text_key_begin(group->finding);
    from = output_at(parts);
    text_label(&t, "filter");
    snprintf(filter, sizeof filter, "frame.number==%llu", (unsigned long long)name->moment.place.frame);
    text_code(&t, filter);
    text_line_end(&t);
    group->facts = part_end(&t, from);
}

void text_collect_name(struct report *report, const struct report_name *name)
{
    struct text_report *state = report->state;
    uint8_t client[16] = {0};
    bool is_v6 = strchr(name->client, ':') != NULL;
    if (name->diagnosis && name->diagnosis->num == 0)
        return; /* connected to all the same, or not known */
    state->failed_names++;
    if (report->options.quiet)
        return;
    (void)inet_pton(is_v6 ? AF_INET6 : AF_INET, name->client, client);
    struct text_member member = {.key = text_key_begin(state->seed),
                                 .frame = name->moment.place.frame,
                                 .time_ns = name->moment.time_ns,
                                 .ip_version = is_v6 ? 6 : 4,
                                 .client = client};
    text_key_string(&member.key, name->name);
    text_key_string(&member.key, name->answer);
    text_key_string(&member.key, name->resolver);
    struct text_group *group = text_groups_add(&state->problems, &member);
    if (!group || group->count > 1)
        return;
    group->outcome = OUTCOME_FAILED;
    group->is_look_up = group->has_finding = true;
    group->finding = FINDING_NAME_NOT_RESOLVED;
    group->code = finding_code(FINDING_NAME_NOT_RESOLVED)->code;
    group->cluster = member.key;
    group->time_digits = 6;
    group->name = strdup(name->name);
    group->name_from = "sni"; /* the client asked for it */
    group->first = group->last = name->moment;
    group->input = name->input;
    draw_look_up(report, name, group);
}

void text_collect_server(struct report *report, const struct server_profile *profile, const struct diagnosis *diagnosis,
                         const struct capture *capture)
{
    struct text_report *state = report->state;
    (void)capture; /* frames stand in JSON */
    struct text_key key = server_key(state->seed, profile->ip_version, profile->address, profile->port, profile->name);
    /* Of those whose connections are not shown nothing is told. */
    if (!report->options.quiet && text_set_has(&state->known, key.a))
        text_servers_push(&state->servers, profile, &key, diagnosis);
}
