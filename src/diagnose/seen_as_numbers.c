/* Numbers in lines: OpenSSL's error codes (1.0 and 1.1: library << 24 | function << 12 | reason; 3: library << 23 |
 * reason, or errno with the top bit set), its verification errors, alerts. */
#include "diagnose/seen_as_parts.h"
#include "dissect/registry.h"

#include <errno.h>
#include <openssl/sslerr.h>
#include <string.h>

enum {
    LIBRARY_SSL = 20,      /* ERR_LIB_SSL in every version */
    REASON_MASK_1 = 0xFFF, /* up to 1.1 */
    REASON_MASK_3 = 0x7FFFFF,
    FIRST_ALERT = 1000, /* SSL_AD_REASON_OFFSET */
};
#define SYSTEM_FLAG UINT32_C(0x80000000)

static const struct {
    enum seen_as_signal signal;
    uint32_t reason;
    const char *name;
} reasons[] = {
#define REASON(signal, reason) {SIGNAL_##signal, SSL_R_##reason, #reason},
#include "diagnose/seen_as.def"
};

static const struct {
    enum seen_as_signal signal;
    uint32_t error;
} verify_errors[] = {
#define VERIFY(signal, error) {SIGNAL_##signal, error},
#include "diagnose/seen_as.def"
};

static const struct {
    enum seen_as_signal signal;
    uint32_t code;
} curl_codes[] = {
#define CURL(signal, code) {SIGNAL_##signal, code},
#include "diagnose/seen_as.def"
};

static const struct {
    int number;
    enum seen_as_signal signal;
} system_errors[] = {
    {ECONNRESET, SIGNAL_RESET},         {EPIPE, SIGNAL_RESET},
    {ECONNREFUSED, SIGNAL_REFUSED},     {ETIMEDOUT, SIGNAL_CONNECT_TIMEOUT},
    {EHOSTUNREACH, SIGNAL_UNREACHABLE}, {ENETUNREACH, SIGNAL_UNREACHABLE},
};

#define NUM(table) (sizeof(table) / sizeof(table)[0])

static void add_reason(struct seen_as_parts *parts, uint32_t reason, struct words_span span)
{
    if (reason >= FIRST_ALERT && reason < FIRST_ALERT + 256) {
        seen_as_add_alert(parts, reason - FIRST_ALERT, span);
        return;
    }
    for (size_t i = 0; i < NUM(reasons); i++)
        if (reasons[i].reason == reason)
            seen_as_add_signal(parts, reasons[i].signal, span);
}

static void add_error_code(struct seen_as_parts *parts, uint32_t code, struct words_span span)
{
    if ((code & SYSTEM_FLAG) != 0) {
        for (size_t i = 0; i < NUM(system_errors); i++)
            if ((uint32_t)system_errors[i].number == (code & ~SYSTEM_FLAG))
                seen_as_add_signal(parts, system_errors[i].signal, span);
    } else if (code >> 24 == LIBRARY_SSL) {
        add_reason(parts, code & REASON_MASK_1, span);
    } else if (code >> 23 == LIBRARY_SSL) {
        add_reason(parts, code & REASON_MASK_3, span);
    }
}

/* Eight hexadecimal digits; *has_letter when one of them is none of a decimal number. */
static bool read_hex(struct bytes word, uint32_t *code, bool *has_letter)
{
    *code = 0;
    *has_letter = false;
    for (size_t i = 0; i < word.len; i++) {
        uint8_t c = word.at[i];
        bool is_letter = c >= 'a' && c <= 'f';
        if (!is_letter && (c < '0' || c > '9'))
            return false;
        *code = *code << 4 | (uint32_t)(is_letter ? c - 'a' + 10 : c - '0');
        *has_letter |= is_letter;
    }
    return word.len == 8;
}

static bool is_behind(struct words words, size_t at, const char *word)
{
    size_t len = strlen(word);
    return at >= len && memcmp(words.text + at - len, word, len) == 0;
}

/* "error:14090086", "error:0A000086:SSL routines", or the digits alone: a number in decimals has to be called an error.
 */
static void find_error_codes(struct seen_as_parts *parts)
{
    struct words words = parts->words;
    struct bytes word;
    for (size_t at = 0; (word = words_at(words, at)).len > 0; at += 1 + word.len) {
        uint32_t code;
        bool has_letter;
        if (!read_hex(word, &code, &has_letter))
            continue;
        struct words_span span = {at, at + 1 + word.len};
        bool is_alone = at == 0 && span.end + 1 == words.len;
        if (has_letter || is_alone || is_behind(words, at, " error"))
            add_error_code(parts, code, span);
    }
}

static void add_verify_error(struct seen_as_parts *parts, uint32_t error, struct words_span span)
{
    for (size_t i = 0; i < NUM(verify_errors); i++)
        if (verify_errors[i].error == error)
            seen_as_add_signal(parts, verify_errors[i].signal, span);
}

static void find_verify_numbers(struct seen_as_parts *parts)
{
    static const char *const before[] = {"verify return code", "error num", "verify error", "verification error"};
    struct words_span span;
    uint32_t number;
    for (size_t i = 0; i < NUM(before); i++)
        for (size_t next = 0; words_find_number(parts->words, before[i], &next, &number, &span);)
            add_verify_error(parts, number, span);
    size_t next = 0;
    if (words_find(parts->words, "^num", &span) && words_find_number(parts->words, "num", &next, &number, &span))
        add_verify_error(parts, number, span);
    /* "error 20 at 0 depth lookup": openssl verify */
    if (words_find(parts->words, "error * at * depth lookup", &span)) {
        for (next = 0; words_find_number(parts->words, "error", &next, &number, &span);)
            add_verify_error(parts, number, span);
    }
}

/* "curl: (7) Failed to connect", and no version as in "curl 7.88.1". */
static void find_curl_codes(struct seen_as_parts *parts)
{
    struct words_span span;
    uint32_t code;
    for (size_t next = 0; words_find_number(parts->words, "curl", &next, &code, &span);) {
        struct bytes behind = words_at(parts->words, span.end);
        if (behind.len > 0 && behind.at[0] >= '0' && behind.at[0] <= '9')
            continue;
        for (size_t i = 0; i < NUM(curl_codes); i++)
            if (curl_codes[i].code == code)
                seen_as_add_signal(parts, curl_codes[i].signal, span);
    }
}

static void find_alert_numbers(struct seen_as_parts *parts)
{
    static const char *const before[] = {"alert number", "received alert", "fatal alert",
                                         "tls alert",    "ssl alert",      "fatal alert was received",
                                         "alert code",   "alert code is",  "fatal alert was generated"};
    struct words_span span;
    uint32_t number;
    for (size_t i = 0; i < NUM(before); i++)
        for (size_t next = 0; words_find_number(parts->words, before[i], &next, &number, &span);)
            seen_as_add_alert(parts, number, span);
}

/* A reason's words stand behind "SSL" ([SSL: WRONG_VERSION_NUMBER], ERR_SSL_...), or in a line of OpenSSL's: alone,
 * some of them are everybody's words. */
static void find_reason_names(struct seen_as_parts *parts)
{
    struct words_span span;
    bool is_openssl = words_find(parts->words, "ssl routines", &span);
    for (size_t i = 0; i < NUM(reasons); i++) {
        char pattern[WORDS_PATTERN];
        struct bytes name = {(const uint8_t *)reasons[i].name, strlen(reasons[i].name)};
        size_t len = words_write(pattern, name);
        pattern[len - 1] = '\0'; /* without the blanks around it */
        if (words_find(parts->words, pattern + 1, &span) && (is_openssl || is_behind(parts->words, span.start, " ssl")))
            seen_as_add_signal(parts, reasons[i].signal, span);
    }
}

/* Names as Node prints them (UNABLE_TO_VERIFY_LEAF_SIGNATURE), and texts. */
static void find_verify_names(struct seen_as_parts *parts)
{
    static const char prefix[] = "X509_V_ERR_";
    for (size_t i = 0; i < NUM(verify_errors); i++) {
        const struct x509_verify_error *row = x509_verify_error_find((uint16_t)verify_errors[i].error);
        if (!row)
            continue;
        const char *const names[] = {row->symbol + sizeof prefix - 1, row->text};
        for (size_t k = 0; k < NUM(names); k++) {
            char pattern[WORDS_PATTERN];
            struct words_span span;
            size_t len = words_write(pattern, (struct bytes){(const uint8_t *)names[k], strlen(names[k])});
            pattern[len - 1] = '\0';
            if (words_find(parts->words, pattern + 1, &span))
                seen_as_add_signal(parts, verify_errors[i].signal, span);
        }
    }
}

void seen_as_find_numbers(struct seen_as_parts *parts)
{
    find_error_codes(parts);
    find_verify_numbers(parts);
    find_verify_names(parts);
    find_curl_codes(parts);
    find_alert_numbers(parts);
    find_reason_names(parts);
}
