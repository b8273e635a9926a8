/* What trust stores say of the server's chain: a missing link, an unknown issuer, or stores that differ. They are the
 * analyst's, unless one of them is said to be the client's own: then it alone decides. */
#include "diagnose/chain_faults.h"
#include "trust/store_programs.h"

#include <string.h>

enum { SHOWN_STORES = 6 };

const struct certificate_facts *chain_facts(const struct chain_view *v, unsigned i)
{
    return certificate_facts(v->s->c->chain.certificates[v->shape.way[i]]);
}

const char *chain_subject(struct diagnosis *d, const struct certificate_facts *facts)
{
    return facts->error ? "an unreadable certificate"
                        : finding_name(d, (struct bytes){(const uint8_t *)facts->subject, strlen(facts->subject)});
}

const char *chain_issuer(struct diagnosis *d, const struct certificate_facts *facts)
{
    return finding_name(d, (struct bytes){(const uint8_t *)facts->issuer, strlen(facts->issuer)});
}

void chain_show(struct diagnosis *d, struct finding *f, const struct chain_view *v, const char *what)
{
    finding_evidence(d, f, v->s->c->chain.place, "%s", what);
}

/* Errors of OpenSSL's verifier that speak of trust alone. */
static bool is_trust_error(uint16_t code)
{
    return code == 2 || (code >= 18 && code <= 21);
}

static const char *store_name(struct diagnosis *d, const struct verification *v)
{
    return finding_name(d, (struct bytes){(const uint8_t *)v->store->name, strlen(v->store->name)});
}

static const char *client_store(const struct chain_view *v)
{
    return v->s->context->options ? v->s->context->options->client_trust : NULL;
}

/* The stores that count: the client's own when it is known, else all. */
struct opinion {
    unsigned num_trusting, num_distrusting;
    const struct verification
        *completed; /* a store that trusts with a certificate that was not sent, and not without */
    bool is_client;
};

static struct opinion opinion_of(const struct chain_view *v)
{
    const struct connection *c = v->s->c;
    const char *client = client_store(v);
    struct opinion out = {.is_client = client != NULL};
    for (unsigned i = 0; i < c->num_verifications; i++) {
        const struct verification *verification = &c->verifications[i];
        bool is_trusting = !is_trust_error(verification->outcome.code);
        if (client && strcmp(client, verification->store->name) != 0)
            continue;
        if (verification->is_completed && is_trusting && !out.completed)
            out.completed = verification;
        out.num_trusting += !verification->is_completed && is_trusting;
        out.num_distrusting += !verification->is_completed && !is_trusting;
    }
    return out;
}

/* DTLS whose sides know each other's certificates beforehand (RFC 5763, RFC 8827): they agree on keys for SRTP, or both
 * certificates are self-signed. */
static bool is_fingerprint_signalled(const struct connection *c)
{
    const struct connection_chain *client = &c->client_chain;
    return c->protocol == PROTOCOL_DTLS &&
           (c->client_hello.ext.has_use_srtp ||
            (client->num > 0 && certificate_facts(client->certificates[0])->is_self_signed));
}

void chain_self_signed(struct chain_view *v, struct diagnosis *d)
{
    if (!v->shape.is_leaf_self_signed || opinion_of(v).num_trusting > 0)
        return;
    struct finding *f = finding_add(d, FINDING_SELF_SIGNED, CERTAINTY_PROVEN);
    bool is_signalled = is_fingerprint_signalled(v->s->c);
    finding_summary(d, f, "The certificate of %s is its own issuer (self-signed)%s.", say_server(d, v->s),
                    is_signalled ? ", which is how WebRTC does it" : "");
    finding_detail(d, f, "Subject and issuer are %s.", chain_subject(d, chain_facts(v, 0)));
    if (is_signalled)
        finding_detail(d, f,
                       "Each side knows the fingerprint of the other's certificate from the signalling (a=fingerprint "
                       "in SDP, RFC 8122), and no authority is asked.");
    if (is_signalled && v->s->is_completed)
        f->severity = SEVERITY_INFO;
    chain_show(d, f, v, "self-signed certificate");
}

static void say_store(struct diagnosis *d, struct finding *f, const struct verification *v, bool has_programs)
{
    const char *programs = has_programs ? store_programs(v->store) : NULL;
    finding_detail(d, f, "Trust store %s%s%s%s%s: %s.", store_name(d, v), programs ? " (" : "",
                   programs ? programs : "", programs ? ")" : "",
                   v->is_completed ? " with the missing certificate" : "",
                   v->outcome.is_ok ? "verifies" : v->outcome.text);
}

/* Stores differ when one trusts what another does not, whatever else is wrong with the chain. */
static bool do_stores_differ(const struct connection *c)
{
    bool has[2] = {false, false};
    for (unsigned i = 0; i < c->num_verifications; i++)
        if (!c->verifications[i].is_completed)
            has[is_trust_error(c->verifications[i].outcome.code)] = true;
    return has[0] && has[1];
}

void chain_say_stores(const struct connection *c, struct diagnosis *d, struct finding *f)
{
    unsigned shown = 0;
    bool do_differ = do_stores_differ(c);
    for (unsigned i = 0; i < c->num_verifications && shown < SHOWN_STORES; i++, shown++)
        say_store(d, f, &c->verifications[i], do_differ);
    if (shown < c->num_verifications)
        finding_detail(d, f, "And %u more.", c->num_verifications - shown);
}

static void say_incomplete(const struct chain_view *v, struct diagnosis *d, struct finding *f,
                           const struct certificate_facts *end, bool is_seen)
{
    finding_summary(d, f, "%s does not send the intermediate certificate %s.", say_server(d, v->s),
                    chain_issuer(d, end));
    if (end->num_aia_issuers > 0)
        finding_detail(
            d, f, "It can be had from %s.",
            finding_name(d, (struct bytes){(const uint8_t *)end->aia_issuers[0], strlen(end->aia_issuers[0])}));
    finding_detail(d, f,
                   is_seen ? "It was seen elsewhere, and with it the chain verifies."
                           : "The certificate itself was not seen, so that the rest of the chain is open.");
}

static void say_untrusted(const struct chain_view *v, struct diagnosis *d, struct finding *f,
                          const struct certificate_facts *end, const struct opinion *opinion)
{
    const char *what = v->shape.has_root ? chain_subject(d, end) : chain_issuer(d, end);
    if (opinion->is_client)
        finding_summary(d, f, "The chain of %s ends in %s, which the client's trust store %s does not hold.",
                        say_server(d, v->s), what,
                        finding_name(d, (struct bytes){(const uint8_t *)client_store(v), strlen(client_store(v))}));
    else if (v->is_trust_mixed)
        finding_summary(d, f, "The chain of %s ends in %s, which %u of the %u trust stores used here %s not hold.",
                        say_server(d, v->s), what, opinion->num_distrusting,
                        opinion->num_distrusting + opinion->num_trusting,
                        opinion->num_distrusting == 1 ? "does" : "do");
    else
        finding_summary(d, f, "The chain of %s ends in %s, which no trust store used here holds.", say_server(d, v->s),
                        what);
    if (v->is_trust_mixed)
        finding_detail(d, f, "The stores differ: it works in programs that use one of them, and fails in others.");
    if (!opinion->is_client)
        finding_detail(d, f, "The stores are those of this analysis; the client's own would settle it.");
}

static enum certainty certainty_of(const struct chain_view *v, const struct opinion *opinion, bool is_incomplete)
{
    if (is_incomplete ? opinion->completed != NULL : opinion->is_client)
        return CERTAINTY_PROVEN;
    return v->is_trust_mixed && v->is_rejected && v->alert != ALERT_UNKNOWN_CA ? CERTAINTY_POSSIBLE : CERTAINTY_LIKELY;
}

/* The chain ends in nothing that a store holds: either a link is missing, or nobody trusts its root. */
void chain_trust(struct chain_view *v, struct diagnosis *d)
{
    const struct opinion opinion = opinion_of(v);
    if (opinion.num_distrusting == 0 || v->shape.is_leaf_self_signed || v->shape.num_issuers == 0)
        return;
    const struct certificate_facts *end = chain_facts(v, v->shape.num_issuers - 1);
    v->is_trust_mixed = opinion.num_trusting > 0;
    bool may_lack_link = !v->shape.has_root && (v->shape.is_alone || end->num_aia_issuers > 0);
    bool is_incomplete = opinion.completed || (may_lack_link && !v->is_trust_mixed);
    struct finding *f = finding_add(d, is_incomplete ? FINDING_CHAIN_INCOMPLETE : FINDING_ISSUER_UNTRUSTED,
                                    certainty_of(v, &opinion, is_incomplete));
    if (is_incomplete) {
        say_incomplete(v, d, f, end, opinion.completed != NULL);
    } else {
        f->severity = (v->is_rejected && !v->is_trust_mixed) || opinion.is_client ? SEVERITY_ERROR : SEVERITY_INFO;
        say_untrusted(v, d, f, end, &opinion);
    }
    if (!is_incomplete && do_stores_differ(v->s->c))
        f->side = PARTY_CLIENT;
    chain_say_stores(v->s->c, d, f);
    chain_show(d, f, v, "the chain as it was presented");
}
