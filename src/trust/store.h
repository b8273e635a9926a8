/*
 * Trust stores: named sets of certificates that a path may end in. They are the analyst's, not the client's.
 *
 * Read: PEM bundles (TRUSTED CERTIFICATE too), DER, PKCS#7, PKCS#12, Java's JKS, and directories of these. In a
 * directory with hashed names (c_rehash) only those count, as for OpenSSL. What cannot be read becomes a text in
 * `errors`; the rest of the store is used.
 */
#ifndef TLSWHY_TRUST_STORE_H
#define TLSWHY_TRUST_STORE_H

#include "trust/certificate.h"

#include <stdbool.h>
#include <stddef.h>

struct store_source {
    const char *name;     /* as reports name it */
    const char *path;     /* NULL: where this system keeps its own; SSL_CERT_FILE and SSL_CERT_DIR count */
    const char *password; /* of JKS and PKCS#12; NULL: Java's "changeit", or none */
};

/* What reports show. Strings may hold any bytes that a file name can hold. */
struct store_facts {
    const char *name;
    const char *path; /* several are joined by ':'; NULL: none was found */
    size_t num_certificates;
    const char *const *errors;
    size_t num_errors, num_errors_left_out;
};

struct store;

/* Reads it whole. Its certificates stay in `cache`, held. NULL: out of memory. */
struct store *store_load(struct certificates *cache, const struct store_source *source);
void store_free(struct store *store);
const struct store_facts *store_facts(const struct store *store);
/* Of its facts the path and the texts of errors go. */
void store_hide_source(struct store *store);

#endif
