/* Users beside certificates. */
#include "support/cmocka_all.h"
#include "support/ext_case.h"
#include "support/tls_subset.h"

enum { USER_MAPPING = 0x0006, CLIENT_AUTHZ = 0x0007, SERVER_AUTHZ = 0x0008, SRP = 0x000C };

static void test_srp(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, SRP, "05 616c696365");
    assert_true(c.ext.has_srp);
    assert_bytes_text(c.ext.srp_identity, "alice");
    ext_case_cleanup(&c);
    assert_ext_bad(EXT_CLIENT_HELLO, SRP, "00", "srp_I");
}

static void test_authorization(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, USER_MAPPING, "01 40");
    assert_true(c.ext.has_user_mapping);
    ext_case_cleanup(&c);
    c = ext_good(EXT_CLIENT_HELLO, CLIENT_AUTHZ, "02 0001");
    assert_true(c.ext.has_client_authz);
    assert_false(c.ext.has_server_authz);
    ext_case_cleanup(&c);
    c = ext_good(EXT_CLIENT_HELLO, SERVER_AUTHZ, "02 0001");
    assert_true(c.ext.has_server_authz);
    assert_false(c.ext.has_client_authz);
    ext_case_cleanup(&c);
    assert_ext_bad(EXT_CLIENT_HELLO, USER_MAPPING, "00", "user_mapping_types");
    assert_ext_bad(EXT_CLIENT_HELLO, CLIENT_AUTHZ, "00", "authz_format_list");
    assert_ext_bad(EXT_CLIENT_HELLO, SERVER_AUTHZ, "", "authz_format_list");
}

static void test_channel_id(void **state)
{
    (void)state;
    static const uint16_t types[] = {0x754F, 0x7550};
    for (size_t i = 0; i < 2; i++) {
        struct ext_case c = ext_good(EXT_CLIENT_HELLO, types[i], "");
        assert_true(c.ext.has_channel_id);
        ext_case_cleanup(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_srp),
        cmocka_unit_test(test_authorization),
        cmocka_unit_test(test_channel_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
