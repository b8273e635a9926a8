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

/* What a proxy did and why, before the target's name where it is told, and what that means. */
static const struct proxy_refusal {
    enum party side;
    bool names_target;
    const char *did, *meaning;
} proxy_refusals[] = {
    [PROXY_REASON_UNKNOWN] = {PARTY_PATH, false, "refused to connect", "TLS never began."},
    [PROXY_REASON_LOGIN] = {PARTY_CLIENT, false, "demands that the client logs in before it connects",
                            "TLS never began; the server behind the proxy was not asked."},
    [PROXY_REASON_RULES] = {PARTY_PATH, true, "does not let the client through to ",
                            "Its rules forbid that; the server behind the proxy was not asked."},
    [PROXY_REASON_UNREACHED] = {PARTY_PATH, true, "did not get through to ",
                                "The trouble is between the proxy and that server: whether the proxy can resolve the "
                                "name, has a way there, and is answered."},
    [PROXY_REASON_TARGET_REFUSED] = {PARTY_SERVER, true, "did not get through to ",
                                     "The proxy works: that server, or a firewall in front of it, refused the proxy's "
                                     "connection."},
};

static void proxy_refused(const struct subject *s, struct diagnosis *d)
{
    const struct proxy_facts *proxy = &s->c->before_tls.proxy;
    if (proxy->answer != PROXY_REFUSED)
        return;
    const struct proxy_refusal *row = &proxy_refusals[proxy->reason];
    struct finding *f = finding_cause(d, FINDING_PROXY_REFUSED, CERTAINTY_PROVEN, closer_of(s));
    f->side = row->side;
    const char *status = say_status(d, proxy), *target = say_text(d, proxy->target);
    bool is_wrong_login = proxy->is_login && proxy->has_login;
    finding_summary(d, f, "The proxy %s%s: \"%s\".",
                    is_wrong_login ? "does not take the login that was given" : row->did,
                    row->names_target ? target : "", status);
    if (proxy->target.len > 0)
        finding_detail(d, f, "The client asked for %s (%s). %s", target, proxy_label(proxy->kind), row->meaning);
    else
        finding_detail(d, f, "The client had not named its target yet (%s). TLS never began.",
                       proxy_label(proxy->kind));
    finding_evidence(d, f, proxy->asked.moment.place, "%s request", proxy_label(proxy->kind));
    finding_evidence(d, f, proxy->answered.moment.place, "the proxy's answer: %s", status);
}

/* Some close instead of answering: ssh -D does when the far end has no connection to give. */
static void proxy_closed(const struct subject *s, struct diagnosis *d)
{
    const struct proxy_facts *proxy = &s->c->before_tls.proxy;
    if (proxy->answer != PROXY_NO_ANSWER || proxy->kind == PROXY_PROTOCOL || proxy->target.len == 0 ||
        !is_over_by_close(s) || s->end.role != ROLE_SERVER || s->c->protocol != PROTOCOL_NONE)
        return;
    struct finding *f = finding_cause(d, FINDING_PROXY_REFUSED, CERTAINTY_LIKELY, closer_of(s));
    const char *target = say_text(d, proxy->target);
    finding_summary(d, f, "The proxy %s instead of connecting to %s.",
                    s->end.kind == ENDING_RST ? "reset the connection" : "closed", target);
    finding_detail(d, f,
                   "The client asked for %s (%s) and got no answer. Some proxies (ssh -D) do that when they do not get "
                   "through to the target; their log knows.",
                   target, proxy_label(proxy->kind));
    finding_evidence(d, f, proxy->asked.moment.place, "%s request", proxy_label(proxy->kind));
    show_ending(d, f, s);
}

static bool is_bad_request(struct bytes said)
{
    return said.len >= 12 && memcmp(said.at, "HTTP/1.", 7) == 0 && memcmp(said.at + 8, " 400", 4) == 0;
}

/* A PROXY protocol header in front of the hello, and a server that takes it for the hello. */
static void header_unexpected(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    const struct proxy_facts *proxy = &c->before_tls.proxy;
    struct bytes said = c->first_bytes[ROLE_SERVER];
    bool is_closed = is_over_by_close(s) && s->end.role == ROLE_SERVER && said.len == 0;
    if (proxy->kind != PROXY_PROTOCOL || !has_no_answer(c) ||
        (!is_bad_request(said) && !is_closed && !is_alert_of(s, ROLE_SERVER)))
        return;
    struct finding *f = finding_cause(d, FINDING_REQUEST_NOT_TLS,
                                      is_bad_request(said) ? CERTAINTY_PROVEN : CERTAINTY_LIKELY, closer_of(s));
    finding_summary(d, f, "%s does not expect the PROXY protocol header that stands in front of the hello: it %s.",
                    say_server(d, s),
                    is_bad_request(said) ? "answered it as a bad request"
                    : is_closed          ? "closed without a word"
                                         : "answered by an alert");
    finding_detail(d, f,
                   "The client (a load balancer or proxy) says there on whose behalf it connects. Either the client is "
                   "told not to send that, or the server to expect it from this address.");
    finding_evidence(d, f, proxy->asked.moment.place, "PROXY protocol header%s%s",
                     proxy->source.len > 0 ? ", on behalf of " : "", say_text(d, proxy->source));
    show_ending(d, f, s);
    show_profile(d, f, s->all_names);
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

/* What went on without TLS is told, never quoted. */
static void show_clear(struct finding *f, struct diagnosis *d, const struct starttls_facts *starttls)
{
    if (starttls->login.place.frame) {
        finding_detail(
            d, f,
            "The client went on without TLS and logged in: what it logged in with crossed the network in the "
            "clear (it is not shown here) and should be changed.");
        finding_evidence(d, f, starttls->login.place, "the client logs in without encryption");
    } else if (starttls->is_in_clear) {
        finding_detail(d, f, "The client went on without TLS.");
    }
}

static bool is_masked(const struct starttls_facts *starttls)
{
    return starttls->masked[TALK_SERVER].text.len > 0 || starttls->masked[TALK_CLIENT].text.len > 0;
}

/* Something on the way wrote over the offer, or over the question. */
static void show_masked(const struct subject *s, struct diagnosis *d, struct finding *f)
{
    const struct starttls_facts *starttls = &s->c->before_tls.starttls;
    const struct told_text *list = &starttls->masked[TALK_SERVER], *question = &starttls->masked[TALK_CLIENT];
    const struct told_text *masked = list->text.len > 0 ? list : question;
    if (!is_masked(starttls))
        return;
    f->side = PARTY_PATH;
    f->certainty = CERTAINTY_LIKELY;
    finding_summary(d, f, "Something between the client and %s writes over STARTTLS (%s): \"%s\".", say_server(d, s),
                    starttls_label(starttls->protocol), say_text(d, masked->text));
    finding_detail(d, f,
                   "Firewalls that inspect mail do that to words that they do not let pass; the server itself may well "
                   "offer TLS.");
    finding_evidence(d, f, masked->moment.place, "%s: \"%s\"",
                     masked == list ? "the server's list, written over" : "the client's command, written over",
                     say_text(d, masked->text));
}

/* The same server offered another connection what it did not offer this one. */
static void show_stripped(const struct subject *s, struct diagnosis *d, struct finding *f)
{
    const struct starttls_facts *starttls = &s->c->before_tls.starttls;
    const struct profile_mark *other = s->all_names ? &s->all_names->starttls_offered : NULL;
    if (!other || other->id == 0 || other->id == s->c->id || starttls->offer != STARTTLS_NOT_OFFERED)
        return;
    f->side = PARTY_PATH;
    if (!is_masked(starttls))
        finding_summary(d, f, "%s (%s) lists no TLS to this client, but did so on connection #%llu.", say_server(d, s),
                        starttls_label(starttls->protocol), (unsigned long long)other->id);
    finding_detail(
        d, f,
        "Something on this client's path takes the offer away, or the server tells its clients apart: compare "
        "its answer at both ends.");
    finding_evidence_connection(d, f, other->id, other->place, "another connection is offered TLS");
}

static bool is_rdp(const struct starttls_facts *starttls)
{
    return starttls->protocol == STARTTLS_RDP;
}

/* The client is the one that has too little to offer. */
static void demanded(const struct subject *s, struct diagnosis *d)
{
    const struct starttls_facts *starttls = &s->c->before_tls.starttls;
    bool is_login = is_rdp(starttls) && starttls->is_asked;
    const char *wanted = is_login ? "CredSSP (Network Level Authentication)" : "TLS";
    struct finding *f = finding_cause(d, FINDING_STARTTLS_REFUSED, CERTAINTY_PROVEN, closer_of(s));
    f->side = PARTY_CLIENT;
    finding_summary(d, f, "%s (%s) demands %s, which the client does not offer: it answered %s with %s.",
                    say_server(d, s), starttls_label(starttls->protocol), wanted, starttls_verb(starttls->protocol),
                    starttls->reason_name);
    if (is_login)
        finding_detail(d, f, "TLS alone, which the client asked for, is not enough for this server.");
    else if (s->c->has_client_hello)
        finding_detail(d, f, "The client began with TLS for all that.");
    finding_evidence(d, f, starttls->asked.moment.place, "the client asks for TLS (%s)",
                     starttls_verb(starttls->protocol));
    finding_evidence(d, f, starttls->answered.moment.place, "the server's answer: %s", starttls->reason_name);
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
        finding_detail(d, f, "%s the client asked all the same.",
                       is_masked(starttls) ? "TLS is not on the list that came, and"
                                           : "It does not list TLS among what it can, and");
    else if (starttls->offer == STARTTLS_OFFERED)
        finding_detail(d, f, "It lists TLS among what it can, and refused all the same: its log may say why.");
    if (!starttls->is_in_clear && s->c->has_client_hello)
        finding_detail(d, f, "The client began with TLS for all that.");
    finding_evidence(d, f, starttls->asked.moment.place, "the client asks for TLS (%s)", verb);
    finding_evidence(d, f, starttls->answered.moment.place, "the server's answer: %s", answer);
    show_clear(f, d, starttls);
    show_masked(s, d, f);
    show_stripped(s, d, f);
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

static void not_offered(const struct subject *s, struct diagnosis *d)
{
    const struct starttls_facts *starttls = &s->c->before_tls.starttls;
    struct finding *f = finding_cause(d, FINDING_STARTTLS_REFUSED, CERTAINTY_LIKELY, closer_of(s));
    finding_summary(d, f, "%s (%s) offers no TLS, and the client left without going on in the clear.", say_server(d, s),
                    starttls_label(starttls->protocol));
    finding_evidence(d, f, starttls->listed.moment.place, "what the server says it can, without TLS");
    show_ending(d, f, s);
    show_masked(s, d, f);
    show_stripped(s, d, f);
}

/* At once, or after waiting for an offer that did not come. */
static bool is_left(const struct subject *s)
{
    if (is_over_by_close(s))
        return true;
    for (unsigned i = 0; s->end.kind == ENDING_SILENCE && i < s->c->num_events; i++)
        if (s->c->events[i].kind == EVENT_FIN || s->c->events[i].kind == EVENT_RST)
            return true;
    return false;
}

static void starttls_refused(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    const struct starttls_facts *starttls = &c->before_tls.starttls;
    if (starttls->is_demanded)
        demanded(s, d);
    else if (starttls->answer == STARTTLS_REFUSED)
        denied(s, d);
    else if (starttls->is_asked && starttls->answer == STARTTLS_NO_ANSWER && is_over_by_close(s) &&
             s->end.role == ROLE_SERVER)
        ignored(s, d);
    else if (!starttls->is_asked && starttls->offer == STARTTLS_NOT_OFFERED && !starttls->is_in_clear &&
             c->protocol == PROTOCOL_NONE && is_left(s))
        not_offered(s, d);
}

static const struct rule before_tls_rules[] = {
    {FINDING_PROXY_REFUSED, proxy_refused, ON_FAILED},
    {FINDING_PROXY_REFUSED, proxy_closed, ON_FAILED},
    {FINDING_REQUEST_NOT_TLS, header_unexpected, ON_FAILED},
    {FINDING_STARTTLS_REFUSED, starttls_refused, ON_FAILED},
};
RULE_TABLE(before_tls);
