/* JSON records, field for field. */
#include "bounds.h"
#include "support/capture_builder.h"
#include "support/cmocka_all.h"
#include "support/report_sample.h"

#include "version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct report_sample sample;

static int set_up(void **state)
{
    (void)state;
    struct sample_words words = sample_words_tame();
    report_sample_init(&sample, &words);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    report_sample_cleanup(&sample);
    return 0;
}

/* The sample's lines: connection, name, summary. */
static char *lines[3];

static char *write_lines(void)
{
    const struct report_options options = {0};
    char *text = report_sample_write(&sample, "json", &options), *at = text;
    for (unsigned i = 0; i < 3; i++) {
        lines[i] = at;
        at = strchr(at, '\n');
        assert_non_null(at);
        *at++ = '\0';
    }
    assert_string_equal(at, "");
    return text;
}

static void assert_has(unsigned line, const char *part)
{
    if (!strstr(lines[line], part))
        fail_msg("%s\nis not in\n%s", part, lines[line]);
}

static void assert_has_not(unsigned line, const char *part)
{
    if (strstr(lines[line], part))
        fail_msg("%s\nis in\n%s", part, lines[line]);
}

#define IDENTITY                                                                                                       \
    "{\"record\":\"connection\",\"id\":7,\"frame\":1,\"community_id\":\"1:W8528Q4nrf67KAB05t/PoDQ0/5U=\","             \
    "\"capture\":\"sample.pcap\",\"start\":\"2024-02-29T12:34:56.123456Z\",\"end\":\"2024-02-29T12:34:56.153456Z\","   \
    "\"transport\":\"tcp\",\"protocol\":\"tls\",\"client\":{\"ip\":\"10.0.0.1\",\"port\":54321},"                      \
    "\"server\":{\"ip\":\"192.0.2.7\",\"port\":443},\"packets\":{\"client\":5,\"server\":4},"                          \
    "\"bytes\":{\"client\":517,\"server\":3210},\"tcp\":{\"setup\":\"complete\",\"close\":\"reset\","                  \
    "\"closed_by\":\"client\",\"retransmissions\":1,\"out_of_order\":0,\"gaps\":1,\"gap_bytes\":99,\"rtt_us\":312},"
#define RESULT                                                                                                         \
    "\"outcome\":\"failed\",\"verdict\":\"issuer-untrusted\",\"verdict_side\":\"client\",\"ended_by\":\"client\","     \
    "\"name\":\"www.example.test\",\"name_from\":\"sni\",\"version\":\"TLSv1.2\",\"cipher\":{\"id\":\"0xC02F\","       \
    "\"iana\":\"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\",\"openssl\":\"ECDHE-RSA-AES128-GCM-SHA256\"},"                 \
    "\"group\":\"x25519\",\"sni\":\"www.example.test\",\"alpn\":\"h2\",\"resumed\":false,"
#define OFFER                                                                                                          \
    "\"client_hello\":{\"frame\":4,\"legacy_version\":\"TLSv1.2\",\"versions\":[\"TLSv1.3\",\"TLSv1.2\"],"             \
    "\"ciphers\":[\"GREASE(0x1A1A)\",\"TLS_AES_128_GCM_SHA256\",\"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\","            \
    "\"0xFEDC\"],\"groups\":[\"x25519\",\"secp256r1\"],\"alpn\":[\"h2\"],\"extensions\":[\"server_name\","             \
    "\"application_layer_protocol_negotiation\",\"supported_versions\",\"supported_groups\"],\"compression\":[0],"     \
    "\"session_id_length\":0,\"ja3\":\"5593179c0e53e0e20214d5e75de10332\","                                            \
    "\"ja3_string\":\"771,4865-49199-65244,0-16-43-10,29-23,\",\"ja4\":\"t13d0304h2_5c0da7d991ae_b0ac53b37fa7\","      \
    "\"early_data\":false,\"psk\":false},"
#define ANSWER                                                                                                         \
    "\"session\":{\"session_id\":\"deadbeef\",\"secure_renegotiation\":false,\"extended_master_secret\":true,"         \
    "\"encrypt_then_mac\":false,\"compression\":0},\"server_hello\":{\"frame\":6,\"legacy_version\":\"TLSv1.2\","      \
    "\"version\":\"TLSv1.2\",\"cipher\":\"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\",\"session_id_length\":4,"            \
    "\"ja3s\":\"174e7e4992a63f6d419626d97363adb8\",\"downgrade_sentinel\":\"TLSv1.2\"},"                               \
    "\"key_exchange\":{\"kind\":\"ecdhe\",\"group\":\"x25519\",\"bits\":255,"                                          \
    "\"signature_algorithm\":\"rsa_pss_rsae_sha256\"},"
#define ALERTS                                                                                                         \
    "\"alerts\":[{\"frame\":7,\"from\":\"client\",\"level\":\"fatal\",\"code\":48,\"name\":\"unknown_ca\","            \
    "\"encrypted\":false},{\"frame\":8,\"from\":\"server\",\"encrypted\":true}]"
#define FAULTS                                                                                                         \
    ",\"faults\":[{\"frame\":8,\"from\":\"server\",\"message\":\"server_hello\",\"field\":\"extensions\","             \
    "\"offset\":77,\"kind\":\"malformed\"}]}"

static void test_connection(void **state)
{
    (void)state;
    sample.connection.chain.num = 0;
    sample.connection.chain_missing = CHAIN_NOT_CAPTURED;
    char *text = write_lines();
    assert_string_equal(lines[0], IDENTITY RESULT OFFER ANSWER "\"chain_missing\":\"not-captured\"," ALERTS FAULTS);
    free(text);
}

static void test_other_records(void **state)
{
    (void)state;
    sample.summary.filter = "tcp port 443";
    sample.summary.was_interrupted = true;
    char *text = write_lines();
    assert_string_equal(lines[1], "{\"record\":\"name\",\"name\":\"nowhere.example.test\",\"client\":\"10.0.0.1\","
                                  "\"resolver\":\"192.0.2.53\",\"answer\":\"NXDOMAIN\",\"frame\":3,"
                                  "\"capture\":\"sample.pcap\"}");
    assert_string_equal(
        lines[2], "{\"record\":\"summary\",\"captures\":[{\"name\":\"sample.pcap\",\"format\":\"pcap\","
                  "\"link_types\":[\"EN10MB\"],\"packets\":0,\"bytes\":0,\"snaplen\":65535}],\"packets\":9,"
                  "\"bytes\":5000,\"first\":\"2024-02-29T12:34:56.123456Z\",\"last\":\"2024-02-29T12:34:56.153456Z\","
                  "\"probes\":2,\"connections\":{\"completed\":0,\"failed\":1,\"incomplete\":0,\"not-tls\":0},"
                  "\"verdicts\":{\"issuer-untrusted\":1},\"skipped\":{\"not-ip\":3},\"version\":\"" TLSWHY_VERSION
                  "\",\"unlisted\":1,\"limits\":{\"packets\":4},\"filter\":\"tcp port 443\",\"interrupted\":true}");
    free(text);
}

static void test_chain(void **state)
{
    (void)state;
    const struct certificate_facts *leaf = certificate_facts(sample.chain[0]),
                                   *bad = certificate_facts(sample.chain[1]);
    char expected[2048];
    snprintf(expected, sizeof expected,
             "\"chain\":[{\"sha256\":\"%s\",\"subject\":\"CN=www.example.test\",\"issuer\":\"CN=www.example.test\","
             "\"serial\":\"1234\",\"not_before\":\"2023-11-14T22:13:20Z\",\"not_after\":\"2027-01-15T08:00:00Z\","
             "\"key\":{\"type\":\"ec\",\"bits\":256,\"curve\":\"prime256v1\"},"
             "\"signature_algorithm\":\"ecdsa-with-SHA256\",\"san\":[\"DNS:www.example.test\"],\"ca\":false,"
             "\"self_signed\":true,\"sha1\":\"%s\",\"frame\":6},{\"sha256\":\"%s\",\"size\":22,\"error\":\"%s\","
             "\"frame\":6}],\"alerts\"",
             leaf->sha256, leaf->sha1, bad->sha256, bad->error);
    char *text = write_lines();
    assert_has(0, expected);
    free(text);

    /* The second time the certificates are not drawn again, only their place is another one. */
    char *once = write_lines();
    char *first = strdup(lines[0]);
    char *again = write_lines();
    assert_string_equal(first, lines[0]);
    sample.connection.chain.place.frame = 12;
    free(write_lines());
    free(first);
    free(once);
    free(again);
    text = write_lines();
    assert_has(0, "\"frame\":12},{\"sha256\"");
    assert_has_not(0, "\"chain_missing\"");
    free(text);
}

static void test_trust(void **state)
{
    (void)state;
    report_sample_trust(&sample);
    char expected[4096];
    const char *sha256 = certificate_facts(sample.chain[0])->sha256;
    snprintf(expected, sizeof expected,
             "\"verification\":[{\"store\":\"sample.pcap\",\"ok\":false,\"completed_from_capture\":false,\"code\":20,"
             "\"name\":\"UNABLE_TO_GET_ISSUER_CERT_LOCALLY\",\"text\":\"unable to get local issuer certificate\","
             "\"depth\":0,\"name_match\":false,\"also\":[{\"mode\":\"strict\",\"ok\":true,\"code\":0},"
             "{\"mode\":\"level2\",\"ok\":false,\"code\":66,\"name\":\"EE_KEY_TOO_SMALL\","
             "\"text\":\"EE certificate key too weak\",\"depth\":0}]},"
             "{\"store\":\"sample.pcap\",\"ok\":true,\"completed_from_capture\":true,\"code\":0,"
             "\"added\":[{\"from\":\"capture\",\"sha256\":\"%s\",\"subject\":\"CN=www.example.test\"}],"
             "\"anchor\":\"%s\"}],"
             "\"ocsp\":{\"status\":\"revoked\",\"produced_at\":\"2024-02-29T12:34:56Z\","
             "\"this_update\":\"2024-02-29T12:34:56Z\",\"revoked_at\":\"2023-11-14T22:13:20Z\","
             "\"reason\":\"keyCompromise\",\"signature_ok\":false,\"current\":false},\"alerts\"",
             sha256, sha256);
    char *text = write_lines();
    assert_has(0, expected);
    assert_has_not(2, "\"stores\"");
    free(text);
    sample.staple = (struct ocsp_staple){.error = "it is no OCSP response"};
    text = write_lines();
    assert_has(0, "\"ocsp\":{\"error\":\"it is no OCSP response\"},");
    free(text);
}

static void test_client_chain(void **state)
{
    (void)state;
    char *text = write_lines();
    assert_has_not(0, "client_chain");
    free(text);
    sample.connection.has_client_certificate_message = true;
    text = write_lines();
    assert_has(0, "],\"client_chain\":[],\"alerts\"");
    free(text);
    sample.connection.client_chain = sample.connection.chain;
    sample.connection.client_chain.place.frame = 7;
    text = write_lines();
    assert_has(0, "\"client_chain\":[{\"sha256\":\"");
    assert_has(0, "\"frame\":7}],\"alerts\"");
    free(text);
}

/* Facts in another file than the record's say so. */
static void test_other_file(void **state)
{
    (void)state;
    sample.flow.first.place.file = 1; /* the capture has file 0 alone, and names it */
    char *text = write_lines();
    assert_has(0, "\"client_hello\":{\"frame\":4,\"capture\":\"sample.pcap\",");
    assert_has(0, "\"frame\":6,\"capture\":\"sample.pcap\"}]");
    assert_has(0, "{\"frame\":7,\"capture\":\"sample.pcap\",\"from\":\"client\"");
    free(text);
    sample.shown.capture = NULL;
    text = write_lines();
    assert_has(0, "\"client_hello\":{\"frame\":4,\"legacy_version\"");
    free(text);
}

static void test_tcp(void **state)
{
    (void)state;
    static const struct {
        enum flow_setup setup;
        const char *expected;
    } setups[] = {
        {FLOW_UNSEEN, "\"tcp\":{\"setup\":\"unseen\","},     {FLOW_UNANSWERED, "\"tcp\":{\"setup\":\"unanswered\","},
        {FLOW_REFUSED, "\"tcp\":{\"setup\":\"refused\","},   {FLOW_SYN_ACKED, "\"tcp\":{\"setup\":\"unanswered\","},
        {FLOW_COMPLETE, "\"tcp\":{\"setup\":\"complete\","},
    };
    for (size_t i = 0; i < sizeof setups / sizeof *setups; i++) {
        sample.flow.setup = setups[i].setup;
        char *text = write_lines();
        assert_has(0, setups[i].expected);
        free(text);
    }
}

static void test_icmp(void **state)
{
    (void)state;
    sample.rare.has_icmp = true;
    sample.rare.icmp_type = 1;
    sample.rare.icmp_code = 4;
    sample.rare.icmp_ip_version = 6;
    sample.rare.icmp_from[0] = 0x20;
    sample.rare.icmp_from[1] = 0x01;
    sample.rare.icmp_from[15] = 1;
    sample.rare.icmp.place.frame = 2;
    char *text = write_lines();
    assert_has(0, "},\"icmp\":{\"type\":1,\"code\":4,\"from\":\"2001::1\",\"frame\":2},\"outcome\"");
    free(text);
}

/* Roles are not sides: the client may be the one whose first packet came second. */
static void test_client_on_the_other_side(void **state)
{
    (void)state;
    sample.connection.client_side = 1;
    char *text = write_lines();
    assert_has(0, "\"client\":{\"ip\":\"192.0.2.7\",\"port\":443},\"server\":{\"ip\":\"10.0.0.1\",\"port\":54321},"
                  "\"packets\":{\"client\":4,\"server\":5},\"bytes\":{\"client\":3210,\"server\":517}");
    assert_has(0, "\"closed_by\":\"server\"");
    free(text);
}

static void test_nothing_but_a_syn(void **state)
{
    (void)state;
    static const struct diagnosis none = {.verdict = {.outcome = OUTCOME_INCOMPLETE, .code = "capture-ended"}};
    static struct flow flow;
    flow = (struct flow){.ip_version = 6, .port = {1, 2}, .setup = FLOW_UNANSWERED, .first.place.frame = 3};
    sample.connection = (struct connection){.flow = &flow, .id = 1, .end_kind = FLOW_END_INPUT};
    sample.shown.diagnosis = &none;
    char *text = write_lines();
    assert_has(0, "\"capture\":\"sample.pcap\",\"transport\":\"tcp\",\"protocol\":\"none\",\"client\":{\"ip\":\"::\","
                  "\"port\":1}");
    assert_has(0, "\"tcp\":{\"setup\":\"unanswered\",\"close\":\"open\",\"retransmissions\":0,\"out_of_order\":0,"
                  "\"gaps\":0,\"gap_bytes\":0},\"outcome\":\"incomplete\",\"verdict\":\"capture-ended\"}");
    free(text);
    sample.connection = (struct connection){0};
    sample.shown.diagnosis = NULL;
}

static void test_hello_retry(void **state)
{
    (void)state;
    struct connection *c = &sample.connection;
    c->has_hello_retry = true;
    c->hello_retry_moment.place.frame = 5;
    c->hello_retry.ext.has_key_share = true;
    c->hello_retry.ext.key_share_group = 0x17;
    c->hello_retry.ext.has_cookie = true;
    char *text = write_lines();
    assert_has(0, "},\"hello_retry\":{\"frame\":5,\"group\":\"secp256r1\",\"cookie\":true},\"session\"");
    free(text);
    c->has_second_client_hello = true;
    c->second_client_hello_moment.place.frame = 6;
    c->second_client_hello.ext.has_key_share = true;
    c->second_client_hello.ext.key_shares = (struct bytes){(const uint8_t *)"\x00\x17\x00\x01\xAA", 5};
    text = write_lines();
    assert_has(0, "\"cookie\":true,\"second_frame\":6,\"key_shares\":[\"secp256r1\"]},");
    free(text);
}

static void test_ssl2(void **state)
{
    (void)state;
    struct connection *c = &sample.connection;
    c->protocol = PROTOCOL_SSL2;
    c->version = VERSION_SSL2;
    c->client_hello = (struct client_hello){
        .is_v2 = true,
        .legacy_version = VERSION_SSL2,
        .cipher_specs = {(const uint8_t *)"\x01\x00\x80\x00\x00\x2F\x77\x66\x55", 9},
    };
    c->has_server_hello = c->has_cipher = c->has_key_exchange = false;
    c->has_ssl2_server_hello = true;
    c->ssl2_server_hello.version = VERSION_SSL2;
    c->ssl2_server_hello.cipher_specs = (struct bytes){(const uint8_t *)"\x01\x00\x80", 3};
    c->has_ssl2_cipher = true;
    c->ssl2_cipher = 0x010080;
    char *text = write_lines();
    assert_has(0, "\"protocol\":\"ssl2\"");
    assert_has(
        0, "\"version\":\"SSLv2\",\"cipher\":{\"id\":\"0x010080\",\"iana\":\"SSL_CK_RC4_128_WITH_MD5\",\"openssl\":\"");
    assert_has(
        0,
        "\"client_hello\":{\"frame\":4,\"legacy_version\":\"SSLv2\",\"ciphers\":[\"SSL_CK_RC4_128_WITH_MD5\","
        "\"TLS_RSA_WITH_AES_128_CBC_SHA\",\"0x776655\"],\"session_id_length\":0,\"early_data\":false,\"psk\":false}");
    assert_has(0, "\"server_hello\":{\"frame\":6,\"version\":\"SSLv2\",\"ciphers\":[\"SSL_CK_RC4_128_WITH_MD5\"]}");
    free(text);
}

static void test_certificate_request(void **state)
{
    (void)state;
    /* CN=A as a Name, then bytes that are none. */
    static const uint8_t authorities[] =
        "\x00\x0e\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01\x41\x00\x02\x05\x00";
    struct connection *c = &sample.connection;
    c->has_certificate_request = true;
    c->certificate_request.types = (struct bytes){(const uint8_t *)"\x01\x40\xDD", 3};
    c->certificate_request.signature_algorithms = (struct u16_list){(const uint8_t *)"\x04\x03", 1};
    c->certificate_request.authorities = (struct bytes){authorities, sizeof authorities - 1};
    char *text = write_lines();
    assert_has(0,
               "],\"certificate_request\":{\"types\":[\"rsa_sign\",\"ecdsa_sign\",\"0x00DD\"],"
               "\"signature_algorithms\":[\"ecdsa_secp256r1_sha256\"],\"authorities\":[\"CN=A\",\"0500\"]},\"alerts\"");
    free(text);
}

static void test_extension_data(void **state)
{
    (void)state;
    struct connection *c = &sample.connection;
    struct fault fault;
    struct cursor body;
    /* A key share, and record_size_limit behind it. */
    static const struct bytes hello = {(const uint8_t *)"\x00\x11\x00\x33\x00\x07\x00\x05\x00\x1d\x00\x01\xAA"
                                                        "\x00\x1c\x00\x02\x40\x01",
                                       19};
    cursor_init_whole(&body, hello, &fault);
    extensions_parse(&body, EXT_CLIENT_HELLO, &c->client_hello.ext);
    assert_int_equal(fault.kind, FAULT_NONE);
    static const struct bytes cookie = {(const uint8_t *)"\x00\x07\x00\x2c\x00\x03\x00\x01\xAA", 9};
    cursor_init_whole(&body, cookie, &fault);
    extensions_parse(&body, EXT_HELLO_RETRY_REQUEST, &c->hello_retry.ext);
    assert_int_equal(fault.kind, FAULT_NONE);
    c->has_hello_retry = true;
    static const struct bytes renegotiation = {(const uint8_t *)"\x00\x05\xff\x01\x00\x01\x00", 7};
    cursor_init_whole(&body, renegotiation, &fault);
    extensions_parse(&body, EXT_SERVER_HELLO, &c->server_hello.ext);
    c->has_certificate_request = true;
    c->certificate_request.is_tls13 = true;
    static const struct bytes request = {(const uint8_t *)"\x00\x08\x00\x32\x00\x04\x00\x02\x08\x07", 10};
    cursor_init_whole(&body, request, &fault);
    extensions_parse(&body, EXT_CERTIFICATE_REQUEST, &c->certificate_request.ext);
    char *text = write_lines();
    assert_has(0, "\"psk\":false,\"extension_data\":{\"record_size_limit\":16385,\"key_share\":"
                  "[{\"group\":\"x25519\",\"length\":1}]}},\"hello_retry\"");
    assert_has(0, "\"cookie\":true,\"extension_data\":{\"cookie\":{\"length\":1}}},\"session\"");
    assert_has(0, "\"extension_data\":{\"renegotiation_info\":{\"length\":0}}},\"key_exchange\"");
    assert_has(0, "\"authorities\":[],\"extension_data\":{\"signature_algorithms_cert\":[\"ed25519\"]}}");
    free(text);
}

static void test_certificate_verify(void **state)
{
    (void)state;
    struct connection *c = &sample.connection;
    c->has_certificate_verify = true;
    c->certificate_verify_moment.place.frame = 7;
    c->certificate_verify_role = ROLE_CLIENT;
    char *text = write_lines();
    assert_has(0, ",\"certificate_verify\":{\"frame\":7,\"from\":\"client\"},\"alerts\"");
    free(text);
    c->certificate_verify_role = ROLE_SERVER;
    c->certificate_verify = (struct certificate_verify){.has_algorithm = true, .algorithm = 0x0804};
    text = write_lines();
    assert_has(0, "\"from\":\"server\",\"signature_algorithm\":\"rsa_pss_rsae_sha256\"},");
    free(text);
}

/* Totals only: the summary record alone. */
static void test_quiet(void **state)
{
    (void)state;
    const struct report_options options = {.quiet = true};
    char *text = report_sample_write(&sample, "json", &options);
    assert_ptr_equal(strstr(text, "{\"record\":\"summary\","), text);
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    free(text);
}

/* What people wrote into the file: with its frame or without, cut where it is long, the rest counted. */
static void test_comments(void **state)
{
    (void)state;
    static char longer[LIMIT_SHOWN_COMMENT + 2];
    memset(longer, 'a', sizeof longer - 1);
    struct builder b = {0};
    builder_section(&b, "of the \"section\"\x1b");
    builder_interface(&b, 1, 0, NO_RESOLUTION);
    builder_packet(&b, 0, 1000000, 20, 20, 1, "");
    builder_packet(&b, 0, 1000000, 20, 20, 1, longer);
    size_t block = builder_block(&b, 4);
    builder_bytes(&b,
                  "\x01\0\x0a\0\x0a\0\0\x01"
                  "a.tst\0\0\0"
                  "\0\0\0\0",
                  20);
    builder_block_end(&b, block);
    struct collection c = collect_bytes(&b, 64);
    const struct capture *own = sample.summary.capture;
    sample.summary.capture = c.capture;
    char *text = write_lines();
    assert_has(2, ",\"comments\":[{\"text\":\"of the \\\"section\\\"\\u001b\"},{\"frame\":2,\"text\":\"aaa");
    assert_has(2, "aaa\",\"length\":4097}],\"names\":1}],\"packets\"");
    assert_has_not(2, longer);
    free(text);
    collection_free(&c);
    for (unsigned i = 0; i < LIMIT_SHOWN_COMMENTS + 1; i++)
        builder_packet(&b, 0, 1000000, 20, 20, 1, "x");
    c = collect_bytes(&b, 64);
    sample.summary.capture = c.capture;
    text = write_lines();
    assert_has(2, ",{\"frame\":1000,\"text\":\"x\"}],\"more_comments\":3,\"names\":1}");
    free(text);
    collection_free(&c);
    sample.summary.capture = own;
    builder_free(&b);
}

/* What the capture cut is not told as if it had been seen. */
static void test_cut_hellos(void **state)
{
    (void)state;
    struct connection *c = &sample.connection;
    c->client_hello = (struct client_hello){.legacy_version = VERSION_TLS12};
    c->server_hello = (struct server_hello){.legacy_version = 0};
    c->client_hello_fault.kind = c->server_hello_fault.kind = FAULT_SHORT;
    c->is_client_hello_cut = c->is_server_hello_cut = true;
    char *text = write_lines();
    assert_has(0, "\"client_hello\":{\"frame\":4,\"legacy_version\":\"TLSv1.2\",\"cut\":true},"
                  "\"server_hello\":{\"frame\":6,\"cut\":true},");
    free(text);
    c->client_hello.cipher_suites = (struct u16_list){(const uint8_t *)"\x13\x01", 1};
    text = write_lines();
    assert_has(0, "\"ciphers\":[\"TLS_AES_128_GCM_SHA256\"],\"session_id_length\":0,\"cut\":true}");
    free(text);
}

/* Nor is an empty list, a flag or a group that the capture does not hold. */
static void test_cut_messages(void **state)
{
    (void)state;
    static const struct fault cut = {FAULT_SHORT, 0, "x"};
    struct connection *c = &sample.connection;
    c->client_hello.ext.supported_groups.num = c->client_hello.ext.num = 0;
    c->client_hello.ext.alpn = (struct bytes){(const uint8_t *)"\x05h", 2};
    c->client_hello_fault = c->second_client_hello_fault = c->hello_retry_fault = cut;
    c->key_exchange_fault = c->certificate_request_fault = cut;
    c->is_client_hello_cut = c->has_hello_retry = c->has_certificate_request = true;
    c->hello_retry_moment.place.frame = 5;
    c->hello_retry.ext.has_key_share = true;
    c->key_exchange.has_signature_algorithm = false;
    c->has_ticket = true;
    c->is_full_handshake = false;
    sample.events[1].fault = FAULT_SHORT;
    char *text = write_lines();
    assert_has(0, "\"hello_retry\":{\"frame\":5},");
    assert_has(0, "\"certificate_request\":{\"cut\":true},");
    assert_has(0, "\"key_exchange\":{\"kind\":\"ecdhe\",\"group\":\"x25519\",\"bits\":255,\"cut\":true},");
    assert_has(0, "\"faults\":[{\"frame\":6,\"from\":\"server\",\"message\":\"server_hello\",\"kind\":\"cut\","
                  "\"rest\":\"not-captured\"},{");
    assert_has_not(0, "[]");
    assert_has_not(0, "ticket_lifetime_s");
    assert_has_not(0, "\"resumed\"");
    free(text);
}

static void test_empty_record(void **state)
{
    (void)state;
    sample.events[7] = (struct event){.kind = EVENT_EMPTY_RECORD,
                                      .role = ROLE_SERVER,
                                      .type = CONTENT_HANDSHAKE,
                                      .len = 3,
                                      .last = {{8, 0}, 0},
                                      .offset = 77};
    char *text = write_lines();
    assert_has(0, "\"faults\":[{\"frame\":8,\"from\":\"server\",\"content_type\":\"handshake\","
                  "\"field\":\"TLSPlaintext.length\",\"offset\":77,\"kind\":\"malformed\"}]");
    free(text);
}

static void test_after_gap(void **state)
{
    (void)state;
    struct connection *c = &sample.connection;
    c->is_client_hello_after_gap = c->is_server_hello_after_gap = c->is_key_exchange_after_gap = true;
    sample.events[5].is_after_gap = true;
    c->chain.is_cut = true;
    sample.events[7].extension_mark = 1 + 43;
    sample.events[7].is_split = true;
    char *text = write_lines();
    assert_has(0, "\"psk\":false,\"after_gap\":true},");
    assert_has(0, "\"downgrade_sentinel\":\"TLSv1.2\",\"after_gap\":true},");
    assert_has(0, "\"signature_algorithm\":\"rsa_pss_rsae_sha256\",\"after_gap\":true},");
    assert_has(0, "\"frame\":6}],\"chain_cut\":true,");
    assert_has(0, "\"name\":\"unknown_ca\",\"encrypted\":false,\"after_gap\":true}");
    assert_has(0,
               "\"message\":\"server_hello\",\"extension\":\"supported_versions\",\"field\":\"extensions\",\"kind\":");
    free(text);
}

static void test_raw_public_key(void **state)
{
    (void)state;
    static const uint8_t key[] = "\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"
                                 "\x19\xbf\x44\x09\x69\x84\xcd\xfe\x85\x41\xba\xc1\x67\xdc\x3b\x96"
                                 "\xc8\x50\x86\xaa\x30\xb6\xb6\xcb\x0c\x5c\x38\xad\x70\x31\x66\xe1";
    struct connection *c = &sample.connection;
    c->chain.num = 0;
    c->chain.raw_public_key = certificate_intern(sample.certificates, (struct bytes){key, sizeof key - 1});
    c->chain_missing = CHAIN_RAW_PUBLIC_KEY;
    char *text = write_lines();
    assert_has(0, ",\"raw_public_key\":{\"sha256\":\"");
    assert_has(0, "\"size\":44,\"error\":\"a raw public key (RFC 7250), not a certificate\","
                  "\"key\":{\"type\":\"ed25519\",\"bits\":256},\"frame\":6}");
    assert_has_not(0, "chain_missing");
    free(text);
    certificate_release(c->chain.raw_public_key);
}

static void test_small_members(void **state)
{
    (void)state;
    struct connection *c = &sample.connection;
    c->early_data = -1;
    c->is_resumed = true;
    c->renegotiations = 2;
    c->has_ticket = true;
    c->has_ticket_lifetime = true;
    c->ticket_lifetime = 7200;
    c->handshake_end = c->client_hello_moment;
    c->handshake_end.time_ns += 1234567;
    c->is_client_hello_cut = true;
    c->client_hello.ext.has_ech = true;
    c->client_hello.ext.ech_type = ECH_OUTER;
    c->client_hello.ext.has_pre_shared_key = c->client_hello.ext.has_early_data = true;
    sample.events[5].level = 9;
    sample.events[5].code = 200;
    char *text = write_lines();
    assert_has(0, ",\"early_data\":\"rejected\",\"outcome\"");
    assert_has(0, "\"handshake_us\":1234,\"renegotiations\":2,\"name\"");
    assert_has(0, "\"resumed\":true");
    assert_has(0, "\"session\":{\"session_id\":\"deadbeef\",\"ticket_lifetime_s\":7200,");
    assert_has(0, "\"session_id_length\":0,\"early_data\":true,\"ech\":\"outer\",\"psk\":true,\"cut\":true}");
    assert_has(0, "\"level\":\"0x0009\",\"code\":200,\"name\":\"0x00C8\"");
    free(text);

    c->server_hello.version = c->version = VERSION_TLS13;
    c->has_ticket = c->has_ticket_lifetime = false;
    text = write_lines();
    assert_has_not(0, "\"session\":");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_connection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_records, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_chain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_trust, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_client_chain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tcp, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_icmp, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_client_on_the_other_side, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_but_a_syn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hello_retry, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ssl2, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_certificate_request, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_extension_data, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_certificate_verify, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_quiet, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_comments, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cut_hellos, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cut_messages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_empty_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_after_gap, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_raw_public_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_small_members, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
