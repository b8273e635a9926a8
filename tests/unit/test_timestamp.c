/* Times against the C library's calendar. */
#include "support/cmocka_all.h"

#include "report/timestamp.h"

#include <stdio.h>
#include <time.h>

static void test_known(void **state)
{
    (void)state;
    char buf[TIMESTAMP_LEN];
    assert_string_equal(timestamp_write(buf, 0, 6), "1970-01-01T00:00:00.000000Z");
    assert_string_equal(timestamp_write(buf, 1, 9), "1970-01-01T00:00:00.000000001Z");
    assert_string_equal(timestamp_write(buf, -1, 9), "1969-12-31T23:59:59.999999999Z");
    assert_string_equal(timestamp_write(buf, -1000000000, 0), "1969-12-31T23:59:59Z");
    assert_string_equal(timestamp_write(buf, 1709210096123456789, 6), "2024-02-29T12:34:56.123456Z");
    assert_string_equal(timestamp_write_plain(buf, 1709210096123456789, 9), "2024-02-29 12:34:56.123456789");
    assert_string_equal(timestamp_write(buf, INT64_MAX, 9), "2262-04-11T23:47:16.854775807Z");
    assert_string_equal(timestamp_write(buf, INT64_MIN, 9), "1677-09-21T00:12:43.145224192Z");
}

static void test_every_day(void **state)
{
    (void)state;
    for (int64_t day = -100000; day < 106000; day++) {
        time_t seconds = (time_t)(day * 86400 + 86399);
        struct tm tm;
        char expected[128], buf[TIMESTAMP_LEN];
        gmtime_r(&seconds, &tm);
        snprintf(expected, sizeof expected, "%04d-%02d-%02d %02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1,
                 tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
        assert_string_equal(timestamp_write_plain(buf, (int64_t)seconds * 1000000000, 0), expected);
    }
}

static void test_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
    } good[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01", 0},
        {"2026-11-21T15:00:00Z", 1795273200},
        {"2026-11-21 15:00:00z", 1795273200},
        {"2026-11-21t16:30:00.999999+01:30", 1795273200},
        {"2026-11-21T08:00:00-07:00", 1795273200},
        {"2024-02-29T12:34:56Z", 1709210096},
        {"1969-12-31T23:59:59Z", -1},
        {"0000-01-01T00:00:00Z", -62167219200},
        {"9999-12-31T23:59:59Z", 253402300799},
    };
    static const char *const bad[] = {
        "",
        "2026",
        "2026-11",
        "2026-13-01",
        "2026-00-01",
        "2026-11-31",
        "2025-02-29",
        "2026-11-00",
        "26-11-21",
        "2026-11-21T",
        "2026-11-21T15:00Z",
        "2026-11-21T15:00:00",
        "2026-11-21T24:00:00Z",
        "2026-11-21T15:60:00Z",
        "2026-11-21T15:00:00.Z",
        "2026-11-21T15:00:00Zx",
        "2026-11-21T15:00:00+0100",
        "2026-11-21T15:00:00+24:00",
        "2026-11-21Z",
        " 2026-11-21",
        "2026/11/21",
        "now",
    };
    int64_t seconds;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(timestamp_read(good[i].text, &seconds));
        assert_int_equal(seconds, good[i].seconds);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (timestamp_read(bad[i], &seconds))
            fail_msg("'%s' was taken for a time", bad[i]);
    for (int64_t day = -100000; day < 106000; day++) {
        char buf[TIMESTAMP_LEN];
        assert_true(timestamp_read(timestamp_write(buf, day * 86400 * 1000000000, 0), &seconds));
        assert_int_equal(seconds, day * 86400);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_every_day),
        cmocka_unit_test(test_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
