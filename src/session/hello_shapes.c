/* Shared ClientHellos: see hello_shapes.h. */
#include "session/hello_shapes.h"

#include "hash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { FIRST_BUCKETS = 64 };

struct hello_shape {
    struct hello_shape *next; /* in its bucket */
    uint64_t hash;
    size_t refs;
    uint16_t body_len, fixed_len;
    uint32_t num_parts;
    struct hello_part parts[]; /* then fixed_len bytes: the body without the parts */
};

struct hello_shapes {
    struct hello_shape **buckets;
    size_t mask, num, bytes;
    uint64_t seed;
};

struct hello_shapes *hello_shapes_new(void)
{
    struct hello_shapes *shapes = calloc(1, sizeof *shapes);
    if (!shapes)
        return NULL;
    shapes->buckets = calloc(FIRST_BUCKETS, sizeof(struct hello_shape *));
    if (!shapes->buckets) {
        free(shapes);
        return NULL;
    }
    shapes->mask = FIRST_BUCKETS - 1;
    if (getrandom(&shapes->seed, sizeof shapes->seed, 0) != (ssize_t)sizeof shapes->seed)
        shapes->seed = (uintptr_t)shapes;
    return shapes;
}

void hello_shapes_free(struct hello_shapes *shapes)
{
    if (!shapes)
        return;
    free(shapes->buckets);
    free(shapes);
}

size_t hello_shapes_memory(const struct hello_shapes *shapes)
{
    return sizeof *shapes + (shapes->mask + 1) * sizeof(struct hello_shape *) + shapes->bytes;
}

static const uint8_t *fixed_of(const struct hello_shape *shape)
{
    return (const uint8_t *)(shape->parts + shape->num_parts);
}

static size_t shape_size(const struct hello_shape *shape)
{
    return sizeof *shape + shape->num_parts * sizeof shape->parts[0] + shape->fixed_len;
}

/* The run of fixed bytes before part i (i == num: after the last). */
static struct bytes fixed_run(struct bytes body, const struct hello_part *parts, size_t num, size_t i)
{
    size_t from = i > 0 ? (size_t)parts[i - 1].start + parts[i - 1].len : 0;
    size_t to = i < num ? parts[i].start : body.len;
    return bytes_slice(body, from, to - from);
}

static uint64_t hash_of(const struct hello_shapes *shapes, struct bytes body, const struct hello_parts *parts)
{
    uint64_t hash = hash_mix(shapes->seed, body.len);
    for (size_t i = 0; i <= parts->num; i++) {
        struct bytes run = fixed_run(body, parts->parts, parts->num, i);
        hash = hash_bytes(hash, run.at, run.len);
    }
    return hash;
}

/* Equal fixed bytes hold equal lengths, but a stranger's bytes could be read in two ways: parts are compared, too. */
static bool is_shape_of(const struct hello_shape *shape, struct bytes body, const struct hello_parts *parts)
{
    if (shape->body_len != body.len || shape->num_parts != parts->num)
        return false;
    const uint8_t *fixed = fixed_of(shape);
    for (size_t i = 0; i <= parts->num; i++) {
        struct bytes run = fixed_run(body, parts->parts, parts->num, i);
        if (i < parts->num &&
            (shape->parts[i].start != parts->parts[i].start || shape->parts[i].len != parts->parts[i].len ||
             shape->parts[i].is_opaque != parts->parts[i].is_opaque))
            return false;
        if (run.len > 0 && memcmp(fixed, run.at, run.len) != 0)
            return false;
        fixed += run.len;
    }
    return true;
}

/* Doubles the buckets. Without memory the chains just grow longer. */
static void grow(struct hello_shapes *shapes)
{
    size_t num = (shapes->mask + 1) * 2;
    struct hello_shape **buckets = calloc(num, sizeof(struct hello_shape *));
    if (!buckets)
        return;
    for (size_t i = 0; i <= shapes->mask; i++) {
        for (struct hello_shape *shape = shapes->buckets[i], *next; shape; shape = next) {
            next = shape->next;
            struct hello_shape **bucket = &buckets[shape->hash & (num - 1)];
            shape->next = *bucket;
            *bucket = shape;
        }
    }
    free(shapes->buckets);
    shapes->buckets = buckets;
    shapes->mask = num - 1;
}

static struct hello_shape *shape_new(struct bytes body, const struct hello_parts *parts)
{
    size_t fixed_len = body.len;
    for (size_t i = 0; i < parts->num; i++)
        fixed_len -= parts->parts[i].len;
    struct hello_shape *shape = malloc(sizeof *shape + parts->num * sizeof parts->parts[0] + fixed_len);
    if (!shape)
        return NULL;
    shape->body_len = (uint16_t)body.len;
    shape->fixed_len = (uint16_t)fixed_len;
    shape->num_parts = parts->num;
    memcpy(shape->parts, parts->parts, parts->num * sizeof parts->parts[0]);
    uint8_t *fixed = (uint8_t *)(shape->parts + shape->num_parts);
    for (size_t i = 0; i <= parts->num; i++) {
        struct bytes run = fixed_run(body, parts->parts, parts->num, i);
        if (run.len > 0)
            memcpy(fixed, run.at, run.len);
        fixed += run.len;
    }
    return shape;
}

struct hello_shape *hello_shapes_take(struct hello_shapes *shapes, struct bytes body, const struct hello_parts *parts)
{
    uint64_t hash = hash_of(shapes, body, parts);
    for (struct hello_shape *shape = shapes->buckets[hash & shapes->mask]; shape; shape = shape->next) {
        if (shape->hash == hash && is_shape_of(shape, body, parts)) {
            shape->refs++;
            return shape;
        }
    }
    struct hello_shape *shape = shape_new(body, parts);
    if (!shape)
        return NULL;
    if (shapes->num > shapes->mask)
        grow(shapes);
    struct hello_shape **bucket = &shapes->buckets[hash & shapes->mask];
    shape->hash = hash;
    shape->refs = 1;
    shape->next = *bucket;
    *bucket = shape;
    shapes->num++;
    shapes->bytes += shape_size(shape);
    return shape;
}

void hello_shapes_release(struct hello_shapes *shapes, struct hello_shape *shape)
{
    if (--shape->refs > 0)
        return;
    struct hello_shape **link = &shapes->buckets[shape->hash & shapes->mask];
    while (*link != shape)
        link = &(*link)->next;
    *link = shape->next;
    shapes->num--;
    shapes->bytes -= shape_size(shape);
    free(shape);
}

size_t hello_own_len(const struct hello_parts *parts)
{
    size_t len = 0;
    for (size_t i = 0; i < parts->num; i++)
        len += parts->parts[i].is_opaque ? 0 : parts->parts[i].len;
    return len;
}

void hello_own_copy(struct bytes body, const struct hello_parts *parts, uint8_t *own)
{
    for (size_t i = 0; i < parts->num; i++) {
        struct bytes part = bytes_slice(body, parts->parts[i].start, parts->parts[i].len);
        if (parts->parts[i].is_opaque)
            continue;
        memcpy(own, part.at, part.len);
        own += part.len;
    }
}

size_t hello_shape_body_len(const struct hello_shape *shape)
{
    return shape->body_len;
}

void hello_shape_restore(const struct hello_shape *shape, const uint8_t *own, uint8_t *out)
{
    const uint8_t *fixed = fixed_of(shape);
    size_t at = 0;
    for (size_t i = 0; i < shape->num_parts; i++) {
        const struct hello_part *part = &shape->parts[i];
        memcpy(out + at, fixed, part->start - at);
        fixed += part->start - at;
        at = part->start;
        if (part->is_opaque) {
            memset(out + at, 0, part->len);
        } else {
            memcpy(out + at, own, part->len);
            own += part->len;
        }
        at += part->len;
    }
    memcpy(out + at, fixed, shape->body_len - at);
}
