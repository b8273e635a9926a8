/*
 * Decompressors behind one face. A codec whose library was left out of the build is still recognised, so that the user
 * can be told what is missing.
 */
#ifndef TLSWHY_CAPTURE_CODEC_H
#define TLSWHY_CAPTURE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum codec_status {
    CODEC_MORE,       /* goes on when more input or more room comes */
    CODEC_MEMBER_END, /* a member (frame) is complete; the next step begins another */
    CODEC_BROKEN,     /* the input is no data of this kind */
};

struct codec {
    const char *name;    /* "gzip" */
    const char *library; /* "zlib" */
    size_t first; /* bytes to begin a member with: the shortest header; what is no such data is refused in them */
    /* NULL where the library was left out of the build. start() returns NULL without memory. */
    void *(*start)(void);
    /* *in_len and *out_len: what there is on entry, what was taken and made on return. With CODEC_MORE *next is how
     * many bytes to give next time: these libraries keep back what they made in a call that ends in an error, so a call
     * has to end where a block does. */
    enum codec_status (*step)(void *decoder, const uint8_t *in, size_t *in_len, uint8_t *out, size_t *out_len,
                              size_t *next);
    void (*stop)(void *decoder);
};

extern const struct codec codec_gzip, codec_zstd, codec_lz4;

/* The codec whose magic number begins `head`, NULL when none does. */
const struct codec *codec_find(const uint8_t *head, size_t len);

#endif
