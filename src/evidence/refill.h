/*
 * Reading a capture that is evidence: what it says was left out (cut.h) is put in its place again, as blank application
 * data, so that the streams are as long and as whole as they were, and nothing counts as a gap, a cut or a loss.
 *
 * What it says is a stranger's word. The worst that a false one does is what packets with such bytes in them would do
 * to the report of this same file; how much is put in is bounded by LIMIT_REFILLED_RECORDS.
 */
#ifndef TLSWHY_EVIDENCE_REFILL_H
#define TLSWHY_EVIDENCE_REFILL_H

#include "dissect/packet.h"

struct refill;

struct refill *refill_new(void); /* NULL: out of memory */
void refill_free(struct refill *refill);

/* Packets in the place of this one, which was dissected as PACKET_TCP or PACKET_UDP: `take` is called for each, in the
 * order of the stream where they fit it. `note`: what capture_packet.left_out says. A packet whose note makes no sense
 * is handed on as it is. Slices are valid during the call. */
void refill_packet(struct refill *refill, const struct packet *packet, struct bytes note,
                   void (*take)(void *arg, const struct packet *packet), void *arg);

/* Blank records and blocks that were not put in, for the limit. */
uint64_t refill_limit_hits(const struct refill *refill);

#endif
