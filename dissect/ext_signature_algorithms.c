/* Signature schemes: RFC 8446 section 4.2.3, RFC 5246 section 7.4.1.4.1; delegated credentials: RFC 9345. */
#include "dissect/ext_parsers.h"

void ext_signature_algorithms_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    out->has_signature_algorithms = true;
    /* Servers of draft 16 said with an empty one that they would authenticate with a certificate. */
    if (!ext_is_offer(context) && !cursor_more(body))
        return;
    out->signature_algorithms = ext_u16_list16(body, "supported_signature_algorithms");
}

void ext_signature_algorithms_cert_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    out->has_signature_algorithms_cert = true;
    out->signature_algorithms_cert = ext_u16_list16(body, "supported_signature_algorithms");
}

void ext_delegated_credential_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    out->has_delegated_credential = true;
    if (context != EXT_CERTIFICATE) {
        out->delegated_credential = ext_u16_list16(body, "supported_signature_algorithm");
        return;
    }
    out->delegated_credential_valid_time = cursor_u32(body, "valid_time");
    out->delegated_credential_verify_algorithm = cursor_u16(body, "dc_cert_verify_algorithm");
    out->delegated_credential_spki = cursor_bytes24(body, "ASN1_subjectPublicKeyInfo");
    out->delegated_credential_algorithm = cursor_u16(body, "DelegatedCredential.algorithm");
    cursor_bytes16(body, "DelegatedCredential.signature");
}
