/* Rendered text by what it was rendered from: see rendered.h. */
#include "report/rendered.h"

#include "bounds.h"
#include "hash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { WAYS = 4, NUM_SETS = LIMIT_RENDERED / WAYS };

struct entry {
    uint64_t hash;
    size_t run_len[RENDERED_RUNS], text_len;
    uint8_t bytes[]; /* the runs, then the text */
};

struct rendered {
    uint64_t seed;
    struct entry *sets[NUM_SETS][WAYS]; /* each in the order of their latest use */
};

struct rendered *rendered_new(void)
{
    struct rendered *rendered = calloc(1, sizeof *rendered);
    if (rendered && getrandom(&rendered->seed, sizeof rendered->seed, 0) != (ssize_t)sizeof rendered->seed)
        rendered->seed = (uintptr_t)rendered;
    return rendered;
}

void rendered_free(struct rendered *rendered)
{
    if (!rendered)
        return;
    for (size_t set = 0; set < NUM_SETS; set++)
        for (size_t way = 0; way < WAYS; way++)
            free(rendered->sets[set][way]);
    free(rendered);
}

static bool is_of(const struct entry *entry, const struct rendered_key *key)
{
    const uint8_t *at = entry->bytes;
    if (entry->hash != key->hash)
        return false;
    for (size_t i = 0; i < RENDERED_RUNS; i++) {
        struct bytes run = key->runs[i];
        if (entry->run_len[i] != run.len || (run.len > 0 && memcmp(at, run.at, run.len) != 0))
            return false;
        at += run.len;
    }
    return true;
}

static struct bytes text_of(const struct entry *entry)
{
    const uint8_t *at = entry->bytes;
    for (size_t i = 0; i < RENDERED_RUNS; i++)
        at += entry->run_len[i];
    return (struct bytes){at, entry->text_len};
}

/* Puts it first, the ones before it one place further. */
static void move_up(struct entry **set, size_t from, struct entry *entry)
{
    memmove(set + 1, set, from * sizeof(struct entry *));
    set[0] = entry;
}

struct bytes rendered_find(struct rendered *rendered, struct rendered_key *key)
{
    key->hash = rendered->seed;
    for (size_t i = 0; i < RENDERED_RUNS; i++)
        key->hash = hash_bytes(key->hash, key->runs[i].at, key->runs[i].len);
    struct entry **set = rendered->sets[key->hash % NUM_SETS];
    for (size_t way = 0; way < WAYS && set[way]; way++) {
        struct entry *entry = set[way];
        if (!is_of(entry, key))
            continue;
        move_up(set, way, entry);
        return text_of(entry);
    }
    return (struct bytes){NULL, 0};
}

void rendered_keep(struct rendered *rendered, const struct rendered_key *key, struct bytes text)
{
    size_t len = text.len;
    for (size_t i = 0; i < RENDERED_RUNS; i++)
        len += key->runs[i].len;
    struct entry *entry = len <= LIMIT_RENDERED_BYTES ? malloc(sizeof *entry + len) : NULL;
    if (!entry)
        return;
    uint8_t *at = entry->bytes;
    entry->hash = key->hash;
    entry->text_len = text.len;
    for (size_t i = 0; i < RENDERED_RUNS; i++) {
        struct bytes run = key->runs[i];
        entry->run_len[i] = run.len;
        if (run.len > 0)
            memcpy(at, run.at, run.len);
        at += run.len;
    }
    if (text.len > 0)
        memcpy(at, text.at, text.len);
    struct entry **set = rendered->sets[key->hash % NUM_SETS];
    free(set[WAYS - 1]);
    move_up(set, WAYS - 1, entry);
}
