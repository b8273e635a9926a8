/* Tunnels over UDP: those that are none although the port says so, and what they hold. */
#include "support/cmocka_all.h"
#include "support/dissect_hex.h"
#include "support/packets.h"

/* IP length zero, so that the datagram may have any length. */
#define IPV4 "4500 0000 0001 0000 40 11 0000 0a000003 0a000004 "

static void test_not_a_tunnel(void **state)
{
    (void)state;
    static const char *const cases[] = {
        IPV4 "c001 12b5 0000 0000 00000000 00002a00" ETHER "0800" PACKET4,           /* VXLAN without a VNI */
        IPV4 "c001 12b5 0000 0000 48000000 00002a00" ETHER "0800" PACKET4,           /* another flag */
        IPV4 "c001 12b5 0000 0000 08000001 00002a00" ETHER "0800" PACKET4,           /* reserved bits */
        IPV4 "c001 12b5 0000 0000 08000000 00002a00" ETHER "0800 55" PACKET4,        /* no packet inside */
        IPV4 "c001 12b5 0000 0000 08",                                               /* too short */
        IPV4 "12b5 c001 0000 0000 08000000 00002a00" ETHER "0800" PACKET4,           /* the other direction */
        IPV4 "c001 12b6 0000 0000 04000001 00002a00" PACKET4,                        /* VXLAN-GPE without a VNI */
        IPV4 "c001 12b6 0000 0000 0c000009 00002a00" PACKET4,                        /* unknown next protocol */
        IPV4 "c001 12b6 0000 0000 0c000004 00002a00 0fc1 02 01 000001ff" PACKET4,    /* NSH too short */
        IPV4 "c001 17c1 0000 0000 40 00 0800 00002a00" PACKET4,                      /* GENEVE version 1 */
        IPV4 "c001 17c1 0000 0000 00 01 0800 00002a00" PACKET4,                      /* reserved bits */
        IPV4 "c001 17c1 0000 0000 00 00 1234 00002a00" PACKET4,                      /* unknown protocol */
        IPV4 "c001 17c1 0000 0000 3f 00 0800 00002a00" PACKET4,                      /* options past the end */
        IPV4 "c001 0868 0000 0000 50 ff 002d 00000007" PACKET4,                      /* GTP version 2 */
        IPV4 "c001 0868 0000 0000 20 ff 002d 00000007" PACKET4,                      /* GTP' */
        IPV4 "c001 0868 0000 0000 30 01 0000 00000000",                              /* echo */
        IPV4 "c001 0868 0000 0000 30 ff 0100 00000007" PACKET4,                      /* length */
        IPV4 "c001 0868 0000 0000 34 ff 0035 00000007 0000 00 85 00 000900" PACKET4, /* extension of no length */
        IPV4 "c001 0868 0000 0000 30 ff 0004 00000007 ffffffff",                     /* no IP inside */
        IPV4 "c001 0dd8 0000 0000" PACKET4,                                          /* Teredo carries IPv6 */
        IPV4 "c001 0dd8 0000 0000 60000000 0020 06 40" ADDRESSES6 SEGMENT6,          /* length */
        IPV4 "c001 0dd8 0000 0000 0001 ff ff 0000",                                  /* authentication cut */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct packet *p = dissect_hex(228, cases[i], 0);
        if (p->kind != PACKET_UDP)
            fail_msg("%s: kind %d, %s", cases[i], (int)p->kind, packet_skip_name(p->skip));
        assert_int_equal(p->src[3], 3);
        assert_int_equal(p->tunnel, TUNNEL_NONE);
        assert_int_equal(p->tunnel_id, 0);
        assert_int_equal(p->depth, 1);
        assert_int_equal(p->protocol, 17);
        assert_int_equal(p->payload_len + 8, p->segment_len);
        assert_true(p->payload.len > 0 && p->payload.len == p->payload_len);
    }
}

/* What a tunnel holds decides, even if it is nothing to be read. */
static void test_tunnel_without_transport(void **state)
{
    (void)state;
    const struct packet *p = dissect_hex(228, IPV4 "c001 12b5 0000 0000 08000000 00002a00" ETHER "0806 0001", 0);
    assert_int_equal(p->skip, SKIP_NOT_IP);
    p = dissect_hex(228, IPV4 "c001 12b5 0000 0000 08000000 00002a00" ETHER "88e5 2c00 00000001", 0);
    assert_int_equal(p->skip, SKIP_ENCRYPTED);
    p = dissect_hex(228, IPV4 "c001 12b5 0000 0000 08000000 00002a00" ETHER "0800 4500", 43);
    assert_int_equal(p->skip, SKIP_TRUNCATED);
    p = dissect_hex(228, IPV4 "c001 0dd8 0000 0000 60000000 0000 3b 40" ADDRESSES6, 0); /* a Teredo bubble */
    assert_int_equal(p->skip, SKIP_TRANSPORT);
}

/* The innermost of two that are not what they seem is where reading stops. */
static void test_tunnel_in_tunnel(void **state)
{
    (void)state;
    const struct packet *p = dissect_hex(
        228,
        IPV4 "c001 12b5 0000 0000 08000000 00002a00" ETHER "0800"
             "4500 002c 0001 0000 40 11 0000 0a000001 0a000002 c002 12b5 0018 0000 00000000 00002a00 61626364 65666768",
        0);
    assert_int_equal(p->kind, PACKET_UDP);
    assert_int_equal(p->src[3], 1);
    assert_int_equal(p->sport, 0xc002);
    assert_int_equal(p->payload_len, 16);
    assert_int_equal(p->tunnel, TUNNEL_VXLAN);
    assert_int_equal(p->tunnel_id, 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_a_tunnel),
        cmocka_unit_test(test_tunnel_without_transport),
        cmocka_unit_test(test_tunnel_in_tunnel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
