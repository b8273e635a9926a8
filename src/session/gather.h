/*
 * Bytes that come in any order, each piece with its packet, until they are whole: handshake messages of DTLS, CRYPTO
 * streams of QUIC. Memory grows with what came, not with what a header promised. The first copy of a byte stays.
 */
#ifndef TLSWHY_SESSION_GATHER_H
#define TLSWHY_SESSION_GATHER_H

#include "dissect/cursor.h"
#include "place.h"

struct gathered {
    struct gathered *next; /* by offset, without overlap */
    uint64_t offset;
    uint32_t len;
    struct moment moment;
    uint8_t data[];
};

struct gather {
    struct gathered *head;
    uint32_t num, bytes;
};

/* Keeps what is new in `b`. Returns how many bytes that was; -1: they did not fit (max_bytes of data, max_num pieces)
 * or there was no memory, and what fitted of them is kept. */
long gather_add(struct gather *gather, uint64_t offset, struct bytes b, const struct moment *moment, uint32_t max_bytes,
                uint32_t max_num);
/* How many bytes are there without a hole from `offset` on. */
size_t gather_ready(const struct gather *gather, uint64_t offset);
/* Copies n bytes that are ready; *first and *last are the earliest and the latest of their packets. */
void gather_copy(const struct gather *gather, uint64_t offset, size_t n, uint8_t *to, struct moment *first,
                 struct moment *last);
/* Forgets the pieces that lie wholly before `offset`. */
void gather_drop(struct gather *gather, uint64_t offset);
void gather_cleanup(struct gather *gather);

#endif
