/* Connections from open to end: delivery, close, end; the plain cases. */
#include "support/cmocka_all.h"
#include "support/flow_recorder.h"

#include <stdlib.h>
#include <string.h>

static struct flow_recorder *r;

static int set_up(void **state)
{
    (void)state;
    r = malloc(sizeof *r);
    assert_non_null(r);
    flow_recorder_init(r, 1000);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    flow_recorder_cleanup(r);
    free(r);
    return 0;
}

static void test_a_whole_connection(void **state)
{
    (void)state;
    struct tcp_pair p = tcp_pair(5000);
    flow_send_handshake(r, &p);
    flow_expect(r, "begin 1\n");
    assert_int_equal(r->flow.setup, FLOW_COMPLETE);
    assert_int_equal(r->flow.syn_side, 0);
    assert_int_equal(r->flow.rtt_ns, 1000000);
    assert_int_equal(r->flow.first.place.frame, 1);
    assert_int_equal(r->flow.syn_ack.place.frame, 2);
    assert_int_equal(r->flow.established.place.frame, 3);
    flow_send(r, &p, 0, "PA", 1, 1, "hello");
    flow_send(r, &p, 1, "A", 1, 6, "");
    flow_send(r, &p, 1, "PA", 1, 6, "world!");
    flow_expect(r, "data 1.0 @0 hello #4\n"
                   "data 1.1 @0 world! #6\n");
    flow_send(r, &p, 0, "FA", 6, 7, "");
    flow_send(r, &p, 1, "FA", 7, 7, "bye");
    flow_send(r, &p, 0, "A", 7, 11, "");
    flow_expect(r, "close 1.0 fin #7\n"
                   "data 1.1 @6 bye #8\n"
                   "close 1.1 fin #8\n");
    flow_finish(r);
    flow_expect(r, "end 1 input\n");
    assert_int_equal(r->flow.stream[0].bytes, 5);
    assert_int_equal(r->flow.stream[1].bytes, 9);
    assert_int_equal(r->flow.stream[0].packets, 5);
    assert_int_equal(r->flow.stream[1].packets, 4);
    for (unsigned side = 0; side < 2; side++) {
        assert_int_equal(r->flow.stream[side].retransmissions, 0);
        assert_int_equal(r->flow.stream[side].out_of_order, 0);
        assert_int_equal(r->flow.stream[side].gaps, 0);
        assert_int_equal(r->flow.stream[side].acked, r->flow.stream[side].next);
    }
    assert_int_equal(r->flow.rare->keep_alives, 0);
    assert_int_equal(r->rare.fin[0].place.frame, 7);
    assert_int_equal(r->rare.fin[1].place.frame, 8);
    assert_int_equal(r->flow.last.place.frame, 9);
}

static void test_out_of_order(void **state)
{
    (void)state;
    struct tcp_pair p = tcp_pair(5000);
    flow_send_handshake(r, &p);
    flow_send(r, &p, 0, "A", 4, 1, "def");
    flow_send(r, &p, 0, "A", 7, 1, "ghi");
    flow_expect(r, "begin 1\n");
    flow_send(r, &p, 0, "A", 1, 1, "abc");
    flow_expect(r, "data 1.0 @0 abc #6\n"
                   "data 1.0 @3 def #4\n"
                   "data 1.0 @6 ghi #5\n");
    assert_int_equal(r->flow.stream[0].out_of_order, 1);
    assert_int_equal(r->flow.stream[0].retransmissions, 0);
    assert_int_equal(r->flow.stream[0].bytes, 9);
}

static void test_a_lost_segment_becomes_a_gap(void **state)
{
    (void)state;
    struct tcp_pair p = tcp_pair(5000);
    flow_send_handshake(r, &p);
    flow_send(r, &p, 0, "A", 1, 1, "abc");
    flow_send(r, &p, 0, "A", 7, 1, "ghi");
    flow_send(r, &p, 1, "A", 1, 10, "");
    flow_expect(r, "begin 1\ndata 1.0 @0 abc #4\n");
    r->time_ns += INT64_C(1000000000);
    flow_send(r, &p, 1, "A", 1, 10, "x");
    flow_expect(r, "gap 1.0 @3+3 lost #4-#5\n"
                   "data 1.0 @6 ghi #5\n"
                   "data 1.1 @0 x #7\n");
    flow_finish(r);
    flow_expect(r, "end 1 input\n");
    assert_int_equal(r->flow.stream[0].gaps, 1);
    assert_int_equal(r->flow.stream[0].gap_bytes, 3);
    assert_int_equal(r->flow.stream[0].bytes, 6);
}

static void test_a_hole_that_nobody_acknowledged(void **state)
{
    (void)state;
    struct tcp_pair p = tcp_pair(5000);
    flow_send_handshake(r, &p);
    flow_send(r, &p, 0, "A", 4, 1, "def");
    flow_send(r, &p, 1, "A", 1, 1, "");
    r->time_ns += INT64_C(100000000000);
    flow_send(r, &p, 1, "A", 1, 1, "");
    flow_expect(r, "begin 1\n");
    flow_finish(r);
    flow_expect(r, "gap 1.0 @0+3 unproven #0-#4\n"
                   "data 1.0 @3 def #4\n"
                   "end 1 input\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_whole_connection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_out_of_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_lost_segment_becomes_a_gap, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_hole_that_nobody_acknowledged, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
