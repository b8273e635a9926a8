/* What certificates are asked for and how they come. */
#include "support/cmocka_all.h"
#include "support/ext_case.h"
#include "support/tls_subset.h"

enum {
    CERTIFICATE_URL = 0x0002,
    TRUSTED_CA_KEYS = 0x0003,
    CERT_TYPE = 0x0009,
    CLIENT_TYPE = 0x0013,
    SERVER_TYPE = 0x0014,
    COMPRESS = 0x001B,
    AUTHORITIES = 0x002F,
    OID_FILTERS = 0x0030,
    POST_HANDSHAKE = 0x0031,
    TRUST_ANCHORS = 0xCA34,
};

static void test_types(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, CLIENT_TYPE, "02 0200");
    assert_true(c.ext.has_client_certificate_type);
    assert_bytes_hex(c.ext.client_certificate_types, "0200");
    ext_case_cleanup(&c);
    c = ext_good(EXT_ENCRYPTED_EXTENSIONS, SERVER_TYPE, "02");
    assert_true(c.ext.has_server_certificate_type);
    assert_bytes_hex(c.ext.server_certificate_types, "02");
    ext_case_cleanup(&c);
    c = ext_good(EXT_CLIENT_HELLO, CERT_TYPE, "02 0001");
    assert_true(c.ext.has_cert_type);
    assert_bytes_hex(c.ext.cert_types, "0001");
    ext_case_cleanup(&c);
    assert_ext_bad(EXT_CLIENT_HELLO, SERVER_TYPE, "00", "server_certificate_types");
    assert_ext_bad(EXT_SERVER_HELLO, SERVER_TYPE, "", "server_certificate_types");
    assert_ext_bad(EXT_SERVER_HELLO, CLIENT_TYPE, "01 02", "extension_data");
}

static void test_compression(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, COMPRESS, "04 0002 0003");
    assert_true(c.ext.has_compress_certificate);
    assert_int_equal(c.ext.compress_certificate.num, 2);
    assert_int_equal(u16_list_at(c.ext.compress_certificate, 0), 2);
    ext_case_cleanup(&c);
    assert_ext_bad(EXT_CLIENT_HELLO, COMPRESS, "00", "CertificateCompressionAlgorithm");
    assert_ext_bad(EXT_CLIENT_HELLO, COMPRESS, "03 000200", "CertificateCompressionAlgorithm");
}

static void test_trusted_ca_keys(void **state)
{
    (void)state;
    struct ext_case c =
        ext_good(EXT_CLIENT_HELLO, TRUSTED_CA_KEYS, "001b 00 01 000102030405060708090a0b0c0d0e0f10111213 02 0002 3000");
    assert_true(c.ext.has_trusted_ca_keys);
    assert_int_equal(c.ext.trusted_ca_keys.len, 27);
    ext_case_cleanup(&c);
    assert_ext_good(EXT_SERVER_HELLO, TRUSTED_CA_KEYS, "");
    assert_ext_bad(EXT_CLIENT_HELLO, TRUSTED_CA_KEYS, "0001 04", "IdentifierType");
    assert_ext_bad(EXT_CLIENT_HELLO, TRUSTED_CA_KEYS, "0003 03 0102", "SHA1Hash");
}

static void test_authorities(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CERTIFICATE_REQUEST, AUTHORITIES, "0009 0003 3001aa 0002 3000");
    assert_true(c.ext.has_certificate_authorities);
    struct fault fault;
    struct cursor list;
    struct bytes dn;
    cursor_init_whole(&list, c.ext.certificate_authorities, &fault);
    assert_true(dn_next(&list, &dn));
    assert_bytes_hex(dn, "3001aa");
    assert_true(dn_next(&list, &dn));
    assert_bytes_hex(dn, "3000");
    assert_false(dn_next(&list, &dn));
    ext_case_cleanup(&c);
    assert_ext_bad(EXT_CERTIFICATE_REQUEST, AUTHORITIES, "0000", "DistinguishedName");
    assert_ext_bad(EXT_CERTIFICATE_REQUEST, AUTHORITIES, "0002 0000", "DistinguishedName");
}

static void test_oid_filters(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CERTIFICATE_REQUEST, OID_FILTERS, "0009 03 551d0f 0003 030205");
    assert_true(c.ext.has_oid_filters);
    assert_bytes_hex(c.ext.oid_filters, "03 551d0f 0003 030205");
    ext_case_cleanup(&c);
    assert_ext_good(EXT_CERTIFICATE_REQUEST, OID_FILTERS, "0000");
    assert_ext_bad(EXT_CERTIFICATE_REQUEST, OID_FILTERS, "0003 00 0000", "certificate_extension_oid");
}

static void test_flags(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, POST_HANDSHAKE, "");
    assert_true(c.ext.has_post_handshake_auth);
    ext_case_cleanup(&c);
    c = ext_good(EXT_CLIENT_HELLO, CERTIFICATE_URL, "");
    assert_true(c.ext.has_client_certificate_url);
    ext_case_cleanup(&c);
}

static void test_trust_anchors(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, TRUST_ANCHORS, "0005 02 a1a2 01 b1");
    assert_true(c.ext.has_trust_anchors);
    assert_bytes_hex(c.ext.trust_anchors, "02 a1a2 01 b1");
    ext_case_cleanup(&c);
    assert_ext_good(EXT_CLIENT_HELLO, TRUST_ANCHORS, "0000");
    assert_ext_good(EXT_CERTIFICATE, TRUST_ANCHORS, "");
    assert_ext_bad(EXT_CLIENT_HELLO, TRUST_ANCHORS, "0001 00", "TrustAnchorID");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),           cmocka_unit_test(test_compression),
        cmocka_unit_test(test_trusted_ca_keys), cmocka_unit_test(test_authorities),
        cmocka_unit_test(test_oid_filters),     cmocka_unit_test(test_flags),
        cmocka_unit_test(test_trust_anchors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
