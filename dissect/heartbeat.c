/* Heartbeat messages: RFC 6520 section 4. */
#include "dissect/handshake.h"

enum { HEARTBEAT_REQUEST = 1, HEARTBEAT_RESPONSE = 2 };

void heartbeat_parse(struct cursor *fragment, struct heartbeat *out)
{
    *out = (struct heartbeat){0};
    out->type = cursor_u8(fragment, "HeartbeatMessageType");
    if (out->type != HEARTBEAT_REQUEST && out->type != HEARTBEAT_RESPONSE)
        cursor_fail(fragment, FAULT_MALFORMED, "HeartbeatMessageType");
    out->payload_length = cursor_u16(fragment, "payload_length");
    out->is_overlong = cursor_ok(fragment) && out->payload_length > fragment->declared;
    cursor_rest(fragment, "payload");
}
