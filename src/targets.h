/*
 * The files and directories that are written to. An old report is overwritten only when all of them can be had.
 */
#ifndef TLSWHY_TARGETS_H
#define TLSWHY_TARGETS_H

#include "error.h"
#include "report/report.h"

/* Sets the descriptors: files are made or emptied, directories made where they are missing, and without a path it is
 * standard output. Refused are inputs (paths, "-" is standard input), two targets that are the same, and one that is
 * `made` (a file that the caller made; NULL none); then nothing was emptied, and new files are gone again. -1 and
 * *error with the path. */
int targets_open(struct report_target *targets, size_t num, const char *const *inputs, size_t num_inputs,
                 const char *made, struct error *error) MUST_CHECK;
/* Closes what targets_open() opened; without effect on others. Returns status, or where that is 0 and a file could not
 * be written to its end -1, and sets *error. */
int targets_close(struct report_target *targets, size_t num, int status, struct error *error) MUST_CHECK;

#endif
