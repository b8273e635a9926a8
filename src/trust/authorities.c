/* Issuers seen in the capture: see authorities.h. */
#include "trust/authorities.h"

#include "bounds.h"

#include <stdlib.h>

enum { NUM_BUCKETS = 4096 };

static struct authority **bucket_of(const struct authorities *set, uint64_t hash)
{
    return &set->buckets[hash % NUM_BUCKETS];
}

void authorities_add(struct authorities *set, struct certificate *certificate)
{
    X509 *x509 = certificate_x509(certificate);
    if (!x509)
        return;
    if (!set->buckets && !(set->buckets = calloc(NUM_BUCKETS, sizeof(struct authority *))))
        return;
    uint64_t hash = X509_NAME_hash_ex(X509_get_subject_name(x509), NULL, NULL, NULL);
    struct authority **link = bucket_of(set, hash);
    for (; *link; link = &(*link)->next)
        if ((*link)->certificate == certificate)
            return;
    if (set->num == LIMIT_AUTHORITIES) {
        set->left_out++;
        return;
    }
    struct authority *authority = calloc(1, sizeof *authority);
    if (!authority)
        return;
    *authority = (struct authority){.certificate = certificate, .x509 = x509, .name_hash = hash};
    certificate_hold(certificate);
    *link = authority; /* in the order in which they were seen */
    set->num++;
    set->generation++;
}

const struct authority *authorities_find(const struct authorities *set, const X509_NAME *name)
{
    return set->buckets ? *bucket_of(set, X509_NAME_hash_ex(name, NULL, NULL, NULL)) : NULL;
}

void authorities_cleanup(struct authorities *set)
{
    for (size_t i = 0; set->buckets && i < NUM_BUCKETS; i++) {
        for (struct authority *a = set->buckets[i], *next; a; a = next) {
            next = a->next;
            certificate_release(a->certificate);
            free(a);
        }
    }
    free(set->buckets);
    *set = (struct authorities){0};
}
