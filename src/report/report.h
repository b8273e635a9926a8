/*
 * Report formats: one file each, one row in the table of report.c. A format draws; what is true was decided before.
 *
 * The pipeline calls `connection` as each record becomes final, `name` for failed look-ups, then `summary` once. The
 * writer collects into an output (output.h) that escapes nothing by itself: each format owns its escaping, and the
 * escape law tests it.
 */
#ifndef TLSWHY_REPORT_REPORT_H
#define TLSWHY_REPORT_REPORT_H

#include "capture/capture.h"
#include "diagnose/contrast.h"
#include "diagnose/diagnose.h"
#include "diagnose/finding.h"
#include "diagnose/profile.h"
#include "diagnose/seen_as.h"
#include "error.h"
#include "session/connection.h"
#include "session/fingerprint.h"

#include <stdbool.h>
#include <stdint.h>

/* A connection with its judgement. */
struct report_connection {
    const struct connection *connection;
    const struct diagnosis *diagnosis;
    const struct capture_input *input; /* of its first packet */
    const struct capture *capture;     /* names the files of facts that lie in another one; NULL: they are not named */
};

struct report_name {                               /* a DNS look-up that failed */
    const char *name, *client, *resolver, *answer; /* "NXDOMAIN" "SERVFAIL" "REFUSED" "RCODEn" "empty" "none" */
    struct moment moment;
    const struct capture_input *input;
    const struct diagnosis *diagnosis; /* NULL, or without a finding: nothing is wrong with that */
    const struct capture *capture;     /* as in report_connection */
};

struct report_pair {
    const struct contrast *contrast;
    const struct pair_context *context;
    const struct capture *capture; /* its inputs 0 and 1 are the vantage points */
};

enum { REPORT_MAX_VERDICTS = 96 };

struct report_summary {
    const struct capture *capture;
    uint64_t num_packets, num_bytes;
    struct moment first, last; /* frame 0: no packet with a time */
    uint64_t probes;           /* connections without payload, not listed */
    uint64_t unlisted;         /* other connections that had nothing to do with TLS */
    uint64_t outcomes[4];      /* by enum outcome, reported connections */
    uint64_t names_failed;     /* look-ups with a finding */
    struct {
        const char *code;
        uint64_t count;
    } verdicts[REPORT_MAX_VERDICTS];
    unsigned num_verdicts;
    uint64_t skipped[NUM_PACKET_SKIPS];
    struct {
        const char *what;
        uint64_t count;
    } limits[32]; /* limits that were hit, only those with a count */
    unsigned num_limits;
    bool was_interrupted;
    const struct seen_as *seen_as;      /* the line that connections were selected by; NULL none */
    uint64_t num_seen, num_seen_beside; /* how many would print it, by their verdict and beside it */
    uint8_t time_digits;
    const struct keys *keys;             /* what was given to decrypt with; NULL nothing */
    bool has_late_secrets;               /* a capture's first secrets came after packets that they may be for */
    const char *filter;                  /* of -f, NULL none */
    const struct verifier *verifier;     /* tells which trust stores were read; NULL none */
    const struct diagnose_options *said; /* what the user said of servers and clients; NULL nothing */
    const struct pair_context *compared; /* NULL: nothing was compared */
};

/* How a report came about: told by those that are read far from where it was made. */
struct report_origin {
    char *const *arguments; /* of the command line, without the program */
    size_t num_arguments;   /* 0: they are not to be told */
    const char *secret;     /* points into one of them: never shown from there on; NULL none */
    int64_t made;           /* seconds since 1970; 0 unknown */
};

struct packets;

struct report_options {
    struct packets *packets; /* of inputs that cannot be read again, for those who write packets; NULL: none are kept */
    bool verbose, quiet;
    bool use_color;
    bool is_utf8;             /* the terminal's locale is UTF-8; else everything beyond ASCII is written as \u{HHHH} */
    unsigned width;           /* terminal columns, 0 unknown */
    const char *client_trust; /* the store that is the client's own; NULL unknown */
    struct report_origin origin;
};

/* One thing that is written: which, and where to. */
struct report_target {
    const char *format; /* of report_formats(), or of a sink, which is a format that is not in that list */
    const char *path;   /* as errors name it; NULL: standard output */
    int fd;             /* of the file, or of the directory: written to, not closed */
    bool is_directory;  /* files are made in it */
    bool use_color;
    unsigned width;  /* terminal columns, 0 unknown */
    const void *arg; /* the sink's own options, valid as long as the report; NULL none */
};

struct report;

/* fd is written to, not closed. NULL and *error: unknown format or no memory. */
struct report *report_new(const char *format, int fd, const struct report_options *options,
                          struct fingerprints *fingerprints, struct error *error) MUST_CHECK;
/* The same for any target; its own use_color and width stand for those of the options. */
struct report *report_new_at(const struct report_target *target, const struct report_options *options,
                             struct fingerprints *fingerprints, struct error *error) MUST_CHECK;
/* Each returns -1 and keeps the error when writing failed; report_finish() tells it. */
int report_connection(struct report *report, const struct report_connection *c);
/* One that is not to be shown: sinks may need it all the same. */
int report_beside(struct report *report, const struct report_connection *c);
int report_name(struct report *report, const struct report_name *name);
int report_pair(struct report *report, const struct report_pair *pair);
/* Of one name, not a sum; with what several of its connections together show. `capture` may be NULL. */
int report_server(struct report *report, const struct server_profile *server, const struct diagnosis *diagnosis,
                  const struct capture *capture);
/* *error names the target's path. */
int report_finish(struct report *report, const struct report_summary *summary, struct error *error) MUST_CHECK;
void report_free(struct report *report);
/* Names of all formats, NULL at the end. Sinks are not among them: options of their own ask for them. */
const char *const *report_formats(void);
/* The files of which a format is made in a directory, NULL at the end; each is a target whose `arg` is its name, and
 * without one all are written to the same file. NULL: it is made of one. */
const char *const *report_format_files(const char *format);
/* The format that a file's name asks for by its ending; NULL when it asks for none. */
const char *report_format_of_path(const char *path);

#endif
