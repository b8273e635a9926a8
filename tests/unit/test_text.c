/* The text report: order, totals, blocks, filters, and how numbers are written for people. */
#include "support/capture_builder.h"
#include "support/cmocka_all.h"
#include "support/report_sample.h"

#include "report/text_writer.h"

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

static char *text;

static int free_text(void **state)
{
    free(text);
    text = NULL;
    return tear_down(state);
}

static void write_report(struct report_options options)
{
    free(text);
    text = report_sample_write(&sample, "text", &options);
}

static void assert_has(const char *part)
{
    if (!strstr(text, part))
        fail_msg("%s\nis not in\n%s", part, text);
}

static void assert_has_not(const char *part)
{
    if (strstr(text, part))
        fail_msg("%s\nis in\n%s", part, text);
}

static void test_block(void **state)
{
    (void)state;
    write_report((struct report_options){0});
    assert_has(
        "sample.pcap: pcap, 0 packets (0 bytes), Ethernet\n"
        "1 connection: 1 failed; 1 name not resolved; 2 probes without data not listed; 1 without TLS not "
        "listed\n"
        "  verdicts      issuer-untrusted 1\n"
        "\n"
        "FAILED issuer-untrusted  #7  10.0.0.1:54321 -> 192.0.2.7:443  www.example.test\n"
        "  when          2024-02-29 12:34:56.123456 UTC, for 30.0 ms, frames 1 to 9 of sample.pcap\n"
        "  client        JA4 t13d0304h2_5c0da7d991ae_b0ac53b37fa7\n"
        "  who           the client has to change something; the client broke off\n"
        "  tcp           set up in 0.312 ms; reset by the client (RST, frame 8); 517 bytes from the client,\n          "
        "      3,210 "
        "bytes from the server; 1 retransmission; 1 gap (99 bytes not captured)\n"
        "  tls           TLSv1.2, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 (ECDHE-RSA-AES128-GCM-SHA256), x25519, "
        "ALPN h2\n"
        "  messages\n"
        "    frame 4             1.000 ms  client -> server  ClientHello, TLSv1.3 TLSv1.2 offered, SNI "
        "www.example.test, 4 suites\n"
        "    frame 6            11.000 ms  server -> client  ServerHello, TLSv1.2, "
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\n"
        "    frame 6            11.000 ms  server -> client  Certificate, 2 certificates\n"
        "    frame 6                       server -> client  gap: 99 bytes are not in the capture\n"
        "    frame 6            11.000 ms  server -> client  ServerHelloDone (after a gap)\n"
        "    frame 7            15.000 ms  client -> server  Alert, fatal: unknown_ca (48)\n"
        "    frame 8            17.000 ms  server -> client  Alert, encrypted (26 bytes)\n"
        "    frame 8            17.000 ms  server -> client  ServerHello malformed: extensions, at offset 77 of the "
        "server's stream\n"
        "    frame 8            20.000 ms  client -> server  RST\n"
        "    frame 9            30.000 ms  server -> client  FIN\n"
        "  certificates  frame 6\n"
        "   0 s:CN=www.example.test\n"
        "     i:CN=www.example.test  (self-signed)\n"
        "     a:PKEY: id-ecPublicKey, 256 (bit), prime256v1; sigalg: ecdsa-with-SHA256\n"
        "     v:NotBefore: Nov 14 22:13:20 2023 GMT; NotAfter: Jan 15 08:00:00 2027 GMT\n"
        "     names: DNS:www.example.test\n"
        "   1 not a certificate that can be read (22 bytes, SHA-256 "
        "06029a4d3e451a466317eb4146f3450f1790ad1fc7667499cd5590540fe864b8): ");
    assert_has("\n  filter        ip.addr==10.0.0.1 && ip.addr==192.0.2.7 && tcp.port==54321 && tcp.port==443\n\n"
               "FAILED name-not-resolved  1 look-up  nowhere.example.test\n"
               "  when          2024-02-29 12:34:56.123456 UTC, frame 3 of sample.pcap\n"
               "  client        10.0.0.1\n"
               "  what          the name does not exist (NXDOMAIN)\n"
               "  proof         frame 3: 10.0.0.1 asked 192.0.2.53\n"
               "  do            client: Check the name and the resolver.\n");
    assert_has("\n  filter        frame.number==3\n"
               "\n"
               "What the capture could not show, and how it was read\n"
               "  not read      3 packets: not IP (ARP, LLDP, ...)\n"
               "  limit hit     packets: 4 times\n");
    assert_has_not("\033");
    assert_has_not(" \n");
}

static void test_verbose(void **state)
{
    (void)state;
    write_report((struct report_options){.verbose = true, .width = 72});
    assert_has("  offered by the client\n"
               "  versions      TLSv1.3, TLSv1.2\n"
               "  suites\n"
               "    0x1A1A  GREASE(0x1A1A)\n"
               "    0x1301  TLS_AES_128_GCM_SHA256\n"
               "    0xC02F  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256  ECDHE-RSA-AES128-GCM-SHA256\n"
               "    0xFEDC  0xFEDC\n"
               "  groups        x25519, secp256r1\n"
               "  ALPN          h2\n"
               "  extensions    server_name, application_layer_protocol_negotiation,\n"
               "                supported_versions, supported_groups\n"
               "  JA3           5593179c0e53e0e20214d5e75de10332\n"
               "  JA4           t13d0304h2_5c0da7d991ae_b0ac53b37fa7\n"
               "  answered by the server\n");
    assert_has("     serial: 1234\n     sha256: ");
    assert_has("renegotiation not secure (no renegotiation_info), extended master secret yes, encrypt-then-MAC no\n");
    assert_has_not(" \n");
}

static void test_comments(void **state)
{
    (void)state;
    struct builder b = {0};
    builder_section(&b, "of the section\nFAILED x");
    builder_interface(&b, 1, 0, NO_RESOLUTION);
    builder_packet(&b, 0, 1000000, 20, 20, 1, "");
    builder_packet(&b, 0, 1000000, 20, 20, 1, "of \x1b[31mframe 2");
    struct collection c = collect_bytes(&b, 64);
    const struct capture *own = sample.summary.capture;
    sample.summary.capture = c.capture;
    write_report((struct report_options){.verbose = true});
    assert_has("\n  comment: of the section\\x0AFAILED x\n"
               "  comment on frame 2: of \\x1B[31mframe 2\n"
               "1 connection: ");
    write_report((struct report_options){0});
    assert_has_not("comment");
    sample.summary.capture = own;
    collection_free(&c);
    builder_free(&b);
}

static void test_hello_retry(void **state)
{
    (void)state;
    struct connection *c = &sample.connection;
    static const struct bytes block = {(const uint8_t *)"\x00\x0d\x00\x33\x00\x02\x00\x17\x00\x2c\x00\x03\x00\x01\xAA",
                                       15};
    struct fault fault;
    struct cursor body;
    cursor_init_whole(&body, block, &fault);
    extensions_parse(&body, EXT_HELLO_RETRY_REQUEST, &c->hello_retry.ext);
    assert_int_equal(fault.kind, FAULT_NONE);
    c->has_hello_retry = true;
    write_report((struct report_options){.verbose = true});
    assert_has("  asked for by the server: another hello\n"
               "  group         secp256r1\n"
               "  extensions    key_share, cookie\n"
               "  contents      cookie: length 1\n"
               "  answered by the server\n");
}

static void test_quiet(void **state)
{
    (void)state;
    write_report((struct report_options){.quiet = true});
    assert_has("1 connection: 1 failed; 1 name not resolved");
    assert_has_not("FAILED");
    assert_has_not("filter");
}

static void test_color(void **state)
{
    (void)state;
    write_report((struct report_options){.use_color = true});
    assert_has("\033[1;31mFAILED issuer-untrusted\033[0m  #7");
    assert_has("\033[1;31mAlert, fatal: unknown_ca (48)\033[0m\n");
    /* Every style that begins ends. */
    unsigned begun = 0, ended = 0;
    for (const char *at = text; (at = strchr(at, '\033')); at++) {
        if (strncmp(at, "\033[0m", 4) == 0)
            ended++;
        else
            begun++;
    }
    assert_int_equal(begun, ended);
}

/* Problems before the rest, in whatever order they come. */
static void test_order(void **state)
{
    (void)state;
    static const enum outcome came[] = {OUTCOME_COMPLETED, OUTCOME_INCOMPLETE, OUTCOME_FAILED, OUTCOME_NOT_TLS,
                                        OUTCOME_COMPLETED};
    static const char *const expected[] = {"FAILED x  #2  ", "NOT TLS x  #3  ", "INCOMPLETE x  #1  ",
                                           "COMPLETED x  #0  ", "COMPLETED x  #4  "};
    const struct report_options options = {0};
    struct error error;
    FILE *file = tmpfile();
    struct report *report = report_new("text", fileno(file), &options, sample.fingerprints, &error);
    assert_non_null(report);
    for (unsigned i = 0; i < 5; i++) {
        sample.diagnosis.verdict = (struct verdict){.outcome = came[i], .code = "x"};
        sample.connection.id = i;
        sample.connection.cipher = (uint16_t)(0xC02F + i); /* not alike */
        assert_int_equal(report_connection(report, &sample.shown), 0);
    }
    assert_int_equal(report_finish(report, &sample.summary, &error), 0);
    report_free(report);
    static char all[65536];
    size_t len = fread(all, 1, (rewind(file), sizeof all - 1), file);
    fclose(file);
    all[len] = '\0';
    const char *at = all;
    for (unsigned i = 0; i < 5; i++) {
        at = strstr(at, expected[i]);
        if (!at)
            fail_msg("%s is missing or too early in\n%s", expected[i], all);
    }
}

/* A second connection with the same ports needs its frames in the filter; so does one whose ports were taken over. */
static void test_filter(void **state)
{
    (void)state;
    const struct report_options options = {.verbose = true};
    struct error error;
    FILE *file = tmpfile();
    struct report *report = report_new("text", fileno(file), &options, sample.fingerprints, &error);
    assert_non_null(report);
    assert_int_equal(report_connection(report, &sample.shown), 0);
    sample.flow.first.place.frame = 20;
    sample.flow.last.place.frame = 31;
    assert_int_equal(report_connection(report, &sample.shown), 0);
    sample.flow.port[0]++;
    sample.connection.end_kind = FLOW_END_REUSED;
    assert_int_equal(report_connection(report, &sample.shown), 0);
    assert_int_equal(report_finish(report, &sample.summary, &error), 0);
    report_free(report);
    rewind(file);
    static const char *const expected[] = {
        "ip.addr==10.0.0.1 && ip.addr==192.0.2.7 && tcp.port==54321 && tcp.port==443\n",
        "ip.addr==10.0.0.1 && ip.addr==192.0.2.7 && tcp.port==54321 && tcp.port==443 && frame.number>=20 && "
        "frame.number<=31\n",
        "ip.addr==10.0.0.1 && ip.addr==192.0.2.7 && tcp.port==54322 && tcp.port==443 && frame.number>=20 && "
        "frame.number<=31\n",
    };
    char line[1024];
    unsigned found = 0;
    while (fgets(line, sizeof line, file)) {
        const char *filter = strstr(line, "  filter        ");
        if (filter && found < 3)
            assert_string_equal(filter + 16, expected[found]);
        found += filter != NULL;
    }
    assert_int_equal(found, 3);
    fclose(file);
}

static void test_not_tls(void **state)
{
    (void)state;
    sample.connection = (struct connection){
        .flow = &sample.flow, .id = 3, .end_kind = FLOW_END_CLOSED, .name = "proxy.example.test", .name_from = "dns"};
    sample.connection.first_bytes[ROLE_SERVER] = (struct bytes){(const uint8_t *)"HTTP/1.1 400\r\n", 14};
    sample.diagnosis.verdict =
        (struct verdict){.outcome = OUTCOME_NOT_TLS, .code = "plain-http-response", .side = "server"};
    write_report((struct report_options){0});
    assert_has("NOT TLS plain-http-response  #3  10.0.0.1:54321 -> 192.0.2.7:443  proxy.example.test (from DNS)\n");
    assert_has("  server said   HTTP/1.1 400\\x0D\\x0A\n");
    assert_has_not("messages");
    assert_has_not("certificates");
}

static void test_why_no_certificates(void **state)
{
    (void)state;
    static const struct {
        enum chain_missing why;
        const char *line;
    } cases[] = {
        {CHAIN_ENCRYPTED, "  certificates  encrypted (TLS 1.3); a key log would show them\n"},
        {CHAIN_RESUMED, "  certificates  none were sent: the session was resumed\n"},
        {CHAIN_NOT_CAPTURED, "  certificates  not in the capture\n"},
        {CHAIN_NOT_SENT, "  certificates  none were sent\n"},
        {CHAIN_MALFORMED, "  certificates  the Certificate message is malformed\n"},
    };
    sample.connection.chain.num = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sample.connection.chain_missing = cases[i].why;
        write_report((struct report_options){0});
        assert_has(cases[i].line);
    }
}

static void test_trust(void **state)
{
    (void)state;
    report_sample_trust(&sample);
    write_report((struct report_options){0});
    assert_has("  trust         sample.pcap (yours): error 20 at depth 0: unable to "
               "get local issuer certificate; nor is it for that name; strict programs (Python 3.13): verifies; at "
               "security level 2 (Debian, Fedora): error 66 at depth 0: EE certificate key too weak\n"
               "  completed     sample.pcap (yours): verifies up to "
               "CN=www.example.test; no name to compare; the server does not send CN=www.example.test (seen elsewhere "
               "in the capture)\n"
               "  ocsp          stapled: revoked since 2023-11-14T22:13:20Z (keyCompromise), as of "
               "2024-02-29T12:34:56Z, out of date when it was sent, with a signature that does not verify\n");
    sample.staple = (struct ocsp_staple){.error = "it is no OCSP response"};
    write_report((struct report_options){0});
    assert_has("  ocsp          a response was stapled, but it is no OCSP response\n");
}

static void test_cut_hellos(void **state)
{
    (void)state;
    struct connection *c = &sample.connection;
    c->client_hello = (struct client_hello){.legacy_version = VERSION_TLS12};
    c->server_hello = (struct server_hello){.legacy_version = 0};
    c->is_client_hello_cut = c->is_server_hello_cut = true;
    c->client_hello_fault.kind = c->server_hello_fault.kind = FAULT_SHORT;
    for (unsigned i = 0; i < 3; i++)
        sample.events[i].fault = FAULT_SHORT;
    c->chain.num = 0;
    c->chain.is_cut = true;
    write_report((struct report_options){0});
    assert_has("ClientHello (the rest did not come before the RST)\n");
    assert_has("ServerHello (the rest was sent and acknowledged, but is not in the capture)\n");
    assert_has("Certificate (the rest was sent and acknowledged, but is not in the capture)\n");
}

/* What became of the rest of the client's hello, by what its stream ends with. */
static void test_rest_of_message(void **state)
{
    (void)state;
    struct connection *c = &sample.connection;
    sample.events[0].fault = FAULT_SHORT;
    sample.events[1] = (struct event){.kind = EVENT_GAP, .role = ROLE_CLIENT, .code = GAP_CUT};
    write_report((struct report_options){0});
    assert_has(" (the snapshot length of the capture cut the rest)\n");
    sample.events[1].code = GAP_UNPROVEN;
    write_report((struct report_options){0});
    assert_has(" (the rest is not in the capture, and nobody acknowledged it)\n");
    sample.events[1].kind = EVENT_FIN;
    write_report((struct report_options){0});
    assert_has(" (the rest was never sent: FIN)\n");
    c->num_events = 1;
    c->end_kind = FLOW_END_INPUT;
    write_report((struct report_options){0});
    assert_has(" (the capture ends before the rest)\n");
    c->end_kind = FLOW_END_IDLE;
    write_report((struct report_options){0});
    assert_has(" (the rest never came)\n");
    c->is_events_cut = true;
    write_report((struct report_options){0});
    assert_has(" (only a part of it was read)\n");
}

static void test_empty_records(void **state)
{
    (void)state;
    sample.events[7] = (struct event){
        .kind = EVENT_EMPTY_RECORD, .role = ROLE_SERVER, .type = CONTENT_HANDSHAKE, .len = 3, .last = {{8, 0}, 0}};
    write_report((struct report_options){0});
    assert_has("server -> client  3 empty records of type handshake, which must not be sent\n");
}

static void test_many_messages(void **state)
{
    (void)state;
    static struct event events[200];
    for (unsigned i = 0; i < 200; i++)
        events[i] = (struct event){
            .kind = EVENT_HIDDEN, .type = CONTENT_APPLICATION_DATA, .len = 1000 + i, .last.place.frame = i + 1};
    sample.connection.events = events;
    sample.connection.num_events = 200;
    write_report((struct report_options){0});
    assert_has("encrypted record, 1000 bytes\n");
    assert_has("encrypted record, 1029 bytes\n    ... 160 more (shown with -v)\n");
    assert_has("encrypted record, 1190 bytes\n");
    assert_has("encrypted record, 1199 bytes\n");
    assert_has_not("1030 bytes\n");
    assert_has_not("1189 bytes\n");
    write_report((struct report_options){.verbose = true});
    assert_has("encrypted record, 1100 bytes\n");
    assert_has_not("more (shown with -v)");
}

static void test_numbers(void **state)
{
    (void)state;
    struct output out;
    struct error error;
    assert_int_equal(output_init_memory(&out, &error), 0);
    struct text t = {.out = &out};
    static const struct {
        char kind;
        int64_t value;
        const char *expected;
    } cases[] = {
        {'c', 0, "0"},
        {'c', 999, "999"},
        {'c', 1000, "1,000"},
        {'c', 1234567, "1,234,567"},
        {'s', 1, "1 byte"},
        {'s', 9999, "9,999 bytes"},
        {'s', 12345, "12.3 kB"},
        {'s', 1250000, "1.2 MB"},
        {'s', 999999999, "1.0 GB"},
        {'d', 0, "0.000 ms"},
        {'d', 312345, "0.312 ms"},
        {'d', 12345678, "12.3 ms"},
        {'d', 1500000000, "1.50 s"},
        {'d', 300000000000, "5 min 0 s"},
        {'d', 7260000000000, "2 h 1 min"},
        {'d', 180000000000000, "2 days 2 h"},
        {'d', -1, "less than nothing (the clock went back)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        out.len = 0;
        if (cases[i].kind == 'c')
            text_count(&t, (uint64_t)cases[i].value);
        else if (cases[i].kind == 's')
            text_size(&t, (uint64_t)cases[i].value);
        else
            text_duration(&t, cases[i].value);
        output_char(&out, '\0');
        assert_string_equal(out.data, cases[i].expected);
    }
    output_cleanup(&out);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, free_text)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_block),           TEST(test_verbose),
        TEST(test_comments),        TEST(test_hello_retry),
        TEST(test_quiet),           TEST(test_color),
        TEST(test_order),           TEST(test_filter),
        TEST(test_not_tls),         TEST(test_why_no_certificates),
        TEST(test_trust),           TEST(test_cut_hellos),
        TEST(test_rest_of_message), TEST(test_empty_records),
        TEST(test_many_messages),   cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
