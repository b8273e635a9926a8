/* Text for people, whatever it is drawn on: see text_writer.h. */
#include "report/text_writer.h"

#include "bounds.h"
#include "report/escape.h"
#include "report/medium.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { DEFAULT_WIDTH = 100, LEAST_WIDTH = 40, TOLD_LEN = 48 };

bool text_is_page(const struct text *t)
{
    return medium_of(t)->kind != MEDIUM_TERMINAL;
}

/* ---- words and names */

typedef void write_piece(struct text *t, const char *s, size_t len);

static void write_code_point(struct text *t, write_piece *write, struct bytes b, size_t i, size_t len,
                             uint32_t code_point)
{
    char escaped[16];
    bool is_shown = !escape_is_hidden(code_point) && (code_point < 0x80 || t->is_utf8);
    if (is_shown) {
        write(t, (const char *)b.at + i, len);
        return;
    }
    int written = code_point < 0x80 ? snprintf(escaped, sizeof escaped, "\\x%02" PRIX32, code_point)
                                    : snprintf(escaped, sizeof escaped, "\\u{%04" PRIX32 "}", code_point);
    write(t, escaped, (size_t)written);
}

static void write_escaped(struct text *t, write_piece *write, struct bytes b, bool is_raw)
{
    struct bytes shown = bytes_slice(b, 0, LIMIT_SHOWN_NAME);
    char told[TOLD_LEN];
    for (size_t i = 0; i < shown.len;) {
        size_t run = escape_plain_run(shown, i);
        if (run > 0)
            write(t, (const char *)shown.at + i, run);
        i += run;
        if (i == shown.len)
            break;
        uint32_t code_point;
        size_t len = escape_decode(b, i, &code_point);
        if (len == 0)
            write(t, told, (size_t)snprintf(told, sizeof told, "\\x%02X", (unsigned)b.at[i]));
        else if (code_point == '\\' && is_raw)
            write(t, "\\\\", 2);
        else
            write_code_point(t, write, b, i, len, code_point);
        i += len ? len : 1;
    }
    if (b.len > shown.len)
        write(t, told, (size_t)snprintf(told, sizeof told, "... (%zu bytes)", b.len));
}

static void write_name(struct text *t, struct bytes b, bool is_raw)
{
    const struct medium *medium = medium_of(t);
    medium->name_begin(t);
    write_escaped(t, medium->name, b, is_raw);
    medium->name_end(t);
}

static struct bytes bytes_of(const char *s)
{
    return (struct bytes){(const uint8_t *)s, strlen(s)};
}

void text_bytes(struct text *t, struct bytes b)
{
    write_name(t, b, true);
}

void text_bytes_of(struct text *t, const char *raw)
{
    write_name(t, bytes_of(raw), true);
}

void text_name(struct text *t, const char *s)
{
    write_name(t, bytes_of(s), false);
}

/* Media look at words as a whole, so that a sentence comes to them in one piece. */
struct sentence {
    struct text text; /* first: write_piece is given this */
    char at[4 * LIMIT_SHOWN_NAME + TOLD_LEN];
    size_t len;
};

static void gather(struct text *t, const char *s, size_t len)
{
    struct sentence *sentence = (struct sentence *)t;
    size_t kept = len < sizeof sentence->at - sentence->len ? len : sizeof sentence->at - sentence->len;
    memcpy(sentence->at + sentence->len, s, kept);
    sentence->len += kept;
}

void text_string(struct text *t, const char *s)
{
    struct sentence sentence = {.text = *t};
    write_escaped(&sentence.text, gather, bytes_of(s), false);
    medium_of(t)->words(t, sentence.at, sentence.len);
}

void text_plain(struct text *t, const char *s)
{
    medium_of(t)->words(t, s, strlen(s));
}

void text_printf(struct text *t, const char *format, ...)
{
    char buf[512];
    va_list args;
    va_start(args, format);
    vsnprintf(buf, sizeof buf, format, args);
    va_end(args);
    text_plain(t, buf);
}

void text_code(struct text *t, const char *s)
{
    medium_of(t)->code(t, s);
}

void text_markup(struct text *t, const char *s)
{
    medium_of(t)->markup(t, s);
}

void text_markup_printf(struct text *t, const char *format, ...)
{
    char buf[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(buf, sizeof buf, format, args);
    va_end(args);
    text_markup(t, buf);
}

void text_style(struct text *t, enum text_style style)
{
    medium_of(t)->style(t, style);
}

void text_style_end(struct text *t)
{
    medium_of(t)->style_end(t);
}

void text_styled(struct text *t, enum text_style style, const char *s)
{
    text_style(t, style);
    text_plain(t, s);
    text_style_end(t);
}

void text_arrow(struct text *t)
{
    medium_of(t)->arrow(t);
}

void text_gap(struct text *t)
{
    medium_of(t)->gap(t);
}

void text_number(struct text *t, uint64_t number)
{
    medium_of(t)->number(t, number);
}

void text_reference(struct text *t, uint64_t number)
{
    medium_of(t)->reference(t, number);
}

/* ---- rows, blocks, entries, tables */

void text_label(struct text *t, const char *label)
{
    medium_of(t)->label(t, label);
}

void text_line_end(struct text *t)
{
    medium_of(t)->line_end(t);
}

void text_section(struct text *t, const char *title)
{
    medium_of(t)->section(t, title);
}

void text_section_end(struct text *t)
{
    medium_of(t)->section_end(t);
}

void text_heading(struct text *t, const char *heading)
{
    medium_of(t)->heading(t, heading);
}

void text_block_begin(struct text *t, const char *label)
{
    medium_of(t)->block_begin(t, label);
}

void text_block_end(struct text *t)
{
    medium_of(t)->block_end(t);
}

void text_command(struct text *t, const char *command)
{
    medium_of(t)->command(t, command);
}

void text_figure_begin(struct text *t, const char *label)
{
    t->medium->figure_begin(t, label);
}

void text_figure_end(struct text *t)
{
    t->medium->figure_end(t);
}

void text_title_begin(struct text *t, enum outcome outcome, uint64_t number)
{
    medium_of(t)->title_begin(t, outcome, number);
}

void text_title_end(struct text *t)
{
    medium_of(t)->title_end(t);
}

void text_entry_end(struct text *t)
{
    medium_of(t)->entry_end(t);
}

void text_more_begin(struct text *t, const char *summary)
{
    medium_of(t)->more_begin(t, summary);
}

void text_more_end(struct text *t)
{
    medium_of(t)->more_end(t);
}

void text_part_begin(struct text *t)
{
    t->place = PLACE_ROWS;
}

void text_part_end(struct text *t)
{
    medium_of(t)->rows(t);
}

void text_part(struct text *t, struct output *spool, uint64_t from, uint64_t len)
{
    if (len == 0)
        return;
    medium_of(t)->rows(t);
    output_append_part(t->out, spool, from, len);
}

void text_entries_apart(struct text *t, struct output *spool)
{
    if (output_at(spool) == 0)
        return;
    if (text_is_page(t))
        text_entry_end(t);
    output_append(t->out, spool);
}

void text_table_begin(struct text *t, const char *name, const char *const *columns)
{
    t->medium->table_begin(t, name, columns);
}

void text_cell(struct text *t)
{
    t->medium->cell(t, NULL);
}

void text_cell_number(struct text *t, uint64_t value)
{
    t->medium->cell(t, &value);
}

void text_table_row_end(struct text *t)
{
    t->medium->table_row_end(t);
}

void text_table_end(struct text *t)
{
    t->medium->table_end(t);
}

/* ---- what wraps, where the medium does not do that */

static size_t width_of(const struct text *t)
{
    if (text_is_page(t))
        return SIZE_MAX;
    size_t width = t->width ? t->width : DEFAULT_WIDTH;
    return width < LEAST_WIDTH ? LEAST_WIDTH : width;
}

struct text_list text_list_begin(struct text *t, const char *label)
{
    if (label)
        text_label(t, label);
    return (struct text_list){.text = t, .column = TEXT_LABEL_COLUMN};
}

void text_list_item(struct text_list *list, const char *item)
{
    struct text *t = list->text;
    size_t len = strlen(item) + (list->has_item ? 2 : 0);
    if (list->has_item && list->column + len >= width_of(t)) {
        output_printf(t->out, ",\n%*s", TEXT_LABEL_COLUMN, "");
        list->column = TEXT_LABEL_COLUMN;
    } else if (list->has_item) {
        text_plain(t, ", ");
    }
    text_plain(t, item);
    list->column += len;
    list->has_item = true;
}

void text_list_code(struct text_list *list, const char *name, uint16_t code)
{
    char buf[CODE_POINT_LEN];
    text_list_item(list, code_point_write(buf, name, code));
}

void text_list_end(struct text_list *list)
{
    if (!list->has_item)
        text_plain(list->text, "none");
    text_line_end(list->text);
}

struct text_paragraph text_paragraph_begin(struct text *t, const char *label)
{
    text_label(t, label);
    return (struct text_paragraph){.text = t, .column = TEXT_LABEL_COLUMN};
}

void text_paragraph_words(struct text_paragraph *paragraph, const char *words)
{
    struct text *t = paragraph->text;
    char word[LIMIT_SHOWN_NAME];
    for (const char *at = words; *at;) {
        size_t len = strcspn(at, " "), kept = len < sizeof word ? len : sizeof word - 1;
        memcpy(word, at, kept);
        word[kept] = '\0';
        if (paragraph->column > TEXT_LABEL_COLUMN && paragraph->column + 1 + kept > width_of(t)) {
            output_printf(t->out, "\n%*s", TEXT_LABEL_COLUMN, "");
            paragraph->column = TEXT_LABEL_COLUMN;
        } else if (paragraph->column > TEXT_LABEL_COLUMN) {
            text_plain(t, " ");
            paragraph->column++;
        }
        text_string(t, word);
        paragraph->column += kept;
        at += kept;
        at += *at == ' ';
    }
}

void text_paragraph_end(struct text_paragraph *paragraph)
{
    text_line_end(paragraph->text);
}

void text_paragraph_drawn(struct text *t, const char *label, void (*draw)(struct text *t, const void *arg),
                          const void *arg)
{
    struct output memory;
    struct error error;
    struct text inner = *t;
    inner.out = &memory;
    inner.use_color = false;
    if (text_is_page(t)) {
        text_label(t, label);
        draw(t, arg);
        text_line_end(t);
        return;
    }
    if (output_init_memory(&memory, &error) < 0)
        return;
    draw(&inner, arg);
    output_char(&memory, '\0');
    if (!memory.error)
        text_paragraph(t, label, memory.data);
    output_cleanup(&memory);
}

void text_paragraph(struct text *t, const char *label, const char *words)
{
    struct text_paragraph paragraph = text_paragraph_begin(t, label);
    text_paragraph_words(&paragraph, words);
    text_paragraph_end(&paragraph);
}

void text_count(struct text *t, uint64_t value)
{
    char digits[24], grouped[32];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, value);
    int n = 0;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            grouped[n++] = ',';
        grouped[n++] = digits[i];
    }
    medium_of(t)->words(t, grouped, (size_t)n);
}

void text_plural(struct text *t, uint64_t n, const char *one, const char *many)
{
    text_count(t, n);
    text_plain(t, " ");
    text_plain(t, n == 1 ? one : many);
}

void text_size(struct text *t, uint64_t bytes)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB"};
    if (bytes < 10000) {
        text_plural(t, bytes, "byte", "bytes");
        return;
    }
    double value = (double)bytes / 1000;
    size_t unit = 0;
    for (; value >= 999.95 && unit + 1 < sizeof units / sizeof *units; unit++)
        value /= 1000;
    text_printf(t, "%.1f %s", value, units[unit]);
}

void text_duration(struct text *t, int64_t ns)
{
    int64_t seconds = ns / 1000000000;
    if (ns < 0)
        text_plain(t, "less than nothing (the clock went back)");
    else if (ns < 1000000)
        text_printf(t, "%.3f ms", (double)ns / 1e6);
    else if (ns < 1000000000)
        text_printf(t, "%.1f ms", (double)ns / 1e6);
    else if (seconds < 120)
        text_printf(t, "%.2f s", (double)ns / 1e9);
    else if (seconds < 7200)
        text_printf(t, "%" PRId64 " min %" PRId64 " s", seconds / 60, seconds % 60);
    else if (seconds < 172800)
        text_printf(t, "%" PRId64 " h %" PRId64 " min", seconds / 3600, seconds / 60 % 60);
    else
        text_printf(t, "%" PRId64 " days %" PRId64 " h", seconds / 86400, seconds / 3600 % 24);
}
