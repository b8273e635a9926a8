/* The way through a chain as presented: see chain_shape.h. */
#include "trust/chain_shape.h"

#include "trust/certificate_x509.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

static bool has_issued(struct certificate *issuer, struct certificate *subject)
{
    X509 *a = certificate_x509(issuer), *b = certificate_x509(subject);
    bool is_issuer = a && b && X509_check_issued(a, b) == X509_V_OK;
    ERR_clear_error();
    return is_issuer;
}

static void sort_members(struct chain_shape *out, struct certificate *const *chain)
{
    for (unsigned i = 1; i < out->num; i++) {
        out->members[i] = certificate_x509(chain[i]) ? MEMBER_STRANGER : MEMBER_UNREADABLE;
        for (unsigned k = 0; k < i; k++)
            if (chain[k] == chain[i])
                out->members[i] = MEMBER_DUPLICATE;
    }
}

/* The next one on the way: the one that follows, if it can be; else the first that can. */
static unsigned next_issuer(const struct chain_shape *out, struct certificate *const *chain, unsigned from)
{
    for (unsigned n = 0; n < out->num; n++) {
        unsigned i = (from + 1 + n) % out->num;
        if (out->members[i] == MEMBER_STRANGER && has_issued(chain[i], chain[from]))
            return i;
    }
    return from;
}

void chain_shape_read(struct chain_shape *out, struct certificate *const *chain, unsigned num)
{
    *out = (struct chain_shape){.num = num < LIMIT_CHAIN ? num : LIMIT_CHAIN};
    if (out->num == 0)
        return;
    sort_members(out, chain);
    out->is_leaf_self_signed = certificate_facts(chain[0])->is_self_signed;
    out->way[out->num_issuers++] = 0;
    if (!certificate_x509(chain[0]))
        out->members[0] = MEMBER_UNREADABLE;
    for (unsigned last = 0; out->members[last] == MEMBER_ISSUER && !certificate_facts(chain[last])->is_self_signed;) {
        unsigned next = next_issuer(out, chain, last);
        if (next == last)
            break;
        unsigned between = last + 1;
        while (between < next && out->members[between] == MEMBER_DUPLICATE)
            between++;
        out->is_disordered |= between != next;
        out->members[next] = MEMBER_ISSUER;
        out->way[out->num_issuers++] = last = next;
    }
    out->end = out->way[out->num_issuers - 1];
    for (unsigned i = 0; i < out->num; i++) {
        out->num_duplicates += out->members[i] == MEMBER_DUPLICATE;
        out->num_strangers += out->members[i] == MEMBER_STRANGER;
        out->num_unreadable += out->members[i] == MEMBER_UNREADABLE;
    }
    out->has_root = out->end != 0 && certificate_facts(chain[out->end])->is_self_signed;
    out->is_alone = out->num_issuers == 1;
}
