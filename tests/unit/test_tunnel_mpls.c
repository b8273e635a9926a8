/* MPLS: what follows the labels is told by what it looks like. */
#include "support/cmocka_all.h"
#include "support/dissect_hex.h"
#include "support/packets.h"

static void test_skipped(void **state)
{
    (void)state;
    static const struct skip_case cases[] = {

        {1, SKIP_NOT_IP, ETHER "8847 00064140 10000007 ffff"}, /* an associated channel */
        {1, SKIP_MALFORMED, ETHER "8847 00064040"},            /* no bottom of the stack */
        {1, SKIP_MALFORMED, ETHER "8847 00064140"},
        {1, SKIP_NOT_IP, ETHER "8847 00064140 " ETHER "0806 0001"},
        {1, SKIP_MALFORMED, ETHER "8847 00064140 4500"},
    };
    dissect_skips(cases, sizeof cases / sizeof cases[0]);
}

static void test_looks(void **state)
{
    (void)state;
    dissect_hello(1,
                  ETHER "8847 00064140 450000000002 020000000001 0800" PACKET4); /* a destination like an IPv4 header */
    dissect_hello(1, ETHER "8847 00064140 600000000002 020000000001 0800" PACKET4); /* like an IPv6 header */
    dissect_hello(1, ETHER "8847 00064140 100000000002 020000000001 0800" PACKET4); /* like an associated channel */
    dissect_hello(1, ETHER "8847 00064140 080000000002 020000000001 8100 0001 0800" PACKET4); /* like a control word */
    dissect_hello(1, ETHER "8847 00064140 00000000 480000000002 020000000001 0800" PACKET4);
    dissect_hello(1, ETHER "8847 00064140 ea0000000002 020000000001 0800" PACKET4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_skipped),
        cmocka_unit_test(test_looks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
