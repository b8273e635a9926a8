/* Signs that somebody in the middle made the certificate: hints, never an error by themselves. */
#include "diagnose/chain_faults.h"

#include <string.h>

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

/* An earlier connection for the same name showed a certificate of another issuer. */
static const struct certificate_facts *other_issuer(const struct server_profile *known, const char *issuer)
{
    for (unsigned i = 0; known && i < known->num_leaves; i++) {
        const struct certificate_facts *facts = certificate_facts(known->leaves[i]);
        if (!facts->error && strcmp(facts->issuer, issuer) != 0)
            return facts;
    }
    return NULL;
}

void interception(struct chain_view *v, struct diagnosis *d)
{
    const struct connection *c = v->s->c;
    const struct certificate_facts *leaf = certificate_facts(c->chain.certificates[0]);
    if (!c->has_client_hello || c->client_hello.ext.server_name.len == 0 || leaf->error)
        return;
    bool is_private = is_public(c->client_hello.ext.server_name) && c->num_verifications > 0 &&
                      !v->shape.is_leaf_self_signed && !v->shape.is_alone && !has_trusted_issuer(c);
    const struct server_profile *known =
        v->s->context->profiles && !v->s->server ? profiles_named(v->s->context->profiles, c) : v->s->server;
    const struct certificate_facts *other = has_trusted_issuer(c) ? NULL : other_issuer(known, leaf->issuer);
    if (!is_private && !other)
        return;
    struct finding *f = finding_add(d, FINDING_INTERCEPTION_SUSPECTED, CERTAINTY_POSSIBLE);
    finding_summary(d, f, "The certificate for %s may have been made by somebody in the middle.", say_server(d, v->s));
    const char *issuer = finding_name(d, (struct bytes){(const uint8_t *)leaf->issuer, strlen(leaf->issuer)});
    if (is_private)
        finding_detail(d, f, "The name is public, but its issuer %s is in no trust store used here.", issuer);
    if (other)
        finding_detail(d, f, "Another connection for the same name showed a certificate from %s, this one is from %s.",
                       finding_name(d, (struct bytes){(const uint8_t *)other->issuer, strlen(other->issuer)}), issuer);
    finding_detail(d, f,
                   "A proxy that inspects TLS, or the name's own private authority; the certificate as seen "
                   "from another network would settle it.");
    finding_evidence(d, f, c->chain.place, "certificate for %s issued by %s", say_server(d, v->s), issuer);
}
