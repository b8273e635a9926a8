/*
 * Pictures of one connection for pages and for fenced text: its handshake as a ladder, its certificates as a chain with
 * a column for each trust store, what the client offers beside what the server takes. Each comes as inline SVG, and as
 * text of fixed width; where there is nothing to show nothing is drawn, and false comes back.
 */
#ifndef TLSWHY_REPORT_PICTURE_H
#define TLSWHY_REPORT_PICTURE_H

#include "report/report.h"
#include "report/text_writer.h"

/* On a page, as the medium takes it; a terminal gets none. */
void picture_ladder(struct text *t, const struct report_connection *shown);
void picture_chain(struct text *t, const struct report_connection *shown);
void picture_overlap(struct text *t, const struct report_connection *shown);

bool picture_ladder_svg(struct output *out, const struct report_connection *shown);
bool picture_ladder_text(struct output *out, const struct report_connection *shown);
bool picture_chain_svg(struct output *out, const struct report_connection *shown);
bool picture_chain_text(struct output *out, const struct report_connection *shown);
bool picture_overlap_svg(struct output *out, const struct report_connection *shown);
bool picture_overlap_text(struct output *out, const struct report_connection *shown);

/* For those that draw: words come in as the text writer escapes them for a UTF-8 terminal, and are cut by characters.
 */
struct picture_words {
    struct output memory;
    struct text text; /* writes into it */
};
bool picture_words_init(struct picture_words *words); /* false: out of memory */
void picture_words_cleanup(struct picture_words *words);
/* Begins anew. */
struct text *picture_words_begin(struct picture_words *words);
/* What was written since; valid until the next beginning. */
struct bytes picture_words_end(const struct picture_words *words);
/* The first max_chars characters of it, one less when it is longer: an ellipsis has room. */
struct bytes picture_cut(struct bytes words, size_t max_chars);
size_t picture_num_chars(struct bytes words);

#endif
