/* Records of DTLS 1.3 by OpenSSL's ciphers: see dtls_protection.h. */
#include "session/dtls_protection.h"

#include "session/keylog.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <stdlib.h>
#include <string.h>

enum {
    SAMPLE_LEN = 16,
    KEY_MAX_LEN = 32,
    HEADER_MAX_LEN = 1 + DTLS_CONNECTION_ID_MAX_LEN + 2 + 2,
    UNIFIED_LONG_SEQUENCE = 0x08,
};

struct dtls_epoch {
    struct protection *protection;
    EVP_CIPHER *cipher; /* of record numbers */
    EVP_CIPHER_CTX *numbers;
    bool is_chacha;
    uint64_t nonce_base; /* what stands above the number in the nonce */
    uint64_t next;       /* the highest number seen, plus one */
};

static bool set_number_key(struct dtls_epoch *e, const struct crypto *crypto, const struct suite_algorithms *suite,
                           struct bytes secret)
{
    uint8_t key[KEY_MAX_LEN];
    const char *name = suite->key_len == 16 ? "AES-128-ECB" : "AES-256-ECB";
    e->is_chacha = strcmp(suite->cipher, "ChaCha20-Poly1305") == 0;
    if (!e->is_chacha && strncmp(suite->cipher, "AES-", 4) != 0)
        return false; /* no RFC says how */
    e->cipher = EVP_CIPHER_fetch(crypto_library(crypto), e->is_chacha ? "ChaCha20" : name, NULL);
    e->numbers = e->cipher ? EVP_CIPHER_CTX_new() : NULL;
    bool is_ok = e->numbers &&
                 hkdf_expand_label(crypto, suite->hash, VERSION_DTLS13, secret, "sn", key, suite->key_len) &&
                 EVP_EncryptInit_ex2(e->numbers, e->cipher, key, NULL, NULL) == 1 &&
                 (e->is_chacha || EVP_CIPHER_CTX_set_padding(e->numbers, 0) == 1);
    OPENSSL_cleanse(key, sizeof key);
    return is_ok;
}

struct dtls_epoch *dtls_epoch_new(const struct crypto *crypto, const struct suite_algorithms *suite, uint16_t version,
                                  uint16_t number, struct bytes secret)
{
    struct dtls_epoch *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    /* The last draft's RecordNumber holds the epoch; the RFC leaves it out, since each epoch has keys of its own. */
    e->nonce_base = version == VERSION_DTLS13 ? 0 : (uint64_t)number << 48;
    ERR_set_mark();
    e->protection = protection_new(crypto, suite, VERSION_DTLS13, secret);
    bool is_ok = e->protection && set_number_key(e, crypto, suite, secret);
    ERR_pop_to_mark();
    if (is_ok)
        return e;
    dtls_epoch_free(e);
    return NULL;
}

void dtls_epoch_free(struct dtls_epoch *epoch)
{
    if (!epoch)
        return;
    protection_free(epoch->protection);
    EVP_CIPHER_CTX_free(epoch->numbers);
    EVP_CIPHER_free(epoch->cipher);
    free(epoch);
}

static bool number_mask(struct dtls_epoch *e, struct bytes body, uint8_t mask[SAMPLE_LEN])
{
    static const uint8_t zero[SAMPLE_LEN];
    int len = 0;
    if (body.len < SAMPLE_LEN)
        return false;
    if (e->is_chacha) /* counter and nonce are the sample's */
        return EVP_EncryptInit_ex2(e->numbers, NULL, NULL, body.at, NULL) == 1 &&
               EVP_EncryptUpdate(e->numbers, mask, &len, zero, sizeof zero) == 1;
    return EVP_EncryptUpdate(e->numbers, mask, &len, body.at, SAMPLE_LEN) == 1;
}

/* The number with these lowest bits that is nearest to the next one. */
static uint64_t whole_number(uint64_t next, uint16_t sent, unsigned bits)
{
    uint64_t window = UINT64_C(1) << bits, half = window / 2;
    uint64_t number = (next & ~(window - 1)) | sent;
    if (number + half < next)
        return number + window;
    return number > next + half && number >= window ? number - window : number;
}

bool dtls_epoch_open(struct dtls_epoch *epoch, const struct dtls_record *record, uint8_t *out, struct dtls_inner *inner)
{
    uint8_t header[HEADER_MAX_LEN] = {0}, mask[SAMPLE_LEN];
    size_t at = 1 + record->connection_id.len;
    unsigned len = bytes_u8_at(record->header, 0) & UNIFIED_LONG_SEQUENCE ? 2 : 1;
    struct sealed sealed = {record->type, 0, record->body, {NULL, 0}, {header, record->header.len}};
    uint16_t sent = 0;
    if (record->header.len < at + len || record->header.len > sizeof header || record->body.len < record->length ||
        !number_mask(epoch, record->body, mask))
        return false;
    memcpy(header, record->header.at, record->header.len);
    for (unsigned i = 0; i < len; i++) {
        header[at + i] ^= mask[i];
        sent = (uint16_t)(sent << 8 | header[at + i]);
    }
    inner->sequence = whole_number(epoch->next, sent, 8 * len);
    protection_seek(epoch->protection, epoch->nonce_base | inner->sequence);
    if (!protection_open(epoch->protection, &sealed, out, &inner->type, &inner->content))
        return false;
    if (inner->sequence >= epoch->next)
        epoch->next = inner->sequence + 1;
    return true;
}

bool dtls_secret_update(const struct crypto *crypto, const struct suite_algorithms *suite, uint8_t *secret)
{
    uint8_t next[SECRET_MAX_LEN];
    bool is_ok = hkdf_expand_label(crypto, suite->hash, VERSION_DTLS13, (struct bytes){secret, suite->hash_len},
                                   "traffic upd", next, suite->hash_len);
    if (is_ok)
        memcpy(secret, next, suite->hash_len);
    OPENSSL_cleanse(next, sizeof next);
    return is_ok;
}
