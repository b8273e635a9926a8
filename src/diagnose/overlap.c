/*
 * A rejected hello against what is known of the server, dimension by dimension: certificate type, suite, group,
 * signature algorithm (version.c looks at versions before). An empty dimension is the reason; one in which the server
 * accepted elsewhere what this hello offers, too, is ruled out.
 */
#include "diagnose/rules.h"

#include <string.h>

/* What is known of the server's side: seen in other connections, told by the user, or both. */
struct side {
    const struct server_profile *seen; /* never NULL */
    const struct told_server *told;    /* never NULL */
};

static const struct server_profile nothing_seen;
static const struct told_server nothing_told;

static struct side side_of_server(const struct subject *s)
{
    const struct server_profile *seen = s->server && s->server->versions.num > 0 ? s->server : s->all_names;
    return (struct side){seen && seen->versions.num > 0 ? seen : &nothing_seen, s->told ? s->told : &nothing_told};
}

/* The versions that this hello and this server would agree on: one; or, where nothing is known of the server's, the
 * newest of each kind that the hello offers, for TLS 1.3 has suites and signatures of its own. */
struct candidates {
    uint16_t at[2];
    unsigned num;
};

static uint16_t newest_old(const struct client_hello *hello)
{
    if (version_as_tls(hello->legacy_version) != hello->legacy_version)
        return hello->legacy_version; /* DTLS */
    for (uint16_t version = VERSION_TLS12; version >= VERSION_SSL3; version--)
        if (client_hello_offers_version(hello, version))
            return version;
    return 0;
}

static struct candidates candidates_of(const struct client_hello *hello, const struct side *side)
{
    struct candidates out = {.num = 0};
    uint16_t best = 0;
    if (side->seen->versions.num == 0 && side->told->versions.num == 0) {
        if (client_hello_offers_version(hello, VERSION_TLS13))
            out.at[out.num++] = VERSION_TLS13;
        if (newest_old(hello) != 0)
            out.at[out.num++] = newest_old(hello);
        return out;
    }
    for (unsigned i = 0; i < side->seen->versions.num; i++)
        if (client_hello_offers_version(hello, side->seen->versions.at[i]) &&
            version_as_tls(side->seen->versions.at[i]) > version_as_tls(best))
            best = side->seen->versions.at[i];
    for (unsigned i = 0; i < side->told->versions.num; i++)
        if (client_hello_offers_version(hello, side->told->versions.at[i]) &&
            version_as_tls(side->told->versions.at[i]) > version_as_tls(best))
            best = side->told->versions.at[i];
    if (best != 0)
        out.at[out.num++] = best;
    return out;
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

static unsigned kinds_known(const struct side *side)
{
    unsigned kinds = side->seen->key_kinds | side->told->key_kinds;
    for (unsigned i = 0; i < side->seen->signature_algorithms.num; i++)
        kinds |= key_kind_of_scheme(side->seen->signature_algorithms.at[i]);
    return kinds;
}

enum shared { SHARED_UNKNOWN, SHARED_SOME, SHARED_NONE };

/* Both sources must have nothing in common with the hello: what was seen cannot be told away, and the other way round.
 */
static enum shared either(enum shared a, enum shared b)
{
    if (a == SHARED_UNKNOWN || b == SHARED_UNKNOWN)
        return a == SHARED_UNKNOWN ? b : a;
    return a == SHARED_SOME || b == SHARED_SOME ? SHARED_SOME : SHARED_NONE;
}

static enum shared share_kind(const struct client_hello *hello, const struct side *side, uint16_t version)
{
    unsigned known = kinds_known(side);
    if (known == 0)
        return SHARED_UNKNOWN;
    return known & kinds_accepted(hello, version) ? SHARED_SOME : SHARED_NONE;
}

static enum shared seen_cipher(const struct client_hello *hello, const struct side *side, uint16_t version)
{
    enum shared shared = SHARED_UNKNOWN;
    const struct code_set *seen = &side->seen->ciphers;
    for (unsigned i = 0; i < seen->num && shared != SHARED_SOME; i++)
        if (is_tls13_suite(seen->at[i]) == version_is_tls13(version))
            shared = u16_list_has(hello->cipher_suites, seen->at[i]) ? SHARED_SOME : SHARED_NONE;
    return shared;
}

/* A suite that the server is configured for, and can use: with this version, and with a certificate that it has. */
static bool is_usable(uint16_t cipher, const struct side *side, uint16_t version)
{
    const struct cipher_suite *suite = cipher_suite_find(cipher);
    unsigned kinds = kinds_of_suite(cipher), known = kinds_known(side);
    if (is_tls13_suite(cipher) != version_is_tls13(version))
        return false;
    if (suite && version_as_tls(version) < VERSION_TLS12 && strcmp(suite->protocol_min, "TLSv1.2") == 0)
        return false;
    return version_is_tls13(version) || kinds == 0 || known == 0 || (kinds & known) != 0;
}

static enum shared told_cipher(const struct client_hello *hello, const struct side *side, uint16_t version)
{
    const struct told_list *told = &side->told->ciphers;
    for (unsigned i = 0; i < told->num; i++)
        if (is_usable(told->at[i], side, version) && u16_list_has(hello->cipher_suites, told->at[i]))
            return SHARED_SOME;
    return told->num > 0 ? SHARED_NONE : SHARED_UNKNOWN;
}

static enum shared share_cipher(const struct client_hello *hello, const struct side *side, uint16_t version)
{
    return either(seen_cipher(hello, side, version), told_cipher(hello, side, version));
}

static bool shares_code(struct u16_list offered, const struct code_set *known)
{
    for (unsigned i = 0; i < known->num; i++)
        if (u16_list_has(offered, known->at[i]))
            return true;
    return false;
}

static enum shared share_told(struct u16_list offered, const struct told_list *told)
{
    for (unsigned i = 0; i < told->num; i++)
        if (u16_list_has(offered, told->at[i]))
            return SHARED_SOME;
    return told->num > 0 ? SHARED_NONE : SHARED_UNKNOWN;
}

static bool needs_group(uint16_t cipher)
{
    const struct cipher_suite *suite = cipher_suite_find(cipher);
    return is_tls13_suite(cipher) || (suite && strncmp(suite->kx, "ECDHE", 5) == 0);
}

/* A suite that both have and that needs no group: then no group is missing. */
static bool shares_groupless(const struct client_hello *hello, const struct side *side, uint16_t version)
{
    const struct told_list *told = &side->told->ciphers;
    for (unsigned i = 0; i < side->seen->ciphers.num; i++)
        if (!needs_group(side->seen->ciphers.at[i]) && u16_list_has(hello->cipher_suites, side->seen->ciphers.at[i]))
            return true;
    for (unsigned i = 0; i < told->num; i++)
        if (!needs_group(told->at[i]) && is_usable(told->at[i], side, version) &&
            u16_list_has(hello->cipher_suites, told->at[i]))
            return true;
    return false;
}

static enum shared share_group(const struct client_hello *hello, const struct side *side, uint16_t version)
{
    const struct code_set *seen = &side->seen->groups;
    if (!hello->ext.has_supported_groups)
        return SHARED_UNKNOWN;
    struct u16_list offered = hello->ext.supported_groups;
    enum shared by_sight = seen->num == 0 ? SHARED_UNKNOWN : shares_code(offered, seen) ? SHARED_SOME : SHARED_NONE;
    enum shared shared = either(by_sight, share_told(offered, &side->told->groups));
    bool is_needless = !version_is_tls13(version) && shares_groupless(hello, side, version);
    return shared == SHARED_NONE && is_needless ? SHARED_UNKNOWN : shared;
}

static enum shared seen_signature(const struct client_hello *hello, const struct side *side, uint16_t version)
{
    const struct server_profile *seen = side->seen;
    const struct code_set *known = &seen->signature_algorithms;
    if (version_is_tls13(version) && known->num == 0 && seen->has_hidden_signatures)
        known = &seen->hidden_signatures;
    if (known->num == 0)
        return SHARED_UNKNOWN;
    if (!shares_code(hello->ext.signature_algorithms, known))
        return SHARED_NONE;
    /* What TLS 1.3 hides is one of these: shared only when the hello offers all of them. */
    if (known == &seen->hidden_signatures)
        for (unsigned i = 0; i < known->num; i++)
            if (!u16_list_has(hello->ext.signature_algorithms, known->at[i]))
                return SHARED_UNKNOWN;
    return SHARED_SOME;
}

/* A scheme that a key of the server's can make. */
static enum shared told_signature(const struct client_hello *hello, const struct side *side)
{
    const struct told_list *told = &side->told->signature_algorithms;
    unsigned known = kinds_known(side);
    for (unsigned i = 0; i < told->num; i++) {
        unsigned kind = key_kind_of_scheme(told->at[i]);
        if ((kind == 0 || known == 0 || (kind & known) != 0) &&
            u16_list_has(hello->ext.signature_algorithms, told->at[i]))
            return SHARED_SOME;
    }
    return told->num > 0 ? SHARED_NONE : SHARED_UNKNOWN;
}

static enum shared share_signature(const struct client_hello *hello, const struct side *side, uint16_t version)
{
    if (!hello->ext.has_signature_algorithms)
        return SHARED_UNKNOWN;
    return either(seen_signature(hello, side, version), told_signature(hello, side));
}

/* In the order of the catalogue. */
static const struct dimension {
    enum finding_id id;
    const char *what, *option;
    enum shared (*share)(const struct client_hello *hello, const struct side *side, uint16_t version);
} dimensions[] = {
    {FINDING_NO_SHARED_CERTIFICATE_TYPE, "certificate type", "--server-cert", share_kind},
    {FINDING_NO_SHARED_CIPHER, "cipher suite", "--server-ciphers", share_cipher},
    {FINDING_NO_SHARED_GROUP, "group", "--server-groups", share_group},
    {FINDING_NO_SHARED_SIGNATURE_ALGORITHM, "signature algorithm", "--server-sigalgs", share_signature},
};
enum { NUM_DIMENSIONS = sizeof dimensions / sizeof *dimensions };

static bool is_told(const struct dimension *dimension, const struct told_server *told)
{
    const bool by_dimension[NUM_DIMENSIONS] = {told->key_kinds != 0, told->ciphers.num > 0, told->groups.num > 0,
                                               told->signature_algorithms.num > 0};
    return by_dimension[dimension - dimensions];
}

/* The same in all versions that may be agreed on; else it cannot be told. */
static enum shared share(const struct dimension *dimension, const struct client_hello *hello, const struct side *side,
                         const struct candidates *versions)
{
    enum shared first = versions->num > 0 ? dimension->share(hello, side, versions->at[0]) : SHARED_UNKNOWN;
    for (unsigned i = 1; i < versions->num; i++)
        if (dimension->share(hello, side, versions->at[i]) != first)
            return SHARED_UNKNOWN;
    return first;
}

struct lists {
    const char *offered, *seen, *told; /* seen, told: "none" when there is none */
};

static struct lists lists_of(const struct subject *s, struct diagnosis *d, enum finding_id id, const struct side *side,
                             uint16_t version)
{
    const struct client_hello *hello = &s->c->client_hello;
    const struct server_profile *seen = side->seen;
    const struct told_server *told = side->told;
    if (id == FINDING_NO_SHARED_CERTIFICATE_TYPE) {
        struct side sight = {seen, &nothing_told};
        return (struct lists){say_kinds(d, kinds_accepted(hello, version) & (KEY_OTHER * 2 - 1)),
                              say_kinds(d, kinds_known(&sight)), say_kinds(d, told->key_kinds)};
    }
    if (id == FINDING_NO_SHARED_CIPHER)
        return (struct lists){say_list(d, hello->cipher_suites, say_cipher), say_set(d, &seen->ciphers, say_cipher),
                              say_told(d, &told->ciphers, say_cipher)};
    if (id == FINDING_NO_SHARED_GROUP)
        return (struct lists){say_list(d, hello->ext.supported_groups, say_group), say_set(d, &seen->groups, say_group),
                              say_told(d, &told->groups, say_group)};
    const struct code_set *schemes =
        seen->signature_algorithms.num > 0 ? &seen->signature_algorithms : &seen->hidden_signatures;
    return (struct lists){say_list(d, hello->ext.signature_algorithms, say_scheme), say_set(d, schemes, say_scheme),
                          say_told(d, &told->signature_algorithms, say_scheme)};
}

static void say_lists(const struct subject *s, struct diagnosis *d, struct finding *f,
                      const struct dimension *dimension, const struct side *side, uint16_t version)
{
    struct lists lists = lists_of(s, d, f->id, side, version);
    if (!is_told(dimension, side->told)) {
        finding_detail(d, f, "The client offers: %s. Of the server is known: %s.", lists.offered, lists.seen);
        return;
    }
    finding_detail(d, f, "The client offers: %s. As you told by %s, the server takes: %s.", lists.offered,
                   dimension->option, lists.told);
    if (f->id == FINDING_NO_SHARED_CIPHER &&
        told_cipher(&s->c->client_hello, &(struct side){&nothing_seen, side->told}, version) == SHARED_SOME)
        finding_detail(d, f, "What is common to both fits none of its certificates (%s).",
                       say_kinds(d, kinds_known(side)));
    if (strcmp(lists.seen, "none") != 0)
        finding_detail(d, f, "Seen in the capture: %s.", lists.seen);
}

static struct finding *add(const struct subject *s, struct diagnosis *d, const struct dimension *dimension,
                           const struct side *side, uint16_t version, enum certainty certainty)
{
    struct finding *f = finding_cause(d, dimension->id, certainty, PARTY_SERVER);
    finding_summary(d, f, "The client's hello and %s have no %s in common%s.", say_server(d, s), dimension->what,
                    is_told(dimension, side->told) ? ", by what you told of the server" : "");
    say_lists(s, d, f, dimension, side, version);
    return f;
}

/* Dimensions that are shared; "" when none is. by_told: those of which only the user's word says so. */
static const char *shared_dimensions(struct diagnosis *d, const struct client_hello *hello, const struct side *side,
                                     const struct candidates *versions, bool by_told)
{
    const struct side sight = {side->seen, &nothing_told};
    bool is_version_seen = sight.seen->versions.num > 0 && candidates_of(hello, &sight).num > 0;
    const char *list = by_told ? (!is_version_seen && side->told->versions.num > 0 ? "version" : "")
                               : (is_version_seen ? "version" : "");
    for (unsigned i = 0; i < NUM_DIMENSIONS; i++) {
        bool is_seen = share(&dimensions[i], hello, &sight, versions) == SHARED_SOME;
        if (share(&dimensions[i], hello, side, versions) == SHARED_SOME && is_seen != by_told)
            list = finding_text(d, "%s%s%s", list, *list ? ", " : "", dimensions[i].what);
    }
    return list;
}

static void say_ruled_out(const struct subject *s, struct diagnosis *d, struct finding *f, const struct side *side,
                          const struct candidates *versions)
{
    const struct client_hello *hello = &s->c->client_hello;
    const char *seen = shared_dimensions(d, hello, side, versions, false);
    const char *told = shared_dimensions(d, hello, side, versions, true);
    if (*seen)
        finding_detail(d, f, "Ruled out, since the server accepted elsewhere what this hello offers, too: %s.", seen);
    if (*told)
        finding_detail(d, f, "Ruled out by what you told: %s.", told);
    if (s->end.kind != ENDING_ALERT)
        finding_detail(d, f, "The server said nothing before it broke off; some, as Windows, send no alert for this.");
    if (side->told != &nothing_told)
        finding_detail(d, f, "This is as right as what was told; the server's configuration or log would prove it.");
    else if (f->certainty != CERTAINTY_PROVEN)
        finding_detail(d, f, "The server may know more than it showed here; its configuration would settle it.");
    show_hello(d, f, s->c);
    show_ending(d, f, s);
    show_profile(d, f, side->seen);
}

/* Nothing is empty as far as one can see. When all but the hidden signature is ruled out, that is the candidate. */
static const struct dimension *by_elimination(const struct client_hello *hello, const struct side *side,
                                              const struct candidates *versions)
{
    const struct dimension *cipher = &dimensions[1], *group = &dimensions[2], *last = &dimensions[NUM_DIMENSIONS - 1];
    if (versions->num != 1 || !version_is_tls13(versions->at[0]) || !side->seen->has_hidden_signatures)
        return NULL;
    bool is_rest_shared =
        share(cipher, hello, side, versions) == SHARED_SOME && share(group, hello, side, versions) == SHARED_SOME;
    return is_rest_shared && share(last, hello, side, versions) == SHARED_UNKNOWN ? last : NULL;
}

static bool is_refused(const struct subject *s)
{
    return ended_by_alert(s, ROLE_SERVER, ALERT_HANDSHAKE_FAILURE) ||
           ended_by_alert(s, ROLE_SERVER, ALERT_INSUFFICIENT_SECURITY);
}

static void overlap(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    const struct side side = side_of_server(s);
    const struct client_hello *hello = &c->client_hello;
    /* A close says less than an alert: only the user's word is taken to explain it. */
    bool is_told_close = s->told && is_over_by_close(s);
    if ((!is_refused(s) && !is_told_close) || !is_hello_rejected(s) || c->is_client_hello_cut)
        return;
    struct candidates versions = candidates_of(hello, &side);
    if (versions.num == 0 || (side.seen == &nothing_seen && side.told == &nothing_told))
        return;
    for (unsigned i = 0; i < NUM_DIMENSIONS; i++) {
        if (share(&dimensions[i], hello, &side, &versions) != SHARED_NONE ||
            (is_told_close && !is_told(&dimensions[i], side.told)))
            continue;
        struct finding *f = add(s, d, &dimensions[i], &side, versions.at[0], CERTAINTY_LIKELY);
        say_ruled_out(s, d, f, &side, &versions);
        return;
    }
    const struct dimension *left = is_told_close ? NULL : by_elimination(hello, &side, &versions);
    if (!left)
        return;
    struct finding *f = add(s, d, left, &side, versions.at[0], CERTAINTY_POSSIBLE);
    finding_summary(d, f, "The client's hello and %s have probably no signature algorithm in common.",
                    say_server(d, s));
    finding_detail(d, f,
                   "TLS 1.3 hides what the server signs with: it is one of those that clients offered whose "
                   "handshake completed, and this client does not offer all of them.");
    say_ruled_out(s, d, f, &side, &versions);
}

struct overlap_summary overlap_sum_up(const struct subject *s, struct diagnosis *d)
{
    /* By how often each is the reason. */
    static const struct {
        int dimension; /* -1: the version */
        const char *what;
    } ranks[] = {{1, "cipher suites"},
                 {2, "key-exchange groups"},
                 {3, "signature algorithms"},
                 {0, "certificate types"},
                 {-1, "the version"}};
    const struct side side = side_of_server(s);
    const struct client_hello *hello = &s->c->client_hello;
    struct overlap_summary out = {"", ""};
    bool is_known = s->c->has_client_hello && !s->c->is_client_hello_cut;
    struct candidates versions = is_known ? candidates_of(hello, &side) : (struct candidates){.num = 0};
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++) {
        bool is_version = ranks[i].dimension < 0;
        bool is_shared = is_version ? versions.num == 1 && (side.seen->versions.num > 0 || side.told->versions.num > 0)
                                    : share(&dimensions[ranks[i].dimension], hello, &side, &versions) == SHARED_SOME;
        const char **list = is_shared ? &out.closed : &out.open;
        *list = finding_text(d, "%s%s%s", *list, **list ? ", " : "", ranks[i].what);
    }
    return out;
}

static const struct rule overlap_rules[] = {
    {FINDING_NO_SHARED_CIPHER, overlap, ON_FAILED | WHEN_UNEXPLAINED},
};
RULE_TABLE(overlap);
