/* The TLS record header. */
#include "dissect/handshake.h"
#include "support/cmocka_all.h"
#include "support/mutate.h"
#include "support/tls_subset.h"

#include <stdlib.h>

static void parse(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    const struct record_header *whole = arg;
    struct cursor c;
    struct record_header h;
    cursor_init(&c, b, declared, 0, fault);
    record_header_parse(&c, &h);
    assert_number_part(h.type, whole->type, "type");
    assert_number_part(h.version, whole->version, "version");
    assert_number_part(h.length, whole->length, "length");
}

static void test_header(void **state)
{
    (void)state;
    struct bytes b = bytes_from_hex("1603010234");
    struct fault fault;
    struct cursor c;
    struct record_header h;
    cursor_init_whole(&c, b, &fault);
    record_header_parse(&c, &h);
    assert_int_equal(fault.kind, FAULT_NONE);
    assert_int_equal(h.type, CONTENT_HANDSHAKE);
    assert_int_equal(h.version, VERSION_TLS10);
    assert_int_equal(h.length, 0x0234);
    assert_false(cursor_more(&c));
    mutate_prefixes(b, parse, &h);
    free((void *)(uintptr_t)b.at);
}

static void test_plausible(void **state)
{
    (void)state;
    static const struct {
        struct record_header header;
        bool want;
    } cases[] = {
        {{22, 0x0301, 512}, true},   {{20, 0x0303, 1}, true},      {{21, 0x0300, 2}, true},
        {{23, 0x0303, 0}, true},     {{24, 0x0302, 3}, true},      {{22, 0x0304, 1}, true},
        {{23, 0x0303, 18432}, true}, {{23, 0x0303, 18433}, false}, {{22, 0x0303, 0}, false},
        {{21, 0x0303, 0}, false},    {{19, 0x0303, 1}, false},     {{25, 0x0303, 1}, false},
        {{22, 0x0305, 1}, false},    {{22, 0x0200, 1}, false},     {{22, 0x7F12, 100}, true},
        {{22, 0x7F1D, 100}, false},  {{22, 0x0101, 100}, true},    {{0x47, 0x4554, 0x202F}, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(record_header_is_plausible(&cases[i].header), cases[i].want);
}

/* Content has to be in all records but those of application data. */
static void test_empty(void **state)
{
    (void)state;
    static const struct {
        struct record_header header;
        bool want;
    } cases[] = {
        {{22, 0x0301, 0}, true},  {{20, 0x0303, 0}, true},  {{21, 0x0300, 0}, true},
        {{24, 0x0302, 0}, true},  {{23, 0x0303, 0}, false}, {{22, 0x0301, 1}, false},
        {{22, 0x0305, 0}, false}, {{25, 0x0303, 0}, false}, {{0, 0, 0}, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(record_header_is_empty(&cases[i].header), cases[i].want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_header), cmocka_unit_test(test_plausible),
                                       cmocka_unit_test(test_empty)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
