/*
 * Timeouts of flows: a wheel of one slot for each tick.
 *
 * Packets only write flow->tick. A flow stands in the slot of a deadline that was right when it was put there; when
 * that comes up, the flow either has been idle since or moves on to its real deadline. Order within a slot is the order
 * in which flows came into it, so everything here is decided by the capture alone.
 */
#ifndef TLSWHY_FLOW_WHEEL_H
#define TLSWHY_FLOW_WHEEL_H

#include "bounds.h"
#include "flow/clock.h"
#include "flow/flow.h"

enum {
    WHEEL_SLOTS = 16384, /* a power of two; a timeout and the longest step of the clock fit in together */
    WHEEL_VISITS = 1024, /* flows looked at for one packet at most */
};
_Static_assert((int)WHEEL_SLOTS > (int)LIMIT_IDLE_ESTABLISHED_SECONDS + (int)CLOCK_MAX_STEP,
               "no two turns in one slot");

struct wheel {
    uint32_t tick;                   /* the slot being worked on; those before it are empty */
    struct flow *slots[WHEEL_SLOTS]; /* heads of circular lists */
    uint64_t used[WHEEL_SLOTS / 64]; /* which of them hold flows */
};

/* The tick at which the flow times out if no further packet comes. */
uint32_t wheel_deadline(const struct flow *flow);
void wheel_link(struct wheel *wheel, struct flow *flow); /* at its deadline */
void wheel_unlink(struct wheel *wheel, struct flow *flow);
/* The next flow that timed out, NULL when there is none up to `tick` or *visits (counted down) are used up. The flow
 * stays linked. */
struct flow *wheel_next(struct wheel *wheel, uint32_t tick, unsigned *visits);
/* The flow nearest to its timeout, NULL when the wheel is empty. */
struct flow *wheel_nearest(struct wheel *wheel);

#endif
