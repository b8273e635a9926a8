/* Chains against trust stores, each distinct one once: see verify.h. */
#include "trust/verify.h"

#include "bounds.h"
#include "hash.h"
#include "trust/authorities.h"
#include "trust/store_internal.h"
#include "trust/verify_run.h"

#include <openssl/err.h>
#include <openssl/rand.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NUM_BUCKETS = 4096, LEVEL = 1 };

struct entry {
    struct entry *next;
    uint64_t hash;
    uint64_t *ids; /* of the certificates */
    unsigned num_ids;
    const char *name; /* NULL: none */
    bool has_time;
    struct time_span span; /* in which the results hold */
    uint64_t generation;   /* of the authorities that were known */
    bool lacks_issuer;     /* an authority seen later may complete it */
    struct verification *results;
    unsigned num_results;
    struct pool pool;
};

struct verifier {
    struct certificates *cache;
    const struct verify_options *options;
    struct store **stores;
    struct store *given; /* --intermediates */
    size_t num_stores;
    bool is_loaded;
    struct authorities seen;
    struct entry *buckets[NUM_BUCKETS];
    size_t num_entries;
    uint64_t untried; /* issuers beyond LIMIT_BORROWED of one chain */
    uint64_t seed;
};

const char *verify_mode_name(enum verify_mode mode)
{
    static const char *const names[] = {"strict", "level2", "today"};
    return names[mode];
}

/* Stores are read when they are needed; a name that was mistyped is told at once. */
static int check_paths(const struct verify_options *options, struct error *error)
{
    for (size_t i = 0; i < options->num_stores; i++) {
        const struct store_source *source = &options->stores[i];
        if (source->path && access(source->path, R_OK) < 0)
            return error_set(error, "cannot read the trust store %s, %s: %s", source->name, source->path,
                             strerror(errno));
    }
    if (options->intermediates && access(options->intermediates, R_OK) < 0)
        return error_set(error, "cannot read the intermediates, %s: %s", options->intermediates, strerror(errno));
    return 0;
}

struct verifier *verifier_new(struct certificates *cache, const struct verify_options *options, struct error *error)
{
    if (check_paths(options, error) < 0)
        return NULL;
    struct verifier *v = calloc(1, sizeof *v);
    if (v && RAND_bytes((unsigned char *)&v->seed, sizeof v->seed) == 1) {
        v->cache = cache;
        v->options = options;
        return v;
    }
    ERR_clear_error();
    free(v);
    error_set(error, "out of memory");
    return NULL;
}

static void entry_free(struct entry *entry)
{
    pool_cleanup(&entry->pool);
    free(entry);
}

static void forget_all(struct verifier *v)
{
    for (size_t i = 0; i < NUM_BUCKETS; i++) {
        for (struct entry *entry = v->buckets[i], *next; entry; entry = next) {
            next = entry->next;
            entry_free(entry);
        }
        v->buckets[i] = NULL;
    }
    v->num_entries = 0;
}

void verifier_free(struct verifier *v)
{
    if (!v)
        return;
    forget_all(v);
    authorities_cleanup(&v->seen);
    for (size_t i = 0; i < v->num_stores; i++)
        store_free(v->stores[i]);
    free(v->stores);
    store_free(v->given);
    free(v);
}

const struct store_facts *verifier_store_at(const struct verifier *v, size_t i)
{
    if (i < v->num_stores)
        return store_facts(v->stores[i]);
    return i == v->num_stores && v->given ? store_facts(v->given) : NULL;
}

void verifier_hide_sources(struct verifier *v)
{
    for (size_t i = 0; i < v->num_stores; i++)
        store_hide_source(v->stores[i]);
    if (v->given)
        store_hide_source(v->given);
}

struct certificate *verification_issuer(const struct verification *results, unsigned num)
{
    for (unsigned i = 0; i < num; i++)
        if (results[i].num_path > 1)
            return results[i].path[1].certificate;
    return NULL;
}

static void load(struct verifier *v)
{
    static const struct store_source system = {"system", NULL, NULL};
    const struct store_source *sources = v->options->num_stores ? v->options->stores : &system;
    size_t num = v->options->num_stores ? v->options->num_stores : 1;
    v->is_loaded = true;
    v->stores = calloc(num, sizeof(struct store *));
    for (size_t i = 0; v->stores && i < num; i++) {
        struct store_source source = sources[i];
        if (!source.password)
            source.password = v->options->password;
        v->stores[v->num_stores] = store_load(v->cache, &source);
        v->num_stores += v->stores[v->num_stores] != NULL;
    }
    if (v->options->intermediates) {
        const struct store_source given = {"intermediates", v->options->intermediates, v->options->password};
        v->given = store_load(v->cache, &given);
    }
}

/* ---- one chain */

/* What goes into a verification, and where its certificates came from. */
struct job {
    struct verifier *v;
    const struct verify_request *request;
    struct entry *entry;
    X509 *leaf;
    STACK_OF(X509) * presented; /* those that are readable */
    STACK_OF(X509) * all;       /* and those that were borrowed */
    struct {
        struct certificate *certificate;
        X509 *x509;
        enum verify_origin origin;
    } borrowed[LIMIT_BORROWED];
    unsigned num_borrowed;
};

static void borrow(struct job *job, struct certificate *certificate, X509 *x509, enum verify_origin origin)
{
    for (int i = 0; i < sk_X509_num(job->all); i++)
        if (sk_X509_value(job->all, i) == x509)
            return;
    if (job->num_borrowed == LIMIT_BORROWED) {
        job->v->untried++;
        return;
    }
    if (!sk_X509_push(job->all, x509))
        return;
    job->borrowed[job->num_borrowed].certificate = certificate;
    job->borrowed[job->num_borrowed].x509 = x509;
    job->borrowed[job->num_borrowed++].origin = origin;
    time_span_bound(&job->entry->span, certificate_facts(certificate));
}

/* Everything known that could have signed for these, and for them in turn. */
static void borrow_issuers(struct job *job)
{
    for (int i = 0; i < sk_X509_num(job->all); i++) {
        const X509_NAME *issuer = X509_get_issuer_name(sk_X509_value(job->all, i));
        struct store_entry *given = NULL;
        size_t num = job->v->given ? store_find(job->v->given, issuer, &given) : 0;
        for (size_t k = 0; k < num; k++)
            borrow(job, given[k].certificate, given[k].x509, VERIFY_GIVEN);
        for (const struct authority *a = authorities_find(&job->v->seen, issuer); a; a = a->next)
            if (X509_NAME_cmp(X509_get_subject_name(a->x509), issuer) == 0)
                borrow(job, a->certificate, a->x509, VERIFY_CAPTURE);
    }
}

static struct verify_step step_of(const struct job *job, const struct store *store, const X509 *x509)
{
    const struct verify_request *r = job->request;
    struct verify_step step = {.certificate = store_certificate(store, x509), .presented = -1};
    for (unsigned i = 0; i < r->num && step.presented < 0; i++)
        if (certificate_x509(r->chain[i]) == x509)
            step.presented = (int)i;
    if (step.certificate) {
        step.origin = VERIFY_STORE;
    } else if (step.presented >= 0) {
        step.origin = VERIFY_PRESENTED;
        step.certificate = r->chain[step.presented];
    }
    for (unsigned i = 0; i < job->num_borrowed && !step.certificate; i++) {
        if (job->borrowed[i].x509 == x509) {
            step.certificate = job->borrowed[i].certificate;
            step.origin = job->borrowed[i].origin;
        }
    }
    return step;
}

static void keep_path(const struct job *job, const struct store *store, struct verification *out,
                      const STACK_OF(X509) * path)
{
    int num = sk_X509_num(path);
    struct verify_step *steps = num > 0 ? pool_take(&job->entry->pool, (size_t)num * sizeof *steps) : NULL;
    for (int i = 0; steps && i < num; i++) {
        steps[i] = step_of(job, store, sk_X509_value(path, i));
        if (!steps[i].certificate)
            break;
        out->num_path++;
    }
    out->path = steps;
}

static bool run(const struct job *job, struct store *store, struct verification *out)
{
    const struct verify_request *r = job->request;
    STACK_OF(X509) *path = NULL;
    out->store = store_facts(store);
    struct verify_run base = {.store = store_x509(store, job->all, &job->entry->span),
                              .leaf = job->leaf,
                              .untrusted = out->is_completed ? job->all : job->presented,
                              .name = job->entry->name,
                              .has_time = r->has_time,
                              .time = r->time,
                              .level = LEVEL};
    if (!base.store || !verify_run(&base, &out->outcome, &path))
        return false;
    keep_path(job, store, out, path);
    sk_X509_pop_free(path, X509_free);
    out->has_name_match = base.name != NULL;
    out->is_name_match = base.name && verify_name(job->leaf, base.name);
    if (out->is_completed)
        return true;
    struct verify_run runs[NUM_VERIFY_MODES] = {base, base, base};
    runs[VERIFY_STRICT].flags = X509_V_FLAG_X509_STRICT | X509_V_FLAG_PARTIAL_CHAIN;
    runs[VERIFY_LEVEL2].level = 2;
    runs[VERIFY_TODAY].has_time = true;
    runs[VERIFY_TODAY].time = job->v->options->now;
    for (unsigned mode = 0; mode < NUM_VERIFY_MODES; mode++) {
        if (!verify_run(&runs[mode], &out->also[mode], NULL))
            return false;
        out->has_also[mode] = out->also[mode].code != out->outcome.code;
    }
    return true;
}

static bool lacks_issuer(const struct verify_outcome *outcome)
{
    return outcome->code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
           outcome->code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
           outcome->code == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE ||
           outcome->code == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN;
}

static bool run_stores(struct job *job)
{
    struct verifier *v = job->v;
    struct entry *entry = job->entry;
    entry->results = pool_take(&entry->pool, 2 * v->num_stores * sizeof *entry->results);
    for (size_t i = 0; entry->results && i < v->num_stores; i++) {
        struct verification *result = &entry->results[entry->num_results];
        *result = (struct verification){0};
        if (!run(job, v->stores[i], result))
            return false;
        entry->num_results++;
        if (!lacks_issuer(&result->outcome))
            continue;
        entry->lacks_issuer = true;
        struct verification *second = &entry->results[entry->num_results];
        *second = (struct verification){.is_completed = true};
        if (job->num_borrowed == 0 || !run(job, v->stores[i], second) || lacks_issuer(&second->outcome))
            continue;
        entry->num_results++;
    }
    return entry->results != NULL;
}

static bool fill(struct verifier *v, const struct verify_request *r, struct entry *entry)
{
    struct job job = {.v = v, .request = r, .entry = entry, .leaf = certificate_x509(r->chain[0])};
    job.presented = sk_X509_new_null();
    bool is_whole = job.presented != NULL;
    for (unsigned i = 0; i < r->num; i++) {
        X509 *x509 = certificate_x509(r->chain[i]);
        if (i > 0)
            authorities_add(&v->seen, r->chain[i]);
        if (!x509)
            continue;
        is_whole = is_whole && sk_X509_push(job.presented, x509);
        time_span_bound(&entry->span, certificate_facts(r->chain[i]));
    }
    job.all = is_whole ? sk_X509_dup(job.presented) : NULL;
    if (job.all)
        borrow_issuers(&job);
    entry->generation = v->seen.generation;
    is_whole = job.all && run_stores(&job) && !entry->pool.is_failed;
    sk_X509_free(job.presented);
    sk_X509_free(job.all);
    return is_whole;
}

/* ---- the cache */

static uint64_t hash_of(const struct verifier *v, const struct verify_request *r, const char *name)
{
    uint64_t hash = v->seed;
    for (unsigned i = 0; i < r->num; i++)
        hash = hash_mix(hash, certificate_id(r->chain[i]));
    return name ? hash_bytes(hash, name, strlen(name)) : hash;
}

static bool is_same(const struct entry *entry, const struct verify_request *r, const char *name)
{
    if (entry->num_ids != r->num || !entry->name != !name || (name && strcmp(name, entry->name) != 0))
        return false;
    for (unsigned i = 0; i < r->num; i++)
        if (entry->ids[i] != certificate_id(r->chain[i]))
            return false;
    return entry->has_time == r->has_time &&
           (!r->has_time || (r->time >= entry->span.from && r->time < entry->span.until));
}

static struct entry *entry_new(const struct verify_request *r, const char *name, uint64_t hash)
{
    struct entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        return NULL;
    entry->hash = hash;
    entry->ids = pool_take(&entry->pool, r->num * sizeof *entry->ids);
    entry->num_ids = r->num;
    entry->has_time = r->has_time;
    entry->name = name ? pool_copy(&entry->pool, name, strlen(name)) : NULL;
    entry->span = (struct time_span){r->time, INT64_MIN, INT64_MAX};
    for (unsigned i = 0; entry->ids && i < r->num; i++)
        entry->ids[i] = certificate_id(r->chain[i]);
    if (!entry->pool.is_failed)
        return entry;
    entry_free(entry);
    return NULL;
}

/* The entry for the request, if its results still hold; one that newly seen issuers may change is dropped. */
static struct entry *find(struct verifier *v, const struct verify_request *r, const char *name, uint64_t hash)
{
    for (struct entry **link = &v->buckets[hash % NUM_BUCKETS]; *link; link = &(*link)->next) {
        struct entry *entry = *link;
        if (entry->hash != hash || !is_same(entry, r, name))
            continue;
        if (!entry->lacks_issuer || entry->generation == v->seen.generation)
            return entry;
        *link = entry->next;
        entry_free(entry);
        v->num_entries--;
        return NULL;
    }
    return NULL;
}

unsigned verifier_check(struct verifier *v, const struct verify_request *request, const struct verification **results)
{
    struct verify_request r = *request;
    const char *name = r.name && *r.name ? r.name : NULL;
    if (r.num == 0 || !certificate_x509(r.chain[0]))
        return 0;
    if (!v->is_loaded)
        load(v);
    if (v->options->has_at) {
        r.has_time = true;
        r.time = v->options->at;
    }
    uint64_t hash = hash_of(v, &r, name);
    struct entry *entry = find(v, &r, name, hash);
    if (!entry) {
        if (v->num_entries == LIMIT_VERIFICATIONS)
            forget_all(v);
        entry = entry_new(&r, name, hash);
        if (!entry)
            return 0;
        if (!fill(v, &r, entry)) {
            entry_free(entry);
            return 0;
        }
        entry->next = v->buckets[hash % NUM_BUCKETS];
        v->buckets[hash % NUM_BUCKETS] = entry;
        v->num_entries++;
    }
    *results = entry->results;
    return entry->num_results;
}

struct verifier_limits verifier_limits(const struct verifier *v)
{
    return (struct verifier_limits){.not_kept = v ? v->seen.left_out : 0, .not_tried = v ? v->untried : 0};
}
