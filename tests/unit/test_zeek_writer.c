/* Lines of Zeek's logs: headers, what is unset and empty, escapes. */
#include "support/cmocka_all.h"

#include "report/zeek_writer.h"

#include <string.h>

static const struct zeek_field fields[] = {
    {"ts", "time"}, {"name", "string"}, {"names", "vector[string]"}, {"is", "bool"}, {"n", "count"}, {NULL, NULL},
};

static struct output out;
static struct zeek_log tsv;

static int set_up(void **state)
{
    (void)state;
    struct error error;
    int status = output_init_memory(&out, &error);
    zeek_log_init(&tsv, "test", fields, &out);
    return status;
}

static int tear_down(void **state)
{
    (void)state;
    output_cleanup(&out);
    return 0;
}

static const char *taken(void)
{
    output_char(&out, '\0');
    out.len = 0;
    return out.data;
}

#define HEADER                                                                                                         \
    "#separator "                                                                                                      \
    "\\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\ttest\n#open\t2024-02-29-12-34-56\n"      \
    "#fields\tts\tname\tnames\tis\tn\n#types\ttime\tstring\tvector[string]\tbool\tcount\n"
static const int64_t WHEN = 1709210096123456789;

static void line(struct zeek_log *log, struct bytes name, const char *const *items)
{
    zeek_line_begin(log, WHEN);
    zeek_time(log, WHEN);
    if (name.at)
        zeek_bytes(log, name);
    else
        zeek_unset(log);
    if (items) {
        zeek_vector_begin(log);
        for (; *items; items++)
            zeek_item(log, *items);
        zeek_vector_end(log);
    } else {
        zeek_unset(log);
    }
    zeek_bool(log, true);
    zeek_number(log, 65537);
    zeek_line_end(log);
}

static void test_table(void **state)
{
    (void)state;
    static const char *const two[] = {"a,b", "", NULL}, *const none[] = {NULL};
    line(&tsv, (struct bytes){(const uint8_t *)"www", 3}, two);
    line(&tsv, (struct bytes){NULL, 0}, NULL);
    line(&tsv, (struct bytes){(const uint8_t *)"", 0}, none);
    zeek_log_end(&tsv, WHEN);
    assert_string_equal(taken(), HEADER "1709210096.123456\twww\ta\\x2cb,(empty)\tT\t65537\n"
                                        "1709210096.123456\t-\t-\tT\t65537\n"
                                        "1709210096.123456\t(empty)\t(empty)\tT\t65537\n"
                                        "#close\t2024-02-29-12-34-56\n");
    struct zeek_log empty;
    zeek_log_init(&empty, "test", fields, &out);
    zeek_log_end(&empty, WHEN);
    assert_string_equal(taken(), HEADER "#close\t2024-02-29-12-34-56\n");
}

static void test_json(void **state)
{
    (void)state;
    struct zeek_log json;
    static const char *const two[] = {"a,b", "", NULL}, *const none[] = {NULL};
    zeek_log_init(&json, "test", fields, &out);
    json.is_json = true;
    line(&json, (struct bytes){(const uint8_t *)"\"\t\xff", 3}, two);
    json.is_mixed = true;
    line(&json, (struct bytes){NULL, 0}, NULL);
    line(&json, (struct bytes){(const uint8_t *)"", 0}, none);
    zeek_log_end(&json, WHEN);
    assert_string_equal(
        taken(),
        "{\"ts\":1709210096.123456,\"name\":\"\\\"\\u0009\\\\xFF\",\"names\":[\"a,b\",\"\"],\"is\":true,\"n\":65537}\n"
        "{\"_path\":\"test\",\"ts\":1709210096.123456,\"is\":true,\"n\":65537}\n"
        "{\"_path\":\"test\",\"ts\":1709210096.123456,\"name\":\"\",\"names\":[],\"is\":true,\"n\":65537}\n");
}

static const char *escaped(const char *bytes, size_t len)
{
    zeek_line_begin(&tsv, WHEN);
    taken();
    zeek_bytes(&tsv, (struct bytes){(const uint8_t *)bytes, len});
    return taken();
}
#define ESCAPED(literal) escaped(literal, sizeof literal - 1)

/* What Zeek's own tests of its writer expect. */
static void test_escape(void **state)
{
    (void)state;
    assert_string_equal(ESCAPED("AB\0CD\0"), "AB\\x00CD\\x00");
    assert_string_equal(ESCAPED("AB\\xffCD"), "AB\\\\xffCD");
    assert_string_equal(ESCAPED("-"), "\\x2d");
    assert_string_equal(ESCAPED("(empty)"), "\\x28empty)");
    assert_string_equal(ESCAPED("--"), "--");
    assert_string_equal(ESCAPED("a,b\tc\nd\x1b[2J"), "a,b\\x09c\\x0ad\\x1b[2J");
    assert_string_equal(ESCAPED("caf\xc3\xa9\xff\xe2\x80\xae"), "caf\xc3\xa9\\xff\\xe2\\x80\\xae");
    assert_string_equal(ESCAPED("\\"), "\\\\");
}

static void test_times(void **state)
{
    (void)state;
    zeek_line_begin(&tsv, WHEN);
    taken();
    zeek_time(&tsv, -1500000000);
    zeek_seconds(&tsv, -2208988800);
    zeek_time(&tsv, 1000);
    assert_string_equal(taken(), "-1.500000\t-2208988800.000000\t0.000001");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_table, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_escape, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_times, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
