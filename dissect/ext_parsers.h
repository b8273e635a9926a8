/*
 * Inside of extensions.c: the parser of each extension body, one for each row of tables/extension_parsers.def.
 *
 * A parser gets a cursor over the body, reads all of it and fills its fields of *out. Its faults are its own: MALFORMED
 * becomes first_bad, SHORT the block's. What it leaves unread is malformed. Bodies are walked to their end here, so
 * that the iterators of extensions.h never meet a surprise in a block without first_bad.
 */
#ifndef TLSWHY_DISSECT_EXT_PARSERS_H
#define TLSWHY_DISSECT_EXT_PARSERS_H

#include "dissect/extensions.h"

typedef void ext_parser(struct cursor *body, enum ext_context context, struct extensions *out);

#define EXTENSION_PARSER(code, name) ext_parser ext_##name##_parse;
#include "dissect/tables/extension_parsers.def"
#undef EXTENSION_PARSER

/* A list<1..2^16-1> of opaque<min..2^16-1> (or opaque<min..2^8-1>) items: its bytes without the list's length, as far
 * as they were captured. */
struct bytes ext_list16_of_bytes16(struct cursor *body, bool is_empty_allowed, bool is_empty_item_allowed,
                                   const char *field);
struct bytes ext_list16_of_bytes8(struct cursor *body, const char *field);
/* A list<2..> of 16-bit values, not empty. */
struct u16_list ext_u16_list16(struct cursor *body, const char *field);
struct u16_list ext_u16_list8(struct cursor *body, const char *field);
/* opaque<1..2^8-1>. */
struct bytes ext_bytes8(struct cursor *body, const char *field);

/* Contexts in which a client lists what it takes, rather than a server what it chose. */
static inline bool ext_is_offer(enum ext_context context)
{
    return context == EXT_CLIENT_HELLO || context == EXT_CERTIFICATE_REQUEST;
}

#endif
