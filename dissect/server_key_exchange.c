/* ServerKeyExchange: RFC 5246 section 7.4.3, RFC 8422 section 5.4, RFC 4279, 5489 (PSK), RFC 5054 (SRP), RFC 6101. */
#include "dissect/handshake.h"

enum {
    CURVE_EXPLICIT_PRIME = 1,
    CURVE_EXPLICIT_CHAR2 = 2,
    CURVE_NAMED = 3,
    BASIS_TRINOMIAL = 1,
    BASIS_PENTANOMIAL = 2
};

static uint16_t bits_of(struct bytes number)
{
    struct fault fault;
    struct cursor c;
    cursor_init_whole(&c, number, &fault);
    while (cursor_more(&c)) {
        uint8_t high = cursor_u8(&c, "number");
        if (high == 0)
            continue;
        size_t bits = c.left * 8;
        for (; high > 0; high >>= 1)
            bits++;
        return bits < UINT16_MAX ? (uint16_t)bits : UINT16_MAX;
    }
    return 0;
}

static void explicit_curve_skip(struct cursor *c, uint8_t curve_type)
{
    if (curve_type == CURVE_EXPLICIT_PRIME) {
        cursor_bytes8(c, "prime_p");
    } else {
        cursor_u16(c, "m");
        uint8_t basis = cursor_u8(c, "basis");
        unsigned num = basis == BASIS_TRINOMIAL ? 1 : basis == BASIS_PENTANOMIAL ? 3 : 0;
        if (num == 0)
            cursor_fail(c, FAULT_MALFORMED, "basis");
        for (; num > 0; num--)
            cursor_bytes8(c, "k");
    }
    cursor_bytes8(c, "curve.a");
    cursor_bytes8(c, "curve.b");
    cursor_bytes8(c, "base");
    cursor_bytes8(c, "order");
    cursor_bytes8(c, "cofactor");
}

static void curve_parse(struct cursor *c, struct server_key_exchange *out)
{
    out->curve_type = cursor_u8(c, "curve_type");
    if (!cursor_ok(c))
        return;
    if (out->curve_type == CURVE_NAMED)
        out->group = cursor_u16(c, "namedcurve");
    else if (out->curve_type == CURVE_EXPLICIT_PRIME || out->curve_type == CURVE_EXPLICIT_CHAR2)
        explicit_curve_skip(c, out->curve_type);
    else
        cursor_fail(c, FAULT_MALFORMED, "curve_type");
}

static void ecdh_parse(struct cursor *c, struct server_key_exchange *out)
{
    curve_parse(c, out);
    struct cursor point = cursor_vec8(c, "ECPoint");
    cursor_expect(&point, "ECPoint");
    out->public_key = cursor_bytes(&point, point.declared, "ECPoint");
}

static void dh_parse(struct cursor *c, struct server_key_exchange *out)
{
    out->dh_p = cursor_bytes16(c, "dh_p");
    out->dh_bits = bits_of(out->dh_p);
    out->dh_g = cursor_bytes16(c, "dh_g");
    out->public_key = cursor_bytes16(c, "dh_Ys");
}

static void hint_parse(struct cursor *c, struct server_key_exchange *out)
{
    out->psk_hint = cursor_bytes16(c, "psk_identity_hint");
}

static void psk_dh_parse(struct cursor *c, struct server_key_exchange *out)
{
    hint_parse(c, out);
    dh_parse(c, out);
}

static void psk_ecdh_parse(struct cursor *c, struct server_key_exchange *out)
{
    hint_parse(c, out);
    ecdh_parse(c, out);
}

static void rsa_export_parse(struct cursor *c, struct server_key_exchange *out)
{
    out->public_key = cursor_bytes16(c, "rsa_modulus");
    out->dh_bits = bits_of(out->public_key);
    cursor_bytes16(c, "rsa_exponent");
}

static void srp_parse(struct cursor *c, struct server_key_exchange *out)
{
    out->dh_p = cursor_bytes16(c, "srp_N");
    out->dh_bits = bits_of(out->dh_p);
    out->dh_g = cursor_bytes16(c, "srp_g");
    cursor_bytes8(c, "srp_s");
    out->public_key = cursor_bytes16(c, "srp_B");
}

static void ecjpake_parse(struct cursor *c, struct server_key_exchange *out)
{
    curve_parse(c, out);
    out->public_key = cursor_bytes(c, c->declared, "ECJPAKEKeyKP");
}

enum signing { UNSIGNED, SIGNED, SIGNED_PERHAPS };

/* Without a row (static RSA and what nobody knows) there is nothing that could be read without guessing. */
static const struct {
    void (*parse)(struct cursor *c, struct server_key_exchange *out);
    enum signing signing;
} kinds[] = {
    [KX_RSA_EXPORT] = {rsa_export_parse, SIGNED}, [KX_DHE] = {dh_parse, SIGNED},
    [KX_DH_ANON] = {dh_parse, UNSIGNED},          [KX_ECDHE] = {ecdh_parse, SIGNED},
    [KX_ECDH_ANON] = {ecdh_parse, UNSIGNED},      [KX_PSK] = {hint_parse, UNSIGNED},
    [KX_DHE_PSK] = {psk_dh_parse, UNSIGNED},      [KX_ECDHE_PSK] = {psk_ecdh_parse, UNSIGNED},
    [KX_RSA_PSK] = {hint_parse, UNSIGNED},        [KX_SRP] = {srp_parse, SIGNED_PERHAPS},
    [KX_ECJPAKE] = {ecjpake_parse, UNSIGNED},
};

void server_key_exchange_parse(struct cursor *body, enum kx_kind kind, uint16_t version,
                               struct server_key_exchange *out)
{
    *out = (struct server_key_exchange){.kind = kind};
    if ((size_t)kind >= sizeof kinds / sizeof kinds[0] || !kinds[kind].parse) {
        cursor_skip(body, body->declared, "ServerKeyExchange");
        return;
    }
    kinds[kind].parse(body, out);
    if (kinds[kind].signing == SIGNED || (kinds[kind].signing == SIGNED_PERHAPS && cursor_more(body))) {
        if (version_signs_with_algorithm(version)) {
            out->signature_algorithm = cursor_u16(body, "SignatureAndHashAlgorithm");
            out->has_signature_algorithm = cursor_ok(body);
        }
        out->signature = cursor_bytes16(body, "signature");
    }
    cursor_close(body, "ServerKeyExchange");
}
