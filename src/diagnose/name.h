/* From a failed look-up in DNS to its finding. */
#ifndef TLSWHY_DIAGNOSE_NAME_H
#define TLSWHY_DIAGNOSE_NAME_H

#include "diagnose/finding.h"
#include "session/names.h"

/* Empties *d, then fills it: name-not-resolved, or nothing where that client connected to the name all the same, or
 * where the capture ends before an answer was due. `last`: the capture's latest packet. */
void diagnose_name(struct diagnosis *d, const struct name_failure *failure, const struct moment *last);

#endif
