/* Sessions and their binding. */
#include "support/cmocka_all.h"
#include "support/ext_case.h"
#include "support/tls_subset.h"

enum {
    TOKEN_BINDING = 0x0018,
    CACHED_INFO = 0x0019,
    TICKET_PINNING = 0x0020,
    SESSION_TICKET = 0x0023,
    TICKET_REQUEST = 0x003A,
    TLS_FLAGS = 0x003E,
    RENEGOTIATION_INFO = 0xFF01,
};

static void test_session_ticket(void **state)
{
    (void)state;
    struct ext_case c = ext_good_open(EXT_CLIENT_HELLO, SESSION_TICKET, "a1a2a3a4a5");
    assert_true(c.ext.has_session_ticket);
    assert_bytes_hex(c.ext.session_ticket, "a1a2a3a4a5");
    ext_case_cleanup(&c);
    c = ext_good_open(EXT_CLIENT_HELLO, SESSION_TICKET, "");
    assert_true(c.ext.has_session_ticket);
    assert_int_equal(c.ext.session_ticket.len, 0);
    ext_case_cleanup(&c);
}

static void test_renegotiation_info(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, RENEGOTIATION_INFO, "00");
    assert_true(c.ext.has_renegotiation_info);
    assert_int_equal(c.ext.renegotiated_connection.len, 0);
    ext_case_cleanup(&c);
    c = ext_good(EXT_CLIENT_HELLO, RENEGOTIATION_INFO, "0c 000102030405060708090a0b");
    assert_int_equal(c.ext.renegotiated_connection.len, 12);
    ext_case_cleanup(&c);
    assert_ext_bad(EXT_CLIENT_HELLO, RENEGOTIATION_INFO, "", "renegotiated_connection");
}

static void test_tickets_asked_for(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, TICKET_REQUEST, "0201");
    assert_true(c.ext.has_ticket_request);
    assert_int_equal(c.ext.ticket_request_new, 2);
    assert_int_equal(c.ext.ticket_request_resumption, 1);
    ext_case_cleanup(&c);
    c = ext_good(EXT_ENCRYPTED_EXTENSIONS, TICKET_REQUEST, "03");
    assert_int_equal(c.ext.ticket_request_new, 3);
    ext_case_cleanup(&c);
}

static void test_binding(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, TOKEN_BINDING, "0100 02 0200");
    assert_true(c.ext.has_token_binding);
    assert_int_equal(c.ext.token_binding_version, 0x0100);
    assert_bytes_hex(c.ext.token_binding_parameters, "0200");
    ext_case_cleanup(&c);
    assert_ext_bad(EXT_CLIENT_HELLO, TOKEN_BINDING, "0100 00", "TokenBindingKeyParameters");

    c = ext_good_open(EXT_CLIENT_HELLO, TICKET_PINNING, "a1a2a3");
    assert_true(c.ext.has_ticket_pinning);
    ext_case_cleanup(&c);
    assert_ext_good(EXT_ENCRYPTED_EXTENSIONS, TICKET_PINNING, "02 a1a2 0003 b1b2b3 00000e10");
}

static void test_cached_info(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, CACHED_INFO, "0005 01 03 a1a2a3");
    assert_true(c.ext.has_cached_info);
    ext_case_cleanup(&c);
    assert_ext_good(EXT_SERVER_HELLO, CACHED_INFO, "0002 01 02");
    assert_ext_bad(EXT_CLIENT_HELLO, CACHED_INFO, "0000", "cached_info");
    assert_ext_bad(EXT_CLIENT_HELLO, CACHED_INFO, "0002 01 00", "hash_value");
}

static void test_flags(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, TLS_FLAGS, "02 0081");
    assert_true(c.ext.has_tls_flags);
    assert_bytes_hex(c.ext.tls_flags, "0081");
    ext_case_cleanup(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_session_ticket),    cmocka_unit_test(test_renegotiation_info),
        cmocka_unit_test(test_tickets_asked_for), cmocka_unit_test(test_binding),
        cmocka_unit_test(test_cached_info),       cmocka_unit_test(test_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
