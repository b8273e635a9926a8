/* The TCP header: options good and bad, data offset. */
#include "support/cmocka_all.h"
#include "support/dissect_hex.h"

/* IP length zero, so that the segment may have any length. */
#define IPV4 "4500 0000 1234 4000 40 06 0000 0a000001 0a000002 c35001bb 01020304 05060708 "

static void test_syn_options(void **state)
{
    (void)state;
    const struct packet *p =
        dissect_hex(228, IPV4 "a002 faf0 0000 0000 020405b4 0402 080a 00000001 00000000 01 030307", 0);
    assert_int_equal(p->kind, PACKET_TCP);
    assert_int_equal(p->seq, 0x01020304);
    assert_int_equal(p->ack, 0x05060708);
    assert_int_equal(p->tcp_flags, TCP_SYN);
    assert_int_equal(p->window, 0xfaf0);
    assert_int_equal(p->mss, 1460);
    assert_int_equal(p->window_scale, 8);
    assert_int_equal(p->payload_len, 0);
    /* A scale of zero was offered nonetheless; more than 14 is kept as sent, up to four bits. */
    assert_int_equal(dissect_hex(228, IPV4 "6002 0000 0000 0000 03030001", 0)->window_scale, 1);
    assert_int_equal(dissect_hex(228, IPV4 "6002 0000 0000 0000 0303ff01", 0)->window_scale, 16);
    /* Not in a segment without SYN. */
    p = dissect_hex(228, IPV4 "7010 0000 0000 0000 020405b4 03030701", 0);
    assert_int_equal(p->mss, 0);
    assert_int_equal(p->window_scale, 0);
}

static void test_sacks(void **state)
{
    (void)state;
    const struct packet *p =
        dissect_hex(228, IPV4 "a010 0000 0000 0000 0101 0512 00000001 00000002 fffffff0 00000010", 0);
    assert_int_equal(p->num_sacks, 2);
    assert_int_equal(p->sacks[0].left, 1);
    assert_int_equal(p->sacks[0].right, 2);
    assert_int_equal(p->sacks[1].left, 0xfffffff0);
    assert_int_equal(p->sacks[1].right, 0x10);
    /* Four blocks are all that fit; half a block is none. */
    p = dissect_hex(228,
                    IPV4 "f010 0000 0000 0000 0101 0522 00000001 00000002 00000003 00000004 00000005 00000006"
                         "00000007 00000008 01010101",
                    0);
    assert_int_equal(p->num_sacks, 4);
    assert_int_equal(p->sacks[3].right, 8);
    p = dissect_hex(228, IPV4 "9010 0000 0000 0000 050e 00000001 00000002 00000003 0000", 0);
    assert_int_equal(p->num_sacks, 1);
}

static void test_timestamps_then_more(void **state)
{
    (void)state;
    const struct packet *p =
        dissect_hex(228, IPV4 "b010 0000 0000 0000 0101080a 00000001 00000002 0101 050a 00000009 0000000a", 0);
    assert_int_equal(p->num_sacks, 1);
    p = dissect_hex(228, IPV4 "8010 0000 0000 0000 0101080a 00000001 00000002 6162", 0);
    assert_int_equal(p->num_sacks, 0);
    assert_int_equal(p->payload_len, 2);
}

static void test_bad_options(void **state)
{
    (void)state;
    static const char *const cases[] = {
        IPV4 "7002 0000 0000 0000 0200 020405b4 0000"
             "78", /* length below two */
        IPV4 "7002 0000 0000 0000 fe09 020405b4 0000"
             "78", /* longer than the options */
        IPV4 "7002 0000 0000 0000 00 020405b4 000000"
             "78", /* end of the list */
        IPV4 "7002 0000 0000 0000 0101010101010102"
             "78", /* no length */
        IPV4 "7002 0000 0000 0000 02060102 03040303"
             "78", /* an MSS of the wrong length */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct packet *p = dissect_hex(228, cases[i], 0);
        assert_int_equal(p->kind, PACKET_TCP);
        assert_int_equal(p->mss, 0);
        assert_int_equal(p->window_scale, 0);
        assert_int_equal(p->payload_len, 1);
        assert_int_equal(p->payload.at[0], 'x');
    }
}

static void test_data_offset(void **state)
{
    (void)state;
    assert_int_equal(dissect_hex(228, IPV4 "4010 0000 0000 0000", 0)->skip, SKIP_MALFORMED);
    assert_int_equal(dissect_hex(228, IPV4 "6010 0000 0000 0000 0101", 0)->skip, SKIP_MALFORMED);
    assert_int_equal(dissect_hex(228, IPV4 "6010 0000 0000 0000 0101", 2)->skip, SKIP_TRUNCATED);
    assert_int_equal(dissect_hex(228, IPV4 "5010 0000 0000 00", 1)->skip, SKIP_TRUNCATED);
    const struct packet *p = dissect_hex(228, IPV4 "5010 0000 0000 0000", 700);
    assert_int_equal(p->kind, PACKET_TCP);
    assert_int_equal(p->payload_len, 700);
    assert_int_equal(p->payload.len, 0);
    assert_int_equal(p->segment_len, 720);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_syn_options),          cmocka_unit_test(test_sacks),
        cmocka_unit_test(test_timestamps_then_more), cmocka_unit_test(test_bad_options),
        cmocka_unit_test(test_data_offset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
