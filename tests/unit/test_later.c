/* What comes after the handshake: renegotiations that are refused, by an alert or by silence and a close. */
#include "diagnose/diagnose.h"
#include "support/cmocka_all.h"

#include <string.h>

static struct flow flow;
static struct event events[16];
static struct connection c;
static struct diagnosis d;

static void say(enum role role, enum event_kind kind, uint8_t type)
{
    struct event *event = &events[c.num_events++];
    *event = (struct event){.kind = kind, .role = role, .type = type, .len = 40};
    event->first = event->last = (struct moment){{c.num_events, 0}, c.num_events * 10000000};
}

/* A TLS 1.2 connection that completed and on which data went both ways; then the client asks for another handshake. */
static void begin(void)
{
    memset(&c, 0, sizeof c);
    flow = (struct flow){.ip_version = 4, .port = {50000, 443}, .setup = FLOW_COMPLETE};
    flow.stream[0] = flow.stream[1] = (struct stream){.packets = 10, .bytes = 1000, .acked = 1000};
    c.flow = &flow;
    c.protocol = PROTOCOL_TLS;
    c.is_role_certain = c.has_client_hello = c.has_server_hello = c.has_cipher = true;
    c.version = VERSION_TLS12;
    c.cipher = 0xC02F;
    c.events = events;
    say(ROLE_CLIENT, EVENT_HANDSHAKE, HS_CLIENT_HELLO);
    say(ROLE_SERVER, EVENT_HANDSHAKE, HS_SERVER_HELLO);
    say(ROLE_CLIENT, EVENT_HIDDEN, CONTENT_HANDSHAKE);
    say(ROLE_SERVER, EVENT_HIDDEN, CONTENT_HANDSHAKE);
    c.handshake_end = events[c.num_events - 1].last;
    c.has_finished[0] = c.has_finished[1] = c.has_application_data[0] = c.has_application_data[1] = true;
    say(ROLE_CLIENT, EVENT_APPLICATION, CONTENT_APPLICATION_DATA);
    say(ROLE_SERVER, EVENT_APPLICATION, CONTENT_APPLICATION_DATA);
    c.renegotiations = 1;
    say(ROLE_CLIENT, EVENT_HIDDEN, CONTENT_HANDSHAKE);
}

static const struct finding *find(void)
{
    struct diagnose_context context = {.last = {{100, 0}, 1000000000}};
    diagnose(&d, &c, &context);
    for (unsigned i = 0; i < d.num; i++)
        if (d.findings[i].id == FINDING_RENEGOTIATION_REFUSED)
            return &d.findings[i];
    return NULL;
}

static void test_refused_by_alert(void **state)
{
    (void)state;
    begin();
    say(ROLE_SERVER, EVENT_HIDDEN_ALERT, CONTENT_ALERT);
    say(ROLE_SERVER, EVENT_FIN, 0);
    const struct finding *f = find();
    assert_non_null(f);
    assert_int_equal(f->certainty, CERTAINTY_LIKELY);
    assert_int_equal(f->side, PARTY_SERVER);
    assert_non_null(strstr(f->detail, "alert is encrypted"));
    assert_string_equal(d.verdict.code, "renegotiation-refused");
}

static void test_refused_by_close(void **state)
{
    (void)state;
    static const enum event_kind closes[] = {EVENT_FIN, EVENT_RST};
    for (size_t i = 0; i < sizeof closes / sizeof closes[0]; i++) {
        begin();
        say(ROLE_SERVER, closes[i], 0);
        say(ROLE_CLIENT, EVENT_FIN, 0);
        const struct finding *f = find();
        assert_non_null(f);
        assert_int_equal(f->certainty, CERTAINTY_LIKELY);
        assert_int_equal(f->ended_by, PARTY_SERVER);
        assert_non_null(strstr(f->detail, "answered nothing and closed"));
        assert_int_equal(f->evidence[f->num_evidence - 1].place.frame, 8);
    }
}

static void test_not_refused(void **state)
{
    (void)state;
    begin(); /* answered */
    say(ROLE_SERVER, EVENT_HIDDEN, CONTENT_HANDSHAKE);
    say(ROLE_SERVER, EVENT_FIN, 0);
    assert_null(find());
    begin(); /* not heeded, and both went on */
    say(ROLE_SERVER, EVENT_APPLICATION, CONTENT_APPLICATION_DATA);
    say(ROLE_SERVER, EVENT_FIN, 0);
    assert_null(find());
    begin(); /* the client leaves by itself */
    say(ROLE_CLIENT, EVENT_HIDDEN_ALERT, CONTENT_ALERT);
    say(ROLE_CLIENT, EVENT_FIN, 0);
    say(ROLE_SERVER, EVENT_FIN, 0);
    assert_null(find());
    begin(); /* a hole: the answer may lie in it */
    say(ROLE_SERVER, EVENT_GAP, 0);
    say(ROLE_SERVER, EVENT_FIN, 0);
    assert_null(find());
    begin(); /* still open */
    assert_null(find());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused_by_alert),
        cmocka_unit_test(test_refused_by_close),
        cmocka_unit_test(test_not_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
