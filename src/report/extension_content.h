/*
 * What a message's extensions hold, described once for all formats: extension by extension in the order of the
 * registry, each under its registry name, as a small tree of objects, lists, numbers and names. A format is the
 * functions that draw such a tree.
 *
 * Told is what no other field of a report tells: not the names, versions, groups, algorithms and protocols that stand
 * beside it. An extension whose presence is all it says has no content, nor has one that no parser knows. Of a body
 * that was bad or cut, lists tell what was read of them, everything else is left out.
 */
#ifndef TLSWHY_REPORT_EXTENSION_CONTENT_H
#define TLSWHY_REPORT_EXTENSION_CONTENT_H

#include "dissect/extensions.h"

/* Within an object a key stands before each value, in a list none. Brackets are '{' '}' and '[' ']'. */
struct content_format {
    void (*begin)(void *to); /* before the first extension that has content */
    void (*end)(void *to);
    void (*key)(void *to, const char *comma_key_colon, size_t len); /* ,"key": */
    void (*open)(void *to, char bracket);
    void (*close)(void *to, char bracket);
    void (*number)(void *to, uint64_t number);
    void (*name)(void *to, const char *name);    /* out of our own tables */
    void (*bytes)(void *to, struct bytes bytes); /* strangers' text, never empty */
    void (*string)(void *to, const char *text);  /* the same as escaped by another layer */
    void (*hex)(void *to, struct bytes bytes);   /* never empty */
    void (*time)(void *to, int64_t time_ns);     /* since 1970 */
};

void extension_content(const struct extensions *ext, enum ext_context context, const struct content_format *format,
                       void *to);

#endif
