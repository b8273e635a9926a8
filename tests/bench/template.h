/* Connections taken out of captures, as patterns for the generator: what each side sent, without addresses and clocks.
 */
#ifndef TLSWHY_BENCH_TEMPLATE_H
#define TLSWHY_BENCH_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct template_packet {
    bool is_server; /* who sent it */
    uint8_t flags;  /* TCP flags */
    uint32_t seq;   /* relative to the sender's first sequence number */
    uint32_t ack;   /* relative to the peer's */
    uint32_t len;
    const uint8_t *payload;
};

struct template
{
    uint16_t server_port;
    bool is_complete; /* the handshake went through: both sides sent protected records */
    struct template_packet *packets;
    size_t num_packets;
    size_t num_hello_packets; /* from the first packet to the end of the client's first flight */
    /* Where application data can go on after the handshake: packets up to there, and the streams' next relative
     * sequence numbers (client, server). 0 where the template does not allow it. */
    size_t num_open_packets;
    uint32_t next_seq[2];
};

struct template_set {
    struct template *items;
    size_t num;
};

/* Adds every TCP connection of the capture at `path` that begins with a SYN and a ClientHello and was captured whole.
 * -1 and a message on stderr when the file cannot be read. */
int template_set_read(struct template_set *set, const char *path);
void template_set_free(struct template_set *set);

#endif
