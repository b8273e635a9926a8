/* DTLS records, unified headers, connection IDs and fragments: RFC 6347, RFC 9146, RFC 9147. */
#include "dissect/dtls.h"

#include "support/cmocka_all.h"
#include "support/mutate.h"

#include <stdlib.h>

/* A plain handshake record, an alert, and a protected one of epoch 1. */
#define RECORDS                                                                                                        \
    "16 feff 0000 000000000005 0010  0e 000004 0003 000000 000004 aabbccdd"                                            \
    "15 fefd 0000 000000000006 0002  02 28"                                                                            \
    "17 fefd 0001 000100000002 0003  010203"
#define RECORDS_LEN (29 + 15 + 16)

struct walk {
    unsigned num;
    struct dtls_record records[8];
    struct fault fault;
};

static struct walk walk_records(struct bytes b, size_t declared, size_t cid_len)
{
    struct walk w = {.num = 0};
    struct cursor c;
    struct dtls_record record;
    cursor_init(&c, b, declared, 0, &w.fault);
    while (dtls_record_next(&c, cid_len, &record)) {
        assert_true(w.num < 8);
        w.records[w.num++] = record;
    }
    return w;
}

static void test_full_headers(void **state)
{
    (void)state;
    struct bytes b = bytes_from_hex(RECORDS);
    assert_int_equal(b.len, RECORDS_LEN);
    struct walk w = walk_records(b, b.len, 0);
    assert_int_equal(w.fault.kind, FAULT_NONE);
    assert_int_equal(w.num, 3);
    assert_int_equal(w.records[0].type, CONTENT_HANDSHAKE);
    assert_int_equal(w.records[0].version, 0xfeff);
    assert_int_equal(w.records[0].epoch, 0);
    assert_int_equal(w.records[0].sequence, 5);
    assert_int_equal(w.records[0].length, 16);
    assert_ptr_equal(w.records[0].body.at, b.at + DTLS_RECORD_HEADER_LEN);
    assert_int_equal(w.records[1].type, CONTENT_ALERT);
    assert_int_equal(w.records[1].body.len, 2);
    assert_int_equal(w.records[2].epoch, 1);
    assert_true(w.records[2].sequence == 0x000100000002);
    assert_false(w.records[2].is_unified);
    assert_int_equal(w.records[2].connection_id.len, 0);
    free((void *)(uintptr_t)b.at);
}

/* first byte, where the body begins, length, epoch */
static void expect_unified(const char *hex, size_t cid_len, size_t at, size_t len, unsigned epoch)
{
    struct bytes b = bytes_from_hex(hex);
    struct walk w = walk_records(b, b.len, cid_len);
    assert_int_equal(w.fault.kind, FAULT_NONE);
    assert_true(w.num >= 1);
    const struct dtls_record *record = &w.records[0];
    assert_true(record->is_unified);
    assert_int_equal(record->type, CONTENT_APPLICATION_DATA);
    assert_int_equal(record->version, 0);
    assert_int_equal(record->epoch, epoch);
    assert_int_equal(record->length, len);
    assert_int_equal(record->body.len, len);
    assert_ptr_equal(record->body.at, b.at + at);
    free((void *)(uintptr_t)b.at);
}

static void test_unified_headers(void **state)
{
    (void)state;
    expect_unified("2e 1234 0003 aabbcc", 0, 5, 3, 2);
    expect_unified("27 12 0002 aabb", 0, 4, 2, 3);
    expect_unified("2a 1234 aabbccdd", 0, 3, 4, 2); /* without a length: to the datagram's end */
    expect_unified("20 12 aa", 0, 2, 1, 0);
    expect_unified("3e c1c2 1234 0001 aa", 2, 7, 1, 2);
    expect_unified("3e c1c2 1234 0001 aa", 0, 3, 5, 2); /* nobody knows how long the ID is */
    struct bytes b = bytes_from_hex("2e 1234 0001 aa  25 05 0002 bbcc  2a 0006 dd");
    struct walk w = walk_records(b, b.len, 0);
    assert_int_equal(w.num, 3);
    assert_int_equal(w.records[1].epoch, 1);
    assert_int_equal(w.records[1].body.at[0], 0xbb);
    assert_int_equal(w.records[2].body.at[0], 0xdd);
    free((void *)(uintptr_t)b.at);
}

static void test_connection_ids(void **state)
{
    (void)state;
    struct bytes b = bytes_from_hex("19 fefd 0001 000000000001 c1c2c3 0002 aabb 17 fefd 0001 000000000002 0001 cc");
    struct walk w = walk_records(b, b.len, 3);
    assert_int_equal(w.fault.kind, FAULT_NONE);
    assert_int_equal(w.num, 2);
    assert_int_equal(w.records[0].type, CONTENT_TLS12_CID);
    assert_int_equal(w.records[0].connection_id.len, 3);
    assert_int_equal(w.records[0].connection_id.at[2], 0xc3);
    assert_int_equal(w.records[0].length, 2);
    assert_int_equal(w.records[0].body.at[1], 0xbb);
    assert_int_equal(w.records[1].type, CONTENT_APPLICATION_DATA);
    free((void *)(uintptr_t)b.at);
}

static void test_bad_records(void **state)
{
    (void)state;
    static const char *const bad[] = {"13 fefd 0000 000000000000 0001 00", /* no such type */
                                      "1b fefd 0000 000000000000 0001 00",
                                      "80 fefd 0000 000000000000 0001 00",
                                      "40 00 01 02",
                                      "16 fefd 0000 000000000000 0002 00", /* longer than its datagram */
                                      "2e 1234 0002 aa",
                                      "16 fefd 0000 0000",
                                      "2e 12"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct bytes b = bytes_from_hex(bad[i]);
        struct walk w = walk_records(b, b.len, 0);
        assert_int_equal(w.num, 0);
        assert_int_equal(w.fault.kind, FAULT_MALFORMED);
        assert_non_null(w.fault.field);
        assert_false(dtls_recognise(b, b.len));
        free((void *)(uintptr_t)b.at);
    }
    struct walk w = walk_records((struct bytes){NULL, 0}, 0, 0);
    assert_int_equal(w.num, 0);
    assert_int_equal(w.fault.kind, FAULT_NONE);
}

static void parse_records(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    (void)arg;
    struct cursor c;
    struct dtls_record record;
    cursor_init(&c, b, declared, 0, fault);
    while (dtls_record_next(&c, 2, &record)) {
        assert_true(record.body.len <= record.length);
        if (record.body.len < record.length)
            cursor_fail(&c, FAULT_SHORT, "body");
    }
}

static void parse_fragments(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    (void)arg;
    struct cursor c;
    struct dtls_fragment fragment;
    cursor_init(&c, b, declared, 0, fault);
    while (dtls_fragment_next(&c, &fragment)) {
        assert_true(fragment.bytes.len <= fragment.fragment_length);
        assert_true((uint64_t)fragment.offset + fragment.fragment_length <= fragment.length);
        if (fragment.bytes.len < fragment.fragment_length)
            cursor_fail(&c, FAULT_SHORT, "body");
    }
}

static void parse_hello_verify(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    (void)arg;
    struct cursor c;
    struct hello_verify_request request;
    cursor_init(&c, b, declared, 0, fault);
    hello_verify_request_parse(&c, &request);
}

static void mutate(const char *hex, mutate_parser *parse, bool is_closed)
{
    struct bytes b = bytes_from_hex(hex);
    mutate_prefixes(b, parse, NULL);
    mutate_bits(b, parse, NULL);
    if (is_closed)
        mutate_trailing(b, parse, NULL);
    free((void *)(uintptr_t)b.at);
}

#define FRAGMENTS                                                                                                      \
    "0b 000008 0002 000000 000003 010203  0b 000008 0002 000003 000005 0405060708  0e 000000 0003 000000 000000"

static void test_damage(void **state)
{
    (void)state;
    mutate(RECORDS, parse_records, true);
    mutate("2e 1234 0003 aabbcc", parse_records, true);
    mutate("19 fefd 0001 000000000001 c1c2 0002 aabb", parse_records, true);
    mutate(FRAGMENTS, parse_fragments, true);
    mutate("fefd 04 c0ffee00", parse_hello_verify, true);
    mutate("feff 00", parse_hello_verify, true);
}

static void test_fragments(void **state)
{
    (void)state;
    struct bytes b = bytes_from_hex(FRAGMENTS);
    struct fault fault;
    struct cursor c;
    struct dtls_fragment f;
    cursor_init_whole(&c, b, &fault);
    assert_true(dtls_fragment_next(&c, &f));
    assert_int_equal(f.type, HS_CERTIFICATE);
    assert_int_equal(f.length, 8);
    assert_int_equal(f.message_seq, 2);
    assert_int_equal(f.offset, 0);
    assert_int_equal(f.bytes.len, 3);
    assert_true(dtls_fragment_next(&c, &f));
    assert_int_equal(f.offset, 3);
    assert_int_equal(f.fragment_length, 5);
    assert_int_equal(f.bytes.at[4], 8);
    assert_true(dtls_fragment_next(&c, &f));
    assert_int_equal(f.type, HS_SERVER_HELLO_DONE);
    assert_int_equal(f.bytes.len, 0);
    assert_false(dtls_fragment_next(&c, &f));
    assert_int_equal(fault.kind, FAULT_NONE);
    free((void *)(uintptr_t)b.at);
}

/* Beyond its message, also where offset and length overflow together; beyond its record. */
static void test_bad_fragments(void **state)
{
    (void)state;
    static const char *const bad[] = {"0b 000003 0000 000001 000003 aabbcc", "0b 000003 0000 000004 000000",
                                      "0b 000003 0000 ffffff ffffff", "0b 000003 0000 000000 000003 aabb"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct bytes b = bytes_from_hex(bad[i]);
        struct fault fault;
        struct cursor c;
        struct dtls_fragment f;
        cursor_init_whole(&c, b, &fault);
        assert_false(dtls_fragment_next(&c, &f));
        assert_int_equal(fault.kind, FAULT_MALFORMED);
        assert_int_equal(f.bytes.len, 0);
        free((void *)(uintptr_t)b.at);
    }
}

static bool is_dtls(const char *hex)
{
    struct bytes b = bytes_from_hex(hex);
    bool is = dtls_recognise(b, b.len);
    free((void *)(uintptr_t)b.at);
    return is;
}

static void test_recognise(void **state)
{
    (void)state;
    assert_true(is_dtls(RECORDS));
    assert_true(is_dtls("16 feff 0000 000000000000 0001 00"));
    assert_true(is_dtls("16 0100 0000 000000000000 0001 00"));
    assert_true(is_dtls("19 fefd 0001 000000000001 c1c2 0002 aabb"));
    assert_true(is_dtls("16 fefd 0000 000000000000 0001 00 2e 1234 0001 aa")); /* ServerHello, then what it protects */
    assert_false(is_dtls("2e 1234 0001 aa"));                                  /* alone it might be anything */
    assert_false(is_dtls("16 0303 0000 000000000000 0001 00"));                /* a version of TLS */
    assert_false(is_dtls("16 fefd 0000 000000000000 0000"));
    assert_false(is_dtls("16 fefd 0000 000000000000 0001 00 ff"));
    assert_false(is_dtls("0001 0000 2112a442 000000000000000000000000")); /* STUN */
    assert_false(is_dtls("80 60 0001 00000000 00000000 aabb"));           /* RTP */
    assert_false(dtls_recognise((struct bytes){NULL, 0}, 0));
    /* Cut by the snapshot length behind the header. */
    struct bytes b = bytes_from_hex("16 feff 0000 000000000000 0020 01");
    assert_true(dtls_recognise(b, 13 + 32));
    free((void *)(uintptr_t)b.at);
}

static void test_hello_verify_request(void **state)
{
    (void)state;
    struct bytes b = bytes_from_hex("feff 04 c0ffee00");
    struct fault fault;
    struct cursor c;
    struct hello_verify_request request;
    cursor_init_whole(&c, b, &fault);
    hello_verify_request_parse(&c, &request);
    assert_int_equal(fault.kind, FAULT_NONE);
    assert_int_equal(request.version, 0xfeff);
    assert_int_equal(request.cookie.len, 4);
    assert_int_equal(request.cookie.at[0], 0xc0);
    free((void *)(uintptr_t)b.at);
}

static void test_versions(void **state)
{
    (void)state;
    static const uint16_t are[] = {0xfeff, 0xfefd, 0xfefc, VERSION_DTLS_BAD};
    static const uint16_t are_not[] = {0x0303, 0x0304, 0xfefe, 0, 0xffff};
    for (size_t i = 0; i < sizeof are / sizeof *are; i++)
        assert_true(version_is_dtls(are[i]));
    for (size_t i = 0; i < sizeof are_not / sizeof *are_not; i++)
        assert_false(version_is_dtls(are_not[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_headers),
        cmocka_unit_test(test_unified_headers),
        cmocka_unit_test(test_connection_ids),
        cmocka_unit_test(test_bad_records),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_fragments),
        cmocka_unit_test(test_bad_fragments),
        cmocka_unit_test(test_recognise),
        cmocka_unit_test(test_hello_verify_request),
        cmocka_unit_test(test_versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
