/* Extension bodies under test: see ext_case.h. */
#include "support/ext_case.h"

#include "support/cmocka_all.h"
#include "support/mutate.h"
#include "support/tls_subset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXTENDED_MASTER_SECRET = 0x0017 };

struct law {
    enum ext_context context;
    const struct extensions *whole; /* NULL where damage may give anything */
};

static void parse(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    const struct law *law = arg;
    struct cursor c;
    struct extensions part;
    cursor_init(&c, b, declared, 0, fault);
    extensions_parse(&c, law->context, &part);
    if (!law->whole)
        return;
    assert_extensions_part(&part, law->whole);
    assert_false(part.has_bad);
}

static struct ext_case parse_block(enum ext_context context, uint16_t type, const char *body, const char *more)
{
    struct bytes b = bytes_from_hex(body);
    struct bytes extra = bytes_from_hex(more);
    size_t len = b.len + extra.len;
    char *hex = malloc(strlen(body) + strlen(more) + 64);
    assert_non_null(hex);
    sprintf(hex, "%04x %04x %04x %s %s %04x 0000", (unsigned)(len + 8), (unsigned)type, (unsigned)len, body, more,
            (unsigned)EXTENDED_MASTER_SECRET);
    struct ext_case out = {.block = bytes_from_hex(hex)};
    free(hex);
    free((void *)(uintptr_t)b.at);
    free((void *)(uintptr_t)extra.at);
    struct fault fault;
    struct cursor c;
    cursor_init_whole(&c, out.block, &fault);
    extensions_parse(&c, context, &out.ext);
    assert_int_equal(fault.kind, FAULT_NONE);
    assert_false(cursor_more(&c));
    assert_int_equal(out.ext.num, 2);
    assert_true(out.ext.has_extended_master_secret);
    return out;
}

struct ext_case ext_good_open(enum ext_context context, uint16_t type, const char *body)
{
    struct ext_case out = parse_block(context, type, body, "");
    if (out.ext.has_bad)
        fail_msg("extension 0x%04x, body %s: bad in %s", (unsigned)type, body, out.ext.bad_fault.field);
    mutate_prefixes(out.block, parse, &(struct law){context, &out.ext});
    mutate_bits(out.block, parse, &(struct law){context, NULL});
    return out;
}

struct ext_case ext_good(enum ext_context context, uint16_t type, const char *body)
{
    struct ext_case more = parse_block(context, type, body, "00");
    if (!more.ext.has_bad)
        fail_msg("extension 0x%04x, body %s: one byte more is not bad", (unsigned)type, body);
    assert_int_equal(more.ext.first_bad, type);
    ext_case_cleanup(&more);
    return ext_good_open(context, type, body);
}

struct ext_case ext_bad(enum ext_context context, uint16_t type, const char *body, const char *field)
{
    struct ext_case out = parse_block(context, type, body, "");
    if (!out.ext.has_bad)
        fail_msg("extension 0x%04x, body %s: not bad", (unsigned)type, body);
    assert_int_equal(out.ext.first_bad, type);
    assert_int_equal(out.ext.bad_fault.kind, FAULT_MALFORMED);
    assert_string_equal(out.ext.bad_fault.field, field);
    return out;
}

void ext_case_cleanup(struct ext_case *c)
{
    free((void *)(uintptr_t)c->block.at);
}

void assert_ext_good(enum ext_context context, uint16_t type, const char *body)
{
    struct ext_case c = ext_good(context, type, body);
    ext_case_cleanup(&c);
}

void assert_ext_good_open(enum ext_context context, uint16_t type, const char *body)
{
    struct ext_case c = ext_good_open(context, type, body);
    ext_case_cleanup(&c);
}

void assert_ext_bad(enum ext_context context, uint16_t type, const char *body, const char *field)
{
    struct ext_case c = ext_bad(context, type, body, field);
    ext_case_cleanup(&c);
}
