/*
 * The table's clock: whole seconds ("ticks") that only grow, made from the times of packets.
 *
 * Times that go back a little (packets captured out of order) change nothing. Jumps of over a minute in either
 * direction are believed when the next packet confirms them, so that one damaged timestamp ends no connection. A jump
 * back lets the ticks go on from where they were.
 */
#ifndef TLSWHY_FLOW_CLOCK_H
#define TLSWHY_FLOW_CLOCK_H

#include "place.h"

#include <stdbool.h>
#include <stdint.h>

enum { CLOCK_MAX_STEP = 8192 }; /* ticks that one jump forward is worth at most: more than every timeout */

struct clock {
    int64_t base_ns; /* when `tick` began */
    uint32_t tick;
    bool is_started, has_pending;
    struct moment pending; /* a jump that waits to be confirmed */
};

/* Takes the time of a packet. True when the tick changed. */
bool clock_jump(struct clock *clock, const struct moment *now);

static inline bool clock_take(struct clock *clock, const struct moment *now)
{
    uint64_t since = (uint64_t)now->time_ns - (uint64_t)clock->base_ns;
    return (since >= 1000000000u || !clock->is_started || clock->has_pending) && clock_jump(clock, now);
}

/* Nanoseconds from `then` to `now`, 0 where the clock went back. Times come from strangers: it saturates. */
static inline int64_t clock_elapsed(int64_t now, int64_t then)
{
    int64_t d;
    if (__builtin_sub_overflow(now, then, &d))
        return now > then ? INT64_MAX : 0;
    return d > 0 ? d : 0;
}

#endif
