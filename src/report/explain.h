/*
 * What codes mean, for people, without a capture: --explain, and --seen-as without one. Text from the tables of
 * diagnose alone.
 */
#ifndef TLSWHY_REPORT_EXPLAIN_H
#define TLSWHY_REPORT_EXPLAIN_H

#include "diagnose/seen_as.h"
#include "report/report.h"

/* Each writes to fd, which stays open; -1 and *error when that failed. */
int explain_codes(int fd, const struct report_options *options, const enum finding_id *codes, size_t num,
                  struct error *error) MUST_CHECK;
int explain_list(int fd, const struct report_options *options, struct error *error) MUST_CHECK;
int explain_seen_as(int fd, const struct report_options *options, const struct seen_as *seen,
                    struct error *error) MUST_CHECK;

#endif
