/* What the user tells of a server, by the names that users know: IANA's, and those of OpenSSL, GnuTLS, Java and Go. */
#include "options_internal.h"

#include "diagnose/profile.h"
#include "dissect/handshake.h"
#include "dissect/registry.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLAIN_LEN = 64, ALIASES = 4 };
static const char *const SEPARATORS = ",: \t";

struct alias {
    const char *name; /* plain */
    uint16_t code;
};

/* Lower-case letters and digits alone: names are equal whatever their dashes, dots, underscores and case. "" when it is
 * too long. */
static void write_plain(char out[PLAIN_LEN], const char *text, size_t len)
{
    size_t num = 0;
    for (size_t i = 0; i < len && num < PLAIN_LEN; i++)
        if (isalnum((unsigned char)text[i]))
            out[num++] = (char)tolower((unsigned char)text[i]);
    out[num < PLAIN_LEN ? num : 0] = '\0';
}

static bool is_plain(const char *name, const char *plain)
{
    char own[PLAIN_LEN];
    write_plain(own, name, strlen(name));
    return *own && strcmp(own, plain) == 0;
}

/* 0xHHHH, for what the registries do not know. */
static bool read_hex(const struct option_word *word, uint16_t *code)
{
    char text[8] = "", *end;
    if (word->len < 3 || word->len > 6 || word->at[0] != '0' || (word->at[1] | 0x20) != 'x')
        return false;
    memcpy(text, word->at + 2, word->len - 2);
    *code = (uint16_t)strtoul(text, &end, 16);
    return isxdigit((unsigned char)text[0]) && *end == '\0';
}

/* What is common to the lists: words into code points. */
struct list_kind {
    const char *option, *what;
    const char *prefix; /* plain; of GnuTLS, left out */
    const char *(*name_of)(uint16_t code);
    /* Other plain names of a code, up to ALIASES; may be NULL. */
    unsigned (*aliases_of)(uint16_t code, char out[ALIASES][PLAIN_LEN]);
    const struct alias *aliases; /* ends with one that has no name; may be NULL */
    uint16_t first, last;
};

static bool is_code_named(const struct list_kind *kind, uint16_t code, const char *plain)
{
    char own[ALIASES][PLAIN_LEN];
    const char *name = is_grease(code) ? NULL : kind->name_of(code);
    if (!name)
        return false;
    if (is_plain(name, plain))
        return true;
    unsigned num = kind->aliases_of ? kind->aliases_of(code, own) : 0;
    for (unsigned i = 0; i < num; i++)
        if (strcmp(own[i], plain) == 0)
            return true;
    return false;
}

static bool find_code(const struct list_kind *kind, const struct option_word *word, uint16_t *code)
{
    char plain[PLAIN_LEN] = "";
    write_plain(plain, word->at, word->len);
    size_t prefix = strlen(kind->prefix);
    const char *name = *plain && strncmp(plain, kind->prefix, prefix) == 0 ? plain + prefix : plain;
    for (const struct alias *alias = kind->aliases; alias && alias->name; alias++)
        if (strcmp(alias->name, name) == 0) {
            *code = alias->code;
            return true;
        }
    for (uint32_t i = kind->first; *name && i <= kind->last; i++)
        if (is_code_named(kind, (uint16_t)i, name)) {
            *code = (uint16_t)i;
            return true;
        }
    return read_hex(word, code);
}

static int refuse_code(const struct list_kind *kind, const struct option_word *word, struct error *error)
{
    struct options_hint hint = options_hint_begin(word->at, word->len);
    for (uint32_t i = kind->first; i <= kind->last; i++) {
        const char *name = is_grease((uint16_t)i) ? NULL : kind->name_of((uint16_t)i);
        if (name)
            options_hint_offer(&hint, name);
    }
    for (const struct alias *alias = kind->aliases; alias && alias->name; alias++)
        options_hint_offer(&hint, alias->name);
    return option_word_refuse(kind->option, word, kind->what, &hint, error);
}

static int take_codes(const struct list_kind *kind, const char *value, struct told_list *out, struct error *error)
{
    struct option_word word;
    for (size_t next = 0; option_word_next(value, SEPARATORS, &next, &word);) {
        uint16_t code;
        if (!find_code(kind, &word, &code))
            return refuse_code(kind, &word, error);
        if (!told_list_add(out, code))
            return error_set(error, "--%s: more than %d of them", kind->option, TOLD_CODES);
    }
    return out->num > 0 ? 0 : error_set(error, "--%s names no %s", kind->option, kind->what);
}

/* ---- versions */

static const struct alias versions[] = {
    {"ssl2", VERSION_SSL2},   {"sslv2", VERSION_SSL2},   {"20", VERSION_SSL2},      {"ssl3", VERSION_SSL3},
    {"sslv3", VERSION_SSL3},  {"ssl30", VERSION_SSL3},   {"30", VERSION_SSL3},      {"sslv30", VERSION_SSL3},
    {"tls1", VERSION_TLS10},  {"tlsv1", VERSION_TLS10},  {"tls10", VERSION_TLS10},  {"tlsv10", VERSION_TLS10},
    {"1", VERSION_TLS10},     {"10", VERSION_TLS10},     {"tls11", VERSION_TLS11},  {"tlsv11", VERSION_TLS11},
    {"11", VERSION_TLS11},    {"tls12", VERSION_TLS12},  {"tlsv12", VERSION_TLS12}, {"12", VERSION_TLS12},
    {"tls13", VERSION_TLS13}, {"tlsv13", VERSION_TLS13}, {"13", VERSION_TLS13},     {NULL, 0},
};

/* The aliases hold them all; these are for hints. */
static const char *told_version_name(uint16_t code)
{
    return code == VERSION_SSL2 || (code >= VERSION_SSL3 && code <= VERSION_TLS13) ? version_name(code) : NULL;
}

int option_told_versions(struct told_server *told, const char *value, struct error *error)
{
    static const struct list_kind kind = {
        .option = "server-versions",
        .what = "version such as TLSv1.2",
        .prefix = "vers",
        .name_of = told_version_name,
        .aliases = versions,
        .first = VERSION_SSL2,
        .last = VERSION_TLS13,
    };
    struct option_word word;
    /* "TLS 1.2" is two words. */
    for (size_t next = 0; option_word_next(value, SEPARATORS, &next, &word);) {
        char one[PLAIN_LEN];
        write_plain(one, word.at, word.len);
        if (strcmp(one, "tls") == 0 && strcspn(value + next, SEPARATORS) == 0 && value[next] == ' ')
            continue;
        uint16_t code;
        if (!find_code(&kind, &word, &code))
            return refuse_code(&kind, &word, error);
        told_list_add(&told->versions, code);
    }
    return told->versions.num > 0 ? 0 : error_set(error, "--server-versions names no version");
}

/* ---- groups */

static const struct alias groups[] = {
    {"p256", 0x0017},
    {"nistp256", 0x0017},
    {"prime256v1", 0x0017},
    {"p384", 0x0018},
    {"nistp384", 0x0018},
    {"p521", 0x0019},
    {"nistp521", 0x0019},
    {"p224", 0x0015},
    {"p192", 0x0013},
    {"prime192v1", 0x0013},
    {"curve25519", 0x001D},
    {"curvep256", 0x0017},
    {"curvep384", 0x0018},
    {"curvep521", 0x0019},
    {"curve448", 0x001E},
    {"x25519kyber768", 0x6399},
    {NULL, 0},
};

int option_told_groups(struct told_server *told, const char *value, struct error *error)
{
    static const struct list_kind kind = {
        .option = "server-groups",
        .what = "key-exchange group such as x25519 or P-256",
        .prefix = "group",
        .name_of = group_name,
        .aliases = groups,
        .first = 1,
        .last = UINT16_MAX,
    };
    return take_codes(&kind, value, &told->groups, error);
}

/* ---- signature algorithms */

/* As OpenSSL ("RSA-PSS+SHA256"), Java ("SHA256withECDSA") and Go ("PSSWithSHA256") write them. */
static unsigned scheme_aliases(uint16_t code, char out[ALIASES][PLAIN_LEN])
{
    static const struct {
        const char *key_type, *padding, *before[2], *with_before, *with_after;
    } forms[] = {
        {"rsa", "pkcs1", {"rsa", "rsapkcs1"}, "pkcs1with", "withrsa"},
        {"rsa", "pss", {"rsapss", "pss"}, "psswith", "withrsaandmgf1"},
        {"ecdsa", "ecdsa", {"ecdsa", "ec"}, "ecdsawith", "withecdsa"},
        {"dsa", "dsa", {"dsa", "dss"}, "dsawith", "withdsa"},
    };
    const struct signature_scheme *scheme = signature_scheme_find(code);
    char hash[PLAIN_LEN];
    for (size_t i = 0; scheme && i < sizeof forms / sizeof *forms; i++) {
        if (strcmp(forms[i].key_type, scheme->key_type) != 0 || strcmp(forms[i].padding, scheme->padding) != 0)
            continue;
        write_plain(hash, scheme->hash, strlen(scheme->hash));
        for (unsigned k = 0; k < 2; k++)
            snprintf(out[k], PLAIN_LEN, "%s%.16s", forms[i].before[k], hash);
        snprintf(out[2], PLAIN_LEN, "%s%.16s", forms[i].with_before, hash);
        snprintf(out[3], PLAIN_LEN, "%.16s%s", hash, forms[i].with_after);
        return ALIASES;
    }
    return 0;
}

static const struct alias schemes[] = {
    {"ecdsawithp256andsha256", 0x0403},
    {"ecdsawithp384andsha384", 0x0503},
    {"ecdsawithp521andsha512", 0x0603},
    {"eddsaed25519", 0x0807},
    {"eddsaed448", 0x0808},
    {NULL, 0},
};

int option_told_sigalgs(struct told_server *told, const char *value, struct error *error)
{
    static const struct list_kind kind = {
        .option = "server-sigalgs",
        .what = "signature algorithm such as rsa_pss_rsae_sha256 or RSA-PSS+SHA256",
        .prefix = "sign",
        .name_of = signature_scheme_name,
        .aliases_of = scheme_aliases,
        .aliases = schemes,
        .first = 1,
        .last = UINT16_MAX,
    };
    return take_codes(&kind, value, &told->signature_algorithms, error);
}

/* ---- certificates, and which server */

int option_told_cert(struct told_server *told, const char *value, struct error *error)
{
    static const struct {
        const char *name;
        unsigned kind;
    } kinds[] = {{"rsa", KEY_RSA},         {"ecdsa", KEY_ECDSA},   {"ec", KEY_ECDSA},
                 {"ed25519", KEY_ED25519}, {"eddsa", KEY_ED25519}, {"ed448", KEY_ED448},
                 {"dsa", KEY_DSA},         {"dss", KEY_DSA},       {"rsa-pss", KEY_RSA}};
    struct option_word word;
    for (size_t next = 0; option_word_next(value, SEPARATORS, &next, &word);) {
        struct options_hint hint = options_hint_begin(word.at, word.len);
        unsigned kind = 0;
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
            options_hint_offer(&hint, kinds[i].name);
            if (strlen(kinds[i].name) == word.len && strncasecmp(kinds[i].name, word.at, word.len) == 0)
                kind = kinds[i].kind;
        }
        if (kind == 0)
            return option_word_refuse("server-cert", &word, "type of certificate (rsa, ecdsa, ed25519, ed448, dsa)",
                                      &hint, error);
        told->key_kinds |= kind;
    }
    return told->key_kinds != 0 ? 0 : error_set(error, "--server-cert names no type of certificate");
}

static bool read_port(const char *text, uint16_t *out)
{
    unsigned port = 0;
    for (; isdigit((unsigned char)*text) && port <= UINT16_MAX; text++)
        port = port * 10 + (unsigned)(*text - '0');
    *out = (uint16_t)port;
    return *text == '\0' && port > 0 && port <= UINT16_MAX;
}

/* NAME, NAME:PORT, an IPv4 address in their place, an IPv6 address, [address]:PORT. */
int option_told_server(struct told_server *told, const char *value, struct error *error)
{
    char *host = told->name;
    const char *colon = strrchr(value, ':');
    bool is_bracketed = value[0] == '[',
         has_port = colon && (is_bracketed ? colon[-1] == ']' : strchr(value, ':') == colon);
    size_t len = has_port ? (size_t)(colon - value) : strlen(value);
    told->port = 0;
    if (has_port && !read_port(colon + 1, &told->port))
        return error_set(error, "--server: '%s' (character %td) is no port", colon + 1, colon + 2 - value);
    if (is_bracketed && (len < 2 || value[len - 1] != ']'))
        return error_set(error, "--server: '%s' lacks a ']' behind the address", value);
    if (is_bracketed)
        value++, len -= 2;
    if (len == 0 || len >= sizeof told->name)
        return error_set(error, "--server: '%s' is neither HOST nor HOST:PORT", value);
    memcpy(host, value, len);
    host[len] = '\0';
    told->ip_version = 0;
    memset(told->address, 0, sizeof told->address);
    if (inet_pton(AF_INET, host, told->address) == 1)
        told->ip_version = 4;
    else if (inet_pton(AF_INET6, host, told->address) == 1)
        told->ip_version = 6;
    else if (strchr(host, ':'))
        return error_set(error, "--server: '%s' is no IPv6 address", host);
    return 0;
}
