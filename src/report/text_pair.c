/* The text format: what differs between two vantage points. */
#include "report/text_report.h"

#include <stdio.h>

enum { LONG_DIGITS = 64, SHOWN_DIGITS = 16 };

static const char *const how_texts[] = {
    [PAIR_NONE] = "seen at one point only",
    [PAIR_RANDOM] = "the same ClientHello",
    [PAIR_TCP] = "the same TCP connection",
    [PAIR_NAME] = "the same server name, nearest in time",
    [PAIR_ADDRESS] = "the same server address, nearest in time",
};

static void title(struct text *t, const struct contrast *contrast)
{
    const struct sighting *a = contrast->at[0], *b = contrast->at[1];
    const char *name = a && a->name ? a->name : b ? b->name : NULL;
    text_title_begin(t, contrast->diagnosis.verdict.code ? OUTCOME_FAILED : OUTCOME_COMPLETED, 0);
    text_styled(t, STYLE_TITLE, "COMPARED");
    if (contrast->diagnosis.verdict.code) {
        text_plain(t, " ");
        text_styled(t, STYLE_FAILED, contrast->diagnosis.verdict.code);
    }
    text_gap(t);
    if (a)
        text_number(t, a->id);
    if (a && b)
        text_plain(t, " and ");
    if (b)
        text_number(t, b->id);
    if (name) {
        text_gap(t);
        text_bytes_of(t, name);
    }
    text_gap(t);
    text_printf(t, "(%s)", how_texts[a ? a->how : b ? b->how : PAIR_NONE]);
    text_title_end(t);
}

static void point(struct text *t, const struct report_pair *pair, unsigned side)
{
    const struct sighting *s = pair->contrast->at[side];
    text_label(t, side == 0 ? "a" : "b");
    text_bytes_of(t, pair->context->vantages[side].name);
    if (s) {
        text_plain(t, " ");
        text_number(t, s->id);
        text_printf(t, ": %s, %s", outcome_name(s->outcome), s->verdict);
    } else {
        text_plain(t, ": not seen there");
    }
    text_line_end(t);
}

/* Of a hash or a random the beginning will do. */
static void value(struct text *t, const char *text)
{
    size_t digits = strspn(text, "0123456789abcdef");
    if (digits == LONG_DIGITS)
        text_printf(t, "%.*s...", SHOWN_DIGITS, text);
    text_name(t, digits == LONG_DIGITS ? text + digits : text);
}

static void differences(struct text *t, const struct contrast *contrast)
{
    for (unsigned i = 0; i < contrast->num; i++) {
        const struct contrast_difference *d = &contrast->differences[i];
        text_label(t, i == 0 ? "differs" : "");
        text_plain(t, d->what);
        text_plain(t, ": ");
        value(t, d->a);
        text_plain(t, text_is_page(t) ? " / " : " | ");
        value(t, d->b);
        text_line_end(t);
    }
}

bool text_pair_is_told(const struct report_pair *pair, bool is_verbose)
{
    return is_verbose || pair->contrast->diagnosis.num > 0 || pair->contrast->num > 0 || !pair->contrast->at[0] ||
           !pair->contrast->at[1];
}

void text_pair(struct text *t, const struct report_pair *pair, bool is_verbose)
{
    const struct report_connection shown = {.diagnosis = &pair->contrast->diagnosis, .capture = pair->capture};
    const struct text_block block = {.shown = &shown, .is_verbose = is_verbose};
    title(t, pair->contrast);
    point(t, pair, 0);
    point(t, pair, 1);
    differences(t, pair->contrast);
    if (pair->contrast->diagnosis.verdict.finding)
        text_why(t, &block);
    text_beside(t, &block);
    text_entry_end(t);
}

static void clocks(struct text *t, const struct pair_context *compared)
{
    text_label(t, "clocks");
    if (compared->is_apart) {
        text_plain(t, "the captures were taken at different times: what one of them lacks is no sign");
    } else if (compared->num_measured == 0) {
        text_plain(t, "taken to agree: no connection was seen at both points that would tell");
    } else {
        bool is_ahead = compared->offset_ns >= 0;
        text_plain(t, "b is ");
        text_duration(t, is_ahead ? compared->offset_ns : -(compared->offset_ns + 1));
        text_printf(t, " %s a, by ", is_ahead ? "ahead of" : "behind");
        text_plural(t, compared->num_measured, "connection seen at both", "connections seen at both");
    }
    text_line_end(t);
}

void text_compared(struct text *t, const struct pair_context *compared)
{
    if (!compared)
        return;
    struct text_list list = text_list_begin(t, "compared");
    for (enum pair_how how = PAIR_NONE; how <= PAIR_ADDRESS; how++) {
        char item[96];
        if (compared->num[how] == 0)
            continue;
        snprintf(item, sizeof item, "%llu %s", (unsigned long long)compared->num[how], how_texts[how]);
        text_list_item(&list, item);
    }
    text_list_end(&list);
    clocks(t, compared);
}
