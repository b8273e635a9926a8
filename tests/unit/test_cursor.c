/* The cursor: bounds, stickiness, SHORT against MALFORMED, children. */
#include "support/cmocka_all.h"
#include "support/mutate.h"

#include <stdlib.h>

static const uint8_t data[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09};

static void test_getters(void **state)
{
    (void)state;
    struct fault f;
    struct cursor c;
    cursor_init_whole(&c, (struct bytes){data, sizeof data}, &f);
    assert_int_equal(cursor_u8(&c, "a"), 0x01);
    assert_int_equal(cursor_u16(&c, "b"), 0x0203);
    assert_int_equal(cursor_u24(&c, "c"), 0x040506);
    assert_true(cursor_more(&c));
    struct bytes rest = cursor_rest(&c, "d");
    assert_int_equal(rest.len, 3);
    assert_false(cursor_more(&c));
    assert_true(cursor_ok(&c));
    assert_int_equal(cursor_u8(&c, "past"), 0);
    assert_int_equal(f.kind, FAULT_MALFORMED);
    assert_int_equal(f.offset, 9);
    assert_string_equal(f.field, "past");
    cursor_fail(&c, FAULT_SHORT, "later");
    assert_string_equal(f.field, "past");

    cursor_init_whole(&c, (struct bytes){data, 8}, &f);
    assert_true(cursor_u64(&c, "u64") == 0x0102030405060708u);
    cursor_init_whole(&c, (struct bytes){data, 8}, &f);
    assert_int_equal(cursor_u32le(&c, "le"), 0x04030201);
    assert_int_equal(cursor_u16le(&c, "le"), 0x0605);
    cursor_init_whole(&c, (struct bytes){data, 4}, &f);
    assert_int_equal(cursor_u32(&c, "be"), 0x01020304);
}

static void test_short_is_not_malformed(void **state)
{
    (void)state;
    struct fault f;
    struct cursor c;
    cursor_init(&c, (struct bytes){data, 2}, 4, 100, &f);
    cursor_u32(&c, "field");
    assert_int_equal(f.kind, FAULT_SHORT);
    assert_int_equal(f.offset, 100);
    cursor_init(&c, (struct bytes){data, 2}, 4, 0, &f);
    cursor_bytes(&c, 5, "field");
    assert_int_equal(f.kind, FAULT_MALFORMED);
    cursor_init(&c, (struct bytes){data, 2}, 4, 0, &f);
    assert_int_equal(cursor_rest(&c, "rest").len, 2);
    assert_int_equal(f.kind, FAULT_SHORT);
}

static void test_peek_and_expect(void **state)
{
    (void)state;
    struct fault f;
    struct cursor c;
    cursor_init(&c, (struct bytes){data, 4}, 6, 0, &f);
    assert_ptr_equal(cursor_peek(&c).at, data);
    assert_int_equal(cursor_peek(&c).len, 4);
    assert_int_equal(c.offset, 0);
    cursor_skip(&c, 4, "a");
    assert_int_equal(cursor_peek(&c).len, 0);
    /* Two bytes are declared that the capture does not hold: something is there. */
    cursor_expect(&c, "b");
    assert_int_equal(f.kind, FAULT_NONE);
    cursor_init_whole(&c, (struct bytes){data, 1}, &f);
    cursor_u8(&c, "a");
    cursor_expect(&c, "b");
    assert_int_equal(f.kind, FAULT_MALFORMED);
    assert_string_equal(f.field, "b");
    cursor_init_whole(&c, (struct bytes){data, 4}, &f);
    cursor_fail(&c, FAULT_MALFORMED, "x");
    assert_int_equal(cursor_peek(&c).len, 0);
}

static void test_children(void **state)
{
    (void)state;
    struct fault f;
    struct cursor c, child;
    struct bytes b = bytes_from_hex("02 aabb 0003 010203 ff");
    cursor_init_whole(&c, b, &f);
    child = cursor_vec8(&c, "v8");
    assert_int_equal(cursor_u16(&child, "x"), 0xaabb);
    cursor_close(&child, "v8");
    child = cursor_vec16(&c, "v16");
    assert_int_equal(child.left, 3);
    cursor_u8(&child, "y");
    assert_true(cursor_ok(&c));
    cursor_close(&child, "v16");
    assert_int_equal(f.kind, FAULT_MALFORMED);
    assert_string_equal(f.field, "v16");

    /* A child longer than its parent is the peer's fault, one longer than the capture is not. */
    cursor_init_whole(&c, (struct bytes){b.at + 3, 4}, &f);
    child = cursor_vec16(&c, "long");
    assert_int_equal(f.kind, FAULT_MALFORMED);
    assert_false(cursor_more(&child));
    cursor_init(&c, (struct bytes){b.at + 3, 4}, 6, 0, &f);
    child = cursor_vec16(&c, "cut");
    assert_int_equal(f.kind, FAULT_NONE);
    assert_int_equal(child.left, 2);
    assert_int_equal(child.declared, 3);
    assert_int_equal(cursor_rest(&child, "cut").len, 2);
    assert_int_equal(f.kind, FAULT_SHORT);
    free((void *)(uintptr_t)b.at);
}

static void test_u16_lists(void **state)
{
    (void)state;
    struct fault f;
    struct cursor c;
    struct bytes b = bytes_from_hex("0004 0a0a 1301 03 ffff00");
    cursor_init_whole(&c, b, &f);
    struct u16_list list = cursor_u16_list16(&c, "list");
    assert_int_equal(list.num, 2);
    assert_int_equal(u16_list_at(list, 1), 0x1301);
    assert_int_equal(u16_list_at(list, 2), 0);
    assert_true(u16_list_has(list, 0x0a0a));
    assert_false(u16_list_has(list, 0x1302));
    cursor_u16_list8(&c, "odd");
    assert_int_equal(f.kind, FAULT_MALFORMED);
    cursor_init(&c, (struct bytes){b.at, 5}, b.len, 0, &f);
    list = cursor_u16_list16(&c, "list");
    assert_int_equal(list.num, 1);
    assert_int_equal(f.kind, FAULT_SHORT);
    free((void *)(uintptr_t)b.at);
}

static void parse_nested(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    (void)arg;
    struct cursor c;
    cursor_init(&c, b, declared, 0, fault);
    struct cursor outer = cursor_vec16(&c, "outer");
    while (cursor_more(&outer)) {
        struct cursor inner = cursor_vec8(&outer, "inner");
        cursor_u16_list_rest(&inner, "values");
        cursor_close(&inner, "inner");
    }
    cursor_close(&outer, "outer");
    cursor_close(&c, "message");
}

static void test_laws(void **state)
{
    (void)state;
    struct bytes b = bytes_from_hex("000a 02 1301 00 04 0a0a 1302 00");
    mutate_all(b, parse_nested, NULL);
    free((void *)(uintptr_t)b.at);
}

static void test_slices(void **state)
{
    (void)state;
    struct bytes b = {data, sizeof data};
    assert_int_equal(bytes_slice(b, 7, 10).len, 2);
    assert_int_equal(bytes_slice(b, 9, 1).len, 0);
    assert_true(bytes_equal(bytes_slice(b, 0, 2), (struct bytes){data, 2}));
    assert_false(bytes_equal(bytes_slice(b, 0, 2), (struct bytes){data, 3}));
    assert_true(bytes_equal((struct bytes){NULL, 0}, (struct bytes){data, 0}));
    assert_true(bytes_contain(b, bytes_slice(b, 1, 2)));
    assert_false(bytes_contain(bytes_slice(b, 0, 1), bytes_slice(b, 0, 2)));
    assert_false(bytes_contain(b, (struct bytes){NULL, 0}));
    assert_false(bytes_contain((struct bytes){NULL, 0}, b));
}

static void test_bound(void **state)
{
    (void)state;
    struct fault f;
    struct cursor c;
    cursor_init_whole(&c, (struct bytes){data, 9}, &f);
    cursor_skip(&c, 1, "a");
    cursor_bound(&c, 3); /* a trailer is cut */
    assert_int_equal(c.left, 3);
    assert_int_equal(cursor_rest(&c, "b").len, 3);
    assert_int_equal(cursor_u8(&c, "past"), 0);
    assert_int_equal(f.kind, FAULT_MALFORMED);
    cursor_init_whole(&c, (struct bytes){data, 2}, &f);
    cursor_bound(&c, 5); /* more than was captured */
    assert_int_equal(cursor_u16(&c, "a"), 0x0102);
    assert_int_equal(cursor_u8(&c, "cut"), 0);
    assert_int_equal(f.kind, FAULT_SHORT);
}

static void test_fields_of_a_header(void **state)
{
    (void)state;
    struct bytes header = {data, 6}, none = {NULL, 0};
    assert_int_equal(bytes_u8_at(header, 5), 0x06);
    assert_int_equal(bytes_u16_at(header, 4), 0x0506);
    assert_int_equal(bytes_u32_at(header, 2), 0x03040506);
    assert_int_equal(bytes_u8_at(header, 6), 0);
    assert_int_equal(bytes_u16_at(header, 5), 0);
    assert_int_equal(bytes_u16_at(header, SIZE_MAX), 0);
    assert_int_equal(bytes_u8_at(none, 0), 0);
    assert_int_equal(bytes_u32_at(none, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_getters),
        cmocka_unit_test(test_short_is_not_malformed),
        cmocka_unit_test(test_peek_and_expect),
        cmocka_unit_test(test_children),
        cmocka_unit_test(test_u16_lists),
        cmocka_unit_test(test_laws),
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_bound),
        cmocka_unit_test(test_fields_of_a_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
