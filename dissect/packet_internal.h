/*
 * Inside the packet dissectors: one walk over the headers of one packet.
 *
 * Every header is a layer, a row of tables/packet_layers.def. A layer reads its header from walk.c and says which layer
 * follows, or LAYER_DONE when the packet is told or skipped. A fault in the cursor ends the walk: SHORT becomes
 * SKIP_TRUNCATED, MALFORMED becomes SKIP_MALFORMED (or plain UDP, where a UDP tunnel was only a guess by its port).
 * Each layer consumes bytes or ends, so every walk ends.
 */
#ifndef TLSWHY_DISSECT_PACKET_INTERNAL_H
#define TLSWHY_DISSECT_PACKET_INTERNAL_H

#include "dissect/packet.h"

enum layer {
    LAYER_DONE = 0,
#define X(name, function) LAYER_##name,
#include "dissect/tables/packet_layers.def"
#undef X
    NUM_LAYERS
};

struct walk {
    struct packet *out;
    struct cursor c; /* the headers not read yet, bounded by the lengths of those read */
    struct fault fault;
    bool has_datagram;      /* `datagram` is the UDP packet whose payload may be a tunnel */
    struct packet datagram; /* what *out becomes when that payload turns out not to be one */
};

/* A table of what follows by a number in the header before it. */
struct layer_row {
    uint16_t number;
    uint16_t layer;
};

static inline enum layer layer_find(const struct layer_row *rows, size_t num, uint32_t number)
{
    for (size_t i = 0; i < num; i++)
        if (rows[i].number == number)
            return rows[i].layer;
    return LAYER_DONE;
}
#define LAYER_FIND(rows, number) layer_find(rows, sizeof(rows) / sizeof(rows)[0], number)

#define X(name, function) enum layer function(struct walk *w);
#include "dissect/tables/packet_layers.def"
#undef X

/* Ends the walk with a reason; returns LAYER_DONE. */
enum layer packet_skip(struct walk *w, enum packet_skip reason);
/* Sets the fields of all transports to zero. Kinds other than TCP begin with it. */
void packet_clear(struct packet *out);
/* Ends the walk with a fault in `field`; returns LAYER_DONE. */
enum layer packet_malformed(struct walk *w, const char *field);
/* Counts one more level of nesting; false when there are too many, and the walk is over. */
bool packet_enter(struct walk *w);
/* A tunnel was entered. Only one with an id takes the place of another that has one. */
void packet_tunnel(struct walk *w, enum tunnel_kind kind);
void packet_tunnel_id(struct walk *w, enum tunnel_kind kind, uint32_t id);
/* All that is left of the walk's bytes, without a fault where the capture stops earlier; *len is what was declared. */
struct bytes packet_rest(struct walk *w, uint32_t *len);
/* An address of n bytes at an offset of a header, the rest of its 16 bytes zero. */
void packet_address(uint8_t to[16], struct bytes header, size_t offset, size_t n);

/* The layer of a link type, an Ethernet type, the PPP protocol that comes next, an IP protocol; where there is none,
 * the walk is over. */
enum layer packet_link_layer(struct walk *w, uint32_t link_type);
enum layer link_ethertype(struct walk *w, uint16_t type);
enum layer link_ppp_protocol(struct walk *w);
enum layer ip_protocol(struct walk *w, uint8_t protocol);

/* Whether frames of this Ethernet type are gone into: tells guesses about headers without a type. */
bool link_ethertype_known(uint16_t type);

#endif
