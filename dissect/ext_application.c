/* What runs above TLS: ALPN (RFC 7301), its precursor NPN, Chrome's application settings (ALPS), QUIC's transport
 * parameters (RFC 9001 section 8.2). */
#include "dissect/ext_parsers.h"
#include "dissect/quic.h"

void ext_alpn_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    out->has_alpn = true;
    out->alpn = ext_list16_of_bytes8(body, "ProtocolName");
}

void ext_npn_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    out->has_npn = true;
    if (ext_is_offer(context))
        return;
    out->npn = cursor_peek(body);
    while (cursor_more(body))
        ext_bytes8(body, "ProtocolName");
}

/* Chrome moved it to another number; of both the first in the block counts. */
void ext_application_settings_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    bool is_first = !out->has_application_settings;
    out->has_application_settings = true;
    if (is_first && ext_is_offer(context))
        out->application_settings = ext_list16_of_bytes8(body, "ProtocolName");
    else
        cursor_skip(body, body->declared, "application_settings");
}

void ext_application_settings_old_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    ext_application_settings_parse(body, context, out);
}

void ext_quic_transport_parameters_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    bool is_first = !out->has_quic_transport_parameters;
    out->has_quic_transport_parameters = true;
    if (is_first)
        out->quic_transport_parameters = cursor_peek(body);
    uint64_t id;
    struct bytes value;
    while (quic_parameter_next(body, &id, &value))
        continue;
}

bool quic_parameter_next(struct cursor *c, uint64_t *id, struct bytes *value)
{
    *id = 0;
    *value = (struct bytes){NULL, 0};
    if (!cursor_more(c))
        return false;
    uint64_t code = quic_varint(c, "Transport Parameter ID");
    uint64_t length = quic_varint(c, "Transport Parameter Length");
    if (length > c->declared)
        cursor_fail(c, FAULT_MALFORMED, "Transport Parameter Length");
    struct bytes bytes = cursor_bytes(c, (size_t)length, "Transport Parameter Value");
    if (!cursor_ok(c))
        return false;
    *id = code;
    *value = bytes;
    return true;
}

bool quic_integer(struct bytes value, uint64_t *integer)
{
    struct fault fault;
    struct cursor c;
    cursor_init_whole(&c, value, &fault);
    uint64_t read = quic_varint(&c, "integer");
    cursor_close(&c, "integer");
    *integer = cursor_ok(&c) ? read : 0;
    return cursor_ok(&c);
}

/* The drafts changed the encoding in between, so the body is kept as it came. */
void ext_quic_transport_parameters_draft_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    if (!out->has_quic_transport_parameters) {
        out->is_quic_draft = true;
        out->quic_transport_parameters = cursor_peek(body);
    }
    out->has_quic_transport_parameters = true;
    cursor_skip(body, body->declared, "quic_transport_parameters");
}
