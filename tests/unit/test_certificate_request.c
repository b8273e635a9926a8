/* CertificateRequest of all versions. */
#include "dissect/handshake.h"
#include "support/cmocka_all.h"
#include "support/mutate.h"
#include "support/tls_messages.h"
#include "support/tls_subset.h"

#include <stdlib.h>

struct law {
    uint16_t version;
    const struct certificate_request *whole; /* NULL where damage may give anything */
};

static void parse(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    const struct law *law = arg;
    struct cursor c;
    struct certificate_request r;
    cursor_init(&c, b, declared, 0, fault);
    certificate_request_parse(&c, law->version, &r);
    if (!law->whole)
        return;
    assert_int_equal(r.is_tls13, law->whole->is_tls13);
    assert_bytes_prefix(r.types, law->whole->types, "types");
    assert_list_prefix(r.signature_algorithms, law->whole->signature_algorithms, "signature_algorithms");
    assert_bytes_prefix(r.authorities, law->whole->authorities, "authorities");
    assert_bytes_prefix(r.request_context, law->whole->request_context, "request_context");
    assert_extensions_part(&r.ext, &law->whole->ext);
}

static struct bytes check(const char *hex, uint16_t version, struct certificate_request *r)
{
    struct bytes b = bytes_from_hex(hex);
    struct fault fault;
    struct cursor c;
    cursor_init_whole(&c, b, &fault);
    certificate_request_parse(&c, version, r);
    assert_int_equal(fault.kind, FAULT_NONE);
    mutate_prefixes(b, parse, &(struct law){version, r});
    mutate_bits(b, parse, &(struct law){version, NULL});
    mutate_trailing(b, parse, &(struct law){version, NULL});
    return b;
}

static unsigned num_authorities(const struct certificate_request *r)
{
    struct fault fault;
    struct cursor c;
    struct bytes der;
    unsigned num = 0;
    cursor_init_whole(&c, r->authorities, &fault);
    while (dn_next(&c, &der)) {
        assert_int_equal(der.at[0], 0x30);
        num++;
    }
    assert_int_equal(fault.kind, FAULT_NONE);
    return num;
}

static void test_up_to_tls12(void **state)
{
    (void)state;
    struct certificate_request r;
    struct bytes b = check(CERTIFICATE_REQUEST_TLS10, VERSION_TLS10, &r);
    assert_false(r.is_tls13);
    assert_bytes_hex(r.types, "010240");
    assert_int_equal(r.signature_algorithms.num, 0);
    assert_int_equal(num_authorities(&r), 1);
    free((void *)(uintptr_t)b.at);

    b = check(CERTIFICATE_REQUEST_TLS12, VERSION_TLS12, &r);
    assert_bytes_hex(r.types, "010240");
    assert_int_equal(r.signature_algorithms.num, 20);
    assert_int_equal(u16_list_at(r.signature_algorithms, 0), 0x0403);
    assert_int_equal(num_authorities(&r), 1);
    free((void *)(uintptr_t)b.at);

    /* No authorities: any will do. */
    b = check("01 01 0000", VERSION_SSL3, &r);
    assert_int_equal(num_authorities(&r), 0);
    free((void *)(uintptr_t)b.at);
}

static void test_tls13(void **state)
{
    (void)state;
    struct certificate_request r;
    struct bytes b = check(CERTIFICATE_REQUEST_TLS13, VERSION_TLS13, &r);
    assert_true(r.is_tls13);
    assert_int_equal(r.request_context.len, 0);
    assert_int_equal(r.types.len, 0);
    assert_true(r.ext.has_signature_algorithms);
    assert_int_equal(r.signature_algorithms.num, 16);
    assert_true(r.ext.has_certificate_authorities);
    assert_int_equal(num_authorities(&r), 1);
    free((void *)(uintptr_t)b.at);

    b = check("02 c1c2 0008 000d 0004 0002 0403", VERSION_TLS13, &r);
    assert_bytes_hex(r.request_context, "c1c2");
    assert_int_equal(num_authorities(&r), 0);
    free((void *)(uintptr_t)b.at);
}

static void test_draft18(void **state)
{
    (void)state;
    struct certificate_request r;
    struct bytes b = check("00 0004 0403 0804 0004 0002 3000 0008 03 551d0f 0002 0101", 0x7F12, &r);
    assert_true(r.is_tls13);
    assert_int_equal(r.signature_algorithms.num, 2);
    assert_int_equal(num_authorities(&r), 1);
    assert_false(r.ext.has_block);
    free((void *)(uintptr_t)b.at);
}

static void test_malformed(void **state)
{
    (void)state;
    static const struct {
        uint16_t version;
        const char *hex, *field;
    } cases[] = {
        {VERSION_TLS10, "01 01 0002 0000", "DistinguishedName"},
        {VERSION_TLS10, "01 01 0003 0002 30", "DistinguishedName"},
        {VERSION_TLS12, "01 01 0000", "certificate_authorities"},
        {VERSION_TLS12, "01 01 0001 04 0000", "supported_signature_algorithms"},
        {VERSION_TLS13, "00", "extensions"},
        {VERSION_TLS13, "01 01 0002", "extensions"},
        {VERSION_TLS13, "00 0000 00", "CertificateRequest"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes b = bytes_from_hex(cases[i].hex);
        struct fault fault;
        struct cursor c;
        struct certificate_request r;
        cursor_init_whole(&c, b, &fault);
        certificate_request_parse(&c, cases[i].version, &r);
        assert_int_equal(fault.kind, FAULT_MALFORMED);
        assert_string_equal(fault.field, cases[i].field);
        free((void *)(uintptr_t)b.at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_up_to_tls12),
        cmocka_unit_test(test_tls13),
        cmocka_unit_test(test_draft18),
        cmocka_unit_test(test_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
