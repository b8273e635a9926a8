/* Summaries of connections for the comparison of two vantage points: see sighting.h. */
#include "diagnose/sighting.h"

#include "bounds.h"
#include "dissect/extensions.h"
#include "hash.h"

#include <stdlib.h>
#include <string.h>

static bool take_random(uint8_t out[SIGHTING_RANDOM], struct bytes random)
{
    if (random.len != SIGHTING_RANDOM)
        return false;
    memcpy(out, random.at, SIGHTING_RANDOM);
    return true;
}

static const char *copy(struct pool *pool, struct bytes text)
{
    return text.len > 0 ? pool_copy(pool, (const char *)text.at, text.len) : NULL;
}

static const char *copy_name(struct pool *pool, const char *name)
{
    size_t len = name ? strlen(name) : 0;
    char *out = len > 0 ? pool_copy(pool, name, len) : NULL;
    for (size_t i = 0; out && i < len; i++)
        if (out[i] >= 'A' && out[i] <= 'Z')
            out[i] = (char)(out[i] + ('a' - 'A'));
    return out;
}

static void take_role(struct sighting *s, const struct connection *c, enum role role)
{
    const struct flow *flow = c->flow;
    unsigned side = role == ROLE_CLIENT ? c->client_side : !c->client_side;
    const struct stream *stream = &flow->stream[side];
    struct sighting_role *out = &s->roles[role];
    memcpy(out->address, flow->address[side], sizeof out->address);
    out->port = flow->port[side];
    out->has_syn = stream->has_syn;
    out->isn = stream->isn;
    out->mss = stream->mss;
    out->ttl = stream->ttl;
    out->retransmissions = stream->retransmissions;
    out->bytes = stream->bytes;
    out->acked = stream->acked;
    if (flow->rare) {
        out->fin = flow->rare->fin[side];
        out->rst = flow->rare->rst[side];
    }
}

static void take_hello(struct sightings *set, struct sighting *s, const struct connection *c,
                       struct fingerprints *fingerprints)
{
    const struct client_hello *hello = &c->client_hello;
    s->client_hello = c->client_hello_moment;
    s->has_random = take_random(s->random, hello->random);
    s->has_whole_hello = !c->is_client_hello_cut && c->client_hello_fault.kind == FAULT_NONE;
    s->hello_hash = hash_bytes(set->seed, c->client_hello_body.at, c->client_hello_body.len);
    s->hello_len = (uint32_t)c->client_hello_body.len;
    if (s->has_whole_hello && !ja4(fingerprints, hello, ja4_transport_of(c->protocol), s->ja4))
        s->ja4[0] = '\0';
    struct fault fault = {.kind = FAULT_NONE};
    struct cursor cursor;
    struct bytes body;
    uint16_t type;
    cursor_init_whole(&cursor, hello->ext.raw, &fault);
    while (s->num_extensions < SIGHTING_EXTENSIONS && ext_next(&cursor, &type, &body))
        if (!is_grease(type))
            s->extensions[s->num_extensions++] = type;
}

static void add_issuer(struct sightings *set, struct sighting *s, const char *name)
{
    uint64_t hash = hash_bytes(set->seed, name, strlen(name));
    for (unsigned i = 0; i < s->num_issuers; i++)
        if (s->issuers[i] == hash)
            return;
    if (s->num_issuers < SIGHTING_ISSUERS)
        s->issuers[s->num_issuers++] = hash;
}

static void take_chain(struct sightings *set, struct sighting *s, const struct connection *c)
{
    s->chain_hash = set->seed;
    for (unsigned i = 0; i < c->chain.num; i++) {
        const struct certificate_facts *facts = certificate_facts(c->chain.certificates[i]);
        s->chain_hash = hash_bytes(s->chain_hash, facts->sha256, strlen(facts->sha256));
        if (i == 0)
            s->leaf = pool_copy(&set->strings, facts->sha256, strlen(facts->sha256));
        if (facts->error)
            continue;
        if (i == 0)
            s->issuer = pool_copy(&set->strings, facts->issuer, strnlen(facts->issuer, LIMIT_SHOWN_NAME));
        add_issuer(set, s, facts->issuer);
        if (i > 0)
            add_issuer(set, s, facts->subject);
    }
    s->num_chain = s->leaf ? c->chain.num : 0;
    s->chain_place = c->chain.place;
}

static bool make_room(struct sightings *set)
{
    if (set->num < set->cap)
        return true;
    size_t cap = set->cap ? 2 * set->cap : 64;
    struct sighting *at = set->num < LIMIT_SIGHTINGS ? realloc(set->at, cap * sizeof *at) : NULL;
    if (!at)
        return false;
    set->at = at;
    set->cap = cap;
    return true;
}

void sightings_add(struct sightings *set, unsigned side, const struct connection *c, const struct verdict *verdict,
                   struct fingerprints *fingerprints)
{
    if (!make_room(set)) {
        set->num_left_out++;
        return;
    }
    struct sighting *s = &set->at[set->num++];
    const struct flow *flow = c->flow;
    *s = (struct sighting){.id = c->id,
                           .side = (uint8_t)side,
                           .ip_version = flow->ip_version,
                           .setup = flow->setup,
                           .name = copy_name(&set->strings, c->name),
                           .start = flow->first,
                           .syn_ack = flow->syn_ack,
                           .end = flow->last,
                           .version = c->version,
                           .has_cipher = c->has_cipher,
                           .cipher = c->cipher,
                           .group = c->group_id,
                           .is_resumed = c->is_resumed,
                           .alpn = copy(&set->strings, c->alpn),
                           .outcome = verdict->outcome,
                           .verdict = verdict->code,
                           .has_cause = verdict->finding != NULL,
                           .rtt_ns = flow->rtt_ns};
    if (verdict->finding)
        s->cause = verdict->finding->id;
    take_role(s, c, ROLE_CLIENT);
    take_role(s, c, ROLE_SERVER);
    if (c->has_client_hello)
        take_hello(set, s, c, fingerprints);
    if (c->has_server_hello) {
        s->server_hello = c->server_hello_moment;
        s->has_server_random = take_random(s->server_random, c->server_hello.random);
    }
    if (c->handshake_end.place.frame && c->has_client_hello)
        s->handshake_ns = moment_since(&c->handshake_end, &c->client_hello_moment);
    take_chain(set, s, c);
}

static int by_id(const void *key, const void *element)
{
    uint64_t id = *(const uint64_t *)key, other = ((const struct sighting *)element)->id;
    return id < other ? -1 : id > other;
}

struct sighting *sightings_find(const struct sightings *set, uint64_t id)
{
    return set->num > 0 ? bsearch(&id, set->at, set->num, sizeof *set->at, by_id) : NULL;
}

void sightings_cleanup(struct sightings *set)
{
    pool_cleanup(&set->strings);
    free(set->at);
    *set = (struct sightings){.at = NULL};
}
