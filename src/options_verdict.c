/* The value of --verdict: "ok" or a code of the catalogue; what is none is refused with those that were meant. */
#include "diagnose/finding.h"
#include "options_internal.h"

#include <string.h>

enum { MAX_HINTS = 6, MAX_WORD = 64, HINTED_WORD_LEN = 4, NEAR = 2 };

/* Is a word of `typed` in the code? Words are parted by '-'; short ones are in too many. */
static bool has_word_of(const char *code, const char *typed)
{
    for (const char *at = typed; *at;) {
        char word[MAX_WORD] = "";
        size_t len = strcspn(at, "-");
        memcpy(word, at, len < sizeof word ? len : sizeof word - 1);
        if (len >= HINTED_WORD_LEN && strstr(code, word))
            return true;
        at += len;
        at += *at == '-';
    }
    return false;
}

int option_verdict(const char *value, struct error *error)
{
    if (strcmp(value, "ok") == 0 || finding_code_find(value))
        return 0;
    /* Codes that are written nearly like this; where there are none, those that share a word with it. */
    char hints[256] = "";
    for (unsigned pass = 0; pass < 2 && !*hints; pass++) {
        unsigned num = 0;
        for (enum finding_id id = 0; id < NUM_FINDINGS && num < MAX_HINTS; id++) {
            const char *code = finding_code(id)->code;
            if (pass == 0 ? options_distance(value, strlen(value), code) > NEAR : !has_word_of(code, value))
                continue;
            strncat(hints, num++ > 0 ? ", " : "", sizeof hints - strlen(hints) - 1);
            strncat(hints, code, sizeof hints - strlen(hints) - 1);
        }
    }
    if (*hints)
        return error_set(error, "--verdict: '%s' is no code; did you mean %s?", value, hints);
    return error_set(error, "--verdict: '%s' is no code such as tcp-refused; see man tlswhy", value);
}
