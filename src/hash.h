/* A seeded hash for tables whose keys come from strangers: without the seed, collisions cannot be prepared. */
#ifndef TLSWHY_HASH_H
#define TLSWHY_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
    a = (a ^ b) * UINT64_C(0x9E3779B97F4A7C15);
    a ^= a >> 32;
    a *= UINT64_C(0xD6E8FEB86659FD93);
    return a ^ a >> 29;
}

static inline uint64_t hash_bytes(uint64_t seed, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    uint64_t h = hash_mix(seed, len);
    for (; len >= 8; at += 8, len -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        h = hash_mix(h, word);
    }
    uint64_t last = 0;
    if (len > 0)
        memcpy(&last, at, len);
    return hash_mix(h, last ^ (uint64_t)len << 56);
}

#endif
