/* Which connections at two vantage points belong together, and what that tells of the clocks. */
#include "support/cmocka_all.h"

#include "diagnose/pair.h"

#include <stdlib.h>
#include <string.h>

#define SECONDS(n) ((int64_t)((n)*1000000000.0))

/* One sighting: the first letter of `random` fills it; "" none. */
struct row {
    unsigned side;
    double start;
    const char *name, *random;
    uint32_t isn; /* of the client; 0: no SYN was seen */
    uint8_t server;
    uint16_t client_port;
    uint64_t partner; /* the id (from 1) that it has to get; 0 none */
    enum pair_how how;
};

static struct sighting sightings[64];
static struct pair_context context;

static void fill(struct sighting *s, const struct row *row, uint64_t id)
{
    *s = (struct sighting){.id = id, .side = (uint8_t)row->side, .ip_version = 4, .name = row->name};
    s->start = (struct moment){{id, row->side}, SECONDS(row->start)};
    if (row->random && row->random[0]) {
        s->has_random = true;
        memset(s->random, row->random[0], sizeof s->random);
        s->client_hello = s->start;
    }
    s->roles[ROLE_CLIENT] = (struct sighting_role){.port = row->client_port, .has_syn = row->isn, .isn = row->isn};
    s->roles[ROLE_CLIENT].address[0] = 10;
    s->roles[ROLE_CLIENT].address[3] = (uint8_t)row->side;
    s->roles[ROLE_SERVER] = (struct sighting_role){.address = {192, 0, 2, row->server}, .port = 443};
}

static struct sightings match(const struct row *rows, size_t num)
{
    struct sightings set = {.at = sightings, .num = num, .cap = num};
    assert_true(num <= sizeof sightings / sizeof *sightings);
    for (size_t i = 0; i < num; i++)
        fill(&sightings[i], &rows[i], i + 1);
    assert_int_equal(pairs_match(&set, &context), 0);
    return set;
}

/* Captures from second 0 to 1000, on clocks that are `ahead` apart. */
static void set_captures(double ahead)
{
    context = (struct pair_context){.vantages = {
                                        {"inside", {{1, 0}, SECONDS(0)}, {{9, 0}, SECONDS(1000)}},
                                        {"outside", {{1, 1}, SECONDS(ahead)}, {{9, 1}, SECONDS(1000 + ahead)}},
                                    }};
}

static void check_rows(const struct row *rows, size_t num)
{
    match(rows, num);
    for (size_t i = 0; i < num; i++) {
        uint64_t partner = sightings[i].other ? sightings[i].other->id : 0;
        if (partner != rows[i].partner || sightings[i].how != rows[i].how)
            print_error("row %zu: partner %llu\n", i + 1, (unsigned long long)partner);
        assert_int_equal(partner, rows[i].partner);
        assert_int_equal(sightings[i].how, rows[i].how);
        if (sightings[i].other)
            assert_ptr_equal(sightings[i].other->other, &sightings[i]);
    }
}

#define CHECK(...)                                                                                                     \
    do {                                                                                                               \
        static const struct row rows[] = {__VA_ARGS__};                                                                \
        check_rows(rows, sizeof rows / sizeof rows[0]);                                                                \
    } while (0)

static void test_the_same_hello_comes_first(void **state)
{
    (void)state;
    set_captures(0);
    /* Nearer in time, and of the same name: the random decides all the same. */
    CHECK({0, 10, "a.test", "x", 0, 1, 1, 3, PAIR_RANDOM}, {1, 10.1, "a.test", "y", 0, 1, 2, 0, PAIR_NONE},
          {1, 12, "a.test", "x", 0, 2, 3, 1, PAIR_RANDOM});
    assert_int_equal(context.num[PAIR_RANDOM], 1);
    assert_int_equal(context.num[PAIR_NONE], 1);
    assert_int_equal(context.offset_ns, SECONDS(2));
    /* A random of zeros tells nothing. */
    static const struct row zeros[] = {{0, 10, NULL, NULL, 0, 1, 1, 0, PAIR_NONE},
                                       {1, 500, NULL, NULL, 0, 2, 2, 0, PAIR_NONE}};
    struct sightings set = {.at = sightings, .num = 2, .cap = 2};
    fill(&sightings[0], &zeros[0], 1);
    fill(&sightings[1], &zeros[1], 2);
    sightings[0].has_random = sightings[1].has_random = true;
    assert_int_equal(pairs_match(&set, &context), 0);
    assert_null(sightings[0].other);
}

static void test_translated_addresses(void **state)
{
    (void)state;
    set_captures(0);
    CHECK({0, 10, NULL, "", 1000, 1, 5001, 3, PAIR_TCP}, {0, 11, NULL, "", 2000, 1, 5002, 2 + 2, PAIR_TCP},
          {1, 10.2, NULL, "", 1000, 1, 61000, 1, PAIR_TCP}, {1, 11.2, NULL, "", 2000, 1, 61001, 2, PAIR_TCP});
    assert_int_equal(context.num_measured, 2);
    assert_true(pair_is_same_tcp(&sightings[0], &sightings[2]));
    assert_false(pair_is_same_tcp(&sightings[0], &sightings[3]));
}

static void test_names_nearest_in_time(void **state)
{
    (void)state;
    set_captures(0);
    CHECK({0, 10, "a.test", "p", 0, 1, 1, 5, PAIR_NAME}, {0, 20, "a.test", "q", 0, 1, 2, 6, PAIR_NAME},
          {0, 21, "a.test", "r", 0, 1, 3, 0, PAIR_NONE}, {0, 10, "b.test", "s", 0, 1, 4, 0, PAIR_NONE},
          {1, 10.5, "a.test", "t", 0, 1, 1001, 1, PAIR_NAME}, {1, 20.1, "a.test", "u", 0, 1, 1002, 2, PAIR_NAME},
          {1, 90, "b.test", "v", 0, 9, 1003, 0, PAIR_NONE});
    assert_int_equal(context.num[PAIR_NAME], 2);
    assert_int_equal(context.num[PAIR_NONE], 3);
    assert_int_equal(context.num_measured, 0);
    assert_true(sightings[2].is_server_elsewhere && sightings[3].is_server_elsewhere);
}

static void test_addresses_of_the_nameless(void **state)
{
    (void)state;
    set_captures(0);
    CHECK({0, 10, NULL, "", 0, 7, 1, 2, PAIR_ADDRESS}, {1, 10.5, "a.test", "t", 0, 7, 2, 1, PAIR_ADDRESS},
          {0, 10, "b.test", "p", 0, 8, 3, 0, PAIR_NONE}, {1, 10.5, "c.test", "q", 0, 8, 4, 0, PAIR_NONE},
          {0, 10, NULL, "", 0, 5, 5, 0, PAIR_NONE}, {1, 10, NULL, "", 0, 6, 6, 0, PAIR_NONE});
    assert_true(sightings[2].is_server_elsewhere);
    assert_false(sightings[4].is_server_elsewhere);
}

/* Three pairs tell an hour; one of them, whose SYN was lost once, is not believed more than the others. */
static void test_clocks(void **state)
{
    (void)state;
    set_captures(3600);
    CHECK({0, 1, "a.test", "p", 0, 1, 1, 5, PAIR_RANDOM}, {0, 2, "a.test", "q", 0, 1, 2, 6, PAIR_RANDOM},
          {0, 3, "a.test", "r", 0, 1, 3, 7, PAIR_RANDOM}, {0, 50, "a.test", "s", 0, 1, 4, 8, PAIR_NAME},
          {1, 3601, "a.test", "p", 0, 1, 11, 1, PAIR_RANDOM}, {1, 3602, "a.test", "q", 0, 1, 12, 2, PAIR_RANDOM},
          {1, 3604, "a.test", "r", 0, 1, 13, 3, PAIR_RANDOM}, {1, 3651, "a.test", "t", 0, 1, 14, 4, PAIR_NAME});
    assert_int_equal(context.offset_ns, SECONDS(3600));
    assert_int_equal(context.num_measured, 3);
    assert_false(context.is_apart);
    struct moment late = {{5, 0}, SECONDS(999)}, later = {{5, 0}, SECONDS(1001)};
    assert_true(pair_was_running(&context, 0, &late));
    assert_false(pair_was_running(&context, 0, &later));
    late.time_ns = SECONDS(3599);
    assert_false(pair_was_running(&context, 1, &late));
    late.time_ns = SECONDS(3601);
    assert_true(pair_was_running(&context, 1, &late));
    late.place.frame = 0;
    assert_false(pair_was_running(&context, 1, &late));
}

/* SYN and SYN-ACK cross: the way's length falls out. */
static void test_clock_without_the_way(void **state)
{
    (void)state;
    static const struct row rows[] = {{0, 100, NULL, "", 77, 1, 1, 2, PAIR_TCP},
                                      {1, 205.2, NULL, "", 77, 1, 2, 1, PAIR_TCP}};
    set_captures(0);
    struct sightings set = {.at = sightings, .num = 2, .cap = 2};
    for (size_t i = 0; i < 2; i++)
        fill(&sightings[i], &rows[i], i + 1);
    sightings[0].syn_ack = (struct moment){{3, 0}, SECONDS(100.6)};
    sightings[1].syn_ack = (struct moment){{3, 1}, SECONDS(205.4)};
    assert_int_equal(pairs_match(&set, &context), 0);
    assert_int_equal(context.offset_ns, SECONDS(105));
}

static void test_captures_of_different_days(void **state)
{
    (void)state;
    set_captures(86400);
    CHECK({0, 1, "a.test", "p", 0, 1, 1, 2, PAIR_NAME}, {1, 86500, "a.test", "q", 0, 1, 2, 1, PAIR_NAME});
    assert_true(context.is_apart);
    assert_false(pair_was_running(&context, 0, &sightings[0].start));
}

static void test_times_at_the_ends(void **state)
{
    (void)state;
    set_captures(0);
    static const struct row rows[] = {{0, 1, "a.test", "p", 0, 1, 1, 0, PAIR_NONE},
                                      {1, 1, "a.test", "p", 0, 1, 2, 0, PAIR_NONE},
                                      {0, 1, "a.test", "q", 0, 1, 3, 0, PAIR_NONE},
                                      {1, 1, "a.test", "r", 0, 1, 4, 0, PAIR_NONE}};
    struct sightings set = {.at = sightings, .num = 4, .cap = 4};
    for (size_t i = 0; i < 4; i++)
        fill(&sightings[i], &rows[i], i + 1);
    sightings[0].start.time_ns = sightings[0].client_hello.time_ns = INT64_MIN;
    sightings[1].start.time_ns = sightings[1].client_hello.time_ns = INT64_MAX;
    sightings[2].start.time_ns = INT64_MAX;
    sightings[3].start.time_ns = INT64_MIN;
    assert_int_equal(pairs_match(&set, &context), 0);
    assert_ptr_equal(sightings[0].other, &sightings[1]);
    assert_int_equal(context.offset_ns, INT64_MAX);
}

/* Many of one name, in disorder: one to one, and as near as a walk over all possibilities finds first. */
static void test_many(void **state)
{
    (void)state;
    struct row rows[60];
    uint32_t seed = 12345;
    set_captures(0);
    for (size_t i = 0; i < 60; i++) {
        seed = seed * 1664525 + 1013904223;
        rows[i] = (struct row){.side = i % 2, .start = 100 + (seed >> 8) % 10000000 / 1000000.0, .name = "a.test"};
        rows[i].client_port = (uint16_t)(i + 1);
    }
    match(rows, 60);
    assert_int_equal(context.num[PAIR_NAME], 30);
    bool is_taken[60] = {false};
    for (unsigned round = 0; round < 30; round++) {
        int64_t best = INT64_MAX;
        size_t a = 0;
        for (size_t i = 0; i < 60; i++)
            for (size_t k = 0; k < 60; k++) {
                int64_t d = llabs(sightings[i].time_ns - sightings[k].time_ns);
                if (!is_taken[i] && !is_taken[k] && rows[i].side != rows[k].side && d < best) {
                    best = d;
                    a = i;
                }
            }
        size_t b = (size_t)(sightings[a].other - sightings);
        assert_int_equal(llabs(sightings[a].time_ns - sightings[b].time_ns), best);
        is_taken[a] = is_taken[b] = true;
    }
    for (size_t i = 0; i < 60; i++)
        assert_true(sightings[i].other && sightings[i].other->other == &sightings[i]);
}

static void test_nothing(void **state)
{
    (void)state;
    set_captures(0);
    struct sightings set = {.at = NULL};
    assert_int_equal(pairs_match(&set, &context), 0);
    assert_int_equal(context.num[PAIR_NONE], 0);
    assert_null(sightings_find(&set, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_hello_comes_first),
        cmocka_unit_test(test_translated_addresses),
        cmocka_unit_test(test_names_nearest_in_time),
        cmocka_unit_test(test_addresses_of_the_nameless),
        cmocka_unit_test(test_clocks),
        cmocka_unit_test(test_clock_without_the_way),
        cmocka_unit_test(test_captures_of_different_days),
        cmocka_unit_test(test_times_at_the_ends),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
