/*
 * Bytes that come in any order, each piece with its packet, until they are whole: handshake messages of DTLS, CRYPTO
 * streams of QUIC. Memory grows with what came, not with what a header promised. The first copy of a byte stays.
 */
#ifndef TLSWHY_SESSION_PIECES_H
#define TLSWHY_SESSION_PIECES_H

#include "dissect/cursor.h"
#include "place.h"

struct piece {
    struct piece *next; /* by offset, without overlap */
    uint64_t offset;
    uint32_t len;
    struct moment moment;
    uint8_t data[];
};

struct pieces {
    struct piece *head;
    uint32_t num, bytes;
};

/* Keeps what is new in `b`. Returns how many bytes that was; -1: they did not fit (max_bytes of data, max_num pieces)
 * or there was no memory, and what fitted of them is kept. */
long pieces_add(struct pieces *pieces, uint64_t offset, struct bytes b, const struct moment *moment, uint32_t max_bytes,
                uint32_t max_num);
/* How many bytes are there without a hole from `offset` on. */
size_t pieces_ready(const struct pieces *pieces, uint64_t offset);
/* Copies n bytes that are ready; *first and *last are the earliest and the latest of their packets. */
void pieces_copy(const struct pieces *pieces, uint64_t offset, size_t n, uint8_t *to, struct moment *first,
                 struct moment *last);
/* Forgets the pieces that lie wholly before `offset`. */
void pieces_drop(struct pieces *pieces, uint64_t offset);
void pieces_cleanup(struct pieces *pieces);

#endif
