/* The store of distinct certificates: see certificate.h. */
#include "trust/certificate.h"

#include "bounds.h"
#include "trust/certificate_facts.h"
#include "trust/certificate_x509.h"

#include <openssl/err.h>
#include <openssl/rand.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_BUCKETS = 256,
    HASH_WORDS = LIMIT_CERTIFICATE / 4 + 2,
    X509_BYTES = 6000, /* what a parsed certificate takes beside its DER, roughly: measured with RSA-2048 */
};

static const char too_large[] = "larger than 65536 bytes, so that it was not read";
_Static_assert(LIMIT_CERTIFICATE == 65536, "the text says so");

struct certificate {
    struct certificates *cache;
    struct certificate *bucket_next;
    struct certificate *newer, *older; /* among the idle ones */
    uint64_t hash, id;
    unsigned num_references;
    bool is_decoded, is_parsed;
    bool is_oversized; /* `der` is its SHA-256 alone */
    X509 *x509;        /* once decoded; NULL when OpenSSL cannot */
    size_t idle_bytes; /* what it was counted as when it became idle */
    char *scratch;
    size_t scratch_len;
    struct pool pool;
    struct certificate_facts facts;
    size_t len;
    uint8_t der[];
};

struct certificates {
    struct certificate **buckets;
    size_t num_buckets; /* a power of two */
    size_t num;
    size_t idle_bytes, max_idle_bytes;
    struct certificate *newest, *oldest; /* idle ones */
    uint64_t next_id;
    EVP_MD *sha256, *sha1;
    uint32_t secret[HASH_WORDS];
};

struct certificates *certificates_new(size_t max_idle_bytes)
{
    struct certificates *cache = calloc(1, sizeof *cache);
    if (!cache)
        return NULL;
    cache->max_idle_bytes = max_idle_bytes;
    cache->num_buckets = FIRST_BUCKETS;
    cache->buckets = calloc(FIRST_BUCKETS, sizeof(struct certificate *));
    cache->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    cache->sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
    bool is_seeded = RAND_bytes((unsigned char *)cache->secret, sizeof cache->secret) == 1;
    ERR_clear_error();
    if (cache->buckets && cache->sha256 && cache->sha1 && is_seeded)
        return cache;
    certificates_free(cache);
    return NULL;
}

static void certificate_free(struct certificate *c)
{
    pool_cleanup(&c->pool);
    X509_free(c->x509);
    free(c->scratch);
    free(c);
}

void certificates_free(struct certificates *cache)
{
    if (!cache)
        return;
    for (size_t i = 0; cache->buckets && i < cache->num_buckets; i++) {
        for (struct certificate *c = cache->buckets[i], *next; c; c = next) {
            next = c->bucket_next;
            assert(c->num_references == 0);
            certificate_free(c);
        }
    }
    free(cache->buckets);
    EVP_MD_free(cache->sha256);
    EVP_MD_free(cache->sha1);
    free(cache);
}

/* NH (Black and others, "UMAC", 1999): the key is as long as the message, and whoever does not know it finds two
 * messages of one length that collide with probability 2^-32. Strangers choose the certificates, so that matters. */
static uint64_t hash_of(const struct certificates *cache, struct bytes der)
{
    const uint32_t *key = cache->secret;
    uint64_t sum = der.len;
    size_t i = 0;
    for (; der.len - i >= 8; i += 8, key += 2) {
        uint32_t word[2];
        memcpy(word, der.at + i, 8);
        sum += (uint64_t)(word[0] + key[0]) * (word[1] + key[1]);
    }
    uint32_t last[2] = {0, 0};
    if (i < der.len)
        memcpy(last, der.at + i, der.len - i);
    sum += (uint64_t)(last[0] + key[0]) * (last[1] + key[1]);
    return sum * 0x9E3779B97F4A7C15u;
}

static struct certificate **bucket_of(const struct certificates *cache, uint64_t hash)
{
    return &cache->buckets[(hash >> 32) & (cache->num_buckets - 1)];
}

/* Without memory for a larger table the old one goes on, only slower. */
static void grow(struct certificates *cache)
{
    struct certificate **old = cache->buckets;
    size_t num_old = cache->num_buckets;
    struct certificate **larger = calloc(2 * num_old, sizeof(struct certificate *));
    if (!larger)
        return;
    cache->buckets = larger;
    cache->num_buckets = 2 * num_old;
    for (size_t i = 0; i < num_old; i++) {
        for (struct certificate *c = old[i], *next; c; c = next) {
            next = c->bucket_next;
            struct certificate **bucket = bucket_of(cache, c->hash);
            c->bucket_next = *bucket;
            *bucket = c;
        }
    }
    free(old);
}

static void idle_remove(struct certificate *c)
{
    struct certificates *cache = c->cache;
    *(c->newer ? &c->newer->older : &cache->newest) = c->older;
    *(c->older ? &c->older->newer : &cache->oldest) = c->newer;
    c->newer = c->older = NULL;
    cache->idle_bytes -= c->idle_bytes;
    c->idle_bytes = 0;
}

static void idle_add(struct certificate *c)
{
    struct certificates *cache = c->cache;
    c->idle_bytes = sizeof *c + c->len + c->pool.bytes + c->scratch_len;
    if (c->x509)
        c->idle_bytes += c->len + X509_BYTES;
    cache->idle_bytes += c->idle_bytes;
    c->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = c;
    cache->newest = c;
}

static void evict(struct certificate *c)
{
    struct certificates *cache = c->cache;
    idle_remove(c);
    struct certificate **link = bucket_of(cache, c->hash);
    while (*link != c)
        link = &(*link)->bucket_next;
    *link = c->bucket_next;
    cache->num--;
    certificate_free(c);
}

static struct certificate *intern(struct certificates *cache, struct bytes der, bool is_oversized)
{
    uint64_t hash = hash_of(cache, der);
    struct certificate **bucket = bucket_of(cache, hash);
    for (struct certificate *c = *bucket; c; c = c->bucket_next) {
        if (c->hash == hash && c->is_oversized == is_oversized && bytes_equal((struct bytes){c->der, c->len}, der)) {
            certificate_hold(c);
            return c;
        }
    }
    struct certificate *c = calloc(1, sizeof *c + der.len);
    if (!c)
        return NULL;
    c->cache = cache;
    c->hash = hash;
    c->id = ++cache->next_id;
    c->num_references = 1;
    c->len = der.len;
    c->is_oversized = is_oversized;
    if (der.len > 0)
        memcpy(c->der, der.at, der.len);
    if (++cache->num > cache->num_buckets) {
        grow(cache);
        bucket = bucket_of(cache, hash);
    }
    c->bucket_next = *bucket;
    *bucket = c;
    return c;
}

static void hex_digest(struct bytes der, const EVP_MD *md, char *out)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (!EVP_Digest(der.at, der.len, digest, &len, md, NULL))
        len = 0;
    for (unsigned i = 0; i < len; i++) {
        *out++ = digits[digest[i] >> 4];
        *out++ = digits[digest[i] & 15];
    }
    *out = '\0';
}

static struct certificate *intern_oversized(struct certificates *cache, struct bytes der)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (!EVP_Digest(der.at, der.len, digest, &len, cache->sha256, NULL))
        return NULL;
    struct certificate *c = intern(cache, (struct bytes){digest, len}, true);
    if (!c || c->is_parsed)
        return c;
    c->facts.error = too_large;
    c->facts.size = der.len;
    hex_digest(der, cache->sha256, c->facts.sha256);
    hex_digest(der, cache->sha1, c->facts.sha1);
    c->is_decoded = c->is_parsed = true;
    return c;
}

struct certificate *certificate_intern(struct certificates *cache, struct bytes der)
{
    return der.len > LIMIT_CERTIFICATE ? intern_oversized(cache, der) : intern(cache, der, false);
}

struct certificate *certificate_stand_in(uint64_t id, const struct certificate_facts *facts)
{
    struct certificate *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->id = id;
    c->facts = *facts;
    c->num_references = 1;
    c->is_decoded = c->is_parsed = true;
    return c;
}

void certificate_hold(struct certificate *certificate)
{
    if (certificate->num_references++ == 0)
        idle_remove(certificate);
}

void certificate_release(struct certificate *certificate)
{
    assert(certificate->num_references > 0);
    if (--certificate->num_references > 0)
        return;
    struct certificates *cache = certificate->cache;
    if (!cache) {
        certificate_free(certificate);
        return;
    }
    idle_add(certificate);
    while (cache->idle_bytes > cache->max_idle_bytes)
        evict(cache->oldest);
}

struct bytes certificate_der(const struct certificate *certificate)
{
    return certificate->is_oversized ? (struct bytes){NULL, 0} : (struct bytes){certificate->der, certificate->len};
}

uint64_t certificate_id(const struct certificate *certificate)
{
    return certificate->id;
}

char **certificate_scratch(struct certificate *certificate, size_t **len)
{
    *len = &certificate->scratch_len;
    return &certificate->scratch;
}

X509 *certificate_x509(struct certificate *certificate)
{
    struct certificate *c = certificate;
    if (!c->is_decoded) {
        c->is_decoded = true;
        c->x509 = certificate_decode(certificate_der(c), &c->pool, &c->facts.error);
    }
    return c->x509;
}

const struct certificate_facts *certificate_facts(struct certificate *certificate)
{
    struct certificate *c = certificate;
    if (c->is_parsed)
        return &c->facts;
    struct bytes der = certificate_der(c);
    X509 *x509 = certificate_x509(c);
    if (x509)
        certificate_facts_read(&c->facts, &c->pool, x509);
    else if (c->facts.error)
        certificate_facts_raw_key(&c->facts, &c->pool, der);
    if (c->pool.is_failed) {
        pool_cleanup(&c->pool);
        c->facts = (struct certificate_facts){.error = "out of memory"};
    }
    c->facts.size = der.len;
    hex_digest(der, c->cache->sha256, c->facts.sha256);
    hex_digest(der, c->cache->sha1, c->facts.sha1);
    c->is_parsed = true;
    return &c->facts;
}
