/* The text format: blocks are held back, so that totals come first and then problems before the rest. */
#include "report/format.h"
#include "report/text_report.h"
#include "report/timestamp.h"

#include <stdlib.h>

/* In the order in which they are shown. */
static const enum outcome order[] = {OUTCOME_FAILED, OUTCOME_NOT_TLS, OUTCOME_INCOMPLETE, OUTCOME_COMPLETED};
enum { NUM_SPOOLS = sizeof order / sizeof *order };

struct text_report {
    struct output spools[NUM_SPOOLS]; /* by enum outcome; failed look-ups stand with the failed connections */
    struct text_reuse reuse;
    uint64_t failed_names;
};

static struct text text_into(const struct report *report, struct output *out)
{
    const struct report_options *options = &report->options;
    return (struct text){
        .out = out, .use_color = options->use_color, .is_utf8 = options->is_utf8, .width = options->width};
}

static int text_begin(struct report *report, struct error *error)
{
    struct text_report *state = calloc(1, sizeof *state);
    if (!state)
        return error_set(error, "out of memory");
    report->state = state;
    for (unsigned i = 0; i < NUM_SPOOLS; i++)
        state->spools[i].fd = -1;
    for (unsigned i = 0; i < NUM_SPOOLS; i++) {
        if (output_init_spool(&state->spools[i], error) < 0)
            return -1;
    }
    return 0;
}

static void text_connection_record(struct report *report, const struct report_connection *shown)
{
    struct text_report *state = report->state;
    if (report->options.quiet)
        return;
    struct text t = text_into(report, &state->spools[shown->diagnosis->verdict.outcome]);
    const struct text_block block = {.shown = shown,
                                     .connection = shown->connection,
                                     .reuse = &state->reuse,
                                     .fingerprints = report->fingerprints,
                                     .is_verbose = report->options.verbose,
                                     .client_trust = report->options.client_trust};
    text_connection(&t, &block);
}

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

static void text_name_record(struct report *report, const struct report_name *name)
{
    struct text_report *state = report->state;
    state->failed_names++;
    if (report->options.quiet)
        return;
    char time[TIMESTAMP_LEN];
    struct text t = text_into(report, &state->spools[OUTCOME_FAILED]);
    text_style(&t, STYLE_FAILED);
    text_plain(&t, "NAME FAILED");
    text_style_end(&t);
    text_plain(&t, "  ");
    text_bytes_of(&t, name->name);
    text_plain(&t, "\n");
    text_label(&t, "answer");
    text_plain(&t, answer_text(name->answer));
    text_plain(&t, "\n");
    text_label(&t, "asked");
    text_string(&t, name->client);
    text_plain(&t, " -> ");
    text_string(&t, name->resolver);
    text_printf(&t, ", %s UTC, frame %llu of ", timestamp_write_plain(time, name->moment.time_ns, 6),
                (unsigned long long)name->moment.place.frame);
    text_bytes_of(&t, name->input->name);
    text_plain(&t, "\n");
    text_label(&t, "filter");
    text_printf(&t, "frame.number==%llu\n\n", (unsigned long long)name->moment.place.frame);
}

static void text_finish(struct report *report, const struct report_summary *summary)
{
    struct text_report *state = report->state;
    struct text t = text_into(report, &report->out);
    bool has_blocks = false;
    text_summary(&t, summary, state->failed_names, report->options.verbose);
    for (unsigned i = 0; i < NUM_SPOOLS; i++) {
        struct output *spool = &state->spools[order[i]];
        if (!has_blocks && (spool->len > 0 || spool->fd >= 0)) {
            text_line_end(&t);
            has_blocks = true;
        }
        output_append(&report->out, spool);
    }
}

static void text_free(struct report *report)
{
    struct text_report *state = report->state;
    for (unsigned i = 0; state && i < NUM_SPOOLS; i++)
        output_cleanup(&state->spools[i]);
    free(state);
}

const struct report_format report_format_text = {
    .name = "text",
    .begin = text_begin,
    .connection = text_connection_record,
    .name_record = text_name_record,
    .finish = text_finish,
    .free = text_free,
};
