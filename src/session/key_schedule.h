/*
 * From secrets to keys: TLS 1.3's HKDF-Expand-Label (RFC 8446 section 7.1), the PRF of TLS 1.0 to 1.2 (RFC 2246 and
 * 5246 section 5), SSLv3's own (RFC 6101 section 6.2.2); and which algorithms a suite stands for. OpenSSL computes.
 */
#ifndef TLSWHY_SESSION_KEY_SCHEDULE_H
#define TLSWHY_SESSION_KEY_SCHEDULE_H

#include "dissect/cursor.h"

#include <openssl/types.h>

#include <stdbool.h>

/* OpenSSL's algorithms, those of its "legacy" provider (RC4, DES, SEED, IDEA) where that is installed. */
struct crypto;
struct crypto *crypto_new(void); /* NULL: out of memory, or OpenSSL is not complete */
void crypto_free(struct crypto *crypto);
OSSL_LIB_CTX *crypto_library(const struct crypto *crypto);
/* The one context of this cipher, made when it is first asked for (`name` is a literal): whoever uses it sets key and
 * IV each time. NULL: out of memory, or OpenSSL has no such cipher. */
EVP_CIPHER_CTX *crypto_cipher(struct crypto *crypto, const char *name);

enum protection_kind { PROTECTION_AEAD, PROTECTION_CBC, PROTECTION_STREAM };

/* What a suite means in a version; strings are OpenSSL's names. */
struct suite_algorithms {
    enum protection_kind kind;
    const char *cipher;
    const char *mac;  /* hash of the HMAC; NULL with AEAD */
    const char *hash; /* of HKDF or PRF */
    uint8_t key_len, mac_len, hash_len;
    uint8_t iv_len;  /* of the key block: 4 or 12 with AEAD, a block with CBC up to TLS 1.0 */
    uint8_t tag_len; /* AEAD */
    uint8_t block_len;
    bool is_ccm;
};

/* False: not for this version, or with algorithms that are none of OpenSSL's or not for records (export suites' keys,
 * NULL). */
bool suite_algorithms_find(uint16_t cipher, uint16_t version, struct suite_algorithms *out);

enum { KEY_BLOCK_MAX_LEN = 2 * (48 + 32 + 16) };

/* HKDF-Extract (RFC 5869 section 2.2) into the hash's length of bytes. */
bool hkdf_extract(const struct crypto *crypto, const char *hash, struct bytes salt, struct bytes input, uint8_t *out,
                  size_t len);
/* HKDF-Expand (RFC 5869 section 2.3). */
bool hkdf_expand(const struct crypto *crypto, const char *hash, struct bytes secret, struct bytes info, uint8_t *out,
                 size_t len);
/* Derive-Secret's inner function, with an empty context; `version` tells a draft's prefix, and DTLS's. */
bool hkdf_expand_label(const struct crypto *crypto, const char *hash, uint16_t version, struct bytes secret,
                       const char *label, uint8_t *out, size_t len);
/* The same with a context, a transcript's hash mostly, in TLS 1.3 as published. */
bool hkdf_expand_label_of(const struct crypto *crypto, const char *hash, struct bytes secret, const char *label,
                          struct bytes context, uint8_t *out, size_t len);
/* master_secret of SSLv3 to TLS 1.2 (RFC 5246 section 8.1), from the randoms; with a session hash (not empty) the
 * extended one (RFC 7627 section 4), which SSLv3 does not have. */
bool master_derive(const struct crypto *crypto, const char *hash, uint16_t version, struct bytes premaster,
                   const uint8_t client_random[32], const uint8_t server_random[32], struct bytes session_hash,
                   uint8_t out[48]);
/* The hash of a suite's PRF over several pieces, for that. Returns its length, 0 when OpenSSL failed. */
enum { SESSION_HASH_MAX_LEN = 64 };
size_t session_hash(const struct crypto *crypto, const char *hash, const struct bytes *pieces, size_t num,
                    uint8_t out[SESSION_HASH_MAX_LEN]);
/* key_block of SSLv3 to TLS 1.2. */
bool key_block_derive(const struct crypto *crypto, const char *hash, uint16_t version, struct bytes master,
                      const uint8_t client_random[32], const uint8_t server_random[32], uint8_t *out, size_t len);

#endif
