/*
 * The delivery law: the same conversation split into other segments, captured out of order, twice, or sent again with
 * overlap gives the same bytes and the same gaps; with records that a sink skips, the same record headers.
 */
#include "flow/flow.h"
#include "support/cmocka_all.h"
#include "support/tcp_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SCHEDULES = 600,
    STREAM_MAX = 30000,
    SEGMENT_MAX = 1460,
    PACKETS_MAX = 8000,
    REORDER_MAX = 6,
    HEADER_LEN = 4, /* of the records of this test: their length */
};

static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return n ? (uint32_t)(random_state >> 11) % n : 0;
}

static bool chance(unsigned percent)
{
    return random_below(100) < percent;
}

/* ---- a conversation ---- */

struct side {
    uint8_t bytes[STREAM_MAX];
    uint32_t len;
    uint32_t lost_from, lost_until; /* bytes that the capture does not hold */
    uint32_t sent;
};

struct sent_packet {
    unsigned from;
    uint8_t flags;
    uint32_t seq, ack, len; /* relative to the side's first byte at 1 */
    uint16_t ip_id;
    bool is_copy; /* of the packet before it */
};

struct conversation {
    struct tcp_pair pair;
    bool has_syn, has_records, is_acked, has_overlap;
    struct side side[2];
    struct sent_packet packets[PACKETS_MAX];
    size_t num;
};

static void fill(struct conversation *c, struct side *s)
{
    s->len = 1 + random_below(chance(30) ? 300 : STREAM_MAX - 1);
    for (uint32_t i = 0; i < s->len; i++)
        s->bytes[i] = (uint8_t)random_below(256);
    uint32_t record = 0, body = 0;
    while (c->has_records && record + HEADER_LEN <= s->len) {
        body = random_below(3000);
        uint32_t header = body;
        memcpy(s->bytes + record, &header, HEADER_LEN);
        /* A hole inside a body: the sink does not even hear of it. */
        if (body > 100 && chance(20)) {
            s->lost_from = record + HEADER_LEN + 1 + random_below(40);
            s->lost_until = s->lost_from + 1 + random_below(40);
        }
        record += HEADER_LEN + body;
    }
    if (!c->has_records && s->len > 200 && chance(50)) {
        s->lost_from = 100 + random_below(s->len - 150);
        s->lost_until = s->lost_from + 1 + random_below(s->len - s->lost_from - 1);
    }
    if (s->lost_until > s->len)
        s->lost_from = s->lost_until = 0;
}

static void push(struct conversation *c, struct sent_packet p)
{
    assert_true(c->num < PACKETS_MAX);
    p.ip_id = p.is_copy ? p.ip_id : (uint16_t)(c->num + 1);
    c->packets[c->num++] = p;
}

/* What a side acknowledges: all that the other sent, or nothing beyond the hole. */
static uint32_t ack_of(const struct conversation *c, const struct side *peer)
{
    if (!c->is_acked && peer->lost_until && peer->sent > peer->lost_from)
        return 1 + peer->lost_from;
    return 1 + peer->sent;
}

static void send_next(struct conversation *c, unsigned from)
{
    struct side *s = &c->side[from], *peer = &c->side[!from];
    uint32_t len = 1 + random_below(SEGMENT_MAX), left = s->len - s->sent;
    if (s->sent < s->lost_from && len > s->lost_from - s->sent)
        len = s->lost_from - s->sent;
    if (s->sent >= s->lost_from && s->sent < s->lost_until)
        len = s->lost_until - s->sent;
    if (len > left)
        len = left;
    /* New bytes may follow old ones that are sent again. */
    uint32_t back = c->has_overlap && chance(15) ? random_below(500) : 0;
    uint32_t floor = s->sent >= s->lost_until ? s->lost_until : 0;
    if (back > s->sent - floor)
        back = s->sent - floor;
    if (len + back > SEGMENT_MAX)
        back = 0;
    struct sent_packet p = {from, TCP_ACK, 1 + s->sent - back, ack_of(c, peer), len + back, 0, false};
    bool is_lost = s->lost_until && s->sent == s->lost_from;
    s->sent += len;
    if (!is_lost)
        push(c, p);
    if (chance(10) && !is_lost) {
        p = c->packets[c->num - 1];
        p.is_copy = true;
        push(c, p);
    }
    if (c->has_overlap && chance(15)) {
        uint32_t a = random_below(s->sent), b = a + 1 + random_below(s->sent - a);
        if (b - a > SEGMENT_MAX)
            b = a + SEGMENT_MAX;
        if (b <= s->lost_from || a >= s->lost_until)
            push(c, (struct sent_packet){from, TCP_ACK, 1 + a, ack_of(c, peer), b - a, 0, false});
    }
}

static void converse(struct conversation *c, uint64_t seed)
{
    memset(c, 0, sizeof *c);
    random_state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    c->pair = tcp_pair((uint16_t)(1024 + seed));
    c->pair.isn[0] = chance(30) ? UINT32_MAX - random_below(STREAM_MAX) : random_below(UINT32_MAX);
    c->pair.isn[1] = chance(30) ? UINT32_MAX - random_below(STREAM_MAX) : random_below(UINT32_MAX);
    c->has_syn = chance(70);
    c->has_records = chance(40);
    c->is_acked = chance(60);
    fill(c, &c->side[0]);
    fill(c, &c->side[1]);
}

/* The same bytes in another course of packets. */
static void schedule(struct conversation *c, uint64_t seed)
{
    random_state = seed;
    c->num = 0;
    c->side[0].sent = c->side[1].sent = 0;
    c->has_overlap = chance(60);
    if (c->has_syn) {
        push(c, (struct sent_packet){0, TCP_SYN, 0, 0, 0, 0, false});
        push(c, (struct sent_packet){1, TCP_SYN | TCP_ACK, 0, 1, 0, 0, false});
    }
    size_t begin = c->num;
    while (c->side[0].sent < c->side[0].len || c->side[1].sent < c->side[1].len) {
        unsigned from = random_below(2);
        if (c->side[from].sent < c->side[from].len)
            send_next(c, from);
        else
            push(c,
                 (struct sent_packet){from, TCP_ACK, 1 + c->side[from].sent, ack_of(c, &c->side[!from]), 0, 0, false});
    }
    for (size_t i = begin; chance(70) && i + 1 < c->num; i++) {
        /* A beginning in mid-stream is held for four packets: of the first ones only one is moved. */
        bool is_beginning = !c->has_syn && i > begin && i < begin + REORDER_MAX;
        size_t far = i + 1 + random_below(c->has_syn || i > begin ? REORDER_MAX : 2);
        if (is_beginning || far >= c->num || !chance(25))
            continue;
        struct sent_packet p = c->packets[far];
        memmove(&c->packets[i + 1], &c->packets[i], (far - i) * sizeof p);
        c->packets[i] = p;
    }
    for (unsigned from = 0; from < 2; from++)
        push(c, (struct sent_packet){from, TCP_ACK | (c->is_acked ? TCP_FIN : 0), 1 + c->side[from].len,
                                     ack_of(c, &c->side[!from]), 0, 0, false});
}

/* ---- what the table tells of it ---- */

struct heard {
    uint64_t at;               /* offset up to which all was told */
    uint8_t bytes[STREAM_MAX]; /* as delivered */
    uint8_t kind[STREAM_MAX];  /* 'd' delivered, else the kind of gap; 0 skipped */
    uint8_t header[HEADER_LEN];
    uint32_t header_len;
    uint64_t headers;
    unsigned closes;
};

struct listener {
    struct conversation *c;
    struct heard heard[2];
    unsigned begins, ends;
};

static void on_begin(void *arg, struct flow *flow)
{
    struct listener *l = arg;
    assert_non_null(flow);
    l->begins++;
}

static void reach(struct heard *h, struct flow *flow, unsigned side, uint64_t offset, uint64_t len)
{
    uint64_t quiet = flow->stream[side].quiet_until;
    assert_true(offset == (h->at < quiet ? quiet : h->at));
    assert_true(len > 0 && offset + len <= STREAM_MAX);
    h->at = offset + len;
}

static void on_data(void *arg, struct flow *flow, unsigned side, struct bytes data, uint64_t offset,
                    const struct moment *moment)
{
    struct listener *l = arg;
    unsigned who = flow->address[side][3] == 1 ? 0 : 1;
    struct heard *h = &l->heard[who];
    assert_true(moment->place.frame > 0);
    reach(h, flow, side, offset, data.len);
    memcpy(h->bytes + offset, data.at, data.len);
    memset(h->kind + offset, 'd', data.len);
    for (size_t i = 0; l->c->has_records && i < data.len; i++) {
        h->header[h->header_len++] = data.at[i];
        if (h->header_len < HEADER_LEN)
            continue;
        uint32_t body;
        memcpy(&body, h->header, sizeof body);
        h->header_len = 0;
        h->headers++;
        i += body;
        flow->stream[side].quiet_until = offset + i + 1;
    }
}

static void on_gap(void *arg, struct flow *flow, unsigned side, const struct gap *gap)
{
    struct listener *l = arg;
    unsigned who = flow->address[side][3] == 1 ? 0 : 1;
    reach(&l->heard[who], flow, side, gap->offset, gap->len);
    memset(l->heard[who].kind + gap->offset, gap->kind == GAP_LOST ? 'l' : gap->kind == GAP_CUT ? 'c' : 'u', gap->len);
}

static void on_close(void *arg, struct flow *flow, unsigned side, bool is_reset, const struct moment *moment)
{
    struct listener *l = arg;
    assert_false(is_reset);
    assert_true(moment->place.frame > 0);
    l->heard[flow->address[side][3] == 1 ? 0 : 1].closes++;
}

static void on_end(void *arg, struct flow *flow, enum flow_end why, const struct moment *now)
{
    struct listener *l = arg;
    assert_non_null(flow);
    assert_non_null(now);
    assert_int_equal(why, FLOW_END_INPUT);
    l->ends++;
}

static void play(struct conversation *c, struct listener *l)
{
    memset(l, 0, sizeof *l);
    l->c = c;
    struct flow_sink sink = {l, on_begin, on_data, on_gap, on_close, on_end, NULL, NULL, NULL};
    uint64_t next_id = 1;
    struct flow_table *table = flow_table_new(&sink, &next_id, 10);
    assert_non_null(table);
    struct moment now = {{0, 0}, INT64_C(1700000000000000000)};
    uint8_t segment[TCP_BUILDER_HEADER + SEGMENT_MAX];
    for (size_t i = 0; i < c->num; i++) {
        const struct sent_packet *sent = &c->packets[i];
        struct tcp_spec spec = {
            .from = sent->from,
            .flags = sent->flags,
            .seq = sent->seq,
            .ack = sent->ack,
            .payload = sent->len ? c->side[sent->from].bytes + sent->seq - 1 : NULL,
            .len = sent->len,
            .window = 65535,
            .ip_id = sent->ip_id,
        };
        struct packet p;
        tcp_build(&p, segment, &c->pair, &spec);
        now.place.frame++;
        now.time_ns += random_below(1000000);
        flow_table_packet(table, &p, flow_table_prefetch(table, &p), &now);
    }
    flow_table_finish(table, &now);
    assert_int_equal(l->begins, 1);
    assert_int_equal(l->ends, 1);
    assert_int_equal(flow_table_stats(table)->queue_limit_hits, 0);
    flow_table_free(table);
}

static void check(const struct conversation *c, const struct listener *l)
{
    for (unsigned side = 0; side < 2; side++) {
        const struct side *s = &c->side[side];
        const struct heard *h = &l->heard[side];
        uint64_t headers = 0, quiet_until = 0;
        for (uint32_t i = 0; i < s->len; i++) {
            if (c->has_records && i == quiet_until) {
                uint32_t body = 0;
                if (i + HEADER_LEN <= s->len) {
                    memcpy(&body, s->bytes + i, sizeof body);
                    headers++;
                }
                quiet_until = i + HEADER_LEN + body;
            }
            bool is_lost = s->lost_until && i >= s->lost_from && i < s->lost_until;
            uint8_t expected = is_lost ? (c->is_acked ? 'l' : 'u') : 'd';
            if (c->has_records)
                continue; /* what of a body is delivered depends on where segments end */
            if (h->kind[i] != expected)
                fail_msg("side %u, offset %u of %u: '%c', not '%c'", side, i, s->len, h->kind[i], expected);
            if (expected == 'd')
                assert_int_equal(h->bytes[i], s->bytes[i]);
        }
        if (c->has_records)
            assert_int_equal(h->headers, headers);
        else
            assert_int_equal(h->at, s->len);
        assert_int_equal(h->closes, c->is_acked);
    }
}

static void test_delivery_law(void **state)
{
    (void)state;
    struct conversation *c = malloc(sizeof *c);
    struct listener *l = malloc(sizeof *l);
    assert_non_null(c);
    assert_non_null(l);
    unsigned with_gap = 0, with_records = 0;
    for (uint64_t seed = 1; seed <= SCHEDULES / 4; seed++) {
        converse(c, seed);
        with_gap += c->side[0].lost_until > 0;
        with_records += c->has_records;
        for (uint64_t course = 0; course < 4; course++) {
            schedule(c, seed * 4 + course);
            play(c, l);
            check(c, l);
        }
    }
    assert_true(with_gap > 20 && with_records > 20);
    free(c);
    free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_delivery_law)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
