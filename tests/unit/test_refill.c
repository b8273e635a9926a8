/* What an evidence capture says was left out, put in its place again; what makes no sense is not. */
#include "support/cmocka_all.h"
#include "support/tcp_builder.h"

#include "capture/capture.h"
#include "evidence/refill.h"

#include <string.h>

enum { KEPT = 16, LEN = 20 };

static const uint8_t payload[LEN] = "\x16\x03\x03\x00\x0f"
                                    "abcdefghijklmno";

struct taken {
    unsigned num;
    uint64_t bytes;
    struct packet at[KEPT];
    uint8_t first[KEPT], last[KEPT];
    uint16_t record_len[KEPT];
};

static void take(void *arg, const struct packet *packet)
{
    struct taken *taken = arg;
    taken->bytes += packet->payload.len;
    if (taken->num < KEPT) {
        struct bytes b = packet->payload;
        taken->first[taken->num] = bytes_u8_at(b, 0);
        taken->last[taken->num] = b.len > 0 ? b.at[b.len - 1] : 0;
        taken->record_len[taken->num] = bytes_u16_at(b, 3);
        taken->at[taken->num] = *packet;
    }
    taken->num++;
}

static struct taken refilled(const char *note, size_t cut, const char *flags)
{
    static uint8_t segment[TCP_BUILDER_HEADER + LEN];
    struct taken taken = {0};
    struct packet packet;
    struct tcp_pair pair = tcp_pair(50000);
    const struct tcp_spec spec = {
        .flags = tcp_flags(flags), .seq = 1, .ack = 1, .payload = payload, .len = LEN, .cut = cut};
    struct refill *refill = refill_new();
    assert_non_null(refill);
    tcp_build(&packet, segment, &pair, &spec);
    refill_packet(refill, &packet, (struct bytes){(const uint8_t *)note, strlen(note)}, take, &taken);
    assert_int_equal(refill_limit_hits(refill), 0);
    refill_free(refill);
    return taken;
}

/* Nothing more to say: what is cut off was told of elsewhere, it is no loss of the capture's. */
static void test_plain_note(void **state)
{
    (void)state;
    struct taken taken = refilled(CAPTURE_LEFT_OUT, 15, "A");
    assert_int_equal(taken.num, 1);
    assert_int_equal(taken.at[0].payload.len, 5);
    assert_int_equal(taken.at[0].payload_len, 5);
    taken = refilled(CAPTURE_LEFT_OUT " cut", 15, "A");
    assert_int_equal(taken.num, 1);
    assert_int_equal(taken.at[0].payload_len, LEN); /* the snapshot length took it */
}

static void test_zeros(void **state)
{
    (void)state;
    struct taken taken = refilled(CAPTURE_LEFT_OUT " z@5:100000", 15, "A");
    assert_int_equal(taken.num, 3);
    assert_int_equal(taken.first[0], 0x16);
    assert_int_equal(taken.bytes, 100005);
    assert_int_equal(taken.at[1].seq, taken.at[0].seq + 5);
    assert_int_equal(taken.at[2].seq, taken.at[1].seq + taken.at[1].payload_len);
    assert_int_equal(taken.first[1], 0);
    assert_int_equal(taken.last[2], 0);
}

/* Records of application data, as many as there were, of the same length altogether. */
static void test_records(void **state)
{
    (void)state;
    struct taken taken = refilled(CAPTURE_LEFT_OUT " r@20:100/3", 0, "A");
    assert_int_equal(taken.num, 4);
    assert_int_equal(taken.bytes, LEN + 100);
    for (unsigned i = 1; i < 4; i++) {
        assert_int_equal(taken.first[i], 0x17);
        assert_int_equal(taken.record_len[i] + 5, taken.at[i].payload_len);
    }
}

/* Blank bytes at the beginning were told of before: they do not come again, and what stands before comes first. */
static void test_skip(void **state)
{
    (void)state;
    struct taken taken = refilled(CAPTURE_LEFT_OUT " skip=5 z@-8:8", 0, "A");
    assert_int_equal(taken.num, 2);
    assert_int_equal(taken.at[0].payload_len, 8);
    assert_int_equal(taken.first[1], 'a');
    assert_int_equal(taken.at[1].payload_len, LEN - 5);
    assert_int_equal(taken.at[1].seq, taken.at[0].seq + 8 + 5);
}

/* A FIN stands behind all that its packet held. */
static void test_fin(void **state)
{
    (void)state;
    struct taken taken = refilled(CAPTURE_LEFT_OUT " z@5:15", 15, "FA");
    assert_int_equal(taken.num, 3);
    assert_false(taken.at[0].tcp_flags & TCP_FIN);
    assert_false(taken.at[1].tcp_flags & TCP_FIN);
    assert_true(taken.at[2].tcp_flags & TCP_FIN);
    assert_int_equal(taken.at[2].seq, taken.at[0].seq + LEN);
    assert_int_equal(taken.at[2].payload_len, 0);
}

/* Strangers' notes. */
static void test_nonsense(void **state)
{
    (void)state;
    static const char *const notes[] = {"",
                                        "tlswhy",
                                        " z@5:10",
                                        CAPTURE_LEFT_OUT "z@5:10",
                                        CAPTURE_LEFT_OUT " z@5",
                                        CAPTURE_LEFT_OUT " z@:",
                                        CAPTURE_LEFT_OUT " z@--5:1",
                                        CAPTURE_LEFT_OUT " r@5:10",
                                        CAPTURE_LEFT_OUT " r@5:10/0",
                                        CAPTURE_LEFT_OUT " r@5:10/3",
                                        CAPTURE_LEFT_OUT " r@5:9999999/2",
                                        CAPTURE_LEFT_OUT " skip=",
                                        CAPTURE_LEFT_OUT " cut skip=x",
                                        CAPTURE_LEFT_OUT
                                        " z@1:1 z@1:1 z@1:1 z@1:1 z@1:1 z@1:1 z@1:1 z@1:1 z@1:1 z@1:1 z@1:1 "
                                        "z@1:1 z@1:1"};
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        struct taken taken = refilled(notes[i], 15, "A");
        assert_int_equal(taken.num, 1);
        assert_int_equal(taken.at[0].payload.len, 5);
        assert_int_equal(taken.at[0].payload_len, LEN); /* as it came */
    }
    struct taken taken = refilled(CAPTURE_LEFT_OUT " skip=9999999999", 0, "A");
    assert_int_equal(taken.num, 1);
    assert_int_equal(taken.bytes, 0);
}

static void test_datagram(void **state)
{
    (void)state;
    static const char note[] = CAPTURE_LEFT_OUT;
    struct refill *refill = refill_new();
    struct taken taken = {0};
    struct packet packet = {.kind = PACKET_UDP, .payload = {payload, 5}, .payload_len = LEN};
    assert_non_null(refill);
    refill_packet(refill, &packet, (struct bytes){(const uint8_t *)note, sizeof note - 1}, take, &taken);
    refill_free(refill);
    assert_int_equal(taken.num, 1);
    assert_int_equal(taken.at[0].payload.len, LEN);
    assert_int_equal(taken.first[0], 0x16);
    assert_int_equal(taken.last[0], 0);
    assert_int_equal(taken.record_len[0], 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_note), cmocka_unit_test(test_zeros), cmocka_unit_test(test_records),
        cmocka_unit_test(test_skip),       cmocka_unit_test(test_fin),   cmocka_unit_test(test_nonsense),
        cmocka_unit_test(test_datagram),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
