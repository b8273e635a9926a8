/* The text format: what was drawn is held back until all is known, so that totals come first, then problems, then the
 * rest. */
#include "report/format.h"
#include "report/medium.h"
#include "report/text_report.h"

#include <stdlib.h>
#include <sys/random.h>

/* In the order in which they are shown. */
static const enum outcome shown_as[] = {OUTCOME_FAILED, OUTCOME_NOT_TLS, OUTCOME_INCOMPLETE, OUTCOME_COMPLETED};

int text_report_begin(struct report *report, const struct medium *medium, struct error *error)
{
    struct text_report *state = calloc(1, sizeof *state);
    if (!state)
        return error_set(error, "out of memory");
    report->state = state;
    state->medium = medium;
    if (getrandom(&state->seed, sizeof state->seed, 0) < 0)
        state->seed = (uint64_t)(uintptr_t)state;
    text_groups_init(&state->problems, LIMIT_TEXT_GROUPS);
    text_groups_init(&state->incomplete, LIMIT_TEXT_GROUPS);
    text_groups_init(&state->warnings, LIMIT_TEXT_GROUPS);
    text_groups_init(&state->completed, LIMIT_TEXT_GROUPS);
    state->parts.fd = state->pairs.fd = -1;
    for (unsigned i = 0; i < TEXT_OUTCOMES; i++)
        state->blocks[i].fd = -1;
    if (output_init_spool(&state->parts, error) < 0)
        return -1;
    for (unsigned i = 0; i < TEXT_OUTCOMES; i++) {
        if (output_init_spool(&state->blocks[i], error) < 0)
            return -1;
    }
    return output_init_spool(&state->pairs, error);
}

static int text_begin(struct report *report, struct error *error)
{
    return text_report_begin(report, &medium_terminal, error);
}

/* ---- the end */

/* With -v each connection follows anyway: what they have in common is told before. */
static void draw_overview(struct text *t, const struct text_group *const *groups, size_t num)
{
    bool has_any = false;
    for (size_t i = 0; i < num; i++) {
        if (groups[i]->is_look_up || groups[i]->count == 1)
            continue;
        if (!has_any)
            text_section(t, "Connections that are alike; each of them follows");
        has_any = true;
        text_entry_overview(t, groups[i]);
    }
    if (has_any)
        text_line_end(t);
}

static bool is_full(struct text_entries *entries, const struct text_group *group, size_t num_full, size_t max_full)
{
    return num_full < max_full && (!group->has_finding || entries->full[group->finding]++ < entries->max_alike);
}

/* The most important in full, not too many with one verdict; then a line for each, then their number. */
static void draw_entries(struct text *t, struct text_entries *entries, const struct text_groups *groups,
                         const struct text_group *const *order, size_t max_full, size_t max_lines)
{
    size_t num_full = 0, num_lines = 0;
    uint64_t left_out = 0;
    bool was_line = false;
    for (size_t i = 0; i < groups->num; i++) {
        if (is_full(entries, order[i], num_full, max_full)) {
            if (was_line)
                text_line_end(t);
            text_entry(t, entries, order[i]);
            was_line = false;
            num_full++;
        } else if (num_lines < max_lines) {
            text_entry_line(t, order[i]);
            was_line = true;
            num_lines++;
        } else {
            left_out += order[i]->count;
        }
    }
    if (left_out > 0) {
        text_plain(t, "and ");
        text_count(t, left_out);
        text_plain(t, " more, listed by -v and by --format json");
        text_line_end(t);
    }
    if (was_line)
        text_line_end(t);
}

static void draw_look_ups(struct text *t, struct text_entries *entries, const struct text_groups *groups,
                          const struct text_group *const *order)
{
    for (size_t i = 0; i < groups->num; i++)
        if (order[i]->is_look_up)
            text_entry(t, entries, order[i]);
}

void text_table(struct text *t, struct text_entries *entries, struct text_groups *groups, size_t max_full,
                size_t max_lines)
{
    struct text_group **ordered = text_groups_order(groups);
    const struct text_group *const *order_of = (const struct text_group *const *)ordered;
    if (!ordered)
        return;
    if (entries->is_verbose) {
        draw_overview(t, order_of, groups->num);
        draw_look_ups(t, entries, groups, order_of);
    } else {
        draw_entries(t, entries, groups, order_of, max_full, max_lines);
    }
    free(ordered);
}

static void text_finish(struct report *report, const struct report_summary *summary)
{
    struct text_report *state = report->state;
    const struct report_options *options = &report->options;
    const struct text_groups *const tables[] = {&state->problems, &state->incomplete, &state->warnings};
    struct text_entries entries = {.spool = &state->parts,
                                   .is_verbose = options->verbose,
                                   .max_alike = LIMIT_SHOWN_ALIKE,
                                   .max_warnings = LIMIT_SHOWN_WARNINGS,
                                   .max_lines = LIMIT_SHOWN_LINES};
    struct text t = text_into(report, &report->out);
    text_summary(&t, summary, state->failed_names, options->verbose);
    text_seen_as(&t, summary);
    if (options->quiet) {
        text_limits(&t, summary);
        return;
    }
    text_line_end(&t);
    output_append(&report->out, &state->pairs);
    text_table(&t, &entries, &state->problems, LIMIT_SHOWN_FAILURES, LIMIT_TEXT_GROUPS);
    text_table(&t, &entries, &state->incomplete, LIMIT_SHOWN_INCOMPLETE, LIMIT_SHOWN_LINES);
    for (unsigned i = 0; i < TEXT_OUTCOMES; i++)
        if (shown_as[i] != OUTCOME_COMPLETED)
            output_append(&report->out, &state->blocks[shown_as[i]]);
    text_servers_draw(&t, &state->servers, tables, sizeof tables / sizeof *tables, options->verbose);
    text_warnings(&t, &entries, &state->warnings);
    text_completed(&t, &entries, &state->completed);
    output_append(&report->out, &state->blocks[OUTCOME_COMPLETED]);
    state->unseen.left_out = options->verbose ? 0 : state->problems.left_out + state->incomplete.left_out;
    state->unseen.warnings_left_out = state->warnings.left_out;
    text_unseen_draw(&t, &state->unseen, summary, options->client_trust);
}

void text_report_free(struct report *report)
{
    struct text_report *state = report->state;
    if (!state)
        return;
    output_cleanup(&state->parts);
    output_cleanup(&state->pairs);
    for (unsigned i = 0; i < TEXT_OUTCOMES; i++)
        output_cleanup(&state->blocks[i]);
    text_groups_cleanup(&state->problems);
    text_groups_cleanup(&state->incomplete);
    text_groups_cleanup(&state->warnings);
    text_groups_cleanup(&state->completed);
    free(state->page);
    free(state);
}

const struct report_format report_format_text = {
    .name = "text",
    .endings = {"txt", "text", "log"},
    .begin = text_begin,
    .connection = text_collect_connection,
    .name_record = text_collect_name,
    .pair = text_collect_pair,
    .server = text_collect_server,
    .finish = text_finish,
    .free = text_report_free,
};
