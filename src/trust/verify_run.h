/* One verification by OpenSSL: private to this room. */
#ifndef TLSWHY_TRUST_VERIFY_RUN_H
#define TLSWHY_TRUST_VERIFY_RUN_H

#include "trust/verify.h"

#include <openssl/x509.h>

struct verify_run {
    X509_STORE *store;
    X509 *leaf;
    STACK_OF(X509) * untrusted;
    const char *name; /* NULL: not checked */
    bool has_time;
    int64_t time;
    unsigned long flags; /* X509_V_FLAG_... beyond the defaults */
    int level;
};

/* *path: the path as far as it was built, the caller frees it (sk_X509_pop_free); may be NULL when it is not wanted.
 * False: out of memory. */
bool verify_run(const struct verify_run *run, struct verify_outcome *out, STACK_OF(X509) * *path);
/* Whether OpenSSL finds the name in the certificate. */
bool verify_name(X509 *leaf, const char *name);

#endif
