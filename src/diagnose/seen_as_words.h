/*
 * Lines of logs as words: what programs print, without the differences that do not matter.
 *
 * Normal form: ASCII letters in lower case and digits stay, every run of other bytes (controls, colours, NUL and what
 * is beyond ASCII, too) is one blank; a blank stands before the first and after the last word.
 * "SSLV3_ALERT_BAD_CERTIFICATE" and "sslv3 alert bad certificate" are the same words.
 */
#ifndef TLSWHY_DIAGNOSE_SEEN_AS_WORDS_H
#define TLSWHY_DIAGNOSE_SEEN_AS_WORDS_H

#include "dissect/cursor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WORDS_PATTERN = 256 }; /* room for a pattern in normal form; longer ones match nothing */

struct words {
    const char *text; /* NUL-terminated */
    size_t len;
};
struct words_span {
    size_t start, end; /* of the blanks around it */
};

/* Writes the normal form and a NUL: at most line.len + 3 bytes. Returns the length without the NUL. */
size_t words_write(char *out, struct bytes line);

/* The first place of a pattern: words; " * " stands for any words, "^" before the first ties it to the line's
 * beginning,
 * "$" behind the last to its end. */
bool words_find(struct words words, const char *pattern, struct words_span *span);
/* The number that follows these words, from *next on (0 at first); false when there is none any more. */
bool words_find_number(struct words words, const char *before, size_t *next, uint32_t *number, struct words_span *span);
/* The word that begins behind the blank at `at`; an empty one at the end. */
struct bytes words_at(struct words words, size_t at);

#endif
