/*
 * Which connections at two vantage points belong together, one to one: the same ClientHello (its random) first, then
 * the same TCP connection (the client's initial sequence number, which address translation leaves alone, or the same
 * addresses and ports), then the same server name, then the same server address and port; of several the nearest in
 * time. The captures' clocks may differ: what belongs together for certain tells by how much.
 */
#ifndef TLSWHY_DIAGNOSE_PAIR_H
#define TLSWHY_DIAGNOSE_PAIR_H

#include "diagnose/sighting.h"

/* Connections to the same name belong together only when they began this near to each other. */
#define PAIR_WINDOW_NS INT64_C(30000000000)

struct vantage {
    const char *name;          /* of its capture; raw bytes */
    struct moment first, last; /* its packets by time; frame 0: it has none with a time */
};

/* What is known of both captures. */
struct pair_context {
    struct vantage vantages[2];
    int64_t offset_ns;            /* the second clock minus the first */
    size_t num_measured;          /* pairs that tell it; 0: it is taken to be none */
    bool is_apart;                /* taken at different times: nothing can be said of what one of them lacks */
    size_t num[PAIR_ADDRESS + 1]; /* pairs by enum pair_how; PAIR_NONE: connections without one */
};

/* Fills other, how, is_server_elsewhere and time_ns of every sighting, and all of *context but the vantages. Returns -1
 * without memory: nothing is paired then. */
int pairs_match(struct sightings *set, struct pair_context *context);

/* Whether the other vantage point's capture was running at that moment of `side`'s: it holds packets from before and
 * after. */
bool pair_was_running(const struct pair_context *context, unsigned side, const struct moment *moment);

/* The same TCP connection at both points. */
bool pair_is_same_tcp(const struct sighting *a, const struct sighting *b);

#endif
