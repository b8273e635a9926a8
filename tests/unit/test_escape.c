/* Decoding UTF-8 and what may be shown. */
#include "support/cmocka_all.h"
#include "support/mutate.h"

#include "report/escape.h"

#include <stdlib.h>

static void test_valid(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        size_t len;
        uint32_t code_point;
    } cases[] = {
        {"00", 1, 0},
        {"41", 1, 'A'},
        {"7f", 1, 0x7F},
        {"c280", 2, 0x80},
        {"c3a9", 2, 0xE9},
        {"dfbf", 2, 0x7FF},
        {"e0a080", 3, 0x800},
        {"e282ac", 3, 0x20AC},
        {"ed9fbf", 3, 0xD7FF},
        {"ee8080", 3, 0xE000},
        {"efbfbf", 3, 0xFFFF},
        {"f0908080", 4, 0x10000},
        {"f09f9892", 4, 0x1F612},
        {"f48fbfbf", 4, 0x10FFFF},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes b = bytes_from_hex(cases[i].hex);
        uint32_t code_point;
        assert_int_equal(escape_decode(b, 0, &code_point), cases[i].len);
        assert_int_equal(code_point, cases[i].code_point);
        free((void *)(uintptr_t)b.at);
    }
}

static void test_invalid(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "80",     "bf",     "c0af",     "c1bf",   "c3",       "c341",     "e0809f", "e08080", "e282",
        "eda080", "edbfbf", "f08080af", "f0908f", "f4908080", "f8888080", "fe",     "ff",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes b = bytes_from_hex(cases[i]);
        uint32_t code_point;
        assert_int_equal(escape_decode(b, 0, &code_point), 0);
        free((void *)(uintptr_t)b.at);
    }
}

static void test_hidden(void **state)
{
    (void)state;
    static const uint32_t hidden[] = {0,      0x0A,   0x1B,   0x7F,   0x80,   0x9B,   0xAD,   0x61C,  0x200B,
                                      0x200E, 0x2028, 0x2029, 0x202A, 0x202E, 0x2066, 0x2069, 0xFEFF, 0xE0001};
    static const uint32_t shown[] = {' ', 'A', '"', '\\', '~', 0xA0, 0xE9, 0x5D0, 0x20AC, 0x4E2D, 0x1F612};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        assert_true(escape_is_hidden(hidden[i]));
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        assert_false(escape_is_hidden(shown[i]));
    /* The table is searched in order. */
    for (uint32_t c = 0x2066; c <= 0x2069; c++)
        assert_true(escape_is_hidden(c));
}

static void test_plain_run(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        const uint8_t data[2] = {'a', (uint8_t)c};
        bool is_plain = c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
        assert_int_equal(escape_plain_run((struct bytes){data, 2}, 0), is_plain ? 2 : 1);
        assert_int_equal(escape_plain_run((struct bytes){data, 2}, 1), is_plain);
    }
    assert_int_equal(escape_plain_run((struct bytes){NULL, 0}, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid),
        cmocka_unit_test(test_invalid),
        cmocka_unit_test(test_hidden),
        cmocka_unit_test(test_plain_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
