/* QUIC's packet protection: RFC 9001 appendix A, RFC 9369 appendix A. */
#include "session/quic_keys.h"

#include "support/cmocka_all.h"
#include "support/mutate.h"

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

/* Opens a packet of which the capture holds `captured` bytes with `keys`, into out. */
static bool open_hex(struct quic_keys *keys, const char *hex, size_t captured, uint8_t *out, struct quic_opened *opened)
{
    struct bytes b = bytes_from_hex(hex);
    struct fault fault;
    struct cursor c;
    struct quic_packet packet;
    cursor_init(&c, bytes_slice(b, 0, captured), b.len, 0, &fault);
    assert_true(quic_packet_next(&c, &packet));
    bool is_open = quic_keys_open(keys, &packet, 0, out, opened);
    free_bytes(b);
    return is_open;
}

static struct quic_keys *initial_keys(uint32_t version, const char *dcid_hex, bool is_server)
{
    struct bytes dcid = bytes_from_hex(dcid_hex);
    struct quic_keys *keys = quic_keys_new_initial(crypto, version, dcid, is_server);
    assert_non_null(keys);
    free_bytes(dcid);
    return keys;
}

static void check_server_initial(uint32_t version, const char *hex)
{
    uint8_t out[256];
    struct quic_opened opened;
    struct bytes expected = bytes_from_hex(SERVER_PAYLOAD);
    struct quic_keys *keys = initial_keys(version, DCID, true);
    assert_true(open_hex(keys, hex, SIZE_MAX, out, &opened));
    assert_int_equal(opened.number, 1);
    assert_int_equal(opened.len, expected.len);
    assert_int_equal(opened.declared, expected.len);
    assert_memory_equal(out, expected.at, expected.len);
    /* Cut by the capture: as far as it goes. */
    assert_true(open_hex(keys, hex, 70, out, &opened));
    assert_int_equal(opened.len, 70 - 18 - 2);
    assert_int_equal(opened.declared, expected.len);
    assert_memory_equal(out, expected.at, opened.len);
    assert_false(open_hex(keys, hex, 18 + 4 + 15, out, &opened)); /* too little for the header's protection */
    quic_keys_free(keys);
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
    struct quic_opened opened;
    struct quic_keys *wrong[] = {
        initial_keys(QUIC_VERSION_1, DCID, false),
        initial_keys(QUIC_VERSION_1, "8394c8f03e515709", true),
        initial_keys(QUIC_VERSION_2, DCID, true),
        initial_keys(QUIC_VERSION_DRAFT_29, DCID, true),
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(open_hex(wrong[i], SERVER_INITIAL, SIZE_MAX, out, &opened));
        quic_keys_free(wrong[i]);
    }
}

static void parse(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    struct cursor c;
    struct quic_packet packet;
    struct quic_opened opened;
    cursor_init(&c, b, declared, 0, fault);
    while (quic_packet_next(&c, &packet)) {
        uint8_t *out = malloc(packet.packet.len + 1);
        if (packet.kind == QUIC_INITIAL && quic_keys_open(arg, &packet, 0, out, &opened))
            assert_in_range(opened.len, 0, packet.packet.len);
        free(out);
    }
}

/* A packet of which one bit is another is never opened, unless it says that it is longer than what was captured. */
static void test_damage(void **state)
{
    (void)state;
    struct bytes b = bytes_from_hex(SERVER_INITIAL);
    struct quic_keys *keys = initial_keys(QUIC_VERSION_1, DCID, true);
    mutate_bits(b, parse, keys);
    uint8_t *copy = malloc(b.len);
    uint8_t out[256];
    for (size_t bit = 0; bit < 8 * b.len; bit++) {
        struct fault fault;
        struct cursor c;
        struct quic_packet packet;
        struct quic_opened opened;
        memcpy(copy, b.at, b.len);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cursor_init_whole(&c, (struct bytes){copy, b.len}, &fault);
        while (quic_packet_next(&c, &packet))
            if (packet.kind == QUIC_INITIAL)
                assert_false(quic_keys_open(keys, &packet, 0, out, &opened));
    }
    free(copy);
    quic_keys_free(keys);
    free_bytes(b);
}

static void test_secrets(void **state)
{
    (void)state;
    struct suite_algorithms suite;
    uint8_t secret[48] = {1};
    assert_true(suite_algorithms_find(0x1303, 0x0304, &suite));
    struct quic_keys *keys = quic_keys_new(crypto, QUIC_VERSION_1, &suite, (struct bytes){secret, 32});
    assert_non_null(keys);
    uint8_t out[256];
    struct quic_opened opened;
    assert_false(open_hex(keys, SERVER_INITIAL, SIZE_MAX, out, &opened));
    quic_keys_free(keys);
    assert_null(quic_keys_new(crypto, QUIC_VERSION_1, &suite, (struct bytes){secret, 48}));
    assert_true(suite_algorithms_find(0x1302, 0x0304, &suite));
    keys = quic_keys_new(crypto, QUIC_VERSION_1, &suite, (struct bytes){secret, 48});
    assert_non_null(keys);
    quic_keys_free(keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_initial),
        cmocka_unit_test(test_wrong_keys),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_secrets),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
