/* Shared by the files that decrypt DTLS; no other file includes it. */
#ifndef TLSWHY_SESSION_DTLS_DECRYPTION_H
#define TLSWHY_SESSION_DTLS_DECRYPTION_H

#include "session/dtls_internal.h"
#include "session/dtls_protection.h"
#include "session/key_exchange.h"

enum {
    DTLS_HANDSHAKES = 4, /* the latest that records may still be of */
    DTLS_SLOTS = 4,      /* DTLS 1.3: epochs told apart by the two bits that a record has of its own */
    DTLS_REFUSED_MOST = 16,
};

/* Keys of one side and epoch; either of the two, or none. */
struct epoch_keys {
    uint64_t epoch;                /* 0: none yet */
    struct protection *protection; /* up to DTLS 1.2 */
    struct dtls_epoch *unified;    /* DTLS 1.3 */
    bool has_opened;
    uint16_t refused; /* since a record was opened */
};

/* What the hellos of one handshake tell. */
struct keyed_handshake {
    uint16_t number;
    bool is_used, has_client_random, has_server_hello, is_encrypt_then_mac, is_extended, is_clear, is_keyed, is_off;
    bool is_hello_cut; /* the ServerHello's: what it may have said else would change the keys */
    uint8_t client_random[KEYLOG_RANDOM_LEN], server_random[KEYLOG_RANDOM_LEN];
    uint16_t version; /* of DTLS */
    uint16_t cipher;
    struct suite_algorithms suite;
    struct epoch_keys keys[2]; /* by side, of the epoch that it begins; not in DTLS 1.3 */
    struct key_exchange *kx;   /* NULL: no secret would come out of it */
    bool is_kx_read, has_master;
    enum keys_error kx_error;
    enum keys_source source;
    uint8_t master[MASTER_SECRET_LEN];
    struct bytes ticket; /* that the server gave in it; in the session's arena */
};

struct dtls_decryption {
    enum keys_source source; /* once a record was opened */
    enum keys_error error;
    struct keyed_handshake handshakes[DTLS_HANDSHAKES];
    struct epoch_keys slots[2][DTLS_SLOTS]; /* DTLS 1.3, by side */
    uint64_t highest[2];                    /* and the highest epoch of a side in which something was opened */
    struct pending *first, **end;
    uint32_t pending_bytes, num_pending;
    bool is_changed; /* since the last drain */
    bool is_last, is_queue_full, has_opened;
};

/* What became of a record. */
enum attempt { ATTEMPT_WAIT, ATTEMPT_HIDDEN, ATTEMPT_APPLICATION, ATTEMPT_OPENED };

static inline struct dtls_decryption *dtls_decryption_of(const struct session *session)
{
    const struct dtls *dtls = session->datagrams;
    return dtls->decryption;
}

void dtls_keys_drop(struct epoch_keys *keys);
/* Why keys fail: it may be for what a ServerHello that is cut does not tell. */
static inline enum keys_error dtls_keys_fault(const struct keyed_handshake *h, enum keys_error error)
{
    return h->is_hello_cut ? KEYS_GAP : error;
}
/* ATTEMPT_HIDDEN, for this reason. Of several the first of the list is told, whatever order records came in. */
enum attempt dtls_decryption_hide(struct dtls_decryption *d, enum keys_error error);
bool dtls_secret_find(struct session *session, const struct keyed_handshake *h, enum secret_kind kind,
                      struct key_set *set);
/* Without a secret: is it worth waiting for? `set` is what was found in its place. */
enum attempt dtls_no_secret(struct session *session, const struct keyed_handshake *h, const struct key_set *set);
void dtls_note_opened(struct session *session, const struct keyed_handshake *h, struct epoch_keys *keys);
/* Room for a record's content, wiped when freed. NULL: out of memory. */
uint8_t *dtls_room_new(const struct dtls_record *record);
void dtls_room_free(uint8_t *out, const struct dtls_record *record);
/* What a record held. */
void dtls_deliver(struct session *session, unsigned side, uint64_t epoch, uint64_t sequence, uint8_t type,
                  struct bytes bytes, const struct span *span);

/* dtls_key_exchange.c */
void dtls_key_exchange_drop(struct session *session, struct keyed_handshake *h);
/* is_lost: messages of its side before it did not come. */
void dtls_key_exchange_message(struct session *session, struct keyed_handshake *h,
                               const struct key_exchange_message *message, bool is_lost);
/* A NewSessionTicket's body. */
void dtls_key_exchange_ticket(struct session *session, struct keyed_handshake *h, struct bytes body);
/* ATTEMPT_OPENED: *set has the master secret, from the log or from the messages. */
enum attempt dtls_master_find(struct session *session, struct keyed_handshake *h, struct key_set *set);

/* dtls_unified.c */
enum attempt dtls_attempt_unified(struct session *session, unsigned side, const struct dtls_record *record,
                                  const struct span *span);

#endif
