/* What goes on after, or beside, a handshake that completed: resumption, early data, renegotiation, close_notify. */
#include "diagnose/rules.h"

static void resumption(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    if (!c->has_client_hello || c->is_client_hello_cut || !c->has_server_hello || c->is_resumed ||
        c->has_gap_in_handshake || c->has_cut_in_handshake)
        return;
    bool is_by_id_alone = c->client_hello.session_id.len > 0 && s->top_rank >= VERSION_TLS13 && s->context->profiles;
    if (!profile_is_resumption_offer(is_by_id_alone ? profiles_named(s->context->profiles, c) : NULL, c))
        return;
    struct finding *f = finding_add(d, FINDING_RESUMPTION_REJECTED, CERTAINTY_PROVEN);
    finding_summary(d, f, "The client offered to resume a session; %s made a full handshake instead.",
                    say_server(d, s));
    finding_detail(d, f,
                   "That costs time, no more. It is normal after a restart of the server, a change of its ticket "
                   "keys, or behind a balancer whose servers do not share them.");
    finding_evidence(d, f, c->client_hello_moment.place, "ClientHello offers a %s",
                     c->client_hello.ext.has_pre_shared_key       ? "pre-shared key"
                     : c->client_hello.ext.session_ticket.len > 0 ? "ticket"
                                                                  : "session ID");
    finding_evidence(d, f, c->server_hello_moment.place, "ServerHello does not take it");
}

static void early_data(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    if (c->early_data >= 0)
        return;
    bool is_told = c->has_hello_retry || c->has_encrypted_extensions;
    struct finding *f = finding_add(d, FINDING_EARLY_DATA_REJECTED, is_told ? CERTAINTY_PROVEN : CERTAINTY_LIKELY);
    finding_summary(d, f, "%s did not take the early data (0-RTT); the client has to send it again.", say_server(d, s));
    if (!is_told)
        finding_detail(d, f, "No EndOfEarlyData followed, as it would had the data been taken.");
    finding_evidence(d, f, c->client_hello_moment.place, "ClientHello offers early data");
    if (c->has_encrypted_extensions)
        finding_evidence(d, f, c->encrypted_extensions_moment.place, "EncryptedExtensions does not accept it");
}

/* The first event behind the handshake, of which datagrams may bring a part later than its last message. */
static unsigned after_handshake(const struct connection *c)
{
    unsigned i = c->num_events;
    while (i > 0 && c->events[i - 1].last.place.frame > c->handshake_end.place.frame)
        i--;
    return i;
}

/* Readable under a suite that does not encrypt. */
static bool is_protected_handshake(const struct event *event)
{
    return event->kind == EVENT_HANDSHAKE || (event->kind == EVENT_HIDDEN && event->type == CONTENT_HANDSHAKE);
}

static bool is_refusal(const struct event *event)
{
    return event->kind == EVENT_HIDDEN_ALERT || (event->kind == EVENT_ALERT && event->code == ALERT_NO_RENEGOTIATION);
}

/* Up to TLS 1.2: a protected handshake message after the handshake is a ClientHello or HelloRequest; answered by an
 * alert, or not at all, and then the close. */
static void renegotiation(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    if (version_is_tls13(c->version) || c->renegotiations == 0 || c->is_events_cut)
        return;
    const struct event *asked = NULL, *answer = NULL;
    bool is_answered = false, went_on = false; /* as if nothing had been asked; or the capture lacks a part */
    for (unsigned i = after_handshake(c); i < c->num_events && !answer; i++) {
        const struct event *event = &c->events[i];
        bool is_close = event->kind == EVENT_FIN || event->kind == EVENT_RST;
        if (!asked)
            asked = is_protected_handshake(event) ? event : NULL;
        else if (event->kind == EVENT_APPLICATION || event->kind == EVENT_GAP)
            went_on = true;
        else if (event->role == asked->role && (is_close || event->kind == EVENT_HIDDEN_ALERT))
            went_on = true; /* the asker leaves: what the other side does then is no answer */
        else if (event->role != asked->role && is_protected_handshake(event))
            is_answered = true;
        else if (event->role != asked->role && (is_refusal(event) || is_close))
            answer = event;
    }
    if (!asked || !answer || is_answered || (went_on && !is_refusal(answer)))
        return;
    bool is_proven = answer->kind == EVENT_ALERT, is_close = !is_refusal(answer);
    struct finding *f =
        finding_cause(d, FINDING_RENEGOTIATION_REFUSED, is_proven ? CERTAINTY_PROVEN : CERTAINTY_LIKELY, PARTY_UNKNOWN);
    f->side = party_of(answer->role);
    for (unsigned i = 0; i < c->num_events && f->ended_by == PARTY_UNKNOWN; i++)
        if (c->events[i].kind == EVENT_FIN || c->events[i].kind == EVENT_RST)
            f->ended_by = party_of(c->events[i].role);
    finding_summary(d, f,
                    "The %s asked for another handshake on the same connection (renegotiation), and the %s "
                    "refused it.",
                    say_role(asked->role), say_role(answer->role));
    finding_detail(d, f, "The first handshake completed. %s",
                   is_close    ? "It answered nothing and closed: there is no alert that says why."
                   : is_proven ? "The alert says no_renegotiation."
                               : "The alert is encrypted; by its place it is no_renegotiation. The key log would prove "
                                 "it.");
    finding_evidence(d, f, c->handshake_end.place, "the first handshake is complete");
    finding_evidence(d, f, asked->last.place, "protected handshake message from the %s", say_role(asked->role));
    finding_evidence(d, f, answer->last.place, is_close ? "close by the %s" : "protected alert from the %s",
                     say_role(answer->role));
}

static void no_close_notify(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    bool is_hidden = version_is_tls13(c->version) && (!c->keys || c->keys_error);
    /* Behind the login TLS just stops. */
    bool is_login_only = c->before_tls.starttls.mode == STARTTLS_LOGIN_ONLY;
    if (is_hidden || is_login_only || c->protocol != PROTOCOL_TLS || c->is_events_cut)
        return;
    bool has_alert[2] = {false, false};
    for (unsigned i = after_handshake(c); i < c->num_events; i++) {
        const struct event *event = &c->events[i];
        if (event->kind == EVENT_GAP)
            return;
        if (event->kind == EVENT_HIDDEN_ALERT || event->kind == EVENT_ALERT)
            has_alert[event->role] = true;
        if (event->kind != EVENT_FIN && event->kind != EVENT_RST)
            continue;
        if (has_alert[ROLE_CLIENT] || has_alert[ROLE_SERVER])
            return;
        struct finding *f = finding_add(d, FINDING_CLOSED_WITHOUT_NOTIFY, CERTAINTY_PROVEN);
        f->side = party_of(event->role);
        f->has_ended_by = true;
        f->ended_by = party_of(event->role);
        finding_summary(d, f, "The %s %s without saying goodbye (close_notify).", say_role(event->role),
                        event->kind == EVENT_RST ? "reset the connection" : "closed");
        finding_detail(d, f,
                       "The other side cannot tell the end from a cut: OpenSSL 3 reports \"unexpected eof while "
                       "reading\".");
        finding_evidence(d, f, event->last.place, "%s without an alert before it",
                         event->kind == EVENT_RST ? "RST" : "FIN");
        return;
    }
}

static const struct rule later_rules[] = {
    {FINDING_RESUMPTION_REJECTED, resumption, ON_COMPLETED},
    {FINDING_EARLY_DATA_REJECTED, early_data, ON_COMPLETED},
    {FINDING_RENEGOTIATION_REFUSED, renegotiation, ON_COMPLETED},
    {FINDING_CLOSED_WITHOUT_NOTIFY, no_close_notify, ON_COMPLETED},
};
RULE_TABLE(later);
