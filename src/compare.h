/*
 * Two captures of the same connections (--compare): summaries of all of them are kept, paired when both captures were
 * read, and what the pairs prove goes into the judgements and into records of their own. Every function but
 * compare_new() takes NULL, and does nothing then.
 */
#ifndef TLSWHY_COMPARE_H
#define TLSWHY_COMPARE_H

#include "capture/capture.h"
#include "report/reports.h"
#include "session/fingerprint.h"

struct compare;

struct compare *compare_new(struct fingerprints *fingerprints); /* NULL: out of memory */
void compare_free(struct compare *compare);
/* Of capture c->group. In the order of ids. */
void compare_add(struct compare *compare, const struct connection *c, const struct verdict *verdict);
/* After the last one. */
void compare_match(struct compare *compare, const struct capture *capture);
/* What the pair proves of the connection just judged. */
void compare_settle(struct compare *compare, const struct connection *c, struct diagnosis *d);
/* The report shows that connection. */
void compare_note_shown(struct compare *compare, uint64_t id);
/* A record for every pair of which the report shows a connection; what is known of all goes into the summary. */
void compare_report(struct compare *compare, struct reports *reports, const struct capture *capture,
                    struct report_summary *summary);
uint64_t compare_left_out(const struct compare *compare);

#endif
