/*
 * Connections over QUIC that move to other addresses (RFC 9000 sections 5 and 9): datagrams are known by the connection
 * IDs of the handshake, and of NEW_CONNECTION_ID frames and preferred addresses where keys show them; once one was seen
 * elsewhere, those without an ID are known by the addresses that it has there. One table for each flow table.
 */
#ifndef TLSWHY_SESSION_QUIC_PATHS_H
#define TLSWHY_SESSION_QUIC_PATHS_H

#include "dissect/packet.h"
#include "flow/flow.h"
#include "place.h"

struct quic_paths;

struct quic_paths *quic_paths_new(void); /* NULL: out of memory */
/* All sessions that it knows were freed or told to session_unfollow() before. NULL does nothing. */
void quic_paths_free(struct quic_paths *paths);

/* The flow that a datagram on ports of no flow belongs to, and its side that sent it; NULL: none. That it moved becomes
 * a fact of its session. */
struct flow *quic_paths_find(struct quic_paths *paths, const struct packet *p, const struct moment *moment,
                             unsigned *side);

#endif
