/*
 * From the facts of one connection to findings and a verdict: pure, no allocation, no I/O. The rules stand in one file
 * for each area of the findings catalogue; the verdict is chosen from their findings (verdict.h).
 */
#ifndef TLSWHY_DIAGNOSE_DIAGNOSE_H
#define TLSWHY_DIAGNOSE_DIAGNOSE_H

#include "diagnose/attempts.h"
#include "diagnose/finding.h"
#include "diagnose/profile.h"
#include "diagnose/told.h"

/* What the user says; all zeros: nothing. */
struct diagnose_options {
    struct told_server told;
    const char *client_trust; /* name of the trust store that is the client's own; NULL unknown */
    bool has_expiring_days;   /* else 30 */
    unsigned expiring_days;
    bool has_at;
    int64_t at; /* seconds since 1970: whether certificates are valid then, not at the capture's time */
};

struct diagnose_context {
    struct moment last;                     /* the capture's latest packet: shows that time went on */
    const struct profiles *profiles;        /* what is known of servers; NULL: nothing */
    const struct diagnose_options *options; /* NULL: nothing was said */
    struct attempt_instead instead;         /* of an attempt without an answer */
};

/* Empties *d, then fills it. The connection must outlive *d's use. */
void diagnose(struct diagnosis *d, const struct connection *c, const struct diagnose_context *context);

#endif
