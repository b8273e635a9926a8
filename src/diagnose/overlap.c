/*
 * A rejected hello against what is known of the server, dimension by dimension: certificate type, suite, group,
 * signature algorithm (version.c looks at versions before). An empty dimension is the reason; one in which the server
 * accepted elsewhere what this hello offers, too, is ruled out.
 */
#include "diagnose/rules.h"

#include <string.h>

enum { ALERT_HANDSHAKE_FAILURE = 40, ALERT_INSUFFICIENT_SECURITY = 71 };

/* The version that this hello and this server would agree on; 0 when they share none. */
static uint16_t common_version(const struct client_hello *hello, const struct server_profile *server)
{
    uint16_t best = 0;
    for (unsigned i = 0; i < server->versions.num; i++)
        if (client_hello_offers_version(hello, server->versions.at[i]) && server->versions.at[i] > best)
            best = server->versions.at[i];
    return best;
}

static bool is_tls13_suite(uint16_t cipher)
{
    const struct cipher_suite *suite = cipher_suite_find(cipher);
    return suite && strcmp(suite->protocol_min, "TLSv1.3") == 0;
}

/* Key types that a suite of TLS 1.2 and older can go with. */
static unsigned kinds_of_suite(uint16_t cipher)
{
    const struct cipher_suite *suite = cipher_suite_find(cipher);
    if (!suite)
        return 0;
    if (strcmp(suite->auth, "RSA") == 0)
        return KEY_RSA;
    if (strcmp(suite->auth, "ECDSA") == 0)
        return KEY_ECDSA | KEY_ED25519 | KEY_ED448;
    return strcmp(suite->auth, "DSS") == 0 ? KEY_DSA : 0;
}

static unsigned kinds_signed(const struct client_hello *hello)
{
    unsigned kinds = 0;
    struct u16_list list = hello->ext.signature_algorithms;
    for (size_t i = 0; i < list.num; i++)
        kinds |= key_kind_of_scheme(u16_list_at(list, i));
    return kinds;
}

/* Key types that the hello can do with: by its suites (not in TLS 1.3), and by its signature algorithms. */
static unsigned kinds_accepted(const struct client_hello *hello, uint16_t version)
{
    unsigned kinds = 0;
    for (size_t i = 0; i < hello->cipher_suites.num; i++)
        kinds |= kinds_of_suite(u16_list_at(hello->cipher_suites, i));
    if (version_is_tls13(version))
        kinds = ~0u;
    return hello->ext.has_signature_algorithms ? kinds & kinds_signed(hello) : kinds;
}

static unsigned kinds_known(const struct server_profile *server)
{
    unsigned kinds = server->key_kinds;
    for (unsigned i = 0; i < server->signature_algorithms.num; i++)
        kinds |= key_kind_of_scheme(server->signature_algorithms.at[i]);
    return kinds;
}

enum shared { SHARED_UNKNOWN, SHARED_SOME, SHARED_NONE };

static enum shared share_kind(const struct client_hello *hello, const struct server_profile *server, uint16_t version)
{
    unsigned known = kinds_known(server);
    if (known == 0)
        return SHARED_UNKNOWN;
    return known & kinds_accepted(hello, version) ? SHARED_SOME : SHARED_NONE;
}

static enum shared share_cipher(const struct client_hello *hello, const struct server_profile *server, uint16_t version)
{
    enum shared shared = SHARED_UNKNOWN;
    for (unsigned i = 0; i < server->ciphers.num && shared != SHARED_SOME; i++)
        if (is_tls13_suite(server->ciphers.at[i]) == version_is_tls13(version))
            shared = u16_list_has(hello->cipher_suites, server->ciphers.at[i]) ? SHARED_SOME : SHARED_NONE;
    return shared;
}

static bool shares_code(struct u16_list offered, const struct code_set *known)
{
    for (unsigned i = 0; i < known->num; i++)
        if (u16_list_has(offered, known->at[i]))
            return true;
    return false;
}

static enum shared share_group(const struct client_hello *hello, const struct server_profile *server, uint16_t version)
{
    (void)version;
    if (server->groups.num == 0 || !hello->ext.has_supported_groups)
        return SHARED_UNKNOWN;
    return shares_code(hello->ext.supported_groups, &server->groups) ? SHARED_SOME : SHARED_NONE;
}

static enum shared share_signature(const struct client_hello *hello, const struct server_profile *server,
                                   uint16_t version)
{
    const struct code_set *known = &server->signature_algorithms;
    if (version_is_tls13(version) && known->num == 0 && server->has_hidden_signatures)
        known = &server->hidden_signatures;
    if (known->num == 0 || !hello->ext.has_signature_algorithms)
        return SHARED_UNKNOWN;
    if (!shares_code(hello->ext.signature_algorithms, known))
        return SHARED_NONE;
    /* What TLS 1.3 hides is one of these: shared only when the hello offers all of them. */
    if (known == &server->hidden_signatures)
        for (unsigned i = 0; i < known->num; i++)
            if (!u16_list_has(hello->ext.signature_algorithms, known->at[i]))
                return SHARED_UNKNOWN;
    return SHARED_SOME;
}

/* In the order of the catalogue. */
static const struct dimension {
    enum finding_id id;
    const char *what;
    enum shared (*share)(const struct client_hello *hello, const struct server_profile *server, uint16_t version);
} dimensions[] = {
    {FINDING_NO_SHARED_CERTIFICATE_TYPE, "certificate type", share_kind},
    {FINDING_NO_SHARED_CIPHER, "cipher suite", share_cipher},
    {FINDING_NO_SHARED_GROUP, "group", share_group},
    {FINDING_NO_SHARED_SIGNATURE_ALGORITHM, "signature algorithm", share_signature},
};
enum { NUM_DIMENSIONS = sizeof dimensions / sizeof *dimensions };

static void say_lists(const struct subject *s, struct diagnosis *d, struct finding *f,
                      const struct server_profile *server, uint16_t version)
{
    const struct client_hello *hello = &s->c->client_hello;
    const struct code_set *schemes =
        server->signature_algorithms.num > 0 ? &server->signature_algorithms : &server->hidden_signatures;
    const char *offered = NULL, *known = NULL;
    if (f->id == FINDING_NO_SHARED_CERTIFICATE_TYPE) {
        offered = say_kinds(d, kinds_accepted(hello, version) & (KEY_OTHER * 2 - 1));
        known = say_kinds(d, kinds_known(server));
    } else if (f->id == FINDING_NO_SHARED_CIPHER) {
        offered = say_list(d, hello->cipher_suites, say_cipher);
        known = say_set(d, &server->ciphers, say_cipher);
    } else if (f->id == FINDING_NO_SHARED_GROUP) {
        offered = say_list(d, hello->ext.supported_groups, say_group);
        known = say_set(d, &server->groups, say_group);
    } else {
        offered = say_list(d, hello->ext.signature_algorithms, say_scheme);
        known = say_set(d, schemes, say_scheme);
    }
    finding_detail(d, f, "The client offers: %s. Of the server is known: %s.", offered, known);
}

static struct finding *add(const struct subject *s, struct diagnosis *d, const struct dimension *dimension,
                           const struct server_profile *server, uint16_t version, enum certainty certainty)
{
    struct finding *f = finding_cause(d, dimension->id, certainty, PARTY_SERVER);
    finding_summary(d, f, "The client's hello and %s have no %s in common.", say_server(d, s), dimension->what);
    say_lists(s, d, f, server, version);
    return f;
}

static void say_ruled_out(const struct subject *s, struct diagnosis *d, struct finding *f,
                          const struct server_profile *server, uint16_t version)
{
    const struct client_hello *hello = &s->c->client_hello;
    const char *list = "version";
    for (unsigned i = 0; i < NUM_DIMENSIONS; i++)
        if (dimensions[i].id != f->id && dimensions[i].share(hello, server, version) == SHARED_SOME)
            list = finding_text(d, "%s, %s", list, dimensions[i].what);
    finding_detail(d, f, "Ruled out, since the server accepted elsewhere what this hello offers, too: %s.", list);
    if (f->certainty != CERTAINTY_PROVEN)
        finding_detail(d, f, "The server may know more than it showed here; its configuration would settle it.");
    show_hello(d, f, s->c);
    show_ending(d, f, s);
    show_profile(d, f, server);
}

/* Nothing is empty as far as one can see. When all but the hidden signature is ruled out, that is the candidate. */
static const struct dimension *by_elimination(const struct client_hello *hello, const struct server_profile *server,
                                              uint16_t version)
{
    if (!version_is_tls13(version) || !server->has_hidden_signatures)
        return NULL;
    bool is_rest_shared =
        share_cipher(hello, server, version) == SHARED_SOME && share_group(hello, server, version) == SHARED_SOME;
    const struct dimension *last = &dimensions[NUM_DIMENSIONS - 1];
    return is_rest_shared && last->share(hello, server, version) == SHARED_UNKNOWN ? last : NULL;
}

static void overlap(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    const struct server_profile *server = s->server && s->server->versions.num > 0 ? s->server : s->all_names;
    bool is_refused = ended_by_alert(s, ROLE_SERVER, ALERT_HANDSHAKE_FAILURE) ||
                      ended_by_alert(s, ROLE_SERVER, ALERT_INSUFFICIENT_SECURITY);
    if (!is_refused || !is_hello_rejected(s) || c->is_client_hello_cut || !server || server->versions.num == 0)
        return;
    const struct client_hello *hello = &c->client_hello;
    uint16_t version = common_version(hello, server);
    if (version == 0)
        return;
    for (unsigned i = 0; i < NUM_DIMENSIONS; i++) {
        if (dimensions[i].share(hello, server, version) != SHARED_NONE)
            continue;
        struct finding *f = add(s, d, &dimensions[i], server, version, CERTAINTY_LIKELY);
        say_ruled_out(s, d, f, server, version);
        return;
    }
    const struct dimension *left = by_elimination(hello, server, version);
    if (!left)
        return;
    struct finding *f = add(s, d, left, server, version, CERTAINTY_POSSIBLE);
    finding_summary(d, f, "The client's hello and %s have probably no signature algorithm in common.",
                    say_server(d, s));
    finding_detail(d, f,
                   "TLS 1.3 hides what the server signs with: it is one of those that clients offered whose "
                   "handshake completed, and this client does not offer all of them.");
    say_ruled_out(s, d, f, server, version);
}

static const struct rule overlap_rules[] = {
    {FINDING_NO_SHARED_CIPHER, overlap, ON_FAILED | WHEN_UNEXPLAINED},
};
RULE_TABLE(overlap);
