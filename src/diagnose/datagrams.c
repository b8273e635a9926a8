/* What fails only over UDP: DTLS's cookies and fragments (the catalogue's section on datagrams). */
#include "diagnose/rules.h"

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

static const struct rule datagrams_rules[] = {
    {FINDING_DTLS_COOKIE_LOOP, cookie_loop, ON_FAILED | WHEN_UNEXPLAINED},
    {FINDING_DTLS_FRAGMENTS_LOST, fragments_lost, ON_FAILED | WHEN_UNEXPLAINED},
    {FINDING_SERVER_FLIGHT_BLACKHOLED, flight_lost, ON_FAILED | WHEN_UNEXPLAINED},
};
RULE_TABLE(datagrams);
