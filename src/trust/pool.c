/* Memory for the strings of one certificate: see pool.h. */
#include "trust/pool.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_LEN = 1008 };

struct pool_block {
    struct pool_block *next;
    size_t used, size;
    max_align_t data[];
};

void *pool_take(struct pool *pool, size_t n)
{
    size_t unit = sizeof(max_align_t);
    n = (n + unit - 1) / unit * unit;
    struct pool_block *block = pool->first;
    if (!block || block->size - block->used < n) {
        size_t size = n > BLOCK_LEN ? n : BLOCK_LEN;
        block = malloc(sizeof *block + size);
        if (!block) {
            pool->is_failed = true;
            return NULL;
        }
        *block = (struct pool_block){pool->first, 0, size};
        pool->first = block;
        pool->bytes += sizeof *block + size;
    }
    void *piece = (char *)block->data + block->used;
    block->used += n;
    return piece;
}

char *pool_copy(struct pool *pool, const char *text, size_t len)
{
    char *copy = pool_take(pool, len + 1);
    if (copy) {
        if (len)
            memcpy(copy, text, len);
        copy[len] = '\0';
    }
    return copy;
}

void pool_cleanup(struct pool *pool)
{
    while (pool->first) {
        struct pool_block *next = pool->first->next;
        free(pool->first);
        pool->first = next;
    }
    *pool = (struct pool){0};
}
