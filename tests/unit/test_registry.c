/* The registries: every row of every CSV is found with its content, everything else is unknown. */
#include "dissect/registry.h"

#include "support/cmocka_all.h"
#include "support/csv.h"

#include <string.h>

static bool is_grease_row(const struct csv *csv)
{
    return !strcmp(csv_field(csv, "name"), "GREASE");
}

/* A registry of names only: rows of the CSV have theirs, GREASE and all other codes none. */
static void check_names(const char *path, unsigned max, const char *(*name)(unsigned code))
{
    static bool seen[65536];
    memset(seen, 0, sizeof seen);
    struct csv csv;
    csv_open(&csv, path);
    unsigned rows = 0;
    while (csv_next(&csv)) {
        if (is_grease_row(&csv))
            continue;
        unsigned code = (unsigned)csv_number(&csv, "code");
        assert_true(code <= max);
        seen[code] = true;
        assert_non_null(name(code));
        assert_string_equal(name(code), csv_field(&csv, "name"));
        rows++;
    }
    assert_true(rows > 1);
    for (unsigned code = 0; code <= max; code++)
        if (!seen[code])
            assert_null(name(code));
}

#define NAMES(function)                                                                                                \
    static const char *call_##function(unsigned code)                                                                  \
    {                                                                                                                  \
        return function((uint16_t)code);                                                                               \
    }
#define NAMES8(function)                                                                                               \
    static const char *call_##function(unsigned code)                                                                  \
    {                                                                                                                  \
        return function((uint8_t)code);                                                                                \
    }
NAMES(extension_name)
NAMES(group_name)
NAMES(signature_scheme_name)
NAMES(cert_compression_name)
NAMES8(alert_name)
NAMES8(handshake_type_name)
NAMES8(content_type_name)
NAMES8(client_cert_type_name)
NAMES8(compression_method_name)
NAMES8(psk_key_exchange_mode_name)
NAMES8(ec_point_format_name)
NAMES8(certificate_type_name)
NAMES(srtp_profile_name)

static void test_names(void **state)
{
    (void)state;
    check_names("dissect/tables/extensions.csv", 0xFFFF, call_extension_name);
    check_names("dissect/tables/groups.csv", 0xFFFF, call_group_name);
    check_names("dissect/tables/signature_schemes.csv", 0xFFFF, call_signature_scheme_name);
    check_names("dissect/tables/cert_compression.csv", 0xFFFF, call_cert_compression_name);
    check_names("dissect/tables/alerts.csv", 0xFF, call_alert_name);
    check_names("dissect/tables/handshake_types.csv", 0xFF, call_handshake_type_name);
    check_names("dissect/tables/content_types.csv", 0xFF, call_content_type_name);
    check_names("dissect/tables/client_cert_types.csv", 0xFF, call_client_cert_type_name);
    check_names("dissect/tables/compression_methods.csv", 0xFF, call_compression_method_name);
    check_names("dissect/tables/psk_key_exchange_modes.csv", 0xFF, call_psk_key_exchange_mode_name);
    check_names("dissect/tables/ec_point_formats.csv", 0xFF, call_ec_point_format_name);
    check_names("dissect/tables/certificate_types.csv", 0xFF, call_certificate_type_name);
    check_names("dissect/tables/srtp_profiles.csv", 0xFFFF, call_srtp_profile_name);
    assert_string_equal(alert_name(48), "unknown_ca");
    assert_string_equal(handshake_type_name(0), "hello_request");
    assert_string_equal(extension_name(0), "server_name");
    assert_string_equal(group_name(0x11EC), "X25519MLKEM768");
}

static void test_cipher_suites(void **state)
{
    (void)state;
    static bool seen[65536];
    struct csv csv;
    csv_open(&csv, "dissect/tables/cipher_suites.csv");
    while (csv_next(&csv)) {
        uint16_t code = (uint16_t)csv_number(&csv, "code");
        const struct cipher_suite *suite = cipher_suite_find(code);
        if (!strcmp(csv_field(&csv, "status"), "grease")) {
            assert_null(suite);
            assert_true(is_grease(code));
            continue;
        }
        seen[code] = true;
        assert_non_null(suite);
        assert_int_equal(suite->code, code);
        assert_string_equal(suite->iana, csv_field(&csv, "iana_name"));
        assert_string_equal(suite->openssl, csv_field(&csv, "openssl_name"));
        assert_string_equal(suite->gnutls, csv_field(&csv, "gnutls_name"));
        assert_string_equal(suite->kx, csv_field(&csv, "kx"));
        assert_string_equal(suite->auth, csv_field(&csv, "auth"));
        assert_string_equal(suite->enc, csv_field(&csv, "enc"));
        assert_string_equal(suite->mode, csv_field(&csv, "mode"));
        assert_string_equal(suite->mac, csv_field(&csv, "mac"));
        assert_string_equal(suite->prf_hash, csv_field(&csv, "prf_hash"));
        assert_string_equal(suite->protocol_min, csv_field(&csv, "protocol_min"));
        assert_int_equal(suite->enc_bits, csv_number(&csv, "enc_bits"));
        assert_int_equal(suite->forward_secret, csv_number(&csv, "forward_secret"));
        assert_int_equal(suite->is_aead, csv_number(&csv, "aead"));
        assert_int_equal(suite->is_recommended, !strcmp(csv_field(&csv, "recommended"), "Y"));
        assert_string_equal(suite->weakness, csv_field(&csv, "weakness"));
        assert_string_equal(suite->weakness_all, csv_field(&csv, "weakness_all"));
        assert_int_equal(suite->is_clear, !strcmp(csv_field(&csv, "enc"), "NULL"));
        assert_true(suite->is_clear || suite->clear_mac_len == 0);
    }
    for (unsigned code = 0; code <= 0xFFFF; code++)
        if (!seen[code])
            assert_null(cipher_suite_find((uint16_t)code));
    assert_string_equal(cipher_suite_find(0xC02F)->openssl, "ECDHE-RSA-AES128-GCM-SHA256");
    static const struct {
        uint16_t code;
        uint8_t mac_len;
    } clear[] = {{0x0001, 16}, {0x0002, 20}, {0x003B, 32}, {0x00B1, 48}, {0xC010, 20}, {0xFF87, 32}};
    for (size_t i = 0; i < sizeof clear / sizeof *clear; i++)
        assert_int_equal(cipher_suite_find(clear[i].code)->clear_mac_len, clear[i].mac_len);
}

static void test_ssl2_ciphers(void **state)
{
    (void)state;
    struct csv csv;
    csv_open(&csv, "dissect/tables/ssl2_ciphers.csv");
    while (csv_next(&csv)) {
        uint32_t code = (uint32_t)csv_number(&csv, "code");
        const struct ssl2_cipher *cipher = ssl2_cipher_find(code);
        assert_non_null(cipher);
        assert_int_equal(cipher->code, code);
        assert_string_equal(cipher->name, csv_field(&csv, "name"));
        assert_string_equal(cipher->openssl, csv_field(&csv, "openssl_name"));
        assert_int_equal(cipher->enc_bits, csv_number(&csv, "enc_bits"));
        assert_string_equal(cipher->weakness, csv_field(&csv, "weakness"));
    }
    assert_null(ssl2_cipher_find(0x010081));
    assert_null(ssl2_cipher_find(0xFFFFFFFF));
}

/* Two registries in one CSV. */
static void test_hpke(void **state)
{
    (void)state;
    unsigned kdfs = 0, aeads = 0;
    struct csv csv;
    csv_open(&csv, "dissect/tables/ech_hpke_ids.csv");
    while (csv_next(&csv)) {
        uint16_t code = (uint16_t)csv_number(&csv, "code");
        bool is_kdf = !strcmp(csv_field(&csv, "registry"), "kdf"),
             is_aead = !strcmp(csv_field(&csv, "registry"), "aead");
        kdfs += is_kdf;
        aeads += is_aead;
        if (is_kdf)
            assert_string_equal(hpke_kdf_name(code), csv_field(&csv, "name"));
        if (is_aead)
            assert_string_equal(hpke_aead_name(code), csv_field(&csv, "name"));
    }
    assert_true(kdfs > 0 && aeads > 0);
    for (unsigned code = 0; code <= 0xFFFF; code++) {
        kdfs -= hpke_kdf_name((uint16_t)code) != NULL;
        aeads -= hpke_aead_name((uint16_t)code) != NULL;
    }
    assert_int_equal(kdfs, 0);
    assert_int_equal(aeads, 0);
}

static void test_quic_parameters(void **state)
{
    (void)state;
    struct csv csv;
    csv_open(&csv, "dissect/tables/quic_transport_parameters.csv");
    while (csv_next(&csv)) {
        const struct quic_parameter *row = quic_parameter_find(csv_number(&csv, "code"));
        assert_non_null(row);
        assert_string_equal(row->name, csv_field(&csv, "name"));
        assert_int_equal(row->is_integer, !strcmp(csv_field(&csv, "kind"), "integer"));
    }
    assert_null(quic_parameter_find(27));
    assert_null(quic_parameter_find(0x10001));
    assert_null(quic_parameter_find(UINT64_MAX));
}

static void test_groups_and_schemes(void **state)
{
    (void)state;
    struct csv csv;
    csv_open(&csv, "dissect/tables/groups.csv");
    while (csv_next(&csv)) {
        const struct named_group *group = named_group_find((uint16_t)csv_number(&csv, "code"));
        if (is_grease_row(&csv)) {
            assert_null(group);
            continue;
        }
        assert_non_null(group);
        assert_int_equal(group->code, csv_number(&csv, "code"));
        assert_string_equal(group->kind, csv_field(&csv, "kind"));
        assert_int_equal(group->client_share_len, csv_number(&csv, "client_share_len"));
        assert_int_equal(group->server_share_len, csv_number(&csv, "server_share_len"));
        assert_int_equal(group->bits, csv_number(&csv, "bits"));
    }
    csv_open(&csv, "dissect/tables/x509_verify_errors.csv");
    while (csv_next(&csv)) {
        const struct x509_verify_error *error = x509_verify_error_find((uint16_t)csv_number(&csv, "code"));
        assert_non_null(error);
        assert_int_equal(error->code, csv_number(&csv, "code"));
        assert_string_equal(error->symbol, csv_field(&csv, "symbol"));
        assert_string_equal(error->text, csv_field(&csv, "string"));
    }
    assert_null(x509_verify_error_find(9999));
    csv_open(&csv, "dissect/tables/signature_schemes.csv");
    while (csv_next(&csv)) {
        const struct signature_scheme *scheme = signature_scheme_find((uint16_t)csv_number(&csv, "code"));
        if (is_grease_row(&csv)) {
            assert_null(scheme);
            continue;
        }
        assert_non_null(scheme);
        assert_int_equal(scheme->code, csv_number(&csv, "code"));
        assert_string_equal(scheme->key_type, csv_field(&csv, "key_type"));
        assert_string_equal(scheme->hash, csv_field(&csv, "hash"));
        assert_string_equal(scheme->padding, csv_field(&csv, "padding"));
        assert_string_equal(scheme->weakness, csv_field(&csv, "weakness"));
        assert_int_equal(scheme->is_tls13_certverify, csv_number(&csv, "tls13_certverify"));
    }
}

static void test_versions(void **state)
{
    (void)state;
    static const struct {
        uint16_t code;
        const char *name;
    } named[] = {
        {0x0002, "SSLv2"},    {0x0300, "SSLv3"},           {0x0301, "TLSv1.0"},        {0x0302, "TLSv1.1"},
        {0x0303, "TLSv1.2"},  {0x0304, "TLSv1.3"},         {0xFEFF, "DTLSv1.0"},       {0xFEFD, "DTLSv1.2"},
        {0xFEFC, "DTLSv1.3"}, {0x7F17, "TLSv1.3-draft23"}, {0x7F01, "TLSv1.3-draft1"}, {0x7F1C, "TLSv1.3-draft28"},
    };
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++)
        assert_string_equal(version_name(named[i].code), named[i].name);
    /* Known to the CSV, but from no RFC and no IETF draft; then GREASE; then unknown. */
    static const uint16_t unnamed[] = {0x7E01, 0x7E04, 0xFB17, 0xFB1A, 0x0101, 0x0100, 0x0A0A,
                                       0xFAFA, 0x0000, 0x0305, 0x7F00, 0x7F1D, 0xFEFE, 0xFFFF};
    for (size_t i = 0; i < sizeof unnamed / sizeof unnamed[0]; i++)
        assert_null(version_name(unnamed[i]));
    unsigned count = 0;
    for (unsigned code = 0; code <= 0xFFFF; code++)
        count += version_name((uint16_t)code) != NULL;
    assert_int_equal(count, 10 + 28);
}

static void test_grease(void **state)
{
    (void)state;
    unsigned count = 0;
    for (unsigned code = 0; code <= 0xFFFF; code++)
        count += is_grease((uint16_t)code);
    assert_int_equal(count, 16);
    for (unsigned high = 0; high < 16; high++) {
        uint16_t code = (uint16_t)((high << 4 | 0xA) * 0x0101);
        assert_true(is_grease(code));
        assert_null(extension_name(code));
        assert_null(group_name(code));
        assert_null(signature_scheme_name(code));
        assert_null(version_name(code));
        assert_null(cipher_suite_find(code));
    }
    assert_false(is_grease(0x0A1A));
}

static void test_code_points(void **state)
{
    (void)state;
    char buf[CODE_POINT_LEN];
    assert_string_equal(code_point_write(buf, "x25519", 29), "x25519");
    assert_string_equal(code_point_write(buf, NULL, 0x1A1A), "GREASE(0x1A1A)");
    assert_string_equal(code_point_write(buf, NULL, 0xC0FE), "0xC0FE");
    assert_string_equal(code_point_write(buf, NULL, 0), "0x0000");
    assert_ptr_equal(code_point_write(buf, NULL, 0xFFFF), buf);
    assert_string_equal(buf, "0xFFFF");
}

static void test_ports(void **state)
{
    (void)state;
    static bool seen[2][65536];
    struct csv csv;
    csv_open(&csv, "dissect/tables/starttls_ports.csv");
    while (csv_next(&csv)) {
        uint16_t port = (uint16_t)csv_number(&csv, "port");
        bool is_udp = !strcmp(csv_field(&csv, "transport"), "udp");
        const struct service_port *row = service_port_find(port, is_udp);
        assert_non_null(row);
        assert_int_equal(row->port, port);
        assert_int_equal(row->is_udp, is_udp);
        if (seen[is_udp][port])
            continue;
        seen[is_udp][port] = true;
        bool is_implicit = !strcmp(csv_field(&csv, "mode"), "implicit");
        assert_int_equal(row->mode, is_implicit ? PORT_IMPLICIT_TLS : PORT_STARTTLS);
        assert_string_equal(row->service, csv_field(&csv, "service"));
        assert_string_equal(row->protocol, csv_field(&csv, "protocol"));
    }
    for (unsigned port = 0; port <= 0xFFFF; port++)
        for (int is_udp = 0; is_udp < 2; is_udp++)
            if (!seen[is_udp][port])
                assert_null(service_port_find((uint16_t)port, is_udp));
    assert_string_equal(service_port_find(443, false)->service, "https");
    assert_string_equal(service_port_find(443, true)->protocol, "DTLS");
    assert_string_equal(service_port_find(5223, false)->service, "apns");
    assert_int_equal(service_port_find(25, false)->mode, PORT_STARTTLS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),           cmocka_unit_test(test_cipher_suites),
        cmocka_unit_test(test_ssl2_ciphers),    cmocka_unit_test(test_hpke),
        cmocka_unit_test(test_quic_parameters), cmocka_unit_test(test_groups_and_schemes),
        cmocka_unit_test(test_versions),        cmocka_unit_test(test_grease),
        cmocka_unit_test(test_code_points),     cmocka_unit_test(test_ports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
