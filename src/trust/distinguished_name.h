/* Distinguished names outside certificates, such as the authorities of a CertificateRequest. */
#ifndef TLSWHY_TRUST_DISTINGUISHED_NAME_H
#define TLSWHY_TRUST_DISTINGUISHED_NAME_H

#include "dissect/cursor.h"

/* A DER-encoded Name as `openssl -nameopt RFC2253` prints it: control characters and everything beyond ASCII escaped as
 * \HH. The caller frees it. NULL: not a name, or out of memory. */
char *distinguished_name_text(struct bytes der);

#endif
