/* Copies of what is reported: see redact.h. */
#include "redact/redact_internal.h"

#include <stdlib.h>
#include <string.h>

struct redactor *redactor_new(unsigned parts)
{
    struct redactor *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->aliases = aliases_new(parts);
    if (r->aliases)
        return r;
    redactor_free(r);
    return NULL;
}

void redactor_free(struct redactor *redactor)
{
    if (!redactor)
        return;
    redact_certificates_free(redactor);
    pool_cleanup(&redactor->now.pool);
    aliases_free(redactor->aliases);
    free(redactor);
}

struct aliases *redactor_aliases(struct redactor *redactor)
{
    return redactor->aliases;
}

static struct bytes bytes_of(const char *text)
{
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

/* ---- names become known */

static void meet_flow(struct redactor *r, const struct connection *c)
{
    const struct flow *flow = c->flow;
    (void)aliases_address(r->aliases, ALIAS_CLIENT, flow->ip_version, flow->address[c->client_side]);
    (void)aliases_address(r->aliases, ALIAS_SERVER, flow->ip_version, flow->address[!c->client_side]);
    if (flow->rare && flow->rare->has_icmp)
        (void)aliases_address(r->aliases, ALIAS_ROUTER, flow->rare->icmp_ip_version, flow->rare->icmp_from);
}

static void meet_chain(struct redactor *r, const struct connection_chain *chain)
{
    for (unsigned i = 0; i < chain->num; i++)
        redact_meet_certificate(r, chain->certificates[i]);
}

static void meet_protocols(struct redactor *r, struct bytes list)
{
    struct fault fault;
    struct cursor c;
    struct bytes protocol;
    char text[64];
    cursor_init_whole(&c, list, &fault);
    while (alpn_next(&c, &protocol)) {
        if (!redact_is_known_protocol(protocol) || protocol.len >= sizeof text)
            continue;
        memcpy(text, protocol.at, protocol.len);
        text[protocol.len] = '\0';
        aliases_keep(r->aliases, text);
    }
}

void redactor_meet(struct redactor *redactor, const struct connection *c)
{
    struct redactor *r = redactor;
    meet_flow(r, c);
    if (c->name && *c->name)
        (void)aliases_host(r->aliases, bytes_of(c->name));
    if (c->client_hello.ext.server_name.len > 0)
        (void)aliases_host(r->aliases, c->client_hello.ext.server_name);
    if (c->ech.inner.ext.server_name.len > 0)
        (void)aliases_host(r->aliases, c->ech.inner.ext.server_name);
    meet_protocols(r, c->client_hello.ext.alpn);
    meet_protocols(r, c->ech.inner.ext.alpn);
    meet_chain(r, &c->chain);
    meet_chain(r, &c->client_chain);
    for (unsigned i = 0; i < c->num_verifications; i++) {
        const struct verification *v = &c->verifications[i];
        aliases_keep(r->aliases, v->store->name);
        for (unsigned k = 0; k < v->num_path; k++)
            redact_meet_certificate(r, v->path[k].certificate);
    }
}

void redactor_meet_failure(struct redactor *redactor, const struct name_failure *failure)
{
    (void)aliases_host(redactor->aliases, bytes_of(failure->name));
    (void)aliases_address(redactor->aliases, ALIAS_CLIENT, failure->ip_version, failure->client);
    (void)aliases_address(redactor->aliases, ALIAS_RESOLVER, failure->ip_version, failure->resolver);
}

/* ---- copies */

/* An address of version 0 is text: an alias. True when there is one. */
static bool put_alias(uint8_t address[16], const char *alias)
{
    if (!alias)
        return false;
    memset(address, 0, 16);
    memcpy(address, alias, strnlen(alias, 15));
    return true;
}

static void redact_flow(struct redactor *r, const struct connection *c)
{
    const struct flow *flow = c->flow;
    struct redacted *now = &r->now;
    now->flow = *flow;
    now->connection.flow = &now->flow;
    for (unsigned side = 0; side < 2; side++) {
        enum alias_kind kind = side == c->client_side ? ALIAS_CLIENT : ALIAS_SERVER;
        if (put_alias(now->flow.address[side],
                      aliases_address(r->aliases, kind, flow->ip_version, flow->address[side])))
            now->flow.ip_version = 0;
    }
    if (!flow->rare)
        return;
    now->rare = *flow->rare;
    now->flow.rare = &now->rare;
    if (now->rare.has_icmp &&
        put_alias(now->rare.icmp_from,
                  aliases_address(r->aliases, ALIAS_ROUTER, now->rare.icmp_ip_version, now->rare.icmp_from)))
        now->rare.icmp_ip_version = 0;
}

static void redact_paths(struct redactor *r, struct quic_facts *quic)
{
    static const enum alias_kind kinds[] = {[ROLE_CLIENT] = ALIAS_CLIENT, [ROLE_SERVER] = ALIAS_SERVER};
    struct quic_path *paths = quic->num_paths > 0 ? pool_take(&r->now.pool, quic->num_paths * sizeof *paths) : NULL;
    if (!paths)
        quic->num_paths = 0;
    for (unsigned i = 0; i < quic->num_paths; i++) {
        paths[i] = quic->paths[i];
        for (unsigned role = 0; role < 2; role++) {
            const struct quic_path *path = &quic->paths[i];
            if (put_alias(paths[i].address[role],
                          aliases_address(r->aliases, kinds[role], path->ip_version, path->address[role])))
                paths[i].ip_version = 0;
        }
    }
    quic->paths = paths;
}

static void redact_chain(struct redactor *r, struct connection_chain *chain)
{
    struct certificate **copies = chain->num > 0 ? pool_take(&r->now.pool, chain->num * sizeof *copies) : NULL;
    if (!copies)
        chain->num = 0;
    for (unsigned i = 0; i < chain->num; i++) {
        copies[i] = redact_certificate(r, chain->certificates[i]);
        if (!copies[i])
            chain->num = i;
    }
    chain->certificates = copies;
    chain->status = (struct bytes){NULL, 0};
    if (chain->raw_public_key)
        chain->raw_public_key = redact_certificate(r, chain->raw_public_key);
}

static void redact_path(struct redactor *r, struct verification *v)
{
    struct verify_step *path = v->num_path > 0 ? pool_take(&r->now.pool, v->num_path * sizeof *path) : NULL;
    if (!path)
        v->num_path = 0;
    for (unsigned i = 0; i < v->num_path; i++) {
        path[i] = v->path[i];
        path[i].certificate = redact_certificate(r, v->path[i].certificate);
        if (!path[i].certificate)
            v->num_path = i;
    }
    v->path = path;
}

static void redact_verifications(struct redactor *r, struct connection *c)
{
    struct redacted *now = &r->now;
    if (c->num_verifications > REDACT_VERIFICATIONS)
        c->num_verifications = REDACT_VERIFICATIONS;
    for (unsigned i = 0; i < c->num_verifications; i++) {
        now->verifications[i] = c->verifications[i];
        now->stores[i] = *c->verifications[i].store;
        now->stores[i].path = NULL;
        now->stores[i].num_errors = 0;
        now->verifications[i].store = &now->stores[i];
        redact_path(r, &now->verifications[i]);
    }
    c->verifications = now->verifications;
}

/* What was said in the clear may hold anything. */
static void redact_plain(struct connection *c)
{
    const struct bytes none = {NULL, 0};
    struct starttls_facts *starttls = &c->before_tls.starttls;
    struct proxy_facts *proxy = &c->before_tls.proxy;
    struct told_text *const told[] = {&starttls->listed, &starttls->asked, &starttls->answered, &proxy->asked,
                                      &proxy->answered};
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        told[i]->text = none;
    starttls->reason = proxy->name = proxy->target = proxy->source = c->before_tls.http_server = none;
    for (unsigned role = 0; role < 2; role++)
        c->first_bytes[role] = c->quic.close_reason[role] = none;
}

static void redact_name(struct redactor *r, struct connection *c)
{
    const char *alias = c->name && *c->name ? aliases_host(r->aliases, bytes_of(c->name)) : NULL;
    if (alias)
        c->name = alias;
    if (aliases_has(r->aliases, ALIAS_NAMES) && !redact_is_known_protocol(c->alpn))
        c->alpn = (struct bytes){NULL, 0};
}

const struct report_connection *redactor_connection(struct redactor *redactor, const struct report_connection *shown)
{
    struct redacted *now = &redactor->now;
    struct connection *c = &now->connection;
    pool_cleanup(&now->pool);
    now->shown = *shown;
    now->shown.connection = c;
    *c = *shown->connection;
    redact_flow(redactor, shown->connection);
    redact_paths(redactor, &c->quic);
    redact_name(redactor, c);
    redact_messages(redactor, c);
    redact_chain(redactor, &c->chain);
    redact_chain(redactor, &c->client_chain);
    redact_verifications(redactor, c);
    redact_plain(c);
    return now->pool.is_failed ? NULL : &now->shown;
}

const struct report_name *redactor_name(struct redactor *redactor, const struct report_name *name,
                                        const struct name_failure *failure)
{
    struct aliases *aliases = redactor->aliases;
    const char *host = aliases_host(aliases, bytes_of(failure->name));
    const char *client = aliases_address(aliases, ALIAS_CLIENT, failure->ip_version, failure->client);
    const char *resolver = aliases_address(aliases, ALIAS_RESOLVER, failure->ip_version, failure->resolver);
    redactor->name = *name;
    if (host)
        redactor->name.name = host;
    if (client)
        redactor->name.client = client;
    if (resolver)
        redactor->name.resolver = resolver;
    return &redactor->name;
}

const struct server_profile *redactor_server(struct redactor *redactor, const struct server_profile *server)
{
    struct server_profile *copy = &redactor->server;
    *copy = *server;
    if (server->name && *server->name) {
        const char *alias = aliases_host(redactor->aliases, bytes_of(server->name));
        copy->name = alias ? alias : server->name;
    }
    if (put_alias(copy->address, aliases_address(redactor->aliases, ALIAS_SERVER, server->ip_version, server->address)))
        copy->ip_version = 0;
    for (unsigned i = 0; i < server->num_leaves; i++) {
        copy->leaves[i] = redact_certificate(redactor, server->leaves[i]);
        if (!copy->leaves[i])
            copy->num_leaves = i;
    }
    if (!aliases_has(redactor->aliases, ALIAS_NAMES))
        return copy;
    unsigned num = 0;
    for (unsigned i = 0; i < server->num_alpn; i++)
        if (redact_is_known_protocol(bytes_of(server->alpn[i])))
            memmove(copy->alpn[num++], server->alpn[i], sizeof copy->alpn[0]);
    copy->num_alpn = num;
    return copy;
}

void redactor_summary(struct redactor *redactor, struct report_summary *summary)
{
    struct told_server *told = &redactor->said.told;
    const char *alias = NULL;
    summary->seen_as = NULL;
    if (summary->filter)
        summary->filter = "(left out)";
    if (!summary->said)
        return;
    redactor->said = *summary->said;
    summary->said = &redactor->said;
    if (told->ip_version)
        alias = aliases_address(redactor->aliases, ALIAS_SERVER, told->ip_version, told->address);
    else if (told->name[0])
        alias = aliases_host(redactor->aliases, bytes_of(told->name));
    if (!alias)
        return;
    memset(told->name, 0, sizeof told->name);
    memcpy(told->name, alias, strnlen(alias, sizeof told->name - 1));
    told->ip_version = 0;
}
