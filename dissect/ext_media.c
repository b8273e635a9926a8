/* Media over DTLS: SRTP (RFC 5764), its key transport (RFC 8870), WebRTC's session binding (RFC 8844). */
#include "dissect/ext_parsers.h"

void ext_use_srtp_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    out->has_use_srtp = true;
    out->srtp_profiles = ext_u16_list16(body, "SRTPProtectionProfiles");
    out->srtp_mki = cursor_bytes8(body, "srtp_mki");
}

void ext_supported_ekt_ciphers_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    out->has_supported_ekt_ciphers = true;
    out->ekt_ciphers =
        ext_is_offer(context) ? ext_bytes8(body, "supported_ciphers") : cursor_bytes(body, 1, "selected_cipher");
}

void ext_external_id_hash_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    out->has_external_id_hash = true;
    out->external_id_hash = cursor_bytes8(body, "binding_hash");
}

void ext_external_session_id_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    out->has_external_session_id = true;
    out->external_session_id = ext_bytes8(body, "session_id");
}
