/*
 * Shared by decryption.c and decryption_keys.c: the state of one connection's decryption.
 */
#ifndef TLSWHY_SESSION_DECRYPTION_INTERNAL_H
#define TLSWHY_SESSION_DECRYPTION_INTERNAL_H

#include "session/ech.h"
#include "session/key_exchange.h"
#include "session/protection.h"
#include "session/record_compression.h"
#include "session/session_internal.h"

enum decryption_state {
    DECRYPTION_WAITING, /* for the ServerHello, for secrets, or for the messages that they come from */
    DECRYPTION_READY,
    DECRYPTION_OFF,
};

enum epoch { EPOCH_EARLY, EPOCH_HANDSHAKE, EPOCH_APPLICATION };

/* What protects a side's records from some point on. */
struct keyed_state {
    struct protection *protection;
    struct inflater *inflater; /* NULL: no compression */
};

struct keyed_side {
    struct keyed_state current, next; /* next: up to TLS 1.2, from ChangeCipherSpec on */
    enum epoch epoch;                 /* TLS 1.3 */
    uint16_t refused;                 /* early data, most likely: records that the first key does not open */
    bool is_lost;                     /* after a gap */
    bool has_gap;                     /* there was one: a ChangeCipherSpec may lie in it */
    bool is_dead;
    bool is_seeking; /* without the handshake's secret: the first record that opens is application data's */
    bool has_opened; /* with the current keys */
};

struct pending;

struct decryption {
    enum decryption_state state;
    enum keys_source source; /* once a record was opened */
    enum keys_error error, reason;
    uint16_t version, cipher;
    bool has_client_random, has_server_hello, has_early_data, is_encrypt_then_mac, is_truncated_hmac, is_compressed,
        is_extended, is_authenticating, is_queue_full;
    bool is_hello_cut; /* the ServerHello's: what it may have said else would change the keys */
    uint8_t client_random[32], server_random[32];
    struct key_set keys;
    struct suite_algorithms suite;
    struct keyed_side sides[2];
    struct pending *first, *last;
    uint32_t pending_bytes, num_pending;
    struct ech *ech;         /* in the session's arena; NULL: no encrypted hello */
    struct key_exchange *kx; /* NULL: no secret would come out of it */
    bool awaits_kx;          /* the secret may come out of it yet */
    bool has_master;         /* it did */
    enum keys_error kx_error;
    enum keys_source master_source;
    uint8_t master[MASTER_SECRET_LEN];
};

static inline bool decryption_is_tls13(const struct decryption *d)
{
    return version_is_tls13(d->version);
}

static inline bool decryption_is_client(const struct session *session, unsigned side)
{
    return session->client_side == side;
}

/* The keys of the epoch; NULL when its secret is not there. */
struct protection *decryption_epoch_keys(const struct session *session, unsigned side, enum epoch epoch);
/* `p` protects this side from now on. */
void decryption_take(struct keyed_side *ks, struct keyed_state state, enum epoch epoch);
void decryption_side_cleanup(struct keyed_side *ks);
/* Tries to leave DECRYPTION_WAITING; what waited is read by the next call for a record. `is_last`: what is not known
 * now never will be. */
void decryption_look_up(struct session *session, bool is_last);
/* The server begins to protect what it sends: without a key exchange a session is resumed. */
void decryption_resume(struct session *session);

#endif
