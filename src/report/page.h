/*
 * Pages, HTML and Markdown: the text report's entries and what does not fit a terminal, for a reader who has nothing
 * but this file. page.c puts the sections in order; page_answer.c tells the whole in three lines, page_rows.c lists
 * connections one by one, page_timeline.c counts them over time, page_origin.c says how the report was made. The
 * frame, style sheet and script of HTML are page_head.html, page.css and page.js, built in as page_files.h says.
 */
#ifndef TLSWHY_REPORT_PAGE_H
#define TLSWHY_REPORT_PAGE_H

#include "report/text_report.h"

enum { TIMELINE_BINS = 120 };

/* Connections by their beginning, in intervals that grow with the span. */
struct timeline {
    int64_t width_ns, first; /* at[0] counts what began in [first * width, (first + 1) * width) */
    unsigned used;
    uint64_t at[TIMELINE_BINS][TEXT_OUTCOMES];
    uint64_t num, untimed;
};
void timeline_add(struct timeline *timeline, int64_t time_ns, enum outcome outcome);
/* Nothing where there is nothing to compare. */
void timeline_draw(struct text *t, const struct timeline *timeline, unsigned time_digits);

struct page {
    struct timeline timeline;
    struct output rows[TEXT_OUTCOMES]; /* by enum outcome: lines of the table of connections */
    uint64_t num_rows[TEXT_OUTCOMES], row_ends[TEXT_OUTCOMES][LIMIT_PAGE_ROWS];
    uint64_t num_all[TEXT_OUTCOMES];
    uint64_t num_untold[TEXT_OUTCOMES]; /* -v: connections for which there was no room */
    struct text_group pair;             /* what comparing two captures found first, as far as the answer tells of it */
};

/* -v: there is room to tell of one more connection; else it is counted. */
bool page_has_room(struct text_report *state, enum outcome outcome);
int page_init(struct page *page, struct error *error) MUST_CHECK;
void page_cleanup(struct page *page);
/* entry: the number of the connection whose entry tells of this one, too; 0 none. */
void page_note(struct report *report, const struct report_connection *shown, uint64_t entry);
void page_rows(struct text *t, struct page *page);

void page_answer(struct text *t, struct text_report *state, const struct report_summary *summary);
void page_origin(struct text *t, const struct report_summary *summary, const struct report_origin *origin);

#endif
