/* From DER to facts: private to this room. Strings go to the pool. */
#ifndef TLSWHY_TRUST_CERTIFICATE_FACTS_H
#define TLSWHY_TRUST_CERTIFICATE_FACTS_H

#include "trust/certificate.h"
#include "trust/pool.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>

/* Fills all of *out but the hashes and the size. Leaves OpenSSL's error queue empty. */
void certificate_facts_parse(struct certificate_facts *out, struct pool *pool, struct bytes der);

/* certificate_names.c: subject alternative names and authority information access of x509 into *out. */
void certificate_names_read(struct certificate_facts *out, struct pool *pool, X509 *x509);

/* As `openssl x509 -nameopt RFC2253` prints it. */
const char *certificate_dn(struct pool *pool, const X509_NAME *name);
/* The dotted form. */
const char *certificate_oid(struct pool *pool, const ASN1_OBJECT *object);

#endif
