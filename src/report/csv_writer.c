/* Comma-separated values, RFC 4180: see csv_writer.h. */
#include "report/csv_writer.h"

#include "bounds.h"
#include "report/escape.h"
#include "report/escaped.h"

#include <stdarg.h>
#include <stdio.h>

int csv_init(struct csv *csv, struct output *out, struct error *error)
{
    *csv = (struct csv){.out = out};
    return output_init_memory(&csv->cell, error);
}

void csv_cleanup(struct csv *csv)
{
    output_cleanup(&csv->cell);
}

static void add(struct csv *csv, struct bytes b, const char *also)
{
    struct bytes shown = bytes_slice(b, 0, LIMIT_CSV_TEXT);
    escaped_write(&csv->cell, shown, also, ESCAPED_UPPER);
    if (b.len > shown.len)
        output_printf(&csv->cell, "... (%zu bytes)", b.len);
}

void csv_bytes(struct csv *csv, struct bytes b)
{
    add(csv, b, "\\");
}

void csv_string(struct csv *csv, const char *s)
{
    add(csv, (struct bytes){(const uint8_t *)s, strlen(s)}, "");
}

void csv_printf(struct csv *csv, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    csv_string(csv, text);
}

void csv_next_item(struct csv *csv)
{
    if (csv->cell.len > 0)
        output_string(&csv->cell, "; ");
}

static void begin_cell(struct csv *csv)
{
    if (csv->has_cells)
        output_char(csv->out, ',');
    csv->has_cells = true;
}

/* "=", "+", "-", "@", the same in full width, as East Asian spreadsheets take them. (Tabs and line ends, which count,
 * too, are escaped before.) */
static bool is_formula(struct bytes b, size_t i)
{
    uint32_t code_point;
    if (i >= b.len || escape_decode(b, i, &code_point) == 0)
        return false;
    if (code_point > 0xFF00 && code_point < 0xFF5F)
        code_point -= 0xFF00 - 0x20;
    return code_point == '=' || code_point == '+' || code_point == '-' || code_point == '@';
}

/* Blanks and quotes before it do not keep everybody from seeing a formula. */
static size_t skip_blanks(struct bytes b, size_t i)
{
    while (i < b.len && (b.at[i] == ' ' || b.at[i] == '"' || b.at[i] == '\''))
        i++;
    return i;
}

static bool needs_quotes(struct bytes b)
{
    for (size_t i = 0; i < b.len; i++)
        if (b.at[i] == ',' || b.at[i] == '"' || b.at[i] == ';')
            return true;
    return b.len > 0 && (b.at[0] == ' ' || b.at[b.len - 1] == ' ');
}

/* What is too long ends at a whole character, and with dots. */
static struct bytes cell_of(struct csv *csv)
{
    struct output *cell = &csv->cell;
    if (cell->len > LIMIT_CSV_CELL) {
        cell->len = LIMIT_CSV_CELL;
        while (cell->len > 0 && ((uint8_t)cell->data[cell->len] & 0xC0) == 0x80)
            cell->len--;
        output_string(cell, "...");
    }
    return (struct bytes){(const uint8_t *)cell->data, cell->len};
}

void csv_end_text(struct csv *csv)
{
    struct output *o = csv->out;
    struct bytes b = cell_of(csv);
    if (csv->cell.error && !o->error)
        o->error = csv->cell.error;
    begin_cell(csv);
    bool is_quoted = needs_quotes(b), may_begin = true;
    if (is_quoted)
        output_char(o, '"');
    for (size_t i = 0; i < b.len; i++) {
        if (may_begin && is_formula(b, skip_blanks(b, i)))
            output_char(o, '\'');
        may_begin = b.at[i] == ';';
        if (b.at[i] == '"')
            output_char(o, '"');
        output_char(o, (char)b.at[i]);
    }
    if (is_quoted)
        output_char(o, '"');
    csv->cell.len = 0;
}

void csv_end_plain(struct csv *csv)
{
    begin_cell(csv);
    output_bytes(csv->out, csv->cell.data, csv->cell.len);
    csv->cell.len = 0;
}

void csv_end_row(struct csv *csv)
{
    output_bytes(csv->out, "\r\n", 2);
    csv->has_cells = false;
}
