/* Addresses against inet_ntop(), which writes IPv4-compatible addresses (RFC 4291 deprecates them) in its own way. */
#include "support/cmocka_all.h"

#include "report/address.h"

#include <arpa/inet.h>
#include <string.h>

static void test_known(void **state)
{
    (void)state;
    static const struct {
        uint8_t ip_version;
        const char *text;
    } cases[] = {
        {4, "0.0.0.0"},       {4, "10.0.0.1"},   {4, "192.168.100.255"},    {6, "::"},
        {6, "::1"},           {6, "2001:db8::"}, {6, "2001:db8::1:0:0:1"},  {6, "2001:db8:0:1:1:1:1:1"},
        {6, "fe80::1:2:3:4"}, {6, "1::8"},       {6, "::ffff:192.168.0.1"}, {6, "1:2:3:4:5:6:7:8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t address[16] = {0};
        char buf[ADDRESS_LEN];
        assert_int_equal(inet_pton(cases[i].ip_version == 4 ? AF_INET : AF_INET6, cases[i].text, address), 1);
        assert_string_equal(address_write(buf, cases[i].ip_version, address), cases[i].text);
    }
}

/* Every pattern of zero groups, groups of one to four digits. */
static void test_all_patterns(void **state)
{
    (void)state;
    static const uint16_t values[4] = {0x1, 0x20, 0x300, 0xF0F0};
    for (unsigned pattern = 0; pattern < 256; pattern++) {
        for (unsigned v = 0; v < 4; v++) {
            uint8_t address[16] = {0};
            char expected[INET6_ADDRSTRLEN], buf[ADDRESS_LEN];
            for (unsigned g = 0; g < 8; g++) {
                uint16_t value = pattern >> g & 1 ? values[(v + g) % 4] : 0;
                address[2 * g] = (uint8_t)(value >> 8);
                address[2 * g + 1] = (uint8_t)value;
            }
            inet_ntop(AF_INET6, address, expected, sizeof expected);
            if (strchr(expected, '.'))
                continue;
            assert_string_equal(address_write(buf, 6, address), expected);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_all_patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
