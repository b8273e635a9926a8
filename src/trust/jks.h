/*
 * Java key stores (JKS, magic FEEDFEED), as Debian's /etc/ssl/certs/java/cacerts: certificates stand there in the
 * clear, private keys are skipped. OpenSSL does not read this format.
 */
#ifndef TLSWHY_TRUST_JKS_H
#define TLSWHY_TRUST_JKS_H

#include "dissect/cursor.h"

#include <stdbool.h>

enum { JKS_DIGEST_LEN = 20 };

struct jks_certificate {
    bool is_trusted;               /* an entry of its own; else a part of a private key's chain */
    struct bytes alias, type, der; /* type: "X.509"; empty in version 1, which knows nothing else */
};

bool jks_is(struct bytes file);

/* Hands every certificate to take() in the order of the file, those before a fault too. False: *fault tells,
 * FAULT_SHORT where the file was cut. Borrows from `file`. */
bool jks_read(struct bytes file, void (*take)(void *arg, const struct jks_certificate *certificate), void *arg,
              struct fault *fault);

/* Whether the digest at the end fits this password (UTF-8). */
bool jks_is_intact(struct bytes file, const char *password);

#endif
