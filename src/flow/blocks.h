/*
 * Memory for many objects of a few sizes: a stack of free blocks for each size, over large pieces. What is given back
 * serves the same size again; the pieces stay until all is cleaned up. Large blocks come from malloc().
 *
 * Where the address sanitizer runs all of them do, so that it sees what is done to each.
 */
#ifndef TLSWHY_FLOW_BLOCKS_H
#define TLSWHY_FLOW_BLOCKS_H

#include "flow/slab.h"

enum { BLOCKS_LARGEST = 20 * 1024, BLOCKS_SIZES = 8 * 9 };

/* All zeros: nothing taken. */
struct blocks {
    struct pieces pieces;
    struct slab slabs[BLOCKS_SIZES];
};

/* At least `size` bytes, aligned to 8, their content undefined; NULL when out of memory. */
void *blocks_take(struct blocks *blocks, size_t size);
/* The same block in another size, with as much of its content as fits; `at` NULL: a new one. NULL when out of memory:
 * then `at` stays. */
void *blocks_resize(struct blocks *blocks, void *at, size_t old_size, size_t size);
/* `size` as it was asked for. NULL is let pass. */
void blocks_give(struct blocks *blocks, void *at, size_t size);
/* When all large blocks were given back. */
void blocks_cleanup(struct blocks *blocks);

#endif
