/*
 * Where certificates were seen: by the name that was asked for, whatever server answered, and by the leaf's key. Grows
 * while the capture is read; bounded by LIMIT_SERVERS entries of CHAINS_SEEN chains each.
 */
#ifndef TLSWHY_DIAGNOSE_CHAINS_SEEN_H
#define TLSWHY_DIAGNOSE_CHAINS_SEEN_H

#include "session/connection.h"

enum { CHAINS_SEEN = 4, CHAIN_SEEN_WAY = 4 };

/* One distinct leaf, and what was presented above it. */
struct chain_seen {
    struct certificate *way[CHAIN_SEEN_WAY]; /* held; the leaf first */
    unsigned num_way;
    uint64_t id; /* the first connection that showed it */
    struct place place;
};

struct chains_seen;

struct chains_seen *chains_seen_new(void); /* NULL: out of memory */
void chains_seen_free(struct chains_seen *chains_seen);
void chains_seen_learn(struct chains_seen *chains_seen, const struct connection *c);
/* The chains seen for that name, or with that leaf's key; 0: none. Valid until the next call of chains_seen_learn(). */
unsigned chains_seen_of_name(const struct chains_seen *chains_seen, struct bytes name, const struct chain_seen **out);
unsigned chains_seen_of_key(const struct chains_seen *chains_seen, struct certificate *leaf,
                            const struct chain_seen **out);
uint64_t chains_seen_limit_hits(const struct chains_seen *chains_seen);

/* Whether an issuer is common to both ways, which then lead to one root. */
bool chains_seen_share_issuer(struct certificate *const *a, unsigned num_a, const struct chain_seen *b);

#endif
