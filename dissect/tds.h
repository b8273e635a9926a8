/*
 * Packets of MS-TDS (section 2.2.3): what encryption is negotiated in, and what carries the TLS handshake after it.
 * From the peers' Finished on, records stand in the stream by themselves; where only the login is encrypted, plain
 * packets follow them.
 */
#ifndef TLSWHY_DISSECT_TDS_H
#define TLSWHY_DISSECT_TDS_H

#include "dissect/cursor.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    TDS_HEADER_LEN = 8,
    TDS_OPENING_LEN = 13, /* what a PRELOGIN message is recognised by: the header and its first option */
};

enum tds_type { TDS_REPLY = 0x04, TDS_LOGIN7 = 0x10, TDS_PRELOGIN = 0x12 };

struct tds_header {
    uint8_t type;
    bool is_last;    /* of the packets of its message */
    uint16_t length; /* with this header */
};

/* Reads a header; MALFORMED when its length is less than its own or its type is none. */
void tds_header_parse(struct cursor *c, struct tds_header *out);

/* A stream that begins with these TDS_OPENING_LEN bytes begins with a PRELOGIN message, or with the answer to one. */
bool tds_is_prelogin(struct bytes first);

/* These bytes, four at least, may begin a packet. No record of TLS does. */
bool tds_is_packet(struct bytes first);

#endif
