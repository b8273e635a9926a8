/* What many connections come to in the text report: entries of what failed, servers, warnings, what completed, what the
 * capture could not show. */
#include "support/cmocka_all.h"
#include "support/report_sample.h"

#include "bounds.h"
#include "report/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct report_sample sample;
static struct report *report;
static FILE *file;
static char *text;
static struct report_options options;

static int set_up(void **state)
{
    (void)state;
    struct sample_words words = sample_words_tame();
    report_sample_init(&sample, &words);
    options = (struct report_options){0};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    report_sample_cleanup(&sample);
    free(text);
    text = NULL;
    return 0;
}

static void begin(void)
{
    struct error error;
    file = tmpfile();
    assert_non_null(file);
    report = report_new("text", fileno(file), &options, sample.fingerprints, &error);
    assert_non_null(report);
}

/* One more connection, from 10.0.0.client, at `second`. */
static void push(uint64_t id, unsigned client, unsigned second)
{
    int64_t ns = 1709210096000000000 + (int64_t)second * 1000000000;
    sample.connection.id = id;
    sample.flow.address[0][3] = (uint8_t)client;
    sample.flow.port[0] = (uint16_t)(40000 + id);
    sample.flow.first = (struct moment){.place = {.frame = 10 * id}, .time_ns = ns};
    sample.flow.last = (struct moment){.place = {.frame = 10 * id + 9}, .time_ns = ns + 30000000};
    assert_int_equal(report_connection(report, &sample.shown), 0);
}

static void end(void)
{
    struct error error;
    assert_int_equal(report_finish(report, &sample.summary, &error), 0);
    report_free(report);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    size_t size = (size_t)ftell(file);
    free(text);
    text = calloc(1, size + 1);
    assert_non_null(text);
    rewind(file);
    assert_int_equal(fread(text, 1, size, file), size);
    fclose(file);
}

static void assert_has(const char *part)
{
    if (!strstr(text, part))
        fail_msg("%s\nis not in\n%s", part, text);
}

static unsigned count(const char *part)
{
    unsigned n = 0;
    for (const char *at = text; (at = strstr(at, part)); at++)
        n++;
    return n;
}

static struct finding *find(enum finding_id id, const char *summary)
{
    struct diagnosis *d = &sample.diagnosis;
    struct finding *f = &d->findings[d->num++];
    *f = (struct finding){
        .id = id, .severity = finding_code(id)->severity, .certainty = CERTAINTY_PROVEN, .summary = summary};
    return f;
}

static void fail_with(enum finding_id id, const char *summary)
{
    diagnosis_reset(&sample.diagnosis);
    const struct finding *f = find(id, summary);
    sample.diagnosis.verdict = (struct verdict){.outcome = finding_code(id)->outcome,
                                                .code = finding_code(id)->code,
                                                .side = "server",
                                                .ended_by = "client",
                                                .finding = f};
}

static void complete(void)
{
    diagnosis_reset(&sample.diagnosis);
    sample.diagnosis.verdict = (struct verdict){.outcome = OUTCOME_COMPLETED, .code = "ok"};
}

static void test_alike(void **state)
{
    (void)state;
    begin();
    fail_with(FINDING_HELLO_UNANSWERED, "www.example.test said nothing for 3.1 s.");
    for (unsigned i = 1; i <= 12; i++) {
        if (i == 7) /* what was measured differs, no more */
            sample.diagnosis.findings[0].summary = "www.example.test said nothing for 12 s.";
        push(i, 1 + i % 3, i);
    }
    end();
    assert_has("\n\nFAILED hello-unanswered  12 connections  3 clients -> 192.0.2.7:443  www.example.test\n"
               "  when          2024-02-29 12:34:57.000000 (the first) to 2024-02-29 12:35:08.000000 UTC (the last)\n"
               "  clients       10.0.0.2 (4), 10.0.0.3 (4), 10.0.0.1 (4); JA4 t13d0304h2_5c0da7d991ae_b0ac53b37fa7\n"
               "  connections   #1 (frame 10), #2 (frame 20), #3 (frame 30), #4 (frame 40), #5 (frame 50), #6 (frame "
               "60), #7 (frame 70), #8 (frame 80) and 4 more\n"
               "  what          www.example.test said nothing for 3.1 s.\n"
               "  who           the server has to change something; the client broke off\n"
               "  how sure      proven: the packets show it\n"
               "  do            ");
    assert_has("\n  shown         #1, 10.0.0.2:40001, for 30.0 ms, frames 10 to 19 of sample.pcap\n  tcp  ");
    assert_has("\n  filter        ip.addr==10.0.0.2 && ip.addr==192.0.2.7 && tcp.port==40001 && tcp.port==443\n");
    assert_int_equal(count("FAILED "), 1);
    assert_int_equal(count("  messages\n"), 1);
}

static void test_not_alike(void **state)
{
    (void)state;
    begin();
    fail_with(FINDING_HELLO_UNANSWERED, "x");
    push(1, 1, 1);
    push(2, 1, 2);
    sample.flow.port[1]++; /* another server */
    push(3, 1, 3);
    sample.flow.port[1]--;
    sample.connection.name = "other.example.test"; /* another name */
    push(4, 1, 4);
    sample.connection.name = sample.name;
    sample.connection.client_hello.cipher_suites.num--; /* other client software */
    push(5, 1, 5);
    sample.diagnosis.verdict.side = "path";
    push(6, 1, 6);
    fail_with(FINDING_HELLO_UNANSWERED, "y");
    push(7, 1, 7);
    fail_with(FINDING_HELLO_CLOSED, "x");
    push(8, 1, 8);
    end();
    assert_int_equal(count("FAILED hello-unanswered  "), 6);
    assert_int_equal(count("FAILED hello-closed  "), 1);
    /* The most frequent problem first: at this server, whoever the client is, then the others as they came. */
    assert_true(strstr(text, "FAILED hello-unanswered  2 connections  ") < strstr(text, "  #5  "));
    assert_true(strstr(text, "  #7  ") < strstr(text, "  #3  "));
    assert_true(strstr(text, "  #3  ") < strstr(text, "  #4  "));
    assert_true(strstr(text, "  #4  ") < strstr(text, "FAILED hello-closed  #8  "));
    /* What to do is said once for each code. */
    assert_int_equal(count("  do, seen as   as for #1 above\n"), 5);
    assert_int_equal(count("  seen as       "), 2);
    assert_int_equal(count("  certificates  the same as for #1 above\n"), 6);
}

static void test_verbose(void **state)
{
    (void)state;
    options.verbose = true;
    begin();
    fail_with(FINDING_HELLO_UNANSWERED, "x");
    for (unsigned i = 1; i <= 3; i++)
        push(i, 1, i);
    complete();
    for (unsigned i = 4; i <= 30; i++)
        push(i, 1, i);
    end();
    assert_has("\nConnections that are alike; each of them follows\n"
               "FAILED hello-unanswered  3 connections  10.0.0.1 -> 192.0.2.7:443  www.example.test\n");
    assert_int_equal(count("\n  messages\n"), 30);
    assert_int_equal(count("\nCOMPLETED  #"), 27);
    assert_int_equal(count("\nFAILED hello-unanswered  #"), 3);
    assert_int_equal(count("  seen as  "), 3);
}

static void test_quiet(void **state)
{
    (void)state;
    options.quiet = true;
    begin();
    fail_with(FINDING_HELLO_UNANSWERED, "x");
    push(1, 1, 1);
    end();
    assert_has("1 connection: 1 failed");
    assert_has("  limit hit     packets: 4 times\n"); /* never silent */
    assert_int_equal(count("hello-unanswered"), 0);
    assert_int_equal(count("not read"), 0);
}

/* However many there are, the report holds a bounded number of entries, and says what it left out. */
static void test_bounded(void **state)
{
    (void)state;
    enum { NUM = LIMIT_TEXT_GROUPS + 500 };
    begin();
    fail_with(FINDING_HELLO_UNANSWERED, "x");
    for (unsigned i = 1; i <= NUM; i++) {
        sample.flow.port[1] = (uint16_t)i;
        push(i, 1, 1);
    }
    end();
    assert_int_equal(count("FAILED hello-unanswered  "), LIMIT_TEXT_GROUPS);
    assert_int_equal(count("  messages\n"), LIMIT_SHOWN_ALIKE);
    assert_has("\nFAILED hello-unanswered  #4096  10.0.0.1 -> 192.0.2.7:4096  www.example.test\n\n");
    assert_has("\n  left out      500 connections that differ in more ways than this report can hold; --format json "
               "tells all\n");
}

/* Of many verdicts some of each are shown in full, not more than so many altogether. */
static void test_full_entries(void **state)
{
    (void)state;
    begin();
    for (unsigned i = 1; i <= 20 * LIMIT_SHOWN_ALIKE; i++) {
        fail_with(FINDING_HELLO_RESET + i / (2 * LIMIT_SHOWN_ALIKE), "x");
        sample.flow.port[1] = (uint16_t)i;
        push(i, 1, 1);
    }
    end();
    assert_int_equal(count("\nFAILED ") + count("\nNOT TLS "), 20 * LIMIT_SHOWN_ALIKE);
    assert_int_equal(count("  messages\n"), LIMIT_SHOWN_FAILURES);
}

/* Of what the capture does not show there may be much: it does not drive out what failed. */
static void test_mostly_incomplete(void **state)
{
    (void)state;
    begin();
    fail_with(FINDING_CAPTURE_MID_STREAM, "x");
    for (unsigned i = 1; i <= LIMIT_TEXT_GROUPS + 7; i++) {
        sample.flow.port[1] = (uint16_t)i;
        push(i, 1, 1);
    }
    fail_with(FINDING_HELLO_CLOSED, "x");
    push(5000, 1, 1);
    end();
    assert_has("\n\nFAILED hello-closed  #5000  10.0.0.1:45000 -> 192.0.2.7:4103  www.example.test\n");
    assert_int_equal(count("\nINCOMPLETE "), LIMIT_SHOWN_INCOMPLETE + LIMIT_SHOWN_LINES);
    assert_has("\nand 3,991 more, listed by -v and by --format json\n\n");
    assert_has("\n  left out      7 connections that differ");
}

static void test_incomplete(void **state)
{
    (void)state;
    begin();
    fail_with(FINDING_CAPTURE_MID_STREAM, "x");
    for (unsigned i = 1; i <= 20; i++) {
        sample.flow.port[1] = (uint16_t)(1000 + i);
        push(i, 1, 1);
    }
    end();
    assert_int_equal(count("\n  messages\n"), LIMIT_SHOWN_INCOMPLETE);
    assert_has("\nINCOMPLETE capture-mid-stream  #20  10.0.0.1 -> 192.0.2.7:1020  www.example.test\n\n");
    assert_has("\n  mid-stream    20 connections began before the capture\n");
}

static void test_completed(void **state)
{
    (void)state;
    begin();
    complete();
    for (unsigned i = 1; i <= 40; i++)
        push(i, 1, i);
    sample.connection.is_resumed = true;
    push(41, 1, 41);
    end();
    assert_has("\nCOMPLETED  40 connections  10.0.0.1 -> 192.0.2.7:443  www.example.test\n");
    assert_has("\nCOMPLETED  #41  10.0.0.1:40041 -> 192.0.2.7:443  www.example.test\n");
    assert_has("\n  certificates  frame 6\n"
               "   0 s:CN=www.example.test\n"
               "     i:CN=www.example.test  (self-signed)\n"
               "   1 not a certificate");
    assert_int_equal(count("messages"), 0);
    assert_int_equal(count("Fragile"), 0);
}

static void test_many_completed(void **state)
{
    (void)state;
    begin();
    complete();
    for (unsigned i = 1; i <= LIMIT_SHOWN_LINES + 30; i++) {
        sample.flow.port[1] = (uint16_t)i;
        push(i, 1, i);
        push(1000 + i, 2, i);
    }
    end();
    assert_int_equal(count("\nCOMPLETED"), 0);
    assert_int_equal(count("\n2 connections  10.0.0.1 (1), 10.0.0.2 (1) -> 192.0.2.7:"), LIMIT_SHOWN_LINES);
    assert_has("  TLSv1.2, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 (ECDHE-RSA-AES128-GCM-SHA256)  #1\n");
    assert_has("\nand 60 more connections of other clients or with other servers\n"
               "-v shows each, --connection ID one of them\n\n");
}

static void test_warnings(void **state)
{
    (void)state;
    begin();
    complete();
    find(FINDING_OBSOLETE_VERSION, "TLSv1.0 was negotiated.");
    find(FINDING_CAPTURE_GAP, "Segments are missing.")->side = PARTY_CAPTURE;
    find(FINDING_RESUMPTION_REJECTED, "A full handshake was made.");
    push(1, 1, 1);
    push(2, 2, 2);
    sample.connection.client_hello.cipher_suites.num--; /* whoever the client is */
    push(3, 2, 3);
    end();
    assert_has("\nFragile but working\n"
               "WARNING obsolete-version  3 connections  10.0.0.1 (1), 10.0.0.2 (2) -> 192.0.2.7:443  "
               "www.example.test\n"
               "  what          TLSv1.0 was negotiated.\n"
               "  change        server: ");
    assert_has("\n  seen in       #1 (frame 10), #2 (frame 20), #3 (frame 30)\n");
    assert_int_equal(count("WARNING "), 1);
    assert_int_equal(count("\nCOMPLETED  "), 2);
    assert_has("\n  warnings      obsolete-version, capture-gap\n"
               "  info          resumption-rejected: A full handshake was made.\n");
    assert_has("\n  gaps          3 connections with packets that arrived but were not captured\n");
}

/* What many servers have alike is told in full of some of them. */
static void test_many_warnings(void **state)
{
    (void)state;
    begin();
    complete();
    find(FINDING_OBSOLETE_VERSION, "TLSv1.0 was negotiated.");
    for (unsigned i = 1; i <= LIMIT_SHOWN_WARNINGS + 5; i++) {
        sample.flow.port[1] = (uint16_t)i;
        push(i, 1, i);
    }
    end();
    assert_int_equal(count("\nWARNING obsolete-version  "), LIMIT_SHOWN_WARNINGS);
    assert_int_equal(count("\n  what          TLSv1.0 was negotiated."), LIMIT_SHOWN_ALIKE);
    assert_int_equal(count("\n  change        server: "), 1);
    assert_int_equal(count("\n  change        as for #1 above\n"), LIMIT_SHOWN_ALIKE - 1);
    assert_has("\nWARNING obsolete-version  1 connection  10.0.0.1 -> 192.0.2.7:13  www.example.test  (#13)\n");
    assert_has("\nand 5 more, listed by --format json\n\n");
}

static struct server_profile server_of(unsigned port)
{
    struct server_profile server = {
        .ip_version = 4, .address = {192, 0, 2, 7}, .port = (uint16_t)port, .name = sample.name};
    server.connections = 5;
    server.failed = 2;
    server.key_kinds = KEY_RSA | KEY_ECDSA;
    code_set_add(&server.versions, VERSION_TLS12);
    code_set_add(&server.versions, VERSION_TLS13);
    code_set_add(&server.ciphers, 0xC02F);
    code_set_add(&server.ciphers, 0x1301);
    code_set_add(&server.groups, 0x1D);
    snprintf(server.alpn[0], sizeof server.alpn[0], "h2");
    snprintf(server.alpn[1], sizeof server.alpn[1], "\033[2J");
    server.num_alpn = 2;
    return server;
}

static void test_servers(void **state)
{
    (void)state;
    struct server_profile server = server_of(443), silent = server_of(443), other = server_of(8443);
    silent.versions.num = 0;
    begin();
    fail_with(FINDING_HELLO_UNANSWERED, "x");
    push(1, 1, 1);
    push(2, 1, 2);
    complete();
    find(FINDING_OBSOLETE_VERSION, "y");
    push(3, 1, 3);
    assert_int_equal(report_server(report, &server, NULL, NULL), 0);
    assert_int_equal(report_server(report, &silent, NULL, NULL), 0);
    assert_int_equal(report_server(report, &other, NULL, NULL), 0); /* no connection with it is shown */
    end();
    assert_has("\nServers: what they chose in this capture, and what went wrong with them\n"
               "192.0.2.7:443  www.example.test                 5 connections, 2 failed\n"
               "  versions      TLSv1.2, TLSv1.3\n"
               "  suites        ECDHE-RSA-AES128-GCM-SHA256, TLS_AES_128_GCM_SHA256\n"
               "  groups        x25519\n"
               "  certificates  rsa, ecdsa\n"
               "  ALPN          h2, \\x1B[2J\n"
               "  findings      hello-unanswered (2), obsolete-version (1)\n"
               "and 1 server whose answer the capture does not hold, if there was one\n\n");
    assert_int_equal(count("8443"), 0);
}

/* Those with the most failures, of any number. */
static void test_many_servers(void **state)
{
    (void)state;
    enum { NUM = 3 * LIMIT_SHOWN_SERVERS };
    begin();
    complete();
    for (unsigned i = 1; i <= NUM; i++) {
        sample.flow.port[1] = (uint16_t)i;
        push(i, 1, i);
    }
    for (unsigned i = 1; i <= NUM; i++) {
        struct server_profile server = server_of(i);
        server.failed = i * 7 % NUM;
        assert_int_equal(report_server(report, &server, NULL, NULL), 0);
    }
    end();
    assert_int_equal(count("\n  suites  "), LIMIT_SHOWN_SERVERS);
    assert_has("\nand 100 more servers, listed by --format json\n");
    const char *at = strstr(text, "Servers:");
    for (unsigned failed = NUM - 1; failed >= NUM - LIMIT_SHOWN_SERVERS; failed--) {
        char expected[64];
        snprintf(expected, sizeof expected, " %u failed\n", failed);
        at = strstr(at, expected);
        if (!at)
            fail_msg("%s is not where it should be in\n%s", expected, text);
    }
}

/* The same message again and again is one line, with -v each has its own. */
static void test_repeated_messages(void **state)
{
    (void)state;
    struct event events[14];
    for (unsigned i = 0; i < 14; i++)
        events[i] =
            (struct event){.kind = EVENT_ALERT, .role = ROLE_SERVER, .level = 1, .code = 90, .last.place.frame = i + 1};
    events[12].role = ROLE_CLIENT;
    sample.connection.events = events;
    sample.connection.num_events = 14;
    begin();
    push(1, 1, 1);
    end();
    assert_has("server -> client  Alert, warning: user_canceled (90)  x 12\n");
    assert_has("client -> server  Alert, warning: user_canceled (90)\n");
    assert_int_equal(count("user_canceled"), 3);
    options.verbose = true;
    begin();
    push(1, 1, 1);
    end();
    assert_int_equal(count("user_canceled"), 14);
}

static void test_repeated_findings(void **state)
{
    (void)state;
    fail_with(FINDING_HELLO_UNANSWERED, "x");
    for (unsigned i = 0; i < 3; i++)
        find(FINDING_RENEGOTIATION_REFUSED, "It was refused.")->severity = SEVERITY_WARNING;
    find(FINDING_RENEGOTIATION_REFUSED, "It was refused.")->certainty = CERTAINTY_LIKELY;
    begin();
    push(1, 1, 1);
    end();
    assert_has("\n  warning       renegotiation-refused: It was refused. (3 times)\n");
    assert_has(" renegotiation-refused: It was refused. (likely)\n");
    assert_int_equal(count("It was refused."), 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_alike),     TEST(test_not_alike),      TEST(test_verbose),           TEST(test_quiet),
        TEST(test_bounded),   TEST(test_incomplete),     TEST(test_full_entries),      TEST(test_mostly_incomplete),
        TEST(test_completed), TEST(test_many_completed), TEST(test_warnings),          TEST(test_many_warnings),
        TEST(test_servers),   TEST(test_many_servers),   TEST(test_repeated_messages), TEST(test_repeated_findings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
