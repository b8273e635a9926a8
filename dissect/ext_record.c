/* Extensions that shape records: RFC 6066 sections 4 and 7, RFC 8449, RFC 7366, RFC 7685, RFC 6520, RFC 9146,
 * RFC 9853. */
#include "dissect/ext_parsers.h"

enum { MAX_FRAGMENT_LENGTH_LAST = 4, RECORD_SIZE_LIMIT_MIN = 64, HEARTBEAT_MODE_LAST = 2 };

void ext_max_fragment_length_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    out->has_max_fragment_length = true;
    out->max_fragment_length = cursor_u8(body, "MaxFragmentLength");
    if (out->max_fragment_length == 0 || out->max_fragment_length > MAX_FRAGMENT_LENGTH_LAST)
        cursor_fail(body, FAULT_MALFORMED, "MaxFragmentLength");
}

void ext_record_size_limit_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    out->has_record_size_limit = true;
    out->record_size_limit = cursor_u16(body, "RecordSizeLimit");
    if (out->record_size_limit < RECORD_SIZE_LIMIT_MIN)
        cursor_fail(body, FAULT_MALFORMED, "RecordSizeLimit");
}

void ext_truncated_hmac_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)body;
    (void)context;
    out->has_truncated_hmac = true;
}

void ext_encrypt_then_mac_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)body;
    (void)context;
    out->has_encrypt_then_mac = true;
}

/* Of the draft's number and the RFC's the first in the block counts. */
void ext_padding_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    if (!out->has_padding)
        out->padding_len = (uint16_t)body->declared;
    out->has_padding = true;
    cursor_skip(body, body->declared, "PaddingExtension");
}

void ext_padding_draft_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    ext_padding_parse(body, context, out);
}

void ext_heartbeat_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    out->has_heartbeat = true;
    out->heartbeat_mode = cursor_u8(body, "HeartbeatMode");
    if (out->heartbeat_mode == 0 || out->heartbeat_mode > HEARTBEAT_MODE_LAST)
        cursor_fail(body, FAULT_MALFORMED, "HeartbeatMode");
}

/* RFC 9853: its presence is all. */
void ext_rrc_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)body;
    (void)context;
    out->has_rrc = true;
}

/* As for padding. */
void ext_connection_id_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    struct bytes cid = cursor_bytes8(body, "cid");
    if (!out->has_connection_id)
        out->connection_id = cid;
    out->has_connection_id = true;
}

void ext_connection_id_deprecated_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    ext_connection_id_parse(body, context, out);
}
