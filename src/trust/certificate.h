/*
 * Certificates, each distinct one once: interned by their bytes, parsed by OpenSSL when somebody asks.
 *
 * The look-up costs a hash of the DER and a compare. Parsing (d2i_X509) happens at most once for each distinct
 * certificate. References are counted; certificates nobody holds stay cached until the cache's limit, the least
 * recently used go first.
 */
#ifndef TLSWHY_TRUST_CERTIFICATE_H
#define TLSWHY_TRUST_CERTIFICATE_H

#include "dissect/cursor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct certificate;
struct certificates;

struct certificates *certificates_new(size_t max_idle_bytes); /* NULL: out of memory */
void certificates_free(struct certificates *cache);           /* all references must have been given back */

/* The one certificate with these bytes, held for the caller; give it back with certificate_release(). NULL: out of
 * memory, or larger than LIMIT_CERTIFICATE. */
struct certificate *certificate_intern(struct certificates *cache, struct bytes der);
void certificate_hold(struct certificate *certificate);
void certificate_release(struct certificate *certificate);

struct bytes certificate_der(const struct certificate *certificate);
uint64_t certificate_id(const struct certificate *certificate); /* unique within one run, never used again */
/* A place for a renderer to keep what it made of this certificate (freed with free()). */
char **certificate_scratch(struct certificate *certificate, size_t **len);

/* Names are RFC 2253 as `openssl x509 -nameopt RFC2253` prints them, UTF-8 or escaped by OpenSSL, never with control
 * characters. Strings are NULL where they do not apply. */
struct certificate_facts {
    char sha256[65], sha1[41]; /* lower-case hex of the DER */
    size_t size;
    const char *error; /* why OpenSSL could not parse it; then only the hashes and size are valid */
    const char *subject, *issuer;
    const char *serial;            /* upper-case hex as OpenSSL prints it */
    int64_t not_before, not_after; /* seconds since 1970; INT64_MIN where the field itself is not a time */
    char not_before_text[24], not_after_text[24]; /* RFC 3339 */
    const char *key_type;  /* "rsa" "ec" "ed25519" "ed448" "dsa" "rsa-pss" "ml-dsa-44" ... or the algorithm's OID */
    unsigned key_bits;     /* 0 unknown */
    const char *key_curve; /* EC: "prime256v1" */
    const char *signature_algorithm; /* OpenSSL's long name: "sha256WithRSAEncryption", or the OID */
    const char *const *san;          /* "DNS:name", "IP:address", "email:...", "URI:..." */
    size_t num_san;
    bool is_ca, is_self_signed; /* self-signed: issuer is subject and its own key verifies the signature */
    bool is_self_issued;
    const char *const *aia_issuers; /* caIssuers URIs */
    size_t num_aia_issuers;
    const char *const *aia_ocsp;
    size_t num_aia_ocsp;
};

/* Parsed on the first call. Never NULL; valid as long as the certificate is held. */
const struct certificate_facts *certificate_facts(struct certificate *certificate);

#endif
