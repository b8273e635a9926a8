/* IPv4 (RFC 791), IPv6 and its extension headers (RFC 8200), AH (RFC 4302), IP in IP (RFC 2003, RFC 4213). */
#include "dissect/packet_internal.h"

static const uint8_t protocols[256] = {
#define X(number, layer) [number] = LAYER_##layer,
#include "dissect/tables/ip_protocols.def"
#undef X
};

enum layer ip_protocol(struct walk *w, uint8_t protocol)
{
    w->out->protocol = protocol;
    enum layer layer = protocols[protocol];
    return layer == LAYER_DONE ? packet_skip(w, SKIP_TRANSPORT) : layer;
}

static enum layer fragment(struct walk *w, uint8_t protocol, uint32_t id, uint32_t offset, bool has_more)
{
    struct packet *out = w->out;
    packet_clear(out);
    out->kind = PACKET_FRAGMENT;
    out->protocol = protocol;
    out->fragment.id = id;
    out->fragment.offset = offset;
    out->fragment.has_more = has_more;
    out->fragment.protocol = protocol;
    out->fragment.bytes = packet_rest(w, &out->fragment.len);
    return LAYER_DONE;
}

enum layer ip_v4(struct walk *w)
{
    enum { DONT_FRAGMENT = 0x4000, MORE_FRAGMENTS = 0x2000, OFFSET = 0x1fff };
    struct packet *out = w->out;
    if (!packet_enter(w))
        return LAYER_DONE;
    struct bytes header = cursor_bytes(&w->c, 20, "IPv4 header");
    if (header.len == 0)
        return LAYER_DONE;
    uint8_t first = bytes_u8_at(header, 0);
    size_t header_len = (size_t)(first & 0x0f) * 4;
    uint16_t total_len = bytes_u16_at(header, 2);
    if (first >> 4 != 4 || header_len < 20)
        return packet_malformed(w, "IPv4 version and header length");
    /* Zero is segmentation offload: the length was not known yet when the packet was captured. */
    if (total_len != 0 && total_len < header_len)
        return packet_malformed(w, "IPv4 total length");
    if (total_len != 0)
        cursor_bound(&w->c, total_len - 20u);
    uint16_t flags = bytes_u16_at(header, 6);
    out->ip_version = 4;
    out->ip_id = bytes_u16_at(header, 4);
    out->is_df = flags & DONT_FRAGMENT;
    out->ttl = bytes_u8_at(header, 8);
    packet_address(out->src, header, 12, 4);
    packet_address(out->dst, header, 16, 4);
    cursor_skip(&w->c, header_len - 20, "IPv4 options");
    uint8_t protocol = bytes_u8_at(header, 9);
    if (flags & (MORE_FRAGMENTS | OFFSET))
        return fragment(w, protocol, out->ip_id, (flags & OFFSET) * 8u, flags & MORE_FRAGMENTS);
    return ip_protocol(w, protocol);
}

enum layer ip_v6(struct walk *w)
{
    struct packet *out = w->out;
    if (!packet_enter(w))
        return LAYER_DONE;
    struct bytes header = cursor_bytes(&w->c, 40, "IPv6 header");
    if (header.len == 0)
        return LAYER_DONE;
    if (bytes_u8_at(header, 0) >> 4 != 6)
        return packet_malformed(w, "IPv6 version");
    /* Zero is a jumbogram (RFC 2675) or segmentation offload. */
    uint16_t payload_len = bytes_u16_at(header, 4);
    if (payload_len != 0)
        cursor_bound(&w->c, payload_len);
    out->ip_version = 6;
    out->ip_id = 0;
    out->is_df = false;
    out->ttl = bytes_u8_at(header, 7);
    packet_address(out->src, header, 8, 16);
    packet_address(out->dst, header, 24, 16);
    return ip_protocol(w, bytes_u8_at(header, 6));
}

enum layer ip_any(struct walk *w)
{
    struct cursor peek = w->c;
    uint8_t version = cursor_u8(&peek, "IP version") >> 4;
    if (version == 4)
        return LAYER_IPV4;
    return version == 6 ? LAYER_IPV6 : packet_malformed(w, "IP version");
}

enum layer ip_in_ip(struct walk *w)
{
    packet_tunnel(w, TUNNEL_IPIP);
    return w->out->protocol == 4 ? LAYER_IPV4 : LAYER_IPV6;
}

enum layer ip_v6_extension(struct walk *w)
{
    if (w->out->ip_version != 6)
        return packet_skip(w, SKIP_TRANSPORT);
    uint8_t next = cursor_u8(&w->c, "IPv6 next header");
    size_t len = cursor_u8(&w->c, "IPv6 extension header length");
    cursor_skip(&w->c, len * 8 + 6, "IPv6 extension header");
    return cursor_ok(&w->c) ? ip_protocol(w, next) : LAYER_DONE;
}

/* While segments are left, the last address of the route is the destination that the transport knows: types 0 (RFC
 * 5095), 2 (RFC 6275) list it last, the segment routing header (type 4, RFC 8754) first. */
enum layer ip_v6_routing(struct walk *w)
{
    if (w->out->ip_version != 6)
        return packet_skip(w, SKIP_TRANSPORT);
    uint8_t next = cursor_u8(&w->c, "IPv6 next header");
    size_t len = cursor_u8(&w->c, "IPv6 routing header length");
    uint8_t type = cursor_u8(&w->c, "IPv6 routing type");
    uint8_t segments_left = cursor_u8(&w->c, "IPv6 segments left");
    cursor_skip(&w->c, 4, "IPv6 routing header");
    struct bytes route = cursor_bytes(&w->c, len * 8, "IPv6 routing header");
    if (!cursor_ok(&w->c))
        return LAYER_DONE;
    if (segments_left > 0 && route.len >= 16) {
        if (type == 0 || type == 2)
            packet_address(w->out->dst, route, (route.len / 16 - 1) * 16, 16);
        else if (type == 4)
            packet_address(w->out->dst, route, 0, 16);
    }
    return ip_protocol(w, next);
}

enum layer ip_v6_fragment(struct walk *w)
{
    if (w->out->ip_version != 6)
        return packet_skip(w, SKIP_TRANSPORT);
    uint8_t next = cursor_u8(&w->c, "IPv6 next header");
    cursor_skip(&w->c, 1, "IPv6 fragment header");
    uint16_t offset = cursor_u16(&w->c, "IPv6 fragment offset");
    uint32_t id = cursor_u32(&w->c, "IPv6 fragment identification");
    if (!cursor_ok(&w->c))
        return LAYER_DONE;
    if ((offset & 0xfff9) == 0) /* an atomic fragment, RFC 6946 */
        return ip_protocol(w, next);
    return fragment(w, next, id, offset & 0xfff8u, offset & 1);
}

enum layer ip_ah(struct walk *w)
{
    uint8_t next = cursor_u8(&w->c, "AH next header");
    size_t len = cursor_u8(&w->c, "AH payload length");
    if (len < 1)
        return packet_malformed(w, "AH payload length");
    cursor_skip(&w->c, len * 4 + 6, "AH");
    return cursor_ok(&w->c) ? ip_protocol(w, next) : LAYER_DONE;
}

/* RFC 3378: four bits of version, twelve of zero, then an Ethernet frame. */
enum layer ip_etherip(struct walk *w)
{
    if (cursor_u16(&w->c, "EtherIP version") != 0x3000)
        return packet_malformed(w, "EtherIP version");
    return LAYER_ETHERNET;
}
