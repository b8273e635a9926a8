/* Where certificates were seen: see chains_seen.h. Open addressing, grown by doubling. */
#include "diagnose/chains_seen.h"

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
    struct chain_seen at[CHAINS_SEEN];
    unsigned num;
};

struct chains_seen {
    uint64_t seed, limit_hits;
    struct entry **slots;
    size_t num, num_slots;
};

struct chains_seen *chains_seen_new(void)
{
    struct chains_seen *chains_seen = calloc(1, sizeof *chains_seen);
    if (chains_seen && getrandom(&chains_seen->seed, sizeof chains_seen->seed, 0) < 0)
        chains_seen->seed = (uint64_t)(uintptr_t)chains_seen;
    return chains_seen;
}

void chains_seen_free(struct chains_seen *chains_seen)
{
    if (!chains_seen)
        return;
    for (size_t i = 0; i < chains_seen->num_slots; i++) {
        struct entry *entry = chains_seen->slots[i];
        for (unsigned k = 0; entry && k < entry->num; k++)
            for (unsigned m = 0; m < entry->at[k].num_way; m++)
                certificate_release(entry->at[k].way[m]);
        free(entry);
    }
    free(chains_seen->slots);
    free(chains_seen);
}

/* Where the entry is, or could be put. */
static size_t slot_of(const struct chains_seen *s, enum kind kind, struct bytes key, uint64_t hash)
{
    size_t at = hash & (s->num_slots - 1);
    while (s->slots[at] &&
           (s->slots[at]->hash != hash || s->slots[at]->kind != kind || !bytes_equal(s->slots[at]->key, key)))
        at = (at + 1) & (s->num_slots - 1);
    return at;
}

static uint64_t hash_of(const struct chains_seen *s, enum kind kind, struct bytes key)
{
    return hash_bytes(s->seed + kind, key.at, key.len);
}

static bool grow(struct chains_seen *s)
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

static struct entry *find_or_add(struct chains_seen *s, enum kind kind, struct bytes key)
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
    if (!entry || entry->num == CHAINS_SEEN)
        return;
    struct chain_shape shape;
    chain_shape_read(&shape, c->chain.certificates, c->chain.num);
    struct chain_seen *seen_chain = &entry->at[entry->num++];
    *seen_chain = (struct chain_seen){.id = c->id, .place = c->chain.place};
    for (unsigned i = 0; i < shape.num_issuers && i < CHAIN_SEEN_WAY; i++) {
        seen_chain->way[seen_chain->num_way] = c->chain.certificates[shape.way[i]];
        certificate_hold(seen_chain->way[seen_chain->num_way++]);
    }
    if (seen_chain->num_way == 0)
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

void chains_seen_learn(struct chains_seen *chains_seen, const struct connection *c)
{
    uint8_t buf[KEY_LEN];
    if (c->chain.num == 0)
        return;
    struct bytes key = key_of(c->chain.certificates[0]);
    struct bytes name =
        c->has_client_hello ? lower_name(c->client_hello.ext.server_name, buf) : (struct bytes){NULL, 0};
    if (name.len > 0)
        add(find_or_add(chains_seen, BY_NAME, name), c);
    if (key.len > 0)
        add(find_or_add(chains_seen, BY_KEY, key), c);
}

static unsigned find(const struct chains_seen *s, enum kind kind, struct bytes key, const struct chain_seen **out)
{
    if (key.len == 0 || s->num_slots == 0)
        return 0;
    const struct entry *entry = s->slots[slot_of(s, kind, key, hash_of(s, kind, key))];
    if (entry)
        *out = entry->at;
    return entry ? entry->num : 0;
}

unsigned chains_seen_of_name(const struct chains_seen *chains_seen, struct bytes name, const struct chain_seen **out)
{
    uint8_t buf[KEY_LEN];
    return find(chains_seen, BY_NAME, lower_name(name, buf), out);
}

unsigned chains_seen_of_key(const struct chains_seen *chains_seen, struct certificate *leaf,
                            const struct chain_seen **out)
{
    return find(chains_seen, BY_KEY, key_of(leaf), out);
}

uint64_t chains_seen_limit_hits(const struct chains_seen *chains_seen)
{
    return chains_seen->limit_hits;
}

bool chains_seen_share_issuer(struct certificate *const *a, unsigned num_a, const struct chain_seen *b)
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
