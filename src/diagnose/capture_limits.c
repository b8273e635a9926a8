/* What the capture does not hold: step 2 of "Choosing the verdict". A finding stands beside every verdict when a part
 * of the handshake is missing; it is the cause of nothing when a readable alert needs none of the missing part. */
#include "diagnose/rules.h"

/* Alerts whose reason lies in one message: where the capture lacks that message, it lacks the reason. */
static bool is_about_certificate(uint8_t code)
{
    return (code >= 41 && code <= 46) || code == 48 || code == 49 || code == 113 || code == 114;
}

static bool is_about_parameters(uint8_t code)
{
    return code == 40 || code == 71;
}

static bool is_reason_missing(const struct connection *c, const struct event *alert)
{
    if (is_about_certificate(alert->code))
        return alert->role == ROLE_CLIENT && c->chain.num == 0 && c->chain_missing == CHAIN_NOT_CAPTURED;
    return is_about_parameters(alert->code) && (!c->has_client_hello || c->is_client_hello_cut);
}

/* The reason may lie in what is missing: no alert that says enough, nothing that TCP itself or plain text tells. */
static bool may_hide_reason(const struct subject *s)
{
    const struct connection *c = s->c;
    if (s->is_completed)
        return false;
    if (s->end.kind == ENDING_ALERT)
        return is_reason_missing(c, s->end.event);
    if (c->flow->setup == FLOW_REFUSED || c->flow->setup == FLOW_UNANSWERED)
        return false;
    return c->first_bytes[ROLE_SERVER].len == 0 || !c->has_client_hello;
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
    bool has_no_hello = !c->has_client_hello && !c->has_ssl2_server_hello;
    bool is_never_closed = s->end.kind == ENDING_SILENCE && !s->end.has_closer && !s->is_completed;
    if (c->flow->syn_side != 2 || (!has_no_hello && !is_never_closed))
        return;
    struct finding *f = add(s, d, FINDING_CAPTURE_MID_STREAM, CERTAINTY_PROVEN);
    finding_evidence(d, f, c->flow->first.place, "the first packet of this connection in the capture is no SYN");
    if (has_no_hello)
        finding_summary(d, f, "The connection to %s began before the capture: its ClientHello is missing.",
                        say_server(d, s));
    else
        finding_summary(d, f, "Of the connection to %s the capture holds neither the beginning nor the end.",
                        say_server(d, s));
    finding_detail(d, f, "What was offered, and perhaps how the handshake went, was said before the first packet.");
}

/* One direction only, and a sign that the other one spoke: data, or the answer to a SYN, in the one that is there. */
static void one_sided(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    for (unsigned side = 0; side < 2; side++) {
        const struct stream *seen = &c->flow->stream[side], *unseen = &c->flow->stream[!side];
        bool is_sign =
            seen->bytes > 0 || c->flow->setup == FLOW_SYN_ACKED || (c->flow->syn_side == !side && seen->has_syn);
        if (unseen->packets > 0 || seen->packets == 0 || !is_sign)
            continue;
        const char *who = side == c->client_side ? "client" : "server";
        struct finding *f = add(s, d, FINDING_CAPTURE_ONE_SIDED, CERTAINTY_PROVEN);
        finding_summary(d, f, "Only the packets of the %s are in the capture.", who);
        finding_detail(d, f,
                       "The %s goes on as if it were answered, so the other direction exists but takes another "
                       "way than past the place of the capture, or a filter left it out.",
                       who);
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
        finding_evidence(d, f, event->first.place.frame ? event->first.place : event->last.place,
                         "%u bytes of the %s are missing", event->len, say_role(event->role));
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

static void gap(const struct subject *s, struct diagnosis *d)
{
    if (!s->c->has_gap_in_handshake)
        return;
    struct finding *f = add(s, d, FINDING_CAPTURE_GAP, CERTAINTY_PROVEN);
    finding_summary(d, f, "Segments of the handshake are missing from the capture.");
    finding_detail(d, f, "The receiver acknowledged them, so they arrived: the capture lost them, not the network.");
    show_gaps(s->c, d, f, false);
}

static const struct rule capture_rules[] = {
    {FINDING_CAPTURE_MID_STREAM, begin_missing, ON_BOTH},
    {FINDING_CAPTURE_ONE_SIDED, one_sided, ON_BOTH},
    {FINDING_CAPTURE_TRUNCATED, truncated, ON_BOTH},
    {FINDING_CAPTURE_GAP, gap, ON_BOTH},
};
RULE_TABLE(capture);
