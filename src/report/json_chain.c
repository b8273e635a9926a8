/* The JSON format: certificates. Each distinct one is rendered once; a repeated chain costs a copy. */
#include "report/json_report.h"

#include <stdlib.h>

static void string_member_if(struct json *j, const char *value, const char *comma_key_colon, size_t len)
{
    if (!value || !*value)
        return;
    json_key(j, comma_key_colon, len);
    json_string(j, value);
}
#define STRING_MEMBER_IF(j, literal, value) string_member_if(j, value, ",\"" literal "\":", sizeof literal + 3)

static void string_list(struct json *j, const char *const *strings, size_t num)
{
    json_open(j, '[');
    for (size_t i = 0; i < num; i++)
        json_string(j, strings[i]);
    json_close(j, ']');
}

static void key(struct json *j, const struct certificate_facts *facts)
{
    JSON_KEY(j, "key");
    json_open(j, '{');
    STRING_MEMBER_IF(j, "type", facts->key_type);
    if (facts->key_bits > 0) {
        JSON_KEY(j, "bits");
        json_u64(j, facts->key_bits);
    }
    STRING_MEMBER_IF(j, "curve", facts->key_curve);
    json_close(j, '}');
}

/* All members that do not depend on the connection. */
static void render(struct json *j, const struct certificate_facts *facts)
{
    JSON_KEY(j, "sha256");
    json_name(j, facts->sha256);
    if (facts->error) {
        JSON_KEY(j, "size");
        json_u64(j, facts->size);
        JSON_KEY(j, "error");
        json_string(j, facts->error);
        if (facts->key_type)
            key(j, facts);
        return;
    }
    STRING_MEMBER_IF(j, "subject", facts->subject);
    STRING_MEMBER_IF(j, "issuer", facts->issuer);
    STRING_MEMBER_IF(j, "serial", facts->serial);
    if (facts->not_before != INT64_MIN)
        STRING_MEMBER_IF(j, "not_before", facts->not_before_text);
    if (facts->not_after != INT64_MIN)
        STRING_MEMBER_IF(j, "not_after", facts->not_after_text);
    key(j, facts);
    STRING_MEMBER_IF(j, "signature_algorithm", facts->signature_algorithm);
    if (facts->num_san > 0) {
        JSON_KEY(j, "san");
        string_list(j, facts->san, facts->num_san);
    }
    if (facts->num_san_left_out > 0) {
        JSON_KEY(j, "san_left_out");
        json_u64(j, facts->num_san_left_out);
    }
    JSON_KEY(j, "ca");
    json_bool(j, facts->is_ca);
    JSON_KEY(j, "self_signed");
    json_bool(j, facts->is_self_signed);
    STRING_MEMBER_IF(j, "sha1", facts->sha1);
    if (facts->num_aia_issuers > 0) {
        JSON_KEY(j, "aia_issuers");
        string_list(j, facts->aia_issuers, facts->num_aia_issuers);
    }
}

/* The rendered members, kept with the certificate where there is memory for them. */
static void members(const struct json_record *r, struct certificate *certificate)
{
    size_t *len;
    char **kept = certificate_scratch(certificate, &len);
    if (*kept) {
        json_copy(r->json, (struct bytes){(const uint8_t *)*kept, *len});
        return;
    }
    struct json j;
    json_begin_scratch(r->report, &j);
    j.has_item = false;
    render(&j, certificate_facts(certificate));
    struct bytes text = json_end_scratch(r->report, r->json);
    *kept = text.len > 0 ? malloc(text.len) : NULL;
    if (!*kept)
        return;
    memcpy(*kept, text.at, text.len);
    *len = text.len;
}

static void one(const struct json_record *r, struct certificate *certificate, struct place place)
{
    struct json *j = r->json;
    json_open(j, '{');
    members(r, certificate);
    json_place(r, place);
    json_close(j, '}');
}

static void chain(const struct json_record *r, const struct connection_chain *chain)
{
    json_open(r->json, '[');
    for (unsigned i = 0; i < chain->num; i++)
        one(r, chain->certificates[i], chain->place);
    json_close(r->json, ']');
}

void json_chains(const struct json_record *r)
{
    const struct connection *c = r->connection;
    struct json *j = r->json;
    if (c->chain.num > 0) {
        JSON_KEY(j, "chain");
        chain(r, &c->chain);
    }
    if (c->chain.is_cut) {
        JSON_KEY(j, "chain_cut");
        json_bool(j, true);
    }
    if (c->chain.raw_public_key) {
        JSON_KEY(j, "raw_public_key");
        one(r, c->chain.raw_public_key, c->chain.place);
    }
    if (c->client_chain.num > 0 || (c->has_client_certificate_message && connection_chain_is_empty(&c->client_chain))) {
        JSON_KEY(j, "client_chain");
        chain(r, &c->client_chain);
    }
    if (c->client_chain.is_cut) {
        JSON_KEY(j, "client_chain_cut");
        json_bool(j, true);
    }
    if (c->client_chain.raw_public_key) {
        JSON_KEY(j, "client_raw_public_key");
        one(r, c->client_chain.raw_public_key, c->client_chain.place);
    }
}
