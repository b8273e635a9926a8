/* Codes on the command line, the values of --verdict and --explain; what is none is refused with those that were meant.
 */
#include "diagnose/finding.h"
#include "options.h"
#include "options_internal.h"

#include <stdio.h>
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

static int refuse(const char *option, const char *value, struct error *error)
{
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
        return error_set(error, "--%s: '%s' is no code; did you mean %s?", option, value, hints);
    return error_set(error, "--%s: '%s' is no code such as tcp-refused; see --explain list", option, value);
}

int option_verdict(const char *value, struct error *error)
{
    if (strcmp(value, "ok") == 0 || finding_code_find(value))
        return 0;
    return refuse("verdict", value, error);
}

static void add_explained(struct options *o, enum finding_id id)
{
    for (size_t i = 0; i < o->num_explained; i++)
        if (o->explained[i] == id)
            return;
    o->explained[o->num_explained++] = id;
}

int option_explain(struct options *o, const char *value, struct error *error)
{
    struct option_word word;
    size_t next = 0;
    while (option_word_next(value, ", ", &next, &word)) {
        char code[MAX_WORD];
        snprintf(code, sizeof code, "%.*s", (int)(word.len < sizeof code ? word.len : sizeof code - 1), word.at);
        const struct finding_code *found = finding_code_find(code);
        if (strcmp(code, "list") == 0)
            o->list_codes = true;
        else if (found)
            add_explained(o, finding_id_of(found));
        else
            return refuse("explain", code, error);
    }
    return o->list_codes || o->num_explained > 0 ? 0 : error_set(error, "--explain needs CODE");
}

int option_check_explained(const struct options *o, struct error *error)
{
    bool has_capture = o->pipeline.capture.num_paths > 0, is_explain = o->list_codes || o->num_explained > 0;
    if (is_explain && has_capture)
        return error_set(error, "--explain takes no capture; --verdict CODE selects connections");
    if (!has_capture && !is_explain && !o->seen_as)
        return error_set(error, "no capture is named (- is standard input); see --help");
    if (!has_capture && o->format && strcmp(o->format, "text") != 0)
        return error_set(error, "--format %s needs a capture", o->format);
    if (!has_capture && o->has_summary_line)
        return error_set(error, "--summary-line needs a capture");
    if (!has_capture && o->num_outputs > 1)
        return error_set(error, "without a capture one text is written, not several");
    return 0;
}
