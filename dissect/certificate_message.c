/* Certificate: RFC 8446 section 4.4.2, RFC 5246 section 7.4.2; a raw public key up to TLS 1.2: RFC 7250 section 3. */
#include "dissect/handshake.h"

/* DER's SEQUENCE tag. As the first byte of a certificate's length it would mean three megabytes. */
enum { DER_SEQUENCE = 0x30 };

void certificate_message_parse(struct cursor *body, bool is_tls13, struct certificate_message *out)
{
    *out = (struct certificate_message){0};
    out->is_tls13 = is_tls13;
    if (is_tls13)
        out->request_context = cursor_bytes8(body, "certificate_request_context");
    struct cursor list = cursor_vec24(body, "certificate_list");
    out->list = cursor_peek(&list);
    out->is_raw_public_key = !is_tls13 && out->list.len > 0 && out->list.at[0] == DER_SEQUENCE;
    if (out->is_raw_public_key)
        cursor_skip(&list, list.declared, "ASN1_subjectPublicKeyInfo");
    while (cursor_more(&list)) {
        struct cursor der = cursor_vec24(&list, "cert_data");
        cursor_expect(&der, "cert_data");
        cursor_skip(&der, der.declared, "cert_data");
        if (is_tls13) {
            struct cursor extensions = cursor_vec16(&list, "CertificateEntry.extensions");
            cursor_skip(&extensions, extensions.declared, "CertificateEntry.extensions");
        }
    }
    cursor_close(body, "Certificate");
}

bool certificate_next(struct cursor *c, bool is_tls13, struct bytes *der, struct bytes *extensions)
{
    *der = *extensions = (struct bytes){NULL, 0};
    if (!cursor_more(c))
        return false;
    *der = cursor_bytes24(c, "cert_data");
    if (!cursor_ok(c))
        return false;
    /* A certificate is told even where its extensions were cut; the fault ends the walk after it. */
    if (is_tls13) {
        struct cursor block = cursor_vec16(c, "CertificateEntry.extensions");
        *extensions = cursor_bytes(&block, block.declared, "CertificateEntry.extensions");
    }
    return true;
}
