/* The table of formats, and errors of writing. */
#include "support/cmocka_all.h"
#include "support/report_sample.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void test_formats(void **state)
{
    (void)state;
    const struct report_options options = {0};
    const char *const *names = report_formats();
    struct error error;
    assert_string_equal(names[0], "text");
    assert_string_equal(names[1], "json");
    for (size_t i = 0; names[i]; i++) {
        struct report *report = report_new(names[i], STDOUT_FILENO, &options, NULL, &error);
        assert_non_null(report);
        report_free(report);
    }
    assert_null(report_new("xml", STDOUT_FILENO, &options, NULL, &error));
    assert_non_null(strstr(error.text, "'xml'"));
    report_free(NULL);
}

static void test_endings(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"a.json", "json"}, {"x/b.JSONL", "json"}, {"ndjson", NULL}, {"c.ndjson", "json"}, {"d.csv", "csv"},
        {"e.txt", "text"},  {"f.json/e", NULL},    {"", NULL},       {"g.json.", NULL},    {"h.jso", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *format = report_format_of_path(rows[i][0]);
        if (rows[i][1])
            assert_string_equal(format, rows[i][1]);
        else
            assert_null(format);
    }
}

static void test_full_disk(void **state)
{
    (void)state;
    const struct report_options options = {.verbose = true};
    struct sample_words words = sample_words_tame();
    struct report_sample sample;
    struct error error;
    int fd = open("/dev/full", O_WRONLY);
    assert_true(fd >= 0);
    report_sample_init(&sample, &words);
    for (const char *const *name = report_formats(); *name; name++) {
        struct report *report = report_new(*name, fd, &options, sample.fingerprints, &error);
        assert_non_null(report);
        (void)report_connection(report, &sample.shown);
        assert_int_equal(report_finish(report, &sample.summary, &error), -1);
        assert_non_null(strstr(error.text, "No space left on device"));
        report_free(report);
    }
    report_sample_cleanup(&sample);
    close(fd);
}

/* "and 4,026 more connections that failed" */
static unsigned left_to_json(const char *line)
{
    unsigned thousands, rest;
    const char *said = strstr(line, "and ");
    if (!said || !strstr(said, " more connections that failed, told in full by --format json"))
        return 0;
    if (sscanf(said, "and %u,%u more", &thousands, &rest) == 2)
        return thousands * 1000 + rest;
    return sscanf(said, "and %u more", &rest) == 1 ? rest : 0;
}

/* What was written before stays written: blocks go out as they fill. Pages have room for some, and say for how many
 * not. */
static void test_many_records(void **state)
{
    (void)state;
    const struct report_options options = {.verbose = true}; /* nothing is put together */
    struct sample_words words = sample_words_tame();
    struct report_sample sample;
    struct error error;
    report_sample_init(&sample, &words);
    for (const char *const *name = report_formats(); *name; name++) {
        FILE *file = tmpfile();
        assert_non_null(file);
        struct report *report = report_new(*name, fileno(file), &options, sample.fingerprints, &error);
        for (unsigned i = 0; i < 5000; i++) {
            sample.connection.id = i + 1;
            assert_int_equal(report_connection(report, &sample.shown), 0);
        }
        assert_int_equal(report_finish(report, &sample.summary, &error), 0);
        report_free(report);
        rewind(file);
        char line[65536];
        unsigned expected = 0, untold = 0;
        while (fgets(line, sizeof line, file)) {
            unsigned id;
            int csv_len = 0;
            if (strncmp(*name, "zeek", 4) == 0) { /* there is no number in it */
                expected += strstr(line, "\t10.0.0.1\t54321\t") || strstr(line, "\"_path\":\"ssl\"");
                continue;
            }
            if (sscanf(line, "FAILED issuer-untrusted  #%u", &id) == 1 ||
                sscanf(line, "{\"record\":\"connection\",\"id\":%u,", &id) == 1 ||
                sscanf(line, "<article class=\"entry failed\" id=\"c%u\"", &id) == 1 ||
                sscanf(line, "### FAILED issuer-untrusted · no. %u", &id) == 1 ||
                (sscanf(line, "%u,2024-%n", &id, &csv_len) == 1 && csv_len > 0))
                assert_int_equal(id, 1 + expected++);
            untold += left_to_json(line);
        }
        bool is_page = strcmp(*name, "html") == 0 || strcmp(*name, "markdown") == 0;
        assert_int_equal(untold > 0, is_page);
        assert_int_equal(expected + untold, 5000);
        fclose(file);
    }
    report_sample_cleanup(&sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_endings),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_many_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
