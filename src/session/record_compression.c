/* Record compression by zlib: see record_compression.h. */
#include "session/record_compression.h"

#include "bounds.h"

#ifdef TLSWHY_WITH_ZLIB

#include <openssl/crypto.h>
#include <zlib.h>

#include <stdlib.h>

enum { PLAIN_MAX_LEN = 16384 }; /* RFC 5246 section 6.2.1 */

struct inflater {
    z_stream stream;
    uint64_t total;
    uint8_t out[PLAIN_MAX_LEN + 1]; /* one more, to see when there is too much */
};

struct inflater *inflater_new(void)
{
    struct inflater *inflater = calloc(1, sizeof *inflater);
    if (inflater && inflateInit(&inflater->stream) != Z_OK) {
        free(inflater);
        return NULL;
    }
    return inflater;
}

void inflater_free(struct inflater *inflater)
{
    if (!inflater)
        return;
    inflateEnd(&inflater->stream);
    OPENSSL_cleanse(inflater, sizeof *inflater);
    free(inflater);
}

enum inflate_result inflater_run(struct inflater *inflater, struct bytes in, struct bytes *out)
{
    z_stream *stream = &inflater->stream;
    *out = (struct bytes){inflater->out, 0};
    if (in.len == 0)
        return INFLATE_OK;
    stream->next_in = (z_const Bytef *)(uintptr_t)in.at;
    stream->avail_in = (uInt)in.len;
    stream->next_out = inflater->out;
    stream->avail_out = sizeof inflater->out;
    int status = inflate(stream, Z_SYNC_FLUSH);
    out->len = sizeof inflater->out - stream->avail_out;
    inflater->total += out->len;
    if ((status != Z_OK && status != Z_BUF_ERROR) || stream->avail_in > 0 || out->len > PLAIN_MAX_LEN)
        return INFLATE_BROKEN;
    return inflater->total > LIMIT_INFLATED ? INFLATE_TOO_MUCH : INFLATE_OK;
}

#else

struct inflater *inflater_new(void)
{
    return NULL;
}

void inflater_free(struct inflater *inflater)
{
    (void)inflater;
}

enum inflate_result inflater_run(struct inflater *inflater, struct bytes in, struct bytes *out)
{
    (void)inflater, (void)in;
    *out = (struct bytes){NULL, 0};
    return INFLATE_BROKEN;
}

#endif
