/* CertificateStatus: RFC 6066 section 8, RFC 6961 section 2.2. */
#include "dissect/handshake.h"

enum { STATUS_TYPE_OCSP = 1, STATUS_TYPE_OCSP_MULTI = 2 };

static struct bytes response_parse(struct cursor *c, const char *field)
{
    struct cursor response = cursor_vec24(c, field);
    return cursor_bytes(&response, response.declared, field);
}

void certificate_status_parse(struct cursor *body, struct certificate_status *out)
{
    *out = (struct certificate_status){0};
    out->type = cursor_u8(body, "status_type");
    if (out->type == STATUS_TYPE_OCSP) {
        out->response = response_parse(body, "OCSPResponse");
    } else if (out->type == STATUS_TYPE_OCSP_MULTI) {
        /* One place for each certificate of the chain; an empty one means no response for that certificate. */
        struct cursor list = cursor_vec24(body, "ocsp_response_list");
        if (cursor_more(&list))
            out->response = response_parse(&list, "OCSPResponse");
        while (cursor_more(&list))
            response_parse(&list, "OCSPResponse");
    } else if (cursor_ok(body)) {
        cursor_skip(body, body->declared, "response");
    }
    cursor_close(body, "CertificateStatus");
}
