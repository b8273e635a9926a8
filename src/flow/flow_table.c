/* The flow table: who a packet belongs to, and when connections end. See flow.h. */
#include "flow/facts.h"
#include "flow/setup.h"
#include "flow/stream.h"
#include "hash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { CACHE_LINE = 64, FIRST_BUCKETS = 1024, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17 };

/* ---- keys ---- */

static inline uint64_t hash_endpoint(const struct flow_table *table, const uint8_t address[16], uint16_t port)
{
    uint64_t half[2];
    memcpy(half, address, sizeof half);
    return hash_mix(hash_mix(hash_mix(table->seed, half[0]), half[1]), port);
}

struct endpoints {
    const uint8_t *address[2];
    uint16_t port[2];
    uint8_t ip_version;
};

/* Those of the packet, or those that an ICMP error quotes. */
static inline struct endpoints endpoints_of(const struct packet *p)
{
    if (p->kind == PACKET_ICMP)
        return (struct endpoints){{p->icmp.src, p->icmp.dst}, {p->icmp.sport, p->icmp.dport}, p->icmp.ip_version};
    return (struct endpoints){{p->src, p->dst}, {p->sport, p->dport}, p->ip_version};
}

/* The part of a tunnel's id that both directions share: GTP-U's TEID is chosen by each receiver for itself (3GPP
 * TS 29.281). */
static inline uint32_t shared_id(const struct packet *p)
{
    return p->tunnel == TUNNEL_GTPU ? 0 : p->tunnel_id;
}

static inline bool is_datagram(const struct packet *p)
{
    return p->kind == PACKET_UDP || (p->kind == PACKET_ICMP && p->icmp.protocol == PROTOCOL_UDP);
}

static uint32_t hash_of(const struct flow_table *table, const struct packet *p)
{
    struct endpoints e = endpoints_of(p);
    uint64_t sum = hash_endpoint(table, e.address[0], e.port[0]) + hash_endpoint(table, e.address[1], e.port[1]);
    return (uint32_t)(hash_mix(sum, (uint64_t)shared_id(p) << 9 | (uint64_t)is_datagram(p) << 8 | p->tunnel) >> 16);
}

static inline bool is_address(const uint8_t a[16], const uint8_t b[16])
{
    return memcmp(a, b, 16) == 0;
}

static inline bool is_from(const struct flow *flow, const struct endpoints *e, unsigned side)
{
    return flow->port[side] == e->port[0] && flow->port[!side] == e->port[1] &&
           is_address(flow->address[side], e->address[0]) && is_address(flow->address[!side], e->address[1]);
}

struct flow *table_find(const struct flow_table *table, const struct packet *p, uint32_t hash, unsigned *side)
{
    struct endpoints e = endpoints_of(p);
    for (struct flow *flow = table->buckets[hash & table->mask]; flow; flow = flow->hash_next) {
        if (flow->hash != hash || flow->ip_version != e.ip_version || flow->tunnel != p->tunnel ||
            flow->tunnel_id != shared_id(p) || flow->is_datagram != is_datagram(p))
            continue;
        if (is_from(flow, &e, 0)) {
            *side = 0;
            return flow;
        }
        if (is_from(flow, &e, 1)) {
            *side = 1;
            return flow;
        }
    }
    return NULL;
}

uint32_t flow_table_prefetch(struct flow_table *table, const struct packet *p)
{
    if (p->kind != PACKET_TCP && p->kind != PACKET_UDP && (p->kind != PACKET_ICMP || !p->icmp.has_quote))
        return 0;
    uint32_t hash = hash_of(table, p);
    __builtin_prefetch(&table->buckets[hash & table->mask]);
    /* The bucket asked for a few packets ago is here by now: go on to its flow. */
    uint32_t *slot = &table->ahead[table->ahead_at++ % TABLE_AHEAD];
    const struct flow *flow = table->buckets[*slot & table->mask];
    *slot = hash;
    if (flow) {
        for (size_t line = 0; line < offsetof(struct flow, id); line += CACHE_LINE)
            __builtin_prefetch((const char *)flow + line);
    }
    return hash;
}

/* ---- the table ---- */

struct flow_rare *table_rare(struct flow_table *table, struct flow *flow)
{
    if (!flow->rare)
        flow->rare = slab_take(&table->rares);
    if (flow->rare)
        return flow->rare;
    table->scratch = (struct flow_rare){0};
    return &table->scratch;
}

void table_set_closed(struct flow_table *table, struct flow *flow, bool is_closed)
{
    flow->is_closed = is_closed;
    wheel_unlink(&table->wheel, flow);
    wheel_link(&table->wheel, flow);
}

struct flow_table *flow_table_new(const struct flow_sink *sink, uint64_t *next_id, size_t max_flows)
{
    struct flow_table *table = memory_map(sizeof *table);
    if (!table)
        return NULL;
    struct flow_stats *stats = &table->stats;
    stats->memory_bytes = stats->peak_memory_bytes = sizeof *table;
    table->sink = *sink;
    table->next_id = next_id;
    table->max_flows = max_flows ? max_flows : 1;
    slab_init(&table->flows, sizeof(struct flow), &table->pieces, stats);
    slab_init(&table->rares, sizeof(struct flow_rare), &table->pieces, stats);
    slab_init(&table->queues, sizeof(struct stream_queue), &table->pieces, stats);
    /* Nobody outside can guess it, so that nobody can fill one bucket. Results do not depend on it. */
    if (getrandom(&table->seed, sizeof table->seed, 0) != (ssize_t)sizeof table->seed)
        table->seed = (uintptr_t)table;
    table->buckets = memory_take(stats, FIRST_BUCKETS * sizeof *table->buckets);
    if (!table->buckets) {
        memory_unmap(table, sizeof *table);
        return NULL;
    }
    memset(table->buckets, 0, FIRST_BUCKETS * sizeof *table->buckets);
    table->mask = FIRST_BUCKETS - 1;
    return table;
}

static void forget_segments(struct flow_table *table, struct stream_queue *queue)
{
    while (queue->head)
        queue_free(table, queue_take(table, queue));
}

void flow_table_free(struct flow_table *table)
{
    if (!table)
        return;
    while (table->oldest_queue)
        forget_segments(table, table->oldest_queue);
    pieces_cleanup(&table->pieces);
    free(table->buckets);
    memory_unmap(table, sizeof *table);
}

/* Doubles the buckets. Without memory the chains just grow longer. */
static void grow(struct flow_table *table)
{
    size_t old = (size_t)table->mask + 1, num = old * 2;
    struct flow **buckets = memory_take(&table->stats, num * sizeof *buckets);
    if (!buckets)
        return;
    memset(buckets, 0, num * sizeof *buckets);
    for (size_t i = 0; i < old; i++) {
        for (struct flow *flow = table->buckets[i], *next; flow; flow = next) {
            next = flow->hash_next;
            struct flow **bucket = &buckets[flow->hash & (num - 1)];
            flow->hash_next = *bucket;
            *bucket = flow;
        }
    }
    memory_give(&table->stats, table->buckets, old * sizeof *table->buckets);
    table->buckets = buckets;
    table->mask = (uint32_t)(num - 1);
}

struct flow *table_begin(struct flow_table *table, const struct packet *p, uint32_t hash, const struct moment *moment)
{
    if (table->stats.active >= table->max_flows) {
        struct flow *nearest = wheel_nearest(&table->wheel);
        if (nearest) {
            table->stats.evicted++;
            table_end(table, nearest, FLOW_END_EVICTED, moment);
        }
    }
    struct flow *flow = slab_take(&table->flows);
    if (!flow) {
        table->stats.lost++;
        return NULL;
    }
    flow->ip_version = p->ip_version;
    flow->tunnel = p->tunnel;
    flow->tunnel_id = shared_id(p);
    memcpy(flow->address[0], p->src, sizeof p->src);
    memcpy(flow->address[1], p->dst, sizeof p->dst);
    flow->port[0] = p->sport;
    flow->port[1] = p->dport;
    flow->hash = hash;
    flow->id = (*table->next_id)++;
    flow->first = flow->last = *moment;
    flow->tick = table->clock.tick;
    flow->is_datagram = p->kind == PACKET_UDP;
    setup_open(flow, p);
    if (table->stats.active > table->mask)
        grow(table);
    struct flow **bucket = &table->buckets[hash & table->mask];
    flow->hash_next = *bucket;
    *bucket = flow;
    wheel_link(&table->wheel, flow);
    table->stats.flows++;
    table->stats.active++;
    table->sink.begin(table->sink.arg, flow);
    return flow;
}

/* ---- packets ---- */

/* Anything but the next data or a new acknowledgement may be a packet captured twice. */
static inline bool is_news(const struct flow *flow, unsigned side, const struct packet *p)
{
    const struct stream *s = &flow->stream[side], *peer = &flow->stream[!side];
    if ((p->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK)) != TCP_ACK)
        return false;
    if (p->payload_len > 0)
        return p->seq == s->isn + (uint32_t)s->next && !s->queue;
    return (int32_t)(p->ack - (peer->isn + (uint32_t)peer->acked)) > 0;
}

/* A packet of the flow, after its SYN was looked at. */
static void take(struct flow_table *table, struct flow *flow, unsigned side, const struct packet *p,
                 const struct moment *moment)
{
    struct stream *s = &flow->stream[side], *peer = &flow->stream[!side];
    uint8_t flags = p->tcp_flags;
    /* A RST may be somebody else's: the first other packet counts. */
    bool is_first = s->packets++ == 0 || (s->has_rst && s->packets == flow->rare->num_rst[side] + 1);
    if (is_first)
        s->ttl = p->ttl;
    if ((flags & TCP_ACK) && !(flags & TCP_RST))
        stream_ack(flow, !side, p->ack);
    /* What this packet gives up of the peer's came before what it carries. */
    if (peer->queue || peer->acked > peer->next)
        stream_settle(table, flow, !side, moment);
    if (flags & TCP_RST) {
        facts_rst(table, flow, side, p, moment);
    } else {
        if (p->ttl != s->ttl)
            s->has_other_ttl = true;
        if (p->window != s->last_window || p->window == 0)
            facts_window(table, flow, side, p);
        if (!(flags & TCP_SYN) && flow->setup != FLOW_COMPLETE && flow->setup != FLOW_UNSEEN)
            setup_progress(table, flow, side, p, moment);
        uint32_t seq = p->seq + !!(flags & TCP_SYN);
        if (p->payload_len <= 1 && facts_is_keep_alive(flow, side, p))
            table_rare(table, flow)->keep_alives++;
        else if (p->payload_len > 0)
            stream_payload(table, flow, side, p, seq, moment);
        if (flags & TCP_FIN)
            stream_fin(table, flow, side, seq + p->payload_len, p->payload_len == 0, moment);
    }
    if (s->queue || s->acked > s->next)
        stream_settle(table, flow, side, moment);
}

/* Ends the flow and begins the next one on its ports with p. */
static struct flow *replace(struct flow_table *table, struct flow *flow, unsigned side, const struct packet *p,
                            uint32_t hash, const struct moment *moment)
{
    bool had_syn = flow->stream[side].has_syn || flow->stream[!side].has_syn;
    uint32_t isn[2] = {flow->stream[side].isn, flow->stream[!side].isn};
    table_end(table, flow, FLOW_END_REUSED, moment);
    flow = table_begin(table, p, hash, moment);
    if (flow && had_syn) {
        struct flow_rare *rare = table_rare(table, flow);
        rare->has_previous = true;
        rare->previous_isn[0] = isn[0];
        rare->previous_isn[1] = isn[1];
    }
    return flow;
}

/* Begins the connection whose SYN waited on the ports of another; its packets go on with p. */
static struct flow *begin_candidate(struct flow_table *table, struct flow *flow, uint32_t hash)
{
    const struct flow_candidate candidate = flow->rare->candidate;
    unsigned from = candidate.side;
    struct packet syn = {
        .kind = PACKET_TCP,
        .ip_version = flow->ip_version,
        .ttl = candidate.ttl,
        .protocol = PROTOCOL_TCP,
        .sport = flow->port[from],
        .dport = flow->port[!from],
        .tunnel = flow->tunnel,
        .tunnel_id = flow->tunnel_id,
        .tcp_flags = TCP_SYN,
        .window = candidate.window,
        .window_scale = candidate.window_scale,
        .seq = candidate.seq,
    };
    memcpy(syn.src, flow->address[from], sizeof syn.src);
    memcpy(syn.dst, flow->address[!from], sizeof syn.dst);
    flow = replace(table, flow, from, &syn, hash, &candidate.moment);
    if (!flow)
        return NULL;
    setup_syn(table, flow, 0, &syn, true, &candidate.moment);
    take(table, flow, 0, &syn, &candidate.moment);
    return flow;
}

/* The flow that the packet belongs to, begun where it begins one; NULL: none. */
static struct flow *assign(struct flow_table *table, struct flow *flow, unsigned *side, const struct packet *p,
                           uint32_t hash, const struct moment *moment)
{
    bool is_syn = (p->tcp_flags & (TCP_SYN | TCP_RST)) == TCP_SYN;
    if (!flow) {
        if (!is_syn && (p->payload_len == 0 || (p->tcp_flags & TCP_RST)))
            return NULL;
        flow = table_begin(table, p, hash, moment);
        *side = 0;
        if (flow && is_syn)
            setup_syn(table, flow, 0, p, true, moment);
        return flow;
    }
    enum setup_answer answer = is_syn       ? setup_syn(table, flow, *side, p, false, moment)
                               : flow->rare ? setup_check(flow, *side, p)
                                            : SETUP_GO_ON;
    if (answer == SETUP_GO_ON)
        return flow;
    if (answer == SETUP_DROP)
        return NULL;
    if (answer == SETUP_CONFIRMED) {
        unsigned from = flow->rare->candidate.side;
        flow = begin_candidate(table, flow, hash);
        *side = *side == from ? 0 : 1;
        if (flow && is_syn)
            setup_syn(table, flow, *side, p, false, moment);
        return flow;
    }
    flow = replace(table, flow, *side, p, hash, moment);
    *side = 0;
    if (flow)
        setup_syn(table, flow, 0, p, true, moment);
    return flow;
}

static void take_icmp(struct flow_table *table, const struct packet *p, uint32_t hash, const struct moment *moment)
{
    unsigned side;
    if (!p->icmp.has_quote || (p->icmp.protocol != PROTOCOL_TCP && p->icmp.protocol != PROTOCOL_UDP))
        return;
    struct flow *flow = table_find(table, p, hash, &side);
    if (flow)
        facts_icmp(table, flow, p, moment);
}

/* A SYN long after the close needs no confirmation of its time: even one with the old number begins a connection. */
static inline bool is_past_linger(const struct flow *flow, const struct packet *p, const struct moment *moment)
{
    return flow->is_closed && p->tcp_flags & TCP_SYN &&
           clock_elapsed(moment->time_ns, flow->last.time_ns) > (int64_t)LIMIT_CLOSED_SECONDS * 1000000000;
}

void flow_table_packet(struct flow_table *table, const struct packet *p, uint32_t hash, const struct moment *moment)
{
    flow_table_clock(table, moment);
    if (p->kind != PACKET_TCP) {
        if (p->kind == PACKET_ICMP)
            take_icmp(table, p, hash, moment);
        return;
    }
    unsigned side = 0;
    struct flow *flow = table_find(table, p, hash, &side);
    if (flow && ((int32_t)(wheel_deadline(flow) - table->clock.tick) <= 0 || is_past_linger(flow, p, moment))) {
        table_end_idle(table, flow, moment);
        flow = NULL;
    }
    if (flow && !is_news(flow, side, p) && facts_is_duplicate(flow, side, p, moment)) {
        table_rare(table, flow)->duplicates++;
        return;
    }
    flow = assign(table, flow, &side, p, hash, moment);
    if (!flow) {
        table->stats.ignored_segments++;
        return;
    }
    flow->last = *moment;
    flow->tick = table->clock.tick;
    table->unsure = table->clock.has_pending ? flow : NULL;
    facts_remember(flow, side, p, moment);
    take(table, flow, side, p, moment);
}

const struct flow_stats *flow_table_stats(const struct flow_table *table)
{
    return &table->stats;
}
