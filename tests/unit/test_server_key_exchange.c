/* ServerKeyExchange of every kind of key exchange. */
#include "dissect/handshake.h"
#include "support/cmocka_all.h"
#include "support/mutate.h"
#include "support/tls_messages.h"
#include "support/tls_subset.h"

#include <stdlib.h>

struct law {
    enum kx_kind kind;
    uint16_t version;
    const struct server_key_exchange *whole; /* NULL where damage may give anything */
};

static void parse(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    const struct law *law = arg;
    struct cursor c;
    struct server_key_exchange k;
    cursor_init(&c, b, declared, 0, fault);
    server_key_exchange_parse(&c, law->kind, law->version, &k);
    if (!law->whole)
        return;
    const struct server_key_exchange *w = law->whole;
    assert_int_equal(k.kind, law->kind);
    assert_number_part(k.curve_type, w->curve_type, "curve_type");
    assert_number_part(k.group, w->group, "group");
    assert_bytes_prefix(k.public_key, w->public_key, "public_key");
    assert_number_part(k.dh_bits, w->dh_bits, "dh_bits");
    assert_bytes_prefix(k.dh_p, w->dh_p, "dh_p");
    assert_bytes_prefix(k.dh_g, w->dh_g, "dh_g");
    assert_bytes_prefix(k.psk_hint, w->psk_hint, "psk_hint");
    assert_number_part(k.has_signature_algorithm, w->has_signature_algorithm, "has_signature_algorithm");
    if (k.has_signature_algorithm) /* 0 is anonymous, which a cut message must not claim */
        assert_int_equal(k.signature_algorithm, w->signature_algorithm);
    assert_bytes_prefix(k.signature, w->signature, "signature");
}

static struct bytes check(const char *hex, enum kx_kind kind, uint16_t version, struct server_key_exchange *k)
{
    struct bytes b = bytes_from_hex(hex);
    struct fault fault;
    struct cursor c;
    cursor_init_whole(&c, b, &fault);
    server_key_exchange_parse(&c, kind, version, k);
    if (fault.kind != FAULT_NONE)
        fail_msg("%s: %s", kx_kind_name(kind), fault.field);
    mutate_prefixes(b, parse, &(struct law){kind, version, k});
    mutate_bits(b, parse, &(struct law){kind, version, NULL});
    if (kind != KX_UNKNOWN && kind != KX_ECJPAKE)
        mutate_trailing(b, parse, &(struct law){kind, version, NULL});
    return b;
}

static void release(struct bytes b)
{
    free((void *)(uintptr_t)b.at);
}

static void test_ecdhe(void **state)
{
    (void)state;
    struct server_key_exchange k;
    struct bytes b = check(KEY_EXCHANGE_ECDHE_TLS12, KX_ECDHE, VERSION_TLS12, &k);
    assert_int_equal(k.curve_type, 3);
    assert_int_equal(k.group, 0x001D);
    assert_int_equal(k.public_key.len, 32);
    assert_true(k.has_signature_algorithm);
    assert_int_equal(k.signature_algorithm, 0x0403);
    assert_int_equal(k.signature.len, b.len - 40);
    assert_int_equal(k.dh_bits, 0);
    release(b);

    b = check(KEY_EXCHANGE_ECDHE_TLS11, KX_ECDHE, VERSION_TLS11, &k);
    assert_int_equal(k.group, 0x001D);
    assert_false(k.has_signature_algorithm);
    assert_int_equal(k.signature.len, 256);
    release(b);

    b = check(KEY_EXCHANGE_ECDH_ANON, KX_ECDH_ANON, VERSION_TLS12, &k);
    assert_int_equal(k.public_key.len, 32);
    assert_false(k.has_signature_algorithm);
    assert_int_equal(k.signature.len, 0);
    release(b);
}

static void test_explicit_curves(void **state)
{
    (void)state;
    struct server_key_exchange k;
    struct bytes b =
        check("01 02 0017 01 01 01 02 03 040506 01 0d 01 01 03 04a1a2 0401 0002 b1b2", KX_ECDHE, VERSION_TLS12, &k);
    assert_int_equal(k.curve_type, 1);
    assert_int_equal(k.group, 0);
    assert_bytes_hex(k.public_key, "04a1a2");
    assert_int_equal(k.signature_algorithm, 0x0401);
    release(b);
    b = check("02 00a3 01 01 07 01 01 01 02 03 040506 01 0d 01 02 03 04a1a2 0002 b1b2", KX_ECDHE, VERSION_TLS10, &k);
    assert_int_equal(k.curve_type, 2);
    assert_bytes_hex(k.public_key, "04a1a2");
    release(b);
    b = check("02 00a3 02 01 07 01 06 01 03 01 01 01 02 03 040506 01 0d 01 02 03 04a1a2 0002 b1b2", KX_ECDHE,
              VERSION_TLS10, &k);
    assert_bytes_hex(k.public_key, "04a1a2");
    release(b);
}

static void test_dhe(void **state)
{
    (void)state;
    struct server_key_exchange k;
    struct bytes b = check(KEY_EXCHANGE_DHE_TLS10, KX_DHE, VERSION_TLS10, &k);
    assert_int_equal(k.dh_bits, 2048);
    assert_int_equal(k.dh_p.len, 256);
    assert_bytes_hex(k.dh_g, "02");
    assert_int_equal(k.public_key.len, 256);
    assert_false(k.has_signature_algorithm);
    assert_int_equal(k.signature.len, 256);
    release(b);

    b = check(KEY_EXCHANGE_DH_ANON, KX_DH_ANON, VERSION_TLS12, &k);
    assert_int_equal(k.dh_bits, 1024);
    assert_int_equal(k.signature.len, 0);
    release(b);
}

/* Leading zero bytes and bits are no part of a prime's size. */
static void test_bits(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        unsigned want;
    } cases[] = {
        {"0002 8001 0001 02 0001 05", 16},  {"0002 7fff 0001 02 0001 05", 15}, {"0004 00000101 0001 02 0001 05", 9},
        {"0003 000001 0001 02 0001 05", 1}, {"0002 0000 0001 02 0001 05", 0},  {"0000 0001 02 0001 05", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct server_key_exchange k;
        struct bytes b = check(cases[i].hex, KX_DH_ANON, VERSION_TLS12, &k);
        assert_int_equal(k.dh_bits, cases[i].want);
        release(b);
    }
    /* As long as a vector can be. */
    static uint8_t longest[2 + 65535 + 6];
    longest[0] = longest[1] = longest[2] = 0xFF;
    longest[2 + 65535 + 1] = 1;
    longest[2 + 65535 + 4] = 1;
    struct fault fault;
    struct cursor c;
    struct server_key_exchange k;
    cursor_init_whole(&c, (struct bytes){longest, sizeof longest}, &fault);
    server_key_exchange_parse(&c, KX_DH_ANON, VERSION_TLS12, &k);
    assert_int_equal(fault.kind, FAULT_NONE);
    assert_int_equal(k.dh_bits, UINT16_MAX);
}

static void test_psk(void **state)
{
    (void)state;
    struct server_key_exchange k;
    struct bytes b = check(KEY_EXCHANGE_PSK, KX_PSK, VERSION_TLS12, &k);
    assert_bytes_text(k.psk_hint, "myhint");
    release(b);
    b = check("0000", KX_RSA_PSK, VERSION_TLS12, &k);
    assert_int_equal(k.psk_hint.len, 0);
    release(b);
    b = check(KEY_EXCHANGE_DHE_PSK, KX_DHE_PSK, VERSION_TLS12, &k);
    assert_bytes_text(k.psk_hint, "myhint");
    assert_int_equal(k.dh_bits, 2048);
    assert_int_equal(k.signature.len, 0);
    release(b);
    b = check(KEY_EXCHANGE_ECDHE_PSK, KX_ECDHE_PSK, VERSION_TLS12, &k);
    assert_bytes_text(k.psk_hint, "myhint");
    assert_int_equal(k.group, 0x001D);
    assert_int_equal(k.public_key.len, 32);
    release(b);
}

static void test_others(void **state)
{
    (void)state;
    struct server_key_exchange k;
    /* An export modulus of 512 bits is 64 bytes; a short one does here. */
    struct bytes b = check("0004 c1c2c3c4 0003 010001 0002 b1b2", KX_RSA_EXPORT, VERSION_SSL3, &k);
    assert_int_equal(k.dh_bits, 32);
    assert_bytes_hex(k.public_key, "c1c2c3c4");
    assert_bytes_hex(k.signature, "b1b2");
    assert_int_equal(k.dh_p.len, 0);
    release(b);

    b = check("0002 8001 0001 02 04 a1a2a3a4 0002 c1c2", KX_SRP, VERSION_TLS10, &k);
    assert_int_equal(k.dh_bits, 16);
    assert_bytes_hex(k.public_key, "c1c2");
    assert_int_equal(k.signature.len, 0);
    release(b);

    b = check("03 0017 41 04a1a2", KX_ECJPAKE, VERSION_TLS12, &k);
    assert_int_equal(k.group, 0x0017);
    assert_int_equal(k.public_key.len, 4);
    release(b);

    static const enum kx_kind unread[] = {KX_UNKNOWN, KX_RSA, KX_GOST, (enum kx_kind)99};
    for (size_t i = 0; i < sizeof unread / sizeof unread[0]; i++) {
        struct fault fault;
        struct cursor c;
        struct bytes any = bytes_from_hex("03 0017 03 04a1a2");
        cursor_init_whole(&c, any, &fault);
        server_key_exchange_parse(&c, unread[i], VERSION_TLS12, &k);
        assert_int_equal(fault.kind, FAULT_NONE);
        assert_int_equal(k.kind, unread[i]);
        assert_int_equal(k.group, 0);
        assert_int_equal(k.public_key.len, 0);
        release(any);
    }
}

/* RFC 5054 section 2.8: with a certificate, SRP's parameters are signed. */
static void test_signed_srp(void **state)
{
    (void)state;
    struct bytes b = bytes_from_hex("0002 8001 0001 02 04 a1a2a3a4 0002 c1c2 0401 0002 b1b2");
    struct fault fault;
    struct cursor c;
    struct server_key_exchange k;
    cursor_init_whole(&c, b, &fault);
    server_key_exchange_parse(&c, KX_SRP, VERSION_TLS12, &k);
    assert_int_equal(fault.kind, FAULT_NONE);
    assert_int_equal(k.signature_algorithm, 0x0401);
    assert_bytes_hex(k.signature, "b1b2");
    release(b);
}

static void test_malformed(void **state)
{
    (void)state;
    static const struct {
        enum kx_kind kind;
        const char *hex, *field;
    } cases[] = {
        {KX_ECDHE, "04 001d 20", "curve_type"},
        {KX_ECDHE, "03 001d 00 0403 0000", "ECPoint"},
        {KX_ECDHE, "03 001d 02 a1", "ECPoint"},
        {KX_ECDHE, "03 001d 01 a1", "SignatureAndHashAlgorithm"},
        {KX_ECDHE, "03 001d 01 a1 0403 0002 b1", "signature"},
        {KX_ECDHE, "02 00a3 03", "basis"},
        {KX_DHE, "0002 80", "dh_p"},
        {KX_DH_ANON, "0001 05 0001 02 0001 03 00", "ServerKeyExchange"},
        {KX_PSK, "0000 00", "ServerKeyExchange"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes b = bytes_from_hex(cases[i].hex);
        struct fault fault;
        struct cursor c;
        struct server_key_exchange k;
        cursor_init_whole(&c, b, &fault);
        server_key_exchange_parse(&c, cases[i].kind, VERSION_TLS12, &k);
        assert_int_equal(fault.kind, FAULT_MALFORMED);
        assert_string_equal(fault.field, cases[i].field);
        release(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ecdhe),      cmocka_unit_test(test_explicit_curves),
        cmocka_unit_test(test_dhe),        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_psk),        cmocka_unit_test(test_others),
        cmocka_unit_test(test_signed_srp), cmocka_unit_test(test_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
