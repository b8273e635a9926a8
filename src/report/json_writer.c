/* JSON text: RFC 8259. */
#include "report/json_writer.h"

#include "report/escape.h"

static const char lower[] = "0123456789abcdef";
static const char upper[] = "0123456789ABCDEF";

static void before_value(struct json *j)
{
    if (j->has_item)
        output_char(j->out, ',');
    j->has_item = true;
}

static void write_u16(struct output *o, uint32_t unit)
{
    char *room = output_room(o, 6);
    room[0] = '\\';
    room[1] = 'u';
    for (unsigned i = 0; i < 4; i++)
        room[2 + i] = lower[unit >> (12 - 4 * i) & 0xF];
    output_advance(o, 6);
}

static void write_escaped_code_point(struct output *o, uint32_t code_point)
{
    if (code_point >= 0x10000) {
        code_point -= 0x10000;
        write_u16(o, 0xD800 | code_point >> 10);
        code_point = 0xDC00 | (code_point & 0x3FF);
    }
    write_u16(o, code_point);
}

static void write_escaped_byte(struct output *o, uint8_t byte)
{
    char *room = output_room(o, 5);
    memcpy(room, "\\\\x", 3);
    room[3] = upper[byte >> 4];
    room[4] = upper[byte & 0xF];
    output_advance(o, 5);
}

static size_t write_special(struct output *o, struct bytes b, size_t i, bool is_raw)
{
    uint32_t code_point;
    size_t len = escape_decode(b, i, &code_point);
    if (len == 0) {
        write_escaped_byte(o, b.at[i]);
        return 1;
    }
    if (code_point == '\\' && is_raw)
        write_escaped_byte(o, '\\');
    else if (code_point == '\\' || code_point == '"')
        output_bytes(o, (const char[]){'\\', (char)code_point}, 2);
    else if (escape_is_hidden(code_point))
        write_escaped_code_point(o, code_point);
    else
        output_bytes(o, b.at + i, len);
    return len;
}

static void write_string(struct json *j, struct bytes b, bool is_raw)
{
    struct output *o = j->out;
    before_value(j);
    output_char(o, '"');
    for (size_t i = 0; i < b.len;) {
        size_t run = escape_plain_run(b, i);
        output_bytes(o, b.at + i, run);
        i += run;
        if (i < b.len)
            i += write_special(o, b, i, is_raw);
    }
    output_char(o, '"');
}

void json_bytes(struct json *j, struct bytes b)
{
    write_string(j, b, true);
}

void json_bytes_of(struct json *j, const char *raw)
{
    write_string(j, (struct bytes){(const uint8_t *)raw, strlen(raw)}, true);
}

void json_string(struct json *j, const char *s)
{
    write_string(j, (struct bytes){(const uint8_t *)s, strlen(s)}, false);
}

void json_key_string(struct json *j, const char *key)
{
    json_string(j, key);
    output_char(j->out, ':');
    j->has_item = false;
}

void json_name(struct json *j, const char *s)
{
    size_t len = strlen(s);
    char *room = output_room(j->out, len + 3);
    size_t n = 0;
    if (j->has_item)
        room[n++] = ',';
    room[n++] = '"';
    memcpy(room + n, s, len);
    room[n + len] = '"';
    output_advance(j->out, n + len + 1);
    j->has_item = true;
}

void json_bool(struct json *j, bool value)
{
    before_value(j);
    output_bytes(j->out, value ? "true" : "false", value ? 4 : 5);
}

void json_u64(struct json *j, uint64_t value)
{
    before_value(j);
    output_u64(j->out, value);
}

void json_i64(struct json *j, int64_t value)
{
    before_value(j);
    if (value < 0)
        output_char(j->out, '-');
    output_u64(j->out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void json_hex(struct json *j, struct bytes b)
{
    before_value(j);
    output_char(j->out, '"');
    for (size_t i = 0; i < b.len; i++) {
        char *room = output_room(j->out, 2);
        room[0] = lower[b.at[i] >> 4];
        room[1] = lower[b.at[i] & 0xF];
        output_advance(j->out, 2);
    }
    output_char(j->out, '"');
}

void json_code(struct json *j, uint32_t code, unsigned digits)
{
    while (digits < 8 && code >> (4 * digits))
        digits++;
    before_value(j);
    char *room = output_room(j->out, 12);
    memcpy(room, "\"0x", 3);
    for (unsigned i = 0; i < digits; i++)
        room[3 + i] = upper[code >> (4 * (digits - 1 - i)) & 0xF];
    room[3 + digits] = '"';
    output_advance(j->out, 4 + digits);
}

void json_line(struct json *j)
{
    output_char(j->out, '\n');
    j->has_item = false;
}
