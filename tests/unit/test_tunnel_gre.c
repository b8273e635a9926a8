/* GRE, PPTP, ERSPAN: versions, acknowledgements, routes, headers that end too early. */
#include "support/cmocka_all.h"
#include "support/dissect_hex.h"
#include "support/packets.h"

/* IP length zero, so that the packet may have any length. */
#define GRE "4500 0000 0000 0000 40 2f 0000 0a000001 0a000002 "

static void test_skipped(void **state)
{
    (void)state;
    static const struct skip_case cases[] = {

        {228, SKIP_TRANSPORT, GRE "0005 0800" PACKET4},         /* version 5 */
        {228, SKIP_NOT_IP, GRE "0000 0026 424203 00"},          /* no lengths in place of types */
        {228, SKIP_NOT_IP, GRE "0000 9000"},                    /* keep-alive */
        {228, SKIP_NOT_IP, GRE "2081 880b 0000 0005 00000001"}, /* an acknowledgement */
        {228, SKIP_NOT_IP, GRE "3001 880b 0004 0005 00000001 ff03 c021"},
        {228, SKIP_MALFORMED, GRE "2000 0800 0000"},
        {228, SKIP_MALFORMED, GRE "4000 0800 0000 0000 0800 0020 0a000009"},  /* a route past the end */
        {228, SKIP_MALFORMED, GRE "4000 0800 0000 0000 0800 0000 0800 0000"}, /* without end */
        {228, SKIP_MALFORMED, GRE "1000 88be 00000001 1001"},
        {228, SKIP_MALFORMED, GRE "1000 22eb 00000001 2001 0064 00000001 0000 0001 0000"},
        {228, SKIP_NOT_IP, GRE "1000 88be 00000001 1001 0064 00000000" ETHER "0806 0001"},
    };
    dissect_skips(cases, sizeof cases / sizeof cases[0]);
}

static void test_ids(void **state)
{
    (void)state;
    dissect_hello(228, GRE "2000 0800 ffffffff" PACKET4);
    const struct packet *p = dissect_hex(228, GRE "2000 0800 ffffffff" PACKET4, 0);
    assert_int_equal(p->tunnel, TUNNEL_GRE);
    assert_int_equal(p->tunnel_id, 0xffffffff);
    /* Of the two in PPTP neither direction's call is the tunnel's. */
    p = dissect_hex(228, GRE "3001 880b 0031 0005 00000001 ff03 0021" PACKET4, 0);
    assert_int_equal(p->kind, PACKET_TCP);
    assert_int_equal(p->tunnel, TUNNEL_GRE);
    assert_int_equal(p->tunnel_id, 0);
    /* The session takes the place of the key. */
    p = dissect_hex(228, GRE "3000 88be 00000007 00000001 1001 07ff 00000000" ETHER "0800" PACKET4, 0);
    assert_int_equal(p->kind, PACKET_TCP);
    assert_int_equal(p->tunnel, TUNNEL_ERSPAN);
    assert_int_equal(p->tunnel_id, 0x3ff);
    /* GRE without a key within GRE with one. */
    p = dissect_hex(228, GRE "2000 0800 00000007" GRE "0000 0800" PACKET4, 0);
    assert_int_equal(p->kind, PACKET_TCP);
    assert_int_equal(p->tunnel_id, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_skipped),
        cmocka_unit_test(test_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
