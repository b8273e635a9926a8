/* Shared ClientHellos: what comes back, what is shared, and that nothing stays behind. */
#include "session/hello_shapes.h"
#include "support/cmocka_all.h"
#include "support/mutate.h"
#include "support/tls_messages.h"

#include <stdlib.h>
#include <string.h>

static const char *const hellos[] = {HELLO_OPENSSL, HELLO_CURL,  HELLO_NODE, HELLO_JAVA,
                                     HELLO_GNUTLS,  HELLO_TLS10, HELLO_PSK,  HELLO_AGAIN};
enum { NUM_HELLOS = sizeof hellos / sizeof hellos[0] };

/* Takes the shape of b and checks that it gives b back, with zeros for the opaque parts. */
static struct hello_shape *take(struct hello_shapes *shapes, struct bytes b)
{
    struct hello_parts parts;
    client_hello_parts(b, &parts);
    struct hello_shape *shape = hello_shapes_take(shapes, b, &parts);
    assert_non_null(shape);
    assert_int_equal(hello_shape_body_len(shape), b.len);
    uint8_t *expected = malloc(b.len + 1), *own = malloc(hello_own_len(&parts) + 1), *body = malloc(b.len + 1);
    assert_true(expected && own && body);
    memcpy(expected, b.at, b.len);
    for (unsigned i = 0; i < parts.num; i++)
        if (parts.parts[i].is_opaque)
            memset(expected + parts.parts[i].start, 0, parts.parts[i].len);
    hello_own_copy(b, &parts, own);
    memset(body, 0xEE, b.len);
    hello_shape_restore(shape, own, body);
    assert_memory_equal(body, expected, b.len);
    free(body);
    free(own);
    free(expected);
    return shape;
}

static void test_what_comes_back(void **state)
{
    (void)state;
    struct hello_shapes *shapes = hello_shapes_new();
    struct hello_shape *taken[NUM_HELLOS];
    size_t empty = hello_shapes_memory(shapes);
    for (size_t i = 0; i < NUM_HELLOS; i++) {
        struct bytes b = bytes_from_hex(hellos[i]);
        taken[i] = take(shapes, b);
        for (size_t len = 0; len < b.len; len++)
            hello_shapes_release(shapes, take(shapes, bytes_slice(b, 0, len)));
        free((void *)(uintptr_t)b.at);
    }
    for (size_t i = 0; i < NUM_HELLOS; i++) {
        assert_true(hello_shapes_memory(shapes) > empty);
        hello_shapes_release(shapes, taken[i]);
    }
    assert_int_equal(hello_shapes_memory(shapes), empty);
    hello_shapes_free(shapes);
}

/* Another random and session ID: the same shape. Another suite: another shape. */
static void test_what_is_shared(void **state)
{
    (void)state;
    struct hello_shapes *shapes = hello_shapes_new();
    struct bytes b = bytes_from_hex(HELLO_OPENSSL);
    uint8_t *bytes = malloc(b.len);
    assert_non_null(bytes);
    memcpy(bytes, b.at, b.len);
    struct hello_shape *first = take(shapes, b);
    size_t memory = hello_shapes_memory(shapes);
    bytes[2] ^= 1;      /* random */
    bytes[2 + 33] ^= 1; /* session ID */
    struct hello_shape *second = take(shapes, (struct bytes){bytes, b.len});
    assert_ptr_equal(first, second);
    assert_int_equal(hello_shapes_memory(shapes), memory);
    bytes[2 + 33 + 32 + 2] ^= 1; /* the first cipher suite */
    struct hello_shape *third = take(shapes, (struct bytes){bytes, b.len});
    assert_ptr_not_equal(first, third);
    hello_shapes_release(shapes, first);
    hello_shapes_release(shapes, third);
    assert_int_equal(hello_shapes_memory(shapes), memory);
    hello_shapes_release(shapes, second);
    free(bytes);
    free((void *)(uintptr_t)b.at);
    hello_shapes_free(shapes);
}

/* So many that the table grows several times, all found again. */
static void test_many(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    struct hello_shapes *shapes = hello_shapes_new();
    struct hello_shape **taken = calloc(MANY, sizeof(struct hello_shape *));
    struct bytes b = bytes_from_hex(HELLO_TLS10);
    uint8_t *bytes = malloc(b.len);
    assert_true(shapes && taken && bytes);
    memcpy(bytes, b.at, b.len);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < MANY; i++) {
            bytes[b.len - 1] = (uint8_t)i;
            bytes[b.len - 2] = (uint8_t)(i >> 8);
            struct hello_shape *shape = take(shapes, (struct bytes){bytes, b.len});
            if (round == 1)
                assert_ptr_equal(shape, taken[i]);
            taken[i] = shape;
        }
    }
    for (unsigned i = 0; i < MANY; i++) {
        hello_shapes_release(shapes, taken[i]);
        hello_shapes_release(shapes, taken[i]);
    }
    free(bytes);
    free(taken);
    free((void *)(uintptr_t)b.at);
    hello_shapes_free(shapes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_comes_back),
        cmocka_unit_test(test_what_is_shared),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
