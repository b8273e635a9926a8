/*
 * A finding: one conclusion about one connection, with its proof. What belongs to the code itself (meaning, fixes, what
 * programs print) stands in the rows of findings.def; what belongs to the connection stands here.
 *
 * A diagnosis holds the findings of one connection. Its caller owns it and uses it again for the next one; nothing is
 * allocated. What does not fit is dropped and counted (bounds.h). Text is UTF-8 and complete: names from the network
 * come in through finding_name() only, which escapes them.
 */
#ifndef TLSWHY_DIAGNOSE_FINDING_H
#define TLSWHY_DIAGNOSE_FINDING_H

#include "bounds.h"
#include "diagnose/ending.h"
#include "diagnose/verdict.h"
#include "dissect/cursor.h"
#include "place.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_ERROR };
const char *severity_name(enum severity severity);

enum certainty { CERTAINTY_POSSIBLE, CERTAINTY_LIKELY, CERTAINTY_PROVEN };
const char *certainty_name(enum certainty certainty);

/* Who has to change something, or who broke off. */
enum party { PARTY_UNKNOWN, PARTY_CLIENT, PARTY_SERVER, PARTY_PATH, PARTY_CAPTURE };
const char *party_name(enum party party);

enum finding_id {
#define FINDING(id, code, severity, side, outcome, meaning) FINDING_##id,
#include "diagnose/findings.def"
#undef FINDING
    NUM_FINDINGS
};

struct finding_code {
    const char *code;
    enum severity severity;
    enum party side;      /* by default */
    enum outcome outcome; /* of a connection with this verdict */
    const char *meaning;
};
const struct finding_code *finding_code(enum finding_id id);
const struct finding_code *finding_code_find(const char *code); /* NULL: no such code */
enum finding_id finding_id_of(const struct finding_code *code);

/* What proves a code, in general: the rows of findings_proofs.def. */
const char *finding_proof(enum finding_id id);

/* What to do, and what programs print: rows of findings_fixes.def and findings_seen.def. */
enum { FINDING_COMMANDS = 8 };
struct finding_fix {
    enum finding_id id;
    enum party side;
    const char *text;
    const char *commands[FINDING_COMMANDS]; /* those that are there, then NULL */
};
enum seen_when { /* see there */
                 SEEN_ANY,
                 SEEN_CLOSED,
                 SEEN_RESET,
                 SEEN_BY_CLIENT,
                 SEEN_BY_SERVER,
                 SEEN_PURPOSE,
                 SEEN_PATH_LENGTH,
                 SEEN_NAME_CONSTRAINTS,
                 SEEN_OTHER_USE,
                 SEEN_NO_PORT,
                 SEEN_NO_HOST,
                 SEEN_NO_NETWORK,
                 SEEN_DENIED,
};
struct finding_seen {
    enum finding_id id;
    const char *client, *text;
    enum seen_when when;
};
/* The rows of one code from *next on (start at 0); NULL after the last. What fits one connection: seen.h. */
const struct finding_fix *finding_fix_next(enum finding_id id, size_t *next);
const struct finding_seen *finding_seen_next(enum finding_id id, size_t *next);

enum { FINDING_EVIDENCE = 6 };

struct finding_evidence {
    struct place place;  /* frame 0: no packet of its own (then `connection` says where) */
    uint64_t connection; /* another connection that shows it; 0: this one */
    const char *what;
};

struct finding {
    enum finding_id id;
    enum severity severity;
    enum certainty certainty;
    enum party side, ended_by;
    bool has_ended_by;            /* it speaks of the end */
    bool is_cause;                /* it explains why the connection came to nothing: the verdict is one of these */
    enum seen_when about;         /* which of several that have this code; SEEN_ANY: none of them */
    const char *summary, *detail; /* detail may be NULL */
    struct finding_evidence evidence[FINDING_EVIDENCE];
    unsigned num_evidence;
};

struct server_profile;
struct told_server;
struct aliases;

struct diagnosis {
    struct verdict verdict;
    struct ending end; /* of a connection that did not complete; else ENDING_OPEN */
    bool is_dtls;
    const struct server_profile *server; /* what other connections show of the server, NULL nothing; and what was */
    const struct told_server *told;      /* told of it. Of a connection that did not complete; valid as profiles are */
    struct aliases *aliases;             /* what names in sentences are replaced by; NULL: they stay. As num_dropped */
    unsigned num;
    size_t text_len;
    uint64_t num_dropped; /* of all connections so far: findings, evidence or text that did not fit */
    struct finding findings[LIMIT_FINDINGS], spare;
    char text[LIMIT_FINDING_TEXT];
};

/* Empties it for the next connection; num_dropped and aliases stay. */
void diagnosis_reset(struct diagnosis *d);
bool diagnosis_has(const struct diagnosis *d, enum finding_id id);
bool diagnosis_has_cause(const struct diagnosis *d);

/* A new finding with its code's defaults. Never NULL: what does not fit goes to a spare place. */
struct finding *finding_add(struct diagnosis *d, enum finding_id id, enum certainty certainty);
/* The same for one that explains the failure, and who broke off. */
struct finding *finding_cause(struct diagnosis *d, enum finding_id id, enum certainty certainty, enum party ended_by);
void finding_summary(struct diagnosis *d, struct finding *f, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Adds a sentence to the detail. */
void finding_detail(struct diagnosis *d, struct finding *f, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A packet that shows it; nothing is noted for a place that is nowhere. */
void finding_evidence(struct diagnosis *d, struct finding *f, struct place place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Another connection that shows it. */
void finding_evidence_connection(struct diagnosis *d, struct finding *f, uint64_t id, struct place place,
                                 const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Text kept with the diagnosis; "" when it is full. */
const char *finding_text(struct diagnosis *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Bytes from the network, safe to show: what is not printable ASCII, and the backslash, as \xHH. Long ones are cut.
 * With aliases what stands for them. */
const char *finding_name(struct diagnosis *d, struct bytes name);
/* An IP address, or what stands for it. */
const char *finding_address(struct diagnosis *d, uint8_t ip_version, const uint8_t address[16]);

#endif
