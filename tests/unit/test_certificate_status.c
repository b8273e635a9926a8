/* CertificateStatus. */
#include "dissect/handshake.h"
#include "support/cmocka_all.h"
#include "support/mutate.h"
#include "support/tls_subset.h"

#include <stdlib.h>

static void parse(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    const struct certificate_status *whole = arg;
    struct cursor c;
    struct certificate_status s;
    cursor_init(&c, b, declared, 0, fault);
    certificate_status_parse(&c, &s);
    if (!whole)
        return;
    assert_number_part(s.type, whole->type, "type");
    assert_bytes_prefix(s.response, whole->response, "response");
}

static void test_good(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        uint8_t type;
        const char *response;
    } cases[] = {
        {"01 000004 3002aabb", 1, "3002aabb"},
        {"02 00000a 000004 3002aabb 000000", 2, "3002aabb"},
        {"02 00000a 000000 000004 3002aabb", 2, ""},
        {"02 000000", 2, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes b = bytes_from_hex(cases[i].hex);
        struct fault fault;
        struct cursor c;
        struct certificate_status s;
        cursor_init_whole(&c, b, &fault);
        certificate_status_parse(&c, &s);
        assert_int_equal(fault.kind, FAULT_NONE);
        assert_int_equal(s.type, cases[i].type);
        assert_bytes_hex(s.response, cases[i].response);
        mutate_prefixes(b, parse, &s);
        mutate_bits(b, parse, NULL);
        mutate_trailing(b, parse, NULL);
        free((void *)(uintptr_t)b.at);
    }
}

static void test_malformed(void **state)
{
    (void)state;
    static const char *const bodies[] = {"", "01 000005 3002aabb", "01 0000", "02 000003 000001", "02 000002 0000"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct bytes b = bytes_from_hex(bodies[i]);
        struct fault fault;
        struct cursor c;
        struct certificate_status s;
        cursor_init_whole(&c, b, &fault);
        certificate_status_parse(&c, &s);
        assert_int_equal(fault.kind, FAULT_MALFORMED);
        free((void *)(uintptr_t)b.at);
    }
}

/* Nobody defined another type, so nothing can be said about its body. */
static void test_unknown_type(void **state)
{
    (void)state;
    struct bytes b = bytes_from_hex("07 a1a2a3");
    struct fault fault;
    struct cursor c;
    struct certificate_status s;
    cursor_init_whole(&c, b, &fault);
    certificate_status_parse(&c, &s);
    assert_int_equal(fault.kind, FAULT_NONE);
    assert_int_equal(s.type, 7);
    assert_int_equal(s.response.len, 0);
    mutate_prefixes(b, parse, &s);
    free((void *)(uintptr_t)b.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_unknown_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
