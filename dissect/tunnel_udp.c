/* Tunnels over UDP: VXLAN (RFC 7348), its generic extension (draft-ietf-nvo3-vxlan-gpe) with NSH (RFC 8300), GENEVE
 * (RFC 8926), GTP-U (3GPP TS 29.281), Teredo (RFC 4380). A port alone proves nothing: what contradicts the tunnel's
 * format is malformed, and so goes back to being a plain UDP packet. */
#include "dissect/packet_internal.h"

enum layer tunnel_vxlan(struct walk *w)
{
    enum { HAS_VNI = 0x08, HAS_GROUP_POLICY = 0x80 };
    uint8_t flags = cursor_u8(&w->c, "VXLAN flags");
    uint32_t reserved = cursor_u24(&w->c, "VXLAN reserved");
    uint32_t vni = cursor_u24(&w->c, "VXLAN VNI");
    cursor_skip(&w->c, 1, "VXLAN reserved");
    if ((flags & ~HAS_GROUP_POLICY) != HAS_VNI || (reserved != 0 && (flags & HAS_GROUP_POLICY) == 0))
        return packet_malformed(w, "VXLAN flags");
    packet_tunnel_id(w, TUNNEL_VXLAN, vni);
    return LAYER_ETHERNET;
}

/* The next protocol of VXLAN-GPE and NSH. */
static enum layer next_protocol(struct walk *w, uint8_t protocol)
{
    static const uint8_t layers[] = {LAYER_DONE, LAYER_IPV4, LAYER_IPV6, LAYER_ETHERNET, LAYER_NSH, LAYER_MPLS};
    enum layer layer = protocol < sizeof layers ? layers[protocol] : LAYER_DONE;
    return layer == LAYER_DONE ? packet_malformed(w, "next protocol") : layer;
}

enum layer tunnel_vxlan_gpe(struct walk *w)
{
    enum { HAS_VNI = 0x08, HAS_PROTOCOL = 0x04, VERSION = 0x30 };
    uint8_t flags = cursor_u8(&w->c, "VXLAN-GPE flags");
    cursor_skip(&w->c, 2, "VXLAN-GPE reserved");
    uint8_t protocol = cursor_u8(&w->c, "VXLAN-GPE next protocol");
    uint32_t vni = cursor_u24(&w->c, "VXLAN-GPE VNI");
    cursor_skip(&w->c, 1, "VXLAN-GPE reserved");
    if ((flags & (HAS_VNI | VERSION)) != HAS_VNI)
        return packet_malformed(w, "VXLAN-GPE flags");
    packet_tunnel_id(w, TUNNEL_VXLAN, vni);
    return flags & HAS_PROTOCOL ? next_protocol(w, protocol) : LAYER_ETHERNET;
}

enum layer tunnel_nsh(struct walk *w)
{
    enum { VERSION = 0xc000, LEN = 0x3f, BASE_AND_PATH = 8 };
    uint16_t first = cursor_u16(&w->c, "NSH base header");
    cursor_skip(&w->c, 1, "NSH metadata type");
    uint8_t protocol = cursor_u8(&w->c, "NSH next protocol");
    size_t len = (first & LEN) * 4u;
    if (cursor_ok(&w->c) && (first & VERSION || len < BASE_AND_PATH))
        return packet_malformed(w, "NSH length");
    cursor_skip(&w->c, len - 4, "NSH");
    return cursor_ok(&w->c) ? next_protocol(w, protocol) : LAYER_DONE;
}

enum layer tunnel_geneve(struct walk *w)
{
    enum { VERSION = 0xc0, OPTIONS_LEN = 0x3f, RESERVED = 0x3f };
    uint8_t first = cursor_u8(&w->c, "GENEVE option length");
    uint8_t flags = cursor_u8(&w->c, "GENEVE flags");
    uint16_t protocol = cursor_u16(&w->c, "GENEVE protocol");
    uint32_t vni = cursor_u24(&w->c, "GENEVE VNI");
    cursor_skip(&w->c, 1, "GENEVE reserved");
    if (cursor_ok(&w->c) && (first & VERSION || flags & RESERVED || !link_ethertype_known(protocol)))
        return packet_malformed(w, "GENEVE header");
    cursor_skip(&w->c, (first & OPTIONS_LEN) * 4u, "GENEVE options");
    packet_tunnel_id(w, TUNNEL_GENEVE, vni);
    return link_ethertype(w, protocol);
}

/* Extension headers: a length in units of four bytes, the content, the type of the next. */
static void gtpu_extensions(struct walk *w, uint8_t next)
{
    while (next != 0 && cursor_ok(&w->c)) {
        size_t len = cursor_u8(&w->c, "GTP-U extension header length");
        if (len == 0)
            packet_malformed(w, "GTP-U extension header length");
        else
            cursor_skip(&w->c, len * 4 - 2, "GTP-U extension header");
        next = cursor_u8(&w->c, "GTP-U next extension header");
    }
}

enum layer tunnel_gtpu(struct walk *w)
{
    enum { VERSION_AND_TYPE = 0xf0, VERSION_1 = 0x30, HAS_EXTENSION = 4, HAS_OPTIONAL_FIELDS = 7, T_PDU = 255 };
    uint8_t flags = cursor_u8(&w->c, "GTP-U flags");
    uint8_t type = cursor_u8(&w->c, "GTP-U message type");
    uint16_t len = cursor_u16(&w->c, "GTP-U length");
    uint32_t teid = cursor_u32(&w->c, "GTP-U TEID");
    if (!cursor_ok(&w->c))
        return LAYER_DONE;
    if ((flags & VERSION_AND_TYPE) != VERSION_1 || type != T_PDU || len > w->c.declared)
        return packet_malformed(w, "GTP-U header");
    cursor_bound(&w->c, len);
    if (flags & HAS_OPTIONAL_FIELDS) {
        cursor_skip(&w->c, 3, "GTP-U sequence and N-PDU number");
        uint8_t next = cursor_u8(&w->c, "GTP-U next extension header");
        gtpu_extensions(w, flags & HAS_EXTENSION ? next : 0);
    }
    packet_tunnel_id(w, TUNNEL_GTPU, teid);
    return LAYER_IP;
}

/* Authentication and origin indications may come before the IPv6 packet; only their first byte is zero. */
enum layer tunnel_teredo(struct walk *w)
{
    enum { AUTHENTICATION = 0x0001, ORIGIN = 0x0000, IPV6_HEADER = 40 };
    for (;;) {
        struct cursor peek = w->c;
        uint16_t first = cursor_u16(&peek, "Teredo indication");
        if (!cursor_ok(&w->c) || (first != AUTHENTICATION && first != ORIGIN))
            break;
        cursor_skip(&w->c, 2, "Teredo indication");
        if (first == AUTHENTICATION) {
            size_t id_len = cursor_u8(&w->c, "Teredo client identifier length");
            size_t value_len = cursor_u8(&w->c, "Teredo authentication length");
            cursor_skip(&w->c, id_len + value_len + 9, "Teredo authentication");
        } else {
            cursor_skip(&w->c, 6, "Teredo origin");
        }
    }
    struct cursor peek = w->c;
    struct bytes header = cursor_bytes(&peek, IPV6_HEADER, "IPv6 header");
    if (!cursor_ok(&w->c))
        return LAYER_DONE;
    if (bytes_u8_at(header, 0) >> 4 != 6 || bytes_u16_at(header, 4) > peek.declared)
        return packet_malformed(w, "IPv6 header in Teredo");
    packet_tunnel(w, TUNNEL_TEREDO);
    return LAYER_IPV6;
}
