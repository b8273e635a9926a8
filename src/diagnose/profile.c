/* What the capture taught about servers: see profile.h. Open addressing over an array that keeps the order. */
#include "diagnose/profile.h"

#include "bounds.h"
#include "diagnose/chains_seen.h"
#include "diagnose/finding.h"
#include "flow/blocks.h"
#include "hash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { NAME_LEN = 255, BLOCK = 64 };

struct slot {
    uint32_t hash;
    uint32_t index; /* + 1; 0 empty */
};

struct profiles {
    uint64_t seed, limit_hits;
    struct blocks blocks;        /* of the profiles */
    struct server_profile **all; /* stays put: rules keep pointers */
    size_t num, cap;
    size_t num_alone; /* of these stand for their server's sum, too */
    struct slot *slots;
    size_t num_slots;
    struct chains_seen *chains_seen;
};

struct profiles *profiles_new(void)
{
    struct profiles *profiles = calloc(1, sizeof *profiles);
    if (profiles && getrandom(&profiles->seed, sizeof profiles->seed, 0) < 0)
        profiles->seed = (uint64_t)(uintptr_t)profiles;
    if (profiles && !(profiles->chains_seen = chains_seen_new())) {
        free(profiles);
        return NULL;
    }
    return profiles;
}

static size_t profile_size(const struct server_profile *p)
{
    return sizeof *p + (p->name ? strlen(p->name) + 1 : 0);
}

void profiles_free(struct profiles *profiles)
{
    if (!profiles)
        return;
    for (size_t i = 0; i < profiles->num; i++) {
        struct server_profile *profile = profiles->all[i];
        for (unsigned leaf = 0; leaf < profile->num_leaves; leaf++)
            certificate_release(profile->leaves[leaf]);
        blocks_give(&profiles->blocks, profile, profile_size(profile));
    }
    chains_seen_free(profiles->chains_seen);
    blocks_cleanup(&profiles->blocks);
    free(profiles->all);
    free(profiles->slots);
    free(profiles);
}

struct key {
    const struct flow *flow;
    unsigned server;
    uint32_t hash;
    struct bytes name;
    bool has_name; /* false: the sum over all names */
    bool is_datagram;
};

static bool is_key(const struct server_profile *p, const struct key *key)
{
    if (p->port != key->flow->port[key->server] || p->ip_version != key->flow->ip_version ||
        p->is_datagram != key->is_datagram || memcmp(p->address, key->flow->address[key->server], 16) != 0)
        return false;
    if (!key->has_name)
        return !p->name || p->is_alone;
    return p->name && strlen(p->name) == key->name.len &&
           (key->name.len == 0 || strncasecmp(p->name, (const char *)key->name.at, key->name.len) == 0);
}

static uint32_t hash_of(const struct profiles *profiles, const struct key *key)
{
    uint8_t raw[16 + 4 + NAME_LEN];
    size_t len = 0;
    memcpy(raw, key->flow->address[key->server], 16);
    raw[16] = (uint8_t)(key->flow->port[key->server] >> 8);
    raw[17] = (uint8_t)key->flow->port[key->server];
    raw[18] = key->flow->ip_version;
    raw[19] = (uint8_t)(key->has_name | key->is_datagram << 1);
    for (; len < key->name.len; len++) {
        uint8_t c = key->name.at[len];
        raw[20 + len] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
    }
    return (uint32_t)hash_bytes(profiles->seed, raw, 20 + len);
}

static struct key key_of(const struct profiles *profiles, const struct connection *c, bool has_name)
{
    struct key key = {
        .flow = c->flow, .server = !c->client_side, .has_name = has_name, .is_datagram = c->flow->is_datagram};
    if (has_name && c->has_client_hello) {
        key.name = c->client_hello.ext.server_name;
        if (key.name.len > NAME_LEN || (key.name.len > 0 && memchr(key.name.at, 0, key.name.len)))
            key.name.len = 0;
    }
    key.hash = hash_of(profiles, &key);
    return key;
}

/* Where the key stands, or the empty slot where it would. A profile is looked at only where the whole hash fits. */
static struct slot *slot_of(const struct profiles *profiles, const struct key *key)
{
    size_t mask = profiles->num_slots - 1, at = key->hash & mask;
    for (; profiles->slots[at].index != 0; at = (at + 1) & mask)
        if (profiles->slots[at].hash == key->hash && is_key(profiles->all[profiles->slots[at].index - 1], key))
            break;
    return &profiles->slots[at];
}

static struct server_profile *find(const struct profiles *profiles, const struct key *key)
{
    if (profiles->num_slots == 0)
        return NULL;
    uint32_t index = slot_of(profiles, key)->index;
    return index ? profiles->all[index - 1] : NULL;
}

static bool grow_slots(struct profiles *profiles)
{
    size_t num_slots = profiles->num_slots ? profiles->num_slots * 2 : (size_t)BLOCK * 4;
    struct slot *slots = calloc(num_slots, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < profiles->num_slots; i++) {
        if (profiles->slots[i].index == 0)
            continue;
        size_t at = profiles->slots[i].hash & (num_slots - 1);
        while (slots[at].index != 0)
            at = (at + 1) & (num_slots - 1);
        slots[at] = profiles->slots[i];
    }
    free(profiles->slots);
    profiles->slots = slots;
    profiles->num_slots = num_slots;
    return true;
}

/* Room for one more profile, and slots for a server's name and sum. */
static bool grow(struct profiles *profiles)
{
    if (profiles->num == profiles->cap) {
        size_t cap = profiles->cap ? profiles->cap * 2 : BLOCK;
        struct server_profile **all = realloc(profiles->all, cap * sizeof *all);
        if (!all)
            return false;
        profiles->all = all;
        profiles->cap = cap;
    }
    size_t num_used = profiles->num + profiles->num_alone;
    return (num_used + 2) * 2 <= profiles->num_slots || grow_slots(profiles);
}

static void set_slot(struct profiles *profiles, const struct key *key, size_t index)
{
    *slot_of(profiles, key) = (struct slot){key->hash, (uint32_t)index + 1};
}

/* A new profile of a name. */
static struct server_profile *add(struct profiles *profiles, const struct key *key)
{
    if (profiles->num + profiles->num_alone >= 2 * LIMIT_SERVERS) { /* with their sums */
        profiles->limit_hits++;
        return NULL;
    }
    if (!grow(profiles))
        return NULL;
    struct server_profile *p = blocks_take(&profiles->blocks, sizeof *p + key->name.len + 1);
    if (!p)
        return NULL;
    char *name = (char *)(p + 1);
    *p = (struct server_profile){.ip_version = key->flow->ip_version, .name = name};
    memcpy(p->address, key->flow->address[key->server], 16);
    p->port = key->flow->port[key->server];
    p->is_datagram = key->flow->is_datagram;
    if (key->name.len > 0)
        memcpy(name, key->name.at, key->name.len);
    name[key->name.len] = '\0';
    set_slot(profiles, key, profiles->num);
    profiles->all[profiles->num++] = p;
    return p;
}

/* The first name of a server: while it is the only one, it is the sum, too. */
static struct server_profile *add_server(struct profiles *profiles, const struct key *named, const struct key *sum)
{
    struct server_profile *p = add(profiles, named);
    if (!p)
        return NULL;
    p->is_alone = true;
    profiles->num_alone++;
    set_slot(profiles, sum, profiles->num - 1);
    return p;
}

/* A second name comes: from here on the sum is one of its own. NULL: there is no memory for it. */
static struct server_profile *part_from(struct profiles *profiles, struct server_profile *p, const struct key *sum)
{
    struct server_profile *copy = grow(profiles) ? blocks_take(&profiles->blocks, sizeof *copy) : NULL;
    if (!copy)
        return NULL;
    set_slot(profiles, sum, profiles->num);
    p->is_alone = false;
    profiles->num_alone--;
    *copy = *p;
    copy->name = NULL;
    for (unsigned i = 0; i < copy->num_leaves; i++)
        certificate_hold(copy->leaves[i]);
    profiles->all[profiles->num++] = copy;
    return copy;
}

static struct profile_mark mark_of(const struct connection *c, struct place place)
{
    return (struct profile_mark){c->id, c->flow->first.time_ns, place};
}

static void learn_leaf(struct server_profile *p, const struct connection *c)
{
    struct certificate *leaf = c->chain.certificates[0];
    for (unsigned i = 0; i < p->num_leaves; i++)
        if (p->leaves[i] == leaf)
            return;
    if (p->num_leaves == PROFILE_LEAVES)
        return;
    certificate_hold(leaf);
    p->shown[p->num_leaves] = mark_of(c, c->chain.place);
    p->leaves[p->num_leaves++] = leaf;
    const struct certificate_facts *facts = certificate_facts(leaf);
    if (!facts->error && facts->key_type)
        p->key_kinds |= key_kind_of_type(facts->key_type) ? key_kind_of_type(facts->key_type) : KEY_OTHER;
}

static void learn_alpn(struct server_profile *p, struct bytes protocol)
{
    if (protocol.len == 0 || protocol.len > PROFILE_PROTOCOL_LEN || p->num_alpn == PROFILE_PROTOCOLS)
        return;
    for (unsigned i = 0; i < p->num_alpn; i++)
        if (strlen(p->alpn[i]) == protocol.len && memcmp(p->alpn[i], protocol.at, protocol.len) == 0)
            return;
    memcpy(p->alpn[p->num_alpn], protocol.at, protocol.len);
    p->alpn[p->num_alpn++][protocol.len] = '\0';
}

/* The schemes that every client so far offered. */
static void learn_hidden_signature(struct server_profile *p, const struct client_hello *hello)
{
    struct u16_list list = hello->ext.signature_algorithms;
    struct code_set both = {.num = 0};
    for (size_t i = 0; i < list.num; i++) {
        uint16_t scheme = u16_list_at(list, i);
        if (!is_grease(scheme) && (!p->has_hidden_signatures || code_set_has(&p->hidden_signatures, scheme)))
            code_set_add(&both, scheme);
    }
    p->has_hidden_signatures = true;
    p->hidden_signatures = both;
}

/* Never 0. */
static uint64_t session_hash(struct bytes id)
{
    return hash_bytes(0, id.at, id.len) | 1;
}

bool profile_is_resumption_offer(const struct server_profile *server, const struct connection *c)
{
    const struct client_hello *hello = &c->client_hello;
    if (!c->has_client_hello || c->is_client_hello_cut)
        return false;
    if (hello->ext.has_pre_shared_key || hello->ext.session_ticket.len > 0)
        return true;
    if (hello->session_id.len == 0 || version_as_tls(client_hello_top_version(hello)) < VERSION_TLS13)
        return hello->session_id.len > 0;
    uint64_t session = session_hash(hello->session_id);
    for (unsigned i = 0; server && i < PROFILE_SESSIONS; i++)
        if (server->sessions[i] == session)
            return true;
    return false;
}

static void learn_session(struct server_profile *p, const struct connection *c)
{
    struct bytes id = c->server_hello.session_id;
    bool is_whole = c->has_server_hello && !c->is_server_hello_cut && !c->has_gap_in_handshake;
    struct profile_mark mark = mark_of(c, c->server_hello_moment.place);
    if (c->is_resumed && p->num_resumed++ == 0)
        p->resumed = mark;
    bool is_refused = !c->is_resumed && is_whole && c->is_full_handshake && profile_is_resumption_offer(p, c);
    if (is_refused && p->num_resumption_refused++ == 0)
        p->resumption_refused = mark;
    if (is_whole && !c->is_resumed && id.len > 0 && c->version <= VERSION_TLS12) {
        p->sessions[p->next_session] = session_hash(id);
        p->next_session = (uint8_t)((p->next_session + 1) % PROFILE_SESSIONS);
    }
}

static const struct finding_evidence *other_connection(const struct finding *f)
{
    for (unsigned i = 0; i < f->num_evidence; i++)
        if (f->evidence[i].connection != 0)
            return &f->evidence[i];
    return NULL;
}

static void note(struct server_profile *p, const struct connection *c, const struct finding *f,
                 const struct finding_evidence *other)
{
    for (unsigned i = 0; i < p->num_notes; i++)
        if (p->notes[i].finding == f->id) {
            p->notes[i].num++;
            return;
        }
    if (p->num_notes == PROFILE_NOTES)
        return;
    p->notes[p->num_notes++] = (struct profile_note){
        .finding = (uint8_t)f->id,
        .certainty = (uint8_t)f->certainty,
        .side = (uint8_t)f->side,
        .severity = (uint8_t)f->severity,
        .num = 1,
        .id = c->id,
        .place = c->has_client_hello ? c->client_hello_moment.place : c->flow->first.place,
        .other_id = other->connection,
        .other_place = other->place,
    };
}

/* By the verdict: a connection that was rejected after Finished is one, one that the capture cuts off is none. */
static void count_failure(struct profiles *profiles, const struct connection *c, const struct diagnosis *d)
{
    bool has_failed = d->verdict.outcome == OUTCOME_FAILED || d->verdict.outcome == OUTCOME_NOT_TLS;
    const struct key named_key = key_of(profiles, c, true), sum_key = key_of(profiles, c, false);
    struct server_profile *named = find(profiles, &named_key), *sum = find(profiles, &sum_key);
    if (!has_failed || c->protocol == PROTOCOL_NONE)
        return;
    if (named)
        named->failed++;
    if (sum && sum != named)
        sum->failed++;
}

void profiles_note(struct profiles *profiles, const struct connection *c, const struct diagnosis *d)
{
    count_failure(profiles, c, d);
    for (unsigned i = 0; i < d->num; i++) {
        const struct finding_evidence *other = other_connection(&d->findings[i]);
        struct key key = key_of(profiles, c, true);
        bool is_shown_alone = d->findings[i].certainty == CERTAINTY_PROVEN;
        struct server_profile *p = other && !is_shown_alone ? find(profiles, &key) : NULL;
        if (p)
            note(p, c, &d->findings[i], other);
    }
}

static void learn_choices(struct server_profile *p, const struct connection *c, bool is_completed)
{
    code_set_add(&p->versions, c->version);
    if (c->has_cipher)
        code_set_add(&p->ciphers, c->cipher);
    if (c->group_id)
        code_set_add(&p->groups, c->group_id);
    if (c->has_key_exchange && c->key_exchange.has_signature_algorithm)
        code_set_add(&p->signature_algorithms, c->key_exchange.signature_algorithm);
    learn_alpn(p, c->alpn);
    if (c->chain.num > 0)
        learn_leaf(p, c);
    if (is_completed)
        learn_session(p, c);
    if (!c->has_client_hello || c->is_client_hello_cut)
        return;
    uint16_t top = version_as_tls(client_hello_top_version(&c->client_hello));
    if (is_completed && (p->lowest_top_version == 0 || top < p->lowest_top_version))
        p->lowest_top_version = top;
    if (top > p->highest_top_version)
        p->highest_top_version = top;
    if (c->client_hello_body.len > p->largest_hello)
        p->largest_hello = (uint32_t)c->client_hello_body.len;
    if (is_completed && version_is_tls13(c->version) && !c->is_resumed)
        learn_hidden_signature(p, &c->client_hello);
}

static void learn_into(struct server_profile *p, const struct connection *c, bool is_completed)
{
    p->connections++;
    p->completed += is_completed;
    const struct starttls_facts *starttls = &c->before_tls.starttls;
    if (starttls->offer == STARTTLS_OFFERED && p->starttls_offered.id == 0)
        p->starttls_offered = (struct profile_mark){c->id, c->flow->first.time_ns, starttls->listed.moment.place};
    if (!c->has_server_hello || c->version == 0)
        return;
    if (c->before_tls.proxy.kind == PROXY_PROTOCOL && p->headed.id == 0)
        p->headed = (struct profile_mark){c->id, c->flow->first.time_ns, c->server_hello_moment.place};
    if (p->seen_id == 0) {
        p->seen_id = c->id;
        p->seen_place = c->server_hello_moment.place;
    }
    learn_choices(p, c, is_completed);
}

void profiles_learn(struct profiles *profiles, const struct connection *c, bool is_completed)
{
    const struct key named_key = key_of(profiles, c, true), sum_key = key_of(profiles, c, false);
    struct server_profile *named = find(profiles, &named_key);
    struct server_profile *sum = named && named->is_alone ? named : find(profiles, &sum_key);
    if (!sum) {
        named = sum = add_server(profiles, &named_key, &sum_key);
    } else if (!named) {
        if (sum->is_alone)
            sum = part_from(profiles, sum, &sum_key);
        named = add(profiles, &named_key);
    }
    if (named)
        learn_into(named, c, is_completed);
    if (sum && sum != named)
        learn_into(sum, c, is_completed);
    chains_seen_learn(profiles->chains_seen, c);
}

const struct chains_seen *profiles_chains_seen(const struct profiles *profiles)
{
    return profiles->chains_seen;
}

const struct server_profile *profiles_named(const struct profiles *profiles, const struct connection *c)
{
    struct key key = key_of(profiles, c, true);
    return find(profiles, &key);
}

const struct server_profile *profiles_all_names(const struct profiles *profiles, const struct connection *c)
{
    struct key key = key_of(profiles, c, false);
    return find(profiles, &key);
}

const struct server_profile *profiles_over_tcp(const struct profiles *profiles, const struct connection *c)
{
    struct key key = key_of(profiles, c, true);
    key.is_datagram = false;
    key.hash = hash_of(profiles, &key);
    return find(profiles, &key);
}

const struct server_profile *profiles_next(const struct profiles *profiles, size_t *next)
{
    while (*next < profiles->num) {
        const struct server_profile *p = profiles->all[(*next)++];
        if (p->name)
            return p;
    }
    return NULL;
}

uint64_t profiles_limit_hits(const struct profiles *profiles)
{
    return profiles->limit_hits + chains_seen_limit_hits(profiles->chains_seen);
}
