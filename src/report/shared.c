/* Two lists for each dimension: names of code points out of the registries, protocols as they came. */
#include "report/shared.h"

#include "report/escape.h"

#include <stdio.h>
#include <string.h>

enum dimension { VERSIONS, SUITES, GROUPS, SIGNATURES, PROTOCOLS, NUM_DIMENSIONS };

static const struct {
    enum finding_id id;
    unsigned dimensions;
} verdicts[] = {
    {FINDING_VERSION_UNSUPPORTED, 1u << VERSIONS},
    {FINDING_VERSION_INTOLERANT, 1u << VERSIONS},
    {FINDING_NO_SHARED_CIPHER, 1u << SUITES},
    {FINDING_NO_SHARED_GROUP, 1u << GROUPS},
    {FINDING_NO_SHARED_SIGNATURE_ALGORITHM, 1u << SIGNATURES},
    {FINDING_NO_SHARED_CERTIFICATE_TYPE, 1u << SUITES | 1u << SIGNATURES},
    {FINDING_PARAMETERS_REJECTED, 1u << VERSIONS | 1u << SUITES | 1u << GROUPS | 1u << SIGNATURES},
    {FINDING_ALPN_MISMATCH, 1u << PROTOCOLS},
};

static void add(struct shared_list *list, const char *name)
{
    for (unsigned i = 0; i < list->kept; i++)
        if (strcmp(list->items[i], name) == 0)
            return;
    list->num++;
    if (list->kept < SHARED_ITEMS)
        snprintf(list->items[list->kept++], SHARED_LEN, "%s", name);
}

static const char *suite_name(uint16_t code)
{
    const struct cipher_suite *suite = cipher_suite_find(code);
    return suite ? suite->iana : NULL;
}

static void add_code(struct shared_list *list, const char *(*name_of)(uint16_t), uint16_t code)
{
    char buf[CODE_POINT_LEN];
    if (!is_grease(code) && !(name_of == suite_name && (code == 0x00FF || code == 0x5600))) /* signalling values */
        add(list, code_point_write(buf, name_of(code), code));
}

static void add_bytes(struct shared_list *list, struct bytes name)
{
    char buf[SHARED_LEN];
    size_t len = 0;
    for (size_t i = 0; i < name.len && len + 5 < sizeof buf; i++) {
        bool is_plain = name.at[i] >= 0x20 && name.at[i] < 0x7F && name.at[i] != '\\';
        len += (size_t)snprintf(buf + len, sizeof buf - len, is_plain ? "%c" : "\\x%02X", name.at[i]);
    }
    buf[len] = '\0';
    add(list, buf);
}

static void add_offers(struct shared_list *list, struct u16_list offered, const char *(*name_of)(uint16_t))
{
    for (size_t i = 0; i < offered.num; i++)
        add_code(list, name_of, u16_list_at(offered, i));
}

static void offered_versions(struct shared_list *list, const struct client_hello *hello)
{
    if (hello->ext.has_supported_versions) {
        add_offers(list, hello->ext.supported_versions, version_name);
        return;
    }
    if (version_as_tls(hello->legacy_version) != hello->legacy_version) {
        add_code(list, version_name, hello->legacy_version); /* DTLS counts downwards */
        return;
    }
    for (uint16_t version = VERSION_TLS12; version >= VERSION_SSL3; version--)
        if (client_hello_offers_version(hello, version))
            add_code(list, version_name, version);
}

static void offered_protocols(struct shared_list *list, const struct client_hello *hello)
{
    struct fault fault;
    struct cursor c;
    struct bytes protocol;
    cursor_init_whole(&c, hello->ext.alpn, &fault);
    while (alpn_next(&c, &protocol))
        add_bytes(list, protocol);
}

static void offered(struct shared *shared, const struct client_hello *hello, enum dimension dimension)
{
    if (dimension == VERSIONS)
        offered_versions(&shared->client, hello);
    else if (dimension == SUITES)
        add_offers(&shared->client, hello->cipher_suites, suite_name);
    else if (dimension == GROUPS)
        add_offers(&shared->client, hello->ext.supported_groups, group_name);
    else if (dimension == SIGNATURES)
        add_offers(&shared->client, hello->ext.signature_algorithms, signature_scheme_name);
    else
        offered_protocols(&shared->client, hello);
}

static void seen(struct shared *shared, const struct code_set *set, const char *(*name_of)(uint16_t))
{
    for (unsigned i = 0; i < set->num; i++)
        add_code(&shared->server, name_of, set->at[i]);
}

static void told(struct shared *shared, const struct told_list *list, const char *(*name_of)(uint16_t))
{
    for (unsigned i = 0; i < list->num; i++)
        add_code(&shared->server, name_of, list->at[i]);
}

static void taken(struct shared *shared, const struct diagnosis *d, enum dimension dimension)
{
    static const struct server_profile nothing_seen;
    static const struct told_server nothing_told;
    const struct server_profile *s = d->server ? d->server : &nothing_seen;
    const struct told_server *t = d->told ? d->told : &nothing_told;
    const struct {
        const struct code_set *seen;
        const struct told_list *told;
        const char *(*name_of)(uint16_t);
    } rows[] = {
        [VERSIONS] = {&s->versions, &t->versions, version_name},
        [SUITES] = {&s->ciphers, &t->ciphers, suite_name},
        [GROUPS] = {&s->groups, &t->groups, group_name},
        [SIGNATURES] = {&s->signature_algorithms, &t->signature_algorithms, signature_scheme_name},
    };
    if (dimension == PROTOCOLS) {
        for (unsigned i = 0; i < s->num_alpn; i++)
            add_bytes(&shared->server, (struct bytes){(const uint8_t *)s->alpn[i], strlen(s->alpn[i])});
        shared->has_seen = s->num_alpn > 0;
        return;
    }
    seen(shared, rows[dimension].seen, rows[dimension].name_of);
    told(shared, rows[dimension].told, rows[dimension].name_of);
    shared->has_seen = rows[dimension].seen->num > 0;
    shared->has_told = rows[dimension].told->num > 0;
}

static void match(struct shared *shared)
{
    for (unsigned i = 0; i < shared->client.kept; i++)
        for (unsigned k = 0; k < shared->server.kept; k++)
            if (strcmp(shared->client.items[i], shared->server.items[k]) == 0) {
                shared->client.is_shared[i] = shared->server.is_shared[k] = true;
                shared->num_shared++;
            }
}

static unsigned dimensions_of(const struct report_connection *shown)
{
    const struct finding *f = shown->diagnosis->verdict.finding;
    const struct connection *c = shown->connection;
    for (size_t i = 0; f && i < sizeof verdicts / sizeof *verdicts; i++)
        if (verdicts[i].id == f->id)
            return c->has_client_hello && !c->is_client_hello_cut && !c->client_hello.is_v2 ? verdicts[i].dimensions
                                                                                            : 0;
    return 0;
}

unsigned shared_num(const struct report_connection *shown)
{
    return (unsigned)__builtin_popcount(dimensions_of(shown));
}

void shared_build(struct shared *shared, const struct report_connection *shown, unsigned i)
{
    static const char *const titles[] = {
        [VERSIONS] = "versions",
        [SUITES] = "cipher suites",
        [GROUPS] = "groups",
        [SIGNATURES] = "signature algorithms",
        [PROTOCOLS] = "application protocols",
    };
    unsigned left = dimensions_of(shown);
    while (i-- > 0)
        left &= left - 1;
    enum dimension dimension = (enum dimension)__builtin_ctz(left);
    memset(shared, 0, sizeof *shared);
    shared->title = titles[dimension];
    offered(shared, &shown->connection->client_hello, dimension);
    taken(shared, shown->diagnosis, dimension);
    match(shared);
}
