/* Alerts: plain ones, several in a record, and those that encryption hides. */
#include "dissect/handshake.h"
#include "support/cmocka_all.h"
#include "support/mutate.h"

#include <stdlib.h>

/* The alerts in hex, of which `declared` bytes are declared; the fault at the end. */
static enum fault_kind walk(const char *hex, size_t declared, struct alert *alerts, unsigned max, unsigned *num)
{
    struct bytes b = bytes_from_hex(hex);
    struct fault fault;
    struct cursor c;
    cursor_init(&c, b, declared, 0, &fault);
    struct alert alert;
    *num = 0;
    while (alert_next(&c, &alert)) {
        assert_true(*num < max);
        alerts[(*num)++] = alert;
    }
    assert_int_equal(alert.level, 0);
    free((void *)(uintptr_t)b.at);
    return fault.kind;
}

static void test_plain(void **state)
{
    (void)state;
    struct alert a[4] = {{0}};
    unsigned num;
    assert_int_equal(walk("0228", 2, a, 4, &num), FAULT_NONE);
    assert_int_equal(num, 1);
    assert_int_equal(a[0].level, 2);
    assert_int_equal(a[0].code, 40);
    assert_int_equal(walk("0170 0100 02ff", 6, a, 4, &num), FAULT_NONE);
    assert_int_equal(num, 3);
    assert_int_equal(a[0].level, 1);
    assert_int_equal(a[0].code, 112);
    assert_int_equal(a[1].code, 0);
    assert_int_equal(a[2].code, 255);
}

static void test_not_plain(void **state)
{
    (void)state;
    static const char *const fragments[] = {
        "",
        "02",
        "022802",
        "0028",
        "0328",
        /* encrypted ones that begin like alerts */
        "0100a5c1ac1fdf412e0a9c092cc1f5d07758ae68b34ba66bf559",
        "0228a5c1ac1fdf412e0a9c092cc1f5d0f7",
    };
    for (size_t i = 0; i < sizeof fragments / sizeof fragments[0]; i++) {
        struct alert a[1] = {{0}};
        unsigned num;
        struct bytes b = bytes_from_hex(fragments[i]);
        assert_int_equal(walk(fragments[i], b.len, a, 1, &num), FAULT_NONE);
        assert_int_equal(num, 0);
        free((void *)(uintptr_t)b.at);
    }
}

static void test_cut(void **state)
{
    (void)state;
    struct alert a[2] = {{0}};
    unsigned num;
    assert_int_equal(walk("02", 2, a, 2, &num), FAULT_SHORT);
    assert_int_equal(num, 0);
    assert_int_equal(walk("", 2, a, 2, &num), FAULT_SHORT);
    assert_int_equal(walk("017002", 4, a, 2, &num), FAULT_SHORT);
    assert_int_equal(num, 1);
    assert_int_equal(a[0].code, 112);
    /* What there is of an encrypted one shows that it is no plain alert, or nothing at all. */
    assert_int_equal(walk("36e7", 26, a, 2, &num), FAULT_NONE);
    assert_int_equal(num, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_not_plain),
        cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
