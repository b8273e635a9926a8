/* Beginnings: SYNs sent again, refused, late, simultaneous; ports used again. */
#include "support/flow_fixture.h"

static void test_a_syn_sent_again(void **state)
{
    (void)state;
    flow_send(r, &pair, 0, "S", 0, 0, "");
    r->time_ns += SECOND;
    flow_send(r, &pair, 0, "S", 0, 0, "");
    r->time_ns += 2 * SECOND;
    flow_send(r, &pair, 0, "S", 0, 0, "");
    assert_int_equal(r->flow.setup, FLOW_UNANSWERED);
    assert_int_equal(r->rare.syn_retries[0], 2);
    assert_int_equal(r->rare.last_syn[0].place.frame, 3);
    flow_send(r, &pair, 1, "SA", 0, 1, "");
    assert_int_equal(r->flow.rtt_ns, 0); /* which SYN was answered is not known */
    assert_int_equal(r->flow.setup, FLOW_SYN_ACKED);
    flow_finish(r);
    flow_expect(r, "begin 1\nend 1 input\n");
    assert_int_equal(r->flow.stream[0].retransmissions, 0);
}

static void test_a_syn_captured_twice_was_not_sent_again(void **state)
{
    (void)state;
    flow_send(r, &pair, 0, "S", 0, 0, "");
    flow_send_again(r);
    flow_send_again(r);
    flow_send(r, &pair, 1, "SA", 0, 1, "");
    flow_send_again(r);
    flow_send(r, &pair, 0, "A", 1, 1, "");
    flow_send_again(r);
    assert_int_equal(r->rare.duplicates, 4);
    assert_int_equal(r->rare.syn_retries[0] + r->rare.syn_retries[1], 0);
    assert_int_equal(r->flow.stream[0].packets, 2);
    assert_int_equal(r->flow.stream[1].packets, 1);
    assert_true(r->flow.rtt_ns > 0);
    assert_int_equal(r->flow.setup, FLOW_COMPLETE);
}

static void test_a_syn_ack_sent_again(void **state)
{
    (void)state;
    flow_send(r, &pair, 0, "S", 0, 0, "");
    flow_send(r, &pair, 1, "SA", 0, 1, "");
    r->time_ns += SECOND;
    flow_send(r, &pair, 1, "SA", 0, 1, "");
    assert_int_equal(r->flow.setup, FLOW_SYN_ACKED);
    assert_int_equal(r->rare.syn_retries[1], 1);
    assert_int_equal(r->rare.syn_retries[0], 0);
    assert_int_equal(r->flow.syn_ack.place.frame, 2);
    flow_expect(r, "begin 1\n");
}

static void test_refused(void **state)
{
    (void)state;
    flow_send(r, &pair, 0, "S", 0, 0, "");
    struct tcp_pair zero = pair;
    zero.isn[1] = 0; /* as a stack answers that knows no connection */
    flow_send(r, &zero, 1, "RA", 0, 1, "");
    assert_int_equal(r->flow.setup, FLOW_REFUSED);
    assert_int_equal(r->rare.num_rst[1], 1);
    flow_expect(r, "begin 1\nclose 1.1 rst #2\n");
    r->time_ns += SECOND / 2;
    flow_send(r, &pair, 0, "S", 0, 0, ""); /* tried again with the same number */
    flow_send(r, &zero, 1, "RA", 0, 1, "");
    flow_expect(r, "");
    assert_int_equal(r->rare.syn_retries[0], 1);
    assert_int_equal(r->rare.num_rst[1], 2);
    assert_false(r->rare.rst_seqs_differ[1]);
    pair.isn[0] += 12345; /* and with another one */
    flow_send(r, &pair, 0, "S", 0, 0, "");
    flow_expect(r, "end 1 reused\nbegin 2\n");
}

static void test_given_up_by_the_client_is_not_refused(void **state)
{
    (void)state;
    flow_send(r, &pair, 0, "S", 0, 0, "");
    flow_send(r, &pair, 0, "R", 1, 0, "");
    assert_int_equal(r->flow.setup, FLOW_UNANSWERED);
    flow_expect(r, "begin 1\nclose 1.0 rst #2\n");
}

static void test_a_forged_refusal(void **state)
{
    (void)state;
    flow_send(r, &pair, 0, "S", 0, 0, "");
    flow_send(r, &pair, 1, "RA", 0, 1, "");
    flow_send(r, &pair, 1, "SA", 0, 1, "");
    flow_send(r, &pair, 0, "A", 1, 1, "hello");
    flow_send(r, &pair, 1, "A", 1, 6, "world");
    assert_int_equal(r->flow.setup, FLOW_COMPLETE);
    assert_true(r->rare.data_after_rst[1]);
    assert_false(r->flow.is_closed);
    flow_expect(r, "begin 1\nclose 1.1 rst #2\ndata 1.0 @0 hello #4\ndata 1.1 @0 world #5\n");
}

static void close_connection(void)
{
    flow_send_handshake(r, &pair);
    flow_send(r, &pair, 0, "FA", 1, 1, "");
    flow_send(r, &pair, 1, "FA", 1, 2, "");
    flow_send(r, &pair, 0, "A", 2, 2, "");
    flow_expect(r, "begin 1\nclose 1.0 fin #4\nclose 1.1 fin #5\n");
}

static void test_ports_used_again_after_the_close(void **state)
{
    (void)state;
    close_connection();
    r->time_ns += SECOND;
    flow_send(r, &pair, 0, "S", 0, 0, ""); /* a SYN of the old one, delayed */
    flow_expect(r, "");
    struct tcp_pair next = pair;
    next.isn[0] += 1000000;
    next.isn[1] += 2000000;
    flow_send(r, &next, 0, "S", 0, 0, "");
    flow_send(r, &next, 0, "S", 0, 0, "");
    flow_expect(r, "end 1 reused\nbegin 2\n");
    flow_send(r, &pair, 0, "S", 0, 0, ""); /* of the one before */
    flow_expect(r, "");
    flow_send(r, &pair, 1, "FA", 1, 2, "");
    flow_send(r, &pair, 1, "RA", 2, 2, "");
    flow_expect(r, "");
    assert_int_equal(r->flow.setup, FLOW_UNANSWERED);
    flow_send(r, &next, 1, "SA", 0, 1, "");
    flow_send(r, &next, 0, "A", 1, 1, "new");
    flow_expect(r, "data 2.0 @0 new #14\n");
    assert_int_equal(r->flow.setup, FLOW_COMPLETE);
    assert_int_equal(r->flow.first.place.frame, 8);
    assert_int_equal(r->rare.syn_retries[0], 1);
}

static void test_ports_used_again_by_the_other_side(void **state)
{
    (void)state;
    close_connection();
    struct tcp_pair next = pair;
    next.isn[1] += 77;
    flow_send(r, &next, 1, "S", 0, 0, "");
    flow_expect(r, "end 1 reused\nbegin 2\n");
    assert_int_equal(r->flow.port[0], 443);
    assert_int_equal(r->flow.syn_side, 0);
}

static void test_another_attempt_before_any_answer(void **state)
{
    (void)state;
    flow_send(r, &pair, 0, "S", 0, 0, "");
    pair.isn[0] += 4242;
    flow_send(r, &pair, 0, "S", 0, 0, "");
    flow_expect(r, "begin 1\nend 1 reused\nbegin 2\n");
}

static void test_a_syn_on_an_open_connection(void **state)
{
    (void)state;
    flow_send_handshake(r, &pair);
    struct tcp_pair next = pair;
    next.isn[0] += 1000000;
    next.isn[1] += 2000000;
    flow_send(r, &next, 0, "S", 0, 0, "");
    flow_send(r, &pair, 1, "A", 1, 1, ""); /* challenged */
    flow_send(r, &pair, 0, "A", 1, 1, "old");
    flow_expect(r, "begin 1\ndata 1.0 @0 old #6\n");
    flow_send(r, &next, 0, "S", 0, 0, "");
    flow_send(r, &next, 1, "SA", 0, 1, "");
    flow_expect(r, "end 1 reused\nbegin 2\n");
    assert_int_equal(r->flow.first.place.frame, 4);
    assert_int_equal(r->flow.setup, FLOW_SYN_ACKED);
    flow_send(r, &next, 0, "A", 1, 1, "new");
    flow_expect(r, "data 2.0 @0 new #9\n");
}

static void test_a_syn_on_an_open_connection_that_goes_on(void **state)
{
    (void)state;
    flow_send_handshake(r, &pair);
    struct tcp_pair next = pair;
    next.isn[0] += 1000000;
    flow_send(r, &next, 0, "S", 0, 0, "");
    flow_send(r, &next, 0, "A", 1, 1, "new"); /* its answer was not captured */
    flow_expect(r, "begin 1\nend 1 reused\nbegin 2\ndata 2.0 @0 new #5\n");
    assert_int_equal(r->flow.setup, FLOW_COMPLETE);
}

static void test_a_syn_on_an_open_connection_refused(void **state)
{
    (void)state;
    flow_send_handshake(r, &pair);
    struct tcp_pair next = pair;
    next.isn[0] += 1000000;
    flow_send(r, &next, 0, "S", 0, 0, "");
    flow_send(r, &next, 1, "RA", 0, 1, "");
    flow_expect(r, "begin 1\nend 1 reused\nbegin 2\nclose 2.1 rst #5\n");
    assert_int_equal(r->flow.setup, FLOW_REFUSED);
}

static void test_a_syn_where_the_peer_is_never_heard(void **state)
{
    (void)state;
    flow_send(r, &pair, 0, "S", 0, 0, "");
    flow_send(r, &pair, 0, "A", 1, 1, "one");
    pair.isn[0] += 1000000;
    flow_send(r, &pair, 0, "S", 0, 0, "");
    flow_expect(r, "begin 1\ndata 1.0 @0 one #2\nend 1 reused\nbegin 2\n");
    flow_send(r, &pair, 0, "A", 1, 1, "two");
    flow_expect(r, "data 2.0 @0 two #4\n");
}

static void test_a_syn_after_a_minute_of_silence(void **state)
{
    (void)state;
    flow_send_handshake(r, &pair);
    r->time_ns += 59 * SECOND;
    flow_send(r, &pair, 1, "A", 1, 1, "");
    r->time_ns += 60 * SECOND;
    pair.isn[0] += 1000000;
    flow_send(r, &pair, 0, "S", 0, 0, "");
    flow_expect(r, "begin 1\nend 1 reused\nbegin 2\n");
}

static void test_simultaneous_open(void **state)
{
    (void)state;
    flow_send(r, &pair, 0, "S", 0, 0, "");
    flow_send(r, &pair, 1, "S", 0, 0, "");
    assert_int_equal(r->flow.setup, FLOW_UNANSWERED);
    flow_send(r, &pair, 0, "SA", 0, 1, "");
    assert_int_equal(r->flow.setup, FLOW_SYN_ACKED);
    flow_send(r, &pair, 1, "SA", 0, 1, "");
    assert_int_equal(r->flow.setup, FLOW_COMPLETE);
    assert_int_equal(r->flow.syn_side, 0);
    assert_int_equal(r->rare.syn_retries[0] + r->rare.syn_retries[1], 0);
    flow_send(r, &pair, 0, "A", 1, 1, "a");
    flow_send(r, &pair, 1, "A", 1, 2, "b");
    flow_expect(r, "begin 1\ndata 1.0 @0 a #5\ndata 1.1 @0 b #6\n");
}

static void test_a_lone_syn_ack(void **state)
{
    (void)state;
    flow_send(r, &pair, 1, "SA", 0, 1, "");
    assert_int_equal(r->flow.setup, FLOW_SYN_ACKED);
    assert_int_equal(r->flow.syn_side, 1);
    assert_int_equal(r->flow.port[0], 443);
    flow_send(r, &pair, 1, "A", 1, 101, "answer"); /* the client's side was not captured */
    assert_int_equal(r->flow.setup, FLOW_COMPLETE);
    assert_int_equal(r->flow.stream[1].acked, 100);
    flow_finish(r);
    flow_expect(r, "begin 1\ndata 1.0 @0 answer #2\ngap 1.1 @0+100 lost #0-#0\nend 1 input\n");
}

static void test_a_syn_captured_after_its_answer(void **state)
{
    (void)state;
    flow_send(r, &pair, 1, "SA", 0, 1, "");
    flow_send(r, &pair, 0, "S", 0, 0, "");
    flow_send(r, &pair, 0, "A", 1, 1, "a");
    flow_expect(r, "begin 1\ndata 1.1 @0 a #3\n");
    assert_int_equal(r->flow.syn_side, 1);
    assert_int_equal(r->flow.setup, FLOW_COMPLETE);
    assert_true(r->flow.stream[0].has_syn && r->flow.stream[1].has_syn);
    assert_int_equal(r->flow.rtt_ns, 0);
}

static void test_a_syn_captured_after_the_first_data(void **state)
{
    (void)state;
    flow_send(r, &pair, 0, "A", 4, 1, "def");
    flow_send(r, &pair, 0, "S", 0, 0, "");
    flow_send(r, &pair, 0, "A", 1, 1, "abc");
    flow_expect(r, "begin 1\ndata 1.0 @0 abc #3\ndata 1.0 @3 def #1\n");
    assert_true(r->flow.stream[0].has_syn);
    assert_int_equal(r->flow.syn_side, 0);
}

static void test_an_answer_captured_after_the_acknowledgement(void **state)
{
    (void)state;
    flow_send(r, &pair, 0, "S", 0, 0, "");
    flow_send(r, &pair, 0, "A", 1, 1, "");
    flow_send(r, &pair, 1, "SA", 0, 1, "");
    flow_send(r, &pair, 1, "A", 1, 1, "x");
    flow_expect(r, "begin 1\ndata 1.1 @0 x #4\n");
    assert_int_equal(r->flow.setup, FLOW_COMPLETE);
    assert_int_equal(r->flow.syn_ack.place.frame, 3);
    assert_int_equal(r->flow.established.place.frame, 2);
}

static void test_a_lost_start_of_the_answer(void **state)
{
    (void)state;
    flow_send(r, &pair, 0, "S", 0, 0, "");
    flow_send(r, &pair, 0, "A", 1, 1, ""); /* tells where the server's bytes begin */
    flow_send(r, &pair, 1, "A", 6, 1, "late");
    flow_send(r, &pair, 0, "A", 1, 10, "");
    flow_finish(r);
    flow_expect(r, "begin 1\ngap 1.1 @0+5 lost #0-#3\ndata 1.1 @5 late #3\nend 1 input\n");
}

static void test_completed_by_data(void **state)
{
    (void)state;
    flow_send(r, &pair, 0, "S", 0, 0, "");
    flow_send(r, &pair, 1, "SA", 0, 1, "");
    flow_send(r, &pair, 1, "A", 1, 1, "banner"); /* the client's ACK was not captured */
    assert_int_equal(r->flow.setup, FLOW_COMPLETE);
    assert_int_equal(r->flow.established.place.frame, 3);
}

static void test_syn_cookies_change_their_number(void **state)
{
    (void)state;
    flow_send(r, &pair, 0, "S", 0, 0, "");
    flow_send(r, &pair, 1, "SA", 0, 1, "");
    pair.isn[1] += 123456789;
    flow_send(r, &pair, 1, "SA", 0, 1, "");
    flow_send(r, &pair, 0, "A", 1, 1, "");
    assert_int_equal(r->flow.setup, FLOW_COMPLETE);
    assert_int_equal(r->rare.syn_retries[1], 1);
    flow_send(r, &pair, 1, "A", 1, 1, "banner");
    flow_expect(r, "begin 1\ndata 1.1 @0 banner #5\n");
}

static void test_a_syn_ack_to_nothing_that_was_asked(void **state)
{
    (void)state;
    flow_send(r, &pair, 0, "S", 0, 0, "");
    flow_send(r, &pair, 1, "SA", 0, 400000000, "");
    assert_int_equal(r->flow.setup, FLOW_UNANSWERED);
    assert_int_equal(flow_table_stats(r->table)->ignored_segments, 1);
}

static void test_strays_begin_nothing(void **state)
{
    (void)state;
    flow_send(r, &pair, 0, "A", 1, 1, "");
    flow_send(r, &pair, 0, "FA", 1, 1, "");
    flow_send(r, &pair, 0, "R", 1, 1, "");
    flow_send(r, &pair, 1, "RA", 1, 1, "gone away");
    flow_expect(r, "");
    assert_int_equal(flow_table_stats(r->table)->ignored_segments, 4);
    assert_int_equal(flow_table_stats(r->table)->flows, 0);
    flow_send(r, &pair, 0, "FA", 1, 1, "data");
    flow_finish(r);
    flow_expect(r, "begin 1\ndata 1.0 @0 data #5\nclose 1.0 fin #5\nend 1 input\n");
}

static void test_tunnels_and_versions_keep_flows_apart(void **state)
{
    (void)state;
    struct packet p;
    struct tcp_spec spec = {.flags = TCP_SYN};
    tcp_build(&p, r->segment, &pair, &spec);
    flow_send_packet(r, &p);
    p.tunnel = TUNNEL_VXLAN;
    p.tunnel_id = 7;
    flow_send_packet(r, &p);
    p.tunnel_id = 8;
    flow_send_packet(r, &p);
    p.tunnel = TUNNEL_GRE;
    flow_send_packet(r, &p);
    p.ip_version = 6;
    flow_send_packet(r, &p);
    flow_expect(r, "begin 1\nbegin 2\nbegin 3\nbegin 4\nbegin 5\n");
    assert_int_equal(r->flow.tunnel, TUNNEL_GRE);
    assert_int_equal(r->flow.tunnel_id, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FLOW_TEST(test_a_syn_sent_again),
        FLOW_TEST(test_a_syn_captured_twice_was_not_sent_again),
        FLOW_TEST(test_a_syn_ack_sent_again),
        FLOW_TEST(test_refused),
        FLOW_TEST(test_given_up_by_the_client_is_not_refused),
        FLOW_TEST(test_a_forged_refusal),
        FLOW_TEST(test_ports_used_again_after_the_close),
        FLOW_TEST(test_ports_used_again_by_the_other_side),
        FLOW_TEST(test_another_attempt_before_any_answer),
        FLOW_TEST(test_a_syn_on_an_open_connection),
        FLOW_TEST(test_a_syn_on_an_open_connection_that_goes_on),
        FLOW_TEST(test_a_syn_on_an_open_connection_refused),
        FLOW_TEST(test_a_syn_where_the_peer_is_never_heard),
        FLOW_TEST(test_a_syn_after_a_minute_of_silence),
        FLOW_TEST(test_simultaneous_open),
        FLOW_TEST(test_a_lone_syn_ack),
        FLOW_TEST(test_a_syn_captured_after_its_answer),
        FLOW_TEST(test_a_syn_captured_after_the_first_data),
        FLOW_TEST(test_an_answer_captured_after_the_acknowledgement),
        FLOW_TEST(test_a_lost_start_of_the_answer),
        FLOW_TEST(test_completed_by_data),
        FLOW_TEST(test_syn_cookies_change_their_number),
        FLOW_TEST(test_a_syn_ack_to_nothing_that_was_asked),
        FLOW_TEST(test_strays_begin_nothing),
        FLOW_TEST(test_tunnels_and_versions_keep_flows_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
