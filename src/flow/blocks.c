/* Blocks of a few sizes: see blocks.h. */
#include "flow/blocks.h"

#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_EACH_ALONE 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define IS_EACH_ALONE 1
#endif
#ifndef IS_EACH_ALONE
#define IS_EACH_ALONE 0
#endif

enum { SMALLEST = 64, STEPS = 8 };

/* Eight sizes from each power of two to the next: no block is more than an eighth larger than it must be. */
static unsigned size_index(size_t size, size_t *rounded)
{
    if (size < SMALLEST)
        size = SMALLEST;
    unsigned power = 63u - (unsigned)__builtin_clzll(size);
    size_t step = ((size_t)1 << power) / STEPS;
    size_t above = (size - ((size_t)1 << power) + step - 1) / step;
    *rounded = ((size_t)1 << power) + above * step;
    return (power - 6) * STEPS + (unsigned)above;
}

static bool is_large(size_t size)
{
    return IS_EACH_ALONE || size > BLOCKS_LARGEST;
}

void *blocks_take(struct blocks *blocks, size_t size)
{
    if (is_large(size))
        return malloc(size);
    size_t rounded;
    struct slab *slab = &blocks->slabs[size_index(size, &rounded)];
    if (slab->size == 0)
        slab_init(slab, rounded, &blocks->pieces, NULL);
    return slab_take_raw(slab);
}

void *blocks_resize(struct blocks *blocks, void *at, size_t old_size, size_t size)
{
    if (at && is_large(old_size) && is_large(size))
        return realloc(at, size);
    size_t old_rounded, rounded;
    if (at && !is_large(old_size) && !is_large(size) &&
        size_index(old_size, &old_rounded) == size_index(size, &rounded))
        return at;
    void *block = blocks_take(blocks, size);
    if (!block || !at)
        return block;
    memcpy(block, at, old_size < size ? old_size : size);
    blocks_give(blocks, at, old_size);
    return block;
}

void blocks_give(struct blocks *blocks, void *at, size_t size)
{
    size_t rounded;
    if (!at || is_large(size))
        free(at);
    else
        slab_give(&blocks->slabs[size_index(size, &rounded)], at);
}

void blocks_cleanup(struct blocks *blocks)
{
    pieces_cleanup(&blocks->pieces);
    *blocks = (struct blocks){.slabs = {{0}}};
}
