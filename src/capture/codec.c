/* Compression by magic number: RFC 1952 (gzip), RFC 8878 (zstd), the LZ4 frame format. */
#include "capture/codec.h"

#include <string.h>

static const struct {
    const struct codec *codec;
    uint8_t magic[4], mask[4];
} magics[] = {
    {&codec_gzip, {0x1f, 0x8b, 0x08, 0}, {0xff, 0xff, 0xff, 0}},
    {&codec_zstd, {0x28, 0xb5, 0x2f, 0xfd}, {0xff, 0xff, 0xff, 0xff}},
    /* A skippable frame. LZ4 has the same, but only pzstd begins files with one. */
    {&codec_zstd, {0x50, 0x2a, 0x4d, 0x18}, {0xf0, 0xff, 0xff, 0xff}},
    {&codec_lz4, {0x04, 0x22, 0x4d, 0x18}, {0xff, 0xff, 0xff, 0xff}},
};

const struct codec *codec_find(const uint8_t *head, size_t len)
{
    for (size_t i = 0; i < sizeof magics / sizeof magics[0] && len >= 4; i++) {
        bool is_match = true;
        for (size_t k = 0; k < 4; k++)
            is_match = is_match && (head[k] & magics[i].mask[k]) == magics[i].magic[k];
        if (is_match)
            return magics[i].codec;
    }
    return NULL;
}
