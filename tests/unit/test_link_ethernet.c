/* Ethernet: what is not IP, frames that are too short, tags in odd places. */
#include "support/cmocka_all.h"
#include "support/dissect_hex.h"
#include "support/packets.h"

static void test_skipped(void **state)
{
    (void)state;
    static const struct skip_case cases[] = {

        {1, SKIP_NOT_IP, ETHER "0806 0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002"},
        {1, SKIP_NOT_IP, ETHER "88cc 0207"},                       /* LLDP */
        {1, SKIP_NOT_IP, ETHER "0026 424203 0000 00 00 00"},       /* spanning tree */
        {1, SKIP_NOT_IP, ETHER "0020 aaaa03 00000c 2000 02b4"},    /* CDP */
        {1, SKIP_NOT_IP, ETHER "0020 aaaa03 000000 0020 02b4"},    /* no Ethernet type in SNAP */
        {1, SKIP_NOT_IP, ETHER "0020 aaaaf3 000000 0800" PACKET4}, /* not an unnumbered information frame */
        {1, SKIP_NOT_IP, ETHER "0020 e0e003 ffff0022"},            /* IPX */
        {1, SKIP_NOT_IP, ETHER "05ee 0000"},                       /* neither a length nor a type */
        {1, SKIP_NOT_IP, ETHER "8100 0001 0806 0001"},
        {1, SKIP_ENCRYPTED, ETHER "88e5 2c00 00000001 0200000000010001 0102030405060708"},
        {1, SKIP_MALFORMED, ""},
        {1, SKIP_MALFORMED, "0200"},
        {1, SKIP_MALFORMED, ETHER "8100 0001"},
        {178, SKIP_MALFORMED, "4d4744 01" ETHER "0800" PACKET4}, /* another magic number */
        {178, SKIP_MALFORMED, "4d4743 81 ffff" ETHER "0800" PACKET4},
    };
    dissect_skips(cases, sizeof cases / sizeof cases[0]);
}

static void test_odd_places(void **state)
{
    (void)state;
    dissect_hello(1, ETHER "0035 060603" PACKET4);             /* IP by its own SAP */
    dissect_hello(1, ETHER "8870 aaaa03 000000 0800" PACKET4); /* a jumbo frame with LLC */
    dissect_hello(1, ETHER "88e5 0000 00000001 0800" PACKET4); /* MACsec without a channel identifier */
    dissect_hello(1, ETHER "8100 0001 8864 11 00 0007 002f 0021" PACKET4);
    dissect_hello(178, "4d4743 00" ETHER "0800" PACKET4); /* no extension */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_skipped),
        cmocka_unit_test(test_odd_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
