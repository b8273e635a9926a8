/* Extensions that shape records. */
#include "support/cmocka_all.h"
#include "support/ext_case.h"
#include "support/tls_subset.h"

enum {
    MAX_FRAGMENT_LENGTH = 0x0001,
    TRUNCATED_HMAC = 0x0004,
    HEARTBEAT = 0x000F,
    PADDING = 0x0015,
    ENCRYPT_THEN_MAC = 0x0016,
    RECORD_SIZE_LIMIT = 0x001C,
    RRC = 0x003D,
    CONNECTION_ID_OLD = 0x0035,
    CONNECTION_ID = 0x0036,
    PADDING_DRAFT = 0x8B47,
};

static void test_sizes(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, MAX_FRAGMENT_LENGTH, "04");
    assert_true(c.ext.has_max_fragment_length);
    assert_int_equal(c.ext.max_fragment_length, 4);
    ext_case_cleanup(&c);
    assert_ext_bad(EXT_CLIENT_HELLO, MAX_FRAGMENT_LENGTH, "05", "MaxFragmentLength");
    assert_ext_bad(EXT_CLIENT_HELLO, MAX_FRAGMENT_LENGTH, "00", "MaxFragmentLength");
    assert_ext_bad(EXT_CLIENT_HELLO, MAX_FRAGMENT_LENGTH, "", "MaxFragmentLength");

    c = ext_good(EXT_ENCRYPTED_EXTENSIONS, RECORD_SIZE_LIMIT, "4001");
    assert_true(c.ext.has_record_size_limit);
    assert_int_equal(c.ext.record_size_limit, 16385);
    ext_case_cleanup(&c);
    assert_ext_good(EXT_CLIENT_HELLO, RECORD_SIZE_LIMIT, "0040");
    assert_ext_bad(EXT_CLIENT_HELLO, RECORD_SIZE_LIMIT, "003f", "RecordSizeLimit");
}

static void test_flags(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_SERVER_HELLO, TRUNCATED_HMAC, "");
    assert_true(c.ext.has_truncated_hmac);
    ext_case_cleanup(&c);
    c = ext_good(EXT_CLIENT_HELLO, RRC, "");
    assert_true(c.ext.has_rrc);
    ext_case_cleanup(&c);
    c = ext_good(EXT_SERVER_HELLO, ENCRYPT_THEN_MAC, "");
    assert_true(c.ext.has_encrypt_then_mac);
    ext_case_cleanup(&c);
}

static void test_padding(void **state)
{
    (void)state;
    static const uint16_t types[] = {PADDING, PADDING_DRAFT};
    for (size_t i = 0; i < 2; i++) {
        struct ext_case c = ext_good_open(EXT_CLIENT_HELLO, types[i], "00000000000000");
        assert_true(c.ext.has_padding);
        assert_int_equal(c.ext.padding_len, 7);
        ext_case_cleanup(&c);
        assert_ext_good_open(EXT_CLIENT_HELLO, types[i], "");
    }
}

static void test_heartbeat(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_SERVER_HELLO, HEARTBEAT, "01");
    assert_true(c.ext.has_heartbeat);
    assert_int_equal(c.ext.heartbeat_mode, 1);
    ext_case_cleanup(&c);
    assert_ext_good(EXT_CLIENT_HELLO, HEARTBEAT, "02");
    assert_ext_bad(EXT_CLIENT_HELLO, HEARTBEAT, "03", "HeartbeatMode");
}

static void test_connection_id(void **state)
{
    (void)state;
    static const uint16_t types[] = {CONNECTION_ID_OLD, CONNECTION_ID};
    for (size_t i = 0; i < 2; i++) {
        struct ext_case c = ext_good(EXT_CLIENT_HELLO, types[i], "03 a1a2a3");
        assert_true(c.ext.has_connection_id);
        assert_bytes_hex(c.ext.connection_id, "a1a2a3");
        ext_case_cleanup(&c);
        assert_ext_good(EXT_SERVER_HELLO, types[i], "00");
        assert_ext_bad(EXT_SERVER_HELLO, types[i], "02 a1", "cid");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),     cmocka_unit_test(test_flags),         cmocka_unit_test(test_padding),
        cmocka_unit_test(test_heartbeat), cmocka_unit_test(test_connection_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
