/*
 * Strings and arrays that live and die together: pieces are taken from blocks, freed all at once.
 */
#ifndef TLSWHY_TRUST_POOL_H
#define TLSWHY_TRUST_POOL_H

#include <stdbool.h>
#include <stddef.h>

struct pool_block;

/* All zero is an empty pool. */
struct pool {
    struct pool_block *first;
    size_t bytes;   /* taken from the heap altogether */
    bool is_failed; /* memory ran out at least once */
};

/* n bytes aligned for any object, not initialised; NULL and is_failed when memory ran out. */
void *pool_take(struct pool *pool, size_t n);
/* A copy with a NUL added. */
char *pool_copy(struct pool *pool, const char *text, size_t len);
void pool_cleanup(struct pool *pool);

#endif
