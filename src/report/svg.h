/*
 * Inline SVG for pages: shapes and words at whole pixels, styled by the page's style sheet alone. What comes out is
 * well-formed whatever the words are: they are escaped here, and hold no controls as the text writer leaves them.
 */
#ifndef TLSWHY_REPORT_SVG_H
#define TLSWHY_REPORT_SVG_H

#include "dissect/cursor.h"
#include "report/output.h"

/* `what`: what a reader who does not see it is told. */
void svg_begin(struct output *out, const char *style, int width, int height, struct bytes what);
void svg_end(struct output *out);

void svg_line(struct output *out, const char *style, int x1, int y1, int x2, int y2);
void svg_box(struct output *out, const char *style, int x, int y, int width, int height);
/* A triangle whose tip is at x, y, pointing right or left. */
void svg_arrow_head(struct output *out, const char *style, int x, int y, bool is_right);
void svg_arrow_down(struct output *out, const char *style, int x, int y);
void svg_cross(struct output *out, const char *style, int x, int y);
/* Stripes, to be had as the fill "url(#hatch-ID)" in this picture: svg_hatched(). */
void svg_define_hatch(struct output *out, uint64_t id);
void svg_hatched(struct output *out, uint64_t id, int x, int y, int width, int height);

enum svg_anchor { SVG_START, SVG_MIDDLE, SVG_END };
/* Words; those of more than max_chars characters are cut, and whole in a <title>. */
void svg_words(struct output *out, const char *style, int x, int y, enum svg_anchor anchor, struct bytes words,
               size_t max_chars);
void svg_words_of(struct output *out, const char *style, int x, int y, enum svg_anchor anchor, const char *words);

#endif
