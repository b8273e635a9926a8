/* Every record to all reports: see reports.h. */
#include "report/reports.h"

#include <stdlib.h>

struct reports {
    size_t num;
    struct one {
        struct report *report;
        bool has_failed; /* nothing more is asked of it */
    } at[];
};

struct reports *reports_new(const struct report_target *targets, size_t num, const struct report_options *options,
                            struct fingerprints *fingerprints, struct error *error)
{
    struct reports *reports = calloc(1, sizeof *reports + num * sizeof *reports->at);
    if (!reports) {
        error_set(error, "out of memory");
        return NULL;
    }
    for (; reports->num < num; reports->num++) {
        struct report *report = report_new_at(&targets[reports->num], options, fingerprints, error);
        if (!report) {
            reports_free(reports);
            return NULL;
        }
        reports->at[reports->num].report = report;
    }
    return reports;
}

/* The next one that has not failed, from `one` on; NULL at the end. */
static struct one *going(struct reports *reports, struct one *one)
{
    while (one < reports->at + reports->num && one->has_failed)
        one++;
    return one < reports->at + reports->num ? one : NULL;
}

void reports_connection(struct reports *reports, const struct report_connection *c)
{
    for (struct one *one = reports->at; (one = going(reports, one)); one++)
        one->has_failed = report_connection(one->report, c) < 0;
}

void reports_beside(struct reports *reports, const struct report_connection *c)
{
    for (struct one *one = reports->at; (one = going(reports, one)); one++)
        one->has_failed = report_beside(one->report, c) < 0;
}

void reports_name(struct reports *reports, const struct report_name *name)
{
    for (struct one *one = reports->at; (one = going(reports, one)); one++)
        one->has_failed = report_name(one->report, name) < 0;
}

void reports_pair(struct reports *reports, const struct report_pair *pair)
{
    for (struct one *one = reports->at; (one = going(reports, one)); one++)
        one->has_failed = report_pair(one->report, pair) < 0;
}

void reports_server(struct reports *reports, const struct server_profile *server, const struct diagnosis *diagnosis,
                    const struct capture *capture)
{
    for (struct one *one = reports->at; (one = going(reports, one)); one++)
        one->has_failed = report_server(one->report, server, diagnosis, capture) < 0;
}

int reports_finish(struct reports *reports, const struct report_summary *summary, struct error *error)
{
    int status = 0;
    for (size_t i = 0; i < reports->num; i++) {
        struct error own;
        if (report_finish(reports->at[i].report, summary, &own) == 0)
            continue;
        if (status < 0) {
            struct error before = *error;
            error_set(error, "%s; %s", before.text, own.text);
        } else {
            *error = own;
        }
        status = -1;
    }
    return status;
}

void reports_free(struct reports *reports)
{
    if (!reports)
        return;
    for (size_t i = 0; i < reports->num; i++)
        report_free(reports->at[i].report);
    free(reports);
}
