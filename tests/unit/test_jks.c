/* Java key stores: what keytool wrote (tests/unit/data/stores), cut at every length, with every bit flipped. */
#include "trust/jks.h"

#include "support/cmocka_all.h"
#include "support/mutate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER TEST_SOURCE_DIR "/tests/unit/data/stores/"

static struct bytes read_file(const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, FOLDER "%s", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    uint8_t *at = malloc(16384);
    assert_non_null(at);
    size_t len = fread(at, 1, 16384, file);
    fclose(file);
    assert_in_range(len, 1, 16383);
    return (struct bytes){at, len};
}

static void drop(struct bytes b)
{
    free((void *)(uintptr_t)b.at);
}

struct found {
    unsigned num, num_trusted;
    struct bytes file, last;
    char aliases[64];
};

static void take(void *arg, const struct jks_certificate *certificate)
{
    struct found *found = arg;
    found->num++;
    found->num_trusted += certificate->is_trusted;
    found->last = certificate->der;
    size_t len = strlen(found->aliases);
    if (len + certificate->alias.len + 2 < sizeof found->aliases)
        snprintf(found->aliases + len, sizeof found->aliases - len, "%.*s ", (int)certificate->alias.len,
                 (const char *)certificate->alias.at);
    if (certificate->der.len > 0) {
        assert_true(certificate->der.at >= found->file.at);
        assert_true(certificate->der.at + certificate->der.len <= found->file.at + found->file.len);
    }
}

static void test_entries(void **state)
{
    (void)state;
    struct bytes file = read_file("cacerts.jks"), root = read_file("root.der"), second = read_file("second.der");
    struct found found = {.file = file};
    struct fault fault;
    assert_true(jks_is(file));
    assert_false(jks_is(root));
    assert_true(jks_read(file, take, &found, &fault));
    assert_int_equal(found.num, 2);
    assert_int_equal(found.num_trusted, 2);
    assert_non_null(strstr(found.aliases, "root "));
    assert_non_null(strstr(found.aliases, "second "));
    assert_true(bytes_equal(found.last, root) || bytes_equal(found.last, second));
    drop(file);
    drop(root);
    drop(second);
}

/* Certificates of a private key's chain are handed over as such, the key is skipped. */
static void test_private_key(void **state)
{
    (void)state;
    struct bytes file = read_file("withkey.jks");
    struct found found = {.file = file};
    struct fault fault;
    assert_true(jks_read(file, take, &found, &fault));
    assert_int_equal(found.num, 2);
    assert_int_equal(found.num_trusted, 1);
    drop(file);
}

static void test_digest(void **state)
{
    (void)state;
    struct bytes file = read_file("cacerts.jks"), other = read_file("password.jks");
    assert_true(jks_is_intact(file, "changeit"));
    assert_false(jks_is_intact(file, "changeIt"));
    assert_false(jks_is_intact(file, ""));
    assert_true(jks_is_intact(other, "geheim-p\u00e4sswort"));
    assert_false(jks_is_intact(other, "changeit"));
    assert_false(jks_is_intact(bytes_slice(file, 0, 19), "changeit"));
    ((uint8_t *)(uintptr_t)file.at)[40] ^= 1;
    assert_false(jks_is_intact(file, "changeit"));
    drop(file);
    drop(other);
}

/* Version 1 has no certificate types; other versions, tags and magics are refused. */
static void test_versions(void **state)
{
    (void)state;
    struct bytes one = bytes_from_hex("FEEDFEED 00000001 00000001 00000002 0001 61 0000000000000000 00000003 AABBCC"
                                      "0000000000000000000000000000000000000000");
    struct bytes three = bytes_from_hex("FEEDFEED 00000003 00000000 0000000000000000000000000000000000000000");
    struct bytes tag = bytes_from_hex("FEEDFEED 00000002 00000001 00000003 0001 61 0000000000000000 0000000000000000"
                                      "000000000000000000000000");
    struct found found = {.file = one};
    struct fault fault;
    assert_true(jks_read(one, take, &found, &fault));
    assert_int_equal(found.num, 1);
    assert_int_equal(found.last.len, 3);
    assert_false(jks_read(three, take, &found, &fault));
    assert_int_equal(fault.kind, FAULT_MALFORMED);
    assert_string_equal(fault.field, "version");
    assert_false(jks_read(tag, take, &found, &fault));
    assert_string_equal(fault.field, "entry tag");
    assert_int_equal(found.num, 1);
    drop(one);
    drop(three);
    drop(tag);
}

/* Lengths and counts that promise more than there is end at the file's end. */
static void test_promises(void **state)
{
    (void)state;
    static const char *const files[] = {
        "FEEDFEED 00000002 FFFFFFFF",
        "FEEDFEED 00000002 FFFFFFFF 00000002 FFFF 61",
        "FEEDFEED 00000002 00000001 00000002 0001 61 0000000000000000 0005 582E353039 FFFFFFFF AA",
        "FEEDFEED 00000002 00000001 00000001 0001 61 0000000000000000 00000000 FFFFFFFF",
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct bytes file = bytes_from_hex(files[i]);
        struct found found = {.file = file};
        struct fault fault;
        assert_false(jks_read(file, take, &found, &fault));
        assert_int_equal(fault.kind, FAULT_SHORT);
        assert_int_equal(found.num, 0);
        drop(file);
    }
}

static void parse(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    struct found found = {.file = b};
    (void)arg, (void)declared;
    (void)jks_read(b, take, &found, fault);
    (void)jks_is_intact(b, "changeit");
}

static void test_mutations(void **state)
{
    (void)state;
    static const char *const names[] = {"cacerts.jks", "withkey.jks"};
    for (size_t i = 0; i < 2; i++) {
        struct bytes file = read_file(names[i]);
        mutate_all(file, parse, NULL);
        drop(file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries),  cmocka_unit_test(test_private_key), cmocka_unit_test(test_digest),
        cmocka_unit_test(test_versions), cmocka_unit_test(test_promises),    cmocka_unit_test(test_mutations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
