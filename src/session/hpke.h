/*
 * What is sealed by HPKE (RFC 9180) in base mode, opened with the KEM's shared secret: the key schedule of section 5.1
 * and the receiver's Open() of section 5.2. The KEM itself takes a private key, which nobody gives here.
 */
#ifndef TLSWHY_SESSION_HPKE_H
#define TLSWHY_SESSION_HPKE_H

#include "session/key_schedule.h"

enum { HPKE_TAG_LEN = 16 };

struct hpke_suite {
    uint16_t kem, kdf, aead;
};

/* Of one message, the `sequence`th from 0. */
struct hpke_sealed {
    struct hpke_suite suite;
    uint64_t sequence;
    struct bytes aad, ciphertext;
};

bool hpke_suite_is_known(const struct hpke_suite *suite);
/* ciphertext.len - HPKE_TAG_LEN bytes into `out`, the caller's to wipe. False: the tag is wrong, or OpenSSL lacks it.
 */
bool hpke_open(const struct crypto *crypto, struct bytes shared_secret, struct bytes info,
               const struct hpke_sealed *sealed, uint8_t *out);

#endif
