/*
 * What rules see and how they are called: private to diagnose. A rule is a pure function from a subject to findings,
 * and a row in its file's table; diagnose.c runs the tables in the order of the catalogue's steps.
 */
#ifndef TLSWHY_DIAGNOSE_RULES_H
#define TLSWHY_DIAGNOSE_RULES_H

#include "diagnose/diagnose.h"
#include "diagnose/ending.h"
#include "diagnose/finding.h"
#include "diagnose/profile.h"

struct subject {
    const struct connection *c;
    const struct diagnose_context *context;
    const struct server_profile *server;    /* as this name; NULL when nothing was seen of it */
    const struct server_profile *all_names; /* of that address and port */
    const struct told_server *told;         /* what the user said of this server; NULL nothing */
    struct ending end;                      /* of a connection that did not complete */
    bool is_completed;
    uint16_t top_version; /* the newest that the client offers; 0 without a hello */
    uint16_t top_rank;    /* the same to be compared: version_as_tls() */
};

/* When a rule runs. A general rule gives its event up to a specific one: it runs only while nothing explains the
 * failure. */
enum { ON_COMPLETED = 1, ON_FAILED = 2, ON_BOTH = 3, WHEN_UNEXPLAINED = 4 };

struct rule {
    enum finding_id id; /* the code it gives, the first of them where it gives several */
    void (*apply)(const struct subject *s, struct diagnosis *d);
    unsigned when;
};
struct rule_table {
    const struct rule *rules;
    size_t num;
};

extern const struct rule_table rules_capture, rules_path, rules_before_tls, rules_not_tls, rules_version,
    rules_parameters, rules_overlap, rules_client_auth, rules_chosen, rules_later, rules_certificates, rules_hidden,
    rules_last_resort, rules_datagrams, rules_reach;

#define RULE_TABLE(name)                                                                                               \
    const struct rule_table rules_##name = {name##_rules, sizeof name##_rules / sizeof name##_rules[0]}

static inline const struct stream *stream_of(const struct connection *c, enum role role)
{
    return &c->flow->stream[role == ROLE_CLIENT ? c->client_side : !c->client_side];
}

static inline unsigned side_of(const struct connection *c, enum role role)
{
    return role == ROLE_CLIENT ? c->client_side : !c->client_side;
}

static inline enum party party_of(enum role role)
{
    return role == ROLE_CLIENT ? PARTY_CLIENT : PARTY_SERVER;
}

static inline enum role other_role(enum role role)
{
    return role == ROLE_CLIENT ? ROLE_SERVER : ROLE_CLIENT;
}

/* The connection ended by this readable alert of this role. */
static inline bool ended_by_alert(const struct subject *s, enum role role, uint8_t code)
{
    return s->end.kind == ENDING_ALERT && s->end.role == role && s->end.event->code == code;
}

static inline bool is_alert_of(const struct subject *s, enum role role)
{
    return s->end.kind == ENDING_ALERT && s->end.role == role;
}

/* The server said nothing but an alert, or nothing at all, to the hello. */
static inline bool has_no_answer(const struct connection *c)
{
    return !c->has_server_hello && !c->has_ssl2_server_hello && !c->has_hello_retry;
}

/* The beginning of a TLS record, however little of it came. One that breaks the protocol is TLS nevertheless. */
static inline bool is_record_begun(struct bytes first)
{
    return first.len > 0 && first.at[0] >= CONTENT_CHANGE_CIPHER_SPEC && first.at[0] <= CONTENT_HEARTBEAT &&
           (first.len < 2 || first.at[1] == 3) && (first.len < 3 || first.at[2] <= 4);
}

/* The client left by itself: by an alert, a close or a RST. */
static inline bool did_client_leave(const struct subject *s)
{
    return s->end.kind != ENDING_OPEN && s->end.kind != ENDING_SILENCE && s->end.role == ROLE_CLIENT;
}

static inline bool is_over_by_close(const struct subject *s)
{
    return s->end.kind == ENDING_FIN || s->end.kind == ENDING_RST;
}

/* Who broke off in the end, after a silence too. */
static inline enum party closer_of(const struct subject *s)
{
    return s->end.has_closer ? party_of(s->end.closer) : PARTY_UNKNOWN;
}

/* The server's alert (or close) was its answer to the hello alone. */
static inline bool is_hello_rejected(const struct subject *s)
{
    return s->c->has_client_hello && has_no_answer(s->c) && s->end.role == ROLE_SERVER &&
           (s->end.kind == ENDING_ALERT || is_over_by_close(s));
}

/* A RST in this role's name that its other packets speak against (path.c). */
bool is_rst_strange(const struct connection *c, enum role role);

/* text.c of the rules: names for sentences, kept with the diagnosis. */
const char *say_server(struct diagnosis *d, const struct subject *s); /* "www.example.org" or "10.0.0.1 port 443" */
const char *say_version(struct diagnosis *d, uint16_t version);
const char *say_cipher(struct diagnosis *d, uint16_t cipher);
const char *say_group(struct diagnosis *d, uint16_t group);
const char *say_scheme(struct diagnosis *d, uint16_t scheme);
const char *say_alert(struct diagnosis *d, uint8_t code); /* "handshake_failure (40)" */
const char *say_role(enum role role);                     /* "client" "server" */
const char *say_seconds(struct diagnosis *d, int64_t ns);
/* Lists, the first few and how many more. */
const char *say_set(struct diagnosis *d, const struct code_set *set,
                    const char *(*say)(struct diagnosis *d, uint16_t code));
const char *say_list(struct diagnosis *d, struct u16_list codes,
                     const char *(*say)(struct diagnosis *d, uint16_t code));
const char *say_versions_offered(struct diagnosis *d, const struct connection *c);
const char *say_kinds(struct diagnosis *d, unsigned kinds);
const char *say_told(struct diagnosis *d, const struct told_list *told,
                     const char *(*say)(struct diagnosis *d, uint16_t code));

/* overlap.c: the dimensions of a refused hello, as lists for a sentence; "" when there is none. `open` are those that
 * may be the reason, `closed` those that the server was seen, or told, to have in common with the hello. */
struct overlap_summary {
    const char *open, *closed;
};
struct overlap_summary overlap_sum_up(const struct subject *s, struct diagnosis *d);

/* Evidence that most findings of a handshake need. */
void show_hello(struct diagnosis *d, struct finding *f, const struct connection *c);
void show_server_hello(struct diagnosis *d, struct finding *f, const struct connection *c);
void show_ending(struct diagnosis *d, struct finding *f, const struct subject *s);
/* The other connection to this server that shows what it takes. */
void show_profile(struct diagnosis *d, struct finding *f, const struct server_profile *server);

#endif
