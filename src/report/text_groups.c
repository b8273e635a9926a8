/* Connections that tell the same: see text_groups.h. */
#include "report/text_groups.h"

#include "hash.h"

#include <stdlib.h>

enum { FIRST_GROUPS = 32 };

struct text_key text_key_begin(uint64_t seed)
{
    return (struct text_key){hash_mix(seed, 1), hash_mix(seed, 2)};
}

void text_key_add(struct text_key *key, const void *data, size_t len)
{
    key->a = hash_bytes(key->a, data, len);
    key->b = hash_bytes(key->b, data, len);
}

void text_key_string(struct text_key *key, const char *s)
{
    text_key_add(key, s ? s : "", s ? strlen(s) : 0);
}

void text_key_sentence(struct text_key *key, const char *s)
{
    for (s = s ? s : ""; *s; s += *s == ' ') {
        size_t len = strcspn(s, " "), start = strspn(s, "(");
        if (start + strspn(s + start, "0123456789.,") < len)
            text_key_add(key, s, len);
        s += len;
    }
}

void text_groups_init(struct text_groups *groups, size_t limit)
{
    *groups = (struct text_groups){.limit = limit};
}

void text_groups_cleanup(struct text_groups *groups)
{
    for (size_t i = 0; i < groups->num; i++) {
        free(groups->at[i].name);
        free(groups->at[i].summary);
    }
    free(groups->at);
    free(groups->slots);
    *groups = (struct text_groups){0};
}

bool text_key_is_equal(const struct text_key *a, const struct text_key *b)
{
    return a->a == b->a && a->b == b->b;
}

static uint32_t *slot_of(const struct text_groups *groups, const struct text_key *key)
{
    size_t i = key->a & (groups->num_slots - 1);
    while (groups->slots[i] != 0 && !text_key_is_equal(&groups->at[groups->slots[i] - 1].key, key))
        i = (i + 1) & (groups->num_slots - 1);
    return &groups->slots[i];
}

static bool grow(struct text_groups *groups)
{
    if (groups->num < groups->cap)
        return true;
    size_t cap = groups->cap ? 2 * groups->cap : FIRST_GROUPS;
    struct text_group *at = realloc(groups->at, cap * sizeof *at);
    if (!at)
        return false;
    groups->at = at;
    uint32_t *slots = calloc(4 * cap, sizeof *slots);
    if (!slots)
        return false;
    free(groups->slots);
    groups->slots = slots;
    groups->num_slots = 4 * cap;
    groups->cap = cap;
    for (size_t i = 0; i < groups->num; i++)
        *slot_of(groups, &groups->at[i].key) = (uint32_t)i + 1;
    return true;
}

static void count_client(struct text_group *group, const struct text_member *member)
{
    for (unsigned i = 0; i < group->num_clients; i++) {
        struct text_client *client = &group->clients[i];
        if (client->ip_version == member->ip_version && memcmp(client->address, member->client, 16) == 0) {
            client->count++;
            return;
        }
    }
    if (group->num_clients == LIMIT_TEXT_CLIENTS) {
        group->has_more_clients = true;
        return;
    }
    struct text_client *client = &group->clients[group->num_clients++];
    *client = (struct text_client){.ip_version = member->ip_version, .count = 1};
    memcpy(client->address, member->client, 16);
}

static void count(struct text_group *group, const struct text_member *member)
{
    if (group->count < LIMIT_TEXT_MEMBERS) {
        group->members[group->count].id = member->id;
        group->members[group->count].frame = member->frame;
    }
    if (group->count == 0 || member->time_ns < group->first_ns)
        group->first_ns = member->time_ns;
    if (group->count == 0 || member->time_ns > group->last_ns)
        group->last_ns = member->time_ns;
    group->count++;
    count_client(group, member);
}

struct text_group *text_groups_add(struct text_groups *groups, const struct text_member *member)
{
    uint32_t *slot = groups->num_slots ? slot_of(groups, &member->key) : NULL;
    if (!slot || *slot == 0) {
        if (groups->num == groups->limit || !grow(groups)) {
            groups->left_out++;
            return NULL;
        }
        slot = slot_of(groups, &member->key);
        groups->at[groups->num++] = (struct text_group){.key = member->key};
        *slot = (uint32_t)groups->num;
    }
    struct text_group *group = &groups->at[*slot - 1];
    count(group, member);
    return group;
}

static int by_cluster(const void *a, const void *b)
{
    const struct text_group *left = *(struct text_group *const *)a, *right = *(struct text_group *const *)b;
    if (left->cluster.a != right->cluster.a)
        return left->cluster.a < right->cluster.a ? -1 : 1;
    if (left->cluster.b != right->cluster.b)
        return left->cluster.b < right->cluster.b ? -1 : 1;
    return left < right ? -1 : left > right;
}

static int by_importance(const void *a, const void *b)
{
    static const unsigned ranks[] = {
        [OUTCOME_FAILED] = 0, [OUTCOME_NOT_TLS] = 1, [OUTCOME_INCOMPLETE] = 2, [OUTCOME_COMPLETED] = 3};
    const struct text_group *left = *(struct text_group *const *)a, *right = *(struct text_group *const *)b;
    if (left->outcome != right->outcome)
        return ranks[left->outcome] < ranks[right->outcome] ? -1 : 1;
    if (left->cluster_count != right->cluster_count)
        return left->cluster_count > right->cluster_count ? -1 : 1;
    if (left->cluster_first != right->cluster_first)
        return left->cluster_first < right->cluster_first ? -1 : 1;
    if (left->count != right->count)
        return left->count > right->count ? -1 : 1;
    return left < right ? -1 : left > right;
}

struct text_group **text_groups_order(struct text_groups *groups)
{
    struct text_group **order = groups->num ? malloc(groups->num * sizeof(struct text_group *)) : NULL;
    if (!order)
        return NULL;
    for (size_t i = 0; i < groups->num; i++)
        order[i] = &groups->at[i];
    qsort(order, groups->num, sizeof *order, by_cluster);
    for (size_t from = 0, to; from < groups->num; from = to) {
        uint64_t sum = 0;
        for (to = from; to < groups->num && text_key_is_equal(&order[to]->cluster, &order[from]->cluster); to++)
            sum += order[to]->count;
        for (size_t i = from; i < to; i++) {
            order[i]->cluster_count = sum;
            order[i]->cluster_first = (size_t)(order[from] - groups->at);
        }
    }
    qsort(order, groups->num, sizeof *order, by_importance);
    return order;
}
