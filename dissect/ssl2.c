/* SSLv2: Hickman, "The SSL Protocol" (1995); the version-2 compatible hello of RFC 5246 appendix E.2. */
#include "dissect/ssl2.h"

enum { SPEC_LEN = 3, TWO_BYTE_HEADER = 0x80, SECURITY_ESCAPE = 0x40 };

void ssl2_record_header_parse(struct cursor *c, struct ssl2_record_header *out)
{
    *out = (struct ssl2_record_header){0};
    uint8_t high = cursor_u8(c, "RECORD-LENGTH");
    uint8_t low = cursor_u8(c, "RECORD-LENGTH");
    if (high & TWO_BYTE_HEADER) {
        out->header_len = 2;
        out->length = (uint16_t)((high & 0x7F) << 8 | low);
    } else {
        out->header_len = 3;
        out->is_escape = high & SECURITY_ESCAPE;
        out->length = (uint16_t)((high & 0x3F) << 8 | low);
        out->padding = cursor_u8(c, "PADDING");
    }
}

static struct bytes specs_parse(struct cursor *body, size_t n)
{
    struct cursor specs = cursor_child(body, n, "cipher_specs");
    if (n % SPEC_LEN != 0)
        cursor_fail(&specs, FAULT_MALFORMED, "cipher_specs");
    struct bytes all = cursor_rest(&specs, "cipher_specs");
    return bytes_slice(all, 0, all.len - all.len % SPEC_LEN);
}

void ssl2_client_hello_parse(struct cursor *body, struct client_hello *out)
{
    *out = (struct client_hello){.is_v2 = true};
    out->legacy_version = cursor_u16(body, "version");
    size_t specs_len = cursor_u16(body, "cipher_specs_length");
    size_t session_id_len = cursor_u16(body, "session_id_length");
    size_t challenge_len = cursor_u16(body, "challenge_length");
    if (cursor_ok(body) && specs_len == 0)
        cursor_fail(body, FAULT_MALFORMED, "cipher_specs_length");
    out->cipher_specs = specs_parse(body, specs_len);
    out->session_id = cursor_bytes(body, session_id_len, "session_id");
    out->random = cursor_bytes(body, challenge_len, "challenge");
    cursor_close(body, "CLIENT-HELLO");
}

void ssl2_server_hello_parse(struct cursor *body, struct ssl2_server_hello *out)
{
    *out = (struct ssl2_server_hello){0};
    out->session_id_hit = cursor_u8(body, "session_id_hit") != 0;
    out->certificate_type = cursor_u8(body, "certificate_type");
    out->version = cursor_u16(body, "server_version");
    size_t certificate_len = cursor_u16(body, "certificate_length");
    size_t specs_len = cursor_u16(body, "cipher_specs_length");
    size_t connection_id_len = cursor_u16(body, "connection_id_length");
    out->certificate = cursor_bytes(body, certificate_len, "certificate");
    out->cipher_specs = specs_parse(body, specs_len);
    out->connection_id = cursor_bytes(body, connection_id_len, "connection_id");
    cursor_close(body, "SERVER-HELLO");
}

void ssl2_client_master_key_parse(struct cursor *body, struct ssl2_client_master_key *out)
{
    *out = (struct ssl2_client_master_key){0};
    out->cipher_kind = cursor_u24(body, "cipher_kind");
    size_t clear_len = cursor_u16(body, "clear_key_length");
    size_t encrypted_len = cursor_u16(body, "encrypted_key_length");
    size_t argument_len = cursor_u16(body, "key_arg_length");
    cursor_skip(body, clear_len, "clear_key_data");
    cursor_skip(body, encrypted_len, "encrypted_key_data");
    cursor_skip(body, argument_len, "key_arg_data");
    cursor_close(body, "CLIENT-MASTER-KEY");
}
