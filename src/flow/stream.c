/* Streams: delivery, acknowledgements, patience (RFC 9293 section 3). See stream.h. */
#include "flow/stream.h"

#include "flow/facts.h"

#define MS INT64_C(1000000)

enum {
    WINDOW_MIN = 1024 * 1024, /* segments that far away are taken whatever window was offered */
    HOLD_BEFORE = 65536,      /* how far before the first byte of a mid-stream start others may lie */
    HOLD_PACKETS = 4,
    LOST_PACKETS = 64,
    LOST_PACKETS_AT_ONCE = 1024,
    SCALE_MAX = 14, /* RFC 7323 */
};

static uint32_t packets_of(const struct flow *flow)
{
    return flow->stream[0].packets + flow->stream[1].packets;
}

/* ---- delivery ---- */

static void deliver(struct flow_table *table, struct flow *flow, unsigned side, struct bytes data,
                    const struct moment *moment)
{
    struct stream *s = &flow->stream[side];
    uint64_t from = s->next;
    s->next += data.len;
    s->last_place = moment->place;
    if (s->next <= s->quiet_until)
        return;
    uint64_t skip = s->quiet_until > from ? s->quiet_until - from : 0;
    table->sink.data(table->sink.arg, flow, side, (struct bytes){data.at + skip, data.len - skip}, from + skip, moment);
}

static void deliver_quiet(struct stream *s, uint64_t len, const struct moment *moment)
{
    s->next += len;
    s->last_place = moment->place;
}

static void deliver_gap(struct flow_table *table, struct flow *flow, unsigned side, uint64_t until, enum gap_kind kind,
                        struct place before, struct place after)
{
    struct stream *s = &flow->stream[side];
    uint64_t from = s->next;
    s->gaps++;
    s->gap_bytes += until - from;
    s->next = until;
    if (until <= s->quiet_until)
        return;
    if (from < s->quiet_until)
        from = s->quiet_until;
    struct gap gap = {from, until - from, before, after, kind};
    table->sink.gap(table->sink.arg, flow, side, &gap);
}

static void deliver_cut(struct flow_table *table, struct flow *flow, unsigned side, uint64_t len,
                        const struct moment *moment)
{
    struct stream *s = &flow->stream[side];
    s->is_cut = true;
    s->last_place = moment->place;
    deliver_gap(table, flow, side, s->next + len, GAP_CUT, moment->place, (struct place){0});
}

/* Gives up the hole between what was delivered and `until`: what the peer acknowledged of it is lost. */
static void give_up(struct flow_table *table, struct flow *flow, unsigned side, uint64_t until, struct place after)
{
    struct stream *s = &flow->stream[side];
    struct place before = s->last_place;
    uint64_t lost = s->acked < until ? s->acked : until;
    if (lost > s->next)
        deliver_gap(table, flow, side, lost, GAP_LOST, before, after);
    if (until > s->next)
        deliver_gap(table, flow, side, until, GAP_UNPROVEN, before, after);
}

/* Delivers what is in order now, then a FIN that was reached. */
static void drain(struct flow_table *table, struct flow *flow, unsigned side, const struct moment *now)
{
    struct stream *s = &flow->stream[side];
    bool is_moved = false;
    while (s->queue && s->queue->head && s->queue->head->offset <= s->next) {
        struct stream_segment *segment = queue_take(table, s->queue);
        uint64_t seen = s->next - segment->offset;
        is_moved = true;
        if (seen >= segment->len)
            ;
        else if (segment->kind == SEGMENT_BYTES)
            deliver(table, flow, side, (struct bytes){segment->bytes + seen, segment->len - seen}, &segment->moment);
        else if (segment->kind == SEGMENT_QUIET)
            deliver_quiet(s, segment->len - seen, &segment->moment);
        else
            deliver_cut(table, flow, side, segment->len - seen, &segment->moment);
        queue_free(table, segment);
    }
    if (is_moved && s->queue && s->queue->head) {
        s->queue->hole_ns = now->time_ns;
        s->queue->hole_packets = packets_of(flow);
    }
    if (s->has_fin && !s->fin_delivered && s->next >= flow->rare->fin_offset[side]) {
        s->fin_delivered = true;
        table->sink.close(table->sink.arg, flow, side, false, &flow->rare->fin[side]);
    }
}

/* The end of the data that the peer acknowledged: the last of it is the FIN where that was not captured. */
static uint64_t acked_data(const struct stream *s)
{
    return s->acked > stream_high(s) && s->is_fin_acked && !s->has_fin ? s->acked - 1 : s->acked;
}

/* Fixes offset 0 of a held stream at its present offset `base`, which lies at or before everything queued. */
static void release(struct flow_table *table, struct flow *flow, unsigned side, uint64_t base, const struct moment *now)
{
    struct stream *s = &flow->stream[side];
    s->is_held = false;
    s->isn += (uint32_t)base;
    s->acked = s->acked > base ? s->acked - base : 0;
    if (s->has_fin)
        flow->rare->fin_offset[side] -= base;
    for (struct stream_segment *segment = s->queue ? s->queue->head : NULL; segment; segment = segment->next)
        segment->offset -= base;
    drain(table, flow, side, now);
}

static uint64_t held_base(const struct stream *s)
{
    return s->queue && s->queue->head ? s->queue->head->offset : HOLD_BEFORE;
}

void stream_flush(struct flow_table *table, struct flow *flow, unsigned side, bool is_end)
{
    struct stream *s = &flow->stream[side];
    if (s->is_held)
        release(table, flow, side, held_base(s), &flow->last);
    while (s->queue && s->queue->head) {
        give_up(table, flow, side, s->queue->head->offset, s->queue->head->moment.place);
        drain(table, flow, side, &flow->last);
    }
    if (is_end) {
        uint64_t fin = s->has_fin ? flow->rare->fin_offset[side] : 0;
        uint64_t until = acked_data(s) > fin ? acked_data(s) : fin;
        if (until > s->next)
            give_up(table, flow, side, until, (struct place){0});
        drain(table, flow, side, &flow->last);
    }
    queue_drop(table, flow, side);
}

/* ---- windows ---- */

static uint64_t window_of(const struct flow *flow, unsigned side)
{
    const struct stream *s = &flow->stream[side], *peer = &flow->stream[!side];
    if (!peer->has_syn)
        return UINT64_C(1) << 30;
    unsigned scale = s->has_syn && !s->window_scale ? 0 : peer->window_scale ? peer->window_scale - 1u : 0;
    uint64_t window = UINT64_C(65535) << (scale > SCALE_MAX ? SCALE_MAX : scale);
    return window > WINDOW_MIN ? window : WINDOW_MIN;
}

bool stream_takes(struct flow_table *table, struct flow *flow, unsigned side, int64_t offset, uint32_t len,
                  uint32_t seq)
{
    const struct stream *s = &flow->stream[side];
    uint64_t high = stream_high(s);
    if (s->acked > high)
        high = s->acked;
    int64_t window = (int64_t)window_of(flow, side);
    if (offset <= (int64_t)high + window && offset + (int64_t)len >= (int64_t)s->next - window)
        return true;
    struct flow_rare *rare = table_rare(table, flow);
    bool is_next = rare->has_foreign[side] && rare->foreign_next[side] == seq && offset > (int64_t)high;
    rare->has_foreign[side] = len > 0 && !is_next;
    rare->foreign_next[side] = seq + len;
    return is_next;
}

void stream_ack(struct flow *flow, unsigned side, uint32_t ack)
{
    struct stream *s = &flow->stream[side];
    if (!s->has_base) {
        s->has_base = s->is_guess = true;
        s->isn = ack;
        return;
    }
    int64_t offset = stream_offset(s, ack);
    if (offset <= (int64_t)s->acked)
        return;
    uint64_t high = stream_high(s) > s->acked ? stream_high(s) : s->acked;
    uint64_t window = s->packets ? window_of(flow, side) : UINT64_C(1) << 30;
    if ((uint64_t)offset > high + window)
        return;
    s->is_fin_acked = (uint64_t)offset == high + 1;
    s->acked = (uint64_t)offset;
    if (s->has_fin && s->acked == flow->rare->fin_offset[side] + 1)
        s->acked--;
}

/* ---- payload ---- */

/* No SYN tells where the stream begins: all goes to the queue for a while. */
static void hold(struct stream *s, uint32_t seq)
{
    uint32_t acked_seq = s->isn + (uint32_t)s->acked;
    bool had_base = s->has_base;
    s->isn = seq - HOLD_BEFORE;
    s->next = s->acked = 0;
    s->has_base = s->is_held = true;
    s->is_guess = false;
    int64_t acked = stream_offset(s, acked_seq);
    if (had_base && acked > 0)
        s->acked = (uint64_t)acked;
    if (s->queue)
        s->queue->lost_at = UINT64_MAX;
}

/* In order: straight to the sink. */
static void pass_on(struct flow_table *table, struct flow *flow, unsigned side, const struct packet *p, size_t skip,
                    const struct moment *moment)
{
    struct stream *s = &flow->stream[side];
    uint32_t len = p->payload_len - (uint32_t)skip;
    s->bytes += len;
    if (s->next + len <= s->quiet_until) {
        deliver_quiet(s, len, moment);
        s->is_cut |= p->payload.len < p->payload_len;
        return;
    }
    size_t captured = p->payload.len > skip ? p->payload.len - skip : 0;
    if (captured > 0)
        deliver(table, flow, side, (struct bytes){p->payload.at + skip, captured}, moment);
    if (captured < len)
        deliver_cut(table, flow, side, len - captured, moment);
}

/* True when the segment may go into the stream's queue. */
static bool has_room(const struct stream *s, size_t cost)
{
    uint32_t bytes = s->queue ? s->queue->bytes : 0, segments = s->queue ? s->queue->segments : 0;
    return bytes + cost <= LIMIT_STREAM_QUEUE_BYTES && segments + 3 <= LIMIT_STREAM_QUEUE_SEGMENTS;
}

static bool insert(struct flow_table *table, struct flow *flow, unsigned side, uint64_t offset, const struct packet *p,
                   size_t skip, const struct moment *moment, struct queue_result *result)
{
    struct stream *s = &flow->stream[side];
    struct stream_queue *queue = queue_of(table, flow, side);
    if (!queue)
        return false;
    if (!queue->head) {
        queue->hole_ns = moment->time_ns;
        queue->hole_packets = packets_of(flow);
    }
    bool is_done = queue_insert(table, queue, offset, p, skip, moment, result);
    s->bytes += result->added;
    return is_done;
}

/* Payload ahead of its turn, or among what waits. Where there is no room, what waits longest is given up. */
static void enqueue(struct flow_table *table, struct flow *flow, unsigned side, uint64_t offset, const struct packet *p,
                    size_t skip, const struct moment *moment, struct queue_result *result)
{
    struct stream *s = &flow->stream[side];
    size_t cost = queue_cost(p->payload.len);
    while (table->queue_bytes + cost > LIMIT_ALL_QUEUE_BYTES && table->oldest_queue) {
        table->stats.queue_limit_hits++;
        stream_flush(table, table->oldest_queue->flow, table->oldest_queue->side, false);
    }
    for (;;) {
        if (offset < s->next) {
            uint64_t seen = s->next - offset;
            if (seen >= p->payload_len - skip)
                return;
            skip += seen;
            offset = s->next;
        }
        struct stream_segment *head = s->queue ? s->queue->head : NULL;
        if (has_room(s, cost) && (s->is_held || head || offset > s->next)) {
            if (insert(table, flow, side, offset, p, skip, moment, result)) {
                if (!s->is_held)
                    drain(table, flow, side, moment);
                return;
            }
            head = s->queue ? s->queue->head : NULL;
        }
        if (s->is_held) {
            uint64_t base = held_base(s);
            base = head && base < offset ? base : offset;
            table->stats.queue_limit_hits++;
            release(table, flow, side, base, moment);
            offset -= base;
        } else if (!head || offset <= head->offset) {
            table->stats.queue_limit_hits += offset > s->next;
            give_up(table, flow, side, offset, moment->place);
            pass_on(table, flow, side, p, skip, moment);
            drain(table, flow, side, moment);
            return;
        } else {
            table->stats.queue_limit_hits++;
            give_up(table, flow, side, head->offset, head->moment.place);
            drain(table, flow, side, moment);
        }
    }
}

/* Finds where the segment belongs, opening a stream in mid-stream. False: nowhere. */
static bool locate(struct flow_table *table, struct flow *flow, unsigned side, uint32_t seq, uint32_t len,
                   int64_t *offset)
{
    struct stream *s = &flow->stream[side];
    bool has_syn = flow->stream[0].has_syn || flow->stream[1].has_syn;
    if (!s->has_base || (s->is_guess && s->next == 0 && (!has_syn || stream_offset(s, seq) < 0)))
        hold(s, seq);
    *offset = stream_offset(s, seq);
    if (!stream_takes(table, flow, side, *offset, len, seq) || *offset + (int64_t)len <= 0) {
        table->stats.ignored_segments++;
        return false;
    }
    s->is_guess = false;
    return true;
}

void stream_payload(struct flow_table *table, struct flow *flow, unsigned side, const struct packet *p, uint32_t seq,
                    const struct moment *moment)
{
    struct stream *s = &flow->stream[side];
    if (seq == s->isn + (uint32_t)s->next && !s->queue && s->has_base && !s->is_guess && !s->has_fin && !s->has_rst) {
        pass_on(table, flow, side, p, 0, moment); /* nearly all segments */
        return;
    }
    int64_t signed_offset;
    if (!locate(table, flow, side, seq, p->payload_len, &signed_offset))
        return;
    size_t skip = signed_offset < 0 ? (size_t)-signed_offset : 0;
    uint64_t offset = signed_offset < 0 ? 0 : (uint64_t)signed_offset, high = stream_high(s);
    uint64_t end = offset + (p->payload_len - skip);
    if (s->has_rst || s->has_fin)
        facts_data_after_close(table, flow, side, seq + p->payload_len, end, moment);
    uint64_t repeated = 0;
    if (offset < s->next) {
        repeated = (end < s->next ? end : s->next) - offset;
        skip += repeated;
        offset = s->next;
    }
    bool is_waiting = s->queue && s->queue->head;
    int64_t waited = is_waiting ? clock_elapsed(moment->time_ns, s->queue->hole_ns) : 0;
    struct queue_result result = {0};
    if (end > offset) {
        if (offset == s->next && !s->is_held && (!is_waiting || end <= s->queue->head->offset)) {
            pass_on(table, flow, side, p, skip, moment);
            if (is_waiting || s->has_fin)
                drain(table, flow, side, moment);
        } else {
            enqueue(table, flow, side, offset, p, skip, moment, &result);
        }
    }
    if (result.is_conflict)
        table_rare(table, flow)->conflicts++;
    repeated += result.repeated;
    if (repeated > 0)
        facts_resend(table, flow, side, repeated, end > s->acked, moment);
    else if (offset < high && is_waiting)
        facts_filled(flow, side, waited);
}

void stream_fin(struct flow_table *table, struct flow *flow, unsigned side, uint32_t seq, bool is_bare,
                const struct moment *moment)
{
    struct stream *s = &flow->stream[side];
    if (!s->has_base) {
        s->has_base = true;
        s->isn = seq;
    }
    int64_t offset = stream_offset(s, seq);
    if (offset < 0 || !stream_takes(table, flow, side, offset, 0, seq)) {
        table->stats.ignored_segments++;
        return;
    }
    struct flow_rare *rare = table_rare(table, flow);
    if (s->has_fin)
        s->retransmissions += is_bare && rare->fin_offset[side] == (uint64_t)offset;
    if (s->has_fin || !flow->rare)
        return;
    s->has_fin = true;
    rare->fin[side] = *moment;
    rare->fin_offset[side] = (uint64_t)offset;
    if (s->acked == (uint64_t)offset + 1)
        s->acked--;
    if (flow->stream[!side].has_fin)
        table_set_closed(table, flow, true);
    if (!s->is_held)
        drain(table, flow, side, moment);
}

/* ---- patience ---- */

static bool is_lost(const struct stream_queue *queue, const struct flow *flow, const struct moment *now)
{
    uint32_t packets = packets_of(flow) - queue->lost_packets;
    int64_t waited = clock_elapsed(now->time_ns, queue->lost_ns);
    return waited >= 1000 * MS || (packets >= LOST_PACKETS && waited >= 10 * MS) || packets >= LOST_PACKETS_AT_ONCE;
}

void stream_settle(struct flow_table *table, struct flow *flow, unsigned side, const struct moment *now)
{
    struct stream *s = &flow->stream[side];
    if (s->packets == 0)
        return;
    struct stream_queue *queue = s->queue;
    if (s->is_held) {
        if (queue && packets_of(flow) - queue->hole_packets < HOLD_PACKETS &&
            clock_elapsed(now->time_ns, queue->hole_ns) < 50 * MS)
            return;
        release(table, flow, side, held_base(s), now);
    }
    struct stream_segment *head = queue ? queue->head : NULL;
    uint64_t until = head ? head->offset : s->has_fin ? flow->rare->fin_offset[side] : acked_data(s);
    uint64_t lost = s->acked < until ? s->acked : until;
    if (lost > s->next) {
        queue = queue_of(table, flow, side);
        if (!queue)
            return;
        if (queue->lost_at != s->next) {
            queue->lost_at = s->next;
            queue->lost_ns = now->time_ns;
            queue->lost_packets = packets_of(flow);
        } else if (is_lost(queue, flow, now)) {
            give_up(table, flow, side, lost, head ? head->moment.place : (struct place){0});
            drain(table, flow, side, now);
        }
    } else if (head && flow->stream[!side].packets == 0 && clock_elapsed(now->time_ns, queue->hole_ns) >= 3000 * MS) {
        give_up(table, flow, side, head->offset, head->moment.place);
        drain(table, flow, side, now);
    }
    if (queue && queue->segments == 0 && s->acked <= s->next)
        queue_drop(table, flow, side);
}

bool stream_late_syn(struct flow_table *table, struct flow *flow, unsigned side, uint32_t isn)
{
    struct stream *s = &flow->stream[side];
    if (!s->has_base || (s->is_guess && s->isn != isn && s->next == 0)) {
        s->has_base = true;
        s->isn = isn;
        s->acked = 0;
    }
    int64_t base = stream_offset(s, isn);
    if (s->is_held && base >= 0 && (uint64_t)base <= held_base(s))
        release(table, flow, side, (uint64_t)base, &flow->last);
    s->is_guess &= s->isn != isn;
    return s->isn == isn;
}
