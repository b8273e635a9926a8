/* Words in lines: what programs print for signals and alerts, by the rows of seen_as.def and findings_seen.def. */
#include "diagnose/seen.h"
#include "diagnose/seen_as_parts.h"
#include "dissect/registry.h"

#include <string.h>

static const struct {
    enum seen_as_signal signal;
    const char *pattern;
} printed[] = {
#define PRINTED(signal, pattern) {SIGNAL_##signal, pattern},
#include "diagnose/seen_as.def"
};

static const struct {
    uint8_t alert;
    const char *pattern;
} printed_alerts[] = {
#define PRINTED_ALERT(alert, pattern) {alert, pattern},
#include "diagnose/seen_as.def"
};

#define NUM(table) (sizeof(table) / sizeof(table)[0])

static bool starts_at(struct words words, size_t at, const char *text)
{
    size_t len = strlen(text);
    return at + len <= words.len && memcmp(words.text + at, text, len) == 0;
}

/* Is this word, behind "alert", the alert's name? .NET writes it as one word. */
static bool is_alert_name(struct words words, size_t at, const char *name, struct words_span *span)
{
    char spaced[WORDS_PATTERN], joined[WORDS_PATTERN];
    size_t len = words_write(spaced, (struct bytes){(const uint8_t *)name, strlen(name)});
    size_t num = 0;
    joined[num++] = ' ';
    for (size_t i = 0; i < len; i++)
        if (spaced[i] != ' ')
            joined[num++] = spaced[i];
    joined[num++] = ' ';
    joined[num] = '\0';
    bool is_spaced = starts_at(words, at, spaced);
    span->end = at + (is_spaced ? len : num) - 1;
    return is_spaced || starts_at(words, at, joined);
}

static bool is_alert_of_tls(struct words words, size_t alert)
{
    static const char *const before[] = {" sslv3", " tlsv1", " tlsv13",  " tls",
                                         " ssl",   " fatal", " warning", " received"};
    for (size_t i = 0; i < NUM(before); i++) {
        size_t len = strlen(before[i]);
        if (alert >= len && memcmp(words.text + alert - len, before[i], len) == 0)
            return true;
    }
    return false;
}

/* "sslv3 alert handshake failure", "Received fatal alert: handshake_failure", "TLS alert: 'HandshakeFailure'" */
static void find_alert_names(struct seen_as_parts *parts)
{
    static const char word[] = " alert ";
    struct words words = parts->words;
    for (const char *at = words.text; (at = strstr(at, word)); at++) {
        size_t start = (size_t)(at - words.text), behind = start + sizeof word - 2;
        if (!is_alert_of_tls(words, start))
            continue;
        for (unsigned alert = 0; alert < 256; alert++) {
            const char *name = alert_name((uint8_t)alert);
            struct words_span span = {start, 0};
            if (name && is_alert_name(words, behind, name, &span))
                seen_as_add_alert(parts, alert, span);
        }
    }
}

/* What a program prints for one alert alone. Chrome has one name for several, OpenSSL's lines are read by their numbers
 * and names. */
static bool is_own_word(const char *program)
{
    static const char *const programs[] = {"GnuTLS", "Go", "Firefox"};
    for (size_t i = 0; i < NUM(programs); i++)
        if (strcmp(programs[i], program) == 0)
            return true;
    return false;
}

static void find_alert_texts(struct seen_as_parts *parts)
{
    static const char remote[] = "remote error: "; /* Go says the same of its own alerts after "local error: " */
    const struct seen_alert *row;
    for (size_t next = 0; (row = seen_alert_next(&next));) {
        char pattern[WORDS_PATTERN];
        struct words_span span;
        if (!is_own_word(row->client))
            continue;
        const char *text =
            strncmp(row->text, remote, sizeof remote - 1) == 0 ? row->text + sizeof remote - 1 : row->text;
        size_t len = words_write(pattern, (struct bytes){(const uint8_t *)text, strlen(text)});
        pattern[len - 1] = '\0';
        if (words_find(parts->words, pattern + 1, &span))
            seen_as_add_alert(parts, row->alert, span);
    }
}

void seen_as_find_texts(struct seen_as_parts *parts)
{
    struct words_span span;
    for (size_t i = 0; i < NUM(printed); i++)
        if (words_find(parts->words, printed[i].pattern, &span))
            seen_as_add_signal(parts, printed[i].signal, span);
    for (size_t i = 0; i < NUM(printed_alerts); i++)
        if (words_find(parts->words, printed_alerts[i].pattern, &span))
            seen_as_add_alert(parts, printed_alerts[i].alert, span);
    find_alert_names(parts);
    find_alert_texts(parts);
}
