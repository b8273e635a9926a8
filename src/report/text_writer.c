/* Text for terminals: SGR sequences of ECMA-48, nothing else. */
#include "report/text_writer.h"

#include "bounds.h"
#include "report/escape.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { DEFAULT_WIDTH = 100, LEAST_WIDTH = 40 };

static void write_code_point(struct text *t, struct bytes b, size_t i, size_t len, uint32_t code_point)
{
    bool is_shown = !escape_is_hidden(code_point) && (code_point < 0x80 || t->is_utf8);
    if (is_shown)
        output_bytes(t->out, b.at + i, len);
    else if (code_point < 0x80)
        output_printf(t->out, "\\x%02X", (unsigned)code_point);
    else
        output_printf(t->out, "\\u{%04" PRIX32 "}", code_point);
}

static void write_escaped(struct text *t, struct bytes b, bool is_raw)
{
    struct bytes shown = bytes_slice(b, 0, LIMIT_SHOWN_NAME);
    for (size_t i = 0; i < shown.len;) {
        size_t run = escape_plain_run(shown, i);
        output_bytes(t->out, shown.at + i, run);
        i += run;
        if (i == shown.len)
            break;
        uint32_t code_point;
        size_t len = escape_decode(b, i, &code_point);
        if (len == 0)
            output_printf(t->out, "\\x%02X", (unsigned)b.at[i]);
        else if (code_point == '\\' && is_raw)
            output_bytes(t->out, "\\\\", 2);
        else
            write_code_point(t, b, i, len, code_point);
        i += len ? len : 1;
    }
    if (b.len > shown.len)
        output_printf(t->out, "... (%zu bytes)", b.len);
}

void text_bytes(struct text *t, struct bytes b)
{
    write_escaped(t, b, true);
}

void text_bytes_of(struct text *t, const char *raw)
{
    write_escaped(t, (struct bytes){(const uint8_t *)raw, strlen(raw)}, true);
}

void text_string(struct text *t, const char *s)
{
    write_escaped(t, (struct bytes){(const uint8_t *)s, strlen(s)}, false);
}

void text_plain(struct text *t, const char *s)
{
    output_string(t->out, s);
}

void text_printf(struct text *t, const char *format, ...)
{
    char buf[512];
    va_list args;
    va_start(args, format);
    vsnprintf(buf, sizeof buf, format, args);
    va_end(args);
    output_string(t->out, buf);
}

void text_style(struct text *t, enum text_style style)
{
    static const char *const sequences[NUM_STYLES] = {
        [STYLE_FAILED] = "\033[1;31m",  [STYLE_INCOMPLETE] = "\033[1;33m", [STYLE_COMPLETED] = "\033[1;32m",
        [STYLE_NOT_TLS] = "\033[1;35m", [STYLE_TITLE] = "\033[1m",         [STYLE_DIM] = "\033[2m",
    };
    if (t->use_color)
        output_string(t->out, sequences[style]);
}

void text_style_end(struct text *t)
{
    if (t->use_color)
        output_string(t->out, "\033[0m");
}

void text_styled(struct text *t, enum text_style style, const char *s)
{
    text_style(t, style);
    text_plain(t, s);
    text_style_end(t);
}

void text_label(struct text *t, const char *label)
{
    text_style(t, STYLE_DIM);
    output_printf(t->out, "  %-*s", TEXT_LABEL_COLUMN - 2, label);
    text_style_end(t);
}

void text_line_end(struct text *t)
{
    output_char(t->out, '\n');
}

void text_section(struct text *t, const char *title)
{
    text_styled(t, STYLE_TITLE, title);
    text_line_end(t);
}

void text_heading(struct text *t, const char *heading)
{
    text_style(t, STYLE_DIM);
    text_plain(t, "  ");
    text_plain(t, heading);
    text_style_end(t);
    text_line_end(t);
}

static size_t width_of(const struct text *t)
{
    size_t width = t->width ? t->width : DEFAULT_WIDTH;
    return width < LEAST_WIDTH ? LEAST_WIDTH : width;
}

struct text_list text_list_begin(struct text *t, const char *label)
{
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
        output_bytes(t->out, ", ", 2);
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
            output_char(t->out, ' ');
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
    output_bytes(t->out, grouped, (size_t)n);
}

void text_plural(struct text *t, uint64_t n, const char *one, const char *many)
{
    text_count(t, n);
    output_char(t->out, ' ');
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
