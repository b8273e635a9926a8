/* What TCP itself tells: resets, FINs, keep-alives, windows, duplicates, ICMP. */
#include "support/flow_fixture.h"

#include <string.h>

static void open_connection(void)
{
    flow_send_handshake(r, &pair);
    flow_expect(r, "begin 1\n");
}

static void test_a_rst_closes_at_once(void **state)
{
    (void)state;
    open_connection();
    flow_send(r, &pair, 1, "A", 4, 1, "def"); /* waits for what comes before it */
    flow_send(r, &pair, 1, "RA", 7, 1, "");
    flow_expect(r, "gap 1.1 @0+3 unproven #0-#4\ndata 1.1 @3 def #4\nclose 1.1 rst #5\n");
    flow_send(r, &pair, 1, "RA", 7, 1, "");
    flow_expect(r, "");
    assert_int_equal(r->rare.num_rst[1], 2);
    assert_int_equal(r->rare.rst[1].place.frame, 5);
    assert_int_equal(r->rare.rst_seq[1], pair.isn[1] + 7);
    assert_int_equal(r->rare.rst_ttl[1], 64);
    assert_false(r->rare.rst_seqs_differ[1]);
    assert_true(r->flow.is_closed);
}

static void test_data_after_a_forged_rst(void **state)
{
    (void)state;
    open_connection();
    flow_send(r, &pair, 0, "A", 1, 1, "hello");
    flow_send(r, &pair, 1, "RA", 1, 6, "");
    flow_expect(r, "data 1.0 @0 hello #4\nclose 1.1 rst #5\n");
    assert_false(r->rare.data_after_rst[1]);
    flow_send(r, &pair, 1, "A", 1, 6, "world");
    flow_expect(r, "data 1.1 @0 world #6\n");
    assert_true(r->rare.data_after_rst[1]);
    assert_false(r->rare.data_after_rst[0]);
    assert_false(r->flow.is_closed);
    /* It goes on for longer than a closed connection lingers. */
    r->time_ns += 100 * SECOND;
    flow_send(r, &pair, 0, "A", 6, 6, "more");
    flow_expect(r, "data 1.0 @5 more #7\n");
}

static void test_data_that_a_rst_overtook(void **state)
{
    (void)state;
    open_connection();
    flow_send(r, &pair, 1, "RA", 6, 1, "");
    flow_send(r, &pair, 1, "A", 1, 1, "world"); /* sent before, captured after it */
    flow_expect(r, "close 1.1 rst #4\ndata 1.1 @0 world #5\n");
    assert_false(r->rare.data_after_rst[1]);
    assert_true(r->flow.is_closed);
}

static void test_old_data_long_after_a_rst(void **state)
{
    (void)state;
    open_connection();
    flow_send(r, &pair, 1, "A", 1, 1, "world");
    flow_send(r, &pair, 1, "RA", 6, 1, "");
    r->time_ns += SECOND / 5;
    flow_send(r, &pair, 1, "A", 1, 1, "world"); /* a host that reset would not send it again */
    assert_true(r->rare.data_after_rst[1]);
    flow_expect(r, "data 1.1 @0 world #4\nclose 1.1 rst #5\n");
}

static void test_rsts_that_a_real_host_sends(void **state)
{
    (void)state;
    open_connection();
    flow_send(r, &pair, 1, "A", 1, 1, "0123456789");
    flow_send(r, &pair, 0, "A", 1, 6, "");
    flow_send(r, &pair, 1, "RA", 11, 1, ""); /* next to send */
    flow_send(r, &pair, 0, "A", 1, 6, "x");
    flow_send(r, &pair, 1, "R", 6, 0, ""); /* answers what acknowledged 6 */
    assert_int_equal(r->rare.num_rst[1], 2);
    assert_false(r->rare.rst_seqs_differ[1]);
}

static void test_rsts_with_guessed_numbers(void **state)
{
    (void)state;
    open_connection();
    flow_send(r, &pair, 1, "RA", 1, 1, "");
    flow_send(r, &pair, 1, "RA", 1461, 1, "");
    flow_send(r, &pair, 1, "RA", 4381, 1, "");
    assert_int_equal(r->rare.num_rst[1], 3);
    assert_true(r->rare.rst_seqs_differ[1]);
    assert_false(r->rare.rst_seqs_differ[0]);
    flow_expect(r, "close 1.1 rst #4\n");
}

static void test_half_close(void **state)
{
    (void)state;
    open_connection();
    flow_send(r, &pair, 0, "FA", 1, 1, "ask");
    flow_send(r, &pair, 1, "A", 1, 5, "");
    r->time_ns += 200 * SECOND; /* much longer than a closed connection lingers */
    flow_send(r, &pair, 1, "A", 1, 5, "answer");
    flow_send(r, &pair, 1, "FA", 7, 5, "");
    flow_expect(r, "data 1.0 @0 ask #4\n"
                   "close 1.0 fin #4\n"
                   "data 1.1 @0 answer #6\n"
                   "close 1.1 fin #7\n");
    assert_int_equal(r->flow.stream[0].acked, 3);
}

static void test_a_fin_out_of_order(void **state)
{
    (void)state;
    open_connection();
    flow_send(r, &pair, 0, "FA", 7, 1, "");
    flow_send(r, &pair, 0, "A", 4, 1, "def");
    flow_expect(r, "");
    flow_send(r, &pair, 0, "A", 1, 1, "abc");
    flow_expect(r, "data 1.0 @0 abc #6\ndata 1.0 @3 def #5\nclose 1.0 fin #4\n");
    flow_send(r, &pair, 0, "FA", 7, 1, "");
    flow_expect(r, "");
    assert_int_equal(r->flow.stream[0].retransmissions, 1);
    assert_int_equal(r->rare.fin[0].place.frame, 4);
}

static void test_a_fin_behind_a_lost_segment(void **state)
{
    (void)state;
    open_connection();
    flow_send(r, &pair, 0, "FA", 4, 1, "");
    flow_send(r, &pair, 1, "A", 1, 5, "");
    r->time_ns += SECOND;
    flow_send(r, &pair, 1, "FA", 1, 5, "");
    flow_expect(r, "gap 1.0 @0+3 lost #0-#0\nclose 1.0 fin #4\nclose 1.1 fin #6\n");
}

static void test_a_rst_after_the_fins(void **state)
{
    (void)state;
    open_connection();
    flow_send(r, &pair, 0, "FA", 1, 1, "");
    flow_send(r, &pair, 1, "A", 1, 2, "late");
    flow_send(r, &pair, 0, "R", 2, 0, "");
    flow_send(r, &pair, 1, "RA", 5, 2, "");
    flow_expect(r, "close 1.0 fin #4\ndata 1.1 @0 late #5\nclose 1.0 rst #6\nclose 1.1 rst #7\n");
    assert_false(r->rare.rst_seqs_differ[0]);
}

static void test_data_after_a_fin(void **state)
{
    (void)state;
    open_connection();
    flow_send(r, &pair, 0, "FA", 1, 1, "");
    flow_send(r, &pair, 0, "A", 1, 1, "the FIN was forged");
    flow_expect(r, "close 1.0 fin #4\ndata 1.0 @0 the FIN was forged #5\n");
    assert_true(r->rare.data_after_fin[0]);
    assert_false(r->rare.data_after_fin[1]);
}

static void test_keep_alives(void **state)
{
    (void)state;
    open_connection();
    flow_send(r, &pair, 0, "A", 1, 1, "abc");
    flow_send(r, &pair, 1, "A", 1, 4, "");
    r->time_ns += 60 * SECOND;
    flow_send(r, &pair, 0, "A", 3, 1, "");
    r->time_ns += 60 * SECOND;
    flow_send(r, &pair, 0, "A", 3, 1, "-"); /* one byte that stands for nothing */
    flow_send(r, &pair, 1, "A", 0, 4, "");  /* and from the other side, which sent nothing yet */
    flow_send(r, &pair, 0, "A", 4, 1, "def");
    flow_expect(r, "data 1.0 @0 abc #4\ndata 1.0 @3 def #9\n");
    assert_int_equal(r->rare.keep_alives, 3);
    assert_int_equal(r->flow.stream[0].retransmissions, 0);
    assert_int_equal(r->rare.conflicts, 0);
}

static void test_one_byte_sent_again_is_no_keep_alive(void **state)
{
    (void)state;
    open_connection();
    flow_send(r, &pair, 0, "A", 1, 1, "a");
    r->time_ns += SECOND;
    flow_send(r, &pair, 0, "A", 1, 1, "a"); /* never acknowledged */
    assert_int_equal(r->rare.keep_alives, 0);
    assert_int_equal(r->flow.stream[0].retransmissions, 1);
    assert_int_equal(r->rare.unacked_resends[0], 1);
}

static void test_zero_windows_and_probes(void **state)
{
    (void)state;
    open_connection();
    flow_send(r, &pair, 0, "A", 1, 1, "abc");
    struct tcp_spec full = {.from = 1, .flags = TCP_ACK, .seq = 1, .ack = 4, .window = 0, .ip_id = 700};
    flow_send_spec(r, &pair, &full);
    r->time_ns += SECOND;
    flow_send(r, &pair, 0, "A", 4, 1, "d"); /* a probe with the next byte */
    full.ip_id++;
    flow_send_spec(r, &pair, &full);
    r->time_ns += SECOND;
    flow_send(r, &pair, 0, "A", 4, 1, "d");
    full.ip_id++;
    flow_send_spec(r, &pair, &full);
    flow_send(r, &pair, 0, "A", 3, 1, ""); /* as Linux probes */
    full.ip_id++;
    full.window = 1000;
    flow_send_spec(r, &pair, &full);
    flow_send(r, &pair, 0, "A", 4, 1, "def");
    flow_expect(r, "data 1.0 @0 abc #4\ndata 1.0 @3 d #6\ndata 1.0 @4 ef #12\n");
    assert_int_equal(r->flow.stream[0].retransmissions, 0);
    assert_int_equal(r->rare.zero_windows, 1);
    assert_true(r->flow.stream[1].had_zero_window);
    assert_false(r->flow.stream[0].had_zero_window);
    assert_int_equal(r->flow.stream[1].last_window, 1000);
}

static void test_the_window_of_a_rst_is_none(void **state)
{
    (void)state;
    open_connection();
    struct tcp_spec rst = {.from = 1, .flags = TCP_RST, .seq = 1, .window = 0};
    flow_send_spec(r, &pair, &rst);
    assert_int_equal(r->rare.zero_windows, 0);
    assert_false(r->flow.stream[1].had_zero_window);
}

static void test_packets_captured_twice(void **state)
{
    (void)state;
    open_connection();
    flow_send(r, &pair, 0, "A", 1, 1, "abc");
    flow_send_again(r);
    flow_send(r, &pair, 0, "A", 7, 1, "ghi");
    flow_send_again(r);
    flow_send(r, &pair, 0, "FA", 10, 1, "");
    flow_send_again(r);
    flow_send(r, &pair, 1, "RA", 1, 1, "");
    flow_send_again(r);
    assert_int_equal(r->rare.duplicates, 4);
    assert_int_equal(r->flow.stream[0].retransmissions, 0);
    assert_int_equal(r->flow.stream[0].packets, 5);
    assert_int_equal(r->rare.num_rst[1], 1);
    assert_int_equal(r->rare.unacked_resends[0], 0);
}

static void test_copies_with_another_checksum(void **state)
{
    (void)state;
    struct tcp_spec spec[] = {
        {.from = 0, .flags = TCP_SYN, .window = 1000, .ip_id = 5},
        {.from = 1, .flags = TCP_SYN | TCP_ACK, .ack = 1, .window = 1000}, /* Linux gives it no ID */
        {.from = 1, .flags = TCP_ACK, .seq = 1, .ack = 1, .payload = "abc", .len = 3, .window = 1000, .ip_id = 9},
    };
    for (size_t i = 0; i < sizeof spec / sizeof *spec; i++) {
        spec[i].is_damaged = true; /* on its way to the network card */
        flow_send_spec(r, &pair, &spec[i]);
        r->time_ns -= 990000;
        spec[i].is_damaged = false;
        flow_send_spec(r, &pair, &spec[i]);
    }
    assert_int_equal(r->rare.duplicates, 3);
    assert_int_equal(r->rare.syn_retries[0] + r->rare.syn_retries[1], 0);
    assert_int_equal(r->flow.stream[1].retransmissions, 0);
}

static void test_several_packets_captured_twice(void **state)
{
    (void)state;
    struct tcp_spec spec[4];
    open_connection();
    for (unsigned i = 0; i < 4; i++)
        spec[i] = (struct tcp_spec){.flags = TCP_ACK,
                                    .seq = 1 + i,
                                    .ack = 1,
                                    .payload = &"abcd"[i],
                                    .len = 1,
                                    .window = 1000,
                                    .ip_id = (uint16_t)(100 + i)};
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < 4; i++)
            flow_send_spec(r, &pair, &spec[i]);
    assert_int_equal(r->rare.duplicates, 4);
    assert_int_equal(r->flow.stream[0].retransmissions, 0);
}

static void test_the_same_bytes_later_were_sent_again(void **state)
{
    (void)state;
    open_connection();
    struct tcp_spec spec = {.flags = TCP_ACK, .seq = 1, .ack = 1, .payload = "abc", .len = 3, .window = 1000};
    flow_send_spec(r, &pair, &spec); /* no IP ID: only the time tells */
    r->time_ns += 20000000;
    flow_send_spec(r, &pair, &spec);
    assert_int_equal(r->flow.stream[0].retransmissions, 1);
    assert_int_equal(r->rare.duplicates, 0);
    spec.ip_id = 77;
    spec.seq = 4;
    flow_send_spec(r, &pair, &spec);
    spec.ip_id = 78; /* the sender counts its packets */
    flow_send_spec(r, &pair, &spec);
    assert_int_equal(r->flow.stream[0].retransmissions, 2);
    assert_int_equal(r->rare.duplicates, 0);
}

static void test_equal_acknowledgements_are_no_duplicates(void **state)
{
    (void)state;
    pair.ip_version = 6;
    open_connection();
    struct tcp_spec spec = {.from = 1, .flags = TCP_ACK, .seq = 1, .ack = 1, .window = 1000};
    for (unsigned i = 0; i < 3; i++)
        flow_send_spec(r, &pair, &spec);
    assert_int_equal(r->rare.duplicates, 0);
    assert_int_equal(r->flow.stream[1].packets, 4);
}

static void send_icmp(uint8_t version, uint8_t type, uint8_t code, uint32_t mtu, unsigned quoted_side)
{
    struct packet p = {.kind = PACKET_ICMP, .ip_version = version, .src = {192, 0, 2, 1}};
    p.icmp.type = type;
    p.icmp.code = code;
    p.icmp.has_quote = true;
    p.icmp.ip_version = pair.ip_version;
    p.icmp.protocol = 6;
    memcpy(p.icmp.src, pair.address[quoted_side], sizeof p.icmp.src);
    memcpy(p.icmp.dst, pair.address[!quoted_side], sizeof p.icmp.dst);
    p.icmp.sport = pair.port[quoted_side];
    p.icmp.dport = pair.port[!quoted_side];
    p.icmp.mtu = mtu;
    flow_send_packet(r, &p);
}

static void test_icmp_errors(void **state)
{
    (void)state;
    send_icmp(4, 3, 1, 0, 0);
    flow_expect(r, "");
    flow_send(r, &pair, 0, "S", 0, 0, "");
    send_icmp(4, 11, 0, 0, 0);
    assert_true(r->rare.has_icmp);
    assert_int_equal(r->rare.icmp_type, 11);
    assert_int_equal(r->rare.icmp.place.frame, 3);
    send_icmp(4, 3, 4, 1400, 1);
    assert_int_equal(r->rare.icmp_type, 11); /* the first stays */
    assert_int_equal(r->rare.icmp_mtu, 1400);
    send_icmp(4, 3, 13, 0, 0);
    assert_int_equal(r->rare.icmp_type, 3); /* that the destination is out of reach says more */
    assert_int_equal(r->rare.icmp_code, 13);
    assert_int_equal(r->rare.icmp_ip_version, 4);
    assert_int_equal(r->rare.icmp_from[0], 192);
    assert_int_equal(r->rare.icmp.place.frame, 5);
    send_icmp(4, 3, 1, 1280, 0);
    assert_int_equal(r->rare.icmp_code, 13);
    assert_int_equal(r->rare.icmp_mtu, 1280);
    flow_expect(r, "begin 1\n");
    assert_int_equal(r->flow.last.place.frame, 2);
    assert_int_equal(r->flow.setup, FLOW_UNANSWERED);
}

static void test_icmp_for_version_6(void **state)
{
    (void)state;
    pair.ip_version = 6;
    flow_send(r, &pair, 0, "S", 0, 0, "");
    send_icmp(6, 2, 0, 1280, 0);
    send_icmp(6, 3, 0, 0, 0);
    assert_int_equal(r->rare.icmp_type, 2);
    send_icmp(6, 1, 4, 0, 0);
    assert_int_equal(r->rare.icmp_type, 1);
    assert_int_equal(r->rare.icmp_mtu, 1280);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FLOW_TEST(test_a_rst_closes_at_once),
        FLOW_TEST(test_data_after_a_forged_rst),
        FLOW_TEST(test_data_that_a_rst_overtook),
        FLOW_TEST(test_old_data_long_after_a_rst),
        FLOW_TEST(test_rsts_that_a_real_host_sends),
        FLOW_TEST(test_rsts_with_guessed_numbers),
        FLOW_TEST(test_half_close),
        FLOW_TEST(test_a_fin_out_of_order),
        FLOW_TEST(test_a_fin_behind_a_lost_segment),
        FLOW_TEST(test_a_rst_after_the_fins),
        FLOW_TEST(test_data_after_a_fin),
        FLOW_TEST(test_keep_alives),
        FLOW_TEST(test_one_byte_sent_again_is_no_keep_alive),
        FLOW_TEST(test_zero_windows_and_probes),
        FLOW_TEST(test_the_window_of_a_rst_is_none),
        FLOW_TEST(test_packets_captured_twice),
        FLOW_TEST(test_copies_with_another_checksum),
        FLOW_TEST(test_several_packets_captured_twice),
        FLOW_TEST(test_the_same_bytes_later_were_sent_again),
        FLOW_TEST(test_equal_acknowledgements_are_no_duplicates),
        FLOW_TEST(test_icmp_errors),
        FLOW_TEST(test_icmp_for_version_6),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
