/*
 * The server's chain: step 5. Faults are told whether or not the client minded; they are the cause only where it left
 * because of them, by an alert or right after its Finished. What trust stores say is the analyst's stores' word, not
 * the client's.
 */
#include "diagnose/chain_faults.h"

#include <string.h>

enum { EXPIRING_DAYS = 30 };

static void revoked(struct chain_view *v, struct diagnosis *d)
{
    const struct connection *c = v->s->c;
    const struct ocsp_staple *staple = c->staple;
    bool is_stapled = staple && !staple->error && strcmp(staple->status, "revoked") == 0;
    bool is_said = v->is_rejected && v->alert == 44;
    if (!is_stapled && !is_said)
        return;
    struct finding *f = finding_add(d, FINDING_CERTIFICATE_REVOKED, is_stapled ? CERTAINTY_PROVEN : CERTAINTY_LIKELY);
    finding_summary(d, f, "The certificate of %s was revoked%s%s.", say_server(d, v->s),
                    is_stapled && staple->revoked_at.text[0] ? " on " : "", is_stapled ? staple->revoked_at.text : "");
    finding_detail(d, f,
                   is_stapled ? "The server's own stapled OCSP response says so."
                              : "The client's alert says so; no stapled response confirms it.");
    finding_evidence(d, f, c->certificate_status_moment.place, "stapled OCSP response: %s",
                     is_stapled ? "revoked" : "another status");
    chain_show(d, f, v, "the certificate");
}

/* Errors of OpenSSL's verifier about what a certificate may be used for. */
static bool is_misuse_error(uint16_t code)
{
    static const uint16_t codes[] = {24, 25, 26, 29, 32, 34, 37, 39, 40, 41, 42,
                                     43, 47, 48, 49, 50, 51, 52, 53, 79, 80};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i] == code)
            return true;
    return false;
}

static enum seen_when kind_of_misuse(uint16_t code)
{
    enum { PATH_LENGTH = 25, PURPOSE = 26, NOT_PERMITTED = 47, EXCLUDED = 48 };
    if (code == PATH_LENGTH || code == PURPOSE)
        return code == PURPOSE ? SEEN_PURPOSE : SEEN_PATH_LENGTH;
    return code == NOT_PERMITTED || code == EXCLUDED ? SEEN_NAME_CONSTRAINTS : SEEN_OTHER_USE;
}

static void misused(struct chain_view *v, struct diagnosis *d)
{
    const struct connection *c = v->s->c;
    for (unsigned i = 0; i < c->num_verifications; i++) {
        const struct verify_outcome *outcome = &c->verifications[i].outcome;
        if (!is_misuse_error(outcome->code))
            continue;
        struct finding *f = finding_add(d, FINDING_CERTIFICATE_MISUSED, CERTAINTY_PROVEN);
        f->about = kind_of_misuse(outcome->code);
        finding_summary(d, f, "A certificate of %s is used for what it was not issued for: %s.", say_server(d, v->s),
                        outcome->text);
        finding_detail(d, f, "OpenSSL's error %u concerns the certificate at depth %u, where 0 is the server's own.",
                       outcome->code, outcome->depth);
        chain_show(d, f, v, "the chain as it was presented");
        return;
    }
}

static const char *weakness(struct diagnosis *d, const struct certificate_facts *facts)
{
    const char *signature = facts->signature_algorithm ? facts->signature_algorithm : "";
    bool is_sha1 = strcasestr(signature, "sha1") != NULL, is_md5 = strcasestr(signature, "md5") != NULL;
    const char *key = facts->key_type ? facts->key_type : "";
    if ((strcmp(key, "rsa") == 0 || strcmp(key, "rsa-pss") == 0) && facts->key_bits > 0 && facts->key_bits < 2048)
        return finding_text(d, "an RSA key of %u bits", facts->key_bits);
    if (strcmp(key, "ec") == 0 && facts->key_bits > 0 && facts->key_bits < 224)
        return finding_text(d, "an elliptic-curve key of %u bits", facts->key_bits);
    if ((is_sha1 || is_md5) && !facts->is_self_signed)
        return is_md5 ? "a signature with MD5" : "a signature with SHA-1";
    return NULL;
}

static void weak(struct chain_view *v, struct diagnosis *d)
{
    for (unsigned i = 0; i < v->shape.num_issuers; i++) {
        const struct certificate_facts *facts = chain_facts(v, i);
        const char *what = facts->error ? NULL : weakness(d, facts);
        if (!what)
            continue;
        struct finding *f = finding_add(d, FINDING_CERTIFICATE_WEAK, CERTAINTY_PROVEN);
        finding_summary(d, f, "The certificate %s has %s.", chain_subject(d, facts), what);
        finding_detail(d, f, "OpenSSL at security level 2, the default of Debian and Fedora, refuses it.");
        chain_show(d, f, v, what);
        return;
    }
}

static void name_mismatch(struct chain_view *v, struct diagnosis *d)
{
    const struct connection *c = v->s->c;
    const struct verification *found = NULL;
    for (unsigned i = 0; i < c->num_verifications && !found; i++)
        if (c->verifications[i].has_name_match && !c->verifications[i].is_name_match)
            found = &c->verifications[i];
    if (!found)
        return;
    const struct certificate_facts *facts = chain_facts(v, 0);
    struct finding *f = finding_add(d, FINDING_NAME_MISMATCH, CERTAINTY_PROVEN);
    finding_summary(d, f, "The certificate is not for %s.", say_server(d, v->s));
    const char *names = facts->num_san ? "" : "none";
    for (size_t i = 0; i < facts->num_san && i < 8; i++)
        names = finding_text(d, "%s%s%s", names, i ? ", " : "",
                             finding_name(d, (struct bytes){(const uint8_t *)facts->san[i], strlen(facts->san[i])}));
    finding_detail(d, f, "Its names are: %s%s.", names, facts->num_san > 8 ? " and more" : "");
    chain_show(d, f, v, "the certificate");
}

static int64_t expiring_seconds(const struct chain_view *v)
{
    const struct diagnose_options *options = v->s->context->options;
    return INT64_C(86400) * (options && options->has_expiring_days ? options->expiring_days : EXPIRING_DAYS);
}

static void dates(struct chain_view *v, struct diagnosis *d)
{
    const struct connection *c = v->s->c;
    const struct diagnose_options *options = v->s->context->options;
    bool is_told = options && options->has_at;
    int64_t now = is_told ? options->at : c->flow->first.time_ns / 1000000000;
    if (!is_told && c->flow->first.time_ns == 0)
        return;
    for (unsigned i = 0; i < v->shape.num_issuers; i++) {
        const struct certificate_facts *facts = chain_facts(v, i);
        if (facts->error)
            continue;
        bool is_early = facts->not_before != INT64_MIN && facts->not_before > now;
        bool is_late = facts->not_after != INT64_MIN && facts->not_after < now;
        bool is_soon = !is_late && facts->not_after != INT64_MIN && facts->not_after - now < expiring_seconds(v);
        if (!is_early && !is_late && !is_soon)
            continue;
        struct finding *f = finding_add(d,
                                        is_early  ? FINDING_CERTIFICATE_NOT_YET_VALID
                                        : is_late ? FINDING_CERTIFICATE_EXPIRED
                                                  : FINDING_CERTIFICATE_EXPIRING,
                                        CERTAINTY_PROVEN);
        finding_summary(d, f,
                        is_early  ? "The certificate %s is not valid before %s."
                        : is_late ? "The certificate %s expired on %s."
                                  : "The certificate %s expires on %s.",
                        chain_subject(d, facts), is_early ? facts->not_before_text : facts->not_after_text);
        finding_detail(d, f,
                       is_told ? "At the time that was given with --at, not at the capture's."
                               : "By the clock of the capture; if that is wrong, so is this.");
        chain_show(d, f, v, is_early ? facts->not_before_text : facts->not_after_text);
        return;
    }
}

/* RFC 7633: the extension TLS feature with status_request. */
static bool demands_staple(struct bytes der)
{
    static const uint8_t feature[] = {0x06, 0x08, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01,
                                      0x18, 0x04, 0x05, 0x30, 0x03, 0x02, 0x01, 0x05};
    return bytes_contain(der, (struct bytes){feature, sizeof feature});
}

static void staple_missing(struct chain_view *v, struct diagnosis *d)
{
    const struct connection *c = v->s->c;
    bool is_demanded = demands_staple(certificate_der(c->chain.certificates[0])) && !c->has_certificate_status;
    bool is_said = v->is_rejected && v->alert == 113;
    if (!is_demanded && !is_said)
        return;
    struct finding *f = finding_add(d, FINDING_STAPLE_MISSING, CERTAINTY_PROVEN);
    finding_summary(d, f,
                    is_demanded ? "The certificate of %s demands a stapled OCSP response, and none came."
                                : "The client rejects the stapled OCSP response of %s.",
                    say_server(d, v->s));
    if (is_demanded && c->has_client_hello && !c->client_hello.ext.has_status_request)
        finding_detail(d, f, "This client did not ask for one (status_request), so the server could not send it.");
    chain_show(d, f, v, is_demanded ? "certificate with the TLS feature status_request" : "the certificate");
}

static void shape(struct chain_view *v, struct diagnosis *d)
{
    const struct chain_shape *shape = &v->shape;
    if (shape->is_disordered || shape->num_duplicates > 0 || shape->num_strangers > 0) {
        struct finding *f = finding_add(d, FINDING_CHAIN_DISORDERED, CERTAINTY_PROVEN);
        finding_summary(d, f, "The certificates of %s are not a clean chain.", say_server(d, v->s));
        finding_detail(d, f, "Of %u certificates, %u are doubled and %u do not belong to the chain%s.", shape->num,
                       shape->num_duplicates, shape->num_strangers, shape->is_disordered ? "; the order is wrong" : "");
        chain_show(d, f, v, "the chain as it was presented");
    }
    if (shape->has_root) {
        struct finding *f = finding_add(d, FINDING_ROOT_INCLUDED, CERTAINTY_PROVEN);
        finding_summary(d, f, "%s sends the root %s along.", say_server(d, v->s),
                        chain_subject(d, chain_facts(v, shape->num_issuers - 1)));
        chain_show(d, f, v, "the chain as it was presented");
    }
}

static const struct {
    enum finding_id id;
    void (*tell)(struct chain_view *v, struct diagnosis *d);
} faults[] = {
    {FINDING_SELF_SIGNED, chain_self_signed},
    {FINDING_CHAIN_INCOMPLETE, chain_trust},
    {FINDING_CERTIFICATE_REVOKED, revoked},
    {FINDING_CERTIFICATE_MISUSED, misused},
    {FINDING_CERTIFICATE_WEAK, weak},
    {FINDING_NAME_MISMATCH, name_mismatch},
    {FINDING_CERTIFICATE_EXPIRED, dates},
    {FINDING_STAPLE_MISSING, staple_missing},
    {FINDING_INTERCEPTION_SUSPECTED, interception},
    {FINDING_CHAIN_DISORDERED, shape},
};

/* A certificate alert, or a handshake_failure that nothing else explains. */
static bool is_rejecting(uint8_t code)
{
    return code == 40 || (code >= 42 && code <= 46) || code == 48 || code == 49 || code == 113;
}

/* Who rejects after Finished leaves at once; who stays longer does something else (a person at s_client, a pool). */
#define LEAVING_NS INT64_C(500000000)

/* Step 1's exception: the client finished, sent no data and left first. */
static bool left_after_finished(const struct connection *c)
{
    if (c->has_application_data[ROLE_CLIENT] || !c->has_finished[ROLE_CLIENT] || c->is_events_cut)
        return false;
    for (unsigned i = 0; i < c->num_events; i++) {
        const struct event *event = &c->events[i];
        bool is_end = event->kind == EVENT_FIN || event->kind == EVENT_RST || event->kind == EVENT_HIDDEN_ALERT ||
                      event->kind == EVENT_ALERT;
        if (is_end && event->last.place.frame >= c->handshake_end.place.frame)
            return event->role == ROLE_CLIENT &&
                   moment_since(&event->last, &c->handshake_end) < LEAVING_NS + c->flow->rtt_ns;
    }
    return false;
}

static bool is_fault(enum finding_id id)
{
    return id != FINDING_CERTIFICATE_EXPIRING && id != FINDING_CHAIN_DISORDERED && id != FINDING_ROOT_INCLUDED &&
           id != FINDING_INTERCEPTION_SUSPECTED && finding_code(id)->severity == SEVERITY_ERROR;
}

/* Of several faults the one that the alert names, else the first in the order of the catalogue. Distrust that only some
 * stores share comes last, unless the alert speaks of trust. */
static struct finding *choose(struct diagnosis *d, unsigned from, const struct chain_view *v)
{
    uint8_t alert = v->alert;
    enum finding_id named = alert == 44 ? FINDING_CERTIFICATE_REVOKED : FINDING_CERTIFICATE_EXPIRED;
    struct finding *first = NULL, *last = NULL;
    for (unsigned i = from; i < d->num; i++) {
        struct finding *f = &d->findings[i];
        if (!is_fault(f->id))
            continue;
        if ((alert == 44 || alert == 45) && f->id == named)
            return f;
        if (v->is_trust_mixed && alert != ALERT_UNKNOWN_CA && f->id == FINDING_ISSUER_UNTRUSTED)
            last = f;
        else if (!first)
            first = f;
    }
    return first ? first : last;
}

static void chain(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    if (c->chain.num == 0 || c->chain.is_cut)
        return;
    struct chain_view v = {.s = s};
    bool is_after = s->is_completed && left_after_finished(c);
    bool is_alert = is_alert_of(s, ROLE_CLIENT) && is_rejecting(s->end.event->code);
    v.is_rejected = (is_after || is_alert) && !diagnosis_has_cause(d);
    v.alert = is_alert ? s->end.event->code : 0;
    chain_shape_read(&v.shape, c->chain.certificates, c->chain.num);
    unsigned from = d->num;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        faults[i].tell(&v, d);
    struct finding *cause = v.is_rejected ? choose(d, from, &v) : NULL;
    for (unsigned i = from; i < d->num; i++)
        if (!cause && is_fault(d->findings[i].id) && d->findings[i].severity == SEVERITY_ERROR)
            d->findings[i].severity = SEVERITY_WARNING;
    if (!cause)
        return;
    cause->is_cause = cause->has_ended_by = true;
    cause->ended_by = PARTY_CLIENT;
    cause->severity = SEVERITY_ERROR;
    if (is_after) {
        cause->certainty = CERTAINTY_LIKELY;
        finding_detail(d, cause,
                       "The client finished the handshake, sent no data and left: some programs check the "
                       "certificate only then.");
    } else {
        show_ending(d, cause, s);
    }
}

/* A readable alert names the reason, the chain is hidden: it gives that code, but cannot be checked. */
static void named_by_alert(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    bool is_expired = ended_by_alert(s, ROLE_CLIENT, 45);
    if ((!is_expired && !ended_by_alert(s, ROLE_CLIENT, 44)) || c->chain.num > 0)
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
    {FINDING_SELF_SIGNED, chain, ON_BOTH},
    {FINDING_CERTIFICATE_EXPIRED, named_by_alert, ON_FAILED | WHEN_UNEXPLAINED},
};
RULE_TABLE(certificates);
