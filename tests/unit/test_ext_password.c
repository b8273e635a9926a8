/* TLS-PWD's extensions. */
#include "support/cmocka_all.h"
#include "support/ext_case.h"
#include "support/tls_subset.h"

enum { PWD_PROTECT = 0x001D, PWD_CLEAR = 0x001E, PASSWORD_SALT = 0x001F };

static void test_names(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, PWD_PROTECT, "04 a1a2a3a4");
    assert_true(c.ext.has_pwd_protect);
    assert_false(c.ext.has_pwd_clear);
    assert_bytes_hex(c.ext.pwd_protect, "a1a2a3a4");
    ext_case_cleanup(&c);
    c = ext_good(EXT_CLIENT_HELLO, PWD_CLEAR, "04 66726564");
    assert_true(c.ext.has_pwd_clear);
    assert_false(c.ext.has_pwd_protect);
    assert_bytes_text(c.ext.pwd_clear, "fred");
    ext_case_cleanup(&c);
    assert_ext_bad(EXT_CLIENT_HELLO, PWD_PROTECT, "00", "pwd_protect");
    assert_ext_bad(EXT_CLIENT_HELLO, PWD_CLEAR, "", "pwd_clear");
    assert_ext_bad(EXT_CLIENT_HELLO, PWD_CLEAR, "05 66726564", "pwd_clear");
}

static void test_salt(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_SERVER_HELLO, PASSWORD_SALT, "0008 96d1db3a9df4c2b5");
    assert_true(c.ext.has_password_salt);
    assert_bytes_hex(c.ext.password_salt, "96d1db3a9df4c2b5");
    ext_case_cleanup(&c);
    assert_ext_good(EXT_CLIENT_HELLO, PASSWORD_SALT, "0000");
    assert_ext_bad(EXT_SERVER_HELLO, PASSWORD_SALT, "0009 96d1db3a9df4c2b5", "salt");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_salt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
