/* The formats zeek and zeek-json: ssl.log and x509.log, one after the other or each in its own file. */
#include "report/zeek_report.h"

#include <stdlib.h>

static const char SSL_FILE[] = "ssl.log", X509_FILE[] = "x509.log";

struct zeek_report {
    struct zeek_log ssl, x509;
    struct zeek_known *known;
    struct output spool; /* x509.log, where it follows ssl.log in the same file */
    bool has_ssl, has_x509, has_spool;
    int64_t last_ns;
};

static int begin(struct report *report, bool is_json, struct error *error)
{
    const char *file = report->target.arg; /* NULL: both */
    struct zeek_report *state = calloc(1, sizeof *state);
    if (!state)
        return error_set(error, "out of memory");
    report->state = state;
    state->has_ssl = !file || strcmp(file, SSL_FILE) == 0;
    state->has_x509 = !file || strcmp(file, X509_FILE) == 0;
    state->has_spool = !file;
    if (state->has_spool && output_init_spool(&state->spool, error) < 0)
        return -1;
    zeek_log_init(&state->ssl, "ssl", zeek_ssl_fields, &report->out);
    zeek_log_init(&state->x509, "x509", zeek_x509_fields, state->has_spool ? &state->spool : &report->out);
    state->ssl.is_json = state->x509.is_json = is_json;
    state->ssl.is_mixed = state->x509.is_mixed = !file;
    state->known = zeek_known_new();
    return state->known ? 0 : error_set(error, "out of memory");
}

static int zeek_begin(struct report *report, struct error *error)
{
    return begin(report, false, error);
}

static int zeek_json_begin(struct report *report, struct error *error)
{
    return begin(report, true, error);
}

static void zeek_connection(struct report *report, const struct report_connection *shown)
{
    struct zeek_report *state = report->state;
    const struct connection *c = shown->connection;
    if (c->protocol == PROTOCOL_NONE || report->options.quiet)
        return;
    if (state->has_ssl)
        zeek_ssl_line(&state->ssl, c);
    if (state->has_x509)
        zeek_x509_lines(&state->x509, state->known, c);
}

static void zeek_finish(struct report *report, const struct report_summary *summary)
{
    struct zeek_report *state = report->state;
    if (state->has_ssl)
        zeek_log_end(&state->ssl, summary->last.time_ns);
    if (state->has_x509)
        zeek_log_end(&state->x509, summary->last.time_ns);
    if (state->has_spool)
        output_append(&report->out, &state->spool);
}

static void zeek_free(struct report *report)
{
    struct zeek_report *state = report->state;
    if (!state)
        return;
    zeek_known_free(state->known);
    if (state->has_spool)
        output_cleanup(&state->spool);
    free(state);
}

const struct report_format report_format_zeek = {
    .name = "zeek",
    .files = {SSL_FILE, X509_FILE},
    .begin = zeek_begin,
    .connection = zeek_connection,
    .finish = zeek_finish,
    .free = zeek_free,
};

const struct report_format report_format_zeek_json = {
    .name = "zeek-json",
    .files = {SSL_FILE, X509_FILE},
    .begin = zeek_json_begin,
    .connection = zeek_connection,
    .finish = zeek_finish,
    .free = zeek_free,
};
