/* The terminal: columns of a fixed width, and SGR sequences of ECMA-48, nothing else. */
#include "report/medium.h"

#include <inttypes.h>

enum { COMMAND_INDENT = 4 };

static void words(struct text *t, const char *s, size_t len)
{
    output_bytes(t->out, s, len);
}

static void nothing(struct text *t)
{
    (void)t;
}

static void as_it_is(struct text *t, const char *s)
{
    output_string(t->out, s);
}

static void style(struct text *t, enum text_style style)
{
    static const char *const sequences[NUM_STYLES] = {
        [STYLE_FAILED] = "\033[1;31m",  [STYLE_INCOMPLETE] = "\033[1;33m", [STYLE_COMPLETED] = "\033[1;32m",
        [STYLE_NOT_TLS] = "\033[1;35m", [STYLE_TITLE] = "\033[1m",         [STYLE_DIM] = "\033[2m",
    };
    if (t->use_color)
        output_string(t->out, sequences[style]);
}

static void style_end(struct text *t)
{
    if (t->use_color)
        output_string(t->out, "\033[0m");
}

static void arrow(struct text *t)
{
    output_string(t->out, " -> ");
}

static void gap(struct text *t)
{
    output_string(t->out, "  ");
}

static void number(struct text *t, uint64_t number)
{
    output_printf(t->out, "#%" PRIu64, number);
}

static void label(struct text *t, const char *label)
{
    style(t, STYLE_DIM);
    output_printf(t->out, "  %-*s", TEXT_LABEL_COLUMN - 2, label);
    style_end(t);
}

static void line_end(struct text *t)
{
    output_char(t->out, '\n');
}

static void section(struct text *t, const char *title)
{
    style(t, STYLE_TITLE);
    output_string(t->out, title);
    style_end(t);
    line_end(t);
}

static void heading(struct text *t, const char *heading)
{
    style(t, STYLE_DIM);
    gap(t);
    output_string(t->out, heading);
    style_end(t);
    line_end(t);
}

static void block_begin(struct text *t, const char *label)
{
    if (label)
        heading(t, label);
}

static void command(struct text *t, const char *command)
{
    label(t, "");
    output_printf(t->out, "%*s", COMMAND_INDENT, "");
    output_string(t->out, command);
    line_end(t);
}

static void title_begin(struct text *t, enum outcome outcome, uint64_t number)
{
    (void)t, (void)outcome, (void)number;
}

static void more_begin(struct text *t, const char *summary)
{
    (void)t, (void)summary;
}

const struct medium medium_terminal = {
    .kind = MEDIUM_TERMINAL,
    .words = words,
    .name_begin = nothing,
    .name = words,
    .name_end = nothing,
    .code = as_it_is,
    .markup = as_it_is,
    .style = style,
    .style_end = style_end,
    .arrow = arrow,
    .gap = gap,
    .number = number,
    .reference = number,
    .label = label,
    .line_end = line_end,
    .section = section,
    .section_end = nothing,
    .heading = heading,
    .block_begin = block_begin,
    .block_end = nothing,
    .command = command,
    .title_begin = title_begin,
    .title_end = line_end,
    .entry_end = line_end,
    .more_begin = more_begin,
    .more_end = nothing,
    .rows = nothing,
};
