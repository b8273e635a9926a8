/* JA3, JA3S, JA4 and Community ID against the examples their authors publish, and at their edges. */
#include "session/fingerprint.h"

#include "support/cmocka_all.h"
#include "support/mutate.h"

#include <stdlib.h>
#include <string.h>

static struct fingerprints *f;

static int setup(void **state)
{
    (void)state;
    f = fingerprints_new();
    return f ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    fingerprints_free(f);
    return 0;
}

/* A hello under construction: what a test says is in it. */
static struct hello {
    uint8_t ciphers[70000], extensions[70000];
    size_t num_ciphers, extensions_len;
    struct client_hello parsed;
} hello;

static void hello_begin(uint16_t version)
{
    hello.num_ciphers = hello.extensions_len = 0;
    hello.parsed = (struct client_hello){.legacy_version = version};
}

static void add_ciphers(const uint16_t *codes, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        hello.ciphers[2 * hello.num_ciphers] = (uint8_t)(codes[i] >> 8);
        hello.ciphers[2 * hello.num_ciphers++ + 1] = (uint8_t)codes[i];
    }
}

static void add_extension(uint16_t type, const void *body, size_t len)
{
    uint8_t *at = hello.extensions + hello.extensions_len;
    assert_true(hello.extensions_len + 4 + len <= sizeof hello.extensions);
    at[0] = (uint8_t)(type >> 8);
    at[1] = (uint8_t)type;
    at[2] = (uint8_t)(len >> 8);
    at[3] = (uint8_t)len;
    if (len)
        memcpy(at + 4, body, len);
    hello.extensions_len += 4 + len;
}

static const struct client_hello *hello_end(void)
{
    hello.parsed.cipher_suites = (struct u16_list){hello.ciphers, hello.num_ciphers};
    hello.parsed.ext.has_block = hello.extensions_len > 0;
    hello.parsed.ext.raw = (struct bytes){hello.extensions, hello.extensions_len};
    return &hello.parsed;
}

#define LIST(...) (const uint16_t[]){__VA_ARGS__}, sizeof((const uint16_t[]){__VA_ARGS__}) / sizeof(uint16_t)

static void add_extensions(const uint16_t *types, size_t num)
{
    for (size_t i = 0; i < num; i++)
        add_extension(types[i], NULL, 0);
}

static void check_ja3(const char *string, const char *hash)
{
    char buf[1024], hex[JA3_LEN];
    size_t len = ja3_string(hello_end(), buf, sizeof buf);
    assert_int_equal(len, strlen(string));
    assert_string_equal(buf, string);
    ja3_hash(f, buf, len, hex);
    assert_string_equal(hex, hash);
}

static void check_ja4(enum ja4_transport transport, const char *expected)
{
    char out[JA4_LEN];
    assert_true(ja4(f, hello_end(), transport, out));
    assert_string_equal(out, expected);
}

/* The two examples of the JA3 project's description. */
static void test_ja3_published(void **state)
{
    (void)state;
    static const uint8_t groups[] = {0, 23, 0, 24, 0, 25}, formats[] = {0};
    hello_begin(VERSION_TLS10);
    add_ciphers(LIST(47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4));
    add_extensions(LIST(0, 10, 11));
    hello.parsed.ext.supported_groups = (struct u16_list){groups, 3};
    hello.parsed.ext.ec_point_formats = (struct bytes){formats, 1};
    check_ja3("769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0",
              "ada70206e40642a3e4461f35503241d5");

    hello_begin(VERSION_TLS10);
    add_ciphers(LIST(4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99));
    check_ja3("769,4-5-10-9-100-98-3-6-19-18-99,,,", "de350869b8c85de67a350c8d186f11e6");
}

static void test_ja3_grease(void **state)
{
    (void)state;
    static const uint8_t groups[] = {0x2A, 0x2A, 0, 29, 0xFA, 0xFA}, formats[] = {0, 1, 2};
    hello_begin(VERSION_TLS12);
    add_ciphers(LIST(0x0A0A, 0x1301, 0xFAFA));
    add_extensions(LIST(0x1A1A, 10, 0xFF01, 0xEAEA));
    hello.parsed.ext.supported_groups = (struct u16_list){groups, 3};
    hello.parsed.ext.ec_point_formats = (struct bytes){formats, 3};
    check_ja3("771,4865,10-65281,29,0-1-2", "7c18370ffe662224c553f30983a429d6");

    /* Nothing but GREASE is the same as nothing. */
    hello_begin(0);
    add_ciphers(LIST(0x0A0A));
    add_extensions(LIST(0x1A1A));
    check_ja3("0,,,,", "2432bebf06532faf89aae784a9aae4ef");
}

static void test_ja3_does_not_fit(void **state)
{
    (void)state;
    char buf[64];
    hello_begin(VERSION_TLS12);
    add_ciphers(LIST(0x1301, 0x1302));
    const struct client_hello *h = hello_end();
    static const char whole[] = "771,4865-4866,,,";
    assert_int_equal(ja3_string(h, buf, sizeof whole), sizeof whole - 1);
    assert_string_equal(buf, whole);
    for (size_t size = 0; size < sizeof whole; size++) {
        memset(buf, 'x', sizeof buf);
        assert_int_equal(ja3_string(h, buf, size), 0);
        assert_int_equal(buf[size], 'x');
    }
    struct client_hello v2 = *h;
    v2.is_v2 = true;
    assert_int_equal(ja3_string(&v2, buf, sizeof buf), 0);
    assert_false(ja4(f, &v2, JA4_TCP, buf));
}

static void test_ja3s(void **state)
{
    (void)state;
    char buf[64], hex[JA3_LEN];
    hello_begin(0);
    add_extensions(LIST(65281, 0, 11, 35, 5, 16));
    struct server_hello server = {.legacy_version = VERSION_TLS10, .cipher_suite = 47};
    server.ext.raw = (struct bytes){hello.extensions, hello.extensions_len};
    size_t len = ja3s_string(&server, buf, sizeof buf);
    assert_string_equal(buf, "769,47,65281-0-11-35-5-16");
    assert_int_equal(len, 25);
    ja3_hash(f, buf, len, hex);
    assert_string_equal(hex, "836ce314215654b5b1f85f97c73e506f");
    assert_int_equal(ja3s_string(&server, buf, 26), 25);
    assert_int_equal(ja3s_string(&server, buf, 25), 0);
    assert_int_equal(ja3s_string(&server, buf, 0), 0);
    server.ext.raw = (struct bytes){NULL, 0};
    assert_int_equal(ja3s_string(&server, buf, sizeof buf), 7);
    assert_string_equal(buf, "769,47,");
}

static const uint8_t schemes[] = {4, 3, 8, 4, 4, 1, 5, 3, 8, 5, 5, 1, 8, 6, 6, 1};
static const uint8_t versions[] = {0x0A, 0x0A, 3, 4, 3, 3};
static const uint8_t alpn[] = "\x02h2\x08http/1.1";

/* The worked example of FoxIO's description of JA4. */
static void begin_foxio_example(void)
{
    hello_begin(VERSION_TLS12);
    add_ciphers(LIST(0x1A1A, 0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC013, 0xC014,
                     0x009C, 0x009D, 0x002F, 0x0035));
    add_extensions(LIST(0x2A2A, 0x001B, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002D, 0x000D, 0x0005, 0x0023, 0x0012,
                        0x002B, 0xFF01, 0x000B, 0x000A, 0x0015));
    hello.parsed.ext.has_server_name = true;
    hello.parsed.ext.signature_algorithms = (struct u16_list){schemes, 8};
    hello.parsed.ext.supported_versions = (struct u16_list){versions, 3};
    hello.parsed.ext.alpn = (struct bytes){alpn, 12};
}

static void test_ja4_published(void **state)
{
    (void)state;
    begin_foxio_example();
    check_ja4(JA4_TCP, "t13d1516h2_8daaf6152771_e5627efa2ab1");
    check_ja4(JA4_QUIC, "q13d1516h2_8daaf6152771_e5627efa2ab1");
    /* Without signature algorithms there is no '_' in what is hashed. */
    hello.parsed.ext.signature_algorithms.num = 0;
    check_ja4(JA4_TCP, "t13d1516h2_8daaf6152771_6d807ffa2a79");
}

static void test_ja4_empty(void **state)
{
    (void)state;
    hello_begin(VERSION_SSL3);
    check_ja4(JA4_TCP, "ts3i000000_000000000000_000000000000");
    add_ciphers(LIST(0x0A0A));
    add_extensions(LIST(0x0A0A, 0, 16));
    hello.parsed.ext.has_server_name = true;
    check_ja4(JA4_TCP, "ts3d000200_000000000000_000000000000");
}

static void check_version(uint16_t legacy, const char *offered_hex, const char *expected)
{
    char out[JA4_LEN];
    struct bytes offered = bytes_from_hex(offered_hex);
    hello_begin(legacy);
    hello.parsed.ext.supported_versions = (struct u16_list){offered.at, offered.len / 2};
    assert_true(ja4(f, hello_end(), JA4_TCP, out));
    assert_memory_equal(out + 1, expected, 2);
    free((void *)(uintptr_t)offered.at);
}

static void test_ja4_versions(void **state)
{
    (void)state;
    check_version(VERSION_TLS12, "", "12");
    check_version(VERSION_TLS11, "", "11");
    check_version(VERSION_TLS10, "", "10");
    check_version(VERSION_SSL3, "", "s3");
    check_version(VERSION_SSL2, "", "s2");
    check_version(0x0305, "", "00");
    check_version(VERSION_TLS12, "0303 0304 0302", "13");
    check_version(VERSION_TLS12, "0302 0301", "11");
    check_version(VERSION_TLS12, "FAFA 0304", "13");
    check_version(VERSION_TLS12, "FAFA", "12");
    check_version(VERSION_TLS12, "7F17 0303", "00");
    check_version(0xFEFD, "", "d2");
    check_version(0xFEFF, "", "d1");
    check_version(0xFEFD, "FEFF FEFC FEFD", "d3");
}

static void check_alpn(const char *list, size_t len, const char *expected)
{
    char out[JA4_LEN];
    hello_begin(VERSION_TLS12);
    hello.parsed.ext.alpn = (struct bytes){(const uint8_t *)list, len};
    assert_true(ja4(f, hello_end(), JA4_TCP, out));
    assert_memory_equal(out + 8, expected, 2);
}

static void test_ja4_alpn(void **state)
{
    (void)state;
    check_alpn(NULL, 0, "00");
    check_alpn("\x08http/1.1\x02h2", 12, "h1");
    check_alpn("\x01Q", 2, "QQ");
    /* The table of FoxIO's description. */
    check_alpn("\x01\xAB", 2, "ab");
    check_alpn("\x02\xAB\xCD", 3, "ad");
    check_alpn("\x02\x30\xAB", 3, "3b");
    check_alpn("\x04\x30\x31\xAB\xCD", 5, "3d");
    check_alpn("\x04\x30\xAB\xCD\x31", 5, "01");
    /* A control character or an underscore never gets through; nor does a list that contradicts itself. */
    check_alpn("\x02_\x1B", 3, "5b");
    check_alpn("\x05h2", 3, "00");
}

static void test_ja4_counts(void **state)
{
    (void)state;
    char out[JA4_LEN], again[JA4_LEN];
    hello_begin(VERSION_TLS12);
    for (unsigned i = 0; i < 99; i++)
        add_ciphers(LIST((uint16_t)(0xC000 + i)));
    for (unsigned i = 0; i < 9; i++)
        add_extension((uint16_t)(100 + i), NULL, 0);
    assert_true(ja4(f, hello_end(), JA4_TCP, out));
    assert_memory_equal(out, "t12i9909", 8);

    /* As many as fit into a hello, in two orders: the count stops at 99, the hash does not mind. */
    hello_begin(VERSION_TLS12);
    for (unsigned i = 0; i < 32767; i++)
        add_ciphers(LIST((uint16_t)(i * 7919)));
    for (unsigned i = 0; i < 16383; i++)
        add_extension((uint16_t)(65535 - i), NULL, 0);
    assert_true(ja4(f, hello_end(), JA4_TCP, out));
    assert_memory_equal(out, "t12i9999", 8);
    hello_begin(VERSION_TLS12);
    for (unsigned i = 32767; i-- > 0;)
        add_ciphers(LIST((uint16_t)(i * 7919)));
    for (unsigned i = 16383; i-- > 0;)
        add_extension((uint16_t)(65535 - i), NULL, 0);
    assert_true(ja4(f, hello_end(), JA4_TCP, again));
    assert_string_equal(again, out);
}

static void check_community(uint8_t ip_version, const char *a_hex, uint16_t a_port, const char *b_hex, uint16_t b_port,
                            uint8_t protocol, const char *expected)
{
    char out[COMMUNITY_ID_LEN];
    uint8_t a[16] = {0}, b[16] = {0};
    struct bytes from = bytes_from_hex(a_hex), to = bytes_from_hex(b_hex);
    memcpy(a, from.at, from.len);
    memcpy(b, to.at, to.len);
    community_id(f, ip_version, a, b, a_port, b_port, protocol, out);
    assert_string_equal(out, expected);
    community_id(f, ip_version, b, a, b_port, a_port, protocol, out);
    assert_string_equal(out, expected);
    free((void *)(uintptr_t)from.at);
    free((void *)(uintptr_t)to.at);
}

/* The examples of the specification's repository; those with equal addresses and IPv6 as Wireshark computes them. */
static void test_community_id(void **state)
{
    (void)state;
    check_community(4, "80E86E78", 34855, "4223FACC", 80, 6, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
    check_community(4, "C0A80134", 54585, "08080808", 53, 17, "1:d/FP5EW3wiY1vCndhwleRRKHowQ=");
    check_community(6, "3ffe0507000000010200 86fffe0580da", 1022, "3ffe050104100000 02c0dffffe47033e", 22, 6,
                    "1:KCHULnC2GCfanzHfU34Gr1Za/Zo=");
    check_community(6, "20014998ef830014 8000 00000000100d", 64034, "26064700 0000 0000 0000 0000 6811d209", 443, 6,
                    "1:/wxqZ626SZRx3CanjPRZ6tl4iH8=");
    check_community(4, "7F000001", 443, "7F000001", 40000, 6, "1:zKwXEDULx4mp1OHTCIvxDrfCuwo=");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ja3_published),    cmocka_unit_test(test_ja3_grease),
        cmocka_unit_test(test_ja3_does_not_fit), cmocka_unit_test(test_ja3s),
        cmocka_unit_test(test_ja4_published),    cmocka_unit_test(test_ja4_empty),
        cmocka_unit_test(test_ja4_versions),     cmocka_unit_test(test_ja4_alpn),
        cmocka_unit_test(test_ja4_counts),       cmocka_unit_test(test_community_id),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
