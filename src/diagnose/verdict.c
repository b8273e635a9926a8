/* Outcome and verdict as far as the capture and TCP give them: see verdict.h. */
#include "diagnose/verdict.h"

#include <string.h>

/* Silence shorter than this is no failure yet. */
static const int64_t SILENCE_NS = INT64_C(3000000000);

static const struct stream *stream_of(const struct connection *c, enum role role)
{
    return &c->flow->stream[role == ROLE_CLIENT ? c->client_side : !c->client_side];
}

static bool is_completed(const struct connection *c)
{
    return c->handshake_end.place.frame != 0;
}

/* When the connection last got anywhere: something new was said, or TCP was set up. Retransmissions are no progress. */
static int64_t last_progress(const struct connection *c)
{
    int64_t last = c->flow->first.time_ns;
    if (c->flow->established.place.frame != 0)
        last = c->flow->established.time_ns;
    for (unsigned i = 0; i < c->num_events; i++)
        if (c->events[i].kind != EVENT_GAP && c->events[i].last.time_ns > last)
            last = c->events[i].last.time_ns;
    return last;
}

static bool is_silent(const struct connection *c, const struct verdict_context *context)
{
    struct moment last = {.time_ns = last_progress(c)};
    return moment_since(&context->last, &last) >= SILENCE_NS;
}

/* The beginning is missing: no SYN, and no hello either. */
static bool began_before_capture(const struct connection *c)
{
    return c->flow->syn_side == 2 && !c->has_client_hello && !c->has_ssl2_server_hello;
}

/* One direction only, and a sign that the other one spoke: data, or the answer to a SYN, in the one that is there. */
static bool is_one_sided(const struct connection *c)
{
    for (unsigned side = 0; side < 2; side++) {
        const struct stream *seen = &c->flow->stream[side], *unseen = &c->flow->stream[!side];
        if (unseen->packets == 0 && seen->packets > 0 &&
            (seen->bytes > 0 || c->flow->setup == FLOW_SYN_ACKED || (c->flow->syn_side == !side && seen->has_syn)))
            return true;
    }
    return false;
}

static bool is_cut(const struct connection *c)
{
    return c->has_cut_in_handshake;
}

static bool has_gap(const struct connection *c)
{
    return c->has_gap_in_handshake;
}

static bool is_refused(const struct connection *c)
{
    return c->flow->setup == FLOW_REFUSED;
}

/* ICMP errors that end a connection attempt: destination unreachable, not "fragmentation needed". */
static bool is_unreachable(const struct connection *c)
{
    const struct flow_rare *rare = c->flow->rare;
    if (!rare || !rare->has_icmp || c->flow->setup == FLOW_COMPLETE || c->flow->setup == FLOW_SYN_ACKED)
        return false;
    return rare->icmp_ip_version == 4 ? rare->icmp_type == 3 && rare->icmp_code != 4 : rare->icmp_type == 1;
}

struct rule {
    const char *code;
    bool (*holds)(const struct connection *c);
    enum outcome outcome;
    const char *side, *ended_by;
};

/* In the order of the catalogue's steps 2 and 3. */
static const struct rule rules[] = {
    {"capture-mid-stream", began_before_capture, OUTCOME_INCOMPLETE, "capture", "unknown"},
    {"capture-one-sided", is_one_sided, OUTCOME_INCOMPLETE, "capture", "unknown"},
    {"capture-truncated", is_cut, OUTCOME_INCOMPLETE, "capture", "unknown"},
    {"capture-gap", has_gap, OUTCOME_INCOMPLETE, "capture", "unknown"},
    {"tcp-refused", is_refused, OUTCOME_FAILED, "server", "server"},
    {"tcp-unreachable", is_unreachable, OUTCOME_FAILED, "path", "path"},
};

static uint32_t syn_retries(const struct connection *c, enum role role)
{
    const struct flow_rare *rare = c->flow->rare;
    return rare ? rare->syn_retries[role == ROLE_CLIENT ? c->client_side : !c->client_side] : 0;
}

static bool is_closed(const struct connection *c)
{
    const struct stream *client = stream_of(c, ROLE_CLIENT), *server = stream_of(c, ROLE_SERVER);
    return client->has_fin || client->has_rst || server->has_fin || server->has_rst;
}

static struct verdict judge_setup(const struct connection *c, const struct verdict_context *context)
{
    if (c->flow->setup == FLOW_SYN_ACKED && syn_retries(c, ROLE_SERVER) > 0)
        return (struct verdict){OUTCOME_FAILED, "syn-ack-unanswered", "path", "unknown"};
    if (c->flow->setup == FLOW_UNANSWERED && (syn_retries(c, ROLE_CLIENT) > 0 || is_silent(c, context)))
        return (struct verdict){OUTCOME_FAILED, "tcp-no-answer", "unknown", "unknown"};
    return (struct verdict){OUTCOME_INCOMPLETE, "capture-ended", "capture", "unknown"};
}

/* Alerts whose reason lies in one message: where the capture lacks that message, it lacks the reason. */
static bool is_about_certificate(uint8_t code)
{
    return (code >= 41 && code <= 46) || code == 48 || code == 49 || code == 113 || code == 114;
}

static bool is_reason_missing(const struct connection *c, const struct event *alert)
{
    if (is_about_certificate(alert->code))
        return alert->role == ROLE_CLIENT && c->chain.num == 0 && c->chain_missing == CHAIN_NOT_CAPTURED;
    return (alert->code == 40 || alert->code == 71) && (!c->has_client_hello || c->is_client_hello_cut);
}

/* A readable fatal alert whose reason the capture can hold ended the handshake, whatever else is missing. */
static bool has_telling_alert(const struct connection *c)
{
    for (unsigned i = 0; i < c->num_events; i++)
        if (c->events[i].kind == EVENT_ALERT && c->events[i].level == 2 && !is_reason_missing(c, &c->events[i]))
            return true;
    return false;
}

/* The server answered the ClientHello with something that is no TLS. */
static bool is_reply_not_tls(const struct connection *c)
{
    if (!c->has_client_hello || c->has_server_hello || c->has_ssl2_server_hello)
        return false;
    for (unsigned i = 0; i < c->num_events; i++)
        if (c->events[i].kind == EVENT_NOT_TLS && c->events[i].role == ROLE_SERVER &&
            c->events[i].last.time_ns >= c->client_hello_moment.time_ns)
            return true;
    return false;
}

void verdict_choose(struct verdict *out, const struct connection *c, const struct verdict_context *context)
{
    if (is_completed(c)) {
        *out = (struct verdict){OUTCOME_COMPLETED, "ok", NULL, NULL};
        return;
    }
    if (is_reply_not_tls(c)) {
        *out = (struct verdict){OUTCOME_NOT_TLS, NULL, NULL, NULL};
        return;
    }
    if (has_telling_alert(c)) {
        *out = (struct verdict){OUTCOME_FAILED, NULL, NULL, NULL};
        return;
    }
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (rules[i].holds(c)) {
            *out = (struct verdict){rules[i].outcome, rules[i].code, rules[i].side, rules[i].ended_by};
            return;
        }
    bool has_payload = c->flow->stream[0].bytes > 0 || c->flow->stream[1].bytes > 0;
    bool is_over =
        is_closed(c) || is_silent(c, context) || c->end_kind == FLOW_END_IDLE || c->end_kind == FLOW_END_REUSED;
    if (c->protocol == PROTOCOL_NONE && has_payload)
        *out = (struct verdict){OUTCOME_NOT_TLS, NULL, NULL, NULL};
    else if (!has_payload && c->flow->setup != FLOW_COMPLETE && !is_closed(c))
        *out = judge_setup(c, context);
    else if (is_over && !is_closed(c) && c->flow->syn_side == 2)
        /* Neither its beginning nor its end: packets are missing on purpose, and silence proves nothing. */
        *out = (struct verdict){OUTCOME_INCOMPLETE, "capture-mid-stream", "capture", "unknown"};
    else if (is_over)
        *out = (struct verdict){OUTCOME_FAILED, NULL, NULL, NULL};
    else
        *out = (struct verdict){OUTCOME_INCOMPLETE, "capture-ended", "capture", "unknown"};
}
