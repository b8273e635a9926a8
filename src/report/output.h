/*
 * Where reports are written: a buffer that empties itself into a file descriptor in large blocks, stays in memory, or
 * starts in memory and moves to a temporary file when it grows (a spool).
 *
 * It escapes nothing. The first error is kept; after it everything is accepted and thrown away, so that writers need
 * no checks of their own.
 */
#ifndef TLSWHY_REPORT_OUTPUT_H
#define TLSWHY_REPORT_OUTPUT_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { OUTPUT_ROOM = 4096 }; /* the most that output_room() gives at once */

struct output {
    char *data;
    size_t len, size;
    int fd; /* -1: memory */
    bool is_spool, owns_fd;
    uint64_t written; /* bytes that went into the file descriptor before data[0] */
    int error;        /* errno of the first failure, 0 none */
};

/* Each returns -1 and sets *error when there is no memory. */
int output_init(struct output *o, int fd, struct error *error) MUST_CHECK;
int output_init_memory(struct output *o, struct error *error) MUST_CHECK;
int output_init_spool(struct output *o, struct error *error) MUST_CHECK;
void output_cleanup(struct output *o);

/* Room for n <= OUTPUT_ROOM bytes, never NULL; output_advance() says how many were used. */
void output_make_room(struct output *o);
static inline char *output_room(struct output *o, size_t n)
{
    if (o->size - o->len < n)
        output_make_room(o);
    return o->data + o->len;
}

static inline void output_advance(struct output *o, size_t n)
{
    o->len += n;
}

static inline void output_char(struct output *o, char c)
{
    *output_room(o, 1) = c;
    o->len++;
}

void output_bytes(struct output *o, const void *data, size_t len);

static inline void output_string(struct output *o, const char *s)
{
    output_bytes(o, s, strlen(s));
}

/* At most OUTPUT_ROOM - 1 bytes come out. */
void output_printf(struct output *o, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes out what is buffered (not of memory). */
void output_flush(struct output *o);

/* Appends all of a spool or memory output, which stays as it is; its error becomes that of `o`. */
void output_append(struct output *o, struct output *spool);
/* Where the next byte goes, counted from the beginning. */
static inline uint64_t output_at(const struct output *o)
{
    return o->written + o->len;
}
/* Appends the bytes [from, from + len) of it alone. */
void output_append_part(struct output *o, struct output *spool, uint64_t from, uint64_t len);

/* Digits without padding. */
void output_u64(struct output *o, uint64_t value);

#endif
