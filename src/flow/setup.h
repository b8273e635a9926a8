/*
 * How connections begin: SYN, SYN-ACK, the ACK that completes, and whether a SYN on ports in use begins another one.
 * Private to the room.
 *
 * The same initial sequence number is the same SYN sent again, also after the close. Another one begins a connection at
 * once when the old one is closed, was never completed, was heard from one side only or has been silent for a minute;
 * on a connection that looks open it waits until it is answered or goes on (RFC 5961 lets the peer challenge it).
 */
#ifndef TLSWHY_FLOW_SETUP_H
#define TLSWHY_FLOW_SETUP_H

#include "flow/table.h"

enum setup_answer {
    SETUP_GO_ON,     /* the packet belongs to this flow */
    SETUP_DROP,      /* to none: count it as ignored */
    SETUP_NEW,       /* it begins another connection */
    SETUP_CONFIRMED, /* it belongs to the one that flow->rare->candidate began */
};

/* Fills what the first packet tells, before the sink hears of the flow. */
void setup_open(struct flow *flow, const struct packet *p);
/* A packet with SYN of a flow that has packets already, or (is_first) the one that opened it. */
enum setup_answer setup_syn(struct flow_table *table, struct flow *flow, unsigned side, const struct packet *p,
                            bool is_first, const struct moment *moment);
/* A packet without SYN of a flow with rare facts: whether it confirms a waiting SYN, or is of an older connection. */
enum setup_answer setup_check(const struct flow *flow, unsigned side, const struct packet *p);
/* A packet without SYN and RST of a flow that is not complete yet. */
void setup_progress(struct flow_table *table, struct flow *flow, unsigned side, const struct packet *p,
                    const struct moment *moment);

#endif
