/* Sentences from formats: the same as vsnprintf() writes, whatever room there is. */
#include "support/cmocka_all.h"

#include "diagnose/fill.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { ROOM = 256 };

__attribute__((format(printf, 1, 2))) static void check(const char *format, ...)
{
    char expected[ROOM], text[ROOM + 1];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(expected, sizeof expected, format, arguments);
    va_end(arguments);
    assert_in_range(len, 0, ROOM - 1);
    for (size_t room = 1; room <= ROOM; room++) {
        memset(text, '#', sizeof text);
        va_start(arguments, format);
        int result = fill(text, room, format, arguments);
        va_end(arguments);
        assert_int_equal(text[room], '#');
        if ((size_t)len < room) {
            assert_int_equal(result, len);
            assert_string_equal(text, expected);
        } else {
            assert_true(result < 0 || (size_t)result >= room);
        }
    }
}

static void test_same(void **state)
{
    (void)state;
    check("nothing to fill in");
    check("%s", "");
    check("%s", "all of it");
    check("%s%s", "a", "");
    check("%u", 0u);
    check("%u of %u", UINT_MAX, 10u);
    check("The certificate of %s has %u names: %s.", "www.example.test", 3u, "a, b, c");
    check("100 %% of %s", "it");
    check("%lld.%lld seconds", -1LL, 5LL);
    check("%s until \\x%02X", "text", 0x0Au);
    check("%.*s", 2, "cut");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
