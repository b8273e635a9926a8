/* Runs the rules over a connection and has the verdict chosen: see diagnose.h. */
#include "diagnose/diagnose.h"

#include "diagnose/rules.h"

/* In the order of the catalogue's steps: a general rule sees whether one before it explained the failure. */
static const struct rule_table *const tables[] = {
    &rules_capture,      &rules_path,        &rules_before_tls,  &rules_not_tls,   &rules_version,
    &rules_parameters,   &rules_client_auth, &rules_overlap,     &rules_chosen,    &rules_later,
    &rules_certificates, &rules_hidden,      &rules_last_resort, &rules_datagrams, &rules_reach,
};

static bool does_apply(const struct rule *rule, bool is_completed, const struct diagnosis *d)
{
    if ((rule->when & (is_completed ? ON_COMPLETED : ON_FAILED)) == 0)
        return false;
    return (rule->when & WHEN_UNEXPLAINED) == 0 || !diagnosis_has_cause(d);
}

void diagnose(struct diagnosis *d, const struct connection *c, const struct diagnose_context *context)
{
    struct subject s = {.c = c, .context = context, .is_completed = c->handshake_end.place.frame != 0};
    if (!s.is_completed && context->profiles) {
        s.server = profiles_named(context->profiles, c);
        s.all_names = profiles_all_names(context->profiles, c);
    }
    if (!s.is_completed)
        s.end = ending_find(c, &context->last);
    if (!s.is_completed && context->options && told_applies(&context->options->told, c))
        s.told = &context->options->told;
    if (c->has_client_hello)
        s.top_version = client_hello_top_version(&c->client_hello);
    s.top_rank = version_as_tls(s.top_version);
    diagnosis_reset(d);
    d->end = s.end;
    d->is_dtls = c->protocol == PROTOCOL_DTLS;
    d->server = s.server && s.server->versions.num > 0 ? s.server : s.all_names;
    d->told = s.told;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        for (size_t k = 0; k < tables[i]->num; k++)
            if (does_apply(&tables[i]->rules[k], s.is_completed, d))
                tables[i]->rules[k].apply(&s, d);
    verdict_choose(d, c);
}
