/* Which QUIC connection a datagram from elsewhere belongs to: see quic_paths.h. */
#include "session/quic_paths.h"

#include "hash.h"
#include "session/quic_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum {
    FIRST_BUCKETS = 256,
    ADDRESS_LEN = 16,
    ENDPOINT_LEN = ADDRESS_LEN + 2,
    PATH_KEY_LEN = 1 + 2 * ENDPOINT_LEN,
    ID_KEY = 0, /* a key's first byte: a path's is its IP version */
    DCID_OFFSET = 5,
};

/* A connection ID, or the addresses and ports of both ends, the client's first. */
struct quic_entry {
    struct quic_entry *next;    /* in its bucket */
    struct quic_entry *sibling; /* of the same session */
    struct session *session;
    struct flow *flow;        /* NULL: not in a table yet */
    struct quic_paths *paths; /* that it is in */
    uint32_t hash;
    uint8_t side; /* of the sender: of datagrams to this ID; of a path unused */
    uint8_t len;
    uint8_t key[PATH_KEY_LEN];
};

struct quic_paths {
    struct quic_entry **buckets;
    uint32_t mask, num;
    uint32_t num_ids[QUIC_CID_MAX_LEN + 1]; /* by length: a short header does not tell it */
    uint64_t seed;
};

struct quic_paths *quic_paths_new(void)
{
    struct quic_paths *paths = calloc(1, sizeof *paths);
    if (!paths)
        return NULL;
    paths->buckets = calloc(FIRST_BUCKETS, sizeof(struct quic_entry *));
    paths->mask = FIRST_BUCKETS - 1;
    if (getrandom(&paths->seed, sizeof paths->seed, 0) != (ssize_t)sizeof paths->seed)
        paths->seed = (uintptr_t)paths;
    if (paths->buckets)
        return paths;
    free(paths);
    return NULL;
}

void quic_paths_free(struct quic_paths *paths)
{
    if (!paths)
        return;
    free(paths->buckets);
    free(paths);
}

/* ---- keys ---- */

struct key {
    uint8_t len;
    uint8_t bytes[PATH_KEY_LEN];
};

static struct key key_of_id(struct bytes id)
{
    struct key key = {.len = (uint8_t)(1 + id.len), .bytes = {ID_KEY}};
    memcpy(key.bytes + 1, id.at, id.len);
    return key;
}

static void put_endpoint(uint8_t *at, const uint8_t address[ADDRESS_LEN], uint16_t port)
{
    memcpy(at, address, ADDRESS_LEN);
    memcpy(at + ADDRESS_LEN, &port, sizeof port);
}

static struct key key_of_path(const struct packet *p, bool is_from_client)
{
    struct key key = {.len = PATH_KEY_LEN, .bytes = {p->ip_version}};
    put_endpoint(key.bytes + 1 + (is_from_client ? 0 : ENDPOINT_LEN), p->src, p->sport);
    put_endpoint(key.bytes + 1 + (is_from_client ? ENDPOINT_LEN : 0), p->dst, p->dport);
    return key;
}

static struct quic_entry *find(const struct quic_paths *paths, const struct key *key)
{
    uint32_t hash = (uint32_t)hash_bytes(paths->seed, key->bytes, key->len);
    struct quic_entry *entry = paths->buckets[hash & paths->mask];
    while (entry && (entry->hash != hash || entry->len != key->len || memcmp(entry->key, key->bytes, key->len) != 0))
        entry = entry->next;
    return entry;
}

/* ---- the table ---- */

/* Without memory the chains just grow longer. */
static void grow(struct quic_paths *paths)
{
    uint32_t num = 2 * (paths->mask + 1);
    struct quic_entry **buckets = calloc(num, sizeof(struct quic_entry *));
    if (!buckets)
        return;
    for (uint32_t i = 0; i <= paths->mask; i++)
        for (struct quic_entry *entry = paths->buckets[i], *next; entry; entry = next) {
            next = entry->next;
            entry->next = buckets[entry->hash & (num - 1)];
            buckets[entry->hash & (num - 1)] = entry;
        }
    free(paths->buckets);
    paths->buckets = buckets;
    paths->mask = num - 1;
}

static void insert(struct quic_paths *paths, struct quic_entry *entry)
{
    if (paths->num > paths->mask)
        grow(paths);
    entry->paths = paths;
    entry->hash = (uint32_t)hash_bytes(paths->seed, entry->key, entry->len);
    entry->next = paths->buckets[entry->hash & paths->mask];
    paths->buckets[entry->hash & paths->mask] = entry;
    paths->num++;
    if (entry->key[0] == ID_KEY)
        paths->num_ids[entry->len - 1]++;
}

static void take_out(struct quic_entry *entry)
{
    struct quic_paths *paths = entry->paths;
    struct quic_entry **link = &paths->buckets[entry->hash & paths->mask];
    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
    paths->num--;
    if (entry->key[0] == ID_KEY)
        paths->num_ids[entry->len - 1]--;
}

/* ---- what sessions tell ---- */

static struct quic_entry *entry_new(struct session *session, const struct key *key)
{
    struct quic *quic = quic_of(session);
    struct quic_entry *entry = quic->num_entries < LIMIT_QUIC_IDS ? calloc(1, sizeof *entry) : NULL;
    if (!entry) {
        session->context->path_limit_hits++;
        return NULL;
    }
    session->context->memory_bytes += sizeof *entry;
    entry->session = session;
    entry->len = key->len;
    memcpy(entry->key, key->bytes, key->len);
    entry->sibling = quic->entries;
    quic->entries = entry;
    quic->num_entries++;
    return entry;
}

void quic_paths_expect(struct session *session, unsigned side, struct bytes id)
{
    struct quic *quic = quic_of(session);
    if (!session->context->paths || id.len < LIMIT_QUIC_ID_LEN || id.len > QUIC_CID_MAX_LEN)
        return;
    struct key key = key_of_id(id);
    for (const struct quic_entry *entry = quic->entries; entry; entry = entry->sibling)
        if (entry->len == key.len && memcmp(entry->key, key.bytes, key.len) == 0)
            return;
    struct quic_entry *entry = entry_new(session, &key);
    if (entry)
        entry->side = (uint8_t)side;
    quic->has_new_entries |= entry != NULL;
}

void quic_follow(struct session *session, struct flow *flow)
{
    struct quic *quic = quic_of(session);
    struct quic_paths *paths = session->context->paths;
    if (!quic->has_new_entries || !paths)
        return;
    quic->has_new_entries = false;
    for (struct quic_entry *entry = quic->entries; entry; entry = entry->sibling) {
        if (entry->paths)
            continue;
        if (paths->num >= LIMIT_ALL_QUIC_IDS) {
            session->context->path_limit_hits++;
            return;
        }
        entry->flow = flow;
        insert(paths, entry);
    }
}

void quic_unfollow(struct session *session)
{
    struct quic *quic = quic_of(session);
    for (struct quic_entry *entry = quic->entries, *next; entry; entry = next) {
        next = entry->sibling;
        if (entry->paths)
            take_out(entry);
        session->context->memory_bytes -= sizeof *entry;
        free(entry);
    }
    quic->entries = NULL;
    quic->num_entries = 0;
    quic->has_new_entries = false;
}

/* ---- what datagrams ask ---- */

static void note_path(struct session *session, const struct packet *p, bool is_from_client, const struct moment *moment)
{
    struct quic *quic = quic_of(session);
    struct quic_facts *facts = &quic->facts;
    if (!quic->paths)
        quic->paths = session_alloc(session, LIMIT_QUIC_PATHS * sizeof *quic->paths);
    if (!quic->paths || facts->num_paths == LIMIT_QUIC_PATHS)
        return;
    struct quic_path *path = &quic->paths[facts->num_paths++];
    enum role from = is_from_client ? ROLE_CLIENT : ROLE_SERVER;
    *path = (struct quic_path){.first = *moment, .ip_version = p->ip_version};
    memcpy(path->address[from], p->src, ADDRESS_LEN);
    memcpy(path->address[!from], p->dst, ADDRESS_LEN);
    path->port[from] = p->sport;
    path->port[!from] = p->dport;
    facts->paths = quic->paths;
}

/* The connection that a datagram names, seen on these addresses for the first time. */
static struct quic_entry *moved(struct quic_paths *paths, struct bytes id, const struct packet *p,
                                const struct moment *moment)
{
    struct key key = key_of_id(id);
    struct quic_entry *entry = find(paths, &key);
    if (!entry)
        return NULL;
    bool is_from_client = entry->side == quic_of(entry->session)->client;
    struct key path = key_of_path(p, is_from_client);
    if (find(paths, &path) || paths->num >= LIMIT_ALL_QUIC_IDS)
        return entry;
    struct quic_entry *alias = entry_new(entry->session, &path);
    if (alias) {
        alias->flow = entry->flow;
        insert(paths, alias);
        note_path(entry->session, p, is_from_client, moment);
    }
    return entry;
}

static struct quic_entry *find_by_id(struct quic_paths *paths, const struct packet *p, const struct moment *moment)
{
    if (bytes_u8_at(p->payload, 0) & QUIC_LONG_HEADER) {
        struct bytes id = bytes_slice(p->payload, DCID_OFFSET + 1, bytes_u8_at(p->payload, DCID_OFFSET));
        return id.len <= QUIC_CID_MAX_LEN && paths->num_ids[id.len] > 0 ? moved(paths, id, p, moment) : NULL;
    }
    for (size_t len = QUIC_CID_MAX_LEN; len >= LIMIT_QUIC_ID_LEN; len--) {
        struct bytes id = bytes_slice(p->payload, 1, len);
        struct quic_entry *entry = paths->num_ids[len] > 0 && id.len == len ? moved(paths, id, p, moment) : NULL;
        if (entry)
            return entry;
    }
    return NULL;
}

struct flow *quic_paths_find(struct quic_paths *paths, const struct packet *p, const struct moment *moment,
                             unsigned *side)
{
    if (paths->num == 0)
        return NULL;
    const struct quic_entry *entry = find_by_id(paths, p, moment);
    if (entry) {
        *side = entry->side;
        return entry->flow;
    }
    if (quic_begins(p->payload, p->payload_len))
        return NULL;
    for (unsigned is_from_client = 0; is_from_client < 2; is_from_client++) {
        struct key key = key_of_path(p, is_from_client);
        entry = find(paths, &key);
        if (entry) {
            unsigned client = quic_of(entry->session)->client;
            *side = is_from_client ? client : !client;
            return entry->flow;
        }
    }
    return NULL;
}
