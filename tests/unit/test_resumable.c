/* Sessions that may be resumed: found by what they were put under, until others take their room. */
#include "session/resumable.h"

#include "support/cmocka_all.h"

#include <string.h>

static struct bytes id_of(unsigned i, uint8_t id[4])
{
    for (unsigned k = 0; k < 4; k++)
        id[k] = (uint8_t)(i >> (24 - 8 * k));
    return (struct bytes){id, 4};
}

static void put(struct resumable *sessions, unsigned i, uint8_t fill)
{
    uint8_t id[4], master[MASTER_SECRET_LEN];
    memset(master, fill, sizeof master);
    resumable_put(sessions, id_of(i, id), master);
}

/* The byte that the master secret is filled with; -1: not known. */
static int find(const struct resumable *sessions, unsigned i)
{
    uint8_t id[4], master[MASTER_SECRET_LEN] = {0}, expected[MASTER_SECRET_LEN];
    if (!resumable_find(sessions, id_of(i, id), master))
        return -1;
    memset(expected, master[0], sizeof expected);
    assert_memory_equal(master, expected, sizeof master);
    return master[0];
}

static void test_ring(void **state)
{
    (void)state;
    enum { NUM = 8, MORE = 1000 };
    struct resumable *sessions = resumable_new(NUM);
    assert_non_null(sessions);
    assert_int_equal(find(sessions, 0), -1);
    for (unsigned i = 0; i < MORE; i++) {
        put(sessions, i, (uint8_t)i);
        for (unsigned back = 0; back < NUM && back <= i; back++)
            assert_int_equal(find(sessions, i - back), (uint8_t)(i - back));
        if (i >= NUM)
            assert_int_equal(find(sessions, i - NUM), -1);
    }
    assert_int_equal(resumable_forgotten(sessions), MORE - NUM);
    resumable_free(sessions);
}

static void test_again(void **state)
{
    (void)state;
    struct resumable *sessions = resumable_new(2);
    assert_non_null(sessions);
    put(sessions, 1, 0x11);
    put(sessions, 1, 0x22); /* takes no room of its own */
    put(sessions, 2, 0x33);
    assert_int_equal(find(sessions, 1), 0x22);
    assert_int_equal(find(sessions, 2), 0x33);
    assert_int_equal(resumable_forgotten(sessions), 0);
    uint8_t master[MASTER_SECRET_LEN] = {1};
    resumable_put(sessions, (struct bytes){NULL, 0}, master);
    assert_false(resumable_find(sessions, (struct bytes){NULL, 0}, master));
    assert_int_equal(resumable_forgotten(sessions), 0);
    resumable_free(sessions);
    resumable_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ring), cmocka_unit_test(test_again)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
