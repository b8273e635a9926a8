/* HTML (WHATWG, "HTML Living Standard"): elements are opened by what is written and closed by what comes next, so that
 * they balance whatever the order of calls. */
#include "report/escape.h"
#include "report/medium.h"

#include <inttypes.h>

static const char *const style_classes[NUM_STYLES] = {
    [STYLE_FAILED] = "failed",       [STYLE_INCOMPLETE] = "incomplete",
    [STYLE_COMPLETED] = "completed", [STYLE_NOT_TLS] = "not-tls",
    [STYLE_TITLE] = "name",          [STYLE_DIM] = "dim",
};

static void raw(struct text *t, const char *s)
{
    output_string(t->out, s);
}

static void escaped(struct text *t, const char *s, size_t len)
{
    escape_markup(t->out, s, len);
}

static void escaped_string(struct text *t, const char *s)
{
    escaped(t, s, strlen(s));
}

/* ---- places */

static void to_rows(struct text *t)
{
    static const char *const ways[] = {
        [PLACE_OUT] = "<dl>\n",        [PLACE_LINE] = "</p>\n<dl>\n", [PLACE_ROWS] = "",
        [PLACE_ROW] = "</dd></div>\n", [PLACE_ROW_DONE] = "</div>\n",
    };
    raw(t, ways[t->place]);
    t->place = PLACE_ROWS;
}

static void to_out(struct text *t)
{
    static const char *const ways[] = {
        [PLACE_OUT] = "",
        [PLACE_LINE] = "</p>\n",
        [PLACE_ROWS] = "</dl>\n",
        [PLACE_ROW] = "</dd></div>\n</dl>\n",
        [PLACE_ROW_DONE] = "</div>\n</dl>\n",
    };
    raw(t, ways[t->place]);
    t->place = PLACE_OUT;
}

/* Words between parts are a paragraph. */
static void begin(struct text *t)
{
    if (t->place != PLACE_OUT && t->place != PLACE_ROWS && t->place != PLACE_ROW_DONE)
        return;
    to_out(t);
    raw(t, "<p>");
    t->place = PLACE_LINE;
}

static void close_entry(struct text *t)
{
    to_out(t);
    if (t->is_in_entry)
        raw(t, "</article>\n");
    t->is_in_entry = false;
}

/* ---- words */

static void words(struct text *t, const char *s, size_t len)
{
    if (len == 0)
        return;
    begin(t);
    escaped(t, s, len);
}

static void name_begin(struct text *t)
{
    begin(t);
    if (t->place != PLACE_FIGURE)
        raw(t, "<bdi>");
}

static void name_end(struct text *t)
{
    if (t->place != PLACE_FIGURE)
        raw(t, "</bdi>");
}

static void code(struct text *t, const char *s)
{
    begin(t);
    raw(t, t->place == PLACE_FIGURE ? "" : "<code>");
    escaped_string(t, s);
    raw(t, t->place == PLACE_FIGURE ? "" : "</code>");
}

static void style(struct text *t, enum text_style style)
{
    begin(t);
    output_printf(t->out, "<span class=\"%s\">", style_classes[style]);
}

static void style_end(struct text *t)
{
    raw(t, "</span>");
}

static void arrow(struct text *t)
{
    raw(t, " <span class=\"arrow\">→</span> ");
}

static void gap(struct text *t)
{
    raw(t, "<span class=\"gap\"> </span>");
}

static void number(struct text *t, uint64_t number)
{
    begin(t);
    output_printf(t->out, "#%" PRIu64, number);
}

static void reference(struct text *t, uint64_t number)
{
    begin(t);
    output_printf(t->out, "<a href=\"#c%" PRIu64 "\">#%" PRIu64 "</a>", number, number);
}

/* ---- rows and blocks */

static void label(struct text *t, const char *label)
{
    if (t->place == PLACE_ROW_DONE && !*label) {
        raw(t, "<dd>");
    } else {
        to_rows(t);
        raw(t, "<div class=\"r-");
        for (const char *at = label; *at; at++)
            output_char(t->out, (char)(*at == ' ' || *at == '\'' || *at == ',' ? '-' : *at));
        raw(t, "\"><dt>");
        escaped_string(t, label);
        raw(t, "</dt><dd>");
    }
    t->place = PLACE_ROW;
}

static void line_end(struct text *t)
{
    if (t->place == PLACE_ROW) {
        raw(t, "</dd>\n");
        t->place = PLACE_ROW_DONE;
    } else if (t->place == PLACE_LINE) {
        to_out(t);
    } else if (t->place == PLACE_BLOCK) {
        raw(t, "\n");
    }
}

static void block_begin(struct text *t, const char *of)
{
    if (of || t->place != PLACE_ROW)
        label(t, of ? of : "");
    raw(t, "<pre tabindex=\"0\">");
    t->place = PLACE_BLOCK;
}

static void block_end(struct text *t)
{
    raw(t, "</pre></dd>\n");
    t->place = PLACE_ROW_DONE;
}

static void command(struct text *t, const char *command)
{
    raw(t, "<code>");
    escaped_string(t, command);
    raw(t, "</code>\n");
}

static void figure_begin(struct text *t, const char *of)
{
    label(t, of);
    raw(t, "<figure tabindex=\"0\">\n");
    t->place = PLACE_FIGURE;
}

static void figure_end(struct text *t)
{
    raw(t, "</figure></dd>\n");
    t->place = PLACE_ROW_DONE;
}

/* ---- sections and entries */

static void section_end(struct text *t)
{
    close_entry(t);
    if (t->is_in_section)
        raw(t, "</section>\n");
    t->is_in_section = false;
}

static void section(struct text *t, const char *title)
{
    section_end(t);
    t->num_sections++;
    t->is_in_section = true;
    output_printf(t->out, "<section aria-labelledby=\"s%u\">\n<h2 id=\"s%u\">", t->num_sections, t->num_sections);
    escaped_string(t, title);
    raw(t, "</h2>\n");
}

static void heading(struct text *t, const char *heading)
{
    to_out(t);
    raw(t, "<h4>");
    escaped_string(t, heading);
    raw(t, "</h4>\n");
}

static void title_begin(struct text *t, enum outcome outcome, uint64_t number)
{
    close_entry(t);
    output_printf(t->out, "<article class=\"entry %s\"", outcome_name(outcome));
    if (number > 0)
        output_printf(t->out, " id=\"c%" PRIu64 "\"", number);
    raw(t, ">\n<h3>");
    t->place = PLACE_TITLE;
    t->is_in_entry = true;
}

static void title_end(struct text *t)
{
    raw(t, "</h3>\n");
    t->place = PLACE_OUT;
}

static void more_begin(struct text *t, const char *summary)
{
    to_out(t);
    raw(t, "<details open>\n<summary>");
    escaped_string(t, summary);
    raw(t, "</summary>\n");
}

static void more_end(struct text *t)
{
    to_out(t);
    raw(t, "</details>\n");
}

/* ---- tables */

static void table_begin(struct text *t, const char *name, const char *const *columns)
{
    to_out(t);
    raw(t, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"");
    escaped_string(t, name);
    raw(t, "\">\n<table>\n<caption>");
    escaped_string(t, name);
    raw(t, "</caption>\n<thead><tr>");
    for (; *columns; columns++) {
        raw(t, "<th scope=\"col\">");
        escaped_string(t, *columns);
        raw(t, "</th>");
    }
    raw(t, "</tr></thead>\n<tbody>\n");
    t->place = PLACE_CELL;
    t->num_cells = 0;
}

static void close_cell(struct text *t)
{
    if (t->num_cells > 0)
        raw(t, t->num_cells == 1 ? "</th>" : "</td>");
}

static void cell(struct text *t, const uint64_t *value)
{
    close_cell(t);
    t->place = PLACE_CELL;
    raw(t, t->num_cells++ == 0 ? "<tr><th scope=\"row\"" : "<td");
    if (value)
        output_printf(t->out, " data-v=\"%" PRIu64 "\"", *value);
    raw(t, ">");
}

static void table_row_end(struct text *t)
{
    close_cell(t);
    raw(t, "</tr>\n");
    t->num_cells = 0;
}

static void table_end(struct text *t)
{
    raw(t, "</tbody>\n</table>\n</div>\n");
    t->place = PLACE_OUT;
}

const struct medium medium_html = {
    .kind = MEDIUM_HTML,
    .words = words,
    .name_begin = name_begin,
    .name = escaped,
    .name_end = name_end,
    .code = code,
    .markup = raw,
    .style = style,
    .style_end = style_end,
    .arrow = arrow,
    .gap = gap,
    .number = number,
    .reference = reference,
    .label = label,
    .line_end = line_end,
    .section = section,
    .section_end = section_end,
    .heading = heading,
    .block_begin = block_begin,
    .block_end = block_end,
    .command = command,
    .title_begin = title_begin,
    .title_end = title_end,
    .entry_end = close_entry,
    .more_begin = more_begin,
    .more_end = more_end,
    .rows = to_rows,
    .figure_begin = figure_begin,
    .figure_end = figure_end,
    .table_begin = table_begin,
    .cell = cell,
    .table_row_end = table_row_end,
    .table_end = table_end,
};
