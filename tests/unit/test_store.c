/* Trust stores in every format (tests/unit/data/stores): how many certificates, which errors. */
#include "trust/store.h"

#include "bounds.h"
#include "support/cmocka_all.h"

#include <openssl/err.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDER TEST_SOURCE_DIR "/tests/unit/data/stores/"

static struct certificates *cache;

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

static struct store *load(const char *file, const char *password)
{
    char path[1024];
    snprintf(path, sizeof path, FOLDER "%s", file);
    struct store_source source = {"lab", path, password};
    struct store *store = store_load(cache, &source);
    assert_non_null(store);
    assert_string_equal(store_facts(store)->name, "lab");
    assert_string_equal(store_facts(store)->path, path);
    assert_int_equal(ERR_peek_error(), 0);
    return store;
}

static void check(const char *file, const char *password, size_t num, const char *error)
{
    struct store *store = load(file, password);
    const struct store_facts *facts = store_facts(store);
    if (facts->num_certificates != num)
        fail_msg("%s: %zu certificates, not %zu; %s", file, facts->num_certificates, num,
                 facts->num_errors ? facts->errors[0] : "no error");
    assert_int_equal(facts->num_errors, error != NULL);
    if (error && (!strstr(facts->errors[0], error) || !strstr(facts->errors[0], file)))
        fail_msg("%s: '%s' does not say '%s'", file, facts->errors[0], error);
    store_free(store);
}

static void test_formats(void **state)
{
    (void)state;
    check("bundle.pem", NULL, 3, NULL);
    check("trusted.pem", NULL, 1, NULL);
    check("root.der", NULL, 1, NULL);
    check("bundle.p7b", NULL, 3, NULL);
    check("cacerts.p12", NULL, 2, NULL);
    check("cacerts.jks", NULL, 2, NULL);
    check("withkey.jks", NULL, 1, NULL);
    check("plain", NULL, 2, NULL);
    check("hashed", NULL, 1, NULL);
}

static void test_passwords(void **state)
{
    (void)state;
    check("secret.p12", "secret", 3, NULL);
    check("secret.p12", "other", 0, "PKCS#12 that does not open");
    check("password.jks", "geheim-p\u00e4sswort", 2, NULL);
    check("password.jks", NULL, 2, "its digest does not fit the password");
}

/* RC2-40, as Java wrote until version 8. */
static void test_legacy(void **state)
{
    (void)state;
    struct store *store = load("legacy.p12", NULL);
    const struct store_facts *facts = store_facts(store);
    if (facts->num_certificates == 0 && facts->num_errors > 0 && strstr(facts->errors[0], "legacy provider")) {
        store_free(store);
        skip(); /* this OpenSSL was installed without it */
    }
    assert_int_equal(facts->num_certificates, 3);
    assert_int_equal(facts->num_errors, 0);
    store_free(store);
}

/* What is damaged does not keep the rest from being used. */
static void test_damage(void **state)
{
    (void)state;
    struct store *store = load("damaged.pem", NULL);
    const struct store_facts *facts = store_facts(store);
    assert_int_equal(facts->num_certificates, 2);
    assert_int_equal(facts->num_errors, 2);
    assert_non_null(strstr(facts->errors[0], "base64"));
    store_free(store);
    check("plain/README", NULL, 0, "no certificate in it");
    check("good.ocsp", NULL, 0, "neither a certificate nor");
    check("missing.pem", NULL, 0, "No such file");
}

static void write_file(const char *path, const void *data, size_t len)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    fclose(file);
}

/* Other databases are refused with a hint what to do. */
static void test_hints(void **state)
{
    (void)state;
    char folder[] = "/tmp/tlswhy-store-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/cert9.db", folder);
    write_file(path, "SQLite format 3", 16);
    struct store_source source = {"firefox", folder, NULL};
    struct store *store = store_load(cache, &source);
    assert_non_null(store);
    assert_int_equal(store_facts(store)->num_errors, 1);
    assert_non_null(strstr(store_facts(store)->errors[0], "certutil -L -d sql:"));
    store_free(store);
    source.path = path;
    store = store_load(cache, &source);
    assert_non_null(strstr(store_facts(store)->errors[0], "NSS"));
    store_free(store);
    write_file(path, "\xCE\xCE\xCE\xCE\0\0\0\2", 8);
    store = store_load(cache, &source);
    assert_non_null(strstr(store_facts(store)->errors[0], "keytool -importkeystore"));
    store_free(store);
    unlink(path);
    rmdir(folder);
}

/* Errors are kept up to a limit, then counted. */
static void test_many_errors(void **state)
{
    (void)state;
    static const char bad[] = "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n";
    char path[] = "/tmp/tlswhy-store-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    for (unsigned i = 0; i < LIMIT_STORE_ERRORS + 7; i++)
        assert_int_equal(write(fd, bad, sizeof bad - 1), sizeof bad - 1);
    close(fd);
    struct store_source source = {"bad", path, NULL};
    struct store *store = store_load(cache, &source);
    assert_non_null(store);
    assert_int_equal(store_facts(store)->num_certificates, 0);
    assert_int_equal(store_facts(store)->num_errors, LIMIT_STORE_ERRORS);
    assert_int_equal(store_facts(store)->num_errors_left_out, 7);
    store_free(store);
    unlink(path);
}

/* SSL_CERT_FILE and SSL_CERT_DIR take the place of OpenSSL's own, and nothing else is searched then. */
static void test_system(void **state)
{
    (void)state;
    const struct store_source source = {"system", NULL, NULL};
    setenv("SSL_CERT_FILE", FOLDER "bundle.pem", 1);
    setenv("SSL_CERT_DIR", FOLDER "plain:" FOLDER "hashed", 1);
    struct store *store = store_load(cache, &source);
    assert_non_null(store);
    assert_int_equal(store_facts(store)->num_certificates, 3); /* the directories hold two of the bundle's */
    assert_int_equal(store_facts(store)->num_errors, 0);
    assert_string_equal(store_facts(store)->path, FOLDER "bundle.pem:" FOLDER "plain:" FOLDER "hashed");
    store_free(store);
    setenv("SSL_CERT_FILE", FOLDER "missing.pem", 1);
    setenv("SSL_CERT_DIR", "", 1);
    store = store_load(cache, &source);
    assert_non_null(store);
    assert_int_equal(store_facts(store)->num_certificates, 0);
    assert_int_equal(store_facts(store)->num_errors, 1);
    assert_null(store_facts(store)->path);
    store_free(store);
    unsetenv("SSL_CERT_FILE");
    unsetenv("SSL_CERT_DIR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats), cmocka_unit_test(test_passwords), cmocka_unit_test(test_legacy),
        cmocka_unit_test(test_damage),  cmocka_unit_test(test_hints),     cmocka_unit_test(test_many_errors),
        cmocka_unit_test(test_system),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
