/* Where and when something was seen. Plain values, known to every room. */
#ifndef TLSWHY_PLACE_H
#define TLSWHY_PLACE_H

#include <stdint.h>

/* A packet of the input: `file` indexes the capture's files in reading order (interfaces when live), `frame` counts
 * from 1 within that file as Wireshark does, before any filter. frame 0 means "nowhere". */
struct place {
    uint64_t frame : 44;
    uint64_t file : 20;
};

struct moment {
    struct place place;
    int64_t time_ns; /* since 1970-01-01 UTC on the capture's clock */
};

/* Nanoseconds from `then` to `now`, negative where the clock went back. Times come from strangers: it saturates. */
static inline int64_t moment_since(const struct moment *now, const struct moment *then)
{
    int64_t d;
    if (__builtin_sub_overflow(now->time_ns, then->time_ns, &d))
        return now->time_ns > then->time_ns ? INT64_MAX : INT64_MIN;
    return d;
}

#endif
