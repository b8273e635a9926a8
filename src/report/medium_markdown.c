/* Markdown (CommonMark 0.31, tables of GFM), safe in GitLab, GitHub and the like: what could mean anything to them
 * stands in a code span or a fence, where neither markup nor mentions, references, links or quick actions are looked
 * for. Nothing is escaped by backslashes: trackers look for mentions and references after those are gone. */
#include "report/medium.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

enum { SHORTEST_COMMIT = 7 };

static void raw(struct text *t, const char *s)
{
    output_string(t->out, s);
}

static void close_code(struct text *t)
{
    if (t->is_in_code)
        output_char(t->out, '`');
    t->is_in_code = false;
}

/* ---- places. Behind PLACE_OUT stands an empty line. */

static void to_rows(struct text *t)
{
    close_code(t);
    if (t->place == PLACE_ROW || (t->place == PLACE_ROW_DONE && !t->was_block))
        raw(t, "\n");
    else if (t->place == PLACE_LINE)
        raw(t, "\n\n");
    t->place = PLACE_ROWS;
}

static void to_out(struct text *t)
{
    if (t->place == PLACE_OUT)
        return;
    bool was_line = t->place == PLACE_LINE;
    to_rows(t);
    raw(t, was_line ? "" : "\n");
    t->place = PLACE_OUT;
}

/* Words between parts are a paragraph. */
static void begin(struct text *t)
{
    if (t->place != PLACE_OUT && t->place != PLACE_ROWS && t->place != PLACE_ROW_DONE)
        return;
    to_out(t);
    t->place = PLACE_LINE;
    t->is_begun = false;
}

/* ---- words */

static bool is_fenced(const struct text *t)
{
    return t->place == PLACE_BLOCK || t->place == PLACE_FIGURE;
}

/* What of verbatim text would end it, cut a cell in two, or be a quick action, as the writer of names has other such
 * characters. */
static void verbatim(struct text *t, const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool is_odd = s[i] == '`' || (s[i] == '|' && !is_fenced(t)) || (s[i] == '/' && !t->is_begun);
        if (is_fenced(t) && !t->is_begun)
            raw(t, "  ");
        t->is_begun = true;
        if (is_odd)
            output_printf(t->out, "\\x%02X", (unsigned)s[i]);
        else
            output_char(t->out, s[i]);
    }
}

static void in_code(struct text *t, const char *s, size_t len)
{
    if (len == 0)
        return;
    if (!t->is_in_code && !is_fenced(t)) {
        output_char(t->out, '`');
        t->is_in_code = t->is_begun = true;
    }
    verbatim(t, s, len);
}

/* PROJECT-12: trackers take it for one of their issues. */
static bool is_key(const char *s, size_t len)
{
    size_t i = 0;
    while (i < len && (isupper((unsigned char)s[i]) || isdigit((unsigned char)s[i])))
        i++;
    return i > 1 && i + 1 < len && s[i] == '-' && isdigit((unsigned char)s[i + 1]) && isupper((unsigned char)s[0]);
}

static bool is_commit(const char *s, size_t len)
{
    size_t i = 0;
    while (i < len && isxdigit((unsigned char)s[i]))
        i++;
    return i == len && len >= SHORTEST_COMMIT;
}

/* A dot before a letter: a host name. A colon: a scheme, an emoji; not in times. */
static bool is_linked(const char *s, size_t len, size_t i)
{
    unsigned char next = i + 1 < len ? (unsigned char)s[i + 1] : ' ';
    if (s[i] == '.')
        return isalpha(next) || next >= 0x80 || (i >= 3 && strncasecmp(s + i - 3, "www", 3) == 0);
    return s[i] == ':' && !(isdigit(next) && i > 0 && isdigit((unsigned char)s[i - 1]));
}

static bool is_plain(const char *s, size_t len, bool is_at_start)
{
    if (len > 0 && (s[0] == '/' || is_key(s, len) || is_commit(s, len)))
        return false;
    if (len > 0 && is_at_start && !isalnum((unsigned char)s[0]))
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c < 0x80 && !isalnum(c) && !strchr(",;'\"=+/()-.:?", c))
            return false;
        if (is_linked(s, len, i))
            return false;
    }
    return true;
}

/* A word: its punctuation stays outside of the code span. */
static void part(struct text *t, const char *s, size_t len)
{
    size_t from = 0, to = len;
    bool is_at_start = !t->is_begun;
    while (from < to && strchr("(\"'", s[from]))
        from++;
    while (to > from && strchr(".,;:)?\"'", s[to - 1]))
        to--;
    size_t digits = from;
    while (digits < to && isdigit((unsigned char)s[digits]))
        digits++;
    bool is_item = is_at_start && digits == to && to < len; /* "1." */
    if (is_plain(s + from, to - from, is_at_start) && !is_item) {
        close_code(t);
        output_bytes(t->out, s, len);
        t->is_begun = true;
        return;
    }
    if (from > 0) {
        close_code(t);
        output_bytes(t->out, s, from);
    }
    in_code(t, s + from, to - from);
    if (to < len) {
        close_code(t);
        output_bytes(t->out, s + to, len - to);
    }
}

/* "CN=" as distinguished names have it; 0: no attribute begins here. */
static size_t attribute_len(const char *s, size_t len)
{
    size_t i = 0;
    while (i < len && i < SHORTEST_COMMIT && isalpha((unsigned char)s[i]))
        i++;
    return i > 0 && i < len && i < SHORTEST_COMMIT && s[i] == '=' ? i + 1 : 0;
}

/* Of distinguished names values alone: they may go on in the next word. */
static void word(struct text *t, const char *s, size_t len)
{
    for (size_t attribute; (attribute = attribute_len(s, len)) > 0 && attribute < len;) {
        size_t end = attribute;
        close_code(t);
        output_bytes(t->out, s, attribute);
        t->is_begun = true;
        while (end < len && !(s[end] == ',' && attribute_len(s + end + 1, len - end - 1) > 0))
            end++;
        part(t, s + attribute, end - attribute);
        if (end == len)
            return;
        close_code(t);
        output_char(t->out, ',');
        s += end + 1;
        len -= end + 1;
    }
    part(t, s, len);
}

static void words(struct text *t, const char *s, size_t len)
{
    if (len == 0)
        return;
    if (is_fenced(t)) {
        verbatim(t, s, len);
        return;
    }
    begin(t);
    for (size_t i = 0, end; i < len; i = end) {
        end = i;
        while (end < len && s[end] == ' ')
            end++;
        if (end > i) {
            close_code(t);
            if (t->is_begun)
                output_char(t->out, ' ');
            continue;
        }
        while (end < len && s[end] != ' ')
            end++;
        word(t, s + i, end - i);
    }
}

static void name_begin(struct text *t)
{
    begin(t);
}

/* The span ends when something else comes: two that touch would not be two. */
static void name_end(struct text *t)
{
    (void)t;
}

static void code(struct text *t, const char *s)
{
    begin(t);
    in_code(t, s, strlen(s));
}

static void style(struct text *t, enum text_style style)
{
    (void)t, (void)style;
}

static void arrow(struct text *t)
{
    close_code(t);
    raw(t, " → ");
}

static void gap(struct text *t)
{
    close_code(t);
    raw(t, " · ");
}

/* "#12" would be an issue. */
static void number(struct text *t, uint64_t number)
{
    char buf[32];
    int len = snprintf(buf, sizeof buf, "no. %" PRIu64, number);
    words(t, buf, (size_t)len);
}

/* ---- rows and blocks */

static void item(struct text *t, const char *label)
{
    to_rows(t);
    raw(t, "- ");
    if (*label)
        output_printf(t->out, "**%s:**", label);
    t->is_begun = *label;
    t->place = PLACE_ROW;
}

static void label(struct text *t, const char *label)
{
    if (t->place == PLACE_ROW_DONE && !*label) {
        raw(t, t->was_block ? "\n  " : "\\\n  ");
        t->place = PLACE_ROW;
        t->is_begun = false;
        return;
    }
    item(t, label);
    raw(t, *label ? " " : "");
}

static void line_end(struct text *t)
{
    close_code(t);
    if (t->place == PLACE_ROW) {
        t->place = PLACE_ROW_DONE;
        t->was_block = false;
    } else if (t->place == PLACE_LINE) {
        to_out(t);
    } else if (is_fenced(t)) {
        raw(t, "\n");
        t->is_begun = false;
    }
}

static void fence_begin(struct text *t, const char *label, enum text_place place)
{
    close_code(t);
    if (label || (t->place != PLACE_ROW && t->place != PLACE_ROW_DONE))
        item(t, label ? label : "");
    raw(t, "\n  ```text\n");
    t->place = place;
    t->is_begun = false;
}

static void block_begin(struct text *t, const char *label)
{
    fence_begin(t, label, PLACE_BLOCK);
}

static void figure_begin(struct text *t, const char *label)
{
    fence_begin(t, label, PLACE_FIGURE);
}

static void fence_end(struct text *t)
{
    raw(t, t->is_begun ? "\n  ```\n" : "  ```\n");
    t->place = PLACE_ROW_DONE;
    t->was_block = true;
}

static void command(struct text *t, const char *command)
{
    verbatim(t, command, strlen(command));
    line_end(t);
}

/* ---- sections and entries */

static void section(struct text *t, const char *title)
{
    to_out(t);
    output_printf(t->out, "## %s\n\n", title);
}

static void heading(struct text *t, const char *heading)
{
    to_out(t);
    output_printf(t->out, "#### %s\n\n", heading);
}

static void title_begin(struct text *t, enum outcome outcome, uint64_t number)
{
    (void)outcome, (void)number;
    to_out(t);
    raw(t, "### ");
    t->place = PLACE_TITLE;
    t->is_begun = true;
}

static void title_end(struct text *t)
{
    close_code(t);
    raw(t, "\n\n");
    t->place = PLACE_OUT;
}

static void more_begin(struct text *t, const char *summary)
{
    to_out(t);
    output_printf(t->out, "<details><summary>%s</summary>\n\n", summary);
}

static void more_end(struct text *t)
{
    to_out(t);
    raw(t, "</details>\n\n");
}

/* ---- tables */

static void table_begin(struct text *t, const char *name, const char *const *columns)
{
    to_out(t);
    output_printf(t->out, "%s:\n\n|", name);
    unsigned num = 0;
    for (; columns[num]; num++)
        output_printf(t->out, " %s |", columns[num]);
    raw(t, "\n|");
    for (unsigned i = 0; i < num; i++)
        raw(t, " --- |");
    raw(t, "\n");
    t->place = PLACE_CELL;
    t->num_cells = 0;
}

static void cell(struct text *t, const uint64_t *value)
{
    (void)value;
    close_code(t);
    t->place = PLACE_CELL;
    raw(t, t->num_cells++ == 0 ? "| " : " | ");
    t->is_begun = true;
}

static void table_row_end(struct text *t)
{
    close_code(t);
    raw(t, " |\n");
    t->num_cells = 0;
}

static void table_end(struct text *t)
{
    raw(t, "\n");
    t->place = PLACE_OUT;
}

const struct medium medium_markdown = {
    .kind = MEDIUM_MARKDOWN,
    .words = words,
    .name_begin = name_begin,
    .name = in_code,
    .name_end = name_end,
    .code = code,
    .markup = raw,
    .style = style,
    .style_end = name_end,
    .arrow = arrow,
    .gap = gap,
    .number = number,
    .reference = number,
    .label = label,
    .line_end = line_end,
    .section = section,
    .section_end = to_out,
    .heading = heading,
    .block_begin = block_begin,
    .block_end = fence_end,
    .command = command,
    .title_begin = title_begin,
    .title_end = title_end,
    .entry_end = to_out,
    .more_begin = more_begin,
    .more_end = more_end,
    .rows = to_rows,
    .figure_begin = figure_begin,
    .figure_end = fence_end,
    .table_begin = table_begin,
    .cell = cell,
    .table_row_end = table_row_end,
    .table_end = table_end,
};
