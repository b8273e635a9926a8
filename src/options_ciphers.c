/* --server-ciphers: a cipher string as openssl-ciphers(1) has it, expanded by OpenSSL itself. Beside OpenSSL's names
 * and keywords IANA's names are taken, suites that this OpenSSL was built without, and those of TLS 1.3. */
#include "options_internal.h"

#include "dissect/registry.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const SEPARATORS = ":, \t";

/* Known to OpenSSL, with or without suites behind them in this build. */
static const char *const keywords[] = {
    "ALL",
    "COMPLEMENTOFALL",
    "COMPLEMENTOFDEFAULT",
    "DEFAULT",
    "HIGH",
    "MEDIUM",
    "LOW",
    "EXP",
    "EXPORT",
    "EXPORT40",
    "EXPORT56",
    "FIPS",
    "SUITEB128",
    "SUITEB128ONLY",
    "SUITEB192",
    "eNULL",
    "NULL",
    "aNULL",
    "kRSA",
    "aRSA",
    "RSA",
    "kDHr",
    "kDHd",
    "kDH",
    "kDHE",
    "kEDH",
    "DHE",
    "EDH",
    "ADH",
    "kECDHr",
    "kECDHe",
    "kECDH",
    "kEECDH",
    "kECDHE",
    "ECDHE",
    "EECDH",
    "ECDH",
    "AECDH",
    "aDSS",
    "DSS",
    "aDH",
    "aECDH",
    "aECDSA",
    "ECDSA",
    "aEDDSA",
    "PSK",
    "kPSK",
    "kECDHEPSK",
    "kDHEPSK",
    "kRSAPSK",
    "aPSK",
    "kSRP",
    "aSRP",
    "SRP",
    "TLSv1",
    "TLSv1.0",
    "TLSv1.2",
    "SSLv2",
    "SSLv3",
    "AES128",
    "AES256",
    "AES",
    "AESGCM",
    "AESCCM",
    "AESCCM8",
    "ARIA128",
    "ARIA256",
    "ARIA",
    "ARIAGCM",
    "CAMELLIA",
    "CAMELLIA128",
    "CAMELLIA256",
    "CHACHA20",
    "3DES",
    "DES",
    "RC4",
    "RC2",
    "IDEA",
    "SEED",
    "MD5",
    "SHA1",
    "SHA",
    "SHA256",
    "SHA384",
    "GOST94",
    "GOST89MAC",
    "aGOST",
    "aGOST01",
    "kGOST",
    "CBC",
};

static bool is_text(const char *text, const char *at, size_t len)
{
    return strlen(text) == len && memcmp(text, at, len) == 0;
}

/* A suite by IANA's or OpenSSL's name. */
static const struct cipher_suite *find_suite(const char *at, size_t len)
{
    for (uint32_t code = 0; code <= UINT16_MAX; code++) {
        const struct cipher_suite *suite = cipher_suite_find((uint16_t)code);
        if (suite && (is_text(suite->iana, at, len) || (suite->openssl[0] && is_text(suite->openssl, at, len))))
            return suite;
    }
    return NULL;
}

static bool is_keyword(const char *at, size_t len)
{
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (is_text(keywords[i], at, len))
            return true;
    return false;
}

static bool does_openssl_know(SSL_CTX *ssl, const char *at, size_t len)
{
    char word[128];
    if (len >= sizeof word)
        return false;
    memcpy(word, at, len);
    word[len] = '\0';
    return SSL_CTX_set_cipher_list(ssl, word) == 1;
}

static int refuse(const struct option_word *word, struct error *error)
{
    struct options_hint hint = options_hint_begin(word->at, word->len);
    for (uint32_t code = 0; code <= UINT16_MAX; code++) {
        const struct cipher_suite *suite = cipher_suite_find((uint16_t)code);
        if (suite && suite->openssl[0])
            options_hint_offer(&hint, suite->openssl);
        if (suite)
            options_hint_offer(&hint, suite->iana);
    }
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        options_hint_offer(&hint, keywords[i]);
    return option_word_refuse("server-ciphers", word, "suite, and no keyword of openssl-ciphers(1)", &hint, error);
}

struct expansion {
    SSL_CTX *ssl;
    struct told_server *told;
    FILE *list; /* what goes to OpenSSL */
    unsigned num_words;
};

static void add_word(struct expansion *e, const struct option_word *word)
{
    fprintf(e->list, "%s%.*s", e->num_words++ ? ":" : "", (int)word->len, word->at);
}

/* One name without operators: what OpenSSL does not know by this name, or at all, is looked up in the registry. */
static int take_name(struct expansion *e, const struct option_word *word, struct error *error)
{
    const struct cipher_suite *suite = find_suite(word->at, word->len);
    if (suite && strcmp(suite->protocol_min, "TLSv1.3") == 0) {
        told_list_add(&e->told->ciphers, suite->code);
        return 0;
    }
    if (does_openssl_know(e->ssl, word->at, word->len) || is_keyword(word->at, word->len)) {
        add_word(e, word);
        return 0;
    }
    if (!suite)
        return refuse(word, error);
    told_list_add(&e->told->ciphers, suite->code);
    return 0;
}

/* Operators: !X -X +X, @STRENGTH @SECLEVEL=N, and X+Y for what is both. */
static int take_word(struct expansion *e, const struct option_word *word, struct error *error)
{
    if (word->at[0] == '@') {
        if (!is_text("@STRENGTH", word->at, word->len) && strncmp(word->at, "@SECLEVEL=", 10) != 0)
            return refuse(word, error);
        return 0; /* the order, or a level that takes no suite away here */
    }
    bool has_operator = strchr("!-+", word->at[0]) != NULL;
    if (!has_operator && !memchr(word->at, '+', word->len))
        return take_name(e, word, error);
    for (size_t at = has_operator; at <= word->len;) {
        size_t left = word->len - at, len = strcspn(word->at + at, "+");
        struct option_word part = {word->at + at, len < left ? len : left, word->place + at};
        if (part.len == 0 || (!is_keyword(part.at, part.len) && !does_openssl_know(e->ssl, part.at, part.len) &&
                              !find_suite(part.at, part.len)))
            return refuse(part.len ? &part : word, error);
        at += part.len + 1;
    }
    add_word(e, word);
    return 0;
}

static int take_expanded(const struct expansion *e, const char *list, struct error *error)
{
    unsigned before = e->told->ciphers.num;
    if (*list && SSL_CTX_set_cipher_list(e->ssl, list) != 1 && before == 0)
        return error_set(error, "--server-ciphers: no suite is left by '%s', as OpenSSL says", list);
    STACK_OF(SSL_CIPHER) *found = SSL_CTX_get_ciphers(e->ssl);
    bool has_tls13 = false;
    for (unsigned i = 0; i < before; i++) {
        const struct cipher_suite *suite = cipher_suite_find(e->told->ciphers.at[i]);
        has_tls13 |= suite && strcmp(suite->protocol_min, "TLSv1.3") == 0;
    }
    for (int i = 0; *list && i < sk_SSL_CIPHER_num(found); i++) {
        const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(found, i);
        bool is_tls13 = strcmp(SSL_CIPHER_get_version(cipher), "TLSv1.3") == 0;
        if (!is_tls13 || !has_tls13) /* OpenSSL's three, unless others were named */
            told_list_add(&e->told->ciphers, SSL_CIPHER_get_protocol_id(cipher));
    }
    return 0;
}

int option_told_ciphers(struct told_server *told, const char *value, struct error *error)
{
    char *list = NULL;
    size_t list_len;
    struct expansion e = {.ssl = SSL_CTX_new(TLS_method()), .told = told};
    e.list = e.ssl ? open_memstream(&list, &list_len) : NULL;
    int status = e.list ? 0 : error_set(error, "out of memory");
    struct option_word word;
    for (size_t next = 0; status == 0 && option_word_next(value, SEPARATORS, &next, &word);)
        status = take_word(&e, &word, error);
    bool is_written = e.list && fclose(e.list) == 0 && list;
    if (!is_written && status == 0)
        status = error_set(error, "out of memory");
    if (status == 0 && list)
        status = take_expanded(&e, list, error);
    if (status == 0 && told->ciphers.num == 0)
        status = error_set(error, "--server-ciphers names no suite");
    free(list);
    SSL_CTX_free(e.ssl);
    ERR_clear_error();
    return status;
}
