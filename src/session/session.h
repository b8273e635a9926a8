/*
 * One connection while it lasts: takes the ordered bytes of both sides, walks their TLS (SSLv2) records, and keeps what
 * was seen as events, each with its place, and the bodies of the handshake messages that reports and rules read later.
 *
 * Nothing is judged here and nothing is interpreted that can wait: connection_build() does that once, at the end.
 * Application data is skipped by its length and never kept. Every session owns its memory, capped by
 * LIMIT_SESSION_ARENA, and is freed whole.
 */
#ifndef TLSWHY_SESSION_SESSION_H
#define TLSWHY_SESSION_SESSION_H

#include "flow/blocks.h"
#include "flow/flow.h"
#include "session/connection.h"
#include "session/hello_shapes.h"
#include "session/key_schedule.h"

#include <stdbool.h>

struct session;

/* Shared by all sessions of a run. Counters of limits that were hit are reported in the summary. */
struct session_context {
    struct certificates *certificates;
    struct hello_shapes *hello_shapes; /* NULL: ClientHellos are kept whole */
    struct blocks blocks;              /* what sessions are made of; to be cleaned up when all were freed */
    struct keys *keys;                 /* NULL, or without a source: nothing is decrypted */
    struct crypto *crypto;             /* NULL with `keys`: the same; made by the first QUIC packet, freed by whoever
                                          owns the context */
    struct quic_paths *paths;          /* of the capture whose datagram is at hand; NULL: nobody is followed */
    uint64_t arena_limit_hits, event_limit_hits, message_limit_hits, gather_limit_hits, chain_limit_hits,
        certificate_limit_hits, pending_limit_hits, inflated_limit_hits, path_limit_hits;
    uint64_t memory_bytes;  /* held by all sessions now, shapes of ClientHellos apart */
    uint64_t pending_bytes; /* of those, records that wait for keys */
};

/* NULL when out of memory: the connection then goes unreported, which the caller counts. */
struct session *session_new(struct session_context *context);
void session_free(struct session *session);

/* The flow sink's calls. `flow` may be told to keep quiet (stream.quiet_until). */
void session_data(struct session *session, struct flow *flow, unsigned side, struct bytes data, uint64_t offset,
                  const struct moment *moment);
/* What a UDP datagram is to the flow table: session may be NULL. */
enum datagram_role session_datagram_role(const struct session *session, unsigned side, struct bytes payload,
                                         uint32_t len);
void session_datagram(struct session *session, struct flow *flow, unsigned side, struct bytes payload, uint32_t len,
                      const struct moment *moment);
/* The flow is over: no datagram finds it by a connection ID any more. session may be NULL. */
void session_unfollow(struct session *session);
void session_gap(struct session *session, struct flow *flow, unsigned side, const struct gap *gap);
void session_close(struct session *session, struct flow *flow, unsigned side, bool is_reset,
                   const struct moment *moment);
/* The connection is over: what was collected in part becomes facts now. Idempotent. */
void session_finish(struct session *session, struct flow *flow);

/* True when either side sent TLS or SSLv2. */
bool session_is_tls(const struct session *session);
bool session_side_is_tls(const struct session *session, unsigned side);
/* False when it cannot have completed: no hello of a server was seen, or nothing that is protected. */
bool session_may_be_completed(const struct session *session);
/* True when either side sent any payload. */
bool session_has_payload(const struct session *session);

/* The client asked for TLS in another protocol (STARTTLS and the like), or the server demanded it; known when the
 * session is finished. */
bool session_is_tls_asked(const struct session *session);

/* It spoke a protocol that may turn to TLS, and did not ask for that. The same. */
bool session_is_plain_dialogue(const struct session *session);

/* Fills *out with all facts. session may be NULL (no payload was seen). Slices borrow session, flow and what
 * connection_cleanup() frees. */
void connection_build(struct connection *out, const struct session *session, const struct flow *flow);
void connection_cleanup(struct connection *c);
/* The side that is the client, by SYN, hello or one-role messages, else by ports; *is_certain says which. */
unsigned session_client_side(const struct session *session, const struct flow *flow, bool *is_certain);

#endif
