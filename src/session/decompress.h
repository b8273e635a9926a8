/* Certificate compression undone (RFC 8879): zlib, brotli and zstd, each where its library is in the build. */
#ifndef TLSWHY_SESSION_DECOMPRESS_H
#define TLSWHY_SESSION_DECOMPRESS_H

#include "dissect/cursor.h"

enum decompress_result {
    DECOMPRESS_OK,
    DECOMPRESS_BROKEN,  /* no such data, or not exactly of the size that was declared */
    DECOMPRESS_UNKNOWN, /* an algorithm that this program was built without, or does not know */
};

/* `in` into exactly `len` bytes at `out`. `algorithm` as in the message. */
enum decompress_result decompress(uint16_t algorithm, struct bytes in, uint8_t *out, size_t len);

#endif
