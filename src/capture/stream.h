/*
 * The bytes of one input: a descriptor, decompressed where its content says so, hashed on the way as they lie on disk.
 */
#ifndef TLSWHY_CAPTURE_STREAM_H
#define TLSWHY_CAPTURE_STREAM_H

#include "capture/codec.h"
#include "error.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum stream_end {
    STREAM_GOES_ON,
    STREAM_ENDED,
    STREAM_CUT,      /* the file ends within compressed data */
    STREAM_BROKEN,   /* compressed data that cannot be decompressed */
    STREAM_TRAILING, /* something that is not compressed follows the compressed data */
};

enum { STREAM_HEAD = 16 };

struct stream {
    const char *path; /* borrowed, for error texts */
    int fd;
    bool is_regular;
    bool is_kept; /* the descriptor outlives the stream: standard input */
    uint64_t file_bytes, read_bytes;
    uint8_t head[STREAM_HEAD]; /* the first bytes, read to see what it is */
    size_t head_len, head_at;
    enum stream_end end;

    const struct codec *codec; /* NULL: not compressed */
    void *decoder;
    uint8_t *raw; /* compressed bytes */
    size_t raw_at, raw_end;
    bool is_raw_over;
    size_t next;           /* bytes to give the decoder next */
    bool may_have_made;    /* the decoder may hold bytes there was no room for */
    bool has_member;       /* one is complete */
    uint64_t member_bytes; /* taken of the one that is being read */

    EVP_MD_CTX *hash; /* NULL: not hashed */
};

/* Takes over `fd`, or opens `path` when fd is -1. Reads the first bytes. On failure nothing is left open. */
int stream_open(struct stream *s, const char *path, int fd, struct error *error) MUST_CHECK;
void stream_close(struct stream *s);

/* Begins to hash; only before the first stream_read(). */
int stream_hash(struct stream *s, struct error *error) MUST_CHECK;
/* Reads what is left of the file and writes its SHA-256 in hexadecimal digits. Nothing when it is not being hashed. */
int stream_hash_finish(struct stream *s, char hex[65], struct error *error) MUST_CHECK;

/* At least one byte and at most `max` into `to`; 0 at the end (s->end says which), -1 when reading failed. A read that
 * a signal interrupted fails with errno EINTR and may be repeated. */
long stream_read(struct stream *s, uint8_t *to, size_t max, struct error *error) MUST_CHECK;

#endif
