/*
 * Fingerprints and flow hashes: JA3 and JA3S (MD5 of a string of decimal code points), JA4 (the client fingerprint
 * only; the other JA4+ methods have another licence), Community ID 1.0. GREASE values are left out as each method's
 * description says.
 */
#ifndef TLSWHY_SESSION_FINGERPRINT_H
#define TLSWHY_SESSION_FINGERPRINT_H

#include "session/connection.h"

#include <stdbool.h>

struct fingerprints; /* digest contexts, one for each thread */

struct fingerprints *fingerprints_new(void); /* NULL: out of memory or OpenSSL lacks the digests */
void fingerprints_free(struct fingerprints *f);

enum { JA3_LEN = 33, JA4_LEN = 37, COMMUNITY_ID_LEN = 31 };

/* The string that is hashed, NUL-terminated, into buf. Returns its length, 0 when it does not fit or the hello came in
 * SSLv2 form. */
size_t ja3_string(const struct client_hello *hello, char *buf, size_t size);
size_t ja3s_string(const struct server_hello *hello, char *buf, size_t size);
void ja3_hash(struct fingerprints *f, const char *string, size_t len, char out[JA3_LEN]); /* lower-case hex MD5 */

enum ja4_transport { JA4_TCP = 't', JA4_QUIC = 'q', JA4_DTLS = 'd' };
enum ja4_transport ja4_transport_of(enum connection_protocol protocol);
/* False for a hello in SSLv2 form. */
bool ja4(struct fingerprints *f, const struct client_hello *hello, enum ja4_transport transport, char out[JA4_LEN]);

/* seed 0; protocol is 6 or 17. Addresses as in struct flow. */
void community_id(struct fingerprints *f, uint8_t ip_version, const uint8_t a[16], const uint8_t b[16], uint16_t a_port,
                  uint16_t b_port, uint8_t protocol, char out[COMMUNITY_ID_LEN]);

#endif
