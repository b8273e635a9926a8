/*
 * In which order several inputs are read, and which of them are one capture.
 *
 * Inputs are read in the order of their first packet; those without any time come last, in the order they were given.
 * An input goes on where a group ended, and joins it, when its first packet is no older than the group's last one. What
 * else decides:
 * - Two inputs are of one series when their paths differ in digits only (and in a suffix of compression): rotated
 * files, whose numbers and times count on.
 * - In a series, a little overlap is jitter (several queues or interfaces write one file): at most a second, and at
 * most a tenth of what the earlier file spans.
 * - While a series has files to come, no input of another series joins its group.
 * - An input whose series has groups joins one of those or none. So rotations of two places, read as a1 b1 a2 b2, stay
 *   apart even where one of them pauses.
 * - Among several groups that would do: the same link type, then the longest common beginning of the paths, then the
 *   one that ended last.
 * A pipe is a group of its own. So is each of inputs that are to be kept apart; they stay in the order given.
 */
#ifndef TLSWHY_CAPTURE_ORDER_H
#define TLSWHY_CAPTURE_ORDER_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct order_file {
    const char *path;
    bool is_pipe;
    bool is_apart; /* a group of its own, and in its place as given; all of them or none */
    bool has_time;
    int64_t first_ns; /* of the first packet */
    uint16_t link_type;
    size_t given;    /* index as given */
    uint32_t series; /* filled in by order_new() */
};

struct order;

/* Sorts `files` and borrows them. NULL without memory. */
struct order *order_new(struct order_file *files, size_t num, struct error *error) MUST_CHECK;
void order_free(struct order *order);

/* The group of file i. To be asked once for each file, in their order, when all before it were told of with
 * order_ended(). -1 without memory. */
int64_t order_group(struct order *order, size_t i, struct error *error) MUST_CHECK;

/* File i of that group was read: the times of its first and last packet, by time. */
void order_ended(struct order *order, uint32_t group, int64_t first_ns, int64_t last_ns);

#endif
