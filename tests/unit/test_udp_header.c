/* The UDP header: lengths good and bad. */
#include "support/cmocka_all.h"
#include "support/dissect_hex.h"

/* IP length zero, so that the datagram may have any length. */
#define IPV4 "4500 0000 0001 0000 40 11 0000 0a000003 0a000004 "

static void test_header(void **state)
{
    (void)state;
    const struct packet *p = dissect_hex(228, IPV4 "c001 0035 000c 1234 61626364 ffff", 0);
    assert_int_equal(p->kind, PACKET_UDP);
    assert_int_equal(p->protocol, 17);
    assert_int_equal(p->sport, 0xc001);
    assert_int_equal(p->dport, 53);
    assert_int_equal(p->payload_len, 4);
    assert_int_equal(p->payload.len, 4);
    assert_memory_equal(p->payload.at, "abcd", 4);
    assert_int_equal(p->segment_len, 12);
    assert_int_equal(p->tcp_flags, 0);
    assert_int_equal(p->seq, 0);
    assert_int_equal(p->window, 0);
    /* Length zero is segmentation offload. */
    assert_int_equal(dissect_hex(228, IPV4 "c001 0035 0000 1234 61626364 ffff", 0)->payload_len, 6);
    assert_int_equal(dissect_hex(228, IPV4 "c001 0035 0008 1234", 0)->payload_len, 0);
    /* Cut by the snapshot length. */
    p = dissect_hex(228, IPV4 "c001 0035 0100 1234 6162", 246);
    assert_int_equal(p->payload_len, 248);
    assert_int_equal(p->payload.len, 2);
}

static void test_bad_lengths(void **state)
{
    (void)state;
    assert_int_equal(dissect_hex(228, IPV4 "c001 0035 0007 1234", 0)->skip, SKIP_MALFORMED);
    assert_int_equal(dissect_hex(228, IPV4 "c001 0035 000d 1234 61626364", 0)->skip, SKIP_MALFORMED);
    assert_int_equal(dissect_hex(228, IPV4 "c001 0035 00", 3)->skip, SKIP_TRUNCATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header),
        cmocka_unit_test(test_bad_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
