/* Signs that somebody in the middle made the certificate: hints, each with its weight, never an error by themselves. */
#include "diagnose/chain_faults.h"
#include "diagnose/chains_seen.h"

#include <string.h>

enum { FRESH_SECONDS = 3600, LIKELY_WEIGHT = 4 };

/* Names under these cannot be had on the Internet. */
static const char *const private_domains[] = {"test", "local", "internal",  "home",   "corp",
                                              "lan",  "arpa",  "localhost", "invalid"};

static bool is_public(struct bytes name)
{
    size_t at = name.len;
    while (at > 0 && name.at[at - 1] != '.')
        at--;
    size_t len = name.len - at;
    if (at == 0 || len == 0 || (name.at[at] >= '0' && name.at[at] <= '9') || memchr(name.at, ':', name.len))
        return false;
    for (size_t i = 0; i < sizeof private_domains / sizeof *private_domains; i++)
        if (strlen(private_domains[i]) == len && strncasecmp(private_domains[i], (const char *)name.at + at, len) == 0)
            return false;
    return true;
}

static bool has_trusted_issuer(const struct connection *c)
{
    for (unsigned i = 0; i < c->num_verifications; i++) {
        uint16_t code = c->verifications[i].outcome.code;
        if (code != 2 && (code < 18 || code > 21))
            return true;
    }
    return false;
}

struct scene {
    const struct chain_view *v;
    struct certificate *way[CHAIN_SEEN_WAY];
    unsigned num_way;
    const struct certificate_facts *leaf;
    struct bytes name;
    const struct chains_seen *chains_seen; /* NULL none */
};

static const char *text_of(struct diagnosis *d, const char *text)
{
    return finding_name(d, (struct bytes){(const uint8_t *)text, strlen(text)});
}

/* Each gives the sentence of its hint, and may add evidence; NULL: it does not hold. */

static const char *private_issuer(const struct scene *scene, struct diagnosis *d, struct finding *f)
{
    const struct chain_view *v = scene->v;
    const struct connection *c = v->s->c;
    (void)f;
    if (!is_public(scene->name) || c->num_verifications == 0 || v->shape.is_leaf_self_signed || v->shape.is_alone ||
        has_trusted_issuer(c))
        return NULL;
    return finding_text(d, "The name is public, but its issuer %s is in no trust store used here",
                        text_of(d, scene->leaf->issuer));
}

/* Another chain for the same name, earlier in the capture or on the same server, that leads to another root. */
static const struct chain_seen *other_chain(const struct scene *scene)
{
    const struct chain_seen *seen;
    unsigned num = scene->chains_seen ? chains_seen_of_name(scene->chains_seen, scene->name, &seen) : 0;
    for (unsigned i = 0; i < num; i++) {
        const struct certificate_facts *facts = certificate_facts(seen[i].way[0]);
        if (!facts->error && seen[i].way[0] != scene->way[0] &&
            !chains_seen_share_issuer(scene->way, scene->num_way, &seen[i]))
            return &seen[i];
    }
    return NULL;
}

static const char *other_issuer(const struct scene *scene, struct diagnosis *d, struct finding *f)
{
    const struct chain_seen *other = has_trusted_issuer(scene->v->s->c) ? NULL : other_chain(scene);
    if (!other)
        return NULL;
    const char *issuer = text_of(d, certificate_facts(other->way[0])->issuer);
    if (f)
        finding_evidence_connection(d, f, other->id, other->place, "the same name with a certificate issued by %s",
                                    issuer);
    return finding_text(d,
                        "Another connection for the same name showed a certificate from %s, this one is from %s, and "
                        "they have no root in common",
                        issuer, text_of(d, scene->leaf->issuer));
}

static bool is_for(const struct certificate_facts *facts, struct bytes name)
{
    for (size_t i = 0; i < facts->num_san; i++)
        if (strncmp(facts->san[i], "DNS:", 4) == 0 && strlen(facts->san[i]) == name.len + 4 &&
            strncasecmp(facts->san[i] + 4, (const char *)name.at, name.len) == 0)
            return true;
    return false;
}

/* Proxies that inspect TLS make one key and many certificates. */
static const char *one_key(const struct scene *scene, struct diagnosis *d, struct finding *f)
{
    const struct chain_seen *seen;
    unsigned num =
        scene->chains_seen ? chains_seen_of_key(scene->chains_seen, scene->v->s->c->chain.certificates[0], &seen) : 0;
    for (unsigned i = 0; i < num; i++) {
        const struct certificate_facts *facts = certificate_facts(seen[i].way[0]);
        if (seen[i].way[0] == scene->way[0] || facts->error || is_for(facts, scene->name) ||
            strcmp(facts->subject, scene->leaf->subject) == 0)
            continue;
        if (f)
            finding_evidence_connection(d, f, seen[i].id, seen[i].place, "the same key in the certificate of %s",
                                        text_of(d, facts->subject));
        return finding_text(d, "Its key is also that of the certificate of %s", text_of(d, facts->subject));
    }
    return NULL;
}

static const char *minted(const struct scene *scene, struct diagnosis *d, struct finding *f)
{
    int64_t now = scene->v->s->c->flow->first.time_ns / 1000000000, made = scene->leaf->not_before;
    (void)f;
    if (now == 0 || made == INT64_MIN || made > now || made < now - FRESH_SECONDS)
        return NULL;
    int64_t age = now - made;
    return finding_text(d, "It was made %lld minutes before this connection", (long long)(age / 60));
}

static const char *no_timestamps(const struct scene *scene, struct diagnosis *d, struct finding *f)
{
    (void)d, (void)f;
    if (scene->leaf->has_scts || !is_public(scene->name))
        return NULL;
    return "It holds no signed certificate timestamps (SCT), which public authorities put into all of theirs";
}

static const struct hint {
    unsigned weight;
    bool is_enough; /* alone */
    const char *(*find)(const struct scene *scene, struct diagnosis *d, struct finding *f);
} hints[] = {
    {2, true, private_issuer}, {2, true, other_issuer},   {2, false, one_key},
    {1, false, minted},        {1, false, no_timestamps},
};
enum { NUM_HINTS = sizeof hints / sizeof *hints };

static bool is_suspicious(const struct scene *scene, struct diagnosis *d)
{
    for (unsigned i = 0; i < NUM_HINTS; i++)
        if (hints[i].is_enough && hints[i].find(scene, d, NULL))
            return true;
    return false;
}

void interception(struct chain_view *v, struct diagnosis *d)
{
    const struct connection *c = v->s->c;
    const struct profiles *profiles = v->s->context->profiles;
    struct scene scene = {.v = v,
                          .leaf = certificate_facts(c->chain.certificates[0]),
                          .name = c->has_client_hello ? c->client_hello.ext.server_name : (struct bytes){NULL, 0},
                          .chains_seen = profiles ? profiles_chains_seen(profiles) : NULL};
    for (unsigned i = 0; i < v->shape.num_issuers && i < CHAIN_SEEN_WAY; i++)
        scene.way[scene.num_way++] = c->chain.certificates[v->shape.way[i]];
    if (scene.name.len == 0 || scene.leaf->error || scene.num_way == 0 || !is_suspicious(&scene, d))
        return;
    struct finding *f = finding_add(d, FINDING_INTERCEPTION_SUSPECTED, CERTAINTY_POSSIBLE);
    finding_summary(d, f, "The certificate for %s may have been made by somebody in the middle.", say_server(d, v->s));
    finding_evidence(d, f, c->chain.place, "certificate for %s issued by %s", say_server(d, v->s),
                     text_of(d, scene.leaf->issuer));
    unsigned sum = 0, most = 0;
    for (unsigned i = 0; i < NUM_HINTS; i++) {
        const char *hint = hints[i].find(&scene, d, f);
        most += hints[i].weight;
        sum += hint ? hints[i].weight : 0;
        if (hint)
            finding_detail(d, f, "%s (weight %u).", hint, hints[i].weight);
    }
    f->certainty = sum >= LIKELY_WEIGHT ? CERTAINTY_LIKELY : CERTAINTY_POSSIBLE;
    finding_detail(d, f, "That is a weight of %u of %u; from %d on it is likely.", sum, most, LIKELY_WEIGHT);
    finding_detail(d, f,
                   "A proxy that inspects TLS, or the name's own private authority; the certificate as seen "
                   "from another network would settle it.");
}
