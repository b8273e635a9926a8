/*
 * Chains against trust stores, by OpenSSL's own verifier: purpose TLS server, security level 1, at a given time, with
 * the presented chain as untrusted certificates. What it says is what
 *     openssl verify -purpose sslserver -auth_level 1 -attime T -verify_hostname NAME -untrusted CHAIN LEAF
 * says of the same store: the first error that it meets.
 *
 * Each distinct chain and name is verified once; the result holds as long as no certificate that could matter begins or
 * ceases to be valid. Stores are read when the first chain comes.
 */
#ifndef TLSWHY_TRUST_VERIFY_H
#define TLSWHY_TRUST_VERIFY_H

#include "error.h"
#include "trust/store.h"

struct verify_options {
    const struct store_source *stores; /* none: the system's alone, named "system" */
    size_t num_stores;
    const char *intermediates; /* a path with certificates to complete chains with; NULL none */
    const char *password;      /* of all that have none of their own, as in struct store_source */
    bool has_at;
    int64_t at;  /* seconds since 1970: verify at this time, not at the capture's */
    int64_t now; /* "today" */
};

struct verify_request {
    struct certificate *const *chain; /* as presented, the leaf first */
    unsigned num;
    const char *name; /* that the client asked for; an address is compared as such. NULL or "": not checked */
    bool has_time;    /* false: the capture knows no times, dates are not checked */
    int64_t time;     /* seconds since 1970 */
};

struct verify_outcome {
    bool is_ok;
    uint16_t code;    /* X509_V_ERR_..., 0 when it verifies */
    const char *name; /* without that prefix; NULL where the registry does not know the code */
    const char *text;
    unsigned depth; /* of the certificate that the error is about, the leaf is 0 */
};

enum verify_origin { VERIFY_PRESENTED, VERIFY_STORE, VERIFY_CAPTURE, VERIFY_GIVEN };

/* One certificate of the path that was built, the leaf first. */
struct verify_step {
    struct certificate *certificate;
    enum verify_origin origin;
    int presented; /* its index in the chain as presented, -1 when it was not */
};

enum verify_mode {
    VERIFY_STRICT, /* X509_STRICT and partial chains, as Python 3.13 verifies */
    VERIFY_LEVEL2, /* security level 2, as programs on Debian and Fedora demand */
    VERIFY_TODAY,  /* at the current time */
    NUM_VERIFY_MODES
};
const char *verify_mode_name(enum verify_mode mode); /* "strict" "level2" "today" */

struct verification {
    const struct store_facts *store;
    bool is_completed; /* with certificates that were not presented: seen elsewhere in the capture, or given */
    struct verify_outcome outcome;
    bool has_name_match, is_name_match; /* whether the leaf is for that name, whatever else is wrong */
    bool has_also[NUM_VERIFY_MODES];    /* only where it differs from the outcome; never for completed chains */
    struct verify_outcome also[NUM_VERIFY_MODES];
    const struct verify_step *path; /* as far as it was built */
    unsigned num_path;
};

struct verifier;

/* `options` is borrowed, with all it points to. NULL and *error: a path that cannot be opened, no memory. */
struct verifier *verifier_new(struct certificates *cache, const struct verify_options *options,
                              struct error *error) MUST_CHECK;
void verifier_free(struct verifier *verifier); /* before the certificates' cache */

/* One result for each store in their order, each followed by a second one where a completed chain gets further. Valid
 * until the next call. 0 where there is nothing to verify: no chain, a leaf that is not readable, no memory. */
unsigned verifier_check(struct verifier *verifier, const struct verify_request *request,
                        const struct verification **results);

/* Who signed the leaf, where one of the results has a path that tells; else NULL. */
struct certificate *verification_issuer(const struct verification *results, unsigned num);

/* The stores that were read so far, the one of --intermediates last; NULL beyond. */
const struct store_facts *verifier_store_at(const struct verifier *verifier, size_t i);

/* Forgets where the stores came from and what went wrong with them, but for the number of errors. */
void verifier_hide_sources(struct verifier *verifier);

/* How often limits were hit: issuers seen that are not kept for other chains, issuers that were not tried for a chain.
 * Without a verifier none. */
struct verifier_limits {
    uint64_t not_kept, not_tried;
};
struct verifier_limits verifier_limits(const struct verifier *verifier);

#endif
