/*
 * The only way to raw bytes: a borrowed, bounded cursor with a sticky fault.
 *
 * A cursor knows two ends. `left` is what the capture holds, `declared` what the protocol says there is; declared is
 * never smaller than left. Reading past `declared` is FAULT_MALFORMED (the peer broke the protocol), reading past
 * `left` but within `declared` is FAULT_SHORT (the capture stops: snapshot length, gap, end of file). This distinction
 * is made here and nowhere else.
 *
 * A getter either advances or faults; after a fault every getter returns 0 (or empty bytes) and moves nothing, so every
 * loop of the form `while (cursor_more(c))` ends. Only the first fault is kept. Children made by the vec getters share
 * their parent's fault and must be closed with cursor_close(), which faults when declared bytes were left unread.
 *
 * No function here allocates. All results borrow the bytes the cursor was made over.
 */
#ifndef TLSWHY_DISSECT_CURSOR_H
#define TLSWHY_DISSECT_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed bytes. `at` may be NULL when len is 0. */
struct bytes {
    const uint8_t *at;
    size_t len;
};

enum fault_kind {
    FAULT_NONE = 0,
    FAULT_SHORT,     /* the capture holds fewer bytes than the protocol declares */
    FAULT_MALFORMED, /* the protocol's own lengths or values contradict each other */
};

/* The first thing that went wrong. `offset` is absolute (the cursor's base offset plus what was read), `field` a static
 * string in the RFC's own term. */
struct fault {
    enum fault_kind kind;
    uint64_t offset;
    const char *field;
};

struct cursor {
    const uint8_t *at;
    size_t left;         /* captured bytes not read yet */
    size_t declared;     /* declared bytes not read yet, >= left */
    uint64_t offset;     /* absolute offset of `at` */
    struct fault *fault; /* shared with parents and children, never NULL */
};

/* Captured bytes `b`, of which the protocol declares `declared` (clamped to at least b.len). `base` is the absolute
 * offset of the first byte. `fault` is reset. */
void cursor_init(struct cursor *c, struct bytes b, size_t declared, uint64_t base, struct fault *fault);

/* As cursor_init() where everything declared was captured: reading past the end is FAULT_MALFORMED. */
void cursor_init_whole(struct cursor *c, struct bytes b, struct fault *fault);

/* Sets a fault at the current place unless one is set already. */
void cursor_fail(struct cursor *c, enum fault_kind kind, const char *field);

static inline bool cursor_ok(const struct cursor *c)
{
    return c->fault->kind == FAULT_NONE;
}

/* True while there is no fault and declared bytes remain. The only loop condition. */
static inline bool cursor_more(const struct cursor *c)
{
    return c->fault->kind == FAULT_NONE && c->declared > 0;
}

/* What is captured and not read yet, without moving: the slice that a walk over the cursor is about to check. */
static inline struct bytes cursor_peek(const struct cursor *c)
{
    return c->fault->kind == FAULT_NONE ? (struct bytes){c->at, c->left} : (struct bytes){NULL, 0};
}

/* FAULT_MALFORMED when nothing is declared any more: for vectors that must not be empty. */
static inline void cursor_expect(struct cursor *c, const char *field)
{
    if (c->declared == 0)
        cursor_fail(c, FAULT_MALFORMED, field);
}

uint8_t cursor_u8(struct cursor *c, const char *field);
uint16_t cursor_u16(struct cursor *c, const char *field);   /* network byte order, as all below */
uint16_t cursor_u16le(struct cursor *c, const char *field); /* little endian: radiotap, PPI, ERSPAN and friends */
uint32_t cursor_u24(struct cursor *c, const char *field);
uint32_t cursor_u32(struct cursor *c, const char *field);
uint32_t cursor_u32le(struct cursor *c, const char *field);
uint64_t cursor_u64(struct cursor *c, const char *field);

/* n bytes, or empty bytes and a fault. */
struct bytes cursor_bytes(struct cursor *c, size_t n, const char *field);
/* All that is left. Where the capture stops before the declared end: what there is, and FAULT_SHORT. */
struct bytes cursor_rest(struct cursor *c, const char *field);
void cursor_skip(struct cursor *c, size_t n, const char *field);

/* From here on the protocol declares n bytes, whatever was declared before: captured bytes past them (padding,
 * trailers) are cut, and where fewer were captured, reading on is FAULT_SHORT. */
void cursor_bound(struct cursor *c, size_t n);

/* A child over the next n declared bytes; the parent moves past them. A child longer than the parent's declared bytes
 * is FAULT_MALFORMED and comes out empty. A child whose bytes were only partly captured holds those that were; reading
 * on faults SHORT, so its parent stays in step with the declared lengths. */
struct cursor cursor_child(struct cursor *c, size_t n, const char *field);
/* Vectors of RFC 8446 section 3.4: a length of 1, 2 or 3 bytes, then the child. */
struct cursor cursor_vec8(struct cursor *c, const char *field);
struct cursor cursor_vec16(struct cursor *c, const char *field);
struct cursor cursor_vec24(struct cursor *c, const char *field);

/* The same vectors taken whole as bytes. */
struct bytes cursor_bytes8(struct cursor *c, const char *field);
struct bytes cursor_bytes16(struct cursor *c, const char *field);
struct bytes cursor_bytes24(struct cursor *c, const char *field);

/* FAULT_MALFORMED "trailing bytes in <field>" when declared bytes were left unread. */
void cursor_close(struct cursor *child, const char *field);

/* A list of 16-bit values inside borrowed bytes. */
struct u16_list {
    const uint8_t *at;
    size_t num;
};

/* Takes a vector of 16-bit values with a 2-byte (or 1-byte) length. An odd length is FAULT_MALFORMED. Of a list cut by
 * the capture the whole values that are there are kept. */
struct u16_list cursor_u16_list16(struct cursor *c, const char *field);
struct u16_list cursor_u16_list8(struct cursor *c, const char *field);
/* Takes all that is left as 16-bit values. */
struct u16_list cursor_u16_list_rest(struct cursor *c, const char *field);

/* Value i, 0 when i is out of range. */
static inline uint16_t u16_list_at(struct u16_list list, size_t i)
{
    return i < list.num ? (uint16_t)(list.at[2 * i] << 8 | list.at[2 * i + 1]) : 0;
}

bool u16_list_has(struct u16_list list, uint16_t value);

/* n bytes from offset, clamped to what there is. */
struct bytes bytes_slice(struct bytes b, size_t offset, size_t n);
bool bytes_equal(struct bytes a, struct bytes b);
/* True when `part` occurs in `whole`; what is empty occurs nowhere. */
bool bytes_contain(struct bytes whole, struct bytes part);

/* True when there are bytes, and all of them are zero. */
bool bytes_are_zero(struct bytes b);

/* Fields of a fixed header that was taken whole with cursor_bytes(): network byte order, 0 when out of range. */
static inline uint8_t bytes_u8_at(struct bytes b, size_t offset)
{
    return offset < b.len ? b.at[offset] : 0;
}

static inline uint16_t bytes_u16_at(struct bytes b, size_t offset)
{
    return b.len >= 2 && offset <= b.len - 2 ? (uint16_t)(b.at[offset] << 8 | b.at[offset + 1]) : 0;
}

static inline uint32_t bytes_u32_at(struct bytes b, size_t offset)
{
    return (uint32_t)bytes_u16_at(b, offset) << 16 | bytes_u16_at(b, offset + 2);
}

#endif
