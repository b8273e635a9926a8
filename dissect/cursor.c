/* The bounded cursor: see cursor.h. Vectors follow RFC 8446 section 3.4. */
#include "dissect/cursor.h"

#include <string.h>

void cursor_init(struct cursor *c, struct bytes b, size_t declared, uint64_t base, struct fault *fault)
{
    *fault = (struct fault){FAULT_NONE, 0, NULL};
    *c = (struct cursor){b.at, b.len, declared < b.len ? b.len : declared, base, fault};
}

void cursor_init_whole(struct cursor *c, struct bytes b, struct fault *fault)
{
    cursor_init(c, b, b.len, 0, fault);
}

void cursor_fail(struct cursor *c, enum fault_kind kind, const char *field)
{
    if (c->fault->kind == FAULT_NONE)
        *c->fault = (struct fault){kind, c->offset, field};
}

/* The one check all getters go through: NULL and a fault, or the n bytes and the cursor moved past them. */
static const uint8_t *take(struct cursor *c, size_t n, const char *field)
{
    if (c->fault->kind != FAULT_NONE)
        return NULL;
    if (n > c->left) {
        cursor_fail(c, n > c->declared ? FAULT_MALFORMED : FAULT_SHORT, field);
        return NULL;
    }
    const uint8_t *at = c->at;
    if (n > 0)
        c->at += n;
    c->left -= n;
    c->declared -= n;
    c->offset += n;
    return at;
}

uint8_t cursor_u8(struct cursor *c, const char *field)
{
    const uint8_t *p = take(c, 1, field);
    return p ? p[0] : 0;
}

uint16_t cursor_u16(struct cursor *c, const char *field)
{
    const uint8_t *p = take(c, 2, field);
    return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

uint16_t cursor_u16le(struct cursor *c, const char *field)
{
    const uint8_t *p = take(c, 2, field);
    return p ? (uint16_t)(p[1] << 8 | p[0]) : 0;
}

uint32_t cursor_u24(struct cursor *c, const char *field)
{
    const uint8_t *p = take(c, 3, field);
    return p ? (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2] : 0;
}

uint32_t cursor_u32(struct cursor *c, const char *field)
{
    const uint8_t *p = take(c, 4, field);
    return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

uint32_t cursor_u32le(struct cursor *c, const char *field)
{
    const uint8_t *p = take(c, 4, field);
    return p ? (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0] : 0;
}

uint64_t cursor_u64(struct cursor *c, const char *field)
{
    const uint8_t *p = take(c, 8, field);
    uint64_t value = 0;
    for (int i = 0; p && i < 8; i++)
        value = value << 8 | p[i];
    return value;
}

struct bytes cursor_bytes(struct cursor *c, size_t n, const char *field)
{
    const uint8_t *p = take(c, n, field);
    return p ? (struct bytes){p, n} : (struct bytes){NULL, 0};
}

struct bytes cursor_rest(struct cursor *c, const char *field)
{
    if (c->fault->kind != FAULT_NONE)
        return (struct bytes){NULL, 0};
    bool is_short = c->left < c->declared;
    struct bytes rest = cursor_bytes(c, c->left, field);
    if (is_short)
        cursor_fail(c, FAULT_SHORT, field);
    return rest;
}

void cursor_skip(struct cursor *c, size_t n, const char *field)
{
    (void)take(c, n, field);
}

void cursor_bound(struct cursor *c, size_t n)
{
    if (c->left > n)
        c->left = n;
    c->declared = n;
}

struct cursor cursor_child(struct cursor *c, size_t n, const char *field)
{
    struct cursor child = {NULL, 0, 0, c->offset, c->fault};
    if (c->fault->kind != FAULT_NONE)
        return child;
    if (n > c->declared) {
        cursor_fail(c, FAULT_MALFORMED, field);
        return child;
    }
    size_t have = n < c->left ? n : c->left;
    child.at = c->at;
    child.left = have;
    child.declared = n;
    if (have > 0)
        c->at += have;
    c->left -= have;
    c->declared -= n;
    c->offset += n;
    return child;
}

struct cursor cursor_vec8(struct cursor *c, const char *field)
{
    size_t n = cursor_u8(c, field);
    return cursor_child(c, n, field);
}

struct cursor cursor_vec16(struct cursor *c, const char *field)
{
    size_t n = cursor_u16(c, field);
    return cursor_child(c, n, field);
}

struct cursor cursor_vec24(struct cursor *c, const char *field)
{
    size_t n = cursor_u24(c, field);
    return cursor_child(c, n, field);
}

struct bytes cursor_bytes8(struct cursor *c, const char *field)
{
    size_t n = cursor_u8(c, field);
    return cursor_bytes(c, n, field);
}

struct bytes cursor_bytes16(struct cursor *c, const char *field)
{
    size_t n = cursor_u16(c, field);
    return cursor_bytes(c, n, field);
}

struct bytes cursor_bytes24(struct cursor *c, const char *field)
{
    size_t n = cursor_u24(c, field);
    return cursor_bytes(c, n, field);
}

void cursor_close(struct cursor *child, const char *field)
{
    if (child->fault->kind == FAULT_NONE && child->declared > 0)
        cursor_fail(child, FAULT_MALFORMED, field);
}

struct u16_list cursor_u16_list_rest(struct cursor *c, const char *field)
{
    if (c->fault->kind != FAULT_NONE)
        return (struct u16_list){NULL, 0};
    if (c->declared % 2 != 0) {
        cursor_fail(c, FAULT_MALFORMED, field);
        return (struct u16_list){NULL, 0};
    }
    struct bytes b = cursor_rest(c, field);
    return (struct u16_list){b.at, b.len / 2};
}

struct u16_list cursor_u16_list16(struct cursor *c, const char *field)
{
    struct cursor list = cursor_vec16(c, field);
    return cursor_u16_list_rest(&list, field);
}

struct u16_list cursor_u16_list8(struct cursor *c, const char *field)
{
    struct cursor list = cursor_vec8(c, field);
    return cursor_u16_list_rest(&list, field);
}

bool u16_list_has(struct u16_list list, uint16_t value)
{
    for (size_t i = 0; i < list.num; i++)
        if (u16_list_at(list, i) == value)
            return true;
    return false;
}

struct bytes bytes_slice(struct bytes b, size_t offset, size_t n)
{
    if (offset >= b.len)
        return (struct bytes){NULL, 0};
    size_t left = b.len - offset;
    return (struct bytes){b.at + offset, n < left ? n : left};
}

bool bytes_are_zero(struct bytes b)
{
    for (size_t i = 0; i < b.len; i++)
        if (b.at[i] != 0)
            return false;
    return b.len > 0;
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool bytes_contain(struct bytes whole, struct bytes part)
{
    return whole.len > 0 && part.len > 0 && memmem(whole.at, whole.len, part.at, part.len) != NULL;
}
