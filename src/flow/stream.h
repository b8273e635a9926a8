/*
 * One direction of a connection: sequence numbers to 64-bit offsets, delivery in order, holes to gaps. Private to the
 * room.
 *
 * When a hole is given up:
 * - The peer acknowledged it, and since that was seen a second passed, or 64 packets of the flow and 10 ms, or 1024
 *   packets: GAP_LOST. (An acknowledgement can be captured before the segment that it acknowledges.)
 * - The peer was never seen, so that nobody can acknowledge: after 3 seconds.
 * - The queue's limits, a RST of the sender, the end of the flow: at once.
 * A single byte acknowledged by itself behind all others is no hole: it is a FIN that the capture missed.
 *
 * A stream that begins in mid-stream is held back until 4 more packets of the flow or 50 ms came, so that segments
 * captured in the wrong order do not cost its first bytes: offset 0 is then the lowest byte seen.
 */
#ifndef TLSWHY_FLOW_STREAM_H
#define TLSWHY_FLOW_STREAM_H

#include "flow/queue.h"

/* The offset that a sequence number means: from 1 GiB before stream.next to 3 GiB after it. Negative: before 0. */
static inline int64_t stream_offset(const struct stream *s, uint32_t seq)
{
    const uint32_t back = UINT32_C(1) << 30;
    return (int64_t)s->next - back + (uint32_t)(seq - (s->isn + (uint32_t)s->next) + back);
}

/* The end of what was seen: delivered or queued. */
static inline uint64_t stream_high(const struct stream *s)
{
    return s->queue && s->queue->tail ? s->queue->tail->offset + s->queue->tail->len : s->next;
}

/* False for a segment outside any window that the peer may have offered. Two such segments in a row that fit together
 * are believed: the capture missed what lies between. */
bool stream_takes(struct flow_table *table, struct flow *flow, unsigned side, int64_t offset, uint32_t len,
                  uint32_t seq);

/* The peer of `side` acknowledged `ack`. */
void stream_ack(struct flow *flow, unsigned side, uint32_t ack);
/* Payload of `side`, whose first byte has sequence number seq. */
void stream_payload(struct flow_table *table, struct flow *flow, unsigned side, const struct packet *p, uint32_t seq,
                    const struct moment *moment);
/* A FIN with that sequence number; is_bare: without payload. */
void stream_fin(struct flow_table *table, struct flow *flow, unsigned side, uint32_t seq, bool is_bare,
                const struct moment *moment);
/* After each packet of the flow: gives up what was waited for long enough. */
void stream_settle(struct flow_table *table, struct flow *flow, unsigned side, const struct moment *now);
/* Delivers all that waits. At the end of the flow (is_end) also what was acknowledged or closed but never seen. */
void stream_flush(struct flow_table *table, struct flow *flow, unsigned side, bool is_end);
/* A SYN that came after the first data: offset 0 is the byte after it. False when it does not fit. */
bool stream_late_syn(struct flow_table *table, struct flow *flow, unsigned side, uint32_t isn);

#endif
