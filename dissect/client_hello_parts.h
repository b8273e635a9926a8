/*
 * Which bytes of a ClientHello differ from one connection to the next, and which are its program's own.
 *
 * Clients send the same hello again and again but for a few parts: some tell something of this connection (session ID,
 * server name), the opaque ones tell nothing without keys (random, key shares, tickets, binders, padding): their length
 * is all that reports need. What is left has the same bytes in most hellos of one program. RFC 8446 section 4.1.2.
 */
#ifndef TLSWHY_DISSECT_CLIENT_HELLO_PARTS_H
#define TLSWHY_DISSECT_CLIENT_HELLO_PARTS_H

#include "dissect/cursor.h"

struct hello_part {
    uint16_t start, len;
    bool is_opaque;
};

enum { HELLO_PARTS_MAX = 24, HELLO_OPAQUE_MIN_LEN = 16 };
/* In the order of the body, without overlap, each wholly inside. */
struct hello_parts {
    unsigned num;
    struct hello_part parts[HELLO_PARTS_MAX];
};

/* `body` is the message's body as far as it is there. Opaque parts shorter than HELLO_OPAQUE_MIN_LEN, parts after the
 * first HELLO_PARTS_MAX, parts that are cut and those after the first thing that does not parse are not listed; a body
 * longer than 65535 bytes has none. Nothing here is a fault. */
void client_hello_parts(struct bytes body, struct hello_parts *out);

#endif
