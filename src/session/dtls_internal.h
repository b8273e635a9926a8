/* Shared by the files of the session room that read DTLS; no other file includes it. */
#ifndef TLSWHY_SESSION_DTLS_INTERNAL_H
#define TLSWHY_SESSION_DTLS_INTERNAL_H

#include "dissect/dtls.h"
#include "session/gather.h"
#include "session/key_exchange.h"
#include "session/session_internal.h"

enum {
    DTLS_RANDOM_LEN = 32,
    DTLS_SEEN_UNIFIED = 16, /* records told apart from those captured twice, of those whose number is encrypted */
    DTLS_EPOCH_SHIFT = 48,
    DTLS_EPOCH_DATA = 3, /* DTLS 1.3: of application data, before keys change */
};

/* A message that is not whole, or not its turn. */
struct waiting {
    struct waiting *next; /* by place */
    struct gather pieces;
    uint64_t offset; /* the event's */
    uint32_t length;
    uint32_t repeats; /* fragments that brought nothing new */
    uint32_t place;   /* see dtls_side.next_place */
    uint16_t version;
    uint8_t type;
    bool is_cut; /* by the snapshot length */
    bool is_decrypted;
    struct moment last; /* its latest fragment, new or not */
};

struct dtls_side {
    struct waiting *waiting;
    uint32_t num_waiting, bytes, pieces;
    uint32_t next_place; /* of the message whose turn it is: up to DTLS 1.2 each handshake counts message_seq anew, so
                            that the number of the handshake stands above it */
    uint8_t last_type;   /* of the message before it */
    bool has_epoch;      /* protected records were seen */
    uint32_t changes;    /* a bit for each of the epochs that a ChangeCipherSpec was seen in, modulo 32 */
    uint16_t epoch;      /* of the latest protected ones */
    uint32_t epochs;     /* a bit for each that was seen, or asked for in a later handshake, as in `changes` */
    struct span first_protected;
    uint64_t seen_top[2], seen[2]; /* records seen, of epochs 0 and above: the highest number, and those below */
    uint64_t unified[DTLS_SEEN_UNIFIED], num_unified;
    uint64_t verify_hash; /* of the latest HelloVerifyRequest */
};

struct dtls {
    struct dtls_side sides[2];
    struct dtls_decryption *decryption; /* NULL: there are no keys */
    struct datagram_facts facts;
    uint8_t random[DTLS_RANDOM_LEN]; /* of the first ClientHello */
    bool has_random;
    uint8_t cid_len[2]; /* of connection IDs in records of that side */
};

/* A record's content, and where it was. */
struct dtls_content {
    struct bytes bytes;
    uint32_t declared;
    uint16_t epoch;
    uint8_t type;
    bool is_decrypted;
};

/* dtls_messages.c: handshake messages, put together and in their order */
void dtls_messages_take(struct session *session, unsigned side, const struct dtls_content *content,
                        const struct span *span);
/* What waited in vain, with the holes before it. True when there was any. */
bool dtls_messages_finish(struct session *session);
/* Messages that never came although later ones, or protected records, did. */
void dtls_messages_note_hole(struct session *session, unsigned side, const struct span *span);
void dtls_messages_free(struct session *session);

/* dtls_stream.c: a record that nobody opened; is_application: it can be nothing else */
void dtls_hidden(struct session *session, unsigned side, const struct dtls_record *record, bool is_application,
                 const struct span *span);
void dtls_opened(struct session *session, unsigned side, const struct dtls_content *content, const struct span *span);

/* dtls_decryption.c: protected records with keys */
/* NULL: there are no keys, or there is no memory. */
struct dtls_decryption *dtls_decryption_new(struct session *session);
void dtls_decryption_free(struct session *session);
/* The messages of each handshake, counted from 0; is_lost: some before it, of the same side, did not come. */
void dtls_decryption_message(struct session *session, uint16_t handshake, const struct key_exchange_message *message,
                             bool is_lost);
/* Calls dtls_opened() or dtls_hidden(), perhaps later. */
void dtls_decryption_record(struct session *session, unsigned side, const struct dtls_record *record,
                            const struct span *span);
/* What waited for a hello that came since. Never from within a message. */
void dtls_decryption_drain(struct session *session);
/* All that waits, at the end. True when something was opened. */
bool dtls_decryption_finish(struct session *session);
/* What is not known now never will be. */
void dtls_decryption_give_up(struct session *session);
enum keys_source dtls_decryption_source(const struct dtls_decryption *d);
enum keys_error dtls_decryption_error(const struct dtls_decryption *d);

#endif
