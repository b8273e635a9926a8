/* Packets kept for evidence: see packets.h. */
#include "evidence/packets.h"

#include "bounds.h"
#include "dissect/packet.h"

#include <stdlib.h>
#include <string.h>

struct kept {
    struct capture_packet packet;
    bool is_touched;
    uint8_t bytes[];
};

struct packets {
    struct kept **at; /* by place */
    size_t num, cap;
    uint64_t bytes, num_lost;
    bool (*is_needless)(void *arg, const struct capture_packet *packet);
    void *arg;
};

struct packets *packets_new(void)
{
    return calloc(1, sizeof(struct packets));
}

void packets_free(struct packets *packets)
{
    if (!packets)
        return;
    for (size_t i = 0; i < packets->num; i++)
        free(packets->at[i]);
    free(packets->at);
    free(packets);
}

void packets_ask(struct packets *packets, bool (*is_needless)(void *arg, const struct capture_packet *packet),
                 void *arg)
{
    packets->is_needless = is_needless;
    packets->arg = arg;
}

static size_t size_of(const struct kept *kept)
{
    return sizeof *kept + kept->packet.bytes.len;
}

/* Application data: its headers alone stay. */
static void trim(struct packets *packets, struct kept **at)
{
    struct kept *kept = *at;
    struct packet packet;
    if (kept->is_touched)
        return;
    packet_dissect(&packet, kept->packet.link_type, kept->packet.bytes, kept->packet.len);
    if (packet.kind != PACKET_TCP || packet.payload.len == 0)
        return;
    size_t len = (size_t)(packet.payload.at - kept->bytes), before = size_of(kept);
    kept->packet.bytes.len = len;
    struct kept *smaller = realloc(kept, sizeof *kept + len);
    if (smaller)
        *at = smaller;
    (*at)->packet.bytes.at = (*at)->bytes;
    packets->bytes -= before - size_of(*at);
}

/* Packets that nobody needs first; where that is not enough, the oldest, a quarter of all. */
static void make_space(struct packets *packets)
{
    const uint64_t enough = LIMIT_EVIDENCE_BYTES / 4 * 3;
    size_t num = 0;
    for (size_t i = 0; i < packets->num; i++) {
        struct kept *kept = packets->at[i];
        if (packets->is_needless && packets->is_needless(packets->arg, &kept->packet)) {
            packets->bytes -= size_of(kept);
            free(kept);
        } else {
            packets->at[num++] = kept;
        }
    }
    size_t first = 0;
    for (; first < num && packets->bytes > enough; first++) {
        packets->bytes -= size_of(packets->at[first]);
        packets->num_lost++;
        free(packets->at[first]);
    }
    memmove(packets->at, packets->at + first, (num - first) * sizeof(struct kept *));
    packets->num = num - first;
}

void packets_keep(struct packets *packets, const struct capture_packet *packet)
{
    if (packets->num == packets->cap) {
        size_t cap = packets->cap ? 2 * packets->cap : 1024;
        struct kept **at = realloc(packets->at, cap * sizeof(struct kept *));
        if (at) {
            packets->at = at;
            packets->cap = cap;
        }
    }
    struct kept *kept = packets->num < packets->cap ? malloc(sizeof *kept + packet->bytes.len) : NULL;
    if (!kept) {
        packets->num_lost++;
        return;
    }
    kept->packet = *packet;
    kept->is_touched = false;
    if (packet->bytes.len > 0)
        memcpy(kept->bytes, packet->bytes.at, packet->bytes.len);
    kept->packet.bytes.at = kept->bytes;
    kept->packet.left_out = (struct bytes){NULL, 0};
    packets->at[packets->num++] = kept;
    packets->bytes += size_of(kept);
    if (packets->num > LIMIT_EVIDENCE_WINDOW)
        trim(packets, &packets->at[packets->num - 1 - LIMIT_EVIDENCE_WINDOW]);
    if (packets->bytes > LIMIT_EVIDENCE_BYTES)
        make_space(packets);
}

static bool is_before(struct place a, struct place b)
{
    return a.file != b.file ? a.file < b.file : a.frame < b.frame;
}

void packets_touch(struct packets *packets, struct place place)
{
    size_t low = 0, high = packets->num;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (is_before(packets->at[middle]->packet.moment.place, place))
            low = middle + 1;
        else
            high = middle;
    }
    if (low < packets->num && !is_before(place, packets->at[low]->packet.moment.place))
        packets->at[low]->is_touched = true;
}

void packets_each(const struct packets *packets, size_t file,
                  void (*take)(void *arg, const struct capture_packet *packet), void *arg)
{
    for (size_t i = 0; i < packets->num; i++)
        if (packets->at[i]->packet.moment.place.file == file)
            take(arg, &packets->at[i]->packet);
}

uint64_t packets_lost(const struct packets *packets)
{
    return packets ? packets->num_lost : 0;
}
