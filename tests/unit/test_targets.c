/* Files that are written to. */
#include "support/cmocka_all.h"

#include "targets.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static struct error error;

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/test_targets.XXXXXX");
    return mkdtemp(folder) ? chdir(folder) : -1;
}

static int tear_down(void **state)
{
    (void)state;
    static const char *const names[] = {"old", "new", "other", "input", "link", "made"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        (void)unlink(names[i]);
    (void)rmdir("directory");
    return chdir("/") < 0 || rmdir(folder) < 0 ? -1 : 0;
}

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static off_t size_of(const char *path)
{
    struct stat status;
    return stat(path, &status) < 0 ? -1 : status.st_size;
}

static void test_open(void **state)
{
    (void)state;
    static const char *const inputs[] = {"input", "-"};
    struct report_target targets[] = {
        {.path = "old"}, {.path = NULL}, {.path = "new"}, {.path = "directory", .is_directory = true}};
    put("old", "old report");
    put("input", "packets");
    assert_int_equal(targets_open(targets, 4, inputs, 2, NULL, &error), 0);
    assert_int_equal(size_of("old"), 0);
    assert_int_equal(size_of("new"), 0);
    assert_int_equal(size_of("input"), 7);
    assert_int_equal(targets[1].fd, STDOUT_FILENO);
    assert_int_equal(write(targets[2].fd, "text", 4), 4);
    int inside = openat(targets[3].fd, "file", O_WRONLY | O_CREAT, 0600);
    assert_true(inside >= 0);
    close(inside);
    assert_int_equal(unlinkat(targets[3].fd, "file", 0), 0);
    assert_int_equal(targets_close(targets, 4, 0, &error), 0);
    assert_int_equal(size_of("new"), 4);
    assert_int_equal(fcntl(STDOUT_FILENO, F_GETFD) >= 0, true);
    assert_int_equal(targets_close(targets, 4, -1, &error), -1);

    struct report_target again = {.path = "directory", .is_directory = true};
    assert_int_equal(targets_open(&again, 1, NULL, 0, NULL, &error), 0);
    assert_int_equal(targets_close(&again, 1, 0, &error), 0);
}

/* Nothing is emptied or left behind when one of them is wrong. */
static void refuse(struct report_target *targets, size_t num, const char *why)
{
    static const char *const inputs[] = {"input"};
    put("old", "old report");
    put("input", "packets");
    put("made", "");
    assert_int_equal(targets_open(targets, num, inputs, 1, "made", &error), -1);
    assert_string_equal(error.text, why);
    assert_int_equal(size_of("old"), 10);
    assert_int_equal(size_of("input"), 7);
    assert_int_equal(size_of("new"), -1);
    assert_int_equal(size_of("directory"), -1);
    for (size_t i = 0; i < num; i++)
        assert_true(!targets[i].path || targets[i].fd < 0);
}

static void test_refused(void **state)
{
    (void)state;
    struct report_target input[] = {{.path = "old"}, {.path = "new"}, {.path = "input"}};
    refuse(input, 3, "input is an input, and would be overwritten");
    struct report_target missing[] = {
        {.path = "old"}, {.path = "directory", .is_directory = true}, {.path = "no/such"}};
    refuse(missing, 3, "cannot write no/such: No such file or directory");
    struct report_target no_directory[] = {{.path = "new"}, {.path = "old", .is_directory = true}};
    refuse(no_directory, 2, "cannot write old: Not a directory");
    struct report_target twice[] = {{.path = "new"}, {.path = "old"}, {.path = "./new"}};
    refuse(twice, 3, "./new is written to twice");
    struct report_target made[] = {{.path = "old"}, {.path = "new"}, {.path = "./made"}};
    refuse(made, 3, "./made is written to twice");
    put("old", "");
    assert_int_equal(link("old", "link"), 0);
    struct report_target linked[] = {{.path = "old"}, {.path = "link"}};
    refuse(linked, 2, "link is written to twice");
    assert_int_equal(unlink("link"), 0);
    struct report_target devices[] = {{.path = "/dev/null"}, {.path = "/dev/null"}};
    assert_int_equal(targets_open(devices, 2, NULL, 0, NULL, &error), 0);
    assert_int_equal(targets_close(devices, 2, 0, &error), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_open, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
