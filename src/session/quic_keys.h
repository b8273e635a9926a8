/*
 * Packet protection of QUIC: one direction under one secret (RFC 9001 section 5, RFC 9369 section 3.3). Initial secrets
 * are public: they are made of the connection ID that the client chose for the server.
 */
#ifndef TLSWHY_SESSION_QUIC_KEYS_H
#define TLSWHY_SESSION_QUIC_KEYS_H

#include "dissect/quic.h"
#include "session/key_schedule.h"

#include <stdbool.h>

struct quic_keys;

/* NULL: out of memory, or OpenSSL lacks an algorithm. */
struct quic_keys *quic_keys_new_initial(const struct crypto *crypto, uint32_t version, struct bytes dcid,
                                        bool is_server);
/* Those of a traffic secret. NULL also where the secret is not of the suite's length. */
struct quic_keys *quic_keys_new(const struct crypto *crypto, uint32_t version, const struct suite_algorithms *suite,
                                struct bytes secret);
void quic_keys_free(struct quic_keys *keys); /* wipes; NULL does nothing */

struct quic_opened {
    uint64_t number;
    size_t declared; /* bytes of payload that were sent */
    size_t len;      /* of these, in `out`: fewer where the capture cut the packet, which nothing authenticates then */
};

/* A long-header packet's payload into `out`, which has room for packet->packet.len bytes. next_number: the highest
 * packet number seen so far, plus one. False: it is not under these keys. */
bool quic_keys_open(struct quic_keys *keys, const struct quic_packet *packet, uint64_t next_number, uint8_t *out,
                    struct quic_opened *opened);

#endif
