/* EncryptedExtensions. */
#include "dissect/handshake.h"
#include "support/cmocka_all.h"
#include "support/mutate.h"
#include "support/tls_messages.h"
#include "support/tls_subset.h"

#include <stdlib.h>

static void parse(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    struct cursor c;
    struct extensions e;
    cursor_init(&c, b, declared, 0, fault);
    encrypted_extensions_parse(&c, &e);
    if (arg)
        assert_extensions_part(&e, arg);
}

static void test_real(void **state)
{
    (void)state;
    struct bytes b = bytes_from_hex(ENCRYPTED_EXTENSIONS);
    struct fault fault;
    struct cursor c;
    struct extensions e;
    cursor_init_whole(&c, b, &fault);
    encrypted_extensions_parse(&c, &e);
    assert_int_equal(fault.kind, FAULT_NONE);
    assert_int_equal(e.num, 1);
    assert_bytes_hex(e.alpn, "026832");
    mutate_all(b, parse, NULL);
    mutate_prefixes(b, parse, &e);
    free((void *)(uintptr_t)b.at);
}

static void test_edges(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        enum fault_kind want;
    } cases[] = {
        {"0000", FAULT_NONE}, {"", FAULT_MALFORMED}, {"0000 00", FAULT_MALFORMED}, {"0002 00", FAULT_MALFORMED}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes b = bytes_from_hex(cases[i].hex);
        struct fault fault;
        struct cursor c;
        struct extensions e;
        cursor_init_whole(&c, b, &fault);
        encrypted_extensions_parse(&c, &e);
        assert_int_equal(fault.kind, cases[i].want);
        assert_int_equal(e.num, 0);
        free((void *)(uintptr_t)b.at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_real), cmocka_unit_test(test_edges)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
