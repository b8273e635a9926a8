/* Lines of Zeek's logs: see zeek_writer.h. */
#include "report/zeek_writer.h"

#include "report/escaped.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

enum { SECOND = 1000000000 };

static const char EMPTY[] = "(empty)";

void zeek_log_init(struct zeek_log *log, const char *path, const struct zeek_field *fields, struct output *out)
{
    *log = (struct zeek_log){.out = out, .path = path, .fields = fields};
    json_init(&log->json, out);
}

static struct bytes bytes_of(const char *s)
{
    return (struct bytes){(const uint8_t *)s, strlen(s)};
}

/* ---- header */

/* UTC; the time of the capture, so that the same capture gives the same log. */
static void write_stamp(struct zeek_log *log, const char *name, int64_t time_ns)
{
    char text[32];
    struct tm tm;
    time_t seconds = (time_t)(time_ns / SECOND);
    gmtime_r(&seconds, &tm);
    strftime(text, sizeof text, "%Y-%m-%d-%H-%M-%S", &tm);
    output_printf(log->out, "#%s\t%s\n", name, text);
}

static void write_header(struct zeek_log *log, int64_t time_ns)
{
    log->has_header = true;
    output_printf(log->out, "#separator \\x09\n#set_separator\t,\n#empty_field\t%s\n#unset_field\t-\n#path\t%s\n",
                  EMPTY, log->path);
    write_stamp(log, "open", time_ns);
    output_string(log->out, "#fields");
    for (const struct zeek_field *field = log->fields; field->name; field++)
        output_printf(log->out, "\t%s", field->name);
    output_string(log->out, "\n#types");
    for (const struct zeek_field *field = log->fields; field->name; field++)
        output_printf(log->out, "\t%s", field->type);
    output_char(log->out, '\n');
}

void zeek_line_begin(struct zeek_log *log, int64_t time_ns)
{
    log->next = 0;
    if (!log->is_json && !log->has_header)
        write_header(log, time_ns);
    if (!log->is_json)
        return;
    json_open(&log->json, '{');
    if (log->is_mixed) {
        JSON_KEY(&log->json, "_path");
        json_name(&log->json, log->path);
    }
}

void zeek_line_end(struct zeek_log *log)
{
    if (log->is_json) {
        json_close(&log->json, '}');
        json_line(&log->json);
    } else {
        output_char(log->out, '\n');
    }
}

void zeek_log_end(struct zeek_log *log, int64_t time_ns)
{
    if (log->is_json)
        return;
    if (!log->has_header)
        write_header(log, time_ns);
    write_stamp(log, "close", time_ns);
}

/* ---- fields */

/* Before a value. */
static void begin(struct zeek_log *log)
{
    const struct zeek_field *field = &log->fields[log->next];
    if (log->is_json)
        json_key_string(&log->json, field->name);
    else if (log->next > 0)
        output_char(log->out, '\t');
    log->next++;
}

void zeek_unset(struct zeek_log *log)
{
    if (log->is_json) {
        log->next++;
        return;
    }
    begin(log);
    output_char(log->out, '-');
}

void zeek_time(struct zeek_log *log, int64_t time_ns)
{
    uint64_t magnitude = time_ns < 0 ? -(uint64_t)time_ns : (uint64_t)time_ns;
    begin(log);
    output_printf(log->out, "%s%" PRIu64 ".%06" PRIu64, time_ns < 0 ? "-" : "", magnitude / SECOND,
                  magnitude % SECOND / 1000);
    log->json.has_item = true;
}

void zeek_seconds(struct zeek_log *log, int64_t seconds)
{
    begin(log);
    output_printf(log->out, "%" PRId64 ".000000", seconds);
    log->json.has_item = true;
}

void zeek_number(struct zeek_log *log, uint64_t value)
{
    begin(log);
    output_u64(log->out, value);
    log->json.has_item = true;
}

void zeek_bool(struct zeek_log *log, bool value)
{
    begin(log);
    if (log->is_json)
        json_bool(&log->json, value);
    else
        output_char(log->out, value ? 'T' : 'F');
}

static bool is_reserved(struct bytes b)
{
    return (b.len == 1 && b.at[0] == '-') || (b.len == sizeof EMPTY - 1 && memcmp(b.at, EMPTY, b.len) == 0);
}

static void write_string(struct zeek_log *log, struct bytes b, const char *also)
{
    if (is_reserved(b)) {
        output_printf(log->out, "\\x%02x", b.at[0]);
        b = bytes_slice(b, 1, b.len - 1);
    }
    while (b.len > 0) {
        const uint8_t *backslash = memchr(b.at, '\\', b.len);
        size_t len = backslash ? (size_t)(backslash - b.at) : b.len;
        escaped_write(log->out, bytes_slice(b, 0, len), also, ESCAPED_LOWER);
        if (backslash)
            output_bytes(log->out, "\\\\", 2);
        len += backslash ? 1 : 0;
        b = bytes_slice(b, len, b.len - len);
    }
}

void zeek_bytes(struct zeek_log *log, struct bytes b)
{
    begin(log);
    if (log->is_json)
        json_bytes(&log->json, b);
    else if (b.len == 0)
        output_string(log->out, EMPTY);
    else
        write_string(log, b, "");
}

void zeek_string(struct zeek_log *log, const char *s)
{
    if (s)
        zeek_bytes(log, bytes_of(s));
    else
        zeek_unset(log);
}

/* In tables has_item tells whether the vector has one. */
void zeek_vector_begin(struct zeek_log *log)
{
    begin(log);
    if (log->is_json)
        json_open(&log->json, '[');
    else
        log->json.has_item = false;
}

void zeek_item(struct zeek_log *log, const char *s)
{
    if (log->is_json) {
        json_bytes_of(&log->json, s);
        return;
    }
    if (log->json.has_item)
        output_char(log->out, ',');
    log->json.has_item = true;
    if (*s)
        write_string(log, bytes_of(s), ",");
    else
        output_string(log->out, EMPTY);
}

void zeek_vector_end(struct zeek_log *log)
{
    if (log->is_json)
        json_close(&log->json, ']');
    else if (!log->json.has_item)
        output_string(log->out, EMPTY);
}
