/* The table: whole connections, timeouts on the capture's clock, eviction, memory, the order of ends. */
#include "bounds.h"
#include "flow/defrag.h"
#include "flow/flow.h"
#include "support/flow_fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void test_a_whole_connection(void **state)
{
    (void)state;
    flow_send_handshake(r, &pair);
    flow_expect(r, "begin 1\n");
    assert_int_equal(r->flow.setup, FLOW_COMPLETE);
    assert_int_equal(r->flow.syn_side, 0);
    assert_int_equal(r->flow.rtt_ns, 1000000);
    assert_int_equal(r->flow.first.place.frame, 1);
    assert_int_equal(r->flow.syn_ack.place.frame, 2);
    assert_int_equal(r->flow.established.place.frame, 3);
    flow_send(r, &pair, 0, "PA", 1, 1, "hello");
    flow_send(r, &pair, 1, "A", 1, 6, "");
    flow_send(r, &pair, 1, "PA", 1, 6, "world!");
    flow_expect(r, "data 1.0 @0 hello #4\n"
                   "data 1.1 @0 world! #6\n");
    flow_send(r, &pair, 0, "FA", 6, 7, "");
    flow_send(r, &pair, 1, "FA", 7, 7, "bye");
    flow_send(r, &pair, 0, "A", 7, 11, "");
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
        assert_int_equal(r->flow.stream[side].ttl, 64);
    }
    assert_int_equal(r->rare.keep_alives, 0);
    assert_int_equal(r->rare.duplicates, 0);
    assert_int_equal(r->rare.fin[0].place.frame, 7);
    assert_int_equal(r->rare.fin[1].place.frame, 8);
    assert_int_equal(r->flow.last.place.frame, 9);
    assert_int_equal(flow_table_stats(r->table)->flows, 1);
}

/* Lets the clock reach a time without a packet. Twice, as a jump must be confirmed. */
static void wait_until(int64_t time_ns)
{
    for (unsigned i = 0; i < 2; i++) {
        struct moment now = {{++r->frame, 0}, time_ns};
        flow_table_clock(r->table, &now);
    }
    r->time_ns = time_ns;
}

static void test_a_handshake_times_out(void **state)
{
    (void)state;
    int64_t start = r->time_ns;
    flow_send(r, &pair, 0, "S", 0, 0, "");
    wait_until(start + (LIMIT_IDLE_HANDSHAKE_SECONDS - 1) * SECOND);
    flow_expect(r, "begin 1\n");
    wait_until(start + (LIMIT_IDLE_HANDSHAKE_SECONDS + 1) * SECOND);
    flow_expect(r, "end 1 idle\n");
    flow_send(r, &pair, 0, "S", 0, 0, "");
    flow_expect(r, "begin 2\n");
}

/* The first packet after a long quiet begins a jump that the next one confirms: its connection is not idle since
 * before. */
/* Tunnel ids tell connections apart, but for GTP-U, where each direction has its own. */
static void test_tunnels(void **state)
{
    (void)state;
    uint8_t segment[TCP_BUILDER_HEADER];
    struct packet p;
    const struct tcp_spec syn = {.from = 0, .flags = TCP_SYN},
                          answer = {.from = 1, .flags = TCP_SYN | TCP_ACK, .ack = 1};
    static const struct {
        enum tunnel_kind kind;
        unsigned flows;
    } cases[] = {{TUNNEL_VXLAN, 2}, {TUNNEL_GTPU, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tcp_build(&p, segment, &pair, &syn);
        p.tunnel = cases[i].kind;
        p.tunnel_id = 7;
        flow_send_packet(r, &p);
        tcp_build(&p, segment, &pair, &answer);
        p.tunnel = cases[i].kind;
        p.tunnel_id = 8;
        flow_send_packet(r, &p);
        assert_int_equal(flow_table_stats(r->table)->flows, cases[i].flows);
    }
}

static void test_the_first_packet_after_a_quiet(void **state)
{
    (void)state;
    struct tcp_pair other = tcp_pair(6000);
    flow_send(r, &other, 0, "S", 0, 0, "");
    r->time_ns += (LIMIT_IDLE_HANDSHAKE_SECONDS + 60) * SECOND;
    flow_send(r, &pair, 0, "S", 0, 0, "");
    r->time_ns += SECOND;
    flow_send(r, &pair, 0, "S", 0, 0, "");
    flow_expect(r, "begin 1\nbegin 2\nend 1 idle\n");
    assert_int_equal(r->flow.id, 2);
    flow_send(r, &pair, 1, "SA", 0, 1, "");
    flow_expect(r, "");
    wait_until(r->time_ns + (LIMIT_IDLE_HANDSHAKE_SECONDS + 1) * SECOND);
    flow_expect(r, "end 2 idle\n");
}

/* Every packet is a jump that the next one confirms while it begins another. */
static void test_packets_minutes_apart(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < 6; i++) {
        struct tcp_pair each = tcp_pair((uint16_t)(6000 + i));
        flow_send(r, &each, 0, "S", 0, 0, "");
        r->time_ns += 200 * SECOND;
    }
    flow_expect(r, "begin 1\nbegin 2\nbegin 3\nend 1 idle\nbegin 4\nend 2 idle\nbegin 5\nend 3 idle\nbegin 6\n");
}

static void test_an_established_connection_times_out(void **state)
{
    (void)state;
    int64_t start = r->time_ns;
    flow_send_handshake(r, &pair);
    wait_until(start + LIMIT_IDLE_HANDSHAKE_SECONDS * 3 * SECOND);
    flow_send(r, &pair, 0, "A", 1, 1, "a");
    int64_t last = r->time_ns;
    wait_until(last + (LIMIT_IDLE_ESTABLISHED_SECONDS - 1) * SECOND);
    flow_expect(r, "begin 1\ndata 1.0 @0 a #6\n");
    wait_until(last + (LIMIT_IDLE_ESTABLISHED_SECONDS + 1) * SECOND);
    flow_expect(r, "end 1 idle\n");
    flow_send(r, &pair, 1, "A", 1, 2, ""); /* no phantom connection */
    flow_expect(r, "");
    assert_int_equal(flow_table_stats(r->table)->ignored_segments, 1);
}

static void test_a_closed_connection_lingers(void **state)
{
    (void)state;
    flow_send_handshake(r, &pair);
    flow_send(r, &pair, 0, "FA", 1, 1, "");
    flow_send(r, &pair, 1, "A", 4, 2, "def");
    flow_send(r, &pair, 1, "FA", 7, 2, "");
    int64_t last = r->time_ns;
    wait_until(last + (LIMIT_CLOSED_SECONDS - 2) * SECOND);
    flow_send(r, &pair, 1, "A", 1, 2, "abc"); /* late, but of this connection */
    flow_expect(r, "begin 1\n"
                   "close 1.0 fin #4\n"
                   "data 1.1 @0 abc #9\n"
                   "data 1.1 @3 def #5\n"
                   "close 1.1 fin #6\n");
    wait_until(r->time_ns + (LIMIT_CLOSED_SECONDS + 1) * SECOND);
    flow_expect(r, "end 1 closed\n");
    flow_send(r, &pair, 1, "FA", 7, 2, "");
    flow_send(r, &pair, 1, "RA", 8, 2, "");
    flow_expect(r, "");
}

static void test_the_end_of_the_linger_flushes(void **state)
{
    (void)state;
    flow_send_handshake(r, &pair);
    flow_send(r, &pair, 0, "FA", 1, 1, "");
    flow_send(r, &pair, 1, "FA", 4, 1, "def");
    wait_until(r->time_ns + (LIMIT_CLOSED_SECONDS + 1) * SECOND);
    flow_expect(r, "begin 1\n"
                   "close 1.0 fin #4\n"
                   "gap 1.1 @0+3 unproven #0-#5\n"
                   "data 1.1 @3 def #5\n"
                   "close 1.1 fin #5\n"
                   "end 1 closed\n");
}

static void test_packets_tell_the_time_too(void **state)
{
    (void)state;
    struct tcp_pair other = tcp_pair(6000);
    flow_send(r, &pair, 0, "S", 0, 0, "");
    for (unsigned i = 0; i <= LIMIT_IDLE_HANDSHAKE_SECONDS / 50; i++) {
        r->time_ns += 50 * SECOND;
        other.port[0]++;
        flow_send(r, &other, 0, "S", 0, 0, "");
    }
    flow_expect(r, "begin 1\nbegin 2\nbegin 3\nbegin 4\nbegin 5\nbegin 6\nend 1 idle\nbegin 7\nend 2 idle\nbegin 8\n");
}

static void test_one_damaged_timestamp_ends_nothing(void **state)
{
    (void)state;
    int64_t start = r->time_ns;
    flow_send_handshake(r, &pair);
    static const int64_t damaged[] = {INT64_MAX, INT64_MIN, 0, 1, INT64_C(4000000000) * SECOND, -5 * SECOND};
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        r->time_ns = damaged[i];
        struct moment now = {{r->frame + 1, 0}, r->time_ns};
        flow_send(r, &pair, 0, "A", 1 + (uint32_t)i, 1, "x");
        flow_table_clock(r->table, &now); /* the same packet does not confirm itself */
        r->time_ns = start += SECOND;
        flow_send(r, &pair, 1, "A", 1, 2 + (uint32_t)i, "");
    }
    assert_int_equal(flow_table_stats(r->table)->active, 1);
    assert_int_equal(r->flow.stream[0].next, sizeof damaged / sizeof *damaged);
    assert_int_equal(r->flow.stream[0].gaps, 0);
}

static void test_the_clock_was_set_back(void **state)
{
    (void)state;
    flow_send_handshake(r, &pair);
    r->time_ns -= 5000 * SECOND;
    flow_send(r, &pair, 0, "A", 1, 1, "a");
    flow_send(r, &pair, 0, "A", 2, 1, "b");
    struct tcp_pair other = tcp_pair(6000);
    flow_send(r, &other, 0, "S", 0, 0, "");
    int64_t then = r->time_ns;
    for (int i = 1; i < 6; i++)
        wait_until(then + i * 50 * SECOND);
    flow_expect(r, "begin 1\ndata 1.0 @0 a #4\ndata 1.0 @1 b #5\nbegin 2\n");
    wait_until(then + 301 * SECOND); /* time goes on from where it was set back to */
    flow_expect(r, "end 2 idle\n");
}

static void test_packets_without_a_time(void **state)
{
    (void)state;
    r->time_ns = 0;
    for (unsigned i = 0; i < 2; i++) {
        flow_send(r, &pair, i, i ? "SA" : "S", 0, i, "");
        r->time_ns = 0;
    }
    flow_send(r, &pair, 0, "A", 1, 1, "abc");
    flow_finish(r);
    flow_expect(r, "begin 1\ndata 1.0 @0 abc #3\nend 1 input\n");
}

static void test_the_nearest_to_its_timeout_is_evicted(void **state)
{
    (void)state;
    flow_recorder_cleanup(r);
    flow_recorder_init(r, 3);
    struct tcp_pair a = tcp_pair(1), b = tcp_pair(2), c = tcp_pair(3), d = tcp_pair(4), e = tcp_pair(5);
    flow_send_handshake(r, &a);
    flow_send(r, &b, 0, "S", 0, 0, "");
    r->time_ns += 2 * SECOND;
    flow_send(r, &c, 0, "S", 0, 0, "");
    r->time_ns += 2 * SECOND;
    flow_send(r, &b, 0, "S", 0, 0, ""); /* heard of again, so c is next */
    flow_expect(r, "begin 1\nbegin 2\nbegin 3\n");
    flow_send(r, &d, 0, "S", 0, 0, "");
    flow_expect(r, "end 3 evicted\nbegin 4\n");
    flow_send(r, &a, 0, "R", 1, 1, ""); /* closed ones go before those that may still become something */
    flow_send(r, &e, 0, "S", 0, 0, "");
    flow_expect(r, "close 1.0 rst #8\nend 1 evicted\nbegin 5\n");
    assert_int_equal(flow_table_stats(r->table)->evicted, 2);
    assert_int_equal(flow_table_stats(r->table)->active, 3);
    flow_finish(r);
    flow_expect(r, "end 2 input\nend 4 input\nend 5 input\n");
}

static void test_flows_end_in_the_order_of_their_ids(void **state)
{
    (void)state;
    flow_recorder_cleanup(r);
    flow_recorder_init(r, 5000);
    enum { FLOWS = 2500 }; /* more than the first buckets */
    char expected[FLOWS * 20], *at = expected;
    for (unsigned i = 0; i < FLOWS; i++) {
        struct tcp_pair each = tcp_pair((uint16_t)(i * 7919));
        flow_send(r, &each, 0, "S", 0, 0, "");
    }
    r->log_len = 0;
    flow_finish(r);
    for (unsigned i = 1; i <= FLOWS; i++)
        at += sprintf(at, "end %u input\n", i);
    flow_expect(r, expected);
}

/* Many connections that time out together, found by different hash seeds: the same events. */
static void test_events_do_not_depend_on_the_seed(void **state)
{
    (void)state;
    static char first[sizeof r->log];
    for (unsigned run = 0; run < 3; run++) {
        flow_recorder_cleanup(r);
        flow_recorder_init(r, 300);
        for (uint16_t i = 0; i < 900; i++) {
            struct tcp_pair each = tcp_pair((uint16_t)(i * 31 % 512));
            each.isn[0] += i;
            flow_send(r, &each, 0, "S", 0, 0, "");
            if (i % 3 == 0)
                flow_send(r, &each, 1, "RA", 0, 1, "");
            if (i % 5 == 0)
                flow_send(r, &each, 0, "A", 5, 1, "x");
            if (i % 200 == 0)
                r->time_ns += 65 * SECOND;
        }
        for (unsigned i = 0; i < 10; i++)
            wait_until(r->time_ns + 50 * SECOND);
        flow_finish(r);
        r->log[r->log_len] = '\0';
        if (run == 0)
            memcpy(first, r->log, r->log_len + 1);
        else
            assert_string_equal(r->log, first);
        assert_non_null(strstr(first, "evicted"));
        assert_non_null(strstr(first, "idle"));
        assert_non_null(strstr(first, "closed"));
    }
}

static void test_many_at_once_time_out_in_bounded_steps(void **state)
{
    (void)state;
    flow_recorder_cleanup(r);
    flow_recorder_init(r, 5000);
    enum { FLOWS = 3000 };
    int64_t start = r->time_ns;
    for (unsigned i = 0; i < FLOWS; i++) {
        struct tcp_pair each = tcp_pair((uint16_t)i);
        r->time_ns = start;
        flow_send(r, &each, 0, "S", 0, 0, "");
    }
    r->log_len = 0;
    wait_until(start + 400 * SECOND);
    uint64_t active = flow_table_stats(r->table)->active;
    assert_in_range(active, 1, FLOWS - 1);
    /* One that is due but whose turn has not come: its packet finds it ended. */
    struct tcp_pair last = tcp_pair(FLOWS - 1);
    flow_send(r, &last, 1, "SA", 0, 1, "");
    assert_int_equal(r->live->id, FLOWS + 1);
    for (unsigned i = 0; i < 3; i++)
        wait_until(r->time_ns);
    assert_int_equal(flow_table_stats(r->table)->active, 1);
}

static void test_memory_of_a_million_attempts(void **state)
{
    (void)state;
    enum { FLOWS = 20000 };
    flow_recorder_cleanup(r);
    flow_recorder_init(r, FLOWS);
    uint64_t empty = flow_table_stats(r->table)->memory_bytes;
    for (uint32_t i = 0; i < FLOWS; i++) {
        struct tcp_pair each = tcp_pair((uint16_t)i);
        each.address[0][1] = (uint8_t)(i >> 16);
        flow_send(r, &each, 0, "S", 0, 0, "");
        flow_send(r, &each, 0, "A", 1, 1, "ClientHello");
        r->log_len = 0;
    }
    const struct flow_stats *stats = flow_table_stats(r->table);
    assert_int_equal(stats->active, FLOWS);
    assert_true((stats->memory_bytes - empty) / FLOWS <= 400);
    assert_true(stats->peak_memory_bytes >= stats->memory_bytes);
    for (unsigned i = 0; i < 40; i++) {
        wait_until(r->time_ns + 7300 * SECOND);
        r->log_len = 0;
    }
    assert_int_equal(stats->active, 0);
    uint64_t before = stats->memory_bytes;
    for (uint16_t i = 0; i < 1000; i++) {
        struct tcp_pair each = tcp_pair(i);
        flow_send(r, &each, 0, "S", 0, 0, "");
    }
    assert_int_equal(stats->memory_bytes, before); /* what was freed is used again */
}

static void test_a_jump_of_the_clock_beyond_every_timeout(void **state)
{
    (void)state;
    flow_send_handshake(r, &pair);
    struct tcp_pair other = tcp_pair(6000);
    flow_send(r, &other, 0, "S", 0, 0, "");
    wait_until(r->time_ns + INT64_C(2000000000) * SECOND);
    flow_expect(r, "begin 1\nbegin 2\nend 1 idle\nend 2 idle\n");
    flow_send(r, &pair, 0, "S", 0, 0, "");
    wait_until(r->time_ns + INT64_C(2000000000) * SECOND);
    flow_expect(r, "begin 3\nend 3 idle\n");
}

/* ---- flows that the sink keeps ---- */

struct keeper {
    struct flow_table *table;
    struct flow *kept;
};

static void keep_begin(void *arg, struct flow *flow)
{
    (void)arg;
    flow->user = flow;
}

static void keep_data(void *arg, struct flow *flow, unsigned side, struct bytes data, uint64_t offset,
                      const struct moment *moment)
{
    (void)arg;
    (void)side;
    (void)data;
    (void)offset;
    (void)moment;
    assert_ptr_equal(flow->user, flow);
}

static void keep_gap(void *arg, struct flow *flow, unsigned side, const struct gap *gap)
{
    (void)arg;
    (void)flow;
    (void)side;
    (void)gap;
}

static void keep_close(void *arg, struct flow *flow, unsigned side, bool is_reset, const struct moment *moment)
{
    (void)arg;
    (void)flow;
    (void)side;
    (void)is_reset;
    (void)moment;
}

static void keep_end(void *arg, struct flow *flow, enum flow_end why, const struct moment *now)
{
    struct keeper *keeper = arg;
    (void)why;
    (void)now;
    if (keeper->kept)
        return;
    keeper->kept = flow;
    flow_table_keep(keeper->table, flow);
}

static void test_the_sink_may_keep_a_flow(void **state)
{
    (void)state;
    struct keeper keeper = {0};
    struct flow_sink sink = {&keeper, keep_begin, keep_data, keep_gap, keep_close, keep_end, NULL, NULL, NULL};
    uint64_t next_id = 7;
    keeper.table = flow_table_new(&sink, &next_id, 10);
    assert_non_null(keeper.table);
    struct packet p;
    struct moment now = {{1, 0}, SECOND};
    struct tcp_spec syn = {.flags = TCP_SYN}, rst = {.from = 1, .flags = TCP_RST};
    tcp_build(&p, r->segment, &pair, &syn);
    flow_table_packet(keeper.table, &p, flow_table_prefetch(keeper.table, &p), &now);
    tcp_build(&p, r->segment, &pair, &rst);
    flow_table_packet(keeper.table, &p, flow_table_prefetch(keeper.table, &p), &now);
    flow_table_finish(keeper.table, &now);
    assert_non_null(keeper.kept);
    assert_int_equal(next_id, 8);
    tcp_build(&p, r->segment, &pair, &syn);
    flow_table_packet(keeper.table, &p, flow_table_prefetch(keeper.table, &p), &now);
    assert_int_equal(keeper.kept->id, 7);
    assert_int_equal(keeper.kept->rare->num_rst[1], 1);
    assert_int_equal(keeper.kept->setup, FLOW_REFUSED);
    flow_table_release(keeper.table, keeper.kept);
    flow_table_finish(keeper.table, &now);
    assert_int_equal(flow_table_stats(keeper.table)->active, 0);
    flow_table_free(keeper.table);
}

static uint64_t resident_bytes(void)
{
    unsigned long long all, resident;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%llu %llu", &all, &resident), 2);
    fclose(file);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Captures side by side have a table each: a small capture's costs little. */
static void test_memory_of_many_tables(void **state)
{
    (void)state;
    enum { TABLES = 500 };
    static struct flow_table *tables[TABLES];
    static struct defrag *defrags[TABLES];
    struct flow_sink sink = {NULL, keep_begin, keep_data, keep_gap, keep_close, keep_end, NULL, NULL, NULL};
    uint64_t next_id = 1, before = resident_bytes();
    for (unsigned i = 0; i < TABLES; i++) {
        struct packet p;
        struct moment now = {{1, 0}, SECOND * 1700000000};
        struct tcp_spec syn = {.flags = TCP_SYN};
        tables[i] = flow_table_new(&sink, &next_id, 10);
        defrags[i] = defrag_new();
        assert_non_null(tables[i]);
        assert_non_null(defrags[i]);
        tcp_build(&p, r->segment, &pair, &syn);
        flow_table_packet(tables[i], &p, flow_table_prefetch(tables[i], &p), &now);
        flow_table_clock(tables[i], &now);
        defrag_clock(defrags[i], now.time_ns);
        assert_int_equal(flow_table_stats(tables[i])->active, 1);
    }
    uint64_t after = resident_bytes();
    for (unsigned i = 0; i < TABLES; i++) {
        flow_table_free(tables[i]);
        defrag_free(defrags[i]);
    }
    assert_true(after - before < TABLES * 100000);
}

static void test_freed_with_all_it_holds(void **state)
{
    (void)state;
    flow_send_handshake(r, &pair);
    flow_send(r, &pair, 0, "A", 5, 1, "waits");
    flow_send(r, &pair, 1, "A", 9, 1, "waits too");
    flow_send(r, &pair, 0, "FA", 90, 1, "");
    flow_expect(r, "begin 1\n"); /* the tear-down frees the table; the sanitizers see a leak */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FLOW_TEST(test_a_whole_connection),
        FLOW_TEST(test_a_handshake_times_out),
        FLOW_TEST(test_the_first_packet_after_a_quiet),
        FLOW_TEST(test_tunnels),
        FLOW_TEST(test_packets_minutes_apart),
        FLOW_TEST(test_an_established_connection_times_out),
        FLOW_TEST(test_a_closed_connection_lingers),
        FLOW_TEST(test_the_end_of_the_linger_flushes),
        FLOW_TEST(test_packets_tell_the_time_too),
        FLOW_TEST(test_one_damaged_timestamp_ends_nothing),
        FLOW_TEST(test_the_clock_was_set_back),
        FLOW_TEST(test_packets_without_a_time),
        FLOW_TEST(test_the_nearest_to_its_timeout_is_evicted),
        FLOW_TEST(test_flows_end_in_the_order_of_their_ids),
        FLOW_TEST(test_events_do_not_depend_on_the_seed),
        FLOW_TEST(test_many_at_once_time_out_in_bounded_steps),
        FLOW_TEST(test_memory_of_a_million_attempts),
        FLOW_TEST(test_a_jump_of_the_clock_beyond_every_timeout),
        FLOW_TEST(test_the_sink_may_keep_a_flow),
        FLOW_TEST(test_freed_with_all_it_holds),
        FLOW_TEST(test_memory_of_many_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
