/* gzip members (RFC 1952) through zlib. */
#include "capture/codec.h"

#ifdef TLSWHY_WITH_ZLIB
#include <stdlib.h>
#include <zlib.h>

enum {
    FIRST = 10,
    GZIP_ONLY = 16, /* zlib: added to the window bits, asks for a gzip header and its checksum */
};

static void *start(void)
{
    z_stream *z = calloc(1, sizeof *z);
    if (z && inflateInit2(z, MAX_WBITS + GZIP_ONLY) != Z_OK) {
        free(z);
        return NULL;
    }
    return z;
}

static enum codec_status step(void *decoder, const uint8_t *in, size_t *in_len, uint8_t *out, size_t *out_len,
                              size_t *next)
{
    z_stream *z = decoder;
    uInt avail_in = *in_len > UINT32_MAX ? UINT32_MAX : (uInt)*in_len;
    uInt avail_out = *out_len > UINT32_MAX ? UINT32_MAX : (uInt)*out_len;
    z->next_in = (Bytef *)(uintptr_t)in;
    z->avail_in = avail_in;
    z->next_out = out;
    z->avail_out = avail_out;
    int result = inflate(z, Z_NO_FLUSH);
    *in_len = avail_in - z->avail_in;
    *out_len = avail_out - z->avail_out;
    *next = SIZE_MAX; /* zlib hands out what it made before an error */
    if (result == Z_STREAM_END)
        return inflateReset(z) == Z_OK ? CODEC_MEMBER_END : CODEC_BROKEN;
    return result == Z_OK || result == Z_BUF_ERROR ? CODEC_MORE : CODEC_BROKEN;
}

static void stop(void *decoder)
{
    inflateEnd(decoder);
    free(decoder);
}

const struct codec codec_gzip = {"gzip", "zlib", FIRST, start, step, stop};
#else
const struct codec codec_gzip = {"gzip", "zlib", 0, NULL, NULL, NULL};
#endif
