/* The handshake message header: RFC 5246 section 7.4, RFC 8446 section 4. */
#include "dissect/handshake.h"

void handshake_header_parse(struct cursor *c, struct handshake_header *out)
{
    *out = (struct handshake_header){0};
    out->type = cursor_u8(c, "HandshakeType");
    out->length = cursor_u24(c, "Handshake.length");
}
