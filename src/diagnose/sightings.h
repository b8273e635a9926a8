/*
 * Where certificates were seen: by the name that was asked for, whatever server answered, and by the leaf's key. Grows
 * while the capture is read; bounded by LIMIT_SERVERS entries of SIGHTINGS chains each.
 */
#ifndef TLSWHY_DIAGNOSE_SIGHTINGS_H
#define TLSWHY_DIAGNOSE_SIGHTINGS_H

#include "session/connection.h"

enum { SIGHTINGS = 4, SIGHTING_WAY = 4 };

/* One distinct leaf, and what was presented above it. */
struct sighting {
    struct certificate *way[SIGHTING_WAY]; /* held; the leaf first */
    unsigned num_way;
    uint64_t id; /* the first connection that showed it */
    struct place place;
};

struct sightings;

struct sightings *sightings_new(void); /* NULL: out of memory */
void sightings_free(struct sightings *sightings);
void sightings_learn(struct sightings *sightings, const struct connection *c);
/* The chains seen for that name, or with that leaf's key; 0: none. Valid until the next call of sightings_learn(). */
unsigned sightings_of_name(const struct sightings *sightings, struct bytes name, const struct sighting **out);
unsigned sightings_of_key(const struct sightings *sightings, struct certificate *leaf, const struct sighting **out);
uint64_t sightings_limit_hits(const struct sightings *sightings);

/* Whether an issuer is common to both ways, which then lead to one root. */
bool sightings_share_issuer(struct certificate *const *a, unsigned num_a, const struct sighting *b);

#endif
