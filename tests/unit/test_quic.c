/* QUIC packets and frames. */
#include "dissect/quic.h"
#include "support/cmocka_all.h"
#include "support/mutate.h"

#include <stdlib.h>
#include <string.h>

/* RFC 9001 appendix A.3 and A.4, RFC 9369 appendix A.4. */
#define SERVER_INITIAL                                                                                                 \
    "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf7" \
    "3c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84022f8ef4cdd93795d77d06edbb7aaf2f" \
    "58891850abbdca3d20398c276456cbc42158407dd074ee"
#define RETRY    "ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba"
#define RETRY_V2 "cf6b3343cf0008f067a5502a4262b5746f6b656ec8646ce8bfe33952d955543665dcc7b6"
#define NEGOTIATION                                                                                                    \
    "80000000000401020304020506"                                                                                       \
    "00000001"                                                                                                         \
    "6b3343cf"
#define HANDSHAKE                                                                                                      \
    "e0000000010000"                                                                                                   \
    "05"                                                                                                               \
    "0102030405"

static void free_bytes(struct bytes b)
{
    free((void *)(uintptr_t)b.at);
}

static struct bytes parse_first(const char *hex, struct quic_packet *packet, struct fault *fault)
{
    struct bytes b = bytes_from_hex(hex);
    struct cursor c;
    cursor_init_whole(&c, b, fault);
    bool is_there = quic_packet_next(&c, packet);
    assert_int_equal(is_there, fault->kind == FAULT_NONE);
    return b;
}

static void assert_hex(struct bytes b, const char *hex)
{
    struct bytes expected = bytes_from_hex(hex);
    assert_int_equal(b.len, expected.len);
    assert_true(bytes_equal(b, expected));
    free_bytes(expected);
}

static void test_initial(void **state)
{
    (void)state;
    struct quic_packet p;
    struct fault fault;
    struct bytes b = parse_first(SERVER_INITIAL, &p, &fault);
    assert_int_equal(fault.kind, FAULT_NONE);
    assert_int_equal(p.kind, QUIC_INITIAL);
    assert_int_equal(p.version, QUIC_VERSION_1);
    assert_int_equal(p.dcid.len, 0);
    assert_hex(p.scid, "f067a5502a4262b5");
    assert_int_equal(p.token.len, 0);
    assert_int_equal(p.header_len, 18);
    assert_int_equal(p.length, 117);
    assert_int_equal(p.packet.len, 135);
    free_bytes(b);
}

static void check_retry(const char *hex, uint32_t version)
{
    struct quic_packet p;
    struct fault fault;
    struct bytes b = parse_first(hex, &p, &fault);
    assert_int_equal(fault.kind, FAULT_NONE);
    assert_int_equal(p.kind, QUIC_RETRY);
    assert_int_equal(p.version, version);
    assert_hex(p.scid, "f067a5502a4262b5");
    assert_hex(p.token, "746f6b656e");
    free_bytes(b);
}

static void test_retry(void **state)
{
    (void)state;
    check_retry(RETRY, QUIC_VERSION_1);
    check_retry(RETRY_V2, QUIC_VERSION_2);
}

static void test_negotiation(void **state)
{
    (void)state;
    struct quic_packet p;
    struct fault fault;
    struct bytes b = parse_first(NEGOTIATION, &p, &fault);
    assert_int_equal(p.kind, QUIC_VERSION_NEGOTIATION);
    assert_hex(p.dcid, "01020304");
    assert_hex(p.scid, "0506");
    assert_hex(p.versions, "000000016b3343cf");
    free_bytes(b);
    b = parse_first(NEGOTIATION "00", &p, &fault);
    assert_int_equal(fault.kind, FAULT_MALFORMED);
    assert_string_equal(fault.field, "Supported Version");
    free_bytes(b);
}

/* Each packet of a datagram, the short header to its end. */
static void test_coalesced(void **state)
{
    (void)state;
    static const enum quic_kind kinds[] = {QUIC_INITIAL, QUIC_HANDSHAKE, QUIC_SHORT};
    struct bytes b = bytes_from_hex(SERVER_INITIAL HANDSHAKE "4001020304");
    struct fault fault;
    struct cursor c;
    struct quic_packet p;
    size_t num = 0;
    cursor_init_whole(&c, b, &fault);
    for (; num < sizeof kinds / sizeof kinds[0]; num++) {
        assert_true(quic_packet_next(&c, &p));
        assert_int_equal(p.kind, kinds[num]);
    }
    assert_false(quic_packet_next(&c, &p));
    assert_int_equal(fault.kind, FAULT_NONE);
    assert_hex(p.packet, "");
    free_bytes(b);
}

/* Version 2 has other numbers for the types; a version that nobody knows hides all but the IDs. */
static void test_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        enum quic_kind kind;
    } cases[] = {
        {"c0000000010000000100", QUIC_INITIAL},
        {"d00000000100000100", QUIC_0RTT},
        {HANDSHAKE, QUIC_HANDSHAKE},
        {"d06b3343cf0000000100", QUIC_INITIAL},
        {"e06b3343cf00000100", QUIC_0RTT},
        {"f06b3343cf00000100", QUIC_HANDSHAKE},
        {"c0ff00001d0000000100", QUIC_INITIAL},
        {"c0ff00001c0000000100", QUIC_OTHER},
        {"c01a2a3a4a0000000100", QUIC_OTHER},
        {"40000102", QUIC_SHORT},
        {"d0709a50c40000000100", QUIC_OTHER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct quic_packet p;
        struct fault fault;
        struct bytes b = parse_first(cases[i].hex, &p, &fault);
        assert_int_equal(fault.kind, FAULT_NONE);
        assert_int_equal(p.kind, cases[i].kind);
        free_bytes(b);
    }
}

static void test_broken_packets(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *field;
    } cases[] = {
        {"c000000001150102030405060708090a0b0c0d0e0f101112131415", "Destination Connection ID"},
        {"c0000000010005", "Source Connection ID"},
        {"c000000001000040ff", "Token Length"},
        {"c00000000100000005ff", "Length"},
        {"f00000000100000102030405060708090a0b0c0d0e0f", "Retry Integrity Tag"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct quic_packet p;
        struct fault fault;
        struct bytes b = parse_first(cases[i].hex, &p, &fault);
        assert_int_equal(fault.kind, FAULT_MALFORMED);
        assert_string_equal(fault.field, cases[i].field);
        free_bytes(b);
    }
}

static void test_varint(void **state)
{
    (void)state;
    /* RFC 9000 appendix A.1. */
    static const struct {
        const char *hex;
        uint64_t value;
    } cases[] = {{"c2197c5eff14e88c", UINT64_C(151288809941952652)},
                 {"9d7f3e7d", 494878333},
                 {"7bbd", 15293},
                 {"25", 37},
                 {"4025", 37}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes b = bytes_from_hex(cases[i].hex);
        struct fault fault;
        struct cursor c;
        cursor_init_whole(&c, b, &fault);
        assert_true(quic_varint(&c, "varint") == cases[i].value);
        assert_false(cursor_more(&c));
        assert_int_equal(fault.kind, FAULT_NONE);
        free_bytes(b);
    }
}

static void test_versions(void **state)
{
    (void)state;
    assert_string_equal(quic_version_name(1), "v1");
    assert_string_equal(quic_version_name(QUIC_VERSION_2), "v2");
    assert_string_equal(quic_version_name(QUIC_VERSION_DRAFT_34), "draft-34");
    assert_null(quic_version_name(0xFF000023));
    assert_true(quic_version_is_reserved(0x1A2A3A4A));
    assert_false(quic_version_is_reserved(1));
    assert_string_equal(quic_error_name(2), "CONNECTION_REFUSED");
    assert_string_equal(quic_error_name(0x11), "VERSION_NEGOTIATION_ERROR");
    assert_null(quic_error_name(0x12));
    assert_null(quic_error_name(0x128));
}

static void test_begins(void **state)
{
    (void)state;
    uint8_t datagram[QUIC_INITIAL_MIN_LEN] = {0xC0, 0, 0, 0, 1, 8};
    struct bytes b = {datagram, sizeof datagram};
    assert_true(quic_begins(b, sizeof datagram));
    assert_false(quic_begins(b, sizeof datagram - 1));
    assert_true(quic_begins(bytes_slice(b, 0, 64), sizeof datagram)); /* cut by the capture */
    datagram[5] = 21;
    assert_false(quic_begins(b, sizeof datagram));
    datagram[5] = 8;
    datagram[0] = 0xE0; /* a Handshake packet */
    assert_false(quic_begins(b, sizeof datagram));
    datagram[0] = 0x40;
    assert_false(quic_begins(b, sizeof datagram));
    memcpy(datagram, "\xC0\x1A\x2A\x3A\x4A", 5);
    assert_true(quic_begins(b, sizeof datagram));
}

/* ---- frames ---- */

#define ACK     "02 4064 00 01 03 00 02"
#define ACK_ECN "03 05 00 00 03 01 02 03"
#define CRYPTO  "06 4123 04 01020304"
#define CLOSE   "1c 4128 06 05 68656c6c6f"

static void test_frames(void **state)
{
    (void)state;
    struct bytes b = bytes_from_hex("0000" ACK "01" CRYPTO ACK_ECN "00" CLOSE "1d 41ff 00 000000");
    struct fault fault;
    struct cursor c;
    struct quic_frame f;
    cursor_init_whole(&c, b, &fault);
    assert_true(quic_frame_next(&c, &f));
    assert_int_equal(f.type, QUIC_FRAME_ACK);
    assert_true(quic_frame_next(&c, &f));
    assert_int_equal(f.type, QUIC_FRAME_PING);
    assert_true(quic_frame_next(&c, &f));
    assert_int_equal(f.type, QUIC_FRAME_CRYPTO);
    assert_int_equal(f.offset, 0x123);
    assert_hex(f.data, "01020304");
    assert_true(quic_frame_next(&c, &f));
    assert_int_equal(f.type, QUIC_FRAME_ACK_ECN);
    assert_true(quic_frame_next(&c, &f));
    assert_int_equal(f.type, QUIC_FRAME_CLOSE);
    assert_int_equal(f.error, 0x128);
    assert_int_equal(f.caused_by, QUIC_FRAME_CRYPTO);
    assert_hex(f.data, "68656c6c6f");
    assert_true(quic_frame_next(&c, &f));
    assert_int_equal(f.type, QUIC_FRAME_CLOSE_APPLICATION);
    assert_int_equal(f.error, 0x1FF);
    assert_false(quic_frame_next(&c, &f));
    assert_int_equal(fault.kind, FAULT_NONE);
    free_bytes(b);
}

static void test_broken_frames(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *field;
    } cases[] = {
        {"08", "Frame Type"},
        {"06 00 05 01020304", "Crypto Data"},
        {"1c 00 00 01", "Reason Phrase"},
        {"02 00 00 ffffffffffffffff 00 01 02", "Gap"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes b = bytes_from_hex(cases[i].hex);
        struct fault fault;
        struct cursor c;
        struct quic_frame f;
        cursor_init_whole(&c, b, &fault);
        assert_false(quic_frame_next(&c, &f));
        assert_int_equal(fault.kind, FAULT_MALFORMED);
        assert_string_equal(fault.field, cases[i].field);
        free_bytes(b);
    }
}

/* ---- prefix law ---- */

static void parse_packets(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    (void)arg;
    struct cursor c;
    struct quic_packet p;
    cursor_init(&c, b, declared, 0, fault);
    while (quic_packet_next(&c, &p))
        assert_true(p.packet.len <= b.len && p.dcid.len <= 255 && p.token.len <= b.len);
    /* Where only a payload is cut, the packet is still told. */
    if (fault->kind == FAULT_NONE && b.len < declared)
        fault->kind = FAULT_SHORT;
}

static void parse_frames(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    (void)arg;
    struct cursor c;
    struct quic_frame f;
    cursor_init(&c, b, declared, 0, fault);
    while (quic_frame_next(&c, &f))
        assert_true(f.data.len <= b.len);
    if (fault->kind == FAULT_NONE && b.len < declared)
        fault->kind = FAULT_SHORT;
}

static void mutate(const char *hex, mutate_parser *parse)
{
    struct bytes b = bytes_from_hex(hex);
    mutate_prefixes(b, parse, NULL);
    mutate_bits(b, parse, NULL);
    free_bytes(b);
}

static void test_mutations(void **state)
{
    (void)state;
    mutate(SERVER_INITIAL HANDSHAKE, parse_packets);
    mutate(RETRY, parse_packets);
    mutate(NEGOTIATION, parse_packets);
    mutate(ACK CRYPTO ACK_ECN CLOSE, parse_frames);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_initial),   cmocka_unit_test(test_retry),         cmocka_unit_test(test_negotiation),
        cmocka_unit_test(test_coalesced), cmocka_unit_test(test_kinds),         cmocka_unit_test(test_broken_packets),
        cmocka_unit_test(test_varint),    cmocka_unit_test(test_versions),      cmocka_unit_test(test_begins),
        cmocka_unit_test(test_frames),    cmocka_unit_test(test_broken_frames), cmocka_unit_test(test_mutations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
