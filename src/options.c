/* The command line: POSIX.1-2017 utility conventions with GNU's long options, see options.h. Over 500 lines because the
 * table of options and what takes each of them belong together. */
#include "options.h"

#include "options_internal.h"
#include "report/timestamp.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PORT_RANGES = 1024, MAX_OPTIONS = 64, MAX_NAME = 64 };

enum key {
    KEY_FORMAT = 256,
    KEY_SUMMARY_LINE,
    KEY_ONLY,
    KEY_SNI,
    KEY_VERDICT,
    KEY_CONNECTION,
    KEY_SEEN_AS,
    KEY_EXPLAIN,
    KEY_PORTS,
    KEY_PROBES,
    KEY_COLOR,
    KEY_FAIL_ON,
    KEY_HASH,
    KEY_NO_PROGRESS,
    KEY_TRUST,
    KEY_TRUST_PASSWORD,
    KEY_INTERMEDIATES,
    KEY_NAME,
    KEY_AT,
    KEY_NO_VERIFY,
    KEY_CLIENT_TRUST,
    KEY_EXPIRING_DAYS,
    KEY_SERVER,
    KEY_SERVER_VERSIONS,
    KEY_SERVER_CIPHERS,
    KEY_SERVER_GROUPS,
    KEY_SERVER_SIGALGS,
    KEY_SERVER_CERT,
    KEY_KEYLOG,
    KEY_SERVER_KEY,
    KEY_COMPARE,
    KEY_REDACT,
    KEY_REDACT_KEY,
    KEY_EVIDENCE,
    KEY_INCLUDE_SECRETS,
    KEY_EXTRACT_CERTS,
    KEY_EXTRACT_MAX,
};

/* In the order of enum outcome, enum options_color, enum options_fail_on (from 1), enum capture_hash. */
static const char *const outcome_values[] = {"completed", "failed", "incomplete", "not-tls", NULL};
static const char *const color_values[] = {"auto", "always", "never", NULL};
static const char *const fail_on_values[] = {"error", "warning", NULL};
static const char *const redact_values[] = {"addresses", "names", "all", NULL}; /* bits of enum alias_part, from 1 */
static const char *const hash_values[] = {"auto", "always", "never", NULL};
static const char *const format_values[] = {"text", "json", "html", "markdown", "csv", "zeek", "zeek-json", NULL};

const struct option_row *options_table(void)
{
    static const struct option_row rows[] = {
        {'r', "read", "FILE", "read packets from FILE, the same as naming it; - is standard input", NULL},
        {'f', "filter", "EXPRESSION", "look only at packets that match, in the syntax of pcap-filter(7)", NULL},
        {'n', "no-resolve", NULL, "look no names up; always so, tlswhy is passive", NULL},
        {KEY_COMPARE, "compare", NULL, "two FILEs of the same connections, the first nearer to clients", NULL},
        {KEY_PORTS, "ports", "PORTS", "TLS is expected on these ports, too: 8443,9000-9100", NULL},
        {KEY_PROBES, "probes", NULL, "list connections without data (health checks), not only count them", NULL},
        {KEY_HASH, "hash", "WHEN", "SHA-256 of the files: auto (up to 64 MiB), always, never", hash_values},
        {KEY_KEYLOG, "keylog", "FILE", "keys to decrypt handshakes with: SSLKEYLOGFILE's, or pcapng", NULL},
        {KEY_SERVER_KEY, "server-key", "FILE", "a server's RSA key, for suites with static RSA; may be repeated", NULL},
        {KEY_TRUST, "trust", "STORE", "trust store: NAME=PATH, or system (the default); may be repeated", NULL},
        {KEY_TRUST_PASSWORD, "trust-password", "PASSWORD", "of key stores; changeit, as in Java, when not given", NULL},
        {KEY_INTERMEDIATES, "intermediates", "PATH", "certificates that may complete chains", NULL},
        {KEY_NAME, "name", "NAME", "name of servers that were not asked for by name", NULL},
        {KEY_AT, "at", "TIME", "judge certificates at this time, not at the capture's", NULL},
        {KEY_NO_VERIFY, "no-verify", NULL, "do not verify chains", NULL},
        {KEY_CLIENT_TRUST, "client-trust", "NAME", "this store (of --trust, or system) is the client's own", NULL},
        {KEY_EXPIRING_DAYS, "expiring-days", "DAYS", "warn of certificates that expire within DAYS (30)", NULL},
        {KEY_SERVER, "server", "HOST", "what follows is told of this server alone: HOST or HOST:PORT", NULL},
        {KEY_SERVER_VERSIONS, "server-versions", "VERSIONS", "what servers speak: TLSv1.2,TLSv1.3", NULL},
        {KEY_SERVER_CIPHERS, "server-ciphers", "CIPHERS", "their suites: a cipher string of OpenSSL", NULL},
        {KEY_SERVER_GROUPS, "server-groups", "GROUPS", "their key-exchange groups: x25519,P-256", NULL},
        {KEY_SERVER_SIGALGS, "server-sigalgs", "SIGALGS", "their signature algorithms: RSA-PSS+SHA256", NULL},
        {KEY_SERVER_CERT, "server-cert", "TYPES", "their certificates: rsa, ecdsa, ed25519", NULL},
        {KEY_ONLY, "only", "OUTCOME", "show only these: completed, failed, incomplete, not-tls", outcome_values},
        {KEY_SNI, "sni", "NAME", "show only connections to NAME; .example.com: to names that end so", NULL},
        {KEY_VERDICT, "verdict", "CODE", "show only connections with this verdict", NULL},
        {KEY_CONNECTION, "connection", "ID", "show only this connection", NULL},
        {KEY_SEEN_AS, "seen-as", "TEXT", "show only what would print this line; without FILE: what it means", NULL},
        {KEY_FORMAT, "format", "FORMAT", "text (the default), json, html, markdown, csv, zeek, zeek-json",
         format_values},
        {'o', "output", "FILE", "write to FILE, by its ending; may be repeated; - is standard output", NULL},
        {KEY_EVIDENCE, "evidence", "FILE", "write the packets that prove the findings to FILE, as pcapng", NULL},
        {KEY_INCLUDE_SECRETS, "include-secrets", NULL, "put the keys of their connections into it, too", NULL},
        {KEY_EXTRACT_CERTS, "extract-certs", "DIR", "write certificates and chains to new files in DIR, as PEM", NULL},
        {KEY_EXTRACT_MAX, "extract-max", "N", "make no more than N of these files (10000)", NULL},
        {KEY_SUMMARY_LINE, "summary-line", NULL, "print one line for a chat or a ticket's title, no report", NULL},
        {KEY_REDACT, "redact", "[=WHAT]", "aliases in place of addresses, names or all, for reports that go out",
         redact_values},
        {KEY_REDACT_KEY, "redact-key", "FILE", "write to the new FILE what the aliases stand for", NULL},
        {'v', "verbose", NULL, "show every connection, with offers in full and all messages", NULL},
        {'q', "quiet", NULL, "show totals only", NULL},
        {KEY_COLOR, "color", "WHEN", "colours: auto (on terminals), always, never", color_values},
        {KEY_NO_PROGRESS, "no-progress", NULL, "draw no progress bar", NULL},
        {KEY_FAIL_ON, "fail-on", "SEVERITY", "exit with 1 when there is an error, or a warning or error",
         fail_on_values},
        {KEY_EXPLAIN, "explain", "CODE", "say what these codes mean; list: name all of them", NULL},
        {'h', "help", NULL, "show this help", NULL},
        {'V', "version", NULL, "show versions of tlswhy and its libraries", NULL},
        {0, NULL, NULL, NULL, NULL},
    };
    return rows;
}

/* ---- hints */

/* The option whose name is like what was typed; NULL when none is. */
static const char *closest(const char *typed, size_t len)
{
    struct options_hint hint = options_hint_begin(typed, len);
    for (const struct option_row *row = options_table(); row->name; row++)
        options_hint_offer(&hint, row->name);
    return hint.best;
}

static const struct option_row *row_of(int key)
{
    const struct option_row *row = options_table();
    while (row->name && row->key != key)
        row++;
    return row->name ? row : NULL;
}

/* getopt_long() refused `word`; key is 0 for a long option that it does not know, or that stands for several. */
static int refuse(const char *word, int key, bool is_missing, struct error *error)
{
    const struct option_row *row = row_of(key);
    if (row && is_missing)
        return error_set(error, "--%s needs %s", row->name, row->argument);
    if (row)
        return error_set(error, "--%s takes no argument", row->name);
    if (key != 0)
        return error_set(error, "unknown option '-%c'; see --help", key);
    size_t len = strcspn(word, "=");
    const char *hint = closest(word + 2, len - 2);
    if (hint)
        return error_set(error, "unknown option '%.*s'; did you mean --%s?", (int)len, word, hint);
    return error_set(error, "unknown or ambiguous option '%.*s'; see --help", (int)len, word);
}

/* ---- arguments */

/* Index of the `len` bytes of `value` in the row's values, -1 and *error when it is none of them. */
static int value_index(const struct option_row *row, const char *value, size_t len, struct error *error)
{
    char all[256] = "";
    for (int i = 0; row->values && row->values[i]; i++) {
        if (strlen(row->values[i]) == len && memcmp(row->values[i], value, len) == 0)
            return i;
        strncat(all, i > 0 ? ", " : "", sizeof all - strlen(all) - 1);
        strncat(all, row->values[i], sizeof all - strlen(all) - 1);
    }
    return error_set(error, "--%s: '%.*s' is none of %s", row->name, (int)len, value, all);
}

static int one_value(int key, const char *value, struct error *error)
{
    return value_index(row_of(key), value, strlen(value), error);
}

static int take_outcomes(struct options *o, const char *list, struct error *error)
{
    for (const char *at = list;; at++) {
        size_t len = strcspn(at, ",");
        int i = value_index(row_of(KEY_ONLY), at, len, error);
        if (i < 0)
            return -1;
        o->pipeline.selection.has_outcome[i] = true;
        at += len;
        if (!*at)
            return 0;
    }
}

/* Digits only, no sign, no blanks. -1 when it is no number up to max; *end is what follows. */
static int take_number(const char *at, uint64_t max, uint64_t *out, const char **end)
{
    *out = 0;
    *end = at;
    for (; **end >= '0' && **end <= '9'; (*end)++) {
        uint64_t digit = (uint64_t)(**end - '0');
        if (*out > (max - digit) / 10)
            return -1;
        *out = *out * 10 + digit;
    }
    return *end == at ? -1 : 0;
}

static int take_port_range(const char **at, struct port_range *out)
{
    uint64_t first, last;
    if (take_number(*at, 65535, &first, at) < 0)
        return -1;
    last = first;
    if (**at == '-' && take_number(*at + 1, 65535, &last, at) < 0)
        return -1;
    *out = (struct port_range){(uint16_t)first, (uint16_t)last};
    return first == 0 || last < first || (**at && **at != ',') ? -1 : 0;
}

static int take_ports(struct options *o, const char *list, struct error *error)
{
    for (const char *at = list;; at++) {
        size_t num = o->pipeline.num_ports;
        if (num == MAX_PORT_RANGES)
            return error_set(error, "--ports: more than %d ranges", MAX_PORT_RANGES);
        struct port_range *ports = realloc(o->ports, (num + 1) * sizeof *ports);
        if (!ports)
            return error_set(error, "out of memory");
        o->pipeline.ports = o->ports = ports;
        if (take_port_range(&at, &ports[num]) < 0)
            return error_set(error, "--ports: '%s' is no list of ports such as 8443,9000-9100", list);
        o->pipeline.num_ports++;
        if (!*at)
            return 0;
    }
}

static int take_connection(struct options *o, const char *value, struct error *error)
{
    const char *end;
    uint64_t id;
    if (take_number(value, UINT64_MAX, &id, &end) < 0 || *end || id == 0)
        return error_set(error, "--connection: '%s' is no connection's id; reports show it as #ID or \"id\"", value);
    o->pipeline.selection.connection = id;
    return 0;
}

static int take_verdict(struct options *o, const char *value, struct error *error)
{
    if (option_verdict(value, error) < 0)
        return -1;
    o->pipeline.selection.verdict = value;
    return 0;
}

static int take_text(const char **out, int key, const char *value, struct error *error)
{
    if (!*value)
        return error_set(error, "--%s needs %s", row_of(key)->name, row_of(key)->argument);
    *out = value;
    return 0;
}

static int take_path(struct options *o, const char *path, struct error *error)
{
    if (!*path)
        return error_set(error, "a file's name is empty");
    o->paths[o->pipeline.capture.num_paths++] = path; /* room for argc of them */
    return 0;
}

static int take_expiring_days(struct options *o, const char *value, struct error *error)
{
    const char *end;
    uint64_t days;
    if (take_number(value, 36500, &days, &end) < 0 || *end)
        return error_set(error, "--expiring-days: '%s' is no number of days from 0 to 36500", value);
    o->pipeline.diagnose.has_expiring_days = true;
    o->pipeline.diagnose.expiring_days = (unsigned)days;
    return 0;
}

/* RFC 3339, or seconds since 1970. */
static int take_at(struct options *o, const char *value, struct error *error)
{
    const char *end;
    uint64_t seconds;
    int64_t time;
    if (take_number(value, INT64_MAX / 1000000000, &seconds, &end) == 0 && !*end)
        time = (int64_t)seconds;
    else if (!timestamp_read(value, &time))
        return error_set(error, "--at: '%s' is no time such as 2026-11-21T15:00:00Z or 1795273200", value);
    o->pipeline.verify.has_at = true;
    o->pipeline.verify.at = time;
    o->pipeline.diagnose.has_at = true;
    o->pipeline.diagnose.at = time;
    return 0;
}

/* What is told of servers. */
static int take_told(struct told_server *told, int key, const char *value, struct error *error)
{
    static const struct {
        int key;
        int (*take)(struct told_server *told, const char *value, struct error *error);
    } rows[] = {
        {KEY_SERVER, option_told_server},          {KEY_SERVER_VERSIONS, option_told_versions},
        {KEY_SERVER_CIPHERS, option_told_ciphers}, {KEY_SERVER_GROUPS, option_told_groups},
        {KEY_SERVER_SIGALGS, option_told_sigalgs}, {KEY_SERVER_CERT, option_told_cert},
    };
    for (size_t i = 0;; i++)
        if (rows[i].key == key)
            return rows[i].take(told, value, error);
}

/* Options that stand alone. */
static bool take_flag(struct options *o, int key)
{
    struct pipeline_options *p = &o->pipeline;
    const struct {
        int key;
        bool *flag;
    } rows[] = {
        {'v', &p->report.verbose},
        {'q', &p->report.quiet},
        {KEY_PROBES, &p->list_probes},
        {KEY_NO_PROGRESS, &o->hide_progress},
        {KEY_NO_VERIFY, &p->skip_verify},
        {KEY_COMPARE, &p->compares},
        {KEY_SUMMARY_LINE, &o->has_summary_line},
        {KEY_INCLUDE_SECRETS, &o->has_secrets},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].key == key)
            return *rows[i].flag = true;
    return false;
}

static int take(struct options *o, int key, const char *value, struct error *error)
{
    if (take_flag(o, key))
        return 0;
    switch (key) {
    case 'r':
    case 1: /* no option */
        return take_path(o, value, error);
    case 'f':
        return take_text(&o->pipeline.filter, key, value, error);
    case 'n':
        return 0;
    case 'o':
        return option_output(o, value, error);
    case KEY_EVIDENCE:
        return option_evidence(o, value, error);
    case KEY_EXTRACT_CERTS:
        return option_extract(o, value, error);
    case KEY_EXTRACT_MAX:
        return option_extract_max(o, value, error);
    case KEY_SNI:
        return take_text(&o->pipeline.selection.sni, key, value, error);
    case KEY_VERDICT:
        return take_verdict(o, value, error);
    case KEY_CONNECTION:
        return take_connection(o, value, error);
    case KEY_SEEN_AS:
        return take_text(&o->seen_as, key, value, error);
    case KEY_EXPLAIN:
        return option_explain(o, value, error);
    case KEY_PORTS:
        return take_ports(o, value, error);
    case KEY_ONLY:
        return take_outcomes(o, value, error);
    case KEY_KEYLOG:
        return take_text(&o->keylogs[o->pipeline.num_keylogs++], key, value, error); /* room for argc of them */
    case KEY_SERVER_KEY:
        return take_text(&o->server_keys[o->pipeline.num_server_keys++], key, value, error); /* the same */
    case KEY_REDACT:
        value = value ? value : "all";
        break;
    case KEY_REDACT_KEY:
        return take_text(&o->pipeline.redact_key, key, value, error);
    case KEY_TRUST:
        return option_trust(o, value, error);
    case KEY_TRUST_PASSWORD:
        o->pipeline.verify.password = value;
        return 0;
    case KEY_INTERMEDIATES:
        return take_text(&o->pipeline.verify.intermediates, key, value, error);
    case KEY_NAME:
        return take_text(&o->pipeline.name, key, value, error);
    case KEY_AT:
        return take_at(o, value, error);
    case KEY_CLIENT_TRUST:
        o->pipeline.report.client_trust = value;
        return take_text(&o->pipeline.diagnose.client_trust, key, value, error);
    case KEY_EXPIRING_DAYS:
        return take_expiring_days(o, value, error);
    case KEY_SERVER:
    case KEY_SERVER_VERSIONS:
    case KEY_SERVER_CIPHERS:
    case KEY_SERVER_GROUPS:
    case KEY_SERVER_SIGALGS:
    case KEY_SERVER_CERT:
        return take_told(&o->pipeline.diagnose.told, key, value, error);
    }
    int i = one_value(key, value, error);
    if (i < 0)
        return -1;
    if (key == KEY_FORMAT)
        option_format(o, row_of(key)->values[i]);
    else if (key == KEY_REDACT)
        o->pipeline.redact |= (unsigned)i + 1;
    else if (key == KEY_COLOR)
        o->color = (enum options_color)i;
    else if (key == KEY_HASH)
        o->pipeline.capture.hash = (enum capture_hash)i;
    else
        o->fail_on = (enum options_fail_on)(i + 1);
    return 0;
}

/* ---- the parser */

static int arguments_of(const struct option_row *row)
{
    if (!row->argument)
        return no_argument;
    return row->argument[0] == '[' ? optional_argument : required_argument;
}

/* The table as getopt_long() wants it. A leading '-' hands over what is no option in its place, ':' tells a missing
 * argument from an unknown option. */
static void make_getopt_tables(char *letters, struct option *names)
{
    *letters++ = '-';
    *letters++ = ':';
    for (const struct option_row *row = options_table(); row->name; row++) {
        *names++ = (struct option){.name = row->name, .has_arg = arguments_of(row), .val = row->key};
        if (row->key >= 256)
            continue;
        *letters++ = (char)row->key;
        if (row->argument)
            *letters++ = ':';
    }
    *letters = '\0';
    *names = (struct option){0};
}

static int check_together(struct options *o, struct error *error)
{
    const struct told_server *told = &o->pipeline.diagnose.told;
    if (option_check_explained(o, error) < 0)
        return -1;
    if (o->pipeline.skip_verify && o->pipeline.diagnose.client_trust)
        return error_set(error, "--client-trust needs what --no-verify leaves out");
    if (told->name[0] && !told_is_any(told))
        return error_set(error, "--server tells whom --server-ciphers, --server-versions and the like are about; none "
                                "is given");
    if (o->pipeline.compares && o->pipeline.capture.num_paths != 2)
        return error_set(error, "--compare needs exactly two captures, the one nearer to the clients first");
    if (option_check_evidence(o, error) < 0 || option_check_outputs(o, error) < 0)
        return -1;
    return option_trust_check(o, error);
}

enum options_result options_parse(int argc, char *const argv[], struct options *out, struct error *error)
{
    char letters[2 * MAX_OPTIONS + 3];
    struct option names[MAX_OPTIONS + 1];
    int key;
    *out = (struct options){.paths = calloc((size_t)argc + 1, sizeof *out->paths)};
    out->pipeline.keylogs = out->keylogs = calloc((size_t)argc + 1, sizeof *out->keylogs);
    out->pipeline.targets = out->targets = calloc(OPTION_TARGETS(argc), sizeof *out->targets);
    out->pipeline.server_keys = out->server_keys = calloc((size_t)argc + 1, sizeof *out->server_keys);
    if (!out->paths || !out->keylogs || !out->targets || !out->server_keys) {
        error_set(error, "out of memory");
        return OPTIONS_WRONG;
    }
    out->pipeline.capture.paths = out->paths;
    make_getopt_tables(letters, names);
    opterr = 0;
    optind = 0; /* begins anew, in glibc and musl */
    while ((key = getopt_long(argc, argv, letters, names, NULL)) != -1) {
        if (key == 'h' || key == 'V')
            return key == 'h' ? OPTIONS_HELP : OPTIONS_VERSION;
        if (key == '?' || key == ':') {
            refuse(argv[optind - 1], optopt, key == ':', error);
            return OPTIONS_WRONG;
        }
        if (take(out, key, optarg, error) < 0)
            return OPTIONS_WRONG;
    }
    for (; optind < argc; optind++) {
        if (take_path(out, argv[optind], error) < 0)
            return OPTIONS_WRONG;
    }
    if (check_together(out, error) < 0)
        return OPTIONS_WRONG;
    out->pipeline.report.origin = (struct report_origin){.arguments = argv + 1,
                                                         .num_arguments = out->pipeline.redact ? 0 : (size_t)argc - 1,
                                                         .secret = out->pipeline.verify.password};
    return out->pipeline.capture.num_paths > 0 ? OPTIONS_RUN : OPTIONS_EXPLAIN;
}

void options_cleanup(struct options *options)
{
    free(options->paths);
    free(options->ports);
    for (size_t i = 0; i < options->pipeline.verify.num_stores; i++)
        free((char *)(uintptr_t)options->stores[i].name);
    free(options->stores);
    free(options->keylogs);
    free(options->targets);
    free(options->server_keys);
    for (size_t i = 0; i < options->num_made_paths; i++)
        free(options->made_paths[i]);
    free(options->made_paths);
    *options = (struct options){0};
}

bool options_use_color(const struct options *options, bool is_terminal, const char *no_color)
{
    if (options->color != COLOR_AUTO)
        return options->color == COLOR_ALWAYS;
    return is_terminal && !(no_color && *no_color);
}
