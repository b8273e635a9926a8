/* The JSON format: the server's key exchange, and what it asked of the client. */
#include "report/json_report.h"
#include "trust/distinguished_name.h"

#include <stdlib.h>

static void cut(struct json *j, const struct fault *fault)
{
    if (fault->kind != FAULT_SHORT)
        return;
    JSON_KEY(j, "cut");
    json_bool(j, true);
}

void json_key_exchange(const struct json_record *r)
{
    struct json *j = r->json;
    const struct server_key_exchange *kx = &r->connection->key_exchange;
    if (!r->connection->has_key_exchange)
        return;
    const struct named_group *group = kx->group ? named_group_find(kx->group) : NULL;
    unsigned bits = kx->dh_bits ? kx->dh_bits : group ? group->bits : 0;
    const char *kind = kx->kind != KX_UNKNOWN ? kx_kind_name(kx->kind) : NULL;
    JSON_KEY(j, "key_exchange");
    json_open(j, '{');
    if (kind) {
        JSON_KEY(j, "kind");
        json_name(j, kind);
    }
    if (kx->group) {
        JSON_KEY(j, "group");
        json_code_point(j, group_name(kx->group), kx->group);
    }
    if (bits > 0) {
        JSON_KEY(j, "bits");
        json_u64(j, bits);
    }
    if (kx->has_signature_algorithm) {
        JSON_KEY(j, "signature_algorithm");
        json_code_point(j, signature_scheme_name(kx->signature_algorithm), kx->signature_algorithm);
    }
    cut(j, &r->connection->key_exchange_fault);
    json_after_gap(j, r->connection->is_key_exchange_after_gap);
    json_close(j, '}');
}

static bool has_authority(struct bytes list)
{
    struct fault fault;
    struct cursor c;
    struct bytes der;
    cursor_init_whole(&c, list, &fault);
    return dn_next(&c, &der);
}

static void authorities(struct json *j, struct bytes list)
{
    struct fault fault;
    struct cursor c;
    struct bytes der;
    json_open(j, '[');
    cursor_init_whole(&c, list, &fault);
    while (dn_next(&c, &der)) {
        char *text = distinguished_name_text(der);
        if (text && *text)
            json_string(j, text);
        else
            json_hex(j, der);
        free(text);
    }
    json_close(j, ']');
}

void json_certificate_request(const struct json_record *r)
{
    struct json *j = r->json;
    const struct certificate_request *request = &r->connection->certificate_request;
    bool is_whole = r->connection->certificate_request_fault.kind == FAULT_NONE;
    if (!r->connection->has_certificate_request)
        return;
    JSON_KEY(j, "certificate_request");
    json_open(j, '{');
    if (json_is_told(!request->is_tls13, request->types.len, is_whole)) {
        JSON_KEY(j, "types");
        json_open(j, '[');
        for (size_t i = 0; i < request->types.len; i++)
            json_code_point(j, client_cert_type_name(request->types.at[i]), request->types.at[i]);
        json_close(j, ']');
    }
    if (request->signature_algorithms.num > 0) {
        JSON_KEY(j, "signature_algorithms");
        json_code_points(j, request->signature_algorithms, signature_scheme_name);
    }
    if (json_is_told(true, has_authority(request->authorities), is_whole)) {
        JSON_KEY(j, "authorities");
        authorities(j, request->authorities);
    }
    json_extension_data(j, &request->ext, EXT_CERTIFICATE_REQUEST);
    cut(j, &r->connection->certificate_request_fault);
    json_close(j, '}');
}

void json_certificate_verify(const struct json_record *r)
{
    struct json *j = r->json;
    const struct connection *c = r->connection;
    if (!c->has_certificate_verify)
        return;
    JSON_KEY(j, "certificate_verify");
    json_open(j, '{');
    json_place(r, c->certificate_verify_moment.place);
    JSON_KEY(j, "from");
    json_name(j, c->certificate_verify_role == ROLE_CLIENT ? "client" : "server");
    if (c->certificate_verify.has_algorithm) {
        JSON_KEY(j, "signature_algorithm");
        json_code_point(j, signature_scheme_name(c->certificate_verify.algorithm), c->certificate_verify.algorithm);
    }
    json_close(j, '}');
}
