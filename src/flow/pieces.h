/*
 * Memory in large pieces that go back to the system all at once. They grow with what was taken, up to the size of a
 * huge page: what many connections need is then mapped in a few faults, and found with few look-ups by the processor.
 */
#ifndef TLSWHY_FLOW_PIECES_H
#define TLSWHY_FLOW_PIECES_H

#include <stddef.h>
#include <stdint.h>

enum { PIECES_BLOCK = 64 * 1024 };

struct piece {
    void *at;
    size_t size;
};

/* All zeros: nothing taken. */
struct pieces {
    uint8_t *next; /* of the newest piece what is left */
    size_t left;
    struct piece *all;
    size_t num, cap;
};

/* PIECES_BLOCK bytes, page-aligned, their content undefined; NULL when out of memory. */
void *pieces_take(struct pieces *pieces);
/* Gives all back. */
void pieces_cleanup(struct pieces *pieces);

#endif
