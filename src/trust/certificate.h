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

/* The one certificate with these bytes, held for the caller; give it back with certificate_release(). Of one larger
 * than LIMIT_CERTIFICATE hashes and size are kept alone. NULL: out of memory. */
struct certificate *certificate_intern(struct certificates *cache, struct bytes der);
struct certificate_facts;
/* One that stands for another in reports: known by these facts alone, which are copied, with what they point to
 * borrowed; it has no bytes. Held for the caller. NULL: out of memory. */
struct certificate *certificate_stand_in(uint64_t id, const struct certificate_facts *facts);
void certificate_hold(struct certificate *certificate);
void certificate_release(struct certificate *certificate);

struct bytes certificate_der(const struct certificate *certificate); /* empty of one that is too large */
uint64_t certificate_id(const struct certificate *certificate);      /* unique within one run, never used again */
/* A place for a renderer to keep what it made of this certificate (freed with free()). */
char **certificate_scratch(struct certificate *certificate, size_t **len);

/* Names are RFC 2253 as `openssl x509 -nameopt RFC2253` prints them, UTF-8 or escaped by OpenSSL, never with control
 * characters. Strings are NULL where they do not apply. */
struct certificate_facts {
    char sha256[65], sha1[41]; /* lower-case hex of the DER */
    size_t size;
    const char *error; /* why it could not be parsed; then only the hashes and size are valid, and the key_ fields of a
                          raw public key (RFC 7250: a SubjectPublicKeyInfo in place of a certificate) */
    const char *subject, *issuer;
    unsigned version;              /* 1 to 3, as X.509 counts */
    const char *serial;            /* upper-case hex as OpenSSL prints it */
    int64_t not_before, not_after; /* seconds since 1970; INT64_MIN where the field itself is not a time */
    char not_before_text[24], not_after_text[24]; /* RFC 3339; "" where the field is not a time */
    const char *key_type;  /* "rsa" "ec" "ed25519" "ed448" "dsa" "rsa-pss" "ml-dsa-44" ... or the algorithm's OID */
    unsigned key_bits;     /* 0 unknown */
    uint64_t rsa_exponent; /* 0: no RSA key, or more than 64 bits */
    const char *key_curve; /* EC: "prime256v1", or the curve's OID; "explicit" for parameters without a name */
    const char *signature_algorithm; /* OpenSSL's long name: "sha256WithRSAEncryption", or the OID */
    /* "DNS:name", "IP:address", "email:...", "URI:..."; rarely "DirName:" with an RFC 2253 name, "RID:" with an OID,
     * "othername:OID:text" (or "<unsupported>" for text), "X400Name:<unsupported>", "EdiPartyName:<unsupported>",
     * "IP:<invalid HEX>" for an address of another length than 4 or 16, and "<invalid>" for an extension that does not
     * parse. Printable ASCII only: all other bytes, and the backslash, as \XX, so that a name with an embedded NUL
     * never looks like a shorter one. */
    const char *const *san;
    size_t num_san;
    size_t num_san_left_out; /* names beyond LIMIT_CERTIFICATE_NAMES */
    bool has_basic_constraints, has_path_length;
    uint32_t path_length;
    bool is_ca;          /* basicConstraints says so */
    bool is_self_signed; /* issuer is subject and its own key verifies the signature; false where OpenSSL lacks the
                            algorithm */
    bool is_self_issued; /* issuer is subject */
    const char *const *aia_issuers; /* caIssuers URIs */
    size_t num_aia_issuers;
    const char *const *aia_ocsp;
    size_t num_aia_ocsp;
    bool has_scts;     /* signed certificate timestamps are in it (RFC 6962) */
    bool has_key_hash; /* SHA-1 of the key's bits: equal keys have equal ones */
    uint8_t key_hash[20];
};

/* Parsed on the first call. Never NULL; valid as long as the certificate is held. */
const struct certificate_facts *certificate_facts(struct certificate *certificate);

#endif
