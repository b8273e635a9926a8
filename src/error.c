/* Error texts: see error.h. */
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAIL = 160 }; /* of a text that is too long: where the reason stands */

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Leaves out the middle, between characters. */
static void shorten(struct error *e, const char *text, size_t len)
{
    static const char dots[] = "...";
    const char *tail = text + len - TAIL;
    size_t head = sizeof e->text - TAIL - sizeof dots;
    for (int i = 0; i < 3 && is_continuation(*tail); i++)
        tail++;
    for (int i = 0; i < 3 && is_continuation(text[head]); i++)
        head--;
    memcpy(e->text, text, head);
    snprintf(e->text + head, sizeof e->text - head, "%s%s", dots, tail);
}

int error_set(struct error *e, const char *format, ...)
{
    if (!e)
        return -1;
    int saved = errno;
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(e->text, sizeof e->text, format, args);
    char *whole = NULL;
    if (len >= (int)sizeof e->text && vasprintf(&whole, format, again) >= 0) {
        shorten(e, whole, (size_t)len);
        free(whole);
    }
    va_end(again);
    va_end(args);
    errno = saved;
    return -1;
}
