/* supported_versions and cookie. */
#include "support/cmocka_all.h"
#include "support/ext_case.h"
#include "support/tls_subset.h"

enum { SUPPORTED_VERSIONS = 0x002B, COOKIE = 0x002C };

static void test_versions(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, SUPPORTED_VERSIONS, "06 4a4a 0304 0303");
    assert_true(c.ext.has_supported_versions);
    assert_int_equal(c.ext.supported_versions.num, 3);
    assert_int_equal(u16_list_at(c.ext.supported_versions, 1), 0x0304);
    assert_int_equal(c.ext.selected_version, 0);
    ext_case_cleanup(&c);
    static const enum ext_context contexts[] = {EXT_SERVER_HELLO, EXT_HELLO_RETRY_REQUEST};
    for (size_t i = 0; i < 2; i++) {
        c = ext_good(contexts[i], SUPPORTED_VERSIONS, "0304");
        assert_int_equal(c.ext.selected_version, 0x0304);
        assert_int_equal(c.ext.supported_versions.num, 0);
        ext_case_cleanup(&c);
    }
    assert_ext_bad(EXT_CLIENT_HELLO, SUPPORTED_VERSIONS, "00", "versions");
    assert_ext_bad(EXT_CLIENT_HELLO, SUPPORTED_VERSIONS, "03 030403", "versions");
    assert_ext_bad(EXT_SERVER_HELLO, SUPPORTED_VERSIONS, "02 0304", "extension_data");
}

static void test_cookie(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_HELLO_RETRY_REQUEST, COOKIE, "0003 a1a2a3");
    assert_true(c.ext.has_cookie);
    assert_bytes_hex(c.ext.cookie, "a1a2a3");
    ext_case_cleanup(&c);
    assert_ext_bad(EXT_CLIENT_HELLO, COOKIE, "0000", "cookie");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_cookie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
