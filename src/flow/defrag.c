/* IP reassembly after RFC 791 and RFC 8200 section 4.5: a buffer for each datagram and a bit for each 8 bytes of it. */
#include "flow/defrag.h"

#include "bounds.h"
#include "flow/slab.h"

#include <stdlib.h>
#include <string.h>

enum {
    UNIT = 8,
    NUM_UNITS = 65536 / UNIT,
    NUM_BUCKETS = LIMIT_FRAGMENT_DATAGRAMS,
    MAX_LEN4 = 65535 - 20, /* the longest payload of an IPv4 header; longer is a ping of death */
    MAX_LEN6 = 65535,
    FIRST_BUFFER = 2048,
};

enum datagram_state {
    COLLECTING,
    WHOLE,   /* kept a while so that its fragments' second copies start nothing */
    REFUSED, /* contradicted itself: what still comes is refused as well */
};

struct datagram {
    struct datagram *hash_next;
    struct datagram *older, *newer;
    int64_t time_ns; /* of the first fragment; of the last one when WHOLE */
    uint32_t hash;
    enum datagram_state state;
    uint32_t total; /* length of the whole, 0 while the last fragment is missing */
    uint32_t end;   /* highest end seen */
    uint32_t num_filled;
    uint32_t capacity;
    uint8_t *data;
    struct packet first; /* the fragment at offset 0; before it came, the first to come */
    uint8_t filled[NUM_UNITS / 8];
};

struct defrag {
    struct datagram *buckets[NUM_BUCKETS];
    struct datagram *oldest, *newest;
    struct datagram *held; /* its bytes are in use during a call */
    uint32_t num;
    size_t bytes;
    uint32_t seed;
    struct defrag_stats stats;
};

struct defrag *defrag_new(void)
{
    struct defrag *defrag = memory_map(sizeof *defrag);
    /* Address space randomization makes chains that a peer cannot plan. No result depends on it. */
    if (defrag)
        defrag->seed = (uint32_t)((uintptr_t)defrag >> 4) * 2654435761u;
    return defrag;
}

static void unlink_datagram(struct defrag *defrag, struct datagram *d)
{
    struct datagram **at = &defrag->buckets[d->hash % NUM_BUCKETS];
    while (*at != d)
        at = &(*at)->hash_next;
    *at = d->hash_next;
    *(d->older ? &d->older->newer : &defrag->oldest) = d->newer;
    *(d->newer ? &d->newer->older : &defrag->newest) = d->older;
}

static void link_newest(struct defrag *defrag, struct datagram *d)
{
    struct datagram **bucket = &defrag->buckets[d->hash % NUM_BUCKETS];
    d->hash_next = *bucket;
    *bucket = d;
    d->older = defrag->newest;
    d->newer = NULL;
    *(defrag->newest ? &defrag->newest->newer : &defrag->oldest) = d;
    defrag->newest = d;
}

static void release_data(struct defrag *defrag, struct datagram *d)
{
    defrag->bytes -= d->capacity;
    free(d->data);
    d->data = NULL;
    d->capacity = 0;
}

static void remove_datagram(struct defrag *defrag, struct datagram *d)
{
    unlink_datagram(defrag, d);
    release_data(defrag, d);
    defrag->bytes -= sizeof *d;
    defrag->num--;
    free(d);
}

void defrag_free(struct defrag *defrag)
{
    if (!defrag)
        return;
    while (defrag->oldest)
        remove_datagram(defrag, defrag->oldest);
    memory_unmap(defrag, sizeof *defrag);
}

/* FNV-1a over what identifies a datagram, in words. */
static uint32_t hash_of(const struct defrag *defrag, const struct packet *p)
{
    uint32_t words[11], hash = 2166136261u ^ defrag->seed;
    memcpy(&words[0], p->src, 16);
    memcpy(&words[4], p->dst, 16);
    words[8] = p->fragment.id;
    words[9] = (uint32_t)p->ip_version << 8 | (uint32_t)p->tunnel;
    words[10] = p->tunnel_id;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        hash = (hash ^ words[i]) * 16777619u;
        hash ^= hash >> 15;
    }
    return hash;
}

/* IPv4 tells datagrams of different protocols apart; in IPv6 only the first fragment's next header counts. */
static bool same_datagram(const struct packet *a, const struct packet *b)
{
    return a->fragment.id == b->fragment.id && a->ip_version == b->ip_version && a->tunnel == b->tunnel &&
           a->tunnel_id == b->tunnel_id && memcmp(a->src, b->src, 16) == 0 && memcmp(a->dst, b->dst, 16) == 0 &&
           (a->ip_version == 6 || a->fragment.protocol == b->fragment.protocol);
}

static struct datagram *find(struct defrag *defrag, const struct packet *fragment, uint32_t hash)
{
    for (struct datagram *d = defrag->buckets[hash % NUM_BUCKETS]; d; d = d->hash_next)
        if (d->hash == hash && same_datagram(&d->first, fragment))
            return d;
    return NULL;
}

/* Gives up the oldest until `more` bytes and one more datagram have room; false when even that is not enough. */
static bool make_room(struct defrag *defrag, const struct datagram *keep, size_t more)
{
    struct datagram *next;
    for (struct datagram *d = defrag->oldest; d; d = next) {
        if (defrag->num < LIMIT_FRAGMENT_DATAGRAMS && defrag->bytes + more <= LIMIT_FRAGMENT_BYTES)
            break;
        next = d->newer;
        if (d == keep || d == defrag->held)
            continue;
        defrag->stats.dropped += d->state == COLLECTING;
        remove_datagram(defrag, d);
    }
    return defrag->bytes + more <= LIMIT_FRAGMENT_BYTES;
}

static void start(struct datagram *d, const struct packet *fragment, int64_t now_ns)
{
    d->time_ns = now_ns;
    d->state = COLLECTING;
    d->total = d->end = d->num_filled = 0;
    d->first = *fragment;
    memset(d->filled, 0, sizeof d->filled);
}

static struct datagram *add(struct defrag *defrag, const struct packet *fragment, uint32_t hash, int64_t now_ns)
{
    struct datagram *d = make_room(defrag, NULL, sizeof *d) ? malloc(sizeof *d) : NULL;
    if (!d)
        return NULL;
    start(d, fragment, now_ns);
    d->hash = hash;
    d->data = NULL;
    d->capacity = 0;
    link_newest(defrag, d);
    defrag->num++;
    defrag->bytes += sizeof *d;
    return d;
}

static bool reserve(struct defrag *defrag, struct datagram *d, uint32_t end)
{
    uint32_t capacity = d->capacity ? d->capacity : FIRST_BUFFER;
    while (capacity < end)
        capacity *= 2;
    if (capacity == d->capacity)
        return true;
    uint32_t more = capacity - d->capacity;
    uint8_t *data = make_room(defrag, d, more) ? realloc(d->data, capacity) : NULL;
    if (!data)
        return false;
    d->data = data;
    d->capacity = capacity;
    defrag->bytes += more;
    return true;
}

static bool is_filled(const struct datagram *d, uint32_t unit)
{
    return d->filled[unit / 8] >> unit % 8 & 1;
}

/* Whether the fragment ends where the last one says the datagram ends, or before. */
static bool end_agrees(const struct datagram *d, const struct packet *fragment)
{
    uint32_t end = fragment->fragment.offset + fragment->fragment.len;
    if (fragment->fragment.has_more)
        return d->total == 0 || end <= d->total;
    return d->end <= end && (d->total == 0 || d->total == end);
}

static bool agrees(const struct datagram *d, const struct packet *fragment)
{
    uint32_t offset = fragment->fragment.offset;
    if (!end_agrees(d, fragment))
        return false;
    for (uint32_t at = 0; at < fragment->fragment.bytes.len; at += UNIT) {
        struct bytes unit = bytes_slice(fragment->fragment.bytes, at, UNIT);
        if (is_filled(d, (offset + at) / UNIT) && !bytes_equal((struct bytes){d->data + offset + at, unit.len}, unit))
            return false;
    }
    return true;
}

static void fill(struct datagram *d, const struct packet *fragment)
{
    uint32_t offset = fragment->fragment.offset, len = fragment->fragment.len;
    for (uint32_t at = 0; at < len; at += UNIT) {
        struct bytes unit = bytes_slice(fragment->fragment.bytes, at, UNIT);
        uint32_t index = (offset + at) / UNIT;
        if (unit.len < UNIT && unit.len < len - at)
            return; /* cut by the snapshot length */
        if (is_filled(d, index))
            continue;
        memcpy(d->data + offset + at, unit.at, unit.len);
        d->filled[index / 8] |= (uint8_t)(1u << index % 8);
        d->num_filled++;
    }
}

/* A fragment of a datagram that is being collected; true when it is whole now. */
static bool collect(struct defrag *defrag, struct datagram *d, const struct packet *fragment)
{
    uint32_t end = fragment->fragment.offset + fragment->fragment.len;
    if (!agrees(d, fragment)) {
        defrag->stats.overlaps++;
        if (d->first.ip_version == 6) {
            defrag->stats.dropped++;
            d->state = REFUSED;
            release_data(defrag, d);
            return false;
        }
        if (!end_agrees(d, fragment))
            return false;
    }
    if (!reserve(defrag, d, end)) {
        defrag->stats.dropped++;
        remove_datagram(defrag, d);
        return false;
    }
    if (fragment->fragment.offset == 0 && d->first.fragment.offset != 0)
        d->first = *fragment;
    if (!fragment->fragment.has_more)
        d->total = end;
    if (end > d->end)
        d->end = end;
    fill(d, fragment);
    return d->total != 0 && d->num_filled == (d->total + UNIT - 1) / UNIT;
}

static bool is_possible(const struct packet *fragment)
{
    uint32_t len = fragment->fragment.len, max = fragment->ip_version == 6 ? MAX_LEN6 : MAX_LEN4;
    return len > 0 && len <= max && fragment->fragment.offset <= max - len &&
           (!fragment->fragment.has_more || len % UNIT == 0);
}

/* The datagram this fragment makes whole, or NULL. */
static struct datagram *push(struct defrag *defrag, const struct packet *fragment, int64_t now_ns)
{
    defrag->stats.fragments++;
    if (!is_possible(fragment)) {
        defrag->stats.dropped++;
        return NULL;
    }
    uint32_t hash = hash_of(defrag, fragment);
    struct datagram *d = find(defrag, fragment, hash);
    if (d && d->state == REFUSED)
        return NULL;
    if (d && d->state == WHOLE) {
        if (d == defrag->held || agrees(d, fragment))
            return NULL;
        unlink_datagram(defrag, d);
        link_newest(defrag, d);
        start(d, fragment, now_ns); /* its identification is used again */
    }
    if (!d)
        d = add(defrag, fragment, hash, now_ns);
    if (!d) {
        defrag->stats.dropped++;
        return NULL;
    }
    if (!collect(defrag, d, fragment))
        return NULL;
    defrag->stats.datagrams++;
    d->state = WHOLE;
    d->time_ns = now_ns;
    unlink_datagram(defrag, d);
    link_newest(defrag, d);
    return d;
}

bool defrag_push(struct defrag *defrag, const struct packet *fragment, const struct moment *moment, struct packet *out)
{
    bool is_whole = false;
    defrag_clock(defrag, moment->time_ns);
    struct packet inner = *fragment;
    /* Every round is one level deeper, and packet_dissect_datagram() bounds those. */
    while (inner.kind == PACKET_FRAGMENT) {
        struct datagram *d = push(defrag, &inner, moment->time_ns);
        is_whole = d != NULL;
        if (!is_whole)
            break;
        defrag->held = d;
        packet_dissect_datagram(&inner, &d->first, (struct bytes){d->data, d->total});
    }
    defrag->held = NULL;
    if (is_whole)
        *out = inner;
    return is_whole;
}

void defrag_clock(struct defrag *defrag, int64_t now_ns)
{
    const uint64_t longest = LIMIT_FRAGMENT_SECONDS * UINT64_C(1000000000);
    while (defrag->oldest && now_ns > defrag->oldest->time_ns &&
           (uint64_t)now_ns - (uint64_t)defrag->oldest->time_ns > longest) {
        defrag->stats.incomplete += defrag->oldest->state == COLLECTING;
        remove_datagram(defrag, defrag->oldest);
    }
}

void defrag_finish(struct defrag *defrag)
{
    while (defrag->oldest) {
        defrag->stats.incomplete += defrag->oldest->state == COLLECTING;
        remove_datagram(defrag, defrag->oldest);
    }
}

const struct defrag_stats *defrag_stats(const struct defrag *defrag)
{
    return &defrag->stats;
}
