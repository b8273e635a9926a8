/* Classic pcap files (draft-ietf-opsawg-pcap): see classic.h. */
#include "capture/load.h"
#include "capture/reader.h"

#include "bounds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILE_HEADER = 24,
    SNAPLEN_MAX = 262144, /* the largest that tcpdump and Wireshark write for networks */
    CHAIN = 4,            /* record headers in a row that make a place plausible */
    NEAR_SECONDS = 86400, /* how far the times of neighbours may lie apart there */
};

enum { TOLD_SNAPLEN = 1, TOLD_LEN = 2, TOLD_FRACTION = 4 };

static const struct variant {
    uint32_t magic, header_len, record_len, per_second;
} variants[] = {
    {0xa1b2c3d4, FILE_HEADER, 16, 1000000},        {0xa1b23c4d, FILE_HEADER, 16, 1000000000},
    {0xa1b2cd34, FILE_HEADER, 24, 1000000},        /* Kuznetzov: interface index, protocol and packet type follow */
    {0xa12b3c4d, FILE_HEADER, 16, 1000000},        /* Navtel */
    {0x1c0001ac, FILE_HEADER + 4, 16, 1000000000}, /* Ixia, hardware: the file header ends with the records' length */
    {0x1c0001ab, FILE_HEADER + 4, 16, 1000000000}, /* Ixia, software */
};

struct record {
    uint32_t seconds, fraction, caplen, len;
};

static const struct variant *find_variant(struct bytes head, bool *is_swapped)
{
    for (size_t i = 0; i < sizeof variants / sizeof variants[0] && head.len >= 4; i++)
        for (int swapped = 0; swapped < 2; swapped++)
            if (load32(head.at, swapped) == variants[i].magic) {
                *is_swapped = swapped;
                return &variants[i];
            }
    return NULL;
}

static bool classic_recognise(struct bytes head)
{
    bool is_swapped;
    return find_variant(head, &is_swapped) != NULL;
}

static int classic_start(struct reader *r, struct error *error)
{
    struct window *w = &r->window;
    struct classic *k = &r->classic;
    const struct variant *variant = find_variant((struct bytes){window_at(w), window_left(w)}, &k->is_swapped);
    k->record_len = variant->record_len;
    k->per_second = variant->per_second;
    int filled = window_fill(w, variant->header_len, error);
    if (filled <= 0) {
        if (filled == 0)
            reader_end(r, "the file header");
        return filled;
    }
    const uint8_t *at = window_at(w);
    unsigned major = load16(at + 4, k->is_swapped), minor = load16(at + 6, k->is_swapped);
    uint32_t snaplen = load32(at + 16, k->is_swapped);
    /* The upper half holds the length of frame check sequences and what NetBSD once called a class. */
    k->link_type = (uint16_t)load32(at + 20, k->is_swapped);
    k->has_lengths_swapped = major == 543 || (major == 2 && minor < 3);
    k->snaplen = snaplen == 0 || snaplen > LIMIT_PACKET ? LIMIT_PACKET : snaplen;
    r->input->facts.snaplen = snaplen;
    input_link_type(r->input, k->link_type);
    if (major != 2 && major != 543)
        input_note(r->input, CAPTURE_NOTE_ODD, 4, "pcap version %u.%u is unknown; read as 2.4", major, minor);
    window_advance(w, variant->header_len);
    const struct capture_interface interface = {
        .link_type = k->link_type, .resolution = k->per_second == 1000000 ? 6 : 9, .snaplen = snaplen};
    return input_interface(r->input, &interface, error);
}

static inline struct record record_load(const struct classic *k, const uint8_t *at)
{
    struct record h = {load32(at, k->is_swapped), load32(at + 4, k->is_swapped), load32(at + 8, k->is_swapped),
                       load32(at + 12, k->is_swapped)};
    if (k->has_lengths_swapped) {
        uint32_t len = h.caplen;
        h.caplen = h.len;
        h.len = len;
    }
    return h;
}

/* Needs a second look: nothing captured, more than there was or than the snapshot length, a fraction over a second. */
static inline bool record_is_odd(const struct classic *k, const struct record *h)
{
    return h->caplen - 1 >= k->snaplen || h->caplen > h->len || h->fraction >= k->per_second;
}

static inline void record_emit(struct reader *r, const struct record *h, const uint8_t *data,
                               struct capture_packet *packet)
{
    const struct classic *k = &r->classic;
    packet->bytes = (struct bytes){data, h->caplen};
    packet->len = h->len >= h->caplen ? h->len : h->caplen;
    packet->link_type = k->link_type;
    packet->interface = 0;
    packet->interface_at = 0;
    packet->left_out = (struct bytes){NULL, 0};
    packet->time_digits = k->per_second == 1000000 ? 6 : 9;
    /* At most 2^32 seconds and as many microseconds: no overflow. */
    reader_stamp(r, packet, true,
                 (int64_t)h->seconds * 1000000000 + (int64_t)h->fraction * (1000000000 / k->per_second));
}

/* The bulk path: whole records with nothing odd about them. */
static size_t take_whole(struct reader *r, struct capture_packet *batch, size_t max)
{
    struct window *w = &r->window;
    const struct classic *k = &r->classic;
    const size_t record_len = k->record_len;
    const uint8_t *at = window_at(w);
    size_t left = window_left(w), n = 0;
    while (n < max && left >= record_len) {
        struct record h = record_load(k, at);
        if (record_is_odd(k, &h) || left - record_len < h.caplen)
            break;
        record_emit(r, &h, at + record_len, &batch[n++]);
        at += record_len + h.caplen;
        left -= record_len + h.caplen;
    }
    window_advance(w, window_left(w) - left);
    return n;
}

static bool is_near(int64_t a, int64_t b)
{
    return llabs(a - b) <= NEAR_SECONDS;
}

/* Could be a record header in a file that is odd as a whole. */
static bool record_is_sane(const struct reader *r, const struct record *h)
{
    bool is_zero = h->seconds == 0 && h->fraction == 0 && h->caplen == 0 && h->len == 0;
    if (is_zero && !(r->has_last && is_near(r->last_ns / 1000000000, 0)))
        return false;
    return (h->caplen <= SNAPLEN_MAX || h->caplen <= r->classic.snaplen) && h->len <= LIMIT_PACKET &&
           h->fraction < 1000000000;
}

/* True when record headers chain from the window's front: after damage nothing less is believed. 1, 0, -1. */
static int records_chain(struct reader *r, struct error *error)
{
    const struct classic *k = &r->classic;
    struct window *w = &r->window;
    size_t at = 0;
    int64_t near = r->last_ns / 1000000000;
    for (int i = 0; i < CHAIN; i++) {
        int filled = window_fill(w, at + k->record_len, error);
        if (filled < 0)
            return -1;
        if (filled == 0)
            return (i > 0 && window_left(w) == at) || i >= 2;
        struct record h = record_load(k, window_at(w) + at);
        if (record_is_odd(k, &h) || h.caplen > SNAPLEN_MAX || h.len > LIMIT_PACKET ||
            ((i > 0 || r->has_last) && !is_near(h.seconds, near)))
            return 0;
        near = h.seconds;
        at += k->record_len + h.caplen;
    }
    return 1;
}

/* Moves to the next place where records chain: 1. 0: there is none; the window is then at the stream's end. */
static int find_records(struct reader *r, struct error *error)
{
    struct window *w = &r->window;
    int filled;
    while ((filled = window_fill(w, r->classic.record_len + 1, error)) > 0) {
        window_advance(w, 1);
        struct record h = record_load(&r->classic, window_at(w));
        if (record_is_odd(&r->classic, &h) || (r->has_last && !is_near(h.seconds, r->last_ns / 1000000000)))
            continue;
        int chain = records_chain(r, error);
        if (chain != 0)
            return chain;
    }
    if (filled == 0)
        window_advance(w, window_left(w));
    return filled;
}

static int skip_damage(struct reader *r, const struct record *h, struct error *error)
{
    char why[96];
    snprintf(why, sizeof why, "no packet can begin here (captured length %u, length %u)", h->caplen, h->len);
    return reader_skip(r, &(struct search){find_records, "packets", why, NULL}, error);
}

/* A record that the file's end cuts, or whose length was damaged: then others are found within it. */
static int end_within_record(struct reader *r, const struct record *h, struct error *error)
{
    char why[96];
    snprintf(why, sizeof why, "the captured length %u leads past the end of the file", h->caplen);
    return reader_skip(r, &(struct search){find_records, "packets", why, "a packet"}, error);
}

static void tell_odd(struct reader *r, const struct record *h)
{
    struct classic *k = &r->classic;
    uint64_t offset = r->window.offset;
    if (h->caplen > k->snaplen && !(k->told & TOLD_SNAPLEN)) {
        k->told |= TOLD_SNAPLEN;
        input_note(r->input, CAPTURE_NOTE_ODD, offset,
                   "a packet of %u bytes is longer than the file's snapshot length %u", h->caplen,
                   r->input->facts.snaplen);
    }
    if (h->caplen > h->len && !(k->told & TOLD_LEN)) {
        k->told |= TOLD_LEN;
        input_note(r->input, CAPTURE_NOTE_ODD, offset, "a packet has %u captured bytes of %u", h->caplen, h->len);
    }
    if (h->fraction >= k->per_second && !(k->told & TOLD_FRACTION)) {
        k->told |= TOLD_FRACTION;
        input_note(r->input, CAPTURE_NOTE_ODD, offset, "a time stamp has a fraction of more than a second (%u)",
                   h->fraction);
    }
}

/* More bytes are needed, or something is odd. 1: one odd packet that is believed, since what follows it looks like a
 * packet too; 0: go on; -1. */
static int settle(struct reader *r, struct capture_packet *packet, struct error *error)
{
    struct window *w = &r->window;
    const struct classic *k = &r->classic;
    int filled = window_fill(w, k->record_len, error);
    if (filled <= 0) {
        if (filled == 0)
            reader_end(r, "a packet's header");
        return filled;
    }
    struct record h = record_load(k, window_at(w));
    bool is_odd = record_is_odd(k, &h);
    if (is_odd && !record_is_sane(r, &h))
        return skip_damage(r, &h, error);
    size_t whole = k->record_len + h.caplen;
    filled = window_fill(w, whole + (is_odd ? k->record_len : 0), error);
    if (filled < 0)
        return -1;
    if (window_left(w) < whole)
        return end_within_record(r, &h, error);
    if (!is_odd)
        return 0;
    if (filled) {
        struct record next = record_load(k, window_at(w) + whole);
        if (!record_is_sane(r, &next))
            return skip_damage(r, &h, error);
    }
    tell_odd(r, &h);
    record_emit(r, &h, window_at(w) + k->record_len, packet);
    window_advance(w, whole);
    return 1;
}

const struct format format_classic = {"pcap", classic_recognise, classic_start, take_whole, settle, NULL};
