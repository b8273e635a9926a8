/* UDP in the flow table: which datagrams begin a flow, belong to one, or end it. */
#include "bounds.h"
#include "support/flow_fixture.h"

#include <string.h>

static void say(unsigned from, const char *text)
{
    flow_send_datagram(r, &pair, from, text, (uint32_t)strlen(text));
}

static void test_begins_and_goes_on(void **state)
{
    (void)state;
    say(0, "stun"); /* nothing to the table */
    flow_expect(r, "");
    assert_int_equal(flow_table_stats(r->table)->flows, 0);
    say(1, "Bone"); /* side 0 is who sends the first that counts */
    say(0, "two");
    say(1, "Bagain"); /* there is a flow already */
    flow_expect(r, "begin 1\ndatagram 1.0 Bone #2\ndatagram 1.1 two #3\ndatagram 1.0 Bagain #4\n");
    assert_true(r->flow.is_datagram);
    assert_int_equal(r->flow.port[0], 443);
    assert_int_equal(r->flow.first.place.frame, 2);
    assert_int_equal(r->flow.last.place.frame, 4);
    assert_int_equal(r->flow.stream[0].packets, 2);
    assert_int_equal(r->flow.stream[0].bytes, 10);
    assert_int_equal(r->flow.stream[1].packets, 1);
    assert_int_equal(r->flow.stream[1].ttl, 64);
    assert_int_equal(r->flow.setup, FLOW_UNSEEN);
    flow_finish(r);
    flow_expect(r, "end 1 input\n");
}

static void test_anew(void **state)
{
    (void)state;
    say(0, "Bone");
    say(0, "Atwo");
    say(1, "three");
    struct tcp_pair other = tcp_pair(6000);
    flow_send_datagram(r, &other, 0, "Afour", 5);
    flow_expect(r, "begin 1\ndatagram 1.0 Bone #1\nend 1 reused\nbegin 2\ndatagram 2.0 Atwo #2\ndatagram 2.1 three #3\n"
                   "begin 3\ndatagram 3.0 Afour #4\n");
    assert_int_equal(flow_table_stats(r->table)->active, 2);
    flow_finish(r);
    flow_expect(r, "end 2 input\nend 3 input\n");
}

/* TCP and UDP of the same ports are two things. */
static void test_beside_tcp(void **state)
{
    (void)state;
    flow_send(r, &pair, 0, "S", 0, 0, "");
    say(0, "quiet");
    say(0, "Bone");
    flow_send(r, &pair, 1, "SA", 0, 1, "");
    flow_expect(r, "begin 1\nbegin 2\ndatagram 2.0 Bone #3\n");
    flow_finish(r);
    flow_expect(r, "end 1 input\nend 2 input\n");
}

/* Lets the clock reach a time without a packet. Twice, as a jump must be confirmed. */
static void wait_for(int64_t ns)
{
    r->time_ns += ns;
    for (unsigned i = 0; i < 2; i++) {
        struct moment now = {{++r->frame, 0}, r->time_ns};
        flow_table_clock(r->table, &now);
    }
}

static void test_idle(void **state)
{
    (void)state;
    say(0, "Bone");
    wait_for((LIMIT_IDLE_DATAGRAM_SECONDS - 2) * SECOND);
    say(1, "two");
    wait_for((LIMIT_IDLE_DATAGRAM_SECONDS - 2) * SECOND);
    flow_expect(r, "begin 1\ndatagram 1.0 Bone #1\ndatagram 1.1 two #4\n");
    wait_for(4 * SECOND);
    flow_expect(r, "end 1 idle\n");
    say(1, "late"); /* goes on with nothing */
    flow_expect(r, "");
    say(0, "Banew");
    flow_expect(r, "begin 2\ndatagram 2.0 Banew #10\n");
    flow_finish(r);
}

static void test_cut(void **state)
{
    (void)state;
    flow_send_datagram(r, &pair, 0, "Bpart", 1200);
    assert_true(r->flow.stream[0].is_cut);
    assert_int_equal(r->flow.stream[0].bytes, 1200);
    assert_false(r->flow.stream[1].is_cut);
    flow_finish(r);
}

static void send_icmp(uint8_t protocol, uint8_t type, uint8_t code)
{
    struct packet p = {.kind = PACKET_ICMP, .ip_version = 4, .src = {192, 0, 2, 1}};
    p.icmp.type = type;
    p.icmp.code = code;
    p.icmp.has_quote = true;
    p.icmp.ip_version = 4;
    p.icmp.protocol = protocol;
    memcpy(p.icmp.src, pair.address[0], sizeof p.icmp.src);
    memcpy(p.icmp.dst, pair.address[1], sizeof p.icmp.dst);
    p.icmp.sport = pair.port[0];
    p.icmp.dport = pair.port[1];
    flow_send_packet(r, &p);
}

static void test_icmp_quotes_udp(void **state)
{
    (void)state;
    send_icmp(17, 3, 3); /* of no flow */
    say(0, "Bone");
    send_icmp(6, 3, 3); /* of TCP on the same ports */
    assert_false(r->rare.has_icmp);
    send_icmp(17, 3, 3);
    assert_true(r->rare.has_icmp);
    assert_int_equal(r->rare.icmp_type, 3);
    assert_int_equal(r->rare.icmp_code, 3);
    assert_int_equal(r->rare.icmp.place.frame, 4);
    flow_expect(r, "begin 1\ndatagram 1.0 Bone #2\n");
    flow_finish(r);
}

static void test_a_full_table(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FIXTURE_FLOWS + 1; i++) {
        struct tcp_pair other = tcp_pair((uint16_t)(10000 + i));
        flow_send_datagram(r, &other, 0, "B", 1);
    }
    assert_int_equal(flow_table_stats(r->table)->active, FIXTURE_FLOWS);
    assert_int_equal(flow_table_stats(r->table)->evicted, 1);
    assert_int_equal(flow_table_stats(r->table)->flows, FIXTURE_FLOWS + 1);
    flow_finish(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FLOW_TEST(test_begins_and_goes_on),
        FLOW_TEST(test_anew),
        FLOW_TEST(test_beside_tcp),
        FLOW_TEST(test_idle),
        FLOW_TEST(test_cut),
        FLOW_TEST(test_icmp_quotes_udp),
        FLOW_TEST(test_a_full_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
