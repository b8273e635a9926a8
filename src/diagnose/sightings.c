/* Where certificates were seen: see sightings.h. Open addressing, grown by doubling. */
#include "diagnose/sightings.h"

#include "bounds.h"
#include "hash.h"
#include "trust/chain_shape.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum kind { BY_NAME, BY_KEY };
enum { KEY_LEN = 256, FIRST_SLOTS = 256 };

struct entry {
    uint64_t hash;
    enum kind kind;
    struct bytes key; /* its own copy, lower case */
    struct sighting at[SIGHTINGS];
    unsigned num;
};

struct sightings {
    uint64_t seed, limit_hits;
    struct entry **slots;
    size_t num, num_slots;
};

struct sightings *sightings_new(void)
{
    struct sightings *sightings = calloc(1, sizeof *sightings);
    if (sightings && getrandom(&sightings->seed, sizeof sightings->seed, 0) < 0)
        sightings->seed = (uint64_t)(uintptr_t)sightings;
    return sightings;
}

void sightings_free(struct sightings *sightings)
{
    if (!sightings)
        return;
    for (size_t i = 0; i < sightings->num_slots; i++) {
        struct entry *entry = sightings->slots[i];
        for (unsigned k = 0; entry && k < entry->num; k++)
            for (unsigned m = 0; m < entry->at[k].num_way; m++)
                certificate_release(entry->at[k].way[m]);
        free(entry);
    }
    free(sightings->slots);
    free(sightings);
}

/* Where the entry is, or could be put. */
static size_t slot_of(const struct sightings *s, enum kind kind, struct bytes key, uint64_t hash)
{
    size_t at = hash & (s->num_slots - 1);
    while (s->slots[at] &&
           (s->slots[at]->hash != hash || s->slots[at]->kind != kind || !bytes_equal(s->slots[at]->key, key)))
        at = (at + 1) & (s->num_slots - 1);
    return at;
}

static uint64_t hash_of(const struct sightings *s, enum kind kind, struct bytes key)
{
    return hash_bytes(s->seed + kind, key.at, key.len);
}

static bool grow(struct sightings *s)
{
    if ((s->num + 1) * 2 <= s->num_slots)
        return true;
    size_t old_num = s->num_slots, num_slots = old_num ? old_num * 2 : FIRST_SLOTS;
    struct entry **slots = calloc(num_slots, sizeof *slots), **old = s->slots;
    if (!slots)
        return false;
    s->slots = slots;
    s->num_slots = num_slots;
    for (size_t i = 0; i < old_num; i++)
        if (old[i])
            slots[slot_of(s, old[i]->kind, old[i]->key, old[i]->hash)] = old[i];
    free(old);
    return true;
}

static struct entry *find_or_add(struct sightings *s, enum kind kind, struct bytes key)
{
    if (!grow(s))
        return NULL;
    uint64_t hash = hash_of(s, kind, key);
    size_t at = slot_of(s, kind, key, hash);
    if (s->slots[at])
        return s->slots[at];
    if (s->num == LIMIT_SERVERS) {
        s->limit_hits++;
        return NULL;
    }
    struct entry *entry = calloc(1, sizeof *entry + key.len);
    if (!entry)
        return NULL;
    uint8_t *copy = (uint8_t *)(entry + 1);
    memcpy(copy, key.at, key.len);
    *entry = (struct entry){.hash = hash, .kind = kind, .key = {copy, key.len}};
    s->slots[at] = entry;
    s->num++;
    return entry;
}

static void add(struct entry *entry, const struct connection *c)
{
    struct certificate *leaf = c->chain.certificates[0];
    for (unsigned i = 0; entry && i < entry->num; i++)
        if (entry->at[i].way[0] == leaf)
            return;
    if (!entry || entry->num == SIGHTINGS)
        return;
    struct chain_shape shape;
    chain_shape_read(&shape, c->chain.certificates, c->chain.num);
    struct sighting *sighting = &entry->at[entry->num++];
    *sighting = (struct sighting){.id = c->id, .place = c->chain.place};
    for (unsigned i = 0; i < shape.num_issuers && i < SIGHTING_WAY; i++) {
        sighting->way[sighting->num_way] = c->chain.certificates[shape.way[i]];
        certificate_hold(sighting->way[sighting->num_way++]);
    }
    if (sighting->num_way == 0)
        entry->num--;
}

/* Names are equal whatever their case. "" where it is no name. */
static struct bytes lower_name(struct bytes name, uint8_t buf[KEY_LEN])
{
    if (name.len >= KEY_LEN)
        return (struct bytes){NULL, 0};
    for (size_t i = 0; i < name.len; i++)
        buf[i] = (uint8_t)(name.at[i] >= 'A' && name.at[i] <= 'Z' ? name.at[i] + 32 : name.at[i]);
    return (struct bytes){buf, name.len};
}

static struct bytes key_of(struct certificate *leaf)
{
    const struct certificate_facts *facts = certificate_facts(leaf);
    return (struct bytes){facts->key_hash, facts->has_key_hash ? sizeof facts->key_hash : 0};
}

void sightings_learn(struct sightings *sightings, const struct connection *c)
{
    uint8_t buf[KEY_LEN];
    if (c->chain.num == 0)
        return;
    struct bytes key = key_of(c->chain.certificates[0]);
    struct bytes name =
        c->has_client_hello ? lower_name(c->client_hello.ext.server_name, buf) : (struct bytes){NULL, 0};
    if (name.len > 0)
        add(find_or_add(sightings, BY_NAME, name), c);
    if (key.len > 0)
        add(find_or_add(sightings, BY_KEY, key), c);
}

static unsigned find(const struct sightings *s, enum kind kind, struct bytes key, const struct sighting **out)
{
    if (key.len == 0 || s->num_slots == 0)
        return 0;
    const struct entry *entry = s->slots[slot_of(s, kind, key, hash_of(s, kind, key))];
    if (entry)
        *out = entry->at;
    return entry ? entry->num : 0;
}

unsigned sightings_of_name(const struct sightings *sightings, struct bytes name, const struct sighting **out)
{
    uint8_t buf[KEY_LEN];
    return find(sightings, BY_NAME, lower_name(name, buf), out);
}

unsigned sightings_of_key(const struct sightings *sightings, struct certificate *leaf, const struct sighting **out)
{
    return find(sightings, BY_KEY, key_of(leaf), out);
}

uint64_t sightings_limit_hits(const struct sightings *sightings)
{
    return sightings->limit_hits;
}

bool sightings_share_issuer(struct certificate *const *a, unsigned num_a, const struct sighting *b)
{
    for (unsigned i = 0; i < num_a; i++) {
        const struct certificate_facts *one = certificate_facts(a[i]);
        for (unsigned k = 0; !one->error && k < b->num_way; k++) {
            const struct certificate_facts *other = certificate_facts(b->way[k]);
            if (!other->error && strcmp(one->issuer, other->issuer) == 0)
                return true;
        }
    }
    return false;
}
