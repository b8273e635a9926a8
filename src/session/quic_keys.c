/* QUIC's packet and header protection by OpenSSL: RFC 9001 section 5, RFC 9369 section 3.3. */
#include "session/quic_keys.h"

#include "dissect/handshake.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <stdlib.h>
#include <string.h>

enum {
    INITIAL_HASH_LEN = 32,
    SALT_LEN = 20,
    SAMPLE_LEN = 16,
    INITIAL_SUITE = 0x1301,
    LONG_PROTECTED_BITS = 0x0F, /* of the first byte */
    SHORT_PROTECTED_BITS = 0x1F,
    LONG_RESERVED_BITS = 0x0C,
    SHORT_RESERVED_BITS = 0x18,
    KEY_PHASE_BIT = 0x04,
    NUMBER_LEN_BITS = 0x03,
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

static bool is_chacha(const struct quic_keys *keys)
{
    return keys->suite.cipher[0] == 'C';
}

/* What a secret is expanded into; the label of version 2 differs from that of all others. */
static bool expand(const struct quic_keys *keys, const struct crypto *crypto, const char *label, const char *label_2,
                   uint8_t *out, size_t len)
{
    return hkdf_expand_label(crypto, keys->suite.hash, VERSION_TLS13,
                             (struct bytes){keys->secret, keys->suite.hash_len}, keys->is_version_2 ? label_2 : label,
                             out, len);
}

static bool expand_content_keys(struct quic_keys *keys, const struct crypto *crypto)
{
    return expand(keys, crypto, "quic key", "quicv2 key", keys->key, keys->suite.key_len) &&
           expand(keys, crypto, "quic iv", "quicv2 iv", keys->iv, QUIC_IV_LEN);
}

bool quic_keys_init(struct quic_keys *keys, const struct crypto *crypto, uint32_t version,
                    const struct suite_algorithms *suite, struct bytes secret)
{
    *keys = (struct quic_keys){.suite = *suite, .is_version_2 = version == QUIC_VERSION_2};
    bool is_aes = suite->cipher && suite->cipher[0] == 'A' && suite->cipher[1] == 'E';
    bool is_usable = suite->kind == PROTECTION_AEAD && suite->tag_len == QUIC_TAG_LEN &&
                     secret.len == suite->hash_len && secret.len <= sizeof keys->secret &&
                     suite->key_len <= sizeof keys->key && (is_aes || is_chacha(keys));
    if (is_usable)
        memcpy(keys->secret, secret.at, secret.len);
    return is_usable && expand_content_keys(keys, crypto) &&
           expand(keys, crypto, "quic hp", "quicv2 hp", keys->header_key, suite->key_len);
}

bool quic_keys_init_initial(struct quic_keys *keys, const struct crypto *crypto, uint32_t version, struct bytes dcid,
                            bool is_server)
{
    struct suite_algorithms suite;
    uint8_t initial[INITIAL_HASH_LEN], secret[INITIAL_HASH_LEN];
    return suite_algorithms_find(INITIAL_SUITE, VERSION_TLS13, &suite) &&
           hkdf_extract(crypto, suite.hash, (struct bytes){salt_of(version), SALT_LEN}, dcid, initial,
                        sizeof initial) &&
           hkdf_expand_label(crypto, suite.hash, VERSION_TLS13, (struct bytes){initial, sizeof initial},
                             is_server ? "server in" : "client in", secret, sizeof secret) &&
           quic_keys_init(keys, crypto, version, &suite, (struct bytes){secret, sizeof secret});
}

bool quic_keys_update(struct quic_keys *keys, const struct crypto *crypto)
{
    uint8_t secret[QUIC_SECRET_MAX_LEN];
    bool is_ok = expand(keys, crypto, "quic ku", "quicv2 ku", secret, keys->suite.hash_len);
    if (is_ok)
        memcpy(keys->secret, secret, keys->suite.hash_len);
    OPENSSL_cleanse(secret, sizeof secret);
    return is_ok && expand_content_keys(keys, crypto);
}

void quic_keys_wipe(struct quic_keys *keys)
{
    OPENSSL_cleanse(keys, sizeof *keys);
}

/* RFC 9001 sections 5.4.3 and 5.4.4. */
static bool header_mask(const struct quic_keys *keys, struct crypto *crypto, struct bytes sample,
                        uint8_t mask[SAMPLE_LEN])
{
    static const uint8_t zero[1 + QUIC_NUMBER_MAX_LEN];
    bool is_counter = is_chacha(keys);
    const char *cipher = is_counter ? "ChaCha20" : keys->suite.key_len == 32 ? "AES-256-ECB" : "AES-128-ECB";
    EVP_CIPHER_CTX *context = crypto_cipher(crypto, cipher);
    int len = 0;
    return context && EVP_EncryptInit_ex2(context, NULL, keys->header_key, is_counter ? sample.at : NULL, NULL) == 1 &&
           EVP_EncryptUpdate(context, mask, &len, is_counter ? zero : sample.at,
                             is_counter ? (int)sizeof zero : SAMPLE_LEN) == 1;
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

static bool read_header(const struct quic_keys *keys, struct crypto *crypto, const struct quic_packet *packet,
                        uint64_t next_number, struct quic_header *out)
{
    bool is_short = packet->kind == QUIC_SHORT;
    struct bytes sample = bytes_slice(packet->packet, packet->header_len + QUIC_NUMBER_MAX_LEN, SAMPLE_LEN);
    uint8_t mask[SAMPLE_LEN];
    if (sample.len < SAMPLE_LEN || !header_mask(keys, crypto, sample, mask))
        return false;
    *out = (struct quic_header){.first = packet->first ^
                                         (mask[0] & (is_short ? SHORT_PROTECTED_BITS : LONG_PROTECTED_BITS))};
    out->number_len = (uint8_t)((out->first & NUMBER_LEN_BITS) + 1u);
    uint32_t sent = 0;
    for (unsigned i = 0; i < out->number_len; i++) {
        out->number_bytes[i] = bytes_u8_at(packet->packet, packet->header_len + i) ^ mask[1 + i];
        sent = sent << 8 | out->number_bytes[i];
    }
    out->is_second_phase = is_short && out->first & KEY_PHASE_BIT;
    out->number = whole_number(next_number, sent, out->number_len);
    return packet->length >= (uint64_t)out->number_len + QUIC_TAG_LEN &&
           !(out->first & (is_short ? SHORT_RESERVED_BITS : LONG_RESERVED_BITS));
}

bool quic_keys_header(const struct quic_keys *keys, struct crypto *crypto, const struct quic_packet *packet,
                      uint64_t next_number, struct quic_header *out)
{
    ERR_set_mark();
    bool is_read = read_header(keys, crypto, packet, next_number, out);
    ERR_pop_to_mark();
    return is_read;
}

/* Where the parts of a packet lie. */
struct parts {
    struct bytes header, body, tag;
};

static struct parts parts_of(const struct quic_packet *packet, const struct quic_header *header, size_t declared)
{
    size_t at = packet->header_len + header->number_len;
    return (struct parts){
        .header = bytes_slice(packet->packet, 1, packet->header_len - 1),
        .body = bytes_slice(packet->packet, at, declared),
        .tag = bytes_slice(packet->packet, at + declared, QUIC_TAG_LEN),
    };
}

static bool feed(EVP_CIPHER_CTX *context, struct bytes b)
{
    int len = 0;
    return EVP_DecryptUpdate(context, NULL, &len, b.at, (int)b.len) == 1;
}

static bool feed_header(EVP_CIPHER_CTX *context, const struct parts *sealed, const struct quic_header *header)
{
    return feed(context, (struct bytes){&header->first, 1}) && feed(context, sealed->header) &&
           feed(context, (struct bytes){header->number_bytes, header->number_len});
}

/* CCM has to know its lengths beforehand, and gives nothing that is not authentic. */
static bool open_ccm(EVP_CIPHER_CTX *context, const struct quic_keys *keys, const uint8_t *nonce,
                     const struct parts *sealed, const struct quic_header *header, uint8_t *out)
{
    uint8_t associated[1 + 4 + 2 * (1 + QUIC_CID_MAX_LEN) + 8 + QUIC_NUMBER_MAX_LEN];
    int len = 0;
    size_t associated_len = 1 + sealed->header.len + header->number_len;
    if (sealed->tag.len < QUIC_TAG_LEN || associated_len > sizeof associated ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, QUIC_IV_LEN, NULL) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, QUIC_TAG_LEN, (void *)(uintptr_t)sealed->tag.at) != 1)
        return false;
    associated[0] = header->first;
    if (sealed->header.len > 0)
        memcpy(associated + 1, sealed->header.at, sealed->header.len);
    memcpy(associated + 1 + sealed->header.len, header->number_bytes, header->number_len);
    return EVP_DecryptInit_ex2(context, NULL, keys->key, nonce, NULL) == 1 &&
           EVP_DecryptUpdate(context, NULL, &len, NULL, (int)sealed->body.len) == 1 &&
           feed(context, (struct bytes){associated, associated_len}) &&
           EVP_DecryptUpdate(context, out, &len, sealed->body.at, (int)sealed->body.len) == 1;
}

static bool open_stream(EVP_CIPHER_CTX *context, const struct quic_keys *keys, const uint8_t *nonce,
                        const struct parts *sealed, const struct quic_header *header, uint8_t *out)
{
    uint8_t rest[QUIC_TAG_LEN];
    int len = 0;
    bool is_ok = EVP_DecryptInit_ex2(context, NULL, keys->key, nonce, NULL) == 1 &&
                 feed_header(context, sealed, header) &&
                 EVP_DecryptUpdate(context, out, &len, sealed->body.at, (int)sealed->body.len) == 1 &&
                 (size_t)len == sealed->body.len;
    if (!is_ok || sealed->tag.len < QUIC_TAG_LEN) /* cut by the capture: what is there is read, unproven */
        return is_ok;
    return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, QUIC_TAG_LEN, (void *)(uintptr_t)sealed->tag.at) == 1 &&
           EVP_DecryptFinal_ex(context, rest, &len) == 1;
}

bool quic_keys_open(const struct quic_keys *keys, struct crypto *crypto, const struct quic_packet *packet,
                    const struct quic_header *header, uint8_t *out, struct quic_opened *opened)
{
    uint8_t nonce[QUIC_IV_LEN];
    for (unsigned i = 0; i < QUIC_IV_LEN; i++)
        nonce[i] = keys->iv[i] ^ (i < QUIC_IV_LEN - 8 ? 0 : (uint8_t)(header->number >> 8 * (QUIC_IV_LEN - 1 - i)));
    opened->declared = (size_t)packet->length - header->number_len - QUIC_TAG_LEN;
    struct parts sealed = parts_of(packet, header, opened->declared);
    opened->len = sealed.body.len;
    ERR_set_mark();
    EVP_CIPHER_CTX *context = crypto_cipher(crypto, keys->suite.cipher);
    bool is_open = context && (keys->suite.is_ccm ? open_ccm : open_stream)(context, keys, nonce, &sealed, header, out);
    ERR_pop_to_mark(); /* a packet that does not open is no error of OpenSSL's users */
    return is_open;
}

/* Drafts 33 and 34 have those of version 1. */
static const struct retry_key {
    uint8_t key[16], nonce[QUIC_IV_LEN];
} retry_keys[] = {
    {{0xBE, 0x0C, 0x69, 0x0B, 0x9F, 0x66, 0x57, 0x5A, 0x1D, 0x76, 0x6B, 0x54, 0xE3, 0x68, 0xC8, 0x4E},
     {0x46, 0x15, 0x99, 0xD3, 0x5D, 0x63, 0x2B, 0xF2, 0x23, 0x98, 0x25, 0xBB}},
    {{0x8F, 0xB4, 0xB0, 0x1B, 0x56, 0xAC, 0x48, 0xE2, 0x60, 0xFB, 0xCB, 0xCE, 0xAD, 0x7C, 0xCC, 0x92},
     {0xD8, 0x69, 0x69, 0xBC, 0x2D, 0x7C, 0x6D, 0x99, 0x90, 0xEF, 0xB0, 0x4A}},
    {{0xCC, 0xCE, 0x18, 0x7E, 0xD0, 0x9A, 0x09, 0xD0, 0x57, 0x28, 0x15, 0x5A, 0x6C, 0xB9, 0x6B, 0xE1},
     {0xE5, 0x49, 0x30, 0xF9, 0x7F, 0x21, 0x36, 0xF0, 0x53, 0x0A, 0x8C, 0x1C}},
};

bool quic_retry_is_valid(struct crypto *crypto, const struct quic_packet *packet, struct bytes dcid)
{
    size_t header_len = 7 + packet->dcid.len + packet->scid.len + packet->token.len;
    struct bytes tag = bytes_slice(packet->packet, header_len, QUIC_TAG_LEN);
    const uint8_t *salt = salt_of(packet->version);
    const struct retry_key *of = &retry_keys[salt == salt_1 ? 0 : salt == salt_2 ? 1 : 2];
    uint8_t dcid_len = (uint8_t)dcid.len, out[QUIC_TAG_LEN];
    int len = 0;
    if (tag.len < QUIC_TAG_LEN)
        return true;
    ERR_set_mark();
    EVP_CIPHER_CTX *context = crypto_cipher(crypto, "AES-128-GCM");
    bool is_valid = context && EVP_DecryptInit_ex2(context, NULL, of->key, of->nonce, NULL) == 1 &&
                    feed(context, (struct bytes){&dcid_len, 1}) && (dcid.len == 0 || feed(context, dcid)) &&
                    feed(context, bytes_slice(packet->packet, 0, header_len)) &&
                    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, QUIC_TAG_LEN, (void *)(uintptr_t)tag.at) == 1 &&
                    EVP_DecryptFinal_ex(context, out, &len) == 1;
    ERR_pop_to_mark();
    return is_valid;
}
