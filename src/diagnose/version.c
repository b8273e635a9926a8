/* Protocol versions: refused, fallen back from, or tampered with. The first part of step 4. */
#include "diagnose/rules.h"

static const uint16_t FALLBACK_SCSV = 0x5600;

static void fallback(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    if (!ended_by_alert(s, ROLE_SERVER, ALERT_INAPPROPRIATE_FALLBACK))
        return;
    bool is_offered = c->has_client_hello && u16_list_has(c->client_hello.cipher_suites, FALLBACK_SCSV);
    struct finding *f =
        finding_cause(d, FINDING_FALLBACK_DETECTED, is_offered ? CERTAINTY_PROVEN : CERTAINTY_LIKELY, PARTY_SERVER);
    finding_summary(d, f,
                    "The client came back with an older version (%s) after a failure, and %s refuses that "
                    "because it speaks a newer one.",
                    say_version(d, s->top_version), say_server(d, s));
    finding_detail(d, f, "The reason lies in the attempt before this one: look at what made the client fall back.");
    show_hello(d, f, c);
    show_ending(d, f, s);
}

/* RFC 8446 section 4.1.3: a server that has a newer version marks its random; a client that offered it must leave. */
static void downgrade(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    if (!c->has_server_hello || !c->has_client_hello || c->is_client_hello_cut)
        return;
    uint16_t sentinel = server_hello_downgrade_sentinel(&c->server_hello);
    if (sentinel == 0 || s->top_rank <= version_as_tls(c->version) || version_is_tls13(c->version) ||
        (sentinel == VERSION_TLS12 && s->top_rank < VERSION_TLS13) || s->top_rank < VERSION_TLS12)
        return;
    if (!s->is_completed && !did_client_leave(s))
        return;
    struct finding *f = s->is_completed
                            ? finding_add(d, FINDING_DOWNGRADE_SUSPECTED, CERTAINTY_LIKELY)
                            : finding_cause(d, FINDING_DOWNGRADE_SUSPECTED, CERTAINTY_LIKELY, party_of(s->end.role));
    if (s->is_completed)
        f->severity = SEVERITY_WARNING;
    finding_summary(d, f,
                    "%s chose %s although both sides can do better: its random says that it speaks a newer "
                    "version, and the client offered %s.",
                    say_server(d, s), say_version(d, c->version), say_version(d, s->top_version));
    finding_detail(d, f,
                   "Something between client and server took the newer version out of the hello, or the server "
                   "has a defect. A capture at the server shows the hello as it arrived there.");
    show_hello(d, f, c);
    finding_evidence(d, f, c->server_hello_moment.place, "ServerHello random ends with the downgrade mark");
    if (!s->is_completed)
        show_ending(d, f, s);
}

/* Newer hellos die, older ones are answered. */
static void intolerant(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    const struct server_profile *server = s->server;
    bool is_dropped = has_no_answer(c) && c->has_client_hello &&
                      (s->end.kind == ENDING_SILENCE || (is_over_by_close(s) && s->end.role == ROLE_SERVER) ||
                       (is_alert_of(s, ROLE_SERVER) && s->end.event->code != ALERT_PROTOCOL_VERSION));
    if (!is_dropped || !server || server->lowest_top_version == 0 || server->lowest_top_version >= s->top_rank ||
        server->highest_top_version >= s->top_rank || s->top_rank <= VERSION_TLS10)
        return;
    /* The version that completes was offered here, too: an honest server would have chosen it. */
    bool is_offered = false;
    for (unsigned i = 0; i < server->versions.num; i++)
        is_offered |= client_hello_offers_version(&c->client_hello, server->versions.at[i]);
    bool shares_cipher = false;
    for (unsigned i = 0; i < server->ciphers.num; i++)
        shares_cipher |= u16_list_has(c->client_hello.cipher_suites, server->ciphers.at[i]);
    if (!is_offered || !shares_cipher || is_alert_of(s, ROLE_SERVER))
        return;
    struct finding *f = finding_cause(d, FINDING_VERSION_INTOLERANT, CERTAINTY_LIKELY, closer_of(s));
    finding_summary(d, f, "%s does not answer hellos that offer %s, but answers those that offer at most %s.",
                    say_server(d, s), say_version(d, s->top_version), say_version(d, server->lowest_top_version));
    finding_detail(d, f,
                   "A server that does not know a version has to choose an older one. This one, or a box in "
                   "front of it, drops the hello instead. Another attempt with the newer version would make "
                   "sure.");
    show_hello(d, f, c);
    show_ending(d, f, s);
    show_profile(d, f, server);
}

static uint16_t newer(uint16_t a, uint16_t b)
{
    b = version_is_tls13(b) ? VERSION_TLS13 : version_as_tls(b);
    return a > b ? a : b;
}

/* Who is behind: the client when it offers nothing new, the server when the client's newest is today's. */
static enum party outdated_side(const struct subject *s, const struct server_profile *server)
{
    /* A hello that says TLS 1.2 may offer a newer one in the part that was cut. */
    if (s->top_version == 0 || (s->c->is_client_hello_cut && s->top_rank >= VERSION_TLS12))
        return PARTY_UNKNOWN;
    uint16_t newest = 0;
    for (unsigned i = 0; server && i < server->versions.num; i++)
        newest = newer(newest, server->versions.at[i]);
    for (unsigned i = 0; s->told && i < s->told->versions.num; i++)
        newest = newer(newest, s->told->versions.at[i]);
    if (newest == 0)
        newest = VERSION_TLS12;
    return s->top_rank > newest || s->top_rank >= VERSION_TLS13 ? PARTY_SERVER : PARTY_CLIENT;
}

static void say_told_versions(const struct subject *s, struct diagnosis *d, struct finding *f)
{
    if (s->told && s->told->versions.num > 0)
        finding_detail(d, f, "As you told by --server-versions, it speaks %s.",
                       say_told(d, &s->told->versions, say_version));
}

static void say_refusal(const struct subject *s, struct diagnosis *d, struct finding *f)
{
    const struct connection *c = s->c;
    if (!c->has_client_hello)
        finding_summary(d, f, "%s speaks none of the client's versions.", say_server(d, s));
    else if (c->is_client_hello_cut)
        finding_summary(d, f, "%s speaks none of the versions that the client offers.", say_server(d, s));
    else
        finding_summary(d, f, "%s speaks none of the versions that the client offers (%s).", say_server(d, s),
                        say_versions_offered(d, c));
}

static void refused_by_server(const struct subject *s, struct diagnosis *d)
{
    if (!ended_by_alert(s, ROLE_SERVER, ALERT_PROTOCOL_VERSION))
        return;
    struct finding *f = finding_cause(d, FINDING_VERSION_UNSUPPORTED, CERTAINTY_PROVEN, PARTY_SERVER);
    f->side = outdated_side(s, s->server);
    say_refusal(s, d, f);
    if (s->server && s->server->versions.num > 0)
        finding_detail(d, f, "With others it chose %s.", say_set(d, &s->server->versions, say_version));
    say_told_versions(s, d, f);
    show_hello(d, f, s->c);
    show_ending(d, f, s);
    show_profile(d, f, s->server);
}

static bool is_old(uint16_t version)
{
    return version == VERSION_SSL2 ||
           (version_as_tls(version) >= VERSION_SSL3 && version_as_tls(version) <= VERSION_TLS11);
}

/* The server chose, and the client does not want that version. */
static void refused_by_client(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    if (!did_client_leave(s) || (!c->has_server_hello && !c->has_ssl2_server_hello) || c->version == 0 ||
        diagnosis_has(d, FINDING_DOWNGRADE_SUSPECTED))
        return;
    bool is_outside =
        c->has_client_hello && !c->is_client_hello_cut && !client_hello_offers_version(&c->client_hello, c->version);
    bool is_version_alert = ended_by_alert(s, ROLE_CLIENT, ALERT_PROTOCOL_VERSION);
    bool is_level = ended_by_alert(s, ROLE_CLIENT, ALERT_INTERNAL_ERROR) &&
                    (c->version == VERSION_TLS10 || c->version == VERSION_TLS11);
    if (!is_outside && !is_version_alert && !is_level)
        return;
    struct finding *f =
        finding_cause(d, FINDING_VERSION_UNSUPPORTED,
                      is_version_alert || is_outside ? CERTAINTY_PROVEN : CERTAINTY_LIKELY, PARTY_CLIENT);
    f->side = is_old(c->version) || is_outside ? PARTY_SERVER : PARTY_UNKNOWN;
    finding_summary(d, f, "%s chose %s, which the client does not accept.", say_server(d, s),
                    say_version(d, c->version));
    if (is_outside)
        finding_detail(d, f, "The client had offered %s.", say_versions_offered(d, c));
    if (is_level)
        finding_detail(d, f,
                       "The client's internal_error comes from its security level, which forbids the MD5 and "
                       "SHA-1 signatures of %s (OpenSSL 3 from level 1 on): the version is the reason.",
                       say_version(d, c->version));
    show_hello(d, f, c);
    show_server_hello(d, f, c);
    show_ending(d, f, s);
}

static bool offers_one_of(const struct subject *s, const struct server_profile *server)
{
    const struct client_hello *hello = &s->c->client_hello;
    for (unsigned i = 0; server && i < server->versions.num; i++)
        if (client_hello_offers_version(hello, server->versions.at[i]))
            return true;
    for (unsigned i = 0; s->told && i < s->told->versions.num; i++)
        if (client_hello_offers_version(hello, s->told->versions.at[i]))
            return true;
    return false;
}

/* The hello was refused without saying why, and the server is known to choose only versions that it did not offer. */
static void refused_by_knowledge(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    const struct server_profile *server = s->server && s->server->versions.num ? s->server : s->all_names;
    bool is_refused =
        is_alert_of(s, ROLE_SERVER) && (s->end.event->code == ALERT_HANDSHAKE_FAILURE || s->end.event->code == 71 ||
                                        s->end.event->code == 47 || s->end.event->code == 10);
    bool is_dropped = is_over_by_close(s) && s->end.role == ROLE_SERVER && stream_of(c, ROLE_SERVER)->bytes == 0;
    bool is_seen = server && server->versions.num > 0, is_told = s->told && s->told->versions.num > 0;
    if ((!is_refused && !is_dropped) || !is_hello_rejected(s) || c->is_client_hello_cut || (!is_seen && !is_told) ||
        diagnosis_has_cause(d) || offers_one_of(s, server))
        return;
    struct finding *f = finding_cause(d, FINDING_VERSION_UNSUPPORTED, CERTAINTY_LIKELY, PARTY_SERVER);
    f->side = outdated_side(s, server);
    say_refusal(s, d, f);
    if (is_seen)
        finding_detail(d, f, "It did not say so, but it chose %s with others and this hello offers %s.",
                       say_set(d, &server->versions, say_version), say_versions_offered(d, c));
    say_told_versions(s, d, f);
    show_hello(d, f, c);
    show_ending(d, f, s);
    show_profile(d, f, server);
}

static const struct rule version_rules[] = {
    {FINDING_FALLBACK_DETECTED, fallback, ON_FAILED},
    {FINDING_DOWNGRADE_SUSPECTED, downgrade, ON_BOTH},
    {FINDING_VERSION_INTOLERANT, intolerant, ON_FAILED | WHEN_UNEXPLAINED},
    {FINDING_VERSION_UNSUPPORTED, refused_by_server, ON_FAILED},
    {FINDING_VERSION_UNSUPPORTED, refused_by_client, ON_FAILED},
    {FINDING_VERSION_UNSUPPORTED, refused_by_knowledge, ON_FAILED | WHEN_UNEXPLAINED},
};
RULE_TABLE(version);
