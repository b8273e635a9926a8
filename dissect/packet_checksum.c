/* The Internet checksum of TCP and UDP with its pseudo header (RFC 1071, RFC 9293, RFC 768, RFC 8200 section 8.1). */
#include "dissect/packet.h"

static uint64_t sum(struct bytes b)
{
    uint64_t total = 0;
    size_t i = 0;
    for (; i + 4 <= b.len; i += 4)
        total += bytes_u32_at(b, i);
    for (; i + 2 <= b.len; i += 2)
        total += bytes_u16_at(b, i);
    if (i < b.len)
        total += (uint32_t)bytes_u8_at(b, i) << 8;
    /* A 32-bit word is worth the sum of its halves. */
    return (total >> 48) + (total >> 32 & 0xffff) + (total >> 16 & 0xffff) + (total & 0xffff);
}

bool packet_checksum_ok(const struct packet *p)
{
    if ((p->kind != PACKET_TCP && p->kind != PACKET_UDP) || p->segment.len != p->segment_len)
        return false;
    if (p->kind == PACKET_UDP && bytes_u16_at(p->segment, 6) == 0)
        return p->ip_version == 4; /* zero: the sender computed none */
    size_t address_len = p->ip_version == 6 ? 16 : 4;
    uint64_t total = sum((struct bytes){p->src, address_len}) + sum((struct bytes){p->dst, address_len}) +
                     sum(p->segment) + (p->segment_len >> 16) + (p->segment_len & 0xffff) + p->protocol;
    while (total >> 16)
        total = (total >> 16) + (total & 0xffff);
    return total == 0xffff;
}
