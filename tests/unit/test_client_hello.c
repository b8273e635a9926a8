/* ClientHello: real ones field by field, the prefix law, and bodies that break the rules. */
#include "dissect/handshake.h"
#include "support/cmocka_all.h"
#include "support/mutate.h"
#include "support/tls_messages.h"
#include "support/tls_subset.h"

#include <stdlib.h>

static void assert_part(const struct client_hello *part, const struct client_hello *whole)
{
    assert_number_part(part->legacy_version, whole->legacy_version, "legacy_version");
    assert_bytes_prefix(part->random, whole->random, "random");
    assert_bytes_prefix(part->session_id, whole->session_id, "session_id");
    assert_bytes_prefix(part->dtls_cookie, whole->dtls_cookie, "cookie");
    assert_list_prefix(part->cipher_suites, whole->cipher_suites, "cipher_suites");
    assert_bytes_prefix(part->compression_methods, whole->compression_methods, "compression_methods");
    assert_extensions_part(&part->ext, &whole->ext);
}

/* arg: the whole message's content, or NULL where damage may give anything. */
static void parse(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    struct cursor c;
    struct client_hello hello;
    cursor_init(&c, b, declared, 0, fault);
    client_hello_parse(&c, &hello);
    if (arg)
        assert_part(&hello, arg);
}

static void parse_dtls(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    struct cursor c;
    struct client_hello hello;
    cursor_init(&c, b, declared, 0, fault);
    client_hello_dtls_parse(&c, &hello);
    if (arg)
        assert_part(&hello, arg);
}

static struct fault parse_hex(const char *hex, struct bytes *b, struct client_hello *hello)
{
    struct fault fault;
    struct cursor c;
    *b = bytes_from_hex(hex);
    cursor_init_whole(&c, *b, &fault);
    client_hello_parse(&c, hello);
    return fault;
}

static void test_openssl(void **state)
{
    (void)state;
    struct bytes b;
    struct client_hello h;
    assert_int_equal(parse_hex(HELLO_OPENSSL, &b, &h).kind, FAULT_NONE);
    assert_int_equal(h.legacy_version, VERSION_TLS12);
    assert_false(h.is_v2);
    assert_int_equal(h.random.len, 32);
    assert_ptr_equal(h.random.at, b.at + 2);
    assert_int_equal(h.session_id.len, 32);
    assert_int_equal(h.cipher_suites.num, 31);
    assert_int_equal(u16_list_at(h.cipher_suites, 0), 0x1302);
    assert_int_equal(u16_list_at(h.cipher_suites, 30), 0x00FF);
    assert_bytes_hex(h.compression_methods, "00");

    const struct extensions *e = &h.ext;
    assert_true(e->has_block);
    assert_false(e->has_bad);
    assert_false(e->has_duplicate);
    assert_int_equal(e->num, 11);
    assert_true(e->has_server_name);
    assert_bytes_text(e->server_name, "example.com");
    assert_bytes_hex(e->ec_point_formats, "000102");
    assert_int_equal(e->supported_groups.num, 10);
    assert_int_equal(u16_list_at(e->supported_groups, 0), 0x001D);
    assert_true(e->has_session_ticket);
    assert_int_equal(e->session_ticket.len, 0);
    assert_bytes_hex(e->alpn, "026832 08687474702f312e31");
    assert_true(e->has_encrypt_then_mac);
    assert_true(e->has_extended_master_secret);
    assert_int_equal(e->signature_algorithms.num, 20);
    assert_int_equal(u16_list_at(e->signature_algorithms, 0), 0x0403);
    assert_int_equal(e->supported_versions.num, 4);
    assert_int_equal(u16_list_at(e->supported_versions, 0), VERSION_TLS13);
    assert_bytes_hex(e->psk_key_exchange_modes, "01");
    assert_true(e->has_key_share);
    assert_false(e->is_key_share_draft);
    assert_int_equal(e->key_shares.len, 36);
    assert_false(e->has_pre_shared_key);
    assert_false(e->has_early_data);
    free((void *)(uintptr_t)b.at);
}

static void test_psk_and_early_data(void **state)
{
    (void)state;
    struct bytes b;
    struct client_hello h;
    assert_int_equal(parse_hex(HELLO_PSK, &b, &h).kind, FAULT_NONE);
    assert_true(h.ext.has_pre_shared_key);
    assert_true(h.ext.is_psk_last);
    assert_int_equal(h.ext.num_psk_identities, 1);
    assert_int_equal(h.ext.num_psk_binders, 1);
    assert_int_equal(h.ext.psk_binders.len, 1 + 48);
    assert_true(h.ext.has_early_data);
    assert_false(h.ext.has_bad);
    free((void *)(uintptr_t)b.at);
}

static void test_old_hello(void **state)
{
    (void)state;
    struct bytes b;
    struct client_hello h;
    assert_int_equal(parse_hex(HELLO_TLS10, &b, &h).kind, FAULT_NONE);
    assert_int_equal(h.legacy_version, VERSION_TLS10);
    assert_int_equal(h.cipher_suites.num, 2);
    assert_int_equal(u16_list_at(h.cipher_suites, 0), 0x0033);
    assert_int_equal(h.session_id.len, 0);
    assert_false(h.ext.has_supported_groups);
    assert_true(h.ext.has_session_ticket);
    free((void *)(uintptr_t)b.at);
}

/* No extension block at all: SSL 3.0 and early TLS 1.0 clients. */
#define NO_BLOCK                                                                                                       \
    "0300 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 04 a1a2a3a4 0004 0005000a 02 0100"

static void test_no_extensions(void **state)
{
    (void)state;
    struct bytes b;
    struct client_hello h;
    assert_int_equal(parse_hex(NO_BLOCK, &b, &h).kind, FAULT_NONE);
    assert_int_equal(h.legacy_version, VERSION_SSL3);
    assert_bytes_hex(h.session_id, "a1a2a3a4");
    assert_int_equal(h.cipher_suites.num, 2);
    assert_bytes_hex(h.compression_methods, "0100");
    assert_false(h.ext.has_block);
    assert_int_equal(h.ext.num, 0);
    free((void *)(uintptr_t)b.at);

    /* A block of length 0 is a block. */
    assert_int_equal(parse_hex(NO_BLOCK "0000", &b, &h).kind, FAULT_NONE);
    assert_true(h.ext.has_block);
    assert_int_equal(h.ext.num, 0);
    free((void *)(uintptr_t)b.at);
}

static void test_malformed(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *field;
    } cases[] = {
        {NO_BLOCK "00", "extensions"},
        {NO_BLOCK "deadbeef", "extensions"},
        {NO_BLOCK "0000ff", "ClientHello"},
        {NO_BLOCK "0003 000000", "extension_data"},
        {"0303 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 00 0000 0100", "cipher_suites"},
        {"0303 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 00 0003 000500 0100", "cipher_suites"},
        {"0303 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 00 0002 0005 00",
         "compression_methods"},
        {"0303 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 21"
         "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20 0002 0005 0100",
         "session_id"},
        {"0303 0001", "random"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes b;
        struct client_hello h;
        struct fault f = parse_hex(cases[i].hex, &b, &h);
        assert_int_equal(f.kind, FAULT_MALFORMED);
        assert_string_equal(f.field, cases[i].field);
        free((void *)(uintptr_t)b.at);
    }
}

/* What comes before and after an empty cipher_suites is still told. */
static void test_empty_list_keeps_the_rest(void **state)
{
    (void)state;
    struct bytes b;
    struct client_hello h;
    struct fault f = parse_hex("0303 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 00 0000 0100"
                               "0009 0000 0005 0003 00 0000",
                               &b, &h);
    assert_int_equal(f.kind, FAULT_MALFORMED);
    assert_int_equal(h.legacy_version, VERSION_TLS12);
    assert_true(h.ext.has_server_name);
    assert_true(h.ext.has_bad);
    free((void *)(uintptr_t)b.at);
}

static void test_laws(void **state)
{
    (void)state;
    static const char *const messages[] = {
        HELLO_OPENSSL, HELLO_CURL, HELLO_NODE, HELLO_JAVA, HELLO_GNUTLS, HELLO_TLS10, HELLO_PSK, HELLO_AGAIN, NO_BLOCK,
    };
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        struct bytes b;
        struct client_hello whole;
        assert_int_equal(parse_hex(messages[i], &b, &whole).kind, FAULT_NONE);
        mutate_prefixes(b, parse, &whole);
        mutate_bits(b, parse, NULL);
        mutate_trailing(b, parse, NULL);
        free((void *)(uintptr_t)b.at);
    }
}

static void test_dtls(void **state)
{
    (void)state;
    struct bytes b = bytes_from_hex("fefd 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 00"
                                    "08 c0c1c2c3c4c5c6c7 0004 c02b00ff 01 00 0004 00170000");
    struct fault f;
    struct cursor c;
    struct client_hello h;
    cursor_init_whole(&c, b, &f);
    client_hello_dtls_parse(&c, &h);
    assert_int_equal(f.kind, FAULT_NONE);
    assert_int_equal(h.legacy_version, VERSION_DTLS12);
    assert_bytes_hex(h.dtls_cookie, "c0c1c2c3c4c5c6c7");
    assert_int_equal(u16_list_at(h.cipher_suites, 0), 0xC02B);
    assert_true(h.ext.has_extended_master_secret);
    mutate_prefixes(b, parse_dtls, &h);
    mutate_bits(b, parse_dtls, NULL);
    mutate_trailing(b, parse_dtls, NULL);
    free((void *)(uintptr_t)b.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_openssl),   cmocka_unit_test(test_psk_and_early_data),
        cmocka_unit_test(test_old_hello), cmocka_unit_test(test_no_extensions),
        cmocka_unit_test(test_malformed), cmocka_unit_test(test_empty_list_keeps_the_rest),
        cmocka_unit_test(test_laws),      cmocka_unit_test(test_dtls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
