/* Bytes that come in any order: kept once, ready when whole, within limits. */
#include "session/gather.h"

#include "support/cmocka_all.h"

#include <string.h>

enum { WHOLE = 64, MANY = 1000 };

static struct moment at(uint64_t frame)
{
    return (struct moment){{frame, 0}, (int64_t)frame * 1000};
}

static long add(struct gather *g, uint64_t offset, const char *text, uint64_t frame)
{
    struct moment moment = at(frame);
    return gather_add(g, offset, (struct bytes){(const uint8_t *)text, strlen(text)}, &moment, MANY, MANY);
}

static void expect(const struct gather *g, uint64_t offset, const char *text, uint64_t first, uint64_t last)
{
    uint8_t out[WHOLE];
    struct moment from = {{0, 0}, 0}, to = from;
    size_t n = strlen(text);
    assert_true(gather_ready(g, offset) >= n);
    gather_copy(g, offset, n, out, &from, &to);
    assert_memory_equal(out, text, n);
    assert_int_equal(from.place.frame, first);
    assert_int_equal(to.place.frame, last);
}

static void test_any_order(void **state)
{
    (void)state;
    static const char *const parts[] = {"abcd", "efgh", "ij", "klmno"};
    static const uint64_t offsets[] = {0, 4, 8, 10};
    for (unsigned order = 0; order < 256; order++) {
        unsigned picked[4] = {order & 3, order >> 2 & 3, order >> 4 & 3, order >> 6};
        if ((1u << picked[0] | 1u << picked[1] | 1u << picked[2] | 1u << picked[3]) != 15)
            continue;
        struct gather g = {0};
        for (unsigned i = 0; i < 4; i++)
            assert_int_equal(add(&g, offsets[picked[i]], parts[picked[i]], i + 1), (long)strlen(parts[picked[i]]));
        assert_int_equal(gather_ready(&g, 0), 15);
        assert_int_equal(gather_ready(&g, 5), 10);
        assert_int_equal(gather_ready(&g, 15), 0);
        expect(&g, 0, "abcdefghijklmno", 1, 4);
        assert_int_equal(g.num, 4);
        assert_int_equal(g.bytes, 15);
        gather_cleanup(&g);
        assert_int_equal(g.num + g.bytes, 0);
    }
}

static void test_the_first_copy_stays(void **state)
{
    (void)state;
    struct gather g = {0};
    assert_int_equal(add(&g, 4, "EFGH", 7), 4);
    assert_int_equal(gather_ready(&g, 0), 0);
    assert_int_equal(add(&g, 2, "cdefghij", 8), 4); /* before and behind what is there */
    assert_int_equal(add(&g, 0, "abXXXX", 9), 2);
    assert_int_equal(add(&g, 0, "0123456789", 10), 0);
    expect(&g, 0, "abcdEFGHij", 7, 9);
    expect(&g, 4, "EFGH", 7, 7);
    expect(&g, 3, "dE", 7, 8);
    assert_int_equal(g.bytes, 10);
    gather_cleanup(&g);
}

/* A piece over several others and the holes between them. */
static void test_over_holes(void **state)
{
    (void)state;
    struct gather g = {0};
    assert_int_equal(add(&g, 1, "b", 1), 1);
    assert_int_equal(add(&g, 3, "d", 2), 1);
    assert_int_equal(add(&g, 5, "f", 3), 1);
    assert_int_equal(gather_ready(&g, 1), 1);
    assert_int_equal(add(&g, 0, "ABCDEFG", 4), 4);
    expect(&g, 0, "AbCdEfG", 1, 4);
    assert_int_equal(g.num, 7);
    gather_cleanup(&g);
}

static void test_limits(void **state)
{
    (void)state;
    struct gather g = {0};
    struct moment moment = at(1);
    struct bytes ten = {(const uint8_t *)"0123456789", 10};
    assert_int_equal(gather_add(&g, 0, ten, &moment, 10, 2), 10);
    assert_int_equal(gather_add(&g, 20, ten, &moment, 10, 2), -1); /* bytes */
    assert_int_equal(g.bytes, 10);
    assert_int_equal(gather_add(&g, 0, ten, &moment, 10, 2), 0); /* what is there needs no room */
    assert_int_equal(gather_add(&g, 20, ten, &moment, 100, 2), 10);
    assert_int_equal(gather_add(&g, 40, ten, &moment, 100, 2), -1); /* pieces */
    assert_int_equal(gather_add(&g, 40, ten, &moment, 5, 9), -1);   /* longer than all that may be */
    assert_int_equal(g.num, 2);
    assert_int_equal(g.bytes, 20);
    gather_cleanup(&g);
    assert_int_equal(gather_add(&g, 0, (struct bytes){NULL, 0}, &moment, 0, 0), 0);
    assert_int_equal(g.num, 0);
}

static void test_far_offsets(void **state)
{
    (void)state;
    struct gather g = {0};
    assert_int_equal(add(&g, UINT64_MAX - 8, "abcd", 1), 4);
    assert_int_equal(gather_ready(&g, UINT64_MAX - 8), 4);
    assert_int_equal(gather_ready(&g, 0), 0);
    expect(&g, UINT64_MAX - 7, "bcd", 1, 1);
    gather_cleanup(&g);
}

static void test_drop(void **state)
{
    (void)state;
    struct gather g = {0};
    add(&g, 0, "abcd", 1);
    add(&g, 4, "efgh", 2);
    add(&g, 10, "kl", 3);
    gather_drop(&g, 3);
    assert_int_equal(g.num, 3);
    gather_drop(&g, 4);
    assert_int_equal(g.num, 2);
    assert_int_equal(g.bytes, 6);
    expect(&g, 4, "efgh", 2, 2);
    gather_drop(&g, 100);
    assert_int_equal(g.num + g.bytes, 0);
    assert_int_equal(gather_ready(&g, 4), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_order),   cmocka_unit_test(test_the_first_copy_stays),
        cmocka_unit_test(test_over_holes),  cmocka_unit_test(test_limits),
        cmocka_unit_test(test_far_offsets), cmocka_unit_test(test_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
