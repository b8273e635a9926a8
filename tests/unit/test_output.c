/* Outputs: blocks into a descriptor, memory, spools that move to a file, errors that are kept. */
#include "support/cmocka_all.h"

#include "bounds.h"
#include "report/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int temporary_file(void)
{
    char path[] = "/tmp/tlswhy-test-output-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    return fd;
}

static void write_pattern(struct output *o, size_t lines)
{
    for (size_t i = 0; i < lines; i++)
        output_printf(o, "line %zu of many\n", i);
}

/* The first `lines` lines of write_pattern() are exactly what fd holds. */
static void assert_pattern(int fd, size_t lines)
{
    FILE *file = fdopen(fd, "r");
    assert_non_null(file);
    rewind(file);
    char line[64], expected[64];
    for (size_t i = 0; i < lines; i++) {
        snprintf(expected, sizeof expected, "line %zu of many\n", i);
        assert_non_null(fgets(line, sizeof line, file));
        assert_string_equal(line, expected);
    }
    assert_null(fgets(line, sizeof line, file));
    fclose(file);
}

static void test_descriptor(void **state)
{
    (void)state;
    struct output o;
    struct error error;
    int fd = temporary_file();
    assert_int_equal(output_init(&o, fd, &error), 0);
    write_pattern(&o, 10);
    assert_int_equal(lseek(fd, 0, SEEK_END), 0); /* still in the block */
    output_flush(&o);
    assert_true(lseek(fd, 0, SEEK_END) > 0);
    output_cleanup(&o);
    assert_pattern(fd, 10);
}

static void test_blocks(void **state)
{
    (void)state;
    struct output o;
    struct error error;
    int fd = temporary_file();
    char *large = malloc(3 * LIMIT_OUTPUT_BLOCK);
    memset(large, 'x', 3 * LIMIT_OUTPUT_BLOCK);
    assert_int_equal(output_init(&o, fd, &error), 0);
    output_bytes(&o, large, 3 * LIMIT_OUTPUT_BLOCK);
    output_char(&o, 'y');
    output_flush(&o);
    assert_int_equal(lseek(fd, 0, SEEK_END), 3 * LIMIT_OUTPUT_BLOCK + 1);
    assert_int_equal(o.error, 0);
    output_cleanup(&o);
    free(large);
    close(fd);
}

static void test_numbers(void **state)
{
    (void)state;
    struct output o;
    struct error error;
    assert_int_equal(output_init_memory(&o, &error), 0);
    output_u64(&o, 0);
    output_char(&o, ' ');
    output_u64(&o, 1234567890);
    output_char(&o, ' ');
    output_u64(&o, UINT64_MAX);
    output_char(&o, '\0');
    assert_string_equal(o.data, "0 1234567890 18446744073709551615");
    output_cleanup(&o);
}

static void test_long_printf_is_cut(void **state)
{
    (void)state;
    struct output o;
    struct error error;
    assert_int_equal(output_init_memory(&o, &error), 0);
    output_printf(&o, "%*s", 3 * OUTPUT_ROOM, "x");
    assert_int_equal(o.len, OUTPUT_ROOM - 1);
    output_cleanup(&o);
}

static void test_spool(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 5, 1000000}; /* the last one outgrows memory */
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct output spool, o;
        struct error error;
        int fd = temporary_file();
        assert_int_equal(output_init_spool(&spool, &error), 0);
        assert_int_equal(output_init(&o, fd, &error), 0);
        write_pattern(&spool, sizes[i]);
        assert_true(spool.size <= LIMIT_SPOOL_MEMORY);
        assert_int_equal(spool.fd >= 0, sizes[i] == 1000000);
        output_append(&o, &spool);
        output_flush(&o);
        assert_int_equal(o.error, 0);
        output_cleanup(&spool);
        output_cleanup(&o);
        assert_pattern(fd, sizes[i]);
    }
}

/* Spans of a spool come out in any order, in memory as from the file. */
static void test_parts(void **state)
{
    (void)state;
    static const size_t sizes[] = {100, 1000000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct output spool, o;
        struct error error;
        uint64_t starts[3], ends[3];
        assert_int_equal(output_init_spool(&spool, &error), 0);
        assert_int_equal(output_init_memory(&o, &error), 0);
        for (unsigned part = 0; part < 3; part++) {
            write_pattern(&spool, sizes[i]);
            starts[part] = output_at(&spool);
            output_printf(&spool, "part %u", part);
            ends[part] = output_at(&spool);
        }
        write_pattern(&spool, sizes[i]);
        assert_int_equal(spool.fd >= 0, sizes[i] == 1000000);
        for (unsigned part = 3; part-- > 0;)
            output_append_part(&o, &spool, starts[part], ends[part] - starts[part]);
        output_append_part(&o, &spool, output_at(&spool) + 10, 5); /* beyond its end: nothing */
        output_append_part(&o, &spool, starts[0], 0);
        output_char(&o, '\0');
        assert_string_equal(o.data, "part 2part 1part 0");
        assert_int_equal(o.error, 0);
        output_cleanup(&spool);
        output_cleanup(&o);
    }
}

static void test_error_is_kept(void **state)
{
    (void)state;
    struct output o;
    struct error error;
    int fd = open("/dev/full", O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(output_init(&o, fd, &error), 0);
    write_pattern(&o, 100000);
    output_flush(&o);
    assert_int_equal(o.error, ENOSPC);
    output_char(&o, 'x');
    output_flush(&o);
    assert_int_equal(o.error, ENOSPC);
    output_cleanup(&o);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_descriptor),         cmocka_unit_test(test_blocks), cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_long_printf_is_cut), cmocka_unit_test(test_spool),  cmocka_unit_test(test_parts),
        cmocka_unit_test(test_error_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
