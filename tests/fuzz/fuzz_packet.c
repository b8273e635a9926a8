/* Packets from strangers: link layers, tunnels, IP, TCP, UDP, ICMP, and their fragments put together.
 *
 * Two bytes of link type, then the packet. With the link type's highest bit set: packets of two bytes of length each,
 * so that fragments can meet. */
#include "flow/defrag.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static bool lies_within(struct bytes part, struct bytes whole)
{
    if (part.len == 0)
        return true;
    uintptr_t begin = (uintptr_t)part.at, from = (uintptr_t)whole.at;
    return begin >= from && begin - from <= whole.len && part.len <= whole.len - (begin - from);
}

/* What the header promises of each kind. */
static void check(const struct packet *p)
{
    require(p->depth <= PACKET_MAX_DEPTH);
    require((unsigned)p->skip < NUM_PACKET_SKIPS && (p->skip == SKIP_NONE) == (p->kind != PACKET_SKIPPED));
    if (p->kind != PACKET_SKIPPED)
        require(p->ip_version == 4 || p->ip_version == 6);
    if (p->kind == PACKET_TCP || p->kind == PACKET_UDP) {
        require(lies_within(p->payload, p->segment));
        require(p->payload.len <= p->payload_len && p->segment.len <= p->segment_len);
        require(p->payload_len < p->segment_len);
        if (packet_checksum_ok(p))
            require(p->segment.len == p->segment_len);
    }
    if (p->kind == PACKET_TCP)
        require(p->num_sacks <= 4 && p->window_scale <= 16);
    if (p->kind == PACKET_ICMP && p->icmp.has_quote)
        require(p->icmp.ip_version == 4 || p->icmp.ip_version == 6);
    if (p->kind == PACKET_FRAGMENT)
        require(p->fragment.bytes.len <= p->fragment.len && p->fragment.offset <= 65528);
}

static void one(struct defrag *defrag, uint16_t link_type, struct bytes b, const struct moment *moment)
{
    struct packet p;
    /* Some of the length on the wire was cut, sometimes. */
    packet_dissect(&p, link_type, b, (uint32_t)b.len + (b.len % 3 == 0 ? 50 : 0));
    check(&p);
    if (p.kind == PACKET_TCP || p.kind == PACKET_UDP)
        require(lies_within(p.segment, b));
    if (p.kind == PACKET_FRAGMENT) {
        require(lies_within(p.fragment.bytes, b));
        struct packet whole;
        if (defrag_push(defrag, &p, moment, &whole)) {
            require(whole.kind != PACKET_FRAGMENT);
            check(&whole);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { SEVERAL = 0x8000 };
    struct fault fault;
    struct cursor c;
    struct moment moment = {{1, 0}, 0};
    struct defrag *defrag = defrag_new();
    require(defrag != NULL);
    cursor_init_whole(&c, (struct bytes){data, size}, &fault);
    uint16_t link_type = cursor_u16(&c, "link type");
    if ((link_type & SEVERAL) == 0)
        one(defrag, link_type, cursor_rest(&c, "packet"), &moment);
    while (link_type & SEVERAL && cursor_more(&c)) {
        one(defrag, link_type & ~SEVERAL, cursor_bytes16(&c, "packet"), &moment);
        moment.place.frame++;
        moment.time_ns += 1000000;
    }
    defrag_finish(defrag);
    const struct defrag_stats *stats = defrag_stats(defrag);
    require(stats->datagrams + stats->incomplete <= stats->fragments);
    defrag_free(defrag);
    return 0;
}
