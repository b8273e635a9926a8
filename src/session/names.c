/* Names learnt from DNS: see names.h. Two open hash tables, by address and by (client, name). */
#include "session/names.h"

#include "bounds.h"
#include "dissect/dns.h"
#include "hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { QTYPE_A = 1, QTYPE_AAAA = 28, RCODE_NXDOMAIN = 3, RCODE_SERVFAIL = 2, MAX_STREAMS = 64 };

static const int64_t AGAIN_NS = INT64_C(500000000);

/* Entries of both tables begin with their key's hash. */
struct address_name {
    uint64_t hash;
    uint8_t ip_version;
    uint8_t address[16];
    char *name;
};

struct lookup {
    uint64_t hash;
    char *name;
    uint8_t ip_version;
    uint8_t client[16], resolver[16];
    bool has_success, has_answer;
    bool is_connected, is_asked_again;
    uint8_t rcode;
    struct moment moment, asked, first[2]; /* first: questions for A and AAAA */
};

/* Slots hold index + 1 into a growing array, so that the order of arrival is kept. */
struct table {
    uint32_t *slots;
    size_t num_slots, num;
};

struct dns_stream {
    uint64_t flow_id;
    uint64_t next;
    unsigned side;
    uint32_t len;
    uint8_t *data; /* 2 + 65535 bytes */
};

struct names {
    uint64_t seed;
    struct table by_address, by_lookup, by_other; /* by_other: names that were connected to, by version of IP */
    struct address_name *addresses, *others;
    struct lookup *lookups;
    size_t cap_addresses, cap_lookups, cap_others;
    struct dns_stream streams[MAX_STREAMS];
    unsigned num_streams;
    uint64_t limit_hits;
};

struct names *names_new(void)
{
    struct names *names = calloc(1, sizeof *names);
    if (names && getrandom(&names->seed, sizeof names->seed, 0) < 0)
        names->seed = (uint64_t)(uintptr_t)names;
    return names;
}

void names_free(struct names *names)
{
    if (!names)
        return;
    for (size_t i = 0; i < names->by_address.num; i++)
        free(names->addresses[i].name);
    for (size_t i = 0; i < names->by_lookup.num; i++)
        free(names->lookups[i].name);
    for (size_t i = 0; i < names->by_other.num; i++)
        free(names->others[i].name);
    for (unsigned i = 0; i < names->num_streams; i++)
        free(names->streams[i].data);
    free(names->addresses);
    free(names->lookups);
    free(names->others);
    free(names->by_address.slots);
    free(names->by_other.slots);
    free(names->by_lookup.slots);
    free(names);
}

static uint64_t address_hash(const struct names *names, uint8_t ip_version, const uint8_t address[16])
{
    return hash_bytes(names->seed + ip_version, address, 16);
}

static uint64_t lookup_hash(const struct names *names, const uint8_t client[16], const char *name)
{
    return hash_bytes(hash_bytes(names->seed, client, 16), name, strlen(name));
}

static uint64_t hash_at(const void *array, size_t entry_len, size_t index)
{
    uint64_t hash;
    memcpy(&hash, (const char *)array + index * entry_len, sizeof hash);
    return hash;
}

/* Makes room for one more entry in the slots and in its array. */
static bool table_reserve(struct names *names, struct table *table, void **array, size_t *cap, size_t entry_len)
{
    if (table->num >= LIMIT_NAMES) {
        names->limit_hits++;
        return false;
    }
    if (table->num == *cap) {
        size_t grown = *cap ? *cap * 2 : 64;
        void *bigger = realloc(*array, grown * entry_len);
        if (!bigger)
            return false;
        *array = bigger;
        *cap = grown;
    }
    if (table->num * 2 < table->num_slots)
        return true;
    size_t num_slots = table->num_slots ? table->num_slots * 2 : 256;
    uint32_t *slots = calloc(num_slots, sizeof *slots);
    if (!slots)
        return false;
    for (uint32_t i = 0; i < table->num; i++) {
        size_t at = hash_at(*array, entry_len, i) & (num_slots - 1);
        while (slots[at])
            at = (at + 1) & (num_slots - 1);
        slots[at] = i + 1;
    }
    free(table->slots);
    table->slots = slots;
    table->num_slots = num_slots;
    return true;
}

static void table_insert(struct table *table, uint64_t hash)
{
    size_t at = hash & (table->num_slots - 1);
    while (table->slots[at])
        at = (at + 1) & (table->num_slots - 1);
    table->slots[at] = (uint32_t)++table->num;
}

static struct address_name *address_find(const struct names *names, uint8_t ip_version, const uint8_t address[16])
{
    const struct table *table = &names->by_address;
    size_t at = table->num_slots ? address_hash(names, ip_version, address) & (table->num_slots - 1) : 0;
    for (; table->num_slots && table->slots[at]; at = (at + 1) & (table->num_slots - 1)) {
        struct address_name *entry = &names->addresses[table->slots[at] - 1];
        if (entry->ip_version == ip_version && memcmp(entry->address, address, 16) == 0)
            return entry;
    }
    return NULL;
}

static struct lookup *lookup_find(const struct names *names, const uint8_t client[16], const char *name)
{
    const struct table *table = &names->by_lookup;
    size_t at = table->num_slots ? lookup_hash(names, client, name) & (table->num_slots - 1) : 0;
    for (; table->num_slots && table->slots[at]; at = (at + 1) & (table->num_slots - 1)) {
        struct lookup *entry = &names->lookups[table->slots[at] - 1];
        if (memcmp(entry->client, client, 16) == 0 && strcmp(entry->name, name) == 0)
            return entry;
    }
    return NULL;
}

static void learn_address(struct names *names, uint8_t ip_version, const uint8_t address[16], const char *name)
{
    struct address_name *entry = address_find(names, ip_version, address);
    char *copy = strdup(name);
    if (!copy)
        return;
    if (entry) {
        free(entry->name);
        entry->name = copy;
        return;
    }
    void *array = names->addresses;
    bool has_room = table_reserve(names, &names->by_address, &array, &names->cap_addresses, sizeof *names->addresses);
    names->addresses = array;
    if (!has_room) {
        free(copy);
        return;
    }
    entry = &names->addresses[names->by_address.num];
    *entry =
        (struct address_name){.hash = address_hash(names, ip_version, address), .ip_version = ip_version, .name = copy};
    memcpy(entry->address, address, 16);
    table_insert(&names->by_address, entry->hash);
}

static struct lookup *lookup_enter(struct names *names, uint8_t ip_version, const uint8_t client[16],
                                   const uint8_t resolver[16], const char *name, const struct moment *moment)
{
    struct lookup *entry = lookup_find(names, client, name);
    if (entry)
        return entry;
    char *copy = strdup(name);
    void *array = names->lookups;
    bool has_room =
        copy && table_reserve(names, &names->by_lookup, &array, &names->cap_lookups, sizeof *names->lookups);
    names->lookups = array;
    if (!has_room) {
        free(copy);
        return NULL;
    }
    entry = &names->lookups[names->by_lookup.num];
    *entry = (struct lookup){
        .hash = lookup_hash(names, client, name), .name = copy, .ip_version = ip_version, .moment = *moment};
    memcpy(entry->client, client, 16);
    memcpy(entry->resolver, resolver, 16);
    table_insert(&names->by_lookup, entry->hash);
    return entry;
}

/* A resolver asks anew when it has waited in vain: for the same type, and not at once. */
static void note_question(struct lookup *lookup, uint16_t qtype, const struct moment *moment)
{
    struct moment *first = &lookup->first[qtype == QTYPE_AAAA];
    if (lookup->asked.place.frame == 0)
        lookup->asked = *moment;
    if (first->place.frame == 0)
        *first = *moment;
    else
        lookup->is_asked_again |= moment_since(moment, first) >= AGAIN_NS;
}

void names_message(struct names *names, uint8_t ip_version, const uint8_t src[16], const uint8_t dst[16],
                   struct bytes message, const struct moment *moment)
{
    struct fault fault;
    struct cursor c;
    struct dns_message dns;
    cursor_init_whole(&c, message, &fault);
    dns_parse(&c, &dns);
    if (fault.kind != FAULT_NONE && dns.num_addresses == 0)
        return;
    if (dns.opcode != 0 || dns.name[0] == '\0' || (dns.qtype != QTYPE_A && dns.qtype != QTYPE_AAAA))
        return;
    /* Resolvers mix the case of names to be harder to deceive; names are equal whatever their case (RFC 4343). */
    for (char *at = dns.name; *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    const uint8_t *client = dns.is_response ? dst : src, *resolver = dns.is_response ? src : dst;
    for (unsigned i = 0; dns.is_response && i < dns.num_addresses; i++)
        learn_address(names, dns.addresses[i].ip_version, dns.addresses[i].bytes, dns.name);
    struct lookup *lookup = lookup_enter(names, ip_version, client, resolver, dns.name, moment);
    if (lookup && !dns.is_response)
        note_question(lookup, dns.qtype, moment);
    if (!lookup || !dns.is_response || dns.is_truncated)
        return;
    if (dns.num_addresses > 0) {
        lookup->has_success = true;
    } else if (!lookup->has_answer || (lookup->rcode == 0 && dns.rcode != 0)) {
        lookup->has_answer = true;
        lookup->rcode = dns.rcode;
        lookup->moment = *moment;
        memcpy(lookup->resolver, resolver, 16);
    }
}

static struct dns_stream *stream_find(struct names *names, const struct flow *flow, unsigned side)
{
    for (unsigned i = 0; i < names->num_streams; i++)
        if (names->streams[i].flow_id == flow->id && names->streams[i].side == side)
            return &names->streams[i];
    if (names->num_streams == MAX_STREAMS) {
        names->limit_hits++;
        return NULL;
    }
    struct dns_stream *stream = &names->streams[names->num_streams];
    *stream = (struct dns_stream){.flow_id = flow->id, .side = side, .data = malloc(2 + 65535)};
    if (!stream->data)
        return NULL;
    names->num_streams++;
    return stream;
}

void names_stream(struct names *names, const struct flow *flow, unsigned side, struct bytes data, uint64_t offset,
                  const struct moment *moment)
{
    struct dns_stream *stream = stream_find(names, flow, side);
    if (!stream || stream->next != offset)
        return; /* after a hole no message's beginning is known */
    stream->next = offset + data.len;
    while (data.len > 0) {
        uint32_t want = stream->len < 2 ? 2 : 2 + (uint32_t)(stream->data[0] << 8 | stream->data[1]);
        uint32_t take = want - stream->len < data.len ? want - stream->len : (uint32_t)data.len;
        memcpy(stream->data + stream->len, data.at, take);
        stream->len += take;
        data = bytes_slice(data, take, data.len);
        if (stream->len < 2 || stream->len < 2 + (uint32_t)(stream->data[0] << 8 | stream->data[1]))
            continue;
        struct bytes message = {stream->data + 2, stream->len - 2};
        names_message(names, flow->ip_version, flow->address[side], flow->address[!side], message, moment);
        stream->len = 0;
    }
}

void names_stream_end(struct names *names, const struct flow *flow)
{
    for (unsigned i = names->num_streams; i-- > 0;)
        if (names->streams[i].flow_id == flow->id) {
            free(names->streams[i].data);
            names->streams[i] = names->streams[--names->num_streams];
        }
}

const char *names_of_address(const struct names *names, uint8_t ip_version, const uint8_t address[16])
{
    const struct address_name *entry = address_find(names, ip_version, address);
    return entry ? entry->name : NULL;
}

static bool other_find(const struct names *names, uint8_t ip_version, const char *name, uint64_t hash)
{
    const struct table *table = &names->by_other;
    size_t at = table->num_slots ? hash & (table->num_slots - 1) : 0;
    for (; table->num_slots && table->slots[at]; at = (at + 1) & (table->num_slots - 1)) {
        const struct address_name *entry = &names->others[table->slots[at] - 1];
        if (entry->ip_version == ip_version && strcmp(entry->name, name) == 0)
            return true;
    }
    return false;
}

static uint64_t other_hash(const struct names *names, uint8_t ip_version, const char *name)
{
    return hash_bytes(names->seed + ip_version, name, strlen(name));
}

void names_connected(struct names *names, uint8_t ip_version, const uint8_t client[16], struct bytes name)
{
    char plain[DNS_NAME_LEN];
    if (names->by_lookup.num == 0 || name.len == 0 || name.len >= sizeof plain || memchr(name.at, 0, name.len))
        return;
    for (size_t i = 0; i < name.len; i++)
        plain[i] = (char)(name.at[i] >= 'A' && name.at[i] <= 'Z' ? name.at[i] + 32 : name.at[i]);
    plain[name.len] = '\0';
    struct lookup *lookup = lookup_find(names, client, plain);
    if (lookup) {
        lookup->is_connected = true;
        return;
    }
    uint64_t hash = other_hash(names, ip_version, plain);
    if (other_find(names, ip_version, plain, hash))
        return;
    void *array = names->others;
    char *copy = strdup(plain);
    bool has_room = copy && table_reserve(names, &names->by_other, &array, &names->cap_others, sizeof *names->others);
    names->others = array;
    if (!has_room) {
        free(copy);
        return;
    }
    names->others[names->by_other.num] = (struct address_name){.hash = hash, .ip_version = ip_version, .name = copy};
    table_insert(&names->by_other, hash);
}

static bool is_connected(const struct names *names, const struct lookup *lookup)
{
    uint8_t other = lookup->ip_version == 4 ? 6 : 4;
    return lookup->is_connected || other_find(names, other, lookup->name, other_hash(names, other, lookup->name));
}

/* Is this a successful name of the same client with something appended? */
static bool is_search_attempt(const struct names *names, const struct lookup *failed)
{
    char prefix[DNS_NAME_LEN];
    snprintf(prefix, sizeof prefix, "%s", failed->name);
    for (char *dot = strrchr(prefix, '.'); dot; dot = strrchr(prefix, '.')) {
        *dot = '\0';
        const struct lookup *other = lookup_find(names, failed->client, prefix);
        if (other && other->has_success)
            return true;
    }
    return false;
}

bool names_next_failure(const struct names *names, size_t *next, struct name_failure *out)
{
    static const char *const answers[16] = {[0] = "empty",
                                            [RCODE_SERVFAIL] = "SERVFAIL",
                                            [RCODE_NXDOMAIN] = "NXDOMAIN",
                                            [1] = "RCODE1",
                                            [4] = "RCODE4",
                                            [5] = "REFUSED",
                                            [6] = "RCODE6",
                                            [7] = "RCODE7",
                                            [8] = "RCODE8",
                                            [9] = "RCODE9",
                                            [10] = "RCODE10",
                                            [11] = "RCODE11",
                                            [12] = "RCODE12",
                                            [13] = "RCODE13",
                                            [14] = "RCODE14",
                                            [15] = "RCODE15"};
    for (; *next < names->by_lookup.num; ++*next) {
        const struct lookup *lookup = &names->lookups[*next];
        if (lookup->has_success || is_search_attempt(names, lookup))
            continue;
        *out = (struct name_failure){.name = lookup->name,
                                     .ip_version = lookup->ip_version,
                                     .answer = lookup->has_answer ? answers[lookup->rcode & 15] : "none",
                                     .moment = lookup->moment,
                                     .asked = lookup->asked,
                                     .is_asked_again = lookup->is_asked_again,
                                     .is_connected = is_connected(names, lookup)};
        memcpy(out->client, lookup->client, 16);
        memcpy(out->resolver, lookup->resolver, 16);
        ++*next;
        return true;
    }
    return false;
}

uint64_t names_limit_hits(const struct names *names)
{
    return names->limit_hits;
}
