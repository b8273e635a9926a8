/* The JSON format: what was offered, what was chosen. */
#include "report/json_report.h"

enum { CIPHER_SPEC_LEN = 3 };

static uint32_t cipher_spec_at(struct bytes specs, size_t i)
{
    const uint8_t *at = specs.at + i * CIPHER_SPEC_LEN;
    return (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
}

static const char *suite_name(uint16_t code)
{
    const struct cipher_suite *suite = cipher_suite_find(code);
    return suite && *suite->iana ? suite->iana : NULL;
}

/* SSLv2 kinds have 24 bits; those that begin with a zero byte are TLS suites (RFC 5246 appendix E.2). */
static void ssl2_cipher(struct json *j, uint32_t kind)
{
    const struct ssl2_cipher *known = ssl2_cipher_find(kind);
    if (kind <= 0xFFFF)
        json_code_point(j, suite_name((uint16_t)kind), (uint16_t)kind);
    else if (known)
        json_name(j, known->name);
    else
        json_code(j, kind, 6);
}

static void cipher_specs(struct json *j, struct bytes specs)
{
    json_open(j, '[');
    for (size_t i = 0; i < specs.len / CIPHER_SPEC_LEN; i++)
        ssl2_cipher(j, cipher_spec_at(specs, i));
    json_close(j, ']');
}

static void cipher_names(struct json *j, const char *iana, const char *openssl)
{
    if (iana && *iana) {
        JSON_KEY(j, "iana");
        json_name(j, iana);
    }
    if (openssl && *openssl) {
        JSON_KEY(j, "openssl");
        json_name(j, openssl);
    }
}

void json_cipher(const struct json_record *r)
{
    struct json *j = r->json;
    const struct connection *c = r->connection;
    if (!c->has_cipher && !c->has_ssl2_cipher)
        return;
    JSON_KEY(j, "cipher");
    json_open(j, '{');
    JSON_KEY(j, "id");
    if (c->has_cipher) {
        const struct cipher_suite *suite = cipher_suite_find(c->cipher);
        json_code(j, c->cipher, 4);
        if (suite)
            cipher_names(j, suite->iana, suite->openssl);
    } else {
        const struct ssl2_cipher *kind = ssl2_cipher_find(c->ssl2_cipher);
        json_code(j, c->ssl2_cipher, 6);
        if (kind)
            cipher_names(j, kind->name, kind->openssl);
    }
    json_close(j, '}');
}

static void extension_types(struct json *j, struct bytes raw)
{
    struct fault fault;
    struct cursor c;
    uint16_t type;
    struct bytes body;
    json_open(j, '[');
    cursor_init_whole(&c, raw, &fault);
    while (ext_next(&c, &type, &body))
        json_code_point(j, extension_name(type), type);
    json_close(j, ']');
}

/* Whether a list of such items begins with one that was captured whole. */
static bool has_protocol(struct bytes list)
{
    struct fault fault;
    struct cursor c;
    struct bytes protocol;
    cursor_init_whole(&c, list, &fault);
    return alpn_next(&c, &protocol);
}

static bool has_key_share(struct bytes shares)
{
    struct fault fault;
    struct cursor c;
    uint16_t group;
    struct bytes key_exchange;
    cursor_init_whole(&c, shares, &fault);
    return key_share_next(&c, &group, &key_exchange);
}

void json_protocols(struct json *j, struct bytes list)
{
    struct fault fault;
    struct cursor c;
    struct bytes protocol;
    json_open(j, '[');
    cursor_init_whole(&c, list, &fault);
    while (alpn_next(&c, &protocol))
        json_bytes(j, protocol);
    json_close(j, ']');
}

static void key_share_groups(struct json *j, struct bytes shares)
{
    struct fault fault;
    struct cursor c;
    uint16_t group;
    struct bytes key_exchange;
    json_open(j, '[');
    cursor_init_whole(&c, shares, &fault);
    while (key_share_next(&c, &group, &key_exchange))
        json_code_point(j, group_name(group), group);
    json_close(j, ']');
}

static void numbers(struct json *j, struct bytes list)
{
    json_open(j, '[');
    for (size_t i = 0; i < list.len; i++)
        json_u64(j, list.at[i]);
    json_close(j, ']');
}

static void extensions(struct json *j, const struct extensions *ext, bool is_whole)
{
    if (json_is_told(ext->has_block, ext->num, is_whole)) {
        JSON_KEY(j, "extensions");
        extension_types(j, ext->raw);
    }
}

static void offered_extensions(struct json *j, const struct extensions *ext, bool is_whole)
{
    bool has_all = is_whole && !ext->has_bad;
    if (json_is_told(ext->has_supported_groups, ext->supported_groups.num, has_all)) {
        JSON_KEY(j, "groups");
        json_code_points(j, ext->supported_groups, group_name);
    }
    if (json_is_told(ext->has_key_share, has_key_share(ext->key_shares), has_all)) {
        JSON_KEY(j, "key_shares");
        key_share_groups(j, ext->key_shares);
    }
    if (json_is_told(ext->has_signature_algorithms, ext->signature_algorithms.num, has_all)) {
        JSON_KEY(j, "signature_algorithms");
        json_code_points(j, ext->signature_algorithms, signature_scheme_name);
    }
    if (json_is_told(ext->has_alpn, has_protocol(ext->alpn), has_all)) {
        JSON_KEY(j, "alpn");
        json_protocols(j, ext->alpn);
    }
    extensions(j, ext, is_whole);
}

/* Of a hello that the capture cut, no fingerprint: it would be another client's. */
static void client_fingerprints(struct json_report *report, struct json *j, const struct connection *c)
{
    const struct client_hello *hello = &c->client_hello;
    char md5[JA3_LEN], fingerprint[JA4_LEN];
    size_t len = ja3_string(hello, report->ja3, sizeof report->ja3);
    if (len > 0) {
        ja3_hash(report->fingerprints, report->ja3, len, md5);
        JSON_KEY(j, "ja3");
        json_name(j, md5);
        JSON_KEY(j, "ja3_string");
        json_string(j, report->ja3);
    }
    if (ja4(report->fingerprints, hello, ja4_transport_of(c->protocol), fingerprint)) {
        JSON_KEY(j, "ja4");
        json_string(j, fingerprint);
    }
}

static const char *ech_name(const struct extensions *ext)
{
    /* RFC 9849 section 6.2: a GREASE extension looks like an outer one; only keys could tell. */
    switch (ext->ech_type) {
    case ECH_OUTER:
        return "outer";
    case ECH_INNER:
        return "inner";
    default:
        return NULL;
    }
}

/* A message that was not read to its end: what was not found may have stood in the rest. */
static bool is_partial(const struct fault *fault, bool is_cut)
{
    return is_cut || fault->kind != FAULT_NONE;
}

void json_suites(struct json *j, const struct client_hello *hello)
{
    JSON_KEY(j, "ciphers");
    if (hello->is_v2)
        cipher_specs(j, hello->cipher_specs);
    else
        json_code_points(j, hello->cipher_suites, suite_name);
}

static void flag(struct json *j, const char *comma_key_colon, size_t len, bool value, bool is_certain)
{
    if (!value && !is_certain)
        return;
    json_key(j, comma_key_colon, len);
    json_bool(j, value);
}
#define FLAG(j, literal, value, is_certain) flag(j, ",\"" literal "\":", sizeof literal + 3, value, is_certain)

/* All members that come out of the message's bytes. */
static void offer(struct json_report *report, struct json *j, const struct connection *c)
{
    const struct client_hello *hello = &c->client_hello;
    bool is_whole = !is_partial(&c->client_hello_fault, c->is_client_hello_cut);
    if (hello->legacy_version || is_whole) {
        JSON_KEY(j, "legacy_version");
        json_code_point(j, version_name(hello->legacy_version), hello->legacy_version);
    }
    if (json_is_told(hello->ext.has_supported_versions, hello->ext.supported_versions.num,
                     is_whole && !hello->ext.has_bad)) {
        JSON_KEY(j, "versions");
        json_code_points(j, hello->ext.supported_versions, version_name);
    }
    bool has_suites = hello->is_v2 ? hello->cipher_specs.len > 0 : hello->cipher_suites.num > 0;
    if (has_suites || is_whole)
        json_suites(j, hello);
    offered_extensions(j, &hello->ext, is_whole);
    if (!hello->is_v2 && (hello->compression_methods.len > 0 || is_whole)) {
        JSON_KEY(j, "compression");
        numbers(j, hello->compression_methods);
    }
    if (has_suites || is_whole) { /* the session ID stands before the suites */
        JSON_KEY(j, "session_id_length");
        json_u64(j, hello->session_id.len);
    }
    if (!c->is_client_hello_cut)
        client_fingerprints(report, j, c);
    FLAG(j, "early_data", hello->ext.has_early_data, is_whole);
    if (ech_name(&hello->ext)) {
        JSON_KEY(j, "ech");
        json_name(j, ech_name(&hello->ext));
    }
    FLAG(j, "psk", hello->ext.has_pre_shared_key, is_whole);
    json_extension_data(j, &hello->ext, EXT_CLIENT_HELLO);
}

/* Takes the next run of the body off, up to `part`, which counts for nothing and lies in it. */
static struct bytes run_before(struct bytes *body, struct bytes part)
{
    size_t at = part.len > 0 ? (size_t)(part.at - body->at) : 0;
    struct bytes run = bytes_slice(*body, 0, at);
    *body = bytes_slice(*body, at + part.len, body->len);
    return run;
}

/* The bytes that the offer is rendered from: all but the random, the session ID and the server's name, which stand in
 * this order. Those are told elsewhere or not at all; the lengths before them count. */
static struct rendered_key key_of_offer(const struct connection *c)
{
    enum { RANDOM_AT = 2, RANDOM_LEN = 32 };
    struct bytes rest = c->client_hello_body;
    const struct client_hello *hello = &c->client_hello;
    struct rendered_key key = {.hash = 0};
    key.runs[0] = run_before(&rest, bytes_slice(rest, RANDOM_AT, RANDOM_LEN));
    key.runs[1] = run_before(&rest, hello->session_id);
    key.runs[2] = run_before(&rest, hello->ext.server_name);
    key.runs[3] = rest;
    return key;
}

/* Equal clients offer the same again and again: what was rendered for one of them is good for all. */
static void offer_again(struct json_report *report, struct json *j, const struct connection *c)
{
    struct rendered_key key = key_of_offer(c);
    struct bytes text = rendered_find(report->hellos, &key);
    if (text.len > 0) {
        json_copy(j, text);
        return;
    }
    struct json scratch;
    json_begin_scratch(report, &scratch);
    offer(report, &scratch, c);
    rendered_keep(report->hellos, &key, json_end_scratch(report, j));
}

void json_client_hello(const struct json_record *r)
{
    struct json *j = r->json;
    const struct connection *c = r->connection;
    const struct client_hello *hello = &c->client_hello;
    if (!c->has_client_hello)
        return;
    JSON_KEY(j, "client_hello");
    json_open(j, '{');
    json_place(r, c->client_hello_moment.place);
    bool is_partly_read = is_partial(&c->client_hello_fault, c->is_client_hello_cut) || hello->ext.has_bad;
    bool is_one_of_many = !is_partly_read && !hello->is_v2 && c->client_hello_body.len > 0;
    if (!is_one_of_many || c->flow->is_datagram) /* there JA4 tells the transport */
        offer(r->report, j, c);
    else
        offer_again(r->report, j, c);
    FLAG(j, "cut", c->is_client_hello_cut, false);
    json_after_gap(j, c->is_client_hello_after_gap);
    json_close(j, '}');
}

void json_after_gap(struct json *j, bool is_after_gap)
{
    if (!is_after_gap)
        return;
    JSON_KEY(j, "after_gap");
    json_bool(j, true);
}

void json_hello_retry(const struct json_record *r)
{
    struct json *j = r->json;
    const struct connection *c = r->connection;
    const struct extensions *ext = &c->hello_retry.ext, *second = &c->second_client_hello.ext;
    bool is_whole = c->hello_retry_fault.kind == FAULT_NONE;
    bool is_second_whole = c->second_client_hello_fault.kind == FAULT_NONE && !second->has_bad;
    if (!c->has_hello_retry)
        return;
    JSON_KEY(j, "hello_retry");
    json_open(j, '{');
    json_place(r, c->hello_retry_moment.place);
    if (json_is_told(ext->has_key_share, ext->key_share_group, is_whole && !ext->has_bad)) {
        JSON_KEY(j, "group");
        json_code_point(j, group_name(ext->key_share_group), ext->key_share_group);
    }
    FLAG(j, "cookie", ext->has_cookie, is_whole);
    if (c->has_second_client_hello) {
        json_second_place(r, c->second_client_hello_moment.place);
        if (json_is_told(second->has_key_share, has_key_share(second->key_shares), is_second_whole)) {
            JSON_KEY(j, "key_shares");
            key_share_groups(j, second->key_shares);
        }
    }
    json_extension_data(j, ext, EXT_HELLO_RETRY_REQUEST);
    json_close(j, '}');
}

/* Up to TLS 1.2. In TLS 1.3 a session ID is an echo, and the other fields have no meaning. */
void json_session(const struct json_record *r)
{
    struct json *j = r->json;
    const struct connection *c = r->connection;
    const struct server_hello *hello = &c->server_hello;
    bool is_whole = !is_partial(&c->server_hello_fault, c->is_server_hello_cut);
    bool has_fields = c->has_server_hello && hello->version && !version_is_tls13(hello->version) &&
                      (is_whole || hello->session_id.len > 0);
    if (!has_fields && !c->has_ticket_lifetime)
        return;
    JSON_KEY(j, "session");
    json_open(j, '{');
    if (has_fields && hello->session_id.len > 0) {
        JSON_KEY(j, "session_id");
        json_hex(j, hello->session_id);
    }
    if (c->has_ticket_lifetime) {
        JSON_KEY(j, "ticket_lifetime_s");
        json_u64(j, c->ticket_lifetime);
    }
    if (has_fields) {
        FLAG(j, "secure_renegotiation", hello->ext.has_renegotiation_info, is_whole);
        FLAG(j, "extended_master_secret", hello->ext.has_extended_master_secret, is_whole);
        FLAG(j, "encrypt_then_mac", hello->ext.has_encrypt_then_mac, is_whole);
    }
    if (has_fields && is_whole) {
        JSON_KEY(j, "compression");
        json_u64(j, hello->compression_method);
    }
    json_close(j, '}');
}

static void server_fingerprint(const struct json_record *r)
{
    char md5[JA3_LEN];
    struct json_report *report = r->report;
    if (r->connection->is_server_hello_cut)
        return;
    size_t len = ja3s_string(&r->connection->server_hello, report->ja3, sizeof report->ja3);
    if (len == 0)
        return;
    ja3_hash(report->fingerprints, report->ja3, len, md5);
    JSON_KEY(r->json, "ja3s");
    json_name(r->json, md5);
}

static void ssl2_server_hello(const struct json_record *r)
{
    struct json *j = r->json;
    const struct connection *c = r->connection;
    JSON_KEY(j, "server_hello");
    json_open(j, '{');
    json_place(r, c->server_hello_moment.place);
    bool is_whole = c->server_hello_fault.kind == FAULT_NONE;
    if (c->ssl2_server_hello.version || is_whole) {
        JSON_KEY(j, "version");
        json_code_point(j, version_name(c->ssl2_server_hello.version), c->ssl2_server_hello.version);
    }
    if (c->ssl2_server_hello.cipher_specs.len >= CIPHER_SPEC_LEN || is_whole) {
        JSON_KEY(j, "ciphers");
        cipher_specs(j, c->ssl2_server_hello.cipher_specs);
    }
    FLAG(j, "cut", c->is_server_hello_cut, false);
    json_after_gap(j, c->is_server_hello_after_gap);
    json_close(j, '}');
}

void json_encrypted_extensions(const struct json_record *r)
{
    struct json *j = r->json;
    const struct connection *c = r->connection;
    if (!c->has_encrypted_extensions)
        return;
    JSON_KEY(j, "encrypted_extensions");
    json_open(j, '{');
    json_place(r, c->encrypted_extensions_moment.place);
    extensions(j, &c->encrypted_extensions, true);
    json_extension_data(j, &c->encrypted_extensions, EXT_ENCRYPTED_EXTENSIONS);
    json_close(j, '}');
}

void json_server_hello(const struct json_record *r)
{
    struct json *j = r->json;
    const struct connection *c = r->connection;
    const struct server_hello *hello = &c->server_hello;
    bool is_whole = !is_partial(&c->server_hello_fault, c->is_server_hello_cut);
    if (c->has_ssl2_server_hello)
        ssl2_server_hello(r);
    if (!c->has_server_hello || c->has_ssl2_server_hello)
        return;
    JSON_KEY(j, "server_hello");
    json_open(j, '{');
    json_place(r, c->server_hello_moment.place);
    if (hello->legacy_version || is_whole) {
        JSON_KEY(j, "legacy_version");
        json_code_point(j, version_name(hello->legacy_version), hello->legacy_version);
    }
    if (hello->version) {
        JSON_KEY(j, "version");
        json_code_point(j, version_name(hello->version), hello->version);
    }
    if (hello->cipher_suite || is_whole) {
        JSON_KEY(j, "cipher");
        json_code_point(j, suite_name(hello->cipher_suite), hello->cipher_suite);
    }
    extensions(j, &hello->ext, is_whole);
    if (!hello->is_draft_layout && (hello->cipher_suite || is_whole)) {
        JSON_KEY(j, "session_id_length");
        json_u64(j, hello->session_id.len);
    }
    server_fingerprint(r);
    uint16_t sentinel = server_hello_downgrade_sentinel(hello);
    if (sentinel) {
        JSON_KEY(j, "downgrade_sentinel");
        json_code_point(j, version_name(sentinel), sentinel);
    }
    json_extension_data(j, &hello->ext, EXT_SERVER_HELLO);
    FLAG(j, "cut", c->is_server_hello_cut, false);
    json_after_gap(j, c->is_server_hello_after_gap);
    json_close(j, '}');
}
