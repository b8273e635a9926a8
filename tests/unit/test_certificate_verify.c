/* CertificateVerify. */
#include "dissect/handshake.h"
#include "support/cmocka_all.h"
#include "support/mutate.h"
#include "support/tls_messages.h"
#include "support/tls_subset.h"

#include <stdlib.h>

struct law {
    uint16_t version;
    const struct certificate_verify *whole; /* NULL where damage may give anything */
};

static void parse(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    const struct law *law = arg;
    struct cursor c;
    struct certificate_verify v;
    cursor_init(&c, b, declared, 0, fault);
    certificate_verify_parse(&c, law->version, &v);
    if (!law->whole)
        return;
    assert_number_part(v.algorithm, law->whole->algorithm, "algorithm");
    assert_bytes_prefix(v.signature, law->whole->signature, "signature");
}

static void test_versions(void **state)
{
    (void)state;
    static const struct {
        uint16_t version;
        const char *hex;
        uint16_t algorithm;
        size_t overhead;
    } cases[] = {
        {VERSION_TLS12, CERTIFICATE_VERIFY_TLS12, 0x0403, 4},
        {VERSION_TLS13, CERTIFICATE_VERIFY_TLS13, 0x0403, 4},
        {VERSION_DTLS12, "0804 0003 a1a2a3", 0x0804, 4},
        {VERSION_TLS11, "0003 a1a2a3", 0, 2},
        {VERSION_SSL3, "0003 a1a2a3", 0, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes b = bytes_from_hex(cases[i].hex);
        struct fault fault;
        struct cursor c;
        struct certificate_verify v;
        cursor_init_whole(&c, b, &fault);
        certificate_verify_parse(&c, cases[i].version, &v);
        assert_int_equal(fault.kind, FAULT_NONE);
        assert_int_equal(v.has_algorithm, cases[i].algorithm != 0);
        assert_int_equal(v.algorithm, cases[i].algorithm);
        assert_int_equal(v.signature.len, b.len - cases[i].overhead);
        mutate_prefixes(b, parse, &(struct law){cases[i].version, &v});
        mutate_bits(b, parse, &(struct law){cases[i].version, NULL});
        mutate_trailing(b, parse, &(struct law){cases[i].version, NULL});
        free((void *)(uintptr_t)b.at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_versions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
