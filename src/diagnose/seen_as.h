/*
 * From a line that a program printed to what it can mean: the codes of findings, the likeliest first, and whether a
 * connection's end would have printed it. The tables stand in seen_as.def and findings_seen.def.
 *
 * Pure. Lines are strangers' bytes of any kind; what is beyond LIMIT_SEEN_AS bytes is not looked at.
 */
#ifndef TLSWHY_DIAGNOSE_SEEN_AS_H
#define TLSWHY_DIAGNOSE_SEEN_AS_H

#include "diagnose/finding.h"
#include "error.h"

enum { SEEN_AS_MEANINGS = 16 };

enum seen_as_signal {
#define SIGNAL(id, tier, ended, says, apart, ...) SIGNAL_##id,
#include "diagnose/seen_as.def"
    NUM_SIGNALS
};

/* How much of a failure's reason a part of a line tells. */
enum seen_as_tier { TIER_WRAPPER, TIER_GENERAL, TIER_ALERT, TIER_EXACT, TIER_OVERRIDING };

struct seen_as_meaning {
    bool is_alert;
    uint16_t number; /* the alert, or enum seen_as_signal */
    enum seen_as_tier tier;
    size_t start, end; /* where in the line's words */
};

struct seen_as {
    struct bytes line;     /* borrowed */
    enum party printed_by; /* PARTY_CLIENT, PARTY_SERVER; PARTY_UNKNOWN when the line does not tell */
    struct seen_as_meaning meanings[SEEN_AS_MEANINGS];
    unsigned num_meanings; /* the most specific ones, the last in the line first; 0: nothing known prints this */
    enum finding_id codes[NUM_FINDINGS];
    unsigned num_codes; /* the likeliest first */
};

/* -1 and *error when there is no memory; a line that says nothing is no error. */
int seen_as_read(struct seen_as *out, struct bytes line, struct error *error) MUST_CHECK;

/* What a meaning says, in a few words, written into buf where it has to be; and what tells its codes apart. */
enum { SEEN_AS_SAYS = 96 };
const char *seen_as_says(const struct seen_as_meaning *meaning, char buf[SEEN_AS_SAYS]);
const char *seen_as_apart(const struct seen_as_meaning *meaning);

/* Would this connection's end have printed it? BESIDE: perhaps, since encryption hides its alert, or since a stricter
 * program, or one that trusts less, would; or in a log, as the echo of another failure. */
enum seen_as_match { SEEN_AS_NOT, SEEN_AS_BESIDE, SEEN_AS_VERDICT };
enum seen_as_match seen_as_match(const struct seen_as *seen, const struct connection *c, const struct diagnosis *d);
bool seen_as_has(const struct seen_as *seen, enum finding_id id);

/* What an alert from this side can mean, the likeliest first; never empty. */
enum { ALERT_CODES = 16 };
struct alert_codes {
    enum finding_id codes[ALERT_CODES];
    unsigned num;
};
struct alert_codes seen_as_alert_codes(uint8_t alert, enum role sender);

#endif
