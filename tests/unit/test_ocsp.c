/* Stapled OCSP responses (made by `openssl ocsp`, tests/unit/data/stores): status, times, who signed, damage. */
#include "trust/ocsp.h"

#include "bounds.h"
#include "support/cmocka_all.h"

#include <openssl/err.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER TEST_SOURCE_DIR "/tests/unit/data/stores/"

static struct certificates *cache;
static struct ocsp_staples *staples;
static struct certificate *leaf, *issuer, *other;

static size_t read_file(const char *name, uint8_t *out, size_t room)
{
    char path[1024];
    snprintf(path, sizeof path, FOLDER "%s", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(out, 1, room, file);
    fclose(file);
    return len;
}

static struct certificate *load(const char *name)
{
    uint8_t der[4096];
    size_t len = read_file(name, der, sizeof der);
    struct certificate *certificate = certificate_intern(cache, (struct bytes){der, len});
    assert_non_null(certificate);
    return certificate;
}

static const struct ocsp_staple *read_staple(const char *name, struct certificate *of, struct certificate *by)
{
    uint8_t der[4096];
    size_t len = read_file(name, der, sizeof der);
    struct ocsp_request request = {{der, len}, of, by, false, 0};
    const struct ocsp_staple *staple = ocsp_staple_read(staples, &request);
    assert_non_null(staple);
    assert_int_equal(ERR_peek_error(), 0);
    return staple;
}

static void test_good(void **state)
{
    (void)state;
    const struct ocsp_staple *staple = read_staple("good.ocsp", leaf, issuer);
    assert_null(staple->error);
    assert_string_equal(staple->status, "good");
    assert_int_equal(staple->signature, OCSP_SIGNATURE_GOOD);
    assert_int_equal(strlen(staple->this_update.text), 20);
    assert_int_equal(staple->next_update.seconds - staple->this_update.seconds, 3650 * 86400);
    assert_int_equal(staple->revoked_at.seconds, INT64_MIN);
    assert_string_equal(staple->revoked_at.text, "");
    assert_null(staple->reason);
    assert_true(staple->is_current); /* without a time nothing is out of date */
    assert_ptr_equal(read_staple("good.ocsp", leaf, issuer), staple);
}

static void test_time(void **state)
{
    (void)state;
    uint8_t der[4096];
    size_t len = read_file("good.ocsp", der, sizeof der);
    struct ocsp_request request = {{der, len}, leaf, issuer, false, 0};
    int64_t from = ocsp_staple_read(staples, &request)->this_update.seconds;
    int64_t until = ocsp_staple_read(staples, &request)->next_update.seconds;
    request.has_time = true;
    request.time = from;
    assert_true(ocsp_staple_read(staples, &request)->is_current);
    request.time = from - 1;
    assert_false(ocsp_staple_read(staples, &request)->is_current);
    request.time = until;
    assert_true(ocsp_staple_read(staples, &request)->is_current);
    request.time = until + 1;
    assert_false(ocsp_staple_read(staples, &request)->is_current);
}

static void test_statuses(void **state)
{
    (void)state;
    const struct ocsp_staple *staple = read_staple("revoked.ocsp", leaf, issuer);
    assert_string_equal(staple->status, "revoked");
    assert_string_equal(staple->revoked_at.text, "2026-06-01T00:00:00Z");
    assert_string_equal(staple->reason, "keyCompromise");
    staple = read_staple("unknown.ocsp", leaf, issuer);
    assert_null(staple->error);
    assert_string_equal(staple->status, "unknown");
}

/* The issuer, or a responder that it authorised; nobody else. */
static void test_signatures(void **state)
{
    (void)state;
    assert_int_equal(read_staple("delegated.ocsp", leaf, issuer)->signature, OCSP_SIGNATURE_GOOD);
    assert_int_equal(read_staple("forged.ocsp", leaf, issuer)->signature, OCSP_SIGNATURE_BAD);
    const struct ocsp_staple *staple = read_staple("good.ocsp", leaf, NULL);
    assert_string_equal(staple->status, "good");
    assert_int_equal(staple->signature, OCSP_SIGNATURE_UNCHECKED);
}

static void test_useless(void **state)
{
    (void)state;
    assert_string_equal(read_staple("good.ocsp", other, issuer)->error, "it is about another certificate");
    assert_string_equal(read_staple("good.ocsp", leaf, other)->error, "it is about another certificate");
    assert_string_equal(read_staple("trylater.ocsp", leaf, issuer)->error, "the responder says: try later");
    assert_string_equal(read_staple("root.der", leaf, issuer)->error, "it is no OCSP response");
    struct ocsp_request request = {{NULL, 0}, leaf, issuer, false, 0};
    assert_string_equal(ocsp_staple_read(staples, &request)->error, "it is no OCSP response");
    static const uint8_t much[64 * 1024 + 1];
    request.response = (struct bytes){much, sizeof much - 1};
    assert_string_equal(ocsp_staple_read(staples, &request)->error, "it is no OCSP response");
    request.response.len++;
    assert_string_equal(ocsp_staple_read(staples, &request)->error,
                        "it is larger than 65536 bytes, so that it was not read");
    struct certificate *nothing = load("trylater.ocsp");
    request.leaf = nothing;
    assert_null(ocsp_staple_read(staples, &request));
    certificate_release(nothing);
}

/* Strangers write these: cut and damaged responses must only be refused. */
static void test_damage(void **state)
{
    (void)state;
    uint8_t der[4096];
    size_t len = read_file("delegated.ocsp", der, sizeof der);
    for (size_t n = 0; n < len; n++) {
        uint8_t *cut = malloc(n + 1);
        assert_non_null(cut);
        memcpy(cut, der, n);
        struct ocsp_request request = {{cut, n}, leaf, issuer, false, 0};
        assert_non_null(ocsp_staple_read(staples, &request)->error);
        free(cut);
    }
    for (size_t bit = 0; bit < 8 * len; bit += 5) {
        der[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct ocsp_request request = {{der, len}, leaf, issuer, true, 1780272000};
        const struct ocsp_staple *staple = ocsp_staple_read(staples, &request);
        assert_non_null(staple);
        assert_true(staple->error || staple->status);
        der[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(ERR_peek_error(), 0);
}

static int setup(void **state)
{
    (void)state;
    cache = certificates_new(LIMIT_CERTIFICATE_CACHE);
    staples = ocsp_staples_new();
    if (!cache || !staples)
        return -1;
    leaf = load("leaf.der");
    issuer = load("inter.der");
    other = load("client.der");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    certificate_release(leaf);
    certificate_release(issuer);
    certificate_release(other);
    ocsp_staples_free(staples);
    certificates_free(cache);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),       cmocka_unit_test(test_time),    cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_signatures), cmocka_unit_test(test_useless), cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
