/*
 * Several reports from one reading: every record goes to all of them, in the order of their targets. One that cannot be
 * written does not stop the others; what went wrong is told in the end, each under the name of its file.
 */
#ifndef TLSWHY_REPORT_REPORTS_H
#define TLSWHY_REPORT_REPORTS_H

#include "report/report.h"

struct reports;

/* Descriptors are written to, not closed. NULL and *error: an unknown format or no memory. */
struct reports *reports_new(const struct report_target *targets, size_t num, const struct report_options *options,
                            struct fingerprints *fingerprints, struct error *error) MUST_CHECK;
/* Errors of writing are kept: reports_finish() tells them. */
void reports_connection(struct reports *reports, const struct report_connection *c);
void reports_beside(struct reports *reports, const struct report_connection *c);
void reports_name(struct reports *reports, const struct report_name *name);
void reports_pair(struct reports *reports, const struct report_pair *pair);
void reports_server(struct reports *reports, const struct server_profile *server, const struct diagnosis *diagnosis,
                    const struct capture *capture);
/* -1 when any of them failed; *error tells of all that did. */
int reports_finish(struct reports *reports, const struct report_summary *summary, struct error *error) MUST_CHECK;
void reports_free(struct reports *reports); /* may be NULL */

#endif
