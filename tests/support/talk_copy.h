/* Dialogues to be cut and damaged, in memory of exactly their length, so that sanitizers see every read past it. */
#ifndef TLSWHY_TESTS_TALK_COPY_H
#define TLSWHY_TESTS_TALK_COPY_H

#include "dissect/starttls.h"
#include "support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

/* The first len bytes. */
static inline struct bytes copy_of(struct bytes b, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, b.at, len);
    return (struct bytes){copy, len};
}

static inline void copy_free(struct bytes copy)
{
    free((void *)(uintptr_t)copy.at);
}

/* Overwrites three bytes of what the sides of a copied talk said. */
static inline void copies_damage(const struct talk *talk, uint32_t *seed)
{
    for (unsigned n = 0; n < 3; n++) {
        *seed = *seed * 1664525 + 1013904223;
        struct bytes side = talk->said[*seed >> 31];
        if (side.len > 0)
            ((uint8_t *)(uintptr_t)side.at)[(*seed >> 8) % side.len] = (uint8_t)(*seed >> 3);
    }
}

#endif
