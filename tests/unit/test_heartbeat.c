/* Heartbeat messages, overlong ones among them. */
#include "dissect/handshake.h"
#include "support/cmocka_all.h"
#include "support/mutate.h"
#include "support/tls_subset.h"

#include <stdlib.h>

static void parse(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    const struct heartbeat *whole = arg;
    struct cursor c;
    struct heartbeat h;
    cursor_init(&c, b, declared, 0, fault);
    heartbeat_parse(&c, &h);
    if (!whole)
        return;
    assert_number_part(h.type, whole->type, "type");
    assert_number_part(h.payload_length, whole->payload_length, "payload_length");
    assert_number_part(h.is_overlong, whole->is_overlong, "is_overlong");
}

static void test_heartbeats(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        struct heartbeat want;
    } cases[] = {
        {"01 0002 a1a2 000102030405060708090a0b0c0d0e0f", {1, 2, false}},
        {"02 0000 000102030405060708090a0b0c0d0e0f", {2, 0, false}},
        {"01 4000", {1, 0x4000, true}},
        {"01 0005 a1a2a3a4", {1, 5, true}},
        {"01 0004 a1a2a3a4", {1, 4, false}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes b = bytes_from_hex(cases[i].hex);
        struct fault fault;
        struct cursor c;
        struct heartbeat h;
        cursor_init_whole(&c, b, &fault);
        heartbeat_parse(&c, &h);
        assert_int_equal(fault.kind, FAULT_NONE);
        assert_int_equal(h.type, cases[i].want.type);
        assert_int_equal(h.payload_length, cases[i].want.payload_length);
        assert_int_equal(h.is_overlong, cases[i].want.is_overlong);
        mutate_prefixes(b, parse, &h);
        mutate_bits(b, parse, NULL);
        free((void *)(uintptr_t)b.at);
    }
}

static void test_not_a_heartbeat(void **state)
{
    (void)state;
    static const char *const fragments[] = {"", "01", "0100", "00 0002 a1a2", "03 0002 a1a2", "9f 0002 a1a2"};
    for (size_t i = 0; i < sizeof fragments / sizeof fragments[0]; i++) {
        struct bytes b = bytes_from_hex(fragments[i]);
        struct fault fault;
        struct cursor c;
        struct heartbeat h;
        cursor_init_whole(&c, b, &fault);
        heartbeat_parse(&c, &h);
        assert_int_equal(fault.kind, FAULT_MALFORMED);
        assert_false(h.is_overlong);
        free((void *)(uintptr_t)b.at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_heartbeats), cmocka_unit_test(test_not_a_heartbeat)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
