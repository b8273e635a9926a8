/* Client certificates: not brought, not accepted. The end of step 4; a plain rejection is a general code of step 6. */
#include "diagnose/rules.h"

#include <string.h>

static bool is_empty(const struct connection *c)
{
    return c->has_client_certificate_message && connection_chain_is_empty(&c->client_chain);
}

/* The server took the handshake for done; up to TLS 1.2 its Finished says so, later it comes before the certificate. */
static bool is_accepted(const struct connection *c)
{
    return c->has_finished[ROLE_SERVER] && !c->is_refused_after_finished;
}

static void required(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    bool is_said = ended_by_alert(s, ROLE_SERVER, ALERT_CERTIFICATE_REQUIRED);
    bool is_after_empty = is_alert_of(s, ROLE_SERVER) && is_empty(c) && !is_accepted(c);
    if (!is_said && !is_after_empty)
        return;
    struct finding *f =
        finding_cause(d, FINDING_CLIENT_AUTH_REQUIRED, is_said ? CERTAINTY_PROVEN : CERTAINTY_LIKELY, PARTY_SERVER);
    finding_summary(d, f, "%s demands a client certificate, and the client sent none.", say_server(d, s));
    if (!is_said)
        finding_detail(d, f, "It asked for one, got an empty Certificate message and answered with %s.",
                       say_alert(d, s->end.event->code));
    finding_evidence(d, f, c->certificate_request_moment.place, "CertificateRequest");
    for (unsigned i = 0; i < c->num_events; i++)
        if (c->events[i].kind == EVENT_HANDSHAKE && c->events[i].role == ROLE_CLIENT &&
            c->events[i].type == HS_CERTIFICATE)
            finding_evidence(d, f, c->events[i].last.place, "the client's Certificate message is empty");
    show_ending(d, f, s);
}

/* A name occurs in a certificate's bytes as subject or issuer, or not at all. */
static bool is_named(struct bytes dn, const struct connection_chain *chain)
{
    for (unsigned i = 0; i < chain->num; i++)
        if (bytes_contain(certificate_der(chain->certificates[i]), dn))
            return true;
    return false;
}

/* True also when no authority was named: then any will do. */
static bool fits_authorities(const struct connection *c, unsigned *num)
{
    struct fault fault;
    struct cursor list;
    struct bytes dn;
    bool fits = false;
    cursor_init_whole(&list, c->certificate_request.authorities, &fault);
    for (*num = 0; dn_next(&list, &dn); ++*num)
        fits |= is_named(dn, &c->client_chain);
    return fits || *num == 0;
}

static bool is_about_certificate(uint8_t code)
{
    return (code >= 42 && code <= 46) || code == 48 || code == 49 || code == 40;
}

static void rejected(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    if (!is_alert_of(s, ROLE_SERVER) || c->client_chain.num == 0 || !is_about_certificate(s->end.event->code) ||
        is_accepted(c))
        return;
    unsigned num;
    bool fits = !c->has_certificate_request || fits_authorities(c, &num);
    const struct certificate_facts *facts = certificate_facts(c->client_chain.certificates[0]);
    const char *issuer =
        facts->error ? "?" : finding_name(d, (struct bytes){(const uint8_t *)facts->issuer, strlen(facts->issuer)});
    struct finding *f = finding_cause(d, fits ? FINDING_CLIENT_CERTIFICATE_REJECTED : FINDING_CLIENT_CA_NOT_ACCEPTED,
                                      CERTAINTY_PROVEN, PARTY_SERVER);
    if (fits)
        finding_summary(d, f, "%s rejects the client's certificate: %s.", say_server(d, s),
                        say_alert(d, s->end.event->code));
    else
        finding_summary(d, f,
                        "The client's certificate was issued by %s, which is none of the authorities that %s "
                        "accepts.",
                        issuer, say_server(d, s));
    if (!fits)
        finding_detail(d, f,
                       "The CertificateRequest names %u authorities, none of which occurs in the client's "
                       "chain.",
                       num);
    if (!facts->error && facts->not_after != INT64_MIN && facts->not_after < c->flow->first.time_ns / 1000000000)
        finding_detail(d, f, "The client's certificate expired on %s.", facts->not_after_text);
    if (!facts->error && fits)
        finding_detail(d, f, "It was issued by %s.", issuer);
    finding_evidence(d, f, c->certificate_request_moment.place, "CertificateRequest");
    finding_evidence(d, f, c->client_chain.place, "the client's certificate");
    show_ending(d, f, s);
}

static const struct rule client_auth_rules[] = {
    {FINDING_CLIENT_AUTH_REQUIRED, required, ON_FAILED | WHEN_UNEXPLAINED},
    {FINDING_CLIENT_CERTIFICATE_REJECTED, rejected, ON_FAILED | WHEN_UNEXPLAINED},
};
RULE_TABLE(client_auth);
