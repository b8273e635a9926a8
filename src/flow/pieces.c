/* Memory from the system: see pieces.h. */
#include "flow/pieces.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 * 1024 * 1024 };

static void *map(size_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

/* A huge page counts only where it begins at a multiple of its size. */
static void *map_huge(void)
{
    uint8_t *at = map((size_t)2 * HUGE_PAGE);
    if (!at)
        return NULL;
    size_t before = -(uintptr_t)at % HUGE_PAGE;
    if (before > 0)
        munmap(at, before);
    munmap(at + before + HUGE_PAGE, HUGE_PAGE - before);
    /* Where the kernel does not take this hint it costs time, nothing else. */
    (void)madvise(at + before, HUGE_PAGE, MADV_HUGEPAGE);
    return at + before;
}

/* Twice as large as the one before: a small capture needs little, a large one has nearly all in huge pages. */
static size_t next_size(const struct pieces *pieces)
{
    size_t last = pieces->num > 0 ? pieces->all[pieces->num - 1].size : PIECES_BLOCK / 2;
    return last < HUGE_PAGE ? 2 * last : HUGE_PAGE;
}

static int add_piece(struct pieces *pieces)
{
    if (pieces->num == pieces->cap) {
        size_t cap = pieces->cap ? 2 * pieces->cap : 16;
        struct piece *all = realloc(pieces->all, cap * sizeof *all);
        if (!all)
            return -1;
        pieces->all = all;
        pieces->cap = cap;
    }
    size_t size = next_size(pieces);
    void *at = size == HUGE_PAGE ? map_huge() : map(size);
    if (!at)
        return -1;
    pieces->all[pieces->num++] = (struct piece){at, size};
    pieces->next = at;
    pieces->left = size;
    return 0;
}

void *pieces_take(struct pieces *pieces)
{
    if (pieces->left == 0 && add_piece(pieces) < 0)
        return NULL;
    void *block = pieces->next;
    pieces->next += PIECES_BLOCK;
    pieces->left -= PIECES_BLOCK;
    return block;
}

void pieces_cleanup(struct pieces *pieces)
{
    for (size_t i = 0; i < pieces->num; i++)
        munmap(pieces->all[i].at, pieces->all[i].size);
    free(pieces->all);
    *pieces = (struct pieces){0};
}
