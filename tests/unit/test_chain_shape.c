/* The shape of chains as presented (certificates of tests/unit/data/stores). */
#include "trust/chain_shape.h"

#include "support/cmocka_all.h"

#include <openssl/err.h>

#include <stdio.h>
#include <string.h>

#define FOLDER TEST_SOURCE_DIR "/tests/unit/data/stores/"

static struct certificates *cache;

static struct certificate *load(const char *name)
{
    char path[1024];
    uint8_t der[4096];
    snprintf(path, sizeof path, FOLDER "%s.der", name);
    FILE *file = fopen(path, "rb");
    size_t len = file ? fread(der, 1, sizeof der, file) : 0; /* what is not there stands for bytes that are nothing */
    if (file)
        fclose(file);
    struct certificate *certificate = certificate_intern(cache, (struct bytes){der, len});
    assert_non_null(certificate);
    return certificate;
}

static struct chain_shape shape_of(const char *names)
{
    struct certificate *chain[LIMIT_CHAIN];
    unsigned num = 0;
    char copy[256], *rest = copy;
    struct chain_shape shape;
    snprintf(copy, sizeof copy, "%s", names);
    for (char *name; (name = strtok_r(rest, " ", &rest));)
        chain[num++] = load(name);
    chain_shape_read(&shape, chain, num);
    for (unsigned i = 0; i < num; i++)
        certificate_release(chain[i]);
    assert_int_equal(ERR_peek_error(), 0);
    assert_int_equal(shape.num, num);
    return shape;
}

/* One letter a member: i issuer, d duplicate, s stranger, u unreadable. */
static void check_members(const struct chain_shape *shape, const char *expected)
{
    char found[LIMIT_CHAIN + 1] = "";
    for (unsigned i = 0; i < shape->num; i++)
        found[i] = "idsu"[shape->members[i]];
    assert_string_equal(found, expected);
}

static void test_good(void **state)
{
    (void)state;
    struct chain_shape shape = shape_of("leaf inter");
    check_members(&shape, "ii");
    assert_int_equal(shape.num_issuers, 2);
    assert_int_equal(shape.end, 1);
    assert_false(shape.is_disordered || shape.has_root || shape.is_alone || shape.is_leaf_self_signed);
    assert_int_equal(shape.num_duplicates + shape.num_strangers + shape.num_unreadable, 0);
}

static void test_root(void **state)
{
    (void)state;
    struct chain_shape shape = shape_of("leaf inter root");
    check_members(&shape, "iii");
    assert_true(shape.has_root);
    assert_int_equal(shape.end, 2);
    assert_false(shape.is_disordered);
    shape = shape_of("lone");
    assert_true(shape.is_leaf_self_signed && shape.is_alone);
    assert_false(shape.has_root); /* a self-signed leaf is no root that came along */
}

static void test_alone(void **state)
{
    (void)state;
    struct chain_shape shape = shape_of("leaf");
    assert_true(shape.is_alone);
    assert_int_equal(shape.end, 0);
    shape = shape_of("leaf root"); /* the intermediate between is missing: the root signs nobody here */
    check_members(&shape, "is");
    assert_true(shape.is_alone);
    assert_false(shape.has_root);
    shape = shape_of("");
    assert_int_equal(shape.num_issuers, 0);
}

static void test_order(void **state)
{
    (void)state;
    struct chain_shape shape = shape_of("leaf root inter");
    check_members(&shape, "iii");
    assert_true(shape.is_disordered && shape.has_root);
    assert_int_equal(shape.way[1], 2);
    assert_int_equal(shape.way[2], 1);
    assert_int_equal(shape.end, 1);
    /* a stranger between disorders, one behind does not */
    shape = shape_of("leaf second inter");
    check_members(&shape, "isi");
    assert_true(shape.is_disordered);
    shape = shape_of("leaf inter second");
    check_members(&shape, "iis");
    assert_false(shape.is_disordered);
    assert_int_equal(shape.num_strangers, 1);
}

static void test_duplicates(void **state)
{
    (void)state;
    struct chain_shape shape = shape_of("leaf leaf inter inter");
    check_members(&shape, "idid");
    assert_int_equal(shape.num_duplicates, 2);
    assert_false(shape.is_disordered);
    assert_int_equal(shape.end, 2);
    shape = shape_of("lone lone");
    check_members(&shape, "id");
}

static void test_unreadable(void **state)
{
    (void)state;
    struct chain_shape shape = shape_of("leaf nothing inter");
    check_members(&shape, "iui");
    assert_int_equal(shape.num_unreadable, 1);
    shape = shape_of("nothing inter");
    check_members(&shape, "us");
    assert_int_equal(shape.num_issuers, 1);
    assert_int_equal(shape.end, 0);
}

static int setup(void **state)
{
    (void)state;
    cache = certificates_new(LIMIT_CERTIFICATE_CACHE);
    return cache ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    certificates_free(cache);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),  cmocka_unit_test(test_root),       cmocka_unit_test(test_alone),
        cmocka_unit_test(test_order), cmocka_unit_test(test_duplicates), cmocka_unit_test(test_unreadable),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
