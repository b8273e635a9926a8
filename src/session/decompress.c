/* Certificate compression by the libraries of its three algorithms (RFC 8879 section 3): see decompress.h. */
#include "session/decompress.h"

#ifdef TLSWHY_WITH_ZLIB
#include <zlib.h>
#endif
#ifdef TLSWHY_WITH_BROTLI
#include <brotli/decode.h>
#endif
#ifdef TLSWHY_WITH_ZSTD
#include <zstd.h>
#endif

#include <stdbool.h>

#ifdef TLSWHY_WITH_ZLIB
static bool by_zlib(struct bytes in, uint8_t *out, size_t len)
{
    uLongf out_len = len;
    uLong in_len = in.len;
    return uncompress2(out, &out_len, in.at, &in_len) == Z_OK && out_len == len && in_len == in.len;
}
#endif

#ifdef TLSWHY_WITH_BROTLI
static bool by_brotli(struct bytes in, uint8_t *out, size_t len)
{
    size_t out_len = len;
    return BrotliDecoderDecompress(in.len, in.at, &out_len, out) == BROTLI_DECODER_RESULT_SUCCESS && out_len == len;
}
#endif

#ifdef TLSWHY_WITH_ZSTD
static bool by_zstd(struct bytes in, uint8_t *out, size_t len)
{
    size_t out_len = ZSTD_decompress(out, len, in.at, in.len);
    return !ZSTD_isError(out_len) && out_len == len;
}
#endif

enum decompress_result decompress(uint16_t algorithm, struct bytes in, uint8_t *out, size_t len)
{
    static bool (*const by[])(struct bytes, uint8_t *, size_t) = {
        NULL,
#ifdef TLSWHY_WITH_ZLIB
        [1] = by_zlib,
#endif
#ifdef TLSWHY_WITH_BROTLI
        [2] = by_brotli,
#endif
#ifdef TLSWHY_WITH_ZSTD
        [3] = by_zstd,
#endif
    };
    if (algorithm >= sizeof by / sizeof *by || !by[algorithm])
        return DECOMPRESS_UNKNOWN;
    return by[algorithm](in, out, len) ? DECOMPRESS_OK : DECOMPRESS_BROKEN;
}
