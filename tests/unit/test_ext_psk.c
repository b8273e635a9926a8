/* Pre-shared keys and early data. */
#include "support/cmocka_all.h"
#include "support/ext_case.h"
#include "support/tls_subset.h"

enum {
    EXTERN_PSK = 0x0021,
    PRE_SHARED_KEY = 0x0029,
    EARLY_DATA = 0x002A,
    PSK_MODES = 0x002D,
    EARLY_DATA_DRAFT = 0x002E
};

#define IDENTITY "0002 a1a2 00000005"
#define BINDER   "20 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static void test_offer(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, PRE_SHARED_KEY, "0008" IDENTITY "0021" BINDER);
    assert_true(c.ext.has_pre_shared_key);
    assert_int_equal(c.ext.num_psk_identities, 1);
    assert_int_equal(c.ext.num_psk_binders, 1);
    assert_bytes_hex(c.ext.psk_identities, IDENTITY);
    assert_bytes_hex(c.ext.psk_binders, BINDER);
    /* The extension that ext_good() puts behind it breaks RFC 8446's order. */
    assert_false(c.ext.is_psk_last);
    ext_case_cleanup(&c);
    c = ext_good(EXT_CLIENT_HELLO, PRE_SHARED_KEY, "0010" IDENTITY IDENTITY "0042" BINDER BINDER);
    assert_int_equal(c.ext.num_psk_identities, 2);
    assert_int_equal(c.ext.num_psk_binders, 2);
    ext_case_cleanup(&c);
}

static void test_bad_offer(void **state)
{
    (void)state;
    assert_ext_bad(EXT_CLIENT_HELLO, PRE_SHARED_KEY, "0000 0021" BINDER, "identities");
    assert_ext_bad(EXT_CLIENT_HELLO, PRE_SHARED_KEY, "0006 0000 00000005 0021" BINDER, "PskIdentity.identity");
    assert_ext_bad(EXT_CLIENT_HELLO, PRE_SHARED_KEY, "0006 0002 a1a2 0000 0021" BINDER, "obfuscated_ticket_age");
    assert_ext_bad(EXT_CLIENT_HELLO, PRE_SHARED_KEY, "0008" IDENTITY "0000", "binders");
    assert_ext_bad(EXT_CLIENT_HELLO, PRE_SHARED_KEY, "0010" IDENTITY IDENTITY "0021" BINDER, "binders");
    assert_ext_bad(EXT_CLIENT_HELLO, PRE_SHARED_KEY, "0008" IDENTITY "0003 02 a1a2", "PskBinderEntry");
}

static void test_choice(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_SERVER_HELLO, PRE_SHARED_KEY, "0003");
    assert_true(c.ext.has_pre_shared_key);
    assert_int_equal(c.ext.psk_selected, 3);
    ext_case_cleanup(&c);
}

static void test_modes(void **state)
{
    (void)state;
    struct ext_case c = ext_good(EXT_CLIENT_HELLO, PSK_MODES, "03 0b0100");
    assert_true(c.ext.has_psk_key_exchange_modes);
    assert_bytes_hex(c.ext.psk_key_exchange_modes, "0b0100");
    ext_case_cleanup(&c);
    assert_ext_bad(EXT_CLIENT_HELLO, PSK_MODES, "00", "ke_modes");
    struct ext_case e = ext_good(EXT_SERVER_HELLO, EXTERN_PSK, "");
    assert_true(e.ext.has_extern_psk);
    ext_case_cleanup(&e);
}

static void test_early_data(void **state)
{
    (void)state;
    static const enum ext_context contexts[] = {EXT_CLIENT_HELLO, EXT_ENCRYPTED_EXTENSIONS};
    for (size_t i = 0; i < 2; i++) {
        struct ext_case c = ext_good(contexts[i], EARLY_DATA, "");
        assert_true(c.ext.has_early_data);
        ext_case_cleanup(&c);
    }
    static const uint16_t types[] = {EARLY_DATA, EARLY_DATA_DRAFT};
    for (size_t i = 0; i < 2; i++) {
        struct ext_case c = ext_good(EXT_NEW_SESSION_TICKET, types[i], "00004000");
        assert_true(c.ext.has_early_data);
        assert_int_equal(c.ext.max_early_data_size, 16384);
        ext_case_cleanup(&c);
        assert_ext_bad(EXT_NEW_SESSION_TICKET, types[i], "", "max_early_data_size");
    }
    struct ext_case c = ext_good_open(EXT_CLIENT_HELLO, EARLY_DATA_DRAFT, "");
    assert_false(c.ext.has_early_data);
    ext_case_cleanup(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offer), cmocka_unit_test(test_bad_offer),  cmocka_unit_test(test_choice),
        cmocka_unit_test(test_modes), cmocka_unit_test(test_early_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
