/* Master secrets out of key exchanges: see key_exchange.h. Each side's messages are kept apart, since a capture may
 * show the two sides in another order than they spoke: ClientHello, all of the server's up to ServerHelloDone, the
 * client's rest is what the session hash covers. In DTLS each counts as if it was not fragmented, and neither what
 * asked for a cookie nor the hello before it does (RFC 6347 sections 4.2.1 and 4.2.6). */
#include "session/key_exchange.h"

#include <openssl/crypto.h>

#include <stdlib.h>
#include <string.h>

enum { DTLS_HEADER_LEN = 12 /* of a message */ };

struct heard {
    uint8_t *bytes; /* messages with their headers */
    uint32_t len, cap;
    bool is_broken; /* something is missing in it */
};

struct key_exchange {
    struct heard client, server;
    uint32_t hello_len;                               /* of the ClientHello at the beginning of the client's */
    uint32_t key_exchange_at;                         /* where the ClientKeyExchange's body begins */
    bool has_hello, has_key_exchange, is_flight_over; /* the server's ServerHelloDone came */
    bool is_dtls;
};

struct key_exchange *key_exchange_new(struct session *session)
{
    struct key_exchange *kx = calloc(1, sizeof *kx);
    if (!kx)
        return NULL;
    kx->is_dtls = session->datagrams;
    session->context->memory_bytes += sizeof *kx;
    return kx;
}

static void heard_clear(struct session *session, struct heard *heard)
{
    session->context->memory_bytes -= heard->cap;
    free(heard->bytes);
    *heard = (struct heard){.bytes = NULL};
}

void key_exchange_forget(struct session *session, struct key_exchange *kx)
{
    heard_clear(session, &kx->client);
    heard_clear(session, &kx->server);
    kx->has_hello = kx->has_key_exchange = kx->is_flight_over = false;
}

void key_exchange_free(struct session *session, struct key_exchange *kx)
{
    if (!kx)
        return;
    key_exchange_forget(session, kx);
    session->context->memory_bytes -= sizeof *kx;
    free(kx);
}

static size_t header_len(const struct key_exchange *kx)
{
    return kx->is_dtls ? DTLS_HEADER_LEN : HANDSHAKE_HEADER_LEN;
}

static void put_header(uint8_t *at, const struct key_exchange *kx, const struct key_exchange_message *message)
{
    const size_t len = message->body.len;
    const uint8_t header[DTLS_HEADER_LEN] = {
        message->type,
        (uint8_t)(len >> 16),
        (uint8_t)(len >> 8),
        (uint8_t)len,
        (uint8_t)(message->message_seq >> 8),
        (uint8_t)message->message_seq,
        0,
        0,
        0,
        (uint8_t)(len >> 16),
        (uint8_t)(len >> 8),
        (uint8_t)len,
    };
    memcpy(at, header, header_len(kx));
}

static void add(struct session *session, const struct key_exchange *kx, struct heard *heard,
                const struct key_exchange_message *message)
{
    struct bytes body = message->body;
    size_t whole = heard->len + header_len(kx) + body.len;
    if (message->is_whole && whole > LIMIT_TRANSCRIPT && !heard->is_broken)
        session->context->message_limit_hits++;
    heard->is_broken |= !message->is_whole || whole > LIMIT_TRANSCRIPT;
    if (heard->is_broken)
        return;
    if (!heard->bytes || whole > heard->cap) {
        size_t cap = whole * 2;
        uint8_t *bytes = realloc(heard->bytes, cap);
        if (!bytes) {
            heard->is_broken = true;
            return;
        }
        session->context->memory_bytes += cap - heard->cap;
        heard->bytes = bytes;
        heard->cap = (uint32_t)cap;
    }
    put_header(heard->bytes + heard->len, kx, message);
    if (body.len > 0)
        memcpy(heard->bytes + heard->len + header_len(kx), body.at, body.len);
    heard->len = (uint32_t)whole;
}

static void client_message(struct session *session, struct key_exchange *kx, const struct key_exchange_message *message)
{
    if (message->type == HS_CLIENT_HELLO) {
        heard_clear(session, &kx->client);
        kx->has_hello = true;
        kx->has_key_exchange = false;
    } else if (!kx->has_hello || kx->has_key_exchange) {
        return; /* CertificateVerify, Finished: behind what is covered */
    }
    add(session, kx, &kx->client, message);
    if (message->type == HS_CLIENT_HELLO) {
        kx->hello_len = kx->client.len;
    } else if (message->type == HS_CLIENT_KEY_EXCHANGE) {
        kx->has_key_exchange = !kx->client.is_broken;
        kx->key_exchange_at = kx->client.len - (uint32_t)message->body.len;
    }
}

static void server_message(struct session *session, struct key_exchange *kx, const struct key_exchange_message *message)
{
    if (message->type == HS_SERVER_HELLO) {
        heard_clear(session, &kx->server);
        kx->is_flight_over = false;
    }
    if (message->type == HS_HELLO_REQUEST || message->type == HS_HELLO_VERIFY_REQUEST || kx->is_flight_over)
        return;
    add(session, kx, &kx->server, message);
    kx->is_flight_over = message->type == HS_SERVER_HELLO_DONE;
}

void key_exchange_message(struct session *session, struct key_exchange *kx, const struct key_exchange_message *message)
{
    if (message->is_client)
        client_message(session, kx, message);
    else
        server_message(session, kx, message);
}

void key_exchange_lost(struct key_exchange *kx, bool is_client)
{
    *(is_client ? &kx->client.is_broken : &kx->server.is_broken) = true;
}

bool key_exchange_may_tell(const struct keys *keys, const struct key_exchange_facts *facts)
{
    return facts->log.secrets[SECRET_PREMASTER].len > 0 ||
           (facts->is_rsa && (keys_server_keys(keys)->num > 0 || keys_has_premasters(keys)));
}

bool key_exchange_is_ready(const struct key_exchange *kx)
{
    return kx->has_key_exchange && (kx->is_flight_over || kx->server.is_broken);
}

static struct bytes heard_at(const struct heard *heard, size_t at, size_t len)
{
    return bytes_slice((struct bytes){heard->bytes, heard->len}, at, len);
}

static void client_hello(const struct key_exchange *kx, struct client_hello *out)
{
    struct fault fault;
    struct cursor c;
    size_t header = header_len(kx);
    cursor_init_whole(&c, heard_at(&kx->client, header, kx->hello_len > header ? kx->hello_len - header : 0), &fault);
    if (kx->is_dtls)
        client_hello_dtls_parse(&c, out);
    else
        client_hello_parse(&c, out);
}

/* SSLv3 has no length before it. */
static struct bytes encrypted_premaster(const struct key_exchange *kx, uint16_t version)
{
    struct bytes body = heard_at(&kx->client, kx->key_exchange_at, kx->client.len);
    struct fault fault;
    struct cursor c;
    if (version == VERSION_SSL3)
        return body;
    cursor_init_whole(&c, body, &fault);
    return cursor_bytes16(&c, "encrypted_pre_master_secret");
}

static enum keys_error by_server_key(struct session *session, struct key_exchange *kx,
                                     const struct key_exchange_facts *facts, struct bytes encrypted,
                                     uint8_t premaster[PREMASTER_LEN])
{
    static const enum keys_error errors[] = {
        [PREMASTER_OK] = KEYS_NO_ERROR,
        [PREMASTER_NO_KEY] = KEYS_OTHER_KEY,
        [PREMASTER_UNREADABLE] = KEYS_PREMASTER,
    };
    const struct certificate_facts *leaf =
        facts->chain && facts->chain->num > 0 ? certificate_facts(facts->chain->certificates[0]) : NULL;
    struct client_hello hello;
    client_hello(kx, &hello);
    const uint16_t versions[2] = {hello.legacy_version, facts->version};
    return errors[server_keys_decrypt(keys_server_keys(session->context->keys),
                                      leaf && leaf->has_key_hash ? leaf->key_hash : NULL, encrypted, versions,
                                      premaster)];
}

/* The premaster secret: the key log's, by client random or by its encrypted form; else by a private key. */
static enum keys_error find_premaster(struct session *session, struct key_exchange *kx,
                                      const struct key_exchange_facts *facts, uint8_t own[PREMASTER_LEN],
                                      struct bytes *premaster, enum keys_source *source)
{
    struct keys *keys = session->context->keys;
    struct key_set set = facts->log;
    struct bytes encrypted = facts->is_rsa ? encrypted_premaster(kx, facts->version) : (struct bytes){NULL, 0};
    if (set.secrets[SECRET_PREMASTER].len > 0 || (encrypted.len > 0 && keys_find_premaster(keys, encrypted, &set))) {
        *premaster = set.secrets[SECRET_PREMASTER];
        *source = set.source;
        return KEYS_NO_ERROR;
    }
    if (keys_server_keys(keys)->num == 0)
        return KEYS_MISSING;
    *premaster = (struct bytes){own, PREMASTER_LEN};
    *source = KEYS_SERVER_KEY;
    return by_server_key(session, kx, facts, encrypted, own);
}

/* Its session ID is empty when there is none. */
static void server_hello(const struct key_exchange *kx, struct server_hello *out)
{
    struct fault fault;
    struct cursor c;
    struct handshake_header header;
    cursor_init_whole(&c, heard_at(&kx->server, 0, kx->server.len), &fault);
    handshake_header_parse(&c, &header);
    if (kx->is_dtls)
        cursor_skip(&c, DTLS_HEADER_LEN - HANDSHAKE_HEADER_LEN, "message_seq");
    cursor_bound(&c, header.length);
    server_hello_parse(&c, out);
}

/* The ID that the server gave: its tickets come later. */
static void keep_session(struct session *session, const struct key_exchange *kx, const uint8_t *master)
{
    struct server_hello hello;
    server_hello(kx, &hello);
    keys_keep_session(session->context->keys, hello.session_id, master);
}

enum keys_error key_exchange_master(struct session *session, struct key_exchange *kx,
                                    const struct key_exchange_facts *facts, uint8_t master[MASTER_SECRET_LEN],
                                    enum keys_source *source)
{
    const struct crypto *crypto = session->context->crypto;
    uint8_t own[PREMASTER_LEN], digest[SESSION_HASH_MAX_LEN];
    struct bytes premaster, covered = {NULL, 0};
    enum keys_error error = find_premaster(session, kx, facts, own, &premaster, source);
    if (error == KEYS_NO_ERROR && facts->is_extended) {
        const struct bytes pieces[] = {heard_at(&kx->client, 0, kx->hello_len),
                                       heard_at(&kx->server, 0, kx->server.len),
                                       heard_at(&kx->client, kx->hello_len, kx->client.len)};
        if (kx->client.is_broken || kx->server.is_broken)
            error = KEYS_GAP;
        covered = (struct bytes){digest, session_hash(crypto, facts->suite->hash, pieces, 3, digest)};
        if (error == KEYS_NO_ERROR && covered.len == 0)
            error = KEYS_UNSUPPORTED;
    }
    if (error == KEYS_NO_ERROR && !master_derive(crypto, facts->suite->hash, version_as_tls(facts->version), premaster,
                                                 facts->client_random, facts->server_random, covered, master))
        error = KEYS_UNSUPPORTED;
    if (error == KEYS_NO_ERROR)
        keep_session(session, kx, master);
    OPENSSL_cleanse(own, sizeof own);
    return error;
}

bool key_exchange_is_resumed(const struct key_exchange *kx)
{
    return kx->has_hello && !kx->is_flight_over && !kx->server.is_broken;
}

bool key_exchange_is_echoed(const struct key_exchange *kx)
{
    struct client_hello offered;
    struct server_hello chosen;
    if (!key_exchange_is_resumed(kx))
        return false;
    client_hello(kx, &offered);
    server_hello(kx, &chosen);
    return offered.session_id.len > 0 && bytes_equal(offered.session_id, chosen.session_id);
}

enum keys_error key_exchange_resume(struct session *session, struct key_exchange *kx, uint8_t master[MASTER_SECRET_LEN])
{
    struct client_hello hello;
    client_hello(kx, &hello);
    return keys_find_session(session->context->keys, hello.ext.session_ticket, master) ||
                   keys_find_session(session->context->keys, hello.session_id, master)
               ? KEYS_NO_ERROR
               : KEYS_SESSION_UNKNOWN;
}
