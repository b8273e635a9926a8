/* From secrets to keys: RFC 8448 section 3; the PRFs against an implementation of the RFCs' text in another language.
 */
#include "session/key_schedule.h"

#include "dissect/handshake.h"
#include "support/cmocka_all.h"
#include "support/mutate.h"

#include <openssl/err.h>

#include <stdlib.h>
#include <string.h>

static struct crypto *crypto;

static int set_up(void **state)
{
    (void)state;
    crypto = crypto_new();
    return crypto ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    crypto_free(crypto);
    return ERR_peek_error() == 0 ? 0 : -1; /* nothing is left behind for others to find */
}

static void assert_hex(const uint8_t *got, const char *hex)
{
    struct bytes wanted = bytes_from_hex(hex);
    assert_memory_equal(got, wanted.at, wanted.len);
    free((void *)(uintptr_t)wanted.at);
}

static void test_rfc8448(void **state)
{
    (void)state;
    static const struct {
        const char *secret, *key, *iv;
    } cases[] = {
        {"b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38", "3fce516009c21727d0f2e4e86ee403bc",
         "5d313eb2671276ee13000b30"},
        {"b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21", "dbfaa693d1762c5b666af5d950258d01",
         "5bd3c71b836e0b76bb73265f"},
        {"a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643", "9f02283b6c9c07efc26bb9f2ac92e356",
         "cf782b88dd83549aadf1e984"},
        {"9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5", "17422dda596ed5d9acd890e3c63f5051",
         "5b78923dee08579033e523d9"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes secret = bytes_from_hex(cases[i].secret);
        uint8_t out[16];
        assert_true(hkdf_expand_label(crypto, "SHA256", VERSION_TLS13, secret, "key", out, 16));
        assert_hex(out, cases[i].key);
        assert_true(hkdf_expand_label(crypto, "SHA256", VERSION_TLS13, secret, "iv", out, 12));
        assert_hex(out, cases[i].iv);
        /* Early drafts had another prefix. */
        assert_true(hkdf_expand_label(crypto, "SHA256", 0x7F12, secret, "iv", out, 12));
        assert_int_not_equal(out[0] << 8 | out[1], 0x5d31);
        free((void *)(uintptr_t)secret.at);
    }
}

static void test_key_blocks(void **state)
{
    (void)state;
    static const struct {
        uint16_t version;
        const char *hash, *block;
    } cases[] = {
        {VERSION_TLS12, "SHA256", "cceb3e14d846a21dde9a42cbcbed13a667078ba0dab8d1732a3cb4899a742466234f54ef0f9b87b1"},
        {VERSION_TLS12, "SHA384", "2353183785767c3f69bccee8a7e1096d743385890510310e45418aef7b068d0a65de98dde3c3e08b"},
        {VERSION_TLS10, "MD5-SHA1", "3b2f6718d35765d05f8f6e1b2ae186e789512ff5905ff3602b2f66af5f519af56646b3639ec5eaf2"},
        {VERSION_SSL3, "", "df968868fd52241291aaee2679036f2c67e51d074747bef54fbb47443ad20269ba8a0ff663fdfce1"},
    };
    uint8_t master[48], client_random[32], server_random[32], out[40];
    for (unsigned i = 0; i < sizeof master; i++)
        master[i] = (uint8_t)i;
    memset(client_random, 0xC1, sizeof client_random);
    memset(server_random, 0x5E, sizeof server_random);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(key_block_derive(crypto, cases[i].hash, cases[i].version, (struct bytes){master, 48}, client_random,
                                     server_random, out, sizeof out));
        assert_hex(out, cases[i].block);
    }
    assert_false(key_block_derive(crypto, "", VERSION_SSL3, (struct bytes){master, 40}, client_random, server_random,
                                  out, sizeof out));
    assert_false(key_block_derive(crypto, "no such hash", VERSION_TLS12, (struct bytes){master, 48}, client_random,
                                  server_random, out, sizeof out));
}

static void test_suites(void **state)
{
    (void)state;
    struct suite_algorithms suite;
    assert_true(suite_algorithms_find(0x1302, VERSION_TLS13, &suite));
    assert_string_equal(suite.cipher, "AES-256-GCM");
    assert_string_equal(suite.hash, "SHA384");
    assert_int_equal(suite.iv_len, 12);
    assert_true(suite_algorithms_find(0x1305, VERSION_TLS13, &suite));
    assert_int_equal(suite.tag_len, 8);
    assert_true(suite.is_ccm);
    assert_true(suite_algorithms_find(0xC02F, VERSION_TLS12, &suite));
    assert_int_equal(suite.iv_len, 4);
    assert_true(suite_algorithms_find(0xC014, VERSION_TLS10, &suite));
    assert_int_equal(suite.kind, PROTECTION_CBC);
    assert_string_equal(suite.hash, "MD5-SHA1");
    assert_string_equal(suite.mac, "SHA1");
    assert_int_equal(suite.iv_len, 16);
    assert_true(suite_algorithms_find(0xC014, VERSION_TLS12, &suite));
    assert_int_equal(suite.iv_len, 0);
    assert_string_equal(suite.hash, "SHA256");
    assert_true(suite_algorithms_find(0x0005, VERSION_SSL3, &suite));
    assert_int_equal(suite.kind, PROTECTION_STREAM);
    /* Each of these is a suite, but not there, or not for records. */
    assert_false(suite_algorithms_find(0x1301, VERSION_TLS12, &suite));
    assert_false(suite_algorithms_find(0xC02F, VERSION_TLS13, &suite));
    assert_false(suite_algorithms_find(0xC02F, VERSION_TLS10, &suite));
    assert_false(suite_algorithms_find(0x0003, VERSION_TLS10, &suite)); /* export */
    assert_false(suite_algorithms_find(0x0002, VERSION_TLS12, &suite)); /* NULL */
    assert_false(suite_algorithms_find(0x00FF, VERSION_TLS12, &suite)); /* a signal */
    assert_false(suite_algorithms_find(0x0A0A, VERSION_TLS13, &suite)); /* GREASE */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc8448),
        cmocka_unit_test(test_key_blocks),
        cmocka_unit_test(test_suites),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
