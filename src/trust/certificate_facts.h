/* From DER to facts: private to this room. Strings go to the pool. */
#ifndef TLSWHY_TRUST_CERTIFICATE_FACTS_H
#define TLSWHY_TRUST_CERTIFICATE_FACTS_H

#include "trust/certificate.h"
#include "trust/pool.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>

/* NULL and *error (static, or in the pool): not one certificate and nothing else. The caller frees it. Both leave
 * OpenSSL's error queue empty. */
X509 *certificate_decode(struct bytes der, struct pool *pool, const char **error);
/* Fills all of *out but the hashes, the size and the error. */
void certificate_facts_read(struct certificate_facts *out, struct pool *pool, X509 *x509);

/* der is no certificate: where it is a SubjectPublicKeyInfo, says so as the error and fills the key_ fields. */
void certificate_facts_raw_key(struct certificate_facts *out, struct pool *pool, struct bytes der);

/* certificate_names.c: subject alternative names and authority information access of x509 into *out. */
void certificate_names_read(struct certificate_facts *out, struct pool *pool, X509 *x509);

/* As `openssl x509 -nameopt RFC2253` prints it. */
const char *certificate_dn(struct pool *pool, const X509_NAME *name);
/* The dotted form. */
const char *certificate_oid(struct pool *pool, const ASN1_OBJECT *object);

#endif
