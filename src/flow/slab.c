/* Slabs of equal objects: see slab.h. */
#include "flow/slab.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

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

void slab_init(struct slab *slab, size_t size, struct pieces *pieces, struct flow_stats *stats)
{
    *slab = (struct slab){.pieces = pieces, .stats = stats, .size = size};
}

void *slab_take_raw(struct slab *slab)
{
    uint8_t *object = slab->given;
    if (object) {
        memcpy(&slab->given, object, sizeof slab->given);
        return object;
    }
    if (slab->left < slab->size) {
        slab->next = pieces_take(slab->pieces);
        slab->left = slab->next ? PIECES_BLOCK : 0;
        if (!slab->next)
            return NULL;
        if (slab->stats)
            memory_count(slab->stats, PIECES_BLOCK);
    }
    object = slab->next;
    slab->next += slab->size;
    slab->left -= slab->size;
    return object;
}

void *slab_take(struct slab *slab)
{
    void *object = slab_take_raw(slab);
    return object ? memset(object, 0, slab->size) : NULL;
}

void slab_give(struct slab *slab, void *object)
{
    memcpy(object, &slab->given, sizeof slab->given);
    slab->given = object;
}
