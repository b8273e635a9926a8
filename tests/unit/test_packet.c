/* From a packet to its transport: every way there is, whole, cut, damaged; reasons to skip; nesting. */
#include "support/cmocka_all.h"
#include "support/dissect_hex.h"
#include "support/mutate.h"
#include "support/packets.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t src4[16] = {10, 0, 0, 1}, dst4[16] = {10, 0, 0, 2};
static const uint8_t src6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1}, dst6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 2};

static void check_hello(const struct packet_case *k, const struct packet *p)
{
    bool is_v6 = p->ip_version == 6;
    if (p->kind != PACKET_TCP)
        fail_msg("%s: kind %d, skipped as %s", k->name, (int)p->kind, packet_skip_name(p->skip));
    assert_int_equal(p->skip, SKIP_NONE);
    assert_memory_equal(p->src, is_v6 ? src6 : src4, 16);
    assert_memory_equal(p->dst, is_v6 ? dst6 : dst4, 16);
    assert_int_equal(p->ttl, 64);
    assert_int_equal(p->protocol, 6);
    assert_int_equal(p->ip_id, is_v6 ? 0 : 0x1234);
    assert_int_equal(p->is_df, !is_v6);
    assert_int_equal(p->sport, 50000);
    assert_int_equal(p->dport, 443);
    assert_int_equal(p->seq, 1);
    assert_int_equal(p->ack, 2);
    assert_int_equal(p->tcp_flags, TCP_PSH | TCP_ACK);
    assert_int_equal(p->window, 512);
    assert_int_equal(p->num_sacks, 0);
    assert_int_equal(p->mss, 0);
    assert_int_equal(p->window_scale, 0);
    assert_int_equal(p->payload_len, 5);
    assert_int_equal(p->segment_len, 25);
    if (p->tunnel != k->tunnel || p->tunnel_id != k->tunnel_id)
        fail_msg("%s: tunnel %d with id %u", k->name, (int)p->tunnel, (unsigned)p->tunnel_id);
}

static void test_every_way(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_PACKET_CASES; i++) {
        const struct packet_case *k = &packet_cases[i];
        struct bytes b = bytes_from_hex(k->hex);
        struct packet p;
        memset(&p, 0xff, sizeof p);
        packet_dissect(&p, k->link_type, b, (uint32_t)b.len);
        check_hello(k, &p);
        if (p.payload.len != 5 || memcmp(p.payload.at, "hello", 5) != 0)
            fail_msg("%s: wrong payload", k->name);
        if (!packet_checksum_ok(&p))
            fail_msg("%s: wrong checksum", k->name);
        assert_true(packet_link_type_known(k->link_type));
        free((void *)(uintptr_t)b.at);
    }
}

/* Cut by the snapshot length: the headers are TRUNCATED, then the payload is there in part, and nothing else. */
static void test_every_way_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_PACKET_CASES; i++) {
        const struct packet_case *k = &packet_cases[i];
        struct bytes b = bytes_from_hex(k->hex);
        size_t num_partial = 0;
        for (size_t n = 0; n < b.len; n++) {
            uint8_t *cut = malloc(n ? n : 1);
            assert_non_null(cut);
            memcpy(cut, b.at, n);
            struct packet p;
            packet_dissect(&p, k->link_type, (struct bytes){cut, n}, (uint32_t)b.len);
            if (p.kind == PACKET_TCP) {
                check_hello(k, &p);
                assert_true(p.payload.len <= 5);
                if (p.payload.len > 0)
                    assert_memory_equal(p.payload.at, "hello", p.payload.len);
                if (p.payload.len < 5) {
                    assert_false(packet_checksum_ok(&p));
                    num_partial++;
                }
            } else if (p.kind != PACKET_SKIPPED || p.skip != SKIP_TRUNCATED) {
                fail_msg("%s cut at %zu: kind %d, %s", k->name, n, (int)p.kind, packet_skip_name(p.skip));
            }
            free(cut);
        }
        assert_int_equal(num_partial, 5);
        free((void *)(uintptr_t)b.at);
    }
}

static void dissect_for_mutator(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    const struct packet_case *k = arg;
    struct packet p;
    packet_dissect(&p, k->link_type, b, (uint32_t)declared);
    assert_true(p.depth <= PACKET_MAX_DEPTH);
    assert_int_equal(p.kind == PACKET_SKIPPED, p.skip != SKIP_NONE);
    if (p.kind == PACKET_TCP || p.kind == PACKET_UDP) {
        assert_true(p.payload.len <= p.payload_len);
        assert_true(p.segment.len <= b.len);
        (void)packet_checksum_ok(&p);
    }
    *fault = (struct fault){FAULT_NONE, 0, NULL};
}

static void test_every_way_damaged(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_PACKET_CASES; i++) {
        struct packet_case k = packet_cases[i];
        struct bytes b = bytes_from_hex(k.hex);
        mutate_bits(b, dissect_for_mutator, &k);
        for (uint32_t other = 0; other <= 300; other++) { /* read as every other link type */
            struct packet p;
            packet_dissect(&p, (uint16_t)other, b, (uint32_t)b.len);
            if (!packet_link_type_known((uint16_t)other))
                assert_int_equal(p.skip, SKIP_LINK_TYPE);
        }
        free((void *)(uintptr_t)b.at);
    }
}

static void test_skip_reasons(void **state)
{
    (void)state;
    static const struct skip_case cases[] = {
        {147, SKIP_LINK_TYPE, ETHER "0800" PACKET4},
        {220, SKIP_LINK_TYPE, "00"}, /* USB */
        {65535, SKIP_LINK_TYPE, ""},
        {1, SKIP_NOT_IP, ETHER "0806 0001"},
        {1, SKIP_MALFORMED, ETHER "0800 4500 002d"},
        {228, SKIP_TRANSPORT, "4500 0014 0000 0000 40 59 0000 0a000001 0a000002"},
        {228, SKIP_ENCRYPTED, "4500 001c 0000 0000 40 32 0000 0a000001 0a000002 0000000100000001"},
    };
    dissect_skips(cases, sizeof cases / sizeof cases[0]);
    assert_string_equal(packet_skip_name(SKIP_NOT_IP), "not-ip");
    assert_string_equal(packet_skip_name(NUM_PACKET_SKIPS), "unknown");
    assert_string_equal(packet_skip_text(SKIP_ENCRYPTED), "encrypted below IP (WEP, WPA, ESP)");
    assert_string_equal(packet_skip_text(NUM_PACKET_SKIPS), "unknown");
}

/* A segment within `levels` IPv4 headers. */
static void dissect_nested(size_t levels, struct packet *p)
{
    struct bytes inner = bytes_from_hex(SEGMENT4);
    size_t len = levels * 20 + inner.len;
    uint8_t *b = calloc(1, len);
    assert_non_null(b);
    for (size_t i = 0; i < levels; i++) {
        uint8_t *header = b + i * 20;
        header[0] = 0x45;
        header[2] = (uint8_t)((len - i * 20) >> 8);
        header[3] = (uint8_t)(len - i * 20);
        header[9] = i + 1 < levels ? 4 : 6;
    }
    memcpy(b + levels * 20, inner.at, inner.len);
    packet_dissect(p, 228, (struct bytes){b, len}, (uint32_t)len);
    p->payload = p->segment = (struct bytes){NULL, 0};
    free(b);
    free((void *)(uintptr_t)inner.at);
}

static void test_nesting(void **state)
{
    (void)state;
    struct packet p;
    for (size_t levels = 1; levels <= PACKET_MAX_DEPTH; levels++) {
        dissect_nested(levels, &p);
        assert_int_equal(p.kind, PACKET_TCP);
        assert_int_equal(p.depth, levels);
    }
    dissect_nested(PACKET_MAX_DEPTH + 1, &p);
    assert_int_equal(p.skip, SKIP_TOO_DEEP);
    dissect_nested(3000, &p);
    assert_int_equal(p.skip, SKIP_TOO_DEEP);
}

/* What repeats without nesting is bounded by the packet alone. */
static void test_long_stacks(void **state)
{
    (void)state;
    static const struct {
        const char *unit, *tail;
        uint16_t link_type;
        enum packet_skip skip;
    } stacks[] = {
        {"8100 0001", "0806", 1, SKIP_NOT_IP},
        {"8847 00064040", "", 1, SKIP_MALFORMED},
        {"88e7 00000000 020000000002 020000000001", "", 1, SKIP_TOO_DEEP},
        {"0c000000 00000000 02010000", "", 258, SKIP_MALFORMED},
        {"6558 020000000002 020000000001", "", 1, SKIP_TOO_DEEP},
    };
    for (size_t i = 0; i < sizeof stacks / sizeof stacks[0]; i++) {
        struct bytes unit = bytes_from_hex(stacks[i].unit), tail = bytes_from_hex(stacks[i].tail);
        size_t head = stacks[i].link_type == 1 ? 12 : 0, len = head + unit.len * 5000 + tail.len;
        uint8_t *b = calloc(1, len);
        assert_non_null(b);
        for (size_t n = 0; n < 5000; n++)
            memcpy(b + head + n * unit.len, unit.at, unit.len);
        if (tail.len)
            memcpy(b + head + unit.len * 5000, tail.at, tail.len);
        struct packet p;
        packet_dissect(&p, stacks[i].link_type, (struct bytes){b, len}, (uint32_t)len);
        if (p.kind != PACKET_SKIPPED || p.skip != stacks[i].skip)
            fail_msg("%s: kind %d, %s", stacks[i].unit, (int)p.kind, packet_skip_name(p.skip));
        free(b);
        free((void *)(uintptr_t)unit.at);
        free((void *)(uintptr_t)tail.at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_way),    cmocka_unit_test(test_every_way_cut),
        cmocka_unit_test(test_skip_reasons), cmocka_unit_test(test_every_way_damaged),
        cmocka_unit_test(test_nesting),      cmocka_unit_test(test_long_stacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
