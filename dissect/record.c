/* The TLS record header: RFC 5246 section 6.2.1, RFC 8446 section 5.1. */
#include "dissect/handshake.h"

void record_header_parse(struct cursor *c, struct record_header *out)
{
    *out = (struct record_header){0};
    out->type = cursor_u8(c, "ContentType");
    out->version = cursor_u16(c, "ProtocolVersion");
    out->length = cursor_u16(c, "TLSPlaintext.length");
}

static bool is_record_version(uint16_t version)
{
    return (version >= VERSION_SSL3 && version <= VERSION_TLS13) || version == VERSION_TLCP ||
           version_tls13_draft(version) > 0;
}

static bool is_known(const struct record_header *h)
{
    return h->type >= CONTENT_CHANGE_CIPHER_SPEC && h->type <= CONTENT_HEARTBEAT && is_record_version(h->version);
}

bool record_header_is_plausible(const struct record_header *h)
{
    return is_known(h) && (h->length > 0 || h->type == CONTENT_APPLICATION_DATA) && h->length <= RECORD_MAX_LEN;
}

bool record_header_is_empty(const struct record_header *h)
{
    return is_known(h) && h->length == 0 && h->type != CONTENT_APPLICATION_DATA;
}
