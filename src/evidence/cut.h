/*
 * What of one packet is written: headers and handshake bytes, never application data. Private bytes that others follow
 * are blanked (zeros; '*' in a line of text), those at the packet's end are cut off, packets of nothing else left out.
 *
 * What a reader needs so that nothing of that looks like a gap, a cut or a loss is told in a note, which becomes a
 * comment of the packet (refill.h reads it). `b` is the offset of the packet's payload in its stream:
 *
 *   tlswhy-left-out: [skip=K] [cut] [z@D:N]... [r@D:N/R]...
 *
 * skip: the first K bytes of the payload are blank, and were told of elsewhere. cut: what is missing at the end was
 * missing before, by the snapshot length. z: at b + D begin N bytes that are left out. r: the same, and they are R
 * whole records of application data. Without any of these: what is cut off was told of elsewhere.
 */
#ifndef TLSWHY_EVIDENCE_CUT_H
#define TLSWHY_EVIDENCE_CUT_H

#include "dissect/packet.h"
#include "evidence/plan.h"

enum { CUT_NOTE = 512, CUT_PIECES = 12 /* told of at one packet */ };

struct cut {
    bool is_bare;   /* nothing of it is evidence but that it came */
    bool is_needed; /* for all that it has to be written */
    size_t caplen;
    uint64_t left_out; /* bytes of payload */
    char note[CUT_NOTE];
};

/* `bytes` is a copy of the packet that may be changed, `base` where it was dissected. `side`: of its sender. */
void cut_packet(struct cut *cut, struct plan *plan, unsigned side, const struct capture_packet *raw,
                const struct packet *packet, uint8_t *bytes);

#endif
