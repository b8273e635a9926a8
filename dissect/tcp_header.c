/* The TCP header and its options (RFC 9293, RFC 7323, RFC 2018). */
#include "dissect/packet_internal.h"

static void sacks(struct packet *out, struct cursor *c)
{
    while (cursor_more(c) && out->num_sacks < 4) {
        struct sack_block block = {cursor_u32(c, "SACK left edge"), 0};
        block.right = cursor_u32(c, "SACK right edge");
        if (cursor_ok(c))
            out->sacks[out->num_sacks++] = block;
    }
}

/* Damage in the options ends them and nothing else: the segment's bytes are as good as without. */
static void options(struct packet *out, struct bytes b)
{
    enum { END = 0, NOP = 1, MSS = 2, WINDOW_SCALE = 3, SACK = 5 };
    struct fault fault;
    struct cursor c;
    cursor_init_whole(&c, b, &fault);
    while (cursor_more(&c)) {
        uint8_t kind = cursor_u8(&c, "TCP option kind");
        if (kind == NOP)
            continue;
        if (kind == END)
            return;
        uint8_t len = cursor_u8(&c, "TCP option length");
        if (len < 2)
            return;
        struct cursor option = cursor_child(&c, len - 2u, "TCP option");
        if (!cursor_ok(&c))
            return;
        if (kind == MSS && out->tcp_flags & TCP_SYN && len == 4)
            out->mss = cursor_u16(&option, "MSS");
        else if (kind == WINDOW_SCALE && out->tcp_flags & TCP_SYN && len == 3)
            out->window_scale = (uint8_t)((cursor_u8(&option, "window scale") & 0x0f) + 1);
        else if (kind == SACK)
            sacks(out, &option);
    }
}

enum layer tcp_header(struct walk *w)
{
    struct packet *out = w->out;
    struct bytes segment = {w->c.at, w->c.left};
    uint32_t segment_len = (uint32_t)w->c.declared;
    struct bytes header = cursor_bytes(&w->c, 20, "TCP header");
    if (header.len == 0)
        return LAYER_DONE;
    size_t header_len = (size_t)(bytes_u8_at(header, 12) >> 4) * 4;
    if (header_len < 20)
        return packet_malformed(w, "TCP data offset");
    struct bytes option_bytes = cursor_bytes(&w->c, header_len - 20, "TCP options");
    if (!cursor_ok(&w->c))
        return LAYER_DONE;
    out->kind = PACKET_TCP;
    out->sport = bytes_u16_at(header, 0);
    out->dport = bytes_u16_at(header, 2);
    out->seq = bytes_u32_at(header, 4);
    out->ack = bytes_u32_at(header, 8);
    out->tcp_flags = bytes_u8_at(header, 13);
    out->window = bytes_u16_at(header, 14);
    out->num_sacks = 0;
    out->mss = 0;
    out->window_scale = 0;
    out->segment = segment;
    out->segment_len = segment_len;
    out->payload = packet_rest(w, &out->payload_len);
    /* Two NOPs and timestamps, as nearly every segment has them, hold nothing that is kept. */
    if (option_bytes.len > 0 && (option_bytes.len != 12 || bytes_u32_at(option_bytes, 0) != 0x0101080a))
        options(out, option_bytes);
    return LAYER_DONE;
}
