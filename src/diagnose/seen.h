/*
 * What programs print, by the rows of findings_seen.def: for a code, and for an alert that was received.
 */
#ifndef TLSWHY_DIAGNOSE_SEEN_H
#define TLSWHY_DIAGNOSE_SEEN_H

#include "diagnose/finding.h"

struct seen_alert {
    uint8_t alert;
    const char *client, *text;
};
/* The rows of findings_seen.def from *next on (start at 0); NULL after the last. */
const struct seen_alert *seen_alert_next(size_t *next);

/* A line that was printed for this finding of this connection: what fits how it ended, and for the verdict what the
 * side that received the alert printed. False after the last; start with *next = 0. */
struct seen_line {
    const char *client, *text;
    bool is_server_log; /* the alert was the client's: the server printed it */
};
bool seen_next(const struct diagnosis *d, const struct finding *f, size_t *next, struct seen_line *line);
/* Equal for findings with the same lines. */
uint32_t seen_key(const struct diagnosis *d, const struct finding *f);

#endif
