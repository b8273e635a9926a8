/*
 * The command line: from arguments to values, and everything that documents it.
 *
 * One table holds every option; the parser, --help, the man page and the shells' completions agree on it (a test
 * compares them). Nothing here prints or exits: main.c does.
 */
#ifndef TLSWHY_OPTIONS_H
#define TLSWHY_OPTIONS_H

#include "error.h"
#include "evidence/certificates.h"
#include "evidence/evidence.h"
#include "pipeline.h"

#include <stdbool.h>
#include <stddef.h>

enum options_color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
enum options_fail_on { FAIL_ON_NOTHING, FAIL_ON_ERROR, FAIL_ON_WARNING };

struct options {
    /* Filled as far as arguments tell: capture, filter, targets, report.verbose, report.quiet, selection, ports,
     * list_probes, verify (but now), skip_verify, diagnose, name. What depends on the world (descriptors, colours,
     * width, progress, stop, verify.now) is the caller's to set. */
    struct pipeline_options pipeline;
    struct report_target *targets; /* owned; pipeline.targets points here. At least one */
    const char *format;            /* the latest of --format; NULL none */
    bool has_new_format;           /* no -o stands behind it */
    struct report_target *output;  /* of the latest -o; NULL none */
    bool has_own_format;           /* of that */
    size_t num_outputs;            /* how often -o was given */
    char **made_paths;             /* owned: of files in a directory that -o names */
    size_t num_made_paths;
    struct evidence_options evidence[2]; /* --evidence; the second only with --compare */
    const char *evidence_paths[2];
    unsigned num_evidence;
    bool has_secrets;         /* --include-secrets */
    const char *extract_path; /* --extract-certs; NULL none */
    bool has_extract_max;
    struct extract_options extract;
    bool has_summary_line; /* --summary-line */
    enum options_color color;
    enum options_fail_on fail_on;
    bool hide_progress;
    enum finding_id explained[NUM_FINDINGS]; /* --explain CODE, in the order in which they were given */
    size_t num_explained;
    bool list_codes;             /* --explain list */
    const char *seen_as;         /* --seen-as TEXT; NULL none */
    const char **paths;          /* owned; pipeline.capture points here */
    struct port_range *ports;    /* owned; pipeline.ports points here */
    const char **keylogs;        /* owned; pipeline.keylogs points here */
    const char **server_keys;    /* owned; pipeline.server_keys points here */
    struct store_source *stores; /* owned, with their names; pipeline.verify.stores points here */
};

/* OPTIONS_EXPLAIN: no capture is to be read; explained, list_codes or seen_as says what to explain. */
enum options_result { OPTIONS_RUN, OPTIONS_EXPLAIN, OPTIONS_HELP, OPTIONS_VERSION, OPTIONS_WRONG };

/* Strings are borrowed from argv, which stays as it is. OPTIONS_WRONG: *error says what is wrong in one line, with a
 * hint where there is one; exit status 2. *out is filled in every case; give it to options_cleanup(). */
enum options_result options_parse(int argc, char *const argv[], struct options *out, struct error *error) MUST_CHECK;
void options_cleanup(struct options *options);

/* Whether the report has colours. no_color: the value of NO_COLOR (no-color.org), NULL when it is not set. */
bool options_use_color(const struct options *options, bool is_terminal, const char *no_color);

struct option_row {
    int key;              /* the short option's letter, or a number beyond letters */
    const char *name;     /* without its dashes */
    const char *argument; /* as --help names it; NULL: takes none; "[=...]": may have one */
    const char *help;
    const char *const *values; /* NULL-terminated list of what the argument can be; NULL: free */
};

/* The table; ends with a row without a name. Values of --format are those of report_formats(). */
const struct option_row *options_table(void);

/* Texts for standard output; the caller frees them. NULL: out of memory. */
char *options_help_text(void);
char *options_version_text(void); /* of the program and of the libraries that it runs with */

#endif
