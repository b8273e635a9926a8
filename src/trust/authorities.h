/* Issuers that were seen anywhere in the capture, by subject: tried for chains that lack theirs. Private to this room.
 */
#ifndef TLSWHY_TRUST_AUTHORITIES_H
#define TLSWHY_TRUST_AUTHORITIES_H

#include "trust/certificate_x509.h"

struct authorities {
    struct authority **buckets;
    size_t num;
    uint64_t generation; /* grows with every one that is new */
    uint64_t left_out;   /* that would have been one more than LIMIT_AUTHORITIES */
};

struct authority {
    struct authority *next;
    struct certificate *certificate; /* held */
    X509 *x509;
    uint64_t name_hash;
};

/* All zero is an empty set. Certificates that cannot be decoded, and all beyond LIMIT_AUTHORITIES, are left out. */
void authorities_add(struct authorities *set, struct certificate *certificate);
/* The first one whose subject may be `name` (compare it), then those in ->next. */
const struct authority *authorities_find(const struct authorities *set, const X509_NAME *name);
void authorities_cleanup(struct authorities *set);

#endif
