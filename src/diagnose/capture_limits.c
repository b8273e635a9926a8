/* What the capture does not hold: step 2 of "Choosing the verdict". A finding stands beside every verdict when a part
 * of the handshake is missing; it is the cause of nothing when a readable alert needs none of the missing part. */
#include "diagnose/rules.h"

/* What an alert cannot be understood without. */
enum need { NEED_NOTHING, NEED_CHAIN, NEED_CLIENT, NEED_ALL };

static bool is_about_certificate(uint8_t code)
{
    return (code >= 41 && code <= 46) || code == 48 || code == 49 || code == 113 || code == 114;
}

/* Alerts that say all there is to say: who sends them tells the rest. */
static bool says_enough(uint8_t code)
{
    static const uint8_t codes[] = {70, 80, 86, 112, 115, 116, 120, 121};
    for (size_t i = 0; i < sizeof codes; i++)
        if (codes[i] == code)
            return true;
    return false;
}

/* A client's alert answers what the server said, and may be the echo of a close. */
static enum need need_of(const struct event *alert)
{
    bool is_client = alert->role == ROLE_CLIENT;
    if (is_about_certificate(alert->code))
        return is_client ? NEED_CHAIN : NEED_NOTHING;
    if (!is_client && says_enough(alert->code))
        return NEED_NOTHING;
    return !is_client && (alert->code == 40 || alert->code == 71) ? NEED_CLIENT : NEED_ALL;
}

/* Bytes of this role are missing before that event. */
static bool is_missing_of(const struct connection *c, enum role role, const struct event *until)
{
    bool is_begun_before = role == ROLE_CLIENT && c->flow->syn_side == 2 && !c->has_client_hello;
    if (stream_of(c, role)->packets == 0 || is_begun_before)
        return true;
    for (const struct event *event = c->events; event < until; event++)
        if (event->kind == EVENT_GAP && event->role == role && event->code != GAP_UNPROVEN)
            return true;
    return false;
}

static bool is_reason_missing(const struct connection *c, const struct event *alert)
{
    enum need need = need_of(alert);
    if (need == NEED_CHAIN)
        return c->chain.num == 0 && c->chain_missing == CHAIN_NOT_CAPTURED;
    return need != NEED_NOTHING &&
           (is_missing_of(c, ROLE_CLIENT, alert) || (need == NEED_ALL && is_missing_of(c, ROLE_SERVER, alert)));
}

/* Plain text in answer to the hello is the reason, whatever is missing of it. */
static bool is_told_by_text(const struct connection *c)
{
    if (!c->has_client_hello || c->is_client_hello_after_gap || !has_no_answer(c))
        return false;
    for (unsigned i = 0; i < c->num_events; i++)
        if (c->events[i].kind == EVENT_NOT_TLS && c->events[i].role == ROLE_SERVER)
            return c->events[i].last.time_ns >= c->client_hello_moment.time_ns;
    return false;
}

/* It went on after its SYN, as it does when the SYN was answered. */
static bool has_gone_on(const struct connection *c, unsigned side)
{
    const struct stream *stream = &c->flow->stream[side];
    uint32_t syns = 1 + (c->flow->rare ? c->flow->rare->syn_retries[side] : 0);
    return stream->has_syn && stream->packets > syns;
}

/* The reason may lie in what is missing: no alert that says enough, nothing that TCP itself or plain text tells. */
static bool may_hide_reason(const struct subject *s)
{
    const struct connection *c = s->c;
    if (s->is_completed)
        return false;
    if (s->end.kind == ENDING_ALERT)
        return is_reason_missing(c, s->end.event);
    if (c->flow->setup == FLOW_REFUSED || (c->flow->setup == FLOW_UNANSWERED && !has_gone_on(c, c->client_side)))
        return false;
    return !is_told_by_text(c);
}

static struct finding *add(const struct subject *s, struct diagnosis *d, enum finding_id id, enum certainty certainty)
{
    if (!may_hide_reason(s))
        return finding_add(d, id, certainty);
    return finding_cause(d, id, certainty, PARTY_UNKNOWN);
}

static void begin_missing(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    bool is_negotiated = c->quic.has_version_negotiation; /* a hello of a version that nobody can read came before */
    bool has_no_hello = !c->has_client_hello && !c->has_ssl2_server_hello && !is_negotiated;
    bool is_answer_unread = !c->flow->is_datagram && c->has_client_hello && has_no_answer(c) &&
                            stream_of(c, ROLE_SERVER)->bytes > 0 && !is_alert_of(s, ROLE_SERVER) && !is_told_by_text(c);
    bool is_never_closed =
        s->end.kind == ENDING_SILENCE && !s->end.has_closer && !s->is_completed && !c->flow->is_datagram;
    if (c->flow->syn_side != 2 || (!has_no_hello && !is_never_closed && !is_answer_unread))
        return;
    struct finding *f = add(s, d, FINDING_CAPTURE_MID_STREAM, CERTAINTY_PROVEN);
    finding_evidence(d, f, c->flow->first.place, "the first packet of this connection in the capture is no %s",
                     c->flow->is_datagram ? "ClientHello" : "SYN");
    if (has_no_hello)
        finding_summary(d, f, "The connection to %s began before the capture: its ClientHello is missing.",
                        say_server(d, s));
    else if (is_answer_unread)
        finding_summary(d, f, "The beginning of what %s answered is not in the capture.", say_server(d, s));
    else
        finding_summary(d, f, "Of the connection to %s the capture holds neither the beginning nor the end.",
                        say_server(d, s));
    finding_detail(d, f, "What was offered, and perhaps how the handshake went, was said before the first packet.");
}

/* Of datagrams nothing is acknowledged: only what a side says in answer tells that it heard the other one. */
static bool has_answered(const struct connection *c, enum role role)
{
    for (unsigned i = 0; i < c->num_events; i++)
        if (c->events[i].role == role &&
            (role == ROLE_SERVER || c->events[i].kind != EVENT_HANDSHAKE || c->events[i].type != HS_CLIENT_HELLO))
            return true;
    return role == ROLE_CLIENT && (c->client_hello.dtls_cookie.len > 0 || c->second_client_hello.dtls_cookie.len > 0);
}

/* One direction only, and a sign that the other one spoke: data, or the answer to a SYN, in the one that is there. */
static void one_sided(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    for (unsigned side = 0; side < 2; side++) {
        const struct stream *seen = &c->flow->stream[side], *unseen = &c->flow->stream[!side];
        enum role role = side == c->client_side ? ROLE_CLIENT : ROLE_SERVER;
        bool is_sign = c->flow->is_datagram
                           ? has_answered(c, role)
                           : seen->bytes > 0 || has_gone_on(c, side) || (c->flow->syn_side == !side && seen->has_syn);
        if (unseen->packets > 0 || seen->packets == 0 || !is_sign)
            continue;
        const char *who = side == c->client_side ? "client" : "server";
        struct finding *f = add(s, d, FINDING_CAPTURE_ONE_SIDED, CERTAINTY_PROVEN);
        finding_summary(d, f, "Only the packets of the %s are in the capture.", who);
        finding_detail(d, f,
                       "The %s goes on as if it were answered, so the other direction exists but takes another "
                       "way than past the place of the capture, or a filter left it out.",
                       who);
        if (seen->packets == 1)
            finding_evidence(d, f, c->flow->first.place, "the only packet, of the %s", who);
        else
            finding_evidence(d, f, c->flow->first.place, "the first of %u packets, all of the %s", seen->packets, who);
        return;
    }
}

static void show_gaps(const struct connection *c, struct diagnosis *d, struct finding *f, bool is_cut)
{
    unsigned shown = 0;
    for (unsigned i = 0; i < c->num_events && shown < 3; i++) {
        const struct event *event = &c->events[i];
        if (event->kind != EVENT_GAP || (event->code == GAP_CUT) != is_cut || event->code == GAP_UNPROVEN)
            continue;
        struct place place = event->first.place.frame ? event->first.place : event->last.place;
        if (event->len > 0)
            finding_evidence(d, f, place, "%u bytes of the %s are missing", event->len, say_role(event->role));
        else
            finding_evidence(d, f, place, "messages of the %s before this one are missing", say_role(event->role));
        shown++;
    }
}

static void truncated(const struct subject *s, struct diagnosis *d)
{
    if (!s->c->has_cut_in_handshake)
        return;
    struct finding *f = add(s, d, FINDING_CAPTURE_TRUNCATED, CERTAINTY_PROVEN);
    finding_summary(d, f, "Packets of the handshake were cut by the snapshot length of the capture.");
    finding_detail(d, f, "The packets were longer on the wire than what was stored of them.");
    show_gaps(s->c, d, f, true);
}

/* Bytes right before the close that ended it, which its sequence number counts and the capture does not hold. */
static uint64_t lost_before_close(const struct subject *s)
{
    const struct event *close = s->end.event;
    if (!is_over_by_close(s) || !close || (close->kind != EVENT_FIN && close->kind != EVENT_RST))
        return 0;
    if (close->kind == EVENT_RST && close->offset > stream_of(s->c, close->role)->next)
        return is_rst_strange(s->c, close->role) ? 0 : close->offset - stream_of(s->c, close->role)->next;
    for (const struct event *event = close; event-- > s->c->events;)
        if (event->role == close->role)
            return event->kind == EVENT_GAP && event->code != GAP_CUT ? event->len : 0;
    return 0;
}

static void gap(const struct subject *s, struct diagnosis *d)
{
    uint64_t lost = lost_before_close(s);
    if (!s->c->has_gap_in_handshake && lost == 0)
        return;
    struct finding *f =
        add(s, d, FINDING_CAPTURE_GAP, s->c->has_gap_in_handshake ? CERTAINTY_PROVEN : CERTAINTY_LIKELY);
    bool is_datagram = s->c->flow->is_datagram;
    finding_summary(d, f, "%s of the handshake are missing from the capture.", is_datagram ? "Messages" : "Segments");
    if (s->c->has_gap_in_handshake)
        finding_detail(d, f, "The receiver %s, so they arrived: the capture lost them, not the network.",
                       is_datagram ? "went on" : "acknowledged them");
    if (lost > 0)
        finding_detail(d, f,
                       "The %s's close says by its sequence number that it sent %llu more bytes before, which may "
                       "have been the reason.",
                       say_role(s->end.role), (unsigned long long)lost);
    show_gaps(s->c, d, f, false);
    if (lost > 0)
        show_ending(d, f, s);
}

static const struct rule capture_rules[] = {
    {FINDING_CAPTURE_MID_STREAM, begin_missing, ON_BOTH},
    {FINDING_CAPTURE_ONE_SIDED, one_sided, ON_BOTH},
    {FINDING_CAPTURE_TRUNCATED, truncated, ON_BOTH},
    {FINDING_CAPTURE_GAP, gap, ON_BOTH},
};
RULE_TABLE(capture);
