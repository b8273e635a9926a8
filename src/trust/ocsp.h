/*
 * Stapled OCSP responses (RFC 6960), as a server sends them in CertificateStatus. Each distinct one is read once.
 */
#ifndef TLSWHY_TRUST_OCSP_H
#define TLSWHY_TRUST_OCSP_H

#include "trust/certificate.h"

enum ocsp_signature { OCSP_SIGNATURE_UNCHECKED, OCSP_SIGNATURE_GOOD, OCSP_SIGNATURE_BAD };

struct ocsp_time {
    int64_t seconds; /* since 1970; INT64_MIN where there is none */
    char text[24];   /* RFC 3339, "" where there is none */
};

struct ocsp_staple {
    const char *error;  /* why it tells nothing: static text; then nothing below is valid */
    const char *status; /* "good" "revoked" "unknown" */
    struct ocsp_time produced_at, this_update, next_update, revoked_at;
    const char *reason; /* of a revocation, as OpenSSL names it; NULL none */
    /* By the issuer or a responder that it authorised, at the time of the first request; unchecked when the issuer is
     * not known. */
    enum ocsp_signature signature;
    bool is_current; /* that time lies between this_update and next_update */
};

struct ocsp_request {
    struct bytes response; /* DER */
    struct certificate *leaf;
    struct certificate *issuer; /* NULL unknown */
    bool has_time;
    int64_t time; /* seconds since 1970 */
};

struct ocsp_staples;
struct ocsp_staples *ocsp_staples_new(void); /* NULL: out of memory */
void ocsp_staples_free(struct ocsp_staples *staples);

/* Valid until the next call. NULL: no leaf that is readable, or out of memory. */
const struct ocsp_staple *ocsp_staple_read(struct ocsp_staples *staples, const struct ocsp_request *request);

#endif
