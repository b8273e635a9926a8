/* Ethernet II, IEEE 802.3 with LLC and SNAP (IEEE 802, RFC 1042), VLAN tags (802.1Q, 802.1ad). */
#include "dissect/packet_internal.h"

static const struct {
    uint16_t type, layer;
} ethertypes[] = {
#define X(type, layer) {type, LAYER_##layer},
#include "dissect/tables/ethertypes.def"
#undef X
};

enum layer link_ethertype(struct walk *w, uint16_t type)
{
    if (type <= 1500)
        return LAYER_LLC;
    for (size_t i = 0; i < sizeof ethertypes / sizeof ethertypes[0]; i++)
        if (ethertypes[i].type == type)
            return ethertypes[i].layer;
    return packet_skip(w, SKIP_NOT_IP);
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
