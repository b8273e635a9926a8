/* Words of lists on the command line, and hints for those that are not known. */
#include "options_internal.h"

#include <ctype.h>
#include <string.h>

enum { MAX_WORD = 64 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int lower(char c)
{
    return tolower((unsigned char)c);
}

/* Insertions, deletions, replacements and neighbours swapped (optimal string alignment). */
size_t options_distance(const char *typed, size_t len, const char *word)
{
    size_t rows[3][MAX_WORD + 1], word_len = strnlen(word, MAX_WORD);
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t k = 0; k <= word_len; k++)
        before[k] = last[k] = k;
    for (size_t i = 0; i < len && i < MAX_WORD; i++) {
        row[0] = i + 1;
        for (size_t k = 0; k < word_len; k++) {
            row[k + 1] = least(last[k] + (lower(typed[i]) != lower(word[k])), 1 + least(last[k + 1], row[k]));
            bool is_swapped =
                i > 0 && k > 0 && lower(typed[i]) == lower(word[k - 1]) && lower(typed[i - 1]) == lower(word[k]);
            if (is_swapped)
                row[k + 1] = least(row[k + 1], before[k - 1] + 1);
        }
        size_t *oldest = before;
        before = last;
        last = row;
        row = oldest;
    }
    return last[word_len];
}

/* At most one edit in a short word, two in a longer one. */
struct options_hint options_hint_begin(const char *typed, size_t len)
{
    return (struct options_hint){.typed = typed, .len = len, .best_distance = len < 5 ? 2 : 3};
}

void options_hint_offer(struct options_hint *hint, const char *word)
{
    size_t distance = options_distance(hint->typed, hint->len, word);
    if (distance < hint->best_distance) {
        hint->best = word;
        hint->best_distance = distance;
    }
}

bool option_word_next(const char *list, const char *separators, size_t *next, struct option_word *word)
{
    *next += strspn(list + *next, separators);
    *word = (struct option_word){list + *next, strcspn(list + *next, separators), *next + 1};
    *next += word->len;
    return word->len > 0;
}

int option_word_refuse(const char *option, const struct option_word *word, const char *what,
                       const struct options_hint *hint, struct error *error)
{
    if (hint->best)
        return error_set(error, "--%s: '%.*s' (character %zu) is no %s; did you mean %s?", option, (int)word->len,
                         word->at, word->place, what, hint->best);
    return error_set(error, "--%s: '%.*s' (character %zu) is no %s", option, (int)word->len, word->at, word->place,
                     what);
}
