/* server_name. */
#include "support/cmocka_all.h"
#include "support/ext_case.h"
#include "support/tls_subset.h"

enum { SERVER_NAME = 0x0000 };

static void test_offer(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, SERVER_NAME, "000e 00 000b 6578616d706c652e636f6d");
    assert_true(c.ext.has_server_name);
    assert_bytes_text(c.ext.server_name, "example.com");
    ext_case_cleanup(&c);
    /* A name of another type is skipped. */
    c = ext_good(EXT_CLIENT_HELLO, SERVER_NAME, "0009 07 0002 aabb 00 0001 61");
    assert_bytes_text(c.ext.server_name, "a");
    ext_case_cleanup(&c);
    /* Bytes that no name may hold are kept as they are. */
    c = ext_good(EXT_CLIENT_HELLO, SERVER_NAME, "0006 00 0003 1b5b00");
    assert_bytes_hex(c.ext.server_name, "1b5b00");
    ext_case_cleanup(&c);
}

static void test_acknowledgement(void **state)
{
    (void)state;
    static const enum ext_context contexts[] = {EXT_SERVER_HELLO, EXT_ENCRYPTED_EXTENSIONS};
    for (size_t i = 0; i < 2; i++) {
        struct ext_case c = ext_good(contexts[i], SERVER_NAME, "");
        assert_true(c.ext.has_server_name);
        assert_int_equal(c.ext.server_name.len, 0);
        ext_case_cleanup(&c);
    }
}

static void test_bad(void **state)
{
    (void)state;
    assert_ext_bad(EXT_CLIENT_HELLO, SERVER_NAME, "", "server_name_list");
    assert_ext_bad(EXT_CLIENT_HELLO, SERVER_NAME, "0000", "server_name_list");
    assert_ext_bad(EXT_CLIENT_HELLO, SERVER_NAME, "0003 00 0000", "HostName");
    assert_ext_bad(EXT_CLIENT_HELLO, SERVER_NAME, "0004 00 0002 61", "HostName");
    assert_ext_bad(EXT_CLIENT_HELLO, SERVER_NAME, "0005 00 0001 61", "server_name_list");
    struct ext_case c = ext_bad(EXT_CLIENT_HELLO, SERVER_NAME, "0008 00 0001 61 00 0001 62", "HostName");
    assert_bytes_text(c.ext.server_name, "a");
    ext_case_cleanup(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offer),
        cmocka_unit_test(test_acknowledgement),
        cmocka_unit_test(test_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
