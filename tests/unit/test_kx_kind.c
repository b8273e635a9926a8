/* Kinds of key exchange of cipher suites. */
#include "dissect/handshake.h"
#include "support/cmocka_all.h"

static void test_suites(void **state)
{
    (void)state;
    static const struct {
        uint16_t suite;
        enum kx_kind want;
    } cases[] = {
        {0x0003, KX_RSA_EXPORT}, {0x002F, KX_RSA},     {0x0033, KX_DHE},     {0x0018, KX_DH_ANON},
        {0x0011, KX_DHE},        {0x0017, KX_DH_ANON}, {0xC02F, KX_ECDHE},   {0xC02B, KX_ECDHE},
        {0xC018, KX_ECDH_ANON},  {0x008C, KX_PSK},     {0x0090, KX_DHE_PSK}, {0xC035, KX_ECDHE_PSK},
        {0x0094, KX_RSA_PSK},    {0xC01D, KX_SRP},     {0xC01E, KX_SRP},     {0xC0FF, KX_ECJPAKE},
        {0x0081, KX_GOST},       {0xC100, KX_GOST},    {0x1301, KX_UNKNOWN}, {0x0030, KX_UNKNOWN},
        {0xC004, KX_UNKNOWN},    {0x001E, KX_UNKNOWN}, {0x0000, KX_UNKNOWN}, {0x0A0A, KX_UNKNOWN},
        {0xCAFE, KX_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(cipher_suite_kx_kind(cipher_suite_find(cases[i].suite)), cases[i].want);
    assert_int_equal(cipher_suite_kx_kind(NULL), KX_UNKNOWN);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(kx_kind_name(KX_ECDHE), "ecdhe");
    assert_string_equal(kx_kind_name(KX_DHE), "dhe");
    assert_string_equal(kx_kind_name(KX_GOST), "gost");
    assert_string_equal(kx_kind_name(KX_UNKNOWN), "unknown");
    for (int kind = KX_UNKNOWN; kind <= KX_GOST; kind++)
        assert_non_null(kx_kind_name((enum kx_kind)kind));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_suites), cmocka_unit_test(test_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
