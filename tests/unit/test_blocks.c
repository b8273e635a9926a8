/* Blocks of a few sizes: each as large as was asked, none in another, used again when given back. */
#include "support/cmocka_all.h"

#include "flow/blocks.h"

#include <string.h>

static void test_sizes(void **state)
{
    (void)state;
    struct blocks blocks = {.slabs = {{0}}};
    enum { STEP = 13, NUM = (BLOCKS_LARGEST + 4000) / STEP };
    static uint8_t *at[NUM][2];
    for (size_t i = 0; i < NUM; i++) {
        for (unsigned k = 0; k < 2; k++) {
            at[i][k] = blocks_take(&blocks, 1 + i * STEP);
            assert_non_null(at[i][k]);
            assert_int_equal((uintptr_t)at[i][k] % 8, 0);
            memset(at[i][k], (int)(2 * i + k), 1 + i * STEP);
        }
    }
    for (size_t i = 0; i < NUM; i++) {
        for (unsigned k = 0; k < 2; k++) {
            uint8_t value = (uint8_t)(2 * i + k);
            assert_int_equal(at[i][k][0], value);
            assert_int_equal(at[i][k][i * STEP], value);
            assert_int_equal(at[i][k][i * STEP / 2], value);
            blocks_give(&blocks, at[i][k], 1 + i * STEP);
        }
    }
    blocks_cleanup(&blocks);
}

static void test_resize(void **state)
{
    (void)state;
    struct blocks blocks = {.slabs = {{0}}};
    size_t size = 3;
    uint8_t *at = blocks_resize(&blocks, NULL, 0, size);
    assert_non_null(at);
    memcpy(at, "abc", 3);
    while (size < 3 * (size_t)BLOCKS_LARGEST) {
        size_t larger = size + size / 3 + 1;
        at = blocks_resize(&blocks, at, size, larger);
        assert_non_null(at);
        assert_memory_equal(at, "abc", 3);
        memset(at + size, 'x', larger - size);
        if (size > 3)
            assert_int_equal(at[size - 1], 'x');
        size = larger;
    }
    at = blocks_resize(&blocks, at, size, 4);
    assert_non_null(at);
    assert_memory_equal(at, "abcx", 4);
    blocks_give(&blocks, at, 4);
    blocks_give(&blocks, NULL, 0);
    blocks_cleanup(&blocks);
}

/* What is given back is used again: a connection after the other needs no more than one. */
static void test_used_again(void **state)
{
    (void)state;
    struct blocks blocks = {.slabs = {{0}}};
    for (unsigned i = 0; i < 100000; i++) {
        uint8_t *a = blocks_take(&blocks, 300), *b = blocks_take(&blocks, 5000);
        assert_non_null(a);
        assert_non_null(b);
        blocks_give(&blocks, a, 300);
        blocks_give(&blocks, b, 5000);
    }
    assert_in_range(blocks.pieces.num, 0, 2);
    blocks_cleanup(&blocks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_resize),
        cmocka_unit_test(test_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
