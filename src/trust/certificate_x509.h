/* OpenSSL's form of a certificate: private to this room. */
#ifndef TLSWHY_TRUST_CERTIFICATE_X509_H
#define TLSWHY_TRUST_CERTIFICATE_X509_H

#include "trust/certificate.h"

#include <openssl/x509.h>

/* Decoded on the first call and kept with the certificate: borrowed, valid as long as the certificate is held. NULL
 * where certificate_facts() tells an error. */
X509 *certificate_x509(struct certificate *certificate);

#endif
