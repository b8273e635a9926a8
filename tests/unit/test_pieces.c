/* Large pieces: blocks apart from each other, aligned, all usable; huge pages where they are meant. */
#include "support/cmocka_all.h"

#include "flow/pieces.h"

#include <string.h>

enum { NUM = 200, HUGE_PAGE = 2 * 1024 * 1024 };

static void test_blocks(void **state)
{
    (void)state;
    struct pieces pieces = {0};
    uint8_t *blocks[NUM];
    for (unsigned i = 0; i < NUM; i++) {
        blocks[i] = pieces_take(&pieces);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % 4096, 0);
        memset(blocks[i], (int)i, PIECES_BLOCK);
    }
    for (unsigned i = 0; i < NUM; i++) {
        assert_int_equal(blocks[i][0], (uint8_t)i);
        assert_int_equal(blocks[i][PIECES_BLOCK - 1], (uint8_t)i);
    }
    pieces_cleanup(&pieces);
    assert_int_equal(pieces.num, 0);
    assert_non_null(pieces_take(&pieces));
    pieces_cleanup(&pieces);
}

static void test_growth(void **state)
{
    (void)state;
    struct pieces pieces = {0};
    size_t taken = 0, held = 0;
    for (unsigned i = 0; i < NUM; i++) {
        assert_non_null(pieces_take(&pieces));
        taken += PIECES_BLOCK;
    }
    assert_int_equal(pieces.all[0].size, PIECES_BLOCK);
    for (size_t i = 0; i < pieces.num; i++) {
        held += pieces.all[i].size;
        assert_true(pieces.all[i].size <= HUGE_PAGE);
        if (pieces.all[i].size == HUGE_PAGE)
            assert_int_equal((uintptr_t)pieces.all[i].at % HUGE_PAGE, 0);
    }
    assert_int_equal(pieces.all[pieces.num - 1].size, HUGE_PAGE);
    assert_int_equal(held, taken + pieces.left);
    assert_in_range(pieces.left, 0, HUGE_PAGE - 1);
    pieces_cleanup(&pieces);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_growth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
