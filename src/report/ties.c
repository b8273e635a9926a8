/* Certificates in the order of a verifier's path, or as they came where nobody verified. */
#include "report/ties.h"

static struct tie *add(struct ties *ties, enum tie_kind kind, struct certificate *certificate)
{
    if (ties->num == TIES) {
        ties->num_left_out++;
        return NULL;
    }
    struct tie *tie = &ties->at[ties->num++];
    *tie = (struct tie){.kind = kind, .presented = -1, .certificate = certificate};
    return tie;
}

static void judge_dates(struct tie *tie, const struct connection *c)
{
    const struct certificate_facts *facts = certificate_facts(tie->certificate);
    int64_t now = c->flow->first.time_ns / 1000000000;
    if (tie->kind == TIE_MISSING || facts->error || c->flow->first.time_ns == 0)
        return;
    tie->is_expired = facts->not_after != INT64_MIN && facts->not_after < now;
    tie->is_not_yet_valid = facts->not_before != INT64_MIN && facts->not_before > now;
}

static bool has_presented(const struct ties *ties, int presented)
{
    for (unsigned i = 0; i < ties->num; i++)
        if (ties->at[i].presented == presented)
            return true;
    return false;
}

static void add_path(struct ties *ties, const struct verification *v)
{
    for (unsigned i = 0; v && i < v->num_path; i++) {
        const struct verify_step *step = &v->path[i];
        struct tie *tie = add(ties, step->presented >= 0 ? TIE_SENT : TIE_ADDED, step->certificate);
        if (!tie)
            return;
        tie->presented = step->presented;
        tie->origin = step->origin;
    }
}

/* Those in no path: in their order; the rest of a chain nobody verified is taken to be in order, too. */
static void add_rest(struct ties *ties, const struct connection_chain *chain, bool has_path)
{
    for (unsigned i = 0; i < chain->num; i++) {
        if (has_presented(ties, (int)i))
            continue;
        bool is_bad = certificate_facts(chain->certificates[i])->error != NULL;
        struct tie *tie = add(ties, is_bad ? TIE_UNPARSED : has_path ? TIE_UNTIED : TIE_SENT, chain->certificates[i]);
        if (tie)
            tie->presented = (int)i;
    }
}

static void add_missing(struct ties *ties, const struct connection_chain *chain)
{
    const struct tie *last = ties->num > 0 ? &ties->at[ties->num - 1] : NULL;
    if (!last || last->kind == TIE_UNPARSED || chain->is_cut || chain->fault.kind != FAULT_NONE)
        return;
    const struct certificate_facts *facts = certificate_facts(last->certificate);
    if (!facts->error && !facts->is_self_issued)
        (void)add(ties, TIE_MISSING, last->certificate);
}

static const struct verification *longest(const struct connection *c)
{
    const struct verification *best = NULL;
    for (unsigned i = 0; i < c->num_verifications; i++) {
        const struct verification *v = &c->verifications[i];
        bool is_better = !best || v->num_path > best->num_path ||
                         (v->num_path == best->num_path && v->outcome.is_ok && !best->outcome.is_ok);
        best = v->num_path > 0 && is_better ? v : best;
    }
    return best;
}

/* Of a completed path the first gap is what the server left out: no store has to fill it. */
static void take_stores(struct ties *ties, const struct connection *c)
{
    for (unsigned i = 0; i < c->num_verifications; i++) {
        if (c->verifications[i].is_completed)
            continue;
        if (ties->num_stores < TIE_STORES)
            ties->stores[ties->num_stores++] = &c->verifications[i];
        ties->num_all_stores++;
    }
}

bool ties_build(struct ties *ties, const struct connection *c)
{
    const struct connection_chain *chain = c->chain.num > 0 ? &c->chain : &c->client_chain;
    const struct verification *v = chain == &c->chain ? longest(c) : NULL;
    *ties = (struct ties){.num = 0};
    if (chain->num == 0)
        return false;
    add_path(ties, v);
    if (v && !v->outcome.is_ok)
        add_missing(ties, chain);
    add_rest(ties, chain, v != NULL);
    if (!v && chain == &c->chain)
        add_missing(ties, chain);
    for (unsigned i = 0; i < ties->num; i++)
        judge_dates(&ties->at[i], c);
    if (chain == &c->chain)
        take_stores(ties, c);
    return true;
}

bool ties_is_in_path(const struct verification *v, const struct tie *tie, bool *is_wrong)
{
    *is_wrong = false;
    for (unsigned i = 0; i < v->num_path && tie->kind != TIE_MISSING; i++) {
        if (v->path[i].certificate != tie->certificate)
            continue;
        *is_wrong = !v->outcome.is_ok && v->outcome.depth == i;
        return true;
    }
    return false;
}
