/* The table of report formats, and what all of them share: see report.h. */
#include "report/report.h"

#include "report/format.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct report_format *const formats[] = {&report_format_text,     &report_format_json, &report_format_html,
                                                      &report_format_markdown, &report_format_csv,  &report_format_zeek,
                                                      &report_format_zeek_json};
enum { NUM_FORMATS = sizeof formats / sizeof *formats };

static const struct report_format *const sinks[] = {&report_format_summary_line, &report_sink_evidence,
                                                    &report_sink_certificates};
enum { NUM_SINKS = sizeof sinks / sizeof *sinks };

const char *const *report_formats(void)
{
    static const char *const names[NUM_FORMATS + 1] = {"text", "json", "html", "markdown", "csv", "zeek", "zeek-json"};
    return names;
}

static const struct report_format *format_find(const char *name)
{
    for (size_t i = 0; i < NUM_FORMATS; i++) {
        if (strcmp(formats[i]->name, name) == 0)
            return formats[i];
    }
    for (size_t i = 0; i < NUM_SINKS; i++) {
        if (strcmp(sinks[i]->name, name) == 0)
            return sinks[i];
    }
    return NULL;
}

const char *const *report_format_files(const char *format)
{
    const struct report_format *found = format_find(format);
    return found && found->files[0] ? found->files : NULL;
}

const char *report_format_of_path(const char *path)
{
    const char *name = strrchr(path, '/');
    const char *dot = strrchr(name ? name : path, '.');
    for (size_t i = 0; dot && i < NUM_FORMATS; i++)
        for (size_t k = 0; k < FORMAT_ENDINGS && formats[i]->endings[k]; k++)
            if (strcasecmp(dot + 1, formats[i]->endings[k]) == 0)
                return formats[i]->name;
    return NULL;
}

void report_fail(struct report *report, const char *format, ...)
{
    if (*report->failure.text)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(report->failure.text, sizeof report->failure.text, format, args);
    va_end(args);
}

struct report *report_new(const char *format, int fd, const struct report_options *options,
                          struct fingerprints *fingerprints, struct error *error)
{
    struct report_target target = {
        .format = format, .fd = fd, .use_color = options->use_color, .width = options->width};
    return report_new_at(&target, options, fingerprints, error);
}

struct report *report_new_at(const struct report_target *target, const struct report_options *options,
                             struct fingerprints *fingerprints, struct error *error)
{
    const struct report_format *found = format_find(target->format);
    if (!found) {
        error_set(error, "unknown report format '%s'", target->format);
        return NULL;
    }
    struct report *report = calloc(1, sizeof *report);
    if (!report) {
        error_set(error, "out of memory");
        return NULL;
    }
    report->format = found;
    report->target = *target;
    report->options = *options;
    report->options.use_color = target->use_color;
    report->options.width = target->width;
    report->fingerprints = fingerprints;
    int status =
        target->is_directory ? output_init_memory(&report->out, error) : output_init(&report->out, target->fd, error);
    if (status < 0 || found->begin(report, error) < 0) {
        report_free(report);
        return NULL;
    }
    return report;
}

static int status_of(const struct report *report)
{
    return report->out.error || *report->failure.text ? -1 : 0;
}

int report_connection(struct report *report, const struct report_connection *c)
{
    report->format->connection(report, c);
    return status_of(report);
}

int report_beside(struct report *report, const struct report_connection *c)
{
    if (report->format->beside)
        report->format->beside(report, c);
    return status_of(report);
}

int report_name(struct report *report, const struct report_name *name)
{
    if (report->format->name_record)
        report->format->name_record(report, name);
    return status_of(report);
}

int report_pair(struct report *report, const struct report_pair *pair)
{
    if (report->format->pair)
        report->format->pair(report, pair);
    return status_of(report);
}

int report_server(struct report *report, const struct server_profile *server, const struct diagnosis *diagnosis,
                  const struct capture *capture)
{
    if (report->format->server)
        report->format->server(report, server, diagnosis, capture);
    return status_of(report);
}

int report_finish(struct report *report, const struct report_summary *summary, struct error *error)
{
    report->format->finish(report, summary);
    output_flush(&report->out);
    const char *path = report->target.path ? report->target.path : "the report";
    if (*report->failure.text)
        return error_set(error, "cannot write %s: %s", path, report->failure.text);
    if (report->out.error)
        return error_set(error, "cannot write %s: %s", path, strerror(report->out.error));
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
