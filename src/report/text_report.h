/*
 * The text format, by concern. text_collect.c keeps what was drawn until the totals are known; text.c puts the sections
 * in order: header and totals (text_summary.c), entries of what failed (text_groups.c counts, text_entry.c draws),
 * servers (text_servers.c), what is fragile and what works (text_working.c), what the capture could not show
 * (text_unseen.c).
 *
 * Of one connection text_connection.c draws the block, text_findings.c why it failed and what to do, text_messages.c
 * what was said in it, text_chain.c certificates as `openssl s_client -showcerts` prints them, text_trust.c whether
 * they verify, text_offer.c the offers in full, text_extensions.c what extensions hold.
 */
#ifndef TLSWHY_REPORT_TEXT_REPORT_H
#define TLSWHY_REPORT_TEXT_REPORT_H

#include "report/command.h"
#include "report/report.h"
#include "report/text_groups.h"
#include "report/text_writer.h"

/* A small set of hashes that forgets nothing until it is full; then it says that it has everything. */
enum { TEXT_SET_SLOTS = 8192 };
struct text_set {
    uint64_t at[TEXT_SET_SLOTS];
    unsigned num;
};
bool text_set_has(const struct text_set *set, uint64_t hash);
bool text_set_add(struct text_set *set, uint64_t hash); /* true: it was there */

struct text_block {
    const struct report_connection *shown;
    const struct connection *connection;
    struct fingerprints *fingerprints;
    const char *client_trust; /* the store that is the client's; NULL unknown */
    bool is_verbose;
    bool is_brief; /* of certificates only who they are for and who issued them */
    bool
        was_reused; /* an earlier connection has the same addresses and ports: a display filter needs the frames, too */
};

/* ---- one connection */

void text_connection(struct text *t, const struct text_block *block);
/* Of that block, parts: what happened, in full or the little that is told of one that completed; certificates; the
 * filter that finds it. */
void text_facts(struct text *t, const struct text_block *block);
void text_agreement(struct text *t, const struct text_block *block);
void text_certificates(struct text *t, const struct text_block *block);
void text_filter(struct text *t, const struct text_block *block);
/* The same for both directions: addresses, ports, and the capture they are in. */
uint64_t text_addresses(const struct connection *c);

void text_outcome(struct text *t, enum outcome outcome, const char *code); /* "FAILED tcp-refused" */
void text_endpoint(struct text *t, uint8_t ip_version, const uint8_t address[16], uint16_t port);
void text_server_name(struct text *t, const char *name, const char *name_from); /* nothing when it is NULL or empty */
void text_suite(struct text *t, uint16_t cipher);

void text_why(struct text *t, const struct text_block *block); /* what failed, who caused it, the proof */
/* What to do, as the code's rows say, with commands for that target, or NULL without any; what they saw. */
void text_fixes(struct text *t, const char *label, enum finding_id id, const struct command_target *target);
enum { TEXT_SHOWN_SEEN = 6 }; /* of these without -v */
void text_seen(struct text *t, const struct diagnosis *diagnosis, const struct finding *finding, bool is_verbose);
void text_beside(struct text *t, const struct text_block *block); /* the other findings */
void text_messages(struct text *t, const struct text_block *block);
/* What one event was, without its place. */
void text_event(struct text *t, const struct connection *c, const struct event *event);
void text_chains(struct text *t, const struct text_block *block);
void text_trust(struct text *t, const struct text_block *block);
/* text_quic.c: a line of its own, of QUIC connections. */
void text_quic(struct text *t, const struct connection *c);
/* Lines under the label "contents"; nothing when there is none. */
void text_extensions(struct text *t, const struct extensions *ext, enum ext_context context);
/* text_pair.c: a block for two connections; the summary's lines on all of them. Pairs without a difference are told
 * with -v only. */
bool text_pair_is_told(const struct report_pair *pair, bool is_verbose);
void text_pair(struct text *t, const struct report_pair *pair, bool is_verbose);
void text_compared(struct text *t, const struct pair_context *compared);
void text_before_tls(struct text *t, const struct connection *c); /* proxy, STARTTLS */
void text_offer(struct text *t, const struct text_block *block);

/* "client -> server": fixed width. */
const char *text_direction(enum role from);

/* Sentences without a full stop: who has to change something (NULL: not told), and how sure that is. */
const char *text_side_words(const char *side);
const char *text_certainty_words(enum certainty certainty);

/* ---- many of them */

/* What all entries share: what was told once is not told again, later entries point there. */
struct text_entries {
    struct output *spool; /* holds the parts of the groups */
    bool is_verbose;
    unsigned max_alike, max_warnings, max_lines; /* in full with one verdict; warnings; lines of those that completed */
    unsigned full[NUM_FINDINGS];                 /* entries with this verdict that were drawn in full */
    uint64_t fixes[NUM_FINDINGS]; /* what to do: 1 + the number of the connection at which it was told; 0 not yet */
    const struct text_group *seen[LIMIT_SHOWN_FAILURES]; /* entries that told what they saw */
    unsigned num_seen;
    const struct text_group *with_chain; /* the latest entry whose certificates were shown; NULL none */
};

/* In full; without its facts and remedies where these follow for each connection. */
void text_entry(struct text *t, struct text_entries *entries, const struct text_group *group);
void text_entry_overview(struct text *t, const struct text_group *group);
void text_entry_line(struct text *t, const struct text_group *group); /* in one line */
/* "3 connections of 10.0.0.1: #1 (frame 4), ..." */
void text_entry_members(struct text *t, const struct text_group *group, const char *label);
void text_entry_clients(struct text *t, const struct text_group *group);

void text_warnings(struct text *t, struct text_entries *entries, struct text_groups *warnings);
void text_completed(struct text *t, struct text_entries *entries, struct text_groups *completed);

/* Servers: the most important of all that were pushed are kept, with what it takes to draw them. */
enum { TOGETHER = 3, TOGETHER_LEN = 240 };
struct text_server {
    struct server_profile profile; /* its leaves are not held: they are not looked at */
    char name[LIMIT_SHOWN_NAME];
    struct text_key key;
    char together[TOGETHER][TOGETHER_LEN]; /* what only several connections show; "" none */
};
struct text_servers {
    struct text_server at[LIMIT_SHOWN_SERVERS];
    unsigned num;
    uint64_t num_all, num_silent; /* of these nothing was seen: they are not kept */
};
/* diagnosis: of the server, may be NULL. */
void text_servers_push(struct text_servers *servers, const struct server_profile *profile, const struct text_key *key,
                       const struct diagnosis *diagnosis);
/* `groups`: num_groups tables whose entries tell what was found at the servers. */
void text_servers_draw(struct text *t, const struct text_servers *servers, const struct text_groups *const *groups,
                       size_t num_groups, bool is_verbose);

/* What the capture could not show. */
struct text_unseen {
    uint64_t findings[NUM_FINDINGS]; /* connections with it, of those about the capture */
    uint64_t encrypted_chains, lost_chains, keyless;
    uint64_t left_out, warnings_left_out; /* connections and warnings that no entry stands for */
};
void text_unseen_note(struct text_unseen *unseen, const struct report_connection *shown);
void text_unseen_draw(struct text *t, const struct text_unseen *unseen, const struct report_summary *summary,
                      const char *client_trust);
/* Of that only limits and errors. */
void text_limits(struct text *t, const struct report_summary *summary);
/* text_trust.c: which trust stores were used, and what went wrong with them. */
void text_stores(struct text *t, const struct verifier *verifier, const char *client_trust);
void text_store_errors(struct text *t, const struct verifier *verifier);

/* ---- the report */

enum { TEXT_OUTCOMES = 4 };
struct page;
struct text_report {
    uint64_t seed;
    const struct medium *medium;
    struct page *page;                   /* of pages; NULL: a terminal */
    struct output parts;                 /* of entries */
    struct output pairs;                 /* of two captures: what differs */
    struct output blocks[TEXT_OUTCOMES]; /* -v: of each connection, by enum outcome */
    struct text_groups problems, incomplete, warnings, completed;
    struct text_servers servers;
    struct text_unseen unseen;
    struct text_set addresses; /* of connections shown so far */
    struct text_set known;     /* servers of connections shown so far */
    uint64_t failed_names;
};

/* The medium's state, by a format's begin and free; page is the caller's, but for its memory. */
int text_report_begin(struct report *report, const struct medium *medium, struct error *error) MUST_CHECK;
void text_report_free(struct report *report);
/* The entries of one kind: the most important in full, then a line for each, then their number. */
void text_table(struct text *t, struct text_entries *entries, struct text_groups *groups, size_t max_full,
                size_t max_lines);

struct text text_into(const struct report *report, struct output *out);
/* text_collect.c: the format's calls. */
void text_collect_connection(struct report *report, const struct report_connection *shown);
void text_collect_pair(struct report *report, const struct report_pair *pair);
void text_collect_name(struct report *report, const struct report_name *name);
void text_collect_server(struct report *report, const struct server_profile *profile, const struct diagnosis *diagnosis,
                         const struct capture *capture);

void text_input_name(struct text *t, const struct capture_input *in);
void text_summary(struct text *t, const struct report_summary *summary, uint64_t failed_names, bool is_verbose);
/* explain.c: the line that connections were selected by; nothing without one. */
void text_seen_as(struct text *t, const struct report_summary *summary);

#endif
