/* Headers that operating systems make up where the link has none or is not told: BSD loopback, Linux cooked captures,
 * packet filter and netfilter logs, macOS and Solaris taps (tcpdump.org/linktypes.html). */
#include "dissect/packet_internal.h"

/* Address families as systems number them; AF_INET6 differs from one to the next. */
static enum layer address_family(struct walk *w, uint32_t family)
{
    static const struct layer_row families[] = {
        {2, LAYER_IPV4},
        {10, LAYER_IPV6} /* Linux */,
        {23, LAYER_IPV6} /* Windows */,
        {24, LAYER_IPV6} /* NetBSD, OpenBSD */,
        {26, LAYER_IPV6} /* Solaris */,
        {28, LAYER_IPV6} /* FreeBSD, DragonFly */,
        {30, LAYER_IPV6} /* Darwin */,
    };
    enum layer layer = LAYER_FIND(families, family);
    return layer == LAYER_DONE ? packet_skip(w, SKIP_NOT_IP) : layer;
}

/* In the byte order of the machine that captured: families are small, so the order shows. */
static uint32_t host_order_family(struct walk *w)
{
    uint32_t family = cursor_u32(&w->c, "address family");
    return family > 0xffff ? family >> 24 | (family >> 8 & 0xff00) : family;
}

enum layer link_null(struct walk *w)
{
    return address_family(w, host_order_family(w));
}

enum layer link_loop(struct walk *w)
{
    return address_family(w, cursor_u32(&w->c, "address family"));
}

/* Protocol numbers below 1501 are Linux's own here, not lengths. */
static enum layer cooked_protocol(struct walk *w, uint16_t hardware, uint16_t protocol)
{
    enum { ARPHRD_NETLINK = 824, PROTOCOL_802_2 = 4 };
    if (hardware == ARPHRD_NETLINK)
        return packet_skip(w, SKIP_NOT_IP);
    if (protocol == PROTOCOL_802_2)
        return LAYER_LLC;
    return protocol <= 1500 ? packet_skip(w, SKIP_NOT_IP) : link_ethertype(w, protocol);
}

enum layer link_sll(struct walk *w)
{
    cursor_skip(&w->c, 2, "SLL packet type");
    uint16_t hardware = cursor_u16(&w->c, "SLL ARPHRD type");
    cursor_skip(&w->c, 10, "SLL address");
    return cooked_protocol(w, hardware, cursor_u16(&w->c, "SLL protocol"));
}

enum layer link_sll2(struct walk *w)
{
    uint16_t protocol = cursor_u16(&w->c, "SLL2 protocol");
    cursor_skip(&w->c, 6, "SLL2 interface index");
    uint16_t hardware = cursor_u16(&w->c, "SLL2 ARPHRD type");
    cursor_skip(&w->c, 10, "SLL2 address");
    return cooked_protocol(w, hardware, protocol);
}

/* OpenBSD's view of IPsec: family, SPI, flags, then the packet as it is in clear. */
enum layer link_enc(struct walk *w)
{
    uint32_t family = host_order_family(w);
    cursor_skip(&w->c, 8, "SPI and flags");
    return address_family(w, family);
}

enum layer link_ipnet(struct walk *w)
{
    cursor_skip(&w->c, 1, "ipnet version");
    uint8_t family = cursor_u8(&w->c, "ipnet family");
    cursor_skip(&w->c, 22, "ipnet header");
    return address_family(w, family);
}

/* The header's own length does not count its padding to four bytes. */
enum layer link_pflog(struct walk *w)
{
    size_t len = cursor_u8(&w->c, "PFLOG header length");
    uint8_t family = cursor_u8(&w->c, "PFLOG address family");
    if (cursor_ok(&w->c) && len < 4)
        return packet_malformed(w, "PFLOG header length");
    cursor_skip(&w->c, (len + 3) / 4 * 4 - 2, "PFLOG header");
    return address_family(w, family);
}

enum layer link_pktap(struct walk *w)
{
    uint32_t len = cursor_u32le(&w->c, "PKTAP header length");
    cursor_skip(&w->c, 4, "PKTAP record type");
    uint32_t link_type = cursor_u32le(&w->c, "PKTAP link type");
    if (cursor_ok(&w->c) && len < 12)
        return packet_malformed(w, "PKTAP header length");
    cursor_skip(&w->c, len - 12, "PKTAP header");
    return cursor_ok(&w->c) ? packet_link_layer(w, link_type) : LAYER_DONE;
}

static uint16_t swapped(uint16_t value)
{
    return (uint16_t)(value << 8 | value >> 8);
}

/* Netlink attributes in the byte order of the machine that captured. The first one is short, so the order shows. */
enum layer link_nflog(struct walk *w)
{
    enum { AF_INET4 = 2, AF_BRIDGE = 7, AF_INET6 = 10, TYPE = 0x3fff, TYPE_PAYLOAD = 9 };
    uint8_t family = cursor_u8(&w->c, "NFLOG family");
    cursor_skip(&w->c, 3, "NFLOG version and resource");
    struct cursor peek = w->c;
    uint16_t first_len = cursor_u16le(&peek, "NFLOG attribute length");
    bool is_big = first_len > swapped(first_len);
    while (cursor_more(&w->c)) {
        uint16_t len = cursor_u16le(&w->c, "NFLOG attribute length");
        uint16_t type = cursor_u16le(&w->c, "NFLOG attribute type");
        len = is_big ? swapped(len) : len;
        type = is_big ? swapped(type) : type;
        if (cursor_ok(&w->c) && (len < 4 || len - 4u > w->c.declared))
            return packet_malformed(w, "NFLOG attribute length");
        if ((type & TYPE) == TYPE_PAYLOAD && cursor_ok(&w->c)) {
            cursor_bound(&w->c, len - 4u);
            return family == AF_INET4 || family == AF_INET6 || family == AF_BRIDGE ? LAYER_IP
                                                                                   : packet_skip(w, SKIP_NOT_IP);
        }
        cursor_skip(&w->c, (len + 3u) / 4 * 4 - 4, "NFLOG attribute");
    }
    return packet_skip(w, SKIP_NOT_IP);
}
