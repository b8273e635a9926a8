/* What drawing functions write on a medium, as a string. */
#ifndef TLSWHY_TESTS_DRAWN_H
#define TLSWHY_TESTS_DRAWN_H

#include "report/medium.h"

/* Borrowed until the next call. Fails the cmocka test when there is no memory. */
const char *drawn(const struct medium *medium, void (*draw)(struct text *t, const void *arg), const void *arg);

/* Names that would be markup, mentions, references, links, quick actions or the end of what they stand in; NULL at the
 * end. */
extern const char *const hostile_names[];

#endif
