/* Protocol versions. */
#include "dissect/handshake.h"
#include "support/cmocka_all.h"

static void test_versions(void **state)
{
    (void)state;
    static const struct {
        uint16_t version;
        bool is_tls13, signs_with_algorithm;
        unsigned draft;
    } cases[] = {
        {0x0002, false, false, 0}, {0x0300, false, false, 0}, {0x0301, false, false, 0}, {0x0302, false, false, 0},
        {0x0303, false, true, 0},  {0x0304, true, true, 0},   {0x0305, false, false, 0}, {0x0101, false, false, 0},
        {0xFEFF, false, false, 0}, {0xFEFD, false, true, 0},  {0xFEFC, true, true, 0},   {0x0A0A, false, false, 0},
        {0x7F00, false, false, 0}, {0x7F01, true, true, 1},   {0x7F12, true, true, 18},  {0x7F1C, true, true, 28},
        {0x7F1D, false, false, 0}, {0x7F2A, false, false, 0}, {0x7F2B, true, true, 0},   {0x7E01, true, true, 18},
        {0x7E02, true, true, 18},  {0x7E03, true, true, 18},  {0x7E04, true, true, 22},  {0x7E05, false, false, 0},
        {0xFB17, true, true, 23},  {0xFB1A, true, true, 26},  {0x0000, false, false, 0}, {0xFFFF, false, false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(version_is_tls13(cases[i].version), cases[i].is_tls13);
        assert_int_equal(version_signs_with_algorithm(cases[i].version), cases[i].signs_with_algorithm);
        assert_int_equal(version_tls13_draft(cases[i].version), cases[i].draft);
    }
}

/* What the registry names as a draft of TLS 1.3 is one; it has no names for experiments. */
static void test_registry_agrees(void **state)
{
    (void)state;
    unsigned num = 0;
    for (unsigned v = 0x7E00; v <= 0xFBFF; v++) {
        const char *name = v >> 8 == 0x7E || v >> 8 == 0x7F || v >> 8 == 0xFB ? version_name((uint16_t)v) : NULL;
        if (!name)
            continue;
        assert_true(version_is_tls13((uint16_t)v));
        num++;
    }
    assert_int_equal(num, 29); /* and the one of DTLS */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_versions), cmocka_unit_test(test_registry_agrees)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
