/* A time line of the capture: how many connections began when, by how they ended. */
#include "report/medium.h"
#include "report/page.h"
#include "report/timestamp.h"

#include <inttypes.h>
#include <stdio.h>

enum { FIRST_WIDTH_NS = 1000000, CHART_HEIGHT = 100, BIN_WIDTH = 10, TEXT_BINS = 24, TEXT_COLUMNS = 40, LEAST_NUM = 3 };

/* Stacked in this order, what failed at the bottom, where heights can be compared. */
static const struct {
    enum outcome outcome;
    const char *css_class, *text;
    char mark;
} series[] = {
    {OUTCOME_FAILED, "failed", "failed", '#'},
    {OUTCOME_NOT_TLS, "not-tls", "not TLS", '%'},
    {OUTCOME_INCOMPLETE, "incomplete", "incomplete", '?'},
    {OUTCOME_COMPLETED, "completed", "completed", '+'},
};
enum { NUM_SERIES = sizeof series / sizeof *series };

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static void double_width(struct timeline *timeline)
{
    int64_t first = floor_div(timeline->first, 2);
    unsigned used = 0;
    for (unsigned i = 0; i < timeline->used; i++) {
        unsigned to = (unsigned)(floor_div(timeline->first + i, 2) - first);
        for (unsigned k = 0; k < TEXT_OUTCOMES; k++) {
            uint64_t count = timeline->at[i][k];
            timeline->at[i][k] = 0;
            timeline->at[to][k] += count;
        }
        used = to + 1;
    }
    timeline->width_ns *= 2;
    timeline->first = first;
    timeline->used = used;
}

void timeline_add(struct timeline *timeline, int64_t time_ns, enum outcome outcome)
{
    if (time_ns == 0) {
        timeline->untimed++;
        return;
    }
    if (timeline->num++ == 0) {
        timeline->width_ns = FIRST_WIDTH_NS;
        timeline->first = floor_div(time_ns, FIRST_WIDTH_NS);
        timeline->used = 1;
    }
    int64_t bin = floor_div(time_ns, timeline->width_ns);
    while (bin - timeline->first >= TIMELINE_BINS || timeline->first + timeline->used - bin > TIMELINE_BINS) {
        double_width(timeline);
        bin = floor_div(time_ns, timeline->width_ns);
    }
    if (bin < timeline->first) {
        unsigned by = (unsigned)(timeline->first - bin);
        memmove(timeline->at[by], timeline->at[0], timeline->used * sizeof timeline->at[0]);
        memset(timeline->at[0], 0, by * sizeof timeline->at[0]);
        timeline->first = bin;
        timeline->used += by;
    }
    unsigned at = (unsigned)(bin - timeline->first);
    timeline->used = at >= timeline->used ? at + 1 : timeline->used;
    timeline->at[at][outcome]++;
}

static uint64_t height_of(const struct timeline *timeline, unsigned bin)
{
    uint64_t sum = 0;
    for (unsigned k = 0; k < TEXT_OUTCOMES; k++)
        sum += timeline->at[bin][k];
    return sum;
}

static uint64_t highest(const struct timeline *timeline)
{
    uint64_t most = 1;
    for (unsigned i = 0; i < timeline->used; i++)
        most = height_of(timeline, i) > most ? height_of(timeline, i) : most;
    return most;
}

static const char *time_of(char buf[TIMESTAMP_LEN], const struct timeline *timeline, unsigned bin, unsigned digits)
{
    return timestamp_write_plain(buf, (timeline->first + bin) * timeline->width_ns, digits < 3 ? digits : 3);
}

/* ---- HTML: bars in SVG that fill the width; the words around them are text of the page */

static void bar(struct text *t, const struct timeline *timeline, unsigned bin, uint64_t most)
{
    double y = CHART_HEIGHT;
    for (unsigned i = 0; i < NUM_SERIES; i++) {
        uint64_t count = timeline->at[bin][series[i].outcome];
        double height = (double)count * CHART_HEIGHT / (double)most;
        if (count == 0)
            continue;
        y -= height;
        text_markup_printf(t, "<rect class=\"%s\" x=\"%u\" y=\"%.2f\" width=\"%d\" height=\"%.2f\"/>",
                           series[i].css_class, bin * BIN_WIDTH, y, BIN_WIDTH - 1, height);
    }
}

static void legend(struct text *t, const struct timeline *timeline)
{
    text_markup(t, "<p class=\"legend\">");
    for (unsigned i = 0; i < NUM_SERIES; i++) {
        uint64_t count = 0;
        for (unsigned bin = 0; bin < timeline->used; bin++)
            count += timeline->at[bin][series[i].outcome];
        if (count > 0)
            text_markup_printf(t, "<span class=\"key %s\">%" PRIu64 " %s</span> ", series[i].css_class, count,
                               series[i].text);
    }
    text_markup(t, "</p>\n");
}

static void draw_bars(struct text *t, const struct timeline *timeline, unsigned digits)
{
    char from[TIMESTAMP_LEN], to[TIMESTAMP_LEN];
    uint64_t most = highest(timeline);
    time_of(from, timeline, 0, digits);
    time_of(to, timeline, timeline->used, digits);
    text_markup(t, "<figure class=\"timeline\">\n");
    legend(t, timeline);
    text_markup_printf(t, "<p class=\"axis\">at most %" PRIu64 " in ", most);
    t->place = PLACE_FIGURE;
    text_duration(t, timeline->width_ns);
    text_markup_printf(
        t,
        "</p>\n<svg role=\"img\" aria-labelledby=\"timeline-title\" viewBox=\"0 0 %u %d\" "
        "preserveAspectRatio=\"none\"><title id=\"timeline-title\">Connections by the time at which they "
        "began and by how they ended, from %s to %s UTC</title>\n",
        timeline->used * BIN_WIDTH, CHART_HEIGHT, from, to);
    for (unsigned i = 0; i < timeline->used; i++)
        bar(t, timeline, i, most);
    text_markup_printf(t, "\n</svg>\n<p class=\"axis ends\"><span>%s</span> <span>%s UTC</span></p>\n</figure>\n", from,
                       to);
    t->place = PLACE_OUT;
}

/* ---- Markdown: a line for some intervals together */

static void draw_line(struct text *t, const struct timeline *timeline, unsigned from, unsigned to, uint64_t most,
                      unsigned digits)
{
    char time[TIMESTAMP_LEN];
    char bar[TEXT_COLUMNS + NUM_SERIES + 1];
    unsigned len = 0;
    uint64_t sum = 0;
    for (unsigned i = 0; i < NUM_SERIES; i++) {
        uint64_t count = 0;
        for (unsigned bin = from; bin < to; bin++)
            count += timeline->at[bin][series[i].outcome];
        sum += count;
        uint64_t columns = count * TEXT_COLUMNS / most + (count > 0 && count * TEXT_COLUMNS < most);
        for (; columns > 0 && len + 1 < sizeof bar; columns--)
            bar[len++] = series[i].mark;
    }
    bar[len] = '\0';
    if (sum == 0)
        return;
    text_printf(t, "%s %8" PRIu64 "  %s", time_of(time, timeline, from, digits), sum, bar);
    text_line_end(t);
}

static void draw_lines(struct text *t, const struct timeline *timeline, unsigned digits)
{
    unsigned step = (timeline->used + TEXT_BINS - 1) / TEXT_BINS;
    uint64_t most = 1;
    for (unsigned from = 0; from < timeline->used; from += step) {
        uint64_t sum = 0;
        for (unsigned bin = from; bin < from + step && bin < timeline->used; bin++)
            sum += height_of(timeline, bin);
        most = sum > most ? sum : most;
    }
    text_label(t, "connections");
    text_plain(t, "# failed, % not TLS, ? incomplete, + completed; each line ");
    text_duration(t, timeline->width_ns * step);
    text_line_end(t);
    text_block_begin(t, NULL);
    for (unsigned from = 0; from < timeline->used; from += step) {
        unsigned to = from + step < timeline->used ? from + step : timeline->used;
        draw_line(t, timeline, from, to, most, digits);
    }
    text_block_end(t);
}

void timeline_draw(struct text *t, const struct timeline *timeline, unsigned time_digits)
{
    if (timeline->used < 2 || timeline->num < LEAST_NUM)
        return;
    text_section(t, "When connections began");
    if (medium_of(t)->kind == MEDIUM_HTML)
        draw_bars(t, timeline, time_digits);
    else
        draw_lines(t, timeline, time_digits);
}
