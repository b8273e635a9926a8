/* Token Ring, FDDI, Fibre Channel, IEEE 1394: what is not IP, headers that end too early. */
#include "support/cmocka_all.h"
#include "support/dissect_hex.h"
#include "support/packets.h"

static void test_skipped(void **state)
{
    (void)state;
    static const struct skip_case cases[] = {

        {6, SKIP_NOT_IP, "10 40 020000000002 020000000001 424203 00"},
        {6, SKIP_MALFORMED, "10 40 020000000002 820000000001 1f70 aaaa03 000000 0800"},
        {10, SKIP_NOT_IP, "50 020000000002 020000000001 424203 00"},
        {10, SKIP_MALFORMED, "50 020000000002 0200"},
        {122, SKIP_MALFORMED, "1000020000000002 1000"},
        {138, SKIP_NOT_IP, "0200000000000002 0200000000000001 0806 0018"},
    };
    dissect_skips(cases, sizeof cases / sizeof cases[0]);
}

static void test_routes(void **state)
{
    (void)state;
    dissect_hello(6, "10 40 020000000002 820000000001 00 aaaa03 000000 0800" PACKET4); /* a route without length */
    dissect_hello(6, "10 40 020000000002 820000000001 0230 aaaa03 000000 0800" PACKET4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_skipped),
        cmocka_unit_test(test_routes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
