/* The UDP header (RFC 768), and the ports of tunnels. */
#include "dissect/packet_internal.h"

static const struct {
    uint16_t port;
    bool is_either; /* the source port counts as well */
    uint8_t layer;
} tunnels[] = {
#define X(port, is_either, layer) {port, is_either, LAYER_##layer},
#include "dissect/tables/udp_tunnels.def"
#undef X
};

static enum layer tunnel_find(uint16_t sport, uint16_t dport)
{
    for (size_t i = 0; i < sizeof tunnels / sizeof tunnels[0]; i++)
        if (tunnels[i].port == dport || (tunnels[i].is_either && tunnels[i].port == sport))
            return tunnels[i].layer;
    return LAYER_DONE;
}

enum layer udp_header(struct walk *w)
{
    struct packet *out = w->out;
    struct cursor segment = w->c;
    uint16_t sport = cursor_u16(&w->c, "UDP source port");
    uint16_t dport = cursor_u16(&w->c, "UDP destination port");
    uint16_t len = cursor_u16(&w->c, "UDP length");
    cursor_skip(&w->c, 2, "UDP checksum");
    if (!cursor_ok(&w->c))
        return LAYER_DONE;
    /* Zero is a jumbogram (RFC 2675) or segmentation offload. */
    if (len != 0 && (len < 8 || len > segment.declared))
        return packet_malformed(w, "UDP length");
    if (len != 0) {
        cursor_bound(&segment, len);
        cursor_bound(&w->c, len - 8u);
    }
    packet_clear(out);
    out->kind = PACKET_UDP;
    out->sport = sport;
    out->dport = dport;
    out->segment = (struct bytes){segment.at, segment.left};
    out->segment_len = (uint32_t)segment.declared;
    struct cursor inner = w->c;
    out->payload = packet_rest(w, &out->payload_len);
    enum layer tunnel = tunnel_find(sport, dport);
    if (tunnel == LAYER_DONE || out->payload_len == 0)
        return LAYER_DONE;
    w->datagram = *out;
    w->has_datagram = true;
    w->c = inner;
    return tunnel;
}
