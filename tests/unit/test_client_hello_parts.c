/* The parts of ClientHellos: the right ones of real hellos, the prefix law, and that opaque ones change no fact. */
#include "dissect/client_hello_parts.h"
#include "dissect/handshake.h"
#include "support/cmocka_all.h"
#include "support/mutate.h"
#include "support/tls_messages.h"

#include <stdlib.h>
#include <string.h>

static const char *const hellos[] = {HELLO_OPENSSL, HELLO_CURL,  HELLO_NODE, HELLO_JAVA,
                                     HELLO_GNUTLS,  HELLO_TLS10, HELLO_PSK,  HELLO_AGAIN};

static const struct hello_part *part_at(const struct hello_parts *parts, size_t start)
{
    for (unsigned i = 0; i < parts->num; i++)
        if (parts->parts[i].start == start)
            return &parts->parts[i];
    return NULL;
}

static void assert_part(struct bytes body, const struct hello_parts *parts, struct bytes what, bool is_opaque)
{
    const struct hello_part *part = part_at(parts, (size_t)(what.at - body.at));
    assert_non_null(part);
    assert_int_equal(part->len, what.len);
    assert_int_equal(part->is_opaque, is_opaque);
}

static void parse(struct bytes body, struct client_hello *hello)
{
    struct fault fault;
    struct cursor c;
    cursor_init_whole(&c, body, &fault);
    client_hello_parse(&c, hello);
    assert_int_equal(fault.kind, FAULT_NONE);
}

static void assert_in_order(struct bytes body, const struct hello_parts *parts)
{
    size_t at = 0;
    assert_in_range(parts->num, 0, HELLO_PARTS_MAX);
    for (unsigned i = 0; i < parts->num; i++) {
        const struct hello_part *part = &parts->parts[i];
        assert_true(part->len > 0 && part->start >= at && part->start + (size_t)part->len <= body.len);
        assert_true(!part->is_opaque || part->len >= HELLO_OPAQUE_MIN_LEN);
        at = part->start + (size_t)part->len;
    }
}

static void test_real_hellos(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hellos / sizeof hellos[0]; i++) {
        struct bytes b = bytes_from_hex(hellos[i]);
        struct hello_parts parts;
        struct client_hello h;
        client_hello_parts(b, &parts);
        parse(b, &h);
        assert_in_order(b, &parts);
        assert_part(b, &parts, h.random, true);
        if (h.session_id.len > 0)
            assert_part(b, &parts, h.session_id, false);
        if (h.ext.server_name.len > 0)
            assert_part(b, &parts, h.ext.server_name, false);
        if (h.ext.session_ticket.len >= HELLO_OPAQUE_MIN_LEN)
            assert_part(b, &parts, h.ext.session_ticket, true);
        if (h.ext.cookie.len >= HELLO_OPAQUE_MIN_LEN)
            assert_part(b, &parts, h.ext.cookie, true);
        struct fault fault;
        struct cursor shares;
        uint16_t group;
        struct bytes key;
        cursor_init_whole(&shares, h.ext.key_shares, &fault);
        while (key_share_next(&shares, &group, &key))
            if (key.len >= HELLO_OPAQUE_MIN_LEN)
                assert_part(b, &parts, key, true);
        free((void *)(uintptr_t)b.at);
    }
}

static void test_pre_shared_key(void **state)
{
    (void)state;
    struct bytes b = bytes_from_hex(HELLO_PSK);
    struct hello_parts parts;
    struct client_hello h;
    client_hello_parts(b, &parts);
    parse(b, &h);
    assert_true(h.ext.num_psk_identities == 1 && h.ext.num_psk_binders == 1);
    size_t identity_len = bytes_u16_at(h.ext.psk_identities, 0), binder_len = bytes_u8_at(h.ext.psk_binders, 0);
    assert_part(b, &parts, bytes_slice(h.ext.psk_identities, 2, identity_len), true);
    assert_part(b, &parts, bytes_slice(h.ext.psk_identities, 2 + identity_len, 4), false);
    assert_part(b, &parts, bytes_slice(h.ext.psk_binders, 1, binder_len), true);
    free((void *)(uintptr_t)b.at);
}

/* ECH after RFC 9849, with 16 bytes of enc, 20 of payload; padding of 16 bytes and one of 15, which is too short. */
static void test_ech_and_padding(void **state)
{
    (void)state;
    struct bytes b =
        bytes_from_hex("0303 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 00 00021301 0100"
                       "0058"
                       "fe0d 002e 00 0001 0001 77 0010 a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
                       "0014 b0b1b2b3b4b5b6b7b8b9babbbcbdbebfb0b1b2b3"
                       "0015 0010 00000000000000000000000000000000"
                       "0023 000f 000102030405060708090a0b0c0d0e");
    struct hello_parts parts;
    client_hello_parts(b, &parts);
    static const struct hello_part expected[] = {
        {2, 32, true}, {52, 1, false}, {55, 16, true}, {73, 20, true}, {97, 16, true}};
    assert_int_equal(parts.num, sizeof expected / sizeof expected[0]);
    for (unsigned i = 0; i < parts.num; i++) {
        assert_int_equal(parts.parts[i].start, expected[i].start);
        assert_int_equal(parts.parts[i].len, expected[i].len);
        assert_int_equal(parts.parts[i].is_opaque, expected[i].is_opaque);
    }
    free((void *)(uintptr_t)b.at);
}

/* Of a cut body: the same parts as of the whole one, as many of the first as are there. */
static void test_prefixes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hellos / sizeof hellos[0]; i++) {
        struct bytes whole = bytes_from_hex(hellos[i]);
        struct hello_parts all;
        client_hello_parts(whole, &all);
        for (size_t len = 0; len < whole.len; len++) {
            uint8_t *copy = malloc(len ? len : 1);
            struct hello_parts parts;
            unsigned num = 0;
            memcpy(copy, whole.at, len);
            client_hello_parts((struct bytes){copy, len}, &parts);
            for (; num < all.num && all.parts[num].start + (size_t)all.parts[num].len <= len; num++) {
                assert_int_equal(parts.parts[num].start, all.parts[num].start);
                assert_int_equal(parts.parts[num].len, all.parts[num].len);
                assert_int_equal(parts.parts[num].is_opaque, all.parts[num].is_opaque);
            }
            assert_int_equal(parts.num, num);
            free(copy);
        }
        free((void *)(uintptr_t)whole.at);
    }
}

static void list(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    (void)declared, (void)fault, (void)arg;
    struct hello_parts parts;
    client_hello_parts(b, &parts);
    assert_in_order(b, &parts);
}

static void test_damage(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hellos / sizeof hellos[0]; i++) {
        struct bytes b = bytes_from_hex(hellos[i]);
        mutate_bits(b, list, NULL);
        free((void *)(uintptr_t)b.at);
    }
}

/* 100 names: no more than HELLO_PARTS_MAX are listed. A body of over 64 KiB has no parts at all. */
static void test_limits(void **state)
{
    (void)state;
    uint8_t *body = calloc(1, 70000);
    assert_non_null(body);
    size_t at = 2 + 32 + 1;
    body[at + 1] = 2; /* one suite, one compression method */
    body[at + 4] = 1;
    at += 6;
    body[at] = (4 + 2 + 400) >> 8;
    body[at + 1] = (4 + 2 + 400) & 255;
    at += 2;
    body[at + 2] = (2 + 400) >> 8;
    body[at + 3] = (2 + 400) & 255;
    body[at + 4] = 400 >> 8;
    body[at + 5] = 400 & 255;
    at += 6;
    for (unsigned i = 0; i < 100; i++, at += 4)
        body[at + 2] = 1;
    struct hello_parts parts;
    client_hello_parts((struct bytes){body, at}, &parts);
    assert_int_equal(parts.num, HELLO_PARTS_MAX);
    assert_int_equal(parts.parts[1].len, 1);
    client_hello_parts((struct bytes){body, 65535}, &parts);
    assert_int_not_equal(parts.num, 0);
    client_hello_parts((struct bytes){body, 65536}, &parts);
    assert_int_equal(parts.num, 0);
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real_hellos),     cmocka_unit_test(test_pre_shared_key),
        cmocka_unit_test(test_ech_and_padding), cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_damage),          cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
