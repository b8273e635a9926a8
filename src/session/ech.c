/* Encrypted ClientHello with keys: see ech.h. */
#include "session/ech.h"

#include "session/hpke.h"

#include <openssl/crypto.h>

#include <stdlib.h>
#include <string.h>

enum {
    EXT_ECH_OUTER_EXTENSIONS = 0xFD00,
    EXT_ECH = 0xFE0D,
    CONFIRMATION_LEN = 8,
    CONFIRMATION_AT = 2 + 32 - CONFIRMATION_LEN, /* the end of ServerHello.random */
    RANDOM_AT = 2,
    RANDOM_LEN = 32,
};

struct ech {
    struct bytes outer[2]; /* bodies, the second after a HelloRetryRequest */
    struct bytes hello_retry, server_hello;
    bool is_read;
};

/* ---- from the encoded hello to the one that it stands for */

struct writer {
    uint8_t *at;
    size_t len, room;
    bool is_full;
};

static void put(struct writer *w, struct bytes b)
{
    if (b.len > w->room - w->len) {
        w->is_full = true;
        return;
    }
    if (b.len > 0)
        memcpy(w->at + w->len, b.at, b.len);
    w->len += b.len;
}

static void put_number(struct writer *w, size_t value, unsigned len)
{
    uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    put(w, (struct bytes){bytes + 2 - len, len});
}

static void put_extension(struct writer *w, uint16_t type, struct bytes body)
{
    put_number(w, type, 2);
    put_number(w, body.len, 2);
    put(w, body);
}

/* The outer hello's extensions that `types` names, in that order, which has to be the outer hello's own. */
static bool put_outer_extensions(struct writer *w, struct bytes types, struct cursor *outer)
{
    struct fault fault;
    struct cursor c, list;
    cursor_init_whole(&c, types, &fault);
    list = cursor_vec8(&c, "OuterExtensions");
    while (cursor_more(&list)) {
        uint16_t wanted = cursor_u16(&list, "ExtensionType"), type = 0;
        struct bytes body = {NULL, 0};
        bool is_found = false;
        while (wanted != EXT_ECH && !is_found && ext_next(outer, &type, &body))
            is_found = type == wanted;
        if (!is_found)
            return false;
        put_extension(w, type, body);
    }
    cursor_close(&c, "OuterExtensions");
    return cursor_ok(&c);
}

static bool put_extensions(struct writer *w, struct bytes inner, struct bytes outer)
{
    struct fault fault, outer_fault;
    struct cursor c, outer_list;
    struct bytes body;
    uint16_t type;
    bool has_outer = false;
    cursor_init_whole(&c, inner, &fault);
    cursor_init_whole(&outer_list, outer, &outer_fault);
    while (ext_next(&c, &type, &body)) {
        if (type != EXT_ECH_OUTER_EXTENSIONS)
            put_extension(w, type, body);
        else if (has_outer || !put_outer_extensions(w, body, &outer_list))
            return false;
        has_outer |= type == EXT_ECH_OUTER_EXTENSIONS;
    }
    return cursor_ok(&c);
}

static bool is_padding(struct bytes b)
{
    for (size_t i = 0; i < b.len; i++)
        if (b.at[i] != 0)
            return false;
    return true;
}

static void parse_hello(struct bytes body, struct client_hello *out)
{
    struct fault fault;
    struct cursor c;
    cursor_init_whole(&c, body, &fault);
    client_hello_parse(&c, out);
}

size_t ech_inner_decode(struct bytes encoded, struct bytes outer, uint8_t *out, size_t room)
{
    struct client_hello outer_hello;
    struct fault fault;
    struct cursor c;
    struct writer w = {out, 0, room, false};
    parse_hello(outer, &outer_hello);
    cursor_init_whole(&c, encoded, &fault);
    put(&w, cursor_bytes(&c, RANDOM_AT + RANDOM_LEN, "random"));
    if (cursor_bytes8(&c, "legacy_session_id").len != 0)
        return 0;
    put_number(&w, outer_hello.session_id.len, 1);
    put(&w, outer_hello.session_id);
    struct bytes suites = cursor_bytes16(&c, "cipher_suites"), methods = cursor_bytes8(&c, "compression_methods");
    put_number(&w, suites.len, 2);
    put(&w, suites);
    put_number(&w, methods.len, 1);
    put(&w, methods);
    struct bytes extensions = cursor_bytes16(&c, "extensions");
    size_t length_at = w.len;
    put_number(&w, 0, 2);
    bool is_ok = cursor_ok(&c) && is_padding(cursor_peek(&c)) && put_extensions(&w, extensions, outer_hello.ext.raw);
    size_t len = w.len - length_at - 2;
    if (!is_ok || w.is_full || len > UINT16_MAX)
        return 0;
    out[length_at] = (uint8_t)(len >> 8);
    out[length_at + 1] = (uint8_t)len;
    return w.len;
}

/* ---- what is kept */

void ech_client_hello(struct session *session, struct ech **ech, struct bytes body, const struct client_hello *hello)
{
    bool is_first = !*ech;
    if (hello->ext.ech_type != ECH_OUTER || hello->random.len != RANDOM_LEN)
        return;
    if (is_first)
        *ech = session_alloc(session, sizeof **ech);
    struct ech *kept = *ech;
    if (!kept)
        return;
    if (is_first)
        *kept = (struct ech){.is_read = false};
    else if (kept->hello_retry.len == 0 || kept->outer[1].len > 0)
        return;
    kept->outer[!is_first] = session_keep(session, body);
}

void ech_server_hello(struct session *session, struct ech *ech, struct bytes body, bool is_retry)
{
    struct bytes *kept = ech ? is_retry ? &ech->hello_retry : &ech->server_hello : NULL;
    if (!kept || kept->len > 0)
        return;
    *kept = session_keep(session, body);
}

/* ---- opening it */

/* ECHConfig (section 4): its version and length, config_id, kem_id. */
static bool read_config(struct bytes config, struct hpke_suite *suite)
{
    struct fault fault;
    struct cursor c;
    cursor_init_whole(&c, config, &fault);
    uint16_t version = cursor_u16(&c, "version");
    struct cursor contents = cursor_vec16(&c, "ECHConfigContents");
    cursor_u8(&contents, "config_id");
    suite->kem = cursor_u16(&contents, "kem_id");
    return cursor_ok(&contents) && version == EXT_ECH;
}

/* ClientHelloOuterAAD (section 5.2) is the hello with zeros for the payload. */
static void blank_payload(uint8_t *copy, struct bytes outer, struct bytes payload)
{
    memset(copy + (payload.at - outer.at), 0, payload.len);
}

/* The number of bytes of the inner hello, 0: *status says why there is none. */
static size_t open_hello(const struct session *session, const struct key_set *keys, struct bytes outer,
                         uint64_t sequence, uint8_t *out, size_t room, enum ech_status *status)
{
    static const char label[] = "tls ech"; /* with its zero */
    struct bytes config = keys->secrets[SECRET_ECH_CONFIG], secret = keys->secrets[SECRET_ECH];
    struct client_hello hello;
    parse_hello(outer, &hello);
    struct hpke_sealed sealed = {
        .suite = {0, hello.ext.ech_kdf, hello.ext.ech_aead}, .sequence = sequence, .ciphertext = hello.ext.ech_payload};
    *status = ECH_UNSUPPORTED;
    if (!read_config(config, &sealed.suite) || !hpke_suite_is_known(&sealed.suite))
        return 0;
    *status = ECH_NOT_OPENED;
    if (sealed.ciphertext.len < HPKE_TAG_LEN)
        return 0;
    struct bytes encoded = {NULL, sealed.ciphertext.len - HPKE_TAG_LEN};
    size_t len = 0, info_len = sizeof label + config.len;
    uint8_t *work = malloc(info_len + outer.len + encoded.len);
    if (!work)
        return 0;
    memcpy(work, label, sizeof label);
    memcpy(work + sizeof label, config.at, config.len);
    memcpy(work + info_len, outer.at, outer.len);
    blank_payload(work + info_len, outer, sealed.ciphertext);
    sealed.aad = (struct bytes){work + info_len, outer.len};
    encoded.at = work + info_len + outer.len;
    if (hpke_open(session->context->crypto, secret, (struct bytes){work, info_len}, &sealed,
                  work + info_len + outer.len)) {
        len = ech_inner_decode(encoded, outer, out, room);
        *status = len > 0 ? ECH_OPENED : ECH_MALFORMED;
    }
    OPENSSL_cleanse(work, info_len + outer.len + encoded.len);
    free(work);
    return len;
}

/* ---- did the server take it? */

static struct bytes header_of(uint8_t header[HANDSHAKE_HEADER_LEN], uint8_t type, size_t len)
{
    header[0] = type;
    header[1] = (uint8_t)(len >> 16);
    header[2] = (uint8_t)(len >> 8);
    header[3] = (uint8_t)len;
    return (struct bytes){header, HANDSHAKE_HEADER_LEN};
}

/* Section 7.2: the last bytes of ServerHello.random are derived from the inner hello's random and the transcript with
 * it. After a HelloRetryRequest the first hello is in it by its hash (RFC 8446 section 4.4.1). */
static bool is_confirmed(const struct session *session, const struct ech *ech, const struct bytes inner[2],
                         const char *hash)
{
    static const uint8_t zeros[SESSION_HASH_MAX_LEN];
    const struct crypto *crypto = session->context->crypto;
    uint8_t headers[4][HANDSHAKE_HEADER_LEN], first[SESSION_HASH_MAX_LEN], digest[SESSION_HASH_MAX_LEN],
        secret[SESSION_HASH_MAX_LEN], confirmation[CONFIRMATION_LEN];
    struct bytes pieces[7 + 3]; /* the ServerHello in three */
    size_t num = 0;
    bool has_retry = ech->hello_retry.len > 0;
    if (has_retry) {
        const struct bytes hello[] = {header_of(headers[0], HS_CLIENT_HELLO, inner[0].len), inner[0]};
        size_t len = session_hash(crypto, hash, hello, 2, first);
        pieces[num++] = header_of(headers[0], HS_MESSAGE_HASH, len);
        pieces[num++] = (struct bytes){first, len};
        pieces[num++] = header_of(headers[1], HS_SERVER_HELLO, ech->hello_retry.len);
        pieces[num++] = ech->hello_retry;
    }
    pieces[num++] = header_of(headers[2], HS_CLIENT_HELLO, inner[has_retry].len);
    pieces[num++] = inner[has_retry];
    pieces[num++] = header_of(headers[3], HS_SERVER_HELLO, ech->server_hello.len);
    struct bytes hello = ech->server_hello, shown = bytes_slice(hello, CONFIRMATION_AT, CONFIRMATION_LEN);
    pieces[num++] = bytes_slice(hello, 0, CONFIRMATION_AT);
    pieces[num++] = (struct bytes){zeros, CONFIRMATION_LEN};
    pieces[num++] = bytes_slice(hello, CONFIRMATION_AT + CONFIRMATION_LEN, hello.len);
    size_t len = session_hash(crypto, hash, pieces, num, digest);
    struct bytes random = bytes_slice(inner[0], RANDOM_AT, RANDOM_LEN);
    return len > 0 && shown.len == CONFIRMATION_LEN &&
           hkdf_extract(crypto, hash, (struct bytes){zeros, len}, random, secret, len) &&
           hkdf_expand_label_of(crypto, hash, (struct bytes){secret, len}, "ech accept confirmation",
                                (struct bytes){digest, len}, confirmation, sizeof confirmation) &&
           memcmp(confirmation, shown.at, sizeof confirmation) == 0;
}

/* 1 yes, -1 no, 0 unknown. */
static int acceptance(const struct session *session, const struct ech *ech, const struct bytes inner[2])
{
    struct fault fault;
    struct cursor c;
    struct server_hello hello;
    struct suite_algorithms suite;
    if (ech->server_hello.len == 0)
        return 0;
    cursor_init_whole(&c, ech->server_hello, &fault);
    server_hello_parse(&c, &hello);
    if (!cursor_ok(&c) || (ech->hello_retry.len > 0 && inner[1].len == 0))
        return 0;
    if (!version_is_tls13(hello.version))
        return -1;
    if (!suite_algorithms_find(hello.cipher_suite, hello.version, &suite))
        return 0;
    return is_confirmed(session, ech, inner, suite.hash) ? 1 : -1;
}

void ech_read(struct session *session, struct ech *ech)
{
    struct key_set keys;
    struct client_hello hello;
    if (!ech || ech->is_read || ech->outer[0].len == 0)
        return;
    parse_hello(ech->outer[0], &hello);
    if (hello.random.len != RANDOM_LEN || !keys_find(session->context->keys, hello.random.at, &keys) ||
        keys.secrets[SECRET_ECH].len == 0 || keys.secrets[SECRET_ECH_CONFIG].len == 0)
        return;
    struct ech_facts *facts = session_alloc(session, sizeof *facts);
    ech->is_read = true;
    if (!facts)
        return;
    *facts = (struct ech_facts){.status = ECH_UNREAD};
    struct bytes inner[2] = {{NULL, 0}, {NULL, 0}};
    for (unsigned i = 0; i < 2 && ech->outer[i].len > 0 && (i == 0 || inner[0].len > 0); i++) {
        size_t room = ech_inner_room(ech->outer[i], ech->outer[i]); /* the encoded one is a part of it */
        enum ech_status status = ECH_NOT_OPENED;
        uint8_t *out = malloc(room);
        size_t len = out ? open_hello(session, &keys, ech->outer[i], i, out, room, &status) : 0;
        inner[i] = len > 0 ? session_keep(session, (struct bytes){out, len}) : (struct bytes){NULL, 0};
        if (i == 0)
            facts->status = inner[0].len > 0 || status != ECH_OPENED ? status : ECH_UNREAD;
        free(out);
    }
    facts->inner_body = inner[0];
    facts->accepted = inner[0].len > 0 ? acceptance(session, ech, inner) : 0;
    session->ech = facts;
}

static bool has_traffic_secret(const struct key_set *keys)
{
    for (enum secret_kind kind = SECRET_CLIENT_EARLY; kind <= SECRET_SERVER_TRAFFIC; kind++)
        if (keys->secrets[kind].len > 0)
            return true;
    return false;
}

bool ech_find_traffic_secrets(struct session *session, struct ech *ech, const uint8_t random[KEYLOG_RANDOM_LEN],
                              struct key_set *keys)
{
    struct keys *known = session->context->keys;
    if (keys_find(known, random, keys) && has_traffic_secret(keys))
        return true;
    ech_read(session, ech);
    struct bytes inner = session->ech ? session->ech->inner_body : (struct bytes){NULL, 0};
    struct bytes inner_random = bytes_slice(inner, RANDOM_AT, RANDOM_LEN);
    return inner_random.len == RANDOM_LEN && keys_find(known, inner_random.at, keys) && has_traffic_secret(keys);
}
