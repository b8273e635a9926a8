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

static void trusted_authority_skip(struct cursor *list)
{
    enum { PRE_AGREED = 0, KEY_SHA1_HASH = 1, X509_NAME = 2, CERT_SHA1_HASH = 3, SHA1_LEN = 20 };
    uint8_t type = cursor_u8(list, "IdentifierType");
    if (type == KEY_SHA1_HASH || type == CERT_SHA1_HASH)
        cursor_skip(list, SHA1_LEN, "SHA1Hash");
    else if (type == X509_NAME)
        cursor_bytes16(list, "DistinguishedName");
    else if (type != PRE_AGREED)
        cursor_fail(list, FAULT_MALFORMED, "IdentifierType");
}

void ext_trusted_ca_keys_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    out->has_trusted_ca_keys = true;
    if (!ext_is_offer(context))
        return;
    struct cursor list = cursor_vec16(body, "trusted_authorities_list");
    out->trusted_ca_keys = cursor_peek(&list);
    while (cursor_more(&list))
        trusted_authority_skip(&list);
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
    while (cursor_more(&list)) {
        ext_bytes8(&list, "certificate_extension_oid");
        cursor_bytes16(&list, "certificate_extension_values");
    }
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
