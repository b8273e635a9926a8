/* HPKE's key schedule and AEADs by OpenSSL, which has no HPKE of its own before version 3.2: see hpke.h. */
#include "session/hpke.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <stdlib.h>
#include <string.h>

enum { HASH_MAX_LEN = 64, KEY_MAX_LEN = 32, NONCE_LEN = 12, SUITE_ID_LEN = 10, LABEL_MAX_LEN = 16 };

static const struct kdf {
    uint16_t id;
    const char *hash;
    uint8_t len;
} kdfs[] = {{1, "SHA256", 32}, {2, "SHA384", 48}, {3, "SHA512", 64}};

static const struct aead {
    uint16_t id;
    const char *cipher;
    uint8_t key_len;
} aeads[] = {{1, "AES-128-GCM", 16}, {2, "AES-256-GCM", 32}, {3, "ChaCha20-Poly1305", 32}};

static const struct kdf *kdf_find(uint16_t id)
{
    for (size_t i = 0; i < sizeof kdfs / sizeof *kdfs; i++)
        if (kdfs[i].id == id)
            return &kdfs[i];
    return NULL;
}

static const struct aead *aead_find(uint16_t id)
{
    for (size_t i = 0; i < sizeof aeads / sizeof *aeads; i++)
        if (aeads[i].id == id)
            return &aeads[i];
    return NULL;
}

bool hpke_suite_is_known(const struct hpke_suite *suite)
{
    return kdf_find(suite->kdf) && aead_find(suite->aead);
}

struct schedule {
    const struct crypto *crypto;
    const struct kdf *kdf;
    uint8_t suite_id[SUITE_ID_LEN];
};

/* LabeledExtract: "HPKE-v1" + suite_id + label + the input goes in. */
static bool extract(const struct schedule *s, struct bytes salt, const char *label, struct bytes input, uint8_t *out)
{
    size_t label_len = strnlen(label, LABEL_MAX_LEN), head_len = 7 + SUITE_ID_LEN + label_len;
    uint8_t *labeled = malloc(head_len + input.len);
    if (!labeled)
        return false;
    memcpy(labeled, "HPKE-v1", 7);
    memcpy(labeled + 7, s->suite_id, SUITE_ID_LEN);
    memcpy(labeled + 7 + SUITE_ID_LEN, label, label_len);
    if (input.len > 0)
        memcpy(labeled + head_len, input.at, input.len);
    bool is_ok =
        hkdf_extract(s->crypto, s->kdf->hash, salt, (struct bytes){labeled, head_len + input.len}, out, s->kdf->len);
    free(labeled);
    return is_ok;
}

/* LabeledExpand: L + "HPKE-v1" + suite_id + label + context is the info. */
static bool expand(const struct schedule *s, const uint8_t *secret, const char *label, struct bytes context,
                   uint8_t *out, uint16_t len)
{
    uint8_t info[2 + 7 + SUITE_ID_LEN + LABEL_MAX_LEN + 1 + 2 * HASH_MAX_LEN] = {(uint8_t)(len >> 8), (uint8_t)len};
    size_t label_len = strnlen(label, LABEL_MAX_LEN), at = 2;
    memcpy(info + at, "HPKE-v1", 7);
    at += 7;
    memcpy(info + at, s->suite_id, SUITE_ID_LEN);
    at += SUITE_ID_LEN;
    memcpy(info + at, label, label_len);
    at += label_len;
    memcpy(info + at, context.at, context.len);
    at += context.len;
    return hkdf_expand(s->crypto, s->kdf->hash, (struct bytes){secret, s->kdf->len}, (struct bytes){info, at}, out,
                       len);
}

/* KeySchedule() in base mode: no PSK. */
static bool derive_keys(const struct schedule *s, struct bytes shared_secret, struct bytes info, uint8_t *key,
                        uint16_t key_len, uint8_t nonce[NONCE_LEN])
{
    enum { MODE_BASE = 0 };
    static const struct bytes nothing = {NULL, 0};
    uint8_t context[1 + 2 * HASH_MAX_LEN] = {MODE_BASE}, secret[HASH_MAX_LEN];
    struct bytes whole = {context, 1u + 2u * s->kdf->len};
    bool is_ok = extract(s, nothing, "psk_id_hash", nothing, context + 1) &&
                 extract(s, nothing, "info_hash", info, context + 1 + s->kdf->len) &&
                 extract(s, shared_secret, "secret", nothing, secret) &&
                 expand(s, secret, "key", whole, key, key_len) &&
                 expand(s, secret, "base_nonce", whole, nonce, NONCE_LEN);
    OPENSSL_cleanse(secret, sizeof secret);
    return is_ok;
}

static bool decrypt(const struct crypto *crypto, const char *name, const uint8_t *key, const uint8_t nonce[NONCE_LEN],
                    const struct hpke_sealed *sealed, uint8_t *out)
{
    size_t len = sealed->ciphertext.len - HPKE_TAG_LEN;
    uint8_t tag[HPKE_TAG_LEN];
    int n;
    memcpy(tag, bytes_slice(sealed->ciphertext, len, HPKE_TAG_LEN).at, HPKE_TAG_LEN);
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(crypto_library(crypto), name, NULL);
    EVP_CIPHER_CTX *c = cipher ? EVP_CIPHER_CTX_new() : NULL;
    bool is_ok = c && EVP_DecryptInit_ex2(c, cipher, key, nonce, NULL) == 1 &&
                 (sealed->aad.len == 0 || EVP_DecryptUpdate(c, NULL, &n, sealed->aad.at, (int)sealed->aad.len) == 1) &&
                 EVP_DecryptUpdate(c, out, &n, sealed->ciphertext.at, (int)len) == 1 &&
                 EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, HPKE_TAG_LEN, tag) == 1 &&
                 EVP_DecryptFinal_ex(c, out + len, &n) == 1;
    EVP_CIPHER_CTX_free(c);
    EVP_CIPHER_free(cipher);
    return is_ok;
}

bool hpke_open(const struct crypto *crypto, struct bytes shared_secret, struct bytes info,
               const struct hpke_sealed *sealed, uint8_t *out)
{
    const struct hpke_suite *suite = &sealed->suite;
    const struct aead *aead = aead_find(suite->aead);
    struct schedule s = {crypto,
                         kdf_find(suite->kdf),
                         {'H', 'P', 'K', 'E', (uint8_t)(suite->kem >> 8), (uint8_t)suite->kem,
                          (uint8_t)(suite->kdf >> 8), (uint8_t)suite->kdf, (uint8_t)(suite->aead >> 8),
                          (uint8_t)suite->aead}};
    uint8_t key[KEY_MAX_LEN], nonce[NONCE_LEN] = {0};
    if (!s.kdf || !aead || sealed->ciphertext.len < HPKE_TAG_LEN)
        return false;
    ERR_set_mark();
    bool is_ok = derive_keys(&s, shared_secret, info, key, aead->key_len, nonce);
    for (unsigned i = 0; i < 8; i++)
        nonce[NONCE_LEN - 1 - i] ^= (uint8_t)(sealed->sequence >> 8 * i);
    is_ok = is_ok && decrypt(crypto, aead->cipher, key, nonce, sealed, out);
    ERR_pop_to_mark();
    OPENSSL_cleanse(key, sizeof key);
    OPENSSL_cleanse(nonce, sizeof nonce);
    return is_ok;
}
