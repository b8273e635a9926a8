/* A packet out of hex digits, dissected; for tests that look at one packet at a time. */
#ifndef TLSWHY_TESTS_DISSECT_HEX_H
#define TLSWHY_TESTS_DISSECT_HEX_H

#include "dissect/packet.h"

/* Dissects `hex` with `more` bytes more on the wire than captured. The slices stay valid until the next call. */
const struct packet *dissect_hex(uint16_t link_type, const char *hex, uint32_t more);

#endif
