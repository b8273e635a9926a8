/*
 * What a report format is: a row in the table of report.c, functions in a file of its own. Errors of writing stay in
 * the outputs; report.c tells them at the end.
 */
#ifndef TLSWHY_REPORT_FORMAT_H
#define TLSWHY_REPORT_FORMAT_H

#include "report/output.h"
#include "report/report.h"

struct report {
    const struct report_format *format;
    struct output out;
    struct report_options options;
    struct fingerprints *fingerprints;
    void *state; /* the format's own */
};

struct report_format {
    const char *name;
    /* Makes report->state. -1 and *error when there is no memory; free is called then, too. */
    int (*begin)(struct report *report, struct error *error);
    void (*connection)(struct report *report, const struct report_connection *c);
    void (*name_record)(struct report *report, const struct report_name *name);
    void (*pair)(struct report *report, const struct report_pair *pair);
    /* NULL: not shown */
    void (*server)(struct report *report, const struct server_profile *server, const struct diagnosis *diagnosis,
                   const struct capture *capture);
    void (*finish)(struct report *report, const struct report_summary *summary);
    void (*free)(struct report *report); /* state may be NULL */
};

extern const struct report_format report_format_json, report_format_text;

#endif
