/* Shared by the files of QUIC: quic_stream.c (packets), quic_crypto.c (CRYPTO streams), quic_opening.c (packets that
 * take keys), quic_paths.c (connection IDs and addresses). */
#ifndef TLSWHY_SESSION_QUIC_INTERNAL_H
#define TLSWHY_SESSION_QUIC_INTERNAL_H

#include "dissect/quic.h"
#include "session/ech.h"
#include "session/gather.h"
#include "session/quic_keys.h"
#include "session/session_internal.h"

/* What protects a packet; each level has a CRYPTO stream of its own. */
enum quic_level { QUIC_LEVEL_INITIAL, QUIC_LEVEL_HANDSHAKE, QUIC_LEVEL_1RTT };

enum {
    QUIC_SPACE_SHIFT = 48, /* events are sorted by what protects them, then as they came */
    QUIC_SPACE_0RTT = 1,
    QUIC_SPACE_HANDSHAKE = 2,
    QUIC_SPACE_1RTT = 3,
    QUIC_SPACE_CLOSE = 4,
    QUIC_RANDOM_LEN = 32,
    NOBODY = 2, /* as a side */
};

struct connection_id {
    uint8_t len;
    uint8_t bytes[QUIC_CID_MAX_LEN];
};

static inline struct bytes connection_id_bytes(const struct connection_id *id)
{
    return (struct bytes){id->bytes, id->len};
}

struct quic_crypto {
    struct gather pieces;
    uint64_t next; /* offset of the message that is not whole yet */
    bool is_dead;  /* a message that is too long */
};

struct quic_side {
    struct quic_crypto crypto; /* of Initial packets */
    uint64_t next_number;      /* of the same */
    uint64_t num_noted;
    uint64_t last_hash; /* of its latest Initial: one that was captured twice counts once */
    struct quic_keys keys;
    bool has_keys;
};

struct quic_opening;
struct quic_entry;

struct quic {
    struct quic_side sides[2];
    struct quic_facts facts; /* by side */
    uint8_t client;
    uint8_t close_level[2]; /* enum quic_level of the close in the facts, and its event's number + 1 */
    uint16_t close_event[2];
    bool has_server_id, has_client_random;
    struct connection_id first_dcid; /* that the client chose for the server: the Initial keys' */
    struct connection_id client_id, server_id;
    uint32_t keys_version;    /* of the Initial keys, with first_dcid */
    uint16_t cipher, version; /* of the ServerHello; version 0: none yet */
    uint8_t client_random[QUIC_RANDOM_LEN];
    struct ech *ech;              /* in the session's arena; NULL: no encrypted hello, or no key log */
    struct quic_opening *opening; /* NULL: there are no keys, or nothing to be opened yet */
    struct quic_entry *entries;   /* under which datagrams find this connection on other addresses */
    unsigned num_entries;
    bool has_new_entries;    /* that no table has yet */
    struct quic_path *paths; /* num of them in the facts; room for LIMIT_QUIC_PATHS, or NULL */
};

static inline struct quic *quic_of(const struct session *session)
{
    return session->datagrams;
}

/* quic_stream.c */
/* A packet that stays hidden. */
void quic_hidden(struct session *session, unsigned side, const struct quic_packet *packet, const struct moment *moment);
void quic_note_hidden(struct session *session, unsigned side, enum event_kind kind, unsigned space, uint8_t type,
                      size_t len, const struct moment *moment);
/* A CONNECTION_CLOSE frame. */
void quic_close(struct session *session, unsigned side, enum quic_level level, const struct quic_frame *frame,
                const struct moment *moment);
/* OpenSSL's algorithms; NULL: there are none. */
struct crypto *quic_openssl(struct session *session);

/* quic_crypto.c */
void quic_crypto_take(struct session *session, unsigned side, enum quic_level level, struct quic_crypto *crypto,
                      const struct quic_frame *frame, const struct moment *moment);
/* No more will come: what is there of a message becomes facts. */
void quic_crypto_finish(struct session *session, unsigned side, enum quic_level level, struct quic_crypto *crypto);
void quic_crypto_cleanup(struct session *session, struct quic_crypto *crypto);

/* quic_opening.c: Handshake and 1-RTT packets, under the secrets that were given. */
/* False: nothing can be opened any more, or ever. */
bool quic_opening_wants(const struct session *session);
/* True: it was opened, or waits to be. */
bool quic_opening_take(struct session *session, unsigned side, const struct quic_packet *packet,
                       const struct moment *moment);
/* No more keys will come: what waits is opened or hidden. */
void quic_opening_finish(struct session *session);
void quic_opening_free(struct session *session);
enum keys_source quic_opening_source(const struct quic *quic);
enum keys_error quic_opening_error(const struct session *session);

/* quic_paths.c */
/* Datagrams to this ID are from `side`, whatever their addresses. */
void quic_paths_expect(struct session *session, unsigned side, struct bytes id);

#endif
