/* The JSON format: "extension_data", what a message's extensions hold beside what other fields tell. */
#include "report/extension_content.h"
#include "report/json_report.h"

static void begin(void *to)
{
    JSON_KEY((struct json *)to, "extension_data");
    json_open(to, '{');
}

static void end(void *to)
{
    json_close(to, '}');
}

static void key(void *to, const char *comma_key_colon, size_t len)
{
    json_key(to, comma_key_colon, len);
}

static void open(void *to, char bracket)
{
    json_open(to, bracket);
}

static void close(void *to, char bracket)
{
    json_close(to, bracket);
}

static void number(void *to, uint64_t value)
{
    json_u64(to, value);
}

static void name(void *to, const char *text)
{
    json_name(to, text);
}

static void bytes(void *to, struct bytes raw)
{
    json_bytes(to, raw);
}

static void string(void *to, const char *text)
{
    json_string(to, text);
}

static void hex(void *to, struct bytes raw)
{
    json_hex(to, raw);
}

static void time(void *to, int64_t time_ns)
{
    json_time(to, time_ns, 6);
}

void json_extension_data(struct json *j, const struct extensions *ext, enum ext_context context)
{
    static const struct content_format format = {.begin = begin,
                                                 .end = end,
                                                 .key = key,
                                                 .open = open,
                                                 .close = close,
                                                 .number = number,
                                                 .name = name,
                                                 .bytes = bytes,
                                                 .string = string,
                                                 .hex = hex,
                                                 .time = time};
    extension_content(ext, context, &format, j);
}
