/*
 * Protected records of one side under one set of keys: opened in order, each counted whether it was opened or not
 * (RFC 8446 section 5.2; RFC 5246 section 6.2.3; RFC 7366; RFC 6101 section 5.2.3). Those of DTLS say their number
 * themselves (RFC 6347 section 4.1, RFC 9146, RFC 9147 section 4).
 */
#ifndef TLSWHY_SESSION_PROTECTION_H
#define TLSWHY_SESSION_PROTECTION_H

#include "session/key_schedule.h"

#include <stdbool.h>

struct protection;

/* TLS 1.3: keys of a traffic secret. NULL: without memory, or the secret is not of the suite's length, or OpenSSL lacks
 * the algorithm. */
struct protection *protection_new(const struct crypto *crypto, const struct suite_algorithms *suite, uint16_t version,
                                  struct bytes secret);
/* SSLv3 to TLS 1.2: the keys of one side of a key block. */
struct protection_block {
    uint8_t bytes[KEY_BLOCK_MAX_LEN];
    bool is_server, is_encrypt_then_mac, is_truncated_hmac; /* RFC 7366; RFC 6066 section 7 */
};
/* How many bytes of key block a suite needs. */
size_t protection_block_len(const struct suite_algorithms *suite);
struct protection *protection_new_block(const struct crypto *crypto, const struct suite_algorithms *suite,
                                        uint16_t version, const struct protection_block *block);
void protection_free(struct protection *p); /* wipes */

/* The record's content into `out`, which has room for fragment.len + PROTECTION_ROOM bytes, and is the caller's to
 * wipe. False: its tag, MAC or padding is wrong; then nothing was counted. In TLS 1.3 *type becomes the inner one. */
enum { PROTECTION_ROOM = 16 };
struct sealed {
    uint8_t type;
    uint16_t version; /* of the record's header */
    struct bytes fragment;
    struct bytes connection_id; /* of a tls12_cid record (RFC 9146), whose type is hidden, too; else empty */
    struct bytes header;        /* of DTLS 1.3: as sent, but for its number, which is decrypted; else empty */
};
bool protection_open(struct protection *p, const struct sealed *record, uint8_t *out, uint8_t *type,
                     struct bytes *content);

/* DTLS, whose records come in any order: the number of the next one, up to DTLS 1.2 with the epoch before it. */
void protection_seek(struct protection *p, uint64_t sequence);

/* A record that is not opened. `fragment` may hold less than `len` bytes unless protection_needs_content(). */
void protection_skip(struct protection *p, struct bytes fragment, size_t len);
/* Chained CBC of SSLv3 and TLS 1.0: each record's last block begins the next. */
bool protection_needs_content(const struct protection *p);
/* Records that nobody saw went by, `most` of them at most: tries to open this one as each of the next. False also where
 * that cannot work (RC4, chained CBC). */
bool protection_find(struct protection *p, const struct sealed *record, unsigned most, uint8_t *out, uint8_t *type,
                     struct bytes *content);
/* TLS 1.3's KeyUpdate. False: OpenSSL failed. */
bool protection_update(struct protection *p);

#endif
