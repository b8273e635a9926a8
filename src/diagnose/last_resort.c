/* General codes for alerts that no specific rule explained (step 6): see last_resort.h. */
#include "diagnose/last_resort.h"

#include "diagnose/chain_faults.h"
#include "diagnose/rules.h"

struct row {
    bool is_known;
    struct last_resort from[2]; /* by role of the sender */
};

#define BOTH(id, blame)                                                                                                \
    {                                                                                                                  \
        true,                                                                                                          \
        {                                                                                                              \
            {FINDING_##id, BLAME_##blame},                                                                             \
            {                                                                                                          \
                FINDING_##id, BLAME_##blame                                                                            \
            }                                                                                                          \
        }                                                                                                              \
    }
#define EACH(client_id, client_blame, server_id, server_blame)                                                         \
    {                                                                                                                  \
        true,                                                                                                          \
        {                                                                                                              \
            {FINDING_##client_id, BLAME_##client_blame},                                                               \
            {                                                                                                          \
                FINDING_##server_id, BLAME_##server_blame                                                              \
            }                                                                                                          \
        }                                                                                                              \
    }
#define CERTIFICATE EACH(CERTIFICATE_REJECTED, UNKNOWN, CLIENT_CERTIFICATE_REJECTED, CLIENT)

static const struct row rows[256] = {
    [0] = EACH(CLIENT_GAVE_UP, CLIENT, SERVER_GAVE_UP, SERVER),
    [10] = BOTH(PROTOCOL_VIOLATION, PEER),
    [20] = BOTH(PROTOCOL_VIOLATION, PATH),
    [21] = BOTH(PROTOCOL_VIOLATION, PATH),
    [22] = BOTH(PROTOCOL_VIOLATION, PEER),
    [30] = BOTH(PROTOCOL_VIOLATION, PEER),
    [40] = BOTH(PARAMETERS_REJECTED, UNKNOWN),
    [41] = CERTIFICATE,
    [42] = CERTIFICATE,
    [43] = CERTIFICATE,
    [44] = CERTIFICATE,
    [45] = CERTIFICATE,
    [46] = CERTIFICATE,
    [47] = BOTH(PROTOCOL_VIOLATION, PEER),
    [48] = CERTIFICATE,
    [49] = CERTIFICATE,
    [50] = BOTH(PROTOCOL_VIOLATION, PEER),
    [51] = BOTH(PROTOCOL_VIOLATION, PEER),
    [52] = BOTH(PROTOCOL_VIOLATION, PEER),
    [60] = BOTH(PARAMETERS_REJECTED, UNKNOWN),
    [70] = EACH(VERSION_UNSUPPORTED, SERVER, VERSION_UNSUPPORTED, UNKNOWN),
    [71] = BOTH(PARAMETERS_REJECTED, UNKNOWN),
    [80] = BOTH(PEER_INTERNAL_ERROR, SENDER),
    [86] = BOTH(FALLBACK_DETECTED, CLIENT),
    [90] = EACH(USER_CANCELED, CLIENT, USER_CANCELED, SERVER),
    [100] = BOTH(RENEGOTIATION_REFUSED, SENDER),
    [109] = BOTH(PROTOCOL_VIOLATION, PEER),
    [110] = BOTH(PROTOCOL_VIOLATION, PEER),
    [111] = CERTIFICATE,
    [112] = EACH(PROTOCOL_VIOLATION, UNKNOWN, SNI_UNRECOGNIZED, SERVER),
    [113] = EACH(STAPLE_MISSING, SERVER, PROTOCOL_VIOLATION, UNKNOWN),
    [114] = CERTIFICATE,
    [115] = BOTH(PSK_UNKNOWN, CLIENT),
    [116] = EACH(PROTOCOL_VIOLATION, UNKNOWN, CLIENT_AUTH_REQUIRED, CLIENT),
    [117] = BOTH(PEER_INTERNAL_ERROR, SENDER),
    [120] = BOTH(ALPN_MISMATCH, CLIENT),
    [121] = BOTH(ECH_REJECTED, UNKNOWN),
};

struct last_resort last_resort_of(uint8_t alert, enum role sender)
{
    if (rows[alert].is_known)
        return rows[alert].from[sender];
    return (struct last_resort){FINDING_PROTOCOL_VIOLATION, BLAME_UNKNOWN};
}

static enum party party_to_blame(enum blame blame, enum role sender)
{
    const enum party parties[] = {
        [BLAME_UNKNOWN] = PARTY_UNKNOWN, [BLAME_SENDER] = party_of(sender), [BLAME_PEER] = party_of(other_role(sender)),
        [BLAME_PATH] = PARTY_PATH,       [BLAME_CLIENT] = PARTY_CLIENT,     [BLAME_SERVER] = PARTY_SERVER,
    };
    return parties[blame];
}

/* Messages without a body (RFC 5246 sections 7.4.1.1 and 7.4.5): one that declares any is not what was sent. */
static bool is_overfull(const struct event *event)
{
    return event->kind == EVENT_HANDSHAKE && !event->is_encrypted && event->len > 0 &&
           (event->type == HS_SERVER_HELLO_DONE || event->type == HS_HELLO_REQUEST);
}

/* A message that breaks the protocol in the middle of the peer's handshake, whose beginning was sound. */
static const struct event *broken_message(const struct subject *s)
{
    const struct connection *c = s->c;
    for (unsigned i = 0; i < c->num_events; i++) {
        const struct event *event = &c->events[i];
        bool is_told = event->kind == EVENT_FAULT || event->kind == EVENT_EMPTY_RECORD;
        if (event->role != s->end.role && (is_told || is_overfull(event)))
            return event;
    }
    return NULL;
}

static void explain_violation(const struct subject *s, struct diagnosis *d, struct finding *f)
{
    const struct connection *c = s->c;
    enum role peer = other_role(s->end.role);
    const struct event *broken = broken_message(s);
    bool is_empty = broken && broken->kind == EVENT_EMPTY_RECORD;
    if (is_empty) {
        finding_detail(d, f, "The %s sent a record without content, which the protocol forbids.", say_role(peer));
        finding_evidence(d, f, broken->last.place, "empty record from the %s", say_role(peer));
    } else if (broken) {
        finding_detail(d, f, "A message of the %s is malformed.", say_role(peer));
        finding_evidence(d, f, broken->last.place, "malformed message from the %s", say_role(peer));
    }
    if (f->side == PARTY_PATH)
        finding_detail(d, f,
                       "Such an alert comes from bytes that changed on the way, or, rarely, from a defect of the "
                       "%s.",
                       say_role(peer));
    bool had_good_hello = peer == ROLE_SERVER ? c->has_server_hello && c->server_hello_fault.kind == FAULT_NONE
                                              : c->has_client_hello && c->client_hello_fault.kind == FAULT_NONE;
    bool is_hello = broken && (broken->type == HS_CLIENT_HELLO || broken->type == HS_SERVER_HELLO);
    if (!broken || is_empty || is_hello || !had_good_hello)
        return;
    f->side = PARTY_PATH;
    f->certainty = CERTAINTY_LIKELY;
    finding_detail(d, f,
                   "Its hello was sound, so it is likely that bytes were changed on the path; a capture at the "
                   "%s would settle it.",
                   say_role(peer));
}

static void explain_parameters(const struct subject *s, struct diagnosis *d, struct finding *f)
{
    if (s->end.role == ROLE_CLIENT) {
        finding_detail(d, f, "The client did not like what the server chose or showed. Its log knows the reason.");
        return;
    }
    struct overlap_summary parameters = overlap_sum_up(s, d);
    finding_detail(d, f,
                   "Nothing in the capture tells which parameter. Candidates, the likeliest first: %s%sa client "
                   "certificate.",
                   parameters.open, *parameters.open ? ", " : "");
    if (*parameters.closed)
        finding_detail(d, f, "Ruled out by what is known of the server: %s.", parameters.closed);
    finding_detail(d, f,
                   "A connection that this server accepts, in the same capture, would settle it; or tell what it "
                   "is configured for: --server-ciphers and the like.");
}

/* The client rejected, and no fault of the chain says why: what is left lies with the client. */
static void explain_rejection(const struct subject *s, struct diagnosis *d, struct finding *f)
{
    const struct connection *c = s->c;
    if (c->chain.num == 0) {
        finding_detail(d, f, "The chain is %s, so that it cannot be checked here.",
                       c->chain_missing == CHAIN_ENCRYPTED ? "encrypted (TLS 1.3)" : "not in the capture");
        return;
    }
    if (c->num_verifications == 0)
        return;
    bool is_client = s->context->options && s->context->options->client_trust;
    finding_detail(d, f,
                   "By %s nothing is wrong with the chain. The client may have another trust store, another clock, "
                   "a pinned certificate, or stricter rules.",
                   is_client ? "the store that is the client's" : "the stores used here");
    chain_say_stores(c, d, f);
}

static const struct {
    enum finding_id id;
    void (*explain)(const struct subject *s, struct diagnosis *d, struct finding *f);
} explanations[] = {
    {FINDING_PROTOCOL_VIOLATION, explain_violation},
    {FINDING_PARAMETERS_REJECTED, explain_parameters},
    {FINDING_CERTIFICATE_REJECTED, explain_rejection},
};

static void last_resort(const struct subject *s, struct diagnosis *d)
{
    if (s->end.kind != ENDING_ALERT)
        return;
    uint8_t code = s->end.event->code;
    enum role sender = s->end.role;
    struct last_resort found = last_resort_of(code, sender);
    struct finding *f = finding_cause(d, found.id, CERTAINTY_PROVEN, party_of(sender));
    f->side = party_to_blame(found.blame, sender);
    finding_summary(d, f, "The %s broke off with the alert %s%s%s.", say_role(sender), say_alert(d, code),
                    s->c->has_server_hello ? "" : " in answer to the hello for ",
                    s->c->has_server_hello ? "" : say_server(d, s));
    if (!alert_name(code))
        finding_detail(d, f, "No registry knows this alert.");
    show_hello(d, f, s->c);
    show_server_hello(d, f, s->c);
    show_ending(d, f, s);
    for (size_t i = 0; i < sizeof explanations / sizeof *explanations; i++)
        if (explanations[i].id == found.id)
            explanations[i].explain(s, d, f);
}

static bool has_spoken_tls(const struct connection *c, const struct event *until)
{
    for (const struct event *event = c->events; event < until; event++)
        if (event->role == until->role && event->kind == EVENT_HANDSHAKE)
            return true;
    return false;
}

/* A side that spoke TLS sends something else in the middle of the handshake, and nobody says an alert about it. */
static void turned_strange(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    for (unsigned i = 0; i < c->num_events; i++) {
        const struct event *event = &c->events[i];
        if (event->kind != EVENT_NOT_TLS || event->is_after_gap || !has_spoken_tls(c, event))
            continue;
        struct finding *f = finding_cause(d, FINDING_PROTOCOL_VIOLATION, CERTAINTY_LIKELY, closer_of(s));
        f->side = PARTY_UNKNOWN;
        finding_summary(d, f, "In the middle of the handshake with %s the %s sends what is no TLS.", say_server(d, s),
                        say_role(event->role));
        finding_detail(d, f,
                       "Either the %s has a defect, or its bytes were changed on the path; a capture at the %s would "
                       "settle it.",
                       say_role(event->role), say_role(event->role));
        show_hello(d, f, c);
        show_server_hello(d, f, c);
        finding_evidence(d, f, event->last.place, "bytes of the %s that are no TLS", say_role(event->role));
        show_ending(d, f, s);
        return;
    }
}

static const struct rule last_resort_rules[] = {
    {FINDING_PROTOCOL_VIOLATION, last_resort, ON_FAILED | WHEN_UNEXPLAINED},
    {FINDING_PROTOCOL_VIOLATION, turned_strange, ON_FAILED | WHEN_UNEXPLAINED},
};
RULE_TABLE(last_resort);
