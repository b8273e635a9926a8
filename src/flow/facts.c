/* Facts of TCP (RFC 9293) and of ICMP errors (RFC 792, RFC 4443): see facts.h. */
#include "flow/facts.h"

#include "flow/stream.h"

#include <string.h>

#define MS INT64_C(1000000)

enum { WITH_ID_SHIFT = 27, WITHOUT_ID_SHIFT = 21 }; /* of nanoseconds: 134 and 2 ms */

/* ---- duplicates ---- */

/* What a packet looks like, 0 when nothing tells it from others. The time is in it as a count of short whiles. */
static uint32_t looks(unsigned side, const struct packet *p, const struct moment *moment)
{
    bool has_id = p->ip_version == 4 && p->ip_id != 0;
    if (!has_id && p->payload_len == 0 && !(p->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST)))
        return 0;
    uint64_t x = (uint64_t)p->seq << 32 | p->ack;
    x *= UINT64_C(0x9e3779b97f4a7c15);
    x ^= x >> 29;
    x += (uint64_t)p->ip_id << 32 | p->payload_len;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 32;
    x += (uint64_t)p->tcp_flags << 1 | side;
    x *= UINT64_C(0x94d049bb133111eb);
    return (uint32_t)(x >> 32) + (uint32_t)((uint64_t)moment->time_ns >> (has_id ? WITH_ID_SHIFT : WITHOUT_ID_SHIFT));
}

bool facts_is_duplicate(const struct flow *flow, unsigned side, const struct packet *p, const struct moment *moment)
{
    uint32_t now = looks(side, p, moment);
    for (unsigned i = 0; now && i < FLOW_RECENT; i++)
        if (flow->recent[i] && now + 1 - flow->recent[i] <= 2)
            return true;
    return false;
}

void facts_remember(struct flow *flow, unsigned side, const struct packet *p, const struct moment *moment)
{
    uint32_t now = looks(side, p, moment);
    if (now)
        flow->recent[(flow->stream[0].packets + flow->stream[1].packets) % FLOW_RECENT] = now;
}

/* ---- windows, keep-alives, resends ---- */

bool facts_is_keep_alive(const struct flow *flow, unsigned side, const struct packet *p)
{
    const struct stream *s = &flow->stream[side];
    if (p->payload_len > 1 || (p->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST)) || !s->has_base || s->is_held)
        return false;
    uint64_t sent = s->next;
    if (s->fin_delivered && flow->rare->fin_offset[side] == sent)
        sent++;
    int64_t offset = stream_offset(s, p->seq);
    if (offset + 1 != (int64_t)sent)
        return false;
    /* A byte that the peer never acknowledged is sent again in earnest. */
    return p->payload_len == 0 || sent > s->next || s->acked >= s->next;
}

void facts_window(struct flow_table *table, struct flow *flow, unsigned side, const struct packet *p)
{
    struct stream *s = &flow->stream[side];
    if (p->window == 0 && (s->last_window != 0 || s->packets == 1)) {
        s->had_zero_window = true;
        table_rare(table, flow)->zero_windows++;
    }
    s->last_window = p->window;
}

void facts_resend(struct flow_table *table, struct flow *flow, unsigned side, uint64_t repeated, bool is_unacked,
                  const struct moment *moment)
{
    struct stream *s = &flow->stream[side];
    if (repeated == 1 && flow->stream[!side].had_zero_window)
        return; /* the byte of a window probe */
    s->retransmissions++;
    if (!is_unacked)
        return;
    struct flow_rare *rare = table_rare(table, flow);
    rare->unacked_resends[side]++;
    rare->last_resend[side] = *moment;
}

void facts_filled(struct flow *flow, unsigned side, int64_t waited_ns)
{
    struct stream *s = &flow->stream[side];
    int64_t round_trip = flow->rtt_ns > 3 * MS ? flow->rtt_ns : 3 * MS;
    if (waited_ns < round_trip)
        s->out_of_order++;
    else
        s->retransmissions++;
}

void facts_data_after_close(struct flow_table *table, struct flow *flow, unsigned side, uint32_t end_seq, uint64_t end,
                            const struct moment *moment)
{
    struct stream *s = &flow->stream[side];
    struct flow_rare *rare = table_rare(table, flow);
    if (s->has_fin && end > rare->fin_offset[side])
        rare->data_after_fin[side] = true;
    if (!s->has_rst || rare->data_after_rst[side])
        return;
    /* What the RST overtook on its way to the tap is not after it; 100 ms later nothing is on its way any more. */
    bool is_beyond = rare->rst_seq[side] == 0 || (int32_t)(end_seq - rare->rst_seq[side]) > 0;
    if (!is_beyond && clock_elapsed(moment->time_ns, rare->rst[side].time_ns) < 100 * MS)
        return;
    rare->data_after_rst[side] = true;
    /* It was forged or ignored, so the connection goes on. */
    const struct stream *peer = &flow->stream[!side];
    if (!(peer->has_rst && !rare->data_after_rst[!side]) && !(s->has_fin && peer->has_fin))
        table_set_closed(table, flow, false);
}

/* ---- resets and ICMP ---- */

/* True for a sequence number that no real host gives its RST: it takes the next one that it would send, or, in answer
 * to a stray segment, the one acknowledged there. */
static bool is_odd(const struct flow *flow, unsigned side, uint32_t seq)
{
    const struct stream *s = &flow->stream[side];
    if (!s->has_base || s->is_held)
        return false;
    int64_t offset = stream_offset(s, seq);
    int64_t sent = (int64_t)stream_high(s) + s->has_fin;
    return offset != sent && (offset > (int64_t)s->acked || offset < (int64_t)s->acked - (INT64_C(1) << 30));
}

/* True for a RST of the connection that had the ports before. */
static bool is_stale(struct flow_table *table, struct flow *flow, unsigned side, const struct packet *p)
{
    const struct stream *s = &flow->stream[side];
    return flow->rare && flow->rare->has_previous && s->has_base &&
           !stream_takes(table, flow, side, stream_offset(s, p->seq), 0, p->seq);
}

void facts_rst(struct flow_table *table, struct flow *flow, unsigned side, const struct packet *p,
               const struct moment *moment)
{
    if (is_stale(table, flow, side, p)) {
        table->stats.ignored_segments++;
        return;
    }
    struct stream *s = &flow->stream[side];
    struct flow_rare *rare = table_rare(table, flow);
    bool odd = is_odd(flow, side, p->seq);
    if (rare->num_rst[side]++ == 0) {
        rare->rst[side] = *moment;
        rare->rst_seq[side] = p->seq;
        rare->rst_ttl[side] = p->ttl;
        rare->rst_is_odd[side] = odd;
    } else if (p->seq != rare->rst_seq[side] && (odd || rare->rst_is_odd[side])) {
        rare->rst_seqs_differ[side] = true;
    }
    if (flow->setup == FLOW_UNANSWERED && flow->syn_side != side)
        flow->setup = FLOW_REFUSED;
    if (s->has_rst)
        return;
    stream_flush(table, flow, side, false);
    s->has_rst = true;
    table->sink.close(table->sink.arg, flow, side, true, moment);
    if (!flow->is_closed && !rare->data_after_rst[side])
        table_set_closed(table, flow, true);
}

/* How much an ICMP error says: that the destination cannot be had, or only something of the way there. */
static int icmp_rank(uint8_t ip_version, uint8_t type, uint8_t code)
{
    enum { V4_UNREACHABLE = 3, V4_FRAGMENTATION_NEEDED = 4, V6_UNREACHABLE = 1 };
    if (ip_version == 4)
        return type == V4_UNREACHABLE && code != V4_FRAGMENTATION_NEEDED ? 2 : 1;
    return type == V6_UNREACHABLE ? 2 : 1;
}

void facts_icmp(struct flow_table *table, struct flow *flow, const struct packet *p, const struct moment *moment)
{
    struct flow_rare *rare = table_rare(table, flow);
    if (p->icmp.mtu && (!rare->icmp_mtu || p->icmp.mtu < rare->icmp_mtu))
        rare->icmp_mtu = p->icmp.mtu;
    if (rare->has_icmp && icmp_rank(p->ip_version, p->icmp.type, p->icmp.code) <=
                              icmp_rank(rare->icmp_ip_version, rare->icmp_type, rare->icmp_code))
        return;
    rare->has_icmp = true;
    rare->icmp_type = p->icmp.type;
    rare->icmp_code = p->icmp.code;
    rare->icmp_ip_version = p->ip_version;
    memcpy(rare->icmp_from, p->src, sizeof rare->icmp_from);
    rare->icmp = *moment;
}
