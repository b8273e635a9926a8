/* The server's chain: step 5, as far as the client's alert alone tells. */
#include "diagnose/rules.h"

enum { ALERT_CERTIFICATE_REVOKED = 44, ALERT_CERTIFICATE_EXPIRED = 45 };

/* A readable alert names the reason, the chain is hidden: it gives that code, but cannot be checked. */
static void named_by_alert(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    bool is_expired = ended_by_alert(s, ROLE_CLIENT, ALERT_CERTIFICATE_EXPIRED);
    bool is_revoked = ended_by_alert(s, ROLE_CLIENT, ALERT_CERTIFICATE_REVOKED);
    if ((!is_expired && !is_revoked) || c->chain.num > 0)
        return;
    struct finding *f = finding_cause(d, is_expired ? FINDING_CERTIFICATE_EXPIRED : FINDING_CERTIFICATE_REVOKED,
                                      CERTAINTY_LIKELY, PARTY_CLIENT);
    finding_summary(d, f,
                    is_expired ? "The client says that a certificate of %s has expired."
                               : "The client says that the certificate of %s was revoked.",
                    say_server(d, s));
    finding_detail(d, f, "The chain is %s, so that this cannot be checked here.",
                   c->chain_missing == CHAIN_ENCRYPTED ? "encrypted (TLS 1.3)" : "not in the capture");
    if (is_expired)
        finding_detail(d, f, "The client's clock may be wrong, too.");
    show_hello(d, f, c);
    show_server_hello(d, f, c);
    show_ending(d, f, s);
}

static const struct rule certificates_rules[] = {
    {FINDING_CERTIFICATE_EXPIRED, named_by_alert, ON_FAILED | WHEN_UNEXPLAINED},
};
RULE_TABLE(certificates);
