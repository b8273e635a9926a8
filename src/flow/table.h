/* What the files of the flow table share. Private to the room. */
#ifndef TLSWHY_FLOW_TABLE_H
#define TLSWHY_FLOW_TABLE_H

#include "flow/clock.h"
#include "flow/flow.h"
#include "flow/slab.h"
#include "flow/wheel.h"

enum { TABLE_AHEAD = 8 };

struct flow_table {
    struct flow_sink sink;
    uint64_t *next_id;
    size_t max_flows;
    struct flow **buckets;
    uint32_t mask; /* number of buckets - 1 */
    unsigned ahead_at;
    uint32_t ahead[TABLE_AHEAD]; /* hashes of the latest prefetches: their flows come next */
    uint64_t seed;               /* of the hash */
    struct pieces pieces;
    struct slab flows, rares, queues;
    struct clock clock;
    struct wheel wheel;
    struct flow *unsure; /* whose packet began a jump of the clock that is not believed yet; or NULL */
    struct stream_queue *oldest_queue, *newest_queue; /* those that hold segments, by when they began to */
    uint64_t queue_bytes;                             /* of all of them */
    struct flow_rare scratch;                         /* takes the rare facts that no memory is left for */
    struct flow_stats stats;
};

/* The flow's rare facts, made when there are none. Never NULL; without memory they are lost. */
struct flow_rare *table_rare(struct flow_table *table, struct flow *flow);
/* The flow that a packet (or the one that an ICMP error quotes) belongs to, NULL none; *side is its sender's. */
struct flow *table_find(const struct flow_table *table, const struct packet *p, uint32_t hash, unsigned *side);
/* A new flow whose first packet is p; its sender is side 0. NULL: no memory, which was counted. */
struct flow *table_begin(struct flow_table *table, const struct packet *p, uint32_t hash, const struct moment *moment);
/* Flushes the flow's streams, tells the sink, and forgets it; the second says why itself: closed or idle. */
void table_end(struct flow_table *table, struct flow *flow, enum flow_end why, const struct moment *now);
void table_end_idle(struct flow_table *table, struct flow *flow, const struct moment *now);
/* To be called when flow->is_closed changed: its timeout did. */
void table_set_closed(struct flow_table *table, struct flow *flow, bool is_closed);

#endif
