/* The store of secrets: files that are whole, growing, damaged or something else. */
#include "session/keys.h"

#include "bounds.h"
#include "support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECRET32 "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
#define MASTER   SECRET32 "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"

static void random_of(unsigned i, uint8_t out[KEYLOG_RANDOM_LEN])
{
    memset(out, 0, KEYLOG_RANDOM_LEN);
    out[30] = (uint8_t)(i >> 8);
    out[31] = (uint8_t)i;
}

static struct bytes text(const char *s)
{
    return (struct bytes){(const uint8_t *)s, strlen(s)};
}

static void write_line(FILE *out, const char *label, unsigned i, const char *secret)
{
    fprintf(out, "%s %060u%04x %s\n", label, 0, i, secret);
}

/* A file in the temporary folder; its name is freed with it. */
static FILE *file_new(char **path)
{
    *path = strdup("/tmp/tlswhy-keysXXXXXX");
    assert_non_null(*path);
    int fd = mkstemp(*path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    assert_non_null(file);
    return file;
}

static void file_free(char *path)
{
    unlink(path);
    free(path);
}

static bool has(struct keys *keys, unsigned i, struct key_set *set)
{
    uint8_t client_random[KEYLOG_RANDOM_LEN];
    random_of(i, client_random);
    return keys_find(keys, client_random, set);
}

static void test_many(void **state)
{
    (void)state;
    enum { NUM = 3000 };
    char *path;
    FILE *file = file_new(&path);
    for (unsigned i = 0; i < NUM; i++) {
        write_line(file, "CLIENT_HANDSHAKE_TRAFFIC_SECRET", i, SECRET32);
        write_line(file, "SERVER_TRAFFIC_SECRET_0", i, i % 2 ? MASTER : SECRET32);
    }
    fclose(file);
    struct keys *keys = keys_new();
    struct error error;
    struct key_set set;
    assert_false(keys_has_source(keys));
    assert_int_equal(keys_read_file(keys, path, false, &error), 0);
    assert_true(keys_has_source(keys));
    assert_false(keys_may_grow(keys));
    for (unsigned i = 0; i < NUM; i++) {
        assert_true(has(keys, i, &set));
        assert_int_equal(set.source, KEYS_KEYLOG);
        assert_int_equal(set.secrets[SECRET_CLIENT_HANDSHAKE].len, 32);
        assert_int_equal(set.secrets[SECRET_SERVER_TRAFFIC].len, i % 2 ? 48 : 32);
        assert_int_equal(set.secrets[SECRET_SERVER_TRAFFIC].at[31], 0xBF);
        assert_int_equal(set.secrets[SECRET_MASTER].len, 0);
    }
    assert_false(has(keys, NUM, &set));
    assert_int_equal(keys_stats(keys).secrets, 2 * NUM);
    assert_int_equal(keys_stats(keys).odd_lines, 0);
    keys_free(keys);
    file_free(path);
}

/* The first secret of a kind stays; who came first names the source. */
static void test_twice(void **state)
{
    (void)state;
    struct keys *keys = keys_new();
    struct key_set set;
    char log[400];
    snprintf(log, sizeof log, "CLIENT_RANDOM %060u%04x " MASTER, 0, 7u);
    keys_add(keys, text(log), KEYS_PCAPNG);
    log[strlen(log) - 1] = '0';
    keys_add(keys, text(log), KEYS_KEYLOG);
    assert_true(has(keys, 7, &set));
    assert_int_equal(set.source, KEYS_PCAPNG);
    assert_int_equal(set.secrets[SECRET_MASTER].at[47], 0xCF);
    assert_int_equal(keys_stats(keys).secrets, 1);
    assert_string_equal(keys_source_name(set.source), "pcapng");
    keys_free(keys);
}

static void test_growing(void **state)
{
    (void)state;
    char *path;
    FILE *file = file_new(&path);
    struct keys *keys = keys_new();
    struct error error;
    struct key_set set;
    assert_int_equal(keys_read_file(keys, path, true, &error), 0);
    assert_true(keys_may_grow(keys));
    assert_false(has(keys, 1, &set));
    /* Half a line is none, even where it looks like a shorter secret. */
    fprintf(file, "SERVER_TRAFFIC_SECRET_0 %060u%04x " SECRET32, 0, 1u);
    fflush(file);
    assert_false(has(keys, 1, &set));
    fputs("c0c1c2c3c4c5c6c7c8c9cacbcccdcecf\n", file);
    fflush(file);
    assert_true(has(keys, 1, &set));
    assert_int_equal(set.secrets[SECRET_SERVER_TRAFFIC].len, 48);
    /* The handshake's secrets come before the others. */
    write_line(file, "SERVER_HANDSHAKE_TRAFFIC_SECRET", 2, SECRET32);
    fflush(file);
    assert_true(has(keys, 2, &set));
    assert_int_equal(set.secrets[SECRET_SERVER_TRAFFIC].len, 0);
    write_line(file, "SERVER_TRAFFIC_SECRET_0", 2, SECRET32);
    fclose(file);
    assert_true(has(keys, 2, &set));
    assert_int_equal(set.secrets[SECRET_SERVER_TRAFFIC].len, 32);
    assert_int_equal(keys_stats(keys).odd_lines, 0);
    keys_free(keys);
    file_free(path);
}

static void test_odd_files(void **state)
{
    (void)state;
    struct keys *keys = keys_new();
    struct error error;
    struct key_set set;
    char *path;
    assert_int_equal(keys_read_file(keys, "/nonexistent/keys", false, &error), -1);
    assert_non_null(strstr(error.text, "/nonexistent/keys"));
    assert_int_equal(keys_read_file(keys, "/tmp", false, &error), -1);

    FILE *file = file_new(&path);
    fputs("<html>\nno key log\n", file);
    fclose(file);
    assert_int_equal(keys_read_file(keys, path, false, &error), -1);
    assert_non_null(strstr(error.text, "key log"));
    file_free(path);
    assert_false(keys_has_source(keys));

    /* Empty, or with comments alone: nothing was logged yet. */
    file = file_new(&path);
    fputs("# nothing\n", file);
    fclose(file);
    assert_int_equal(keys_read_file(keys, path, false, &error), 0);
    assert_true(keys_has_source(keys));
    file_free(path);

    file = file_new(&path);
    fputs("\n\r\r\n rest of a capture", file);
    fclose(file);
    assert_int_equal(keys_read_file(keys, path, false, &error), 1);
    file_free(path);

    /* Lines too long to be any, NULs, and a last line without its end around a good one. */
    file = file_new(&path);
    for (unsigned i = 0; i < 2 * LIMIT_KEYLOG_LINE + 70000; i++)
        fputc('A', file);
    fputc('\n', file);
    write_line(file, "CLIENT_RANDOM", 3, MASTER);
    fwrite("\0\0\n", 1, 3, file);
    fprintf(file, "CLIENT_RANDOM %060u%04x " MASTER, 0, 4u);
    fclose(file);
    assert_int_equal(keys_read_file(keys, path, false, &error), 0);
    assert_true(has(keys, 3, &set));
    assert_true(has(keys, 4, &set));
    assert_int_equal(keys_stats(keys).secrets, 2);
    file_free(path);
    keys_free(keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_twice),
        cmocka_unit_test(test_growing),
        cmocka_unit_test(test_odd_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
