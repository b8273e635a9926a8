/* TLS was asked for, of a proxy or in another protocol, and denied: proxy-refused and starttls-refused. */
#include "diagnose/rules.h"

#include <string.h>

static const char *say_text(struct diagnosis *d, struct bytes text)
{
    return finding_name(d, text);
}

/* Of a proxy's answer, what a person reads. */
static const char *say_status(struct diagnosis *d, const struct proxy_facts *proxy)
{
    return proxy->status_name ? proxy->status_name : say_text(d, proxy->answered.text);
}

static void proxy_refused(const struct subject *s, struct diagnosis *d)
{
    const struct proxy_facts *proxy = &s->c->before_tls.proxy;
    if (proxy->answer != PROXY_REFUSED)
        return;
    struct finding *f = finding_cause(d, FINDING_PROXY_REFUSED, CERTAINTY_PROVEN, closer_of(s));
    f->side = proxy->is_login ? PARTY_CLIENT : PARTY_PATH;
    const char *status = say_status(d, proxy), *target = say_text(d, proxy->target);
    finding_summary(d, f,
                    proxy->is_login ? "The proxy demands that the client logs in before it connects: \"%s\"."
                                    : "The proxy refused to connect: \"%s\".",
                    status);
    if (proxy->target.len > 0)
        finding_detail(d, f,
                       "The client asked for %s (%s). TLS never began; the server behind the proxy was not asked.",
                       target, proxy_label(proxy->kind));
    else
        finding_detail(d, f, "The client had not named its target yet (%s). TLS never began.",
                       proxy_label(proxy->kind));
    finding_evidence(d, f, proxy->asked.moment.place, "%s request", proxy_label(proxy->kind));
    finding_evidence(d, f, proxy->answered.moment.place, "the proxy's answer: %s", status);
}

static bool is_binary(enum starttls_protocol protocol)
{
    return protocol == STARTTLS_LDAP || protocol == STARTTLS_MYSQL || protocol == STARTTLS_TDS ||
           protocol == STARTTLS_RDP;
}

/* The server's answer in words, quoted where they are its own. */
static const char *say_answer(struct diagnosis *d, const struct starttls_facts *starttls)
{
    if (starttls->reason.len > 0)
        return finding_text(d, "\"%s\"", say_text(d, starttls->reason));
    if (starttls->reason_name)
        return starttls->reason_name;
    return is_binary(starttls->protocol) ? "a refusal"
                                         : finding_text(d, "\"%s\"", say_text(d, starttls->answered.text));
}

static void denied(const struct subject *s, struct diagnosis *d)
{
    const struct starttls_facts *starttls = &s->c->before_tls.starttls;
    const char *verb = starttls_verb(starttls->protocol), *answer = say_answer(d, starttls);
    struct finding *f = finding_cause(d, FINDING_STARTTLS_REFUSED, CERTAINTY_PROVEN, closer_of(s));
    if (starttls->protocol == STARTTLS_POSTGRES && !starttls->reason.len)
        finding_summary(d, f, "The PostgreSQL server %s has TLS switched off: it answered SSLRequest with N.",
                        say_server(d, s));
    else
        finding_summary(d, f, "%s (%s) refused TLS: it answered %s with %s.", say_server(d, s),
                        starttls_label(starttls->protocol), verb, answer);
    if (starttls->offer == STARTTLS_NOT_OFFERED)
        finding_detail(d, f, "It does not list TLS among what it can, and the client asked all the same.");
    if (starttls->is_in_clear)
        finding_detail(d, f, "The client went on without TLS.");
    else if (s->c->has_client_hello)
        finding_detail(d, f, "The client began with TLS for all that.");
    finding_evidence(d, f, starttls->asked.moment.place, "the client asks for TLS (%s)", verb);
    finding_evidence(d, f, starttls->answered.moment.place, "the server's answer: %s", answer);
}

static void ignored(const struct subject *s, struct diagnosis *d)
{
    const struct starttls_facts *starttls = &s->c->before_tls.starttls;
    struct finding *f = finding_cause(d, FINDING_STARTTLS_REFUSED, CERTAINTY_LIKELY, closer_of(s));
    finding_summary(d, f, "%s (%s) %s instead of answering %s.", say_server(d, s), starttls_label(starttls->protocol),
                    s->end.kind == ENDING_RST ? "reset the connection" : "closed", starttls_verb(starttls->protocol));
    finding_evidence(d, f, starttls->asked.moment.place, "the client asks for TLS (%s)",
                     starttls_verb(starttls->protocol));
    show_ending(d, f, s);
}

/* Another client of this server was shown an offer that this one was not. */
static void show_stripped(const struct subject *s, struct diagnosis *d, struct finding *f)
{
    const struct profile_mark *other = s->all_names ? &s->all_names->starttls_offered : NULL;
    if (!other || other->id == 0 || other->id == s->c->id)
        return;
    f->side = PARTY_PATH;
    finding_detail(d, f,
                   "Another connection was shown the offer: something on this client's path strips it, or the server "
                   "tells its clients apart.");
    finding_evidence_connection(d, f, other->id, other->place, "another connection is offered TLS");
}

static void not_offered(const struct subject *s, struct diagnosis *d)
{
    const struct starttls_facts *starttls = &s->c->before_tls.starttls;
    struct finding *f = finding_cause(d, FINDING_STARTTLS_REFUSED, CERTAINTY_LIKELY, closer_of(s));
    finding_summary(d, f, "%s (%s) offers no TLS, and the client left without going on in the clear.", say_server(d, s),
                    starttls_label(starttls->protocol));
    finding_evidence(d, f, starttls->listed.moment.place, "what the server says it can, without TLS");
    show_ending(d, f, s);
    show_stripped(s, d, f);
}

static void starttls_refused(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    const struct starttls_facts *starttls = &c->before_tls.starttls;
    if (starttls->answer == STARTTLS_REFUSED)
        denied(s, d);
    else if (starttls->is_asked && starttls->answer == STARTTLS_NO_ANSWER && is_over_by_close(s) &&
             s->end.role == ROLE_SERVER)
        ignored(s, d);
    else if (!starttls->is_asked && starttls->offer == STARTTLS_NOT_OFFERED && !starttls->is_in_clear &&
             c->protocol == PROTOCOL_NONE && is_over_by_close(s))
        not_offered(s, d);
}

static const struct rule before_tls_rules[] = {
    {FINDING_PROXY_REFUSED, proxy_refused, ON_FAILED},
    {FINDING_STARTTLS_REFUSED, starttls_refused, ON_FAILED},
};
RULE_TABLE(before_tls);
