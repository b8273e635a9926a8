/* From a packet to its transport: the common ways, cut, damaged, nested; TCP options, UDP, ICMP errors, checksums. */
#include "support/cmocka_all.h"
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
        for (size_t n = 0; n < b.len; n++) {
            uint8_t *cut = malloc(n ? n : 1);
            assert_non_null(cut);
            memcpy(cut, b.at, n);
            struct packet p;
            packet_dissect(&p, k->link_type, (struct bytes){cut, n}, (uint32_t)b.len);
            if (p.kind == PACKET_TCP) {
                check_hello(k, &p);
                assert_true(p.payload.len <= 5);
                assert_memory_equal(p.payload.at, "hello", p.payload.len);
            } else if (p.kind != PACKET_SKIPPED || p.skip != SKIP_TRUNCATED) {
                fail_msg("%s cut at %zu: kind %d, %s", k->name, n, (int)p.kind, packet_skip_name(p.skip));
            }
            free(cut);
        }
        free((void *)(uintptr_t)b.at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_way),
        cmocka_unit_test(test_every_way_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
