/* Link layers without a link: BSD loopback, Linux cooked captures (tcpdump.org/linktypes/LINKTYPE_LINUX_SLL*.html). */
#include "dissect/packet_internal.h"

/* Address families as systems number them; AF_INET6 differs from one to the next. */
static enum layer address_family(struct walk *w, uint32_t family)
{
    static const struct {
        uint8_t family, layer;
    } families[] = {
        {2, LAYER_IPV4},
        {10, LAYER_IPV6} /* Linux */,
        {23, LAYER_IPV6} /* Windows */,
        {24, LAYER_IPV6} /* NetBSD, OpenBSD */,
        {26, LAYER_IPV6} /* Solaris */,
        {28, LAYER_IPV6} /* FreeBSD, DragonFly */,
        {30, LAYER_IPV6} /* Darwin */,
    };
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        if (families[i].family == family)
            return families[i].layer;
    return packet_skip(w, SKIP_NOT_IP);
}

enum layer link_null(struct walk *w)
{
    /* Byte order of the machine that captured: families are small, so the order shows. */
    uint32_t family = cursor_u32(&w->c, "address family");
    if (family > 0xffff)
        family = family >> 24 | (family >> 8 & 0xff00);
    return address_family(w, family);
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
