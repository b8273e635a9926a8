/* From a failed look-up to its finding. */
#include "diagnose/name.h"
#include "support/cmocka_all.h"

#include <string.h>

static struct diagnosis d;

static struct name_failure failure_of(const char *answer)
{
    return (struct name_failure){.name = "www.\x1b[31m.test",
                                 .ip_version = 4,
                                 .answer = answer,
                                 .moment = {{5, 0}, 1000},
                                 .asked = {{3, 0}, 500}};
}

static void test_answers(void **state)
{
    (void)state;
    static const struct {
        const char *answer, *summary;
        enum certainty certainty;
        enum party side;
    } cases[] = {
        {"NXDOMAIN", "www.\\x1B[31m.test does not exist, says DNS (NXDOMAIN).", CERTAINTY_PROVEN, PARTY_UNKNOWN},
        {"SERVFAIL", "The resolver could not find www.\\x1B[31m.test (SERVFAIL).", CERTAINTY_PROVEN, PARTY_PATH},
        {"empty", "www.\\x1B[31m.test exists, but has no address.", CERTAINTY_PROVEN, PARTY_UNKNOWN},
        {"REFUSED", "The resolver refused to look up www.\\x1B[31m.test (REFUSED).", CERTAINTY_PROVEN, PARTY_CLIENT},
        {"none", "The question for www.\\x1B[31m.test was never answered.", CERTAINTY_LIKELY, PARTY_PATH},
        {"RCODE4", "The look-up of www.\\x1B[31m.test failed.", CERTAINTY_PROVEN, PARTY_UNKNOWN},
    };
    const struct moment last = {{99, 0}, INT64_C(60000000000)};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct name_failure failure = failure_of(cases[i].answer);
        diagnose_name(&d, &failure, &last);
        assert_int_equal(d.num, 1);
        const struct finding *f = &d.findings[0];
        assert_string_equal(d.verdict.code, "name-not-resolved");
        assert_ptr_equal(d.verdict.finding, f);
        assert_string_equal(f->summary, cases[i].summary);
        assert_int_equal(f->certainty, cases[i].certainty);
        assert_int_equal(f->side, cases[i].side);
        bool is_silent = strcmp(cases[i].answer, "none") == 0;
        assert_int_equal(f->num_evidence, is_silent ? 1 : 2);
        assert_int_equal(f->evidence[f->num_evidence - 1].place.frame, 5);
    }
}

static void test_none(void **state)
{
    (void)state;
    struct name_failure failure = failure_of("NXDOMAIN");
    struct moment last = {{99, 0}, INT64_C(2000000000)};
    failure.is_connected = true;
    diagnose_name(&d, &failure, &last);
    assert_int_equal(d.num, 0);
    assert_null(d.verdict.code);
    /* The capture ends before an answer was due, unless the client itself gave up waiting. */
    failure = failure_of("none");
    diagnose_name(&d, &failure, &last);
    assert_int_equal(d.num, 0);
    failure.is_asked_again = true;
    diagnose_name(&d, &failure, &last);
    assert_int_equal(d.num, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_answers), cmocka_unit_test(test_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
