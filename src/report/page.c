/* The formats html and markdown: one story in one order, drawn on two media. */
#include "report/page.h"

#include "report/format.h"
#include "report/medium.h"
#include "report/page_files.h"

#include <inttypes.h>
#include <stdlib.h>

/* In the order in which they are shown. */
static const enum outcome shown_as[] = {OUTCOME_FAILED, OUTCOME_NOT_TLS, OUTCOME_INCOMPLETE};

struct limits {
    unsigned full, alike, incomplete, lines, warnings;
};
static const struct limits limits_of_media[] = {
    [MEDIUM_HTML] = {LIMIT_SHOWN_FAILURES, LIMIT_SHOWN_ALIKE, LIMIT_SHOWN_INCOMPLETE, LIMIT_SHOWN_LINES,
                     LIMIT_SHOWN_WARNINGS},
    [MEDIUM_MARKDOWN] = {LIMIT_MARKDOWN_FAILURES, LIMIT_MARKDOWN_ALIKE, LIMIT_MARKDOWN_ALIKE, LIMIT_MARKDOWN_LINES,
                         LIMIT_MARKDOWN_LINES},
};

static int begin(struct report *report, const struct medium *medium, struct error *error)
{
    if (text_report_begin(report, medium, error) < 0)
        return -1;
    struct text_report *state = report->state;
    state->page = calloc(1, sizeof *state->page);
    if (!state->page)
        return error_set(error, "out of memory");
    return page_init(state->page, error);
}

static int html_begin(struct report *report, struct error *error)
{
    return begin(report, &medium_html, error);
}

static int markdown_begin(struct report *report, struct error *error)
{
    return begin(report, &medium_markdown, error);
}

static void page_free(struct report *report)
{
    struct text_report *state = report->state;
    if (state && state->page)
        page_cleanup(state->page);
    text_report_free(report);
}

/* ---- the frame */

static void title(struct text *t, const struct report_summary *s)
{
    uint64_t failed = s->outcomes[OUTCOME_FAILED] + s->outcomes[OUTCOME_NOT_TLS];
    size_t num = capture_num_inputs(s->capture);
    text_plain(t, "TLS report");
    if (num > 0) {
        text_plain(t, ": ");
        text_input_name(t, capture_input_at(s->capture, 0));
    }
    if (num > 1)
        text_printf(t, " and %zu more", num - 1);
    if (failed > 0)
        text_printf(t, " (%" PRIu64 " failed)", failed);
}

static void head(struct text *t, const struct report_summary *s)
{
    if (medium_of(t)->kind == MEDIUM_MARKDOWN) {
        text_markup(t, "# ");
        t->place = PLACE_TITLE;
        t->is_begun = true;
        title(t, s);
        text_title_end(t);
        return;
    }
    text_markup(t, page_head_before_title);
    t->place = PLACE_FIGURE; /* words alone */
    title(t, s);
    text_markup(t, page_head_after_title);
    t->place = PLACE_TITLE;
    text_markup(t, "<h1>");
    title(t, s);
    text_markup(t, "</h1>\n");
    t->place = PLACE_OUT;
}

static void foot(struct text *t)
{
    text_section_end(t);
    if (medium_of(t)->kind == MEDIUM_HTML)
        text_markup(t, page_foot);
}

/* ---- the sections */

static void answer(struct text *t, struct text_report *state, const struct report_summary *s)
{
    bool is_html = medium_of(t)->kind == MEDIUM_HTML;
    uint64_t failed = s->outcomes[OUTCOME_FAILED] + s->outcomes[OUTCOME_NOT_TLS] + state->failed_names;
    if (is_html)
        text_markup(t, failed > 0 || state->page->pair.has_finding ? "<div class=\"answer is-bad\">\n"
                                                                   : "<div class=\"answer is-good\">\n");
    page_answer(t, state, s);
    text_entry_end(t);
    if (is_html)
        text_markup(t, "</div>\n");
}

static bool has_any(const struct output *blocks)
{
    return output_at(blocks) > 0;
}

bool page_has_room(struct text_report *state, enum outcome outcome)
{
    uint64_t room = state->medium->kind == MEDIUM_HTML ? LIMIT_PAGE_TOLD : LIMIT_MARKDOWN_TOLD;
    if (output_at(&state->blocks[outcome]) < room)
        return true;
    state->page->num_untold[outcome]++;
    return false;
}

/* -v: connections in full, as many as there is room for. */
static void told(struct text *t, struct text_report *state, enum outcome outcome)
{
    static const char *const words[] = {[OUTCOME_COMPLETED] = "that completed",
                                        [OUTCOME_FAILED] = "that failed",
                                        [OUTCOME_INCOMPLETE] = "that the capture holds in part",
                                        [OUTCOME_NOT_TLS] = "without TLS"};
    uint64_t untold = state->page->num_untold[outcome];
    text_entries_apart(t, &state->blocks[outcome]);
    if (untold == 0)
        return;
    text_plain(t, "and ");
    text_plural(t, untold, "more connection", "more connections");
    text_printf(t, " %s, told in full by --format json", words[outcome]);
    text_line_end(t);
}

static void failures(struct text *t, struct text_report *state, struct text_entries *entries,
                     const struct limits *limits)
{
    const struct output *blocks = state->blocks;
    if (state->problems.num > 0 || has_any(&blocks[OUTCOME_FAILED]) || has_any(&blocks[OUTCOME_NOT_TLS]))
        text_section(t, "What failed, and why");
    text_table(t, entries, &state->problems, limits->full, limits->lines);
    if (state->incomplete.num > 0 && !entries->is_verbose)
        text_section(t, "What the capture holds in part");
    text_table(t, entries, &state->incomplete, limits->incomplete, limits->lines);
    for (unsigned i = 0; i < sizeof shown_as / sizeof *shown_as; i++)
        told(t, state, shown_as[i]);
}

static void what_was_read(struct text *t, struct text_report *state, const struct report_summary *s,
                          const struct report_options *options)
{
    const struct report_origin *origin = &options->origin;
    text_section(t, "How this report was made");
    text_summary(t, s, state->failed_names, options->verbose);
    page_origin(t, s, origin);
}

static void page_finish(struct report *report, const struct report_summary *summary)
{
    struct text_report *state = report->state;
    const struct report_options *options = &report->options;
    const struct limits *limits = &limits_of_media[state->medium->kind];
    const struct text_groups *const tables[] = {&state->problems, &state->incomplete, &state->warnings};
    struct text_entries entries = {.spool = &state->parts,
                                   .is_verbose = options->verbose,
                                   .max_alike = limits->alike,
                                   .max_warnings = limits->warnings,
                                   .max_lines = limits->lines};
    struct text t = text_into(report, &report->out);
    head(&t, summary);
    answer(&t, state, summary);
    text_seen_as(&t, summary);
    if (!options->quiet) {
        if (has_any(&state->pairs))
            text_section(&t, "Two captures compared");
        text_entries_apart(&t, &state->pairs);
        failures(&t, state, &entries, limits);
        text_servers_draw(&t, &state->servers, tables, sizeof tables / sizeof *tables, options->verbose);
        timeline_draw(&t, &state->page->timeline, summary->time_digits);
        text_warnings(&t, &entries, &state->warnings);
        text_completed(&t, &entries, &state->completed);
        told(&t, state, OUTCOME_COMPLETED);
        page_rows(&t, state->page);
        state->unseen.left_out = options->verbose ? 0 : state->problems.left_out + state->incomplete.left_out;
        state->unseen.warnings_left_out = state->warnings.left_out;
        text_unseen_draw(&t, &state->unseen, summary, options->client_trust);
    }
    what_was_read(&t, state, summary, options);
    foot(&t);
}

#define PAGE_FORMAT(format, begins, ...)                                                                               \
    const struct report_format report_format_##format = {.name = #format,                                              \
                                                         .endings = {__VA_ARGS__},                                     \
                                                         .begin = begins,                                              \
                                                         .connection = text_collect_connection,                        \
                                                         .name_record = text_collect_name,                             \
                                                         .pair = text_collect_pair,                                    \
                                                         .server = text_collect_server,                                \
                                                         .finish = page_finish,                                        \
                                                         .free = page_free}

PAGE_FORMAT(html, html_begin, "html", "htm");
PAGE_FORMAT(markdown, markdown_begin, "md", "markdown");
