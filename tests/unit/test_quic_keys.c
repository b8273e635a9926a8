/* QUIC's packet protection: RFC 9001 appendix A, RFC 9369 appendix A. */
#include "session/quic_keys.h"

#include "support/cmocka_all.h"
#include "support/mutate.h"
#include "support/quic_vectors.h"

#include <stdlib.h>
#include <string.h>

#define DCID "8394c8f03e515708"
#define SERVER_INITIAL                                                                                                 \
    "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf7" \
    "3c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84022f8ef4cdd93795d77d06edbb7aaf2f" \
    "58891850abbdca3d20398c276456cbc42158407dd074ee"
#define SERVER_INITIAL_V2                                                                                              \
    "dc6b3343cf0008f067a5502a4262b5004075d92faaf16f05d8a4398c47089698baeea26b91eb761d9b89237bbf87263017915358230035f7" \
    "fd3945d88965cf17f9af6e16886c61bfc703106fbaf3cb4cfa52382dd16a393e42757507698075b2c984c707f0a0812d8cd5a6881eaf21ce" \
    "da98f4bd23f6fe1a3e2c43edd9ce7ca84bed8521e2e140"
#define SERVER_PAYLOAD                                                                                                 \
    "02000000000600405a020000560303eefce7f7b37ba1d1632e96677825ddf73988cfc79825df566dc5430b9a045a1200130100002e003300" \
    "24001d00209d3c940d89690b84d08a60993c144eca684d1081287c834d5311bcf32bb9da1a002b00020304"

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
    return 0;
}

static void free_bytes(struct bytes b)
{
    free((void *)(uintptr_t)b.at);
}

struct result {
    uint64_t number;
    struct quic_opened opened;
    bool is_second_phase;
};

/* The first packet of which the capture holds `captured` bytes with `keys`, into out. */
static bool open_bytes(const struct quic_keys *keys, struct bytes b, size_t declared, uint64_t next, uint8_t *out,
                       struct result *result)
{
    struct fault fault;
    struct cursor c;
    struct quic_packet packet;
    struct quic_header header;
    cursor_init(&c, b, declared, 0, &fault);
    if (!quic_packet_next(&c, &packet))
        return false;
    bool is_open = (packet.kind != QUIC_SHORT || quic_packet_short(&packet, 0)) &&
                   quic_keys_header(keys, crypto, &packet, next, &header) &&
                   quic_keys_open(keys, crypto, &packet, &header, out, &result->opened);
    result->number = is_open ? header.number : 0;
    result->is_second_phase = is_open && header.is_second_phase;
    return is_open;
}

static bool open_hex(const struct quic_keys *keys, const char *hex, size_t captured, uint8_t *out,
                     struct result *result)
{
    struct bytes b = bytes_from_hex(hex);
    bool is_open = open_bytes(keys, bytes_slice(b, 0, captured), b.len, 0, out, result);
    free_bytes(b);
    return is_open;
}

static void assert_hex(const uint8_t *bytes, const char *hex)
{
    struct bytes expected = bytes_from_hex(hex);
    assert_memory_equal(bytes, expected.at, expected.len);
    free_bytes(expected);
}

static struct quic_keys initial_keys(uint32_t version, const char *dcid_hex, bool is_server)
{
    struct bytes dcid = bytes_from_hex(dcid_hex);
    struct quic_keys keys;
    assert_true(quic_keys_init_initial(&keys, crypto, version, dcid, is_server));
    free_bytes(dcid);
    return keys;
}

static struct quic_keys traffic_keys(uint32_t version, uint16_t cipher, const char *secret_hex)
{
    struct suite_algorithms suite;
    struct bytes secret = bytes_from_hex(secret_hex);
    struct quic_keys keys;
    assert_true(suite_algorithms_find(cipher, 0x0304, &suite));
    assert_true(quic_keys_init(&keys, crypto, version, &suite, secret));
    free_bytes(secret);
    return keys;
}

/* Sections A.1: keys. */
static void test_initial_keys(void **state)
{
    (void)state;
    static const struct {
        uint32_t version;
        bool is_server;
        const char *secret, *key, *iv, *header_key;
    } rows[] = {
        {QUIC_VERSION_1, false, "c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea",
         "1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c", "9f50449e04a0e810283a1e9933adedd2"},
        {QUIC_VERSION_1, true, "3c199828fd139efd216c155ad844cc81fb82fa8d7446fa7d78be803acdda951b",
         "cf3a5331653c364c88f0f379b6067e37", "0ac1493ca1905853b0bba03e", "c206b8d9b9f0f37644430b490eeaa314"},
        {QUIC_VERSION_2, false, "14ec9d6eb9fd7af83bf5a668bc17a7e283766aade7ecd0891f70f9ff7f4bf47b",
         "8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f", "45b95e15235d6f45a6b19cbcb0294ba9"},
        {QUIC_VERSION_2, true, "0263db1782731bf4588e7e4d93b7463907cb8cd8200b5da55a8bd488eafc37c1",
         "82db637861d55e1d011f19ea71d5d2a7", "dd13c276499c0249d3310652", "edf6d05c83121201b436e16877593c3a"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct quic_keys keys = initial_keys(rows[i].version, DCID, rows[i].is_server);
        assert_hex(keys.secret, rows[i].secret);
        assert_hex(keys.key, rows[i].key);
        assert_hex(keys.iv, rows[i].iv);
        assert_hex(keys.header_key, rows[i].header_key);
    }
}

/* Sections A.2: a client's Initial, 1162 bytes of which 917 are padding. */
static void test_client_initial(void **state)
{
    (void)state;
    static const uint8_t padding[917];
    static const struct {
        uint32_t version;
        const char *packet;
    } rows[] = {{QUIC_VERSION_1, QUIC_CLIENT_INITIAL}, {QUIC_VERSION_2, QUIC_CLIENT_INITIAL_V2}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t out[1200];
        struct result result;
        struct quic_keys keys = initial_keys(rows[i].version, DCID, false);
        assert_true(open_hex(&keys, rows[i].packet, SIZE_MAX, out, &result));
        assert_int_equal(result.number, 2);
        assert_int_equal(result.opened.len, 1162);
        assert_hex(out, QUIC_CLIENT_CRYPTO);
        assert_memory_equal(out + 245, padding, sizeof padding);
    }
}

/* Sections A.4: Retry. */
static void test_retry(void **state)
{
    (void)state;
    static const char *const rows[] = {"ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba",
                                       "cf6b3343cf0008f067a5502a4262b5746f6b656ec8646ce8bfe33952d955543665dcc7b6"};
    struct bytes dcid = bytes_from_hex(DCID);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bytes b = bytes_from_hex(rows[i]);
        struct fault fault;
        struct cursor c;
        struct quic_packet packet;
        cursor_init_whole(&c, b, &fault);
        assert_true(quic_packet_next(&c, &packet));
        assert_int_equal(packet.kind, QUIC_RETRY);
        assert_int_equal(packet.token.len, 5);
        assert_memory_equal(packet.token.at, "token", 5);
        assert_true(quic_retry_is_valid(crypto, &packet, dcid));
        assert_false(quic_retry_is_valid(crypto, &packet, bytes_slice(dcid, 0, 7)));
        packet.version = QUIC_VERSION_DRAFT_29;
        assert_false(quic_retry_is_valid(crypto, &packet, dcid));
        free_bytes(b);
    }
    free_bytes(dcid);
}

/* Sections A.5: a short header under ChaCha20-Poly1305, and the secret that follows. */
static void test_chacha(void **state)
{
    (void)state;
    static const struct {
        uint32_t version;
        const char *key, *iv, *header_key, *next_secret, *packet;
    } rows[] = {
        {QUIC_VERSION_1, "c6d98ff3441c3fe1b2182094f69caa2ed4b716b65488960a7a984979fb23e1c8", "e0459b3474bdd0e44a41c144",
         "25a282b9e82f06f21f488917a4fc8f1b73573685608597d0efcb076b0ab7a7a4",
         "1223504755036d556342ee9361d253421a826c9ecdf3c7148684b36b714881f9",
         "4cfe4189655e5cd55c41f69080575d7999c25a5bfb"},
        {QUIC_VERSION_2, "3bfcddd72bcf02541d7fa0dd1f5f9eeea817e09a6963a0e6c7df0f9a1bab90f2", "a6b5bc6ab7dafce30ffff5dd",
         "d659760d2ba434a226fd37b35c69e2da8211d10c4f12538787d65645d5d1b8e2",
         "c69374c49e3d2a9466fa689e49d476db5d0dfbc87d32ceeaa6343fd0ae4c7d88",
         "5558b1c60ae7b6b932bc27d786f4bc2bb20f2162ba"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t out[32];
        struct result result;
        struct quic_keys keys =
            traffic_keys(rows[i].version, 0x1303, "9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b");
        assert_hex(keys.key, rows[i].key);
        assert_hex(keys.iv, rows[i].iv);
        assert_hex(keys.header_key, rows[i].header_key);
        struct bytes packet = bytes_from_hex(rows[i].packet);
        assert_true(open_bytes(&keys, packet, packet.len, 654360563, out, &result));
        assert_int_equal(result.number, 654360564);
        assert_false(result.is_second_phase);
        assert_int_equal(result.opened.len, 1);
        assert_int_equal(out[0], QUIC_FRAME_PING);
        assert_false(open_bytes(&keys, packet, packet.len, 0, out, &result)); /* the number's high bits count */
        assert_true(quic_keys_update(&keys, crypto));
        assert_hex(keys.secret, rows[i].next_secret);
        assert_hex(keys.header_key, rows[i].header_key); /* stays */
        assert_false(open_bytes(&keys, packet, packet.len, 654360563, out, &result));
        free_bytes(packet);
    }
}

static void check_server_initial(uint32_t version, const char *hex)
{
    uint8_t out[256];
    struct result result;
    struct bytes expected = bytes_from_hex(SERVER_PAYLOAD);
    struct quic_keys keys = initial_keys(version, DCID, true);
    assert_true(open_hex(&keys, hex, SIZE_MAX, out, &result));
    assert_int_equal(result.number, 1);
    assert_int_equal(result.opened.len, expected.len);
    assert_int_equal(result.opened.declared, expected.len);
    assert_memory_equal(out, expected.at, expected.len);
    /* Cut by the capture: as far as it goes. */
    assert_true(open_hex(&keys, hex, 70, out, &result));
    assert_int_equal(result.opened.len, 70 - 18 - 2);
    assert_int_equal(result.opened.declared, expected.len);
    assert_memory_equal(out, expected.at, result.opened.len);
    assert_false(open_hex(&keys, hex, 18 + 4 + 15, out, &result)); /* too little for the header's protection */
    free_bytes(expected);
}

static void test_initial(void **state)
{
    (void)state;
    check_server_initial(QUIC_VERSION_1, SERVER_INITIAL);
    check_server_initial(QUIC_VERSION_2, SERVER_INITIAL_V2);
}

static void test_wrong_keys(void **state)
{
    (void)state;
    uint8_t out[256];
    struct result result;
    struct quic_keys wrong[] = {
        initial_keys(QUIC_VERSION_1, DCID, false),
        initial_keys(QUIC_VERSION_1, "8394c8f03e515709", true),
        initial_keys(QUIC_VERSION_2, DCID, true),
        initial_keys(QUIC_VERSION_DRAFT_29, DCID, true),
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(open_hex(&wrong[i], SERVER_INITIAL, SIZE_MAX, out, &result));
    }
}

static void parse(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    struct result result;
    uint8_t *out = malloc(b.len + 1);
    fault->kind = FAULT_NONE;
    if (open_bytes(arg, b, declared, 0, out, &result))
        assert_in_range(result.opened.len, 0, b.len);
    free(out);
}

/* A packet of which one bit is another is never opened, unless it says that it is longer than what was captured. */
static void test_damage(void **state)
{
    (void)state;
    struct bytes b = bytes_from_hex(SERVER_INITIAL);
    struct quic_keys keys = initial_keys(QUIC_VERSION_1, DCID, true);
    mutate_bits(b, parse, &keys);
    uint8_t *copy = malloc(b.len);
    uint8_t out[256];
    struct result result;
    for (size_t bit = 0; bit < 8 * b.len; bit++) {
        memcpy(copy, b.at, b.len);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        struct bytes damaged = {copy, b.len};
        if (copy[0] & QUIC_LONG_HEADER)
            assert_false(open_bytes(&keys, damaged, b.len, 0, out, &result));
    }
    free(copy);
    free_bytes(b);
}

static void test_secrets(void **state)
{
    (void)state;
    struct suite_algorithms suite;
    struct quic_keys keys;
    uint8_t secret[48] = {1};
    assert_true(suite_algorithms_find(0x1303, 0x0304, &suite));
    assert_true(quic_keys_init(&keys, crypto, QUIC_VERSION_1, &suite, (struct bytes){secret, 32}));
    assert_false(quic_keys_init(&keys, crypto, QUIC_VERSION_1, &suite, (struct bytes){secret, 48}));
    assert_true(suite_algorithms_find(0x1302, 0x0304, &suite));
    assert_true(quic_keys_init(&keys, crypto, QUIC_VERSION_1, &suite, (struct bytes){secret, 48}));
    assert_true(suite_algorithms_find(0x1305, 0x0304, &suite)); /* a tag of eight bytes: not for QUIC */
    assert_false(quic_keys_init(&keys, crypto, QUIC_VERSION_1, &suite, (struct bytes){secret, 32}));
    quic_keys_wipe(&keys);
    assert_int_equal(keys.secret[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_initial_keys), cmocka_unit_test(test_client_initial), cmocka_unit_test(test_initial),
        cmocka_unit_test(test_retry),        cmocka_unit_test(test_chacha),         cmocka_unit_test(test_wrong_keys),
        cmocka_unit_test(test_damage),       cmocka_unit_test(test_secrets),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
