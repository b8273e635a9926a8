/* SSLv2 records and messages. */
#include "dissect/ssl2.h"
#include "support/cmocka_all.h"
#include "support/mutate.h"
#include "support/tls_subset.h"

#include <stdlib.h>

static void test_record_header(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        struct ssl2_record_header want;
    } cases[] = {
        {"802e01", {0x2E, 0, 2, false}},   {"ffff01", {0x7FFF, 0, 2, false}}, {"002e07", {0x2E, 7, 3, false}},
        {"3fff00", {0x3FFF, 0, 3, false}}, {"412e07", {0x12E, 7, 3, true}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes b = bytes_from_hex(cases[i].hex);
        struct fault fault;
        struct cursor c;
        struct ssl2_record_header h;
        cursor_init_whole(&c, b, &fault);
        ssl2_record_header_parse(&c, &h);
        assert_int_equal(fault.kind, FAULT_NONE);
        assert_int_equal(h.length, cases[i].want.length);
        assert_int_equal(h.padding, cases[i].want.padding);
        assert_int_equal(h.header_len, cases[i].want.header_len);
        assert_int_equal(h.is_escape, cases[i].want.is_escape);
        assert_int_equal(c.offset, h.header_len);
        cursor_init(&c, bytes_slice(b, 0, 1), 3, 0, &fault);
        ssl2_record_header_parse(&c, &h);
        assert_int_equal(fault.kind, FAULT_SHORT);
        free((void *)(uintptr_t)b.at);
    }
}

static void client_hello(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    const struct client_hello *whole = arg;
    struct cursor c;
    struct client_hello h;
    cursor_init(&c, b, declared, 0, fault);
    ssl2_client_hello_parse(&c, &h);
    assert_true(h.is_v2);
    assert_int_equal(h.cipher_specs.len % 3, 0);
    if (!whole)
        return;
    assert_number_part(h.legacy_version, whole->legacy_version, "version");
    assert_bytes_prefix(h.cipher_specs, whole->cipher_specs, "cipher_specs");
    assert_bytes_prefix(h.session_id, whole->session_id, "session_id");
    assert_bytes_prefix(h.random, whole->random, "challenge");
}

static void test_client_hello(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        uint16_t version;
        const char *specs, *session_id;
        size_t challenge_len;
    } cases[] = {
        {"0002 0006 0000 0010 0700c0 0100 80 000102030405060708090a0b0c0d0e0f", 0x0002, "0700c0 010080", "", 16},
        {"0301 0006 0002 0010 00002f 0000ff b1b2 000102030405060708090a0b0c0d0e0f", 0x0301, "00002f 0000ff", "b1b2",
         16},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes b = bytes_from_hex(cases[i].hex);
        struct fault fault;
        struct cursor c;
        struct client_hello h;
        cursor_init_whole(&c, b, &fault);
        ssl2_client_hello_parse(&c, &h);
        assert_int_equal(fault.kind, FAULT_NONE);
        assert_int_equal(h.legacy_version, cases[i].version);
        assert_bytes_hex(h.cipher_specs, cases[i].specs);
        assert_bytes_hex(h.session_id, cases[i].session_id);
        assert_int_equal(h.random.len, cases[i].challenge_len);
        assert_int_equal(h.cipher_suites.num, 0);
        assert_false(h.ext.has_block);
        mutate_prefixes(b, client_hello, &h);
        mutate_bits(b, client_hello, NULL);
        mutate_trailing(b, client_hello, NULL);
        free((void *)(uintptr_t)b.at);
    }
}

static void test_malformed_client_hello(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *field;
    } cases[] = {
        {"0002 0000 0000 0002 a1a2", "cipher_specs_length"}, {"0002 0004 0000 0002 0700c007 a1a2", "cipher_specs"},
        {"0002 0006 0000 0002 0700c0", "cipher_specs"},      {"0002 0003 0003 0002 0700c0 a1", "session_id"},
        {"0002 0003 0000 0003 0700c0 a1a2", "challenge"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes b = bytes_from_hex(cases[i].hex);
        struct fault fault;
        struct cursor c;
        struct client_hello h;
        cursor_init_whole(&c, b, &fault);
        ssl2_client_hello_parse(&c, &h);
        assert_int_equal(fault.kind, FAULT_MALFORMED);
        assert_string_equal(fault.field, cases[i].field);
        free((void *)(uintptr_t)b.at);
    }
}

static void server_hello(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    const struct ssl2_server_hello *whole = arg;
    struct cursor c;
    struct ssl2_server_hello h;
    cursor_init(&c, b, declared, 0, fault);
    ssl2_server_hello_parse(&c, &h);
    if (!whole)
        return;
    assert_number_part(h.session_id_hit, whole->session_id_hit, "session_id_hit");
    assert_number_part(h.certificate_type, whole->certificate_type, "certificate_type");
    assert_number_part(h.version, whole->version, "version");
    assert_bytes_prefix(h.certificate, whole->certificate, "certificate");
    assert_bytes_prefix(h.cipher_specs, whole->cipher_specs, "cipher_specs");
    assert_bytes_prefix(h.connection_id, whole->connection_id, "connection_id");
}

static void test_server_hello(void **state)
{
    (void)state;
    struct bytes b =
        bytes_from_hex("00 01 0002 0004 0006 0010 3002a1a2 0700c0 010080 000102030405060708090a0b0c0d0e0f");
    struct fault fault;
    struct cursor c;
    struct ssl2_server_hello h;
    cursor_init_whole(&c, b, &fault);
    ssl2_server_hello_parse(&c, &h);
    assert_int_equal(fault.kind, FAULT_NONE);
    assert_false(h.session_id_hit);
    assert_int_equal(h.certificate_type, 1);
    assert_int_equal(h.version, VERSION_SSL2);
    assert_bytes_hex(h.certificate, "3002a1a2");
    assert_bytes_hex(h.cipher_specs, "0700c0010080");
    assert_int_equal(h.connection_id.len, 16);
    mutate_prefixes(b, server_hello, &h);
    mutate_bits(b, server_hello, NULL);
    mutate_trailing(b, server_hello, NULL);
    free((void *)(uintptr_t)b.at);

    b = bytes_from_hex("01 00 0002 0000 0000 0002 a1a2");
    cursor_init_whole(&c, b, &fault);
    ssl2_server_hello_parse(&c, &h);
    assert_int_equal(fault.kind, FAULT_NONE);
    assert_true(h.session_id_hit);
    assert_int_equal(h.certificate.len, 0);
    assert_int_equal(h.cipher_specs.len, 0);
    free((void *)(uintptr_t)b.at);
}

static void master_key(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    const struct ssl2_client_master_key *whole = arg;
    struct cursor c;
    struct ssl2_client_master_key k;
    cursor_init(&c, b, declared, 0, fault);
    ssl2_client_master_key_parse(&c, &k);
    if (whole)
        assert_number_part(k.cipher_kind, whole->cipher_kind, "cipher_kind");
}

static void test_client_master_key(void **state)
{
    (void)state;
    struct bytes b = bytes_from_hex("0700c0 0001 0004 0008 a1 b1b2b3b4 0001020304050607");
    struct fault fault;
    struct cursor c;
    struct ssl2_client_master_key k;
    cursor_init_whole(&c, b, &fault);
    ssl2_client_master_key_parse(&c, &k);
    assert_int_equal(fault.kind, FAULT_NONE);
    assert_int_equal(k.cipher_kind, 0x0700C0);
    mutate_prefixes(b, master_key, &k);
    mutate_bits(b, master_key, NULL);
    mutate_trailing(b, master_key, NULL);
    free((void *)(uintptr_t)b.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record_header),          cmocka_unit_test(test_client_hello),
        cmocka_unit_test(test_malformed_client_hello), cmocka_unit_test(test_server_hello),
        cmocka_unit_test(test_client_master_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
