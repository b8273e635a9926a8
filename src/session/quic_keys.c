/* QUIC's packet and header protection by OpenSSL: RFC 9001 section 5, RFC 9369 section 3.3. */
#include "session/quic_keys.h"

#include "dissect/handshake.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <stdlib.h>
#include <string.h>

enum {
    HASH_MAX_LEN = 48,
    INITIAL_HASH_LEN = 32,
    NONCE_LEN = 12,
    SALT_LEN = 20,
    SAMPLE_LEN = 16,
    NUMBER_MAX_LEN = 4,
    INITIAL_SUITE = 0x1301,
    PROTECTED_BITS = 0x0F, /* of a long header's first byte */
    RESERVED_BITS = 0x0C,
    NUMBER_LEN_BITS = 0x03,
};

struct quic_keys {
    EVP_CIPHER *aead, *header;
    EVP_CIPHER_CTX *aead_context, *header_context;
    uint8_t iv[NONCE_LEN];
    bool is_chacha;
};

/* Drafts 33 and 34 have that of version 1. */
static const uint8_t salt_1[SALT_LEN] = {0x38, 0x76, 0x2C, 0xF7, 0xF5, 0x59, 0x34, 0xB3, 0x4D, 0x17,
                                         0x9A, 0xE6, 0xA4, 0xC8, 0x0C, 0xAD, 0xCC, 0xBB, 0x7F, 0x0A};
static const uint8_t salt_2[SALT_LEN] = {0x0D, 0xED, 0xE3, 0xDE, 0xF7, 0x00, 0xA6, 0xDB, 0x81, 0x93,
                                         0x81, 0xBE, 0x6E, 0x26, 0x9D, 0xCB, 0xF9, 0xBD, 0x2E, 0xD9};
static const uint8_t salt_draft_29[SALT_LEN] = {0xAF, 0xBF, 0xEC, 0x28, 0x99, 0x93, 0xD2, 0x4C, 0x9E, 0x97,
                                                0x86, 0xF1, 0x9C, 0x61, 0x11, 0xE0, 0x43, 0x90, 0xA8, 0x99};

static const uint8_t *salt_of(uint32_t version)
{
    bool is_early_draft = version >= QUIC_VERSION_DRAFT_29 && version < QUIC_VERSION_DRAFT_33;
    return version == QUIC_VERSION_2 ? salt_2 : is_early_draft ? salt_draft_29 : salt_1;
}

static bool set_up(struct quic_keys *keys, const struct crypto *crypto, uint32_t version,
                   const struct suite_algorithms *suite, struct bytes secret)
{
    static const char *const labels[2][3] = {{"quic key", "quic iv", "quic hp"},
                                             {"quicv2 key", "quicv2 iv", "quicv2 hp"}};
    const char *const *label = labels[version == QUIC_VERSION_2];
    uint8_t key[EVP_MAX_KEY_LENGTH], header_key[EVP_MAX_KEY_LENGTH];
    keys->is_chacha = suite->key_len == 32 && suite->cipher[0] == 'C';
    const char *header = keys->is_chacha ? "ChaCha20" : suite->key_len == 32 ? "AES-256-ECB" : "AES-128-ECB";
    keys->aead = EVP_CIPHER_fetch(crypto_library(crypto), suite->cipher, NULL);
    keys->header = EVP_CIPHER_fetch(crypto_library(crypto), header, NULL);
    keys->aead_context = EVP_CIPHER_CTX_new();
    keys->header_context = EVP_CIPHER_CTX_new();
    bool is_ok =
        keys->aead && keys->header && keys->aead_context && keys->header_context &&
        hkdf_expand_label(crypto, suite->hash, VERSION_TLS13, secret, label[0], key, suite->key_len) &&
        hkdf_expand_label(crypto, suite->hash, VERSION_TLS13, secret, label[1], keys->iv, NONCE_LEN) &&
        hkdf_expand_label(crypto, suite->hash, VERSION_TLS13, secret, label[2], header_key, suite->key_len) &&
        EVP_DecryptInit_ex2(keys->aead_context, keys->aead, key, NULL, NULL) == 1 &&
        EVP_EncryptInit_ex2(keys->header_context, keys->header, keys->is_chacha ? NULL : header_key, NULL, NULL) == 1;
    if (is_ok && keys->is_chacha) { /* its IV comes with each packet, and starts it anew */
        static const uint8_t zero[SAMPLE_LEN];
        is_ok = EVP_EncryptInit_ex2(keys->header_context, NULL, header_key, zero, NULL) == 1;
    }
    OPENSSL_cleanse(key, sizeof key);
    OPENSSL_cleanse(header_key, sizeof header_key);
    return is_ok && (keys->is_chacha || EVP_CIPHER_CTX_set_padding(keys->header_context, 0) == 1);
}

struct quic_keys *quic_keys_new(const struct crypto *crypto, uint32_t version, const struct suite_algorithms *suite,
                                struct bytes secret)
{
    bool is_usable = suite->kind == PROTECTION_AEAD && !suite->is_ccm && secret.len == suite->hash_len;
    struct quic_keys *keys = is_usable ? calloc(1, sizeof *keys) : NULL;
    if (keys && !set_up(keys, crypto, version, suite, secret)) {
        quic_keys_free(keys);
        return NULL;
    }
    return keys;
}

struct quic_keys *quic_keys_new_initial(const struct crypto *crypto, uint32_t version, struct bytes dcid,
                                        bool is_server)
{
    struct suite_algorithms suite;
    uint8_t initial[INITIAL_HASH_LEN], secret[INITIAL_HASH_LEN];
    if (!suite_algorithms_find(INITIAL_SUITE, VERSION_TLS13, &suite) ||
        !hkdf_extract(crypto, suite.hash, (struct bytes){salt_of(version), SALT_LEN}, dcid, initial, sizeof initial) ||
        !hkdf_expand_label(crypto, suite.hash, VERSION_TLS13, (struct bytes){initial, sizeof initial},
                           is_server ? "server in" : "client in", secret, sizeof secret))
        return NULL;
    return quic_keys_new(crypto, version, &suite, (struct bytes){secret, sizeof secret});
}

void quic_keys_free(struct quic_keys *keys)
{
    if (!keys)
        return;
    EVP_CIPHER_CTX_free(keys->aead_context);
    EVP_CIPHER_CTX_free(keys->header_context);
    EVP_CIPHER_free(keys->aead);
    EVP_CIPHER_free(keys->header);
    OPENSSL_cleanse(keys, sizeof *keys);
    free(keys);
}

/* RFC 9001 sections 5.4.3 and 5.4.4. */
static bool header_mask(struct quic_keys *keys, struct bytes sample, uint8_t mask[SAMPLE_LEN])
{
    static const uint8_t zero[1 + NUMBER_MAX_LEN];
    int len = 0;
    if (keys->is_chacha)
        return EVP_EncryptInit_ex2(keys->header_context, NULL, NULL, sample.at, NULL) == 1 &&
               EVP_EncryptUpdate(keys->header_context, mask, &len, zero, sizeof zero) == 1;
    return EVP_EncryptUpdate(keys->header_context, mask, &len, sample.at, SAMPLE_LEN) == 1;
}

/* RFC 9000 appendix A.3. */
static uint64_t whole_number(uint64_t next, uint32_t sent, unsigned len)
{
    uint64_t window = UINT64_C(1) << (8 * len), half = window / 2;
    uint64_t candidate = (next & ~(window - 1)) | sent;
    if (candidate + half <= next && candidate < (UINT64_C(1) << 62) - window)
        return candidate + window;
    return candidate > next + half && candidate >= window ? candidate - window : candidate;
}

static bool feed_header(EVP_CIPHER_CTX *context, struct bytes b)
{
    int len = 0;
    return EVP_DecryptUpdate(context, NULL, &len, b.at, (int)b.len) == 1;
}

static bool open_packet(struct quic_keys *keys, const struct quic_packet *packet, uint64_t next_number, uint8_t *out,
                        struct quic_opened *opened)
{
    struct bytes sample = bytes_slice(packet->packet, packet->header_len + NUMBER_MAX_LEN, SAMPLE_LEN);
    uint8_t mask[SAMPLE_LEN], number_bytes[NUMBER_MAX_LEN];
    if (sample.len < SAMPLE_LEN || !header_mask(keys, sample, mask))
        return false;
    uint8_t first = packet->first ^ (mask[0] & PROTECTED_BITS);
    unsigned number_len = (first & NUMBER_LEN_BITS) + 1u;
    uint32_t sent = 0;
    for (unsigned i = 0; i < number_len; i++) {
        number_bytes[i] = bytes_u8_at(packet->packet, packet->header_len + i) ^ mask[1 + i];
        sent = sent << 8 | number_bytes[i];
    }
    if (packet->length < number_len + QUIC_TAG_LEN || first & RESERVED_BITS)
        return false;
    opened->number = whole_number(next_number, sent, number_len);
    opened->declared = (size_t)packet->length - number_len - QUIC_TAG_LEN;
    struct bytes body = bytes_slice(packet->packet, packet->header_len + number_len, opened->declared);
    struct bytes tag = bytes_slice(packet->packet, packet->header_len + number_len + opened->declared, QUIC_TAG_LEN);
    uint8_t nonce[NONCE_LEN];
    for (unsigned i = 0; i < NONCE_LEN; i++)
        nonce[i] = keys->iv[i] ^ (i < NONCE_LEN - 8 ? 0 : (uint8_t)(opened->number >> 8 * (NONCE_LEN - 1 - i)));
    EVP_CIPHER_CTX *context = keys->aead_context;
    int len = 0;
    bool is_ok = EVP_DecryptInit_ex2(context, NULL, NULL, nonce, NULL) == 1 &&
                 feed_header(context, (struct bytes){&first, 1}) &&
                 feed_header(context, bytes_slice(packet->packet, 1, packet->header_len - 1)) &&
                 feed_header(context, (struct bytes){number_bytes, number_len}) &&
                 EVP_DecryptUpdate(context, out, &len, body.at, (int)body.len) == 1 && (size_t)len == body.len;
    opened->len = body.len;
    if (!is_ok || tag.len < QUIC_TAG_LEN) /* cut by the capture: what is there is read, unproven */
        return is_ok;
    uint8_t rest[QUIC_TAG_LEN];
    return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, QUIC_TAG_LEN, (void *)(uintptr_t)tag.at) == 1 &&
           EVP_DecryptFinal_ex(context, rest, &len) == 1;
}

bool quic_keys_open(struct quic_keys *keys, const struct quic_packet *packet, uint64_t next_number, uint8_t *out,
                    struct quic_opened *opened)
{
    ERR_set_mark();
    bool is_open = open_packet(keys, packet, next_number, out, opened);
    ERR_pop_to_mark(); /* a packet that does not open is no error of OpenSSL's users */
    return is_open;
}
