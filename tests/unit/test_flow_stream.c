/* Streams: order, overlap, gaps, patience, bytes that nobody needs, limits. */
#include "bounds.h"
#include "flow/flow.h"
#include "support/flow_fixture.h"

#include <stdio.h>
#include <string.h>

static void open_connection(void)
{
    flow_send_handshake(r, &pair);
    flow_expect(r, "begin 1\n");
}

static void test_out_of_order(void **state)
{
    (void)state;
    open_connection();
    flow_send(r, &pair, 0, "A", 4, 1, "def");
    flow_send(r, &pair, 0, "A", 10, 1, "jkl");
    flow_send(r, &pair, 0, "A", 7, 1, "ghi");
    flow_expect(r, "");
    r->time_ns -= 2000000;
    flow_send(r, &pair, 0, "A", 1, 1, "abc");
    flow_expect(r, "data 1.0 @0 abc #7\n"
                   "data 1.0 @3 def #4\n"
                   "data 1.0 @6 ghi #6\n"
                   "data 1.0 @9 jkl #5\n");
    assert_int_equal(r->flow.stream[0].out_of_order, 2);
    assert_int_equal(r->flow.stream[0].retransmissions, 0);
    assert_int_equal(r->flow.stream[0].bytes, 12);
}

static void test_a_hole_filled_late_was_sent_again(void **state)
{
    (void)state;
    open_connection();
    flow_send(r, &pair, 0, "A", 4, 1, "def");
    r->time_ns += 300000000;
    flow_send(r, &pair, 0, "A", 1, 1, "abc");
    flow_expect(r, "data 1.0 @0 abc #5\ndata 1.0 @3 def #4\n");
    assert_int_equal(r->flow.stream[0].out_of_order, 0);
    assert_int_equal(r->flow.stream[0].retransmissions, 1);
}

static void test_retransmission_and_equal_overlap(void **state)
{
    (void)state;
    open_connection();
    flow_send(r, &pair, 0, "A", 1, 1, "abcdef");
    flow_send(r, &pair, 0, "A", 1, 1, "abcdef");
    flow_send(r, &pair, 0, "A", 4, 1, "defghi");
    flow_expect(r, "data 1.0 @0 abcdef #4\ndata 1.0 @6 ghi #6\n");
    assert_int_equal(r->flow.stream[0].retransmissions, 2);
    assert_int_equal(r->flow.stream[0].bytes, 9);
    assert_int_equal(r->rare.unacked_resends[0], 2);
    assert_int_equal(r->rare.last_resend[0].place.frame, 6);
    assert_int_equal(r->rare.conflicts, 0);
    flow_send(r, &pair, 1, "A", 1, 10, "");
    flow_send(r, &pair, 0, "A", 1, 1, "abc");
    assert_int_equal(r->flow.stream[0].retransmissions, 3);
    assert_int_equal(r->rare.unacked_resends[0], 2);
}

static void send_bytes(uint32_t seq, const char *text, bool is_damaged)
{
    struct tcp_spec spec = {
        .flags = TCP_ACK,
        .seq = seq,
        .ack = 1,
        .payload = text,
        .len = strlen(text),
        .window = 1000,
        .ip_id = (uint16_t)(r->frame + 1),
        .is_damaged = is_damaged,
    };
    flow_send_spec(r, &pair, &spec);
}

static void test_different_bytes_in_the_queue(void **state)
{
    (void)state;
    static const struct {
        bool is_first_damaged, is_second_damaged;
        const char *winner;
    } cases[] = {
        {false, false, "data 1.0 @3 DEF #4\n"},
        {true, true, "data 1.0 @3 DEF #4\n"},
        {false, true, "data 1.0 @3 DEF #4\n"},
        {true, false, "data 1.0 @3 def #5\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (i > 0) {
            tear_down(NULL);
            set_up(NULL);
        }
        open_connection();
        send_bytes(4, "DEF", cases[i].is_first_damaged);
        send_bytes(4, "def", cases[i].is_second_damaged);
        send_bytes(1, "abc", false);
        char expected[100];
        (void)snprintf(expected, sizeof expected, "data 1.0 @0 abc #6\n%s", cases[i].winner);
        flow_expect(r, expected);
        assert_int_equal(r->rare.conflicts, 1);
        assert_int_equal(r->flow.stream[0].bytes, 6);
    }
}

static void test_different_bytes_in_a_part(void **state)
{
    (void)state;
    open_connection();
    send_bytes(5, "EFGH", true);
    send_bytes(3, "cdef", false); /* overlaps the first half, and is right */
    send_bytes(1, "ab", false);
    flow_expect(r, "data 1.0 @0 ab #6\ndata 1.0 @2 cd #5\ndata 1.0 @4 efGH #4\n");
    assert_int_equal(r->rare.conflicts, 1);
    /* What was delivered stays, whatever comes. */
    send_bytes(1, "AB", false);
    flow_expect(r, "");
    assert_int_equal(r->flow.stream[0].retransmissions, 2);
}

static void test_a_segment_over_queued_ones(void **state)
{
    (void)state;
    open_connection();
    send_bytes(3, "cd", false);
    send_bytes(7, "gh", false);
    send_bytes(2, "bcdefghi", false); /* all around them */
    send_bytes(1, "a", false);
    flow_expect(r, "data 1.0 @0 a #7\n"
                   "data 1.0 @1 b #6\n"
                   "data 1.0 @2 cd #4\n"
                   "data 1.0 @4 ef #6\n"
                   "data 1.0 @6 gh #5\n"
                   "data 1.0 @8 i #6\n");
    assert_int_equal(r->flow.stream[0].bytes, 9);
}

static void send_cut(uint32_t seq, const char *text, size_t cut)
{
    struct tcp_spec spec = {
        .flags = TCP_ACK,
        .seq = seq,
        .ack = 1,
        .payload = text,
        .len = strlen(text),
        .cut = cut,
        .window = 1000,
        .ip_id = (uint16_t)(r->frame + 1),
    };
    flow_send_spec(r, &pair, &spec);
}

static void test_cut_by_the_snapshot_length(void **state)
{
    (void)state;
    open_connection();
    send_cut(1, "abcdefghij", 6);
    send_cut(11, "xyz", 3);
    send_cut(14, "end", 0);
    flow_expect(r, "data 1.0 @0 abcd #4\n"
                   "gap 1.0 @4+6 cut #4-#0\n"
                   "gap 1.0 @10+3 cut #5-#0\n"
                   "data 1.0 @13 end #6\n");
    assert_true(r->flow.stream[0].is_cut);
    assert_int_equal(r->flow.stream[0].bytes, 16);
    assert_int_equal(r->flow.stream[0].gap_bytes, 9);
    assert_int_equal(r->flow.stream[0].gaps, 2);
}

static void test_cut_and_whole_copies_in_the_queue(void **state)
{
    (void)state;
    open_connection();
    send_cut(4, "defghijkl", 7);
    send_cut(8, "hi", 0);
    send_cut(1, "abc", 0);
    flow_expect(r, "data 1.0 @0 abc #6\n"
                   "data 1.0 @3 de #4\n"
                   "gap 1.0 @5+2 cut #4-#0\n"
                   "data 1.0 @7 hi #5\n"
                   "gap 1.0 @9+3 cut #4-#0\n");
    assert_int_equal(r->flow.stream[0].bytes, 12);
    send_cut(16, "pqrstu", 6);
    send_cut(14, "nopqrstuvw", 0);
    send_cut(13, "m", 0);
    flow_expect(r, "data 1.0 @12 m #9\n"
                   "data 1.0 @13 no #8\n"
                   "data 1.0 @15 pqrstu #8\n"
                   "data 1.0 @21 vw #8\n");
}

static void test_a_gap_that_the_peer_acknowledged(void **state)
{
    (void)state;
    open_connection();
    flow_send(r, &pair, 0, "A", 1, 1, "abc");
    flow_send(r, &pair, 0, "A", 7, 1, "ghi");
    flow_send(r, &pair, 1, "A", 1, 10, "");
    flow_expect(r, "data 1.0 @0 abc #4\n");
    r->time_ns += SECOND;
    flow_send(r, &pair, 1, "A", 1, 10, "x");
    flow_expect(r, "gap 1.0 @3+3 lost #4-#5\n"
                   "data 1.0 @6 ghi #5\n"
                   "data 1.1 @0 x #7\n");
    assert_int_equal(r->flow.stream[0].gaps, 1);
    assert_int_equal(r->flow.stream[0].gap_bytes, 3);
    assert_int_equal(r->flow.stream[0].bytes, 6);
    assert_int_equal(r->flow.stream[0].acked, 9);
}

static void test_an_acknowledgement_before_its_segment(void **state)
{
    (void)state;
    open_connection();
    flow_send(r, &pair, 1, "A", 1, 7, "");
    flow_send(r, &pair, 0, "A", 4, 1, "def");
    flow_send(r, &pair, 0, "A", 1, 1, "abc");
    flow_expect(r, "data 1.0 @0 abc #6\ndata 1.0 @3 def #5\n");
    flow_finish(r);
    flow_expect(r, "end 1 input\n");
    assert_int_equal(r->flow.stream[0].gaps, 0);
}

static void test_patience_counts_packets(void **state)
{
    (void)state;
    open_connection();
    flow_send(r, &pair, 0, "A", 4, 1, "def");
    flow_send(r, &pair, 1, "A", 1, 7, "");
    for (uint32_t i = 0; i < 63; i++)
        flow_send(r, &pair, 1, "A", 1 + i, 7, "-");
    r->log_len = 0;
    flow_send(r, &pair, 1, "A", 64, 7, "+");
    flow_expect(r, "gap 1.0 @0+3 lost #0-#4\n"
                   "data 1.0 @3 def #4\n"
                   "data 1.1 @63 + #69\n");
}

static void test_a_tail_that_was_acknowledged(void **state)
{
    (void)state;
    open_connection();
    flow_send(r, &pair, 0, "A", 1, 1, "abc");
    flow_send(r, &pair, 1, "A", 1, 14, "");
    flow_finish(r);
    flow_expect(r, "data 1.0 @0 abc #4\ngap 1.0 @3+10 lost #4-#0\nend 1 input\n");
}

static void test_a_fin_that_was_not_captured_is_no_gap(void **state)
{
    (void)state;
    open_connection();
    flow_send(r, &pair, 0, "A", 1, 1, "abc");
    flow_send(r, &pair, 1, "A", 1, 5, ""); /* three bytes and the FIN */
    r->time_ns += 5 * SECOND;
    flow_send(r, &pair, 1, "FA", 1, 5, "");
    flow_finish(r);
    flow_expect(r, "data 1.0 @0 abc #4\nclose 1.1 fin #6\nend 1 input\n");
}

static void test_a_fin_of_a_side_never_seen_is_no_gap(void **state)
{
    (void)state;
    flow_send(r, &pair, 0, "S", 0, 0, "");
    flow_send(r, &pair, 0, "A", 1, 1, "abc");
    flow_send(r, &pair, 0, "A", 4, 101, "");
    flow_send(r, &pair, 0, "FA", 4, 102, "");
    flow_finish(r);
    flow_expect(r, "begin 1\ndata 1.0 @0 abc #2\nclose 1.0 fin #4\ngap 1.1 @0+100 lost #0-#0\nend 1 input\n");
}

static void test_a_hole_that_nobody_acknowledged(void **state)
{
    (void)state;
    open_connection();
    flow_send(r, &pair, 0, "A", 4, 1, "def");
    flow_send(r, &pair, 1, "A", 1, 1, "");
    r->time_ns += 100 * SECOND;
    flow_send(r, &pair, 1, "A", 1, 1, "");
    flow_send(r, &pair, 0, "FA", 9, 1, "");
    flow_expect(r, "");
    flow_finish(r);
    flow_expect(r, "gap 1.0 @0+3 unproven #0-#4\n"
                   "data 1.0 @3 def #4\n"
                   "gap 1.0 @6+2 unproven #4-#0\n"
                   "close 1.0 fin #7\n"
                   "end 1 input\n");
}

static void test_a_hole_acknowledged_in_part(void **state)
{
    (void)state;
    open_connection();
    flow_send(r, &pair, 0, "A", 11, 1, "k");
    flow_send(r, &pair, 1, "A", 1, 5, "");
    flow_finish(r);
    flow_expect(r, "gap 1.0 @0+4 lost #0-#4\n"
                   "gap 1.0 @4+6 unproven #0-#4\n"
                   "data 1.0 @10 k #4\n"
                   "end 1 input\n");
}

static void test_one_side_only(void **state)
{
    (void)state;
    flow_send(r, &pair, 0, "S", 0, 0, "");
    flow_send(r, &pair, 0, "A", 1, 1, "abc");
    assert_int_equal(r->flow.setup, FLOW_COMPLETE);
    flow_send(r, &pair, 0, "A", 7, 101, "ghi");
    r->time_ns += 3 * SECOND;
    flow_send(r, &pair, 0, "A", 10, 201, "jkl");
    flow_expect(r, "begin 1\n"
                   "data 1.0 @0 abc #2\n"
                   "gap 1.0 @3+3 unproven #2-#3\n"
                   "data 1.0 @6 ghi #3\n"
                   "data 1.0 @9 jkl #4\n");
    assert_int_equal(r->flow.stream[1].packets, 0);
    assert_int_equal(r->flow.stream[1].acked, 200);
    flow_finish(r);
    flow_expect(r, "gap 1.1 @0+200 lost #0-#0\nend 1 input\n");
}

static void test_mid_stream(void **state)
{
    (void)state;
    flow_send(r, &pair, 0, "A", 5000, 700, "def");
    assert_int_equal(r->flow.setup, FLOW_UNSEEN);
    assert_int_equal(r->flow.syn_side, 2);
    flow_send(r, &pair, 0, "A", 4997, 700, "abc"); /* captured late */
    flow_send(r, &pair, 1, "A", 700, 5003, "X");
    flow_expect(r, "begin 1\n");
    flow_send(r, &pair, 0, "A", 5003, 701, "ghi");
    flow_send(r, &pair, 1, "A", 701, 5006, "Y");
    flow_send(r, &pair, 1, "A", 702, 5006, "Z");
    flow_send(r, &pair, 0, "A", 5006, 703, "jkl");
    flow_expect(r, "data 1.0 @0 abc #2\n"
                   "data 1.0 @3 def #1\n"
                   "data 1.0 @6 ghi #4\n"
                   "data 1.1 @0 X #3\n"
                   "data 1.1 @1 Y #5\n"
                   "data 1.1 @2 Z #6\n"
                   "data 1.0 @9 jkl #7\n");
    assert_int_equal(r->flow.stream[0].acked, 9);
    assert_int_equal(r->flow.stream[1].acked, 3);
    flow_send(r, &pair, 0, "A", 4000, 703, "older than all"); /* before offset 0 */
    flow_expect(r, "");
    assert_int_equal(flow_table_stats(r->table)->ignored_segments, 1);
}

static void test_mid_stream_released_by_time_or_the_end(void **state)
{
    (void)state;
    flow_send(r, &pair, 0, "A", 5000, 700, "abc");
    r->time_ns += 50000000;
    flow_send(r, &pair, 1, "A", 700, 5003, "");
    flow_expect(r, "begin 1\ndata 1.0 @0 abc #1\n");
    flow_send(r, &pair, 1, "A", 700, 5003, "X");
    flow_finish(r);
    flow_expect(r, "data 1.1 @0 X #3\nend 1 input\n");
}

static void test_bytes_in_flight_when_the_capture_began(void **state)
{
    (void)state;
    flow_send(r, &pair, 0, "A", 500, 1000, "abc"); /* acknowledges 1000 */
    flow_send(r, &pair, 1, "A", 3000, 503, "XYZ"); /* what came before was sent before the capture */
    flow_send(r, &pair, 0, "A", 503, 3003, "");
    r->time_ns += 10 * SECOND;
    flow_send(r, &pair, 0, "A", 503, 3003, "d");
    flow_finish(r);
    flow_expect(r, "begin 1\n"
                   "data 1.1 @0 XYZ #2\n"
                   "data 1.0 @0 abc #1\n"
                   "data 1.0 @3 d #4\n"
                   "end 1 input\n");
}

static void test_sequence_numbers_wrap(void **state)
{
    (void)state;
    pair.isn[0] = UINT32_MAX - 4;
    open_connection();
    flow_send(r, &pair, 0, "A", 4, 1, "defghi");
    flow_send(r, &pair, 0, "A", 1, 1, "abc");
    flow_send(r, &pair, 1, "A", 1, 10, "");
    flow_send(r, &pair, 0, "A", 1, 1, "abc");
    flow_expect(r, "data 1.0 @0 abc #5\ndata 1.0 @3 defghi #4\n");
    assert_int_equal(r->flow.stream[0].acked, 9);
    assert_int_equal(r->flow.stream[0].retransmissions, 1);
}

/* Sends `len` bytes of which the capture holds none. */
static void send_bulk(uint64_t offset, uint32_t len)
{
    struct tcp_spec spec = {.flags = TCP_ACK, .seq = (uint32_t)offset + 1, .ack = 1, .window = 1000};
    struct packet p;
    tcp_build(&p, r->segment, &pair, &spec);
    p.payload_len = len;
    flow_send_packet(r, &p);
}

static void test_streams_over_4_gib(void **state)
{
    (void)state;
    enum { CHUNK = 16 * 1024 * 1024 };
    r->quiet[0] = UINT64_C(5) << 30;
    open_connection();
    flow_send(r, &pair, 0, "A", 1, 1, "a");
    uint64_t offset = 1;
    for (; offset < UINT64_C(5) << 30; offset += CHUNK) {
        send_bulk(offset, CHUNK);
        flow_send(r, &pair, 1, "A", 1, (uint32_t)(offset + CHUNK) + 1, "");
    }
    flow_expect(r, "data 1.0 @0 a #4\ngap 1.0 @5368709120+1 cut #643-#0\n");
    assert_true(offset > UINT32_MAX);
    flow_send(r, &pair, 0, "A", (uint32_t)offset + 4, 1, "def");
    flow_send(r, &pair, 0, "A", (uint32_t)offset + 1, 1, "abc");
    flow_expect(r, "data 1.0 @5368709121 abc #646\ndata 1.0 @5368709124 def #645\n");
    assert_true(r->flow.stream[0].next == offset + 6);
    assert_true(r->flow.stream[0].acked == offset);
    assert_true(r->flow.stream[0].bytes == offset + 6);
}

static void test_segments_larger_than_the_mtu(void **state)
{
    (void)state;
    static char big[65000 + 1];
    memset(big, 'x', sizeof big - 1);
    open_connection();
    send_bytes(1 + 65000, "after", false);
    send_bytes(1, big, false);
    assert_int_equal(r->flow.stream[0].next, 65005);
    assert_int_equal(r->flow.stream[0].gaps, 0);
}

static void test_fast_open(void **state)
{
    (void)state;
    flow_send(r, &pair, 0, "S", 0, 0, "hello");
    flow_send(r, &pair, 1, "SA", 0, 6, "");
    flow_send(r, &pair, 1, "A", 1, 6, "early");
    assert_int_equal(r->flow.setup, FLOW_SYN_ACKED);
    flow_send(r, &pair, 0, "A", 6, 6, " again");
    assert_int_equal(r->flow.setup, FLOW_COMPLETE);
    flow_expect(r, "begin 1\n"
                   "data 1.0 @0 hello #1\n"
                   "data 1.1 @0 early #3\n"
                   "data 1.0 @5  again #4\n");
    assert_int_equal(r->flow.stream[0].acked, 5);
}

static void test_fast_open_refused_data_is_sent_again(void **state)
{
    (void)state;
    flow_send(r, &pair, 0, "S", 0, 0, "hello");
    flow_send(r, &pair, 1, "SA", 0, 1, "");
    flow_send(r, &pair, 0, "A", 1, 1, "hello, world");
    flow_expect(r, "begin 1\ndata 1.0 @0 hello #1\ndata 1.0 @5 , world #3\n");
}

static void test_quiet_bytes_cost_no_call(void **state)
{
    (void)state;
    r->quiet[0] = 10;
    open_connection();
    flow_send(r, &pair, 0, "A", 1, 1, "ab");
    flow_send(r, &pair, 0, "A", 3, 1, "cde");
    flow_send(r, &pair, 0, "A", 6, 1, "fghijKLM"); /* reaches past it */
    flow_expect(r, "data 1.0 @0 ab #4\ndata 1.0 @10 KLM #6\n");
    assert_int_equal(r->flow.stream[0].bytes, 13);
    assert_int_equal(r->flow.stream[0].next, 13);
}

static void test_quiet_bytes_out_of_order(void **state)
{
    (void)state;
    r->quiet[0] = 10;
    open_connection();
    flow_send(r, &pair, 0, "A", 1, 1, "ab");
    uint64_t before = flow_table_stats(r->table)->memory_bytes;
    static char text[] = "efghijKL";
    flow_send(r, &pair, 0, "A", 5, 1, text); /* @4: six quiet bytes, then two */
    assert_true(flow_table_stats(r->table)->memory_bytes < before + 200 + 65536);
    flow_send(r, &pair, 0, "A", 5, 1, "ef");
    flow_expect(r, "data 1.0 @0 ab #4\n");
    flow_send(r, &pair, 0, "A", 3, 1, "cd");
    flow_expect(r, "data 1.0 @10 KL #5\n");
    assert_int_equal(r->flow.stream[0].bytes, 12);
}

static void test_gaps_among_quiet_bytes(void **state)
{
    (void)state;
    r->quiet[0] = 10;
    open_connection();
    flow_send(r, &pair, 0, "A", 1, 1, "ab");
    flow_send(r, &pair, 0, "A", 5, 1, "ef");  /* hole @2+2, wholly quiet */
    flow_send(r, &pair, 0, "A", 15, 1, "op"); /* hole @6+8, reaches past it */
    flow_send(r, &pair, 1, "A", 1, 17, "");
    r->time_ns += SECOND;
    flow_send(r, &pair, 1, "A", 1, 17, "");
    flow_send(r, &pair, 1, "A", 1, 17, "");
    r->time_ns += SECOND;
    flow_send(r, &pair, 1, "A", 1, 17, "");
    flow_expect(r, "data 1.0 @0 ab #4\ngap 1.0 @10+4 lost #5-#6\ndata 1.0 @14 op #6\n");
    assert_int_equal(r->flow.stream[0].gaps, 2);
    assert_int_equal(r->flow.stream[0].gap_bytes, 10);
    assert_int_equal(r->flow.stream[0].next, 16);
}

static void test_the_place_of_quiet_bytes(void **state)
{
    (void)state;
    r->quiet[0] = 10;
    open_connection();
    flow_send(r, &pair, 0, "A", 1, 1, "ab");
    flow_send(r, &pair, 0, "A", 5, 1, "ef");
    flow_send(r, &pair, 0, "A", 7, 1, "gh"); /* goes on where the range before it ends */
    flow_send(r, &pair, 0, "A", 13, 1, "mn");
    flow_finish(r);
    flow_expect(r, "data 1.0 @0 ab #4\ngap 1.0 @10+2 unproven #6-#7\ndata 1.0 @12 mn #7\nend 1 input\n");
    assert_int_equal(r->flow.stream[0].gaps, 2);
}

static void test_a_second_hole_is_as_old_as_it_is_known(void **state)
{
    (void)state;
    open_connection();
    flow_send(r, &pair, 0, "A", 4, 1, "def");
    flow_send(r, &pair, 0, "A", 10, 1, "jkl");
    r->time_ns += SECOND / 2;
    flow_send(r, &pair, 0, "A", 1, 1, "abc"); /* sent again */
    flow_send(r, &pair, 0, "A", 7, 1, "ghi"); /* right behind it */
    assert_int_equal(r->flow.stream[0].retransmissions, 1);
    assert_int_equal(r->flow.stream[0].out_of_order, 1);
}

static void fill_queue(void)
{
    open_connection();
    for (uint32_t i = 0; i < LIMIT_STREAM_QUEUE_SEGMENTS - 2; i++)
        flow_send(r, &pair, 0, "A", 11 + i, 1, "x");
    flow_expect(r, "");
}

static void test_a_full_queue_and_a_segment_within(void **state)
{
    (void)state;
    fill_queue();
    uint32_t end = 11 + LIMIT_STREAM_QUEUE_SEGMENTS - 2;
    flow_send(r, &pair, 0, "A", end - 2, 1, "xxYZ");
    assert_int_equal(flow_table_stats(r->table)->queue_limit_hits, 1);
    assert_int_equal(r->flow.stream[0].next, end + 1);
    char expected[60];
    int len = snprintf(expected, sizeof expected, "data 1.0 @%u YZ #%u\n", end - 1, (unsigned)r->frame);
    assert_string_equal(r->log + r->log_len - len, expected);
}

static void test_a_full_queue_and_a_segment_before_it(void **state)
{
    (void)state;
    fill_queue();
    flow_send(r, &pair, 0, "A", 5, 1, "efghijxx"); /* overlaps what waits by two */
    static const char first[] = "gap 1.0 @0+4 unproven #0-#1026\ndata 1.0 @4 efghijxx #1026\ndata 1.0 @12 x #6\n";
    assert_memory_equal(r->log, first, sizeof first - 1);
    assert_int_equal(r->flow.stream[0].next, 10 + LIMIT_STREAM_QUEUE_SEGMENTS - 2);
}

static void test_a_full_queue_and_a_longer_head(void **state)
{
    (void)state;
    open_connection();
    flow_send(r, &pair, 0, "A", 11, 1, "klmn");
    for (uint32_t i = 0; i < LIMIT_STREAM_QUEUE_SEGMENTS - 3; i++)
        flow_send(r, &pair, 0, "A", 15 + i, 1, "x");
    flow_send(r, &pair, 0, "A", 1, 1, "abcdefghijkl"); /* ends within the head */
    static const char first[] = "data 1.0 @0 abcdefghijkl #1026\ndata 1.0 @12 mn #4\ndata 1.0 @14 x #5\n";
    assert_memory_equal(r->log, first, sizeof first - 1);
}

static void test_scaled_windows(void **state)
{
    (void)state;
    struct tcp_spec syn = {.flags = TCP_SYN, .window = 60000, .window_scale = 1 + 10};
    struct tcp_spec answer = {.from = 1, .flags = TCP_SYN | TCP_ACK, .ack = 1, .window = 60000, .window_scale = 1 + 10};
    flow_send_spec(r, &pair, &syn);
    flow_send_spec(r, &pair, &answer);
    flow_send(r, &pair, 0, "A", 1, 1, "a");
    flow_send(r, &pair, 0, "A", 30000002, 1, "far, but within the window");
    assert_int_equal(flow_table_stats(r->table)->ignored_segments, 0);
    flow_send(r, &pair, 0, "A", 200000002, 1, "too far");
    assert_int_equal(flow_table_stats(r->table)->ignored_segments, 1);
}

static void test_the_queue_has_a_limit_on_segments(void **state)
{
    (void)state;
    open_connection();
    for (uint32_t i = 0; i < LIMIT_STREAM_QUEUE_SEGMENTS; i++)
        flow_send(r, &pair, 0, "A", 11 + 2 * i, 1, "x");
    assert_true(flow_table_stats(r->table)->queue_limit_hits > 0);
    assert_true(r->flow.stream[0].gaps > 0 && r->flow.stream[0].gaps < 10);
    /* What waited longest was given up: the log starts with the first hole. */
    static const char first[] = "gap 1.0 @0+10 unproven #0-#4\ndata 1.0 @10 x #4\n";
    assert_memory_equal(r->log, first, sizeof first - 1);
    flow_finish(r);
    assert_int_equal(r->flow.stream[0].bytes, LIMIT_STREAM_QUEUE_SEGMENTS);
}

/* A sink that counts, for the tests on limits. */
struct counts {
    uint64_t bytes, gap_bytes, at;
};

static void count_begin(void *arg, struct flow *flow)
{
    (void)arg;
    (void)flow;
}

static void count_data(void *arg, struct flow *flow, unsigned side, struct bytes data, uint64_t offset,
                       const struct moment *moment)
{
    struct counts *c = arg;
    (void)flow;
    (void)side;
    (void)moment;
    c->bytes += data.len;
    c->at = offset + data.len;
}

static void count_gap(void *arg, struct flow *flow, unsigned side, const struct gap *gap)
{
    struct counts *c = arg;
    (void)flow;
    (void)side;
    c->gap_bytes += gap->len;
    c->at = gap->offset + gap->len;
}

static void count_close(void *arg, struct flow *flow, unsigned side, bool is_reset, const struct moment *moment)
{
    (void)arg;
    (void)flow;
    (void)side;
    (void)is_reset;
    (void)moment;
}

static void count_end(void *arg, struct flow *flow, enum flow_end why, const struct moment *now)
{
    (void)arg;
    (void)flow;
    (void)why;
    (void)now;
}

static void test_queues_have_limits_on_bytes(void **state)
{
    (void)state;
    enum { LEN = 60000, FLOWS = 160, SEGMENTS = 20 };
    static uint8_t payload[LEN], segment[TCP_BUILDER_HEADER + LEN];
    struct counts counts = {0};
    struct flow_sink sink = {&counts, count_begin, count_data, count_gap, count_close, count_end, NULL, NULL, NULL};
    uint64_t next_id = 1;
    struct flow_table *table = flow_table_new(&sink, &next_id, FLOWS);
    assert_non_null(table);
    struct moment now = {{0, 0}, SECOND};
    struct packet p;
    for (unsigned i = 0; i < FLOWS; i++) {
        struct tcp_pair each = tcp_pair((uint16_t)i);
        struct tcp_spec spec = {.flags = TCP_SYN, .window = 65535, .window_scale = 15};
        tcp_build(&p, segment, &each, &spec);
        now.place.frame++;
        flow_table_packet(table, &p, flow_table_prefetch(table, &p), &now);
        spec = (struct tcp_spec){.flags = TCP_ACK, .seq = 101, .ack = 1, .payload = payload, .len = LEN};
        tcp_build(&p, segment, &each, &spec);
        for (unsigned k = 0; k < SEGMENTS; k++) {
            now.place.frame++;
            flow_table_packet(table, &p, flow_table_prefetch(table, &p), &now);
            p.seq += LEN;
        }
        const struct flow_stats *stats = flow_table_stats(table);
        assert_true(stats->memory_bytes < LIMIT_ALL_QUEUE_BYTES + 2 * 1024 * 1024);
        if (i == 0) {
            /* One stream holds a megabyte: then its hole was given up, and all went on. */
            assert_int_equal(stats->queue_limit_hits, 1);
            assert_int_equal(counts.gap_bytes, 100);
            assert_int_equal(counts.at, 100 + SEGMENTS * LEN);
            counts = (struct counts){0};
        }
        if (i == 0)
            assert_true(stats->memory_bytes < 1024 * 1024);
    }
    flow_table_finish(table, &now);
    assert_int_equal(counts.bytes, (uint64_t)(FLOWS - 1) * SEGMENTS * LEN);
    assert_int_equal(counts.gap_bytes, (FLOWS - 1) * 100);
    assert_int_equal(flow_table_stats(table)->queue_limit_hits, FLOWS);
    flow_table_free(table);
}

static void test_all_queues_together_have_a_limit(void **state)
{
    (void)state;
    enum { LEN = 60000, FLOWS = 200, SEGMENTS = 15 };
    static uint8_t payload[LEN], segment[TCP_BUILDER_HEADER + LEN];
    struct counts counts = {0};
    struct flow_sink sink = {&counts, count_begin, count_data, count_gap, count_close, count_end, NULL, NULL, NULL};
    uint64_t next_id = 1;
    struct flow_table *table = flow_table_new(&sink, &next_id, FLOWS);
    assert_non_null(table);
    struct moment now = {{0, 0}, SECOND};
    struct packet p;
    for (unsigned i = 0; i < FLOWS; i++) {
        struct tcp_pair each = tcp_pair((uint16_t)i);
        struct tcp_spec spec = {.flags = TCP_SYN, .window = 65535, .window_scale = 15};
        tcp_build(&p, segment, &each, &spec);
        now.place.frame++;
        flow_table_packet(table, &p, flow_table_prefetch(table, &p), &now);
        spec = (struct tcp_spec){.flags = TCP_ACK, .seq = 101, .ack = 1, .payload = payload, .len = LEN};
        tcp_build(&p, segment, &each, &spec);
        for (unsigned k = 0; k < SEGMENTS; k++) {
            now.place.frame++;
            flow_table_packet(table, &p, flow_table_prefetch(table, &p), &now);
            p.seq += LEN;
        }
        assert_true(flow_table_stats(table)->memory_bytes < LIMIT_ALL_QUEUE_BYTES + 1024 * 1024);
    }
    /* The queues that began to wait first were delivered. */
    uint64_t queued = LIMIT_ALL_QUEUE_BYTES / (SEGMENTS * LEN);
    assert_in_range(flow_table_stats(table)->queue_limit_hits, FLOWS - queued, FLOWS - queued + 2);
    assert_true(counts.bytes >= (FLOWS - queued) * SEGMENTS * LEN);
    flow_table_finish(table, &now);
    assert_int_equal(counts.bytes, (uint64_t)FLOWS * SEGMENTS * LEN);
    flow_table_free(table);
}

static void test_segments_far_outside_the_window(void **state)
{
    (void)state;
    open_connection();
    flow_send(r, &pair, 0, "A", 1, 1, "abc");
    flow_send(r, &pair, 0, "A", 500000000, 1, "not of this connection");
    flow_send(r, &pair, 0, "A", 4, 1, "def");
    flow_expect(r, "data 1.0 @0 abc #4\ndata 1.0 @3 def #6\n");
    assert_int_equal(flow_table_stats(r->table)->ignored_segments, 1);
    /* Two that fit together: the capture missed what lies between. */
    flow_send(r, &pair, 0, "A", 20000001, 1, "uvw");
    flow_send(r, &pair, 0, "A", 20000004, 1, "xyz");
    flow_finish(r);
    flow_expect(r, "gap 1.0 @6+19999997 unproven #6-#8\ndata 1.0 @20000003 xyz #8\nend 1 input\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FLOW_TEST(test_out_of_order),
        FLOW_TEST(test_a_hole_filled_late_was_sent_again),
        FLOW_TEST(test_retransmission_and_equal_overlap),
        FLOW_TEST(test_different_bytes_in_the_queue),
        FLOW_TEST(test_different_bytes_in_a_part),
        FLOW_TEST(test_a_segment_over_queued_ones),
        FLOW_TEST(test_cut_by_the_snapshot_length),
        FLOW_TEST(test_cut_and_whole_copies_in_the_queue),
        FLOW_TEST(test_a_gap_that_the_peer_acknowledged),
        FLOW_TEST(test_an_acknowledgement_before_its_segment),
        FLOW_TEST(test_patience_counts_packets),
        FLOW_TEST(test_a_tail_that_was_acknowledged),
        FLOW_TEST(test_a_fin_that_was_not_captured_is_no_gap),
        FLOW_TEST(test_a_fin_of_a_side_never_seen_is_no_gap),
        FLOW_TEST(test_a_hole_that_nobody_acknowledged),
        FLOW_TEST(test_a_hole_acknowledged_in_part),
        FLOW_TEST(test_one_side_only),
        FLOW_TEST(test_mid_stream),
        FLOW_TEST(test_mid_stream_released_by_time_or_the_end),
        FLOW_TEST(test_bytes_in_flight_when_the_capture_began),
        FLOW_TEST(test_sequence_numbers_wrap),
        FLOW_TEST(test_streams_over_4_gib),
        FLOW_TEST(test_segments_larger_than_the_mtu),
        FLOW_TEST(test_fast_open),
        FLOW_TEST(test_fast_open_refused_data_is_sent_again),
        FLOW_TEST(test_quiet_bytes_cost_no_call),
        FLOW_TEST(test_quiet_bytes_out_of_order),
        FLOW_TEST(test_gaps_among_quiet_bytes),
        FLOW_TEST(test_the_place_of_quiet_bytes),
        FLOW_TEST(test_a_second_hole_is_as_old_as_it_is_known),
        FLOW_TEST(test_a_full_queue_and_a_segment_within),
        FLOW_TEST(test_a_full_queue_and_a_segment_before_it),
        FLOW_TEST(test_a_full_queue_and_a_longer_head),
        FLOW_TEST(test_scaled_windows),
        FLOW_TEST(test_the_queue_has_a_limit_on_segments),
        FLOW_TEST(test_queues_have_limits_on_bytes),
        FLOW_TEST(test_all_queues_together_have_a_limit),
        FLOW_TEST(test_segments_far_outside_the_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
