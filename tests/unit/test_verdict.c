/* The choice of the verdict, step by step, and what must not raise one. */
#include "diagnose/diagnose.h"
#include "diagnose/last_resort.h"
#include "support/cmocka_all.h"

#include <string.h>

static const int64_t SECOND = 1000000000;

struct bench {
    struct flow flow;
    struct flow_rare rare;
    struct event events[8];
    struct connection c;
    struct diagnose_context context;
};

/* A connection with a whole set-up and a hello, still open. */
static void set_up(struct bench *b)
{
    memset(b, 0, sizeof *b);
    b->flow.syn_side = 0;
    b->flow.setup = FLOW_COMPLETE;
    b->flow.rare = &b->rare;
    b->flow.first = (struct moment){{1, 0}, 0};
    b->flow.established = (struct moment){{3, 0}, SECOND / 100};
    for (unsigned side = 0; side < 2; side++) {
        b->flow.stream[side].packets = 2;
        b->flow.stream[side].has_syn = true;
    }
    b->flow.stream[0].bytes = 300;
    b->c.flow = &b->flow;
    b->c.protocol = PROTOCOL_TLS;
    b->c.has_client_hello = true;
    b->c.end_kind = FLOW_END_INPUT;
    b->c.events = b->events;
    b->events[0] = (struct event){.kind = EVENT_HANDSHAKE, .role = ROLE_CLIENT, .type = HS_CLIENT_HELLO};
    b->events[0].last = (struct moment){{4, 0}, SECOND / 50};
    b->c.client_hello_moment = b->events[0].last;
    b->c.num_events = 1;
    b->context.last.time_ns = SECOND;
}

static void add(struct bench *b, enum event_kind kind, enum role role, uint8_t level, uint8_t code)
{
    struct event *event = &b->events[b->c.num_events];
    *event = (struct event){.kind = kind, .role = role, .level = level, .code = code};
    event->last = (struct moment){{5u + b->c.num_events, 0}, SECOND / 20};
    b->c.num_events++;
}

static struct diagnosis diagnosis;

static void expect(const struct bench *b, enum outcome outcome, const char *code)
{
    diagnose(&diagnosis, &b->c, &b->context);
    const struct verdict *verdict = &diagnosis.verdict;
    assert_string_equal(verdict->code, code);
    assert_string_equal(outcome_name(verdict->outcome), outcome_name(outcome));
    assert_true((verdict->side != NULL) == (strcmp(code, "ok") != 0));
    assert_true((verdict->finding != NULL) == (strcmp(code, "ok") != 0));
}

static void expect_side(const struct bench *b, const char *code, const char *side, const char *ended_by)
{
    expect(b, finding_code_find(code)->outcome, code);
    assert_string_equal(diagnosis.verdict.side, side);
    assert_string_equal(diagnosis.verdict.ended_by, ended_by);
}

static void test_completed(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b);
    b.c.handshake_end = (struct moment){{9, 0}, SECOND};
    b.c.has_gap_in_handshake = true; /* a hole stands beside, it does not change the verdict */
    add(&b, EVENT_ALERT, ROLE_SERVER, 2, 80);
    expect(&b, OUTCOME_COMPLETED, "ok");
    assert_true(diagnosis_has(&diagnosis, FINDING_CAPTURE_GAP));
    assert_false(diagnosis_has(&diagnosis, FINDING_PEER_INTERNAL_ERROR));
}

static void test_capture_ended_or_silence(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b);
    expect(&b, OUTCOME_INCOMPLETE, "capture-ended");
    b.context.last.time_ns = 5 * SECOND;
    expect_side(&b, "hello-unanswered", "server", "unknown");
    /* A filtered capture: no beginning and no end. Its silence proves nothing. */
    b.flow.syn_side = 2;
    b.flow.setup = FLOW_UNSEEN;
    expect(&b, OUTCOME_INCOMPLETE, "capture-mid-stream");
}

/* A silence is the cause, whoever closes or complains afterwards. */
static void test_silence_before_close(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b);
    b.flow.stream[0].acked = b.flow.stream[0].bytes;
    add(&b, EVENT_ALERT, ROLE_CLIENT, 2, 40);
    b.events[1].last.time_ns = 5 * SECOND;
    expect_side(&b, "hello-unanswered", "server", "client");
    add(&b, EVENT_FIN, ROLE_CLIENT, 0, 0);
    expect_side(&b, "hello-unanswered", "server", "client");
    /* The server's alert is its answer, however late. */
    b.events[1].role = ROLE_SERVER;
    expect_side(&b, "parameters-rejected", "unknown", "server");
    /* A hello that was never acknowledged did not arrive. */
    b.events[1].role = ROLE_CLIENT;
    b.flow.stream[0].acked = 0;
    b.rare.unacked_resends[0] = 3;
    expect_side(&b, "hello-blackholed", "path", "client");
}

/* An alert after the peer's FIN is an echo. */
static void test_first_cause(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b);
    add(&b, EVENT_FIN, ROLE_SERVER, 0, 0);
    add(&b, EVENT_ALERT, ROLE_CLIENT, 2, 50);
    add(&b, EVENT_RST, ROLE_CLIENT, 0, 0);
    expect_side(&b, "hello-closed", "server", "server");
    assert_int_equal(diagnosis.num, 1);
    b.events[1].kind = EVENT_RST;
    expect_side(&b, "hello-reset", "path", "server");
    b.events[1].role = ROLE_CLIENT;
    expect_side(&b, "client-gave-up", "client", "client");
    b.events[1].role = ROLE_SERVER;
    b.c.has_server_hello = true;
    b.c.version = VERSION_TLS12;
    b.flow.stream[1].bytes = 100;
    expect_side(&b, "server-gave-up", "server", "server");
}

static void test_mid_stream(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b);
    b.flow.syn_side = 2;
    b.c.has_client_hello = false;
    b.flow.stream[0].has_fin = true;
    expect(&b, OUTCOME_INCOMPLETE, "capture-mid-stream");
    /* A missing SYN alone is no missing part of the handshake. */
    b.c.has_client_hello = true;
    add(&b, EVENT_FIN, ROLE_CLIENT, 0, 0);
    expect(&b, OUTCOME_FAILED, "client-gave-up");
}

static void test_one_sided(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b);
    b.flow.stream[1].packets = 0;
    b.flow.stream[1].has_syn = false;
    expect(&b, OUTCOME_INCOMPLETE, "capture-one-sided");
    /* SYNs without an answer are not one-sided. */
    b.flow.stream[0].bytes = 0;
    b.flow.setup = FLOW_UNANSWERED;
    b.rare.syn_retries[0] = 2;
    b.c.protocol = PROTOCOL_NONE;
    b.c.has_client_hello = false;
    b.c.num_events = 0;
    expect(&b, OUTCOME_FAILED, "tcp-no-answer");
}

static void test_missing_parts(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b);
    b.c.has_gap_in_handshake = true;
    expect(&b, OUTCOME_INCOMPLETE, "capture-gap");
    b.c.has_cut_in_handshake = true;
    expect(&b, OUTCOME_INCOMPLETE, "capture-truncated");
    /* A readable alert that needs nothing of the missing part decides. */
    add(&b, EVENT_ALERT, ROLE_SERVER, 2, 70);
    expect(&b, OUTCOME_FAILED, "version-unsupported");
    assert_true(diagnosis_has(&diagnosis, FINDING_CAPTURE_TRUNCATED));
    /* One about a certificate that the capture lacks does not. */
    b.events[1].role = ROLE_CLIENT;
    b.events[1].code = 48;
    b.c.chain_missing = CHAIN_NOT_CAPTURED;
    expect(&b, OUTCOME_INCOMPLETE, "capture-truncated");
    b.c.chain_missing = CHAIN_ENCRYPTED;
    expect(&b, OUTCOME_FAILED, "certificate-rejected");
    /* Nor a warning. */
    b.events[1].level = 1;
    expect(&b, OUTCOME_INCOMPLETE, "capture-truncated");
    /* A hole that nobody acknowledged was lost on the path: no fault of the capture. */
    b.c.has_cut_in_handshake = b.c.has_gap_in_handshake = false;
    b.c.has_unacknowledged_gap = true;
    b.flow.stream[1].bytes = 1000;
    b.context.last.time_ns = 5 * SECOND;
    expect(&b, OUTCOME_FAILED, "server-flight-blackholed");
}

static void test_reaching_the_server(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b);
    b.c.protocol = PROTOCOL_NONE;
    b.c.has_client_hello = false;
    b.c.num_events = 0;
    b.flow.stream[0].bytes = 0;
    b.flow.established = (struct moment){0};
    b.flow.setup = FLOW_REFUSED;
    b.rare.rst[1] = (struct moment){{2, 0}, 1};
    expect_side(&b, "tcp-refused", "server", "server");
    assert_int_equal(diagnosis.verdict.finding->certainty, CERTAINTY_PROVEN);
    assert_int_equal(diagnosis.verdict.finding->num_evidence, 2);

    b.flow.setup = FLOW_UNANSWERED;
    b.rare.rst[1] = (struct moment){0};
    b.flow.stream[0].packets = 1;
    b.flow.stream[1].packets = 0;
    b.flow.stream[1].has_syn = false;
    expect(&b, OUTCOME_INCOMPLETE, "capture-ended");
    b.context.last.time_ns = 4 * SECOND;
    expect(&b, OUTCOME_FAILED, "tcp-no-answer");
    b.rare.has_icmp = true;
    b.rare.icmp_ip_version = 4;
    b.rare.icmp_type = 3;
    b.rare.icmp_code = 13;
    expect_side(&b, "tcp-unreachable", "path", "path");
    b.rare.icmp_code = 4; /* fragmentation needed refuses nothing */
    expect(&b, OUTCOME_FAILED, "tcp-no-answer");
    b.rare.icmp_ip_version = 6;
    b.rare.icmp_type = 1;
    expect(&b, OUTCOME_FAILED, "tcp-unreachable");

    b.rare.has_icmp = false;
    b.flow.setup = FLOW_SYN_ACKED;
    b.flow.stream[1].packets = 3;
    b.flow.stream[1].has_syn = true;
    b.rare.syn_retries[1] = 2;
    expect(&b, OUTCOME_FAILED, "syn-ack-unanswered");
}

static void test_not_tls(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b);
    add(&b, EVENT_NOT_TLS, ROLE_SERVER, 0, 0);
    add(&b, EVENT_ALERT, ROLE_CLIENT, 2, 10); /* an echo */
    expect(&b, OUTCOME_NOT_TLS, "reply-not-tls");
    /* Something unknown before the hello is no answer to it. */
    b.events[1].last = (struct moment){{3, 0}, 0};
    expect(&b, OUTCOME_FAILED, "protocol-violation");
    /* The greeting of a protocol with STARTTLS is. */
    static const char greeting[] = "220 mail.example ESMTP";
    b.c.first_bytes[ROLE_SERVER] = (struct bytes){(const uint8_t *)greeting, sizeof greeting - 1};
    expect_side(&b, "starttls-expected", "client", "client");

    set_up(&b);
    static const char request[] = "GET / HTTP/1.1";
    b.c.protocol = PROTOCOL_NONE;
    b.c.has_client_hello = false;
    b.flow.port[1] = 443;
    b.events[0].kind = EVENT_NOT_TLS;
    b.c.first_bytes[ROLE_CLIENT] = (struct bytes){(const uint8_t *)request, sizeof request - 1};
    expect_side(&b, "request-not-tls", "client", "unknown");
}

/* The first bytes of a record, and no more of it: neither plain text nor a hello, whoever ends it. */
static void test_record_begun(void **state)
{
    (void)state;
    static const uint8_t record[] = {22, 3, 1, 2}, almost[] = {22, 3, 9, 2};
    for (size_t len = 1; len <= sizeof record; len++) {
        struct bench b;
        set_up(&b);
        b.c.protocol = PROTOCOL_NONE;
        b.c.has_client_hello = false;
        b.flow.port[1] = 443;
        b.events[0].kind = EVENT_NOT_TLS;
        b.c.first_bytes[ROLE_CLIENT] = (struct bytes){record, len};
        expect(&b, OUTCOME_INCOMPLETE, "capture-ended");
        b.c.first_bytes[ROLE_CLIENT].at = almost;
        expect(&b, len < 3 ? OUTCOME_INCOMPLETE : OUTCOME_NOT_TLS, len < 3 ? "capture-ended" : "request-not-tls");
        b.c.first_bytes[ROLE_CLIENT].at = record;
        add(&b, EVENT_FIN, ROLE_CLIENT, 0, 0);
        expect_side(&b, "client-gave-up", "client", "client");
    }
}

/* Every alert, from either side, has a verdict, and one that fits who sent it. */
static void test_last_resort(void **state)
{
    (void)state;
    for (unsigned code = 0; code < 256; code++)
        for (unsigned role = 0; role < 2; role++) {
            struct bench b;
            set_up(&b);
            b.flow.stream[0].acked = b.flow.stream[0].bytes;
            add(&b, EVENT_ALERT, (enum role)role, 2, (uint8_t)code);
            diagnose(&diagnosis, &b.c, &b.context);
            const struct finding *f = diagnosis.verdict.finding;
            assert_non_null(f);
            assert_int_equal(diagnosis.verdict.outcome, OUTCOME_FAILED);
            assert_string_equal(diagnosis.verdict.ended_by, role == ROLE_CLIENT ? "client" : "server");
            assert_int_equal(f->severity, SEVERITY_ERROR);
            assert_true(f->num_evidence > 0);
            assert_true(finding_code(last_resort_of((uint8_t)code, (enum role)role).id)->outcome == OUTCOME_FAILED);
            /* After both Finished nothing changes the verdict. */
            b.c.handshake_end = (struct moment){{4, 0}, SECOND / 40};
            expect(&b, OUTCOME_COMPLETED, "ok");
        }
}

/* "Choosing the verdict", steps 1 to 7: of two findings that explain the failure the one of the earlier step, within a
 * step the one that stands first; a finding that only stands beside never. */
static void test_steps(void **state)
{
    (void)state;
    static const enum finding_id order[] = {
        FINDING_RENEGOTIATION_REFUSED, /* 1 */
        FINDING_CAPTURE_MID_STREAM,    /* 2 */
        FINDING_CAPTURE_ONE_SIDED,
        FINDING_CAPTURE_TRUNCATED,
        FINDING_CAPTURE_GAP,
        FINDING_TCP_REFUSED, /* 3 */
        FINDING_TCP_UNREACHABLE,
        FINDING_RESET_INJECTED,
        FINDING_PROXY_REFUSED,
        FINDING_STARTTLS_REFUSED,
        FINDING_REQUEST_NOT_TLS,
        FINDING_STARTTLS_EXPECTED,
        FINDING_REPLY_NOT_TLS,
        FINDING_FALLBACK_DETECTED, /* 4 */
        FINDING_DOWNGRADE_SUSPECTED,
        FINDING_HEARTBLEED_ATTEMPT,
        FINDING_HELLO_RETRY_FAILED,
        FINDING_VERSION_INTOLERANT,
        FINDING_VERSION_UNSUPPORTED,
        FINDING_SNI_MISSING,
        FINDING_SNI_UNRECOGNIZED,
        FINDING_ALPN_MISMATCH,
        FINDING_RENEGOTIATION_UNSAFE,
        FINDING_DH_WEAK,
        FINDING_CLIENT_AUTH_REQUIRED,
        FINDING_CLIENT_CA_NOT_ACCEPTED,
        FINDING_NO_SHARED_CERTIFICATE_TYPE,
        FINDING_NO_SHARED_CIPHER,
        FINDING_NO_SHARED_GROUP,
        FINDING_NO_SHARED_SIGNATURE_ALGORITHM,
        FINDING_SELF_SIGNED, /* 5 */
        FINDING_CHAIN_INCOMPLETE,
        FINDING_ISSUER_UNTRUSTED,
        FINDING_CERTIFICATE_REVOKED,
        FINDING_CERTIFICATE_MISUSED,
        FINDING_CERTIFICATE_WEAK,
        FINDING_NAME_MISMATCH,
        FINDING_CERTIFICATE_NOT_YET_VALID,
        FINDING_CERTIFICATE_EXPIRED,
        FINDING_CERTIFICATE_REJECTED, /* 6 */
        FINDING_CLIENT_CERTIFICATE_REJECTED,
        FINDING_PARAMETERS_REJECTED,
        FINDING_USER_CANCELED,
        FINDING_PEER_INTERNAL_ERROR,
        FINDING_PROTOCOL_VIOLATION,
        FINDING_ENCRYPTED_ALERT,
        FINDING_TCP_NO_ANSWER, /* 7 */
        FINDING_HELLO_BLACKHOLED,
        FINDING_HELLO_UNANSWERED,
        FINDING_HANDSHAKE_STALLED,
        FINDING_HELLO_CLOSED,
        FINDING_HELLO_RESET,
        FINDING_CLIENT_GAVE_UP,
        FINDING_SERVER_GAVE_UP,
        FINDING_CAPTURE_ENDED,
    };
    struct bench b;
    set_up(&b);
    for (size_t i = 0; i + 1 < sizeof order / sizeof *order; i++) {
        for (unsigned is_beside = 0; is_beside < 2; is_beside++) {
            diagnosis_reset(&diagnosis);
            (void)finding_cause(&diagnosis, order[i + 1], CERTAINTY_PROVEN, PARTY_CLIENT);
            struct finding *first = finding_cause(&diagnosis, order[i], CERTAINTY_POSSIBLE, PARTY_SERVER);
            first->is_cause = !is_beside;
            verdict_choose(&diagnosis, &b.c);
            assert_string_equal(diagnosis.verdict.code, finding_code(order[i + is_beside])->code);
            assert_string_equal(diagnosis.verdict.ended_by, is_beside ? "client" : "server");
        }
    }
    /* Completed: what stands beside changes nothing, a cause does. */
    b.c.handshake_end = (struct moment){{9, 0}, SECOND};
    diagnosis_reset(&diagnosis);
    struct finding *late = finding_add(&diagnosis, FINDING_CERTIFICATE_EXPIRED, CERTAINTY_PROVEN);
    verdict_choose(&diagnosis, &b.c);
    assert_string_equal(diagnosis.verdict.code, "ok");
    late->is_cause = true;
    verdict_choose(&diagnosis, &b.c);
    assert_string_equal(diagnosis.verdict.code, "certificate-expired");
    assert_int_equal(diagnosis.verdict.outcome, OUTCOME_FAILED);
}

/* A client's alert answers what the server said: without that, or with a hole in it, the capture lacks the reason. */
static void test_alert_without_its_question(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b);
    b.c.has_server_hello = true;
    b.c.client_hello.legacy_version = VERSION_TLS12;
    b.c.version = VERSION_TLS12;
    b.flow.stream[1].bytes = 100;
    add(&b, EVENT_GAP, ROLE_SERVER, 0, GAP_LOST);
    add(&b, EVENT_ALERT, ROLE_CLIENT, 2, 47);
    b.c.has_gap_in_handshake = true;
    expect(&b, OUTCOME_INCOMPLETE, "capture-gap");
    /* The hole came afterwards: it holds nothing of the reason. */
    struct event hole = b.events[1];
    b.events[1] = b.events[2];
    b.events[2] = hole;
    expect_side(&b, "protocol-violation", "server", "client");
    /* The server's own word on protocols needs nothing of the flight. */
    b.events[2] = b.events[1];
    b.events[1] = hole;
    b.events[2].role = ROLE_SERVER;
    b.events[2].code = 120;
    expect(&b, OUTCOME_FAILED, "alpn-mismatch");
    assert_true(diagnosis_has(&diagnosis, FINDING_CAPTURE_GAP));
}

/* A close whose sequence number counts bytes that the capture lacks: they may have been the reason. */
static void test_bytes_before_close(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b);
    b.c.has_server_hello = true;
    b.c.client_hello.legacy_version = VERSION_TLS12;
    b.c.version = VERSION_TLS12;
    b.flow.stream[0].next = 300;
    b.flow.stream[1].bytes = 100;
    add(&b, EVENT_RST, ROLE_CLIENT, 0, 0);
    b.events[1].offset = 300;
    expect_side(&b, "client-gave-up", "client", "client");
    b.events[1].offset = 307;
    expect(&b, OUTCOME_INCOMPLETE, "capture-gap");
    assert_int_equal(diagnosis.verdict.finding->certainty, CERTAINTY_LIKELY);
    /* Not where the RST is somebody else's. */
    b.rare.num_rst[0] = 1;
    b.flow.stream[0].ttl = 64;
    b.rare.rst_ttl[0] = 37;
    expect_side(&b, "reset-injected", "path", "path");
    set_up(&b);
    add(&b, EVENT_GAP, ROLE_SERVER, 0, GAP_UNPROVEN);
    b.events[1].len = 7;
    add(&b, EVENT_FIN, ROLE_SERVER, 0, 0);
    expect(&b, OUTCOME_INCOMPLETE, "capture-gap");
}

/* Retry configurations are sent to clients that only pretend to do ECH, too: a close alone says nothing, a close and
 * another connection to that name does; the alert proves it. */
static void test_ech(void **state)
{
    (void)state;
    struct bench b;
    struct profiles *profiles = profiles_new();
    assert_non_null(profiles);
    set_up(&b);
    b.context.profiles = profiles;
    b.flow.stream[1].bytes = 900;
    static const uint8_t versions[] = {3, 4};
    b.c.client_hello.ext.has_supported_versions = true;
    b.c.client_hello.ext.supported_versions = (struct u16_list){versions, 1};
    b.c.has_server_hello = true;
    b.c.version = VERSION_TLS13;
    b.c.has_encrypted_extensions = true;
    b.c.encrypted_extensions_moment = (struct moment){{4, 0}, SECOND / 40};
    b.c.encrypted_extensions.has_ech = true;
    b.c.encrypted_extensions.ech_type = ECH_RETRY_CONFIGS;
    add(&b, EVENT_HANDSHAKE, ROLE_SERVER, 0, 0);
    add(&b, EVENT_FIN, ROLE_CLIENT, 0, 0);
    profiles_learn(profiles, &b.c, false);
    expect(&b, OUTCOME_FAILED, "client-gave-up");
    profiles_learn(profiles, &b.c, true);
    expect(&b, OUTCOME_FAILED, "ech-rejected");
    assert_int_equal(diagnosis.verdict.finding->certainty, CERTAINTY_LIKELY);
    b.c.encrypted_extensions.ech_type = ECH_NONE;
    expect(&b, OUTCOME_FAILED, "client-gave-up");
    b.c.num_events--;
    add(&b, EVENT_ALERT, ROLE_CLIENT, 2, ALERT_ECH_REQUIRED);
    expect(&b, OUTCOME_FAILED, "ech-rejected");
    assert_int_equal(diagnosis.verdict.finding->certainty, CERTAINTY_PROVEN);
    profiles_free(profiles);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_completed),
        cmocka_unit_test(test_ech),
        cmocka_unit_test(test_capture_ended_or_silence),
        cmocka_unit_test(test_silence_before_close),
        cmocka_unit_test(test_first_cause),
        cmocka_unit_test(test_mid_stream),
        cmocka_unit_test(test_one_sided),
        cmocka_unit_test(test_missing_parts),
        cmocka_unit_test(test_reaching_the_server),
        cmocka_unit_test(test_not_tls),
        cmocka_unit_test(test_record_begun),
        cmocka_unit_test(test_last_resort),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_alert_without_its_question),
        cmocka_unit_test(test_bytes_before_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
