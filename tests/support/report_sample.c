/* Sample records: see report_sample.h. */
#include "support/report_sample.h"

#include "support/cmocka_all.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECOND = 1000000000 };
static const int64_t start_ns = 1709210096123456789; /* 2024-02-29 12:34:56 */

static struct moment moment(unsigned frame, int64_t ms)
{
    return (struct moment){.place = {.frame = frame}, .time_ns = start_ns + ms * 1000000};
}

struct sample_words sample_words_tame(void)
{
    return (struct sample_words){
        .sni = {(const uint8_t *)"www.example.test", 16},
        .alpn = {(const uint8_t *)"h2", 2},
        .subject = "www.example.test",
        .san = "www.example.test",
        .capture = "sample.pcap",
        .note = "the last packet is cut short",
        .name = "nowhere.example.test",
    };
}

/* ---- a ClientHello */

static uint8_t *put16(uint8_t *at, size_t value)
{
    *at++ = (uint8_t)(value >> 8);
    *at++ = (uint8_t)value;
    return at;
}

static uint8_t *put(uint8_t *at, const void *data, size_t len)
{
    memcpy(at, data, len);
    return at + len;
}

static size_t build_hello(uint8_t *hello, const struct sample_words *w)
{
    static const uint8_t suites[] = {0x1A, 0x1A, 0x13, 0x01, 0xC0, 0x2F, 0xFE, 0xDC};
    static const uint8_t versions[] = {0x00, 0x2B, 0, 5, 4, 0x03, 0x04, 0x03, 0x03};
    static const uint8_t groups[] = {0x00, 0x0A, 0, 6, 0, 4, 0x00, 0x1D, 0x00, 0x17};
    uint8_t *at = put16(hello, 0x0303);
    memset(at, 0x5A, 32);
    at = put(at + 32, "\x00", 1);
    at = put(put16(at, sizeof suites), suites, sizeof suites);
    at = put(at, "\x01\x00", 2);
    uint8_t *length = at;
    at += 2;
    at = put16(put16(at, 0), w->sni.len + 5);
    at = put16(put(put16(at, w->sni.len + 3), "\x00", 1), w->sni.len);
    at = put(at, w->sni.at, w->sni.len);
    at = put16(put16(put16(at, 16), w->alpn.len + 3), w->alpn.len + 1);
    *at++ = (uint8_t)w->alpn.len;
    at = put(at, w->alpn.at, w->alpn.len);
    at = put(put(at, versions, sizeof versions), groups, sizeof groups);
    put16(length, (size_t)(at - length - 2));
    return (size_t)(at - hello);
}

/* ---- certificates */

static struct bytes self_signed(const char *subject, const char *san)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    assert_non_null(key);
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 0x1234);
    ASN1_TIME_set(X509_getm_notBefore(x), 1700000000);
    ASN1_TIME_set(X509_getm_notAfter(x), 1800000000);
    X509_set_pubkey(x, key);
    X509_NAME *name = X509_get_subject_name(x);
    /* T61 takes bytes as they are. */
    assert_true(
        X509_NAME_add_entry_by_NID(name, NID_commonName, V_ASN1_T61STRING, (const unsigned char *)subject, -1, -1, 0));
    X509_set_issuer_name(x, name);
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    GENERAL_NAME *dns = GENERAL_NAME_new();
    ASN1_IA5STRING *ia5 = ASN1_IA5STRING_new();
    ASN1_STRING_set(ia5, san, -1);
    GENERAL_NAME_set0_value(dns, GEN_DNS, ia5);
    sk_GENERAL_NAME_push(names, dns);
    X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, 0);
    GENERAL_NAMES_free(names);
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    unsigned char *der = NULL;
    int len = i2d_X509(x, &der);
    assert_true(len > 0);
    X509_free(x);
    EVP_PKEY_free(key);
    return (struct bytes){der, (size_t)len};
}

static void build_chain(struct report_sample *s)
{
    static const uint8_t no_certificate[] = "this is no certificate";
    struct bytes der = self_signed(s->words.subject, s->words.san);
    s->certificates = certificates_new(1 << 20);
    assert_non_null(s->certificates);
    s->chain[0] = certificate_intern(s->certificates, der);
    s->chain[1] = certificate_intern(s->certificates, (struct bytes){no_certificate, sizeof no_certificate - 1});
    assert_non_null(s->chain[0]);
    assert_non_null(s->chain[1]);
    OPENSSL_free((void *)(uintptr_t)der.at);
    s->connection.chain = (struct connection_chain){.certificates = s->chain, .num = 2, .place = moment(6, 0).place};
}

/* ---- an input */

static void build_capture(struct report_sample *s)
{
    static const uint8_t empty_pcap[24] = {0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0, [16] = 0xFF, 0xFF, [20] = 1};
    struct error error;
    strcpy(s->directory, "/tmp/tlswhy-sample-XXXXXX");
    assert_non_null(mkdtemp(s->directory));
    snprintf(s->path, sizeof s->path, "%s/%s", s->directory, s->words.capture);
    FILE *file = fopen(s->path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(empty_pcap, 1, sizeof empty_pcap, file), sizeof empty_pcap);
    fclose(file);
    const char *paths[] = {s->path};
    s->capture = capture_open(&(struct capture_options){.paths = paths, .num_paths = 1}, &error);
    if (!s->capture)
        fail_msg("%s", error.text);
}

/* ---- the connection */

static void build_flow(struct report_sample *s)
{
    s->rare = (struct flow_rare){.fin = {[1] = moment(9, 30)}, .rst = {[0] = moment(8, 20)}};
    s->flow = (struct flow){
        .ip_version = 4,
        .syn_side = 0,
        .setup = FLOW_COMPLETE,
        .address = {{10, 0, 0, 1}, {192, 0, 2, 7}},
        .port = {54321, 443},
        .id = 7,
        .first = moment(1, 0),
        .last = moment(9, 30),
        .rtt_ns = 312345,
        .stream = {{.packets = 5, .bytes = 517, .retransmissions = 1},
                   {.packets = 4, .bytes = 3210, .gaps = 1, .gap_bytes = 99}},
        .rare = &s->rare,
    };
}

static void build_events(struct report_sample *s)
{
    const struct event events[SAMPLE_EVENTS] = {
        {.kind = EVENT_HANDSHAKE, .role = ROLE_CLIENT, .type = HS_CLIENT_HELLO, .last = moment(4, 1)},
        {.kind = EVENT_HANDSHAKE, .role = ROLE_SERVER, .type = HS_SERVER_HELLO, .last = moment(6, 11)},
        {.kind = EVENT_HANDSHAKE, .role = ROLE_SERVER, .type = HS_CERTIFICATE, .last = moment(6, 11)},
        {.kind = EVENT_GAP, .role = ROLE_SERVER, .len = 99, .last = moment(6, 11)},
        {.kind = EVENT_HANDSHAKE,
         .role = ROLE_SERVER,
         .type = HS_SERVER_HELLO_DONE,
         .last = moment(6, 11),
         .is_after_gap = true},
        {.kind = EVENT_ALERT, .role = ROLE_CLIENT, .level = 2, .code = 48, .last = moment(7, 15)},
        {.kind = EVENT_HIDDEN_ALERT, .role = ROLE_SERVER, .len = 26, .last = moment(8, 17)},
        {.kind = EVENT_FAULT,
         .role = ROLE_SERVER,
         .type = HS_SERVER_HELLO,
         .last = moment(8, 17),
         .offset = 77,
         .fault = FAULT_MALFORMED,
         .field = "extensions"},
        {.kind = EVENT_RST, .role = ROLE_CLIENT, .last = moment(8, 20)},
        {.kind = EVENT_FIN, .role = ROLE_SERVER, .last = moment(9, 30)},
    };
    memcpy(s->events, events, sizeof events);
    s->connection.events = s->events;
    s->connection.num_events = SAMPLE_EVENTS;
}

static void build_connection(struct report_sample *s)
{
    static const uint8_t server_random[32] = {[24] = 'D', 'O', 'W', 'N', 'G', 'R', 'D', 1};
    static const uint8_t session_id[4] = {0xDE, 0xAD, 0xBE, 0xEF};
    struct connection *c = &s->connection;
    struct fault fault;
    struct cursor body;
    size_t len = build_hello(s->hello, &s->words);
    *c = (struct connection){
        .flow = &s->flow,
        .id = 7,
        .protocol = PROTOCOL_TLS,
        .time_digits = 6,
        .end_kind = FLOW_END_CLOSED,
        .name = s->name,
        .name_from = "sni",
        .has_client_hello = true,
        .client_hello_moment = moment(4, 1),
        .client_hello_body = {s->hello, len},
        .has_server_hello = true,
        .is_full_handshake = true,
        .server_hello_moment = moment(6, 11),
        .server_hello = {.legacy_version = VERSION_TLS12,
                         .version = VERSION_TLS12,
                         .random = {server_random, 32},
                         .session_id = {session_id, 4},
                         .cipher_suite = 0xC02F,
                         .ext = {.has_extended_master_secret = true}},
        .version = VERSION_TLS12,
        .has_cipher = true,
        .cipher = 0xC02F,
        .group_id = 0x1D,
        .alpn = s->words.alpn,
        .has_key_exchange = true,
        .key_exchange_moment = moment(6, 11),
        .key_exchange = {.kind = KX_ECDHE,
                         .group = 0x1D,
                         .has_signature_algorithm = true,
                         .signature_algorithm = 0x0804},
    };
    memcpy(s->name, s->words.sni.at, s->words.sni.len);
    cursor_init_whole(&body, c->client_hello_body, &fault);
    client_hello_parse(&body, &c->client_hello);
    assert_int_equal(fault.kind, FAULT_NONE);
    if (s->words.plain)
        c->first_bytes[ROLE_SERVER] = (struct bytes){(const uint8_t *)s->words.plain, strlen(s->words.plain)};
}

void report_sample_init(struct report_sample *s, const struct sample_words *words)
{
    *s = (struct report_sample){.words = *words};
    build_capture(s);
    build_flow(s);
    build_connection(s);
    build_events(s);
    build_chain(s);
    s->fingerprints = fingerprints_new();
    assert_non_null(s->fingerprints);
    s->note = (struct capture_note){.kind = CAPTURE_NOTE_CUT_SHORT, .offset = 4711};
    snprintf(s->note.text, sizeof s->note.text, "%s", words->note);
    s->input = *capture_input_at(s->capture, 0);
    s->input.notes = &s->note;
    s->input.num_notes = 1;
    s->diagnosis.verdict =
        (struct verdict){.outcome = OUTCOME_FAILED, .code = "issuer-untrusted", .side = "client", .ended_by = "client"};
    s->shown = (struct report_connection){
        .connection = &s->connection, .diagnosis = &s->diagnosis, .input = &s->input, .capture = s->capture};
    s->name_record = (struct report_name){.name = words->name,
                                          .client = "10.0.0.1",
                                          .resolver = "192.0.2.53",
                                          .answer = "NXDOMAIN",
                                          .moment = moment(3, 0),
                                          .input = &s->input};
    s->summary = (struct report_summary){
        .capture = s->capture,
        .num_packets = 9,
        .num_bytes = 5000,
        .first = moment(1, 0),
        .last = moment(9, 30),
        .probes = 2,
        .unlisted = 1,
        .outcomes = {[OUTCOME_FAILED] = 1},
        .verdicts = {{"issuer-untrusted", 1}},
        .num_verdicts = 1,
        .skipped = {[SKIP_NOT_IP] = 3},
        .limits = {{"packets", 4}},
        .num_limits = 1,
        .time_digits = 6,
        .filter = words->filter,
    };
}

void report_sample_trust(struct report_sample *s)
{
    static const struct verify_outcome lacking = {false, 20, "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
                                                  "unable to get local issuer certificate", 0};
    static const struct verify_outcome good = {.is_ok = true},
                                       weak = {false, 66, "EE_KEY_TOO_SMALL", "EE certificate key too weak", 0};
    s->store_error = s->words.name;
    s->store = (struct store_facts){.name = s->words.capture,
                                    .path = s->words.note,
                                    .num_certificates = 140,
                                    .errors = &s->store_error,
                                    .num_errors = 1};
    s->steps[0] = (struct verify_step){s->chain[0], VERIFY_PRESENTED, 0};
    s->steps[1] = (struct verify_step){s->chain[0], VERIFY_CAPTURE, -1};
    s->verifications[0] = (struct verification){.store = &s->store,
                                                .outcome = lacking,
                                                .has_name_match = true,
                                                .has_also = {true, true, false},
                                                .also = {good, weak, {0}},
                                                .path = s->steps,
                                                .num_path = 1};
    s->verifications[1] = (struct verification){
        .store = &s->store, .is_completed = true, .outcome = good, .path = s->steps, .num_path = 2};
    s->staple = (struct ocsp_staple){.status = "revoked",
                                     .produced_at = {1709210096, "2024-02-29T12:34:56Z"},
                                     .this_update = {1709210096, "2024-02-29T12:34:56Z"},
                                     .next_update = {INT64_MIN, ""},
                                     .revoked_at = {1700000000, "2023-11-14T22:13:20Z"},
                                     .reason = "keyCompromise",
                                     .signature = OCSP_SIGNATURE_BAD};
    s->connection.verifications = s->verifications;
    s->connection.num_verifications = 2;
    s->connection.staple = &s->staple;
}

void report_sample_cleanup(struct report_sample *s)
{
    for (size_t i = 0; i < 2; i++)
        certificate_release(s->chain[i]);
    certificates_free(s->certificates);
    fingerprints_free(s->fingerprints);
    capture_free(s->capture);
    unlink(s->path);
    rmdir(s->directory);
}

char *report_sample_write(const struct report_sample *s, const char *format, const struct report_options *options)
{
    struct error error;
    FILE *file = tmpfile();
    assert_non_null(file);
    struct report *report = report_new(format, fileno(file), options, s->fingerprints, &error);
    assert_non_null(report);
    assert_int_equal(report_connection(report, &s->shown), 0);
    assert_int_equal(report_name(report, &s->name_record), 0);
    if (s->pair)
        assert_int_equal(report_pair(report, s->pair), 0);
    assert_int_equal(report_finish(report, &s->summary, &error), 0);
    report_free(report);
    long len = lseek(fileno(file), 0, SEEK_END);
    char *text = malloc((size_t)len + 1);
    assert_int_equal(pread(fileno(file), text, (size_t)len, 0), len);
    text[len] = '\0';
    fclose(file);
    return text;
}
