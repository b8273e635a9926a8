/* Beginnings of connections (RFC 9293 section 3.5, RFC 7413, RFC 5961): see setup.h. */
#include "flow/setup.h"

#include "flow/stream.h"

#define SILENCE (60 * INT64_C(1000000000))

void setup_open(struct flow *flow, const struct packet *p)
{
    bool is_syn = p->tcp_flags & TCP_SYN, is_ack = p->tcp_flags & TCP_ACK;
    flow->syn_side = is_syn ? is_ack : 2;
    flow->setup = !is_syn ? FLOW_UNSEEN : is_ack ? FLOW_SYN_ACKED : FLOW_UNANSWERED;
}

static void retry(struct flow_table *table, struct flow *flow, unsigned side, const struct moment *moment)
{
    struct flow_rare *rare = table_rare(table, flow);
    rare->syn_retries[side]++;
    rare->last_syn[side] = *moment;
}

/* Takes a SYN's (or SYN-ACK's) numbers. False when data that came before it does not fit. */
static bool accept(struct flow_table *table, struct flow *flow, unsigned side, const struct packet *p)
{
    struct stream *s = &flow->stream[side];
    if (!stream_late_syn(table, flow, side, p->seq + 1))
        return false;
    s->has_syn = true;
    s->window_scale = p->window_scale;
    s->mss = p->mss;
    return true;
}

/* A SYN-ACK took effect. */
static void answered(struct flow *flow, unsigned side, const struct moment *moment)
{
    if (flow->syn_ack.place.frame != 0)
        return;
    flow->syn_ack = *moment;
    if (flow->setup != FLOW_COMPLETE)
        flow->setup = FLOW_SYN_ACKED;
    bool is_measured = flow->syn_side == 0 && side == 1 && flow->stream[0].has_syn;
    if (is_measured && !(flow->rare && flow->rare->syn_retries[0] > 0))
        flow->rtt_ns = clock_elapsed(moment->time_ns, flow->first.time_ns);
}

static bool is_previous(const struct flow *flow, unsigned side, uint32_t isn)
{
    return flow->rare && flow->rare->has_previous && flow->rare->previous_isn[side] == isn;
}

static bool is_confirming(const struct flow *flow, unsigned side, const struct packet *p)
{
    return flow->rare && flow->rare->has_candidate && flow->rare->candidate.side != side && (p->tcp_flags & TCP_ACK) &&
           p->ack == flow->rare->candidate.seq + 1;
}

/* A SYN that is none of this connection's: begins another one, now or when it is confirmed. */
static enum setup_answer another(struct flow_table *table, struct flow *flow, unsigned side, const struct packet *p,
                                 const struct moment *moment)
{
    bool is_over = flow->is_closed || (flow->setup != FLOW_COMPLETE && flow->setup != FLOW_UNSEEN) ||
                   flow->stream[!side].packets == 0 || clock_elapsed(moment->time_ns, flow->last.time_ns) >= SILENCE;
    if (is_over)
        return SETUP_NEW;
    struct flow_rare *rare = table_rare(table, flow);
    if (rare->has_candidate && rare->candidate.side == side && rare->candidate.seq == p->seq)
        return SETUP_DROP; /* sent again: the first counts */
    rare->has_candidate = true;
    rare->candidate = (struct flow_candidate){
        .seq = p->seq,
        .window = p->window,
        .window_scale = p->window_scale,
        .ttl = p->ttl,
        .side = (uint8_t)side,
        .moment = *moment,
    };
    return SETUP_DROP;
}

static enum setup_answer take_syn(struct flow_table *table, struct flow *flow, unsigned side, const struct packet *p,
                                  const struct moment *moment)
{
    struct stream *s = &flow->stream[side], *peer = &flow->stream[!side];
    uint32_t isn = p->seq + 1;
    if (s->has_syn && s->isn == isn) {
        retry(table, flow, side, moment);
        return SETUP_GO_ON;
    }
    if (is_previous(flow, side, isn))
        return SETUP_DROP;
    if (!s->has_syn && peer->has_syn && s->packets == 0 && flow->setup == FLOW_UNANSWERED) {
        accept(table, flow, side, p);
        flow->is_simultaneous = true;
        return SETUP_GO_ON;
    }
    bool is_late = !s->has_syn && s->has_base && (flow->syn_side == side || flow->syn_side == 2);
    if (is_late && !flow->is_closed && accept(table, flow, side, p)) {
        flow->syn_side = (uint8_t)side;
        return SETUP_GO_ON;
    }
    return another(table, flow, side, p, moment);
}

/* A SYN-ACK of a side that no SYN was seen of. */
static enum setup_answer take_answer(struct flow_table *table, struct flow *flow, unsigned side, const struct packet *p,
                                     const struct moment *moment)
{
    struct stream *peer = &flow->stream[!side];
    if (peer->has_base && !peer->is_held) {
        int64_t acked = stream_offset(peer, p->ack);
        if (acked < 0 || (uint64_t)acked > stream_high(peer) + LIMIT_STREAM_QUEUE_BYTES)
            return flow->is_closed ? SETUP_NEW : SETUP_DROP;
    }
    if (!accept(table, flow, side, p))
        return flow->is_closed ? SETUP_NEW : SETUP_DROP;
    if (flow->syn_side == 2)
        flow->syn_side = !side;
    if (flow->setup == FLOW_REFUSED || flow->setup == FLOW_UNSEEN)
        flow->setup = FLOW_SYN_ACKED;
    answered(flow, side, moment);
    return SETUP_GO_ON;
}

static enum setup_answer take_syn_ack(struct flow_table *table, struct flow *flow, unsigned side,
                                      const struct packet *p, const struct moment *moment)
{
    struct stream *s = &flow->stream[side];
    uint32_t isn = p->seq + 1;
    if (s->has_syn && s->isn == isn) {
        if (flow->is_simultaneous && flow->syn_ack.place.frame == 0)
            answered(flow, side, moment);
        else if (flow->is_simultaneous && flow->setup == FLOW_SYN_ACKED) {
            flow->setup = FLOW_COMPLETE;
            flow->established = *moment;
        } else
            retry(table, flow, side, moment);
        return SETUP_GO_ON;
    }
    if (is_previous(flow, side, isn))
        return SETUP_DROP;
    if (is_confirming(flow, side, p))
        return SETUP_CONFIRMED;
    if (!s->has_syn)
        return take_answer(table, flow, side, p, moment);
    if (flow->is_closed || flow->stream[!side].packets == 0)
        return SETUP_NEW;
    /* SYN cookies give another number to the same answer; the ACK tells which one counts. */
    if (flow->setup == FLOW_SYN_ACKED && p->ack == flow->stream[!side].isn)
        retry(table, flow, side, moment);
    return SETUP_DROP;
}

enum setup_answer setup_syn(struct flow_table *table, struct flow *flow, unsigned side, const struct packet *p,
                            bool is_first, const struct moment *moment)
{
    if (!is_first)
        return p->tcp_flags & TCP_ACK ? take_syn_ack(table, flow, side, p, moment)
                                      : take_syn(table, flow, side, p, moment);
    accept(table, flow, side, p);
    if (p->tcp_flags & TCP_ACK)
        answered(flow, side, moment);
    return SETUP_GO_ON;
}

/* A packet of the connection that had the ports before, while the SYN of this one is not answered. */
static bool is_stale(const struct flow *flow, unsigned side, const struct packet *p)
{
    if (!flow->rare->has_previous || flow->setup != FLOW_UNANSWERED || side == flow->syn_side)
        return false;
    const struct stream *peer = &flow->stream[!side];
    int64_t acked = stream_offset(peer, p->ack);
    return !(p->tcp_flags & TCP_ACK) || acked < 0 || (uint64_t)acked > stream_high(peer);
}

enum setup_answer setup_check(const struct flow *flow, unsigned side, const struct packet *p)
{
    if (is_stale(flow, side, p))
        return SETUP_DROP;
    if (!flow->rare->has_candidate)
        return SETUP_GO_ON;
    const struct flow_candidate *candidate = &flow->rare->candidate;
    bool goes_on = candidate->side == side && p->seq == candidate->seq + 1 && !(p->tcp_flags & TCP_RST);
    bool is_refused = is_confirming(flow, side, p) && (p->tcp_flags & TCP_RST);
    return goes_on || is_refused ? SETUP_CONFIRMED : SETUP_GO_ON;
}

void setup_progress(struct flow_table *table, struct flow *flow, unsigned side, const struct packet *p,
                    const struct moment *moment)
{
    struct stream *peer = &flow->stream[!side];
    bool is_client = flow->syn_side == side, is_ack = p->tcp_flags & TCP_ACK;
    bool is_done = false;
    if (flow->setup == FLOW_SYN_ACKED && is_client && is_ack) {
        bool was_cookie = flow->rare && flow->rare->syn_retries[!side] > 0;
        if (was_cookie && peer->next == 0 && !peer->queue && stream_offset(peer, p->ack) != 0)
            peer->isn = p->ack;
        is_done = stream_offset(peer, p->ack) >= 0;
    } else if (flow->setup == FLOW_SYN_ACKED) {
        /* The server goes on, so it got the ACK; unless the SYN carried data, which it may answer at once. */
        is_done = peer->packets == 0 || (p->payload_len > 0 && peer->next == 0);
    } else if (flow->setup == FLOW_UNANSWERED || flow->setup == FLOW_REFUSED) {
        /* The answer was not captured. */
        is_done = is_client ? is_ack : p->payload_len > 0;
    }
    if (!is_done)
        return;
    flow->setup = FLOW_COMPLETE;
    flow->established = *moment;
    if (flow->is_closed && !(flow->stream[0].has_fin && peer->has_fin))
        table_set_closed(table, flow, false);
}
