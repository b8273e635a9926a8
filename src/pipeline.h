/*
 * The wiring: packets from the capture through dissection, defragmentation and the flow table into sessions, judged and
 * reported. The only place that knows all rooms.
 */
#ifndef TLSWHY_PIPELINE_H
#define TLSWHY_PIPELINE_H

#include "capture/capture.h"
#include "diagnose/diagnose.h"
#include "diagnose/seen_as.h"
#include "error.h"
#include "redact/redact.h"
#include "report/reports.h"

#include <signal.h>
#include <stdbool.h>

struct port_range {
    uint16_t first, last;
};

/* Which connections the report shows; the summary counts all. NULL, 0: no restriction. */
struct selection {
    bool has_outcome[4]; /* by enum outcome; none set: all */
    const char *sni;     /* equal, or a suffix when it begins with '.' or "*." */
    const char *verdict;
    uint64_t connection;
    const struct seen_as *seen_as; /* what would print this line */
};

struct pipeline_options {
    struct capture_options capture;
    const char *filter;                  /* pcap-filter(7), NULL none */
    const struct report_target *targets; /* what to write */
    size_t num_targets;
    /* Called once when the inputs are open and the filter is good, and the targets are not looked at before: sets their
     * descriptors. -1 and *error when one cannot be had. May be NULL: they are set. */
    int (*open_targets)(void *arg, struct error *error);
    void *targets_arg;
    struct report_options report;
    struct selection selection;
    unsigned redact;        /* what to leave out, of enum alias_part; 0 nothing */
    const char *redact_key; /* new file for the aliases; NULL none */
    struct verify_options verify;
    bool skip_verify;
    struct diagnose_options diagnose;
    const char *name;               /* of servers that are not asked for by name; NULL unknown */
    const struct port_range *ports; /* told by the user to be TLS ports */
    size_t num_ports;
    const char *const *keylogs; /* files with keys: key logs, or pcapng with decryption secrets */
    size_t num_keylogs;
    const char *const *server_keys; /* files with private keys of servers */
    size_t num_server_keys;
    bool compares;       /* two captures of the same connections: exactly two paths */
    bool needs_randoms;  /* a target does, of ClientHellos */
    bool writes_packets; /* a target does (evidence): inputs stay open, or are kept */
    bool list_probes;    /* list connections that carried no payload */
    /* Called now and then with bytes read and bytes in all (0 unknown); may be NULL. */
    void (*progress)(void *arg, uint64_t done, uint64_t total);
    void *progress_arg;
    const volatile sig_atomic_t *stop; /* becomes non-zero: stop reading, report what was found; may be NULL */
};

struct pipeline_result {
    uint64_t outcomes[4];  /* by enum outcome */
    uint64_t names_failed; /* names that were not resolved */
    bool was_stopped;
};

/* Reads everything, writes the report. -1 and *error when an input or the output failed; a report of what was read
 * before is written all the same where that is possible. */
int pipeline_run(const struct pipeline_options *options, struct pipeline_result *result,
                 struct error *error) MUST_CHECK;

#endif
