/* Puts blank bytes where an evidence capture says that others were left out: see refill.h. */
#include "evidence/refill.h"

#include "bounds.h"
#include "dissect/handshake.h"
#include "evidence/cut.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_LEN = 65536, RECORD_LEAST = RECORD_HEADER_LEN + 1, RECORD_MOST = RECORD_HEADER_LEN + RECORD_MAX_LEN };

struct refill {
    uint64_t num_put, limit_hits;
    uint8_t zeros[BLOCK_LEN];
    uint8_t record[RECORD_MOST];
};

/* What one note says. */
struct blanks {
    uint64_t skip;
    bool is_cut;
    unsigned num;
    struct blank {
        int64_t at;
        uint64_t len, records; /* 0: no whole records */
    } at[CUT_PIECES];
};

struct refill *refill_new(void)
{
    struct refill *refill = calloc(1, sizeof *refill);
    if (!refill)
        return NULL;
    static const uint8_t header[] = {CONTENT_APPLICATION_DATA, 3, 3};
    memcpy(refill->record, header, sizeof header);
    return refill;
}

void refill_free(struct refill *refill)
{
    free(refill);
}

uint64_t refill_limit_hits(const struct refill *refill)
{
    return refill ? refill->limit_hits : 0;
}

/* ---- the note ---- */

static bool take_word(struct bytes *text, const char *word)
{
    size_t len = strlen(word);
    if (text->len < len || memcmp(text->at, word, len) != 0)
        return false;
    *text = bytes_slice(*text, len, text->len);
    return true;
}

static bool take_number(struct bytes *text, uint64_t *out)
{
    size_t i = 0;
    *out = 0;
    for (; i < text->len && text->at[i] >= '0' && text->at[i] <= '9' && i < 16; i++)
        *out = *out * 10 + (text->at[i] - '0');
    *text = bytes_slice(*text, i, text->len);
    return i > 0;
}

static bool take_blank(struct bytes *text, struct blanks *out, bool has_records)
{
    if (out->num == CUT_PIECES)
        return false;
    struct blank *blank = &out->at[out->num++];
    bool is_before = take_word(text, "-");
    uint64_t at;
    if (!take_number(text, &at) || !take_word(text, ":") || !take_number(text, &blank->len))
        return false;
    blank->at = is_before ? -(int64_t)at : (int64_t)at;
    blank->records = 0;
    if (!has_records)
        return true;
    return take_word(text, "/") && take_number(text, &blank->records) && blank->records > 0 &&
           blank->len / blank->records >= RECORD_LEAST && (blank->len - 1) / blank->records < RECORD_MOST;
}

static bool read_note(struct blanks *out, struct bytes text)
{
    *out = (struct blanks){.skip = 0};
    if (!take_word(&text, CAPTURE_LEFT_OUT))
        return false;
    while (text.len > 0) {
        bool is_good = false;
        if (take_word(&text, " skip="))
            is_good = take_number(&text, &out->skip);
        else if (take_word(&text, " cut"))
            is_good = out->is_cut = true;
        else if (take_word(&text, " z@"))
            is_good = take_blank(&text, out, false);
        else if (take_word(&text, " r@"))
            is_good = take_blank(&text, out, true);
        if (!is_good)
            return false;
    }
    return true;
}

/* ---- what is put in ---- */

struct putting {
    struct refill *refill;
    struct packet packet; /* what each of them looks like */
    uint32_t base;        /* sequence number of the payload's first byte as it was */
    void (*take)(void *arg, const struct packet *packet);
    void *arg;
};

static bool put(struct putting *p, int64_t at, struct bytes bytes)
{
    struct refill *refill = p->refill;
    if (refill->num_put == LIMIT_REFILLED_RECORDS) {
        refill->limit_hits++;
        return false;
    }
    refill->num_put++;
    p->packet.seq = p->base + (uint32_t)at;
    p->packet.payload = bytes;
    p->packet.payload_len = (uint32_t)bytes.len;
    p->packet.tcp_flags &= (uint8_t) ~(TCP_SYN | TCP_FIN | TCP_RST);
    p->take(p->arg, &p->packet);
    return true;
}

static void put_zeros(struct putting *p, const struct blank *blank)
{
    uint64_t done = 0;
    while (done < blank->len) {
        uint64_t len = blank->len - done < BLOCK_LEN ? blank->len - done : BLOCK_LEN;
        if (!put(p, blank->at + (int64_t)done, (struct bytes){p->refill->zeros, (size_t)len}))
            return;
        done += len;
    }
}

/* All of nearly the same length. */
static void put_records(struct putting *p, const struct blank *blank)
{
    uint64_t done = 0;
    for (uint64_t left = blank->records; left > 0; left--) {
        size_t len = (size_t)((blank->len - done) / left), body = len - RECORD_HEADER_LEN;
        p->refill->record[3] = (uint8_t)(body >> 8);
        p->refill->record[4] = (uint8_t)body;
        if (!put(p, blank->at + (int64_t)done, (struct bytes){p->refill->record, len}))
            return;
        done += len;
    }
}

static void put_blank(struct putting *p, const struct blank *blank)
{
    if (blank->records > 0)
        put_records(p, blank);
    else
        put_zeros(p, blank);
}

static void refill_segment(struct putting *p, const struct packet *packet, const struct blanks *blanks)
{
    bool is_syn = packet->tcp_flags & TCP_SYN, is_fin = packet->tcp_flags & TCP_FIN;
    struct packet own = *packet;
    size_t skip = blanks->skip < packet->payload.len ? (size_t)blanks->skip : packet->payload.len;
    own.payload = bytes_slice(packet->payload, skip, packet->payload.len);
    if (!blanks->is_cut)
        own.payload_len = (uint32_t)own.payload.len;
    else
        own.payload_len = packet->payload_len - (uint32_t)skip;
    own.seq += is_syn ? 0 : (uint32_t)skip;
    bool is_shorter = (uint64_t)skip + own.payload_len < packet->payload_len;
    own.tcp_flags &= (uint8_t) ~(is_fin && is_shorter ? TCP_FIN : 0);
    for (unsigned i = 0; i < blanks->num; i++)
        if (blanks->at[i].at < (int64_t)skip)
            put_blank(p, &blanks->at[i]);
    p->take(p->arg, &own);
    for (unsigned i = 0; i < blanks->num; i++)
        if (blanks->at[i].at >= (int64_t)skip)
            put_blank(p, &blanks->at[i]);
    if (!is_fin || !is_shorter)
        return;
    own = *packet;
    own.seq = p->base + packet->payload_len;
    own.payload = (struct bytes){NULL, 0};
    own.payload_len = 0;
    p->take(p->arg, &own);
}

static void refill_datagram(struct putting *p, const struct packet *packet, const struct blanks *blanks)
{
    struct packet own = *packet;
    if (!blanks->is_cut && packet->payload.len < packet->payload_len && packet->payload_len <= BLOCK_LEN) {
        if (packet->payload.len > 0)
            memcpy(p->refill->zeros, packet->payload.at, packet->payload.len);
        own.payload = (struct bytes){p->refill->zeros, packet->payload_len};
    }
    p->take(p->arg, &own);
    memset(p->refill->zeros, 0, packet->payload.len < BLOCK_LEN ? packet->payload.len : BLOCK_LEN);
}

void refill_packet(struct refill *refill, const struct packet *packet, struct bytes note,
                   void (*take)(void *arg, const struct packet *packet), void *arg)
{
    struct blanks blanks;
    if (!read_note(&blanks, note) || (packet->kind != PACKET_TCP && packet->kind != PACKET_UDP)) {
        take(arg, packet);
        return;
    }
    struct putting putting = {refill, *packet, packet->seq + ((packet->tcp_flags & TCP_SYN) ? 1 : 0), take, arg};
    if (packet->kind == PACKET_TCP)
        refill_segment(&putting, packet, &blanks);
    else
        refill_datagram(&putting, packet, &blanks);
}
