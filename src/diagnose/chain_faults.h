/* What the rules about chains share: private to diagnose. */
#ifndef TLSWHY_DIAGNOSE_CHAIN_FAULTS_H
#define TLSWHY_DIAGNOSE_CHAIN_FAULTS_H

#include "diagnose/rules.h"
#include "trust/chain_shape.h"
#include "trust/ocsp.h"

#define EXPIRING_SECONDS (INT64_C(30) * 24 * 3600)

struct chain_view {
    const struct subject *s;
    struct chain_shape shape;
    bool is_rejected; /* the client left because of the chain, as far as that shows */
    uint8_t alert;    /* the client's, 0 none */
};

const char *chain_subject(struct diagnosis *d, const struct certificate_facts *facts);
/* interception.c */
void interception(const struct chain_view *v, struct diagnosis *d);

#endif
