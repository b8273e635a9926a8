/* Messages of the handshake: of extensions only what everybody may know, alike for all that are taken over. */
#include "redact/redact_internal.h"

#include "trust/distinguished_name.h"

#include <stdlib.h>
#include <string.h>

enum { RANDOM_LEN = 32, SENTINEL_LEN = 8, ZEROS_LEN = 256, MAX_DN = 96 };

static const uint8_t zeros[ZEROS_LEN];

/* As long as it was. */
static struct bytes blank(struct bytes secret)
{
    return (struct bytes){zeros, secret.len < ZEROS_LEN ? secret.len : ZEROS_LEN};
}

bool redact_is_known_protocol(struct bytes protocol)
{
    static const char *const known[] = {"h2",          "h2c",        "h3",          "http/1.1",    "http/1.0",
                                        "http/0.9",    "spdy/1",     "spdy/2",      "spdy/3",      "spdy/3.1",
                                        "grpc-exp",    "hq",         "hq-interop",  "stun.turn",   "stun.nat-discovery",
                                        "webrtc",      "c-webrtc",   "ftp",         "imap",        "pop3",
                                        "managesieve", "smtp",       "coap",        "co",          "dot",
                                        "doq",         "mqtt",       "xmpp-client", "xmpp-server", "irc",
                                        "nntp",        "acme-tls/1", "ntske/1",     "sunrpc",      "smb",
                                        "nnsp",        "postgresql", "tds/8.0",     "radius/1.0",  "radius/1.1",
                                        "dicom"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i]) == protocol.len && memcmp(known[i], protocol.at, protocol.len) == 0)
            return true;
    return false;
}

static bool are_known(struct bytes list)
{
    struct fault fault;
    struct cursor c;
    struct bytes protocol;
    cursor_init_whole(&c, list, &fault);
    while (alpn_next(&c, &protocol))
        if (!redact_is_known_protocol(protocol))
            return false;
    return fault.kind == FAULT_NONE;
}

static struct bytes host(struct redactor *r, struct bytes name)
{
    const char *alias = name.len > 0 ? aliases_host(r->aliases, name) : NULL;
    return alias ? (struct bytes){(const uint8_t *)alias, strlen(alias)} : name;
}

/* Lists of code points, flags and lengths stay; whatever a side may fill as it likes goes. */
static void redact_extensions(struct redactor *r, struct extensions *ext)
{
    bool hides_names = aliases_has(r->aliases, ALIAS_NAMES);
    ext->server_name = host(r, ext->server_name);
    if (hides_names && !are_known(ext->alpn))
        ext->alpn = (struct bytes){NULL, 0};
    if (hides_names && !are_known(ext->npn))
        ext->npn = (struct bytes){NULL, 0};
    if (hides_names && !are_known(ext->application_settings))
        ext->application_settings = (struct bytes){NULL, 0};
    ext->certificate_authorities = redact_authorities(r, ext->certificate_authorities);
    struct bytes *const secrets[] = {
        &ext->certificate_status,
        &ext->status_requests_v2,
        &ext->srtp_mki,
        &ext->signed_certificate_timestamps,
        &ext->token_binding_parameters,
        &ext->delegated_credential_spki,
        &ext->session_ticket,
        &ext->psk_identities,
        &ext->psk_binders,
        &ext->cookie,
        &ext->key_exchange,
        &ext->renegotiated_connection,

        &ext->connection_id,
        &ext->ech_enc,
        &ext->ech_payload,
        &ext->trusted_ca_keys,
        &ext->srp_identity,
        &ext->cached_info,
        &ext->pwd_protect,
        &ext->pwd_clear,
        &ext->password_salt,
        &ext->ticket_pinning,
        &ext->oid_filters,
        &ext->external_id_hash,
        &ext->external_session_id,
        &ext->dnssec_chain,
        &ext->tls_flags,
        &ext->transparency_info,
        &ext->trust_anchors,
    };
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        *secrets[i] = (struct bytes){NULL, 0};
}

static void redact_client_hello(struct redactor *r, struct client_hello *hello)
{
    hello->random = blank(hello->random);
    hello->session_id = blank(hello->session_id);
    redact_extensions(r, &hello->ext);
}

/* A sentinel of RFC 8446 section 4.1.3 is no secret. */
static void redact_server_hello(struct redactor *r, struct server_hello *hello)
{
    struct bytes random = hello->random;
    bool has_sentinel = random.len == RANDOM_LEN && server_hello_downgrade_sentinel(hello) != 0;
    uint8_t *copy = has_sentinel ? pool_take(&r->now.pool, RANDOM_LEN) : NULL;
    hello->random = blank(random);
    if (copy) {
        memset(copy, 0, RANDOM_LEN);
        memcpy(copy + RANDOM_LEN - SENTINEL_LEN, random.at + RANDOM_LEN - SENTINEL_LEN, SENTINEL_LEN);
        hello->random = (struct bytes){copy, RANDOM_LEN};
    }
    hello->session_id = blank(hello->session_id);
    redact_extensions(r, &hello->ext);
}

/* ---- distinguished names on the wire */

/* CN=alias in DER: a name of one part. Returns its length with the two bytes before it. */
static size_t put_name(uint8_t *at, const char *alias)
{
    static const uint8_t common_name[] = {0x06, 0x03, 0x55, 0x04, 0x03};
    const char *value = strncmp(alias, "CN=", 3) == 0 ? alias + 3 : alias;
    uint8_t len = (uint8_t)strlen(value), inner = (uint8_t)(sizeof common_name + 2 + len);
    uint8_t *start = at;
    *at++ = 0;
    *at++ = (uint8_t)(inner + 6);
    *at++ = 0x30;
    *at++ = (uint8_t)(inner + 4);
    *at++ = 0x31;
    *at++ = (uint8_t)(inner + 2);
    *at++ = 0x30;
    *at++ = inner;
    memcpy(at, common_name, sizeof common_name);
    at += sizeof common_name;
    *at++ = 0x0C;
    *at++ = len;
    memcpy(at, value, len);
    return (size_t)(at + len - start);
}

struct bytes redact_authorities(struct redactor *r, struct bytes list)
{
    struct fault fault;
    struct cursor c;
    struct bytes der;
    size_t num = 0, len = 0;
    if (!aliases_has(r->aliases, ALIAS_NAMES) || list.len == 0)
        return list;
    cursor_init_whole(&c, list, &fault);
    while (dn_next(&c, &der))
        num++;
    uint8_t *names = pool_take(&r->now.pool, (num + 1) * MAX_DN);
    if (!names)
        return (struct bytes){NULL, 0};
    cursor_init_whole(&c, list, &fault);
    while (dn_next(&c, &der)) {
        char *text = distinguished_name_text(der);
        const char *alias = aliases_subject(r->aliases, text ? text : "");
        len += put_name(names + len, alias);
        free(text);
    }
    return (struct bytes){names, len};
}

void redact_messages(struct redactor *r, struct connection *c)
{
    redact_client_hello(r, &c->client_hello);
    redact_client_hello(r, &c->second_client_hello);
    redact_client_hello(r, &c->ech.inner);
    c->ech.inner_body = (struct bytes){NULL, 0};
    redact_server_hello(r, &c->server_hello);
    redact_server_hello(r, &c->hello_retry);
    redact_extensions(r, &c->encrypted_extensions);
    redact_extensions(r, &c->certificate_request.ext);
    c->client_hello_body = (struct bytes){NULL, 0};
    c->certificate_request.authorities = redact_authorities(r, c->certificate_request.authorities);
    c->certificate_status.response = (struct bytes){NULL, 0};
    c->key_exchange.psk_hint = (struct bytes){NULL, 0};
}
