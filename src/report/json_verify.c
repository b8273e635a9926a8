/* The JSON format: what trust says of the server's chain. */
#include "report/json_report.h"

static void outcome(struct json *j, const struct verify_outcome *o)
{
    JSON_KEY(j, "code");
    json_u64(j, o->code);
    if (o->name) {
        JSON_KEY(j, "name");
        json_name(j, o->name);
    }
    if (o->text) {
        JSON_KEY(j, "text");
        json_string(j, o->text);
    }
    if (!o->is_ok) {
        JSON_KEY(j, "depth");
        json_u64(j, o->depth);
    }
}

static void also(struct json *j, const struct verification *v)
{
    bool has_any = false;
    for (enum verify_mode mode = VERIFY_STRICT; mode < NUM_VERIFY_MODES; mode++) {
        if (!v->has_also[mode])
            continue;
        if (!has_any) {
            JSON_KEY(j, "also");
            json_open(j, '[');
            has_any = true;
        }
        json_open(j, '{');
        JSON_KEY(j, "mode");
        json_name(j, verify_mode_name(mode));
        JSON_KEY(j, "ok");
        json_bool(j, v->also[mode].is_ok);
        outcome(j, &v->also[mode]);
        json_close(j, '}');
    }
    if (has_any)
        json_close(j, ']');
}

/* The certificates that were not presented, each with the address under which it says that it can be had: the caIssuers
 * of the one that it signed. */
static void added(struct json *j, const struct verification *v)
{
    JSON_KEY(j, "added");
    json_open(j, '[');
    for (unsigned i = 1; i < v->num_path; i++) {
        const struct verify_step *step = &v->path[i];
        if (step->origin != VERIFY_CAPTURE && step->origin != VERIFY_GIVEN)
            continue;
        const struct certificate_facts *facts = certificate_facts(step->certificate);
        const struct certificate_facts *signed_facts = certificate_facts(v->path[i - 1].certificate);
        json_open(j, '{');
        JSON_KEY(j, "from");
        json_name(j, step->origin == VERIFY_GIVEN ? "given" : "capture");
        JSON_KEY(j, "sha256");
        json_name(j, facts->sha256);
        if (facts->subject && *facts->subject) {
            JSON_KEY(j, "subject");
            json_string(j, facts->subject);
        }
        if (signed_facts->num_aia_issuers > 0 && *signed_facts->aia_issuers[0]) {
            JSON_KEY(j, "url");
            json_string(j, signed_facts->aia_issuers[0]);
        }
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void verification(struct json *j, const struct verification *v)
{
    json_open(j, '{');
    JSON_KEY(j, "store");
    json_bytes_of(j, v->store->name);
    JSON_KEY(j, "ok");
    json_bool(j, v->outcome.is_ok);
    JSON_KEY(j, "completed_from_capture");
    json_bool(j, v->is_completed);
    outcome(j, &v->outcome);
    if (v->has_name_match) {
        JSON_KEY(j, "name_match");
        json_bool(j, v->is_name_match);
    }
    also(j, v);
    if (v->is_completed)
        added(j, v);
    if (v->outcome.is_ok && v->num_path > 0) {
        JSON_KEY(j, "anchor");
        json_name(j, certificate_facts(v->path[v->num_path - 1].certificate)->sha256);
    }
    json_close(j, '}');
}

void json_verification(const struct json_record *r)
{
    const struct connection *c = r->connection;
    if (c->num_verifications == 0)
        return;
    JSON_KEY(r->json, "verification");
    json_open(r->json, '[');
    for (unsigned i = 0; i < c->num_verifications; i++)
        verification(r->json, &c->verifications[i]);
    json_close(r->json, ']');
}

static void time_of(struct json *j, const struct ocsp_time *time, const char *comma_key_colon, size_t len)
{
    if (!*time->text)
        return;
    json_key(j, comma_key_colon, len);
    json_name(j, time->text);
}
#define TIME_OF(j, literal, time) time_of(j, time, ",\"" literal "\":", sizeof literal + 3)

static void status(struct json *j, const struct ocsp_staple *s)
{
    JSON_KEY(j, "status");
    json_name(j, s->status);
    TIME_OF(j, "produced_at", &s->produced_at);
    TIME_OF(j, "this_update", &s->this_update);
    TIME_OF(j, "next_update", &s->next_update);
    TIME_OF(j, "revoked_at", &s->revoked_at);
    if (s->reason) {
        JSON_KEY(j, "reason");
        json_string(j, s->reason);
    }
    if (s->signature != OCSP_SIGNATURE_UNCHECKED) {
        JSON_KEY(j, "signature_ok");
        json_bool(j, s->signature == OCSP_SIGNATURE_GOOD);
    }
    JSON_KEY(j, "current");
    json_bool(j, s->is_current);
}

void json_ocsp(const struct json_record *r)
{
    struct json *j = r->json;
    const struct ocsp_staple *s = r->connection->staple;
    if (!s)
        return;
    JSON_KEY(j, "ocsp");
    json_open(j, '{');
    if (s->error) {
        JSON_KEY(j, "error");
        json_string(j, s->error);
    } else {
        status(j, s);
    }
    json_close(j, '}');
}

void json_stores(struct json *j, const struct verifier *verifier)
{
    const struct store_facts *store = verifier ? verifier_store_at(verifier, 0) : NULL;
    if (!store)
        return;
    JSON_KEY(j, "stores");
    json_open(j, '[');
    for (size_t i = 0; (store = verifier_store_at(verifier, i)) != NULL; i++) {
        json_open(j, '{');
        JSON_KEY(j, "name");
        json_bytes_of(j, store->name);
        if (store->path) {
            JSON_KEY(j, "path");
            json_bytes_of(j, store->path);
        }
        JSON_KEY(j, "certificates");
        json_u64(j, store->num_certificates);
        if (store->num_errors > 0) {
            JSON_KEY(j, "errors");
            json_open(j, '[');
            for (size_t k = 0; k < store->num_errors; k++)
                json_bytes_of(j, store->errors[k]);
            json_close(j, ']');
        }
        if (store->num_errors_left_out > 0) {
            JSON_KEY(j, "errors_left_out");
            json_u64(j, store->num_errors_left_out);
        }
        json_close(j, '}');
    }
    json_close(j, ']');
}
