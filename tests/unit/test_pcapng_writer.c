/* Captures that are written are read again as they were. */
#include "support/capture_builder.h"
#include "support/cmocka_all.h"

#include "evidence/pcapng_writer.h"

#include <string.h>

static void test_read_again(void **state)
{
    (void)state;
    static const char *const section[] = {CAPTURE_EVIDENCE " packets=9 until=1.000000000"};
    static const char *const comments[] = {"what it shows", CAPTURE_LEFT_OUT};
    static const uint8_t bytes[] = {7, 7, 7, 7, 7};
    const struct capture_interface interface = {.link_type = 1, .resolution = 9, .name = "eth0"};
    struct output o;
    struct error error;
    assert_int_equal(output_init_memory(&o, &error), 0);
    pcapng_write_section(&o, section, 1);
    pcapng_write_interface(&o, &interface);
    pcapng_write_packet(&o, 0, 1000000007, (struct bytes){bytes, sizeof bytes}, 60, comments, 2);
    pcapng_write_packet(&o, 0, 1000000009, (struct bytes){bytes, 4}, 4, NULL, 0);
    assert_int_equal(o.error, 0);
    struct builder b = {.at = NULL};
    builder_bytes(&b, o.data, o.len);
    output_cleanup(&o);
    struct collection c = collect_bytes(&b, 1);
    assert_int_equal(c.result, 0);
    assert_int_equal(c.num, 2);
    assert_int_equal(c.seen[0].packet.bytes.len, sizeof bytes);
    assert_int_equal(c.seen[0].packet.len, 60);
    assert_int_equal(c.seen[0].packet.moment.time_ns, 1000000007);
    assert_int_equal(c.seen[0].first_byte, 7);
    assert_true(c.seen[0].is_uniform);
    assert_int_equal(c.seen[0].packet.left_out.len, strlen(CAPTURE_LEFT_OUT)); /* nothing more to say is a note, too */
    assert_int_equal(c.seen[1].packet.left_out.len, 0);
    assert_string_equal(collection_input(&c)->interfaces[0].name, "eth0");
    collection_free(&c);
    builder_free(&b);
}

static void test_units(void **state)
{
    (void)state;
    assert_int_equal(pcapng_units(9, 1234567891), 1234567891);
    assert_int_equal(pcapng_units(6, 1234567891), 1234567);
    assert_int_equal(pcapng_units(0, 1999999999), 1);
    assert_int_equal(pcapng_units(12, 5), 5000);
    assert_int_equal(pcapng_units(0x81, 1500000000), 3);
    assert_int_equal(pcapng_units(9, -1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_read_again), cmocka_unit_test(test_units)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
