/* What the user tells of servers: names into code points, whom it is about, and errors that say where. */
#include "diagnose/profile.h"
#include "options_internal.h"
#include "support/cmocka_all.h"

#include <string.h>

static struct told_server told;
static struct error error;

static int reset(void **state)
{
    (void)state;
    memset(&told, 0, sizeof told);
    memset(&error, 0, sizeof error);
    return 0;
}

static void expect_codes(const struct told_list *list, const uint16_t *codes, unsigned num)
{
    assert_int_equal(list->num, num);
    for (unsigned i = 0; i < num; i++)
        assert_int_equal(list->at[i], codes[i]);
}

#define EXPECT(list, ...)                                                                                              \
    expect_codes(list, (const uint16_t[]){__VA_ARGS__}, sizeof(uint16_t[]){__VA_ARGS__} / sizeof(uint16_t))

static void test_versions(void **state)
{
    (void)state;
    assert_int_equal(option_told_versions(&told, "TLSv1.2,1.3 tls1.1:TLSv1 ssl3,SSLv2", &error), 0);
    EXPECT(&told.versions, 0x0303, 0x0304, 0x0302, 0x0301, 0x0300, 0x0002);
    reset(NULL);
    assert_int_equal(option_told_versions(&told, "TLS 1.2, TLS 1.3, VERS-TLS1.2", &error), 0);
    EXPECT(&told.versions, 0x0303, 0x0304);
    assert_int_equal(option_told_versions(&told, "1.2,TLSv1.4", &error), -1);
    assert_non_null(strstr(error.text, "'TLSv1.4' (character 5)"));
    reset(NULL);
    assert_int_equal(option_told_versions(&told, " ,", &error), -1);
    assert_non_null(strstr(error.text, "names no version"));
}

static void test_groups(void **state)
{
    (void)state;
    const char *const names[] = {"x25519:secp256r1,X448", "X25519 P-256 GROUP-X448", "curve25519,prime256v1,x448"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        reset(NULL);
        assert_int_equal(option_told_groups(&told, names[i], &error), 0);
        EXPECT(&told.groups, 0x001D, 0x0017, 0x001E);
    }
    reset(NULL);
    assert_int_equal(option_told_groups(&told, "X25519MLKEM768,ffdhe2048,0x0018,brainpoolP256r1,P-521", &error), 0);
    EXPECT(&told.groups, 0x11EC, 0x0100, 0x0018, 0x001A, 0x0019);
    assert_int_equal(option_told_groups(&told, "secp265r1", &error), -1);
    assert_non_null(strstr(error.text, "did you mean secp256r1?"));
    assert_int_equal(option_told_groups(&told, "GREASE", &error), -1);
    assert_int_equal(option_told_groups(&told, "0x12345", &error), -1);
    assert_int_equal(option_told_groups(&told, "0xZZ", &error), -1);
}

static void test_signature_algorithms(void **state)
{
    (void)state;
    const char *const names[] = {"rsa_pss_rsae_sha256:ecdsa_secp256r1_sha256:rsa_pkcs1_sha512:ed25519",
                                 "RSA-PSS+SHA256:ECDSA+SHA256:RSA+SHA512:ED25519",
                                 "PSSWithSHA256,ECDSAWithP256AndSHA256,PKCS1WithSHA512,Ed25519",
                                 "SIGN-RSA-PSS-RSAE-SHA256 SIGN-ECDSA-SHA256 SIGN-RSA-SHA512 SIGN-EDDSA-ED25519",
                                 "PSS+SHA256,SHA256withECDSA,SHA512withRSA,ed25519"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        reset(NULL);
        assert_int_equal(option_told_sigalgs(&told, names[i], &error), 0);
        EXPECT(&told.signature_algorithms, 0x0804, 0x0403, 0x0601, 0x0807);
    }
    assert_int_equal(option_told_sigalgs(&told, "RSA+SHA256:RSA+SHA265", &error), -1);
    assert_non_null(strstr(error.text, "'RSA+SHA265' (character 12) is no signature algorithm"));
}

static void test_certificates(void **state)
{
    (void)state;
    assert_int_equal(option_told_cert(&told, "RSA,ed25519", &error), 0);
    assert_int_equal(told.key_kinds, KEY_RSA | KEY_ED25519);
    assert_int_equal(option_told_cert(&told, "ecdsa,edcsa", &error), -1);
    assert_non_null(strstr(error.text, "'edcsa' (character 7)"));
    assert_non_null(strstr(error.text, "did you mean"));
}

static bool has(uint16_t code)
{
    return told_list_has(&told.ciphers, code);
}

/* Expanded as openssl-ciphers(1) does; TLS 1.3 comes along with older suites, unless it is named. */
static void test_ciphers(void **state)
{
    (void)state;
    assert_int_equal(option_told_ciphers(&told, "ECDHE-RSA-AES128-GCM-SHA256", &error), 0);
    assert_int_equal(told.ciphers.num, 4);
    assert_true(has(0xC02F) && has(0x1301) && has(0x1302) && has(0x1303));
    reset(NULL);
    assert_int_equal(option_told_ciphers(&told, "ECDHE+AESGCM:!ECDSA:@STRENGTH", &error), 0);
    assert_true(has(0xC02F) && has(0xC030) && !has(0xC02B) && !has(0x009C));
    reset(NULL);
    assert_int_equal(option_told_ciphers(&told, "TLS_AES_128_GCM_SHA256", &error), 0);
    EXPECT(&told.ciphers, 0x1301);
    reset(NULL);
    assert_int_equal(option_told_ciphers(&told, "TLS_AES_128_GCM_SHA256 AES128-SHA", &error), 0);
    EXPECT(&told.ciphers, 0x1301, 0x002F);
    reset(NULL);
    assert_int_equal(
        option_told_ciphers(&told, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_RSA_WITH_RC4_128_MD5", &error), 0);
    EXPECT(&told.ciphers, 0xC02F, 0x0004);
    /* Keywords without suites in this build are no mistakes. */
    reset(NULL);
    assert_int_equal(option_told_ciphers(&told, "HIGH:!aNULL:!eNULL:!EXPORT:!LOW:!SSLv2:!RC4:!MD5:-3DES", &error), 0);
    assert_true(has(0xC02F) && has(0x002F) && !has(0x0004) && !has(0x0034));
}

static void test_wrong_ciphers(void **state)
{
    (void)state;
    static const struct {
        const char *value, *expected;
    } cases[] = {
        {"AES128-SHA:ECDHE-RSA-AES128-GMC-SHA256",
         "'ECDHE-RSA-AES128-GMC-SHA256' (character 12) is no suite, and no keyword of openssl-ciphers(1); did you mean "
         "ECDHE-RSA-AES128-GCM-SHA256?"},
        {"HIGH:!RC44", "'RC44' (character 7)"},
        {"HIGH+AESGMC", "'AESGMC' (character 6)"},
        {"HIGH:!", "'!' (character 6)"},
        {"ECDHE+", "(character 1)"},
        {"HIGH:@STRONG", "'@STRONG' (character 6)"},
        {"AES128-SHA:!AES128", "no suite is left"},
        {"", "names no suite"},
        {"!RC4", "no suite is left"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        reset(NULL);
        assert_int_equal(option_told_ciphers(&told, cases[i].value, &error), -1);
        if (!strstr(error.text, cases[i].expected))
            fail_msg("%s: %s", cases[i].value, error.text);
    }
}

static void test_whom(void **state)
{
    (void)state;
    struct flow flow = {.ip_version = 4, .port = {50000, 8443}};
    struct connection c = {.flow = &flow, .name = "given.test"};
    memcpy(flow.address[1], (const uint8_t[]){10, 9, 0, 1}, 4);
    assert_false(told_applies(&told, &c)); /* nothing is told */
    told.key_kinds = KEY_RSA;
    assert_true(told_applies(&told, &c));
    static const struct {
        const char *server;
        bool applies;
    } cases[] = {
        {"GIVEN.test", true},         {"given.test:8443", true}, {"given.test:443", false}, {"other.test", false},
        {"10.9.0.1", true},           {"10.9.0.1:8443", true},   {"10.9.0.2", false},       {"::1", false},
        {"[2001:db8::1]:8443", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(option_told_server(&told, cases[i].server, &error), 0);
        assert_int_equal(told_applies(&told, &c), cases[i].applies);
    }
    /* The name that was asked for counts, not what else is known. */
    assert_int_equal(option_told_server(&told, "given.test", &error), 0);
    c.has_client_hello = true;
    c.client_hello.ext.server_name = (struct bytes){(const uint8_t *)"www.test", 8};
    assert_false(told_applies(&told, &c));
    static const char *const wrong[] = {"", ":443", "a:0", "a:65536", "a:b", "[::1", "1:2:3", "[]:443"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(option_told_server(&told, wrong[i], &error), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_versions, reset),
        cmocka_unit_test_setup(test_groups, reset),
        cmocka_unit_test_setup(test_signature_algorithms, reset),
        cmocka_unit_test_setup(test_certificates, reset),
        cmocka_unit_test_setup(test_ciphers, reset),
        cmocka_unit_test_setup(test_wrong_ciphers, reset),
        cmocka_unit_test_setup(test_whom, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
