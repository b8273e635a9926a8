/* The UDP header (RFC 768). */
#include "dissect/packet_internal.h"

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
    out->kind = PACKET_UDP;
    out->sport = sport;
    out->dport = dport;
    out->segment = (struct bytes){segment.at, segment.left};
    out->segment_len = (uint32_t)segment.declared;
    out->payload = packet_rest(w, &out->payload_len);
    return LAYER_DONE;
}
