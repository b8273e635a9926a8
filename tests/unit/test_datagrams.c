/* What fails only over UDP: cookies, fragments, flights, silence, ICMP, alerts without a close. */
#include "diagnose/diagnose.h"
#include "dissect/dtls.h"
#include "support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

static const int64_t SECOND = 1000000000;

static struct flow flow;
static struct flow_rare rare;
static struct event events[8];
static struct connection c;
static struct diagnosis d;

static void say(enum role role, enum event_kind kind, uint8_t type, uint32_t len)
{
    struct event *event = &events[c.num_events++];
    *event = (struct event){.kind = kind, .role = role, .type = type, .len = len};
    event->first = event->last = (struct moment){{c.num_events, 0}, c.num_events * SECOND / 10};
}

/* A ClientHello over UDP that offers DTLS 1.2, and so many datagrams of the server. */
static void begin(uint32_t from_server)
{
    memset(&c, 0, sizeof c);
    rare = (struct flow_rare){.num_rst = {0}};
    flow = (struct flow){.ip_version = 4, .port = {50000, 4433}, .syn_side = 2, .is_datagram = true, .rare = &rare};
    flow.address[1][0] = 192;
    flow.first = (struct moment){{1, 0}, SECOND / 10};
    flow.stream[0] = (struct stream){.packets = 1, .bytes = 200};
    flow.stream[1] = (struct stream){.packets = from_server, .bytes = 100 * from_server};
    c.flow = &flow;
    c.id = 1;
    c.protocol = PROTOCOL_DTLS;
    c.is_role_certain = c.has_client_hello = true;
    c.client_hello.legacy_version = VERSION_DTLS12;
    c.client_hello.cipher_suites = (struct u16_list){(const uint8_t *)"\x13\x01\xC0\x2F", 2};
    c.events = events;
    say(ROLE_CLIENT, EVENT_HANDSHAKE, HS_CLIENT_HELLO, 180);
    c.client_hello_moment = events[0].last;
}

static void answer(uint16_t version)
{
    c.has_server_hello = c.has_cipher = true;
    c.version = version;
    c.cipher = version == VERSION_DTLS13 ? 0x1301 : 0xC02F;
    c.server_hello.legacy_version = VERSION_DTLS12;
    say(ROLE_SERVER, EVENT_HANDSHAKE, HS_SERVER_HELLO, 80);
    c.server_hello_moment = events[c.num_events - 1].last;
}

/* The capture goes on for so many seconds behind the last event; the last datagram comes so many behind it. */
static const struct finding *verdict_with(int64_t seconds, int64_t datagram)
{
    struct diagnose_context context = {.last = {{100, 0}, c.num_events * SECOND / 10 + seconds * SECOND}};
    flow.last = (struct moment){{50, 0}, c.num_events * SECOND / 10 + datagram * SECOND};
    diagnose(&d, &c, &context);
    assert_non_null(d.verdict.code);
    return d.verdict.finding;
}

/* The same where somebody sent something again. */
static const struct finding *verdict_after(int64_t seconds)
{
    return verdict_with(seconds, seconds / 2);
}

static void expect(const char *code, enum outcome outcome)
{
    assert_string_equal(d.verdict.code, code);
    assert_int_equal(d.verdict.outcome, outcome);
}

static bool tells(const struct finding *f, const char *text)
{
    return strstr(f->summary, text) || (f->detail && strstr(f->detail, text));
}

static void test_cookie_loop(void **state)
{
    (void)state;
    begin(3);
    say(ROLE_SERVER, EVENT_HANDSHAKE, HS_HELLO_VERIFY_REQUEST, 23);
    c.datagrams.num_hello_verifies = 3;
    c.datagrams.last_hello_verify = (struct moment){{9, 0}, SECOND};
    const struct finding *f = verdict_after(10);
    expect("dtls-cookie-loop", OUTCOME_FAILED);
    assert_true(tells(f, "3 times"));
    assert_true(tells(f, "never sent a cookie back"));
    assert_int_equal(f->certainty, CERTAINTY_PROVEN);
    assert_int_equal(f->num_evidence, 3);
    assert_int_equal(f->evidence[1].place.frame, 2);
    assert_int_equal(f->evidence[2].place.frame, 9);
    c.has_second_client_hello = true;
    assert_true(tells(verdict_after(10), "does not take its own cookie"));
    c.datagrams.num_hello_verifies = 2; /* the second may answer a hello that was sent again */
    verdict_after(10);
    expect("handshake-stalled", OUTCOME_FAILED);
    c.datagrams.num_hello_verifies = 5;
    answer(VERSION_DTLS12);
    verdict_after(10);
    assert_false(diagnosis_has(&d, FINDING_DTLS_COOKIE_LOOP));
}

static void test_fragments_lost(void **state)
{
    (void)state;
    begin(4);
    answer(VERSION_DTLS12);
    struct incomplete_message *message = &c.datagrams.incomplete[ROLE_SERVER];
    c.datagrams.has_incomplete[ROLE_SERVER] = true;
    *message = (struct incomplete_message){HS_CERTIFICATE, 2, 1814, 667, 3, {{7, 0}, SECOND}};
    const struct finding *f = verdict_after(10);
    expect("dtls-fragments-lost", OUTCOME_FAILED);
    assert_int_equal(f->side, PARTY_PATH);
    assert_true(tells(f, "server's certificate"));
    assert_true(tells(f, "667 of its 1814 bytes"));
    assert_int_equal(f->evidence[f->num_evidence - 1].place.frame, 7);
    message->repeats = 0; /* sent once: the capture may have lost the rest */
    verdict_after(10);
    assert_false(diagnosis_has(&d, FINDING_DTLS_FRAGMENTS_LOST));
}

static void test_flight_lost(void **state)
{
    (void)state;
    begin(8);
    answer(VERSION_DTLS12);
    c.datagrams.num_repeats[ROLE_SERVER] = 4;
    c.datagrams.last_repeat[ROLE_SERVER] = (struct moment){{8, 0}, SECOND};
    c.datagrams.num_repeats[ROLE_CLIENT] = 1;
    const struct finding *f = verdict_after(10);
    expect("server-flight-blackholed", OUTCOME_FAILED);
    assert_int_equal(f->certainty, CERTAINTY_LIKELY);
    assert_int_equal(f->side, PARTY_PATH);
    assert_true(tells(f, "the client its ClientHello"));
    c.datagrams.num_repeats[ROLE_CLIENT] = 0;
    assert_true(tells(verdict_after(10), "said nothing more"));
    c.datagrams.num_repeats[ROLE_SERVER] = 0;
    verdict_after(10);
    expect("handshake-stalled", OUTCOME_FAILED);
    /* The client had the flight, since it went on. */
    c.datagrams.num_repeats[ROLE_SERVER] = 4;
    say(ROLE_CLIENT, EVENT_HANDSHAKE, HS_CLIENT_KEY_EXCHANGE, 33);
    verdict_after(10);
    expect("handshake-stalled", OUTCOME_FAILED);
}

/* Nobody sends anything again, as both sides would: the capture lacks the rest, and no side is blamed. */
static void test_unfinished(void **state)
{
    (void)state;
    begin(2);
    answer(VERSION_DTLS12);
    const struct finding *f = verdict_with(20, 0);
    expect("capture-gap", OUTCOME_INCOMPLETE);
    assert_int_equal(f->certainty, CERTAINTY_LIKELY);
    assert_true(tells(f, "neither side sent anything again"));
    begin(2);
    answer(VERSION_DTLS12);
    verdict_with(20, 4);
    expect("handshake-stalled", OUTCOME_FAILED);
}

static void test_unanswered(void **state)
{
    (void)state;
    begin(0);
    const struct finding *f = verdict_after(10);
    expect("hello-unanswered", OUTCOME_FAILED);
    assert_int_equal(f->side, PARTY_UNKNOWN);
    assert_int_equal(f->certainty, CERTAINTY_LIKELY);
    assert_true(tells(f, "UDP acknowledges nothing"));
    verdict_after(0);
    expect("capture-ended", OUTCOME_INCOMPLETE);
    c.datagrams.num_repeats[ROLE_CLIENT] = 2;
    c.datagrams.last_repeat[ROLE_CLIENT] = (struct moment){{6, 0}, SECOND};
    f = verdict_after(10);
    assert_int_equal(f->evidence[1].place.frame, 6);
    /* Its hello has a cookie: the server spoke, elsewhere. */
    c.has_second_client_hello = true;
    c.second_client_hello.dtls_cookie = (struct bytes){(const uint8_t *)"c", 1};
    verdict_after(10);
    expect("capture-one-sided", OUTCOME_INCOMPLETE);
}

static void test_icmp(void **state)
{
    (void)state;
    begin(0);
    rare.has_icmp = true;
    rare.icmp_type = rare.icmp_code = 3;
    rare.icmp_ip_version = 4;
    rare.icmp = (struct moment){{2, 0}, SECOND / 5};
    const struct finding *f = verdict_after(1);
    expect("tcp-unreachable", OUTCOME_FAILED);
    assert_int_equal(f->side, PARTY_SERVER); /* its host says that nobody listens */
    assert_true(tells(f, "answered the ClientHello with ICMP port unreachable"));
    rare.icmp_code = 13;
    f = verdict_after(1);
    assert_int_equal(f->side, PARTY_PATH);
    assert_false(tells(f, "SYN"));
    /* A server that answers is reached, whatever ICMP says of a late datagram. */
    flow.stream[1].packets = 2;
    answer(VERSION_DTLS12);
    verdict_after(10);
    assert_false(diagnosis_has(&d, FINDING_TCP_UNREACHABLE));
}

/* DTLS 1.3: datagrams have no close, so that an alert shows by its size and the silence behind it. */
static void test_encrypted_alert(void **state)
{
    (void)state;
    begin(3);
    c.client_hello.ext.has_supported_versions = true;
    c.client_hello.ext.supported_versions = (struct u16_list){(const uint8_t *)"\xfe\xfc", 1};
    answer(VERSION_DTLS13);
    say(ROLE_SERVER, EVENT_HIDDEN, CONTENT_APPLICATION_DATA, 900);
    say(ROLE_CLIENT, EVENT_HIDDEN, CONTENT_APPLICATION_DATA, 19);
    const struct finding *f = verdict_after(10);
    expect("encrypted-alert", OUTCOME_FAILED);
    assert_int_equal(f->certainty, CERTAINTY_LIKELY);
    assert_true(tells(f, "rejected the certificate"));
    assert_true(tells(f, "the silence behind it"));
    verdict_after(0);
    expect("capture-ended", OUTCOME_INCOMPLETE);
    events[3].len = 35; /* an ACK */
    verdict_after(10);
    expect("handshake-stalled", OUTCOME_FAILED);
    events[3].len = 19;
    say(ROLE_SERVER, EVENT_HIDDEN, CONTENT_APPLICATION_DATA, 900); /* somebody went on */
    verdict_after(10);
    expect("handshake-stalled", OUTCOME_FAILED);
}

/* Both sides are their own issuers, or agree on SRTP: WebRTC, whose certificates are known by their fingerprints. */
static void test_webrtc(void **state)
{
    (void)state;
    uint8_t der[4096];
    FILE *file = fopen(TEST_SOURCE_DIR "/tests/unit/data/certificates/ec-self.der", "rb");
    assert_non_null(file);
    size_t len = fread(der, 1, sizeof der, file);
    fclose(file);
    struct certificates *cache = certificates_new(1 << 20);
    struct certificate *self = certificate_intern(cache, (struct bytes){der, len});
    assert_non_null(self);
    assert_true(certificate_facts(self)->is_self_signed);
    for (unsigned kind = 0; kind < 4; kind++) {
        begin(3);
        answer(VERSION_DTLS12);
        c.chain = (struct connection_chain){.certificates = &self, .num = 1, .place = {3, 0}};
        if (kind == 1)
            c.client_chain = (struct connection_chain){.certificates = &self, .num = 1, .place = {4, 0}};
        c.client_hello.ext.has_use_srtp = kind == 2;
        if (kind == 3) { /* the same over TCP is none */
            c.protocol = PROTOCOL_TLS;
            c.client_hello.ext.has_use_srtp = true;
        }
        c.is_full_handshake = true;
        c.handshake_end = (struct moment){{9, 0}, SECOND};
        verdict_after(1);
        expect("ok", OUTCOME_COMPLETED);
        unsigned at = 0;
        while (at < d.num && d.findings[at].id != FINDING_SELF_SIGNED)
            at++;
        assert_true(at < d.num);
        const struct finding *found = &d.findings[at];
        bool is_webrtc = kind == 1 || kind == 2;
        assert_int_equal(found->severity, is_webrtc ? SEVERITY_INFO : SEVERITY_WARNING);
        assert_int_equal(tells(found, "WebRTC"), is_webrtc);
    }
    certificate_release(self);
    certificates_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cookie_loop),     cmocka_unit_test(test_fragments_lost),
        cmocka_unit_test(test_flight_lost),     cmocka_unit_test(test_unfinished),
        cmocka_unit_test(test_unanswered),      cmocka_unit_test(test_icmp),
        cmocka_unit_test(test_encrypted_alert), cmocka_unit_test(test_webrtc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
