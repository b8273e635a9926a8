/* The good packets of the packet tests (packet_cases.def), and what they are made of. */
#ifndef TLSWHY_TESTS_PACKETS_H
#define TLSWHY_TESTS_PACKETS_H

#include "dissect/packet.h"

#define ETHER      "020000000002 020000000001 "
#define ADDRESSES6 "20010db8000000000000000000000001 20010db8000000000000000000000002 "
/* Segments of 25 bytes with the checksum that the addresses of their packets ask for. */
#define SEGMENT4 "c35001bb 00000001 00000002 50180200 90e4 0000 68656c6c6f "
#define SEGMENT6 "c35001bb 00000001 00000002 50180200 4972 0000 68656c6c6f "
#define PACKET4  "4500 002d 1234 4000 40 06 1495 0a000001 0a000002 " SEGMENT4
#define PACKET6  "60000000 0019 06 40 " ADDRESSES6 SEGMENT6

struct packet_case {
    const char *name, *hex;
    uint16_t link_type;
    enum tunnel_kind tunnel;
    uint32_t tunnel_id;
};

static const struct packet_case packet_cases[] = {
#define X(name, link_type, tunnel, tunnel_id, hex) {name, hex, link_type, tunnel, tunnel_id},
#include "support/packet_cases.def"
#undef X
};

enum { NUM_PACKET_CASES = sizeof packet_cases / sizeof packet_cases[0] };

#endif
