/* A flow table with a sink that writes down all it is told, one line for each call, and packets sent in short form. */
#ifndef TLSWHY_TESTS_FLOW_RECORDER_H
#define TLSWHY_TESTS_FLOW_RECORDER_H

#include "flow/flow.h"
#include "support/tcp_builder.h"

/*
 * Lines of the log:
 *   begin ID
 *   data ID.SIDE @OFFSET TEXT #FRAME
 *   gap ID.SIDE @OFFSET+LEN lost|cut|unproven #BEFORE-#AFTER
 *   close ID.SIDE fin|rst #FRAME
 *   datagram ID.SIDE TEXT #FRAME
 *   end ID closed|reused|idle|evicted|input
 */
struct flow_recorder {
    struct flow_table *table;
    uint64_t next_id;
    char log[1 << 16];
    size_t log_len;
    uint64_t frame;   /* of the latest packet */
    int64_t time_ns;  /* of the next packet; 1 ms later for each one sent */
    struct flow flow; /* the latest one touched by a packet, or as it was at its end */
    struct flow_rare rare;
    struct flow *live; /* the latest one begun and not ended, NULL */
    uint64_t quiet[2]; /* stream.quiet_until, set at the first data of a side when not 0 */
    uint8_t segment[1 << 17];
    struct packet packet; /* the latest one sent */
};

void flow_recorder_init(struct flow_recorder *r, size_t max_flows);
void flow_recorder_cleanup(struct flow_recorder *r);

/* Gives the table one packet. */
void flow_send_spec(struct flow_recorder *r, const struct tcp_pair *pair, const struct tcp_spec *spec);
/* The common case: flags by letters, text as payload, window 1000. */
void flow_send(struct flow_recorder *r, const struct tcp_pair *pair, unsigned from, const char *flags, uint32_t seq,
               uint32_t ack, const char *text);
/* UDP: `len` bytes, of which `text` was captured. Text that begins with B begins a flow, with A another one. */
void flow_send_datagram(struct flow_recorder *r, const struct tcp_pair *pair, unsigned from, const char *text,
                        uint32_t len);
/* The packet sent last, captured once more at once. */
void flow_send_again(struct flow_recorder *r);
/* SYN, SYN-ACK, ACK. */
void flow_send_handshake(struct flow_recorder *r, const struct tcp_pair *pair);
/* Gives the table a packet that was made elsewhere. */
void flow_send_packet(struct flow_recorder *r, const struct packet *p);
void flow_finish(struct flow_recorder *r);

/* The log since the last call is `text`. */
void flow_expect(struct flow_recorder *r, const char *text);

#endif
