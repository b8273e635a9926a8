/* What is odd about a chain as it was presented (RFC 8446 section 4.4.2 says how it should be): facts for rules. */
#ifndef TLSWHY_TRUST_CHAIN_SHAPE_H
#define TLSWHY_TRUST_CHAIN_SHAPE_H

#include "bounds.h"
#include "trust/certificate.h"

enum chain_member {
    MEMBER_ISSUER,     /* on the way from the leaf upwards (the leaf itself is one) */
    MEMBER_DUPLICATE,  /* was there before */
    MEMBER_STRANGER,   /* signs nobody on that way */
    MEMBER_UNREADABLE, /* no certificate that OpenSSL can read */
};

struct chain_shape {
    enum chain_member members[LIMIT_CHAIN];
    unsigned num;              /* certificates presented */
    unsigned num_issuers;      /* of MEMBER_ISSUER, the leaf among them */
    unsigned way[LIMIT_CHAIN]; /* their indexes, the leaf first, each signed by the next */
    unsigned end;              /* index of the last one: whose issuer is not among those presented, or a root */
    unsigned num_duplicates, num_strangers, num_unreadable;
    bool is_disordered; /* an issuer does not directly follow whom it signed */
    bool has_root;      /* the end is self-signed, and not the leaf */
    bool is_alone;      /* no certificate beside the leaf that belongs to it */
    bool is_leaf_self_signed;
};

/* Names and key identifiers decide who could have signed whom, as when OpenSSL builds a path; signatures are the
 * verifier's. `num` beyond LIMIT_CHAIN is cut. */
void chain_shape_read(struct chain_shape *out, struct certificate *const *chain, unsigned num);

#endif
