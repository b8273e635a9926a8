/*
 * What differs between one connection's two sightings, and what that proves: who rewrote, swallowed, answered or reset
 * in between. Pure functions from sightings to differences and findings. A connection that was seen at one vantage
 * point only is told, too, where the other capture was running.
 */
#ifndef TLSWHY_DIAGNOSE_CONTRAST_H
#define TLSWHY_DIAGNOSE_CONTRAST_H

#include "diagnose/finding.h"
#include "diagnose/pair.h"

enum { CONTRAST_DIFFERENCES = 32 };

struct contrast_difference {
    const char *what; /* static: "chain" "version" "cipher" "client_hello" "reset" ... */
    const char *a, *b;
};

struct contrast {
    const struct sighting *at[2]; /* by vantage point; NULL: not seen there */
    unsigned near;                /* the vantage point nearer to the client */
    unsigned num;
    struct contrast_difference differences[CONTRAST_DIFFERENCES];
    const struct finding *settles[2]; /* what the verdict of that connection comes to; NULL: it stays */
    const struct finding *beside;     /* to stand beside the verdict of the nearer one; NULL: nothing */
    struct diagnosis diagnosis;       /* findings; texts */
};

/* Of the pair that s belongs to, or of s alone. The sightings outlive *out. */
void contrast_make(struct contrast *out, const struct sighting *s, const struct pair_context *context);
/* Whether there is reason to tell of one that has no partner: the other capture was running, and it holds that server
 * or this connection came to nothing. */
bool contrast_is_told(const struct sighting *s, const struct pair_context *context);
/* Brings what the pair proves into the judgement of its connection c. */
void contrast_settle(const struct contrast *contrast, const struct connection *c, struct diagnosis *d);

/* Whether a and b cannot have got their certificates from one authority: no issuer in common. */
bool contrast_has_other_issuers(const struct sighting *a, const struct sighting *b);
/* Whether one ClientHello arrived with other bytes. */
bool contrast_is_rewritten(const struct sighting *a, const struct sighting *b);

/* contrast_differences.c: fills differences. */
void contrast_differences(struct contrast *out);

#endif
