/* GRE (RFC 1701, RFC 2784, RFC 2890), PPTP's version 1 (RFC 2637), ERSPAN (draft-foschiano-erspan), WCCP's redirects.
 */
#include "dissect/packet_internal.h"

enum { GRE_CHECKSUM = 0x8000, GRE_ROUTING = 0x4000, GRE_KEY = 0x2000, GRE_SEQUENCE = 0x1000, GRE_ACK = 0x0080 };

static enum layer enhanced_gre(struct walk *w, uint16_t flags)
{
    cursor_skip(&w->c, 2, "GRE protocol");
    uint16_t payload_len = cursor_u16(&w->c, "GRE payload length");
    /* The call ID differs from one direction to the other, so it is no id of the tunnel. */
    cursor_skip(&w->c, 2, "GRE call ID");
    packet_tunnel(w, TUNNEL_GRE);
    if (flags & GRE_SEQUENCE)
        cursor_skip(&w->c, 4, "GRE sequence number");
    if (flags & GRE_ACK)
        cursor_skip(&w->c, 4, "GRE acknowledgement number");
    return payload_len == 0 ? packet_skip(w, SKIP_NOT_IP) : LAYER_PPP;
}

/* RFC 1701 source routes: entries of family, offset, length, up to an entry of zeroes. */
static void routing(struct walk *w)
{
    while (cursor_more(&w->c)) {
        uint16_t family = cursor_u16(&w->c, "GRE route family");
        cursor_skip(&w->c, 1, "GRE route offset");
        uint8_t len = cursor_u8(&w->c, "GRE route length");
        if (family == 0 && len == 0)
            return;
        cursor_skip(&w->c, len, "GRE route");
    }
}

enum layer tunnel_gre(struct walk *w)
{
    enum { VERSION = 7, PROTOCOL_ERSPAN = 0x88be };
    uint16_t flags = cursor_u16(&w->c, "GRE flags");
    if ((flags & VERSION) == 1)
        return enhanced_gre(w, flags);
    uint16_t protocol = cursor_u16(&w->c, "GRE protocol");
    if ((flags & VERSION) != 0)
        return packet_skip(w, SKIP_TRANSPORT);
    if (flags & (GRE_CHECKSUM | GRE_ROUTING))
        cursor_skip(&w->c, 4, "GRE checksum and offset");
    if (flags & GRE_KEY)
        packet_tunnel_id(w, TUNNEL_GRE, cursor_u32(&w->c, "GRE key"));
    else
        packet_tunnel(w, TUNNEL_GRE);
    if (flags & GRE_SEQUENCE)
        cursor_skip(&w->c, 4, "GRE sequence number");
    if (flags & GRE_ROUTING)
        routing(w);
    if (protocol == PROTOCOL_ERSPAN && (flags & GRE_SEQUENCE) == 0) { /* type I has no header */
        packet_tunnel_id(w, TUNNEL_ERSPAN, 0);
        return LAYER_ETHERNET;
    }
    /* No lengths in place of types here. */
    return protocol <= 1500 ? packet_skip(w, SKIP_NOT_IP) : link_ethertype(w, protocol);
}

static void erspan_session(struct walk *w)
{
    cursor_skip(&w->c, 2, "ERSPAN version and VLAN");
    packet_tunnel_id(w, TUNNEL_ERSPAN, cursor_u16(&w->c, "ERSPAN session") & 0x3ff);
}

enum layer tunnel_erspan2(struct walk *w)
{
    erspan_session(w);
    cursor_skip(&w->c, 4, "ERSPAN index");
    return LAYER_ETHERNET;
}

enum layer tunnel_erspan3(struct walk *w)
{
    enum { HAS_SUBHEADER = 1, FRAME_TYPE = 0x7c00, FRAME_IS_IP = 2 << 10 };
    erspan_session(w);
    cursor_skip(&w->c, 6, "ERSPAN timestamp and security group");
    uint16_t flags = cursor_u16(&w->c, "ERSPAN frame type");
    if (flags & HAS_SUBHEADER)
        cursor_skip(&w->c, 8, "ERSPAN platform specific subheader");
    return (flags & FRAME_TYPE) == FRAME_IS_IP ? LAYER_IP : LAYER_ETHERNET;
}

/* Version 2 puts four bytes before the packet; their first is never an IP version. */
enum layer tunnel_wccp(struct walk *w)
{
    struct cursor peek = w->c;
    if (cursor_u8(&peek, "WCCP redirect header") >> 4 != 4)
        cursor_skip(&w->c, 4, "WCCP redirect header");
    return LAYER_IP;
}
