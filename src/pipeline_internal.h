/* The state that pipeline.c and settle.c share; nobody else includes it. */
#ifndef TLSWHY_PIPELINE_INTERNAL_H
#define TLSWHY_PIPELINE_INTERNAL_H

#include "capture/filter.h"
#include "compare.h"
#include "diagnose/diagnose.h"
#include "evidence/packets.h"
#include "evidence/refill.h"
#include "flow/defrag.h"
#include "pipeline.h"
#include "session/names.h"
#include "session/quic_paths.h"
#include "session/servers.h"
#include "session/session.h"

/* Files that continue each other: one flow table, one clock. */
struct group {
    struct pipeline *pipeline;
    struct flow_table *flows;
    struct defrag *defrag;
    struct quic_paths *paths; /* by which connections over UDP are found on other addresses; NULL without memory */
    struct moment last;       /* the latest packet by time */
    uint32_t index;
};

struct pipeline {
    const struct pipeline_options *options;
    struct capture *capture;
    struct filter *filter;
    struct certificates *certificates;
    struct verifier *verifier; /* NULL: nothing is verified */
    struct ocsp_staples *staples;
    struct fingerprints *fingerprints;
    struct names *names;
    struct servers *servers;
    struct profiles *profiles;
    struct attempts *attempts;
    struct compare *compare;    /* NULL: there is nothing to compare */
    bool has_learned;           /* from what was held, too */
    struct diagnosis diagnosis; /* of the connection at hand */
    struct packets *packets;    /* NULL: none are kept */
    struct refill *refill;      /* made for the first capture that is evidence; NULL */
    struct reports *reports;
    struct redactor *redactor; /* NULL: nothing is left out */
    int redact_key;            /* file with the aliases, -1 none */
    struct session_context sessions;
    struct group **groups;
    size_t num_groups;
    unsigned *secrets_taken; /* by input: decryption secrets blocks that the store of keys has */
    uint8_t *digits;         /* by input */
    size_t num_digits;
    uint64_t next_id;
    struct flow *completed; /* over, to be reported after this batch; linked by over.next */
    struct flow *held;      /* over, and waiting for the end of the capture; linked by over.next */
    size_t num_held, num_attempts;
    uint64_t attempts_dropped, sessions_lost, reported_early;
    struct report_summary summary;
    struct error filter_error;
    bool is_at_end;
};

/* A connection is over, flow->over filled. True: it is held, and stays valid until the end. */
bool settle_ended(struct pipeline *p, struct flow *flow);
/* Reports the completed connections that ended since the last call, by the packet that ended them, and lets them go. */
void settle_completed(struct pipeline *p);
/* At the end of the capture: the same for all that completed; then reports the others in the order in which they began.
 */
void settle_held(struct pipeline *p);
/* Evidence ends when what it was taken from did: that nothing came until then is part of it. */
void settle_evidence(struct pipeline *p);
/* Reports what the capture taught about servers. */
void settle_servers(struct pipeline *p);
/* Reports look-ups that failed. */
void settle_names(struct pipeline *p);
/* Lets go of all that is held. */
void settle_forget(struct pipeline *p);

/* secrets.c: the keys that were given, before the first packet; what the input has taught since; their end. */
int secrets_set_up(struct pipeline *p, struct error *error) MUST_CHECK;
int secrets_take(struct pipeline *p, size_t file, struct error *error) MUST_CHECK;
void secrets_forget(struct pipeline *p);

#endif
