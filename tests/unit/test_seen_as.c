/* Printed lines and their meaning: the lines of data/seen_as.txt, every row of findings_seen.def, hostile bytes. */
#include "bounds.h"
#include "diagnose/seen.h"
#include "diagnose/seen_as.h"
#include "diagnose/seen_as_words.h"
#include "support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void read_bytes(struct seen_as *seen, const void *line, size_t len)
{
    struct error error;
    assert_int_equal(seen_as_read(seen, (struct bytes){line, len}, &error), 0);
}

static void read_text(struct seen_as *seen, const char *line)
{
    read_bytes(seen, line, strlen(line));
}

static bool has_code(const struct seen_as *seen, const char *code)
{
    const struct finding_code *found = finding_code_find(code);
    assert_non_null(found);
    return seen_as_has(seen, finding_id_of(found));
}

static const char *first_code(const struct seen_as *seen)
{
    return seen->num_codes ? finding_code(seen->codes[0])->code : "-";
}

/* "name-mismatch", "alert 40" or "-": what comes first. */
static bool is_first(const struct seen_as *seen, const char *wanted)
{
    unsigned alert;
    if (sscanf(wanted, "alert %u", &alert) == 1)
        return seen->num_meanings > 0 && seen->meanings[0].is_alert && seen->meanings[0].number == alert;
    return strcmp(first_code(seen), wanted) == 0 && (seen->num_meanings == 0) == (*wanted == '-');
}

static unsigned check_line(char *line, unsigned number)
{
    char *text = strstr(line, " | ");
    assert_non_null(text);
    *text = '\0';
    text += 3;
    struct seen_as seen;
    read_text(&seen, text);
    unsigned wrong = 0;
    char *rest = NULL, *wanted = strtok_r(line, "+", &rest);
    if (!is_first(&seen, wanted)) {
        print_error("line %u: %s: wanted %s first, got %s\n", number, text, wanted, first_code(&seen));
        wrong++;
    }
    while ((wanted = strtok_r(NULL, "+", &rest))) {
        if (!has_code(&seen, wanted)) {
            print_error("line %u: %s: lacks %s\n", number, text, wanted);
            wrong++;
        }
    }
    return wrong;
}

static void test_pasted_lines(void **state)
{
    (void)state;
    FILE *in = fopen(TEST_SOURCE_DIR "/tests/unit/data/seen_as.txt", "r");
    assert_non_null(in);
    char line[2048];
    unsigned number = 0, checked = 0, wrong = 0;
    while (fgets(line, sizeof line, in)) {
        number++;
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '\0' || line[0] == '#')
            continue;
        wrong += check_line(line, number);
        checked++;
    }
    fclose(in);
    assert_int_equal(wrong, 0);
    assert_true(checked >= 150);
}

static bool prints_same(enum finding_id id, const char *text)
{
    size_t next = 0;
    for (const struct finding_seen *row; (row = finding_seen_next(id, &next));)
        if (strcmp(row->text, text) == 0)
            return true;
    return false;
}

/* Rows whose code is not the first that their line means, and why. */
static const struct {
    enum finding_id id;
    const char *text, *why;
} behind[] = {
    {FINDING_TCP_UNREACHABLE, "Connection refused (ICMP port unreachable)",
     "the part in brackets is not printed; a RST is the usual reason"},
    {FINDING_CLIENT_GAVE_UP, "unexpected eof while reading (in the server's log)",
     "who printed it is known from the words in brackets alone"},
    {FINDING_USER_CANCELED, "unexpected eof while reading (in the server's log)", "the alert user_canceled is rare"},
    {FINDING_CLIENT_GAVE_UP, "read: connection reset by peer (in the server's log)",
     "the same line in a client's log is about the server"},
    {FINDING_ENCRYPTED_ALERT, "error:0A000412:SSL routines::sslv3 alert bad certificate (in the server's log)",
     "with the alert readable, its reason is known"},
};

static bool is_told_behind(const struct finding_seen *row)
{
    for (size_t i = 0; i < sizeof behind / sizeof *behind; i++)
        if (behind[i].id == row->id && strcmp(behind[i].text, row->text) == 0)
            return true;
    return false;
}

/* What a finding says is printed leads back to the finding. */
static void test_rows_of_codes(void **state)
{
    (void)state;
    unsigned checked = 0, wrong = 0;
    for (int id = 0; id < NUM_FINDINGS; id++) {
        size_t next = 0;
        for (const struct finding_seen *row; (row = finding_seen_next((enum finding_id)id, &next));) {
            struct seen_as seen;
            read_text(&seen, row->text);
            checked++;
            if (!seen_as_has(&seen, row->id)) {
                print_error("%s: does not lead to %s\n", row->text, finding_code(row->id)->code);
                wrong++;
                continue;
            }
            bool is_ahead = seen.codes[0] == row->id || prints_same(seen.codes[0], row->text);
            if (is_ahead == is_told_behind(row)) {
                print_error("%s: %s comes %s\n", row->text, finding_code(row->id)->code,
                            is_ahead ? "first after all" : "behind another, and nothing says why");
                wrong++;
            }
        }
    }
    assert_int_equal(wrong, 0);
    assert_true(checked > 250);
}

static void test_rows_of_alerts(void **state)
{
    (void)state;
    const struct seen_alert *row;
    unsigned wrong = 0, checked = 0;
    for (size_t next = 0; (row = seen_alert_next(&next)); checked++) {
        struct seen_as seen;
        read_text(&seen, row->text);
        bool is_meant = false;
        for (unsigned i = 0; i < seen.num_meanings; i++)
            is_meant |= seen.meanings[i].is_alert && seen.meanings[i].number == row->alert;
        bool is_shared = strcmp(row->client, "Chrome") == 0; /* it has one name for many alerts */
        struct alert_codes means = seen_as_alert_codes(row->alert, ROLE_SERVER);
        bool leads = is_meant ? seen.num_codes > 0 && seen_as_has(&seen, means.codes[0]) : seen.num_codes > 0;
        if (!leads || (!is_meant && !is_shared)) {
            print_error("%s: does not lead to alert %u\n", row->text, row->alert);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
    assert_true(checked > 200);
}

static void test_speaker(void **state)
{
    (void)state;
    struct seen_as seen;
    read_text(&seen, "curl: (35) error:0A000418:SSL routines::tlsv1 alert unknown ca");
    assert_int_equal(seen.printed_by, PARTY_CLIENT);
    assert_true(has_code(&seen, "client-ca-not-accepted"));
    assert_false(has_code(&seen, "issuer-untrusted"));
    read_text(&seen, "http: TLS handshake error from 192.0.2.1:2: remote error: tls: unknown certificate authority");
    assert_int_equal(seen.printed_by, PARTY_SERVER);
    assert_true(has_code(&seen, "issuer-untrusted"));
    assert_false(has_code(&seen, "client-ca-not-accepted"));
    read_text(&seen, "TLSV1_ALERT_UNKNOWN_CA");
    assert_int_equal(seen.printed_by, PARTY_UNKNOWN);
    assert_true(has_code(&seen, "issuer-untrusted") && has_code(&seen, "client-ca-not-accepted"));
    assert_true(has_code(&seen, "encrypted-alert"));
}

static void test_hostile_bytes(void **state)
{
    (void)state;
    struct seen_as seen;
    static const char with_nul[] = "\x1b[31mverify\0error\r\n:num\t=\x00"
                                   "20\x7f\xff\xc3";
    read_bytes(&seen, with_nul, sizeof with_nul - 1);
    assert_string_equal(first_code(&seen), "chain-incomplete");
    read_bytes(&seen, NULL, 0);
    assert_int_equal(seen.num_codes, 0);
    for (unsigned c = 0; c < 256; c++) {
        uint8_t byte = (uint8_t)c;
        read_bytes(&seen, &byte, 1);
        assert_int_equal(seen.num_codes, 0);
    }
}

static void test_long_lines(void **state)
{
    (void)state;
    enum { LEN = 1 << 20 };
    static const char *const fills[] = {"tls alert ",        "error:0A000410 ",           "a",
                                        "verify error:num=", "certificate is valid for ", "\xff"};
    char *line = malloc(LEN);
    assert_non_null(line);
    for (size_t i = 0; i < sizeof fills / sizeof *fills; i++) {
        size_t len = strlen(fills[i]);
        for (size_t at = 0; at < LEN; at++)
            line[at] = fills[i][at % len];
        struct seen_as seen;
        read_bytes(&seen, line, LEN);
        assert_int_equal(seen.line.len, LIMIT_SEEN_AS);
        assert_int_equal(seen.num_meanings, i == 1 ? 1 : 0);
        static const char tail[] = " curl: (60) SSL certificate problem: certificate has expired ";
        memcpy(line + LIMIT_SEEN_AS - sizeof tail, tail, sizeof tail - 1);
        read_bytes(&seen, line, LEN);
        assert_string_equal(first_code(&seen), "certificate-expired");
    }
    free(line);
}

static void test_words(void **state)
{
    (void)state;
    char text[64];
    static const uint8_t line[] = "[SSL: \x1b[1;31mWRONG_\x1b[mVersion] 42!\x1b[";
    size_t len = words_write(text, (struct bytes){line, sizeof line - 1});
    assert_string_equal(text, " ssl wrong version 42 ");
    struct words words = {text, len};
    struct words_span span;
    assert_true(words_find(words, "wrong version", &span));
    assert_int_equal(span.start, 4);
    assert_int_equal(span.end, 18);
    assert_true(words_find(words, "^ssl * 42$", &span));
    assert_true(words_find(words, "ssl * version", &span));
    assert_false(words_find(words, "wrong vers", &span));
    assert_false(words_find(words, "^wrong", &span));
    assert_false(words_find(words, "version$", &span));
    assert_false(words_find(words, "version * ssl", &span));
    assert_false(words_find(words, "", &span));
    size_t next = 0;
    uint32_t number = 0;
    assert_true(words_find_number(words, "version", &next, &number, &span));
    assert_int_equal(number, 42);
    assert_false(words_find_number(words, "version", &next, &number, &span));
    next = 0;
    assert_false(words_find_number(words, "wrong", &next, &number, &span));
    assert_int_equal(words_at(words, len - 1).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pasted_lines),   cmocka_unit_test(test_rows_of_codes),
        cmocka_unit_test(test_rows_of_alerts), cmocka_unit_test(test_speaker),
        cmocka_unit_test(test_hostile_bytes),  cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
