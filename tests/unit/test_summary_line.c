/* The one line of --summary-line. */
#include "support/cmocka_all.h"
#include "support/report_sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A connection, or a look-up where the outcome is -1; `num` of them. */
struct row {
    int outcome;
    enum finding_id id;
    const char *name;
    uint8_t client; /* last byte of its address */
    unsigned num;
};

static char line[1024];

static const char *draw(const struct row *rows, size_t num, bool is_utf8)
{
    const struct report_options options = {.is_utf8 = is_utf8};
    struct sample_words words = sample_words_tame();
    struct report_sample sample;
    struct error error;
    FILE *file = tmpfile();
    assert_non_null(file);
    report_sample_init(&sample, &words);
    struct report *report = report_new("summary-line", fileno(file), &options, NULL, &error);
    assert_non_null(report);
    for (size_t i = 0; i < num; i++) {
        struct diagnosis *d = &sample.diagnosis;
        diagnosis_reset(d);
        struct finding *f = rows[i].id < NUM_FINDINGS ? finding_add(d, rows[i].id, CERTAINTY_LIKELY) : NULL;
        if (f && rows[i].outcome != OUTCOME_COMPLETED)
            d->verdict.finding = f;
        d->verdict.outcome = rows[i].outcome < 0 ? OUTCOME_FAILED : (enum outcome)rows[i].outcome;
        sample.connection.name = rows[i].name;
        sample.flow.address[0][3] = rows[i].client;
        char client[16];
        snprintf(client, sizeof client, "10.0.0.%u", rows[i].client);
        struct report_name name = sample.name_record;
        name.name = rows[i].name;
        name.client = client;
        name.diagnosis = d;
        for (unsigned k = 0; k < rows[i].num; k++)
            assert_int_equal(
                rows[i].outcome < 0 ? report_name(report, &name) : report_connection(report, &sample.shown), 0);
    }
    assert_int_equal(report_finish(report, &sample.summary, &error), 0);
    report_free(report);
    report_sample_cleanup(&sample);
    rewind(file);
    size_t len = fread(line, 1, sizeof line - 1, file);
    line[len] = '\0';
    fclose(file);
    assert_in_range(len, 1, LIMIT_SUMMARY_LINE + 1);
    assert_ptr_equal(strchr(line, '\n'), line + len - 1); /* one line, to its end */
    line[len - 1] = '\0';
    return line;
}
#define DRAW(is_utf8, ...)                                                                                             \
    draw((const struct row[]){__VA_ARGS__}, sizeof((struct row[]){__VA_ARGS__}) / sizeof(struct row), is_utf8)

static void test_outcomes(void **state)
{
    (void)state;
    const struct row good = {OUTCOME_COMPLETED, NUM_FINDINGS, "www.example.test", 5, 2};
    assert_string_equal(draw(NULL, 0, false), "tlswhy: no TLS connections");
    assert_string_equal(DRAW(false, good), "tlswhy: all 2 TLS connections completed");
    assert_string_equal(DRAW(true, good, {OUTCOME_FAILED, FINDING_ISSUER_UNTRUSTED, "pypi.org", 5, 2},
                             {OUTCOME_INCOMPLETE, FINDING_CAPTURE_TRUNCATED, "x.test", 5, 1},
                             {OUTCOME_NOT_TLS, FINDING_REPLY_NOT_TLS, NULL, 6, 1}),
                        "tlswhy: 3 of 6 TLS connections failed: issuer-untrusted \xc3\x97"
                        "2 (pypi.org from 10.0.0.5), "
                        "reply-not-tls (192.0.2.7:443 from 10.0.0.6)");
    assert_string_equal(DRAW(false, {OUTCOME_FAILED, FINDING_TCP_REFUSED, "a.test", 5, 1}),
                        "tlswhy: 1 TLS connection failed: tcp-refused (a.test from 10.0.0.5)");
    assert_string_equal(
        DRAW(false, {OUTCOME_FAILED, FINDING_TCP_REFUSED, "a.test", 5, 1},
             {OUTCOME_FAILED, FINDING_TCP_REFUSED, "b.test", 6, 1}),
        "tlswhy: all 2 TLS connections failed: tcp-refused x2 (a.test and others from 10.0.0.5 and others)");
    assert_string_equal(
        DRAW(false, good, {OUTCOME_INCOMPLETE, FINDING_CAPTURE_TRUNCATED, "x.test", 5, 1}),
        "tlswhy: 1 of 3 TLS connections incomplete in the capture: capture-truncated (x.test from 10.0.0.5)");
    assert_string_equal(
        DRAW(false, good, {OUTCOME_COMPLETED, FINDING_CERTIFICATE_EXPIRING, "y.test", 5, 1}),
        "tlswhy: all 3 TLS connections completed, 1 with warnings: certificate-expiring (y.test from 10.0.0.5)");
    assert_string_equal(
        DRAW(false, {-1, FINDING_NAME_NOT_RESOLVED, "nosuch.test", 5, 1}, good),
        "tlswhy: all 2 TLS connections completed; 1 name not resolved: name-not-resolved (nosuch.test from 10.0.0.5)");
}

/* Many kinds, long names: what does not fit is counted. */
static void test_bounds(void **state)
{
    (void)state;
    char name[300];
    struct row rows[20];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    for (unsigned i = 0; i < 20; i++)
        rows[i] = (struct row){OUTCOME_FAILED, (enum finding_id)i, name, 5, 20 - i};
    draw(rows, 20, true);
    assert_non_null(strstr(line, "nnn... from 10.0.0.5), and "));
    assert_non_null(strstr(line, " more"));
    assert_null(strstr(line, "0 more"));
}

static void test_escape(void **state)
{
    (void)state;
    DRAW(true, {OUTCOME_FAILED, FINDING_TCP_REFUSED, "@here\n#1 <b>/close\x1b[\xff\xe2\x80\xae`", 5, 1});
    assert_string_equal(line, "tlswhy: 1 TLS connection failed: tcp-refused "
                              "(\\x40here\\x0a\\x231\\x20\\x3cb\\x3e\\x2fclose\\x1b[\\xff\\xe2\\x80\\xae\\x60 "
                              "from 10.0.0.5)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outcomes),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_escape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
