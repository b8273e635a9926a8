/*
 * Out-of-order bytes of one stream: a sorted list of ranges that do not overlap. Private to the room.
 *
 * Bytes that nobody wants any more (before stream.quiet_until) and bytes that the snapshot length cut are kept as
 * ranges alone. Of bytes that came twice the first copy stays, unless only the second's checksum is right; a copy that
 * was cut gives way to any other.
 */
#ifndef TLSWHY_FLOW_QUEUE_H
#define TLSWHY_FLOW_QUEUE_H

#include "flow/table.h"

enum segment_kind { SEGMENT_BYTES, SEGMENT_QUIET, SEGMENT_CUT };

struct stream_segment {
    struct stream_segment *next;
    uint64_t offset;
    struct moment moment; /* the packet that carried it */
    uint32_t len;
    enum segment_kind kind : 8;
    bool is_right; /* its packet's checksum is */
    uint8_t bytes[];
};

struct stream_queue {
    struct stream_segment *head, *tail;
    struct flow *flow;
    unsigned side;
    uint32_t bytes; /* memory of the segments */
    uint32_t segments;
    struct stream_queue *older, *newer;
    int64_t hole_ns; /* when bytes beyond the present hole were first seen, in time and packets of the flow */
    uint32_t hole_packets;
    uint32_t lost_packets; /* the same for the acknowledgement of the hole at lost_at */
    int64_t lost_ns;
    uint64_t lost_at;
};

/* What became of a segment: bytes that are new, bytes that were there already, and whether those differed. */
struct queue_result {
    uint64_t added, repeated;
    bool is_conflict;
};

/* The stream's queue, made when there is none. NULL without memory. */
struct stream_queue *queue_of(struct flow_table *table, struct flow *flow, unsigned side);
/* Gives an empty queue back. */
void queue_drop(struct flow_table *table, struct flow *flow, unsigned side);
/* Puts p's payload from stream offset `offset` (not before stream.next) into the queue. False: no memory; what was
 * put in until then stays. */
bool queue_insert(struct flow_table *table, struct stream_queue *queue, uint64_t offset, const struct packet *p,
                  size_t skip, const struct moment *moment, struct queue_result *result);
/* Removes the head, which must be there, from the list; free it with queue_free(). */
struct stream_segment *queue_take(struct flow_table *table, struct stream_queue *queue);
void queue_free(struct flow_table *table, struct stream_segment *segment);

/* Memory that a segment of that many captured bytes takes at most (three ranges), for limits. */
size_t queue_cost(size_t captured);

#endif
