/* What TCP itself tells of a connection: duplicates, resends, windows, keep-alives, resets, ICMP. Private to the room.
 */
#ifndef TLSWHY_FLOW_FACTS_H
#define TLSWHY_FLOW_FACTS_H

#include "flow/table.h"

/*
 * True when this very packet was captured before: same flags, sequence and acknowledgement numbers, IP ID and length
 * among the latest eight of its connection, within 134 to 268 ms where IPv4's ID tells packets apart and 2 to 4 ms
 * where nothing does. The checksum tells nothing: one copy may be taken before the network card filled it in. A bare
 * acknowledgement needs the ID: without, it is one of several equal ones.
 */
bool facts_is_duplicate(const struct flow *flow, unsigned side, const struct packet *p, const struct moment *moment);
/* Remembers a packet for facts_is_duplicate(). */
void facts_remember(struct flow *flow, unsigned side, const struct packet *p, const struct moment *moment);

/* A keep-alive: nothing or one old byte just before the next. Zero-window probes look the same. */
bool facts_is_keep_alive(const struct flow *flow, unsigned side, const struct packet *p);
void facts_window(struct flow_table *table, struct flow *flow, unsigned side, const struct packet *p);
/* A segment of which `repeated` bytes had been seen before; is_unacked: the peer never acknowledged its end. */
void facts_resend(struct flow_table *table, struct flow *flow, unsigned side, uint64_t repeated, bool is_unacked,
                  const struct moment *moment);
/* A segment that fills a hole seen that long ago: out of order, or sent again after it was lost before the tap. */
void facts_filled(struct flow *flow, unsigned side, int64_t waited_ns);
/* Payload that ends at sequence number end_seq and stream offset `end`, though FIN or RST were seen. */
void facts_data_after_close(struct flow_table *table, struct flow *flow, unsigned side, uint32_t end_seq, uint64_t end,
                            const struct moment *moment);
void facts_rst(struct flow_table *table, struct flow *flow, unsigned side, const struct packet *p,
               const struct moment *moment);
void facts_icmp(struct flow_table *table, struct flow *flow, const struct packet *p, const struct moment *moment);

#endif
