/* Key schedules of TLS and SSLv3 by OpenSSL: see key_schedule.h. */
#include "session/key_schedule.h"

#include "dissect/handshake.h"
#include "dissect/registry.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/provider.h>

#include <stdlib.h>
#include <string.h>

enum { MAX_CIPHERS = 8 };

struct crypto {
    OSSL_LIB_CTX *library;
    OSSL_PROVIDER *standard, *legacy;
    unsigned num_ciphers;
    struct {
        const char *name;
        EVP_CIPHER_CTX *context;
    } ciphers[MAX_CIPHERS];
};

struct crypto *crypto_new(void)
{
    struct crypto *crypto = calloc(1, sizeof *crypto);
    if (!crypto)
        return NULL;
    crypto->library = OSSL_LIB_CTX_new();
    crypto->standard = crypto->library ? OSSL_PROVIDER_load(crypto->library, "default") : NULL;
    if (!crypto->standard) {
        crypto_free(crypto);
        return NULL;
    }
    ERR_set_mark();
    crypto->legacy = OSSL_PROVIDER_load(crypto->library, "legacy");
    ERR_pop_to_mark();
    return crypto;
}

void crypto_free(struct crypto *crypto)
{
    if (!crypto)
        return;
    for (unsigned i = 0; i < crypto->num_ciphers; i++)
        EVP_CIPHER_CTX_free(crypto->ciphers[i].context);
    if (crypto->legacy)
        OSSL_PROVIDER_unload(crypto->legacy);
    if (crypto->standard)
        OSSL_PROVIDER_unload(crypto->standard);
    OSSL_LIB_CTX_free(crypto->library);
    free(crypto);
}

OSSL_LIB_CTX *crypto_library(const struct crypto *crypto)
{
    return crypto->library;
}

EVP_CIPHER_CTX *crypto_cipher(struct crypto *crypto, const char *name)
{
    for (unsigned i = 0; i < crypto->num_ciphers; i++)
        if (strcmp(crypto->ciphers[i].name, name) == 0)
            return crypto->ciphers[i].context;
    if (crypto->num_ciphers == MAX_CIPHERS)
        return NULL;
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(crypto->library, name, NULL);
    EVP_CIPHER_CTX *context = cipher ? EVP_CIPHER_CTX_new() : NULL;
    if (context && EVP_CipherInit_ex2(context, cipher, NULL, NULL, 0, NULL) != 1) {
        EVP_CIPHER_CTX_free(context);
        context = NULL;
    }
    EVP_CIPHER_free(cipher);
    if (!context)
        return NULL;
    crypto->ciphers[crypto->num_ciphers].name = name;
    crypto->ciphers[crypto->num_ciphers++].context = context;
    return context;
}

static const struct cipher_row {
    const char *enc, *mode; /* as cipher_suites.csv has them */
    uint16_t bits;
    enum protection_kind kind;
    const char *name;
    uint8_t key_len, block_len, iv_len, tag_len; /* iv_len of TLS 1.2's key block */
} cipher_rows[] = {
    {"AES", "GCM", 128, PROTECTION_AEAD, "AES-128-GCM", 16, 1, 4, 16},
    {"AES", "GCM", 256, PROTECTION_AEAD, "AES-256-GCM", 32, 1, 4, 16},
    {"AES", "CCM", 128, PROTECTION_AEAD, "AES-128-CCM", 16, 1, 4, 16},
    {"AES", "CCM", 256, PROTECTION_AEAD, "AES-256-CCM", 32, 1, 4, 16},
    {"AES", "CCM_8", 128, PROTECTION_AEAD, "AES-128-CCM", 16, 1, 4, 8},
    {"AES", "CCM_8", 256, PROTECTION_AEAD, "AES-256-CCM", 32, 1, 4, 8},
    {"CHACHA20", "POLY1305", 256, PROTECTION_AEAD, "ChaCha20-Poly1305", 32, 1, 12, 16},
    {"ARIA", "GCM", 128, PROTECTION_AEAD, "ARIA-128-GCM", 16, 1, 4, 16},
    {"ARIA", "GCM", 256, PROTECTION_AEAD, "ARIA-256-GCM", 32, 1, 4, 16},
    {"SM4", "GCM", 128, PROTECTION_AEAD, "SM4-GCM", 16, 1, 4, 16},
    {"SM4", "CCM", 128, PROTECTION_AEAD, "SM4-CCM", 16, 1, 4, 16},
    {"AES", "CBC", 128, PROTECTION_CBC, "AES-128-CBC", 16, 16, 16, 0},
    {"AES", "CBC", 256, PROTECTION_CBC, "AES-256-CBC", 32, 16, 16, 0},
    {"3DES", "CBC", 168, PROTECTION_CBC, "DES-EDE3-CBC", 24, 8, 8, 0},
    {"DES", "CBC", 56, PROTECTION_CBC, "DES-CBC", 8, 8, 8, 0},
    {"CAMELLIA", "CBC", 128, PROTECTION_CBC, "CAMELLIA-128-CBC", 16, 16, 16, 0},
    {"CAMELLIA", "CBC", 256, PROTECTION_CBC, "CAMELLIA-256-CBC", 32, 16, 16, 0},
    {"ARIA", "CBC", 128, PROTECTION_CBC, "ARIA-128-CBC", 16, 16, 16, 0},
    {"ARIA", "CBC", 256, PROTECTION_CBC, "ARIA-256-CBC", 32, 16, 16, 0},
    {"SEED", "CBC", 128, PROTECTION_CBC, "SEED-CBC", 16, 16, 16, 0},
    {"IDEA", "CBC", 128, PROTECTION_CBC, "IDEA-CBC", 16, 8, 8, 0},
    {"SM4", "CBC", 128, PROTECTION_CBC, "SM4-CBC", 16, 16, 16, 0},
    {"RC4", "STREAM", 128, PROTECTION_STREAM, "RC4", 16, 1, 0, 0},
};

static const struct hash_row {
    const char *name; /* as cipher_suites.csv has it, and as OpenSSL does */
    uint8_t len;
} hash_rows[] = {{"MD5", 16}, {"SHA1", 20}, {"SHA256", 32}, {"SHA384", 48}, {"SM3", 32}};

static const struct hash_row *hash_find(const char *name)
{
    for (size_t i = 0; i < sizeof hash_rows / sizeof *hash_rows; i++)
        if (strcmp(hash_rows[i].name, name) == 0)
            return &hash_rows[i];
    return NULL;
}

static const struct cipher_row *cipher_row_find(const struct cipher_suite *suite)
{
    for (size_t i = 0; i < sizeof cipher_rows / sizeof *cipher_rows; i++) {
        const struct cipher_row *row = &cipher_rows[i];
        if (row->bits == suite->enc_bits && strcmp(row->enc, suite->enc) == 0 && strcmp(row->mode, suite->mode) == 0)
            return row;
    }
    return NULL;
}

bool suite_algorithms_find(uint16_t cipher, uint16_t version, struct suite_algorithms *out)
{
    bool is_tls13 = version_is_tls13(version);
    const struct cipher_suite *suite = cipher_suite_find(cipher);
    const struct cipher_row *row = suite ? cipher_row_find(suite) : NULL;
    memset(out, 0, sizeof *out);
    if (!row || (!is_tls13 && (version < VERSION_SSL3 || version > VERSION_TLS12)) || strstr(suite->kx, "EXPORT") ||
        is_tls13 != (strcmp(suite->protocol_min, "TLSv1.3") == 0))
        return false;
    const struct hash_row *mac = row->kind == PROTECTION_AEAD ? NULL : hash_find(suite->mac);
    const struct hash_row *hash = hash_find(strcmp(suite->prf_hash, "default") == 0 ? "SHA256" : suite->prf_hash);
    if (!hash || (!mac && row->kind != PROTECTION_AEAD) || (row->kind == PROTECTION_AEAD && version < VERSION_TLS12))
        return false;
    *out = (struct suite_algorithms){
        .kind = row->kind,
        .cipher = row->name,
        .mac = mac ? mac->name : NULL,
        .hash = version < VERSION_TLS12 ? "MD5-SHA1" : hash->name,
        .key_len = row->key_len,
        .mac_len = mac ? mac->len : 0,
        .hash_len = hash->len,
        .iv_len = row->iv_len,
        .tag_len = row->tag_len,
        .block_len = row->block_len,
        .is_ccm = strcmp(row->mode, "CCM") == 0 || strcmp(row->mode, "CCM_8") == 0,
    };
    if (is_tls13)
        out->iv_len = 12;
    else if (row->kind == PROTECTION_CBC && version > VERSION_TLS10)
        out->iv_len = 0; /* each record has its own */
    return true;
}

/* Runs a KDF of OpenSSL's by its name. */
static bool derive(const struct crypto *crypto, const char *name, const OSSL_PARAM *params, uint8_t *out, size_t len)
{
    ERR_set_mark();
    EVP_KDF *kdf = EVP_KDF_fetch(crypto->library, name, NULL);
    EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    bool is_ok = context && EVP_KDF_derive(context, out, len, params) == 1;
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
    ERR_pop_to_mark();
    return is_ok;
}

static OSSL_PARAM octets(const char *key, struct bytes b)
{
    return OSSL_PARAM_construct_octet_string(key, (void *)(uintptr_t)b.at, b.len);
}

static OSSL_PARAM text(const char *key, const char *value)
{
    return OSSL_PARAM_construct_utf8_string(key, (char *)(uintptr_t)value, 0);
}

bool hkdf_extract(const struct crypto *crypto, const char *hash, struct bytes salt, struct bytes input, uint8_t *out,
                  size_t len)
{
    static const uint8_t zeros[SESSION_HASH_MAX_LEN]; /* what no salt means; OpenSSL 3.0 takes no empty one */
    int mode = EVP_KDF_HKDF_MODE_EXTRACT_ONLY;
    if (salt.len == 0)
        salt = (struct bytes){zeros, sizeof zeros};
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
        text(OSSL_KDF_PARAM_DIGEST, hash),
        octets(OSSL_KDF_PARAM_KEY, input),
        octets(OSSL_KDF_PARAM_SALT, salt),
        OSSL_PARAM_construct_end(),
    };
    return derive(crypto, "HKDF", params, out, len);
}

bool hkdf_expand(const struct crypto *crypto, const char *hash, struct bytes secret, struct bytes info, uint8_t *out,
                 size_t len)
{
    int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
        text(OSSL_KDF_PARAM_DIGEST, hash),
        octets(OSSL_KDF_PARAM_KEY, secret),
        octets(OSSL_KDF_PARAM_INFO, info),
        OSSL_PARAM_construct_end(),
    };
    return derive(crypto, "HKDF", params, out, len);
}

/* HkdfLabel (RFC 8446 section 7.1). */
static bool expand_label(const struct crypto *crypto, const char *hash, struct bytes secret, const char *prefix,
                         const char *label, struct bytes context, uint8_t *out, size_t len)
{
    size_t prefix_len = strnlen(prefix, 16), label_len = strnlen(label, 32), head_len = 3 + prefix_len + label_len;
    uint8_t info[2 + 1 + 16 + 32 + 1 + 64] = {(uint8_t)(len >> 8), (uint8_t)len, (uint8_t)(prefix_len + label_len)};
    if (context.len > 64)
        return false;
    memcpy(info + 3, prefix, prefix_len);
    memcpy(info + 3 + prefix_len, label, label_len);
    info[head_len] = (uint8_t)context.len;
    if (context.len > 0)
        memcpy(info + head_len + 1, context.at, context.len);
    return hkdf_expand(crypto, hash, secret, (struct bytes){info, head_len + 1 + context.len}, out, len);
}

bool hkdf_expand_label(const struct crypto *crypto, const char *hash, uint16_t version, struct bytes secret,
                       const char *label, uint8_t *out, size_t len)
{
    unsigned draft = version_tls13_draft(version);
    const char *prefix = version_is_dtls13(version) ? "dtls13" : draft && draft < 20 ? "TLS 1.3, " : "tls13 ";
    return expand_label(crypto, hash, secret, prefix, label, (struct bytes){NULL, 0}, out, len);
}

bool hkdf_expand_label_of(const struct crypto *crypto, const char *hash, struct bytes secret, const char *label,
                          struct bytes context, uint8_t *out, size_t len)
{
    return expand_label(crypto, hash, secret, "tls13 ", label, context, out, len);
}

/* MD5(secret + SHA1("A" + secret + randoms)) + MD5(secret + SHA1("BB" + ...)) + ... */
static bool ssl3_derive(const struct crypto *crypto, struct bytes secret, const uint8_t randoms[64], uint8_t *out,
                        size_t len)
{
    enum { MD5_LEN = 16, SHA1_LEN = 20, ROUNDS_MAX = 16, SECRET_LEN = 48 };
    uint8_t inner[ROUNDS_MAX + SECRET_LEN + 64], outer[SECRET_LEN + SHA1_LEN], digest[MD5_LEN];
    bool is_ok = secret.len == SECRET_LEN && len <= (size_t)ROUNDS_MAX * MD5_LEN;
    for (size_t round = 1, at = 0; is_ok && at < len; round++, at += MD5_LEN) {
        memset(inner, 'A' + (int)round - 1, round);
        memcpy(inner + round, secret.at, SECRET_LEN);
        memcpy(inner + round + SECRET_LEN, randoms, 64);
        memcpy(outer, secret.at, SECRET_LEN);
        is_ok = EVP_Q_digest(crypto->library, "SHA1", NULL, inner, round + SECRET_LEN + 64, outer + SECRET_LEN, NULL) &&
                EVP_Q_digest(crypto->library, "MD5", NULL, outer, sizeof outer, digest, NULL);
        memcpy(out + at, digest, len - at < MD5_LEN ? len - at : MD5_LEN);
    }
    OPENSSL_cleanse(inner, sizeof inner);
    OPENSSL_cleanse(outer, sizeof outer);
    OPENSSL_cleanse(digest, sizeof digest);
    return is_ok;
}

/* PRF(secret, label, seed) of TLS 1.0 to 1.2. */
static bool tls_prf(const struct crypto *crypto, const char *hash, struct bytes secret, const char *label,
                    struct bytes seed, uint8_t *out, size_t len)
{
    const OSSL_PARAM params[] = {
        text(OSSL_KDF_PARAM_DIGEST, hash),
        octets(OSSL_KDF_PARAM_SECRET, secret),
        octets(OSSL_KDF_PARAM_SEED, (struct bytes){(const uint8_t *)label, strlen(label)}),
        octets(OSSL_KDF_PARAM_SEED, seed),
        OSSL_PARAM_construct_end(),
    };
    return derive(crypto, "TLS1-PRF", params, out, len);
}

bool master_derive(const struct crypto *crypto, const char *hash, uint16_t version, struct bytes premaster,
                   const uint8_t client_random[32], const uint8_t server_random[32], struct bytes session_hash,
                   uint8_t out[48])
{
    uint8_t randoms[64];
    memcpy(randoms, client_random, 32);
    memcpy(randoms + 32, server_random, 32);
    if (version == VERSION_SSL3)
        return ssl3_derive(crypto, premaster, randoms, out, 48);
    if (session_hash.len > 0)
        return tls_prf(crypto, hash, premaster, "extended master secret", session_hash, out, 48);
    return tls_prf(crypto, hash, premaster, "master secret", (struct bytes){randoms, sizeof randoms}, out, 48);
}

size_t session_hash(const struct crypto *crypto, const char *hash, const struct bytes *pieces, size_t num,
                    uint8_t out[SESSION_HASH_MAX_LEN])
{
    unsigned len = 0;
    ERR_set_mark();
    EVP_MD *md = EVP_MD_fetch(crypto->library, hash, NULL);
    EVP_MD_CTX *c = md ? EVP_MD_CTX_new() : NULL;
    bool is_ok = c && EVP_DigestInit_ex(c, md, NULL) == 1;
    for (size_t i = 0; is_ok && i < num; i++)
        is_ok = pieces[i].len == 0 || EVP_DigestUpdate(c, pieces[i].at, pieces[i].len) == 1;
    is_ok = is_ok && EVP_DigestFinal_ex(c, out, &len) == 1;
    EVP_MD_CTX_free(c);
    EVP_MD_free(md);
    ERR_pop_to_mark();
    return is_ok ? len : 0;
}

bool key_block_derive(const struct crypto *crypto, const char *hash, uint16_t version, struct bytes master,
                      const uint8_t client_random[32], const uint8_t server_random[32], uint8_t *out, size_t len)
{
    uint8_t randoms[64];
    memcpy(randoms, server_random, 32);
    memcpy(randoms + 32, client_random, 32);
    if (version == VERSION_SSL3)
        return ssl3_derive(crypto, master, randoms, out, len);
    return tls_prf(crypto, hash, master, "key expansion", (struct bytes){randoms, sizeof randoms}, out, len);
}
