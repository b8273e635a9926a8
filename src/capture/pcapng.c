/* Walks the blocks of pcapng files (draft-ietf-opsawg-pcapng) and takes the packets out of them. */
#include "capture/load.h"
#include "capture/reader.h"

#include "bounds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_MIN = 12,                       /* type, total length, total length */
    BLOCK_MAX = LIMIT_PACKET + (1 << 16), /* a packet and its options; longer is damage */
    PACKET_FIXED = 32,                    /* all of an enhanced or obsolete packet block but data and options */
    SIMPLE_FIXED = 16,
    SECTION_MIN = 28,
    SEARCH_MAX = 1 << 20, /* after damage no longer block than this is believed */
};

struct header {
    uint32_t type, len;
};

static inline struct header header_load(const uint8_t *at, bool is_swapped)
{
    return (struct header){load32(at, is_swapped), load32(at + 4, is_swapped)};
}

static bool is_section(const uint8_t *at)
{
    return load32(at, false) == PCAPNG_SECTION; /* the same in both byte orders */
}

/* Is there a byte-order magic at `at`? Says which order; else *is_swapped stays as it is. */
static bool find_order(const uint8_t *at, bool *is_swapped)
{
    if (load32(at, false) != PCAPNG_BYTE_ORDER_MAGIC && load32(at, true) != PCAPNG_BYTE_ORDER_MAGIC)
        return false;
    *is_swapped = load32(at, true) == PCAPNG_BYTE_ORDER_MAGIC;
    return true;
}

static bool pcapng_recognise(struct bytes head)
{
    bool is_swapped;
    return head.len >= 12 && is_section(head.at) && find_order(head.at + 8, &is_swapped);
}

static int pcapng_start(struct reader *r, struct error *error)
{
    (void)error;
    (void)find_order(window_at(&r->window) + 8, &r->pcapng.is_swapped);
    return 0;
}

static void pcapng_stop(struct reader *r)
{
    free(r->pcapng.interfaces);
    r->pcapng.interfaces = NULL;
}

static inline void stamp(struct reader *r, const struct pcapng_interface *interface, uint64_t units,
                         struct capture_packet *packet)
{
    /* A writer that had no time leaves 0: no packet is from 1970. */
    bool has_time = units != 0 || interface->offset_ns != 0;
    packet->time_digits = interface->time_digits;
    reader_stamp(r, packet, has_time, has_time ? pcapng_time_ns(interface, units) : 0);
}

/* An enhanced or obsolete packet block whose lengths were checked. */
static inline void packet_emit(struct reader *r, uint32_t index, const uint8_t *at, uint32_t len,
                               struct capture_packet *packet)
{
    const struct pcapng *p = &r->pcapng;
    const struct pcapng_interface *interface = &p->interfaces[index];
    uint32_t caplen = load32(at + 20, p->is_swapped), wire = load32(at + 24, p->is_swapped);
    uint64_t units = (uint64_t)load32(at + 12, p->is_swapped) << 32 | load32(at + 16, p->is_swapped);
    packet->bytes = (struct bytes){at + 28, caplen};
    packet->len = wire >= caplen ? wire : caplen;
    packet->link_type = interface->link_type;
    packet->interface = (uint16_t)index;
    packet->interface_at = p->first_interface + index;
    packet->left_out = (struct bytes){NULL, 0};
    stamp(r, interface, units, packet);
    uint32_t padded = (caplen + 3) & ~3u;
    if (len - PACKET_FIXED > padded)
        pcapng_packet_comments(r, (struct bytes){at + 28 + padded, len - PACKET_FIXED - padded}, packet);
}

/* The bulk path: whole enhanced packet blocks with nothing odd about them. */
static size_t take_whole(struct reader *r, struct capture_packet *batch, size_t max)
{
    struct window *w = &r->window;
    const struct pcapng *p = &r->pcapng;
    const uint8_t *at = window_at(w);
    size_t left = window_left(w), n = 0;
    while (n < max && left >= PACKET_FIXED) {
        struct header h = header_load(at, p->is_swapped);
        if (h.type != PCAPNG_PACKET || h.len < PACKET_FIXED || h.len > left || h.len % 4 != 0)
            break;
        uint32_t index = load32(at + 8, p->is_swapped), caplen = load32(at + 20, p->is_swapped);
        if (index >= p->num_interfaces || caplen > h.len - PACKET_FIXED || caplen > load32(at + 24, p->is_swapped) ||
            load32(at + h.len - 4, p->is_swapped) != h.len)
            break;
        packet_emit(r, index, at, h.len, &batch[n++]);
        at += h.len;
        left -= h.len;
    }
    window_advance(w, window_left(w) - left);
    return n;
}

static bool is_length(uint32_t len)
{
    return len >= BLOCK_MIN && len <= BLOCK_MAX && len % 4 == 0;
}

static bool is_known(uint32_t type)
{
    return (type >= PCAPNG_INTERFACE && type <= PCAPNG_PACKET) || type == PCAPNG_JOURNAL || type == PCAPNG_SECRETS ||
           type == PCAPNG_CUSTOM || type == PCAPNG_CUSTOM_NO_COPY;
}

/* Does a block header at the window's front + at look right? *is_swapped is the byte order before it; where it begins a
 * section, that section's comes out. 1, 0, -1. */
static int is_header(struct reader *r, size_t at, struct header *h, bool *is_swapped, struct error *error)
{
    struct window *w = &r->window;
    int filled = window_fill(w, at + BLOCK_MIN, error);
    if (filled <= 0)
        return filled;
    const uint8_t *start = window_at(w) + at;
    if (is_section(start) && !find_order(start + 8, is_swapped))
        return 0;
    *h = header_load(start, *is_swapped);
    return is_length(h->len) && (h->type == PCAPNG_SECTION ? h->len >= SECTION_MIN : is_known(h->type));
}

/* True when the window's front holds a whole block that another one, or the end, follows. 1, 0, -1. */
static int blocks_chain(struct reader *r, struct error *error)
{
    struct window *w = &r->window;
    struct header h, next;
    bool is_swapped = r->pcapng.is_swapped;
    int is_good = is_header(r, 0, &h, &is_swapped, error);
    if (is_good <= 0 || h.len > SEARCH_MAX)
        return is_good < 0 ? -1 : 0;
    int filled = window_fill(w, h.len, error);
    if (filled <= 0)
        return filled;
    const uint8_t *at = window_at(w);
    if (load32(at + h.len - 4, is_swapped) != h.len)
        return 0;
    if (h.type == PCAPNG_PACKET && (h.len < PACKET_FIXED || load32(at + 8, is_swapped) >= r->pcapng.num_interfaces ||
                                    load32(at + 20, is_swapped) > h.len - PACKET_FIXED))
        return 0;
    is_good = is_header(r, h.len, &next, &is_swapped, error);
    return is_good != 0 ? is_good : window_left(w) == h.len;
}

/* Moves to the next place where blocks chain: 1. 0: there is none; the window is then at the stream's end. */
static int find_blocks(struct reader *r, struct error *error)
{
    struct window *w = &r->window;
    int filled;
    while ((filled = window_fill(w, BLOCK_MIN + 1, error)) > 0) {
        window_advance(w, 1);
        struct header h = header_load(window_at(w), r->pcapng.is_swapped);
        if (h.type != PCAPNG_SECTION && !(is_known(h.type) && is_length(h.len)))
            continue;
        int chain = blocks_chain(r, error);
        if (chain != 0)
            return chain;
    }
    if (filled == 0)
        window_advance(w, window_left(w));
    return filled;
}

static int skip_damage(struct reader *r, const char *why, struct error *error)
{
    return reader_skip(r, &(struct search){find_blocks, "blocks", why, NULL}, error);
}

/* A block that the file's end cuts, or whose length was damaged: then others are found within it. */
static int end_within_block(struct reader *r, const struct header *h, struct error *error)
{
    char why[96];
    snprintf(why, sizeof why, "the block length %u leads past the end of the file", h->len);
    const char *within = h->type == PCAPNG_PACKET ? "a packet" : "a block";
    return reader_skip(r, &(struct search){find_blocks, "blocks", why, within}, error);
}

static int refuse_packet(struct reader *r, const char *why)
{
    input_note(r->input, CAPTURE_NOTE_DAMAGED, r->window.offset, "a packet block is left out: %s", why);
    return 0;
}

static int simple_packet(struct reader *r, const uint8_t *at, uint32_t len, struct capture_packet *packet)
{
    const struct pcapng *p = &r->pcapng;
    if (len < SIMPLE_FIXED)
        return refuse_packet(r, "it is too short");
    if (p->num_interfaces == 0)
        return refuse_packet(r, "its section has no interface");
    const struct pcapng_interface *interface = &p->interfaces[0];
    uint32_t wire = load32(at + 8, p->is_swapped), caplen = wire;
    if (interface->snaplen != 0 && caplen > interface->snaplen)
        caplen = interface->snaplen;
    if (caplen > len - SIMPLE_FIXED)
        return refuse_packet(r, "its captured bytes do not fit into it");
    *packet = (struct capture_packet){.bytes = {at + 12, caplen}, .len = wire, .link_type = interface->link_type};
    packet->time_digits = interface->time_digits;
    packet->interface_at = p->first_interface;
    reader_stamp(r, packet, false, 0);
    return 1;
}

static int full_packet(struct reader *r, uint32_t index, const uint8_t *at, uint32_t len, struct capture_packet *packet)
{
    struct pcapng *p = &r->pcapng;
    if (len < PACKET_FIXED)
        return refuse_packet(r, "it is too short");
    if (index >= p->num_interfaces)
        return refuse_packet(r, "its section has no such interface");
    uint32_t caplen = load32(at + 20, p->is_swapped), wire = load32(at + 24, p->is_swapped);
    if (caplen > len - PACKET_FIXED)
        return refuse_packet(r, "its captured bytes do not fit into it");
    if (caplen > wire && !p->is_len_told) {
        p->is_len_told = true;
        input_note(r->input, CAPTURE_NOTE_ODD, r->window.offset, "a packet has %u captured bytes of %u", caplen, wire);
    }
    packet_emit(r, index, at, len, packet);
    return 1;
}

/* Holds no packet, but has a frame number in Wireshark's count. */
static bool is_other_frame(uint32_t type)
{
    static const uint32_t types[] = {PCAPNG_JOURNAL, PCAPNG_CUSTOM,    PCAPNG_CUSTOM_NO_COPY,
                                     PCAPNG_SYSDIG,  PCAPNG_SYSDIG_V2, PCAPNG_SYSDIG_V2_LARGE};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i] == type)
            return true;
    return false;
}

/* Takes a whole block at the window's front. 1: *packet was filled in; 0; -1. */
static int take_block(struct reader *r, const struct header *h, struct capture_packet *packet, struct error *error)
{
    const struct pcapng *p = &r->pcapng;
    const uint8_t *at = window_at(&r->window);
    int taken = 0;
    if (h->type == PCAPNG_PACKET)
        taken = full_packet(r, h->len < PACKET_FIXED ? 0 : load32(at + 8, p->is_swapped), at, h->len, packet);
    else if (h->type == PCAPNG_OLD_PACKET)
        taken = full_packet(r, h->len < PACKET_FIXED ? 0 : load16(at + 8, p->is_swapped), at, h->len, packet);
    else if (h->type == PCAPNG_SIMPLE_PACKET)
        taken = simple_packet(r, at, h->len, packet);
    else if (pcapng_block_read(r, h->type, (struct bytes){at, h->len}, error) != 0)
        return -1;
    r->frame += is_other_frame(h->type);
    window_advance(&r->window, h->len);
    return taken;
}

/* More bytes are needed, or it is another block, or damage. 1: *packet; 0: go on; -1. */
static int settle(struct reader *r, struct capture_packet *packet, struct error *error)
{
    struct window *w = &r->window;
    struct pcapng *p = &r->pcapng;
    int filled = window_fill(w, BLOCK_MIN, error);
    if (filled <= 0) {
        if (filled == 0)
            reader_end(r, "a block's header");
        return filled;
    }
    bool is_swapped = p->is_swapped;
    if (is_section(window_at(w)) && !find_order(window_at(w) + 8, &is_swapped))
        return skip_damage(r, "a section has no byte-order magic", error);
    struct header h = header_load(window_at(w), is_swapped);
    if (!is_length(h.len))
        return skip_damage(r, "no block has such a length", error);
    filled = window_fill(w, h.len, error);
    if (filled <= 0)
        return filled < 0 ? -1 : end_within_block(r, &h, error);
    if (load32(window_at(w) + h.len - 4, is_swapped) != h.len) {
        struct header next;
        bool is_next_swapped = is_swapped;
        int is_good = is_header(r, h.len, &next, &is_next_swapped, error);
        if (is_good < 0)
            return -1;
        if (!is_good)
            return skip_damage(r, "the block's two lengths differ", error);
        input_note(r->input, CAPTURE_NOTE_DAMAGED, w->offset,
                   "the block's two lengths differ; the first one was right");
    }
    p->is_swapped = is_swapped;
    return take_block(r, &h, packet, error);
}

const struct format format_pcapng = {"pcapng", pcapng_recognise, pcapng_start, take_whole, settle, pcapng_stop};
