/* Objects of one size out of larger pieces, and the count of all memory that the room holds. */
#ifndef TLSWHY_FLOW_SLAB_H
#define TLSWHY_FLOW_SLAB_H

#include "flow/flow.h"
#include "flow/pieces.h"

/* malloc() and free() that count. */
void *memory_take(struct flow_stats *stats, size_t size);
void memory_give(struct flow_stats *stats, void *at, size_t size);

/* Zeroed memory that costs only the pages that are written to: for large tables of which captures side by side have one
 * each. Not counted. */
void *memory_map(size_t size);
void memory_unmap(void *at, size_t size);

struct slab {
    struct pieces *pieces;
    struct flow_stats *stats; /* NULL: nobody counts */
    size_t size;              /* of one object, a multiple of 8 */
    void *given;              /* objects given back, linked through their first word */
    uint8_t *next;            /* of the newest block what is left */
    size_t left;
};

void slab_init(struct slab *slab, size_t size, struct pieces *pieces, struct flow_stats *stats);
/* A zeroed object, NULL when out of memory. */
void *slab_take(struct slab *slab);
/* One whose content is undefined. */
void *slab_take_raw(struct slab *slab);
void slab_give(struct slab *slab, void *object);

#endif
