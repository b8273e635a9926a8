/* ALPN, NPN, application settings, QUIC transport parameters. */
#include "support/cmocka_all.h"
#include "support/ext_case.h"
#include "support/tls_subset.h"

enum { ALPN = 0x0010, NPN = 0x3374, ALPS_OLD = 0x4469, ALPS = 0x44CD, QUIC = 0x0039, QUIC_DRAFT = 0xFFA5 };

static void test_alpn(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, ALPN, "000f 02 3a3a 02 6832 08 687474702f312e31");
    assert_true(c.ext.has_alpn);
    struct fault fault;
    struct cursor list;
    struct bytes protocol;
    cursor_init_whole(&list, c.ext.alpn, &fault);
    assert_true(alpn_next(&list, &protocol));
    assert_bytes_hex(protocol, "3a3a");
    assert_true(alpn_next(&list, &protocol));
    assert_bytes_text(protocol, "h2");
    assert_true(alpn_next(&list, &protocol));
    assert_bytes_text(protocol, "http/1.1");
    assert_false(alpn_next(&list, &protocol));
    assert_int_equal(protocol.len, 0);
    ext_case_cleanup(&c);

    c = ext_good(EXT_ENCRYPTED_EXTENSIONS, ALPN, "0003 02 6832");
    assert_bytes_hex(c.ext.alpn, "026832");
    ext_case_cleanup(&c);
    assert_ext_bad(EXT_CLIENT_HELLO, ALPN, "0000", "ProtocolName");
    assert_ext_bad(EXT_CLIENT_HELLO, ALPN, "0001 00", "ProtocolName");
    assert_ext_bad(EXT_CLIENT_HELLO, ALPN, "0003 03 6832", "ProtocolName");
}

static void test_npn(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, NPN, "");
    assert_true(c.ext.has_npn);
    ext_case_cleanup(&c);
    c = ext_good(EXT_SERVER_HELLO, NPN, "02 6832 06 737064792f33");
    assert_bytes_hex(c.ext.npn, "026832 06737064792f33");
    ext_case_cleanup(&c);
    assert_ext_bad(EXT_SERVER_HELLO, NPN, "02 68", "ProtocolName");
}

static void test_application_settings(void **state)
{
    (void)state;
    static const uint16_t types[] = {ALPS_OLD, ALPS};
    for (size_t i = 0; i < 2; i++) {
        struct ext_case c = ext_good(EXT_CLIENT_HELLO, types[i], "0003 02 6832");
        assert_true(c.ext.has_application_settings);
        assert_bytes_hex(c.ext.application_settings, "026832");
        ext_case_cleanup(&c);
        assert_ext_good_open(EXT_ENCRYPTED_EXTENSIONS, types[i], "0001020304");
        assert_ext_bad(EXT_CLIENT_HELLO, types[i], "0004 02 6832", "ProtocolName");
    }
}

static void test_quic_transport_parameters(void **state)
{
    (void)state;
    /* max_idle_timeout 30000, a parameter with a four-byte id, an empty initial_source_connection_id. */
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, QUIC, "01 04 80007530 80007127 02 aabb 0f 00");
    assert_true(c.ext.has_quic_transport_parameters);
    assert_int_equal(c.ext.quic_transport_parameters.len, 15);
    ext_case_cleanup(&c);
    assert_ext_good_open(EXT_ENCRYPTED_EXTENSIONS, QUIC, "");
    assert_ext_bad(EXT_CLIENT_HELLO, QUIC, "01 05 80007530", "Transport Parameter Length");
    assert_ext_bad(EXT_CLIENT_HELLO, QUIC, "01 ffffffffffffffff 00", "Transport Parameter Length");
    assert_ext_bad(EXT_CLIENT_HELLO, QUIC, "c0", "Transport Parameter ID");

    c = ext_good_open(EXT_CLIENT_HELLO, QUIC_DRAFT, "ff00001d 0006 0001 0002 aabb");
    assert_true(c.ext.has_quic_transport_parameters);
    assert_int_equal(c.ext.quic_transport_parameters.len, 12);
    ext_case_cleanup(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alpn),
        cmocka_unit_test(test_npn),
        cmocka_unit_test(test_application_settings),
        cmocka_unit_test(test_quic_transport_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
