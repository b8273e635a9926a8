/* Several reports from one reading. */
#include "support/cmocka_all.h"
#include "support/report_sample.h"

#include "report/reports.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *content(FILE *file)
{
    char *text = NULL;
    size_t len, size = 0;
    rewind(file);
    assert_true(getdelim(&text, &size, '\0', file) > 0);
    len = strlen(text);
    assert_true(len > 0);
    fclose(file);
    return text;
}

/* Each is what it would have been alone, whatever becomes of the others. */
static void test_fan_out(void **state)
{
    (void)state;
    const struct report_options options = {.verbose = true, .use_color = true};
    struct sample_words words = sample_words_tame();
    struct report_sample sample;
    struct error error;
    FILE *text = tmpfile(), *json = tmpfile();
    int full = open("/dev/full", O_WRONLY);
    assert_true(text && json && full >= 0);
    report_sample_init(&sample, &words);
    const struct report_target targets[] = {
        {.format = "json", .path = "first", .fd = full},
        {.format = "text", .path = "second", .fd = fileno(text)},
        {.format = "text", .path = "third", .fd = full},
        {.format = "json", .fd = fileno(json)},
    };
    struct reports *reports = reports_new(targets, 4, &options, sample.fingerprints, &error);
    assert_non_null(reports);
    reports_connection(reports, &sample.shown);
    reports_name(reports, &sample.name_record);
    assert_int_equal(reports_finish(reports, &sample.summary, &error), -1);
    assert_string_equal(error.text, "cannot write first: No space left on device; "
                                    "cannot write third: No space left on device");
    reports_free(reports);

    const struct report_options plain = {.verbose = true}; /* colours are the target's, not the options' */
    char *alone[] = {report_sample_write(&sample, "text", &plain), report_sample_write(&sample, "json", &plain)};
    char *together[] = {content(text), content(json)};
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(together[i], alone[i]);
        free(together[i]);
        free(alone[i]);
    }
    report_sample_cleanup(&sample);
    close(full);
}

static void test_unknown_format(void **state)
{
    (void)state;
    const struct report_options options = {0};
    const struct report_target targets[] = {{.format = "text", .fd = STDOUT_FILENO},
                                            {.format = "xml", .fd = STDOUT_FILENO}};
    struct error error;
    assert_null(reports_new(targets, 2, &options, NULL, &error));
    assert_non_null(strstr(error.text, "'xml'"));
    reports_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fan_out),
        cmocka_unit_test(test_unknown_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
