/* Links that carry LLC or an Ethernet type behind addresses of their own: Token Ring (802.5), FDDI, IP over Fibre
 * Channel (RFC 4338), IP over IEEE 1394 as Apple's systems capture it. */
#include "dissect/packet_internal.h"

enum layer link_token_ring(struct walk *w)
{
    enum { HAS_ROUTE = 0x80, ROUTE_LEN = 0x1f };
    cursor_skip(&w->c, 8, "Token Ring destination");
    uint8_t source = cursor_u8(&w->c, "Token Ring source");
    cursor_skip(&w->c, 5, "Token Ring source");
    if (source & HAS_ROUTE) {
        size_t len = cursor_u8(&w->c, "Token Ring route") & ROUTE_LEN;
        cursor_skip(&w->c, len > 0 ? len - 1 : 0, "Token Ring route");
    }
    return LAYER_LLC;
}

enum layer link_fddi(struct walk *w)
{
    cursor_skip(&w->c, 13, "FDDI header");
    return LAYER_LLC;
}

enum layer link_fibre_channel(struct walk *w)
{
    cursor_skip(&w->c, 16, "Fibre Channel network header");
    return LAYER_LLC;
}

enum layer link_firewire(struct walk *w)
{
    cursor_skip(&w->c, 16, "IEEE 1394 addresses");
    return link_ethertype(w, cursor_u16(&w->c, "IEEE 1394 protocol"));
}
