/* The table of report formats, and what all of them share: see report.h. */
#include "report/report.h"

#include "report/format.h"

#include <stdlib.h>
#include <string.h>

static const struct report_format *const formats[] = {&report_format_text, &report_format_json};
enum { NUM_FORMATS = sizeof formats / sizeof *formats };

const char *const *report_formats(void)
{
    static const char *const names[NUM_FORMATS + 1] = {"text", "json"};
    return names;
}

static const struct report_format *format_find(const char *name)
{
    for (size_t i = 0; i < NUM_FORMATS; i++) {
        if (strcmp(formats[i]->name, name) == 0)
            return formats[i];
    }
    return NULL;
}

struct report *report_new(const char *format, int fd, const struct report_options *options,
                          struct fingerprints *fingerprints, struct error *error)
{
    const struct report_format *found = format_find(format);
    if (!found) {
        error_set(error, "unknown report format '%s'", format);
        return NULL;
    }
    struct report *report = calloc(1, sizeof *report);
    if (!report) {
        error_set(error, "out of memory");
        return NULL;
    }
    report->format = found;
    report->options = *options;
    report->fingerprints = fingerprints;
    if (output_init(&report->out, fd, error) < 0 || found->begin(report, error) < 0) {
        report_free(report);
        return NULL;
    }
    return report;
}

int report_connection(struct report *report, const struct report_connection *c)
{
    report->format->connection(report, c);
    return report->out.error ? -1 : 0;
}

int report_name(struct report *report, const struct report_name *name)
{
    report->format->name_record(report, name);
    return report->out.error ? -1 : 0;
}

int report_pair(struct report *report, const struct report_pair *pair)
{
    report->format->pair(report, pair);
    return report->out.error ? -1 : 0;
}

int report_server(struct report *report, const struct server_profile *server, const struct diagnosis *diagnosis,
                  const struct capture *capture)
{
    if (report->format->server)
        report->format->server(report, server, diagnosis, capture);
    return report->out.error ? -1 : 0;
}

int report_finish(struct report *report, const struct report_summary *summary, struct error *error)
{
    report->format->finish(report, summary);
    output_flush(&report->out);
    if (report->out.error)
        return error_set(error, "cannot write the report: %s", strerror(report->out.error));
    return 0;
}

void report_free(struct report *report)
{
    if (!report)
        return;
    report->format->free(report);
    output_cleanup(&report->out);
    free(report);
}
