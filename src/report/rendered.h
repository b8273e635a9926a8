/*
 * Text that was rendered before, by the bytes that it was rendered from: what equal clients send alike is written once
 * and copied from then on.
 *
 * A small table (bounds.h) of a few places for each hash: the text that was not asked for the longest among them goes
 * first. Nothing is ever wrong when something is not found, only slower.
 */
#ifndef TLSWHY_REPORT_RENDERED_H
#define TLSWHY_REPORT_RENDERED_H

#include "dissect/cursor.h"

enum { RENDERED_RUNS = 4 };

/* All bytes that the text depends on; what lies between the runs does not count. Borrowed. */
struct rendered_key {
    struct bytes runs[RENDERED_RUNS]; /* unused ones are empty */
    uint64_t hash;                    /* private */
};

struct rendered;

struct rendered *rendered_new(void); /* NULL when out of memory */
void rendered_free(struct rendered *rendered);

/* The text of this key, valid until the next call; empty when there is none. */
struct bytes rendered_find(struct rendered *rendered, struct rendered_key *key);
/* Keeps a copy of a key, which rendered_find() did not find just now, and of its text. Texts that are too long are not
 * kept. */
void rendered_keep(struct rendered *rendered, const struct rendered_key *key, struct bytes text);

#endif
