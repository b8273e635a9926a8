/* How connections end: timeouts, the end of the input, and flows that the sink keeps. See flow.h. */
#include "flow/stream.h"

void table_end(struct flow_table *table, struct flow *flow, enum flow_end why, const struct moment *now)
{
    if (!flow->is_datagram) {
        stream_flush(table, flow, 0, true);
        stream_flush(table, flow, 1, true);
    }
    table->sink.end(table->sink.arg, flow, why, now);
    struct flow **link = &table->buckets[flow->hash & table->mask];
    while (*link != flow)
        link = &(*link)->hash_next;
    *link = flow->hash_next;
    wheel_unlink(&table->wheel, flow);
    if (table->unsure == flow)
        table->unsure = NULL;
    table->stats.active--;
    if (!flow->is_kept)
        flow_table_release(table, flow);
}

void flow_table_keep(struct flow_table *table, struct flow *flow)
{
    (void)table;
    flow->is_kept = true;
}

void flow_table_release(struct flow_table *table, struct flow *flow)
{
    if (flow->rare)
        slab_give(&table->rares, flow->rare);
    slab_give(&table->flows, flow);
}

void table_end_idle(struct flow_table *table, struct flow *flow, const struct moment *now)
{
    table_end(table, flow, flow->is_closed ? FLOW_END_CLOSED : FLOW_END_IDLE, now);
}

void flow_table_clock(struct flow_table *table, const struct moment *now)
{
    bool is_changed = clock_take(&table->clock, now);
    if (table->unsure && (is_changed || !table->clock.has_pending)) {
        /* The jump that this flow's packet began is believed now: the flow is not idle since before it. */
        table->unsure->tick = table->clock.tick;
        table->unsure = NULL;
    }
    if (table->wheel.tick == table->clock.tick && !table->wheel.slots[table->wheel.tick % WHEEL_SLOTS])
        return;
    unsigned visits = WHEEL_VISITS;
    struct flow *flow;
    while ((flow = wheel_next(&table->wheel, table->clock.tick, &visits)))
        table_end_idle(table, flow, now);
}

/* Is a before b? */
static bool began_before(const struct flow *a, const struct flow *b)
{
    return a->id < b->id;
}

static bool ended_before(const struct flow *a, const struct flow *b)
{
    struct place x = a->over.end.place, y = b->over.end.place;
    if (x.file != y.file)
        return x.file < y.file;
    return x.frame != y.frame ? x.frame < y.frame : a->id < b->id;
}

static struct flow *merge(struct flow *a, struct flow *b, bool (*is_before)(const struct flow *, const struct flow *))
{
    struct flow *list = NULL, **link = &list;
    while (a && b) {
        struct flow **first = is_before(a, b) ? &a : &b;
        *link = *first;
        link = &(*first)->hash_next;
        *first = *link;
    }
    *link = a ? a : b;
    return list;
}

/* Sorts a list linked by hash_next. */
static struct flow *sort(struct flow *list, bool (*is_before)(const struct flow *, const struct flow *))
{
    /* Runs of 2^i flows, merged as carries are added. */
    struct flow *runs[64] = {NULL};
    while (list) {
        struct flow *run = list;
        list = list->hash_next;
        run->hash_next = NULL;
        unsigned i = 0;
        for (; runs[i]; i++) {
            run = merge(runs[i], run, is_before);
            runs[i] = NULL;
        }
        runs[i] = run;
    }
    for (unsigned i = 0; i < sizeof runs / sizeof *runs; i++)
        list = merge(list, runs[i], is_before);
    return list;
}

static struct flow *sort_over(struct flow *list, bool (*is_before)(const struct flow *, const struct flow *))
{
    for (struct flow *flow = list; flow; flow = flow->over.next)
        flow->hash_next = flow->over.next; /* the table has no use for it any more */
    list = sort(list, is_before);
    for (struct flow *flow = list; flow; flow = flow->hash_next)
        flow->over.next = flow->hash_next;
    return list;
}

struct flow *flow_sort_by_start(struct flow *list)
{
    return sort_over(list, began_before);
}

struct flow *flow_sort_by_end(struct flow *list)
{
    return sort_over(list, ended_before);
}

void flow_table_finish(struct flow_table *table, const struct moment *now)
{
    struct flow *all = NULL;
    for (size_t i = 0; i <= table->mask; i++) {
        for (struct flow *flow = table->buckets[i], *next; flow; flow = next) {
            next = flow->hash_next;
            flow->hash_next = all;
            all = flow;
        }
        table->buckets[i] = NULL;
    }
    all = sort(all, began_before);
    /* table_end() takes each one out of its bucket, so each goes back there alone. */
    while (all) {
        struct flow *flow = all;
        all = flow->hash_next;
        flow->hash_next = NULL;
        table->buckets[flow->hash & table->mask] = flow;
        table_end(table, flow, FLOW_END_INPUT, now);
    }
}
