/* Shared by the store's files and the verifier; no other room includes it. */
#ifndef TLSWHY_TRUST_STORE_INTERNAL_H
#define TLSWHY_TRUST_STORE_INTERNAL_H

#include "trust/pool.h"
#include "trust/store.h"

#include <openssl/x509.h>

struct store_entry {
    struct certificate *certificate; /* held */
    X509 *x509;                      /* its own reference; with trust settings where the file has them */
    uint64_t name_hash;              /* of the subject */
    uint64_t seen;                   /* the walk that came by last */
    uint32_t order;                  /* in which it was read */
    bool has_settings;
    bool is_added; /* to x509_store */
};

struct store {
    struct store_facts facts;
    struct certificates *cache;
    const char *password;
    struct store_entry *entries; /* by subject, then order, once loaded */
    size_t num, cap;
    const char **errors;
    struct pool pool;
    size_t bytes; /* read so far */
    uint64_t num_walks;
    X509_STORE *x509_store;
    bool is_failed; /* out of memory */
};

/* store.c: while loading */
void store_add(struct store *store, const char *file, struct bytes der, bool has_settings);
void store_error(struct store *store, const char *format, ...) __attribute__((format(printf, 2, 3)));
void store_add_path_text(struct store *store, const char *path);

/* store_read.c: a file or directory. False: nothing was there to be opened; told as an error unless is_optional. */
bool store_read_path(struct store *store, const char *path, bool is_optional);

/* store_formats.c: the content of one file. */
void store_read_content(struct store *store, const char *file, struct bytes content);

/* store_places.c */
void store_read_system(struct store *store);

/* The seconds around a moment in which no certificate of a set begins or ceases to be valid: from <= t < until. */
struct time_span {
    int64_t moment, from, until;
};
void time_span_bound(struct time_span *span, const struct certificate_facts *facts);

/* store.c: an X509_STORE with every certificate of the store that could be part of a path from these; `span` is bounded
 * by their dates. Not everything is put there at once because OpenSSL sorts an X509_STORE at every addition. NULL: out
 * of memory. */
X509_STORE *store_x509(struct store *store, STACK_OF(X509) * start, struct time_span *span);
/* The store's certificate that this is; NULL when it is none. */
struct certificate *store_certificate(const struct store *store, const X509 *x509);
/* The entries whose subject is `name`: their number, and the first in *first. */
size_t store_find(const struct store *store, const X509_NAME *name, struct store_entry **first);

#endif
