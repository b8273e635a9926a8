/* QUIC packets for tests, sealed by OpenSSL: see quic_builder.h. */
#include "support/quic_builder.h"

#include <openssl/evp.h>

#include <stdio.h>
#include <string.h>

enum { NUMBER_LEN = 2, SAMPLE_LEN = 16, LEAST_PAYLOAD = 4, CLIENT_INITIAL_LEN = 1200 };

/* The traffic secret of a level and side, before any key update. */
static void secret_of(unsigned level, unsigned side, uint8_t secret[QUIC_SECRET_MAX_LEN])
{
    for (unsigned i = 0; i < QUIC_SECRET_MAX_LEN; i++)
        secret[i] = (uint8_t)(0x40 * level + 0x20 * side + i);
}

bool quic_builder_init(struct quic_builder *b, struct crypto *crypto, uint32_t version, uint16_t cipher)
{
    static const uint8_t first_dcid[BUILT_ID_LEN] = {0x83, 0x94, 0xC8, 0xF0, 0x3E, 0x51, 0x57, 0x08};
    struct suite_algorithms suite;
    *b = (struct quic_builder){.crypto = crypto, .version = version};
    memcpy(b->first_dcid, first_dcid, sizeof first_dcid);
    memset(b->id[0], 0xC1, BUILT_ID_LEN);
    memset(b->id[1], 0x5E, BUILT_ID_LEN);
    if (!suite_algorithms_find(cipher, 0x0304, &suite))
        return false;
    for (unsigned side = 0; side < 2; side++) {
        struct bytes dcid = {b->first_dcid, BUILT_ID_LEN};
        if (!quic_keys_init_initial(&b->keys[BUILT_INITIAL][side], crypto, version, dcid, side == 1))
            return false;
        for (unsigned level = BUILT_HANDSHAKE; level < NUM_BUILT_LEVELS; level++) {
            uint8_t secret[QUIC_SECRET_MAX_LEN];
            secret_of(level, side, secret);
            if (!quic_keys_init(&b->keys[level][side], crypto, version, &suite, (struct bytes){secret, suite.hash_len}))
                return false;
        }
    }
    return true;
}

static size_t put(uint8_t *out, size_t at, const void *bytes, size_t len)
{
    memcpy(out + at, bytes, len);
    return at + len;
}

static size_t put_header(const struct quic_builder *b, unsigned level, unsigned side, size_t payload_len, uint8_t *out)
{
    static const uint8_t types[2][2] = {{0, 2}, {1, 3}}; /* of versions 1 and 2 */
    bool is_short = level == BUILT_1RTT, is_2 = b->version == QUIC_VERSION_2;
    const uint8_t *dcid = side == 0 && level == BUILT_INITIAL && !b->has_answered ? b->first_dcid : b->id[!side];
    size_t at = 1, length = NUMBER_LEN + payload_len + QUIC_TAG_LEN;
    out[0] = (uint8_t)(QUIC_FIXED_BIT | (NUMBER_LEN - 1));
    out[0] |= (uint8_t)(is_short ? b->is_second_phase[side] << 2 : QUIC_LONG_HEADER | types[is_2][level] << 4);
    for (unsigned i = 0; !is_short && i < 4; i++)
        out[at++] = (uint8_t)(b->version >> 8 * (3 - i));
    if (!is_short)
        out[at++] = BUILT_ID_LEN;
    at = put(out, at, dcid, BUILT_ID_LEN);
    if (!is_short) {
        out[at++] = BUILT_ID_LEN;
        at = put(out, at, b->id[side], BUILT_ID_LEN);
        if (level == BUILT_INITIAL)
            out[at++] = 0;
        out[at++] = (uint8_t)(0x40 | length >> 8);
        out[at++] = (uint8_t)length;
    }
    out[at++] = (uint8_t)(b->number[level][side] >> 8);
    out[at++] = (uint8_t)b->number[level][side];
    return at;
}

static bool seal(const struct quic_keys *keys, uint64_t number, uint8_t *packet, size_t header_len, struct bytes plain)
{
    uint8_t nonce[QUIC_IV_LEN];
    int len = 0, ccm = (int)plain.len;
    for (unsigned i = 0; i < QUIC_IV_LEN; i++)
        nonce[i] = keys->iv[i] ^ (i < QUIC_IV_LEN - 8 ? 0 : (uint8_t)(number >> 8 * (QUIC_IV_LEN - 1 - i)));
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, keys->suite.cipher, NULL);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool is_ok =
        cipher && context && EVP_EncryptInit_ex2(context, cipher, NULL, NULL, NULL) == 1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, QUIC_IV_LEN, NULL) == 1 &&
        (!keys->suite.is_ccm || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, QUIC_TAG_LEN, NULL) == 1) &&
        EVP_EncryptInit_ex2(context, NULL, keys->key, nonce, NULL) == 1 &&
        (!keys->suite.is_ccm || EVP_EncryptUpdate(context, NULL, &len, NULL, ccm) == 1) &&
        EVP_EncryptUpdate(context, NULL, &len, packet, (int)header_len) == 1 &&
        EVP_EncryptUpdate(context, packet + header_len, &len, plain.at, (int)plain.len) == 1 &&
        EVP_EncryptFinal_ex(context, packet + header_len + plain.len, &len) == 1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, QUIC_TAG_LEN, packet + header_len + plain.len) == 1;
    EVP_CIPHER_CTX_free(context);
    EVP_CIPHER_free(cipher);
    return is_ok;
}

static bool mask_header(const struct quic_keys *keys, uint8_t *packet, size_t header_len)
{
    static const uint8_t zero[5];
    const uint8_t *sample = packet + header_len - NUMBER_LEN + 4;
    bool is_chacha = keys->suite.cipher[0] == 'C';
    const char *name = is_chacha ? "ChaCha20" : keys->suite.key_len == 32 ? "AES-256-ECB" : "AES-128-ECB";
    uint8_t mask[2 * SAMPLE_LEN];
    int len = 0;
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool is_ok = cipher && context &&
                 EVP_EncryptInit_ex2(context, cipher, keys->header_key, is_chacha ? sample : NULL, NULL) == 1 &&
                 EVP_EncryptUpdate(context, mask, &len, is_chacha ? zero : sample, is_chacha ? 5 : SAMPLE_LEN) == 1;
    EVP_CIPHER_CTX_free(context);
    EVP_CIPHER_free(cipher);
    if (!is_ok)
        return false;
    packet[0] ^= mask[0] & (packet[0] & QUIC_LONG_HEADER ? 0x0F : 0x1F);
    for (unsigned i = 0; i < NUMBER_LEN; i++)
        packet[header_len - NUMBER_LEN + i] ^= mask[1 + i];
    return true;
}

size_t quic_builder_packet(struct quic_builder *b, unsigned level, unsigned side, struct bytes payload, uint8_t *out,
                           size_t len)
{
    enum { HEADER_MAX_LEN = 64 };
    uint8_t plain[BUILT_MAX_LEN] = {0};
    size_t padded = payload.len < LEAST_PAYLOAD ? LEAST_PAYLOAD : payload.len;
    size_t least = CLIENT_INITIAL_LEN - 7 - 2 * BUILT_ID_LEN - 3 - NUMBER_LEN - QUIC_TAG_LEN;
    if (level == BUILT_INITIAL && side == 0 && padded < least)
        padded = least;
    if (len + HEADER_MAX_LEN + padded + QUIC_TAG_LEN > BUILT_MAX_LEN)
        return 0;
    if (payload.len > 0)
        memcpy(plain, payload.at, payload.len);
    uint8_t *packet = out + len;
    size_t header_len = put_header(b, level, side, padded, packet);
    const struct quic_keys *keys = &b->keys[level][side];
    if (!seal(keys, b->number[level][side], packet, header_len, (struct bytes){plain, padded}) ||
        !mask_header(keys, packet, header_len))
        return 0;
    b->number[level][side]++;
    return len + header_len + padded + QUIC_TAG_LEN;
}

void quic_builder_update(struct quic_builder *b, unsigned side)
{
    (void)quic_keys_update(&b->keys[BUILT_1RTT][side], b->crypto);
    b->is_second_phase[side] = !b->is_second_phase[side];
}

size_t quic_builder_keylog(const struct quic_builder *b, const char *random_hex, unsigned levels, char *out,
                           size_t size)
{
    static const char *const labels[2][2] = {{"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET"},
                                             {"CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"}};
    size_t len = 0;
    for (unsigned level = 0; level < 2; level++)
        for (unsigned side = 0; side < 2 && levels >> level & 1; side++) {
            uint8_t secret[QUIC_SECRET_MAX_LEN];
            secret_of(level + BUILT_HANDSHAKE, side, secret);
            len += (size_t)snprintf(out + len, size - len, "%s %s ", labels[level][side], random_hex);
            for (unsigned i = 0; i < b->keys[level + BUILT_HANDSHAKE][side].suite.hash_len; i++)
                len += (size_t)snprintf(out + len, size - len, "%02x", secret[i]);
            len += (size_t)snprintf(out + len, size - len, "\n");
        }
    return len;
}
