/*
 * What a report is drawn on: a terminal, an HTML page, a Markdown page. A table of functions, one file each; called by
 * text_writer.c alone. Drawing functions that have to know ask text_is_page() or for the kind.
 *
 * HTML: rows are <dl><div><dt><dd>, blocks <pre>, strangers' names <bdi>; everything is written by way of the place
 * that struct text remembers, so that elements are always closed. A figure is an <svg> with classes of page.css (the
 * page's policy forbids style attributes), a <title> and `role="img"`; ids are its author's to keep unique, for example
 * by the connection's number. The page defines the patterns and markers that page_head.html lists.
 *
 * Markdown (CommonMark, with the tables of GFM): rows are list items, blocks are fenced and indented into their item.
 * Whatever could be markup, a mention, a reference, a link or an image stands in a code span or a fence, where no
 * tracker looks for any; backticks and bars of strangers are written as \x60 and \x7C, so that none ends there.
 */
#ifndef TLSWHY_REPORT_MEDIUM_H
#define TLSWHY_REPORT_MEDIUM_H

#include "report/text_writer.h"

enum medium_kind { MEDIUM_TERMINAL, MEDIUM_HTML, MEDIUM_MARKDOWN };

struct medium {
    enum medium_kind kind;
    /* Printable text without line ends, valid UTF-8: words of ours and sentences; the pieces of one name. */
    void (*words)(struct text *t, const char *s, size_t len);
    void (*name_begin)(struct text *t);
    void (*name)(struct text *t, const char *s, size_t len);
    void (*name_end)(struct text *t);
    void (*code)(struct text *t, const char *s);
    void (*markup)(struct text *t, const char *s);
    void (*style)(struct text *t, enum text_style style);
    void (*style_end)(struct text *t);
    void (*arrow)(struct text *t);
    void (*gap)(struct text *t);
    void (*number)(struct text *t, uint64_t number);
    void (*reference)(struct text *t, uint64_t number);
    void (*label)(struct text *t, const char *label);
    void (*line_end)(struct text *t);
    void (*section)(struct text *t, const char *title);
    void (*section_end)(struct text *t);
    void (*heading)(struct text *t, const char *heading);
    void (*block_begin)(struct text *t, const char *label);
    void (*block_end)(struct text *t);
    void (*command)(struct text *t, const char *command);
    void (*title_begin)(struct text *t, enum outcome outcome, uint64_t number);
    void (*title_end)(struct text *t);
    void (*entry_end)(struct text *t);
    void (*more_begin)(struct text *t, const char *summary);
    void (*more_end)(struct text *t);
    void (*rows)(struct text *t); /* goes where the next row may begin, for rows that were drawn apart */
    /* Pages alone, else NULL: */
    void (*figure_begin)(struct text *t, const char *label);
    void (*figure_end)(struct text *t);
    void (*table_begin)(struct text *t, const char *name, const char *const *columns);
    void (*cell)(struct text *t, const uint64_t *value); /* NULL: sorts by its text */
    void (*table_row_end)(struct text *t);
    void (*table_end)(struct text *t);
};

extern const struct medium medium_terminal, medium_html, medium_markdown;

static inline const struct medium *medium_of(const struct text *t)
{
    return t->medium ? t->medium : &medium_terminal;
}

#endif
