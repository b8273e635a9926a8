/* Media over DTLS. */
#include "support/cmocka_all.h"
#include "support/ext_case.h"
#include "support/tls_subset.h"

enum { USE_SRTP = 0x000E, EKT = 0x0027, ID_HASH = 0x0037, SESSION_ID = 0x0038 };

static void test_srtp(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, USE_SRTP, "0004 0007 0001 02 a1a2");
    assert_true(c.ext.has_use_srtp);
    assert_int_equal(c.ext.srtp_profiles.num, 2);
    assert_int_equal(u16_list_at(c.ext.srtp_profiles, 0), 7);
    assert_bytes_hex(c.ext.srtp_mki, "a1a2");
    ext_case_cleanup(&c);
    assert_ext_bad(EXT_CLIENT_HELLO, USE_SRTP, "0000 00", "SRTPProtectionProfiles");
    assert_ext_bad(EXT_CLIENT_HELLO, USE_SRTP, "0002 0001", "srtp_mki");
}

static void test_others(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, EKT, "02 0001");
    assert_true(c.ext.has_supported_ekt_ciphers);
    ext_case_cleanup(&c);
    assert_ext_good(EXT_ENCRYPTED_EXTENSIONS, EKT, "01");
    c = ext_good(EXT_CLIENT_HELLO, ID_HASH, "03 a1a2a3");
    assert_true(c.ext.has_external_id_hash);
    assert_bytes_hex(c.ext.external_id_hash, "a1a2a3");
    ext_case_cleanup(&c);
    c = ext_good(EXT_CLIENT_HELLO, SESSION_ID, "02 b1b2");
    assert_true(c.ext.has_external_session_id);
    assert_bytes_hex(c.ext.external_session_id, "b1b2");
    ext_case_cleanup(&c);
    assert_ext_bad(EXT_CLIENT_HELLO, SESSION_ID, "00", "session_id");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_srtp), cmocka_unit_test(test_others)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
