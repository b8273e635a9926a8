/* The checksum of TCP and UDP segments, as far as they were captured. */
#include "support/cmocka_all.h"
#include "support/dissect_hex.h"
#include "support/mutate.h"
#include "support/packets.h"

#include <stdlib.h>

static void test_good(void **state)
{
    (void)state;
    assert_true(packet_checksum_ok(dissect_hex(228, PACKET4, 0)));
    assert_true(packet_checksum_ok(dissect_hex(228, PACKET4 "ffff", 0)));
    assert_true(packet_checksum_ok(dissect_hex(229, PACKET6, 0)));
    /* UDP: right; none in IPv4; none in IPv6, where there has to be one. */
    assert_true(packet_checksum_ok(
        dissect_hex(228, "4500 001e 0000 0000 40 11 0000 0a000001 0a000002 0035c001 000a c83c 6364", 0)));
    assert_true(packet_checksum_ok(
        dissect_hex(228, "4500 001e 0000 0000 40 11 0000 0a000001 0a000002 0035c001 000a 0000 6364", 0)));
    assert_false(packet_checksum_ok(dissect_hex(229, "60000000 000a 11 40" ADDRESSES6 "0035c001 000a 0000 6364", 0)));
}

static void test_every_bit_counts(void **state)
{
    (void)state;
    static const char *const packets[] = {PACKET4, PACKET6};
    for (size_t i = 0; i < 2; i++) {
        struct bytes b = bytes_from_hex(packets[i]);
        uint8_t *at = (uint8_t *)(uintptr_t)b.at;
        for (size_t bit = (i == 0 ? 12 : 8) * 8; bit < b.len * 8; bit++) {
            at[bit / 8] ^= (uint8_t)(1 << bit % 8);
            struct packet p;
            packet_dissect(&p, 101, b, (uint32_t)b.len);
            if (packet_checksum_ok(&p))
                fail_msg("packet %zu with bit %zu flipped", i, bit);
            at[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        free(at);
    }
}

static void test_not_to_be_told(void **state)
{
    (void)state;
    assert_false(packet_checksum_ok(dissect_hex(228, "4500 002e 1234 4000 40 06 1495 0a000001 0a000002" SEGMENT4, 1)));
    assert_false(packet_checksum_ok(dissect_hex(228, "4500", 0)));
    assert_false(
        packet_checksum_ok(dissect_hex(228, "4500 001c 4321 2000 40 06 0000 0a000001 0a000002 0102030405060708", 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_every_bit_counts),
        cmocka_unit_test(test_not_to_be_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
