/* CertificateVerify: RFC 8446 section 4.4.3, RFC 5246 section 7.4.8. */
#include "dissect/handshake.h"

void certificate_verify_parse(struct cursor *body, uint16_t version, struct certificate_verify *out)
{
    *out = (struct certificate_verify){0};
    if (version_signs_with_algorithm(version)) {
        out->algorithm = cursor_u16(body, "algorithm");
        out->has_algorithm = cursor_ok(body);
    }
    out->signature = cursor_bytes16(body, "signature");
    cursor_close(body, "CertificateVerify");
}
