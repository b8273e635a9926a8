/* Certificate status, certificate transparency and DNSSEC chains. */
#include "support/cmocka_all.h"
#include "support/ext_case.h"
#include "support/tls_subset.h"

enum { STATUS_REQUEST = 0x0005, STATUS_REQUEST_V2 = 0x0011, SCT = 0x0012, TRANSPARENCY = 0x0034, DNSSEC = 0x003B };

static void test_status_request(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, STATUS_REQUEST, "01 0000 0000");
    assert_true(c.ext.has_status_request);
    assert_int_equal(c.ext.status_request_type, 1);
    ext_case_cleanup(&c);
    assert_ext_good(EXT_CLIENT_HELLO, STATUS_REQUEST, "01 0005 0003 a1a2a3 0002 3000");
    /* Another type of status: its request is unknown. */
    c = ext_good_open(EXT_CLIENT_HELLO, STATUS_REQUEST, "02 01020304");
    assert_int_equal(c.ext.status_request_type, 2);
    ext_case_cleanup(&c);

    assert_ext_good(EXT_SERVER_HELLO, STATUS_REQUEST, "");
    assert_ext_good(EXT_CERTIFICATE_REQUEST, STATUS_REQUEST, "01 0000 0000");
    c = ext_good_open(EXT_CERTIFICATE_REQUEST, STATUS_REQUEST, "");
    assert_true(c.ext.has_status_request);
    ext_case_cleanup(&c);

    c = ext_good(EXT_CERTIFICATE, STATUS_REQUEST, "01 000003 3003aa");
    assert_bytes_hex(c.ext.certificate_status, "3003aa");
    ext_case_cleanup(&c);

    assert_ext_bad(EXT_CLIENT_HELLO, STATUS_REQUEST, "", "status_type");
    assert_ext_bad(EXT_CLIENT_HELLO, STATUS_REQUEST, "01 0000", "request_extensions");
    assert_ext_bad(EXT_CLIENT_HELLO, STATUS_REQUEST, "01 0002 0000 0000", "ResponderID");
    assert_ext_bad(EXT_SERVER_HELLO, STATUS_REQUEST, "01", "extension_data");
    assert_ext_bad(EXT_CERTIFICATE, STATUS_REQUEST, "01 000000", "OCSPResponse");
}

static void test_status_request_v2(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, STATUS_REQUEST_V2, "000e 02 0004 0000 0000 01 0004 0000 0000");
    assert_true(c.ext.has_status_request_v2);
    ext_case_cleanup(&c);
    assert_ext_good(EXT_CLIENT_HELLO, STATUS_REQUEST_V2, "0005 09 0002 abcd");
    assert_ext_good(EXT_SERVER_HELLO, STATUS_REQUEST_V2, "");
    assert_ext_bad(EXT_CLIENT_HELLO, STATUS_REQUEST_V2, "0000", "certificate_status_req_list");
    assert_ext_bad(EXT_CLIENT_HELLO, STATUS_REQUEST_V2, "0008 02 0005 0000 0000 00", "request");
}

static void test_transparency(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, SCT, "");
    assert_true(c.ext.has_signed_certificate_timestamp);
    ext_case_cleanup(&c);
    assert_ext_good(EXT_CERTIFICATE_REQUEST, SCT, "");
    c = ext_good(EXT_SERVER_HELLO, SCT, "0009 0003 a1a2a3 0002 b1b2");
    assert_bytes_hex(c.ext.signed_certificate_timestamps, "0003 a1a2a3 0002 b1b2");
    ext_case_cleanup(&c);
    assert_ext_good(EXT_CERTIFICATE, SCT, "0005 0003 a1a2a3");
    assert_ext_bad(EXT_SERVER_HELLO, SCT, "0000", "SerializedSCT");
    assert_ext_bad(EXT_SERVER_HELLO, SCT, "0002 0000", "SerializedSCT");

    assert_ext_good(EXT_CLIENT_HELLO, TRANSPARENCY, "");
    c = ext_good(EXT_CERTIFICATE, TRANSPARENCY, "0005 0003 a1a2a3");
    assert_true(c.ext.has_transparency_info);
    ext_case_cleanup(&c);
}

static void test_dnssec_chain(void **state)
{
    (void)state;
    assert_ext_good(EXT_CLIENT_HELLO, DNSSEC, "01bb");
    struct ext_case c = ext_good_open(EXT_CERTIFICATE, DNSSEC, "0e10 aabbcc");
    assert_true(c.ext.has_dnssec_chain);
    assert_bytes_hex(c.ext.dnssec_chain, "aabbcc");
    ext_case_cleanup(&c);
    assert_ext_bad(EXT_CERTIFICATE, DNSSEC, "0e10", "AuthenticationChain");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status_request),
        cmocka_unit_test(test_status_request_v2),
        cmocka_unit_test(test_transparency),
        cmocka_unit_test(test_dnssec_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
