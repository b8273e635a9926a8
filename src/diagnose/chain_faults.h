/* What the rules about chains share: private to diagnose. */
#ifndef TLSWHY_DIAGNOSE_CHAIN_FAULTS_H
#define TLSWHY_DIAGNOSE_CHAIN_FAULTS_H

#include "diagnose/rules.h"
#include "trust/chain_shape.h"
#include "trust/ocsp.h"

struct chain_view {
    const struct subject *s;
    struct chain_shape shape;
    bool is_rejected;    /* the client left because of the chain, as far as that shows */
    uint8_t alert;       /* the client's, 0 none */
    bool is_trust_mixed; /* set by chain_trust(): stores differ, and none is known to be the client's */
};

/* Certificate i of the way from the leaf upwards. */
const struct certificate_facts *chain_facts(const struct chain_view *v, unsigned i);
const char *chain_subject(struct diagnosis *d, const struct certificate_facts *facts);
const char *chain_issuer(struct diagnosis *d, const struct certificate_facts *facts);
void chain_show(struct diagnosis *d, struct finding *f, const struct chain_view *v, const char *what);

/* chain_trust.c: what trust stores say. */
void chain_self_signed(struct chain_view *v, struct diagnosis *d);
void chain_trust(struct chain_view *v, struct diagnosis *d);
/* Adds to the detail which of several stores verify the chain, which do not, and which programs use them. */
void chain_say_stores(const struct connection *c, struct diagnosis *d, struct finding *f);

/* interception.c */
void interception(struct chain_view *v, struct diagnosis *d);

#endif
