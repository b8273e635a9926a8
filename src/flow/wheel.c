/* The timer wheel: see wheel.h. */
#include "flow/wheel.h"

static uint32_t timeout(const struct flow *flow)
{
    if (flow->is_datagram)
        return LIMIT_IDLE_DATAGRAM_SECONDS;
    if (flow->is_closed)
        return LIMIT_CLOSED_SECONDS;
    return flow->setup == FLOW_COMPLETE || flow->setup == FLOW_UNSEEN ? LIMIT_IDLE_ESTABLISHED_SECONDS
                                                                      : LIMIT_IDLE_HANDSHAKE_SECONDS;
}

uint32_t wheel_deadline(const struct flow *flow)
{
    return flow->tick + timeout(flow);
}

void wheel_link(struct wheel *wheel, struct flow *flow)
{
    uint32_t slot = wheel_deadline(flow) % WHEEL_SLOTS;
    struct flow *head = wheel->slots[slot];
    flow->slot = (uint16_t)slot;
    if (head) {
        flow->timer_next = head;
        flow->timer_prev = head->timer_prev;
        head->timer_prev->timer_next = flow;
        head->timer_prev = flow;
    } else {
        flow->timer_next = flow->timer_prev = flow;
        wheel->slots[slot] = flow;
        wheel->used[slot / 64] |= UINT64_C(1) << slot % 64;
    }
}

void wheel_unlink(struct wheel *wheel, struct flow *flow)
{
    uint32_t slot = flow->slot;
    if (flow->timer_next == flow) {
        wheel->slots[slot] = NULL;
        wheel->used[slot / 64] &= ~(UINT64_C(1) << slot % 64);
        return;
    }
    flow->timer_next->timer_prev = flow->timer_prev;
    flow->timer_prev->timer_next = flow->timer_next;
    if (wheel->slots[slot] == flow)
        wheel->slots[slot] = flow->timer_next;
}

struct flow *wheel_next(struct wheel *wheel, uint32_t tick, unsigned *visits)
{
    /* Further behind than that, slots would hold flows of two turns. Those skipped here end a turn later. */
    if (tick - wheel->tick > CLOCK_MAX_STEP)
        wheel->tick = tick - CLOCK_MAX_STEP;
    for (;;) {
        struct flow *flow = wheel->slots[wheel->tick % WHEEL_SLOTS];
        if (!flow) {
            if (wheel->tick == tick)
                return NULL;
            wheel->tick++;
            continue;
        }
        if (*visits == 0)
            return NULL;
        --*visits;
        if ((int32_t)(wheel_deadline(flow) - tick) <= 0)
            return flow;
        wheel_unlink(wheel, flow);
        wheel_link(wheel, flow);
    }
}

/* The first slot in use from the wheel's tick on; the tick's own when none is. */
static uint32_t first_used(const struct wheel *wheel)
{
    uint32_t from = wheel->tick % WHEEL_SLOTS;
    for (uint32_t i = 0; i <= WHEEL_SLOTS / 64; i++) {
        uint32_t word = (from / 64 + i) % (WHEEL_SLOTS / 64);
        uint64_t bits = wheel->used[word];
        if (i == 0)
            bits &= ~UINT64_C(0) << from % 64;
        if (bits)
            return word * 64 + (uint32_t)__builtin_ctzll(bits);
    }
    return from;
}

struct flow *wheel_nearest(struct wheel *wheel)
{
    for (;;) {
        struct flow *flow = wheel->slots[first_used(wheel)];
        if (!flow)
            return NULL;
        uint32_t deadline = wheel_deadline(flow);
        if (deadline % WHEEL_SLOTS == flow->slot || (int32_t)(deadline - wheel->tick) <= 0)
            return flow;
        wheel_unlink(wheel, flow);
        wheel_link(wheel, flow);
    }
}
