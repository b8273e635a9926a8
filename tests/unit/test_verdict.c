/* Outcome and verdict, as far as the capture and TCP give them: each step of the choice, and what must not raise it. */
#include "diagnose/verdict.h"
#include "support/cmocka_all.h"

#include <string.h>

static const int64_t SECOND = 1000000000;

struct bench {
    struct flow flow;
    struct flow_rare rare;
    struct event events[8];
    struct connection c;
    struct verdict_context context;
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

static void expect(const struct bench *b, enum outcome outcome, const char *code)
{
    struct verdict verdict;
    verdict_choose(&verdict, &b->c, &b->context);
    assert_string_equal(outcome_name(verdict.outcome), outcome_name(outcome));
    if (code)
        assert_string_equal(verdict.code, code);
    else
        assert_null(verdict.code);
    assert_true((verdict.side != NULL) == (code != NULL && strcmp(code, "ok") != 0));
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
}

static void test_capture_ended_or_silence(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b);
    expect(&b, OUTCOME_INCOMPLETE, "capture-ended");
    b.context.last.time_ns = 5 * SECOND;
    expect(&b, OUTCOME_FAILED, NULL);
    /* A filtered capture: no beginning and no end. Its silence proves nothing. */
    b.flow.syn_side = 2;
    b.flow.setup = FLOW_UNSEEN;
    expect(&b, OUTCOME_INCOMPLETE, "capture-mid-stream");
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
    expect(&b, OUTCOME_FAILED, NULL);
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
    expect(&b, OUTCOME_FAILED, "tcp-no-answer");
}

static void test_missing_parts(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b);
    b.flow.stream[1].has_fin = true;
    b.c.has_gap_in_handshake = true;
    expect(&b, OUTCOME_INCOMPLETE, "capture-gap");
    b.c.has_cut_in_handshake = true;
    expect(&b, OUTCOME_INCOMPLETE, "capture-truncated");
    /* A readable alert that needs nothing of the missing part decides. */
    add(&b, EVENT_ALERT, ROLE_SERVER, 2, 70);
    expect(&b, OUTCOME_FAILED, NULL);
    /* One about a certificate that the capture lacks does not. */
    b.events[1].role = ROLE_CLIENT;
    b.events[1].code = 48;
    b.c.chain_missing = CHAIN_NOT_CAPTURED;
    expect(&b, OUTCOME_INCOMPLETE, "capture-truncated");
    b.c.chain_missing = CHAIN_PRESENT;
    b.c.chain.num = 1;
    expect(&b, OUTCOME_FAILED, NULL);
    /* Nor a warning. */
    b.events[1].level = 1;
    expect(&b, OUTCOME_INCOMPLETE, "capture-truncated");
    /* A hole that nobody acknowledged was lost on the path: no fault of the capture. */
    b.c.has_cut_in_handshake = b.c.has_gap_in_handshake = false;
    b.c.has_unacknowledged_gap = true;
    expect(&b, OUTCOME_FAILED, NULL);
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
    b.flow.stream[1].has_rst = true;
    expect(&b, OUTCOME_FAILED, "tcp-refused");

    b.flow.setup = FLOW_UNANSWERED;
    b.flow.stream[1].has_rst = false;
    b.flow.stream[1].packets = 0;
    b.flow.stream[1].has_syn = false;
    expect(&b, OUTCOME_INCOMPLETE, "capture-ended");
    b.context.last.time_ns = 4 * SECOND;
    expect(&b, OUTCOME_FAILED, "tcp-no-answer");
    b.rare.has_icmp = true;
    b.rare.icmp_ip_version = 4;
    b.rare.icmp_type = 3;
    b.rare.icmp_code = 13;
    expect(&b, OUTCOME_FAILED, "tcp-unreachable");
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
    expect(&b, OUTCOME_NOT_TLS, NULL);
    /* A banner before the hello is no answer to it. */
    b.events[1].last = (struct moment){{3, 0}, 0};
    expect(&b, OUTCOME_FAILED, NULL);
    set_up(&b);
    b.c.protocol = PROTOCOL_NONE;
    b.c.has_client_hello = false;
    expect(&b, OUTCOME_NOT_TLS, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_completed),     cmocka_unit_test(test_capture_ended_or_silence),
        cmocka_unit_test(test_mid_stream),    cmocka_unit_test(test_one_sided),
        cmocka_unit_test(test_missing_parts), cmocka_unit_test(test_reaching_the_server),
        cmocka_unit_test(test_not_tls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
