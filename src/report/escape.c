/* What may be shown of strangers' text: RFC 3629, Unicode general categories Cc, Cf, Zl, Zp. */
#include "report/escape.h"

#include <stdbool.h>

size_t escape_decode(struct bytes b, size_t i, uint32_t *code_point)
{
    uint8_t first = b.at[i];
    if (first < 0x80) {
        *code_point = first;
        return 1;
    }
    static const struct {
        uint8_t mask, lead;
        uint32_t least;
    } forms[] = {{0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}};
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        if ((first & forms[f].mask) != forms[f].lead)
            continue;
        size_t len = f + 2;
        if (len > b.len - i)
            return 0;
        uint32_t value = first & (uint8_t)~forms[f].mask;
        for (size_t k = 1; k < len; k++) {
            if ((b.at[i + k] & 0xC0) != 0x80)
                return 0;
            value = value << 6 | (b.at[i + k] & 0x3F);
        }
        if (value < forms[f].least || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
            return 0;
        *code_point = value;
        return len;
    }
    return 0;
}

bool escape_is_hidden(uint32_t code_point)
{
    static const struct {
        uint32_t first, last;
    } hidden[] = {
        {0x0000, 0x001F}, {0x007F, 0x009F}, {0x00AD, 0x00AD}, {0x061C, 0x061C},   {0x115F, 0x1160},   {0x180B, 0x180F},
        {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F}, {0x3164, 0x3164},   {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},
        {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB}, {0xFFFE, 0xFFFF}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
    };
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden && code_point >= hidden[i].first; i++) {
        if (code_point <= hidden[i].last)
            return true;
    }
    return false;
}

static const bool plain[256] = {
/* from ' ' to '~' */
#define EIGHT(x)                                                                                                       \
    [x] = 1, [(x) + 1] = 1, [(x) + 2] = 1, [(x) + 3] = 1, [(x) + 4] = 1, [(x) + 5] = 1, [(x) + 6] = 1, [(x) + 7] = 1
    [' '] = 1,   ['!'] = 1,   ['#'] = 1,   ['$'] = 1,   ['%'] = 1,   ['&'] = 1,   ['\''] = 1,  EIGHT(0x28),
    EIGHT(0x30), EIGHT(0x38), EIGHT(0x40), EIGHT(0x48), EIGHT(0x50), ['X'] = 1,   ['Y'] = 1,   ['Z'] = 1,
    ['['] = 1,   [']'] = 1,   ['^'] = 1,   ['_'] = 1,   EIGHT(0x60), EIGHT(0x68), EIGHT(0x70), ['x'] = 1,
    ['y'] = 1,   ['z'] = 1,   ['{'] = 1,   ['|'] = 1,   ['}'] = 1,   ['~'] = 1,
#undef EIGHT
};

size_t escape_plain_run(struct bytes b, size_t i)
{
    size_t start = i;
    while (i < b.len && plain[b.at[i]])
        i++;
    return i - start;
}

void escape_markup(struct output *out, const char *words, size_t len)
{
    static const char *const entities[256] = {
        ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;"};
    size_t from = 0;
    if (len == 0)
        return;
    for (size_t i = 0; i < len; i++) {
        const char *entity = entities[(unsigned char)words[i]];
        if (!entity)
            continue;
        output_bytes(out, words + from, i - from);
        output_string(out, entity);
        from = i + 1;
    }
    output_bytes(out, words + from, len - from);
}
