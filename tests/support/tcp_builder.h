/*
 * TCP packets as packet_dissect() gives them, and the checksummed segment that they borrow.
 *
 * Sequence and acknowledgement numbers are relative to the sides' initial sequence numbers: a SYN has 0, the first byte
 * of data 1.
 */
#ifndef TLSWHY_TESTS_TCP_BUILDER_H
#define TLSWHY_TESTS_TCP_BUILDER_H

#include "dissect/packet.h"

enum { TCP_BUILDER_HEADER = 20 };

/* Two endpoints that talk. */
struct tcp_pair {
    uint8_t ip_version;
    uint8_t address[2][16];
    uint16_t port[2];
    uint32_t isn[2];
};

/* One packet of `from`. cut: how many bytes at the end of the payload the capture lacks. */
struct tcp_spec {
    unsigned from;
    uint8_t flags;
    uint32_t seq, ack;
    const void *payload;
    size_t len, cut;
    uint16_t window, ip_id;
    uint8_t window_scale, ttl;
    bool is_damaged; /* with a wrong checksum */
};

/* Client 10.0.0.1:port against server 10.0.0.2:443. */
struct tcp_pair tcp_pair(uint16_t port);

/* *out borrows `segment`, which has room for TCP_BUILDER_HEADER + spec->len bytes; spec's addresses, if any, are not
 * kept. */
void tcp_build(struct packet *out, uint8_t *segment, const struct tcp_pair *pair, const struct tcp_spec *spec);

/* "SA" to TCP_SYN | TCP_ACK; letters of SAFRP. */
uint8_t tcp_flags(const char *letters);

#endif
