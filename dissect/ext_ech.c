/* Encrypted ClientHello (RFC 9849) and the encrypted SNI of its early drafts. */
#include "dissect/ext_parsers.h"

enum { ECH_CLIENT_OUTER = 0, ECH_CLIENT_INNER = 1, ECH_CONFIRMATION_LEN = 8 };

static void client_parse(struct cursor *body, struct extensions *out)
{
    uint8_t type = cursor_u8(body, "ECHClientHelloType");
    if (!cursor_ok(body))
        return;
    if (type == ECH_CLIENT_INNER) {
        out->ech_type = ECH_INNER;
        return;
    }
    if (type != ECH_CLIENT_OUTER) {
        cursor_fail(body, FAULT_MALFORMED, "ECHClientHelloType");
        return;
    }
    out->ech_type = ECH_OUTER;
    out->ech_kdf = cursor_u16(body, "kdf_id");
    out->ech_aead = cursor_u16(body, "aead_id");
    out->ech_config_id = cursor_u8(body, "config_id");
    out->ech_enc = cursor_bytes16(body, "enc");
    struct cursor payload = cursor_vec16(body, "payload");
    cursor_expect(&payload, "payload");
    out->ech_payload = cursor_bytes(&payload, payload.declared, "payload");
}

static void retry_configs_parse(struct cursor *body, struct extensions *out)
{
    out->ech_type = ECH_RETRY_CONFIGS;
    struct cursor list = cursor_vec16(body, "retry_configs");
    out->ech_payload = cursor_peek(&list);
    cursor_expect(&list, "retry_configs");
    while (cursor_more(&list)) {
        cursor_u16(&list, "ECHConfig.version");
        struct cursor contents = cursor_vec16(&list, "ECHConfigContents");
        cursor_skip(&contents, contents.declared, "ECHConfigContents");
    }
}

void ext_encrypted_client_hello_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    out->has_ech = true;
    if (context == EXT_HELLO_RETRY_REQUEST) {
        out->ech_type = ECH_HRR_CONFIRMATION;
        out->ech_payload = cursor_bytes(body, ECH_CONFIRMATION_LEN, "confirmation");
    } else if (ext_is_offer(context)) {
        client_parse(body, out);
    } else {
        retry_configs_parse(body, out);
    }
}

void ext_ech_outer_extensions_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    out->has_ech_outer_extensions = true;
    out->ech_outer_extensions = ext_u16_list8(body, "OuterExtensions");
}

/* Later drafts of ESNI answered in other ways, so only a client's body is looked into. */
void ext_encrypted_server_name_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    out->has_esni = true;
    if (context != EXT_CLIENT_HELLO) {
        cursor_skip(body, body->declared, "encrypted_server_name");
        return;
    }
    cursor_u16(body, "suite");
    cursor_u16(body, "KeyShareEntry.group");
    cursor_bytes16(body, "KeyShareEntry.key_exchange");
    cursor_bytes16(body, "record_digest");
    cursor_bytes16(body, "encrypted_sni");
}
