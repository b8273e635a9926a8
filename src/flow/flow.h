/*
 * Connections: the flow table and TCP reassembly, with gaps as first-class things.
 *
 * A flow is addresses, ports and the innermost tunnel's id (of GTP-U: that it is one, since its TEIDs differ by
 * direction). Side 0 is the sender of the first packet seen, side 1 the
 * other. Each side's bytes are one stream; offset 0 is the first byte after its SYN (or, without a SYN, the first byte
 * seen). The table delivers each stream's bytes to the sink exactly once, in order, and holes as gaps; it keeps the TCP
 * facts that reports and diagnosis need. Everything is decided on the capture's clock.
 *
 * Overlaps: equal bytes count as retransmission; where bytes differ and the first copy is still queued, the segment
 * with a right checksum wins, else the first seen; `conflicts` counts them. Bytes already delivered stay as they were
 * delivered. The same packet captured twice (same flags, seq, ack, ip_id and length within a moment; the checksum
 * may differ, as one copy can be taken before the network card filled it in) counts as `duplicates` only.
 *
 * UDP: only what the caller says begins a flow, so that other datagrams cost a look at the table at most. They are
 * handed on as they come; what is repeated, lost or out of order is for the protocol above to tell, and so is which
 * flow moved to other addresses.
 */
#ifndef TLSWHY_FLOW_FLOW_H
#define TLSWHY_FLOW_FLOW_H

#include "dissect/packet.h"
#include "place.h"

#include <stdbool.h>
#include <stdint.h>

enum flow_setup { FLOW_UNSEEN = 0, FLOW_UNANSWERED, FLOW_REFUSED, FLOW_SYN_ACKED /* no ACK came */, FLOW_COMPLETE };
enum flow_end {
    FLOW_END_CLOSED,  /* both directions closed by FIN, or a RST, and the linger is over */
    FLOW_END_REUSED,  /* a new SYN took the ports over */
    FLOW_END_IDLE,    /* no packet for too long on the capture's clock */
    FLOW_END_EVICTED, /* the table was full: the one nearest to its timeout goes */
    FLOW_END_INPUT,   /* end of the capture */
};

struct gap {
    uint64_t offset, len;
    struct place before, after; /* the packets around it; frame 0 where there is none */
    enum gap_kind {
        GAP_LOST,     /* the peer acknowledged bytes that the capture does not hold */
        GAP_CUT,      /* the snapshot length cut the packet: `before` is that packet */
        GAP_UNPROVEN, /* nobody acknowledged them: given up at the queue's limit, the close or the end */
    } kind;
};

struct stream_queue; /* out-of-order bytes and the patience with holes, private to flow */

/* One direction. */
struct stream {
    uint64_t next;        /* offset up to which bytes or gaps were delivered */
    uint64_t acked;       /* highest offset that the peer acknowledged; grows also while this side is never seen */
    uint64_t quiet_until; /* set by the sink, only ever upwards: bytes before this offset need not be delivered (records
                             of application data); they are counted, and a gap wholly inside is counted but not
                             delivered */
    uint64_t bytes;       /* payload bytes sent, retransmissions not counted twice */
    struct stream_queue *queue;
    struct place last_place; /* the packet of the latest bytes delivered; frame 0 when none were */
    uint32_t isn;            /* sequence number of offset 0 */
    uint32_t packets;        /* duplicates not counted */
    uint16_t last_window;
    uint8_t window_scale; /* + 1, 0 unknown */
    uint8_t ttl;          /* of its first packet */
    bool has_other_ttl;   /* some of its packets, RSTs aside, had another one */
    bool has_syn : 1, has_fin : 1, has_rst : 1, has_base : 1, is_cut : 1, had_zero_window : 1, fin_delivered : 1;
    bool is_guess : 1;     /* private: offset 0 was taken from the peer's acknowledgement */
    bool is_held : 1;      /* private: began in mid-stream, offset 0 still open */
    bool is_fin_acked : 1; /* private: the latest acknowledgement went one further, as it does for a FIN */
    uint16_t mss;          /* of its SYN; 0 unknown */
    uint32_t retransmissions, out_of_order, gaps;
    uint64_t gap_bytes; /* bytes in gaps */
};

/* A SYN on the ports of a connection that looks open: believed when it is answered or goes on. Private. */
struct flow_candidate {
    uint32_t seq;
    uint16_t window;
    uint8_t window_scale, ttl, side;
    struct moment moment;
};

/* Rarely needed facts, allocated when the first of them appears. */
struct flow_rare {
    struct moment fin[2], rst[2]; /* first FIN and first RST of each side */
    uint64_t fin_offset[2];       /* stream offset of that FIN */
    uint32_t num_rst[2];
    uint32_t rst_seq[2];     /* sequence number of the first */
    bool rst_seqs_differ[2]; /* several RSTs with different sequence numbers, at least one of which a real host would
                                not choose: it takes the next number it would send or one that its peer acknowledged */
    bool rst_is_odd[2];      /* private: the first was such a one */
    uint8_t rst_ttl[2];
    bool data_after_rst[2]; /* the side went on sending data after "its" RST */
    bool data_after_fin[2];
    uint32_t syn_retries[2]; /* SYN or SYN-ACK sent again */
    struct moment last_syn[2];
    uint32_t keep_alives, zero_windows, conflicts, duplicates;
    uint64_t unacked_resends[2]; /* segments sent again of bytes never acknowledged so far */
    struct moment last_resend[2];
    bool has_icmp;
    uint8_t icmp_type, icmp_code, icmp_ip_version;
    uint8_t icmp_from[16];
    uint32_t icmp_mtu; /* the smallest told, 0 none */
    struct moment icmp;
    bool has_previous, has_candidate; /* private, as all below */
    bool has_foreign[2];
    uint32_t previous_isn[2]; /* of the connection that had these ports before, by side of this one */
    uint32_t foreign_next[2]; /* where a segment far outside the window ended */
    struct flow_candidate candidate;
};

enum { FLOW_RECENT = 8 };

/* A connection that is over: how it ended, and the sink's list of those that it keeps. */
struct flow_over {
    struct flow *next;
    struct moment end;
    uint32_t group;
    enum flow_end why;
};

/* Data of an established connection touches what stands before `id`, and nothing behind it. */
struct flow {
    uint8_t ip_version;
    enum tunnel_kind tunnel : 8;
    uint8_t syn_side; /* who sent the SYN (or got the SYN-ACK): 0, 1; 2 unknown */
    enum flow_setup setup : 8;
    uint32_t tunnel_id;     /* VNI, key, session; 0 where both directions share none */
    uint8_t address[2][16]; /* by side */
    uint16_t port[2];
    uint32_t hash; /* private, as the next five */
    struct flow *hash_next;
    uint32_t tick;      /* of its latest packet on the table's clock */
    uint16_t slot;      /* of the timer wheel */
    bool is_closed : 1; /* by FIN of both sides, or by a RST that counts */
    bool is_simultaneous : 1;
    bool is_blind : 1;      /* the sink's: it had no memory for this flow's facts */
    bool is_kept : 1;       /* by the sink, past its end */
    bool is_datagram : 1;   /* UDP: nothing of TCP holds, and its streams count packets and bytes only */
    struct flow_rare *rare; /* NULL until needed */
    void *user;             /* the sink's */
    struct moment last;     /* its latest packet */
    union {
        uint32_t
            recent[FLOW_RECENT]; /* private: what its latest packets looked like, to know them when they come again */
        struct flow_over over;   /* the sink's, from `end` on */
    };
    struct stream stream[2];
    uint64_t id;                          /* grows in the order in which connections began */
    struct moment first;                  /* its first packet */
    struct moment syn_ack;                /* frame 0 when unseen */
    struct moment established;            /* the ACK (or data) that completed the handshake; frame 0 when unseen */
    int64_t rtt_ns;                       /* SYN to SYN-ACK where the SYN was not sent again; 0 unknown */
    struct flow *timer_next, *timer_prev; /* private */
};

/* What a datagram is to the flow table. */
enum datagram_role {
    DATAGRAM_GOES_ON, /* it belongs to the flow that has these ports, or is nothing to the table */
    DATAGRAM_BEGINS,  /* a flow, where none has these ports */
    DATAGRAM_ANEW,    /* a flow in any case: the one that has these ports ends first */
};

/* What the table tells. The flow is valid during the call, and until `end` for as long as the sink keeps the pointer.
 */
struct flow_sink {
    void *arg;
    /* A new connection; flow->user may be set here or later. */
    void (*begin)(void *arg, struct flow *flow);
    /* In-order bytes of one side from `offset`; `moment` is the packet that carried them (for bytes that waited in the
     * queue: the packet that carried them, not the one that released them). */
    void (*data)(void *arg, struct flow *flow, unsigned side, struct bytes data, uint64_t offset,
                 const struct moment *moment);
    void (*gap)(void *arg, struct flow *flow, unsigned side, const struct gap *gap);
    /* A FIN or RST of `side` took effect in stream order (FIN: after all its bytes were delivered; RST: at once). */
    void (*close)(void *arg, struct flow *flow, unsigned side, bool is_reset, const struct moment *moment);
    /* The last word on this flow: it is freed after the call. Queued bytes were delivered or became gaps before. */
    void (*end)(void *arg, struct flow *flow, enum flow_end why, const struct moment *now);
    /* Asked about each UDP datagram, with its flow (NULL: it has none) and the side that sent it; both may be NULL in a
     * sink that wants none. `payload` as captured, `len` as it was sent. */
    enum datagram_role (*datagram_role)(void *arg, const struct flow *flow, unsigned side, struct bytes payload,
                                        uint32_t len);
    void (*datagram)(void *arg, struct flow *flow, unsigned side, struct bytes payload, uint32_t len,
                     const struct moment *moment);
    /* Asked about a UDP datagram on ports that no flow has: one of this table's flows that moved there, and its side
     * that sent it; NULL: none. May be NULL. */
    struct flow *(*datagram_owner)(void *arg, const struct packet *p, const struct moment *moment, unsigned *side);
};

struct flow_table;

struct flow_stats {
    uint64_t flows, lost /* without memory for them */, evicted, queue_limit_hits, ignored_segments;
    uint64_t active, memory_bytes, peak_memory_bytes;
};

/* max_flows: at most this many at once. NULL when out of memory. */
struct flow_table *flow_table_new(const struct flow_sink *sink, uint64_t *next_id, size_t max_flows);
void flow_table_free(struct flow_table *table); /* without telling the sink: call flow_table_finish() first */

/* A whole batch goes through hash + prefetch first: call for every packet of the batch, then flow_table_packet() for
 * each. */
uint32_t flow_table_prefetch(struct flow_table *table, const struct packet *p);
/* A PACKET_TCP or PACKET_ICMP (errors find the flow they quote). `hash` from flow_table_prefetch(). */
void flow_table_packet(struct flow_table *table, const struct packet *p, uint32_t hash, const struct moment *moment);
/* A PACKET_UDP: given to its flow, if it has one or begins one. */
void flow_table_datagram(struct flow_table *table, const struct packet *p, uint32_t hash, const struct moment *moment);
/* Tells the table that the capture's clock reached now_ns: idle flows end. Cheap to call for every batch. */
void flow_table_clock(struct flow_table *table, const struct moment *now);
/* End of input: all flows end, in the order of their ids. */
void flow_table_finish(struct flow_table *table, const struct moment *now);
/* Called from within `end`: the flow is not freed after it, the sink owns it until flow_table_release(). */
void flow_table_keep(struct flow_table *table, struct flow *flow);
void flow_table_release(struct flow_table *table, struct flow *flow);
/* Sorts flows past their end, a list linked by over.next: in the order in which they began, or by over.end's packet. */
struct flow *flow_sort_by_start(struct flow *list);
struct flow *flow_sort_by_end(struct flow *list);
const struct flow_stats *flow_table_stats(const struct flow_table *table);

#endif
