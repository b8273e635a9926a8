/* Certificate messages of all versions, and the walk over their entries. */
#include "dissect/handshake.h"
#include "support/cmocka_all.h"
#include "support/mutate.h"
#include "support/tls_messages.h"
#include "support/tls_subset.h"

#include <stdlib.h>

struct law {
    bool is_tls13;
    const struct certificate_message *whole; /* NULL where damage may give anything */
};

static unsigned count(struct bytes list, bool is_tls13)
{
    struct fault fault;
    struct cursor c;
    struct bytes der, extensions;
    unsigned num = 0;
    cursor_init_whole(&c, list, &fault);
    while (certificate_next(&c, is_tls13, &der, &extensions)) {
        assert_true(der.len <= list.len && extensions.len <= list.len);
        num++;
    }
    return num;
}

static void parse(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    const struct law *law = arg;
    struct cursor c;
    struct certificate_message m;
    cursor_init(&c, b, declared, 0, fault);
    certificate_message_parse(&c, law->is_tls13, &m);
    assert_true(count(m.list, law->is_tls13) <= b.len / 3);
    if (!law->whole)
        return;
    assert_int_equal(m.is_tls13, law->is_tls13);
    assert_bytes_prefix(m.request_context, law->whole->request_context, "request_context");
    assert_bytes_prefix(m.list, law->whole->list, "list");
    assert_number_part(m.is_raw_public_key, law->whole->is_raw_public_key, "is_raw_public_key");
    assert_true(count(m.list, law->is_tls13) <= count(law->whole->list, law->is_tls13));
}

static struct bytes check(const char *hex, bool is_tls13, struct certificate_message *m)
{
    struct bytes b = bytes_from_hex(hex);
    struct fault fault;
    struct cursor c;
    cursor_init_whole(&c, b, &fault);
    certificate_message_parse(&c, is_tls13, m);
    assert_int_equal(fault.kind, FAULT_NONE);
    mutate_prefixes(b, parse, &(struct law){is_tls13, m});
    mutate_bits(b, parse, &(struct law){is_tls13, NULL});
    mutate_trailing(b, parse, &(struct law){is_tls13, NULL});
    return b;
}

static void test_real(void **state)
{
    (void)state;
    struct certificate_message m;
    struct fault fault;
    struct cursor c;
    struct bytes der, extensions;
    struct bytes b = check(CERTIFICATE_EC, false, &m);
    assert_false(m.is_tls13);
    assert_false(m.is_raw_public_key);
    cursor_init_whole(&c, m.list, &fault);
    assert_true(certificate_next(&c, false, &der, &extensions));
    assert_int_equal(der.len, b.len - 6);
    assert_ptr_equal(der.at, b.at + 6);
    assert_int_equal(der.at[0], 0x30);
    assert_int_equal(extensions.len, 0);
    assert_false(certificate_next(&c, false, &der, &extensions));
    assert_int_equal(fault.kind, FAULT_NONE);
    free((void *)(uintptr_t)b.at);

    b = check(CERTIFICATE_TLS13, true, &m);
    assert_true(m.is_tls13);
    assert_int_equal(m.request_context.len, 0);
    cursor_init_whole(&c, m.list, &fault);
    assert_true(certificate_next(&c, true, &der, &extensions));
    assert_int_equal(der.len, b.len - 9);
    assert_int_equal(der.at[0], 0x30);
    assert_int_equal(extensions.len, 0);
    assert_false(certificate_next(&c, true, &der, &extensions));
    free((void *)(uintptr_t)b.at);
}

static void test_entries(void **state)
{
    (void)state;
    struct certificate_message m;
    struct fault fault;
    struct cursor c;
    struct bytes der, extensions;
    struct bytes b = check("02 cccc 000014 000003 a1a2a3 0000 000002 b1b2 0005 0012 0001 00", true, &m);
    assert_bytes_hex(m.request_context, "cccc");
    cursor_init_whole(&c, m.list, &fault);
    assert_true(certificate_next(&c, true, &der, &extensions));
    assert_bytes_hex(der, "a1a2a3");
    assert_true(certificate_next(&c, true, &der, &extensions));
    assert_bytes_hex(der, "b1b2");
    assert_bytes_hex(extensions, "0012 0001 00");
    assert_false(certificate_next(&c, true, &der, &extensions));
    free((void *)(uintptr_t)b.at);

    b = check("00000c 000003 a1a2a3 000003 b1b2b3", false, &m);
    assert_int_equal(count(m.list, false), 2);
    free((void *)(uintptr_t)b.at);

    /* None: a client without a certificate. */
    b = check("000000", false, &m);
    assert_int_equal(m.list.len, 0);
    free((void *)(uintptr_t)b.at);
    b = check("00 000000", true, &m);
    assert_int_equal(m.list.len, 0);
    free((void *)(uintptr_t)b.at);
}

/* Of a chain that the capture cut, the whole certificates are told. */
static void test_cut(void **state)
{
    (void)state;
    struct bytes b = bytes_from_hex("00000c 000003 a1a2a3 000003 b1b2");
    struct fault fault;
    struct cursor c;
    struct certificate_message m;
    struct bytes der, extensions;
    cursor_init(&c, b, b.len + 1, 0, &fault);
    certificate_message_parse(&c, false, &m);
    assert_int_equal(fault.kind, FAULT_SHORT);
    cursor_init_whole(&c, m.list, &fault);
    assert_true(certificate_next(&c, false, &der, &extensions));
    assert_bytes_hex(der, "a1a2a3");
    assert_false(certificate_next(&c, false, &der, &extensions));
    assert_int_equal(der.len, 0);
    free((void *)(uintptr_t)b.at);
}

static void test_raw_public_key(void **state)
{
    (void)state;
    struct certificate_message m;
    struct bytes b = check("000008 30060401 05040102", false, &m);
    assert_true(m.is_raw_public_key);
    assert_int_equal(m.list.len, 8);
    free((void *)(uintptr_t)b.at);
    /* In TLS 1.3 a key stands in an entry as a certificate would. */
    b = check("00 00000d 000008 3006040105040102 0000", true, &m);
    assert_false(m.is_raw_public_key);
    free((void *)(uintptr_t)b.at);
}

static void test_malformed(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *field;
        bool is_tls13;
    } cases[] = {
        {"000007 000003 a1a2a3 00", "cert_data", false},
        {"000006 000004 a1a2a3", "cert_data", false},
        {"000003 000000", "cert_data", false},
        {"000009 000003 a1a2a3", "certificate_list", false},
        {"000000 00", "Certificate", false},
        {"00 000006 000003 a1a2a3", "CertificateEntry.extensions", true},
        {"00 000009 000003 a1a2a3 0002 00", "CertificateEntry.extensions", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes b = bytes_from_hex(cases[i].hex);
        struct fault fault;
        struct cursor c;
        struct certificate_message m;
        cursor_init_whole(&c, b, &fault);
        certificate_message_parse(&c, cases[i].is_tls13, &m);
        assert_int_equal(fault.kind, FAULT_MALFORMED);
        assert_string_equal(fault.field, cases[i].field);
        free((void *)(uintptr_t)b.at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real),           cmocka_unit_test(test_entries),   cmocka_unit_test(test_cut),
        cmocka_unit_test(test_raw_public_key), cmocka_unit_test(test_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
