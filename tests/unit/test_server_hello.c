/* ServerHello and HelloRetryRequest: every layout, the chosen version, the downgrade sentinel, the prefix law. */
#include "dissect/handshake.h"
#include "support/cmocka_all.h"
#include "support/mutate.h"
#include "support/tls_messages.h"
#include "support/tls_subset.h"

#include <stdlib.h>

typedef void hello_parser(struct cursor *body, struct server_hello *out);

struct law {
    hello_parser *parse;
    const struct server_hello *whole; /* NULL where damage may give anything */
};

static void parse(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    const struct law *law = arg;
    struct cursor c;
    struct server_hello part;
    cursor_init(&c, b, declared, 0, fault);
    law->parse(&c, &part);
    if (!law->whole)
        return;
    assert_number_part(part.legacy_version, law->whole->legacy_version, "legacy_version");
    assert_number_part(part.version, law->whole->version, "version");
    assert_bytes_prefix(part.random, law->whole->random, "random");
    assert_bytes_prefix(part.session_id, law->whole->session_id, "session_id");
    assert_number_part(part.cipher_suite, law->whole->cipher_suite, "cipher_suite");
    assert_number_part(part.compression_method, law->whole->compression_method, "compression_method");
    assert_number_part(part.is_draft_layout, law->whole->is_draft_layout, "is_draft_layout");
    assert_number_part(part.is_hello_retry_request, law->whole->is_hello_retry_request, "is_hello_retry_request");
    assert_extensions_part(&part.ext, &law->whole->ext);
}

/* Parses, holds the laws, and leaves the message's bytes to the caller. */
static struct bytes check(hello_parser *parser, const char *hex, struct server_hello *h)
{
    struct bytes b = bytes_from_hex(hex);
    struct fault fault;
    struct cursor c;
    cursor_init_whole(&c, b, &fault);
    parser(&c, h);
    assert_int_equal(fault.kind, FAULT_NONE);
    assert_false(h->ext.has_bad);
    mutate_prefixes(b, parse, &(struct law){parser, h});
    mutate_bits(b, parse, &(struct law){parser, NULL});
    mutate_trailing(b, parse, &(struct law){parser, NULL});
    return b;
}

#define RANDOM "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static void test_tls13(void **state)
{
    (void)state;
    struct server_hello h;
    struct bytes b = check(server_hello_parse, SERVER_HELLO_TLS13, &h);
    assert_int_equal(h.legacy_version, VERSION_TLS12);
    assert_int_equal(h.version, VERSION_TLS13);
    assert_int_equal(h.cipher_suite, 0x1302);
    assert_int_equal(h.session_id.len, 32);
    assert_false(h.is_hello_retry_request);
    assert_false(h.is_draft_layout);
    assert_int_equal(h.ext.key_share_group, 0x0017);
    assert_int_equal(h.ext.key_exchange.len, 65);
    free((void *)(uintptr_t)b.at);

    b = check(server_hello_parse, SERVER_HELLO_PSK, &h);
    assert_true(h.ext.has_pre_shared_key);
    assert_int_equal(h.ext.psk_selected, 0);
    assert_int_equal(h.ext.key_share_group, 0x001D);
    free((void *)(uintptr_t)b.at);
}

static void test_retry(void **state)
{
    (void)state;
    struct server_hello h;
    struct bytes b = check(server_hello_parse, SERVER_HELLO_RETRY, &h);
    assert_true(h.is_hello_retry_request);
    assert_int_equal(h.version, VERSION_TLS13);
    assert_int_equal(h.ext.key_share_group, 0x0018);
    assert_int_equal(h.ext.key_exchange.len, 0);
    free((void *)(uintptr_t)b.at);

    b = check(server_hello_parse, SERVER_HELLO_P384, &h);
    assert_false(h.is_hello_retry_request);
    assert_int_equal(h.ext.key_share_group, 0x0018);
    assert_int_equal(h.ext.key_exchange.len, 97);
    free((void *)(uintptr_t)b.at);
}

static void test_tls12_and_older(void **state)
{
    (void)state;
    struct server_hello h;
    struct bytes b = check(server_hello_parse, SERVER_HELLO_TLS12, &h);
    assert_int_equal(h.version, VERSION_TLS12);
    assert_int_equal(h.cipher_suite, 0xC02C);
    assert_int_equal(h.session_id.len, 0);
    assert_true(h.ext.has_renegotiation_info);
    assert_int_equal(h.ext.renegotiated_connection.len, 0);
    assert_true(h.ext.has_extended_master_secret);
    assert_true(h.ext.has_session_ticket);
    free((void *)(uintptr_t)b.at);

    b = check(server_hello_parse, SERVER_HELLO_TLS10, &h);
    assert_int_equal(h.version, VERSION_TLS10);
    assert_int_equal(h.cipher_suite, 0x0033);
    free((void *)(uintptr_t)b.at);

    /* No extension block at all. */
    b = check(server_hello_parse, "0300" RANDOM "04 a1a2a3a4 000a 01", &h);
    assert_int_equal(h.version, VERSION_SSL3);
    assert_bytes_hex(h.session_id, "a1a2a3a4");
    assert_int_equal(h.compression_method, 1);
    assert_false(h.ext.has_block);
    free((void *)(uintptr_t)b.at);
}

/* Drafts up to 21: the version in its own field, no session_id, no compression_method. */
static void test_drafts(void **state)
{
    (void)state;
    struct server_hello h;
    struct bytes b = check(server_hello_parse, "7f12" RANDOM "1301 000c 0028 0008 001d 0004 aabbccdd", &h);
    assert_true(h.is_draft_layout);
    assert_int_equal(h.version, 0x7F12);
    assert_int_equal(h.cipher_suite, 0x1301);
    assert_true(h.ext.is_key_share_draft);
    assert_int_equal(h.ext.key_share_group, 0x001D);
    assert_bytes_hex(h.ext.key_exchange, "aabbccdd");
    free((void *)(uintptr_t)b.at);

    /* Draft 22 and Chrome's experiments say it in supported_versions. */
    b = check(server_hello_parse, "0303" RANDOM "00 1301 00 0006 002b 0002 7f17", &h);
    assert_false(h.is_draft_layout);
    assert_int_equal(h.version, 0x7F17);
    free((void *)(uintptr_t)b.at);
    b = check(server_hello_parse, "0303" RANDOM "00 1301 00 0012 0028 0008 001d 0004 aabbccdd 002b 0002 7e01", &h);
    assert_int_equal(h.version, 0x7E01);
    assert_true(h.ext.is_key_share_draft);
    assert_int_equal(version_tls13_draft(h.version), 18);
    free((void *)(uintptr_t)b.at);
}

static void test_retry_of_drafts(void **state)
{
    (void)state;
    struct server_hello h;
    struct bytes b = check(hello_retry_request_parse, "7f13 1301 0006 0028 0002 0018", &h);
    assert_true(h.is_hello_retry_request);
    assert_int_equal(h.version, 0x7F13);
    assert_int_equal(h.cipher_suite, 0x1301);
    assert_int_equal(h.ext.key_share_group, 0x0018);
    free((void *)(uintptr_t)b.at);

    b = check(hello_retry_request_parse, "7f12 0006 0028 0002 0018", &h);
    assert_int_equal(h.cipher_suite, 0);
    assert_int_equal(h.ext.key_share_group, 0x0018);
    free((void *)(uintptr_t)b.at);

    b = check(hello_retry_request_parse, "7f10 1301 0019 0007 002c 0003 0001 cc", &h);
    assert_int_equal(h.cipher_suite, 0x1301);
    assert_int_equal(h.ext.key_share_group, 0x0019);
    assert_bytes_hex(h.ext.cookie, "cc");
    free((void *)(uintptr_t)b.at);
}

static void test_downgrade_sentinel(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        uint16_t want;
    } cases[] = {
        {"0303 000102030405060708090a0b0c0d0e0f1011121314151617 444f574e47524401 00 c02f 00", VERSION_TLS12},
        {"0302 000102030405060708090a0b0c0d0e0f1011121314151617 444f574e47524400 00 c013 00", VERSION_TLS11},
        {"0303 000102030405060708090a0b0c0d0e0f1011121314151617 444f574e47524402 00 c02f 00", 0},
        {"0303 444f574e475244010405060708090a0b0c0d0e0f1011121314151617 18191a1b 00 c02f 00", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct server_hello h;
        struct bytes b = check(server_hello_parse, cases[i].hex, &h);
        assert_int_equal(server_hello_downgrade_sentinel(&h), cases[i].want);
        free((void *)(uintptr_t)b.at);
    }
    struct server_hello empty = {0};
    assert_int_equal(server_hello_downgrade_sentinel(&empty), 0);
}

static void test_malformed(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *field;
        uint16_t version; /* what broke before supported_versions could come leaves it open */
    } cases[] = {
        {"0303" RANDOM "21 " RANDOM "20 c02f 00", "session_id", VERSION_TLS12},
        {"0303" RANDOM "00 c02f", "compression_method", 0},
        {"0302" RANDOM "00 c02f", "compression_method", VERSION_TLS11},
        {"0303" RANDOM "00 c02f 00 0001", "extensions", 0},
        {"0303" RANDOM "00 c02f 00 0000 00", "ServerHello", VERSION_TLS12},
        {"0303" RANDOM "00 c02f 00 0005 002b 0001 03 00", "ServerHello", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes b = bytes_from_hex(cases[i].hex);
        struct fault f;
        struct cursor c;
        struct server_hello h;
        cursor_init_whole(&c, b, &f);
        server_hello_parse(&c, &h);
        assert_int_equal(f.kind, FAULT_MALFORMED);
        assert_string_equal(f.field, cases[i].field);
        assert_int_equal(h.version, cases[i].version);
        free((void *)(uintptr_t)b.at);
    }
}

/* The capture stops before supported_versions: TLS 1.2 cannot be told from TLS 1.3, TLS 1.1 can. */
static void test_version_of_a_cut_hello(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        uint16_t want;
    } cases[] = {{"0303" RANDOM "00 c02f 00", 0}, {"0302" RANDOM "00 c013 00", VERSION_TLS11}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes b = bytes_from_hex(cases[i].hex);
        struct fault f;
        struct cursor c;
        struct server_hello h;
        cursor_init(&c, b, b.len + 10, 0, &f);
        server_hello_parse(&c, &h);
        assert_int_equal(f.kind, FAULT_SHORT);
        assert_int_equal(h.version, cases[i].want);
        free((void *)(uintptr_t)b.at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tls13),           cmocka_unit_test(test_retry),
        cmocka_unit_test(test_tls12_and_older), cmocka_unit_test(test_drafts),
        cmocka_unit_test(test_retry_of_drafts), cmocka_unit_test(test_downgrade_sentinel),
        cmocka_unit_test(test_malformed),       cmocka_unit_test(test_version_of_a_cut_hello),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
