/* Sessions that may be resumed, in a ring with a hash over it: see resumable.h. */
#include "session/resumable.h"

#include "hash.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <stdlib.h>
#include <string.h>

/* Tickets are long and of any length: their digests stand for them. */
struct known {
    uint32_t next; /* index + 1 of the next in the bucket */
    uint8_t digest[SHA256_DIGEST_LENGTH];
    uint8_t master[MASTER_SECRET_LEN];
};

struct resumable {
    uint64_t seed, forgotten;
    uint32_t num, used, oldest;
    struct known *known;
    uint32_t *buckets; /* index + 1 of the first */
};

struct resumable *resumable_new(uint32_t num)
{
    struct resumable *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->num = num;
    s->known = calloc(num, sizeof *s->known);
    s->buckets = calloc(num, sizeof *s->buckets);
    if (s->known && s->buckets && RAND_bytes((unsigned char *)&s->seed, sizeof s->seed) == 1)
        return s;
    resumable_free(s);
    return NULL;
}

void resumable_free(struct resumable *sessions)
{
    if (!sessions)
        return;
    if (sessions->known)
        OPENSSL_cleanse(sessions->known, sessions->used * sizeof *sessions->known);
    free(sessions->known);
    free(sessions->buckets);
    free(sessions);
}

static uint32_t *bucket_of(const struct resumable *s, const uint8_t *digest)
{
    return &s->buckets[hash_bytes(s->seed, digest, SHA256_DIGEST_LENGTH) % s->num];
}

static struct known *lookup(const struct resumable *s, const uint8_t *digest)
{
    for (uint32_t at = *bucket_of(s, digest); at > 0; at = s->known[at - 1].next)
        if (memcmp(s->known[at - 1].digest, digest, SHA256_DIGEST_LENGTH) == 0)
            return &s->known[at - 1];
    return NULL;
}

static void unlink_known(struct resumable *s, uint32_t index)
{
    uint32_t *at = bucket_of(s, s->known[index].digest);
    while (*at != index + 1)
        at = &s->known[*at - 1].next;
    *at = s->known[index].next;
}

void resumable_put(struct resumable *sessions, struct bytes id, const uint8_t master[MASTER_SECRET_LEN])
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    if (id.len == 0 || !SHA256(id.at, id.len, digest))
        return;
    struct known *known = lookup(sessions, digest);
    if (!known) {
        uint32_t index = sessions->used;
        if (sessions->used < sessions->num) {
            sessions->used++;
        } else {
            index = sessions->oldest;
            sessions->oldest = (index + 1) % sessions->num;
            sessions->forgotten++;
            unlink_known(sessions, index);
        }
        uint32_t *bucket = bucket_of(sessions, digest);
        known = &sessions->known[index];
        memcpy(known->digest, digest, sizeof digest);
        known->next = *bucket;
        *bucket = index + 1;
    }
    memcpy(known->master, master, MASTER_SECRET_LEN);
}

bool resumable_find(const struct resumable *sessions, struct bytes id, uint8_t master[MASTER_SECRET_LEN])
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    const struct known *known = id.len > 0 && SHA256(id.at, id.len, digest) ? lookup(sessions, digest) : NULL;
    if (known)
        memcpy(master, known->master, MASTER_SECRET_LEN);
    return known != NULL;
}

uint64_t resumable_forgotten(const struct resumable *sessions)
{
    return sessions->forgotten;
}
