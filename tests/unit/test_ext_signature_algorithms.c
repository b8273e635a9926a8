/* Signature schemes and delegated credentials. */
#include "support/cmocka_all.h"
#include "support/ext_case.h"
#include "support/tls_subset.h"

enum { ALGORITHMS = 0x000D, ALGORITHMS_CERT = 0x0032, DELEGATED = 0x0022 };

static void test_algorithms(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, ALGORITHMS, "0006 0403 0804 0401");
    assert_true(c.ext.has_signature_algorithms);
    assert_false(c.ext.has_signature_algorithms_cert);
    assert_int_equal(c.ext.signature_algorithms.num, 3);
    assert_int_equal(u16_list_at(c.ext.signature_algorithms, 2), 0x0401);
    ext_case_cleanup(&c);
    c = ext_good(EXT_CERTIFICATE_REQUEST, ALGORITHMS_CERT, "0004 0403 0201");
    assert_true(c.ext.has_signature_algorithms_cert);
    assert_false(c.ext.has_signature_algorithms);
    assert_int_equal(u16_list_at(c.ext.signature_algorithms_cert, 1), 0x0201);
    ext_case_cleanup(&c);
    assert_ext_good_open(EXT_SERVER_HELLO, ALGORITHMS, "");
    assert_ext_bad(EXT_CLIENT_HELLO, ALGORITHMS, "", "supported_signature_algorithms");
    assert_ext_bad(EXT_CLIENT_HELLO, ALGORITHMS, "0000", "supported_signature_algorithms");
    assert_ext_bad(EXT_CLIENT_HELLO, ALGORITHMS, "0003 040300", "supported_signature_algorithms");
    assert_ext_bad(EXT_CLIENT_HELLO, ALGORITHMS_CERT, "0000", "supported_signature_algorithms");
}

static void test_delegated_credential(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, DELEGATED, "0004 0403 0804");
    assert_true(c.ext.has_delegated_credential);
    assert_int_equal(c.ext.delegated_credential.num, 2);
    ext_case_cleanup(&c);
    c = ext_good(EXT_CERTIFICATE, DELEGATED, "00093a80 0403 000003 3001aa 0804 0002 b1b2");
    assert_int_equal(c.ext.delegated_credential_valid_time, 604800);
    assert_int_equal(c.ext.delegated_credential_verify_algorithm, 0x0403);
    assert_int_equal(c.ext.delegated_credential_algorithm, 0x0804);
    assert_bytes_hex(c.ext.delegated_credential_spki, "3001aa");
    ext_case_cleanup(&c);
    assert_ext_bad(EXT_CERTIFICATE, DELEGATED, "0004 0403 0804", "ASN1_subjectPublicKeyInfo");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_algorithms),
        cmocka_unit_test(test_delegated_credential),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
