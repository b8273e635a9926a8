/*
 * Packets of inputs that cannot be read a second time (standard input, FIFOs), kept while they are read, for evidence.
 *
 * Bounded by LIMIT_EVIDENCE_BYTES. The latest packets are kept whole; once LIMIT_EVIDENCE_WINDOW others came, one of
 * which nobody looked at the payload (application data) keeps its headers alone. When all is full, packets of
 * connections that are over and not needed go first, then the oldest; those are counted.
 */
#ifndef TLSWHY_EVIDENCE_PACKETS_H
#define TLSWHY_EVIDENCE_PACKETS_H

#include "capture/capture.h"

struct packets;

struct packets *packets_new(void); /* NULL: out of memory */
void packets_free(struct packets *packets);

/* A copy of it; without memory it counts as lost. */
void packets_keep(struct packets *packets, const struct capture_packet *packet);
/* The payload of the packet at this place was looked at: it is no application data. Those that are not kept are
 * ignored. */
void packets_touch(struct packets *packets, struct place place);
/* Who can tell whether a packet is still needed; without one the oldest go. */
void packets_ask(struct packets *packets, bool (*is_needless)(void *arg, const struct capture_packet *packet),
                 void *arg);

/* Calls `take` for each packet kept of this input, in their order. */
void packets_each(const struct packets *packets, size_t file,
                  void (*take)(void *arg, const struct capture_packet *packet), void *arg);
uint64_t packets_lost(const struct packets *packets);

#endif
