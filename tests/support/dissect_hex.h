/* A packet out of hex digits, dissected; for tests that look at one packet at a time. */
#ifndef TLSWHY_TESTS_DISSECT_HEX_H
#define TLSWHY_TESTS_DISSECT_HEX_H

#include "dissect/packet.h"

/* Dissects `hex` with `more` bytes more on the wire than captured. The slices stay valid until the next call. */
const struct packet *dissect_hex(uint16_t link_type, const char *hex, uint32_t more);

/* Fails the test unless the packet, captured whole, leads to the segment of packets.h. */
void dissect_hello(uint16_t link_type, const char *hex);

struct skip_case {
    uint16_t link_type;
    enum packet_skip skip;
    const char *hex;
};

/* Fails the test unless each packet, captured whole, is skipped for its reason and leaves nothing behind. */
void dissect_skips(const struct skip_case *cases, size_t num);

#endif
