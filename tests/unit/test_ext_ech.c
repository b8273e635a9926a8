/* Encrypted ClientHello and its precursor. */
#include "support/cmocka_all.h"
#include "support/ext_case.h"
#include "support/tls_subset.h"

enum { ECH = 0xFE0D, OUTER_EXTENSIONS = 0xFD00, ESNI = 0xFFCE };

static void test_client(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, ECH, "00 0001 0003 2a 0004 a1a2a3a4 0003 b1b2b3");
    assert_true(c.ext.has_ech);
    assert_int_equal(c.ext.ech_type, ECH_OUTER);
    assert_int_equal(c.ext.ech_kdf, 1);
    assert_int_equal(c.ext.ech_aead, 3);
    assert_int_equal(c.ext.ech_config_id, 0x2A);
    assert_bytes_hex(c.ext.ech_enc, "a1a2a3a4");
    assert_bytes_hex(c.ext.ech_payload, "b1b2b3");
    ext_case_cleanup(&c);
    /* enc is empty in the hello after a HelloRetryRequest. */
    assert_ext_good(EXT_CLIENT_HELLO, ECH, "00 0001 0003 2a 0000 0003 b1b2b3");
    c = ext_good(EXT_CLIENT_HELLO, ECH, "01");
    assert_int_equal(c.ext.ech_type, ECH_INNER);
    ext_case_cleanup(&c);
    assert_ext_bad(EXT_CLIENT_HELLO, ECH, "02", "ECHClientHelloType");
    assert_ext_bad(EXT_CLIENT_HELLO, ECH, "", "ECHClientHelloType");
    assert_ext_bad(EXT_CLIENT_HELLO, ECH, "00 0001 0003 2a 0000 0000", "payload");
}

static void test_server(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_ENCRYPTED_EXTENSIONS, ECH, "0006 fe0d 0002 a1a2");
    assert_int_equal(c.ext.ech_type, ECH_RETRY_CONFIGS);
    assert_bytes_hex(c.ext.ech_payload, "fe0d 0002 a1a2");
    ext_case_cleanup(&c);
    c = ext_good(EXT_HELLO_RETRY_REQUEST, ECH, "0001020304050607");
    assert_int_equal(c.ext.ech_type, ECH_HRR_CONFIRMATION);
    assert_bytes_hex(c.ext.ech_payload, "0001020304050607");
    ext_case_cleanup(&c);
    assert_ext_bad(EXT_HELLO_RETRY_REQUEST, ECH, "00010203040506", "confirmation");
    assert_ext_bad(EXT_ENCRYPTED_EXTENSIONS, ECH, "0000", "retry_configs");
}

static void test_outer_extensions(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, OUTER_EXTENSIONS, "04 000a 0033");
    assert_true(c.ext.has_ech_outer_extensions);
    assert_int_equal(c.ext.ech_outer_extensions.num, 2);
    ext_case_cleanup(&c);
}

static void test_esni(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, ESNI, "1301 001d 0004 a1a2a3a4 0002 b1b2 0003 c1c2c3");
    assert_true(c.ext.has_esni);
    assert_false(c.ext.has_ech);
    ext_case_cleanup(&c);
    assert_ext_good_open(EXT_ENCRYPTED_EXTENSIONS, ESNI, "000102030405060708090a0b0c0d0e0f");
    assert_ext_bad(EXT_CLIENT_HELLO, ESNI, "1301 001d 0004 a1a2a3a4 0002 b1b2", "encrypted_sni");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_client),
        cmocka_unit_test(test_server),
        cmocka_unit_test(test_outer_extensions),
        cmocka_unit_test(test_esni),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
