/* The extension block: order, duplicates, bad bodies among good ones, faults of the block itself, the iterators. */
#include "dissect/extensions.h"
#include "support/cmocka_all.h"
#include "support/mutate.h"
#include "support/tls_subset.h"

#include <stdlib.h>
#include <string.h>

static struct fault parse_hex(const char *hex, struct bytes *b, struct extensions *e)
{
    struct fault fault;
    struct cursor c;
    *b = bytes_from_hex(hex);
    cursor_init_whole(&c, *b, &fault);
    extensions_parse(&c, EXT_CLIENT_HELLO, e);
    return fault;
}

static void release(struct bytes b)
{
    free((void *)(uintptr_t)b.at);
}

static void test_nothing(void **state)
{
    (void)state;
    struct extensions e;
    memset(&e, 0xFF, sizeof e);
    struct bytes b;
    assert_int_equal(parse_hex("", &b, &e).kind, FAULT_NONE);
    assert_false(e.has_block);
    assert_int_equal(e.num, 0);
    assert_false(e.has_server_name);
    assert_int_equal(e.server_name.len, 0);
    release(b);
    assert_int_equal(parse_hex("0000", &b, &e).kind, FAULT_NONE);
    assert_true(e.has_block);
    assert_int_equal(e.raw.len, 0);
    release(b);
}

/* GREASE, numbers that nobody registered, and bodies of any kind in them. */
static void test_unknown_are_listed(void **state)
{
    (void)state;
    struct bytes b, body;
    struct extensions e;
    assert_int_equal(parse_hex("001a 1a1a 0000 abcd 0003 010203 0017 0000 ff00 0001 00 fafa 0002 0000", &b, &e).kind,
                     FAULT_NONE);
    assert_int_equal(e.num, 5);
    assert_false(e.has_bad);
    assert_false(e.has_duplicate);
    assert_true(e.has_extended_master_secret);
    static const uint16_t want[] = {0x1A1A, 0xABCD, 0x0017, 0xFF00, 0xFAFA};
    struct fault fault;
    struct cursor c;
    uint16_t type;
    cursor_init_whole(&c, e.raw, &fault);
    for (size_t i = 0; i < 5; i++) {
        assert_true(ext_next(&c, &type, &body));
        assert_int_equal(type, want[i]);
        if (type == 0xABCD)
            assert_bytes_hex(body, "010203");
    }
    assert_false(ext_next(&c, &type, &body));
    assert_int_equal(type, 0);
    assert_int_equal(fault.kind, FAULT_NONE);
    release(b);
}

static void test_duplicates(void **state)
{
    (void)state;
    struct bytes b;
    struct extensions e;
    /* Of a known one the first counts. */
    assert_int_equal(parse_hex("0010 001c 0002 4000 001c 0002 0200 0017 0000", &b, &e).kind, FAULT_NONE);
    assert_true(e.has_duplicate);
    assert_int_equal(e.num, 3);
    assert_int_equal(e.record_size_limit, 0x4000);
    assert_true(e.has_extended_master_secret);
    release(b);
    assert_int_equal(parse_hex("0008 abcd 0000 abcd 0000", &b, &e).kind, FAULT_NONE);
    assert_true(e.has_duplicate);
    release(b);
    assert_int_equal(parse_hex("0008 0a0a 0000 1a1a 0000", &b, &e).kind, FAULT_NONE);
    assert_false(e.has_duplicate);
    release(b);
}

/* More unknown types than a hello ever had, the last of them twice, and a block as full as one can be. */
static void test_many(void **state)
{
    (void)state;
    enum { MOST = 65535 / 4 };
    static const struct {
        unsigned num;
        bool is_last_twice;
    } cases[] = {{16, false}, {17, false}, {17, true}, {100, false}, {100, true}, {MOST, false}, {MOST, true}};
    uint8_t *block = malloc(2 + 4 * MOST);
    assert_non_null(block);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        unsigned num = cases[k].num;
        block[0] = (uint8_t)(num * 4 >> 8);
        block[1] = (uint8_t)(num * 4);
        for (unsigned i = 0; i < num; i++) {
            unsigned type = 0x9000 + (cases[k].is_last_twice && i == num - 1 ? i - 1 : i);
            memcpy(block + 2 + 4 * i, (uint8_t[]){(uint8_t)(type >> 8), (uint8_t)type, 0, 0}, 4);
        }
        struct fault fault;
        struct cursor c;
        struct extensions e;
        cursor_init_whole(&c, (struct bytes){block, 2 + 4 * num}, &fault);
        extensions_parse(&c, EXT_CLIENT_HELLO, &e);
        assert_int_equal(fault.kind, FAULT_NONE);
        assert_int_equal(e.num, num);
        assert_int_equal(e.has_duplicate, cases[k].is_last_twice);
    }
    free(block);
}

static void test_bad_bodies(void **state)
{
    (void)state;
    struct bytes b;
    struct extensions e;
    /* An empty list of names, an ALPN cut by its own length, a good limit. */
    assert_int_equal(parse_hex("0017 0000 0002 0000 0010 0005 0003 05 6832 001c 0002 4000 0017 0000", &b, &e).kind,
                     FAULT_MALFORMED);
    release(b);
    assert_int_equal(parse_hex("0019 0000 0002 0000 0010 0005 0003 05 6832 001c 0002 4000 0017 0000", &b, &e).kind,
                     FAULT_NONE);
    assert_int_equal(e.num, 4);
    assert_true(e.has_bad);
    assert_int_equal(e.first_bad, 0x0000);
    assert_int_equal(e.bad_fault.kind, FAULT_MALFORMED);
    assert_string_equal(e.bad_fault.field, "server_name_list");
    assert_int_equal(e.bad_fault.offset, 8);
    assert_true(e.has_alpn);
    assert_int_equal(e.record_size_limit, 0x4000);
    assert_true(e.has_extended_master_secret);
    release(b);
}

static void test_block_faults(void **state)
{
    (void)state;
    struct bytes b;
    struct extensions e;
    static const struct {
        const char *hex, *field;
        unsigned num;
    } cases[] = {
        {"00", "extensions", 0},
        {"0005 0017 0000", "extensions", 0},
        {"0006 0017 0000 0023", "extension_data", 1},
        {"0008 0017 0000 0023 0001", "extension_data", 1},
        {"0005 0017 0000 00", "ExtensionType", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fault f = parse_hex(cases[i].hex, &b, &e);
        assert_int_equal(f.kind, FAULT_MALFORMED);
        assert_string_equal(f.field, cases[i].field);
        assert_int_equal(e.num, cases[i].num);
        assert_int_equal(e.has_extended_master_secret, cases[i].num == 1);
        release(b);
    }
}

/* The capture's end inside a body is SHORT also when the body is bad, after a bad one, and in a duplicate. */
static void test_cut(void **state)
{
    (void)state;
    static const char *const blocks[] = {
        "000e 0023 0002 b1b2 0000 0004 0000 a1a2",
        "0010 0000 0002 0000 0023 0006 a1a2a3a4a5a6",
        "0012 0023 0002 b1b2 0023 0008 a1a2a3a4a5a6a7a8",
        "0012 abcd 0002 b1b2 abcd 0008 a1a2a3a4a5a6a7a8",
    };
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        struct bytes b = bytes_from_hex(blocks[i]);
        struct fault fault;
        struct cursor c;
        struct extensions e;
        cursor_init(&c, (struct bytes){b.at, b.len - 2}, b.len, 0, &fault);
        extensions_parse(&c, EXT_CLIENT_HELLO, &e);
        assert_int_equal(fault.kind, FAULT_SHORT);
        assert_int_equal(e.num, 1);
        assert_int_equal(e.has_bad, i < 2);
        assert_int_equal(e.raw.len, b.len - 4);
        release(b);
    }
}

static bool has_row(const uint64_t *bits, unsigned row)
{
    return bits[row / 64] >> row % 64 & 1;
}

/* Which rows came, and which of them were not read to their end. */
static void test_rows(void **state)
{
    (void)state;
    struct bytes b;
    struct extensions e;
    assert_int_equal(parse_hex("0013 ff01 0001 00 001c 0002 0001 abcd 0000 0017 0000", &b, &e).kind, FAULT_NONE);
    unsigned rows = 0, partial = 0;
    for (unsigned row = 0; row < NUM_EXTENSION_ROWS; row++) {
        rows += has_row(e.rows, row);
        partial += has_row(e.partial_rows, row);
    }
    assert_int_equal(rows, 3);
    assert_int_equal(partial, 1);
    assert_true(has_row(e.rows, EXTENSION_ROW_renegotiation_info));
    assert_true(has_row(e.rows, EXTENSION_ROW_extended_master_secret));
    assert_true(has_row(e.rows, EXTENSION_ROW_record_size_limit));
    assert_true(has_row(e.partial_rows, EXTENSION_ROW_record_size_limit));

    struct fault fault;
    struct cursor c;
    cursor_init(&c, (struct bytes){b.at, 5}, b.len, 0, &fault);
    extensions_parse(&c, EXT_CLIENT_HELLO, &e);
    assert_int_equal(fault.kind, FAULT_SHORT);
    assert_false(has_row(e.rows, EXTENSION_ROW_renegotiation_info));
    cursor_init(&c, (struct bytes){b.at, 6}, b.len, 0, &fault);
    extensions_parse(&c, EXT_CLIENT_HELLO, &e);
    assert_true(has_row(e.rows, EXTENSION_ROW_renegotiation_info));
    assert_true(has_row(e.partial_rows, EXTENSION_ROW_renegotiation_info));
    release(b);
}

/* An extension out of place is listed; its body is read as far as its context allows. */
static void test_out_of_place(void **state)
{
    (void)state;
    struct bytes b = bytes_from_hex("000c 002b 0003 020304 0017 0001 00");
    struct fault fault;
    struct cursor c;
    struct extensions e;
    cursor_init_whole(&c, b, &fault);
    extensions_parse(&c, EXT_ENCRYPTED_EXTENSIONS, &e);
    assert_int_equal(fault.kind, FAULT_NONE);
    assert_int_equal(e.num, 2);
    assert_true(e.has_supported_versions);
    assert_true(e.has_extended_master_secret);
    assert_int_equal(e.first_bad, 0x002B);
    release(b);
}

/* Every type with every short body in every context: no fault of the block, and what follows is read. */
static void test_every_type_takes_anything(void **state)
{
    (void)state;
    static const uint8_t fill[] = {0x00, 0x01, 0x02, 0x20, 0xFF};
    uint8_t block[64];
    for (unsigned type = 0; type <= 0xFFFF; type += type < 80 || type > 0xFCFF ? 1 : 7) {
        for (int context = EXT_CLIENT_HELLO; context <= EXT_NEW_SESSION_TICKET; context++) {
            for (unsigned len = 0; len < 12; len++) {
                memset(block, fill[(type + len) % sizeof fill], sizeof block);
                memcpy(block, (uint8_t[]){0, (uint8_t)(len + 8), (uint8_t)(type >> 8), (uint8_t)type, 0, (uint8_t)len},
                       6);
                memcpy(block + 6 + len, (uint8_t[]){0x00, 0x31, 0, 0}, 4);
                struct fault fault;
                struct cursor c;
                struct extensions e;
                cursor_init_whole(&c, (struct bytes){block, len + 10}, &fault);
                extensions_parse(&c, (enum ext_context)context, &e);
                assert_int_equal(fault.kind, FAULT_NONE);
                assert_int_equal(e.num, 2);
                assert_true(e.has_post_handshake_auth);
                if (e.has_bad)
                    assert_int_equal(e.first_bad, type);
            }
        }
    }
}

static void test_iterators_stop_at_faults(void **state)
{
    (void)state;
    struct bytes b = bytes_from_hex("0001 0003 aa");
    struct fault fault;
    struct cursor c;
    struct bytes item;
    uint16_t code = 7;
    cursor_init_whole(&c, b, &fault);
    assert_false(ext_next(&c, &code, &item));
    assert_int_equal(code, 0);
    assert_int_equal(item.len, 0);
    assert_int_equal(fault.kind, FAULT_MALFORMED);
    cursor_init_whole(&c, b, &fault);
    assert_false(key_share_next(&c, &code, &item));
    assert_int_equal(fault.kind, FAULT_MALFORMED);
    cursor_init_whole(&c, b, &fault);
    assert_true(dn_next(&c, &item));
    assert_bytes_hex(item, "00");
    assert_false(dn_next(&c, &item));
    assert_int_equal(fault.kind, FAULT_MALFORMED);
    cursor_init_whole(&c, (struct bytes){b.at + 3, 2}, &fault);
    assert_false(alpn_next(&c, &item));
    assert_int_equal(item.len, 0);
    assert_int_equal(fault.kind, FAULT_MALFORMED);
    release(b);
}

/* RFC 8446 section 4.2.11: pre_shared_key comes last. */
static void test_psk_order(void **state)
{
    (void)state;
#define PSK "0029 002d 0008 0002 a1a2 00000005 0021 20 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    struct bytes b;
    struct extensions e;
    assert_int_equal(parse_hex("0035 0017 0000" PSK, &b, &e).kind, FAULT_NONE);
    assert_true(e.has_pre_shared_key);
    assert_true(e.is_psk_last);
    assert_false(e.has_bad);
    release(b);
    assert_int_equal(parse_hex("0035" PSK "0017 0000", &b, &e).kind, FAULT_NONE);
    assert_true(e.has_pre_shared_key);
    assert_false(e.is_psk_last);
    release(b);
}

/* Extensions that changed their number: of both the first in the block counts, as of any other type. */
static void test_two_numbers(void **state)
{
    (void)state;
#define OLD_SHARE "0028 0008 0006 0017 0002 a1a2"
#define NEW_SHARE "0033 0008 0006 001d 0002 b1b2"
    struct bytes b;
    struct extensions e;
    assert_int_equal(parse_hex("0018" OLD_SHARE NEW_SHARE, &b, &e).kind, FAULT_NONE);
    assert_true(e.is_key_share_draft);
    assert_bytes_hex(e.key_shares, "0017 0002 a1a2");
    release(b);
    assert_int_equal(parse_hex("0018" NEW_SHARE OLD_SHARE, &b, &e).kind, FAULT_NONE);
    assert_false(e.is_key_share_draft);
    assert_bytes_hex(e.key_shares, "001d 0002 b1b2");
    release(b);
    assert_int_equal(parse_hex("000e 4469 0004 0002 01 61 44cd 0002 0000", &b, &e).kind, FAULT_NONE);
    assert_bytes_hex(e.application_settings, "0161");
    assert_false(e.has_bad);
    release(b);
    assert_int_equal(parse_hex("000b 0015 0001 00 8b47 0002 0000", &b, &e).kind, FAULT_NONE);
    assert_int_equal(e.padding_len, 1);
    release(b);
    assert_int_equal(parse_hex("000d 0036 0002 01a1 0035 0003 02b1b2", &b, &e).kind, FAULT_NONE);
    assert_bytes_hex(e.connection_id, "a1");
    release(b);
    assert_int_equal(parse_hex("000d ffa5 0002 a1a2 0039 0003 01 01 05", &b, &e).kind, FAULT_NONE);
    assert_bytes_hex(e.quic_transport_parameters, "a1a2");
    release(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_unknown_are_listed),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_bad_bodies),
        cmocka_unit_test(test_block_faults),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_out_of_place),
        cmocka_unit_test(test_every_type_takes_anything),
        cmocka_unit_test(test_iterators_stop_at_faults),
        cmocka_unit_test(test_psk_order),
        cmocka_unit_test(test_two_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
