/* Sessions and their binding: RFC 5077, RFC 7627, RFC 5746, RFC 9149, RFC 8672, RFC 8472, RFC 7924,
 * draft-ietf-tls-tlsflags. */
#include "dissect/ext_parsers.h"

void ext_session_ticket_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    out->has_session_ticket = true;
    out->session_ticket = cursor_bytes(body, body->declared, "ticket");
}

void ext_extended_master_secret_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)body;
    (void)context;
    out->has_extended_master_secret = true;
}

void ext_renegotiation_info_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    out->has_renegotiation_info = true;
    out->renegotiated_connection = cursor_bytes8(body, "renegotiated_connection");
}

void ext_ticket_request_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    out->has_ticket_request = true;
    out->ticket_request_new = cursor_u8(body, "new_session_count");
    if (ext_is_offer(context))
        out->ticket_request_resumption = cursor_u8(body, "resumption_count");
}

void ext_ticket_pinning_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    out->has_ticket_pinning = true;
    if (ext_is_offer(context)) {
        out->ticket_pinning = cursor_bytes(body, body->declared, "PinningTicket");
    } else {
        cursor_bytes8(body, "proof");
        cursor_bytes16(body, "ticket");
        cursor_u32(body, "lifetime");
    }
}

void ext_token_binding_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    out->has_token_binding = true;
    out->token_binding_version = cursor_u16(body, "TB_ProtocolVersion");
    out->token_binding_parameters = ext_bytes8(body, "TokenBindingKeyParameters");
}

void ext_cached_info_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    out->has_cached_info = true;
    struct cursor list = cursor_vec16(body, "cached_info");
    out->cached_info = cursor_peek(&list);
    cursor_expect(&list, "cached_info");
    uint8_t type;
    while (cached_info_next(&list, context, &type))
        continue;
}

bool cached_info_next(struct cursor *c, enum ext_context context, uint8_t *type)
{
    *type = 0;
    if (!cursor_more(c))
        return false;
    uint8_t code = cursor_u8(c, "CachedInformationType");
    if (ext_is_offer(context))
        ext_bytes8(c, "hash_value");
    if (!cursor_ok(c))
        return false;
    *type = code;
    return true;
}

void ext_tls_flags_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    out->has_tls_flags = true;
    out->tls_flags = ext_bytes8(body, "flags");
}
