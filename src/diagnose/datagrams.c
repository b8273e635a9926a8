/* What fails only over UDP: DTLS's cookies and fragments, QUIC's versions and blocked paths (the catalogue's section on
 * datagrams). */
#include "diagnose/rules.h"
#include "dissect/quic.h"

enum { COOKIES_ASKED = 3 }; /* one is how it should be; a second one may answer a hello that was sent again */

static void cookie_loop(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    const struct datagram_facts *facts = &c->datagrams;
    if (facts->num_hello_verifies < COOKIES_ASKED || c->has_server_hello)
        return;
    struct finding *f = finding_cause(d, FINDING_DTLS_COOKIE_LOOP, CERTAINTY_PROVEN, closer_of(s));
    finding_summary(d, f, "%s asked for a cookie %u times and never went on.", say_server(d, s),
                    facts->num_hello_verifies);
    if (c->has_second_client_hello)
        finding_detail(d, f,
                       "The client sent the cookie back, and was asked again: the server does not take its own cookie. "
                       "It is made from the client's address, so something that changes the address or port between "
                       "packets (NAT, a balancer over several servers) explains it; so do servers that do not share "
                       "their secret.");
    else
        finding_detail(d, f,
                       "The client never sent a cookie back: the HelloVerifyRequest does not reach it. A capture on "
                       "its side would settle that.");
    show_hello(d, f, c);
    for (unsigned i = 0; i < c->num_events; i++)
        if (c->events[i].kind == EVENT_HANDSHAKE && c->events[i].type == HS_HELLO_VERIFY_REQUEST) {
            finding_evidence(d, f, c->events[i].last.place, "the first HelloVerifyRequest");
            break;
        }
    finding_evidence(d, f, facts->last_hello_verify.place, "the last one");
}

/* The part of a message that lies in the capture, and that the same part came again: nobody was satisfied with it. */
static void fragments_lost(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    for (unsigned i = 0; i < 2; i++) {
        enum role role = i == 0 ? ROLE_SERVER : ROLE_CLIENT;
        const struct incomplete_message *message = &c->datagrams.incomplete[role];
        if (!c->datagrams.has_incomplete[role] || message->repeats == 0)
            continue;
        struct finding *f = finding_cause(d, FINDING_DTLS_FRAGMENTS_LOST, CERTAINTY_PROVEN, closer_of(s));
        const char *name = handshake_type_name(message->type);
        finding_summary(d, f, "Fragments of the %s's %s never arrive: %u of its %u bytes are in the capture.",
                        say_role(role), name ? name : "handshake message", message->had, message->length);
        finding_detail(d, f,
                       "The message (number %u) was sent again, and the same part was missing again. The large packets "
                       "are lost on the way: a path MTU smaller than the sender believes, or a firewall that drops IP "
                       "fragments. Where packets were lost only for the capture, the peer would have gone on.",
                       message->message_seq);
        show_hello(d, f, c);
        finding_evidence(d, f, message->last.place, "the same fragment again");
        return;
    }
}

/* The server's whole flight again and again, and the client never past its hello: large packets of one direction are
 * lost behind the place of the capture. */
static void flight_lost(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    if (!c->has_server_hello || s->end.kind != ENDING_SILENCE || c->datagrams.num_repeats[ROLE_SERVER] == 0 ||
        c->datagrams.has_incomplete[ROLE_SERVER])
        return;
    for (unsigned i = 0; i < c->num_events; i++)
        if (c->events[i].role == ROLE_CLIENT && c->events[i].kind != EVENT_FAULT && c->events[i].kind != EVENT_GAP &&
            (c->events[i].kind != EVENT_HANDSHAKE || c->events[i].type != HS_CLIENT_HELLO))
            return;
    struct finding *f = finding_cause(d, FINDING_SERVER_FLIGHT_BLACKHOLED, CERTAINTY_LIKELY, closer_of(s));
    finding_summary(d, f, "The answer of %s does not reach the client, or not whole.", say_server(d, s));
    finding_detail(d, f,
                   "The server sent its messages again (%u of them), the client %s. A capture at the client would show "
                   "which of them arrive.",
                   c->datagrams.num_repeats[ROLE_SERVER],
                   c->datagrams.num_repeats[ROLE_CLIENT] > 0 ? "its ClientHello" : "said nothing more");
    show_hello(d, f, c);
    show_server_hello(d, f, c);
    finding_evidence(d, f, c->datagrams.last_repeat[ROLE_SERVER].place, "the server's messages again");
}

static const char *say_quic_version(struct diagnosis *d, uint32_t version)
{
    const char *name = quic_version_name(version);
    return name ? name : finding_text(d, "0x%08x", version);
}

/* Those of a Version Negotiation packet; a server mixes reserved ones in, which say nothing. */
static const char *say_quic_versions(struct diagnosis *d, struct bytes versions)
{
    enum { MOST = 8 };
    const char *text = "";
    unsigned num = 0;
    for (size_t at = 0; at + 4 <= versions.len && num < MOST; at += 4) {
        uint32_t version = bytes_u32_at(versions, at);
        if (!quic_version_is_reserved(version))
            text = finding_text(d, "%s%s%s", text, num++ > 0 ? ", " : "", say_quic_version(d, version));
    }
    return num > 0 ? text : "none that it names";
}

static void show_initial(struct diagnosis *d, struct finding *f, const struct connection *c)
{
    if (c->has_client_hello)
        show_hello(d, f, c);
    else
        finding_evidence(d, f, c->flow->first.place, "the client's first Initial packet");
}

/* It asked which versions there are, and came again on other ports. */
static void quic_versions_asked(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    struct finding *f = finding_cause(d, FINDING_CLIENT_GAVE_UP, CERTAINTY_LIKELY, PARTY_CLIENT);
    finding_summary(d, f, "The client left after the Version Negotiation of %s, which takes QUIC %s.", say_server(d, s),
                    say_quic_versions(d, c->quic.versions));
    finding_detail(d, f,
                   "Another connection over QUIC completed there: the client may have begun again with a version of "
                   "the server's.");
    finding_evidence(d, f, c->quic.version_negotiation.place, "Version Negotiation");
    show_profile(d, f, s->all_names);
}

/* The client did not come again with one of the server's versions. */
static void quic_versions(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    const struct quic_facts *q = &c->quic;
    if (!s->end.event || s->end.kind != ENDING_FIN || s->end.event->code != QUIC_FIN_NEGOTIATION)
        return;
    if (s->all_names && s->all_names->completed > 0 && quic_version_is_reserved(q->first_version)) {
        quic_versions_asked(s, d);
        return;
    }
    struct finding *f = finding_cause(d, FINDING_QUIC_VERSION_MISMATCH, CERTAINTY_PROVEN, PARTY_CLIENT);
    finding_summary(d, f, "The client began with QUIC %s, %s takes %s.", say_quic_version(d, q->first_version),
                    say_server(d, s), say_quic_versions(d, q->versions));
    finding_detail(d, f,
                   "The server answered with Version Negotiation, and the client did not begin again with one of its "
                   "versions: it has none of them.");
    show_initial(d, f, c);
    finding_evidence(d, f, q->version_negotiation.place, "Version Negotiation");
}

static void quic_blocked(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    const struct quic_facts *q = &c->quic;
    if (c->protocol != PROTOCOL_QUIC || stream_of(c, ROLE_SERVER)->packets > 0 || s->end.kind != ENDING_SILENCE)
        return;
    const struct server_profile *tcp = s->context ? profiles_over_tcp(s->context->profiles, c) : NULL;
    bool works = tcp && tcp->seen_id != 0;
    struct finding *f =
        finding_cause(d, FINDING_QUIC_BLOCKED, works ? CERTAINTY_PROVEN : CERTAINTY_LIKELY, closer_of(s));
    if (!works)
        f->side = PARTY_UNKNOWN;
    finding_summary(d, f, "QUIC gets no answer from %s: %u datagram%s with Initial packets, nothing came back.",
                    say_server(d, s), q->num_initials[ROLE_CLIENT], q->num_initials[ROLE_CLIENT] == 1 ? "" : "s");
    finding_detail(d, f,
                   works ? "TLS over TCP to the same address and port works: it is UDP that a firewall drops on the "
                           "way, or that nothing at the server listens to. Clients go on with TCP, later than need be."
                         : "A firewall that drops UDP, a server that is down or has no QUIC, or a way back that does "
                           "not lead past the place of the capture. Nothing refused it: there was no ICMP error.");
    show_initial(d, f, c);
    if (q->num_initials[ROLE_CLIENT] > 1)
        finding_evidence(d, f, q->last_initial[ROLE_CLIENT].place, "the last Initial");
    show_profile(d, f, tcp);
}

/* A client that has the server's Finished sends its own together with 1-RTT packets. One that says something after the
 * server's flight and never sends these has left: its CONNECTION_CLOSE, with the alert, lies in a Handshake packet. */
static void quic_close_hidden(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    const struct event *last = c->num_events > 0 ? &c->events[c->num_events - 1] : NULL;
    bool has_flight = false;
    for (unsigned i = 0; i < c->num_events; i++)
        has_flight |= c->events[i].role == ROLE_SERVER &&
                      (c->events[i].kind == EVENT_HIDDEN || c->events[i].kind == EVENT_APPLICATION);
    if (c->protocol != PROTOCOL_QUIC || s->end.kind != ENDING_SILENCE || !has_flight ||
        c->quic.has_one_rtt[ROLE_CLIENT] || last->role != ROLE_CLIENT || last->kind != EVENT_HIDDEN)
        return;
    struct finding *f = finding_cause(d, FINDING_ENCRYPTED_ALERT, CERTAINTY_LIKELY, PARTY_CLIENT);
    finding_summary(d, f, "The client broke off after the answer of %s; its reason is encrypted.", say_server(d, s));
    finding_detail(d, f,
                   "Its last packet is a Handshake packet, and none of a finished handshake (1-RTT) ever came: "
                   "CONNECTION_CLOSE with a TLS alert explains it best, most often one about the certificate. The key "
                   "log (SSLKEYLOGFILE) would show it.");
    show_hello(d, f, c);
    show_server_hello(d, f, c);
    finding_evidence(d, f, last->last.place, "the client's last packet, %u bytes", last->len);
}

/* CONNECTION_CLOSE with a reason that is none of TLS. */
static void quic_closed(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    const struct quic_facts *q = &c->quic;
    enum role role = s->end.role;
    if (c->protocol != PROTOCOL_QUIC || s->end.kind != ENDING_FIN || !q->has_close[role])
        return;
    const char *name = quic_error_name(q->close_code[role]);
    unsigned long long code = q->close_code[role];
    struct finding *f = finding_cause(d, role == ROLE_CLIENT ? FINDING_CLIENT_GAVE_UP : FINDING_SERVER_GAVE_UP,
                                      CERTAINTY_PROVEN, party_of(role));
    finding_summary(d, f, "The %s closed the QUIC connection in the middle of the handshake: %s (0x%llx).",
                    say_role(role), name ? name : "a code of its own", code);
    show_initial(d, f, c);
    show_server_hello(d, f, c);
    finding_evidence(d, f, q->close[role].place, "CONNECTION_CLOSE");
}

static const struct rule datagrams_rules[] = {
    {FINDING_DTLS_COOKIE_LOOP, cookie_loop, ON_FAILED | WHEN_UNEXPLAINED},
    {FINDING_DTLS_FRAGMENTS_LOST, fragments_lost, ON_FAILED | WHEN_UNEXPLAINED},
    {FINDING_SERVER_FLIGHT_BLACKHOLED, flight_lost, ON_FAILED | WHEN_UNEXPLAINED},
    {FINDING_QUIC_VERSION_MISMATCH, quic_versions, ON_FAILED | WHEN_UNEXPLAINED},
    {FINDING_QUIC_BLOCKED, quic_blocked, ON_FAILED | WHEN_UNEXPLAINED},
    {FINDING_ENCRYPTED_ALERT, quic_close_hidden, ON_FAILED | WHEN_UNEXPLAINED},
    {FINDING_SERVER_GAVE_UP, quic_closed, ON_FAILED | WHEN_UNEXPLAINED},
};
RULE_TABLE(datagrams);
