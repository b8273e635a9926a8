/* Ethernet II, IEEE 802.3 with LLC and SNAP (IEEE 802, RFC 1042), VLAN tags (802.1Q, 802.1ad). */
#include "dissect/packet_internal.h"

static const struct layer_row ethertypes[] = {
#define X(type, layer) {type, LAYER_##layer},
#include "dissect/tables/ethertypes.def"
#undef X
};

bool link_ethertype_known(uint16_t type)
{
    return LAYER_FIND(ethertypes, type) != LAYER_DONE;
}

enum layer link_ethertype(struct walk *w, uint16_t type)
{
    if (type <= 1500)
        return LAYER_LLC;
    enum layer layer = LAYER_FIND(ethertypes, type);
    return layer == LAYER_DONE ? packet_skip(w, SKIP_NOT_IP) : layer;
}

enum layer link_ethernet(struct walk *w)
{
    if (!packet_enter(w))
        return LAYER_DONE;
    cursor_skip(&w->c, 12, "Ethernet addresses");
    return link_ethertype(w, cursor_u16(&w->c, "Ethernet type"));
}

enum layer link_vlan(struct walk *w)
{
    cursor_skip(&w->c, 2, "VLAN tag control");
    return link_ethertype(w, cursor_u16(&w->c, "VLAN Ethernet type"));
}

enum layer link_llc(struct walk *w)
{
    enum { SAP_IP = 0x06, SAP_SNAP = 0xaa, CONTROL_UI = 0x03 };
    uint8_t dsap = cursor_u8(&w->c, "LLC DSAP");
    uint8_t ssap = cursor_u8(&w->c, "LLC SSAP");
    uint8_t control = cursor_u8(&w->c, "LLC control");
    if (control != CONTROL_UI)
        return packet_skip(w, SKIP_NOT_IP);
    if (dsap == SAP_IP && ssap == SAP_IP)
        return LAYER_IPV4;
    if (dsap != SAP_SNAP || ssap != SAP_SNAP)
        return packet_skip(w, SKIP_NOT_IP);
    uint32_t oui = cursor_u24(&w->c, "SNAP organization");
    uint16_t type = cursor_u16(&w->c, "SNAP protocol");
    /* RFC 1042's zero and the bridge tunnel of 802.1H carry Ethernet types. */
    if ((oui != 0 && oui != 0x0000f8) || type <= 1500)
        return packet_skip(w, SKIP_NOT_IP);
    return link_ethertype(w, type);
}

/* 802.1ah: the backbone's I-TAG, then the customer's frame. */
enum layer link_itag(struct walk *w)
{
    cursor_skip(&w->c, 4, "I-TAG");
    return LAYER_ETHERNET;
}

/* 802.1BR: what a port extender puts in. */
enum layer link_etag(struct walk *w)
{
    cursor_skip(&w->c, 6, "E-TAG");
    return link_ethertype(w, cursor_u16(&w->c, "E-TAG Ethernet type"));
}

enum layer link_vntag(struct walk *w)
{
    cursor_skip(&w->c, 4, "VN-Tag");
    return link_ethertype(w, cursor_u16(&w->c, "VN-Tag Ethernet type"));
}

enum layer link_sgt(struct walk *w)
{
    cursor_skip(&w->c, 6, "Cisco metadata");
    return link_ethertype(w, cursor_u16(&w->c, "Cisco metadata Ethernet type"));
}

/* 802.1AE: with integrity protection alone the frame can be read. */
enum layer link_macsec(struct walk *w)
{
    enum { HAS_SCI = 0x20, ENCRYPTED = 0x08 };
    uint8_t control = cursor_u8(&w->c, "MACsec TCI");
    if (control & ENCRYPTED)
        return packet_skip(w, SKIP_ENCRYPTED);
    cursor_skip(&w->c, control & HAS_SCI ? 13 : 5, "MACsec SecTAG");
    return link_ethertype(w, cursor_u16(&w->c, "MACsec Ethernet type"));
}

/* Monitoring ports of Juniper routers put a header before the frame, or before the bare IP packet. */
enum layer link_juniper(struct walk *w)
{
    enum { MAGIC = 0x4d4743, NO_LINK_HEADER = 0x02, HAS_EXTENSION = 0x80 };
    if (cursor_u24(&w->c, "Juniper magic") != MAGIC)
        return packet_malformed(w, "Juniper magic");
    uint8_t flags = cursor_u8(&w->c, "Juniper flags");
    if (flags & HAS_EXTENSION)
        cursor_skip(&w->c, cursor_u16(&w->c, "Juniper extension length"), "Juniper extension");
    return flags & NO_LINK_HEADER ? LAYER_IP : LAYER_ETHERNET;
}
