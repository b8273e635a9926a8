/*
 * Private RSA keys of servers, for static RSA key exchange (RFC 5246 section 7.4.7.1): whoever has the key reads the
 * premaster secret. Keys of (EC)DHE servers only sign, and help nobody.
 */
#ifndef TLSWHY_SESSION_SERVER_KEYS_H
#define TLSWHY_SESSION_SERVER_KEYS_H

#include "dissect/cursor.h"
#include "error.h"

enum { PREMASTER_LEN = 48, SERVER_KEY_HASH_LEN = 20 };

/* The caller's memory, zeros at first. */
struct server_keys {
    struct server_key *first;
    size_t num;
};
void server_keys_cleanup(struct server_keys *keys);

/* All RSA keys of a file: PKCS#1 or PKCS#8, in PEM or DER, up to LIMIT_KEY_FILE bytes, not encrypted. -1 and *error
 * when it cannot be read or has none. */
int server_keys_read_file(struct server_keys *keys, const char *path, struct error *error) MUST_CHECK;

enum premaster_result {
    PREMASTER_OK,
    PREMASTER_NO_KEY,     /* none of the keys belongs to the certificate */
    PREMASTER_UNREADABLE, /* it decrypts to something else: another key, or damage */
};
/* `hash`: SHA-1 of the public key's bits as certificate_facts() tells it; NULL: the certificate is not known, every key
 * is tried. A premaster begins with one of the two versions: the client's highest, or, of some clients, the one chosen.
 */
enum premaster_result server_keys_decrypt(const struct server_keys *keys, const uint8_t *hash, struct bytes encrypted,
                                          const uint16_t versions[2], uint8_t out[PREMASTER_LEN]);

#endif
