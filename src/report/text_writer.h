/*
 * Text for people and terminals: styles, lists that wrap, and the one way by which strangers' text comes in.
 *
 * Escaping. text_bytes() takes raw bytes (names from the network, file names): what is printable comes out as it is;
 * controls, invisible marks and marks that change direction as \u{HHHH}, C0 controls, DEL and bytes that are not valid
 * UTF-8 as \xHH, a backslash as \\. Beyond ASCII only where the terminal is UTF-8 (in others the bytes 0x80 to 0x9F are
 * controls). text_string() is the same for text that another layer escaped already: backslashes stay. Both cut what is
 * longer than LIMIT_SHOWN_NAME and tell the length.
 */
#ifndef TLSWHY_REPORT_TEXT_WRITER_H
#define TLSWHY_REPORT_TEXT_WRITER_H

#include "dissect/cursor.h"
#include "dissect/registry.h"
#include "report/output.h"

enum text_style { STYLE_FAILED, STYLE_INCOMPLETE, STYLE_COMPLETED, STYLE_NOT_TLS, STYLE_TITLE, STYLE_DIM, NUM_STYLES };

struct text {
    struct output *out;
    bool use_color, is_utf8;
    unsigned width; /* where lists and paragraphs wrap; 0 unknown */
};

void text_bytes(struct text *t, struct bytes b);
void text_bytes_of(struct text *t, const char *raw); /* up to its NUL */
void text_string(struct text *t, const char *s);
/* Literals and names out of our own tables: not escaped. */
void text_plain(struct text *t, const char *s);
void text_printf(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_style(struct text *t, enum text_style style);
void text_style_end(struct text *t);
/* s in this style. */
void text_styled(struct text *t, enum text_style style, const char *s);

/* A line "  label       value": writes the label and the blanks after it. */
enum { TEXT_LABEL_COLUMN = 16 };
void text_label(struct text *t, const char *label);
void text_line_end(struct text *t);
/* The title of a part of the report, on a line of its own. */
void text_section(struct text *t, const char *title);
/* A line of its own over what follows. */
void text_heading(struct text *t, const char *heading);

/* A comma-separated list that wraps at the width, indented to the label's column. */
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
