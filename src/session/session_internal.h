/* Shared by the files of the session room; no other room includes it. */
#ifndef TLSWHY_SESSION_SESSION_INTERNAL_H
#define TLSWHY_SESSION_SESSION_INTERNAL_H

#include "bounds.h"
#include "session/session.h"

#include <stdalign.h>

enum {
    PLAIN_SCAN_LEN =
        16 * 1024, /* bytes of plain text of one side in which a ClientHello is looked for (STARTTLS, CONNECT) */
    RST_AHEAD = 64 * 1024,      /* so far behind the bytes seen a RST may stand and still be its sender's own */
    LOST_SCAN_LEN = 256 * 1024, /* bytes after a gap in which records are looked for, then the side is given up */
    LOST_WINDOW = 2 * (RECORD_MAX_LEN + RECORD_HEADER_LEN), /* bytes held while looking */
    FIRST_BYTES_LEN = 64,                                   /* of a side that is no TLS */
    LOST_MARKS = 64,                                        /* packets told apart in that window */
    HELLO_PATTERN_LEN = 11, /* record header, handshake header, version: what a hello is recognised by */
    SHARED_HELLOS = 2,      /* ClientHellos of one session whose shape is shared: no more become facts */
    ROOM_LEN = 80,          /* takes what is kept of an ordinary ClientHello */
};

enum side_state {
    SIDE_OPENING = 0, /* too few bytes to tell what this is */
    SIDE_PLAIN,       /* not TLS so far: a hello may follow */
    SIDE_RECORDS,     /* at a record's start or inside one that is collected */
    SIDE_SKIP,        /* inside a record that is skipped, up to skip_until */
    SIDE_LOST,        /* after a gap: looking for records */
    SIDE_SSL2,        /* SSLv2 records */
    SIDE_DEAD,        /* given up */
};

/* Bytes collected over several segments. */
struct buffer {
    struct moment first, last; /* packets of the first and the latest byte */
    uint64_t offset;           /* stream offset of data[0] */
    uint32_t len, cap;
    bool is_split; /* collected over record headers: one offset in the stream does not give the others */
    bool is_decrypted;
    uint8_t data[];
};

/* Which packet carried which part of a search window. */
struct lost_marks {
    unsigned num;
    struct {
        uint32_t start;
        struct moment moment;
    } marks[LOST_MARKS];
};

struct side {
    struct buffer *record;    /* a record (or opening, or window of a search) that is not whole yet */
    struct lost_marks *marks; /* SIDE_LOST */
    struct buffer *message;   /* a handshake message that is not whole yet */
    uint64_t skip_until;
    uint32_t scanned; /* bytes looked through in SIDE_PLAIN and SIDE_LOST */
    uint16_t num_hidden;
    uint16_t last_hidden; /* index + 1 of the event that the next protected record replaces */
    enum side_state state : 8;
    bool has_tls : 1, has_payload : 1, has_handshake : 1;
    bool is_after_cut : 1;     /* SIDE_LOST after a packet that the snapshot length cut */
    bool is_after_gap : 1;     /* something of this side is missing before here */
    bool is_in_step : 1;       /* is_after_gap: since then a record was seen to begin where a message does */
    bool has_ccs : 1;          /* up to TLS 1.2: what follows is protected */
    bool expects_finished : 1; /* the next protected handshake record is a Finished */
    bool has_finished : 1, has_application : 1, has_fin : 1, has_rst : 1;
    bool is_clear : 1; /* has_ccs, under a suite that encrypts nothing: mac_len bytes follow each record's content */
    uint8_t mac_len;
    uint32_t message_skip;  /* handshake bytes of an oversized message still to come */
    uint32_t num_protected; /* records that were noted as such, or opened */
};

/* A ClientHello whose shape other sessions share. */
struct kept_hello {
    struct hello_shape *shape;
    uint8_t own[];
};

struct arena_block {
    struct arena_block *next;
    size_t size; /* with this header */
};

/* What a side said first that is no TLS. */
struct first_bytes {
    struct bytes bytes; /* room for FIRST_BYTES_LEN in the arena */
    uint64_t end;       /* the stream's offset behind them; 0 unknown */
    bool is_untold;     /* no event tells of them yet: they may be the middle of a record */
    uint64_t offset;    /* while they are untold, as the next */
    struct moment moment;
};

struct session {
    struct session_context *context;
    struct decryption *decryption; /* NULL: there are no keys, or no hello yet */
    struct event *events;          /* role holds the flow's side until connection_build() maps it */
    uint16_t num_events, cap_events;
    uint16_t version;        /* of the ServerHello, 0 unknown */
    uint16_t record_version; /* of the server's latest record header, 0 unknown */
    uint8_t client_side;     /* 0, 1 as hellos tell; 2 unknown */
    uint8_t num_client_hellos;
    bool is_arena_full : 1, is_events_cut : 1, is_finished : 1, is_renegotiating : 1, has_hello_retry : 1, is_ssl2 : 1,
        has_master_key : 1, is_opening : 1; /* what is read now was decrypted */
    bool is_dialogue_over : 1;              /* nothing of it is worth keeping */
    bool is_next_clear : 1;                 /* of the latest ServerHello: what a ChangeCipherSpec makes of its side */
    uint8_t next_mac_len;
    uint16_t cipher;
    uint16_t renegotiations;
    uint32_t arena_len;
    struct arena_block *arena;
    struct connection_chain *chains[2]; /* by flow side, in the arena */
    struct first_bytes *first_bytes[2];
    struct wrapped *wrapped;       /* the packets that TLS travels in (MS-TDS); NULL: there are none */
    struct dialogue *dialogue;     /* what was said before TLS, until the connection is over; NULL: nothing */
    struct ech_facts *ech;         /* in the arena; NULL: nothing */
    struct before_tls *before_tls; /* then: what it tells, in the arena; NULL: nothing */
    struct side sides[2];
    struct event first_event;                 /* all that a connection has which gets no further than its ClientHello */
    const struct datagram_protocol *protocol; /* over UDP; NULL: over TCP, or not known yet */
    void *datagrams;                          /* that protocol's, owned */
    uint32_t opened_len;                      /* of the body of the record that is_opening */
    uint32_t room_len;
    alignas(8) uint8_t room[ROOM_LEN]; /* the arena's first bytes, in use up to room_len */
};

/* Where a record or message lies. */
struct span {
    uint64_t offset;
    struct moment first, last;
    uint16_t version; /* of the record */
};

/* A run of bytes of one side on its way through the states. */
struct chunk {
    struct bytes bytes;
    uint64_t offset;
    const struct moment *moment;
};

/* Moves past n bytes. */
static inline void chunk_advance(struct chunk *chunk, size_t n)
{
    chunk->bytes = bytes_slice(chunk->bytes, n, chunk->bytes.len);
    chunk->offset += n;
}

/* session.c */
void *session_alloc(struct session *session, size_t len);           /* NULL at the limit */
struct bytes session_keep(struct session *session, struct bytes b); /* a copy; empty at the limit */
void session_keep_body(struct session *session, struct event *event, struct bytes body);
/* The same for a ClientHello, of which opaque parts may be left out. */
void session_keep_hello(struct session *session, struct event *event, struct bytes body);
/* A new event of `len` bytes at `span`; NULL at the limit. */
struct event *session_event(struct session *session, unsigned side, enum event_kind kind, const struct span *span,
                            uint32_t len);
bool buffer_append(struct session *session, struct buffer **buffer, struct chunk *chunk, uint32_t target);
void buffer_drop(struct session *session, struct buffer **buffer);
void session_side_dead(struct session *session, struct flow *flow, unsigned side);
void session_walk(struct session *session, struct flow *flow, unsigned side,
                  struct chunk *chunk); /* until it is empty */
void session_skip(struct session *session, struct flow *flow, unsigned side, uint64_t until);
/* Where in the stream the first RST of this side stands: behind bytes that it overtook, or that the capture lacks. */
uint64_t session_rst_offset(const struct flow *flow, unsigned side);
static inline bool session_is_tls13(const struct session *session)
{
    return session->has_hello_retry || version_is_tls13(session->version);
}

/* plain.c: is it TLS, and where does it begin */
/* What a side says that is no TLS is kept, as far as there is room. */
void plain_first_bytes(struct session *session, unsigned side, struct bytes b);
/* More of a side's stream that is no TLS, to be kept where it goes on from what is kept. */
void plain_more_first_bytes(struct session *session, unsigned side, const struct chunk *chunk);
void plain_opening(struct session *session, struct flow *flow, unsigned side, struct chunk *chunk, bool is_last);
void plain_scan(struct session *session, struct flow *flow, unsigned side, struct chunk *chunk);

/* Here TLS begins: known from what carries it. */
void plain_begin_records(struct session *session, unsigned side, uint64_t offset);

/* wrapped.c: TLS inside of packets of another protocol. All but the first two and the last two need session->wrapped.
 */
void wrapped_free(struct session *session);
/* Is this stream to go by wrapped_walk()? */
bool wrapped_begins(struct session *session, const struct chunk *chunk);
/* In place of session_walk(). */
void wrapped_walk(struct session *session, struct flow *flow, unsigned side, struct chunk *chunk);
void wrapped_gap(struct session *session, unsigned side, const struct gap *gap);
/* An offset in the stream as the states count, without what was taken out so far. */
uint64_t wrapped_offset(const struct session *session, unsigned side, uint64_t offset);
/* The other way round for what is to be skipped; 0 when every byte has to be seen. */
uint64_t wrapped_quiet_until(const struct session *session, unsigned side, uint64_t until);
/* All events get their places in the stream back. */
void wrapped_finish(struct session *session);

/* dialogue.c: what is said before TLS */
/* More of a side's stream that is no TLS. */
void dialogue_take(struct session *session, unsigned side, const struct chunk *chunk);
/* The same where the beginning was not captured: only what begins like text, and nothing behind a gap. */
void dialogue_take_late(struct session *session, unsigned side, const struct chunk *chunk);
/* TLS begins at this offset of the side's stream, perhaps in what was taken already. */
void dialogue_end(struct session *session, unsigned side, uint64_t offset);
/* What was said becomes session->before_tls. */
void dialogue_finish(struct session *session, unsigned client);
void dialogue_free(struct session *session);

/* openly.c: how much of what was said before TLS may be shown to others */
void openly_proxy(struct said_openly openly[2], const struct proxy *proxy, const struct talk *talk);
/* `talk` begins behind the proxy's part, `used`. */
void openly_starttls(struct said_openly openly[2], const struct starttls *starttls, const struct talk *talk,
                     const size_t used[2]);

/* records.c */
void records_walk(struct session *session, struct flow *flow, unsigned side, struct chunk *chunk);
void records_flush(struct session *session, unsigned side); /* what is collected will not become whole */
/* From here on the side is under what the latest ServerHello chose (up to TLS 1.2). */
void records_protect(struct session *session, unsigned side);
/* A handshake message under protection, up to TLS 1.2: a Finished when a ChangeCipherSpec went before, else a later
 * handshake. */
void records_protected_handshake(struct session *session, unsigned side);
/* A protected record: the first ones are noted, then the latest takes the place of the last noted. */
void records_note_hidden(struct session *session, unsigned side, enum event_kind kind, const struct record_header *h,
                         const struct span *span);
/* An alert record's fragment, of which `declared` bytes were sent. */
void records_alert(struct session *session, unsigned side, struct bytes fragment, uint32_t declared,
                   const struct span *span);
/* A protected record that nobody opened, and one that decryption.c did: content of type `type`. */
void records_hidden(struct session *session, unsigned side, const struct record_header *h, const struct span *span);
void records_opened(struct session *session, unsigned side, uint8_t type, struct bytes content,
                    const struct span *span);

/* decryption.c: protected records with keys. All but the first two need session->decryption. */
/* Each handshake message, plain or decrypted: hellos tell which keys, others when these change, or what they are. */
void decryption_message(struct session *session, unsigned side, uint8_t type, struct bytes body, bool is_whole);
void decryption_free(struct session *session);
void decryption_change_cipher_spec(struct session *session, unsigned side);
/* Does this record's content have to be seen? Else it is to be skipped. */
bool decryption_wants(struct session *session, unsigned side, const struct record_header *h);
void decryption_skip(struct session *session, unsigned side, const struct record_header *h);
/* Calls records_opened() or records_hidden(), perhaps later. */
void decryption_record(struct session *session, unsigned side, const struct record_header *h, struct bytes fragment,
                       const struct span *span);
/* A gap: nobody knows how many records are missing. */
void decryption_lost(struct session *session, unsigned side);
/* The TLS 1.3 records of this side that are skipped are application data. */
bool decryption_is_application(const struct session *session, unsigned side);
/* No more keys will come. */
void decryption_finish(struct session *session);
/* Also without session->decryption. */
enum keys_source decryption_source(const struct session *session);
enum keys_error decryption_error(const struct session *session);

/* resync.c */
void resync_walk(struct session *session, struct flow *flow, unsigned side, struct chunk *chunk, bool is_last);

/* ssl2_stream.c */
void ssl2_walk(struct session *session, struct flow *flow, unsigned side, struct chunk *chunk);
void ssl2_flush(struct session *session, unsigned side);

/* messages.c */
/* One message, whole or (declared > body.len) as much of it as will ever come. */
void messages_take_one(struct session *session, unsigned side, uint8_t type, struct bytes body, uint32_t declared,
                       const struct span *span);
/* The record's fragment, of which `declared` bytes were sent. */
void messages_record(struct session *session, unsigned side, struct bytes fragment, size_t declared,
                     const struct span *span);
void messages_flush(struct session *session, unsigned side);

/* message_facts.c: the bodies of kept messages into facts; later, what was wrong with them into events behind theirs */
void messages_take(struct connection *c);
void messages_put_faults(struct connection *c);

/* A protocol over UDP: datagram.c has one row for each. */
struct datagram_protocol {
    enum connection_protocol protocol;
    /* What a datagram (`len` bytes as sent) is to the flow table, without a session of this protocol so far. */
    enum datagram_role (*recognise)(struct bytes payload, uint32_t len);
    /* The same with one. */
    enum datagram_role (*role)(const struct session *session, unsigned side, struct bytes payload, uint32_t len);
    bool (*begin)(struct session *session); /* makes session->datagrams; false: out of memory */
    void (*take)(struct session *session, unsigned side, struct bytes payload, uint32_t len,
                 const struct moment *moment);
    void (*finish)(struct session *session); /* what waited becomes facts, as far as it came */
    void (*free)(struct session *session);
    void (*build)(struct connection *c, const struct session *session); /* its own facts */
};
extern const struct datagram_protocol dtls_protocol, quic_protocol;
/* How far a QUIC handshake came. */
void quic_complete(struct connection *c);
/* What was learnt of a QUIC connection's IDs is known of `flow` from now on. */
void quic_follow(struct session *session, struct flow *flow);
void quic_unfollow(struct session *session);

/* completion.c: what sizes of protected records tell of a TLS 1.3 handshake */
void completion_infer(struct connection *c);
/* With keys: a client that finished, sent no data and left with a fatal alert has rejected the server after all. */
void completion_take_back(struct connection *c);

#endif
