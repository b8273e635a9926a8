/* JSON of ClientHellos that one report tells one after another: what was rendered before never stands for another one.
 */
#include "support/cmocka_all.h"
#include "support/report_sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SESSION_ID_AT = 34, SESSION_ID_LEN = 8 };

static struct report_sample sample;

/* Gives the sample's hello a session ID, which it does not have. */
static void add_session_id(void)
{
    struct bytes *body = &sample.connection.client_hello_body;
    uint8_t *at = sample.hello + SESSION_ID_AT;
    assert_int_equal(*at, 0);
    memmove(at + 1 + SESSION_ID_LEN, at + 1, body->len - SESSION_ID_AT - 1);
    *at = SESSION_ID_LEN;
    memset(at + 1, 0x77, SESSION_ID_LEN);
    body->len += SESSION_ID_LEN;
}

static int set_up(void **state)
{
    (void)state;
    struct sample_words words = sample_words_tame();
    report_sample_init(&sample, &words);
    add_session_id();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    report_sample_cleanup(&sample);
    return 0;
}

static void read_hello(void)
{
    struct connection *c = &sample.connection;
    struct cursor body;
    cursor_init_whole(&body, c->client_hello_body, &c->client_hello_fault);
    client_hello_parse(&body, &c->client_hello);
    c->is_client_hello_cut = c->client_hello_fault.kind == FAULT_SHORT;
}

/* A report that tells the hello with the byte at `first` changed, then with the byte at `second`. */
static char *tell_both(size_t first, size_t second)
{
    struct error error;
    const struct report_options options = {.quiet = false};
    FILE *file = tmpfile();
    assert_non_null(file);
    struct report *report = report_new("json", fileno(file), &options, sample.fingerprints, &error);
    assert_non_null(report);
    for (unsigned i = 0; i < 2; i++) {
        uint8_t *byte = &sample.hello[i == 0 ? first : second];
        *byte ^= 0x01;
        read_hello();
        assert_int_equal(report_connection(report, &sample.shown), 0);
        *byte ^= 0x01;
    }
    assert_int_equal(report_finish(report, &sample.summary, &error), 0);
    report_free(report);
    long len = lseek(fileno(file), 0, SEEK_END);
    char *text = malloc((size_t)len + 1);
    assert_non_null(text);
    assert_int_equal(pread(fileno(file), text, (size_t)len, 0), len);
    text[len] = '\0';
    fclose(file);
    return text;
}

/* The lines of a report; the text is cut up. */
static const char *line_at(char *text, unsigned number)
{
    char *line = strtok(text, "\n");
    while (line && number-- > 0)
        line = strtok(NULL, "\n");
    assert_non_null(line);
    return line;
}

/* Whatever byte differs from the hello before: told as when it comes first. */
static void test_each_byte(void **state)
{
    (void)state;
    size_t last = sample.connection.client_hello_body.len - 1;
    for (size_t i = 0; i < last; i++) {
        char *after = tell_both(last, i), *alone = tell_both(i, i);
        char *second = strdup(line_at(after, 1));
        assert_string_equal(second, line_at(alone, 0));
        free(second);
        free(alone);
        free(after);
    }
}

static void assert_same_offer(size_t first, size_t second, bool is_same)
{
    char *text = tell_both(first, second);
    const char *a = strstr(text, "\"client_hello\":{");
    assert_non_null(a);
    const char *b = strstr(a + 1, "\"client_hello\":{"), *end = strstr(a, "\"server_hello\":{");
    assert_non_null(b);
    assert_non_null(end);
    assert_int_equal(memcmp(a, b, (size_t)(end - a)) == 0, is_same);
    free(text);
}

/* Random, session ID and server name differ from one connection of a client to the next; its offer does not. */
static void test_own_parts(void **state)
{
    (void)state;
    read_hello();
    const struct client_hello *hello = &sample.connection.client_hello;
    size_t name_at = (size_t)(hello->ext.server_name.at - sample.hello);
    assert_int_equal(hello->session_id.len, SESSION_ID_LEN);
    assert_same_offer(2, 33, true);
    assert_same_offer(2, SESSION_ID_AT + 1, true);
    assert_same_offer(SESSION_ID_AT + SESSION_ID_LEN, name_at, true);
    size_t suites_at = SESSION_ID_AT + 1 + SESSION_ID_LEN + 2;
    assert_same_offer(2, suites_at + 3, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_byte, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_own_parts, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
