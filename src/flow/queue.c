/* Out-of-order bytes: see queue.h. */
#include "flow/queue.h"

#include <string.h>

static size_t segment_size(enum segment_kind kind, uint32_t len)
{
    return sizeof(struct stream_segment) + (kind == SEGMENT_BYTES ? len : 0);
}

size_t queue_cost(size_t captured)
{
    return 3 * sizeof(struct stream_segment) + captured;
}

struct stream_queue *queue_of(struct flow_table *table, struct flow *flow, unsigned side)
{
    struct stream *s = &flow->stream[side];
    if (!s->queue) {
        s->queue = slab_take(&table->queues);
        if (!s->queue)
            return NULL;
        s->queue->flow = flow;
        s->queue->side = side;
        s->queue->lost_at = UINT64_MAX;
    }
    return s->queue;
}

void queue_drop(struct flow_table *table, struct flow *flow, unsigned side)
{
    struct stream *s = &flow->stream[side];
    if (s->queue)
        slab_give(&table->queues, s->queue);
    s->queue = NULL;
}

/* The table's list of queues that hold something, oldest first. */
static void enlist(struct flow_table *table, struct stream_queue *queue)
{
    queue->older = table->newest_queue;
    queue->newer = NULL;
    if (queue->older)
        queue->older->newer = queue;
    else
        table->oldest_queue = queue;
    table->newest_queue = queue;
}

static void delist(struct flow_table *table, struct stream_queue *queue)
{
    if (queue->older)
        queue->older->newer = queue->newer;
    else
        table->oldest_queue = queue->newer;
    if (queue->newer)
        queue->newer->older = queue->older;
    else
        table->newest_queue = queue->older;
}

/* Counts a segment in (or, negative, out). */
static void account(struct flow_table *table, struct stream_queue *queue, const struct stream_segment *segment, int way)
{
    size_t size = segment_size(segment->kind, segment->len);
    if (way > 0 && queue->segments == 0)
        enlist(table, queue);
    queue->segments += (uint32_t)way;
    queue->bytes = way > 0 ? queue->bytes + (uint32_t)size : queue->bytes - (uint32_t)size;
    table->queue_bytes = way > 0 ? table->queue_bytes + size : table->queue_bytes - size;
    if (way < 0 && queue->segments == 0)
        delist(table, queue);
}

void queue_free(struct flow_table *table, struct stream_segment *segment)
{
    memory_give(&table->stats, segment, segment_size(segment->kind, segment->len));
}

struct stream_segment *queue_take(struct flow_table *table, struct stream_queue *queue)
{
    struct stream_segment *segment = queue->head;
    queue->head = segment->next;
    if (!queue->head)
        queue->tail = NULL;
    account(table, queue, segment, -1);
    return segment;
}

/* One range to be placed. */
struct range {
    enum segment_kind kind;
    uint64_t offset;
    uint32_t len;
    const uint8_t *bytes;
    bool is_right;
    const struct moment *moment;
};

static struct stream_segment *segment_new(struct flow_table *table, const struct range *r, uint64_t at, uint32_t len)
{
    struct stream_segment *segment = memory_take(&table->stats, segment_size(r->kind, len));
    if (!segment)
        return NULL;
    segment->next = NULL;
    segment->offset = at;
    segment->moment = *r->moment;
    segment->len = len;
    segment->kind = r->kind;
    segment->is_right = r->is_right;
    if (r->kind == SEGMENT_BYTES)
        memcpy(segment->bytes, r->bytes + (at - r->offset), len);
    return segment;
}

static void resolve(struct stream_segment *there, const struct range *r, uint64_t from, uint64_t to,
                    struct queue_result *result)
{
    result->repeated += to - from;
    if (there->kind != SEGMENT_BYTES || r->kind != SEGMENT_BYTES)
        return;
    uint8_t *first = there->bytes + (from - there->offset);
    const uint8_t *second = r->bytes + (from - r->offset);
    if (memcmp(first, second, to - from) == 0)
        return;
    result->is_conflict = true;
    if (there->is_right || !r->is_right)
        return;
    memcpy(first, second, to - from);
    if (from == there->offset && to == there->offset + there->len) {
        there->moment = *r->moment;
        there->is_right = true;
    }
}

/* Makes room in the cut range *link for [from, to). Returns where the room is. */
static struct stream_segment **carve(struct flow_table *table, struct stream_queue *queue, struct stream_segment **link,
                                     uint64_t from, uint64_t to)
{
    struct stream_segment *cut = *link;
    uint64_t end = cut->offset + cut->len;
    if (to < end && from > cut->offset) {
        struct range rest = {SEGMENT_CUT, to, (uint32_t)(end - to), NULL, false, &cut->moment};
        struct stream_segment *right = segment_new(table, &rest, to, rest.len);
        if (!right)
            return NULL;
        right->next = cut->next;
        cut->next = right;
        if (!right->next)
            queue->tail = right;
        account(table, queue, right, 1);
    } else if (to < end) {
        cut->len = (uint32_t)(end - to);
        cut->offset = to;
        return link;
    }
    if (from > cut->offset) {
        cut->len = (uint32_t)(from - cut->offset);
        return &cut->next;
    }
    *link = cut->next;
    account(table, queue, cut, -1);
    queue_free(table, cut);
    return link;
}

static void find_tail(struct stream_queue *queue)
{
    queue->tail = queue->head;
    while (queue->tail && queue->tail->next)
        queue->tail = queue->tail->next;
}

/* Puts [from, to) of the range, which nothing covers, at *link. Returns the link behind it, NULL without memory. */
static struct stream_segment **add(struct flow_table *table, struct stream_queue *queue, struct stream_segment **link,
                                   struct stream_segment *before, const struct range *r, uint64_t from, uint64_t to)
{
    if (r->kind == SEGMENT_QUIET && before && before->kind == SEGMENT_QUIET && before->offset + before->len == from &&
        to - before->offset <= UINT32_MAX) {
        before->len = (uint32_t)(to - before->offset);
        before->moment = *r->moment;
        return link;
    }
    struct stream_segment *segment = segment_new(table, r, from, (uint32_t)(to - from));
    if (!segment)
        return NULL;
    segment->next = *link;
    *link = segment;
    if (!segment->next)
        queue->tail = segment;
    account(table, queue, segment, 1);
    return &segment->next;
}

static bool place_range(struct flow_table *table, struct stream_queue *queue, const struct range *r,
                        struct queue_result *result)
{
    struct stream_segment **link = &queue->head, *before = NULL;
    uint64_t at = r->offset, end = at + r->len;
    if (queue->tail && at >= queue->tail->offset + queue->tail->len) {
        before = queue->tail;
        link = &before->next;
    }
    while (at < end) {
        struct stream_segment *there = *link;
        if (there && there->offset + there->len <= at) {
            before = there;
            link = &there->next;
            continue;
        }
        uint64_t to = end;
        if (!there || there->offset > at) {
            if (there && there->offset < end)
                to = there->offset;
            link = add(table, queue, link, before, r, at, to);
            if (!link)
                break;
            result->added += to - at;
            at = to;
            continue;
        }
        if (there->offset + there->len < end)
            to = there->offset + there->len;
        if (there->kind == SEGMENT_CUT && r->kind != SEGMENT_CUT) {
            link = carve(table, queue, link, at, to);
            link = link ? add(table, queue, link, NULL, r, at, to) : NULL;
            if (!link)
                break;
            result->repeated += to - at;
        } else {
            resolve(there, r, at, to, result);
        }
        at = to;
    }
    if (at < end)
        find_tail(queue);
    return at >= end;
}

bool queue_insert(struct flow_table *table, struct stream_queue *queue, uint64_t offset, const struct packet *p,
                  size_t skip, const struct moment *moment, struct queue_result *result)
{
    uint64_t quiet_until = queue->flow->stream[queue->side].quiet_until;
    uint64_t end = offset + (p->payload_len - skip);
    uint64_t cut = p->payload.len > skip ? offset + (p->payload.len - skip) : offset;
    uint64_t quiet = quiet_until < offset ? offset : quiet_until > end ? end : quiet_until;
    if (cut < quiet)
        cut = quiet;
    *result = (struct queue_result){0};
    struct range r = {SEGMENT_QUIET, offset, (uint32_t)(quiet - offset), NULL, false, moment};
    bool is_done = place_range(table, queue, &r, result);
    if (is_done && cut > quiet) {
        r = (struct range){SEGMENT_BYTES, quiet, (uint32_t)(cut - quiet), p->payload.at + skip + (quiet - offset),
                           false,         moment};
        r.is_right = packet_checksum_ok(p);
        is_done = place_range(table, queue, &r, result);
    }
    if (is_done && end > cut) {
        r = (struct range){SEGMENT_CUT, cut, (uint32_t)(end - cut), NULL, false, moment};
        is_done = place_range(table, queue, &r, result);
    }
    return is_done;
}
