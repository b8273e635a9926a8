/*
 * Packet protection of QUIC: one direction under one secret (RFC 9001 section 5, RFC 9369 section 3.3). Initial secrets
 * are public: they are made of the connection ID that the client chose for the server.
 *
 * Keys are bytes that their owner keeps, and wipes with quic_keys_wipe(): a connection costs no context of OpenSSL.
 */
#ifndef TLSWHY_SESSION_QUIC_KEYS_H
#define TLSWHY_SESSION_QUIC_KEYS_H

#include "dissect/quic.h"
#include "session/key_schedule.h"

#include <stdbool.h>

enum { QUIC_KEY_MAX_LEN = 32, QUIC_IV_LEN = 12, QUIC_SECRET_MAX_LEN = 48, QUIC_NUMBER_MAX_LEN = 4 };

struct quic_keys {
    struct suite_algorithms suite;
    bool is_version_2;
    uint8_t secret[QUIC_SECRET_MAX_LEN];
    uint8_t key[QUIC_KEY_MAX_LEN], header_key[QUIC_KEY_MAX_LEN], iv[QUIC_IV_LEN];
};

/* False: OpenSSL failed. */
bool quic_keys_init_initial(struct quic_keys *keys, const struct crypto *crypto, uint32_t version, struct bytes dcid,
                            bool is_server);
/* Those of a traffic secret. False also where QUIC does not take the suite, or the secret is not of its length. */
bool quic_keys_init(struct quic_keys *keys, const struct crypto *crypto, uint32_t version,
                    const struct suite_algorithms *suite, struct bytes secret);
/* Key update (RFC 9001 section 6): the next secret's, with the same header protection. */
bool quic_keys_update(struct quic_keys *keys, const struct crypto *crypto);
void quic_keys_wipe(struct quic_keys *keys);

/* A header without its protection. */
struct quic_header {
    uint64_t number;
    uint8_t first; /* byte */
    uint8_t number_len;
    uint8_t number_bytes[QUIC_NUMBER_MAX_LEN];
    bool is_second_phase; /* Key Phase bit of a short header */
};

/* Takes the protection off a packet's header. next_number: the highest packet number seen so far, plus one. False: the
 * packet is too short for that, or not under these keys. */
bool quic_keys_header(const struct quic_keys *keys, struct crypto *crypto, const struct quic_packet *packet,
                      uint64_t next_number, struct quic_header *out);

struct quic_opened {
    size_t declared; /* bytes of payload that were sent */
    size_t len;      /* of these, in `out`: fewer where the capture cut the packet, which nothing authenticates then */
};

/* The packet's payload into `out`, which has room for packet->packet.len bytes. False: it is not under these keys. */
bool quic_keys_open(const struct quic_keys *keys, struct crypto *crypto, const struct quic_packet *packet,
                    const struct quic_header *header, uint8_t *out, struct quic_opened *opened);

/* Is this Retry's integrity tag right? dcid: of the Initial that it answers (RFC 9001 section 5.8). True also where the
 * capture cut the packet. */
bool quic_retry_is_valid(struct crypto *crypto, const struct quic_packet *packet, struct bytes dcid);

#endif
