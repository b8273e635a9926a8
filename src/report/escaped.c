/* Text in which \xHH stands for what may not be shown: see escaped.h. */
#include "report/escaped.h"

#include "report/escape.h"

static void write_byte(struct output *o, uint8_t byte, enum escaped_case digits)
{
    const char *hex = digits == ESCAPED_LOWER ? "0123456789abcdef" : "0123456789ABCDEF";
    char *room = output_room(o, 4);
    room[0] = '\\';
    room[1] = 'x';
    room[2] = hex[byte >> 4];
    room[3] = hex[byte & 0xF];
    output_advance(o, 4);
}

/* How many of the `len` bytes from `at` on are none of `also`. */
static size_t run_without(const uint8_t *at, size_t len, const char *also)
{
    size_t n = 0;
    while (n < len && !strchr(also, at[n]))
        n++;
    return n;
}

void escaped_write(struct output *o, struct bytes b, const char *also, enum escaped_case digits)
{
    for (size_t i = 0; i < b.len;) {
        size_t run = run_without(b.at + i, escape_plain_run(b, i), also);
        output_bytes(o, b.at + i, run);
        i += run;
        if (i == b.len)
            return;
        uint32_t code_point = 0;
        size_t len = escape_decode(b, i, &code_point);
        bool is_shown = len > 0 && !escape_is_hidden(code_point) && (len > 1 || !strchr(also, b.at[i]));
        if (is_shown)
            output_bytes(o, b.at + i, len);
        len = len > 0 ? len : 1;
        for (size_t k = 0; k < len && !is_shown; k++)
            write_byte(o, b.at[i + k], digits);
        i += len;
    }
}
