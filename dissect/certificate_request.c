/* CertificateRequest: RFC 8446 section 4.3.2, RFC 5246 section 7.4.4, RFC 6101. */
#include "dissect/handshake.h"

enum { LAST_DRAFT_WITHOUT_EXTENSIONS = 18 };

static struct bytes authorities_parse(struct cursor *body)
{
    struct cursor list = cursor_vec16(body, "certificate_authorities");
    struct bytes raw = cursor_peek(&list);
    while (cursor_more(&list)) {
        struct cursor dn = cursor_vec16(&list, "DistinguishedName");
        cursor_expect(&dn, "DistinguishedName");
        cursor_skip(&dn, dn.declared, "DistinguishedName");
    }
    return raw;
}

static void tls13_parse(struct cursor *body, uint16_t version, struct certificate_request *out)
{
    out->request_context = cursor_bytes8(body, "certificate_request_context");
    unsigned draft = version_tls13_draft(version);
    if (draft > 0 && draft <= LAST_DRAFT_WITHOUT_EXTENSIONS) {
        out->signature_algorithms = cursor_u16_list16(body, "supported_signature_algorithms");
        out->authorities = authorities_parse(body);
        struct cursor filters = cursor_vec16(body, "certificate_extensions");
        cursor_skip(&filters, filters.declared, "certificate_extensions");
        return;
    }
    if (cursor_ok(body))
        cursor_expect(body, "extensions");
    extensions_parse(body, EXT_CERTIFICATE_REQUEST, &out->ext);
    out->signature_algorithms = out->ext.signature_algorithms;
    out->authorities = out->ext.certificate_authorities;
}

void certificate_request_parse(struct cursor *body, uint16_t version, struct certificate_request *out)
{
    *out = (struct certificate_request){0};
    out->is_tls13 = version_is_tls13(version);
    if (out->is_tls13) {
        tls13_parse(body, version, out);
    } else {
        out->types = cursor_bytes8(body, "certificate_types");
        if (version_signs_with_algorithm(version))
            out->signature_algorithms = cursor_u16_list16(body, "supported_signature_algorithms");
        out->authorities = authorities_parse(body);
    }
    cursor_close(body, "CertificateRequest");
}
