/* Lines of Zeek's x509.log (scripts/base/files/x509 of Zeek). */
#include "report/zeek_report.h"

#include "bounds.h"
#include "hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

const struct zeek_field zeek_x509_fields[] = {
    {"ts", "time"},
    {"fingerprint", "string"},
    {"certificate.version", "count"},
    {"certificate.serial", "string"},
    {"certificate.subject", "string"},
    {"certificate.issuer", "string"},
    {"certificate.not_valid_before", "time"},
    {"certificate.not_valid_after", "time"},
    {"certificate.key_alg", "string"},
    {"certificate.sig_alg", "string"},
    {"certificate.key_type", "string"},
    {"certificate.key_length", "count"},
    {"certificate.exponent", "string"},
    {"certificate.curve", "string"},
    {"san.dns", "vector[string]"},
    {"san.uri", "vector[string]"},
    {"san.email", "vector[string]"},
    {"san.ip", "vector[addr]"},
    {"basic_constraints.ca", "bool"},
    {"basic_constraints.path_len", "count"},
    {"host_cert", "bool"},
    {"client_cert", "bool"},
    {NULL, NULL},
};

/* ---- which were written */

/* Ids of certificates with the bits of their roles; open addressing, never more than half full. */
struct zeek_known {
    uint64_t *keys; /* 0: free */
    size_t num, size;
    uint64_t seed;
};

struct zeek_known *zeek_known_new(void)
{
    enum { FIRST_SIZE = 1024 };
    struct zeek_known *known = calloc(1, sizeof *known);
    if (!known)
        return NULL;
    known->keys = calloc(FIRST_SIZE, sizeof *known->keys);
    known->size = FIRST_SIZE;
    if (getrandom(&known->seed, sizeof known->seed, 0) < 0)
        known->seed = (uint64_t)(uintptr_t)known;
    if (known->keys)
        return known;
    free(known);
    return NULL;
}

void zeek_known_free(struct zeek_known *known)
{
    if (!known)
        return;
    free(known->keys);
    free(known);
}

static uint64_t *slot_of(uint64_t *keys, size_t size, uint64_t seed, uint64_t key)
{
    size_t i = (size_t)hash_mix(seed, key) & (size - 1);
    while (keys[i] && keys[i] != key)
        i = (i + 1) & (size - 1);
    return &keys[i];
}

static void grow(struct zeek_known *known)
{
    size_t size = 2 * known->size;
    uint64_t *keys = size <= LIMIT_ZEEK_CERTIFICATES ? calloc(size, sizeof *keys) : NULL;
    if (!keys)
        return;
    for (size_t i = 0; i < known->size; i++)
        if (known->keys[i])
            *slot_of(keys, size, known->seed, known->keys[i]) = known->keys[i];
    free(known->keys);
    known->keys = keys;
    known->size = size;
}

/* True when it is new. Beyond the limit everything is: it is written again. */
static bool add(struct zeek_known *known, uint64_t key)
{
    if (2 * known->num >= known->size)
        grow(known);
    uint64_t *slot = slot_of(known->keys, known->size, known->seed, key);
    if (*slot == key)
        return false;
    if (2 * known->num < known->size) {
        *slot = key;
        known->num++;
    }
    return true;
}

/* ---- a line */

/* Names of OpenSSL's, as Zeek has them. */
static const struct key_name {
    const char *type, *algorithm, *kind;
} key_names[] = {
    {"rsa", "rsaEncryption", "rsa"}, {"ec", "id-ecPublicKey", "ecdsa"}, {"dsa", "dsaEncryption", "dsa"},
    {"rsa-pss", "rsassaPss", NULL},  {"ed25519", "ED25519", NULL},      {"ed448", "ED448", NULL},
    {"dh", "dhKeyAgreement", NULL},  {"x25519", "X25519", NULL},        {"x448", "X448", NULL},
};

static struct key_name key_name_of(const char *type)
{
    for (size_t i = 0; type && i < sizeof key_names / sizeof *key_names; i++)
        if (strcmp(key_names[i].type, type) == 0)
            return key_names[i];
    return (struct key_name){type, type, NULL};
}

static void write_names(struct zeek_log *log, const struct certificate_facts *facts, const char *prefix)
{
    size_t len = strlen(prefix), num = 0;
    for (size_t i = 0; i < facts->num_san; i++)
        num += strncmp(facts->san[i], prefix, len) == 0;
    if (num == 0) {
        zeek_unset(log);
        return;
    }
    zeek_vector_begin(log);
    for (size_t i = 0; i < facts->num_san; i++)
        if (strncmp(facts->san[i], prefix, len) == 0)
            zeek_item(log, facts->san[i] + len);
    zeek_vector_end(log);
}

static void write_validity(struct zeek_log *log, int64_t seconds)
{
    if (seconds == INT64_MIN)
        zeek_unset(log);
    else
        zeek_seconds(log, seconds);
}

static void write_key(struct zeek_log *log, const struct certificate_facts *facts)
{
    struct key_name key = key_name_of(facts->key_type);
    zeek_string(log, key.algorithm);
    zeek_string(log, facts->signature_algorithm);
    zeek_string(log, key.kind);
    if (facts->key_bits > 0)
        zeek_number(log, facts->key_bits);
    else
        zeek_unset(log);
    if (facts->rsa_exponent > 0) {
        char text[24];
        snprintf(text, sizeof text, "%llu", (unsigned long long)facts->rsa_exponent);
        zeek_string(log, text);
    } else {
        zeek_unset(log);
    }
    zeek_string(log, facts->key_curve);
}

static void write_constraints(struct zeek_log *log, const struct certificate_facts *facts)
{
    if (facts->has_basic_constraints)
        zeek_bool(log, facts->is_ca);
    else
        zeek_unset(log);
    if (facts->has_path_length)
        zeek_number(log, facts->path_length);
    else
        zeek_unset(log);
}

struct origin {
    int64_t time_ns;
    bool is_leaf, is_client;
};

static void write_line(struct zeek_log *log, const struct certificate_facts *facts, const struct origin *origin)
{
    zeek_line_begin(log, origin->time_ns);
    zeek_time(log, origin->time_ns);
    zeek_string(log, facts->sha256);
    zeek_number(log, facts->version);
    zeek_string(log, facts->serial);
    zeek_string(log, facts->subject);
    zeek_string(log, facts->issuer);
    write_validity(log, facts->not_before);
    write_validity(log, facts->not_after);
    write_key(log, facts);
    write_names(log, facts, "DNS:");
    write_names(log, facts, "URI:");
    write_names(log, facts, "email:");
    write_names(log, facts, "IP:");
    write_constraints(log, facts);
    zeek_bool(log, origin->is_leaf);
    zeek_bool(log, origin->is_client);
    zeek_line_end(log);
}

/* When the Certificate message came. */
static int64_t time_of(const struct connection *c, enum role role)
{
    for (unsigned i = 0; i < c->num_events; i++) {
        const struct event *event = &c->events[i];
        bool is_certificate = event->kind == EVENT_HANDSHAKE &&
                              (event->type == HS_CERTIFICATE || event->type == HS_COMPRESSED_CERTIFICATE);
        if (is_certificate && event->role == role)
            return event->last.time_ns;
    }
    return c->flow->last.time_ns;
}

static void write_chain(struct zeek_log *log, struct zeek_known *known, const struct connection *c,
                        const struct connection_chain *chain, enum role role)
{
    for (unsigned i = 0; i < chain->num; i++) {
        const struct origin origin = {time_of(c, role), i == 0, role == ROLE_CLIENT};
        const struct certificate_facts *facts = certificate_facts(chain->certificates[i]);
        uint64_t key =
            certificate_id(chain->certificates[i]) << 3 | 4 | (uint64_t)origin.is_leaf << 1 | origin.is_client;
        if (!facts->error && add(known, key))
            write_line(log, facts, &origin);
    }
}

void zeek_x509_lines(struct zeek_log *log, struct zeek_known *known, const struct connection *c)
{
    write_chain(log, known, c, &c->chain, ROLE_SERVER);
    write_chain(log, known, c, &c->client_chain, ROLE_CLIENT);
}
