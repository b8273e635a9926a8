/*
 * What DNS in the capture taught: names of addresses, and look-ups that failed. Fed with DNS messages over UDP and TCP;
 * bounded by LIMIT_NAMES for each kind. For display only, never for verification.
 */
#ifndef TLSWHY_SESSION_NAMES_H
#define TLSWHY_SESSION_NAMES_H

#include "dissect/cursor.h"
#include "flow/flow.h"
#include "place.h"

#include <stdbool.h>

struct names;

struct names *names_new(void); /* NULL: out of memory */
void names_free(struct names *names);

/* One DNS message as it went from src to dst; not DNS is ignored. */
void names_message(struct names *names, uint8_t ip_version, const uint8_t src[16], const uint8_t dst[16],
                   struct bytes message, const struct moment *moment);
/* In-order bytes of a connection with port 53: messages with a two-byte length (RFC 1035 section 4.2.2). */
void names_stream(struct names *names, const struct flow *flow, unsigned side, struct bytes data, uint64_t offset,
                  const struct moment *moment);
void names_stream_end(struct names *names, const struct flow *flow);

/* The latest name whose look-up answered with this address, NULL when there was none. Valid until the next message. */
const char *names_of_address(const struct names *names, uint8_t ip_version, const uint8_t address[16]);

struct name_failure {
    const char *name;
    uint8_t ip_version; /* of client and resolver */
    uint8_t client[16], resolver[16];
    const char *answer;   /* "NXDOMAIN" "SERVFAIL" "empty" "none" or "RCODEn" */
    struct moment moment; /* of the answer; of the query where none came */
    struct moment asked;  /* of the first query; frame 0: not in the capture */
    bool is_asked_again;  /* the same question went out once more, a while later */
    bool is_connected;    /* that client asked a server for that name all the same */
};

/* A client named this server in a hello. Clients that ask over one version of IP and connect over the other cannot be
 * told apart: there the name alone counts. */
void names_connected(struct names *names, uint8_t ip_version, const uint8_t client[16], struct bytes name);

/* Look-ups of A or AAAA that never gave that client an address, in the order in which they were first asked. A name
 * that is another, successful one with a search suffix is left out: resolvers try those on their own. Returns false
 * after the last; *next begins at 0. */
bool names_next_failure(const struct names *names, size_t *next, struct name_failure *out);

uint64_t names_limit_hits(const struct names *names);

#endif
