/* Sentences out of a format: what vsnprintf() makes of it, several times as fast for those that are made of words. */
#ifndef TLSWHY_DIAGNOSE_FILL_H
#define TLSWHY_DIAGNOSE_FILL_H

#include <stdarg.h>
#include <stddef.h>

/* Writes the sentence and its NUL to `at` and returns its length; a value of `room` or more, or below 0, when it does
 * not fit: what stands at `at` is then undefined. */
int fill(char *at, size_t room, const char *format, va_list arguments) __attribute__((format(printf, 3, 0)));

#endif
