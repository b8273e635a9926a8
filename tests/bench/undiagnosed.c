/* Stands in for src/diagnose/diagnose.c in a tlswhy that measures what diagnosis costs: no rule runs, so that no
 * finding is written either. */
#include "diagnose/diagnose.h"

void diagnose(struct diagnosis *d, const struct connection *c, const struct diagnose_context *context)
{
    (void)context;
    diagnosis_reset(d);
    verdict_choose(d, c);
}
