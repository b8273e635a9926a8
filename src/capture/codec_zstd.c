/* zstd frames (RFC 8878) through libzstd, which bounds the window it allocates to 128 MiB. */
#include "capture/codec.h"

#ifdef TLSWHY_WITH_ZSTD
#include <zstd.h>

enum { FIRST = 5, BLOCK_HEADER = 3 };

static void *start(void)
{
    return ZSTD_createDStream();
}

static enum codec_status step(void *decoder, const uint8_t *in, size_t *in_len, uint8_t *out, size_t *out_len,
                              size_t *next)
{
    ZSTD_inBuffer input = {in, *in_len, 0};
    ZSTD_outBuffer output = {out, *out_len, 0};
    size_t result = ZSTD_decompressStream(decoder, &output, &input);
    *in_len = input.pos;
    *out_len = output.pos;
    if (ZSTD_isError(result))
        return CODEC_BROKEN;
    /* libzstd asks for a block together with the header of the one behind it. */
    *next = result > BLOCK_HEADER ? result - BLOCK_HEADER : result;
    return result == 0 ? CODEC_MEMBER_END : CODEC_MORE;
}

static void stop(void *decoder)
{
    ZSTD_freeDStream(decoder);
}

const struct codec codec_zstd = {"zstd", "libzstd", FIRST, start, step, stop};
#else
const struct codec codec_zstd = {"zstd", "libzstd", 0, NULL, NULL, NULL};
#endif
