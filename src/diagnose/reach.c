/* Closes, RSTs and silences that nothing else explains: step 7, and step 3's attempts that TCP alone decides. */
#include "diagnose/rules.h"

/* A client that leaves before this has not waited for what was lost. */
#define PATIENCE_NS INT64_C(1000000000)

static uint32_t syn_retries(const struct connection *c, enum role role)
{
    return c->flow->rare ? c->flow->rare->syn_retries[side_of(c, role)] : 0;
}

static uint64_t resends(const struct connection *c, enum role role)
{
    return c->flow->rare ? c->flow->rare->unacked_resends[side_of(c, role)] : 0;
}

static struct moment last_resend(const struct connection *c, enum role role)
{
    return c->flow->rare ? c->flow->rare->last_resend[side_of(c, role)] : (struct moment){0};
}

static bool has_said(const struct connection *c, enum role role)
{
    return stream_of(c, role)->bytes > 0;
}

static void no_syn_ack(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    uint32_t retries = syn_retries(c, ROLE_CLIENT);
    const struct attempt_instead *instead = &s->context->instead;
    bool is_silent = retries > 0 || s->end.kind == ENDING_SILENCE;
    if (c->flow->setup != FLOW_UNANSWERED || (!is_silent && !instead->attempt))
        return;
    struct finding *f =
        finding_cause(d, FINDING_TCP_NO_ANSWER,
                      is_silent || instead->is_same_name ? CERTAINTY_PROVEN : CERTAINTY_LIKELY, PARTY_UNKNOWN);
    if (retries == 0)
        finding_summary(d, f, "%s does not answer: a SYN was sent, nothing came back.", say_server(d, s));
    else
        finding_summary(d, f, "%s does not answer: the SYN was sent %u times, nothing came back.", say_server(d, s),
                        retries + 1);
    finding_detail(d, f,
                   "A firewall that drops packets, a host that is down, or a way back that does not lead past "
                   "the place of the capture; a capture at the server would tell which. Nothing refused it: "
                   "there was no RST and no ICMP error.");
    if (instead->attempt)
        finding_detail(d, f, "The client tried another address on the same port %s later and got through there%s.",
                       say_seconds(d, moment_since(&instead->attempt->first, &c->flow->first)),
                       instead->is_same_name ? ": DNS gave both for one name" : "");
    finding_evidence(d, f, c->flow->first.place, "SYN");
    if (instead->attempt)
        finding_evidence_connection(d, f, instead->attempt->id, instead->attempt->first.place,
                                    "the connection to the other address");
    if (retries > 0)
        finding_evidence(d, f, c->flow->rare->last_syn[side_of(c, ROLE_CLIENT)].place, "SYN, sent again");
}

static void no_ack(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    uint32_t retries = syn_retries(c, ROLE_SERVER);
    if (c->flow->setup != FLOW_SYN_ACKED || retries == 0)
        return;
    struct finding *f = finding_cause(d, FINDING_SYN_ACK_UNANSWERED, CERTAINTY_PROVEN, PARTY_UNKNOWN);
    finding_summary(d, f, "%s answers, but its SYN-ACK never gets an acknowledgement.", say_server(d, s));
    finding_detail(d, f,
                   "The SYN-ACK was sent %u times. Either it does not reach the client, or the client's packets "
                   "are lost on the way; a capture at the client would tell which.",
                   retries + 1);
    finding_evidence(d, f, c->flow->syn_ack.place, "SYN-ACK");
    finding_evidence(d, f, c->flow->rare->last_syn[side_of(c, ROLE_SERVER)].place, "SYN-ACK, sent again");
}

static void no_hello(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    if (c->flow->setup != FLOW_COMPLETE || has_said(c, ROLE_CLIENT) || s->end.role != ROLE_CLIENT ||
        s->end.kind != ENDING_SILENCE)
        return;
    struct finding *f = finding_cause(d, FINDING_NO_HELLO, CERTAINTY_PROVEN, closer_of(s));
    finding_summary(d, f, "The client connected to %s and said nothing for %s.", say_server(d, s),
                    say_seconds(d, s->end.silence_ns));
    finding_detail(d, f,
                   "With TLS the client speaks first. A client that waits for a greeting (plain SMTP, IMAP, "
                   "FTP ...) and a server that waits for a ClientHello wait for each other.");
    finding_evidence(d, f, c->flow->established.place, "TCP connection stands");
    show_ending(d, f, s);
    show_profile(d, f, s->all_names);
}

/* The whole hello did not get through: TCP says so. */
static bool is_hello_unacknowledged(const struct connection *c)
{
    const struct stream *client = stream_of(c, ROLE_CLIENT);
    return client->acked < client->bytes && resends(c, ROLE_CLIENT) > 0;
}

static void hello_blackholed(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    bool is_given_up = s->end.kind == ENDING_SILENCE || (did_client_leave(s) && s->end.silence_ns >= PATIENCE_NS);
    if (!c->has_client_hello || has_said(c, ROLE_SERVER) || !is_hello_unacknowledged(c) || !is_given_up)
        return;
    const struct stream *client = stream_of(c, ROLE_CLIENT);
    struct finding *f = finding_cause(d, FINDING_HELLO_BLACKHOLED, CERTAINTY_PROVEN, closer_of(s));
    finding_summary(d, f, "The ClientHello (%llu bytes) never got through to %s.", (unsigned long long)client->bytes,
                    say_server(d, s));
    finding_detail(d, f,
                   "It was sent again and again and never acknowledged beyond byte %llu, though TCP's handshake "
                   "worked.",
                   (unsigned long long)client->acked);
    const struct server_profile *server = s->all_names;
    if (server && server->largest_hello > 0 && server->largest_hello < c->client_hello_body.len)
        finding_detail(d, f,
                       "A hello of %u bytes was answered by the same server: large packets are lost on the way "
                       "(path MTU).",
                       server->largest_hello);
    else if (client->bytes > 1300)
        finding_detail(d, f, "It fills a large packet, or more than one: a path MTU problem is likely.");
    show_hello(d, f, c);
    finding_evidence(d, f, last_resend(c, ROLE_CLIENT).place, "sent again, still unacknowledged");
    show_profile(d, f, server);
}

static void hello_unanswered(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    if (!c->has_client_hello || has_said(c, ROLE_SERVER) || s->end.kind != ENDING_SILENCE)
        return;
    bool is_acknowledged = stream_of(c, ROLE_CLIENT)->acked >= stream_of(c, ROLE_CLIENT)->bytes;
    struct finding *f =
        finding_cause(d, FINDING_HELLO_UNANSWERED, is_acknowledged ? CERTAINTY_PROVEN : CERTAINTY_LIKELY, closer_of(s));
    finding_summary(d, f,
                    c->flow->is_datagram ? "%s never answered the ClientHello: nothing came for %s."
                                         : "%s took the ClientHello and said nothing for %s.",
                    say_server(d, s), say_seconds(d, s->end.silence_ns));
    if (is_acknowledged)
        finding_detail(d, f, "Its TCP acknowledged the hello, so it arrived: the program behind it does not answer.");
    if (c->flow->is_datagram) {
        f->side = PARTY_UNKNOWN;
        finding_detail(d, f,
                       "Whether it arrived cannot be told: UDP acknowledges nothing. A server that is down, a firewall "
                       "that drops, or a server that answers to others only; a capture at the server would settle it.");
    }
    show_hello(d, f, c);
    if (c->datagrams.num_repeats[ROLE_CLIENT] > 0)
        finding_evidence(d, f, c->datagrams.last_repeat[ROLE_CLIENT].place, "sent again, for the last time");
    show_ending(d, f, s);
}

static void server_flight(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    const struct stream *server = stream_of(c, ROLE_SERVER);
    bool is_hole = c->has_unacknowledged_gap;
    bool is_resent = server->acked < server->bytes && resends(c, ROLE_SERVER) > 0;
    bool is_given_up = s->end.kind == ENDING_SILENCE || (did_client_leave(s) && s->end.silence_ns >= PATIENCE_NS);
    bool is_kept_back = server->bytes == 0 && server->queue && server->packets > 2;
    if (c->flow->is_datagram || !c->has_client_hello || (!has_said(c, ROLE_SERVER) && !is_kept_back) || !is_given_up ||
        (!is_hole && !is_resent && !is_kept_back))
        return;
    struct finding *f = finding_cause(d, FINDING_SERVER_FLIGHT_BLACKHOLED, CERTAINTY_PROVEN, closer_of(s));
    finding_summary(d, f,
                    "Part of the server's answer never reached the client: large packets from %s are lost on "
                    "the way.",
                    say_server(d, s));
    if (is_resent)
        finding_detail(d, f,
                       "The server sent it again and again; the client acknowledged nothing beyond byte %llu of "
                       "%llu.",
                       (unsigned long long)server->acked, (unsigned long long)server->bytes);
    else
        finding_detail(d, f,
                       "What came later arrived, the packets before it did not: the client never acknowledged "
                       "them.");
    if (c->flow->rare && c->flow->rare->icmp_mtu)
        finding_detail(d, f,
                       "A router said that packets may have %u bytes at most, and the server went on sending "
                       "larger ones: ICMP does not reach it.",
                       c->flow->rare->icmp_mtu);
    show_hello(d, f, c);
    if (c->flow->rare && c->flow->rare->has_icmp)
        finding_evidence(d, f, c->flow->rare->icmp.place, "ICMP: fragmentation needed");
    finding_evidence(d, f, last_resend(c, ROLE_SERVER).place, "sent again, still unacknowledged");
    show_ending(d, f, s);
}

/* Over UDP both sides send again what is not answered, within a second or so. Where neither did, what is missing is
 * missing in the capture, or both programs ended. */
static bool was_nothing_sent_again(const struct subject *s)
{
    return s->c->flow->is_datagram && moment_since(&s->c->flow->last, &s->end.since) < PATIENCE_NS;
}

static void unfinished(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    if (s->end.kind != ENDING_SILENCE || !has_said(c, ROLE_SERVER) || !was_nothing_sent_again(s))
        return;
    struct finding *f = finding_cause(d, FINDING_CAPTURE_GAP, CERTAINTY_LIKELY, PARTY_UNKNOWN);
    finding_summary(d, f, "The handshake with %s goes on outside of the capture, it seems.", say_server(d, s));
    finding_detail(d, f,
                   "It stops in the middle, and for %s neither side sent anything again, as both do within a second "
                   "when no answer comes: a filter left packets out, or both programs ended.",
                   say_seconds(d, s->end.silence_ns));
    show_hello(d, f, c);
    show_server_hello(d, f, c);
    finding_evidence(d, f, c->flow->last.place, "the last packet of this connection");
}

static void stalled(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    if (s->end.kind != ENDING_SILENCE || !has_said(c, ROLE_SERVER) || c->protocol == PROTOCOL_NONE)
        return;
    struct finding *f = finding_cause(d, FINDING_HANDSHAKE_STALLED, CERTAINTY_PROVEN, closer_of(s));
    finding_summary(d, f, "The handshake with %s stopped in the middle: the %s was to speak and said nothing for %s.",
                    say_server(d, s), say_role(s->end.role), say_seconds(d, s->end.silence_ns));
    finding_detail(d, f,
                   "Whether the %s is stuck or its packets are lost cannot be told from here; a capture on its "
                   "side would settle it.",
                   say_role(s->end.role));
    show_server_hello(d, f, c);
    show_ending(d, f, s);
}

/* What was said before the capture began may be the reason. */
static enum certainty certainty_of(const struct connection *c)
{
    bool is_begun_before = c->flow->setup == FLOW_UNSEEN && !c->flow->is_datagram;
    return is_begun_before ? CERTAINTY_LIKELY : CERTAINTY_PROVEN;
}

static void hello_dropped(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    if (!c->has_client_hello || has_said(c, ROLE_SERVER) || !is_over_by_close(s) || s->end.role != ROLE_SERVER)
        return;
    bool is_reset = s->end.kind == ENDING_RST;
    struct finding *f =
        finding_cause(d, is_reset ? FINDING_HELLO_RESET : FINDING_HELLO_CLOSED, certainty_of(c), PARTY_SERVER);
    finding_summary(d, f, "%s %s the connection as soon as the ClientHello was there, without a word.",
                    say_server(d, s), is_reset ? "reset" : "closed");
    const struct server_profile *all = s->all_names;
    if (certainty_of(c) < CERTAINTY_PROVEN)
        f->side = PARTY_UNKNOWN;
    if (all && all->completed > 0 && (!s->server || s->server->completed == 0)) {
        f->side = is_reset ? PARTY_PATH : PARTY_SERVER;
        finding_detail(d, f,
                       "Connections to the same address that asked for another name completed: it is the name "
                       "that is refused, by the server or by a filter in front of it.");
    } else {
        finding_detail(d, f,
                       "The reason was not said. Candidates: the name asked for, the versions offered, a limit "
                       "on connections, a filter on the path, or a server that does not speak TLS there.");
    }
    show_hello(d, f, c);
    show_ending(d, f, s);
    if (all && all->headed.id != 0 && c->before_tls.proxy.kind != PROXY_PROTOCOL) {
        f->side = PARTY_CLIENT;
        finding_detail(d, f,
                       "It did answer a hello with a PROXY protocol header in front: it may expect one on this port.");
        finding_evidence_connection(d, f, all->headed.id, all->headed.place,
                                    "another connection, with the PROXY protocol, is answered");
    }
    show_profile(d, f, all);
}

static void gave_up(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    struct bytes said = c->first_bytes[ROLE_CLIENT];
    bool is_plain =
        c->protocol == PROTOCOL_NONE && said.len > 0 && !is_record_begun(said) && !c->before_tls.starttls.is_asked;
    if (!is_over_by_close(s) || is_plain)
        return;
    bool is_client = s->end.role == ROLE_CLIENT;
    struct finding *f = finding_cause(d, is_client ? FINDING_CLIENT_GAVE_UP : FINDING_SERVER_GAVE_UP, certainty_of(c),
                                      party_of(s->end.role));
    finding_summary(d, f, "The %s %s the connection in the middle of the handshake and gave no reason.",
                    say_role(s->end.role), s->end.kind == ENDING_RST ? "reset" : "closed");
    finding_detail(d, f, "It had waited %s. No alert was sent; the log of the %s knows the reason.",
                   say_seconds(d, s->end.silence_ns), say_role(s->end.role));
    show_hello(d, f, c);
    show_server_hello(d, f, c);
    show_ending(d, f, s);
}

/* Closed although something was said that is no TLS, and nothing before made sense of it; or not over at all. */
static void ended(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    struct finding *f = finding_cause(d, FINDING_CAPTURE_ENDED, CERTAINTY_PROVEN, PARTY_UNKNOWN);
    finding_summary(d, f,
                    s->end.kind == ENDING_OPEN ? "The capture ends before the handshake with %s came to an end."
                                               : "The capture does not show what became of the connection to %s.",
                    say_server(d, s));
    finding_evidence(d, f, c->flow->last.place, "the last packet of this connection");
}

static const struct rule reach_rules[] = {
    {FINDING_TCP_NO_ANSWER, no_syn_ack, ON_FAILED | WHEN_UNEXPLAINED},
    {FINDING_SYN_ACK_UNANSWERED, no_ack, ON_FAILED | WHEN_UNEXPLAINED},
    {FINDING_NO_HELLO, no_hello, ON_FAILED | WHEN_UNEXPLAINED},
    {FINDING_HELLO_BLACKHOLED, hello_blackholed, ON_FAILED | WHEN_UNEXPLAINED},
    {FINDING_SERVER_FLIGHT_BLACKHOLED, server_flight, ON_FAILED | WHEN_UNEXPLAINED},
    {FINDING_HELLO_UNANSWERED, hello_unanswered, ON_FAILED | WHEN_UNEXPLAINED},
    {FINDING_CAPTURE_GAP, unfinished, ON_FAILED | WHEN_UNEXPLAINED},
    {FINDING_HANDSHAKE_STALLED, stalled, ON_FAILED | WHEN_UNEXPLAINED},
    {FINDING_HELLO_RESET, hello_dropped, ON_FAILED | WHEN_UNEXPLAINED},
    {FINDING_CLIENT_GAVE_UP, gave_up, ON_FAILED | WHEN_UNEXPLAINED},
    {FINDING_CAPTURE_ENDED, ended, ON_FAILED | WHEN_UNEXPLAINED},
};
RULE_TABLE(reach);
