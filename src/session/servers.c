/* The set of servers that spoke TLS: see servers.h. Open addressing, grown by doubling. */
#include "session/servers.h"

#include "bounds.h"
#include "hash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct server_key {
    uint8_t address[16];
    uint16_t port;
    uint8_t ip_version; /* 0: an empty slot */
    uint8_t zero;
};

struct servers {
    uint64_t seed, limit_hits;
    struct server_key *slots;
    size_t num_slots, num;
};

struct servers *servers_new(void)
{
    struct servers *servers = calloc(1, sizeof *servers);
    if (servers && getrandom(&servers->seed, sizeof servers->seed, 0) < 0)
        servers->seed = (uint64_t)(uintptr_t)servers;
    return servers;
}

void servers_free(struct servers *servers)
{
    if (servers)
        free(servers->slots);
    free(servers);
}

/* The key's slot, or the empty one where it would go. */
static struct server_key *slot_of(const struct servers *servers, const struct server_key *key)
{
    size_t at = hash_bytes(servers->seed, key, sizeof *key) & (servers->num_slots - 1);
    while (servers->slots[at].ip_version != 0 && memcmp(&servers->slots[at], key, sizeof *key) != 0)
        at = (at + 1) & (servers->num_slots - 1);
    return &servers->slots[at];
}

static struct server_key key_of(uint8_t ip_version, const uint8_t address[16], uint16_t port)
{
    struct server_key key = {.port = port, .ip_version = ip_version};
    memcpy(key.address, address, 16);
    return key;
}

static bool grow(struct servers *servers)
{
    struct servers bigger = *servers;
    bigger.num_slots = servers->num_slots ? servers->num_slots * 2 : 256;
    bigger.slots = calloc(bigger.num_slots, sizeof *bigger.slots);
    if (!bigger.slots)
        return false;
    for (size_t i = 0; i < servers->num_slots; i++)
        if (servers->slots[i].ip_version != 0)
            *slot_of(&bigger, &servers->slots[i]) = servers->slots[i];
    free(servers->slots);
    *servers = bigger;
    return true;
}

void servers_add(struct servers *servers, uint8_t ip_version, const uint8_t address[16], uint16_t port)
{
    if (servers_has(servers, ip_version, address, port))
        return;
    if (servers->num >= LIMIT_SERVERS) {
        servers->limit_hits++;
        return;
    }
    if (servers->num * 2 >= servers->num_slots && !grow(servers))
        return;
    struct server_key key = key_of(ip_version, address, port);
    *slot_of(servers, &key) = key;
    servers->num++;
}

bool servers_has(const struct servers *servers, uint8_t ip_version, const uint8_t address[16], uint16_t port)
{
    struct server_key key = key_of(ip_version, address, port);
    return servers->num_slots > 0 && slot_of(servers, &key)->ip_version != 0;
}

uint64_t servers_limit_hits(const struct servers *servers)
{
    return servers->limit_hits;
}
