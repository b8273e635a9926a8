/* What extensions hold, as JSON and as text: each kind in each message, cut and bad bodies, strangers' text. */
#include "report/extension_content.h"

#include "report/json_report.h"
#include "report/text_report.h"
#include "support/cmocka_all.h"
#include "support/mutate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct output out;

static int set_up(void **state)
{
    struct error error;
    (void)state;
    return output_init_memory(&out, &error);
}

static int tear_down(void **state)
{
    (void)state;
    output_cleanup(&out);
    return 0;
}

static const char *written(void)
{
    output_char(&out, '\0');
    return out.data;
}

static const char *json(const struct extensions *ext, enum ext_context context)
{
    struct json j;
    out.len = 0;
    json_init(&j, &out);
    json_open(&j, '{');
    json_extension_data(&j, ext, context);
    json_close(&j, '}');
    return written();
}

static const char *text(const struct extensions *ext, enum ext_context context, unsigned width)
{
    struct text t = {.out = &out, .width = width};
    out.len = 0;
    text_extensions(&t, ext, context);
    return written();
}

/* A block in hex, of which the capture holds all but `cut` bytes. */
static struct bytes parse(struct extensions *ext, enum ext_context context, const char *hex, size_t cut)
{
    struct bytes block = bytes_from_hex(hex);
    struct fault fault;
    struct cursor c;
    cursor_init(&c, (struct bytes){block.at, block.len - cut}, block.len, 0, &fault);
    extensions_parse(&c, context, ext);
    assert_int_equal(fault.kind, cut ? FAULT_SHORT : FAULT_NONE);
    return block;
}

static struct bytes parse_one(struct extensions *ext, enum ext_context context, uint16_t type, const char *body)
{
    struct bytes b = bytes_from_hex(body);
    char hex[4096];
    snprintf(hex, sizeof hex, "%04x %04x %04x %s", (unsigned)b.len + 4, type, (unsigned)b.len, body);
    free((void *)(uintptr_t)b.at);
    return parse(ext, context, hex, 0);
}

#define CH  EXT_CLIENT_HELLO
#define SH  EXT_SERVER_HELLO
#define HRR EXT_HELLO_RETRY_REQUEST
#define CR  EXT_CERTIFICATE_REQUEST

#define LOG "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
#define SHA "0102030405060708090a0b0c0d0e0f1011121314"
/* CN=A */
#define NAME "300c310a300806035504030c0141"

static const struct {
    uint16_t type;
    enum ext_context context;
    const char *body, *json, *text; /* NULL: no content; NULL: as not looked at */
} cases[] = {
    {0x0000, CH, "0004 00 0001 61", NULL, NULL},
    {0x0001, CH, "03", "2048", "2048"},
    {0x0002, CH, "", NULL, NULL},
    {0x0003, CH, "003d 00 01" SHA "02 000e" NAME "03 0102030405060708090a0b0c0d0e0f1011121314 00",
     "[{\"type\":\"pre_agreed\"},{\"type\":\"key_sha1_hash\",\"sha1\":\"" SHA
     "\"},{\"type\":\"x509_name\",\"name\":\"CN=A\"},{\"type\":\"cert_sha1_hash\",\"sha1\":\"" SHA
     "\"},{\"type\":\"pre_agreed\"}]",
     "type pre_agreed; type key_sha1_hash, sha1 " SHA "; type x509_name, name CN=A; type cert_sha1_hash, sha1 " SHA
     "; type pre_agreed"},
    {0x0003, SH, "", NULL, NULL},
    {0x0005, CH, "01 0000 0000", "\"ocsp\"", "ocsp"},
    {0x0005, CH, "07 0000 0000", "\"0x0007\"", NULL},
    {0x0005, SH, "", NULL, NULL},
    {0x0006, CH, "02 4041", "[\"upn_domain_hint\",\"0x0041\"]", "upn_domain_hint, 0x0041"},
    {0x0007, CH, "02 0001", "[\"x509_attr_cert\",\"saml_assertion\"]", NULL},
    {0x0008, SH, "02 4042", "[\"keynote_assertion_list\",\"dtcp_authorization\"]", NULL},
    {0x0009, CH, "02 0001", "[\"X509\",\"OpenPGP\"]", NULL},
    {0x000A, CH, "0004 001d 0017", NULL, NULL},
    {0x000A, SH, "0004 001d 2a2a", "[\"x25519\",\"GREASE(0x2A2A)\"]", "x25519, GREASE(0x2A2A)"},
    {0x000B, CH, "02 0002", "[\"uncompressed\",\"ansiX962_compressed_char2\"]", NULL},
    {0x000C, CH, "05 616c696365", "{\"identity\":\"alice\"}", "identity alice"},
    {0x000D, CH, "0002 0403", NULL, NULL},
    {0x000D, CR, "0002 0403", NULL, NULL},
    {0x000D, SH, "0002 0403", "[\"ecdsa_secp256r1_sha256\"]", NULL},
    {0x000E, CH, "0004 0007 0001 00", "{\"profiles\":[\"SRTP_AEAD_AES_128_GCM\",\"SRTP_AES128_CM_HMAC_SHA1_80\"]}",
     "profiles SRTP_AEAD_AES_128_GCM SRTP_AES128_CM_HMAC_SHA1_80"},
    {0x000E, CH, "0002 0003 02 aabb", "{\"profiles\":[\"0x0003\"],\"mki_length\":2}", "profiles 0x0003, mki length 2"},
    {0x000F, CH, "02", "\"peer_not_allowed_to_send\"", NULL},
    {0x0010, CH, "0003 02 6832", NULL, NULL},
    {0x0011, CH, "000e 02 0004 0000 0000 01 0004 0000 0000", "[\"ocsp_multi\",\"ocsp\"]", "ocsp_multi, ocsp"},
    {0x0011, SH, "", NULL, NULL},
    {0x0012, CH, "", NULL, NULL},
    {0x0012, SH, "0039 0032 00" LOG "0000018df4dc5180 0000 0403 0003 aabbcc 0003 010203",
     "[{\"log_id\":\"" LOG
     "\",\"timestamp\":\"2024-02-29T12:34:56.000000Z\",\"signature_algorithm\":\"ecdsa_secp256r1_sha256\"},{}]",
     "log id " LOG ", timestamp 2024-02-29 12:34:56.000, signature algorithm ecdsa_secp256r1_sha256; none"},
    {0x0012, SH, "0034 0032 00" LOG "ffffffffffffffff 0000 0403 0003 aabbcc",
     "[{\"log_id\":\"" LOG "\",\"signature_algorithm\":\"ecdsa_secp256r1_sha256\"}]", NULL},
    {0x0013, CH, "02 0002", "[\"X509\",\"RawPublicKey\"]", NULL},
    {0x0014, SH, "02", "[\"RawPublicKey\"]", NULL},
    {0x0015, CH, "0000000000", "{\"length\":5}", "length 5"},
    {0x0016, CH, "", NULL, NULL},
    {0x0017, CH, "", NULL, NULL},
    {0x0018, CH, "010d 03 020105",
     "{\"version\":\"1.13\",\"key_parameters\":[\"ecdsap256\",\"rsa2048_pss\",\"0x0005\"]}",
     "version 1.13, key parameters ecdsap256 rsa2048_pss 0x0005"},
    {0x0019, CH, "0006 01 01 aa 02 01 bb", "[\"cert\",\"cert_req\"]", NULL},
    {0x0019, SH, "0001 01", "[\"cert\"]", NULL},
    {0x001B, CH, "04 0002 0001", "[\"brotli\",\"zlib\"]", NULL},
    {0x001C, CH, "4001", "16385", "16385"},
    {0x001D, CH, "03 aabbcc", "{\"length\":3}", NULL},
    {0x001E, CH, "04 66726564", "{\"identity\":\"fred\"}", NULL},
    {0x001F, SH, "0002 aabb", "{\"length\":2}", NULL},
    {0x0020, CH, "aabb", "{\"length\":2}", NULL},
    {0x0020, SH, "00 0000 00000000", NULL, NULL},
    {0x0022, CH, "0004 0403 0807", "[\"ecdsa_secp256r1_sha256\",\"ed25519\"]", NULL},
    {0x0022, CR, "0002 0807", "[\"ed25519\"]", NULL},
    {0x0023, CH, "aabbcc", "{\"length\":3}", "length 3"},
    {0x0023, SH, "", "{\"length\":0}", NULL},
    {0x0027, CH, "02 0001", "[\"AESKW128\",\"AESKW256\"]", NULL},
    {0x0027, SH, "01", "[\"AESKW256\"]", NULL},
    {0x0028, CH, "0006 001d 0002 aabb", "[{\"group\":\"x25519\",\"length\":2}]", NULL},
    {0x0029, CH,
     "0011 0003 a1a2a3 00000001 0002 b1b2 00000002 0042 "
     "20 0000000000000000000000000000000000000000000000000000000000000000 "
     "20 0000000000000000000000000000000000000000000000000000000000000000",
     "{\"identities\":2,\"identity_lengths\":[3,2],\"binder_lengths\":[32,32]}",
     "identities 2, identity lengths 3 2, binder lengths 32 32"},
    {0x0029, SH, "0001", "{\"selected_identity\":1}", "selected identity 1"},
    {0x002A, CH, "", NULL, NULL},
    {0x002B, CH, "02 0304", NULL, NULL},
    {0x002B, SH, "0304", NULL, NULL},
    {0x002B, HRR, "0304", "[\"TLSv1.3\"]", NULL},
    {0x002C, CH, "0004 a1a2a3a4", "{\"length\":4}", NULL},
    {0x002D, CH, "03 01000b", "[\"psk_dhe_ke\",\"psk_ke\",\"0x000B\"]", "psk_dhe_ke, psk_ke, 0x000B"},
    {0x002F, CH, "0014 000e" NAME "0002 0500", "[\"CN=A\",\"0500\"]", "CN=A, 0500"},
    {0x002F, CR, "0010 000e" NAME, NULL, NULL},
    {0x0030, CR, "0009 03 551d0f 0003 030205", "[{\"oid_der\":\"551d0f\",\"length\":3}]", "oid der 551d0f, length 3"},
    {0x0031, CH, "", NULL, NULL},
    {0x0032, CH, "0004 0403 0a0a", "[\"ecdsa_secp256r1_sha256\",\"GREASE(0x0A0A)\"]", NULL},
    {0x0033, CH, "000b 1a1a 0001 00 001d 0002 aabb",
     "[{\"group\":\"GREASE(0x1A1A)\",\"length\":1},{\"group\":\"x25519\",\"length\":2}]",
     "group GREASE(0x1A1A), length 1; group x25519, length 2"},
    {0x0033, SH, "0017 0003 04aabb", "[{\"group\":\"secp256r1\",\"length\":3}]", NULL},
    {0x0033, HRR, "0017", NULL, NULL},
    {0x0034, SH, "0006 0001 aa 0001 bb", "{\"items\":2}", NULL},
    {0x0035, CH, "02 aabb", "{\"length\":2}", NULL},
    {0x0036, CH, "00", "{\"length\":0}", NULL},
    {0x0037, CH, "02 aabb", "{\"length\":2}", NULL},
    {0x0038, CH, "02 aabb", "{\"length\":2}", NULL},
    {0x0039, CH, "01 04 80007530 80007127 02 aabb 0f 00 0e 02 02aa",
     "[{\"name\":\"max_idle_timeout\",\"value\":30000},{\"name\":\"0x7127\",\"length\":2},"
     "{\"name\":\"initial_source_connection_id\",\"length\":0},{\"name\":\"active_connection_id_limit\",\"length\":2}]",
     "name max_idle_timeout, value 30000; name 0x7127, length 2; name initial_source_connection_id, length 0; "
     "name active_connection_id_limit, length 2"},
    {0x003A, CH, "0102", "{\"new_session_count\":1,\"resumption_count\":2}", NULL},
    {0x003B, CH, "01bb", "{\"port\":443}", NULL},
    {0x003B, SH, "0001 aabb", NULL, NULL},
    {0x003D, CH, "", NULL, NULL},
    {0x003E, CH, "02 8101", "[0,7,8]", "0, 7, 8"},
    {0x3374, CH, "", NULL, NULL},
    {0x3374, SH, "02 6832 06 737064792f33", "[\"h2\",\"spdy/3\"]", "h2, spdy/3"},
    {0x4469, CH, "0003 02 6832", "[\"h2\"]", NULL},
    {0x44CD, CH, "0006 02 6832 02 1b5b", "[\"h2\",\"\\u001b[\"]", "h2, \\x1B["},
    {0x7550, CH, "", NULL, NULL},
    {0x8B47, CH, "0000", "{\"length\":2}", NULL},
    {0xCA34, CH, "0006 02 8101 02 aabb", "[\"8101\",\"aabb\"]", "8101, aabb"},
    {0xFD00, CH, "04 000a 0010", "[\"supported_groups\",\"application_layer_protocol_negotiation\"]", NULL},
    {0xFE0D, CH, "00 0001 0003 2a 0002 aabb 0003 aabbcc",
     "{\"type\":\"outer\",\"config_id\":42,\"kdf\":\"HKDF-SHA256\",\"aead\":\"ChaCha20Poly1305\",\"enc_length\":2,"
     "\"payload_length\":3}",
     "type outer, config id 42, kdf HKDF-SHA256, aead ChaCha20Poly1305, enc length 2, payload length 3"},
    {0xFE0D, CH, "01", "{\"type\":\"inner\"}", NULL},
    {0xFE0D, HRR, "0102030405060708", "{\"type\":\"confirmation\"}", NULL},
    {0xFF01, CH, "00", "{\"length\":0}", NULL},
    {0xFF01, CH, "02 aabb", "{\"length\":2}", NULL},
    {0xFFA5, CH, "0102030405", "{\"length\":5}", NULL},
    {0x1A1A, CH, "00", NULL, NULL},
    {0xABCD, CH, "0102", NULL, NULL},
};
enum { NUM_CASES = sizeof cases / sizeof *cases };

static void test_each(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_CASES; i++) {
        struct extensions ext;
        char expected[4096];
        const char *name = extension_name(cases[i].type);
        struct bytes block = parse_one(&ext, cases[i].context, cases[i].type, cases[i].body);
        if (ext.has_bad)
            fail_msg("0x%04x: %s is bad in %s", cases[i].type, cases[i].body, ext.bad_fault.field);
        if (cases[i].json)
            snprintf(expected, sizeof expected, "{\"extension_data\":{\"%s\":%s}}", name, cases[i].json);
        assert_string_equal(json(&ext, cases[i].context), cases[i].json ? expected : "{}");
        if (cases[i].text) {
            snprintf(expected, sizeof expected, "  contents      %s: %s\n", name, cases[i].text);
            assert_string_equal(text(&ext, cases[i].context, 4000), expected);
        } else if (!cases[i].json) {
            assert_string_equal(text(&ext, cases[i].context, 0), "");
        }
        free((void *)(uintptr_t)block.at);
    }
}

/* Cut at every length and damaged in every bit: whatever comes out is drawn to its end. */
static void mutated(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    struct cursor c;
    struct extensions ext;
    cursor_init(&c, b, declared, 0, fault);
    extensions_parse(&c, *(const enum ext_context *)arg, &ext);
    const char *line = json(&ext, *(const enum ext_context *)arg);
    size_t len = strlen(line);
    assert_int_equal(line[len - 1], '}');
    assert_null(strstr(line, ":\"\""));
    assert_null(strstr(line, "[\"\""));
    assert_null(strstr(line, ",\"\""));
    const char *lines = text(&ext, *(const enum ext_context *)arg, 40);
    len = strlen(lines);
    assert_true(len == 0 || lines[len - 1] == '\n');
}

static void test_damage(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_CASES; i++) {
        struct extensions ext;
        enum ext_context context = cases[i].context;
        struct bytes block = parse_one(&ext, context, cases[i].type, cases[i].body);
        mutate_prefixes(block, mutated, &context);
        mutate_bits(block, mutated, &context);
        free((void *)(uintptr_t)block.at);
    }
}

/* In the order of the registry, whatever order they came in; each once. */
static void test_order(void **state)
{
    (void)state;
    struct extensions ext;
    struct bytes block =
        parse(&ext, CH, "001f ff01 0001 00 002d 0002 0101 4469 0005 0003 02 6832 0001 0001 01 002d 0002 0100", 0);
    assert_true(ext.has_duplicate);
    assert_string_equal(json(&ext, CH),
                        "{\"extension_data\":{\"max_fragment_length\":512,"
                        "\"psk_key_exchange_modes\":[\"psk_dhe_ke\"],"
                        "\"application_settings_old\":[\"h2\"],\"renegotiation_info\":{\"length\":0}}}");
    assert_string_equal(text(&ext, CH, 0), "  contents      max_fragment_length: 512\n"
                                           "                psk_key_exchange_modes: psk_dhe_ke\n"
                                           "                application_settings_old: h2\n"
                                           "                renegotiation_info: length 0\n");
    free((void *)(uintptr_t)block.at);
}

/* An extension that had two numbers is told once. */
static void test_twins(void **state)
{
    (void)state;
    struct extensions ext;
    struct bytes block =
        parse(&ext, CH, "001d 8b47 0001 00 0015 0002 0000 4469 0005 0003 02 6832 44cd 0005 0003 02 6833", 0);
    assert_string_equal(json(&ext, CH),
                        "{\"extension_data\":{\"padding\":{\"length\":1},\"application_settings_old\":[\"h2\"]}}");
    free((void *)(uintptr_t)block.at);
}

/* Of what the capture cut, lists tell what was read, everything else nothing; so with what is bad. */
static void test_partial(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        size_t cut;
        const char *json;
    } partial[] = {
        {"000a 001c 0002 4001 0023 0000", 0,
         "{\"extension_data\":{\"record_size_limit\":16385,\"session_ticket\":{\"length\":0}}}"},
        {"000a 0023 0000 001c 0002 4001", 1, "{\"extension_data\":{\"session_ticket\":{\"length\":0}}}"},
        {"000c 0032 0008 0006 0403 0503 0603", 2,
         "{\"extension_data\":{\"signature_algorithms_cert\":[\"ecdsa_secp256r1_sha256\",\"ecdsa_secp384r1_sha384\"]}"
         "}"},
        {"0008 0023 0004 aabbccdd", 1, "{}"},
        {"0005 ff01 0001 00", 1, "{}"},
        {"0006 001c 0002 003f", 0, "{}"},
        {"0005 0001 0001 05", 0, "{}"},
        {"0005 000f 0001 03", 0, "{}"},
        {"0005 ff01 0001 02", 0, "{}"},
    };
    for (size_t i = 0; i < sizeof partial / sizeof *partial; i++) {
        struct extensions ext;
        struct bytes block = parse(&ext, CH, partial[i].hex, partial[i].cut);
        assert_string_equal(json(&ext, CH), partial[i].json);
        free((void *)(uintptr_t)block.at);
    }
}

static void test_wrapping(void **state)
{
    (void)state;
    struct extensions ext;
    struct bytes block = parse_one(&ext, CH, 0x0032, "000a 0403 0503 0603 0807 0808");
    assert_string_equal(text(&ext, CH, 72), "  contents      signature_algorithms_cert: ecdsa_secp256r1_sha256,\n"
                                            "                  ecdsa_secp384r1_sha384, ecdsa_secp521r1_sha512,\n"
                                            "                  ed25519, ed448\n");
    free((void *)(uintptr_t)block.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_damage, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_twins, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_partial, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wrapping, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
