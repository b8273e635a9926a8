/*
 * From a captured packet to its innermost IP transport: link layers, tags, tunnels, IP, TCP, UDP, ICMP.
 *
 * packet_dissect() never allocates and never fails: what it does not understand is a PACKET_SKIPPED with a reason to
 * count. Link layers are rows of a table (dissect/tables/link_types.def), tunnels likewise; nesting is bounded by
 * PACKET_MAX_DEPTH. Trailing link-layer padding is cut by the IP length; an IP length of zero (segmentation offload)
 * means all that was captured, and one beyond the captured bytes a cut packet (mirrors truncate), not damage. All
 * slices borrow the packet.
 */
#ifndef TLSWHY_DISSECT_PACKET_H
#define TLSWHY_DISSECT_PACKET_H

#include "dissect/cursor.h"

enum { PACKET_MAX_DEPTH = 16 };

enum packet_kind {
    PACKET_SKIPPED = 0,
    PACKET_TCP,
    PACKET_UDP,
    PACKET_ICMP,     /* ICMP or ICMPv6 error quoting a packet */
    PACKET_FRAGMENT, /* an IP fragment: see `fragment` */
};

/* Why a packet was skipped; names as they appear in the summary's "skipped". X(identifier, json name, text) */
#define PACKET_SKIP_REASONS(X)                                                                                         \
    X(NONE, "none", "not skipped")                                                                                     \
    X(LINK_TYPE, "link-type-unknown", "link type not understood")                                                      \
    X(NOT_IP, "not-ip", "not IP (ARP, LLDP, ...)")                                                                     \
    X(TRUNCATED, "truncated", "headers cut by the snapshot length")                                                    \
    X(MALFORMED, "malformed", "headers that contradict themselves")                                                    \
    X(TOO_DEEP, "nested-too-deep", "tunnels nested too deep")                                                          \
    X(TRANSPORT, "other-transport", "IP, but neither TCP, UDP nor an ICMP error")                                      \
    X(ENCRYPTED, "encrypted", "encrypted below IP (WEP, WPA, ESP)")                                                    \
    X(FRAGMENT_LOST, "fragment-incomplete", "IP fragments whose datagram never became whole")                          \
    X(FILTERED, "filtered", "not matched by the capture filter given with -f")

enum packet_skip {
#define X(id, json, text) SKIP_##id,
    PACKET_SKIP_REASONS(X)
#undef X
        NUM_PACKET_SKIPS
};
const char *packet_skip_name(enum packet_skip reason);
const char *packet_skip_text(enum packet_skip reason);

enum tunnel_kind {
    TUNNEL_NONE = 0,
    TUNNEL_GRE,
    TUNNEL_ERSPAN,
    TUNNEL_VXLAN,
    TUNNEL_GENEVE,
    TUNNEL_GTPU,
    TUNNEL_TEREDO,
    TUNNEL_IPIP
};

enum tcp_flag {
    TCP_FIN = 1,
    TCP_SYN = 2,
    TCP_RST = 4,
    TCP_PSH = 8,
    TCP_ACK = 16,
    TCP_URG = 32,
    TCP_ECE = 64,
    TCP_CWR = 128
};

struct sack_block {
    uint32_t left, right;
};

/* Filled so far as its kind goes: of a PACKET_TCP `fragment`, `icmp` and the sacks past num_sacks are not set; in every
 * other kind what does not belong to it is zero. */
struct packet {
    enum packet_kind kind;
    enum packet_skip skip;
    uint8_t depth;            /* Ethernet and IP headers gone through, for PACKET_MAX_DEPTH */
    uint8_t ip_version;       /* 4 or 6; 0 while no IP header was seen */
    uint8_t ttl;              /* or hop limit */
    uint8_t protocol;         /* transport protocol number */
    uint16_t ip_id;           /* IPv4 */
    bool is_df;               /* IPv4 */
    uint8_t src[16], dst[16]; /* IPv4: the first four bytes, the others zero */
    uint16_t sport, dport;
    enum tunnel_kind tunnel; /* innermost tunnel that has an id (TUNNEL_IPIP and TUNNEL_TEREDO have none) */
    uint32_t tunnel_id;      /* VNI, TEID, GRE key, ERSPAN session */

    /* TCP */
    uint8_t tcp_flags;
    uint8_t num_sacks;
    uint16_t window;
    uint16_t mss;         /* SYN option, 0 none */
    uint8_t window_scale; /* SYN option + 1, 0 none */
    uint32_t seq, ack;
    struct sack_block sacks[4];

    struct bytes payload; /* TCP or UDP payload as captured */
    uint32_t payload_len; /* as declared; larger than payload.len where the snapshot length cut it */

    /* The transport segment as captured, for the lazy checksum. */
    struct bytes segment;
    uint32_t segment_len; /* as declared */

    /* PACKET_FRAGMENT: offsets in bytes of the fragmentable part. */
    struct {
        uint32_t id;
        uint32_t offset;
        bool has_more;
        uint8_t protocol;   /* next header of the whole datagram */
        struct bytes bytes; /* this fragment's part, captured */
        uint32_t len;       /* declared */
    } fragment;

    /* PACKET_ICMP: the error and what it quotes. */
    struct {
        uint8_t type, code;
        bool has_quote; /* the quoted packet's addresses, protocol and ports could be read */
        uint8_t ip_version, protocol;
        uint8_t src[16], dst[16];
        uint16_t sport, dport;
        uint32_t seq;      /* TCP */
        uint32_t mtu;      /* next-hop MTU of 3/4 and ICMPv6 type 2, 0 else */
        struct bytes rest; /* behind the quoted ports and sequence number, as captured; has_quote */
    } icmp;
};

/* `b` as captured, `len` its length on the wire, `link_type` a LINKTYPE_ value (tcpdump.org/linktypes.html). */
void packet_dissect(struct packet *out, uint16_t link_type, struct bytes b, uint32_t len);

/* A datagram put together from fragments: ip_version, addresses, protocol, tunnel, ttl come from `first` (a
 * PACKET_FRAGMENT); `b` is the reassembled fragmentable part. Depth goes on counting from the fragment's. */
void packet_dissect_datagram(struct packet *out, const struct packet *first, struct bytes b);

/* True when the TCP or UDP checksum is right, or the segment was not captured whole is false. Costs a pass over the
 * segment. */
bool packet_checksum_ok(const struct packet *p);

/* LINKTYPE_ values this build understands. */
bool packet_link_type_known(uint16_t link_type);

#endif
