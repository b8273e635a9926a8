/* NewSessionTicket of TLS 1.2, TLS 1.3 and its drafts. */
#include "dissect/handshake.h"
#include "support/cmocka_all.h"
#include "support/mutate.h"
#include "support/tls_messages.h"
#include "support/tls_subset.h"

#include <stdlib.h>

struct law {
    uint16_t version;
    const struct new_session_ticket *whole; /* NULL where damage may give anything */
};

static void parse(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    const struct law *law = arg;
    struct cursor c;
    struct new_session_ticket t;
    cursor_init(&c, b, declared, 0, fault);
    new_session_ticket_parse(&c, law->version, &t);
    if (!law->whole)
        return;
    assert_number_part(t.lifetime, law->whole->lifetime, "lifetime");
    if (t.has_lifetime) /* 0 says that the server leaves it open, which a cut message must not claim */
        assert_int_equal(t.lifetime, law->whole->lifetime);
    assert_number_part(t.age_add, law->whole->age_add, "age_add");
    assert_bytes_prefix(t.nonce, law->whole->nonce, "nonce");
    assert_bytes_prefix(t.ticket, law->whole->ticket, "ticket");
    assert_extensions_part(&t.ext, &law->whole->ext);
}

static struct bytes check(const char *hex, uint16_t version, struct new_session_ticket *t)
{
    struct bytes b = bytes_from_hex(hex);
    struct fault fault;
    struct cursor c;
    cursor_init_whole(&c, b, &fault);
    new_session_ticket_parse(&c, version, t);
    assert_int_equal(fault.kind, FAULT_NONE);
    mutate_prefixes(b, parse, &(struct law){version, t});
    mutate_bits(b, parse, &(struct law){version, NULL});
    mutate_trailing(b, parse, &(struct law){version, NULL});
    return b;
}

static void test_tls12(void **state)
{
    (void)state;
    struct new_session_ticket t;
    struct bytes b = check(NEW_SESSION_TICKET_TLS12, VERSION_TLS12, &t);
    assert_false(t.is_tls13);
    assert_int_equal(t.lifetime, 7200);
    assert_int_equal(t.ticket.len, b.len - 6);
    free((void *)(uintptr_t)b.at);
    /* Empty: the server changed its mind (RFC 5077 section 3.3). */
    b = check("00000000 0000", VERSION_TLS12, &t);
    assert_int_equal(t.ticket.len, 0);
    free((void *)(uintptr_t)b.at);
}

static void test_tls13(void **state)
{
    (void)state;
    struct new_session_ticket t;
    struct bytes b = check(NEW_SESSION_TICKET_TLS13, VERSION_TLS13, &t);
    assert_true(t.is_tls13);
    assert_int_equal(t.lifetime, 7200);
    assert_true(t.age_add != 0);
    assert_bytes_hex(t.nonce, "0000000000000000");
    assert_int_equal(t.ticket.len, 32);
    assert_true(t.ext.has_early_data);
    assert_int_equal(t.ext.max_early_data_size, 16384);
    free((void *)(uintptr_t)b.at);
}

static void test_drafts(void **state)
{
    (void)state;
    struct new_session_ticket t;
    struct bytes b = check("00001c20 01020304 0003 a1a2a3 0008 002e 0004 00004000", 0x7F12, &t);
    assert_int_equal(t.nonce.len, 0);
    assert_bytes_hex(t.ticket, "a1a2a3");
    assert_int_equal(t.ext.max_early_data_size, 16384);
    free((void *)(uintptr_t)b.at);
    b = check("00001c20 01020304 01 07 0003 a1a2a3 0000", 0x7F15, &t);
    assert_bytes_hex(t.nonce, "07");
    assert_bytes_hex(t.ticket, "a1a2a3");
    free((void *)(uintptr_t)b.at);
}

static void test_malformed(void **state)
{
    (void)state;
    static const struct {
        uint16_t version;
        const char *hex, *field;
    } cases[] = {
        {VERSION_TLS12, "000000", "ticket_lifetime"},
        {VERSION_TLS12, "00001c20 0003 a1", "ticket"},
        {VERSION_TLS13, "00001c20 01020304 00 0000 0000", "ticket"},
        {VERSION_TLS13, "00001c20 01020304 00 0001 a1", "extensions"},
        {VERSION_TLS13, "00001c20 01020304 00 0001 a1 0000 00", "NewSessionTicket"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes b = bytes_from_hex(cases[i].hex);
        struct fault fault;
        struct cursor c;
        struct new_session_ticket t;
        cursor_init_whole(&c, b, &fault);
        new_session_ticket_parse(&c, cases[i].version, &t);
        assert_int_equal(fault.kind, FAULT_MALFORMED);
        assert_string_equal(fault.field, cases[i].field);
        free((void *)(uintptr_t)b.at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tls12),
        cmocka_unit_test(test_tls13),
        cmocka_unit_test(test_drafts),
        cmocka_unit_test(test_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
