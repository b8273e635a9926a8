/* What extensions hold: see extension_content.h. The shapes that many have, and the row of each. */
#include "report/extension_content.h"

#include "report/extension_tree.h"

#include <stddef.h>
#include <string.h>

static struct bytes field_bytes(const struct content *c)
{
    struct bytes out;
    memcpy(&out, (const char *)c->ext + c->row->offset, sizeof out);
    return out;
}

void content_length_of(struct content *c, size_t len)
{
    if (!c->is_whole)
        return;
    content_begin_with(c, '{');
    CONTENT_KEY(c, "length");
    content_number(c, len);
    content_close(c, '}');
}

static void length(struct content *c)
{
    content_length_of(c, field_bytes(c).len);
}

static void codes16(struct content *c)
{
    struct u16_list list;
    memcpy(&list, (const char *)c->ext + c->row->offset, sizeof list);
    if (list.num == 0)
        return;
    content_begin_with(c, '[');
    for (size_t i = 0; i < list.num; i++) {
        uint16_t value = u16_list_at(list, i);
        content_code(c, c->row->name.of16(value), value);
    }
    content_close(c, ']');
}

static void codes8(struct content *c)
{
    struct bytes list = field_bytes(c);
    if (list.len == 0)
        return;
    content_begin_with(c, '[');
    for (size_t i = 0; i < list.len; i++)
        content_code(c, c->row->name.of8(list.at[i]), list.at[i]);
    content_close(c, ']');
}

/* Items of opaque<..2^8-1>, as text or as hex. */
static void items8(struct content *c, void (*write)(void *to, struct bytes item))
{
    struct fault fault;
    struct cursor items;
    struct bytes item, list = field_bytes(c);
    cursor_init_whole(&items, list, &fault);
    bool has_item = alpn_next(&items, &item);
    if (!has_item)
        return;
    content_begin_with(c, '[');
    for (; has_item; has_item = alpn_next(&items, &item))
        if (item.len > 0)
            write(c->to, item);
    content_close(c, ']');
}

static void strings(struct content *c)
{
    items8(c, c->format->bytes);
}

static void hex_strings(struct content *c)
{
    items8(c, c->format->hex);
}

static void identity(struct content *c)
{
    struct bytes name = field_bytes(c);
    if (name.len == 0)
        return;
    content_begin_with(c, '{');
    CONTENT_KEY(c, "identity");
    c->format->bytes(c->to, name);
    content_close(c, '}');
}

CONTENT_NAMES(user_mapping_name, {64, "upn_domain_hint"})
CONTENT_NAMES(authz_format_name, {0, "x509_attr_cert"}, {1, "saml_assertion"}, {2, "x509_attr_cert_url"},
              {3, "saml_assertion_url"}, {64, "keynote_assertion_list"}, {65, "keynote_assertion_list_url"},
              {66, "dtcp_authorization"})
CONTENT_NAMES(ekt_cipher_name, {0, "AESKW128"}, {1, "AESKW256"})

#define IN(context)     (1u << (context))
#define NOT_IN(context) (~IN(context))
#define KEY_OF(literal) .key = ",\"" literal "\":", .key_len = sizeof literal + 3
#define FIELD(field)    .offset = offsetof(struct extensions, field)
#define ROW(row, ...)   [EXTENSION_ROW_##row] = {KEY_OF(#row), __VA_ARGS__},

#define CODES8(row, field, names)  ROW(row, .write = codes8, FIELD(field), .name.of8 = names)
#define CODES16(row, field, names) ROW(row, .write = codes16, FIELD(field), .name.of16 = names)
#define LENGTH(row, field)         ROW(row, .write = length, FIELD(field))
#define OTHER(row)                 ROW(row, .write = content_##row)

/* clang-format off */
static const struct content_row rows[NUM_EXTENSION_ROWS] = {
    OTHER(max_fragment_length)
    OTHER(trusted_ca_keys)
    OTHER(status_request)
    CODES8(user_mapping, user_mapping_types, user_mapping_name)
    CODES8(client_authz, client_authz_formats, authz_format_name)
    CODES8(server_authz, server_authz_formats, authz_format_name)
    CODES8(cert_type, cert_types, certificate_type_name)
    ROW(supported_groups, .write = codes16, FIELD(supported_groups), .name.of16 = group_name,
        .not_in = IN(EXT_CLIENT_HELLO))
    CODES8(ec_point_formats, ec_point_formats, ec_point_format_name)
    ROW(srp, .write = identity, FIELD(srp_identity))
    ROW(signature_algorithms, .write = codes16, FIELD(signature_algorithms), .name.of16 = signature_scheme_name,
        .not_in = IN(EXT_CLIENT_HELLO) | IN(EXT_CERTIFICATE_REQUEST))
    OTHER(use_srtp)
    OTHER(heartbeat)
    OTHER(status_request_v2)
    OTHER(signed_certificate_timestamp)
    CODES8(client_certificate_type, client_certificate_types, certificate_type_name)
    CODES8(server_certificate_type, server_certificate_types, certificate_type_name)
    OTHER(padding)
    OTHER(token_binding)
    OTHER(cached_info)
    CODES16(compress_certificate, compress_certificate, cert_compression_name)
    OTHER(record_size_limit)
    LENGTH(pwd_protect, pwd_protect)
    ROW(pwd_clear, .write = identity, FIELD(pwd_clear))
    LENGTH(password_salt, password_salt)
    ROW(ticket_pinning, .write = length, FIELD(ticket_pinning), .not_in = NOT_IN(EXT_CLIENT_HELLO))
    CODES16(delegated_credential, delegated_credential, signature_scheme_name)
    LENGTH(session_ticket, session_ticket)
    CODES8(supported_ekt_ciphers, ekt_ciphers, ekt_cipher_name)
    OTHER(key_share_draft)
    OTHER(pre_shared_key)
    ROW(supported_versions, .write = content_supported_versions, .not_in = NOT_IN(EXT_HELLO_RETRY_REQUEST))
    LENGTH(cookie, cookie)
    CODES8(psk_key_exchange_modes, psk_key_exchange_modes, psk_key_exchange_mode_name)
    ROW(certificate_authorities, .write = content_certificate_authorities, .not_in = IN(EXT_CERTIFICATE_REQUEST))
    OTHER(oid_filters)
    CODES16(signature_algorithms_cert, signature_algorithms_cert, signature_scheme_name)
    OTHER(key_share)
    OTHER(transparency_info)
    LENGTH(connection_id_deprecated, connection_id)
    ROW(connection_id, .write = length, FIELD(connection_id), .twin = EXTENSION_ROW_connection_id_deprecated)
    LENGTH(external_id_hash, external_id_hash)
    LENGTH(external_session_id, external_session_id)
    OTHER(quic_transport_parameters)
    OTHER(ticket_request)
    ROW(dnssec_chain, .write = content_dnssec_chain, .not_in = NOT_IN(EXT_CLIENT_HELLO))
    OTHER(tls_flags)
    [EXTENSION_ROW_npn] = {KEY_OF("next_protocol_negotiation"), .write = strings, FIELD(npn)},
    ROW(application_settings_old, .write = strings, FIELD(application_settings))
    ROW(application_settings, .write = strings, FIELD(application_settings),
        .twin = EXTENSION_ROW_application_settings_old)
    ROW(padding_draft, .write = content_padding, .twin = EXTENSION_ROW_padding)
    ROW(trust_anchors, .write = hex_strings, FIELD(trust_anchors))
    CODES16(ech_outer_extensions, ech_outer_extensions, extension_name)
    OTHER(encrypted_client_hello)
    LENGTH(renegotiation_info, renegotiated_connection)
    OTHER(quic_transport_parameters_draft)
};
/* clang-format on */

static bool has_row(const uint64_t bits[EXTENSION_ROW_WORDS], unsigned row)
{
    return bits[row / 64] >> row % 64 & 1;
}

void extension_content(const struct extensions *ext, enum ext_context context, const struct content_format *format,
                       void *to)
{
    struct content c = {.format = format, .to = to, .ext = ext, .context = context};
    for (unsigned word = 0; word < EXTENSION_ROW_WORDS; word++) {
        for (uint64_t left = ext->rows[word]; left; left &= left - 1) {
            unsigned row = word * 64 + (unsigned)__builtin_ctzll(left);
            c.row = &rows[row];
            if (!c.row->write || c.row->not_in & IN(context) || (c.row->twin && has_row(ext->rows, c.row->twin)))
                continue;
            c.is_whole = !has_row(ext->partial_rows, row);
            c.row->write(&c);
        }
    }
    if (c.has_any)
        format->end(to);
}
