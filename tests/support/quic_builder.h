/* QUIC packets sealed under known keys, so that tests say what stands in them: the Initial keys of RFC 9001 appendix
 * A's connection ID, and secrets of which a key log can be had. */
#ifndef TLSWHY_TESTS_QUIC_BUILDER_H
#define TLSWHY_TESTS_QUIC_BUILDER_H

#include "dissect/quic.h"
#include "session/quic_keys.h"

enum { BUILT_INITIAL, BUILT_HANDSHAKE, BUILT_1RTT, NUM_BUILT_LEVELS };
enum { BUILT_ID_LEN = 8, BUILT_MAX_LEN = 1500 };

struct quic_builder {
    struct crypto *crypto;
    uint32_t version;
    uint8_t first_dcid[BUILT_ID_LEN]; /* that the Initial keys are made of */
    uint8_t id[2][BUILT_ID_LEN];      /* of each side, 0 the client; a packet's DCID is the other side's */
    struct quic_keys keys[NUM_BUILT_LEVELS][2];
    uint64_t number[NUM_BUILT_LEVELS][2]; /* of the next packet */
    bool is_second_phase[2];
    bool has_answered; /* from here on the client's Initials are for the server's own ID */
};

/* False: OpenSSL lacks something. `cipher` of the packets behind the Initials. */
bool quic_builder_init(struct quic_builder *b, struct crypto *crypto, uint32_t version, uint16_t cipher);
/* Appends one packet to the datagram out[0..len) and returns the new length; a payload is padded so that it can be
 * sampled. 0: it does not fit. */
size_t quic_builder_packet(struct quic_builder *b, unsigned level, unsigned side, struct bytes payload, uint8_t *out,
                           size_t len);
/* The side's next 1-RTT packets are under its next keys. */
void quic_builder_update(struct quic_builder *b, unsigned side);
/* A key log of the secrets, for a ClientHello's random (hexadecimal). `levels`: bit 0 the handshake's, bit 1 those of
 * 1-RTT packets. Returns its length. */
size_t quic_builder_keylog(const struct quic_builder *b, const char *random_hex, unsigned levels, char *out,
                           size_t size);

#endif
