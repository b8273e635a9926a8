/* The JSON format: "extension_data", what a message's extensions hold beside what other fields tell. */
#include "report/extension_content.h"
#include "report/json_report.h"

static void put_begin(void *to)
{
    JSON_KEY((struct json *)to, "extension_data");
    json_open(to, '{');
}

static void put_end(void *to)
{
    json_close(to, '}');
}

static void put_key(void *to, const char *comma_key_colon, size_t len)
{
    json_key(to, comma_key_colon, len);
}

static void put_open(void *to, char bracket)
{
    json_open(to, bracket);
}

static void put_close(void *to, char bracket)
{
    json_close(to, bracket);
}

static void put_number(void *to, uint64_t value)
{
    json_u64(to, value);
}

static void put_name(void *to, const char *text)
{
    json_name(to, text);
}

static void put_bytes(void *to, struct bytes raw)
{
    json_bytes(to, raw);
}

static void put_string(void *to, const char *text)
{
    json_string(to, text);
}

static void put_hex(void *to, struct bytes raw)
{
    json_hex(to, raw);
}

static void put_time(void *to, int64_t time_ns)
{
    json_time(to, time_ns, 6);
}

void json_extension_data(struct json *j, const struct extensions *ext, enum ext_context context)
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
    extension_content(ext, context, &format, j);
}
