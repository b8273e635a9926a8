/* The JSON format: what only QUIC has. */
#include "dissect/quic.h"
#include "report/json_report.h"

#include <stdio.h>

static void version(struct json *j, uint32_t code)
{
    const char *name = quic_version_name(code);
    char number[sizeof "0x00000000"];
    (void)snprintf(number, sizeof number, "0x%08X", code);
    json_name(j, name ? name : number);
}

static void negotiation(const struct json_record *r)
{
    struct json *j = r->json;
    const struct quic_facts *q = &r->connection->quic;
    JSON_KEY(j, "version_negotiation");
    json_open(j, '{');
    json_place(r, q->version_negotiation.place);
    JSON_KEY(j, "versions");
    json_open(j, '[');
    for (size_t at = 0; at + 4 <= q->versions.len; at += 4)
        version(j, bytes_u32_at(q->versions, at));
    json_close(j, ']');
    json_close(j, '}');
}

static void closed(const struct json_record *r, enum role role)
{
    struct json *j = r->json;
    const struct quic_facts *q = &r->connection->quic;
    const char *name = quic_close_name(q, role);
    json_open(j, '{');
    json_place(r, q->close[role].place);
    JSON_KEY(j, "from");
    json_name(j, role == ROLE_CLIENT ? "client" : "server");
    if (q->is_application_close[role]) {
        JSON_KEY(j, "application");
        json_bool(j, true);
    }
    JSON_KEY(j, "code");
    json_u64(j, q->close_code[role]);
    if (name) {
        JSON_KEY(j, "name");
        json_name(j, name);
    }
    if (q->close_reason[role].len > 0) {
        JSON_KEY(j, "reason");
        json_bytes(j, q->close_reason[role]);
    }
    json_close(j, '}');
}

static void path_end(struct json *j, const struct quic_path *path, enum role role)
{
    json_endpoint(j, path->ip_version, path->address[role], path->port[role]);
}

static void paths(const struct json_record *r)
{
    struct json *j = r->json;
    const struct quic_facts *q = &r->connection->quic;
    JSON_KEY(j, "paths");
    json_open(j, '[');
    for (unsigned i = 0; i < q->num_paths; i++) {
        json_open(j, '{');
        json_place(r, q->paths[i].first.place);
        JSON_KEY(j, "client");
        path_end(j, &q->paths[i], ROLE_CLIENT);
        JSON_KEY(j, "server");
        path_end(j, &q->paths[i], ROLE_SERVER);
        json_close(j, '}');
    }
    json_close(j, ']');
}

/* What lies in 1-RTT packets. */
static void read_with_keys(struct json *j, const struct quic_facts *q)
{
    JSON_KEY(j, "handshake_done");
    json_bool(j, q->has_handshake_done);
    JSON_KEY(j, "key_updates");
    json_open(j, '{');
    JSON_KEY(j, "client");
    json_u64(j, q->num_key_updates[ROLE_CLIENT]);
    JSON_KEY(j, "server");
    json_u64(j, q->num_key_updates[ROLE_SERVER]);
    json_close(j, '}');
}

void json_quic(const struct json_record *r)
{
    struct json *j = r->json;
    const struct quic_facts *q = &r->connection->quic;
    if (r->connection->protocol != PROTOCOL_QUIC)
        return;
    JSON_KEY(j, "quic");
    json_open(j, '{');
    JSON_KEY(j, "version");
    version(j, q->version ? q->version : q->first_version);
    if (q->version && q->version != q->first_version) {
        JSON_KEY(j, "first_version");
        version(j, q->first_version);
    }
    JSON_KEY(j, "initials");
    json_open(j, '{');
    JSON_KEY(j, "client");
    json_u64(j, q->num_initials[ROLE_CLIENT]);
    JSON_KEY(j, "server");
    json_u64(j, q->num_initials[ROLE_SERVER]);
    json_close(j, '}');
    JSON_KEY(j, "retry");
    json_bool(j, q->has_retry);
    JSON_KEY(j, "early_data_sent");
    json_bool(j, q->has_early_data);
    if (r->connection->keys)
        read_with_keys(j, q);
    if (q->has_version_negotiation)
        negotiation(r);
    if (q->num_paths > 0)
        paths(r);
    if (q->has_close[0] || q->has_close[1]) {
        JSON_KEY(j, "closes");
        json_open(j, '[');
        for (unsigned role = 0; role < 2; role++)
            if (q->has_close[role])
                closed(r, (enum role)role);
        json_close(j, ']');
    }
    json_close(j, '}');
}
