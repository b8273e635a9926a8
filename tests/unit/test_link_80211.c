/* 802.11: frames without data, protected frames, fragments, the frame check sequence, headers of drivers. */
#include "support/cmocka_all.h"
#include "support/dissect_hex.h"
#include "support/packets.h"

#define DATA "0802 0000 020000000001 020000000002 020000000003 0000 aaaa03 000000 0800 "

static void test_skipped(void **state)
{
    (void)state;
    static const struct skip_case cases[] = {

        {105, SKIP_NOT_IP, "8000 0000 ffffffffffff 020000000002 020000000002 0000 0000"}, /* beacon */
        {105, SKIP_NOT_IP, "d400 0000 020000000001"},                                     /* acknowledgement */
        {105, SKIP_NOT_IP, "4801 0000 020000000001 020000000002 020000000003  0000"},     /* no data */
        {105, SKIP_NOT_IP,
         "0901 0000 020000000001 020000000002 020000000003  0000 aaaa03 000000 0800" PACKET4}, /* another version */
        {105, SKIP_NOT_IP, "0801 0000 020000000001 020000000002 020000000003  1100 00112233"}, /* second fragment */
        {105, SKIP_ENCRYPTED,
         "0841 0000 020000000001 020000000002 020000000003  0000 0100002000000000 1122334455667788 8877665544332211"},
        {105, SKIP_ENCRYPTED, "0841 0000 020000000001 020000000002 020000000003  0000 0100"},
        {105, SKIP_MALFORMED, "0801 0000"},
        {127, SKIP_MALFORMED, "0000 0700 00000000"},
        {127, SKIP_MALFORMED, "0000 ffff 00000000"},
        {127, SKIP_MALFORMED,
         "0000 0900 01000000 00 0801 0000 020000000001 020000000002 020000000003  0000"}, /* fields past the header */
        {127, SKIP_MALFORMED, "0000 0c00 00000080 00000080 0801"}, /* presence bits without end */
        {192, SKIP_MALFORMED, "00 00 0700 69000000"},
        {192, SKIP_LINK_TYPE, "00 00 0800 93000000" PACKET4},
        {163, SKIP_MALFORMED, "80211001 00000007 00000000"},
        {119, SKIP_MALFORMED, "44000000 90000000"},
    };
    dissect_skips(cases, sizeof cases / sizeof cases[0]);
}

/* The four bytes behind the frame are no payload, even where IP does not tell its length. */
static void test_frame_check_sequence(void **state)
{
    (void)state;
    const char *packet = "0000 0900 02000000 10" DATA "4500 0000 1234 4000 40 06 0000 0a000001 0a000002" SEGMENT4;
    dissect_hello(127,
                  "0000 0900 02000000 10" DATA "4500 0000 1234 4000 40 06 0000 0a000001 0a000002" SEGMENT4 "8aaf6e7e");
    /* Nor where the snapshot length cut them off. */
    const struct packet *p = dissect_hex(127, packet, 4);
    assert_int_equal(p->payload_len, 5);
    assert_int_equal(p->payload.len, 5);
}

static void test_good(void **state)
{
    (void)state;
    /* A radiotap header without fields; padding where none is needed; Ethernet in PPI. */
    dissect_hello(127, "0000 0800 00000000" DATA PACKET4);
    dissect_hello(127, "0000 0900 02000000 20" DATA PACKET4);
    dissect_hello(192, "00 00 0800 01000000" ETHER "0800" PACKET4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_skipped),
        cmocka_unit_test(test_frame_check_sequence),
        cmocka_unit_test(test_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
