/* Output buffers: see output.h. */
#include "report/output.h"

#include "bounds.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FIRST_MEMORY = 2 * OUTPUT_ROOM };

static int init(struct output *o, int fd, size_t size, struct error *error)
{
    *o = (struct output){.fd = fd, .size = size, .data = malloc(size)};
    if (!o->data)
        return error_set(error, "out of memory");
    return 0;
}

int output_init(struct output *o, int fd, struct error *error)
{
    assert(fd >= 0);
    return init(o, fd, LIMIT_OUTPUT_BLOCK, error);
}

int output_init_memory(struct output *o, struct error *error)
{
    return init(o, -1, FIRST_MEMORY, error);
}

int output_init_spool(struct output *o, struct error *error)
{
    int result = init(o, -1, FIRST_MEMORY, error);
    o->is_spool = true;
    return result;
}

void output_cleanup(struct output *o)
{
    if (o->owns_fd)
        close(o->fd);
    free(o->data);
    *o = (struct output){.fd = -1};
}

static void fail(struct output *o, int error)
{
    if (!o->error)
        o->error = error;
    o->len = 0;
}

static void write_all(struct output *o, const char *data, size_t len)
{
    while (len > 0 && !o->error) {
        ssize_t n = write(o->fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            fail(o, errno);
            return;
        }
        data += n;
        len -= (size_t)n;
    }
}

void output_flush(struct output *o)
{
    if (o->fd < 0)
        return;
    write_all(o, o->data, o->len);
    o->written += o->len;
    o->len = 0;
}

/* The temporary file has no name, so that nothing is left behind whatever happens. */
static bool spool_to_file(struct output *o)
{
    FILE *file = tmpfile();
    int fd = file ? dup(fileno(file)) : -1;
    int error = errno;
    if (file)
        fclose(file);
    if (fd < 0) {
        fail(o, error);
        return false;
    }
    o->fd = fd;
    o->owns_fd = true;
    return true;
}

static void grow(struct output *o)
{
    size_t size = 2 * o->size;
    char *data = realloc(o->data, size);
    if (!data) {
        fail(o, ENOMEM);
        return;
    }
    o->data = data;
    o->size = size;
}

/* Every buffer has at least FIRST_MEMORY bytes, so that both an empty and a doubled one have OUTPUT_ROOM free. */
void output_make_room(struct output *o)
{
    if (o->error)
        o->len = 0;
    else if (o->fd >= 0)
        output_flush(o);
    else if (!o->is_spool || o->size < LIMIT_SPOOL_MEMORY)
        grow(o);
    else if (spool_to_file(o))
        output_flush(o);
}

void output_bytes(struct output *o, const void *data, size_t len)
{
    const char *from = data;
    while (len > 0) {
        size_t n = len < OUTPUT_ROOM ? len : OUTPUT_ROOM;
        memcpy(output_room(o, n), from, n);
        o->len += n;
        from += n;
        len -= n;
    }
}

void output_printf(struct output *o, const char *format, ...)
{
    char *room = output_room(o, OUTPUT_ROOM);
    va_list args;
    va_start(args, format);
    int n = vsnprintf(room, OUTPUT_ROOM, format, args);
    va_end(args);
    if (n > 0)
        output_advance(o, n < OUTPUT_ROOM ? (size_t)n : OUTPUT_ROOM - 1);
}

void output_append_part(struct output *o, struct output *spool, uint64_t from, uint64_t len)
{
    if (spool->fd < 0) {
        if (from <= spool->len && len <= spool->len - from)
            output_bytes(o, spool->data + from, len);
    } else {
        output_flush(spool);
        while (len > 0) {
            size_t part = len < OUTPUT_ROOM ? (size_t)len : OUTPUT_ROOM;
            ssize_t n = pread(spool->fd, output_room(o, part), part, (off_t)from);
            if (n < 0 && errno == EINTR)
                continue;
            if (n < 0)
                fail(o, errno);
            if (n <= 0)
                break;
            output_advance(o, (size_t)n);
            from += (uint64_t)n;
            len -= (uint64_t)n;
        }
    }
    if (spool->error)
        fail(o, spool->error);
}

void output_append(struct output *o, struct output *spool)
{
    output_append_part(o, spool, 0, output_at(spool));
}

void output_u64(struct output *o, uint64_t value)
{
    char digits[20];
    size_t n = 0;
    do {
        digits[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    char *room = output_room(o, sizeof digits);
    for (size_t i = 0; i < n; i++)
        room[i] = digits[n - 1 - i];
    output_advance(o, n);
}
