/*
 * The block that is being read: packets are handed out as pointers into it. Only the record cut by the block's end is
 * ever moved.
 */
#ifndef TLSWHY_CAPTURE_WINDOW_H
#define TLSWHY_CAPTURE_WINDOW_H

#include "capture/stream.h"

struct window {
    struct stream *stream; /* borrowed */
    uint8_t *block;
    size_t capacity;
    size_t at, end;  /* the bytes not used yet: block[at .. end) */
    uint64_t offset; /* of `at` in the uncompressed stream */
    bool is_over;    /* the stream has no more than the block holds */
};

int window_init(struct window *w, struct stream *stream, struct error *error) MUST_CHECK;
void window_cleanup(struct window *w);

/* Makes the next `need` bytes available at once. 1: they are; 0: the stream ends before, what there is lies in the
 * block; -1: reading failed. Pointers into the block are invalid afterwards. `need` is bounded by the callers. */
int window_fill(struct window *w, size_t need, struct error *error) MUST_CHECK;

static inline size_t window_left(const struct window *w)
{
    return w->end - w->at;
}

static inline const uint8_t *window_at(const struct window *w)
{
    return w->block + w->at;
}

/* At most window_left(). */
static inline void window_advance(struct window *w, size_t n)
{
    w->at += n;
    w->offset += n;
}

#endif
