/* What the two sightings of a connection prove: rules over a pair, one row each; see contrast.h. */
#include "diagnose/contrast.h"

#include <string.h>

/* Verdicts that speak of silence, a close or a RST, without knowing who it was. */
static const enum finding_id ends[] = {
    FINDING_TCP_NO_ANSWER,    FINDING_TCP_REFUSED,    FINDING_SYN_ACK_UNANSWERED,
    FINDING_HELLO_BLACKHOLED, FINDING_NO_HELLO,       FINDING_SERVER_FLIGHT_BLACKHOLED,
    FINDING_HELLO_UNANSWERED, FINDING_HELLO_CLOSED,   FINDING_HANDSHAKE_STALLED,
    FINDING_HELLO_RESET,      FINDING_CLIENT_GAVE_UP, FINDING_SERVER_GAVE_UP,
    FINDING_RESET_INJECTED,   FINDING_CAPTURE_ENDED,
};
/* Verdicts of last resort: the messages did not fit, or were not liked. */
static const enum finding_id quarrels[] = {
    FINDING_PROTOCOL_VIOLATION,
    FINDING_PARAMETERS_REJECTED,
    FINDING_PEER_INTERNAL_ERROR,
    FINDING_ENCRYPTED_ALERT,
};

static bool is_among(const enum finding_id *ids, size_t num, const struct sighting *s)
{
    for (size_t i = 0; i < num; i++)
        if (s->has_cause && s->cause == ids[i])
            return true;
    return false;
}

static bool is_end(const struct sighting *s)
{
    return is_among(ends, sizeof ends / sizeof *ends, s);
}

static bool is_quarrel(const struct sighting *s)
{
    return is_among(quarrels, sizeof quarrels / sizeof *quarrels, s);
}

bool contrast_has_other_issuers(const struct sighting *a, const struct sighting *b)
{
    for (unsigned i = 0; i < a->num_issuers; i++)
        for (unsigned k = 0; k < b->num_issuers; k++)
            if (a->issuers[i] == b->issuers[k])
                return false;
    return a->num_issuers > 0 && b->num_issuers > 0 && a->chain_hash != b->chain_hash;
}

bool contrast_is_rewritten(const struct sighting *a, const struct sighting *b)
{
    return a->has_random && b->has_random && memcmp(a->random, b->random, sizeof a->random) == 0 &&
           a->has_whole_hello && b->has_whole_hello && (a->hello_hash != b->hello_hash || a->hello_len != b->hello_len);
}

/* ---- words */

static const char *say_capture(struct contrast *k, const struct pair_context *x, unsigned side)
{
    const char *name = x->vantages[side].name;
    return finding_name(&k->diagnosis, (struct bytes){(const uint8_t *)name, strlen(name)});
}

static const char *say_server(struct contrast *k)
{
    const struct sighting *s = k->at[0] ? k->at[0] : k->at[1];
    if (!s->name && k->at[1])
        s = k->at[1];
    if (s->name)
        return finding_name(&k->diagnosis, (struct bytes){(const uint8_t *)s->name, strlen(s->name)});
    const struct sighting_role *server = &s->roles[ROLE_SERVER];
    return finding_text(&k->diagnosis, "%s port %u", finding_address(&k->diagnosis, s->ip_version, server->address),
                        server->port);
}

static const char *say_issuer(struct contrast *k, const struct sighting *s)
{
    return s->issuer ? finding_name(&k->diagnosis, (struct bytes){(const uint8_t *)s->issuer, strlen(s->issuer)})
                     : "an unreadable issuer";
}

static void show(struct contrast *k, struct finding *f, const struct sighting *s, const struct moment *at,
                 const char *what)
{
    if (at->place.frame)
        finding_evidence_connection(&k->diagnosis, f, s->id, at->place, "%s", what);
}

/* It speaks of the end of every sighting whose verdict did not know better. */
static void settle(struct contrast *k, const struct finding *f, bool is_about[2])
{
    for (unsigned side = 0; side < 2; side++)
        if (k->at[side] && is_about[side] && !k->settles[side])
            k->settles[side] = f;
}

static struct finding *prove(struct contrast *k, enum finding_id id, enum certainty certainty, enum party side)
{
    struct finding *f = finding_add(&k->diagnosis, id, certainty);
    f->is_cause = true;
    f->side = side;
    return f;
}

static void settle_ends(struct contrast *k, const struct finding *f)
{
    bool is_about[2] = {k->at[0] && is_end(k->at[0]), k->at[1] && is_end(k->at[1])};
    settle(k, f, is_about);
}

/* ---- rules over both sightings */

/* Began at nearly the same time, by the captures' clocks. */
static bool is_same_time(const struct contrast *k, const struct pair_context *x)
{
    int64_t d;
    if (x->is_apart || __builtin_sub_overflow(k->at[0]->time_ns, k->at[1]->time_ns, &d))
        return false;
    return d <= PAIR_WINDOW_NS && d >= -PAIR_WINDOW_NS;
}

static bool has_other_random(const struct contrast *k)
{
    return k->at[0]->has_random && k->at[1]->has_random &&
           memcmp(k->at[0]->random, k->at[1]->random, sizeof k->at[0]->random) != 0;
}

/* Chains are hidden, but the server answered a hello that never came by at the other point, where meanwhile other
 * software asked for the same name. */
static bool is_answered_in_between(const struct contrast *k, const struct pair_context *x)
{
    const struct sighting *near = k->at[k->near], *far = k->at[!k->near];
    int64_t later;
    bool is_within = !__builtin_sub_overflow(far->time_ns, near->time_ns, &later) && later >= 0 &&
                     later <= moment_since(&near->end, &near->start);
    return near->how == PAIR_NAME && has_other_random(k) && near->server_hello.place.frame &&
           (near->num_chain == 0 || far->num_chain == 0) && is_within && near->ja4[0] && far->ja4[0] &&
           strcmp(near->ja4, far->ja4) != 0 && pair_was_running(x, k->near, &near->client_hello);
}

static void interception(struct contrast *k, const struct pair_context *x)
{
    const struct sighting *a = k->at[0], *b = k->at[1];
    bool has_other_issuers = contrast_has_other_issuers(a, b), is_other_hello = has_other_random(k);
    bool is_terminated = is_other_hello && k->at[0]->how == PAIR_TCP && is_same_time(k, x);
    bool is_proven = is_terminated || (has_other_issuers && is_same_time(k, x));
    if (!has_other_issuers && !is_terminated && !is_answered_in_between(k, x))
        return;
    struct diagnosis *d = &k->diagnosis;
    struct finding *f = finding_add(d, FINDING_INTERCEPTION_SUSPECTED, is_proven ? CERTAINTY_PROVEN : CERTAINTY_LIKELY);
    f->side = PARTY_PATH;
    finding_summary(d, f, "Somebody between %s and %s ends TLS to %s and begins it anew.", say_capture(k, x, k->near),
                    say_capture(k, x, !k->near), say_server(k));
    if (has_other_issuers)
        finding_detail(d, f,
                       "The certificate in %s was issued by %s, the one in %s by %s; the two chains have no issuer in "
                       "common.",
                       say_capture(k, x, 0), say_issuer(k, a), say_capture(k, x, 1), say_issuer(k, b));
    if (is_other_hello && a->how == PAIR_TCP)
        finding_detail(d, f, "It is the same TCP connection, by its %s, but another ClientHello with another random.",
                       pair_is_same_tcp(a, b) ? "sequence numbers" : "addresses and ports");
    else if (is_other_hello)
        finding_detail(d, f, "The ClientHello with its random arrived nowhere; another one left in its place.");
    if (!has_other_issuers && !is_terminated)
        finding_detail(d, f, "The chains are not both to be seen; key logs (--keylog) would show them, and prove it.");
    else if (!is_proven)
        finding_detail(d, f,
                       "The captures were not taken at the same time: the server may have changed its "
                       "certificate in between.");
    show(k, f, a, &a->client_hello, "ClientHello");
    show(k, f, b, &b->client_hello, "ClientHello");
    if (has_other_issuers) {
        const struct moment at_a = {.place = a->chain_place}, at_b = {.place = b->chain_place};
        show(k, f, a, &at_a, finding_text(d, "certificate issued by %s", say_issuer(k, a)));
        show(k, f, b, &at_b, finding_text(d, "certificate issued by %s", say_issuer(k, b)));
    }
    k->beside = f;
}

static void rewritten_hello(struct contrast *k, const struct pair_context *x)
{
    const struct sighting *a = k->at[0], *b = k->at[1];
    if (!contrast_is_rewritten(a, b))
        return;
    struct diagnosis *d = &k->diagnosis;
    struct finding *f = prove(k, FINDING_PROTOCOL_VIOLATION, CERTAINTY_PROVEN, PARTY_PATH);
    finding_summary(d, f, "A device between %s and %s rewrites the ClientHello to %s.", say_capture(k, x, k->near),
                    say_capture(k, x, !k->near), say_server(k));
    finding_detail(d, f,
                   "The ClientHello has the same random at both points, but other bytes. Both sides sign and hash the "
                   "handshake as each of them saw it: it cannot complete.");
    show(k, f, a, &a->client_hello, finding_text(d, "ClientHello of %u bytes", (unsigned)a->hello_len));
    show(k, f, b, &b->client_hello, finding_text(d, "ClientHello of %u bytes", (unsigned)b->hello_len));
    bool is_about[2] = {is_end(a) || is_quarrel(a), is_end(b) || is_quarrel(b)};
    settle(k, f, is_about);
}

/* The RST of a role where it arrived, though where it must have come from there was none. */
static bool is_forged(const struct contrast *k, const struct pair_context *x, enum role role)
{
    unsigned arrived = role == ROLE_SERVER ? k->near : !k->near;
    const struct moment *rst = &k->at[arrived]->roles[role].rst;
    return rst->place.frame && !k->at[!arrived]->roles[role].rst.place.frame && pair_was_running(x, arrived, rst);
}

static void forged_reset(struct contrast *k, const struct pair_context *x)
{
    bool is_server = is_forged(k, x, ROLE_SERVER), is_client = is_forged(k, x, ROLE_CLIENT);
    if ((!is_server && !is_client) || !pair_is_same_tcp(k->at[0], k->at[1]))
        return;
    const struct sighting *near = k->at[k->near], *far = k->at[!k->near];
    struct diagnosis *d = &k->diagnosis;
    struct finding *f = prove(k, FINDING_RESET_INJECTED, CERTAINTY_PROVEN, PARTY_PATH);
    f->has_ended_by = true;
    f->ended_by = PARTY_PATH;
    const char *who = is_server && is_client ? "both sides'" : is_server ? "the server's" : "the client's";
    finding_summary(d, f, "A device between %s and %s resets the connection to %s in %s name.",
                    say_capture(k, x, k->near), say_capture(k, x, !k->near), say_server(k), who);
    if (is_server)
        finding_detail(d, f, "The RST in the server's name in %s never passed %s.", say_capture(k, x, k->near),
                       say_capture(k, x, !k->near));
    if (is_client)
        finding_detail(d, f, "The RST in the client's name in %s never passed %s.", say_capture(k, x, !k->near),
                       say_capture(k, x, k->near));
    if (is_server)
        show(k, f, near, &near->roles[ROLE_SERVER].rst, "RST in the server's name, seen at this point only");
    if (is_client)
        show(k, f, far, &far->roles[ROLE_CLIENT].rst, "RST in the client's name, seen at this point only");
    settle_ends(k, f);
}

static void lost_syn_ack(struct contrast *k, const struct pair_context *x)
{
    const struct sighting *near = k->at[k->near], *far = k->at[!k->near];
    if (near->setup != FLOW_UNANSWERED || !far->syn_ack.place.frame)
        return;
    struct diagnosis *d = &k->diagnosis;
    struct finding *f = prove(k, FINDING_SYN_ACK_UNANSWERED, CERTAINTY_PROVEN, PARTY_PATH);
    finding_summary(d, f, "The answer of %s to the client's SYN is lost between %s and %s.", say_server(k),
                    say_capture(k, x, !k->near), say_capture(k, x, k->near));
    finding_detail(d, f,
                   "The SYN arrived and was answered; the SYN-ACK never came back: a route or a firewall on the "
                   "way back.");
    show(k, f, near, &near->start, "SYN, unanswered here");
    show(k, f, far, &far->syn_ack, "SYN-ACK, seen at this point only");
    settle_ends(k, f);
}

static void silent_beyond(struct contrast *k, const struct pair_context *x)
{
    const struct sighting *near = k->at[k->near], *far = k->at[!k->near];
    bool is_syn = near->setup == FLOW_UNANSWERED && far->setup == FLOW_UNANSWERED;
    const struct sighting_role *client = far->roles, *server = &far->roles[ROLE_SERVER];
    bool is_hello = far->client_hello.place.frame && far->has_whole_hello && near->roles[ROLE_SERVER].bytes == 0 &&
                    server->bytes == 0 && !server->rst.place.frame && !server->fin.place.frame &&
                    client->bytes >= near->roles[ROLE_CLIENT].bytes;
    if ((!is_syn && !is_hello) || !is_end(near) || !pair_is_same_tcp(near, far))
        return;
    struct diagnosis *d = &k->diagnosis;
    bool is_acked = is_hello && server->acked == 0 && client->acked >= client->bytes;
    struct finding *f = prove(k, is_syn ? FINDING_TCP_NO_ANSWER : near->cause,
                              is_acked ? CERTAINTY_PROVEN : CERTAINTY_LIKELY, PARTY_SERVER);
    finding_summary(d, f, "%s does not answer: %s passed %s, and nothing came back there.", say_server(k),
                    is_syn ? "the client's SYN" : "the whole ClientHello", say_capture(k, x, !k->near));
    finding_detail(d, f, "The way between %s and %s is not to blame.", say_capture(k, x, k->near),
                   say_capture(k, x, !k->near));
    if (!is_acked)
        finding_detail(d, f, "It is the server, or what stands before it beyond that point.");
    show(k, f, far, is_syn ? &far->start : &far->client_hello, is_syn ? "SYN, arrived" : "ClientHello, arrived");
    settle_ends(k, f);
}

static void lost_hello(struct contrast *k, const struct pair_context *x)
{
    const struct sighting *near = k->at[k->near], *far = k->at[!k->near];
    const struct sighting_role *sent = near->roles, *arrived = far->roles;
    if (!near->client_hello.place.frame || sent->bytes <= arrived->bytes || arrived->acked >= sent->bytes ||
        far->roles[ROLE_SERVER].bytes > 0 || !is_end(near) || !pair_is_same_tcp(near, far) ||
        !pair_was_running(x, k->near, &near->client_hello))
        return;
    struct diagnosis *d = &k->diagnosis;
    struct finding *f = prove(k, FINDING_HELLO_BLACKHOLED, CERTAINTY_PROVEN, PARTY_PATH);
    finding_summary(d, f, "The ClientHello to %s is lost between %s and %s.", say_server(k), say_capture(k, x, k->near),
                    say_capture(k, x, !k->near));
    finding_detail(d, f, "Of the client's %llu bytes %llu arrived at %s, on the same TCP connection.",
                   (unsigned long long)sent->bytes, (unsigned long long)arrived->bytes, say_capture(k, x, !k->near));
    if (sent->acked >= sent->bytes)
        finding_detail(d, f, "Something in between acknowledged them all the same.");
    show(k, f, near, &near->client_hello, "ClientHello, seen at this point only");
    show(k, f, far, &far->start, "the same TCP connection, without it");
    settle_ends(k, f);
}

static void lost_answer(struct contrast *k, const struct pair_context *x)
{
    const struct sighting *near = k->at[k->near], *far = k->at[!k->near];
    const struct sighting_role *sent = &far->roles[ROLE_SERVER], *arrived = &near->roles[ROLE_SERVER];
    if (sent->bytes <= arrived->bytes || sent->acked >= sent->bytes || !is_end(near) || !pair_is_same_tcp(near, far) ||
        !far->client_hello.place.frame || !pair_was_running(x, !k->near, &far->client_hello))
        return;
    struct diagnosis *d = &k->diagnosis;
    struct finding *f = prove(k, FINDING_SERVER_FLIGHT_BLACKHOLED, CERTAINTY_PROVEN, PARTY_PATH);
    finding_summary(d, f, "The answer of %s is lost between %s and %s.", say_server(k), say_capture(k, x, !k->near),
                    say_capture(k, x, k->near));
    finding_detail(d, f, "Of the server's %llu bytes %llu arrived at %s, and it was never told that more did.",
                   (unsigned long long)sent->bytes, (unsigned long long)arrived->bytes, say_capture(k, x, k->near));
    show(k, f, far, far->server_hello.place.frame ? &far->server_hello : &far->client_hello,
         far->server_hello.place.frame ? "ServerHello" : "ClientHello, answered here");
    show(k, f, near, &near->client_hello, "ClientHello of the same connection");
    settle_ends(k, f);
}

/* ---- one sighting alone */

static void never_arrived(struct contrast *k, const struct pair_context *x)
{
    unsigned side = k->at[0] ? 0 : 1;
    const struct sighting *s = k->at[side];
    const struct sighting_role *server = &s->roles[ROLE_SERVER];
    if (side != 0 || !is_end(s) || server->bytes > 0)
        return;
    bool is_covered = pair_was_running(x, side, &s->start);
    enum certainty certainty = !is_covered              ? CERTAINTY_POSSIBLE
                               : s->is_server_elsewhere ? CERTAINTY_PROVEN
                                                        : CERTAINTY_LIKELY;
    struct diagnosis *d = &k->diagnosis;
    struct finding *f = prove(k, s->cause, certainty, PARTY_PATH);
    finding_summary(d, f, "The connection to %s ends between %s and %s: it never arrived at the second.", say_server(k),
                    say_capture(k, x, 0), say_capture(k, x, 1));
    if (s->setup == FLOW_UNANSWERED)
        finding_detail(d, f, "The SYN was sent and nobody answered; a firewall or a route in between drops it.");
    else if (s->setup == FLOW_REFUSED)
        finding_detail(d, f, "The RST in the server's name was sent by a device in between.");
    else
        finding_detail(d, f,
                       "A device in between took the TCP connection in the server's name and did not pass it "
                       "on.");
    if (!is_covered)
        finding_detail(d, f, "No packet tells that %s was being taken at that moment.", say_capture(k, x, 1));
    else if (!s->is_server_elsewhere)
        finding_detail(d, f, "%s holds nothing else of that server: it may have been taken beside the way.",
                       say_capture(k, x, 1));
    else
        finding_detail(d, f, "Other connections to that server do pass there.");
    show(k, f, s, &s->start, "seen at this point only");
    settle_ends(k, f);
}

bool contrast_is_told(const struct sighting *s, const struct pair_context *context)
{
    bool is_done = s->outcome == OUTCOME_COMPLETED;
    bool is_covered = pair_was_running(context, s->side, &s->start);
    return !context->is_apart && (is_covered ? s->is_server_elsewhere || !is_done : !is_done && s->side == 0);
}

/* ---- all of it */

/* Who is nearer to the client: the packets of one connection lose a hop at each router. Where that does not tell, it is
 * the first capture. */
static unsigned nearer(const struct sighting *a, const struct sighting *b)
{
    uint8_t ttl_a = a->roles[ROLE_CLIENT].ttl, ttl_b = b->roles[ROLE_CLIENT].ttl;
    return pair_is_same_tcp(a, b) && ttl_a && ttl_b && ttl_b > ttl_a;
}

/* Reports tell that one in full. */
static void first_as_verdict(struct contrast *k)
{
    const struct finding *f = k->diagnosis.num > 0 ? &k->diagnosis.findings[0] : NULL;
    k->diagnosis.verdict = (struct verdict){.outcome = OUTCOME_COMPLETED};
    if (f)
        k->diagnosis.verdict = (struct verdict){.outcome = finding_code(f->id)->outcome,
                                                .code = finding_code(f->id)->code,
                                                .side = party_name(f->side),
                                                .ended_by = f->has_ended_by ? party_name(f->ended_by) : NULL,
                                                .finding = f};
}

void contrast_make(struct contrast *out, const struct sighting *s, const struct pair_context *context)
{
    static void (*const rules[])(struct contrast *, const struct pair_context *) = {
        interception, rewritten_hello, forged_reset, lost_syn_ack, lost_hello, lost_answer, silent_beyond,
    };
    out->at[s->side] = s;
    out->at[!s->side] = s->other;
    out->num = 0;
    out->settles[0] = out->settles[1] = out->beside = NULL;
    diagnosis_reset(&out->diagnosis);
    if (!s->other) {
        out->near = s->side;
        if (!context->is_apart)
            never_arrived(out, context);
        first_as_verdict(out);
        return;
    }
    out->near = nearer(out->at[0], out->at[1]);
    contrast_differences(out);
    /* One event, one finding: what swallowed the hello may also have sent the RST. */
    for (size_t i = 0; i < sizeof rules / sizeof *rules && !out->settles[out->near]; i++)
        rules[i](out, context);
    first_as_verdict(out);
}

static bool has_evidence(const struct finding *f, struct place place)
{
    for (unsigned i = 0; i < f->num_evidence; i++)
        if (f->evidence[i].connection == 0 && f->evidence[i].place.frame == place.frame &&
            f->evidence[i].place.file == place.file)
            return true;
    return false;
}

static void copy(struct diagnosis *d, struct finding *to, const struct finding *from, uint64_t id)
{
    to->side = from->side;
    to->certainty = from->certainty;
    finding_summary(d, to, "%s", from->summary);
    if (from->detail)
        finding_detail(d, to, "%s", from->detail);
    for (unsigned i = 0; i < from->num_evidence; i++) {
        const struct finding_evidence *e = &from->evidence[i];
        if (e->connection == id && !has_evidence(to, e->place))
            finding_evidence(d, to, e->place, "%s", e->what);
        else if (e->connection != id)
            finding_evidence_connection(d, to, e->connection, e->place, "%s", e->what);
    }
}

static struct finding *find(struct diagnosis *d, enum finding_id id)
{
    for (unsigned i = 0; i < d->num; i++)
        if (d->findings[i].id == id)
            return &d->findings[i];
    return NULL;
}

void contrast_settle(const struct contrast *contrast, const struct connection *c, struct diagnosis *d)
{
    unsigned side = contrast->at[0] && contrast->at[0]->id == c->id ? 0 : 1;
    const struct finding *settled = contrast->settles[side], *beside = contrast->beside;
    if (settled && d->verdict.finding) {
        struct finding *f = find(d, d->verdict.finding->id);
        if (f->id != settled->id) {
            f->id = settled->id;
            f->severity = settled->severity;
            f->detail = NULL;
            f->num_evidence = 0;
        }
        if (settled->has_ended_by) {
            f->has_ended_by = true;
            f->ended_by = settled->ended_by;
        }
        copy(d, f, settled, c->id);
        verdict_choose(d, c);
    }
    if (!beside)
        return;
    struct finding *f = find(d, beside->id);
    if (!f && side == contrast->near)
        f = finding_add(d, beside->id, beside->certainty);
    if (!f)
        return;
    f->detail = NULL; /* a hint, and what would settle it: now it is settled */
    f->num_evidence = 0;
    copy(d, f, beside, c->id);
}
