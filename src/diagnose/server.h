/* What several connections together say of one server. */
#ifndef TLSWHY_DIAGNOSE_SERVER_H
#define TLSWHY_DIAGNOSE_SERVER_H

#include "diagnose/finding.h"
#include "diagnose/profile.h"

/* Empties *d, then fills it with findings whose evidence lies in more than one connection; none is a verdict. `profile`
 * is of one name, not a sum, and outlives *d's use. */
void diagnose_server(struct diagnosis *d, const struct profiles *profiles, const struct server_profile *profile);

#endif
