/*
 * Names and properties of TLS code points: read-only tables generated from the CSVs in dissect/tables/.
 *
 * _name() functions return a static string, or NULL when the registry does not know the value. GREASE (RFC 8701) values
 * have no name there; code_point_write() writes what reports show for every value.
 */
#ifndef TLSWHY_DISSECT_REGISTRY_H
#define TLSWHY_DISSECT_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One row of cipher_suites.csv; strings are "" where the registry says nothing. */
struct cipher_suite {
    uint16_t code;
    const char *iana, *openssl, *gnutls;
    const char *kx, *auth, *enc, *mode, *mac, *prf_hash;
    const char *protocol_min;
    uint16_t enc_bits;
    bool forward_secret, is_aead, is_recommended;
    bool is_clear;         /* it encrypts nothing: up to TLS 1.2 a record is its content and a MAC (RFC 5246 6.2.3.1) */
    uint8_t clear_mac_len; /* is_clear: bytes of that MAC */
    const char *weakness, *weakness_all;
};

const struct cipher_suite *cipher_suite_find(uint16_t code); /* NULL: unknown or GREASE */

struct ssl2_cipher {
    uint32_t code; /* 24 bits */
    const char *name, *openssl;
    uint16_t enc_bits;
    const char *weakness;
};

const struct ssl2_cipher *ssl2_cipher_find(uint32_t code);

/* One row of groups.csv; share lengths in bytes, 0 where unknown. */
struct named_group {
    uint16_t code;
    const char *name, *kind;
    uint16_t client_share_len, server_share_len, bits;
};

const struct named_group *named_group_find(uint16_t code);

/* One row of signature_schemes.csv. */
struct signature_scheme {
    uint16_t code;
    const char *name, *key_type, *hash, *padding, *weakness;
    bool is_tls13_certverify;
};

const struct signature_scheme *signature_scheme_find(uint16_t code);

/* One row of x509_verify_errors.csv: why OpenSSL's verifier refuses a chain. */
struct x509_verify_error {
    uint16_t code;
    const char *symbol, *text; /* "X509_V_ERR_..."; as OpenSSL 3 prints it */
};

const struct x509_verify_error *x509_verify_error_find(uint16_t code);

const char *
version_name(uint16_t version); /* as the JSON contract names them: "TLSv1.0", "DTLSv1.2", "TLSv1.3-draft23" */
const char *extension_name(uint16_t type);
const char *group_name(uint16_t group);
const char *signature_scheme_name(uint16_t scheme);
const char *alert_name(uint8_t code);
const char *handshake_type_name(uint8_t type);
const char *content_type_name(uint8_t type);
const char *client_cert_type_name(uint8_t type);
const char *compression_method_name(uint8_t method);
const char *cert_compression_name(uint16_t algorithm);
const char *psk_key_exchange_mode_name(uint8_t mode);
const char *ec_point_format_name(uint8_t format);
const char *certificate_type_name(uint8_t type); /* "X509" "RawPublicKey" ... */
const char *srtp_profile_name(uint16_t profile);
const char *hpke_kdf_name(uint16_t kdf);
const char *hpke_aead_name(uint16_t aead);

/* One row of quic_transport_parameters.csv. */
struct quic_parameter {
    uint16_t code;
    const char *name;
    bool is_integer; /* its value is a variable-length integer */
};

const struct quic_parameter *quic_parameter_find(uint64_t id); /* NULL: unknown or reserved (31 * N + 27) */

/* RFC 8701: 0x0A0A, 0x1A1A ... 0xFAFA. */
static inline bool is_grease(uint16_t value)
{
    return (value & 0x0F0F) == 0x0A0A && value >> 8 == (value & 0xFF);
}

enum { CODE_POINT_LEN = 16 }; /* room for "GREASE(0xHHHH)" and its NUL */

/* The name if there is one, else "GREASE(0xHHHH)" or "0xHHHH" written into buf. Returns the string to show. */
const char *code_point_write(char buf[CODE_POINT_LEN], const char *name, uint16_t code);

/* Rows of starttls_ports.csv. */
enum port_mode { PORT_NONE = 0, PORT_IMPLICIT_TLS, PORT_STARTTLS };
struct service_port {
    uint16_t port;
    bool is_udp;
    enum port_mode mode;
    const char *service, *protocol; /* protocol: "TLS" "DTLS" "QUIC" */
};
/* The first row for this port, NULL when there is none. */
const struct service_port *service_port_find(uint16_t port, bool is_udp);

#endif
