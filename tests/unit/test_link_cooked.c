/* Headers that operating systems make up: families and protocols that are not IP, lengths that lie, byte orders. */
#include "support/cmocka_all.h"
#include "support/dissect_hex.h"
#include "support/packets.h"

static void test_skipped(void **state)
{
    (void)state;
    static const struct skip_case cases[] = {

        {0, SKIP_NOT_IP, "07000000 00"},
        {0, SKIP_NOT_IP, "00001e00 00"},
        {0, SKIP_MALFORMED, "0200"},
        {108, SKIP_NOT_IP, "02000000" PACKET4}, /* LOOP is big endian */
        {109, SKIP_NOT_IP, "01000000 00001234 00000000" PACKET4},
        {113, SKIP_NOT_IP, "0000 0338 0000 0000000000000000 0800" PACKET4}, /* netlink */
        {113, SKIP_NOT_IP, "0000 0001 0006 0202020202020000 0001" PACKET4}, /* Novell's 802.3 */
        {113, SKIP_NOT_IP, "0000 0001 0006 0202020202020000 000c" PACKET4}, /* CAN */
        {276, SKIP_NOT_IP, "0806 0000 00000002 0001 00 06 0202020202020000 0001"},
        {117, SKIP_MALFORMED, "03 02 0000" PACKET4},
        {117, SKIP_NOT_IP, "04 01 0000" PACKET4},
        {117, SKIP_MALFORMED, "ff 02 0000" PACKET4},
        {226, SKIP_MALFORMED, "01 1a 0000"},
        {239, SKIP_NOT_IP, "03 00 0000 0800 0900 00010800"}, /* ARP */
        {239, SKIP_NOT_IP, "02 00 0000 0800 0100 08000300"}, /* no payload */
        {239, SKIP_MALFORMED, "02 00 0000 0300 0100 08000300"},
        {239, SKIP_MALFORMED, "02 00 0000 0800 0100 08000300 ff00 0900"},
        {258, SKIP_LINK_TYPE, "0c000000 01000000 93000000" PACKET4},
        {258, SKIP_MALFORMED, "0b000000 01000000 0c000000" PACKET4},
        {258, SKIP_MALFORMED, "ffffffff 01000000 0c000000" PACKET4},
    };
    dissect_skips(cases, sizeof cases / sizeof cases[0]);
}

static void test_good(void **state)
{
    (void)state;
    dissect_hello(0, "0a000000" PACKET6); /* Linux */
    dissect_hello(0, "17000000" PACKET6); /* Windows */
    dissect_hello(0, "0000001e" PACKET6);
    dissect_hello(258, "0c000000 01000000 0c000000" PACKET4); /* raw IP in PKTAP */
    dissect_hello(258,
                  "0c000000 01000000 02010000 0c000000 01000000 01000000" ETHER "0800" PACKET4); /* PKTAP in PKTAP */
    dissect_hello(117, "04 02 0000" PACKET4);
    dissect_hello(239, "07 00 0000 3100 0900" PACKET4);                    /* a bridge */
    dissect_hello(239, "02 00 0000 0500 0a00 00000000 3100 0980" PACKET4); /* a flag in the attribute type */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_skipped),
        cmocka_unit_test(test_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
