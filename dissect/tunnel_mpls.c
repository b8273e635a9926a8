/* MPLS label stacks (RFC 3032) and what follows them: IP (RFC 4928), or a pseudowire with or without a control word
 * (RFC 4385, RFC 4448). Nothing in the packet says which: it is told by what it looks like. */
#include "dissect/packet_internal.h"

struct look {
    uint8_t nibble;
    bool is_ipv4;  /* the header's lengths fit what there is */
    bool is_frame; /* a type is where an Ethernet frame has it */
};

static struct look look_ahead(const struct walk *w)
{
    enum { ARP = 0x0806 };
    struct fault fault = {FAULT_NONE, 0, NULL};
    struct cursor peek = w->c;
    peek.fault = &fault;
    struct bytes b = cursor_bytes(&peek, peek.left < 14 ? peek.left : 14, "MPLS payload");
    uint8_t first = bytes_u8_at(b, 0);
    size_t header_len = (size_t)(first & 0x0f) * 4, total_len = bytes_u16_at(b, 2);
    uint16_t type = bytes_u16_at(b, 12);
    return (struct look){
        .nibble = first >> 4,
        .is_ipv4 = header_len >= 20 && total_len >= header_len && total_len <= w->c.declared,
        .is_frame = type == ARP || link_ethertype_known(type),
    };
}

enum layer tunnel_mpls(struct walk *w)
{
    enum { BOTTOM_OF_STACK = 0x100 };
    uint32_t label;
    do
        label = cursor_u32(&w->c, "MPLS label");
    while (cursor_ok(&w->c) && (label & BOTTOM_OF_STACK) == 0);
    if (!cursor_ok(&w->c))
        return LAYER_DONE;
    struct look look = look_ahead(w);
    if (look.nibble == 4 && (look.is_ipv4 || !look.is_frame))
        return LAYER_IPV4;
    if (look.nibble == 6 && !look.is_frame)
        return LAYER_IPV6;
    if (look.nibble == 1 && !look.is_frame) /* an associated channel, RFC 5586 */
        return packet_skip(w, SKIP_NOT_IP);
    if (look.nibble == 0 && !look.is_frame)
        cursor_skip(&w->c, 4, "pseudowire control word");
    return LAYER_ETHERNET;
}
