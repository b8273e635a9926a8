/* The text format: what the trust stores say of the server's chain, one line for each. */
#include "report/text_report.h"

#include <string.h>

static void error(struct text *t, const struct verify_outcome *o)
{
    text_printf(t, "error %u at depth %u: ", o->code, o->depth);
    text_string(t, o->text);
}

static void added(struct text *t, const struct verification *v)
{
    for (unsigned i = 1; i < v->num_path; i++) {
        const struct verify_step *step = &v->path[i];
        const struct certificate_facts *below = certificate_facts(v->path[i - 1].certificate);
        if (step->origin != VERIFY_CAPTURE && step->origin != VERIFY_GIVEN)
            continue;
        text_plain(t, "; the server does not send ");
        text_name(t, certificate_facts(step->certificate)->subject);
        text_plain(t, step->origin == VERIFY_GIVEN ? " (given)" : " (seen elsewhere in the capture)");
        if (below->num_aia_issuers > 0) {
            text_plain(t, ", to be had at ");
            text_name(t, below->aia_issuers[0]);
        }
    }
}

static void also(struct text *t, const struct verification *v)
{
    static const char *const who[] = {
        [VERIFY_STRICT] = "strict programs (Python 3.13)",
        [VERIFY_LEVEL2] = "at security level 2 (Debian, Fedora)",
        [VERIFY_TODAY] = "today",
    };
    for (enum verify_mode mode = VERIFY_STRICT; mode < NUM_VERIFY_MODES; mode++) {
        if (!v->has_also[mode])
            continue;
        text_printf(t, "; %s: ", who[mode]);
        if (v->also[mode].is_ok)
            text_plain(t, "verifies");
        else
            error(t, &v->also[mode]);
    }
}

static void verification(struct text *t, const struct verification *v, const char *client_trust)
{
    text_label(t, v->is_completed ? "completed" : "trust");
    text_bytes_of(t, v->store->name);
    bool is_client = client_trust && strcmp(client_trust, v->store->name) == 0;
    text_plain(t, is_client ? " (the client's): " : " (yours): ");
    if (v->outcome.is_ok) {
        text_plain(t, "verifies");
        if (v->num_path > 0) {
            text_plain(t, " up to ");
            text_name(t, certificate_facts(v->path[v->num_path - 1].certificate)->subject);
        }
        if (!v->has_name_match)
            text_plain(t, "; no name to compare");
    } else {
        error(t, &v->outcome);
        if (v->has_name_match && !v->is_name_match && v->outcome.code != 62 && v->outcome.code != 64)
            text_plain(t, "; nor is it for that name");
    }
    if (v->is_completed)
        added(t, v);
    also(t, v);
    text_line_end(t);
}

static void staple(struct text *t, const struct ocsp_staple *s)
{
    text_label(t, "ocsp");
    if (s->error) {
        text_printf(t, "a response was stapled, but %s", s->error);
        text_line_end(t);
        return;
    }
    text_printf(t, "stapled: %s", s->status);
    if (*s->revoked_at.text)
        text_printf(t, " since %s", s->revoked_at.text);
    if (s->reason)
        text_printf(t, " (%s)", s->reason);
    if (*s->this_update.text)
        text_printf(t, ", as of %s", s->this_update.text);
    if (*s->next_update.text)
        text_printf(t, ", the next by %s", s->next_update.text);
    if (!s->is_current)
        text_plain(t, ", out of date when it was sent");
    if (s->signature == OCSP_SIGNATURE_BAD)
        text_plain(t, ", with a signature that does not verify");
    text_line_end(t);
}

void text_trust(struct text *t, const struct text_block *b)
{
    const struct connection *c = b->connection;
    for (unsigned i = 0; i < c->num_verifications; i++)
        verification(t, &c->verifications[i], b->client_trust);
    if (c->staple)
        staple(t, c->staple);
}

void text_stores(struct text *t, const struct verifier *verifier, const char *client_trust)
{
    const struct store_facts *store;
    bool has_yours = false;
    for (size_t i = 0; (store = verifier_store_at(verifier, i)) != NULL; i++) {
        bool is_client = client_trust && strcmp(client_trust, store->name) == 0;
        text_label(t, i == 0 ? "trust stores" : "");
        text_bytes_of(t, store->name);
        text_plain(t, is_client ? " (the client's): " : ": ");
        text_plural(t, store->num_certificates, "certificate", "certificates");
        if (store->path) {
            text_plain(t, " from ");
            text_bytes_of(t, store->path);
        }
        text_line_end(t);
        has_yours = has_yours || !is_client;
    }
    if (has_yours)
        text_paragraph(t, "",
                       client_trust ? "The others are yours: what a client trusts may differ."
                                    : "These are yours, not the clients': what a client trusts may differ.");
}

void text_store_errors(struct text *t, const struct verifier *verifier)
{
    const struct store_facts *store;
    for (size_t i = 0; (store = verifier_store_at(verifier, i)) != NULL; i++) {
        for (size_t k = 0; k < store->num_errors; k++) {
            text_label(t, "trust store");
            text_bytes_of(t, store->name);
            text_plain(t, ": ");
            text_bytes_of(t, store->errors[k]);
            text_line_end(t);
        }
        if (store->num_errors_left_out > 0) {
            text_label(t, "trust store");
            text_bytes_of(t, store->name);
            text_printf(t, ": and %zu more", store->num_errors_left_out);
            text_line_end(t);
        }
    }
}
