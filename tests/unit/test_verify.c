/* Verification of chains (tests/unit/data/stores): results, completed chains, stricter modes, and when a result still
 * holds. That the results are those of `openssl verify` is the law verify_matches_openssl. */
#include "trust/verify.h"

#include "bounds.h"
#include "support/cmocka_all.h"
#include "trust/authorities.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER TEST_SOURCE_DIR "/tests/unit/data/stores/"

enum { MAX_CHAIN = 4 };
/* 2026-06-01, 2028-01-01, 2025-01-01; leaves are valid in 2026, the intermediate from 2021 to 2039 */
static const int64_t in_time = 1780272000, later = 1830297600, before = 1735689600;

static struct certificates *cache;
static const struct store_source root_store = {"root", FOLDER "root.der", NULL};

/* Differs from the file in its last bytes, which are the signature's, by `number`. */
static struct certificate *variant(const char *name, uint32_t number)
{
    char path[1024];
    uint8_t der[4096];
    snprintf(path, sizeof path, FOLDER "%s", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(der, 1, sizeof der, file);
    fclose(file);
    assert_in_range(len, sizeof number, sizeof der);
    for (size_t i = 0; i < sizeof number; i++)
        der[len - 1 - i] ^= (uint8_t)(number >> 8 * i);
    struct certificate *certificate = certificate_intern(cache, (struct bytes){der, len});
    assert_non_null(certificate);
    return certificate;
}

static struct certificate *load(const char *name)
{
    return variant(name, 0);
}

struct chain {
    struct certificate *certificates[MAX_CHAIN];
    unsigned num;
};

static struct chain chain_of(const char *names)
{
    struct chain chain = {.num = 0};
    char copy[256], *rest = copy;
    snprintf(copy, sizeof copy, "%s", names);
    for (char *name; (name = strtok_r(rest, " ", &rest)) && chain.num < MAX_CHAIN;)
        chain.certificates[chain.num++] = load(name);
    return chain;
}

static void chain_drop(const struct chain *chain)
{
    for (unsigned i = 0; i < chain->num; i++)
        certificate_release(chain->certificates[i]);
}

static struct verifier *verifier(const struct verify_options *options)
{
    struct error error;
    struct verifier *v = verifier_new(cache, options, &error);
    if (!v)
        fail_msg("%s", error.text);
    return v;
}

/* The results of one chain; the chain is let go again, as after its connection. */
static unsigned check(struct verifier *v, const char *names, const char *name, int64_t time,
                      const struct verification **results)
{
    struct chain chain = chain_of(names);
    struct verify_request request = {chain.certificates, chain.num, name, time != 0, time};
    unsigned num = verifier_check(v, &request, results);
    chain_drop(&chain);
    assert_int_equal(ERR_peek_error(), 0);
    return num;
}

static void expect(struct verifier *v, const char *names, const char *name, int64_t time, int code, unsigned depth)
{
    const struct verification *results;
    assert_in_range(check(v, names, name, time, &results), 1, 2);
    if (results->outcome.code != code || results->outcome.depth != depth)
        fail_msg("%s, %s at %lld: error %u at %u, not %d at %u", names, name ? name : "no name", (long long)time,
                 results->outcome.code, results->outcome.depth, code, depth);
    assert_int_equal(results->outcome.is_ok, code == 0);
    assert_int_equal(results->outcome.text == NULL, code == 0);
}

static void test_outcomes(void **state)
{
    (void)state;
    const struct verify_options options = {.stores = &root_store, .num_stores = 1, .now = in_time};
    struct verifier *v = verifier(&options);
    const char *host = "www.example.test";
    assert_null(verifier_store_at(v, 0)); /* read when it is needed */
    expect(v, "leaf.der inter.der", host, in_time, X509_V_OK, 0);
    assert_int_equal(verifier_store_at(v, 0)->num_certificates, 1);
    assert_null(verifier_store_at(v, 1));
    expect(v, "leaf.der inter.der root.der", host, in_time, X509_V_OK, 0);
    expect(v, "leaf.der inter.der", host, later, X509_V_ERR_CERT_HAS_EXPIRED, 0);
    expect(v, "leaf.der inter.der", host, before, X509_V_ERR_CERT_NOT_YET_VALID, 0);
    expect(v, "leaf.der inter.der", host, 0, X509_V_OK, 0); /* a capture without times says nothing of dates */
    expect(v, "looseleaf.der", host, in_time, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 0);
    expect(v, "looseleaf.der loose.der", host, in_time, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, 1);
    expect(v, "lone.der", "lone.example.test", in_time, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, 0);
    expect(v, "client.der inter.der", NULL, in_time, X509_V_ERR_INVALID_PURPOSE, 0);
    verifier_free(v);
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int code;
    } cases[] = {
        {"www.example.test", X509_V_OK},
        {"WWW.Example.TEST", X509_V_OK},
        {"a.wild.example.test", X509_V_OK},
        {"a.b.wild.example.test", X509_V_ERR_HOSTNAME_MISMATCH},
        {"wild.example.test", X509_V_ERR_HOSTNAME_MISMATCH},
        {"example.test", X509_V_ERR_HOSTNAME_MISMATCH},
        {"192.0.2.7", X509_V_OK},
        {"192.0.2.8", X509_V_ERR_IP_ADDRESS_MISMATCH},
        {"2001:db8::1", X509_V_ERR_IP_ADDRESS_MISMATCH},
    };
    const struct verify_options options = {.stores = &root_store, .num_stores = 1, .now = in_time};
    struct verifier *v = verifier(&options);
    const struct verification *results;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expect(v, "leaf.der inter.der", cases[i].name, in_time, cases[i].code, 0);
        assert_int_equal(check(v, "leaf.der inter.der", cases[i].name, in_time, &results), 1);
        assert_true(results->has_name_match);
        assert_int_equal(results->is_name_match, cases[i].code == X509_V_OK);
    }
    /* the name is told even where something else is wrong first */
    expect(v, "looseleaf.der", "other.test", in_time, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 0);
    check(v, "looseleaf.der", "other.test", in_time, &results);
    assert_true(results->has_name_match && !results->is_name_match);
    check(v, "leaf.der inter.der", "", in_time, &results);
    assert_false(results->has_name_match);
    verifier_free(v);
}

static void test_path(void **state)
{
    (void)state;
    const struct verify_options options = {.stores = &root_store, .num_stores = 1, .now = in_time};
    struct verifier *v = verifier(&options);
    const struct verification *results;
    /* a stranger between: presented indexes are those of the chain */
    assert_int_equal(check(v, "leaf.der lone.der inter.der root.der", NULL, in_time, &results), 1);
    assert_int_equal(results->num_path, 3);
    assert_int_equal(results->path[0].presented, 0);
    assert_int_equal(results->path[0].origin, VERIFY_PRESENTED);
    assert_int_equal(results->path[1].presented, 2);
    assert_int_equal(results->path[2].origin, VERIFY_STORE);
    assert_int_equal(results->path[2].presented, 3);
    assert_string_equal(certificate_facts(results->path[2].certificate)->subject, "CN=Store Root");
    assert_ptr_equal(verification_issuer(results, 1), results->path[1].certificate);
    check(v, "lone.der", NULL, in_time, &results);
    assert_null(verification_issuer(results, 1));
    verifier_free(v);
}

/* Where stricter programs, or today's date, differ. */
static void test_also(void **state)
{
    (void)state;
    const struct store_source stores[] = {root_store, {"loose", FOLDER "loose.der", NULL}};
    const struct verify_options options = {.stores = stores, .num_stores = 2, .now = later};
    struct verifier *v = verifier(&options);
    const struct verification *results;
    assert_int_equal(check(v, "looseleaf.der", NULL, in_time, &results), 2);
    assert_string_equal(results[0].store->name, "root");
    assert_string_equal(results[1].store->name, "loose");
    assert_false(results[0].has_also[VERIFY_STRICT] || results[0].has_also[VERIFY_LEVEL2]);
    assert_true(results[1].outcome.is_ok);
    assert_true(results[1].has_also[VERIFY_STRICT]);
    assert_false(results[1].also[VERIFY_STRICT].is_ok);
    assert_false(results[1].has_also[VERIFY_LEVEL2]);
    assert_true(results[1].has_also[VERIFY_TODAY]);
    assert_int_equal(results[1].also[VERIFY_TODAY].code, X509_V_ERR_CERT_HAS_EXPIRED);
    assert_string_equal(results[1].also[VERIFY_TODAY].name, "CERT_HAS_EXPIRED");
    check(v, "small.der inter.der", NULL, in_time, &results);
    assert_true(results[0].outcome.is_ok);
    assert_int_equal(results[0].also[VERIFY_LEVEL2].code, X509_V_ERR_EE_KEY_TOO_SMALL);
    assert_true(results[0].has_also[VERIFY_LEVEL2]);
    assert_string_equal(verify_mode_name(VERIFY_LEVEL2), "level2");
    verifier_free(v);
}

/* An intermediate that was seen with another chain, and one that was given. */
static void test_completed(void **state)
{
    (void)state;
    const struct verify_options options = {.stores = &root_store, .num_stores = 1, .now = in_time};
    struct verifier *v = verifier(&options);
    const struct verification *results;
    assert_int_equal(check(v, "leaf.der", "www.example.test", in_time, &results), 1);
    assert_int_equal(results->outcome.code, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    assert_int_equal(check(v, "client.der inter.der", NULL, in_time, &results), 1);
    assert_int_equal(check(v, "leaf.der", "www.example.test", in_time, &results), 2);
    assert_false(results[0].outcome.is_ok || results[0].is_completed);
    assert_true(results[1].outcome.is_ok && results[1].is_completed);
    assert_int_equal(results[1].path[1].origin, VERIFY_CAPTURE);
    assert_int_equal(results[1].path[1].presented, -1);
    /* completed, and then something else is wrong: that is told too */
    assert_int_equal(check(v, "leaf.der", "other.test", in_time, &results), 2);
    assert_int_equal(results[1].outcome.code, X509_V_ERR_HOSTNAME_MISMATCH);
    verifier_free(v);

    const struct verify_options given = {
        .stores = &root_store, .num_stores = 1, .now = in_time, .intermediates = FOLDER "inter.der"};
    v = verifier(&given);
    assert_int_equal(check(v, "leaf.der", NULL, in_time, &results), 2);
    assert_int_equal(results[1].path[1].origin, VERIFY_GIVEN);
    assert_ptr_equal(verification_issuer(results, 2), results[1].path[1].certificate);
    assert_string_equal(verifier_store_at(v, 1)->name, "intermediates");
    /* what does not lead into the store is no second result */
    assert_int_equal(check(v, "looseleaf.der", NULL, in_time, &results), 1);
    verifier_free(v);
}

/* A remembered result ends where a certificate's validity begins or ends; a repeated question is not asked again. */
static void test_remembered(void **state)
{
    (void)state;
    const struct verify_options options = {.stores = &root_store, .num_stores = 1, .now = in_time};
    struct verifier *v = verifier(&options);
    struct chain chain = chain_of("leaf.der inter.der");
    int64_t end = certificate_facts(chain.certificates[0])->not_after;
    int64_t begin = certificate_facts(chain.certificates[0])->not_before;
    const struct verification *first, *again;
    struct verify_request request = {chain.certificates, chain.num, NULL, true, in_time};
    assert_int_equal(verifier_check(v, &request, &first), 1);
    request.time = end - 1;
    assert_int_equal(verifier_check(v, &request, &again), 1);
    assert_ptr_equal(first, again);
    request.time = begin;
    assert_int_equal(verifier_check(v, &request, &again), 1);
    assert_ptr_equal(first, again);
    request.time = end;
    verifier_check(v, &request, &again);
    assert_int_equal(again->outcome.code, X509_V_ERR_CERT_HAS_EXPIRED);
    request.time = begin - 1;
    verifier_check(v, &request, &again);
    assert_int_equal(again->outcome.code, X509_V_ERR_CERT_NOT_YET_VALID);
    request.name = "www.example.test";
    request.time = in_time;
    verifier_check(v, &request, &again);
    assert_ptr_not_equal(first, again);
    chain_drop(&chain);
    verifier_free(v);
}

/* Shows `num` issuers of the same name, all beside a leaf that is not theirs. */
static void show_issuers(struct verifier *v, unsigned num)
{
    struct certificate **chain = calloc(num + 1, sizeof *chain);
    assert_non_null(chain);
    chain[0] = load("lone.der");
    for (unsigned i = 0; i < num; i++)
        chain[i + 1] = variant("inter.der", i);
    struct verify_request request = {chain, num + 1, NULL, true, in_time};
    const struct verification *results;
    assert_in_range(verifier_check(v, &request, &results), 1, 2);
    for (unsigned i = 0; i <= num; i++)
        certificate_release(chain[i]);
    free(chain);
}

static void test_limits(void **state)
{
    (void)state;
    const struct verify_options options = {.stores = &root_store, .num_stores = 1, .now = in_time};
    const struct verification *results;
    assert_int_equal(verifier_limits(NULL).not_kept + verifier_limits(NULL).not_tried, 0);
    struct verifier *v = verifier(&options);
    show_issuers(v, LIMIT_BORROWED);
    assert_int_equal(check(v, "leaf.der", NULL, in_time, &results), 2); /* completed */
    assert_int_equal(verifier_limits(v).not_tried, 0);
    show_issuers(v, LIMIT_BORROWED + 3);
    check(v, "leaf.der", NULL, in_time, &results);
    assert_int_equal(verifier_limits(v).not_tried, 3);
    assert_int_equal(verifier_limits(v).not_kept, 0);
    verifier_free(v);

    struct authorities set = {.num = LIMIT_AUTHORITIES - 1};
    for (unsigned i = 0; i < 6; i++) {
        struct certificate *issuer = variant("inter.der", i / 2);
        authorities_add(&set, issuer);
        certificate_release(issuer);
    }
    assert_int_equal(set.num, LIMIT_AUTHORITIES);
    assert_int_equal(set.left_out, 4);
    authorities_cleanup(&set);
}

static void test_at(void **state)
{
    (void)state;
    const struct verify_options options = {
        .stores = &root_store, .num_stores = 1, .now = in_time, .has_at = true, .at = later};
    struct verifier *v = verifier(&options);
    const struct verification *results;
    expect(v, "leaf.der inter.der", NULL, in_time, X509_V_ERR_CERT_HAS_EXPIRED, 0);
    expect(v, "leaf.der inter.der", NULL, 0, X509_V_ERR_CERT_HAS_EXPIRED, 0);
    check(v, "leaf.der inter.der", NULL, in_time, &results);
    assert_true(results->has_also[VERIFY_TODAY] && results->also[VERIFY_TODAY].is_ok);
    verifier_free(v);
}

/* TRUSTED CERTIFICATE: the settings in it count. */
static void test_trust_settings(void **state)
{
    (void)state;
    const struct store_source stores[] = {{"trusted", FOLDER "trusted.pem", NULL},
                                          {"rejected", FOLDER "rejected.pem", NULL}};
    const struct verify_options options = {.stores = stores, .num_stores = 2, .now = in_time};
    struct verifier *v = verifier(&options);
    const struct verification *results;
    assert_int_equal(check(v, "leaf.der inter.der", NULL, in_time, &results), 2);
    assert_true(results[0].outcome.is_ok);
    assert_int_equal(results[1].outcome.code, X509_V_ERR_CERT_REJECTED);
    verifier_free(v);
}

/* What is no certificate: as a leaf there is nothing to verify, elsewhere it is passed over. */
static void test_unreadable(void **state)
{
    (void)state;
    const struct verify_options options = {.stores = &root_store, .num_stores = 1, .now = in_time};
    struct verifier *v = verifier(&options);
    const struct verification *results;
    assert_int_equal(check(v, "trylater.ocsp inter.der", NULL, in_time, &results), 0);
    expect(v, "leaf.der trylater.ocsp inter.der", NULL, in_time, X509_V_OK, 0);
    assert_int_equal(check(v, "", NULL, in_time, &results), 0);
    verifier_free(v);
}

static void test_paths(void **state)
{
    (void)state;
    const struct store_source missing = {"lab", FOLDER "missing.pem", NULL};
    struct verify_options options = {.stores = &missing, .num_stores = 1};
    struct error error;
    assert_null(verifier_new(cache, &options, &error));
    assert_non_null(strstr(error.text, "trust store lab"));
    options = (struct verify_options){.intermediates = FOLDER "missing.pem"};
    assert_null(verifier_new(cache, &options, &error));
    assert_non_null(strstr(error.text, "missing.pem"));
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
        cmocka_unit_test(test_outcomes),   cmocka_unit_test(test_names),     cmocka_unit_test(test_path),
        cmocka_unit_test(test_also),       cmocka_unit_test(test_completed), cmocka_unit_test(test_remembered),
        cmocka_unit_test(test_limits),     cmocka_unit_test(test_at),        cmocka_unit_test(test_trust_settings),
        cmocka_unit_test(test_unreadable), cmocka_unit_test(test_paths),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
