/* Objects of one size out of slabs, and the count of all memory that the room holds. */
#ifndef TLSWHY_FLOW_SLAB_H
#define TLSWHY_FLOW_SLAB_H

#include "flow/flow.h"

/* malloc() and free() that count. */
void *memory_take(struct flow_stats *stats, size_t size);
void memory_give(struct flow_stats *stats, void *at, size_t size);

/* Zeroed memory that costs only the pages that are written to: for large tables of which captures side by side have one
 * each. Not counted. */
void *memory_map(size_t size);
void memory_unmap(void *at, size_t size);

struct slab_block;

struct slab {
    struct flow_stats *stats;
    size_t size; /* of one object, a multiple of 8 */
    struct slab_block *blocks;
    void *given; /* objects given back, linked through their first word */
    size_t used; /* bytes of the newest block that were handed out */
};

void slab_init(struct slab *slab, size_t size, struct flow_stats *stats);
void slab_cleanup(struct slab *slab);
/* A zeroed object, NULL when out of memory. Blocks stay until slab_cleanup(). */
void *slab_take(struct slab *slab);
void slab_give(struct slab *slab, void *object);

#endif
