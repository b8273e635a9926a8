/* What of a packet is written: see cut.h. */
#include "evidence/cut.h"

#include "dissect/dtls.h"
#include "dissect/quic.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TCP_OFFSET_AT = 12, TCP_HEADER_LEAST = 20, UDP_HEADER_LEN = 8, BARE_KEPT = 16 };

static void add(struct cut *cut, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct cut *cut, const char *format, ...)
{
    size_t len = strlen(cut->note);
    va_list args;
    va_start(args, format);
    vsnprintf(cut->note + len, sizeof cut->note - len, format, args);
    va_end(args);
}

/* The payload's place in the packet, and in its stream. */
struct part {
    uint8_t *bytes; /* the payload, to be changed */
    size_t at, len; /* in the packet; as captured */
    int64_t from;   /* in the stream */
    uint32_t declared;
};

/* First and last byte that are written, counted in the payload. */
struct extent {
    size_t first, end;
};

static void blank(const struct part *part, uint64_t from, uint64_t to, int with)
{
    uint64_t begin = (uint64_t)part->from, end = begin + part->len;
    from = from > begin ? from : begin;
    to = to < end ? to : end;
    if (from < to)
        memset(part->bytes + (from - begin), with, (size_t)(to - from));
}

static struct extent find_extent(const struct plan_side *side, const struct part *part)
{
    uint64_t at = (uint64_t)part->from, end = at + part->len, first = end, last = at;
    for (size_t i = 0; i < side->num && at < end; i++) {
        const struct plan_piece *piece = &side->pieces[i];
        if (piece->to <= at || piece->is_hidden)
            continue;
        if (piece->from > at) {
            first = first < at ? first : at;
            last = piece->from < end ? piece->from : end;
        }
        at = piece->to;
    }
    if (at < end) {
        first = first < at ? first : at;
        last = end;
    }
    if (first >= last)
        return (struct extent){0, 0};
    return (struct extent){(size_t)(first - (uint64_t)part->from), (size_t)(last - (uint64_t)part->from)};
}

/* Records of application data in the middle of a packet: their headers stay. */
static void blank_records(const struct part *part, const struct plan_piece *piece)
{
    size_t at = (size_t)(piece->from - (uint64_t)part->from), end = (size_t)(piece->to - (uint64_t)part->from);
    while (at + RECORD_HEADER_LEN <= end) {
        size_t len = (size_t)part->bytes[at + 3] << 8 | part->bytes[at + 4];
        if (len > end - at - RECORD_HEADER_LEN)
            break;
        memset(part->bytes + at + RECORD_HEADER_LEN, 0, len);
        at += RECORD_HEADER_LEN + len;
    }
    memset(part->bytes + at, 0, end - at);
}

static void blank_pieces(const struct plan_side *side, const struct part *part, struct extent extent)
{
    uint64_t begin = (uint64_t)part->from, end = begin + part->len;
    for (size_t i = 0; i < side->num && side->pieces[i].from < end; i++) {
        const struct plan_piece *piece = &side->pieces[i];
        if (piece->to <= begin)
            continue;
        bool is_inside = piece->from >= begin + extent.first && piece->to <= begin + extent.end;
        if (piece->records > 0 && is_inside)
            blank_records(part, piece);
        else
            blank(part, piece->from, piece->to, piece->is_hidden ? '*' : 0);
    }
}

/* Tells of what begins in this packet, or right behind it. */
static void tell_pieces(struct cut *cut, struct plan_side *side, const struct part *part, struct extent extent)
{
    uint64_t begin = (uint64_t)part->from, end = begin + part->declared;
    unsigned num = 0;
    for (; side->next_told < side->num && side->pieces[side->next_told].from <= end; side->next_told++) {
        const struct plan_piece *piece = &side->pieces[side->next_told];
        bool is_inside = piece->from >= begin + extent.first && piece->to <= begin + extent.end;
        if (piece->is_hidden || is_inside || piece->told_to <= piece->from)
            continue;
        if (num++ == CUT_PIECES)
            return;
        uint64_t len = piece->told_to - piece->from;
        long long at = (long long)(piece->from - begin);
        if (piece->records > 0)
            add(cut, " r@%lld:%llu/%llu", at, (unsigned long long)len, (unsigned long long)piece->records);
        else
            add(cut, " z@%lld:%llu", at, (unsigned long long)len);
        cut->left_out += len;
        cut->is_needed = true;
    }
}

static bool has_private(const struct plan_side *side, const struct part *part)
{
    uint64_t begin = (uint64_t)part->from, end = begin + part->declared;
    for (size_t i = 0; i < side->num && side->pieces[i].from <= end; i++)
        if (side->pieces[i].to > begin && !side->pieces[i].is_hidden)
            return true;
    return false;
}

static bool find_part(struct part *part, const struct capture_packet *raw, const struct packet *packet, size_t header,
                      uint8_t *bytes)
{
    const uint8_t *base = raw->bytes.at, *segment = packet->segment.at;
    if (!segment || segment < base || segment + header > base + raw->bytes.len)
        return false;
    part->at = (size_t)(segment - base) + header;
    part->len = packet->payload.len;
    part->declared = packet->payload_len;
    if (part->len > raw->bytes.len - part->at)
        return false;
    part->bytes = bytes + part->at;
    return true;
}

static void cut_segment(struct cut *cut, struct plan *plan, unsigned at, const struct packet *packet, struct part *part)
{
    struct plan_side *side = &plan->side[at];
    uint32_t seq = packet->seq + ((packet->tcp_flags & TCP_SYN) ? 1 : 0);
    struct extent extent = {0, 0};
    part->from = side->has_base ? (int64_t)side->seen + (int32_t)(seq - (side->isn + (uint32_t)side->seen)) : 0;
    bool is_control = packet->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST);
    if (part->from < 0) {
        /* Before the stream: nobody can say what it is. */
        cut->caplen = part->at;
        snprintf(cut->note, sizeof cut->note, CAPTURE_LEFT_OUT);
    } else if (has_private(side, part)) {
        if ((uint64_t)part->from + part->declared > side->seen)
            side->seen = (uint64_t)part->from + part->declared;
        snprintf(cut->note, sizeof cut->note, CAPTURE_LEFT_OUT);
        extent = find_extent(side, part);
        if (extent.first > 0)
            add(cut, " skip=%zu", extent.first);
        if (extent.end == part->len && part->declared > part->len && part->len > 0)
            add(cut, " cut");
        tell_pieces(cut, side, part, extent);
        blank_pieces(side, part, extent);
        blank(part, (uint64_t)part->from, (uint64_t)part->from + extent.first, 0);
        cut->caplen = part->at + extent.end;
    } else {
        if ((uint64_t)part->from + part->declared > side->seen)
            side->seen = (uint64_t)part->from + part->declared;
        extent.end = part->len;
        blank_pieces(side, part, extent);
        cut->caplen = part->at + part->len;
    }
    cut->is_bare = extent.end == 0 && !is_control;
    cut->is_needed |= !cut->is_bare || packet->window == 0;
}

/* With keys the handshake's own records of DTLS 1.3 are of use: their epoch ends with the same two bits as one that
 * follows four updates of the keys, the first of which. */
static bool is_handshake_epoch(const struct plan *plan, struct plan_side *side, const struct dtls_record *record)
{
    enum { HANDSHAKE = 2 };
    side->has_updates |= record->is_unified && record->epoch == 0;
    return plan->has_keys && record->is_unified && record->epoch == HANDSHAKE && !side->has_updates;
}

/* Of other protected records only the header is of use. */
static void cut_dtls(const struct plan *plan, struct plan_side *side, const struct part *part, struct extent *extent)
{
    struct fault fault;
    struct cursor c;
    struct dtls_record record;
    uint8_t *bytes = part->bytes;
    cursor_init(&c, (struct bytes){bytes, part->len}, part->declared, 0, &fault);
    while (dtls_record_next(&c, 0, &record)) {
        size_t body = record.body.at ? (size_t)(record.body.at - bytes) : part->len;
        bool is_kept = is_handshake_epoch(plan, side, &record);
        is_kept |= !record.is_unified && (record.type == CONTENT_HANDSHAKE || record.type == CONTENT_ALERT ||
                                          record.type == CONTENT_CHANGE_CIPHER_SPEC || record.type == CONTENT_ACK);
        extent->end = body + (is_kept ? record.body.len : 0);
        if (!is_kept && record.body.len > 0)
            memset(bytes + body, 0, record.body.len);
    }
}

/* Packets with a long header, but for early data; of others their first byte. */
static void cut_quic(const struct part *part, struct extent *extent)
{
    struct fault fault;
    struct cursor c;
    struct quic_packet packet;
    uint8_t *bytes = part->bytes;
    cursor_init(&c, (struct bytes){bytes, part->len}, part->declared, 0, &fault);
    if (!(bytes_u8_at((struct bytes){bytes, part->len}, 0) & QUIC_LONG_HEADER)) {
        extent->end = part->len > 0;
        return;
    }
    while (quic_packet_next(&c, &packet)) {
        size_t at = packet.packet.at ? (size_t)(packet.packet.at - bytes) : part->len, len = packet.packet.len;
        size_t shown = packet.kind == QUIC_SHORT ? 1 : len;
        if (packet.kind == QUIC_0RTT)
            shown = packet.header_len < len ? packet.header_len : len;
        if (shown < len)
            memset(bytes + at + shown, 0, len - shown);
        extent->end = at + shown;
    }
}

static void cut_datagram(struct cut *cut, struct plan *plan, unsigned side, struct place place, struct part *part)
{
    struct extent extent = {0, 0};
    if (plan->has_keys && plan_is_opened_at(plan, place))
        extent.end = part->len;
    else if (plan->protocol == PROTOCOL_DTLS)
        cut_dtls(plan, &plan->side[side], part, &extent);
    else if (plan->protocol == PROTOCOL_QUIC)
        cut_quic(part, &extent);
    else
        extent.end = 0;
    cut->caplen = part->at + extent.end;
    cut->left_out = part->declared - extent.end;
    cut->is_bare = extent.end <= DTLS_RECORD_HEADER_LEN;
    cut->is_needed = !cut->is_bare;
    if (extent.end < part->declared)
        snprintf(cut->note, sizeof cut->note, "%s%s", CAPTURE_LEFT_OUT, extent.end == part->len ? " cut" : "");
}

void cut_packet(struct cut *cut, struct plan *plan, unsigned side, const struct capture_packet *raw,
                const struct packet *packet, uint8_t *bytes)
{
    struct part part = {0};
    *cut = (struct cut){.caplen = raw->bytes.len};
    if (packet->kind == PACKET_ICMP) {
        const uint8_t *rest = packet->icmp.rest.at;
        if (rest && rest >= raw->bytes.at && rest <= raw->bytes.at + raw->bytes.len)
            cut->caplen = (size_t)(rest - raw->bytes.at);
        cut->is_needed = true;
        return;
    }
    size_t header = packet->kind == PACKET_UDP ? UDP_HEADER_LEN : TCP_HEADER_LEAST;
    if (packet->kind == PACKET_TCP && packet->segment.len > TCP_OFFSET_AT)
        header = (size_t)(packet->segment.at[TCP_OFFSET_AT] >> 4) * 4;
    if (!find_part(&part, raw, packet, header, bytes)) {
        cut->is_bare = true; /* without a place for its payload nothing of it is shown */
        cut->caplen = 0;
        return;
    }
    if (packet->kind == PACKET_UDP)
        cut_datagram(cut, plan, side, raw->moment.place, &part);
    else
        cut_segment(cut, plan, side, packet, &part);
    struct plan_side *sender = &plan->side[side];
    bool is_whole = plan->whole_until.frame == 0 || !place_is_before(plan->whole_until, raw->moment.place);
    sender->num_bare = cut->is_bare ? sender->num_bare + 1 : 0;
    cut->is_needed |= is_whole && sender->num_bare <= BARE_KEPT;
    if (packet->kind == PACKET_UDP)
        cut->is_needed |= sender->num_bare <= 2;
}
