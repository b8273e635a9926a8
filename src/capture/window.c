/* The read block: see window.h. */
#include "capture/window.h"

#include "bounds.h"

#include <stdlib.h>
#include <string.h>

int window_init(struct window *w, struct stream *stream, struct error *error)
{
    *w = (struct window){.stream = stream, .capacity = LIMIT_READ_BLOCK};
    w->block = malloc(w->capacity);
    return w->block ? 0 : error_set(error, "%s: no memory to read it", stream->path);
}

void window_cleanup(struct window *w)
{
    free(w->block);
    w->block = NULL;
}

static int grow(struct window *w, size_t need, struct error *error)
{
    size_t capacity = w->capacity;
    while (capacity / 2 < need)
        capacity *= 2;
    uint8_t *block = realloc(w->block, capacity);
    if (!block)
        return error_set(error, "%s: no memory for a packet of %zu bytes", w->stream->path, need);
    w->block = block;
    w->capacity = capacity;
    return 0;
}

int window_fill(struct window *w, size_t need, struct error *error)
{
    if (window_left(w) >= need)
        return 1;
    if (w->is_over)
        return 0;
    if (w->at > 0) {
        memmove(w->block, w->block + w->at, window_left(w));
        w->end -= w->at;
        w->at = 0;
    }
    /* Twice the need, so that a search that asks for a little more each time does not move the block each time. */
    if (need > w->capacity / 2 && grow(w, need, error) != 0)
        return -1;
    while (w->end < need && !w->is_over) {
        size_t room = w->capacity - w->end;
        long n = stream_read(w->stream, w->block + w->end, room < LIMIT_READ_BLOCK ? room : LIMIT_READ_BLOCK, error);
        if (n < 0)
            return -1;
        w->end += (size_t)n;
        w->is_over = n == 0;
    }
    return w->end >= need;
}
