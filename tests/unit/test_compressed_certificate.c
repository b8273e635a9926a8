/* CompressedCertificate. */
#include "dissect/handshake.h"
#include "support/cmocka_all.h"
#include "support/mutate.h"
#include "support/tls_subset.h"

#include <stdlib.h>

static void parse(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    const struct compressed_certificate *whole = arg;
    struct cursor c;
    struct compressed_certificate m;
    cursor_init(&c, b, declared, 0, fault);
    compressed_certificate_parse(&c, &m);
    if (!whole)
        return;
    assert_number_part(m.algorithm, whole->algorithm, "algorithm");
    assert_number_part(m.uncompressed_length, whole->uncompressed_length, "uncompressed_length");
    assert_bytes_prefix(m.compressed, whole->compressed, "compressed");
}

static void test_message(void **state)
{
    (void)state;
    struct bytes b = bytes_from_hex("0002 000a12 000005 a1a2a3a4a5");
    struct fault fault;
    struct cursor c;
    struct compressed_certificate m;
    cursor_init_whole(&c, b, &fault);
    compressed_certificate_parse(&c, &m);
    assert_int_equal(fault.kind, FAULT_NONE);
    assert_int_equal(m.algorithm, 2);
    assert_int_equal(m.uncompressed_length, 0x0A12);
    assert_bytes_hex(m.compressed, "a1a2a3a4a5");
    mutate_prefixes(b, parse, &m);
    mutate_bits(b, parse, NULL);
    mutate_trailing(b, parse, NULL);
    free((void *)(uintptr_t)b.at);

    b = bytes_from_hex("0002 000a12 000000");
    cursor_init_whole(&c, b, &fault);
    compressed_certificate_parse(&c, &m);
    assert_int_equal(fault.kind, FAULT_MALFORMED);
    assert_string_equal(fault.field, "compressed_certificate_message");
    free((void *)(uintptr_t)b.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_message)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
