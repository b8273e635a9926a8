/* Lines of logs as words: see seen_as_words.h. */
#include "diagnose/seen_as_words.h"

#include <stdio.h>
#include <string.h>

static bool is_word(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Bytes of the control sequence (ECMA-48: colours) that begins at i; 0 when none does. */
static size_t control_len(struct bytes line, size_t i)
{
    if (line.len - i < 2 || line.at[i] != 0x1B || line.at[i + 1] != '[')
        return 0;
    size_t end = i + 2;
    while (end < line.len && line.at[end] >= 0x20 && line.at[end] < 0x40)
        end++;
    return end + (end < line.len) - i;
}

size_t words_write(char *out, struct bytes line)
{
    size_t len = 0;
    out[len++] = ' ';
    for (size_t i = 0; i < line.len; i++) {
        size_t skipped = control_len(line, i);
        uint8_t c = skipped ? ' ' : line.at[i];
        i += skipped ? skipped - 1 : 0;
        if (is_word(c))
            out[len++] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        else if (out[len - 1] != ' ')
            out[len++] = ' ';
    }
    if (out[len - 1] != ' ')
        out[len++] = ' ';
    out[len] = '\0';
    return len;
}

/* `part` as whole words from `from` on (a blank's place). */
static bool find_part(struct words words, const char *part, size_t part_len, size_t from, struct words_span *span)
{
    char padded[WORDS_PATTERN];
    int len = snprintf(padded, sizeof padded, " %.*s ", (int)part_len, part);
    if (len < 3 || (size_t)len >= sizeof padded || from >= words.len)
        return false;
    const char *found = memmem(words.text + from, words.len - from, padded, (size_t)len);
    if (!found)
        return false;
    span->start = (size_t)(found - words.text);
    span->end = span->start + (size_t)len - 1;
    return true;
}

/* The part is the line's end. */
static bool find_last_part(struct words words, const char *part, size_t part_len, size_t from, struct words_span *span)
{
    size_t len = part_len + 2;
    return words.len >= len && words.len - len >= from && find_part(words, part, part_len, words.len - len, span);
}

bool words_find(struct words words, const char *pattern, struct words_span *span)
{
    bool is_tied = *pattern == '^', is_first = true;
    size_t from = 0;
    for (const char *part = pattern + is_tied; *part; is_first = false) {
        const char *gap = strstr(part, " * ");
        size_t len = gap ? (size_t)(gap - part) : strlen(part);
        bool is_last = !gap && part[len - 1] == '$';
        struct words_span found;
        if (!(is_last ? find_last_part(words, part, len - 1, from, &found) : find_part(words, part, len, from, &found)))
            return false;
        if (is_first && is_tied && found.start != 0)
            return false;
        span->start = is_first ? found.start : span->start;
        span->end = from = found.end;
        part = gap ? gap + 3 : part + len;
    }
    return !is_first;
}

struct bytes words_at(struct words words, size_t at)
{
    size_t start = at + 1;
    if (start >= words.len)
        return (struct bytes){NULL, 0};
    const char *end = strchr(words.text + start, ' ');
    size_t len = end ? (size_t)(end - words.text) - start : 0;
    return (struct bytes){(const uint8_t *)words.text + start, len};
}

static bool read_number(struct bytes word, uint32_t *number)
{
    *number = 0;
    for (size_t i = 0; i < word.len; i++) {
        if (word.at[i] < '0' || word.at[i] > '9' || *number > 100000)
            return false;
        *number = *number * 10 + (uint32_t)(word.at[i] - '0');
    }
    return word.len > 0;
}

bool words_find_number(struct words words, const char *before, size_t *next, uint32_t *number, struct words_span *span)
{
    while (find_part(words, before, strlen(before), *next, span)) {
        struct bytes word = words_at(words, span->end);
        *next = span->end;
        if (read_number(word, number)) {
            span->end += 1 + word.len;
            return true;
        }
    }
    return false;
}
