/* Compressed certificates: each algorithm's own program made the bytes. */
#include "session/decompress.h"

#include "support/cmocka_all.h"
#include "support/mutate.h"

#include <stdlib.h>
#include <string.h>

static const char text[] = "aaaaaaaaaacertificatecertificatecertificate";

static const struct {
    uint16_t algorithm;
    const char *hex;
} cases[] = {
    {1, "789c4b4c8481e4d4a292ccb4cce4c49254ec4c0078611154"},
    {2, "1b2a00f825c292046088a90050d11e00"},
    {3, "28b52ffd0058ad0000686161636572746966696361746502002eca13000b"},
};

/* Into memory of exactly `len` bytes. */
static enum decompress_result run(uint16_t algorithm, struct bytes in, size_t len, bool *is_text)
{
    uint8_t *out = malloc(len + 1);
    assert_non_null(out);
    enum decompress_result result = decompress(algorithm, in, out, len);
    if (is_text)
        *is_text = result == DECOMPRESS_OK && len == sizeof text - 1 && memcmp(out, text, len) == 0;
    free(out);
    return result;
}

static void test_each(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes in = bytes_from_hex(cases[i].hex);
        bool is_text;
        enum decompress_result result = run(cases[i].algorithm, in, sizeof text - 1, &is_text);
        if (result != DECOMPRESS_UNKNOWN) { /* a build without this library */
            assert_int_equal(result, DECOMPRESS_OK);
            assert_true(is_text);
            /* The declared size is a promise: neither more nor less. */
            assert_int_equal(run(cases[i].algorithm, in, sizeof text - 2, NULL), DECOMPRESS_BROKEN);
            assert_int_equal(run(cases[i].algorithm, in, sizeof text, NULL), DECOMPRESS_BROKEN);
            assert_int_equal(run(cases[i].algorithm, in, 0, NULL), DECOMPRESS_BROKEN);
            for (size_t len = 0; len < in.len; len++)
                assert_int_equal(run(cases[i].algorithm, bytes_slice(in, 0, len), sizeof text - 1, NULL),
                                 DECOMPRESS_BROKEN);
        }
        free((void *)(uintptr_t)in.at);
    }
}

/* Damage of any kind ends in an answer. */
static void test_damage(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes in = bytes_from_hex(cases[i].hex);
        uint8_t *copy = malloc(in.len);
        assert_non_null(copy);
        memcpy(copy, in.at, in.len);
        for (size_t bit = 0; bit < in.len * 8; bit++) {
            copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
            bool is_text;
            enum decompress_result result =
                run(cases[i].algorithm, (struct bytes){copy, in.len}, sizeof text - 1, &is_text);
            assert_true(result == DECOMPRESS_BROKEN || result == DECOMPRESS_OK || result == DECOMPRESS_UNKNOWN);
            copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        free(copy);
        free((void *)(uintptr_t)in.at);
    }
}

static void test_unknown(void **state)
{
    (void)state;
    struct bytes in = {(const uint8_t *)text, sizeof text - 1};
    assert_int_equal(run(0, in, 10, NULL), DECOMPRESS_UNKNOWN);
    assert_int_equal(run(4, in, 10, NULL), DECOMPRESS_UNKNOWN);
    assert_int_equal(run(0xFFFF, in, 10, NULL), DECOMPRESS_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
