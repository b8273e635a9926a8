/* Trust stores in memory: see store.h. */
#include "trust/store_internal.h"

#include "bounds.h"
#include "trust/certificate_x509.h"

#include <openssl/err.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- loading */

void store_error(struct store *store, const char *format, ...)
{
    char text[1024];
    if (store->facts.num_errors == LIMIT_STORE_ERRORS) {
        store->facts.num_errors_left_out++;
        return;
    }
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *copy = pool_copy(&store->pool, text, strlen(text));
    if (copy)
        store->errors[store->facts.num_errors++] = copy;
}

void store_add_path_text(struct store *store, const char *path)
{
    char text[8192];
    const char *before = store->facts.path;
    int len = snprintf(text, sizeof text, "%s%s%s", before ? before : "", before ? ":" : "", path);
    if (len < 0 || (size_t)len >= sizeof text)
        return;
    store->facts.path = pool_copy(&store->pool, text, (size_t)len);
}

static uint64_t hash_of_name(const X509_NAME *name)
{
    return X509_NAME_hash_ex(name, NULL, NULL, NULL);
}

static bool make_room(struct store *store)
{
    if (store->num < store->cap)
        return true;
    size_t cap = store->cap ? 2 * store->cap : 256;
    struct store_entry *entries = realloc(store->entries, cap * sizeof *entries);
    store->is_failed |= !entries;
    if (!entries)
        return false;
    store->entries = entries;
    store->cap = cap;
    return true;
}

/* With trust settings (TRUSTED CERTIFICATE) the bytes are the certificate, then the settings. */
static X509 *decode_with_settings(struct bytes der, unsigned char **plain, int *plain_len)
{
    const unsigned char *at = der.at;
    X509 *x509 = d2i_X509_AUX(NULL, &at, (long)der.len);
    *plain_len = x509 && at == der.at + der.len ? i2d_X509(x509, plain) : -1;
    if (*plain_len > 0)
        return x509;
    X509_free(x509);
    return NULL;
}

void store_add(struct store *store, const char *file, struct bytes der, bool has_settings)
{
    unsigned char *plain = NULL;
    int plain_len = 0;
    X509 *x509 = NULL;
    if (store->num == LIMIT_STORE_CERTIFICATES) {
        store_error(store, "%s: more than %d certificates; the rest is left out", file, LIMIT_STORE_CERTIFICATES);
        return;
    }
    if (!make_room(store))
        return;
    if (has_settings && !(x509 = decode_with_settings(der, &plain, &plain_len))) {
        store_error(store, "%s: a trusted certificate that OpenSSL cannot read", file);
        return;
    }
    struct bytes own = has_settings ? (struct bytes){plain, (size_t)plain_len} : der;
    struct certificate *certificate = certificate_intern(store->cache, own);
    OPENSSL_free(plain);
    if (!certificate) {
        store_error(store, "%s: a certificate of %zu bytes is too large", file, own.len);
        X509_free(x509);
        return;
    }
    X509 *decoded = certificate_x509(certificate);
    if (!decoded) {
        store_error(store, "%s: %s", file, certificate_facts(certificate)->error);
        certificate_release(certificate);
        X509_free(x509);
        return;
    }
    if (!x509) {
        X509_up_ref(decoded);
        x509 = decoded;
    }
    store->entries[store->num] = (struct store_entry){.certificate = certificate,
                                                      .x509 = x509,
                                                      .name_hash = hash_of_name(X509_get_subject_name(x509)),
                                                      .order = (uint32_t)store->num,
                                                      .has_settings = has_settings};
    store->num++;
}

static int by_certificate(const void *a, const void *b)
{
    const struct store_entry *x = a, *y = b;
    uint64_t x_id = certificate_id(x->certificate), y_id = certificate_id(y->certificate);
    if (x_id != y_id)
        return x_id < y_id ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static int by_name(const void *a, const void *b)
{
    const struct store_entry *x = a, *y = b;
    if (x->name_hash != y->name_hash)
        return x->name_hash < y->name_hash ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static void drop_entry(const struct store_entry *entry)
{
    X509_free(entry->x509);
    certificate_release(entry->certificate);
}

/* The first of equal certificates stays, as in an X509_STORE. Those of one subject stay in the order of the files, for
 * OpenSSL tries them in it. */
static void sort_out(struct store *store)
{
    if (store->num == 0)
        return;
    qsort(store->entries, store->num, sizeof *store->entries, by_certificate);
    size_t kept = 1;
    for (size_t i = 1; i < store->num; i++) {
        if (store->entries[i].certificate == store->entries[kept - 1].certificate)
            drop_entry(&store->entries[i]);
        else
            store->entries[kept++] = store->entries[i];
    }
    store->num = kept;
    qsort(store->entries, store->num, sizeof *store->entries, by_name);
}

struct store *store_load(struct certificates *cache, const struct store_source *source)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        return NULL;
    store->cache = cache;
    store->password = source->password;
    store->x509_store = X509_STORE_new();
    store->errors = pool_take(&store->pool, LIMIT_STORE_ERRORS * sizeof *store->errors);
    store->facts.errors = store->errors;
    store->facts.name = pool_copy(&store->pool, source->name, strlen(source->name));
    if (!store->x509_store || !store->errors) {
        store_free(store);
        return NULL;
    }
    if (source->path) {
        store_add_path_text(store, source->path);
        store_read_path(store, source->path, false);
    } else {
        store_read_system(store);
    }
    ERR_clear_error();
    sort_out(store);
    store->facts.num_certificates = store->num;
    if (!store->is_failed && !store->pool.is_failed)
        return store;
    store_free(store);
    return NULL;
}

void store_free(struct store *store)
{
    if (!store)
        return;
    for (size_t i = 0; i < store->num; i++)
        drop_entry(&store->entries[i]);
    free(store->entries);
    X509_STORE_free(store->x509_store);
    pool_cleanup(&store->pool);
    free(store);
}

void store_hide_source(struct store *store)
{
    store->facts.path = NULL;
    store->facts.num_errors_left_out += store->facts.num_errors;
    store->facts.num_errors = 0;
}

const struct store_facts *store_facts(const struct store *store)
{
    return &store->facts;
}

/* ---- looking up */

size_t store_find(const struct store *store, const X509_NAME *name, struct store_entry **first)
{
    uint64_t wanted = hash_of_name(name);
    size_t low = 0, num = 0;
    for (size_t left = store->num; left > 0;) {
        size_t half = left / 2;
        bool is_below = store->entries[low + half].name_hash < wanted;
        low += is_below ? half + 1 : 0;
        left = is_below ? left - half - 1 : half;
    }
    *first = low < store->num ? &store->entries[low] : NULL;
    while (low + num < store->num && store->entries[low + num].name_hash == wanted)
        num++;
    return num;
}

struct certificate *store_certificate(const struct store *store, const X509 *x509)
{
    struct store_entry *entry;
    size_t num = store_find(store, X509_get_subject_name(x509), &entry);
    for (size_t i = 0; i < num; i++)
        if (entry[i].x509 == x509)
            return entry[i].certificate;
    return NULL;
}

void time_span_bound(struct time_span *span, const struct certificate_facts *facts)
{
    const int64_t dates[] = {facts->not_before, facts->not_after};
    for (size_t i = 0; i < 2; i++) {
        if (dates[i] <= span->moment && dates[i] > span->from)
            span->from = dates[i];
        else if (dates[i] > span->moment && dates[i] < span->until)
            span->until = dates[i];
    }
}

/* A walk from names to those who could have signed for them. */
struct walk {
    struct store *store;
    struct time_span *span;
    STACK_OF(X509) * open;
    bool is_failed;
};

static void visit(struct walk *walk, const X509_NAME *name)
{
    struct store_entry *entry;
    size_t num = store_find(walk->store, name, &entry);
    for (size_t i = 0; i < num; i++) {
        if (entry[i].seen == walk->store->num_walks)
            continue;
        entry[i].seen = walk->store->num_walks;
        if (!entry[i].is_added)
            entry[i].is_added = X509_STORE_add_cert(walk->store->x509_store, entry[i].x509) == 1;
        walk->is_failed |= !entry[i].is_added || !sk_X509_push(walk->open, entry[i].x509);
        time_span_bound(walk->span, certificate_facts(entry[i].certificate));
    }
}

X509_STORE *store_x509(struct store *store, STACK_OF(X509) * start, struct time_span *span)
{
    struct walk walk = {store, span, sk_X509_new_null(), false};
    if (!walk.open)
        return NULL;
    store->num_walks++;
    for (int i = 0; i < sk_X509_num(start); i++) {
        visit(&walk, X509_get_subject_name(sk_X509_value(start, i)));
        visit(&walk, X509_get_issuer_name(sk_X509_value(start, i)));
    }
    while (sk_X509_num(walk.open) > 0)
        visit(&walk, X509_get_issuer_name(sk_X509_pop(walk.open)));
    sk_X509_free(walk.open);
    return walk.is_failed ? NULL : store->x509_store;
}
