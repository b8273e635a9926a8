/* Groups, point formats and key shares. */
#include "support/cmocka_all.h"
#include "support/ext_case.h"
#include "support/tls_subset.h"

enum { GROUPS = 0x000A, POINT_FORMATS = 0x000B, KEY_SHARE_DRAFT = 0x0028, KEY_SHARE = 0x0033 };

static void test_groups(void **state)
{
    (void)state;
    static const enum ext_context contexts[] = {EXT_CLIENT_HELLO, EXT_ENCRYPTED_EXTENSIONS, EXT_SERVER_HELLO};
    for (size_t i = 0; i < 3; i++) {
        struct ext_case c = ext_good(contexts[i], GROUPS, "0008 1a1a 11ec 001d 0017");
        assert_true(c.ext.has_supported_groups);
        assert_int_equal(c.ext.supported_groups.num, 4);
        assert_int_equal(u16_list_at(c.ext.supported_groups, 1), 0x11EC);
        ext_case_cleanup(&c);
    }
    assert_ext_bad(EXT_CLIENT_HELLO, GROUPS, "", "named_group_list");
    assert_ext_bad(EXT_CLIENT_HELLO, GROUPS, "0000", "named_group_list");
    assert_ext_bad(EXT_CLIENT_HELLO, GROUPS, "0003 001d00", "named_group_list");
    assert_ext_bad(EXT_CLIENT_HELLO, GROUPS, "0004 001d", "named_group_list");
}

static void test_point_formats(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_SERVER_HELLO, POINT_FORMATS, "03 000102");
    assert_true(c.ext.has_ec_point_formats);
    assert_bytes_hex(c.ext.ec_point_formats, "000102");
    ext_case_cleanup(&c);
    assert_ext_bad(EXT_CLIENT_HELLO, POINT_FORMATS, "00", "ec_point_format_list");
}

static void test_client_shares(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, KEY_SHARE, "000d 2a2a 0001 00 001d 0004 a1a2a3a4");
    assert_true(c.ext.has_key_share);
    assert_false(c.ext.is_key_share_draft);
    struct fault fault;
    struct cursor shares;
    uint16_t group;
    struct bytes key;
    cursor_init_whole(&shares, c.ext.key_shares, &fault);
    assert_true(key_share_next(&shares, &group, &key));
    assert_int_equal(group, 0x2A2A);
    assert_bytes_hex(key, "00");
    assert_true(key_share_next(&shares, &group, &key));
    assert_int_equal(group, 0x001D);
    assert_bytes_hex(key, "a1a2a3a4");
    assert_false(key_share_next(&shares, &group, &key));
    assert_int_equal(fault.kind, FAULT_NONE);
    ext_case_cleanup(&c);

    /* Empty: the client asks for a HelloRetryRequest. */
    c = ext_good(EXT_CLIENT_HELLO, KEY_SHARE, "0000");
    assert_true(c.ext.has_key_share);
    assert_int_equal(c.ext.key_shares.len, 0);
    ext_case_cleanup(&c);

    assert_ext_bad(EXT_CLIENT_HELLO, KEY_SHARE, "0004 001d 0000", "KeyShareEntry.key_exchange");
    assert_ext_bad(EXT_CLIENT_HELLO, KEY_SHARE, "0005 001d 0002 aa", "KeyShareEntry.key_exchange");
    assert_ext_bad(EXT_CLIENT_HELLO, KEY_SHARE, "0001 00", "KeyShareEntry.group");
}

static void test_server_share(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_SERVER_HELLO, KEY_SHARE, "001d 0004 a1a2a3a4");
    assert_int_equal(c.ext.key_share_group, 0x001D);
    assert_bytes_hex(c.ext.key_exchange, "a1a2a3a4");
    ext_case_cleanup(&c);
    c = ext_good(EXT_HELLO_RETRY_REQUEST, KEY_SHARE, "0018");
    assert_int_equal(c.ext.key_share_group, 0x0018);
    assert_int_equal(c.ext.key_exchange.len, 0);
    ext_case_cleanup(&c);
    assert_ext_bad(EXT_SERVER_HELLO, KEY_SHARE, "0018", "KeyShareEntry.key_exchange");
}

static void test_draft_number(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_SERVER_HELLO, KEY_SHARE_DRAFT, "001d 0002 a1a2");
    assert_true(c.ext.has_key_share);
    assert_true(c.ext.is_key_share_draft);
    assert_int_equal(c.ext.key_share_group, 0x001D);
    ext_case_cleanup(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_groups),       cmocka_unit_test(test_point_formats), cmocka_unit_test(test_client_shares),
        cmocka_unit_test(test_server_share), cmocka_unit_test(test_draft_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
