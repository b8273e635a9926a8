/*
 * The judgement of one connection: pure functions from its facts. The steps are those of "Choosing the verdict" in the
 * findings catalogue; here stand the ones that the capture itself and TCP decide.
 */
#ifndef TLSWHY_DIAGNOSE_VERDICT_H
#define TLSWHY_DIAGNOSE_VERDICT_H

#include "session/connection.h"

struct verdict {
    enum outcome outcome;
    const char *code; /* "ok" or a finding code; NULL: none chosen */
    const char
        *side; /* who has to change something: "client" "server" "path" "capture" "unknown"; NULL without a verdict */
    const char *ended_by; /* who broke off: "client" "server" "path" "unknown"; NULL when it does not apply */
};

/* What is known about the capture as a whole when a connection is judged. */
struct verdict_context {
    struct moment last; /* the capture's latest packet: shows that time went on */
};

void verdict_choose(struct verdict *out, const struct connection *connection, const struct verdict_context *context);

#endif
