/*
 * What a report format is: a row in the table of report.c, functions in a file of its own. Errors of writing stay in
 * the outputs; report.c tells them at the end.
 *
 * A sink is a format that an option of its own asks for: it writes something else than a report from the same calls.
 * Its row stands in the table of sinks in report.c. options.c asks for it by adding a struct report_target with that
 * name to those of the reports; main.c opens the target's file (or makes the directory, where is_directory is set) when
 * everything else is known to be good, and refuses one that is an input or another target. begin() finds the descriptor
 * in report->target.fd, and what else the option said in report->target.arg, a struct of the sink's own that
 * struct options holds. report->out writes to the file; of a directory it is memory, and not written anywhere. What
 * fails is kept as an errno in report->out.error, or with words of its own by report_fail(); the other targets go on.
 */
#ifndef TLSWHY_REPORT_FORMAT_H
#define TLSWHY_REPORT_FORMAT_H

#include "report/output.h"
#include "report/report.h"

struct report {
    const struct report_format *format;
    struct report_target target;
    struct output out;
    struct error failure; /* of report_fail() */
    struct report_options options;
    struct fingerprints *fingerprints;
    void *state; /* the format's own */
};

enum { FORMAT_ENDINGS = 4, FORMAT_FILES = 3 };

struct report_format {
    const char *name;
    const char *endings[FORMAT_ENDINGS]; /* of the names of files that are written so, without the dot; NULL: no more */
    /* What it writes into a directory, each a target of its own whose `arg` is this name; NULL: no more. */
    const char *files[FORMAT_FILES];
    /* Makes report->state. -1 and *error when there is no memory; free is called then, too. */
    int (*begin)(struct report *report, struct error *error);
    void (*connection)(struct report *report, const struct report_connection *c);
    /* One that is not shown, for what is to be known of all of them. NULL: nothing is */
    void (*beside)(struct report *report, const struct report_connection *c);
    /* NULL: not shown, as below */
    void (*name_record)(struct report *report, const struct report_name *name);
    void (*pair)(struct report *report, const struct report_pair *pair);
    void (*server)(struct report *report, const struct server_profile *server, const struct diagnosis *diagnosis,
                   const struct capture *capture);
    void (*finish)(struct report *report, const struct report_summary *summary);
    void (*free)(struct report *report); /* state may be NULL */
};

/* Keeps the first failure, that cannot be told by an errno of the target's file alone. */
void report_fail(struct report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));

extern const struct report_format report_format_csv, report_format_html, report_format_json, report_format_markdown,
    report_format_text, report_format_zeek, report_format_zeek_json;
/* Sinks. */
extern const struct report_format report_format_summary_line;
/* Sinks of src/evidence: what goes along with a report. */
extern const struct report_format report_sink_evidence, report_sink_certificates;

#endif
