/*
 * Connections that stood, kept for a while: they tell of an attempt that nobody answered whether its client went to
 * another address instead, as programs do that know several of a server (RFC 8305). Only the latest matter: an attempt
 * from longer before the capture's end than SILENCE_NS is judged by its silence.
 */
#ifndef TLSWHY_DIAGNOSE_ATTEMPTS_H
#define TLSWHY_DIAGNOSE_ATTEMPTS_H

#include "session/connection.h"
#include "session/names.h"

/* Of a connection that stood. */
struct attempt {
    uint8_t ip_version;
    uint8_t client[16], server[16];
    uint16_t port; /* the server's */
    uint32_t group;
    uint64_t id;
    struct moment first;
};

struct attempts;

struct attempts *attempts_new(void); /* NULL: out of memory */
void attempts_free(struct attempts *attempts);
/* A connection is over; one that never stood is left out. The oldest of LIMIT_ALTERNATIVES makes room. */
void attempts_note(struct attempts *attempts, const struct flow *flow, unsigned client_side, uint32_t group);

struct attempt_instead {
    const struct attempt *attempt; /* NULL: there is none. Valid until attempts_note() is called */
    bool is_same_name;             /* DNS in the capture gave both addresses for one name */
};
/* The connection to another address of the same port by which the client of `c`, whose SYN was not answered, got
 * through instead: the first that began when a program tries the next address. One over the other version of IP is
 * from the same client when no other client is in sight. */
struct attempt_instead attempts_instead(const struct attempts *attempts, const struct connection *c,
                                        const struct names *names);

#endif
