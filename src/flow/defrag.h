/*
 * IPv4 and IPv6 reassembly (RFC 791, RFC 8200 section 4.5). Overlap policy: the first copy of a byte stays (as BSD for
 * IPv4); an IPv6 datagram with overlapping fragments that differ is dropped, as RFC 5722 demands. Limits on datagrams,
 * bytes and time.
 */
#ifndef TLSWHY_FLOW_DEFRAG_H
#define TLSWHY_FLOW_DEFRAG_H

#include "dissect/packet.h"
#include "place.h"

struct defrag;

struct defrag_stats {
    uint64_t fragments;  /* taken in */
    uint64_t datagrams;  /* that became whole */
    uint64_t incomplete; /* that waited too long, or until the end */
    uint64_t overlaps;   /* fragments that contradict earlier ones: other bytes, another end */
    uint64_t dropped;    /* impossible fragments; datagrams given up for a contradiction or a limit */
};

struct defrag *defrag_new(void); /* NULL: out of memory */
void defrag_free(struct defrag *defrag);

/* Takes a PACKET_FRAGMENT. True when its datagram is whole: *out is the dissected datagram (packet_dissect_datagram()),
 * its bytes valid until the next call. A datagram that holds a fragment of a tunnelled one is taken in turn: *out is
 * then the tunnelled datagram, never a fragment. Fragments equal to those of a datagram that became whole just before
 * (a packet captured twice) are taken in silence. `out` may be `fragment`. */
bool defrag_push(struct defrag *defrag, const struct packet *fragment, const struct moment *moment, struct packet *out);

/* Drops what waited too long; call at the end too, then `incomplete` is final. */
void defrag_clock(struct defrag *defrag, int64_t now_ns);
void defrag_finish(struct defrag *defrag);
const struct defrag_stats *defrag_stats(const struct defrag *defrag);

#endif
