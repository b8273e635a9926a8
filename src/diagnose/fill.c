/* Formats that hold %s and %u alone, as nearly all of the rules do; others are left to vsnprintf(). */
#include "diagnose/fill.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct line {
    char *at;
    size_t len, room;
};

static void put(struct line *line, const char *text, size_t len)
{
    size_t left = line->room - line->len;
    if (len > left)
        len = left;
    memcpy(line->at + line->len, text, len);
    line->len += len;
}

static void put_number(struct line *line, unsigned value)
{
    char digits[10];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    put(line, digits + at, sizeof digits - at);
}

static bool is_plain(const char *format)
{
    while ((format = strchr(format, '%')) != NULL) {
        if (format[1] != 's' && format[1] != 'u')
            return false;
        format += 2;
    }
    return true;
}

int fill(char *at, size_t room, const char *format, va_list arguments)
{
    if (!is_plain(format))
        return vsnprintf(at, room, format, arguments);
    struct line line = {at, 0, room};
    for (const char *next; (next = strchr(format, '%')) != NULL; format = next + 2) {
        put(&line, format, (size_t)(next - format));
        if (next[1] == 'u') {
            put_number(&line, va_arg(arguments, unsigned));
        } else {
            const char *text = va_arg(arguments, const char *);
            put(&line, text, strlen(text));
        }
    }
    put(&line, format, strlen(format) + 1);
    /* Filled to the brim, its NUL may have been lost. */
    return line.len < room || at[room - 1] == '\0' ? (int)line.len - 1 : (int)room;
}
