/* What encryption hides: an alert of which only the size, the sender and the place are seen. Part of step 6. */
#include "diagnose/rules.h"

enum { EMPTY_CERTIFICATE = 25, LONGER_IN_DTLS = 8 /* its fragment's header */, JSSE_PADDING = 16 };

static unsigned hidden_before(const struct connection *c, enum role role, const struct event *until)
{
    unsigned num = 0;
    for (const struct event *event = c->events; event < until; event++)
        num += event->kind == EVENT_HIDDEN && event->role == role;
    return num;
}

/* A client that was asked for a certificate and has none sends an empty list: 25 bytes in TLS 1.3, 33 in DTLS 1.3. */
static bool has_empty_certificate(const struct connection *c)
{
    bool is_dtls = c->protocol == PROTOCOL_DTLS;
    uint32_t empty = EMPTY_CERTIFICATE + (is_dtls ? LONGER_IN_DTLS : 0);
    uint32_t padded = empty + (is_dtls ? 0 : JSSE_PADDING);
    for (unsigned i = 0; i < c->num_events; i++)
        if (c->events[i].kind == EVENT_HIDDEN && c->events[i].role == ROLE_CLIENT &&
            (c->events[i].len == empty || c->events[i].len == padded))
            return true;
    return false;
}

static void guess(const struct subject *s, struct diagnosis *d, struct finding *f)
{
    const struct connection *c = s->c;
    const struct event *alert = s->end.event;
    if (alert->role == ROLE_CLIENT && !c->has_finished[ROLE_CLIENT]) {
        f->side = PARTY_UNKNOWN;
        finding_summary(d, f,
                        "The client broke off with an encrypted alert after the server's certificate: most "
                        "likely it rejected the certificate of %s.",
                        say_server(d, s));
        finding_detail(d, f, "The alert stands where the client's Finished should be.");
    } else if (alert->role == ROLE_SERVER && hidden_before(c, ROLE_SERVER, alert) == 0) {
        finding_summary(d, f, "%s chose its parameters and then broke off with an encrypted alert.", say_server(d, s));
        finding_detail(d, f, "The alert stands where EncryptedExtensions should be%s.",
                       c->client_hello.ext.has_alpn
                           ? "; most likely the server speaks none of the protocols offered by ALPN "
                             "(no_application_protocol), as servers written in Go say it"
                           : "");
    } else if (alert->role == ROLE_SERVER && c->has_finished[ROLE_CLIENT]) {
        bool is_empty = has_empty_certificate(c);
        f->side = PARTY_CLIENT;
        finding_summary(d, f,
                        is_empty ? "%s refused the client after its Finished by an encrypted alert: most likely "
                                   "it demands a client certificate, and none was sent."
                                 : "%s refused the client after its Finished by an encrypted alert: most likely "
                                   "it rejected the client's certificate.",
                        say_server(d, s));
        if (is_empty)
            finding_detail(d, f, "The client's flight has a record of the size of an empty Certificate message.");
    } else {
        finding_summary(d, f, "The %s broke off with an encrypted alert.", say_role(alert->role));
    }
}

static void encrypted_alert(const struct subject *s, struct diagnosis *d)
{
    if (s->end.kind != ENDING_HIDDEN_ALERT)
        return;
    struct finding *f = finding_cause(d, FINDING_ENCRYPTED_ALERT, CERTAINTY_LIKELY, party_of(s->end.role));
    bool is_dtls = s->c->protocol == PROTOCOL_DTLS;
    guess(s, d, f);
    finding_detail(d, f,
                   "The alert itself is encrypted: this is concluded from the record's size, its place and the "
                   "%s behind it. The key log (SSLKEYLOGFILE) would show the alert.",
                   s->end.has_closer || !is_dtls ? "close" : "silence");
    show_hello(d, f, s->c);
    show_server_hello(d, f, s->c);
    show_ending(d, f, s);
    if (s->end.has_closer)
        finding_evidence(d, f, s->end.closed.place, "the close behind it");
}

static const struct rule hidden_rules[] = {
    {FINDING_ENCRYPTED_ALERT, encrypted_alert, ON_FAILED | WHEN_UNEXPLAINED},
};
RULE_TABLE(hidden);
