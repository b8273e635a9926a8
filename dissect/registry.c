/* Names and properties of TLS code points: see registry.h. The rows come from dissect/tables/, sorted by code. */
#include "dissect/registry.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct named_code {
    uint16_t code;
    const char *name;
};

static const struct cipher_suite cipher_suites[] = {
#define X(...) {__VA_ARGS__},
#include "dissect/tables/cipher_suites.def"
#undef X
};

static const struct ssl2_cipher ssl2_ciphers[] = {
#define X(...) {__VA_ARGS__},
#include "dissect/tables/ssl2_ciphers.def"
#undef X
};

static const struct named_group groups[] = {
#define X(...) {__VA_ARGS__},
#include "dissect/tables/groups.def"
#undef X
};

static const struct signature_scheme signature_schemes[] = {
#define X(...) {__VA_ARGS__},
#include "dissect/tables/signature_schemes.def"
#undef X
};

static const struct x509_verify_error x509_verify_errors[] = {
#define X(...) {__VA_ARGS__},
#include "dissect/tables/x509_verify_errors.def"
#undef X
};

static const struct service_port service_ports[] = {
#define X(...) {__VA_ARGS__},
#include "dissect/tables/starttls_ports.def"
#undef X
};

static const struct named_code versions[] = {
#define X(...) {__VA_ARGS__},
#include "dissect/tables/versions.def"
#undef X
};

static const struct named_code extensions[] = {
#define X(...) {__VA_ARGS__},
#include "dissect/tables/extensions.def"
#undef X
};

static const struct named_code cert_compressions[] = {
#define X(...) {__VA_ARGS__},
#include "dissect/tables/cert_compression.def"
#undef X
};

static const struct named_code srtp_profiles[] = {
#define X(...) {__VA_ARGS__},
#include "dissect/tables/srtp_profiles.def"
#undef X
};

static const struct named_code hpke_kdfs[] = {
#define X(...) {__VA_ARGS__},
#include "dissect/tables/hpke_kdfs.def"
#undef X
};

static const struct named_code hpke_aeads[] = {
#define X(...) {__VA_ARGS__},
#include "dissect/tables/hpke_aeads.def"
#undef X
};

static const struct quic_parameter quic_parameters[] = {
#define X(...) {__VA_ARGS__},
#include "dissect/tables/quic_transport_parameters.def"
#undef X
};

/* One-byte registries are indexed by the code itself. */
static const char *const alerts[256] = {
#define X(code, name, ...) [code] = (name),
#include "dissect/tables/alerts.def"
#undef X
};

static const char *const handshake_types[256] = {
#define X(code, name) [code] = (name),
#include "dissect/tables/handshake_types.def"
#undef X
};

static const char *const content_types[256] = {
#define X(code, name) [code] = (name),
#include "dissect/tables/content_types.def"
#undef X
};

static const char *const client_cert_types[256] = {
#define X(code, name) [code] = (name),
#include "dissect/tables/client_cert_types.def"
#undef X
};

static const char *const compression_methods[256] = {
#define X(code, name) [code] = (name),
#include "dissect/tables/compression_methods.def"
#undef X
};

static const char *const psk_key_exchange_modes[256] = {
#define X(code, name) [code] = (name),
#include "dissect/tables/psk_key_exchange_modes.def"
#undef X
};

static const char *const ec_point_formats[256] = {
#define X(code, name) [code] = (name),
#include "dissect/tables/ec_point_formats.def"
#undef X
};

static const char *const certificate_types[256] = {
#define X(code, name) [code] = (name),
#include "dissect/tables/certificate_types.def"
#undef X
};

/* The first row of a sorted table whose `key` is not below `wanted`; COUNT(table) when there is none. */
#define LOWER_BOUND(table, key, wanted, result)                                                                        \
    size_t result = 0;                                                                                                 \
    for (size_t left = COUNT(table); left > 0;) {                                                                      \
        size_t half = left / 2;                                                                                        \
        bool is_below = (table)[result + half].key < (wanted);                                                         \
        result += is_below ? half + 1 : 0;                                                                             \
        left = is_below ? left - half - 1 : half;                                                                      \
    }

#define FIND(table, wanted)                                                                                            \
    do {                                                                                                               \
        LOWER_BOUND(table, code, wanted, i)                                                                            \
        return i < COUNT(table) && (table)[i].code == (wanted) ? &(table)[i] : NULL;                                   \
    } while (0)

#define NAME_OF(table, wanted)                                                                                         \
    do {                                                                                                               \
        LOWER_BOUND(table, code, wanted, i)                                                                            \
        return i < COUNT(table) && (table)[i].code == (wanted) ? (table)[i].name : NULL;                               \
    } while (0)

const struct cipher_suite *cipher_suite_find(uint16_t code)
{
    FIND(cipher_suites, code);
}

const struct ssl2_cipher *ssl2_cipher_find(uint32_t code)
{
    FIND(ssl2_ciphers, code);
}

const struct named_group *named_group_find(uint16_t code)
{
    FIND(groups, code);
}

const struct signature_scheme *signature_scheme_find(uint16_t code)
{
    FIND(signature_schemes, code);
}

const struct x509_verify_error *x509_verify_error_find(uint16_t code)
{
    FIND(x509_verify_errors, code);
}

const struct quic_parameter *quic_parameter_find(uint64_t id)
{
    FIND(quic_parameters, id);
}

const char *version_name(uint16_t version)
{
    NAME_OF(versions, version);
}

const char *extension_name(uint16_t type)
{
    NAME_OF(extensions, type);
}

const char *group_name(uint16_t group)
{
    NAME_OF(groups, group);
}

const char *signature_scheme_name(uint16_t scheme)
{
    NAME_OF(signature_schemes, scheme);
}

const char *cert_compression_name(uint16_t algorithm)
{
    NAME_OF(cert_compressions, algorithm);
}

const char *srtp_profile_name(uint16_t profile)
{
    NAME_OF(srtp_profiles, profile);
}

const char *hpke_kdf_name(uint16_t kdf)
{
    NAME_OF(hpke_kdfs, kdf);
}

const char *hpke_aead_name(uint16_t aead)
{
    NAME_OF(hpke_aeads, aead);
}

const char *alert_name(uint8_t code)
{
    return alerts[code];
}

const char *handshake_type_name(uint8_t type)
{
    return handshake_types[type];
}

const char *content_type_name(uint8_t type)
{
    return content_types[type];
}

const char *client_cert_type_name(uint8_t type)
{
    return client_cert_types[type];
}

const char *compression_method_name(uint8_t method)
{
    return compression_methods[method];
}

const char *psk_key_exchange_mode_name(uint8_t mode)
{
    return psk_key_exchange_modes[mode];
}

const char *ec_point_format_name(uint8_t format)
{
    return ec_point_formats[format];
}

const char *certificate_type_name(uint8_t type)
{
    return certificate_types[type];
}

const char *code_point_write(char buf[CODE_POINT_LEN], const char *name, uint16_t code)
{
    static const char digits[] = "0123456789ABCDEF";
    static const char grease[] = "GREASE(";
    if (name)
        return name;
    char *out = buf;
    if (is_grease(code))
        for (const char *p = grease; *p; p++)
            *out++ = *p;
    *out++ = '0';
    *out++ = 'x';
    for (int shift = 12; shift >= 0; shift -= 4)
        *out++ = digits[code >> shift & 15];
    if (is_grease(code))
        *out++ = ')';
    *out = '\0';
    return buf;
}

const struct service_port *service_port_find(uint16_t port, bool is_udp)
{
    LOWER_BOUND(service_ports, port, port, i)
    for (; i < COUNT(service_ports) && service_ports[i].port == port; i++)
        if (service_ports[i].is_udp == is_udp)
            return &service_ports[i];
    return NULL;
}
