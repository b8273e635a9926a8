/* The handshake message header. */
#include "dissect/handshake.h"
#include "support/cmocka_all.h"
#include "support/mutate.h"
#include "support/tls_subset.h"

#include <stdlib.h>

static void parse(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    const struct handshake_header *whole = arg;
    struct cursor c;
    struct handshake_header h;
    cursor_init(&c, b, declared, 0, fault);
    handshake_header_parse(&c, &h);
    assert_number_part(h.type, whole->type, "type");
    assert_number_part(h.length, whole->length, "length");
}

static void test_header(void **state)
{
    (void)state;
    struct bytes b = bytes_from_hex("0b012345 ff");
    struct fault fault;
    struct cursor c;
    struct handshake_header h;
    cursor_init_whole(&c, b, &fault);
    handshake_header_parse(&c, &h);
    assert_int_equal(fault.kind, FAULT_NONE);
    assert_int_equal(h.type, HS_CERTIFICATE);
    assert_int_equal(h.length, 0x012345);
    assert_int_equal(c.left, 1);
    mutate_prefixes((struct bytes){b.at, HANDSHAKE_HEADER_LEN}, parse, &h);
    free((void *)(uintptr_t)b.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_header)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
