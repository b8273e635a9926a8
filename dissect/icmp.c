/* ICMP and ICMPv6 errors and the packets they quote (RFC 792, RFC 1191, RFC 4443). */
#include "dissect/packet_internal.h"

enum { PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, PROTOCOL_AH = 51 };

/* The quote's IPv6 extension headers up to its transport; false where there is none to be read. */
static bool quoted_extensions(struct cursor *c, uint8_t *protocol)
{
    enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, DESTINATION = 60 };
    while (cursor_ok(c)) {
        uint8_t kind = *protocol;
        bool is_sized = kind == HOP_BY_HOP || kind == ROUTING || kind == DESTINATION || kind == PROTOCOL_AH;
        if (!is_sized && kind != FRAGMENT)
            return true;
        *protocol = cursor_u8(c, "quoted next header");
        size_t len = cursor_u8(c, "quoted extension header length");
        if (kind == FRAGMENT) {
            bool is_first = (cursor_u16(c, "quoted fragment offset") & 0xfff8) == 0;
            cursor_skip(c, 4, "quoted fragment identification");
            if (!is_first)
                return false;
        } else {
            cursor_skip(c, kind == PROTOCOL_AH ? len * 4 + 6 : len * 8 + 6, "quoted extension header");
        }
    }
    return false;
}

static bool quoted_v4(struct packet *out, struct cursor *c)
{
    struct bytes header = cursor_bytes(c, 20, "quoted IPv4 header");
    size_t header_len = (size_t)(bytes_u8_at(header, 0) & 0x0f) * 4;
    if (header_len < 20 || (bytes_u16_at(header, 6) & 0x1fff) != 0)
        return false;
    out->icmp.protocol = bytes_u8_at(header, 9);
    packet_address(out->icmp.src, header, 12, 4);
    packet_address(out->icmp.dst, header, 16, 4);
    cursor_skip(c, header_len - 20, "quoted IPv4 options");
    return cursor_ok(c);
}

static bool quoted_v6(struct packet *out, struct cursor *c)
{
    struct bytes header = cursor_bytes(c, 40, "quoted IPv6 header");
    out->icmp.protocol = bytes_u8_at(header, 6);
    packet_address(out->icmp.src, header, 8, 16);
    packet_address(out->icmp.dst, header, 24, 16);
    return quoted_extensions(c, &out->icmp.protocol);
}

static void quote(struct walk *w)
{
    struct packet *out = w->out;
    struct fault fault;
    struct cursor c;
    uint32_t len;
    cursor_init_whole(&c, packet_rest(w, &len), &fault);
    struct cursor peek = c;
    out->icmp.ip_version = cursor_u8(&peek, "quoted IP version") >> 4;
    bool is_read = out->icmp.ip_version == 4   ? quoted_v4(out, &c)
                   : out->icmp.ip_version == 6 ? quoted_v6(out, &c)
                                               : false;
    if (!is_read || (out->icmp.protocol != PROTOCOL_TCP && out->icmp.protocol != PROTOCOL_UDP))
        return;
    out->icmp.sport = cursor_u16(&c, "quoted source port");
    out->icmp.dport = cursor_u16(&c, "quoted destination port");
    out->icmp.has_quote = cursor_ok(&c);
    if (out->icmp.protocol == PROTOCOL_TCP)
        out->icmp.seq = cursor_u32(&c, "quoted sequence number");
    else
        cursor_skip(&c, 4, "quoted length and checksum");
    out->icmp.rest = cursor_rest(&c, "rest of the quote");
}

static enum layer error(struct walk *w, uint8_t type, uint8_t code, uint32_t mtu)
{
    struct packet *out = w->out;
    if (!cursor_ok(&w->c))
        return LAYER_DONE;
    packet_clear(out);
    out->kind = PACKET_ICMP;
    out->icmp.type = type;
    out->icmp.code = code;
    out->icmp.mtu = mtu;
    quote(w);
    return LAYER_DONE;
}

enum layer icmp_v4(struct walk *w)
{
    enum { UNREACHABLE = 3, TIME_EXCEEDED = 11, PARAMETER_PROBLEM = 12, FRAGMENTATION_NEEDED = 4 };
    uint8_t type = cursor_u8(&w->c, "ICMP type");
    uint8_t code = cursor_u8(&w->c, "ICMP code");
    if (w->out->ip_version != 4 || (type != UNREACHABLE && type != TIME_EXCEEDED && type != PARAMETER_PROBLEM))
        return packet_skip(w, SKIP_TRANSPORT);
    cursor_skip(&w->c, 4, "ICMP header");
    uint16_t mtu = cursor_u16(&w->c, "ICMP next-hop MTU");
    return error(w, type, code, type == UNREACHABLE && code == FRAGMENTATION_NEEDED ? mtu : 0);
}

enum layer icmp_v6(struct walk *w)
{
    enum { UNREACHABLE = 1, PACKET_TOO_BIG = 2, PARAMETER_PROBLEM = 4 };
    uint8_t type = cursor_u8(&w->c, "ICMPv6 type");
    uint8_t code = cursor_u8(&w->c, "ICMPv6 code");
    if (w->out->ip_version != 6 || type < UNREACHABLE || type > PARAMETER_PROBLEM)
        return packet_skip(w, SKIP_TRANSPORT);
    cursor_skip(&w->c, 2, "ICMPv6 checksum");
    uint32_t mtu = cursor_u32(&w->c, "ICMPv6 MTU");
    return error(w, type, code, type == PACKET_TOO_BIG ? mtu : 0);
}
