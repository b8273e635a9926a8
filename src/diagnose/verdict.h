/*
 * The judgement of one connection, chosen from its findings in one place by the steps of "Choosing the verdict" in the
 * findings catalogue.
 */
#ifndef TLSWHY_DIAGNOSE_VERDICT_H
#define TLSWHY_DIAGNOSE_VERDICT_H

#include "session/connection.h"

struct finding;
struct diagnosis;

struct verdict {
    enum outcome outcome;
    const char *code;     /* "ok" or a finding code */
    const char *side;     /* who has to change something: "client" "server" "path" "capture" "unknown"; NULL: "ok" */
    const char *ended_by; /* who broke off: "client" "server" "path" "unknown"; NULL when it does not apply */
    const struct finding *finding; /* in the diagnosis; NULL for "ok" */
};

/* Fills d->verdict from d's findings. */
void verdict_choose(struct diagnosis *d, const struct connection *connection);

#endif
