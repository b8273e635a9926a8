/* What certificates are asked for and how they come: RFC 7250, RFC 6091, RFC 8879, RFC 6066 sections 5 and 6, RFC 8446
 * sections 4.2.4 to 4.2.6, draft-ietf-tls-trust-anchor-ids. */
#include "dissect/ext_parsers.h"

/* A client's list, or the one type that a server chose. */
static struct bytes types_parse(struct cursor *body, enum ext_context context, const char *field)
{
    return ext_is_offer(context) ? ext_bytes8(body, field) : cursor_bytes(body, 1, field);
}

void ext_client_certificate_type_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    out->has_client_certificate_type = true;
    out->client_certificate_types = types_parse(body, context, "client_certificate_types");
}

void ext_server_certificate_type_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    out->has_server_certificate_type = true;
    out->server_certificate_types = types_parse(body, context, "server_certificate_types");
}

void ext_cert_type_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    out->has_cert_type = true;
    out->cert_types = types_parse(body, context, "certificate_types");
}

void ext_compress_certificate_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    out->has_compress_certificate = true;
    out->compress_certificate = ext_u16_list8(body, "CertificateCompressionAlgorithm");
}

void ext_client_certificate_url_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)body;
    (void)context;
    out->has_client_certificate_url = true;
}

bool trusted_authority_next(struct cursor *c, uint8_t *type, struct bytes *identifier)
{
    enum { SHA1_LEN = 20 };
    *type = 0;
    *identifier = (struct bytes){NULL, 0};
    if (!cursor_more(c))
        return false;
    uint8_t code = cursor_u8(c, "IdentifierType");
    struct bytes bytes = {NULL, 0};
    if (code == TRUSTED_KEY_SHA1_HASH || code == TRUSTED_CERT_SHA1_HASH)
        bytes = cursor_bytes(c, SHA1_LEN, "SHA1Hash");
    else if (code == TRUSTED_X509_NAME)
        bytes = cursor_bytes16(c, "DistinguishedName");
    else if (code != TRUSTED_PRE_AGREED)
        cursor_fail(c, FAULT_MALFORMED, "IdentifierType");
    if (!cursor_ok(c))
        return false;
    *type = code;
    *identifier = bytes;
    return true;
}

void ext_trusted_ca_keys_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    out->has_trusted_ca_keys = true;
    if (!ext_is_offer(context))
        return;
    struct cursor list = cursor_vec16(body, "trusted_authorities_list");
    out->trusted_ca_keys = cursor_peek(&list);
    uint8_t type;
    struct bytes identifier;
    while (trusted_authority_next(&list, &type, &identifier))
        continue;
}

void ext_certificate_authorities_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    out->has_certificate_authorities = true;
    out->certificate_authorities = ext_list16_of_bytes16(body, false, false, "DistinguishedName");
}

void ext_oid_filters_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    out->has_oid_filters = true;
    struct cursor list = cursor_vec16(body, "filters");
    out->oid_filters = cursor_peek(&list);
    struct bytes oid, values;
    while (oid_filter_next(&list, &oid, &values))
        continue;
}

bool oid_filter_next(struct cursor *c, struct bytes *oid, struct bytes *values)
{
    *oid = *values = (struct bytes){NULL, 0};
    if (!cursor_more(c))
        return false;
    struct bytes read_oid = ext_bytes8(c, "certificate_extension_oid");
    struct bytes read_values = cursor_bytes16(c, "certificate_extension_values");
    if (!cursor_ok(c))
        return false;
    *oid = read_oid;
    *values = read_values;
    return true;
}

void ext_post_handshake_auth_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)body;
    (void)context;
    out->has_post_handshake_auth = true;
}

void ext_trust_anchors_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    out->has_trust_anchors = true;
    /* Under a Certificate it only says that the chain fits what was asked for. */
    if (context == EXT_CERTIFICATE)
        return;
    struct cursor list = cursor_vec16(body, "TrustAnchorID");
    out->trust_anchors = cursor_peek(&list);
    while (cursor_more(&list))
        ext_bytes8(&list, "TrustAnchorID");
}
