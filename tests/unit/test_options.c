/* The command line. */
#include "support/cmocka_all.h"

#include "options.h"
#include "version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct options options;
static struct error error;

/* Parses "tlswhy" and these words, up to NULL. */
static enum options_result parse_words(const char *const *words)
{
    const char *argv[16] = {"tlswhy"};
    int argc = 1;
    for (; *words; words++)
        argv[argc++] = *words;
    options_cleanup(&options);
    memset(&error, 0, sizeof error);
    return options_parse(argc, (char *const *)(uintptr_t)argv, &options, &error);
}

/* The words of a line, cut at blanks; '' is an empty one. */
static enum options_result parse(const char *line)
{
    static char buf[1024];
    const char *words[16] = {NULL};
    size_t num = 0;
    char *save;
    assert_in_range(snprintf(buf, sizeof buf, "%s", line), 0, sizeof buf - 1);
    for (char *word = strtok_r(buf, " ", &save); word; word = strtok_r(NULL, " ", &save))
        words[num++] = strcmp(word, "''") == 0 ? "" : word;
    return parse_words(words);
}

static void assert_target(size_t i, const char *format, const char *path)
{
    const struct report_target *target = &options.pipeline.targets[i];
    assert_true(i < options.pipeline.num_targets);
    assert_string_equal(target->format, format);
    if (path)
        assert_string_equal(target->path, path);
    else
        assert_null(target->path);
}

static int tear_down(void **state)
{
    (void)state;
    options_cleanup(&options);
    return 0;
}

static void test_defaults(void **state)
{
    (void)state;
    assert_int_equal(parse("a.pcap"), OPTIONS_RUN);
    assert_int_equal(options.pipeline.capture.num_paths, 1);
    assert_string_equal(options.pipeline.capture.paths[0], "a.pcap");
    assert_int_equal(options.pipeline.capture.hash, CAPTURE_HASH_AUTO);
    assert_int_equal(options.pipeline.num_targets, 1);
    assert_ptr_equal(options.pipeline.targets, options.targets);
    assert_target(0, "text", NULL);
    assert_null(options.pipeline.filter);
    assert_int_equal(options.color, COLOR_AUTO);
    assert_int_equal(options.fail_on, FAIL_ON_NOTHING);
    assert_false(options.pipeline.report.verbose || options.pipeline.report.quiet || options.pipeline.list_probes ||
                 options.hide_progress);
    assert_null(options.pipeline.selection.sni);
    assert_null(options.pipeline.selection.verdict);
    assert_int_equal(options.pipeline.selection.connection, 0);
    for (unsigned i = 0; i < 4; i++)
        assert_false(options.pipeline.selection.has_outcome[i]);
}

static void test_files(void **state)
{
    (void)state;
    /* In the order in which they are named, options between them or not; - is one; after -- all are. */
    assert_int_equal(parse("b.pcap -v -r a.pcap - --read=c -- -x --format"), OPTIONS_RUN);
    static const char *const expected[] = {"b.pcap", "a.pcap", "-", "c", "-x", "--format"};
    assert_int_equal(options.pipeline.capture.num_paths, 6);
    for (unsigned i = 0; i < 6; i++)
        assert_string_equal(options.pipeline.capture.paths[i], expected[i]);
    assert_true(options.pipeline.report.verbose);

    assert_int_equal(parse(""), OPTIONS_WRONG);
    assert_non_null(strstr(error.text, "no capture is named"));
    assert_int_equal(parse("''"), OPTIONS_WRONG);
    assert_int_equal(parse("-r"), OPTIONS_WRONG);
    assert_string_equal(error.text, "--read needs FILE");
}

static void test_all_options(void **state)
{
    (void)state;
    assert_int_equal(parse("-nqf tcp -o out.json --format json --only failed,not-tls --only completed f"), OPTIONS_RUN);
    assert_true(options.pipeline.report.quiet);
    assert_string_equal(options.pipeline.filter, "tcp");
    assert_int_equal(options.pipeline.num_targets, 1);
    assert_target(0, "json", "out.json");
    assert_true(options.pipeline.selection.has_outcome[OUTCOME_FAILED]);
    assert_true(options.pipeline.selection.has_outcome[OUTCOME_NOT_TLS]);
    assert_true(options.pipeline.selection.has_outcome[OUTCOME_COMPLETED]);
    assert_false(options.pipeline.selection.has_outcome[OUTCOME_INCOMPLETE]);

    assert_int_equal(parse("--sni .example.com --verdict tcp-refused --connection 42 --probes --no-progress f"),
                     OPTIONS_RUN);
    assert_string_equal(options.pipeline.selection.sni, ".example.com");
    assert_string_equal(options.pipeline.selection.verdict, "tcp-refused");
    assert_int_equal(options.pipeline.selection.connection, 42);
    assert_true(options.pipeline.list_probes && options.hide_progress);

    assert_int_equal(parse("--color never --hash=always --fail-on error f"), OPTIONS_RUN);
    assert_int_equal(options.color, COLOR_NEVER);
    assert_int_equal(options.pipeline.capture.hash, CAPTURE_HASH_ALWAYS);
    assert_int_equal(options.fail_on, FAIL_ON_ERROR);
    assert_int_equal(parse("--color=always --hash never --fail-on=warning f"), OPTIONS_RUN);
    assert_int_equal(options.color, COLOR_ALWAYS);
    assert_int_equal(options.pipeline.capture.hash, CAPTURE_HASH_NEVER);
    assert_int_equal(options.fail_on, FAIL_ON_WARNING);
    assert_int_equal(parse("--ver f"), OPTIONS_WRONG); /* --verbose, --verdict or --version */
    assert_int_equal(parse("--verbo f"), OPTIONS_RUN);
    assert_true(options.pipeline.report.verbose);
}

static void test_outputs(void **state)
{
    (void)state;
    /* The ending says it, in any case of letters; where it does not, it is text. */
    assert_int_equal(parse("-o a.JSON -o b.jsonl -o c.d/e --output=f.txt -o g.log -o h.ndjson -o .json f"),
                     OPTIONS_RUN);
    static const char *const expected[][2] = {{"json", "a.JSON"}, {"json", "b.jsonl"}, {"text", "c.d/e"},
                                              {"text", "f.txt"},  {"text", "g.log"},   {"json", "h.ndjson"},
                                              {"json", ".json"}};
    assert_int_equal(options.pipeline.num_targets, 7);
    for (size_t i = 0; i < 7; i++)
        assert_target(i, expected[i][0], expected[i][1]);

    /* --format is of the -o behind it alone, and of standard output when none follows. */
    assert_int_equal(parse("--format json -o a.txt -o b.txt -o - f"), OPTIONS_RUN);
    assert_int_equal(options.pipeline.num_targets, 3);
    assert_target(0, "json", "a.txt");
    assert_target(1, "text", "b.txt");
    assert_target(2, "text", NULL);
    assert_int_equal(parse("-o a.txt -o b.txt --format json f"), OPTIONS_RUN);
    assert_int_equal(options.pipeline.num_targets, 3);
    assert_target(1, "text", "b.txt");
    assert_target(2, "json", NULL);
    assert_int_equal(parse("--format text -o a.json --format json f"), OPTIONS_RUN);
    assert_int_equal(options.pipeline.num_targets, 2);
    assert_target(0, "text", "a.json");
    assert_target(1, "json", NULL);
    assert_int_equal(parse("--format json --format text -o - f"), OPTIONS_RUN);
    assert_int_equal(options.pipeline.num_targets, 1);
    assert_target(0, "text", NULL);

    /* With one -o alone it may stand behind it, too. */
    assert_int_equal(parse("-o a.txt f --format json"), OPTIONS_RUN);
    assert_int_equal(options.pipeline.num_targets, 1);
    assert_target(0, "json", "a.txt");

    /* A directory holds the files of a format that is made of several. */
    assert_int_equal(parse("--format zeek -o logs/ -o a.csv --format zeek-json -o b/ f"), OPTIONS_RUN);
    static const char *const files[][3] = {{"zeek", "logs/ssl.log", "ssl.log"},
                                           {"csv", "a.csv", ""},
                                           {"zeek-json", "b/ssl.log", "ssl.log"},
                                           {"zeek", "logs/x509.log", "x509.log"},
                                           {"zeek-json", "b/x509.log", "x509.log"}};
    assert_int_equal(options.pipeline.num_targets, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_target(i, files[i][0], files[i][1]);
        if (*files[i][2])
            assert_string_equal(options.pipeline.targets[i].arg, files[i][2]);
        else
            assert_null(options.pipeline.targets[i].arg);
    }
    assert_int_equal(parse("-oa/ --format zeek f"), OPTIONS_RUN);
    assert_int_equal(options.pipeline.num_targets, 2);
    assert_int_equal(parse("--format zeek -o a f"), OPTIONS_RUN);
    assert_int_equal(options.pipeline.num_targets, 1);
    assert_null(options.pipeline.targets[0].arg);
    assert_int_equal(parse("-o a/ f"), OPTIONS_RUN); /* nothing that is made of several: refused when it is opened */
    assert_target(0, "text", "a/");

    /* --summary-line takes the place of the report that nobody said where to write. */
    assert_int_equal(parse("--summary-line f"), OPTIONS_RUN);
    assert_int_equal(options.pipeline.num_targets, 1);
    assert_target(0, "summary-line", NULL);
    assert_int_equal(parse("f -o a.json --summary-line"), OPTIONS_RUN);
    assert_int_equal(options.pipeline.num_targets, 2);
    assert_target(0, "json", "a.json");
    assert_target(1, "summary-line", NULL);
    assert_int_equal(parse("--format json --summary-line f"), OPTIONS_WRONG);
    assert_non_null(strstr(error.text, "two reports on standard output"));
    assert_int_equal(parse("--summary-line --explain tcp-refused"), OPTIONS_WRONG);

    assert_int_equal(parse("-o - --format json -o - f"), OPTIONS_WRONG);
    assert_non_null(strstr(error.text, "two reports on standard output"));
    assert_int_equal(parse("--format json -o - --format text f"), OPTIONS_WRONG);
    assert_int_equal(parse("-o '' f"), OPTIONS_WRONG);
    assert_string_equal(error.text, "--output needs FILE");
    assert_int_equal(parse("--explain tcp-refused -o a -o b"), OPTIONS_WRONG);
    assert_int_equal(parse("--explain tcp-refused -o a.json"), OPTIONS_EXPLAIN);
}

static void test_trust(void **state)
{
    (void)state;
    assert_int_equal(parse("f"), OPTIONS_RUN);
    assert_int_equal(options.pipeline.verify.num_stores, 0);
    assert_false(options.pipeline.verify.has_at || options.pipeline.skip_verify);
    assert_int_equal(parse("--trust lab=a=b/c.pem --trust system --trust-password geheim --intermediates i.pem "
                           "--name www.example.test --at 2026-11-21T15:00:00Z --no-verify f"),
                     OPTIONS_RUN);
    const struct verify_options *verify = &options.pipeline.verify;
    assert_int_equal(verify->num_stores, 2);
    assert_string_equal(verify->stores[0].name, "lab");
    assert_string_equal(verify->stores[0].path, "a=b/c.pem");
    assert_string_equal(verify->stores[1].name, "system");
    assert_null(verify->stores[1].path);
    assert_string_equal(verify->password, "geheim");
    assert_string_equal(verify->intermediates, "i.pem");
    assert_string_equal(options.pipeline.name, "www.example.test");
    assert_true(verify->has_at && options.pipeline.skip_verify);
    assert_int_equal(verify->at, 1795273200);
    assert_int_equal(parse("--at 1795273200 f"), OPTIONS_RUN);
    assert_int_equal(options.pipeline.verify.at, 1795273200);

    assert_int_equal(parse("--trust roots.pem f"), OPTIONS_WRONG);
    assert_string_equal(error.text, "--trust: 'roots.pem' is neither NAME=PATH nor system");
    assert_int_equal(parse("--trust =roots.pem f"), OPTIONS_WRONG);
    assert_int_equal(parse("--trust lab= f"), OPTIONS_WRONG);
    assert_int_equal(parse("--trust lab=a --trust lab=b f"), OPTIONS_WRONG);
    assert_string_equal(error.text, "--trust: two stores are named lab");
    assert_int_equal(parse("--at yesterday f"), OPTIONS_WRONG);
    assert_non_null(strstr(error.text, "--at: 'yesterday' is no time"));
}

static void test_compare(void **state)
{
    (void)state;
    assert_int_equal(parse("--compare inside outside"), OPTIONS_RUN);
    assert_true(options.pipeline.compares);
    assert_string_equal(options.pipeline.capture.paths[0], "inside");
    assert_string_equal(options.pipeline.capture.paths[1], "outside");
    assert_int_equal(parse("inside --compare outside"), OPTIONS_RUN);
    assert_int_equal(parse("inside outside"), OPTIONS_RUN);
    assert_false(options.pipeline.compares);
    assert_int_equal(parse("--compare inside"), OPTIONS_WRONG);
    assert_non_null(strstr(error.text, "--compare needs exactly two captures"));
    assert_int_equal(parse("--compare a b c"), OPTIONS_WRONG);
    assert_int_equal(parse("--compare"), OPTIONS_WRONG);
    assert_int_equal(parse("--compare=a b"), OPTIONS_WRONG);
}

static void test_ports(void **state)
{
    (void)state;
    assert_int_equal(parse("--ports 8443,9000-9100 --ports 65535 f"), OPTIONS_RUN);
    assert_int_equal(options.pipeline.num_ports, 3);
    assert_int_equal(options.pipeline.ports[0].first, 8443);
    assert_int_equal(options.pipeline.ports[0].last, 8443);
    assert_int_equal(options.pipeline.ports[1].first, 9000);
    assert_int_equal(options.pipeline.ports[1].last, 9100);
    assert_int_equal(options.pipeline.ports[2].first, 65535);

    static const char *const wrong[] = {"0",
                                        "65536",
                                        "443,",
                                        ",443",
                                        "443,,444",
                                        "9100-9000",
                                        "1-",
                                        "-5",
                                        "a",
                                        "443 ",
                                        "443-x",
                                        "4 4 3",
                                        "+443",
                                        "1-2-3",
                                        "0-10",
                                        "''",
                                        "443;80",
                                        "0x1bb",
                                        "99999999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *const words[] = {"--ports", wrong[i], "f", NULL};
        if (parse_words(words) != OPTIONS_WRONG)
            fail_msg("--ports %s was taken", wrong[i]);
        assert_non_null(strstr(error.text, "is no list of ports"));
    }
}

static void test_too_many_ports(void **state)
{
    (void)state;
    static char list[8192];
    memset(list, '2', 2 * 1025 - 1);
    for (unsigned i = 0; i < 1024; i++)
        list[2 * i + 1] = ',';
    const char *const words[] = {"--ports", list, "f", NULL};
    assert_int_equal(parse_words(words), OPTIONS_WRONG);
    assert_non_null(strstr(error.text, "more than 1024 ranges"));
    list[strlen(list) - 2] = '\0';
    assert_int_equal(parse_words(words), OPTIONS_RUN);
    assert_int_equal(options.pipeline.num_ports, 1024);
}

static void test_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *line, *text;
    } cases[] = {
        {"--fromat json f", "unknown option '--fromat'; did you mean --format?"},
        {"--colour=always f", "unknown option '--colour'; did you mean --color?"},
        {"--sin x f", "unknown option '--sin'; did you mean --sni?"},
        {"--snii x f", "unknown option '--snii'; did you mean --sni?"},
        {"--only-failed f", "unknown or ambiguous option '--only-failed'; see --help"},
        {"--no f", "unknown or ambiguous option '--no'; see --help"},
        {"--completely-different f", "unknown or ambiguous option '--completely-different'; see --help"},
        {"-x f", "unknown option '-x'; see --help"},
        {"--quiet -vx f", "unknown option '-x'; see --help"},
        {"f --format", "--format needs FORMAT"},
        {"f -o", "--output needs FILE"},
        {"f -f ''", "--filter needs EXPRESSION"},
        {"f --quiet=yes", "--quiet takes no argument"},
        {"f --format xml", "--format: 'xml' is none of text, json, html, markdown, csv, zeek, zeek-json"},
        {"f --only failed,good", "--only: 'good' is none of completed, failed, incomplete, not-tls"},
        {"f --only failed,", "--only: '' is none of completed, failed, incomplete, not-tls"},
        {"f --color maybe", "--color: 'maybe' is none of auto, always, never"},
        {"f --hash aut", "--hash: 'aut' is none of auto, always, never"},
        {"f --fail-on info", "--fail-on: 'info' is none of error, warning"},
        {"f --connection 0", "--connection: '0' is no connection's id; reports show it as #ID or \"id\""},
        {"f --connection 12a", "--connection: '12a' is no connection's id; reports show it as #ID or \"id\""},
        {"f --connection 18446744073709551616",
         "--connection: '18446744073709551616' is no connection's id; reports show it as #ID or \"id\""},
        {"f --verdict No", "--verdict: 'No' is no code such as tcp-refused; see --explain list"},
        {"f --verdict=", "--verdict: '' is no code such as tcp-refused; see --explain list"},
        {"f --verdict tcp-refuse", "--verdict: 'tcp-refuse' is no code; did you mean tcp-refused?"},
        {"f --verdict chain", "--verdict: 'chain' is no code; did you mean chain-incomplete, chain-disordered?"},
        {"f --expiring-days -1", "--expiring-days: '-1' is no number of days from 0 to 36500"},
        {"f --expiring-days 40000", "--expiring-days: '40000' is no number of days from 0 to 36500"},
        {"f --client-trust corp", "--client-trust: no trust store is named 'corp'; name it with --trust corp=PATH"},
        {"f --client-trust copr --trust corp=x", "--client-trust: no trust store is named 'copr'; did you mean corp?"},
        {"f --client-trust system --no-verify", "--client-trust needs what --no-verify leaves out"},
        {"f --server a",
         "--server tells whom --server-ciphers, --server-versions and the like are about; none is given"},
        {"f --server a: --server-cert rsa", "--server: '' (character 3) is no port"},
        {"f --server-cert rsa,dh", "--server-cert: 'dh' (character 5) is no type of certificate (rsa, ecdsa, ed25519, "
                                   "ed448, dsa)"},
        {"f --server-versions ''", "--server-versions names no version"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(parse(cases[i].line), OPTIONS_WRONG);
        assert_string_equal(error.text, cases[i].text);
    }
}

static void test_client_trust(void **state)
{
    (void)state;
    assert_int_equal(parse("f --client-trust system"), OPTIONS_RUN);
    assert_int_equal(options.pipeline.verify.num_stores, 0); /* the default store bears that name */
    assert_string_equal(options.pipeline.diagnose.client_trust, "system");
    assert_int_equal(parse("f --client-trust corp --trust corp=x"), OPTIONS_RUN);
    /* The system's store is taken along when it is the client's. */
    assert_int_equal(parse("f --trust corp=x --client-trust system"), OPTIONS_RUN);
    assert_int_equal(options.pipeline.verify.num_stores, 2);
    assert_string_equal(options.stores[1].name, "system");
    assert_null(options.stores[1].path);
}

static void test_explain(void **state)
{
    (void)state;
    assert_int_equal(parse("--explain tcp-refused,certificate-expired --explain tcp-refused"), OPTIONS_EXPLAIN);
    assert_int_equal(options.num_explained, 2);
    assert_int_equal(options.explained[0], FINDING_TCP_REFUSED);
    assert_int_equal(options.explained[1], FINDING_CERTIFICATE_EXPIRED);
    assert_false(options.list_codes);
    assert_int_equal(parse("--explain list"), OPTIONS_EXPLAIN);
    assert_true(options.list_codes);
    assert_int_equal(parse("--seen-as EPROTO"), OPTIONS_EXPLAIN);
    assert_string_equal(options.seen_as, "EPROTO");
    assert_int_equal(parse("--seen-as EPROTO f"), OPTIONS_RUN);
    static const struct {
        const char *line, *text;
    } cases[] = {
        {"--explain tcp-refusd", "--explain: 'tcp-refusd' is no code; did you mean tcp-refused?"},
        {"--explain tcp-refused,xyzzy", "--explain: 'xyzzy' is no code such as tcp-refused; see --explain list"},
        {"--explain tcp-refused f", "--explain takes no capture; --verdict CODE selects connections"},
        {"--explain ,", "--explain needs CODE"},
        {"--seen-as EPROTO --format json", "--format json needs a capture"},
        {"-v", "no capture is named (- is standard input); see --help"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(parse(cases[i].line), OPTIONS_WRONG);
        assert_string_equal(error.text, cases[i].text);
    }
}

static void test_help_and_version(void **state)
{
    (void)state;
    assert_int_equal(parse("--help"), OPTIONS_HELP);
    assert_int_equal(parse("-vh"), OPTIONS_HELP);
    assert_int_equal(parse("-V nothing.pcap"), OPTIONS_VERSION);
    char *help = options_help_text(), *version = options_version_text();
    assert_non_null(help);
    assert_non_null(version);
    assert_int_equal(strncmp(help, "Usage: tlswhy [options] FILE...\n", 32), 0);
    for (const struct option_row *row = options_table(); row->name; row++) {
        char name[64];
        snprintf(name, sizeof name, "--%s", row->name);
        assert_non_null(strstr(help, name));
        assert_non_null(strstr(help, row->help));
    }
    for (const char *line = help; *line; line = strchr(line, '\n') + 1)
        assert_true(strcspn(line, "\n") <= 100);
    assert_int_equal(strncmp(version, "tlswhy " TLSWHY_VERSION "\n", strlen("tlswhy " TLSWHY_VERSION "\n")), 0);
    assert_non_null(strstr(version, "OpenSSL 3"));
    assert_non_null(strstr(version, "libpcap version"));
    free(help);
    free(version);
}

/* What the table offers, the parser takes: no row without its branch. */
static void test_every_row_is_taken(void **state)
{
    (void)state;
    for (const struct option_row *row = options_table(); row->name; row++) {
        static const char *const tries[] = {"443", "1",     "x",          "system", "ok",
                                            "rsa", "P-256", "RSA+SHA256", "list",   NULL};
        const char *const *value = row->values ? row->values : tries;
        char option[64];
        unsigned taken = 0;
        for (; *value; value++) {
            /* --server alone would say nothing. */
            const char *second = strcmp(row->name, "compare") == 0 ? "g" : NULL;

            const char *with = strcmp(row->name, "redact-key") == 0        ? "--redact"
                               : strcmp(row->name, "include-secrets") == 0 ? "--evidence=e"
                               : strcmp(row->name, "extract-max") == 0     ? "--extract-certs=d"
                                                                           : "--no-progress";
            bool may_have = row->argument && row->argument[0] == '[';
            snprintf(option, sizeof option, "--%s%s%s", row->name, may_have ? "=" : "", may_have ? *value : "");
            const char *const words[] = {
                "f", with, "--server-cert", "rsa", option, row->argument && !may_have ? *value : second, NULL};
            bool takes_capture = strcmp(row->name, "explain") != 0;
            enum options_result result = parse_words(takes_capture ? words : words + 4);
            taken += result != OPTIONS_WRONG;
            if (row->values)
                assert_int_equal(result, OPTIONS_RUN);
        }
        assert_true(taken > 0);
    }
    const char *const *formats = report_formats();
    for (const struct option_row *row = options_table(); row->name; row++) {
        for (unsigned i = 0; strcmp(row->name, "format") == 0 && (formats[i] || row->values[i]); i++)
            assert_string_equal(row->values[i], formats[i]);
        for (unsigned i = 0; strcmp(row->name, "only") == 0 && row->values[i]; i++)
            assert_string_equal(row->values[i], outcome_name((enum outcome)i));
    }
}

static void test_color(void **state)
{
    (void)state;
    assert_int_equal(parse("f"), OPTIONS_RUN);
    assert_true(options_use_color(&options, true, NULL));
    assert_true(options_use_color(&options, true, ""));
    assert_false(options_use_color(&options, true, "1"));
    assert_false(options_use_color(&options, false, NULL));
    assert_int_equal(parse("--color always f"), OPTIONS_RUN);
    assert_true(options_use_color(&options, false, "1"));
    assert_int_equal(parse("--color never f"), OPTIONS_RUN);
    assert_false(options_use_color(&options, true, NULL));
}

#define TEST(f) cmocka_unit_test_teardown(f, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_defaults),
        TEST(test_files),
        TEST(test_all_options),
        TEST(test_ports),
        TEST(test_outputs),
        TEST(test_trust),
        TEST(test_too_many_ports),
        TEST(test_wrong),
        TEST(test_client_trust),
        TEST(test_compare),
        TEST(test_explain),
        TEST(test_help_and_version),
        TEST(test_every_row_is_taken),
        TEST(test_color),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
