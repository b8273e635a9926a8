/*
 * Text for people: styles, rows, lists that wrap, and the one way by which strangers' text comes in. Drawing functions
 * say by this what a thing is; the medium (medium.h) knows what it looks like on a terminal, in HTML and in Markdown.
 *
 * Escaping. text_bytes() takes raw bytes (names from the network, file names): what is printable comes out as it is;
 * controls, invisible marks and marks that change direction as \u{HHHH}, C0 controls, DEL and bytes that are not valid
 * UTF-8 as \xHH, a backslash as \\. Beyond ASCII only where the terminal is UTF-8 (in others the bytes 0x80 to 0x9F are
 * controls). text_name() is the same for a name that another layer escaped already: backslashes stay; text_string() for
 * such a sentence. All cut what is longer than LIMIT_SHOWN_NAME and tell the length. The medium adds what its own
 * markup asks for: nothing of strangers, nor of our own words, is ever markup; that is written by text_markup() alone.
 */
#ifndef TLSWHY_REPORT_TEXT_WRITER_H
#define TLSWHY_REPORT_TEXT_WRITER_H

#include "dissect/cursor.h"
#include "dissect/registry.h"
#include "report/output.h"
#include "session/connection.h"

enum text_style { STYLE_FAILED, STYLE_INCOMPLETE, STYLE_COMPLETED, STYLE_NOT_TLS, STYLE_TITLE, STYLE_DIM, NUM_STYLES };

/* Where the medium stands, for those that close what they opened. */
enum text_place {
    PLACE_OUT,      /* between parts */
    PLACE_LINE,     /* in a line of its own */
    PLACE_ROWS,     /* between rows */
    PLACE_ROW,      /* in a row, behind its label */
    PLACE_ROW_DONE, /* a row that more lines may follow */
    PLACE_BLOCK,    /* lines that keep their blanks */
    PLACE_FIGURE,
    PLACE_TITLE,
    PLACE_CELL, /* of a table */
};

struct medium;

struct text {
    struct output *out;
    const struct medium *medium; /* NULL: the terminal */
    bool use_color, is_utf8;
    unsigned width; /* where lists and paragraphs wrap; 0 unknown */
    /* The medium's own: */
    enum text_place place;
    bool is_begun;   /* something stands in the line, row or cell */
    bool is_in_code; /* a code span that is closed as late as possible */
    bool was_block;  /* the row's latest line was a block */
    bool is_in_entry, is_in_section;
    unsigned num_sections, num_cells;
};

/* HTML or Markdown: what does not fit a terminal is drawn, too. */
bool text_is_page(const struct text *t);

void text_bytes(struct text *t, struct bytes b);
void text_bytes_of(struct text *t, const char *raw); /* up to its NUL */
void text_name(struct text *t, const char *s);
void text_string(struct text *t, const char *s);
/* Literals and names out of our own tables, without line ends. */
void text_plain(struct text *t, const char *s);
void text_printf(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What is typed or printed by programs, out of our own tables. */
void text_code(struct text *t, const char *s);
/* What the medium itself is made of, and nothing else: raw. */
void text_markup(struct text *t, const char *s);
void text_markup_printf(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_style(struct text *t, enum text_style style);
void text_style_end(struct text *t);
/* s in this style. */
void text_styled(struct text *t, enum text_style style, const char *s);
void text_arrow(struct text *t);                      /* from the client to the server */
void text_gap(struct text *t);                        /* between the parts of a line */
void text_number(struct text *t, uint64_t number);    /* "#12", of a connection */
void text_reference(struct text *t, uint64_t number); /* the same, of one that has an entry */

/* A row "  label       value": writes the label and the blanks after it. "": one more line of the row before. */
enum { TEXT_LABEL_COLUMN = 16 };
void text_label(struct text *t, const char *label);
/* Ends a row or a line; where there is none, an empty line on a terminal. */
void text_line_end(struct text *t);
/* The title of a part of the report, on a line of its own. */
void text_section(struct text *t, const char *title);
/* Ends it; the next one does, too. */
void text_section_end(struct text *t);
/* A line of its own over what follows. */
void text_heading(struct text *t, const char *heading);

/* Lines that keep their blanks: columns. A label, or NULL: it belongs to the row before. */
void text_block_begin(struct text *t, const char *label);
void text_block_end(struct text *t);
/* A line of such a block that is to be copied, behind a row. */
void text_command(struct text *t, const char *command);

/* Pages alone: a picture. In HTML what is between them is SVG by text_markup(), with text_bytes() and the like for its
 * words (escaped, without elements of their own); in Markdown lines as in a block. */
void text_figure_begin(struct text *t, const char *label);
void text_figure_end(struct text *t);

/* The line over an entry: what follows up to text_title_end() stands in it, and rows after that belong to the entry. */
void text_title_begin(struct text *t, enum outcome outcome, uint64_t number);
void text_title_end(struct text *t);
void text_entry_end(struct text *t);
/* What only those need who look closer: pages can fold it. */
void text_more_begin(struct text *t, const char *summary);
void text_more_end(struct text *t);

/* Rows that are drawn apart, to be put in their place later by text_part(). */
void text_part_begin(struct text *t);
void text_part_end(struct text *t);
/* Whole entries that were drawn apart. */
void text_entries_apart(struct text *t, struct output *spool);
void text_part(struct text *t, struct output *spool, uint64_t from, uint64_t len);

/* Pages alone. The first cell of a row names it. `columns` ends with NULL. */
void text_table_begin(struct text *t, const char *name, const char *const *columns);
void text_cell(struct text *t);
/* A cell that sorts by this number. */
void text_cell_number(struct text *t, uint64_t value);
void text_table_row_end(struct text *t);
void text_table_end(struct text *t);

/* A comma-separated list that wraps at the width, indented to the label's column; without a label in a cell. */
struct text_list {
    struct text *text;
    size_t column; /* of the next item */
    bool has_item;
};
struct text_list text_list_begin(struct text *t, const char *label);
void text_list_item(struct text_list *list, const char *item);
void text_list_code(struct text_list *list, const char *name, uint16_t code);
void text_list_end(struct text_list *list); /* "none" when there was no item */

/* Words that wrap at the width, behind a label. They are escaped already, as text_string() takes them. */
struct text_paragraph {
    struct text *text;
    size_t column;
};
struct text_paragraph text_paragraph_begin(struct text *t, const char *label);
void text_paragraph_words(struct text_paragraph *paragraph, const char *words);
void text_paragraph_end(struct text_paragraph *paragraph);
/* What `draw` writes, without colours, as such a paragraph. */
void text_paragraph_drawn(struct text *t, const char *label, void (*draw)(struct text *t, const void *arg),
                          const void *arg);
/* All of it at once. */
void text_paragraph(struct text *t, const char *label, const char *words);

/* Numbers as people read them. */
void text_count(struct text *t, uint64_t value);                                 /* 1,234,567 */
void text_plural(struct text *t, uint64_t n, const char *one, const char *many); /* "1 packet", "2 packets" */
void text_size(struct text *t, uint64_t bytes);                                  /* "812 bytes", "1.2 MB" */
void text_duration(struct text *t, int64_t ns);                                  /* "0.3 ms", "12.5 s", "3 h 5 min" */

#endif
