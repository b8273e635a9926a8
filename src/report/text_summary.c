/* The text format: what was read, and how it went altogether. */
#include "bounds.h"
#include "capture/filter.h"
#include "report/text_report.h"
#include "report/timestamp.h"
#include "version.h"

#include <stdio.h>

enum { SHOWN_INPUTS = 20 }; /* of more files, only those with something to tell */

static void time_span(struct text *t, const struct moment *first, const struct moment *last, unsigned digits)
{
    char buf[TIMESTAMP_LEN];
    if (!first->place.frame)
        return;
    text_printf(t, "%s to ", timestamp_write_plain(buf, first->time_ns, digits));
    text_printf(t, "%s UTC (", timestamp_write_plain(buf, last->time_ns, digits));
    text_duration(t, moment_since(last, first));
    text_plain(t, ")");
}

void text_input_name(struct text *t, const struct capture_input *in)
{
    if (strcmp(in->name, "-") == 0)
        text_plain(t, "standard input");
    else
        text_bytes_of(t, in->name);
}

static void input(struct text *t, const struct capture_input *in, unsigned digits)
{
    text_style(t, STYLE_TITLE);
    text_input_name(t, in);
    text_style_end(t);
    text_printf(t, ": %s", in->format);
    if (in->compression)
        text_printf(t, " in %s", in->compression);
    text_plain(t, ", ");
    text_plural(t, in->num_packets, "packet", "packets");
    text_plain(t, " (");
    text_size(t, in->num_bytes);
    text_plain(t, ")");
    for (unsigned i = 0; i < in->num_link_types; i++) {
        text_plain(t, ", ");
        text_string(t, link_type_description(in->link_types[i]));
    }
    text_line_end(t);
    if (in->is_evidence) {
        text_plain(t, "  evidence that tlswhy took from ");
        text_plural(t, in->evidence_packets, "packet", "packets");
        text_plain(t, ", by its own words; application data was left out of it");
        text_line_end(t);
    }
    if (in->first.place.frame) {
        text_plain(t, "  ");
        time_span(t, &in->first, &in->last, digits);
        text_line_end(t);
    }
    for (unsigned i = 0; i < in->num_notes; i++) {
        text_style(t, STYLE_INCOMPLETE);
        text_plain(t, "  note: ");
        text_style_end(t);
        text_string(t, in->notes[i].text);
        text_printf(t, " (at byte %llu)", (unsigned long long)in->notes[i].offset);
        text_line_end(t);
    }
    if (in->has_drops && (in->kernel_drops || in->interface_drops)) {
        text_plain(t, "  note: packets lost while capturing: ");
        text_count(t, in->kernel_drops);
        text_plain(t, " by the kernel, ");
        text_count(t, in->interface_drops);
        text_plain(t, " by the interface");
        text_line_end(t);
    }
}

/* What people and programs wrote into a pcapng file. */
static void comments(struct text *t, const struct capture_input *in)
{
    unsigned num = 0;
    for (unsigned i = 0; i < in->num_comments; i++) {
        const struct capture_comment *comment = &in->comments[i];
        if (!*comment->text || num++ >= LIMIT_SHOWN_COMMENTS)
            continue;
        if (comment->place.frame)
            text_printf(t, "  comment on frame %llu: ", (unsigned long long)comment->place.frame);
        else
            text_plain(t, "  comment: ");
        text_bytes_of(t, comment->text);
        text_line_end(t);
    }
    if (num > LIMIT_SHOWN_COMMENTS) {
        text_printf(t, "  and %u more comments", num - LIMIT_SHOWN_COMMENTS);
        text_line_end(t);
    }
    if (in->num_resolutions > 0) {
        text_plain(t, "  ");
        text_plural(t, in->num_resolutions, "name of an address in it", "names of addresses in it");
        text_line_end(t);
    }
}

static void outcomes(struct text *t, const struct report_summary *s)
{
    static const struct {
        enum outcome outcome;
        enum text_style style;
        const char *text;
    } rows[] = {
        {OUTCOME_FAILED, STYLE_FAILED, "failed"},
        {OUTCOME_NOT_TLS, STYLE_NOT_TLS, "not TLS"},
        {OUTCOME_INCOMPLETE, STYLE_INCOMPLETE, "incomplete in the capture"},
        {OUTCOME_COMPLETED, STYLE_COMPLETED, "completed"},
    };
    uint64_t total = 0;
    const char *between = ": ";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        total += s->outcomes[rows[i].outcome];
    text_plural(t, total, "connection", "connections");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (s->outcomes[rows[i].outcome] == 0)
            continue;
        text_plain(t, between);
        text_style(t, rows[i].style);
        text_count(t, s->outcomes[rows[i].outcome]);
        text_plain(t, " ");
        text_plain(t, rows[i].text);
        text_style_end(t);
        between = ", ";
    }
}

static bool is_more_telling(const struct report_summary *s, unsigned a, unsigned b)
{
    bool is_a_ok = strcmp(s->verdicts[a].code, "ok") == 0, is_b_ok = strcmp(s->verdicts[b].code, "ok") == 0;
    return is_a_ok != is_b_ok ? is_b_ok : s->verdicts[a].count > s->verdicts[b].count;
}

/* The most frequent first, "ok" last. */
static void verdicts(struct text *t, const struct report_summary *s)
{
    bool is_told[REPORT_MAX_VERDICTS] = {false};
    struct text_list list = text_list_begin(t, "verdicts");
    for (unsigned n = 0; n < s->num_verdicts; n++) {
        unsigned next = s->num_verdicts;
        char item[96];
        for (unsigned i = 0; i < s->num_verdicts; i++)
            if (!is_told[i] && (next == s->num_verdicts || is_more_telling(s, i, next)))
                next = i;
        is_told[next] = true;
        snprintf(item, sizeof item, "%s %llu", s->verdicts[next].code, (unsigned long long)s->verdicts[next].count);
        text_list_item(&list, item);
    }
    text_list_end(&list);
}

static void totals(struct text *t, const struct report_summary *s, uint64_t failed_names)
{
    outcomes(t, s);
    if (failed_names > 0) {
        text_plain(t, "; ");
        text_plural(t, failed_names, "name not resolved", "names not resolved");
    }
    if (s->probes > 0) {
        text_plain(t, "; ");
        text_plural(t, s->probes, "probe without data not listed", "probes without data not listed");
    }
    if (s->unlisted > 0) {
        text_plain(t, "; ");
        text_count(t, s->unlisted);
        text_plain(t, " without TLS not listed");
    }
    text_line_end(t);
    if (s->num_verdicts > 0) {
        verdicts(t, s);
    }
}

/* What the user said, since verdicts may rest on it. */
static void told(struct text *t, const struct told_server *told)
{
    const struct {
        const char *what;
        bool is_told;
    } parts[] = {{"versions", told->versions.num > 0},
                 {"cipher suites", told->ciphers.num > 0},
                 {"groups", told->groups.num > 0},
                 {"signature algorithms", told->signature_algorithms.num > 0},
                 {"certificate types", told->key_kinds != 0}};
    if (!told_is_any(told))
        return;
    struct text_list list = text_list_begin(t, "told by you");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].is_told)
            text_list_item(&list, parts[i].what);
    text_list_end(&list);
    text_label(t, "");
    text_plain(t, told->name[0] ? "of the server " : "of all servers");
    text_bytes_of(t, told->name);
    if (told->port != 0)
        text_printf(t, " port %u", told->port);
    text_line_end(t);
}

static void interrupted(struct text *t)
{
    text_styled(t, STYLE_INCOMPLETE, "  interrupted: what follows was seen before that");
    text_line_end(t);
}

void text_summary(struct text *t, const struct report_summary *summary, uint64_t failed_names, bool is_verbose)
{
    size_t num = capture_num_inputs(summary->capture);
    for (size_t i = 0; i < num; i++) {
        const struct capture_input *in = capture_input_at(summary->capture, i);
        bool has_comments = is_verbose && (in->num_comments > 0 || in->num_resolutions > 0);
        if (i < SHOWN_INPUTS || in->num_notes > 0 || has_comments)
            input(t, in, summary->time_digits);
        if (has_comments)
            comments(t, in);
    }
    if (num > SHOWN_INPUTS) {
        text_printf(t, "and more, %zu files in all", num);
        text_line_end(t);
    }
    if (num > 1) {
        text_printf(t, "altogether: %zu files, ", num);
        text_plural(t, summary->num_packets, "packet", "packets");
        text_plain(t, " (");
        text_size(t, summary->num_bytes);
        text_plain(t, "), ");
        time_span(t, &summary->first, &summary->last, summary->time_digits);
        text_line_end(t);
    }
    totals(t, summary, failed_names);
    if (summary->said)
        told(t, &summary->said->told);
    text_compared(t, summary->compared);
    if (summary->was_interrupted)
        interrupted(t);
}
