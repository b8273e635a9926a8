/* Records of DTLS under known keys. What is opened here was sealed by another program: Python's hmac and cryptography,
 * by the text of RFC 9147 and RFC 9146, since neither has test vectors. */
#include "session/dtls_protection.h"
#include "support/cmocka_all.h"
#include "support/mutate.h"

#include <stdlib.h>
#include <string.h>

enum { AES_128_GCM = 0x1301, AES_256_GCM, CHACHA20, AES_128_CCM_8 = 0x1305, SECRET_BYTE = 0x42, SECRET_BYTE_384 };

static struct crypto *crypto;

static struct dtls_epoch *epoch_of(uint16_t cipher, uint16_t version, uint16_t number)
{
    struct suite_algorithms suite;
    uint8_t secret[48];
    assert_true(suite_algorithms_find(cipher, VERSION_TLS13, &suite));
    memset(secret, suite.hash_len == 48 ? SECRET_BYTE_384 : SECRET_BYTE, sizeof secret);
    return dtls_epoch_new(crypto, &suite, version, number, (struct bytes){secret, suite.hash_len});
}

/* The first record of a datagram in hex, in memory of exactly its length that the caller frees. */
static uint8_t *record_of(const char *hex, size_t cid_len, struct dtls_record *out)
{
    struct fault fault;
    struct cursor c;
    struct bytes whole = bytes_from_hex(hex);
    cursor_init_whole(&c, whole, &fault);
    assert_true(dtls_record_next(&c, cid_len, out));
    return (uint8_t *)(uintptr_t)whole.at;
}

static bool opens(struct dtls_epoch *epoch, const struct dtls_record *record, struct dtls_inner *inner, uint8_t *out)
{
    memset(inner, 0, sizeof *inner);
    return dtls_epoch_open(epoch, record, out, inner);
}

static void assert_opens(struct dtls_epoch *epoch, const char *hex, size_t cid_len, uint8_t type, uint64_t sequence,
                         const char *content_hex)
{
    struct dtls_record record;
    struct dtls_inner inner;
    uint8_t *whole = record_of(hex, cid_len, &record);
    uint8_t *out = malloc(record.body.len + PROTECTION_ROOM);
    struct bytes wanted = bytes_from_hex(content_hex);
    assert_non_null(out);
    assert_true(record.is_unified);
    assert_true(opens(epoch, &record, &inner, out));
    assert_int_equal(inner.type, type);
    assert_true(inner.sequence == sequence);
    assert_true(bytes_equal(inner.content, wanted));
    free(out);
    free(whole);
    free((void *)(uintptr_t)wanted.at);
}

#define BEYOND_16_BITS "2f5f920015512106e1e61008e5cb1420f3e962d15b1255d08790"
#define LONG_HEADER    "2ea197001a331276f7d11decddf797a4785e170a12303d9d0162b1a92320b3"
#define SHORT_HEADER   "22822e0b5ae303867a54f477c77b771e3d9296748d"
#define WITH_CID       "3ec1d2e377e300184b0d6348478922a082c9eb3d4dbed9d48597ca6c6ba466d7"
#define HELLO          "08000002 68656c6c6f"

static void test_headers(void **state)
{
    (void)state;
    struct dtls_epoch *epoch = epoch_of(AES_128_GCM, VERSION_DTLS13, 2);
    assert_opens(epoch, LONG_HEADER, 0, CONTENT_HANDSHAKE, 5, HELLO);
    assert_opens(epoch, WITH_CID, 3, CONTENT_ACK, 7, "0000");
    assert_opens(epoch, LONG_HEADER, 0, CONTENT_HANDSHAKE, 5, HELLO); /* again, behind another one */
    dtls_epoch_free(epoch);
}

/* One byte of a number is all that is sent: 0x1FE only where 0x105 to 0x204 were to be expected. */
static void test_short_number(void **state)
{
    (void)state;
    struct dtls_record record;
    struct dtls_inner inner;
    uint8_t out[64], *whole = record_of(SHORT_HEADER, 0, &record);
    struct dtls_epoch *epoch = epoch_of(AES_128_GCM, VERSION_DTLS13, 2);
    assert_int_equal(record.length, 19); /* without a length of its own: to the datagram's end */
    assert_false(opens(epoch, &record, &inner, out));
    assert_opens(epoch, "229aa6c6c678b7db9279dcc8705b4cb7ce7769d44c", 0, CONTENT_ALERT, 3, "022a");
    free(whole);
    dtls_epoch_free(epoch);
}

static void test_suites(void **state)
{
    (void)state;
    struct dtls_epoch *epoch = epoch_of(AES_256_GCM, VERSION_DTLS13, 3);
    struct dtls_record record;
    struct dtls_inner inner;
    uint8_t out[64], *whole = record_of(BEYOND_16_BITS, 0, &record);
    assert_false(opens(epoch, &record, &inner, out)); /* so far from the beginning it is taken for 4464 */
    assert_opens(epoch, "2f7dcf001522e962be6ab64e3e5cec5817560ea9b5a7295dc536", 0, CONTENT_APPLICATION_DATA, 40000,
                 "70696e67");
    assert_opens(epoch, BEYOND_16_BITS, 0, CONTENT_APPLICATION_DATA, 70000, "70696e67");
    free(whole);
    dtls_epoch_free(epoch);
    epoch = epoch_of(CHACHA20, VERSION_DTLS13, 3);
    assert_opens(epoch, "2f2adf0013ffff6433e8ec7df762de6bcae98b338433ced4", 0, CONTENT_ALERT, 1, "0100");
    dtls_epoch_free(epoch);
    epoch = epoch_of(AES_128_CCM_8, VERSION_DTLS13, 3);
    assert_opens(epoch, "2f1dc90013789394649f923d90d42e74462425de882d64e0", 0, CONTENT_ALERT, 2, "0100");
    dtls_epoch_free(epoch);
}

/* The last draft has the epoch in the nonce, the RFC has not. */
static void test_draft(void **state)
{
    (void)state;
    static const char draft_record[] = "2eaf32001a8aa750fcabf36d486e5a1190af30b19236a28cd8d6c8ec5200e0";
    struct dtls_record record;
    struct dtls_inner inner;
    uint8_t out[64];
    struct dtls_epoch *draft = epoch_of(AES_128_GCM, VERSION_DTLS13_DRAFT43, 2);
    struct dtls_epoch *final = epoch_of(AES_128_GCM, VERSION_DTLS13, 2);
    assert_opens(draft, draft_record, 0, CONTENT_HANDSHAKE, 5, HELLO);
    uint8_t *whole = record_of(draft_record, 0, &record);
    assert_false(opens(final, &record, &inner, out));
    free(whole);
    dtls_epoch_free(draft);
    dtls_epoch_free(final);
}

static void test_key_update(void **state)
{
    (void)state;
    struct suite_algorithms suite;
    uint8_t secret[48];
    struct bytes wanted = bytes_from_hex("4c7a1227004ac942a37987584153b2b54ae393862f79227945c0842a7527cb11");
    assert_true(suite_algorithms_find(AES_128_GCM, VERSION_TLS13, &suite));
    memset(secret, SECRET_BYTE, sizeof secret);
    assert_true(dtls_secret_update(crypto, &suite, secret));
    assert_memory_equal(secret, wanted.at, wanted.len);
    free((void *)(uintptr_t)wanted.at);
    struct dtls_epoch *epoch = dtls_epoch_new(crypto, &suite, VERSION_DTLS13, 4, (struct bytes){secret, 32});
    assert_opens(epoch, "2c5abb001536ecba954884b4d519aaa97697e3f1599b13bd7b18", 0, CONTENT_APPLICATION_DATA, 0,
                 "706f6e67");
    dtls_epoch_free(epoch);
    assert_null(dtls_epoch_new(crypto, &suite, VERSION_DTLS13, 4, (struct bytes){secret, 31}));
}

/* Every bit that is changed and every length that is missing keeps the record shut. */
static void test_damage(void **state)
{
    (void)state;
    struct dtls_record record, bad;
    struct dtls_inner inner;
    uint8_t out[64], *whole = record_of(LONG_HEADER, 0, &record);
    size_t len = record.header.len + record.body.len;
    for (size_t i = 0; i < len; i++) {
        struct dtls_epoch *epoch = epoch_of(AES_128_GCM, VERSION_DTLS13, 2);
        struct fault fault;
        struct cursor c;
        whole[i] ^= 0x04;
        cursor_init_whole(&c, (struct bytes){whole, len}, &fault);
        assert_false(dtls_record_next(&c, 0, &bad) && opens(epoch, &bad, &inner, out));
        whole[i] ^= 0x04;
        dtls_epoch_free(epoch);
    }
    for (size_t n = 0; n < record.body.len; n++) {
        struct dtls_epoch *epoch = epoch_of(AES_128_GCM, VERSION_DTLS13, 2);
        bad = record;
        bad.body.len = n; /* as the snapshot length leaves it */
        assert_false(opens(epoch, &bad, &inner, out));
        bad.length = (uint32_t)n;
        assert_false(opens(epoch, &bad, &inner, out));
        dtls_epoch_free(epoch);
    }
    free(whole);
}

/* ---- up to DTLS 1.2, with connection IDs ---- */

enum { CID_LEN = 5, SEQUENCE = 9 };

/* A key block in which the client's parts count up from these bytes. */
static struct protection *numbered(uint16_t cipher, bool is_encrypt_then_mac, uint8_t mac, uint8_t key, uint8_t iv)
{
    struct suite_algorithms suite;
    struct protection_block block = {.is_encrypt_then_mac = is_encrypt_then_mac};
    assert_true(suite_algorithms_find(cipher, VERSION_TLS12, &suite));
    for (unsigned i = 0; i < suite.mac_len; i++)
        block.bytes[i] = (uint8_t)(mac + i);
    for (unsigned i = 0; i < suite.key_len; i++)
        block.bytes[2 * suite.mac_len + i] = (uint8_t)(key + i);
    for (unsigned i = 0; i < suite.iv_len; i++)
        block.bytes[2 * (suite.mac_len + suite.key_len) + i] = (uint8_t)(iv + i);
    return protection_new_block(crypto, &suite, VERSION_TLS12, &block);
}

static void assert_record(struct protection *p, const char *hex, uint64_t sequence, bool is_right)
{
    struct dtls_record record;
    uint8_t out[128], type = 0, *whole = record_of(hex, CID_LEN, &record);
    struct sealed sealed = {record.type, record.version, record.body, record.connection_id, {NULL, 0}};
    struct bytes content;
    assert_non_null(p);
    protection_seek(p, UINT64_C(1) << 48 | sequence);
    assert_int_equal(protection_open(p, &sealed, out, &type, &content), is_right);
    if (is_right) {
        static const uint8_t handshake_failure[] = {2, 40};
        assert_int_equal(type, CONTENT_ALERT);
        assert_int_equal(content.len, sizeof handshake_failure);
        assert_memory_equal(content.at, handshake_failure, sizeof handshake_failure);
    }
    free(whole);
}

static void test_connection_ids(void **state)
{
    (void)state;
    static const struct {
        uint16_t cipher;
        bool is_encrypt_then_mac;
        uint8_t key, iv;
        const char *record;
    } cases[] = {
        {0x009C, false, 0, 0xA0,
         "19fefd00010000000000090102030405001fb0b1b2b3b4b5b6b772c7377482df374db8f6dd8e2f7129b1c070dc3811b5da"},
        {0xCCA8, false, 0, 0xA0, "19fefd0001000000000009010203040500179dcc11658d6d55f42c82c3f397ab4fff6b50d94e5a6622"},
        {0x002F, false, 0, 0,
         "19fefd000100000000000901020304050030707172737475767778797a7b7c7d7e7f998cbbb4b31caebc3a144e158e52830314831910"
         "a6b866f2534dd59199c3aead"},
        {0x002F, true, 0, 0,
         "19fefd000100000000000901020304050034707172737475767778797a7b7c7d7e7fc63703302c2a02204436aba0a6b223680ca683ea"
         "978109c1e5260e27dcaec1fa824f5e92"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct protection *p = numbered(cases[i].cipher, cases[i].is_encrypt_then_mac, 0x50, cases[i].key, cases[i].iv);
        assert_record(p, cases[i].record, SEQUENCE + 1, false);
        assert_record(p, cases[i].record, SEQUENCE, true);
        assert_record(p, cases[i].record, SEQUENCE, true); /* nothing was counted */
        protection_free(p);
    }
}

static void test_epoch_in_nonce(void **state)
{
    (void)state;
    struct protection *p = numbered(0xCCA8, false, 0, 0, 0xA0);
    assert_record(p, "15fefd000100000000000900129dcc166e8401ae1f8ed470da4b819be6234b", SEQUENCE, true);
    protection_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers),        cmocka_unit_test(test_short_number),   cmocka_unit_test(test_suites),
        cmocka_unit_test(test_draft),          cmocka_unit_test(test_key_update),     cmocka_unit_test(test_damage),
        cmocka_unit_test(test_connection_ids), cmocka_unit_test(test_epoch_in_nonce),
    };
    crypto = crypto_new();
    assert_non_null(crypto);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    crypto_free(crypto);
    return failed;
}
