/*
 * The flow table under any course of packets: the input is a script of packets over a few connections.
 *
 * Every 8 bytes are one step (see step()). Payload is a function of the sequence number, so whatever is delivered can
 * be checked; a step may ask for other bytes, then that connection's content is not checked any more.
 */
#include "bounds.h"
#include "flow/flow.h"
#include "support/tcp_builder.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEP = 8, PAIRS = 4, MAX_FLOWS = 3, MAX_STEPS = 2000, KEPT = 8 };

struct listener {
    struct flow_table *table;
    struct flow *live[MAX_FLOWS];
    uint64_t at[MAX_FLOWS][2];
    unsigned num_live;
    uint64_t last_id;
    bool is_conflicting, is_quiet_wanted, is_kept_wanted;
    uint32_t quiet;
    struct flow *kept[KEPT];
    unsigned num_kept;
};

static void require(bool holds)
{
    if (!holds)
        abort();
}

static uint8_t content(uint32_t seq)
{
    return (uint8_t)(seq * 0x9E3779B9u >> 24);
}

static unsigned index_of(const struct listener *l, const struct flow *flow)
{
    for (unsigned i = 0; i < MAX_FLOWS; i++)
        if (l->live[i] == flow)
            return i;
    abort();
}

static void on_begin(void *arg, struct flow *flow)
{
    struct listener *l = arg;
    require(flow->id > l->last_id && l->num_live < MAX_FLOWS);
    l->last_id = flow->id;
    l->num_live++;
    unsigned i = index_of(l, NULL);
    l->live[i] = flow;
    l->at[i][0] = l->at[i][1] = 0;
}

/* Offsets go on where they stopped, but for what the sink did not want. */
static void reach(struct listener *l, const struct flow *flow, unsigned side, uint64_t offset, uint64_t len)
{
    uint64_t *at = &l->at[index_of(l, flow)][side], quiet = flow->stream[side].quiet_until;
    require(len > 0 && offset == (*at < quiet ? quiet : *at));
    *at = offset + len;
    require(flow->stream[side].next == *at);
}

static void on_data(void *arg, struct flow *flow, unsigned side, struct bytes data, uint64_t offset,
                    const struct moment *moment)
{
    struct listener *l = arg;
    require(moment->place.frame > 0);
    reach(l, flow, side, offset, data.len);
    for (size_t i = 0; !l->is_conflicting && i < data.len; i++)
        require(data.at[i] == content(flow->stream[side].isn + (uint32_t)offset + (uint32_t)i));
    if (l->is_quiet_wanted)
        flow->stream[side].quiet_until = offset + data.len + l->quiet;
}

static void on_gap(void *arg, struct flow *flow, unsigned side, const struct gap *gap)
{
    require(gap->kind != GAP_CUT || gap->before.frame > 0);
    reach(arg, flow, side, gap->offset, gap->len);
}

static void on_close(void *arg, struct flow *flow, unsigned side, bool is_reset, const struct moment *moment)
{
    (void)index_of(arg, flow);
    require(moment->place.frame > 0);
    require(is_reset ? flow->stream[side].has_rst : flow->stream[side].fin_delivered);
}

static void on_end(void *arg, struct flow *flow, enum flow_end why, const struct moment *now)
{
    struct listener *l = arg;
    require(now != NULL && why <= FLOW_END_INPUT);
    l->live[index_of(l, flow)] = NULL;
    l->num_live--;
    for (unsigned side = 0; side < 2; side++) {
        const struct stream *s = &flow->stream[side];
        require(s->gap_bytes <= s->next && !s->queue);
        require(!s->has_fin || s->fin_delivered);
    }
    if (l->is_kept_wanted && l->num_kept < KEPT) {
        flow_table_keep(l->table, flow);
        l->kept[l->num_kept++] = flow;
    }
}

static struct packet quote(const struct tcp_pair *pair, const uint8_t *in)
{
    struct packet p = {.kind = PACKET_ICMP, .ip_version = 4, .protocol = 1, .src = {10, 9, 9, 9}};
    p.icmp.type = in[2];
    p.icmp.code = in[3];
    p.icmp.has_quote = in[4] & 1;
    p.icmp.ip_version = 4;
    p.icmp.protocol = in[4] & 2 ? 17 : 6;
    memcpy(p.icmp.src, pair->address[0], sizeof p.icmp.src);
    memcpy(p.icmp.dst, pair->address[1], sizeof p.icmp.dst);
    p.icmp.sport = pair->port[0];
    p.icmp.dport = pair->port[1];
    p.icmp.mtu = in[5];
    return p;
}

/* How far the clock moves: mostly milliseconds, now and then hours, back or to the end of time. */
static int64_t later(int64_t now, uint8_t how)
{
    static const int64_t jumps[] = {61, 301, 7201, 100000, -100000, -3, 0, 1};
    if (how < 0xf0)
        return (int64_t)((uint64_t)now + how * UINT64_C(1000000));
    if (how >= 0xf8)
        return how == 0xff ? INT64_MAX : how == 0xfe ? INT64_MIN : 0;
    return (int64_t)((uint64_t)now + (uint64_t)(jumps[how & 7] * INT64_C(1000000000)));
}

/*
 * in[0]: connection (2 bits), side, sequence numbers far away, payload times 64, other bytes, wrong checksum, ICMP.
 * in[1]: TCP flags (5 bits), quiet, keep, zero window.
 * in[2..3], in[4..5]: seq and ack relative to the ISNs. in[6]: payload length. in[7]: time.
 */
static void step(struct flow_table *table, struct listener *l, struct tcp_pair *pairs, const uint8_t *in,
                 struct moment *now)
{
    static uint8_t segment[TCP_BUILDER_HEADER + 64 * 256], payload[64 * 256];
    struct tcp_pair *pair = &pairs[in[0] & 3];
    struct tcp_spec spec = {
        .from = in[0] >> 2 & 1,
        .flags = in[1] & 0x1f,
        .seq = (uint32_t)(in[2] << 8 | in[3]) << (in[0] & 8 ? 16 : 0),
        .ack = (uint32_t)(in[4] << 8 | in[5]) << (in[0] & 8 ? 16 : 0),
        .payload = payload,
        .len = (size_t)in[6] << (in[0] & 16 ? 6 : 0),
        .window = in[1] & 0x80 ? 0 : 1000,
        .window_scale = 1 + 7,
        .ip_id = in[3],
        .is_damaged = in[0] & 64,
    };
    spec.cut = in[3] % 7 == 0 ? spec.len / 2 : 0;
    now->place.frame++;
    now->time_ns = later(now->time_ns, in[7]);
    l->is_quiet_wanted = in[1] & 0x20;
    l->quiet = in[5] * 16u;
    l->is_kept_wanted = in[1] & 0x40;
    l->is_conflicting |= in[0] & 32;
    struct packet p;
    if (in[0] & 128) {
        p = quote(pair, in);
    } else {
        /* A SYN may open another connection on the same ports. */
        if ((spec.flags & TCP_SYN) && in[6] & 1)
            pair->isn[spec.from] += 77777;
        uint32_t first = pair->isn[spec.from] + spec.seq + !!(spec.flags & TCP_SYN);
        for (size_t i = 0; i < spec.len; i++)
            payload[i] = (uint8_t)(content(first + (uint32_t)i) ^ (in[0] & 32 ? in[7] : 0));
        tcp_build(&p, segment, pair, &spec);
    }
    flow_table_packet(table, &p, flow_table_prefetch(table, &p), now);
    if (in[7] & 1)
        flow_table_clock(table, now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct listener l = {0};
    struct flow_sink sink = {&l, on_begin, on_data, on_gap, on_close, on_end, NULL, NULL, NULL};
    uint64_t next_id = 1;
    struct flow_table *table = flow_table_new(&sink, &next_id, MAX_FLOWS);
    require(table != NULL);
    l.table = table;
    struct tcp_pair pairs[PAIRS];
    for (unsigned i = 0; i < PAIRS; i++)
        pairs[i] = tcp_pair((uint16_t)(4000 + i));
    pairs[1].isn[0] = UINT32_MAX - 100;
    memcpy(pairs[3].address[1], pairs[3].address[0], sizeof pairs[3].address[1]);
    pairs[3].port[1] = pairs[3].port[0]; /* a connection to itself */
    struct moment now = {{0, 0}, INT64_C(1700000000000000000)};
    for (size_t at = 0; at + STEP <= size && at < STEP * MAX_STEPS; at += STEP) {
        step(table, &l, pairs, data + at, &now);
        const struct flow_stats *stats = flow_table_stats(table);
        require(stats->active == l.num_live);
        require(stats->memory_bytes <= 2 * LIMIT_STREAM_QUEUE_BYTES * MAX_FLOWS + 1024 * 1024);
    }
    flow_table_finish(table, &now);
    while (l.num_kept > 0)
        flow_table_release(table, l.kept[--l.num_kept]);
    require(l.num_live == 0 && flow_table_stats(table)->active == 0);
    flow_table_free(table);
    return 0;
}
