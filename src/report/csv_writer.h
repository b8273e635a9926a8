/*
 * Comma-separated values (RFC 4180): rows that end in CR LF, cells quoted where they have to be.
 *
 * Cells are UTF-8 without line ends, and without anything that may not be shown (escaped.h). Text is written so that no
 * spreadsheet takes it for a formula: where it begins like one, or what follows a semicolon does (in some countries
 * that parts cells), an apostrophe stands before it. A cell is no longer than what spreadsheets take: of what is longer
 * the length is told.
 */
#ifndef TLSWHY_REPORT_CSV_WRITER_H
#define TLSWHY_REPORT_CSV_WRITER_H

#include "dissect/cursor.h"
#include "report/output.h"

struct csv {
    struct output *out;
    struct output cell; /* memory: the one at hand */
    bool has_cells;     /* of the row */
};

int csv_init(struct csv *csv, struct output *out, struct error *error) MUST_CHECK;
void csv_cleanup(struct csv *csv);

/* What the cell at hand holds; several calls add up. Raw bytes, with the backslash escaped; text that another layer
 * escaped already, or our own. */
void csv_bytes(struct csv *csv, struct bytes b);
void csv_string(struct csv *csv, const char *s);
void csv_printf(struct csv *csv, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Parts the items of a list: "; " unless the cell is empty so far. */
void csv_next_item(struct csv *csv);

/* Ends the cell: as text; or as a number, time or word of our own tables, which are written as they are. */
void csv_end_text(struct csv *csv);
void csv_end_plain(struct csv *csv);
void csv_end_row(struct csv *csv);

#endif
