/* LZ4 frames through liblz4. */
#include "capture/codec.h"

#ifdef TLSWHY_WITH_LZ4
#include <lz4frame.h>

enum { FIRST = 7, BLOCK_HEADER = 4 };

static void *start(void)
{
    LZ4F_dctx *decoder = NULL;
    return LZ4F_isError(LZ4F_createDecompressionContext(&decoder, LZ4F_VERSION)) ? NULL : decoder;
}

static enum codec_status step(void *decoder, const uint8_t *in, size_t *in_len, uint8_t *out, size_t *out_len,
                              size_t *next)
{
    size_t result = LZ4F_decompress(decoder, out, out_len, in, in_len, NULL);
    if (LZ4F_isError(result)) {
        LZ4F_resetDecompressionContext(decoder);
        return CODEC_BROKEN;
    }
    /* liblz4 asks for a block together with the header of the one behind it. */
    *next = result > BLOCK_HEADER ? result - BLOCK_HEADER : result;
    return result == 0 ? CODEC_MEMBER_END : CODEC_MORE;
}

static void stop(void *decoder)
{
    LZ4F_freeDecompressionContext(decoder);
}

const struct codec codec_lz4 = {"lz4", "liblz4", FIRST, start, step, stop};
#else
const struct codec codec_lz4 = {"lz4", "liblz4", 0, NULL, NULL, NULL};
#endif
