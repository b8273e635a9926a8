/* The order of inputs and which of them are one capture: the rules of order.h, one test each. */
#include "support/cmocka_all.h"

#include "capture/order.h"

#include <string.h>

#define SECONDS(n) ((int64_t)((n)*1000000000.0))

/* One input: when it begins and ends, and the group it has to get. */
struct row {
    const char *path;
    double first, last;
    long group;
    uint16_t link_type;
    bool is_pipe, has_no_time, is_apart;
};

/* The rows are in the order in which they have to be read, and are put into the opposite order before. */
static void check(const struct row *rows, size_t num)
{
    struct order_file files[16];
    struct error error;
    assert_true(num <= 16);
    for (size_t i = 0; i < num; i++) {
        const struct row *row = &rows[num - 1 - i];
        files[i] = (struct order_file){.path = row->path,
                                       .is_pipe = row->is_pipe,
                                       .has_time = !row->has_no_time,
                                       .first_ns = SECONDS(row->first),
                                       .link_type = row->link_type,
                                       .is_apart = row->is_apart,
                                       .given = num - 1 - i};
    }
    struct order *order = order_new(files, num, &error);
    assert_non_null(order);
    for (size_t i = 0; i < num; i++) {
        const struct row *row = &rows[i];
        assert_string_equal(files[i].path, row->path);
        long group = (long)order_group(order, i, &error);
        if (group != row->group)
            print_error("%s: group %ld\n", row->path, group);
        assert_int_equal(group, row->group);
        if (!row->has_no_time)
            order_ended(order, (uint32_t)group, SECONDS(row->first), SECONDS(row->last));
    }
    order_free(order);
}

#define FILE_OF(path_, first_, last_, group_, link_type_)                                                              \
    {                                                                                                                  \
        .path = path_, .first = first_, .last = last_, .group = group_, .link_type = link_type_                        \
    }
#define CHECK(...)                                                                                                     \
    do {                                                                                                               \
        static const struct row rows[] = {__VA_ARGS__};                                                                \
        check(rows, sizeof rows / sizeof rows[0]);                                                                     \
    } while (0)

static void test_rotated_files_are_one(void **state)
{
    (void)state;
    CHECK(FILE_OF("c.pcap9", 0, 10, 0, 1), FILE_OF("c.pcap10", 10, 20, 0, 1), FILE_OF("c.pcap11", 20.5, 30, 0, 1));
    CHECK(FILE_OF("monday.pcap", 0, 10, 0, 1), FILE_OF("friday.pcap", 400000, 400010, 0, 1));
}

static void test_overlapping_files_are_not(void **state)
{
    (void)state;
    CHECK(FILE_OF("client.pcap", 0, 10, 0, 1), FILE_OF("server.pcap", 0.1, 10.1, 1, 1));
    CHECK(FILE_OF("a.pcap", 0, 10, 0, 1), FILE_OF("b.pcap", 9.99, 20, 1, 1));  /* names tell of no series */
    CHECK(FILE_OF("a1.pcap", 0, 10, 0, 1), FILE_OF("a2.pcap", 8, 20, 1, 1));   /* too much for jitter */
    CHECK(FILE_OF("a1.pcap", 0, 1, 0, 1), FILE_OF("a2.pcap", 0.5, 1.5, 1, 1)); /* too large a part */
    CHECK(FILE_OF("a1.pcap", 0, 1, 0, 1), FILE_OF("a1.pcap", 0, 1, 1, 1));     /* given twice */
}

static void test_jitter(void **state)
{
    (void)state;
    CHECK(FILE_OF("a1.pcap", 0, 10, 0, 1), FILE_OF("a2.pcap", 9.5, 20, 0, 1), FILE_OF("a3.pcap", 19.95, 30, 0, 1));
    CHECK(FILE_OF("a_00001_20260101.pcap.gz", 0, 10, 0, 1), FILE_OF("a_00002_20260102.pcap", 9.99, 20, 0, 1));
}

static void test_interleaved_series(void **state)
{
    (void)state;
    CHECK(FILE_OF("a1", 0, 10, 0, 1), FILE_OF("b1", 1, 11, 1, 1), FILE_OF("a2", 10, 20, 0, 1),
          FILE_OF("b2", 11, 21, 1, 1), FILE_OF("a3", 20, 30, 0, 1), FILE_OF("b3", 21, 31, 1, 1));
    /* One pauses, so that both groups have ended when the other goes on. */
    CHECK(FILE_OF("a1", 0, 10, 0, 1), FILE_OF("b1", 1, 5, 1, 1), FILE_OF("a2", 10, 20, 0, 1),
          FILE_OF("b2", 50, 60, 1, 1), FILE_OF("a3", 61, 70, 0, 1));
    /* By directory, and with numbers before the digits that count. */
    CHECK(FILE_OF("client/1.pcap", 0, 10, 0, 1), FILE_OF("server/1.pcap", 0, 10, 1, 1),
          FILE_OF("client/2.pcap", 11, 20, 0, 1), FILE_OF("server/2.pcap", 11, 20, 1, 1));
    CHECK(FILE_OF("host1-01", 0, 10, 0, 1), FILE_OF("host2-01", 1, 9, 1, 1), FILE_OF("host1-02", 12, 20, 0, 1),
          FILE_OF("host2-02", 13, 20, 1, 1));
}

static void test_link_type_is_preferred(void **state)
{
    (void)state;
    CHECK(FILE_OF("x1", 0, 10, 0, 1), FILE_OF("x2", 1, 9, 1, 101), FILE_OF("x3", 12, 20, 1, 101),
          FILE_OF("x4", 13, 20, 0, 1));
    CHECK(FILE_OF("x1", 0, 10, 0, 1), FILE_OF("x2", 11, 20, 0, 101)); /* but not demanded */
}

static void test_series_keeps_its_group(void **state)
{
    (void)state;
    /* y may not come between a1 and a2, though it begins when a1 has ended. */
    CHECK(FILE_OF("a1", 0, 10, 0, 1), FILE_OF("y", 10.1, 30, 1, 1), FILE_OF("a2", 10.2, 20, 0, 1));
    CHECK(FILE_OF("a1", 0, 10, 0, 1), FILE_OF("a2", 10.2, 20, 0, 1), FILE_OF("y", 20, 30, 0, 1));
    /* b2 has lost its group by overlap: it does not join that of a. */
    CHECK(FILE_OF("a1", 0, 10, 0, 1), FILE_OF("b1", 5, 40, 1, 1), FILE_OF("b2", 20, 50, 2, 1));
}

static void test_pipes_are_alone(void **state)
{
    (void)state;
    CHECK(FILE_OF("a1", 0, 10, 0, 1), {.path = "-", .first = 11, .last = 20, .group = 1, .is_pipe = true},
          FILE_OF("a2", 21, 30, 0, 1));
}

/* As given, whatever the clocks say, and each for itself. */
static void test_kept_apart(void **state)
{
    (void)state;
    CHECK({.path = "b", .first = 20, .last = 30, .group = 0, .is_apart = true},
          {.path = "a", .first = 0, .last = 10, .group = 1, .is_apart = true},
          {.path = "a2", .first = 40, .last = 50, .group = 2, .is_apart = true});
}

static void test_without_time(void **state)
{
    (void)state;
    CHECK(FILE_OF("a1", 0, 10, 0, 1), FILE_OF("a3", 20, 30, 0, 1), {.path = "empty2", .group = 1, .has_no_time = true},
          {.path = "empty1", .group = 2, .has_no_time = true});
}

static void test_absurd_times(void **state)
{
    (void)state;
    struct error error;
    struct order_file files[] = {
        {.path = "a1", .has_time = true, .first_ns = INT64_MAX, .given = 0},
        {.path = "a2", .has_time = true, .first_ns = INT64_MIN, .given = 1},
    };
    struct order *order = order_new(files, 2, &error);
    assert_non_null(order);
    assert_string_equal(files[0].path, "a2");
    assert_int_equal(order_group(order, 0, &error), 0);
    order_ended(order, 0, INT64_MIN, INT64_MAX);
    assert_int_equal(order_group(order, 1, &error), 0);
    order_free(order);
    order_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rotated_files_are_one),
        cmocka_unit_test(test_overlapping_files_are_not),
        cmocka_unit_test(test_jitter),
        cmocka_unit_test(test_interleaved_series),
        cmocka_unit_test(test_link_type_is_preferred),
        cmocka_unit_test(test_series_keeps_its_group),
        cmocka_unit_test(test_pipes_are_alone),
        cmocka_unit_test(test_kept_apart),
        cmocka_unit_test(test_without_time),
        cmocka_unit_test(test_absurd_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
