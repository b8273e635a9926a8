/* Why QUIC fails: nobody answers, versions, closes in the clear and under keys. The rules stand in datagrams.c. */
#include "diagnose/diagnose.h"
#include "dissect/quic.h"
#include "support/cmocka_all.h"

#include <string.h>

static const int64_t SECOND = 1000000000;

static struct flow flow;
static struct flow_rare rare;
static struct event events[8];
static struct connection c;
static struct diagnosis d;
static struct profiles *profiles; /* empty: nothing was learnt of the server */

static int set_up(void **state)
{
    (void)state;
    profiles = profiles_new();
    return profiles ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    profiles_free(profiles);
    return 0;
}

static struct event *say(enum role role, enum event_kind kind, uint8_t type, uint32_t len)
{
    struct event *event = &events[c.num_events++];
    *event = (struct event){.kind = kind, .role = role, .type = type, .len = len};
    event->first = event->last = (struct moment){{c.num_events, 0}, c.num_events * SECOND / 10};
    return event;
}

/* A ClientHello over QUIC in two Initials, and so many datagrams of the server. */
static void begin(uint32_t from_server)
{
    memset(&c, 0, sizeof c);
    rare = (struct flow_rare){.num_rst = {0}};
    flow = (struct flow){.ip_version = 4, .port = {50000, 443}, .syn_side = 2, .is_datagram = true, .rare = &rare};
    flow.first = (struct moment){{1, 0}, SECOND / 10};
    flow.stream[0] = (struct stream){.packets = 2, .bytes = 2400};
    flow.stream[1] = (struct stream){.packets = from_server, .bytes = 1200 * from_server};
    c.flow = &flow;
    c.id = 1;
    c.protocol = PROTOCOL_QUIC;
    c.is_role_certain = c.has_client_hello = true;
    c.client_hello.legacy_version = VERSION_TLS12;
    c.client_hello.ext.has_supported_versions = true;
    c.client_hello.ext.supported_versions = (struct u16_list){(const uint8_t *)"\x03\x04", 1};
    c.client_hello.cipher_suites = (struct u16_list){(const uint8_t *)"\x13\x01\x13\x02", 2};
    c.quic.first_version = c.quic.version = QUIC_VERSION_1;
    c.quic.num_initials[ROLE_CLIENT] = 2;
    c.quic.last_initial[ROLE_CLIENT] = (struct moment){{2, 0}, SECOND / 5};
    c.events = events;
    say(ROLE_CLIENT, EVENT_HANDSHAKE, HS_CLIENT_HELLO, 280);
    c.client_hello_moment = events[0].last;
}

static void answer(void)
{
    c.has_server_hello = c.has_cipher = true;
    c.version = VERSION_TLS13;
    c.cipher = 0x1301;
    say(ROLE_SERVER, EVENT_HANDSHAKE, HS_SERVER_HELLO, 86);
    c.server_hello_moment = events[c.num_events - 1].last;
}

static const struct finding *verdict_of(const char *code)
{
    struct diagnose_context context = {.profiles = profiles,
                                       .last = {{100, 0}, c.num_events * SECOND / 10 + 20 * SECOND}};
    flow.last = events[c.num_events - 1].last;
    diagnose(&d, &c, &context);
    assert_non_null(d.verdict.code);
    assert_string_equal(d.verdict.code, code);
    assert_int_equal(d.verdict.outcome, OUTCOME_FAILED);
    return d.verdict.finding;
}

static bool tells(const struct finding *f, const char *text)
{
    return strstr(f->summary, text) || (f->detail && strstr(f->detail, text));
}

static void test_blocked(void **state)
{
    (void)state;
    begin(0);
    const struct finding *f = verdict_of("quic-blocked");
    assert_int_equal(f->certainty, CERTAINTY_LIKELY); /* nothing over TCP says that the server is there */
    assert_int_equal(f->side, PARTY_UNKNOWN);
    assert_true(tells(f, "2 datagrams with Initial packets"));
    assert_int_equal(f->evidence[f->num_evidence - 1].place.frame, 2);
    flow.stream[1].packets = 1; /* somebody answered, if only with what is not read */
    struct diagnose_context context = {.profiles = profiles, .last = {{100, 0}, 20 * SECOND}};
    diagnose(&d, &c, &context);
    assert_false(diagnosis_has(&d, FINDING_QUIC_BLOCKED));
}

static void test_versions(void **state)
{
    (void)state;
    begin(1);
    c.quic.first_version = QUIC_VERSION_DRAFT_29 + 1;
    c.quic.has_version_negotiation = true;
    c.quic.version_negotiation = (struct moment){{3, 0}, SECOND / 5};
    c.quic.versions = (struct bytes){(const uint8_t *)"\x1a\x2a\x3a\x4a\x00\x00\x00\x01\x6b\x33\x43\xcf", 12};
    say(ROLE_SERVER, EVENT_FIN, 0, 0)->code = QUIC_FIN_NEGOTIATION;
    const struct finding *f = verdict_of("quic-version-mismatch");
    assert_int_equal(f->certainty, CERTAINTY_PROVEN);
    assert_true(tells(f, "draft-30"));
    assert_true(tells(f, "takes v1, v2")); /* the reserved one says nothing */
    assert_int_equal(f->evidence[f->num_evidence - 1].place.frame, 3);
}

static void test_closed(void **state)
{
    (void)state;
    begin(2);
    answer();
    c.quic.has_close[ROLE_SERVER] = true;
    c.quic.close_code[ROLE_SERVER] = 2;
    c.quic.close[ROLE_SERVER] = (struct moment){{3, 0}, 3 * SECOND / 10};
    say(ROLE_SERVER, EVENT_FIN, 0, 0)->code = QUIC_FIN_CLOSE;
    const struct finding *f = verdict_of("server-gave-up");
    assert_true(tells(f, "CONNECTION_REFUSED (0x2)"));
    assert_int_equal(f->evidence[f->num_evidence - 1].place.frame, 3);
}

/* A client that leaves behind the server's flight: hidden without keys, the alert itself with them. */
static void test_alert(void **state)
{
    (void)state;
    begin(3);
    answer();
    say(ROLE_SERVER, EVENT_HIDDEN, CONTENT_HANDSHAKE, 1100);
    say(ROLE_CLIENT, EVENT_HIDDEN, CONTENT_HANDSHAKE, 60);
    const struct finding *f = verdict_of("encrypted-alert");
    assert_int_equal(f->certainty, CERTAINTY_LIKELY);
    assert_true(tells(f, "The key log (SSLKEYLOGFILE) would show it."));
    c.num_events--;
    struct event *alert = say(ROLE_CLIENT, EVENT_ALERT, CONTENT_ALERT, 2);
    alert->level = 2;
    alert->code = 46; /* certificate_unknown */
    alert->is_encrypted = true;
    c.keys = KEYS_KEYLOG;
    f = verdict_of("certificate-rejected");
    assert_int_equal(f->certainty, CERTAINTY_PROVEN);
    assert_false(diagnosis_has(&d, FINDING_ENCRYPTED_ALERT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocked),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_closed),
        cmocka_unit_test(test_alert),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
