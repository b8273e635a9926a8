/* The builder of TCP packets: see tcp_builder.h. */
#include "support/tcp_builder.h"

#include "support/cmocka_all.h"

#include <string.h>

enum { PROTOCOL_TCP = 6, CHECKSUM_AT = 16 };

struct tcp_pair tcp_pair(uint16_t port)
{
    return (struct tcp_pair){
        .ip_version = 4,
        .address = {{10, 0, 0, 1}, {10, 0, 0, 2}},
        .port = {port, 443},
        .isn = {1000 + port, 9000000},
    };
}

uint8_t tcp_flags(const char *letters)
{
    static const char names[] = "FSRPA";
    uint8_t flags = 0;
    for (; *letters; letters++) {
        const char *at = strchr(names, *letters);
        assert_non_null(at);
        flags |= (uint8_t)(1u << (at - names));
    }
    return flags;
}

static void put(uint8_t *at, uint64_t value, unsigned len)
{
    while (len-- > 0) {
        at[len] = (uint8_t)value;
        value >>= 8;
    }
}

static uint32_t sum(uint32_t so_far, const uint8_t *at, size_t len)
{
    for (size_t i = 0; i < len; i++)
        so_far += i % 2 ? at[i] : (uint32_t)at[i] << 8;
    while (so_far >> 16)
        so_far = (so_far & 0xffff) + (so_far >> 16);
    return so_far;
}

void tcp_build(struct packet *out, uint8_t *segment, const struct tcp_pair *pair, const struct tcp_spec *spec)
{
    unsigned from = spec->from, to = !from;
    size_t size = TCP_BUILDER_HEADER + spec->len, address_len = pair->ip_version == 4 ? 4 : 16;
    memset(out, 0, sizeof *out);
    out->kind = PACKET_TCP;
    out->ip_version = pair->ip_version;
    out->ttl = spec->ttl ? spec->ttl : 64;
    out->protocol = PROTOCOL_TCP;
    out->ip_id = spec->ip_id;
    memcpy(out->src, pair->address[from], sizeof out->src);
    memcpy(out->dst, pair->address[to], sizeof out->dst);
    out->sport = pair->port[from];
    out->dport = pair->port[to];
    out->tcp_flags = spec->flags;
    out->window = spec->window;
    out->window_scale = spec->window_scale;
    out->seq = pair->isn[from] + spec->seq;
    out->ack = spec->flags & TCP_ACK ? pair->isn[to] + spec->ack : 0;

    memset(segment, 0, TCP_BUILDER_HEADER);
    put(segment, out->sport, 2);
    put(segment + 2, out->dport, 2);
    put(segment + 4, out->seq, 4);
    put(segment + 8, out->ack, 4);
    put(segment + 12, TCP_BUILDER_HEADER / 4 << 4, 1);
    put(segment + 13, out->tcp_flags, 1);
    put(segment + 14, out->window, 2);
    if (spec->len > 0)
        memcpy(segment + TCP_BUILDER_HEADER, spec->payload, spec->len);
    uint32_t s = sum((uint32_t)(PROTOCOL_TCP + size), out->src, address_len);
    s = sum(sum(s, out->dst, address_len), segment, size);
    put(segment + CHECKSUM_AT, (uint16_t)(~s ^ (spec->is_damaged ? 1u : 0)), 2);

    assert_true(spec->cut <= spec->len);
    out->payload = (struct bytes){segment + TCP_BUILDER_HEADER, spec->len - spec->cut};
    out->payload_len = (uint32_t)spec->len;
    out->segment = (struct bytes){segment, size - spec->cut};
    out->segment_len = (uint32_t)size;
}
