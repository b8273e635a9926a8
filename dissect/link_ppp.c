/* PPP in HDLC-like framing or bare (RFC 1661, RFC 1662), Cisco HDLC (RFC 1547 section 4.3.1), PPPoE (RFC 2516), frame
 * relay (RFC 2427). */
#include "dissect/packet_internal.h"

static const struct layer_row ppp_protocols[] = {
#define X(protocol, layer) {protocol, LAYER_##layer},
#include "dissect/tables/ppp_protocols.def"
#undef X
};

enum layer link_ppp_protocol(struct walk *w)
{
    /* An odd first byte is a protocol field compressed to one byte. */
    uint16_t protocol = cursor_u8(&w->c, "PPP protocol");
    if ((protocol & 1) == 0)
        protocol = (uint16_t)(protocol << 8 | cursor_u8(&w->c, "PPP protocol"));
    enum layer layer = LAYER_FIND(ppp_protocols, protocol);
    return layer == LAYER_DONE ? packet_skip(w, SKIP_NOT_IP) : layer;
}

enum layer link_ppp(struct walk *w)
{
    enum { ALL_STATIONS = 0xff, CISCO_UNICAST = 0x0f, CISCO_BROADCAST = 0x8f };
    struct cursor peek = w->c;
    uint8_t address = cursor_u8(&peek, "PPP address");
    if (address == ALL_STATIONS)
        return LAYER_PPP_PPPD;
    if (address != CISCO_UNICAST && address != CISCO_BROADCAST)
        return link_ppp_protocol(w);
    cursor_skip(&w->c, 2, "Cisco HDLC address and control");
    return link_ethertype(w, cursor_u16(&w->c, "Cisco HDLC protocol"));
}

/* Address (pppd: the direction in its place) and control are always there. */
enum layer link_ppp_pppd(struct walk *w)
{
    cursor_skip(&w->c, 2, "PPP address and control");
    return link_ppp_protocol(w);
}

enum layer link_ppp_with_dir(struct walk *w)
{
    cursor_skip(&w->c, 1, "direction");
    return LAYER_PPP;
}

enum layer link_pppoe(struct walk *w)
{
    enum { VERSION_AND_TYPE = 0x11, SESSION_DATA = 0 };
    uint8_t version = cursor_u8(&w->c, "PPPoE version and type");
    uint8_t code = cursor_u8(&w->c, "PPPoE code");
    cursor_skip(&w->c, 4, "PPPoE session and length");
    if (version != VERSION_AND_TYPE)
        return packet_malformed(w, "PPPoE version and type");
    return code == SESSION_DATA ? link_ppp_protocol(w) : packet_skip(w, SKIP_NOT_IP);
}

enum layer link_frame_relay(struct walk *w)
{
    enum {
        LAST_ADDRESS_BYTE = 1,
        CONTROL_UI = 3,
        NLPID_PAD = 0,
        NLPID_SNAP = 0x80,
        NLPID_IPV6 = 0x8e,
        NLPID_IP = 0xcc
    };
    while (cursor_more(&w->c) && (cursor_u8(&w->c, "frame relay address") & LAST_ADDRESS_BYTE) == 0)
        continue;
    uint8_t control = cursor_u8(&w->c, "frame relay control");
    uint8_t nlpid = cursor_u8(&w->c, "frame relay NLPID");
    if (control != CONTROL_UI) /* Cisco's encapsulation: an Ethernet type */
        return link_ethertype(w, (uint16_t)(control << 8 | nlpid));
    if (nlpid == NLPID_PAD)
        nlpid = cursor_u8(&w->c, "frame relay NLPID");
    if (nlpid == NLPID_IP)
        return LAYER_IPV4;
    if (nlpid == NLPID_IPV6)
        return LAYER_IPV6;
    if (nlpid != NLPID_SNAP || cursor_u24(&w->c, "SNAP organization") != 0)
        return packet_skip(w, SKIP_NOT_IP);
    return link_ethertype(w, cursor_u16(&w->c, "SNAP protocol"));
}

enum layer link_frame_relay_with_dir(struct walk *w)
{
    cursor_skip(&w->c, 1, "direction");
    return LAYER_FRAME_RELAY;
}
