/* The JSON format: server records, what the capture taught about one server; and what the user told. */
#include "report/address.h"
#include "report/format.h"
#include "report/json_report.h"

static const char *cipher_name(uint16_t code)
{
    const struct cipher_suite *suite = cipher_suite_find(code);
    return suite ? suite->iana : NULL;
}

static void codes(struct json *j, const char *key, const struct code_set *set, json_name_of *name_of)
{
    if (set->num == 0)
        return;
    json_key_string(j, key);
    json_open(j, '[');
    for (unsigned i = 0; i < set->num; i++)
        json_code_point(j, name_of(set->at[i]), set->at[i]);
    json_close(j, ']');
}

static void certificate_types(struct json *j, unsigned kinds)
{
    if (kinds == 0)
        return;
    JSON_KEY(j, "certificate_types");
    json_open(j, '[');
    for (unsigned kind = KEY_RSA; kind <= KEY_OTHER; kind <<= 1)
        if (kinds & kind)
            json_name(j, key_kind_name(kind));
    json_close(j, ']');
}

static void protocols(struct json *j, const struct server_profile *server)
{
    if (server->num_alpn == 0)
        return;
    JSON_KEY(j, "alpn");
    json_open(j, '[');
    for (unsigned i = 0; i < server->num_alpn; i++)
        json_bytes_of(j, server->alpn[i]);
    json_close(j, ']');
}

static void chains(struct json *j, const struct server_profile *server)
{
    if (server->num_leaves == 0)
        return;
    JSON_KEY(j, "chains");
    json_open(j, '[');
    for (unsigned i = 0; i < server->num_leaves; i++)
        json_name(j, certificate_facts(server->leaves[i])->sha256);
    json_close(j, ']');
}

static void told_codes(struct json *j, const char *key, const struct told_list *told, json_name_of *name_of)
{
    if (told->num == 0)
        return;
    json_key_string(j, key);
    json_open(j, '[');
    for (unsigned i = 0; i < told->num; i++)
        json_code_point(j, name_of(told->at[i]), told->at[i]);
    json_close(j, ']');
}

void json_told(struct json *j, const struct told_server *told)
{
    if (!told_is_any(told))
        return;
    JSON_KEY(j, "told");
    json_open(j, '{');
    if (told->name[0]) {
        JSON_KEY(j, "server");
        json_bytes_of(j, told->name);
    }
    if (told->port != 0) {
        JSON_KEY(j, "port");
        json_u64(j, told->port);
    }
    told_codes(j, "versions", &told->versions, version_name);
    told_codes(j, "ciphers", &told->ciphers, cipher_name);
    told_codes(j, "groups", &told->groups, group_name);
    told_codes(j, "signature_algorithms", &told->signature_algorithms, signature_scheme_name);
    certificate_types(j, told->key_kinds);
    json_close(j, '}');
}

void json_server(struct report *report, const struct server_profile *server, const struct diagnosis *diagnosis,
                 const struct capture *capture)
{
    struct json *j = &((struct json_report *)report->state)->json;
    char address[ADDRESS_LEN];
    if (report->options.quiet)
        return;
    json_open(j, '{');
    JSON_KEY(j, "record");
    json_name(j, "server");
    JSON_KEY(j, "ip");
    json_name(j, address_write(address, server->ip_version, server->address));
    JSON_KEY(j, "port");
    json_u64(j, server->port);
    if (server->name[0]) {
        JSON_KEY(j, "sni");
        json_bytes_of(j, server->name);
    }
    codes(j, "versions", &server->versions, version_name);
    codes(j, "ciphers", &server->ciphers, cipher_name);
    codes(j, "groups", &server->groups, group_name);
    codes(j, "signature_algorithms", &server->signature_algorithms, signature_scheme_name);
    certificate_types(j, server->key_kinds);
    protocols(j, server);
    JSON_KEY(j, "connections");
    json_u64(j, server->connections);
    JSON_KEY(j, "failed");
    json_u64(j, server->failed);
    chains(j, server);
    if (diagnosis) {
        const struct report_connection shown = {.diagnosis = diagnosis, .capture = capture};
        const struct json_record r = {.report = report->state,
                                      .json = j,
                                      .shown = &shown,
                                      .file = UINT32_MAX,
                                      .target = {.name = server->name,
                                                 .ip_version = server->ip_version,
                                                 .server = server->address,
                                                 .port = server->port}};
        json_findings(&r);
    }
    json_close(j, '}');
    json_line(j);
}
