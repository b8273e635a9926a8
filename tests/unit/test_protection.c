/* Protected records: those of RFC 8448, and records sealed here in every way that TLS 1.2 and older have. */
#include "session/protection.h"

#include "dissect/handshake.h"
#include "support/cmocka_all.h"
#include "support/mutate.h"

#include <openssl/err.h>
#include <openssl/evp.h>

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

static struct protection *of_hex(uint16_t cipher, const char *secret_hex)
{
    struct suite_algorithms suite;
    struct bytes secret = bytes_from_hex(secret_hex);
    assert_true(suite_algorithms_find(cipher, VERSION_TLS13, &suite));
    struct protection *p = protection_new(crypto, &suite, VERSION_TLS13, secret);
    free((void *)(uintptr_t)secret.at);
    return p;
}

/* A record in hex, opened and compared. `content` NULL: it must not open. */
static void assert_opens(struct protection *p, const char *record_hex, uint8_t type, const char *content_hex)
{
    struct bytes record = bytes_from_hex(record_hex);
    struct sealed sealed = {
        .type = record.at[0], .version = 0x0303, .fragment = bytes_slice(record, RECORD_HEADER_LEN, record.len)};
    uint8_t *out = malloc(record.len + PROTECTION_ROOM), inner;
    struct bytes content;
    assert_non_null(out);
    assert_int_equal(protection_open(p, &sealed, out, &inner, &content), content_hex != NULL);
    if (content_hex) {
        struct bytes wanted = bytes_from_hex(content_hex);
        assert_int_equal(inner, type);
        assert_int_equal(content.len, wanted.len);
        assert_memory_equal(content.at, wanted.at, wanted.len);
        free((void *)(uintptr_t)wanted.at);
    }
    free(out);
    free((void *)(uintptr_t)record.at);
}

#define CLIENT_HANDSHAKE "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21"
#define CLIENT_TRAFFIC   "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5"
#define CLIENT_FINISHED                                                                                                \
    "17030300 35 75ec4dc238cce60b298044a71e219c56cc77b0517fe9b93c7a4bfc44d87f38f8 0338ac98fc46deb384bd1caeacab6867"    \
    "d726c40546"
#define CLIENT_ALERT   "17030300 13 c9872760655666b74d7ff1153efd6db6d0b0e3"
#define SERVER_TRAFFIC "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643"
#define SERVER_ALERT   "17030300 13 b58fd67166ebf599d24720cfbe7efa7a8864a9"

static void test_rfc8448(void **state)
{
    (void)state;
    struct protection *p = of_hex(0x1301, CLIENT_HANDSHAKE);
    struct bytes nothing = {NULL, 0};
    assert_opens(p, CLIENT_ALERT, 0, NULL); /* of other keys */
    assert_opens(p, CLIENT_FINISHED, CONTENT_HANDSHAKE,
                 "14000020 a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61");
    assert_opens(p, CLIENT_FINISHED, 0, NULL); /* each number only once */
    protection_free(p);

    p = of_hex(0x1301, CLIENT_TRAFFIC);
    assert_opens(p, CLIENT_ALERT, 0, NULL); /* application data came before */
    protection_skip(p, nothing, 67);
    assert_opens(p, CLIENT_ALERT, CONTENT_ALERT, "0100");
    protection_free(p);

    p = of_hex(0x1301, SERVER_TRAFFIC);
    protection_skip(p, nothing, 200);
    protection_skip(p, nothing, 67);
    assert_opens(p, SERVER_ALERT, CONTENT_ALERT, "0100");
    protection_free(p);
    /* A secret of another hash's length is none of this suite's. */
    assert_null(of_hex(0x1302, SERVER_TRAFFIC));
}

/* Two records went by unseen: how many is found out, within a limit. */
static void test_gap(void **state)
{
    (void)state;
    struct protection *p = of_hex(0x1301, SERVER_TRAFFIC);
    struct bytes record = bytes_from_hex(SERVER_ALERT), content;
    struct sealed sealed = {
        .type = record.at[0], .version = 0x0303, .fragment = bytes_slice(record, RECORD_HEADER_LEN, record.len)};
    uint8_t out[64], type;
    assert_false(protection_find(p, &sealed, 1, out, &type, &content));
    assert_true(protection_find(p, &sealed, 2, out, &type, &content));
    assert_int_equal(type, CONTENT_ALERT);
    assert_false(protection_find(p, &sealed, 20, out, &type, &content)); /* never backwards */
    protection_free(p);
    free((void *)(uintptr_t)record.at);
}

static void test_damage(void **state)
{
    (void)state;
    struct bytes record = bytes_from_hex(CLIENT_FINISHED), content;
    uint8_t out[128], type, copy[128];
    for (size_t len = 0; len + RECORD_HEADER_LEN < record.len; len++) {
        struct protection *p = of_hex(0x1301, CLIENT_HANDSHAKE);
        struct sealed cut = {.type = 23, .version = 0x0303, .fragment = bytes_slice(record, RECORD_HEADER_LEN, len)};
        assert_false(protection_open(p, &cut, out, &type, &content));
        memcpy(copy, record.at, record.len);
        copy[RECORD_HEADER_LEN + len] ^= 0x10;
        struct sealed bad = {
            .type = 23, .version = 0x0303, .fragment = {copy + RECORD_HEADER_LEN, record.len - RECORD_HEADER_LEN}};
        assert_false(protection_open(p, &bad, out, &type, &content));
        protection_free(p);
    }
    free((void *)(uintptr_t)record.at);
}

/* ---- SSLv3 to TLS 1.2: sealed here, by the letter of the RFCs */

enum { MAX_LEN = 512 };

struct sealer {
    struct suite_algorithms suite;
    struct protection_block block;
    uint16_t version;
    uint64_t sequence;
    EVP_CIPHER_CTX *context;
    OSSL_LIB_CTX *library;
    uint8_t iv[16];
};

static const uint8_t *side_key(const struct sealer *s)
{
    return s->block.bytes + 2 * s->suite.mac_len + (s->block.is_server ? s->suite.key_len : 0);
}

static const uint8_t *side_iv(const struct sealer *s)
{
    return s->block.bytes + 2 * (s->suite.mac_len + s->suite.key_len) + (s->block.is_server ? s->suite.iv_len : 0);
}

static size_t put_header(uint8_t *at, const struct sealer *s, uint8_t type, size_t len)
{
    for (unsigned i = 0; i < 8; i++)
        at[i] = (uint8_t)(s->sequence >> (56 - 8 * i));
    at[8] = type;
    at[9] = (uint8_t)(s->version >> 8);
    at[10] = (uint8_t)s->version;
    at[11] = (uint8_t)(len >> 8);
    at[12] = (uint8_t)len;
    return 13;
}

static void put_mac(const struct sealer *s, uint8_t type, const uint8_t *content, size_t len, uint8_t *mac)
{
    const uint8_t *key = s->block.bytes + (s->block.is_server ? s->suite.mac_len : 0);
    uint8_t text[MAX_LEN + 128];
    size_t at = put_header(text, s, type, len);
    if (s->version != VERSION_SSL3) {
        memcpy(text + at, content, len);
        assert_non_null(EVP_Q_mac(NULL, "HMAC", NULL, s->suite.mac, NULL, key, s->suite.mac_len, text, at + len, mac,
                                  s->suite.mac_len, NULL));
        return;
    }
    size_t pad = s->suite.mac_len == 16 ? 48 : 40, key_len = s->suite.mac_len;
    uint8_t header[13], inner[64];
    put_header(header, s, type, len);
    memcpy(text, key, key_len);
    memset(text + key_len, 0x36, pad);
    memcpy(text + key_len + pad, header, 9);
    memcpy(text + key_len + pad + 9, header + 11, 2);
    memcpy(text + key_len + pad + 11, content, len);
    assert_true(EVP_Q_digest(NULL, s->suite.mac, NULL, text, key_len + pad + 11 + len, inner, NULL));
    memset(text + key_len, 0x5C, pad);
    memcpy(text + key_len + pad, inner, key_len);
    assert_true(EVP_Q_digest(NULL, s->suite.mac, NULL, text, key_len + pad + key_len, mac, NULL));
}

/* Bytes of the MAC in a record. */
static size_t mac_size(const struct sealer *s)
{
    return s->block.is_truncated_hmac && s->version != VERSION_SSL3 ? 10 : s->suite.mac_len;
}

static size_t seal_aead(struct sealer *s, uint8_t type, const char *content, size_t len, uint8_t *out)
{
    uint8_t nonce[12], aad[13];
    size_t explicit_len = s->suite.iv_len == 12 ? 0 : 8;
    int n;
    memcpy(nonce, side_iv(s), s->suite.iv_len);
    memset(out, 0xE0, explicit_len);
    memcpy(nonce + 4, explicit_len ? out : nonce + 4, 8);
    for (unsigned i = 0; explicit_len == 0 && i < 8; i++)
        nonce[4 + i] ^= (uint8_t)(s->sequence >> (56 - 8 * i));
    put_header(aad, s, type, len);
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(s->library, s->suite.cipher, NULL);
    assert_true(EVP_EncryptInit_ex(s->context, cipher, NULL, NULL, NULL));
    assert_true(EVP_CIPHER_CTX_ctrl(s->context, EVP_CTRL_AEAD_SET_IVLEN, 12, NULL));
    if (s->suite.is_ccm)
        assert_true(EVP_CIPHER_CTX_ctrl(s->context, EVP_CTRL_AEAD_SET_TAG, s->suite.tag_len, NULL));
    assert_true(EVP_EncryptInit_ex(s->context, NULL, NULL, side_key(s), nonce));
    if (s->suite.is_ccm)
        assert_true(EVP_EncryptUpdate(s->context, NULL, &n, NULL, (int)len));
    assert_true(EVP_EncryptUpdate(s->context, NULL, &n, aad, sizeof aad));
    assert_true(EVP_EncryptUpdate(s->context, out + explicit_len, &n, (const uint8_t *)content, (int)len));
    assert_true(EVP_EncryptFinal_ex(s->context, out + explicit_len + len, &n));
    assert_true(EVP_CIPHER_CTX_ctrl(s->context, EVP_CTRL_AEAD_GET_TAG, s->suite.tag_len, out + explicit_len + len));
    EVP_CIPHER_free(cipher);
    return explicit_len + len + s->suite.tag_len;
}

static size_t seal_cbc(struct sealer *s, uint8_t type, const char *content, size_t len, uint8_t *out)
{
    size_t block = s->suite.block_len, at = 0;
    uint8_t plain[MAX_LEN];
    int n;
    memcpy(plain, content, len);
    if (!s->block.is_encrypt_then_mac) {
        put_mac(s, type, plain, len, plain + len);
        len += mac_size(s);
    }
    size_t padding = block - len % block + block; /* more than the least */
    memset(plain + len, (int)padding - 1, padding);
    if (s->version == VERSION_SSL3) {
        padding -= block; /* SSLv3 allows no more than a block, of any bytes but the last */
        memset(plain + len, 0x77, padding);
        plain[len + padding - 1] = (uint8_t)(padding - 1);
    }
    len += padding;
    if (s->version > VERSION_TLS10) {
        memset(out, 0x4B, block);
        memcpy(s->iv, out, block);
        at = block;
    }
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(s->library, s->suite.cipher, NULL);
    assert_true(EVP_EncryptInit_ex(s->context, cipher, NULL, side_key(s), s->iv));
    assert_true(EVP_CIPHER_CTX_set_padding(s->context, 0));
    assert_true(EVP_EncryptUpdate(s->context, out + at, &n, plain, (int)len));
    EVP_CIPHER_free(cipher);
    at += len;
    memcpy(s->iv, out + at - block, block);
    if (s->block.is_encrypt_then_mac) {
        put_mac(s, type, out, at, out + at);
        at += mac_size(s);
    }
    return at;
}

static size_t seal(struct sealer *s, uint8_t type, const char *content, uint8_t *out)
{
    size_t len = strlen(content), sealed;
    uint8_t plain[MAX_LEN];
    int n;
    if (s->suite.kind == PROTECTION_AEAD) {
        sealed = seal_aead(s, type, content, len, out);
    } else if (s->suite.kind == PROTECTION_CBC) {
        sealed = seal_cbc(s, type, content, len, out);
    } else {
        memcpy(plain, content, len);
        put_mac(s, type, plain, len, plain + len);
        sealed = len + mac_size(s);
        assert_true(EVP_EncryptUpdate(s->context, out, &n, plain, (int)sealed));
    }
    s->sequence++;
    return sealed;
}

static void sealer_start(struct sealer *s, uint16_t cipher, uint16_t version, bool is_server, bool is_encrypt_then_mac)
{
    memset(s, 0, sizeof *s);
    assert_true(suite_algorithms_find(cipher, version, &s->suite));
    s->version = version;
    s->library = crypto_library(crypto);
    s->block.is_server = is_server;
    s->block.is_encrypt_then_mac = is_encrypt_then_mac;
    for (size_t i = 0; i < sizeof s->block.bytes; i++)
        s->block.bytes[i] = (uint8_t)(i * 7 + 1);
    s->context = EVP_CIPHER_CTX_new();
    assert_non_null(s->context);
    if (s->suite.kind == PROTECTION_CBC && s->suite.iv_len > 0)
        memcpy(s->iv, side_iv(s), s->suite.iv_len);
    if (s->suite.kind != PROTECTION_STREAM)
        return;
    EVP_CIPHER *rc4 = EVP_CIPHER_fetch(s->library, s->suite.cipher, NULL);
    assert_true(EVP_EncryptInit_ex(s->context, rc4, NULL, side_key(s), NULL));
    EVP_CIPHER_free(rc4);
}

static bool opens_as(struct protection *p, const struct sealer *s, uint8_t type, const uint8_t *sealed, size_t len,
                     const char *wanted)
{
    uint8_t *exact = malloc(len), *out = malloc(len + PROTECTION_ROOM), inner;
    struct bytes content;
    assert_non_null(exact);
    assert_non_null(out);
    memcpy(exact, sealed, len);
    struct sealed record = {.type = type, .version = s->version, .fragment = {exact, len}};
    bool is_open = protection_open(p, &record, out, &inner, &content);
    if (is_open) {
        assert_int_equal(inner, type);
        assert_int_equal(content.len, strlen(wanted));
        assert_memory_equal(content.at, wanted, content.len);
    }
    free(exact);
    free(out);
    return is_open;
}

static const struct {
    uint16_t cipher, version;
    bool is_encrypt_then_mac, is_truncated_hmac;
} ways[] = {
    {0x002F, VERSION_TLS12, false, true},                                        /* RFC 6066 section 7 */
    {0xC028, VERSION_TLS12, true, true},                                         /* with RFC 7366 */
    {0x0005, VERSION_TLS10, false, true},                                        /* RC4 */
    {0x000A, VERSION_TLS10, false, true},                                        /* chained vectors */
    {0x002F, VERSION_SSL3, false, true},                                         /* which knows no extensions */
    {0xC02F, VERSION_TLS12, false, false},                                       /* AES-128-GCM */
    {0xC030, VERSION_TLS12, false, false},                                       /* AES-256-GCM */
    {0xCCA8, VERSION_TLS12, false, false},                                       /* ChaCha20-Poly1305 */
    {0xC09C, VERSION_TLS12, false, false},                                       /* AES-128-CCM */
    {0xC0A0, VERSION_TLS12, false, false},                                       /* AES-128-CCM-8 */
    {0x002F, VERSION_TLS12, false, false},                                       /* AES-128-CBC, SHA-1 */
    {0x002F, VERSION_TLS12, true, false},  {0xC028, VERSION_TLS12, true, false}, /* AES-256-CBC, SHA-384 */
    {0xC028, VERSION_TLS12, false, false}, {0x002F, VERSION_TLS11, false, false},
    {0x002F, VERSION_TLS11, true, false},  {0x002F, VERSION_TLS10, false, false},
    {0x002F, VERSION_TLS10, true, false},  {0x000A, VERSION_TLS10, false, false}, /* 3DES */
    {0x0041, VERSION_TLS12, false, false},                                        /* Camellia */
    {0x002F, VERSION_SSL3, false, false},  {0x000A, VERSION_SSL3, false, false},
    {0x0005, VERSION_SSL3, false, false}, /* RC4, SHA-1 */
    {0x0004, VERSION_SSL3, false, false}, /* RC4, MD5 */
    {0x0005, VERSION_TLS10, false, false}, {0x0004, VERSION_TLS12, false, false},
};

/* Whether OpenSSL has the way: its old ciphers are a module that may not be installed. */
static struct protection *way_open(struct sealer *s, size_t i, bool is_server)
{
    sealer_start(s, ways[i].cipher, ways[i].version, is_server, ways[i].is_encrypt_then_mac);
    s->block.is_truncated_hmac = ways[i].is_truncated_hmac;
    struct protection *p = protection_new_block(crypto, &s->suite, s->version, &s->block);
    assert_true(p || s->suite.kind == PROTECTION_STREAM);
    return p;
}

static void test_every_way(void **state)
{
    (void)state;
    static const char alert[] = "\2\50", text[] = "sixteen or more bytes of content";
    uint8_t out[MAX_LEN];
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct sealer s;
        struct protection *p = way_open(&s, i, i % 2);
        if (!p)
            continue;
        size_t len = seal(&s, CONTENT_HANDSHAKE, text, out);
        assert_true(opens_as(p, &s, CONTENT_HANDSHAKE, out, len, text));
        /* One that is not opened, then one that is. */
        len = seal(&s, CONTENT_APPLICATION_DATA, text, out);
        protection_skip(p, (struct bytes){out, len}, len);
        len = seal(&s, CONTENT_ALERT, alert, out);
        assert_true(opens_as(p, &s, CONTENT_ALERT, out, len, alert));
        len = seal(&s, CONTENT_ALERT, alert, out);
        assert_false(opens_as(p, &s, CONTENT_HANDSHAKE, out, len, alert)); /* the type is covered */
        protection_free(p);
        EVP_CIPHER_CTX_free(s.context);
    }
}

/* Cut anywhere, or with any bit changed in its first and last bytes, it does not open. */
static void test_every_damage(void **state)
{
    (void)state;
    static const char text[] = "twenty bytes of text";
    uint8_t out[MAX_LEN];
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct sealer s;
        struct protection *p = way_open(&s, i, true);
        if (!p)
            continue;
        size_t len = seal(&s, CONTENT_HANDSHAKE, text, out);
        for (size_t k = 1; k < len; k++) {
            bool has_free_bytes = s.version == VERSION_SSL3 && s.suite.kind == PROTECTION_CBC;
            protection_free(p);
            p = protection_new_block(crypto, &s.suite, s.version, &s.block);
            assert_false(opens_as(p, &s, CONTENT_HANDSHAKE, out, k, text));
            protection_free(p);
            p = protection_new_block(crypto, &s.suite, s.version, &s.block);
            out[k - 1] ^= 1;
            if (!has_free_bytes || k + s.suite.block_len < len)
                assert_false(opens_as(p, &s, CONTENT_HANDSHAKE, out, len, text));
            out[k - 1] ^= 1;
        }
        protection_free(p);
        EVP_CIPHER_CTX_free(s.context);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc8448),   cmocka_unit_test(test_gap),          cmocka_unit_test(test_damage),
        cmocka_unit_test(test_every_way), cmocka_unit_test(test_every_damage),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
