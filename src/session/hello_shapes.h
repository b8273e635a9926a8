/*
 * ClientHellos in little memory: what equal clients send alike is kept once.
 *
 * A "shape" is a ClientHello's body without the parts that dissect/client_hello_parts.h lists. Sessions share shapes by
 * reference count; each keeps the bytes of its own parts. Opaque parts are not kept: a restored body holds zeros there.
 */
#ifndef TLSWHY_SESSION_HELLO_SHAPES_H
#define TLSWHY_SESSION_HELLO_SHAPES_H

#include "dissect/client_hello_parts.h"

struct hello_shape;
struct hello_shapes;

/* NULL when out of memory. Every shape must be released before the free. */
struct hello_shapes *hello_shapes_new(void);
void hello_shapes_free(struct hello_shapes *shapes);
/* Held by the table and all its shapes. */
size_t hello_shapes_memory(const struct hello_shapes *shapes);

/* The shape of `body`, whose parts client_hello_parts() listed, with one more reference. NULL when out of memory. */
struct hello_shape *hello_shapes_take(struct hello_shapes *shapes, struct bytes body, const struct hello_parts *parts);
void hello_shapes_release(struct hello_shapes *shapes, struct hello_shape *shape);

/* Bytes of all own parts together, and their copy to `own`. */
size_t hello_own_len(const struct hello_parts *parts);
void hello_own_copy(struct bytes body, const struct hello_parts *parts, uint8_t *own);

/* Of the whole body, and its writing to `out`, which has room for it. */
size_t hello_shape_body_len(const struct hello_shape *shape);
void hello_shape_restore(const struct hello_shape *shape, const uint8_t *own, uint8_t *out);

#endif
