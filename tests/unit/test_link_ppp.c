/* PPP, PPPoE, frame relay: control protocols, compression, encryption, headers that end too early. */
#include "support/cmocka_all.h"
#include "support/dissect_hex.h"
#include "support/packets.h"

static void test_skipped(void **state)
{
    (void)state;
    static const struct skip_case cases[] = {

        {9, SKIP_NOT_IP, "ff03 c021 0101"},         /* LCP */
        {9, SKIP_NOT_IP, "ff03 c1 00"},             /* unknown, compressed */
        {9, SKIP_ENCRYPTED, "ff03 00fd 9000 0102"}, /* MPPE */
        {9, SKIP_ENCRYPTED, "0053 9000 0102"},
        {9, SKIP_MALFORMED, "ff"},
        {9, SKIP_MALFORMED, "00"},
        {50, SKIP_NOT_IP, "8f00 8035 00000002"},       /* SLARP */
        {1, SKIP_NOT_IP, ETHER "8863 1109 0000 0000"}, /* discovery */
        {1, SKIP_NOT_IP, ETHER "8864 11a7 0007 0000"}, /* a code other than data */
        {1, SKIP_NOT_IP, ETHER "8864 1100 0007 0004 c021 0101"},
        {1, SKIP_MALFORMED, ETHER "8864 2100 0007 0004 0021" PACKET4},
        {107, SKIP_NOT_IP, "1841 03 08 0000"},                             /* Q.933 */
        {107, SKIP_NOT_IP, "1841 03 80 0080c2 0007" ETHER "0800" PACKET4}, /* bridged */
        {107, SKIP_MALFORMED, "1840"},
    };
    dissect_skips(cases, sizeof cases / sizeof cases[0]);
}

static void test_good(void **state)
{
    (void)state;
    dissect_hello(9, "21" PACKET4);                  /* all that can be left out */
    dissect_hello(107, "18 40 34 03 03 cc" PACKET4); /* an address of four bytes */
    dissect_hello(166, "ff03 0057" PACKET6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_skipped),
        cmocka_unit_test(test_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
