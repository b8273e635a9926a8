/* The JSON writer: structure, numbers, and strings that hold anything. */
#include "support/cmocka_all.h"

#include "report/json_writer.h"

#include <stdlib.h>

static struct output out;
static struct json json;

static int set_up(void **state)
{
    (void)state;
    struct error error;
    if (output_init_memory(&out, &error) < 0)
        return -1;
    json_init(&json, &out);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    output_cleanup(&out);
    return 0;
}

static void assert_written(const char *expected)
{
    output_char(&out, '\0');
    assert_string_equal(out.data, expected);
    out.len = 0;
    json_init(&json, &out);
}

static void test_structure(void **state)
{
    (void)state;
    struct json *j = &json;
    json_open(j, '{');
    JSON_KEY(j, "a");
    json_u64(j, 18446744073709551615u);
    JSON_KEY(j, "b");
    json_open(j, '[');
    json_close(j, ']');
    JSON_KEY(j, "c");
    json_open(j, '[');
    json_name(j, "x");
    json_bool(j, true);
    json_open(j, '{');
    JSON_KEY(j, "d");
    json_bool(j, false);
    json_close(j, '}');
    json_open(j, '{');
    json_close(j, '}');
    json_close(j, ']');
    json_key_string(j, "e\"");
    json_u64(j, 0);
    json_close(j, '}');
    json_line(j);
    json_open(j, '{');
    json_close(j, '}');
    json_line(j);
    assert_written("{\"a\":18446744073709551615,\"b\":[],\"c\":[\"x\",true,{\"d\":false},{}],\"e\\\"\":0}\n{}\n");
}

static void test_codes(void **state)
{
    (void)state;
    struct json *j = &json;
    json_open(j, '[');
    json_code(j, 0xC02F, 4);
    json_code(j, 0, 4);
    json_code(j, 0x010080, 6);
    json_code(j, 0x12345, 4);
    json_code(j, 0xFFFFFFFF, 4);
    json_hex(j, (struct bytes){(const uint8_t *)"\x00\xab\x0f", 3});
    json_hex(j, (struct bytes){NULL, 0});
    json_close(j, ']');
    assert_written("[\"0xC02F\",\"0x0000\",\"0x010080\",\"0x12345\",\"0xFFFFFFFF\",\"00ab0f\",\"\"]");
}

static void test_strings(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        size_t len;
        const char *raw, *text; /* json_bytes(), json_string() */
    } cases[] = {
        {"", 0, "\"\"", "\"\""},
        {"www.example.test", 16, "\"www.example.test\"", "\"www.example.test\""},
        {"a\"b", 3, "\"a\\\"b\"", "\"a\\\"b\""},
        {"a\\b", 3, "\"a\\\\x5Cb\"", "\"a\\\\b\""},
        {"\x1b[31m\n\x7f", 7, "\"\\u001b[31m\\u000a\\u007f\"", "\"\\u001b[31m\\u000a\\u007f\""},
        {"\xc3\xa9", 2, "\"\xc3\xa9\"", "\"\xc3\xa9\""},
        {"\xc3", 1, "\"\\\\xC3\"", "\"\\\\xC3\""},
        {"\xff\xfe", 2, "\"\\\\xFF\\\\xFE\"", "\"\\\\xFF\\\\xFE\""},
        {"\xc2\x9b", 2, "\"\\u009b\"", "\"\\u009b\""},
        {"\xe2\x80\xa8", 3, "\"\\u2028\"", "\"\\u2028\""},
        {"x\xe2\x80\xaey", 5, "\"x\\u202ey\"", "\"x\\u202ey\""},
        {"\xf3\xa0\x80\x81", 4, "\"\\udb40\\udc01\"", "\"\\udb40\\udc01\""},
        {"\xf0\x9f\x98\x92", 4, "\"\xf0\x9f\x98\x92\"", "\"\xf0\x9f\x98\x92\""},
        {"\xed\xa0\x80", 3, "\"\\\\xED\\\\xA0\\\\x80\"", "\"\\\\xED\\\\xA0\\\\x80\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_bytes(&json, (struct bytes){(const uint8_t *)cases[i].in, cases[i].len});
        assert_written(cases[i].raw);
        json_string(&json, cases[i].in);
        assert_written(cases[i].text);
    }
    json_bytes(&json, (struct bytes){(const uint8_t *)"a\0b", 3});
    assert_written("\"a\\u0000b\"");
}

/* Undoes json_bytes(): JSON's own escapes, then \xHH. */
static size_t decode(const char *text, uint8_t *bytes)
{
    size_t n = 0;
    for (text++; *text != '"'; text++) {
        if (*text != '\\') {
            bytes[n++] = (uint8_t)*text;
        } else if (strncmp(text, "\\\\x", 3) == 0) {
            bytes[n++] = (uint8_t)strtoul((const char[]){text[3], text[4], 0}, NULL, 16);
            text += 4;
        } else if (text[1] == 'u') {
            unsigned long unit = strtoul((const char[]){text[2], text[3], text[4], text[5], 0}, NULL, 16);
            assert_true(unit < 0x800); /* two bytes of UTF-8 reach no further */
            if (unit >= 0x80)
                bytes[n++] = (uint8_t)(0xC0 | unit >> 6);
            bytes[n++] = (uint8_t)(unit < 0x80 ? unit : 0x80 | (unit & 0x3F));
            text += 5;
        } else {
            bytes[n++] = (uint8_t) * ++text;
        }
    }
    return n;
}

/* Every pair of bytes comes back as it was: the escaping loses nothing and means one thing only. */
static void test_unambiguous(void **state)
{
    (void)state;
    for (unsigned pair = 0; pair < 65536; pair++) {
        const uint8_t bytes[2] = {(uint8_t)(pair >> 8), (uint8_t)pair};
        uint8_t back[16];
        json_bytes(&json, (struct bytes){bytes, 2});
        output_char(&out, '\0');
        assert_int_equal(decode(out.data, back), 2);
        assert_memory_equal(back, bytes, 2);
        for (const char *at = out.data; *at; at++)
            assert_true((unsigned char)*at >= 0x20 && *at != 0x7F);
        out.len = 0;
        json_init(&json, &out);
    }
}

static void test_long_strings(void **state)
{
    (void)state;
    size_t len = 5 * OUTPUT_ROOM;
    uint8_t *long_text = malloc(len);
    memset(long_text, 'z', len);
    json_bytes(&json, (struct bytes){long_text, len});
    assert_int_equal(out.len, len + 2);
    assert_int_equal(out.data[0], '"');
    assert_int_equal(out.data[len], 'z');
    assert_int_equal(out.data[len + 1], '"');
    memset(long_text, 0xFF, len);
    out.len = 0;
    json_hex(&json, (struct bytes){long_text, len});
    assert_int_equal(out.len, 2 * len + 3); /* and a comma */
    free(long_text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_structure, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_codes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_strings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unambiguous, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_long_strings, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
