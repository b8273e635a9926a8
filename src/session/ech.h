/*
 * Encrypted ClientHello (RFC 9849): the inner ClientHello out of the outer one, with the secrets that a key log has
 * (ECH_SECRET, ECH_CONFIG), and whether the server took it.
 */
#ifndef TLSWHY_SESSION_ECH_H
#define TLSWHY_SESSION_ECH_H

#include "session/session_internal.h"

/* What is kept of a handshake with an outer ClientHello until its secrets are known. */
struct ech;

/* A ClientHello's body; *ech is made by the first one that is an outer one, in the session's arena. */
void ech_client_hello(struct session *session, struct ech **ech, struct bytes body, const struct client_hello *hello);
/* A ServerHello's or HelloRetryRequest's body. NULL: there is nothing to do. */
void ech_server_hello(struct session *session, struct ech *ech, struct bytes body, bool is_retry);
/* With what is in the key log by now: session->ech becomes what can be told. */
void ech_read(struct session *session, struct ech *ech);
/* Secrets of TLS 1.3's records for a ClientHello's random. Where the server took an encrypted hello, programs log them
 * under either one's. False: there are none; *keys is what there is else. `ech` may be NULL. */
bool ech_find_traffic_secrets(struct session *session, struct ech *ech, const uint8_t random[KEYLOG_RANDOM_LEN],
                              struct key_set *keys);

/* EncodedClientHelloInner (section 5.1) to the ClientHelloInner that it stands for: the outer one's session ID and
 * extensions are put in. Returns the length, 0 when it is none; `out` has room for ech_inner_room(). */
size_t ech_inner_decode(struct bytes encoded, struct bytes outer, uint8_t *out, size_t room);
static inline size_t ech_inner_room(struct bytes encoded, struct bytes outer)
{
    return encoded.len + outer.len;
}

#endif
