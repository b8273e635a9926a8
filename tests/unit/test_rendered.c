/* Rendered text that is kept: found by its bytes alone, bounded, what is asked for stays. */
#include "support/cmocka_all.h"

#include "bounds.h"
#include "report/rendered.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct rendered *rendered;

static int set_up(void **state)
{
    (void)state;
    rendered = rendered_new();
    return rendered ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    rendered_free(rendered);
    return 0;
}

static struct bytes bytes_of(const char *s)
{
    return (struct bytes){(const uint8_t *)s, strlen(s)};
}

static struct rendered_key key_of(const char *first, const char *second)
{
    return (struct rendered_key){.runs = {bytes_of(first), bytes_of(second)}};
}

static void keep(const char *first, const char *second, const char *text)
{
    struct rendered_key key = key_of(first, second);
    assert_int_equal(rendered_find(rendered, &key).len, 0);
    rendered_keep(rendered, &key, bytes_of(text));
}

static void assert_found(const char *first, const char *second, const char *text)
{
    struct rendered_key key = key_of(first, second);
    struct bytes found = rendered_find(rendered, &key);
    assert_int_equal(found.len, strlen(text));
    if (found.len > 0)
        assert_memory_equal(found.at, text, found.len);
}

static void test_found_by_bytes(void **state)
{
    (void)state;
    char first[] = "hello";
    keep(first, "world", "one");
    first[0] = 'j'; /* the key was copied */
    assert_found("hello", "world", "one");
    assert_found("jello", "world", "");
    assert_found("hello", "worlds", "");
    assert_found("hello", "", "");
    keep("", "", "nothing");
    assert_found("", "", "nothing");
}

static void test_runs_are_apart(void **state)
{
    (void)state;
    keep("ab", "c", "one");
    assert_found("a", "bc", "");
    assert_found("abc", "", "");
    keep("a", "bc", "two");
    assert_found("ab", "c", "one");
    assert_found("a", "bc", "two");
}

static void test_too_long(void **state)
{
    (void)state;
    char *text = malloc(LIMIT_RENDERED_BYTES + 1);
    assert_non_null(text);
    memset(text, 'x', LIMIT_RENDERED_BYTES);
    text[LIMIT_RENDERED_BYTES] = '\0';
    keep("k", "", text);
    assert_found("k", "", "");
    keep("k", "", text + 1);
    assert_found("k", "", text + 1);
    free(text);
}

/* Far more than there is room for, and one that is asked for all the time. */
static void test_bounded(void **state)
{
    (void)state;
    enum { NUM = 8 * LIMIT_RENDERED };
    char key[16], text[16];
    keep("favourite", "", "stays");
    for (unsigned i = 0; i < NUM; i++) {
        snprintf(key, sizeof key, "%u", i);
        snprintf(text, sizeof text, "text %u", i);
        keep(key, "", text);
        assert_found(key, "", text);
        assert_found("favourite", "", "stays");
    }
    unsigned num = 0;
    for (unsigned i = 0; i < NUM; i++) {
        snprintf(key, sizeof key, "%u", i);
        snprintf(text, sizeof text, "text %u", i);
        struct rendered_key k = key_of(key, "");
        struct bytes found = rendered_find(rendered, &k);
        if (found.len == 0)
            continue;
        assert_int_equal(found.len, strlen(text));
        assert_memory_equal(found.at, text, found.len);
        num++;
    }
    assert_in_range(num, LIMIT_RENDERED / 2, LIMIT_RENDERED - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_found_by_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_runs_are_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_too_long, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bounded, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
