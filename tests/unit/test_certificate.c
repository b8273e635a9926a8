/* Certificates: facts against what `openssl x509` prints (tests/unit/data/certificates), the store's references,
 * look-ups and eviction. */
#include "bounds.h"
#include "trust/certificate.h"

#include "support/cmocka_all.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER TEST_SOURCE_DIR "/tests/unit/data/certificates/"

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

static struct bytes read_file(const char *name, const char *suffix)
{
    char path[1024];
    snprintf(path, sizeof path, FOLDER "%s%s", name, suffix);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("cannot open %s", path);
    uint8_t *at = malloc(16384);
    assert_non_null(at);
    size_t len = fread(at, 1, 16383, file);
    fclose(file);
    at[len] = '\0';
    return (struct bytes){at, len};
}

static void drop(struct bytes b)
{
    free((void *)(uintptr_t)b.at);
}

static struct certificate *load(const char *name)
{
    struct bytes der = read_file(name, ".der");
    struct certificate *c = certificate_intern(cache, der);
    assert_non_null(c);
    drop(der);
    return c;
}

/* The rest of the line that begins with `label`, in a static buffer; NULL when there is none. */
static const char *line_of(const char *text, const char *label)
{
    static char value[1024];
    for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        if (strncmp(line, label, strlen(label)) != 0)
            continue;
        line += strlen(label);
        snprintf(value, sizeof value, "%.*s", (int)strcspn(line, "\n"), line);
        return value;
    }
    return NULL;
}

static void check_fingerprint(const char *text, const char *label, const char *hex)
{
    const char *printed = line_of(text, label);
    assert_non_null(printed);
    char plain[80];
    size_t n = 0;
    for (const char *p = printed; *p; p++)
        if (*p != ':')
            plain[n++] = (char)tolower((unsigned char)*p);
    plain[n] = '\0';
    assert_string_equal(hex, plain);
}

/* "2025-01-01 00:00:00Z", perhaps with a fraction, as RFC 3339 without it. */
static void check_time(const char *text, const char *label, const char *shown)
{
    char expected[32];
    snprintf(expected, sizeof expected, "%.*s", (int)sizeof expected - 1, line_of(text, label));
    expected[10] = 'T';
    char *fraction = strchr(expected, '.');
    if (fraction)
        memcpy(fraction, "Z", 2);
    assert_string_equal(shown, strncmp(expected, "Bad time v", 10) == 0 ? "" : expected);
}

static const char *const with_text[] = {
    "ca",          "rsa-leaf",        "ec-self",      "ec-explicit",   "p384-leaf",   "ed25519",
    "ed448",       "rsa-pss",         "v1",           "sha1",          "self-issued", "distinguished",
    "other-names", "hostile-names",   "broken-names", "time-fraction", "time-short",  "time-invalid",
    "time-leap",   "serial-negative", "serial-zero",  "serial-long",   "ml-dsa",      "unknown-algorithm",
    "bad-key",     "name-nul",        "name-bmp",     "names-twice",
};

static void check_as_printed(const char *name)
{
    struct bytes file = read_file(name, ".txt");
    char *text = (char *)(uintptr_t)file.at;
    /* openssl breaks long serial numbers with a backslash at the end of the line. */
    char *broken = strstr(text, "\\\n");
    if (broken)
        memmove(broken, broken + 2, strlen(broken + 2) + 1);
    struct certificate *c = load(name);
    const struct certificate_facts *facts = certificate_facts(c);
    assert_null(facts->error);
    assert_int_equal(facts->size, certificate_der(c).len);
    assert_string_equal(facts->subject, line_of(text, "subject="));
    assert_string_equal(facts->issuer, line_of(text, "issuer="));
    assert_string_equal(facts->serial, line_of(text, "serial="));
    check_time(text, "notBefore=", facts->not_before_text);
    check_time(text, "notAfter=", facts->not_after_text);
    check_fingerprint(text, "sha256 Fingerprint=", facts->sha256);
    check_fingerprint(text, "sha1 Fingerprint=", facts->sha1);
    assert_string_equal(facts->signature_algorithm, line_of(text, "Signature Algorithm: "));
    const char *bits = line_of(text, "Public-Key: (");
    if (bits)
        assert_int_equal(facts->key_bits, atoi(bits));
    const char *curve = line_of(text, "ASN1 OID: ");
    if (curve)
        assert_string_equal(facts->key_curve, curve);
    const char *ca = line_of(text, "CA:");
    assert_int_equal(facts->is_ca, ca && strncmp(ca, "TRUE", 4) == 0);
    assert_true(ERR_peek_error() == 0);
    certificate_release(c);
    free(text);
}

static void test_as_openssl_prints(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof with_text / sizeof with_text[0]; i++)
        check_as_printed(with_text[i]);
}

static void test_keys(void **state)
{
    (void)state;
    static const struct {
        const char *name, *type, *curve;
        unsigned bits;
        bool is_self_issued, is_self_signed, is_ca;
    } rows[] = {
        {"ca", "rsa", NULL, 2048, true, true, true},
        {"rsa-leaf", "rsa", NULL, 2048, false, false, false},
        {"ec-self", "ec", "prime256v1", 256, true, true, false},
        {"ec-explicit", "ec", "explicit", 256, true, true, false},
        {"p384-leaf", "ec", "secp384r1", 384, false, false, false},
        {"ed25519", "ed25519", NULL, 256, true, true, true},
        {"ed448", "ed448", NULL, 456, true, true, true},
        {"rsa-pss", "rsa-pss", NULL, 2048, true, true, false},
        {"v1", "rsa", NULL, 2048, true, true, false},
        {"self-issued", "ec", "prime256v1", 256, true, false, true},
        {"serial-zero", "ec", "prime256v1", 256, true, false, false}, /* its signature no longer fits */
        {"ml-dsa", "ml-dsa-44", NULL, 0, true, false, false},
        {"unknown-algorithm", "1.2.3.4.5.6", NULL, 0, true, false, false},
        {"bad-key", "ec", "prime256v1", 0, true, false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct certificate *c = load(rows[i].name);
        const struct certificate_facts *facts = certificate_facts(c);
        assert_null(facts->error);
        assert_string_equal(facts->key_type, rows[i].type);
        assert_int_equal(facts->key_bits, rows[i].bits);
        assert_int_equal(facts->is_self_issued, rows[i].is_self_issued);
        assert_int_equal(facts->is_self_signed, rows[i].is_self_signed);
        assert_int_equal(facts->is_ca, rows[i].is_ca);
        if (rows[i].curve)
            assert_string_equal(facts->key_curve, rows[i].curve);
        else
            assert_null(facts->key_curve);
        certificate_release(c);
    }
}

static void check_list(const char *const *list, size_t num, const char *const *expected, size_t num_expected)
{
    assert_int_equal(num, num_expected);
    for (size_t i = 0; i < num && i < num_expected; i++)
        assert_string_equal(list[i], expected[i]);
}

#define CHECK_SAN(name, ...)                                                                                           \
    do {                                                                                                               \
        static const char *const expected[] = {__VA_ARGS__};                                                           \
        struct certificate *c_ = load(name);                                                                           \
        const struct certificate_facts *facts_ = certificate_facts(c_);                                                \
        check_list(facts_->san, facts_->num_san, expected, sizeof expected / sizeof expected[0]);                      \
        assert_int_equal(facts_->num_san_left_out, 0);                                                                 \
        certificate_release(c_);                                                                                       \
    } while (0)

static void test_alternative_names(void **state)
{
    (void)state;
    CHECK_SAN("rsa-leaf", "DNS:www.example.com", "DNS:*.example.net", "IP:192.0.2.1", "IP:2001:db8::1",
              "email:admin@example.com", "URI:https://example.com/a?b");
    CHECK_SAN("other-names", "DirName:CN=name,O=Dir", "RID:1.2.3.4",
              "othername:1.3.6.1.4.1.311.20.2.3:user@example.com", "othername:1.2.3:<unsupported>");
    CHECK_SAN("hostile-names", "DNS:good.example\\00.evil", "DNS:\\1B[31m\\0A\\5C", "DNS:m\\FCller",
              "IP:<invalid 0A0001>", "IP:<invalid >", "email:a\\00@b.exam", "DNS:");
    CHECK_SAN("broken-names", "<invalid>");
    CHECK_SAN("names-twice", "DNS:www.example.com", "DNS:*.example.net", "IP:192.0.2.1", "IP:2001:db8::1",
              "email:admin@example.com", "URI:https://example.com/a?b", "DNS:www.example.com", "DNS:*.example.net",
              "IP:192.0.2.1", "IP:2001:db8::1", "email:admin@example.com", "URI:https://example.com/a?b");
    struct certificate *c = load("v1");
    assert_int_equal(certificate_facts(c)->num_san, 0);
    assert_null(certificate_facts(c)->san);
    certificate_release(c);
}

/* A certificate with `num` empty DNS names, signed by nobody. */
static struct bytes with_many_names(int num)
{
    X509 *x509 = X509_new();
    EVP_PKEY *key = EVP_EC_gen("P-256");
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    for (int i = 0; i < num; i++) {
        GENERAL_NAME *name = GENERAL_NAME_new();
        GENERAL_NAME_set0_value(name, GEN_DNS, ASN1_IA5STRING_new());
        sk_GENERAL_NAME_push(names, name);
    }
    assert_int_equal(X509_add1_ext_i2d(x509, NID_subject_alt_name, names, 0, 0), 1);
    assert_int_equal(X509_set_version(x509, X509_VERSION_3), 1);
    assert_int_equal(X509_set_pubkey(x509, key), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x509), 0));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x509), 60));
    assert_true(X509_sign(x509, key, EVP_sha256()) > 0);
    unsigned char *der = NULL;
    int len = i2d_X509(x509, &der);
    assert_true(len > 0);
    GENERAL_NAMES_free(names);
    EVP_PKEY_free(key);
    X509_free(x509);
    return (struct bytes){der, (size_t)len};
}

static void test_too_many_names(void **state)
{
    (void)state;
    struct bytes der = with_many_names(LIMIT_CERTIFICATE_NAMES + 3);
    struct certificate *c = certificate_intern(cache, der);
    const struct certificate_facts *facts = certificate_facts(c);
    assert_null(facts->error);
    assert_int_equal(facts->num_san, LIMIT_CERTIFICATE_NAMES);
    assert_int_equal(facts->num_san_left_out, 3);
    assert_string_equal(facts->san[LIMIT_CERTIFICATE_NAMES - 1], "DNS:");
    assert_string_equal(facts->subject, "");
    certificate_release(c);
    OPENSSL_free((void *)(uintptr_t)der.at);
}

static void test_authority_information(void **state)
{
    (void)state;
    struct certificate *c = load("rsa-leaf");
    const struct certificate_facts *facts = certificate_facts(c);
    static const char *const issuers[] = {"http://example.com/ca.cer", "ldap://example.com/cn=ca"};
    static const char *const ocsp[] = {"http://ocsp.example.com"};
    check_list(facts->aia_issuers, facts->num_aia_issuers, issuers, 2);
    check_list(facts->aia_ocsp, facts->num_aia_ocsp, ocsp, 1);
    certificate_release(c);
    c = load("ca");
    assert_int_equal(certificate_facts(c)->num_aia_issuers, 0);
    assert_null(certificate_facts(c)->aia_issuers);
    certificate_release(c);
}

static void test_times(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t not_before, not_after;
    } rows[] = {
        {"ec-self", 1735689600, 253402300799},     {"sha1", 0, 2524607999},
        {"time-fraction", 1735689600, 1798761600}, {"time-short", 2524607940, -631152000},
        {"time-invalid", INT64_MIN, INT64_MIN},    {"time-leap", -2203891201, 1709208000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct certificate *c = load(rows[i].name);
        assert_true(certificate_facts(c)->not_before == rows[i].not_before);
        assert_true(certificate_facts(c)->not_after == rows[i].not_after);
        certificate_release(c);
    }
    struct certificate *c = load("ec-self");
    assert_string_equal(certificate_facts(c)->not_after_text, "9999-12-31T23:59:59Z");
    certificate_release(c);
}

static void check_error(struct bytes der, const char *expected)
{
    struct certificate *c = certificate_intern(cache, der);
    assert_non_null(c);
    const struct certificate_facts *facts = certificate_facts(c);
    assert_non_null(facts->error);
    if (expected)
        assert_string_equal(facts->error, expected);
    assert_true(strlen(facts->error) > 3);
    assert_int_equal(facts->size, der.len);
    assert_int_equal(strlen(facts->sha256), 64);
    assert_int_equal(strlen(facts->sha1), 40);
    assert_null(facts->subject);
    assert_int_equal(facts->num_san, 0);
    assert_true(ERR_peek_error() == 0);
    certificate_release(c);
}

static void test_unparsable(void **state)
{
    (void)state;
    check_error((struct bytes){NULL, 0}, "not a certificate");
    struct certificate *c = certificate_intern(cache, (struct bytes){NULL, 0});
    assert_string_equal(certificate_facts(c)->sha256,
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_string_equal(certificate_facts(c)->sha1, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    certificate_release(c);
    check_error((struct bytes){(const uint8_t *)"hello", 5}, NULL);

    /* Cut at every length, then one byte more, then every byte changed. */
    struct bytes der = read_file("rsa-leaf", ".der");
    uint8_t *bytes = (uint8_t *)(uintptr_t)der.at;
    for (size_t n = 0; n < der.len; n++)
        check_error((struct bytes){bytes, n}, NULL);
    check_error((struct bytes){bytes, der.len + 1}, "trailing bytes after the certificate");
    for (size_t i = 0; i < der.len; i++) {
        bytes[i] ^= 0x41;
        c = certificate_intern(cache, der);
        assert_int_equal(certificate_facts(c)->size, der.len);
        assert_true(ERR_peek_error() == 0);
        certificate_release(c);
        bytes[i] ^= 0x41;
    }
    drop(der);
    der = read_file("name-bad-utf8", ".der");
    check_error(der, NULL);
    drop(der);
    der = read_file("name-bad-bmp", ".der");
    check_error(der, NULL);
    drop(der);
}

static void test_references(void **state)
{
    (void)state;
    struct certificate *a = load("ca"), *b = load("ec-self"), *again = load("ca");
    assert_ptr_equal(a, again);
    assert_ptr_not_equal(a, b);
    assert_true(certificate_id(a) != certificate_id(b));
    const struct certificate_facts *facts = certificate_facts(a);
    assert_ptr_equal(certificate_facts(again), facts);
    certificate_release(again);
    assert_ptr_equal(certificate_facts(a), facts);
    certificate_hold(a);
    certificate_release(a);
    certificate_release(a);
    /* Idle, but still there with what was made of it. */
    uint64_t id = certificate_id(a);
    size_t *len = NULL;
    again = load("ca");
    assert_ptr_equal(again, a);
    assert_true(certificate_id(again) == id);
    char **scratch = certificate_scratch(again, &len);
    assert_null(*scratch);
    *scratch = strdup("rendered");
    *len = 8;
    certificate_release(again);
    again = load("ca");
    assert_string_equal(*certificate_scratch(again, &len), "rendered");
    assert_int_equal(*len, 8);
    certificate_release(again);
    certificate_release(b);
}

static struct certificate *numbered(struct certificates *in, unsigned number)
{
    uint8_t der[1000] = {0};
    memcpy(der + 500, &number, sizeof number);
    struct certificate *c = certificate_intern(in, (struct bytes){der, sizeof der});
    assert_non_null(c);
    return c;
}

static void test_eviction(void **state)
{
    (void)state;
    struct certificates *small = certificates_new(20000);
    assert_non_null(small);
    /* Held ones never go, whatever the limit. */
    struct certificate *held[100];
    for (unsigned i = 0; i < 100; i++)
        held[i] = numbered(small, i);
    for (unsigned i = 0; i < 100; i++) {
        struct certificate *c = numbered(small, i);
        assert_ptr_equal(c, held[i]);
        certificate_release(c);
    }
    uint64_t ids[100];
    for (unsigned i = 0; i < 100; i++) {
        ids[i] = certificate_id(held[i]);
        certificate_release(held[i]);
    }
    /* Between 10 and 20 of them fit: those released last. One that was evicted comes back under another id. */
    unsigned kept = 0;
    for (unsigned i = 100; i-- > 0;) {
        struct certificate *c = numbered(small, i);
        bool is_same = certificate_id(c) == ids[i];
        assert_true(is_same || certificate_id(c) > 100);
        kept += is_same;
        if (!is_same) {
            assert_true(kept >= 10 && kept <= 20);
            assert_int_equal(i, 99 - kept);
            certificate_release(c);
            break;
        }
        certificate_release(c);
    }
    certificates_free(small);

    /* With no room for idle ones each goes at once. */
    small = certificates_new(0);
    struct certificate *c = numbered(small, 1);
    assert_true(certificate_id(c) == 1);
    certificate_release(c);
    c = numbered(small, 1);
    assert_true(certificate_id(c) == 2);
    certificate_release(c);
    certificates_free(small);
}

static void test_many(void **state)
{
    (void)state;
    /* Past several growths of the table, all still found. */
    struct certificates *many = certificates_new(SIZE_MAX);
    for (unsigned i = 0; i < 3000; i++)
        assert_true(certificate_id(numbered(many, i)) == i + 1);
    for (unsigned i = 0; i < 3000; i++) {
        struct certificate *c = numbered(many, i);
        assert_true(certificate_id(c) == i + 1);
        certificate_release(c);
        certificate_release(c);
    }
    certificates_free(many);
}

static void test_limits(void **state)
{
    (void)state;
    uint8_t *large = calloc(1, LIMIT_CERTIFICATE + 1);
    assert_non_null(large);
    struct certificate *larger = certificate_intern(cache, (struct bytes){large, LIMIT_CERTIFICATE + 1});
    assert_non_null(larger);
    assert_int_equal(certificate_der(larger).len, 0);
    assert_int_equal(certificate_facts(larger)->size, LIMIT_CERTIFICATE + 1);
    assert_string_equal(certificate_facts(larger)->error, "larger than 65536 bytes, so that it was not read");
    /* SHA-256 of as many zero bytes */
    assert_string_equal(certificate_facts(larger)->sha256,
                        "3266304f31be278d06c3bd3eb9aa3e00c59bedec0a890de466568b0b90b0e01f");
    struct certificate *again = certificate_intern(cache, (struct bytes){large, LIMIT_CERTIFICATE + 1});
    assert_ptr_equal(larger, again);
    certificate_release(larger);
    certificate_release(again);
    /* Lengths that differ only in zero bytes at the end are different certificates. */
    struct certificate *whole = certificate_intern(cache, (struct bytes){large, LIMIT_CERTIFICATE});
    struct certificate *shorter = certificate_intern(cache, (struct bytes){large, LIMIT_CERTIFICATE - 1});
    assert_non_null(whole);
    assert_non_null(shorter);
    assert_ptr_not_equal(whole, shorter);
    assert_non_null(certificate_facts(whole)->error);
    certificate_release(whole);
    certificate_release(shorter);
    free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_openssl_prints),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_alternative_names),
        cmocka_unit_test(test_too_many_names),
        cmocka_unit_test(test_authority_information),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_unparsable),
        cmocka_unit_test(test_references),
        cmocka_unit_test(test_eviction),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
