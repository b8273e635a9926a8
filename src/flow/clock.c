/* Ticks from the times of packets: see clock.h. */
#include "flow/clock.h"

#define SECOND   INT64_C(1000000000)
#define BACK_MAX (10 * SECOND) /* how far packets of one capture are out of order at most */
#define STEP_MAX (60 * SECOND)

/* a - b, saturating: times come from strangers. */
static int64_t distance(int64_t a, int64_t b)
{
    int64_t d;
    if (__builtin_sub_overflow(a, b, &d))
        return a > b ? INT64_MAX : INT64_MIN;
    return d;
}

static bool step(struct clock *clock, int64_t now_ns)
{
    int64_t ticks = distance(now_ns, clock->base_ns) / SECOND;
    if (ticks <= 0)
        return false;
    if (ticks > CLOCK_MAX_STEP) {
        clock->tick += CLOCK_MAX_STEP;
        clock->base_ns = now_ns;
    } else {
        clock->tick += (uint32_t)ticks;
        clock->base_ns += ticks * SECOND;
    }
    return true;
}

bool clock_jump(struct clock *clock, const struct moment *now)
{
    if (now->time_ns == 0)
        return false; /* a packet without a time */
    if (!clock->is_started) {
        clock->is_started = true;
        clock->base_ns = now->time_ns;
        return false;
    }
    int64_t d = distance(now->time_ns, clock->base_ns);
    if (d >= -BACK_MAX && d <= STEP_MAX) {
        clock->has_pending = false;
        return step(clock, now->time_ns);
    }
    const struct moment *pending = &clock->pending;
    if (clock->has_pending && pending->place.frame == now->place.frame && pending->place.file == now->place.file)
        return false;
    bool is_changed = false;
    int64_t from_pending = distance(now->time_ns, pending->time_ns);
    if (clock->has_pending && d > 0 && pending->time_ns > clock->base_ns && from_pending >= -BACK_MAX) {
        is_changed = step(clock, pending->time_ns);
        clock->has_pending = false;
    } else if (clock->has_pending && d < 0 && from_pending >= -STEP_MAX && from_pending <= STEP_MAX) {
        clock->base_ns = now->time_ns;
        clock->has_pending = false;
    }
    d = distance(now->time_ns, clock->base_ns);
    if (d >= -BACK_MAX && d <= STEP_MAX)
        return step(clock, now->time_ns) || is_changed;
    clock->has_pending = true;
    clock->pending = *now;
    return is_changed;
}
