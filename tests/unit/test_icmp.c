/* ICMP and ICMPv6 errors: which are errors, what they quote, and quotes that cannot be read. */
#include "support/cmocka_all.h"
#include "support/dissect_hex.h"
#include "support/mutate.h"
#include "support/packets.h"

#include <stdlib.h>
#include <string.h>

#define FROM4  "4500 0000 0001 0000 ff 01 0000 0a000009 0a000001 "
#define FROM6  "60000000 0000 3a ff 20010db8000000000000000000000009 20010db8000000000000000000000001 "
#define QUOTE4 "4500 002d 1234 4000 40 06 1495 0a000001 0a000002 c35001bb 01020304 "
#define QUOTE6 "60000000 0019 06 40 " ADDRESSES6

static void test_errors(void **state)
{
    (void)state;
    const struct packet *p = dissect_hex(228, FROM4 "0304 0000 0000 0578" QUOTE4, 0);
    assert_int_equal(p->kind, PACKET_ICMP);
    assert_int_equal(p->src[3], 9);
    assert_int_equal(p->icmp.type, 3);
    assert_int_equal(p->icmp.code, 4);
    assert_int_equal(p->icmp.mtu, 1400);
    assert_true(p->icmp.has_quote);
    assert_int_equal(p->icmp.ip_version, 4);
    assert_int_equal(p->icmp.protocol, 6);
    assert_memory_equal(p->icmp.src, "\12\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    assert_memory_equal(p->icmp.dst, "\12\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    assert_int_equal(p->icmp.sport, 50000);
    assert_int_equal(p->icmp.dport, 443);
    assert_int_equal(p->icmp.seq, 0x01020304);
    /* The same bytes in other errors are no MTU. */
    p = dissect_hex(228, FROM4 "0301 0000 0000 0578" QUOTE4, 0);
    assert_int_equal(p->icmp.mtu, 0);
    assert_int_equal(dissect_hex(228, FROM4 "0b00 0000 0000 0000" QUOTE4, 0)->icmp.type, 11);
    assert_int_equal(dissect_hex(228, FROM4 "0c00 0000 0000 0000" QUOTE4, 0)->kind, PACKET_ICMP);

    p = dissect_hex(229, FROM6 "0200 0000 00000500" QUOTE6 "c35001bb 01020304", 0);
    assert_int_equal(p->kind, PACKET_ICMP);
    assert_int_equal(p->src[15], 9);
    assert_int_equal(p->icmp.type, 2);
    assert_int_equal(p->icmp.mtu, 1280);
    assert_true(p->icmp.has_quote);
    assert_int_equal(p->icmp.ip_version, 6);
    assert_int_equal(p->icmp.dst[15], 2);
    assert_int_equal(p->icmp.dport, 443);
    assert_int_equal(p->icmp.seq, 0x01020304);
    assert_int_equal(dissect_hex(229, FROM6 "0104 0000 00000000" QUOTE6 "c35001bb 01020304", 0)->icmp.code, 4);
}

static void test_other_messages(void **state)
{
    (void)state;
    static const uint8_t types4[] = {0, 4, 5, 8, 13}, types6[] = {0, 5, 128, 129, 135};
    for (size_t i = 0; i < sizeof types4; i++) {
        struct packet p;
        struct bytes b = bytes_from_hex(FROM4 "0000 0000 0000 0000" QUOTE4);
        uint8_t *at = (uint8_t *)(uintptr_t)b.at;
        at[20] = types4[i];
        packet_dissect(&p, 228, b, (uint32_t)b.len);
        assert_int_equal(p.skip, SKIP_TRANSPORT);
        free(at);
        b = bytes_from_hex(FROM6 "0000 0000 00000000" QUOTE6 "c35001bb 01020304");
        at = (uint8_t *)(uintptr_t)b.at;
        at[40] = types6[i];
        packet_dissect(&p, 229, b, (uint32_t)b.len);
        assert_int_equal(p.skip, SKIP_TRANSPORT);
        free(at);
    }
    /* Each in its own version of IP only. */
    assert_int_equal(dissect_hex(228, "4500 0000 0001 0000 ff 3a 0000 0a000009 0a000001 0100 0000 00000000", 0)->skip,
                     SKIP_TRANSPORT);
    assert_int_equal(dissect_hex(229, "60000000 0008 01 ff" ADDRESSES6 "0300 0000 00000000", 0)->skip, SKIP_TRANSPORT);
    assert_int_equal(dissect_hex(228, FROM4 "0300 0000 0000", 2)->skip, SKIP_TRUNCATED);
    assert_int_equal(dissect_hex(228, FROM4 "0300 0000 0000", 0)->skip, SKIP_MALFORMED);
}

static void test_quotes(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        uint16_t link_type;
        bool has_quote;
    } cases[] = {
        {FROM4 "0301 0000 00000000 4600 0031 0000 0000 40 11 0000 0a000001 0a000002 94040000 c35001bb 00190000", 228,
         true},
        {FROM4 "0301 0000 00000000 4500 0031 0000 2000 40 11 0000 0a000001 0a000002 c35001bb 00190000", 228, true},
        {FROM4 "0301 0000 00000000 4500 0031 0000 2001 40 11 0000 0a000001 0a000002 c35001bb 00190000", 228, false},
        {FROM4 "0301 0000 00000000 4500 0031 0000 0000 40 01 0000 0a000001 0a000002 c35001bb 00190000", 228, false},
        {FROM4 "0301 0000 00000000 4300 0031 0000 0000 40 11 0000 0a000001 0a000002 c35001bb 00190000", 228, false},
        {FROM4 "0301 0000 00000000 7500 0031 0000 0000 40 11 0000 0a000001 0a000002 c35001bb 00190000", 228, false},
        {FROM4 "0301 0000 00000000 4500 0031 0000 0000 40 11 0000 0a000001 0a000002 c35001", 228, false},
        {FROM4 "0301 0000 00000000 4500 0031 0000 0000 40 06 0000 0a000001 0a000002 c35001bb", 228, true},
        {FROM4 "0301 0000 00000000 4500 0031", 228, false},
        {FROM4 "0301 0000 00000000", 228, false},
        {FROM6 "0100 0000 00000000 60000000 0021 00 40" ADDRESSES6 "3c00050200000100 1100010400000000 c35001bb", 229,
         true},
        {FROM6 "0100 0000 00000000 60000000 0021 2c 40" ADDRESSES6 "1100000112345678 c35001bb", 229, true},
        {FROM6 "0100 0000 00000000 60000000 0021 2c 40" ADDRESSES6 "1100000912345678 c35001bb", 229, false},
        {FROM6 "0100 0000 00000000 60000000 0021 33 40" ADDRESSES6
               "1104000000000100 0000000100000000 0000000000000000 c35001bb",
         229, true},
        {FROM6 "0100 0000 00000000 60000000 0021 2b 40" ADDRESSES6
               "1102020000000000 20010db8000000000000000000000009 c35001bb",
         229, true},
        {FROM6 "0100 0000 00000000 60000000 0021 2b 40" ADDRESSES6 "11ff020000000000 c35001bb", 229, false},
        {FROM6 "0100 0000 00000000 60000000 0021 32 40" ADDRESSES6 "c35001bb", 229, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct packet *p = dissect_hex(cases[i].link_type, cases[i].hex, 0);
        assert_int_equal(p->kind, PACKET_ICMP);
        if (p->icmp.has_quote != cases[i].has_quote)
            fail_msg("quote %zu: has_quote is %d", i, p->icmp.has_quote);
        if (p->icmp.has_quote) {
            assert_int_equal(p->icmp.sport, 50000);
            assert_int_equal(p->icmp.dport, 443);
            assert_int_equal(p->icmp.seq, 0);
        }
    }
}

static void dissect_for_mutator(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    struct packet p;
    packet_dissect(&p, *(const uint16_t *)arg, b, (uint32_t)declared);
    assert_true(p.kind != PACKET_SKIPPED || p.skip != SKIP_NONE);
    *fault = (struct fault){FAULT_NONE, 0, NULL};
}

static void test_damage(void **state)
{
    (void)state;
    uint16_t link_type = 229;
    struct bytes b = bytes_from_hex(FROM6 "0100 0000 00000000 60000000 0021 00 40" ADDRESSES6
                                          "3c00050200000100 2c00010400000000 0600000112345678 c35001bb 01020304");
    mutate_bits(b, dissect_for_mutator, &link_type);
    for (size_t n = 40; n < b.len; n++) {
        uint8_t *cut = malloc(n);
        assert_non_null(cut);
        memcpy(cut, b.at, n);
        struct packet p;
        packet_dissect(&p, 229, (struct bytes){cut, n}, (uint32_t)b.len);
        if (n < 48)
            assert_int_equal(p.skip, SKIP_TRUNCATED);
        else
            assert_int_equal(p.icmp.has_quote, n >= b.len - 4);
        free(cut);
    }
    free((void *)(uintptr_t)b.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_other_messages),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
