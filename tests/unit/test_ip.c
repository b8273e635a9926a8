/* IPv4 and IPv6: lengths that contradict what was captured, fragments, datagrams put together. */
#include "support/cmocka_all.h"
#include "support/dissect_hex.h"
#include "support/mutate.h"
#include "support/packets.h"

#include <stdlib.h>
#include <string.h>

static void test_lengths(void **state)
{
    (void)state;
    /* Padding and trailers are cut. */
    const struct packet *p = dissect_hex(228, PACKET4 "0000 0000", 0);
    assert_int_equal(p->payload_len, 5);
    assert_int_equal(p->payload.len, 5);
    /* Length zero: segmentation offload, all that was captured counts. */
    p = dissect_hex(228, "4500 0000 1234 4000 40 06 0000 0a000001 0a000002" SEGMENT4 "616263", 0);
    assert_int_equal(p->payload_len, 8);
    assert_int_equal(p->payload.len, 8);
    p = dissect_hex(229, "60000000 0000 06 40" ADDRESSES6 SEGMENT6 "616263", 2);
    assert_int_equal(p->payload_len, 10);
    assert_int_equal(p->payload.len, 8);
    /* Longer than the frame: a mirror cut it. */
    p = dissect_hex(228, "4500 0100 1234 4000 40 06 0000 0a000001 0a000002" SEGMENT4, 0);
    assert_int_equal(p->kind, PACKET_TCP);
    assert_int_equal(p->payload_len, 256 - 40);
    assert_int_equal(p->payload.len, 5);
    assert_int_equal(p->segment_len, 256 - 20);
    p = dissect_hex(228, "4500 0100 1234 4000 40 06 0000 0a000001 0a000002 c35001bb", 0);
    assert_int_equal(p->skip, SKIP_TRUNCATED);
}

static void test_skipped(void **state)
{
    (void)state;
    static const struct skip_case cases[] = {
        {228, SKIP_MALFORMED, "5500 0014 0000 0000 40 06 0000 0a000001 0a000002"}, /* version */
        {228, SKIP_MALFORMED, "4400 0014 0000 0000 40 06 0000 0a000001 0a000002"}, /* header length */
        {228, SKIP_MALFORMED, "4500 0013 0000 0000 40 06 0000 0a000001 0a000002"}, /* total length */
        {228, SKIP_MALFORMED, "4600 0014 0000 0000 40 06 0000 0a000001 0a000002 01010101"},
        {229, SKIP_MALFORMED, "50000000 0000 3b 40" ADDRESSES6},
        {101, SKIP_MALFORMED, "ff"},
        {101, SKIP_MALFORMED, ""},
        {229, SKIP_MALFORMED, "60000000 0000 00 40" ADDRESSES6 "06000000"}, /* extension past the packet */
        {229, SKIP_MALFORMED, "60000000 0000 2b 40" ADDRESSES6 "0602 0401 00000000 2001"}, /* route likewise */
        {229, SKIP_MALFORMED, "60000000 0000 2c 40" ADDRESSES6 "0600 0000"},
        {228, SKIP_MALFORMED, "4500 0018 0000 0000 40 33 0000 0a000001 0a000002 06000000"}, /* AH without length */
        {228, SKIP_MALFORMED, "4500 0000 0000 0000 40 61 0000 0a000001 0a000002 4000" ETHER "0800" PACKET4},
        {228, SKIP_TRANSPORT, "4500 0014 0000 0000 40 59 0000 0a000001 0a000002"}, /* OSPF */
        {228, SKIP_TRANSPORT, "4500 0014 0000 0000 40 00 0000 0a000001 0a000002"}, /* IPv6's own, in IPv4 */
        {228, SKIP_TRANSPORT, "4500 001c 0000 0000 40 2b 0000 0a000001 0a000002 0600000000000000"},
        {228, SKIP_TRANSPORT, "4500 001c 0000 0000 40 2c 0000 0a000001 0a000002 0600000000000000"},
        {229, SKIP_TRANSPORT, "60000000 0000 3b 40" ADDRESSES6},
        {228, SKIP_ENCRYPTED, "4500 001c 0000 0000 40 32 0000 0a000001 0a000002 0000000100000001"}, /* ESP */
    };
    dissect_skips(cases, sizeof cases / sizeof cases[0]);
}

static void test_fields(void **state)
{
    (void)state;
    const struct packet *p = dissect_hex(228, "4500 0028 beef 0000 07 06 0000 01020304 05060708" SEGMENT4, 0);
    assert_int_equal(p->ttl, 7);
    assert_int_equal(p->ip_id, 0xbeef);
    assert_false(p->is_df);
    assert_int_equal(p->payload_len, 0);
    assert_memory_equal(p->dst, "\5\6\7\10\0\0\0\0\0\0\0\0\0\0\0\0", 16);
}

#define FRAGMENT4(offset, total, protocol) "4500 " total " 4321 " offset " 40 " protocol " 0000 0a000001 0a000002 "

static void test_ipv4_fragments(void **state)
{
    (void)state;
    const struct packet *p = dissect_hex(228, FRAGMENT4("2000", "001c", "11") "0035c001 00180000", 0);
    assert_int_equal(p->kind, PACKET_FRAGMENT);
    assert_int_equal(p->fragment.id, 0x4321);
    assert_int_equal(p->fragment.offset, 0);
    assert_true(p->fragment.has_more);
    assert_int_equal(p->fragment.protocol, 17);
    assert_int_equal(p->protocol, 17);
    assert_int_equal(p->fragment.len, 8);
    assert_int_equal(p->fragment.bytes.len, 8);
    assert_int_equal(p->payload.len, 0);
    p = dissect_hex(228, FRAGMENT4("1fff", "001d", "11") "0102030405", 4);
    assert_int_equal(p->kind, PACKET_FRAGMENT);
    assert_int_equal(p->fragment.offset, 65528);
    assert_false(p->fragment.has_more);
    assert_int_equal(p->fragment.len, 9);
    assert_int_equal(p->fragment.bytes.len, 5);
    /* Padding is no part of a fragment. */
    p = dissect_hex(228, FRAGMENT4("0001", "0015", "11") "01020304", 0);
    assert_int_equal(p->fragment.len, 1);
    assert_int_equal(p->fragment.bytes.len, 1);
}

static void test_ipv6_fragments(void **state)
{
    (void)state;
    const struct packet *p =
        dissect_hex(229, "60000000 0018 3c 40" ADDRESSES6 "2c00010400000000 06 00 0009 12345678 0102030405060708", 0);
    assert_int_equal(p->kind, PACKET_FRAGMENT);
    assert_int_equal(p->ip_version, 6);
    assert_int_equal(p->fragment.id, 0x12345678);
    assert_int_equal(p->fragment.offset, 8);
    assert_true(p->fragment.has_more);
    assert_int_equal(p->fragment.protocol, 6);
    assert_int_equal(p->fragment.len, 8);
    p = dissect_hex(229, "60000000 000a 2c 40" ADDRESSES6 "06 00 0010 12345678 0102", 0);
    assert_false(p->fragment.has_more);
    assert_int_equal(p->fragment.offset, 16);
    assert_int_equal(p->fragment.len, 2);
}

static void test_tunnelled_fragment(void **state)
{
    (void)state;
    const struct packet *p =
        dissect_hex(228,
                    "4500 0034 0001 4000 40 2f 0000 0a000003 0a000004 2000 0800 00000007" FRAGMENT4(
                        "2000", "001c", "06") "0102030405060708",
                    0);
    assert_int_equal(p->kind, PACKET_FRAGMENT);
    assert_int_equal(p->tunnel, TUNNEL_GRE);
    assert_int_equal(p->tunnel_id, 7);
    assert_int_equal(p->fragment.protocol, 6);
    assert_int_equal(p->src[3], 1);
    assert_int_equal(p->depth, 2);
}

static void test_datagram(void **state)
{
    (void)state;
    struct packet first = *dissect_hex(228, FRAGMENT4("2000", "001c", "06") "0102030405060708", 0), whole;
    first.tunnel = TUNNEL_VXLAN;
    first.tunnel_id = 42;
    struct bytes segment = bytes_from_hex(SEGMENT4);
    packet_dissect_datagram(&whole, &first, segment);
    assert_int_equal(whole.kind, PACKET_TCP);
    assert_int_equal(whole.ip_version, 4);
    assert_int_equal(whole.ttl, 64);
    assert_int_equal(whole.protocol, 6);
    assert_int_equal(whole.ip_id, 0x4321);
    assert_int_equal(whole.tunnel, TUNNEL_VXLAN);
    assert_int_equal(whole.tunnel_id, 42);
    assert_int_equal(whole.payload_len, 5);
    assert_memory_equal(whole.payload.at, "hello", 5);
    assert_true(packet_checksum_ok(&whole));
    packet_dissect_datagram(&whole, &first, (struct bytes){segment.at, 10});
    assert_int_equal(whole.skip, SKIP_MALFORMED);
    free((void *)(uintptr_t)segment.at);

    /* Depth goes on counting. */
    struct bytes packet = bytes_from_hex(PACKET4);
    first.fragment.protocol = 4;
    packet_dissect_datagram(&whole, &first, packet);
    assert_int_equal(whole.kind, PACKET_TCP);
    assert_int_equal(whole.depth, 2);
    first.depth = PACKET_MAX_DEPTH;
    packet_dissect_datagram(&whole, &first, packet);
    assert_int_equal(whole.skip, SKIP_TOO_DEEP);
    free((void *)(uintptr_t)packet.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_skipped),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_ipv4_fragments),
        cmocka_unit_test(test_ipv6_fragments),
        cmocka_unit_test(test_datagram),
        cmocka_unit_test(test_tunnelled_fragment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
