/* What was negotiated and is weak, on connections that came that far: warnings. */
#include "diagnose/rules.h"

#include <string.h>

static bool is_obsolete(uint16_t version)
{
    return version == VERSION_SSL2 ||
           (version_as_tls(version) >= VERSION_SSL3 && version_as_tls(version) <= VERSION_TLS11);
}

static void obsolete_version(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    if (!is_obsolete(c->version))
        return;
    struct finding *f = finding_add(d, FINDING_OBSOLETE_VERSION, CERTAINTY_PROVEN);
    finding_summary(d, f, "%s was negotiated, which is obsolete%s.", say_version(d, c->version),
                    c->version <= VERSION_SSL3 ? " and broken" : " (RFC 8996)");
    if (s->top_rank >= VERSION_TLS12)
        finding_detail(d, f, "The client offered %s: the server is behind.", say_version(d, s->top_version));
    else if (s->top_version != 0)
        finding_detail(d, f, "The client offers nothing newer.");
    if (s->top_version != 0 && s->top_rank < VERSION_TLS12)
        f->side = PARTY_CLIENT;
    finding_evidence(d, f, c->server_hello_moment.place, "ServerHello chose %s", say_version(d, c->version));
}

/* Words of cipher_suites.csv's `weakness` column that count here; static RSA has its own code. */
static const struct {
    const char *word, *text;
} weaknesses[] = {
    {"null", "it does not encrypt"},
    {"anon", "it authenticates nobody"},
    {"export", "its keys are cut to 40 or 56 bits"},
    {"rc4", "RC4 is broken (RFC 7465)"},
    {"rc2", "RC2 is broken"},
    {"3des", "64-bit blocks leak in long sessions (Sweet32)"},
    {"des", "DES keys can be tried out"},
};

static bool has_word(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = list; *at;) {
        size_t item = strcspn(at, "+ ");
        if (item == len && memcmp(at, word, len) == 0)
            return true;
        at += item + (at[item] != '\0');
    }
    return false;
}

static void cipher_weak(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    const struct cipher_suite *suite = c->has_cipher ? cipher_suite_find(c->cipher) : NULL;
    if (!suite || suite->weakness_all[0] == '\0')
        return;
    struct finding *f = NULL;
    for (size_t i = 0; i < sizeof weaknesses / sizeof *weaknesses; i++) {
        if (!has_word(suite->weakness_all, weaknesses[i].word))
            continue;
        if (!f) {
            f = finding_add(d, FINDING_CIPHER_WEAK, CERTAINTY_PROVEN);
            finding_summary(d, f, "The weak suite %s was negotiated: %s.", suite->iana, weaknesses[i].text);
            finding_evidence(d, f, c->server_hello_moment.place, "ServerHello chose %s", suite->iana);
        } else {
            finding_detail(d, f, "Also: %s.", weaknesses[i].text);
        }
    }
}

static void no_forward_secrecy(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    const struct cipher_suite *suite = c->has_cipher ? cipher_suite_find(c->cipher) : NULL;
    if (!suite || suite->forward_secret || version_is_tls13(c->version) || suite->kx[0] == '\0' || c->is_resumed)
        return;
    struct finding *f = finding_add(d, FINDING_NO_FORWARD_SECRECY, CERTAINTY_PROVEN);
    finding_summary(d, f, "%s has no forward secrecy: who gets the server's key later can read this session.",
                    suite->iana);
    finding_evidence(d, f, c->server_hello_moment.place, "ServerHello chose %s", suite->iana);
}

static void compression(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    if (!c->has_server_hello || c->is_server_hello_cut || c->server_hello.compression_method == 0 ||
        version_is_tls13(c->version))
        return;
    struct finding *f = finding_add(d, FINDING_COMPRESSION_ENABLED, CERTAINTY_PROVEN);
    finding_summary(d, f, "TLS compression was negotiated, which leaks secrets by length (CRIME).");
    finding_evidence(d, f, c->server_hello_moment.place, "ServerHello chose compression method %u",
                     c->server_hello.compression_method);
}

static const struct rule chosen_rules[] = {
    {FINDING_OBSOLETE_VERSION, obsolete_version, ON_COMPLETED},
    {FINDING_CIPHER_WEAK, cipher_weak, ON_COMPLETED},
    {FINDING_NO_FORWARD_SECRECY, no_forward_secrecy, ON_COMPLETED},
    {FINDING_COMPRESSION_ENABLED, compression, ON_BOTH},
};
RULE_TABLE(chosen);
