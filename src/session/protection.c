/* Record protection by OpenSSL's ciphers: see protection.h. */
#include "session/protection.h"

#include "bounds.h"
#include "dissect/handshake.h"
#include "session/keylog.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <stdlib.h>
#include <string.h>

enum { KEY_MAX_LEN = 32, IV_MAX_LEN = 16, MAC_MAX_LEN = 48, NONCE_LEN = 12, EXPLICIT_LEN = 8, TRUNCATED_MAC_LEN = 10 };
/* That of a record with a connection ID is longer (RFC 9146 section 5). */
enum { PSEUDO_HEADER_LEN = 13, PSEUDO_HEADER_MAX_LEN = 23 + 255 };

struct protection {
    const struct crypto *crypto;
    struct suite_algorithms suite;
    uint16_t version;
    bool is_tls13, is_encrypt_then_mac;
    EVP_CIPHER *cipher;
    EVP_CIPHER_CTX *context;
    uint64_t sequence;
    uint8_t mac_len; /* of a record; keys have the hash's */
    uint8_t key[KEY_MAX_LEN], iv[IV_MAX_LEN], mac_key[MAC_MAX_LEN];
    uint8_t secret[SECRET_MAX_LEN]; /* TLS 1.3 */
};

static struct protection *start(const struct crypto *crypto, const struct suite_algorithms *suite, uint16_t version)
{
    struct protection *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->crypto = crypto;
    p->suite = *suite;
    p->version = version;
    p->is_tls13 = version_is_tls13(version);
    ERR_set_mark();
    p->cipher = EVP_CIPHER_fetch(crypto_library(crypto), suite->cipher, NULL);
    ERR_pop_to_mark();
    p->context = p->cipher ? EVP_CIPHER_CTX_new() : NULL;
    if (p->context)
        return p;
    protection_free(p);
    return NULL;
}

void protection_free(struct protection *p)
{
    if (!p)
        return;
    EVP_CIPHER_CTX_free(p->context);
    EVP_CIPHER_free(p->cipher);
    OPENSSL_cleanse(p, sizeof *p);
    free(p);
}

/* CCM takes its key with each record, after the tag. */
static bool set_key(struct protection *p)
{
    if (p->suite.is_ccm)
        return true;
    return EVP_DecryptInit_ex(p->context, p->cipher, NULL, p->key, NULL) == 1 &&
           (p->suite.kind != PROTECTION_CBC || EVP_CIPHER_CTX_set_padding(p->context, 0) == 1);
}

static bool take_secret(struct protection *p)
{
    struct bytes secret = {p->secret, p->suite.hash_len};
    p->sequence = 0;
    return hkdf_expand_label(p->crypto, p->suite.hash, p->version, secret, "key", p->key, p->suite.key_len) &&
           hkdf_expand_label(p->crypto, p->suite.hash, p->version, secret, "iv", p->iv, NONCE_LEN) && set_key(p);
}

struct protection *protection_new(const struct crypto *crypto, const struct suite_algorithms *suite, uint16_t version,
                                  struct bytes secret)
{
    struct protection *p = secret.len == suite->hash_len ? start(crypto, suite, version) : NULL;
    if (!p)
        return NULL;
    memcpy(p->secret, secret.at, secret.len);
    if (take_secret(p))
        return p;
    protection_free(p);
    return NULL;
}

bool protection_update(struct protection *p)
{
    uint8_t next[SECRET_MAX_LEN];
    bool is_ok = hkdf_expand_label(p->crypto, p->suite.hash, p->version, (struct bytes){p->secret, p->suite.hash_len},
                                   version_tls13_draft(p->version) && version_tls13_draft(p->version) < 20
                                       ? "application traffic secret"
                                       : "traffic upd",
                                   next, p->suite.hash_len);
    if (is_ok) {
        memcpy(p->secret, next, p->suite.hash_len);
        is_ok = take_secret(p);
    }
    OPENSSL_cleanse(next, sizeof next);
    return is_ok;
}

size_t protection_block_len(const struct suite_algorithms *suite)
{
    return 2u * (suite->mac_len + suite->key_len + suite->iv_len);
}

struct protection *protection_new_block(const struct crypto *crypto, const struct suite_algorithms *suite,
                                        uint16_t version, const struct protection_block *block)
{
    struct protection *p = start(crypto, suite, version);
    if (!p)
        return NULL;
    const uint8_t *mac = block->bytes, *key = mac + 2 * suite->mac_len, *iv = key + 2 * suite->key_len;
    size_t side = block->is_server ? 1 : 0;
    memcpy(p->mac_key, mac + side * suite->mac_len, suite->mac_len);
    memcpy(p->key, key + side * suite->key_len, suite->key_len);
    memcpy(p->iv, iv + side * suite->iv_len, suite->iv_len);
    p->mac_len = block->is_truncated_hmac && version > VERSION_SSL3 ? TRUNCATED_MAC_LEN : suite->mac_len;
    p->is_encrypt_then_mac = block->is_encrypt_then_mac && suite->kind == PROTECTION_CBC;
    if (set_key(p))
        return p;
    protection_free(p);
    return NULL;
}

static void put_u16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put_sequence(uint8_t at[8], uint64_t sequence)
{
    for (unsigned i = 0; i < 8; i++)
        at[i] = (uint8_t)(sequence >> (56 - 8 * i));
}

/* RFC 9146: seq_num_placeholder, tls12_cid, cid_length, tls12_cid, version, epoch, sequence_number, cid, length. */
static size_t put_cid_header(uint8_t at[PSEUDO_HEADER_MAX_LEN], uint64_t sequence, const struct sealed *record,
                             size_t len)
{
    size_t cid_len = record->connection_id.len <= UINT8_MAX ? record->connection_id.len : UINT8_MAX;
    memset(at, 0xFF, 8);
    at[8] = at[10] = record->type;
    at[9] = (uint8_t)cid_len;
    put_u16(at + 11, record->version);
    put_sequence(at + 13, sequence);
    memcpy(at + 21, record->connection_id.at, cid_len);
    put_u16(at + 21 + cid_len, len);
    return 23 + cid_len;
}

/* seq_num, type, version, length: what MACs and AEADs of TLS 1.2 cover besides the content. Returns how many bytes. */
static size_t put_pseudo_header(uint8_t at[PSEUDO_HEADER_MAX_LEN], uint64_t sequence, const struct sealed *record,
                                size_t len)
{
    if (record->connection_id.len > 0)
        return put_cid_header(at, sequence, record, len);
    put_sequence(at, sequence);
    at[8] = record->type;
    put_u16(at + 9, record->version);
    put_u16(at + 11, len);
    return PSEUDO_HEADER_LEN;
}

static void xor_sequence(uint8_t nonce[NONCE_LEN], uint64_t sequence)
{
    uint8_t number[8];
    put_sequence(number, sequence);
    for (unsigned i = 0; i < 8; i++)
        nonce[NONCE_LEN - 8 + i] ^= number[i];
}

static bool decrypt_aead(struct protection *p, const uint8_t nonce[NONCE_LEN], struct bytes aad, struct bytes sealed,
                         uint8_t *out)
{
    EVP_CIPHER_CTX *c = p->context;
    size_t len = sealed.len - p->suite.tag_len;
    uint8_t tag[16];
    int n;
    memcpy(tag, bytes_slice(sealed, len, p->suite.tag_len).at, p->suite.tag_len);
    if (!p->suite.is_ccm)
        return EVP_DecryptInit_ex(c, NULL, NULL, NULL, nonce) == 1 &&
               (aad.len == 0 || EVP_DecryptUpdate(c, NULL, &n, aad.at, (int)aad.len) == 1) &&
               EVP_DecryptUpdate(c, out, &n, sealed.at, (int)len) == 1 &&
               EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, p->suite.tag_len, tag) == 1 &&
               EVP_DecryptFinal_ex(c, out + len, &n) == 1;
    return EVP_DecryptInit_ex(c, p->cipher, NULL, NULL, NULL) == 1 &&
           EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_IVLEN, NONCE_LEN, NULL) == 1 &&
           EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, p->suite.tag_len, tag) == 1 &&
           EVP_DecryptInit_ex(c, NULL, NULL, p->key, nonce) == 1 &&
           EVP_DecryptUpdate(c, NULL, &n, NULL, (int)len) == 1 &&
           (aad.len == 0 || EVP_DecryptUpdate(c, NULL, &n, aad.at, (int)aad.len) == 1) &&
           EVP_DecryptUpdate(c, out, &n, sealed.at, (int)len) == 1;
}

/* Content, its type, zeros. */
static bool strip_inner(struct bytes inner, uint8_t *type, struct bytes *content)
{
    while (inner.len > 0 && inner.at[inner.len - 1] == 0)
        inner.len--;
    if (inner.len == 0)
        return false;
    *type = inner.at[inner.len - 1];
    *content = bytes_slice(inner, 0, inner.len - 1);
    return true;
}

static bool open_tls13(struct protection *p, const struct sealed *record, uint8_t *out, uint8_t *type,
                       struct bytes *content)
{
    uint8_t nonce[NONCE_LEN], aad[RECORD_HEADER_LEN] = {record->type};
    unsigned draft = version_tls13_draft(p->version);
    if (record->fragment.len <= p->suite.tag_len)
        return false;
    memcpy(nonce, p->iv, sizeof nonce);
    xor_sequence(nonce, p->sequence);
    put_u16(aad + 1, record->version);
    put_u16(aad + 3, record->fragment.len);
    /* The header became part of it with draft 25. */
    struct bytes covered = {aad, draft && draft < 25 ? 0 : sizeof aad};
    if (record->header.len > 0)
        covered = record->header;
    return decrypt_aead(p, nonce, covered, record->fragment, out) &&
           strip_inner((struct bytes){out, record->fragment.len - p->suite.tag_len}, type, content);
}

static bool open_tls12_aead(struct protection *p, const struct sealed *record, uint8_t *out, struct bytes *content)
{
    uint8_t nonce[NONCE_LEN], aad[PSEUDO_HEADER_MAX_LEN];
    size_t explicit_len = p->suite.iv_len == NONCE_LEN ? 0 : EXPLICIT_LEN;
    if (record->fragment.len < explicit_len + p->suite.tag_len)
        return false;
    struct bytes sealed = bytes_slice(record->fragment, explicit_len, record->fragment.len);
    memcpy(nonce, p->iv, p->suite.iv_len);
    if (explicit_len > 0)
        memcpy(nonce + p->suite.iv_len, record->fragment.at, explicit_len);
    else
        xor_sequence(nonce, p->sequence);
    size_t aad_len = put_pseudo_header(aad, p->sequence, record, sealed.len - p->suite.tag_len);
    *content = (struct bytes){out, sealed.len - p->suite.tag_len};
    return decrypt_aead(p, nonce, (struct bytes){aad, aad_len}, sealed, out);
}

/* RFC 6101 section 5.2.3.1: hash(key + pad_2 + hash(key + pad_1 + seq_num + type + length + content)). */
static bool ssl3_mac(const struct protection *p, const struct sealed *record, struct bytes content, uint8_t *mac)
{
    size_t pad_len = p->suite.mac_len == 16 ? 48 : 40;
    uint8_t pad[48], header[PSEUDO_HEADER_MAX_LEN], length[2], inner[MAC_MAX_LEN];
    EVP_MD *hash = EVP_MD_fetch(crypto_library(p->crypto), p->suite.mac, NULL);
    EVP_MD_CTX *c = hash ? EVP_MD_CTX_new() : NULL;
    (void)put_pseudo_header(header, p->sequence, record, content.len);
    put_u16(length, content.len);
    memset(pad, 0x36, sizeof pad);
    bool is_ok = c && EVP_DigestInit_ex(c, hash, NULL) == 1 && EVP_DigestUpdate(c, p->mac_key, p->suite.mac_len) == 1 &&
                 EVP_DigestUpdate(c, pad, pad_len) == 1 && EVP_DigestUpdate(c, header, 9) == 1 &&
                 EVP_DigestUpdate(c, length, 2) == 1 && EVP_DigestUpdate(c, content.at, content.len) == 1 &&
                 EVP_DigestFinal_ex(c, inner, NULL) == 1;
    memset(pad, 0x5C, sizeof pad);
    is_ok = is_ok && EVP_DigestInit_ex(c, hash, NULL) == 1 && EVP_DigestUpdate(c, p->mac_key, p->suite.mac_len) == 1 &&
            EVP_DigestUpdate(c, pad, pad_len) == 1 && EVP_DigestUpdate(c, inner, p->suite.mac_len) == 1 &&
            EVP_DigestFinal_ex(c, mac, NULL) == 1;
    EVP_MD_CTX_free(c);
    EVP_MD_free(hash);
    return is_ok;
}

static bool tls_mac(const struct protection *p, const struct sealed *record, struct bytes content, uint8_t *mac)
{
    uint8_t header[PSEUDO_HEADER_MAX_LEN];
    EVP_MAC *hmac = EVP_MAC_fetch(crypto_library(p->crypto), "HMAC", NULL);
    EVP_MAC_CTX *c = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    size_t len;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)p->suite.mac, 0),
        OSSL_PARAM_construct_end()};
    size_t header_len = put_pseudo_header(header, p->sequence, record, content.len);
    bool is_ok = c && EVP_MAC_init(c, p->mac_key, p->suite.mac_len, params) == 1 &&
                 EVP_MAC_update(c, header, header_len) == 1 && EVP_MAC_update(c, content.at, content.len) == 1 &&
                 EVP_MAC_final(c, mac, &len, MAC_MAX_LEN) == 1;
    EVP_MAC_CTX_free(c);
    EVP_MAC_free(hmac);
    return is_ok;
}

static bool has_mac(const struct protection *p, const struct sealed *record, struct bytes content, struct bytes mac)
{
    uint8_t own[EVP_MAX_MD_SIZE];
    bool is_ok = p->version == VERSION_SSL3 ? ssl3_mac(p, record, content, own) : tls_mac(p, record, content, own);
    return is_ok && mac.len == p->mac_len && CRYPTO_memcmp(own, mac.at, mac.len) == 0;
}

/* The content ends with its MAC. */
static bool split_mac(const struct protection *p, const struct sealed *record, struct bytes plain,
                      struct bytes *content)
{
    if (plain.len < p->mac_len)
        return false;
    *content = bytes_slice(plain, 0, plain.len - p->mac_len);
    return has_mac(p, record, *content, bytes_slice(plain, content->len, plain.len));
}

static bool strip_padding(const struct protection *p, struct bytes *plain)
{
    uint8_t padding = plain->len ? plain->at[plain->len - 1] : 0;
    if ((size_t)padding + 1 > plain->len)
        return false;
    for (size_t i = 0; p->version != VERSION_SSL3 && i < padding; i++)
        if (plain->at[plain->len - 2 - i] != padding)
            return false;
    *plain = bytes_slice(*plain, 0, plain->len - padding - 1);
    return true;
}

static struct bytes last_block(const struct protection *p, struct bytes b)
{
    return bytes_slice(b, b.len - p->suite.block_len, p->suite.block_len);
}

static bool open_cbc(struct protection *p, const struct sealed *record, uint8_t *out, struct bytes *content)
{
    struct bytes sealed = record->fragment, iv = {p->iv, p->suite.block_len};
    int n;
    if (p->is_encrypt_then_mac) {
        if (!split_mac(p, record, sealed, &sealed))
            return false;
    }
    struct bytes next = sealed;
    if (p->version > VERSION_TLS10) {
        iv = bytes_slice(sealed, 0, p->suite.block_len);
        sealed = bytes_slice(sealed, p->suite.block_len, sealed.len);
    }
    if (sealed.len == 0 || sealed.len % p->suite.block_len != 0 ||
        EVP_DecryptInit_ex(p->context, NULL, NULL, NULL, iv.at) != 1 ||
        EVP_DecryptUpdate(p->context, out, &n, sealed.at, (int)sealed.len) != 1)
        return false;
    struct bytes plain = {out, sealed.len};
    bool is_ok = strip_padding(p, &plain);
    if (is_ok && p->is_encrypt_then_mac)
        *content = plain;
    else
        is_ok = is_ok && split_mac(p, record, plain, content);
    if (is_ok && protection_needs_content(p))
        memcpy(p->iv, last_block(p, next).at, p->suite.block_len);
    return is_ok;
}

static bool open_stream(struct protection *p, const struct sealed *record, uint8_t *out, struct bytes *content)
{
    int n;
    return EVP_DecryptUpdate(p->context, out, &n, record->fragment.at, (int)record->fragment.len) == 1 &&
           split_mac(p, record, (struct bytes){out, record->fragment.len}, content);
}

bool protection_open(struct protection *p, const struct sealed *record, uint8_t *out, uint8_t *type,
                     struct bytes *content)
{
    bool is_open;
    *type = record->type;
    *content = (struct bytes){NULL, 0};
    ERR_set_mark();
    if (record->fragment.len == 0)
        is_open = false;
    else if (p->is_tls13)
        is_open = open_tls13(p, record, out, type, content);
    else if (p->suite.kind == PROTECTION_AEAD)
        is_open = open_tls12_aead(p, record, out, content);
    else if (p->suite.kind == PROTECTION_CBC)
        is_open = open_cbc(p, record, out, content);
    else
        is_open = open_stream(p, record, out, content);
    ERR_pop_to_mark(); /* a record that does not open is no error of OpenSSL's users */
    if (is_open && record->connection_id.len > 0 && !p->is_tls13)
        is_open = strip_inner(*content, type, content);
    p->sequence += is_open;
    return is_open;
}

/* The key stream goes on with each byte. */
static void skip_stream(struct protection *p, size_t len)
{
    uint8_t nothing[256] = {0};
    int n;
    for (size_t part; len > 0; len -= part) {
        part = len < sizeof nothing ? len : sizeof nothing;
        (void)EVP_DecryptUpdate(p->context, nothing, &n, nothing, (int)part);
    }
    OPENSSL_cleanse(nothing, sizeof nothing);
}

void protection_skip(struct protection *p, struct bytes fragment, size_t len)
{
    p->sequence++;
    if (p->suite.kind == PROTECTION_STREAM)
        skip_stream(p, len);
    if (p->is_encrypt_then_mac && fragment.len >= p->mac_len)
        fragment = bytes_slice(fragment, 0, fragment.len - p->mac_len);
    if (protection_needs_content(p) && fragment.len >= p->suite.block_len)
        memcpy(p->iv, last_block(p, fragment).at, p->suite.block_len);
}

void protection_seek(struct protection *p, uint64_t sequence)
{
    p->sequence = sequence;
}

bool protection_needs_content(const struct protection *p)
{
    return p->suite.kind == PROTECTION_CBC && p->version <= VERSION_TLS10;
}

bool protection_find(struct protection *p, const struct sealed *record, unsigned most, uint8_t *out, uint8_t *type,
                     struct bytes *content)
{
    if (p->suite.kind == PROTECTION_STREAM || protection_needs_content(p))
        return false;
    uint64_t sequence = p->sequence;
    for (unsigned i = 0; i <= most; i++, p->sequence++)
        if (protection_open(p, record, out, type, content))
            return true;
    p->sequence = sequence;
    return false;
}
