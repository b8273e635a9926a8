/* CSV cells: quoting, formulas, lengths. */
#include "support/cmocka_all.h"

#include "bounds.h"
#include "report/csv_writer.h"

#include <stdlib.h>
#include <string.h>

static struct output out;
static struct csv csv;

static int set_up(void **state)
{
    (void)state;
    struct error error;
    return output_init_memory(&out, &error) < 0 || csv_init(&csv, &out, &error) < 0;
}

static int tear_down(void **state)
{
    (void)state;
    csv_cleanup(&csv);
    output_cleanup(&out);
    return 0;
}

static const char *taken(void)
{
    output_char(&out, '\0');
    out.len = 0;
    return out.data;
}

static const char *cell(const char *bytes, size_t len)
{
    csv_bytes(&csv, (struct bytes){(const uint8_t *)bytes, len});
    csv_end_text(&csv);
    csv.has_cells = false;
    return taken();
}
#define CELL(literal) cell(literal, sizeof literal - 1)

static void test_rows(void **state)
{
    (void)state;
    csv_end_text(&csv);
    csv_string(&csv, "a\\x");
    csv_end_text(&csv);
    csv_printf(&csv, "%d", -7);
    csv_end_plain(&csv);
    csv_string(&csv, "one");
    csv_next_item(&csv);
    csv_string(&csv, "two");
    csv_end_text(&csv);
    csv_end_row(&csv);
    csv_next_item(&csv);
    csv_string(&csv, "x");
    csv_end_text(&csv);
    csv_end_row(&csv);
    assert_string_equal(taken(), ",a\\x,-7,\"one; two\"\r\nx\r\n");
}

static void test_escape(void **state)
{
    (void)state;
    assert_string_equal(CELL(""), "");
    assert_string_equal(CELL("plain.test"), "plain.test");
    assert_string_equal(CELL("a,b"), "\"a,b\"");
    assert_string_equal(CELL("a\"b"), "\"a\"\"b\"");
    assert_string_equal(CELL(" a "), "\" a \"");
    assert_string_equal(CELL("a\r\nb\tc\0d\x7f"), "a\\x0D\\x0Ab\\x09c\\x00d\\x7F");
    assert_string_equal(CELL("a\\x41"), "a\\x5Cx41");
    assert_string_equal(CELL("caf\xc3\xa9 \xe4\xb8\xad \xf0\x9f\x98\x92"), "caf\xc3\xa9 \xe4\xb8\xad \xf0\x9f\x98\x92");
    assert_string_equal(CELL("\xe2\x80\xae\xff\xc2\x9b\xed\xa0\x80"), "\\xE2\\x80\\xAE\\xFF\\xC2\\x9B\\xED\\xA0\\x80");
}

static void test_formulas(void **state)
{
    (void)state;
    assert_string_equal(CELL("=1+1"), "'=1+1");
    assert_string_equal(CELL("+1"), "'+1");
    assert_string_equal(CELL("-1"), "'-1");
    assert_string_equal(CELL("@SUM(A1)"), "'@SUM(A1)");
    assert_string_equal(CELL("=HYPERLINK(\"http://x\",\"y\")"), "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"");
    assert_string_equal(CELL("  =1"), "\"'  =1\"");
    assert_string_equal(CELL("\"=1"), "\"'\"\"=1\"");
    assert_string_equal(CELL("\xef\xbc\x9d"
                             "1"),
                        "'\xef\xbc\x9d"
                        "1");
    assert_string_equal(CELL("\xef\xbc\xa0"
                             "1"),
                        "'\xef\xbc\xa0"
                        "1");
    assert_string_equal(CELL("a;=1; -2;b"), "\"a;'=1;' -2;b\"");
    assert_string_equal(CELL("\t=1"), "\\x09=1");
    assert_string_equal(CELL("a=1-2+3@4"), "a=1-2+3@4");
    assert_string_equal(CELL("-"), "'-");
}

static void test_long(void **state)
{
    (void)state;
    size_t len = 65000;
    char *name = malloc(len);
    assert_non_null(name);
    memset(name, 'n', len);
    const char *text = cell(name, len);
    assert_int_equal(strspn(text, "n"), LIMIT_CSV_TEXT);
    assert_string_equal(text + LIMIT_CSV_TEXT, "... (65000 bytes)");
    /* A cell of many parts ends at a whole character. */
    for (size_t i = 0; i + 1 < len; i += 2)
        memcpy(name + i, "\xc3\xa9", 2);
    csv_string(&csv, "x");
    for (unsigned i = 0; i < 10; i++)
        csv_bytes(&csv, (struct bytes){(const uint8_t *)name, LIMIT_CSV_TEXT});
    csv_end_text(&csv);
    text = taken();
    size_t shown = strlen(text);
    assert_in_range(shown, LIMIT_CSV_CELL, LIMIT_CSV_CELL + 3);
    assert_string_equal(text + shown - 5, "\xc3\xa9...");
    free(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_escape, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_formulas, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_long, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
