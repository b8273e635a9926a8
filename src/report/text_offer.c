/* The text format with -v: offers in full. */
#include "report/text_report.h"
#include "trust/distinguished_name.h"

#include <stdio.h>
#include <stdlib.h>

typedef const char *name_of(uint16_t code);

/* An empty list of a message that was not read to its end says nothing. */
static void codes(struct text *t, const char *label, struct u16_list list, name_of *name, bool is_partial)
{
    if (is_partial && list.num == 0)
        return;
    struct text_list items = text_list_begin(t, label);
    for (size_t i = 0; i < list.num; i++) {
        uint16_t code = u16_list_at(list, i);
        text_list_code(&items, name(code), code);
    }
    text_list_end(&items);
}

static void suite(struct text *t, uint16_t code)
{
    char buf[CODE_POINT_LEN];
    const struct cipher_suite *known = cipher_suite_find(code);
    text_printf(t, "    0x%04X  %s", code, code_point_write(buf, known ? known->iana : NULL, code));
    if (known && *known->openssl && strcmp(known->openssl, known->iana) != 0)
        text_printf(t, "  %s", known->openssl);
    text_line_end(t);
}

static void suites(struct text *t, const struct client_hello *hello)
{
    text_block_begin(t, "suites");
    for (size_t i = 0; !hello->is_v2 && i < hello->cipher_suites.num; i++)
        suite(t, u16_list_at(hello->cipher_suites, i));
    for (size_t i = 0; hello->is_v2 && i + 3 <= hello->cipher_specs.len; i += 3) {
        const uint8_t *at = hello->cipher_specs.at + i;
        uint32_t kind = (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
        const struct ssl2_cipher *known = ssl2_cipher_find(kind);
        if (kind <= 0xFFFF)
            suite(t, (uint16_t)kind);
        else {
            text_printf(t, "    0x%06X  %s", (unsigned)kind, known ? known->name : "unknown");
            text_line_end(t);
        }
    }
    text_block_end(t);
}

static void extensions(struct text *t, const char *label, struct bytes raw)
{
    struct fault fault;
    struct cursor c;
    uint16_t type;
    struct bytes body;
    struct text_list items = text_list_begin(t, label);
    cursor_init_whole(&c, raw, &fault);
    while (ext_next(&c, &type, &body))
        text_list_code(&items, extension_name(type), type);
    text_list_end(&items);
}

static void key_shares(struct text *t, struct bytes shares)
{
    struct fault fault;
    struct cursor c;
    uint16_t group;
    struct bytes key;
    struct text_list items = text_list_begin(t, "key shares");
    cursor_init_whole(&c, shares, &fault);
    while (key_share_next(&c, &group, &key))
        text_list_code(&items, group_name(group), group);
    text_list_end(&items);
}

static void protocols(struct text *t, struct bytes list)
{
    struct fault fault;
    struct cursor c;
    struct bytes protocol;
    const char *between = "";
    text_label(t, "ALPN");
    cursor_init_whole(&c, list, &fault);
    while (alpn_next(&c, &protocol)) {
        text_plain(t, between);
        text_bytes(t, protocol);
        between = ", ";
    }
    text_line_end(t);
}

static void fingerprints(struct text *t, const struct text_block *b)
{
    static const size_t ja3_size = 16 * 1024;
    const struct client_hello *hello = &b->connection->client_hello;
    char md5[JA3_LEN], fingerprint[JA4_LEN];
    char *string = b->connection->is_client_hello_cut ? NULL : malloc(ja3_size);
    if (!string)
        return;
    size_t len = ja3_string(hello, string, ja3_size);
    if (len > 0) {
        ja3_hash(b->fingerprints, string, len, md5);
        text_label(t, "JA3");
        text_code(t, md5);
        text_line_end(t);
    }
    if (ja4(b->fingerprints, hello, ja4_transport_of(b->connection->protocol), fingerprint)) {
        text_label(t, "JA4");
        text_name(t, fingerprint);
        text_line_end(t);
    }
    free(string);
}

static void client_hello(struct text *t, const struct text_block *b)
{
    const struct client_hello *hello = &b->connection->client_hello;
    const struct extensions *ext = &hello->ext;
    bool is_partial = b->connection->client_hello_fault.kind != FAULT_NONE || ext->has_bad;
    text_heading(t, "offered by the client");
    if (ext->has_supported_versions)
        codes(t, "versions", ext->supported_versions, version_name, is_partial);
    suites(t, hello);
    if (ext->has_supported_groups)
        codes(t, "groups", ext->supported_groups, group_name, is_partial);
    if (ext->has_key_share && (ext->key_shares.len > 0 || !is_partial))
        key_shares(t, ext->key_shares);
    if (ext->has_signature_algorithms)
        codes(t, "signatures", ext->signature_algorithms, signature_scheme_name, is_partial);
    if (ext->has_alpn && (ext->alpn.len > 0 || !is_partial))
        protocols(t, ext->alpn);
    if (ext->has_block && (ext->num > 0 || !is_partial))
        extensions(t, "extensions", ext->raw);
    text_extensions(t, ext, EXT_CLIENT_HELLO);
    fingerprints(t, b);
}

static void server_hello(struct text *t, const struct connection *c)
{
    const struct server_hello *hello = &c->server_hello;
    text_heading(t, "answered by the server");
    if (hello->ext.has_block && (hello->ext.num > 0 || c->server_hello_fault.kind == FAULT_NONE))
        extensions(t, "extensions", hello->ext.raw);
    text_extensions(t, &hello->ext, EXT_SERVER_HELLO);
    uint16_t sentinel = server_hello_downgrade_sentinel(hello);
    if (sentinel) {
        text_label(t, "sentinel");
        text_printf(t, "the server could do more than the %s it chose",
                    sentinel == VERSION_TLS12 ? "TLSv1.2" : "version");
        text_line_end(t);
    }
    if (version_is_tls13(hello->version) || c->server_hello_fault.kind != FAULT_NONE)
        return;
    text_label(t, "session");
    text_printf(t, "%s, renegotiation %s, extended master secret %s, encrypt-then-MAC %s",
                hello->session_id.len > 0 ? "with an ID" : "without an ID",
                hello->ext.has_renegotiation_info ? "secure" : "not secure (no renegotiation_info)",
                hello->ext.has_extended_master_secret ? "yes" : "no", hello->ext.has_encrypt_then_mac ? "yes" : "no");
    text_line_end(t);
}

static void certificate_request(struct text *t, const struct certificate_request *request, bool is_partial)
{
    struct fault fault;
    struct cursor c;
    struct bytes der;
    text_heading(t, "asked of the client: a certificate");
    if (!request->is_tls13 && (request->types.len > 0 || !is_partial)) {
        struct text_list items = text_list_begin(t, "types");
        for (size_t i = 0; i < request->types.len; i++)
            text_list_code(&items, client_cert_type_name(request->types.at[i]), request->types.at[i]);
        text_list_end(&items);
    }
    if (request->signature_algorithms.num > 0)
        codes(t, "signatures", request->signature_algorithms, signature_scheme_name, is_partial);
    text_extensions(t, &request->ext, EXT_CERTIFICATE_REQUEST);
    cursor_init_whole(&c, request->authorities, &fault);
    while (dn_next(&c, &der)) {
        char *name = distinguished_name_text(der);
        text_label(t, "issued by");
        text_name(t, name && *name ? name : "(a name that cannot be read)");
        text_line_end(t);
        free(name);
    }
}

static void hello_retry(struct text *t, const struct extensions *ext)
{
    text_heading(t, "asked for by the server: another hello");
    if (ext->has_key_share) {
        char buf[CODE_POINT_LEN];
        text_label(t, "group");
        text_plain(t, code_point_write(buf, group_name(ext->key_share_group), ext->key_share_group));
        text_line_end(t);
    }
    if (ext->has_block)
        extensions(t, "extensions", ext->raw);
    text_extensions(t, ext, EXT_HELLO_RETRY_REQUEST);
}

void text_offer(struct text *t, const struct text_block *b)
{
    const struct connection *c = b->connection;
    if (c->has_client_hello)
        client_hello(t, b);
    if (c->has_hello_retry)
        hello_retry(t, &c->hello_retry.ext);
    if (c->has_server_hello)
        server_hello(t, c);
    if (c->has_certificate_request)
        certificate_request(t, &c->certificate_request, c->certificate_request_fault.kind != FAULT_NONE);
}
