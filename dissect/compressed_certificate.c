/* CompressedCertificate: RFC 8879 section 4. */
#include "dissect/handshake.h"

void compressed_certificate_parse(struct cursor *body, struct compressed_certificate *out)
{
    *out = (struct compressed_certificate){0};
    out->algorithm = cursor_u16(body, "algorithm");
    out->uncompressed_length = cursor_u24(body, "uncompressed_length");
    struct cursor message = cursor_vec24(body, "compressed_certificate_message");
    cursor_expect(&message, "compressed_certificate_message");
    out->compressed = cursor_bytes(&message, message.declared, "compressed_certificate_message");
    cursor_close(body, "CompressedCertificate");
}
