/* Lines and words of text protocols: see starttls_lines.h. */
#include "dissect/starttls_lines.h"

#include <string.h>

bool line_next(struct cursor *c, struct line *line)
{
    struct bytes rest = cursor_peek(c);
    const uint8_t *end = rest.len ? memchr(rest.at, '\n', rest.len) : NULL;
    if (!end)
        return false;
    line->place.at = (uint32_t)c->offset;
    struct bytes text = cursor_bytes(c, (size_t)(end - rest.at) + 1, "line");
    text.len--;
    if (text.len > 0 && text.at[text.len - 1] == '\r')
        text.len--;
    line->text = text;
    line->place.len = (uint32_t)text.len;
    return true;
}

static uint8_t upper(uint8_t c)
{
    return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
}

bool text_begins(struct bytes text, const char *with)
{
    size_t len = strlen(with);
    if (text.len < len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (upper(text.at[i]) != upper((uint8_t)with[i]))
            return false;
    return true;
}

bool text_is(struct bytes text, const char *same)
{
    return text.len == strlen(same) && text_begins(text, same);
}

static bool is_word_byte(uint8_t c)
{
    return (upper(c) >= 'A' && upper(c) <= 'Z') || (c >= '0' && c <= '9');
}

bool text_has_word(struct bytes text, const char *word)
{
    size_t len = strlen(word);
    for (size_t at = 0; at + len <= text.len; at++) {
        bool is_start = at == 0 || !is_word_byte(text.at[at - 1]);
        bool is_end = at + len == text.len || !is_word_byte(text.at[at + len]);
        if (is_start && is_end && text_begins(bytes_slice(text, at, len), word))
            return true;
    }
    return false;
}

bool text_has_mask(struct bytes text)
{
    enum { MASK_LEN = 6 };
    size_t run = 0;
    for (size_t at = 0; at < text.len; at++) {
        bool is_start = at == run || !is_word_byte(text.at[at - run - 1]);
        run = text.at[at] == 'X' ? run + 1 : 0;
        size_t end = at + 1;
        if (run < MASK_LEN || !is_start)
            continue;
        if (end < text.len && text.at[end] != 'X' && is_word_byte(text.at[end]))
            end++;
        if (end == text.len || !is_word_byte(text.at[end]))
            return true;
    }
    return false;
}

struct bytes text_word(struct bytes text, unsigned n)
{
    size_t at = 0;
    for (;; n--) {
        while (at < text.len && text.at[at] == ' ')
            at++;
        size_t end = at;
        while (end < text.len && text.at[end] != ' ')
            end++;
        if (n == 0 || end == text.len)
            return bytes_slice(text, at, n == 0 ? end - at : 0);
        at = end;
    }
}

bool text_begins_with_any(struct bytes text, const char *const *words)
{
    for (; *words; words++) {
        size_t len = strlen(*words);
        if (text_begins(text, *words) && (text.len == len || text.at[len] == ' '))
            return true;
    }
    return false;
}
