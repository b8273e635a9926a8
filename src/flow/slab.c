/* Slabs of equal objects: see slab.h. */
#include "flow/slab.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { CACHE_LINE = 64, BLOCK_BYTES = 64 * 1024 };

struct slab_block {
    struct slab_block *next;
};

static void memory_count(struct flow_stats *stats, size_t size)
{
    stats->memory_bytes += size;
    if (stats->memory_bytes > stats->peak_memory_bytes)
        stats->peak_memory_bytes = stats->memory_bytes;
}

void *memory_take(struct flow_stats *stats, size_t size)
{
    void *at = malloc(size);
    if (at)
        memory_count(stats, size);
    return at;
}

void memory_give(struct flow_stats *stats, void *at, size_t size)
{
    if (!at)
        return;
    stats->memory_bytes -= size;
    free(at);
}

void *memory_map(size_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

void memory_unmap(void *at, size_t size)
{
    munmap(at, size);
}

void slab_init(struct slab *slab, size_t size, struct flow_stats *stats)
{
    *slab = (struct slab){.stats = stats, .size = size, .used = BLOCK_BYTES};
}

void slab_cleanup(struct slab *slab)
{
    while (slab->blocks) {
        struct slab_block *block = slab->blocks;
        slab->blocks = block->next;
        memory_give(slab->stats, block, BLOCK_BYTES);
    }
    slab->given = NULL;
    slab->used = BLOCK_BYTES;
}

void *slab_take(struct slab *slab)
{
    uint8_t *object = slab->given;
    if (object) {
        memcpy(&slab->given, object, sizeof slab->given);
    } else {
        if (BLOCK_BYTES - slab->used < slab->size) {
            /* Aligned, so that an object lies in no more cache lines than it must. */
            struct slab_block *block = aligned_alloc(CACHE_LINE, BLOCK_BYTES);
            if (!block)
                return NULL;
            memory_count(slab->stats, BLOCK_BYTES);
            block->next = slab->blocks;
            slab->blocks = block;
            slab->used = CACHE_LINE;
        }
        object = (uint8_t *)slab->blocks + slab->used;
        slab->used += slab->size;
    }
    memset(object, 0, slab->size);
    return object;
}

void slab_give(struct slab *slab, void *object)
{
    memcpy(object, &slab->given, sizeof slab->given);
    slab->given = object;
}
