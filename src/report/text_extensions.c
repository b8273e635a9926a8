/* The text format with -v: what extensions hold, a line for each, as "name: value, value". */
#include "report/extension_content.h"
#include "report/text_report.h"
#include "report/timestamp.h"

#include <inttypes.h>
#include <stdio.h>

enum { MAX_DEPTH = 4, INDENT = TEXT_LABEL_COLUMN + 2, DEFAULT_WIDTH = 100 };

/* Where the tree stands: depth 0 is between extensions. */
struct drawing {
    struct text *text;
    size_t column;
    unsigned depth;
    char brackets[MAX_DEPTH];
    bool has_item[MAX_DEPTH];
    bool is_after_key, is_first_line;
};

static void put_begin(void *to)
{
    struct drawing *d = to;
    text_label(d->text, "contents");
}

static void put_end(void *to)
{
    struct drawing *d = to;
    text_line_end(d->text);
}

static void separate(struct drawing *d, const char *separator, size_t next_len)
{
    size_t width = d->text->width ? d->text->width : DEFAULT_WIDTH;
    if (!text_is_page(d->text) && separator[0] != ' ' && d->column + next_len + 2 >= width) {
        output_printf(d->text->out, "%c\n%*s", separator[0], (int)INDENT, "");
        d->column = INDENT;
    } else {
        text_plain(d->text, separator);
        d->column += strlen(separator);
    }
}

/* Before a value, or the key of one. */
static void before(struct drawing *d, size_t len, bool is_object)
{
    bool is_nested = d->depth >= 2 && d->brackets[d->depth - 1] == '[';
    if (!d->is_after_key && d->depth > 0 && d->has_item[d->depth - 1])
        separate(d, is_object ? "; " : is_nested ? " " : ", ", len);
    if (d->depth > 0)
        d->has_item[d->depth - 1] = true;
    d->is_after_key = false;
}

static void item(struct drawing *d, const char *text)
{
    size_t len = strlen(text);
    before(d, len, false);
    text_plain(d->text, text);
    d->column += len;
}

static void begin_next(struct text *t)
{
    text_line_end(t);
    if (text_is_page(t))
        text_label(t, "");
    else
        output_printf(t->out, "%*s", (int)TEXT_LABEL_COLUMN, "");
}

/* The key as JSON has it, without its comma and quotes; within an extension with blanks for '_'. */
static void put_key(void *to, const char *comma_key_colon, size_t len)
{
    struct drawing *d = to;
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)len - 4, comma_key_colon + 2);
    if (d->depth > 0) {
        for (char *at = strchr(name, '_'); at; at = strchr(at, '_'))
            *at = ' ';
        item(d, name);
        text_plain(d->text, " ");
        d->column++;
    } else {
        if (!d->is_first_line)
            begin_next(d->text);
        d->is_first_line = false;
        text_printf(d->text, "%s: ", name);
        d->column = TEXT_LABEL_COLUMN + strlen(name) + 2;
    }
    d->is_after_key = true;
}

static void put_open(void *to, char bracket)
{
    struct drawing *d = to;
    before(d, 0, bracket == '{');
    d->brackets[d->depth] = bracket;
    d->has_item[d->depth] = false;
    d->depth++;
}

static void put_close(void *to, char bracket)
{
    struct drawing *d = to;
    (void)bracket;
    d->depth--;
    if (!d->has_item[d->depth])
        text_plain(d->text, "none");
    d->is_after_key = false;
}

static void put_number(void *to, uint64_t value)
{
    char buf[24];
    snprintf(buf, sizeof buf, "%" PRIu64, value);
    item(to, buf);
}

static void put_name(void *to, const char *text)
{
    item(to, text);
}

static void put_bytes(void *to, struct bytes raw)
{
    struct drawing *d = to;
    before(d, raw.len, false);
    text_bytes(d->text, raw);
    d->column += raw.len;
}

static void put_string(void *to, const char *text)
{
    struct drawing *d = to;
    before(d, strlen(text), false);
    text_name(d->text, text);
    d->column += strlen(text);
}

static void put_hex(void *to, struct bytes raw)
{
    struct drawing *d = to;
    before(d, 2 * raw.len, false);
    for (size_t i = 0; i < raw.len; i++)
        text_printf(d->text, "%02x", raw.at[i]);
    d->column += 2 * raw.len;
}

static void put_time(void *to, int64_t time_ns)
{
    char buf[TIMESTAMP_LEN];
    item(to, timestamp_write_plain(buf, time_ns, 3));
}

void text_extensions(struct text *t, const struct extensions *ext, enum ext_context context)
{
    static const struct content_format format = {.begin = put_begin,
                                                 .end = put_end,
                                                 .key = put_key,
                                                 .open = put_open,
                                                 .close = put_close,
                                                 .number = put_number,
                                                 .name = put_name,
                                                 .bytes = put_bytes,
                                                 .string = put_string,
                                                 .hex = put_hex,
                                                 .time = put_time};
    struct drawing drawing = {.text = t, .is_first_line = true};
    extension_content(ext, context, &format, &drawing);
}
