/*
 * Record protection of DTLS 1.3: one epoch of one side. The record's number is encrypted, too, and only its lowest bits
 * are sent (RFC 9147 sections 4.2.2 and 4.2.3).
 */
#ifndef TLSWHY_SESSION_DTLS_PROTECTION_H
#define TLSWHY_SESSION_DTLS_PROTECTION_H

#include "dissect/dtls.h"
#include "session/protection.h"

struct dtls_epoch;

/* `number` is the epoch's. NULL: out of memory, or the secret is not of the suite's length, or OpenSSL lacks an
 * algorithm. */
struct dtls_epoch *dtls_epoch_new(const struct crypto *crypto, const struct suite_algorithms *suite, uint16_t version,
                                  uint16_t number, struct bytes secret);
void dtls_epoch_free(struct dtls_epoch *epoch); /* wipes; NULL does nothing */

struct dtls_inner {
    uint8_t type;
    uint64_t sequence;
    struct bytes content; /* in the buffer given */
};
/* A whole record with the unified header into `out`, which has room for body.len + PROTECTION_ROOM bytes. False: it is
 * not under these keys. The number is taken for the one that is nearest to the highest seen. */
bool dtls_epoch_open(struct dtls_epoch *epoch, const struct dtls_record *record, uint8_t *out,
                     struct dtls_inner *inner);

/* The traffic secret that a KeyUpdate makes of this one, in its place. */
bool dtls_secret_update(const struct crypto *crypto, const struct suite_algorithms *suite, uint8_t *secret);

#endif
