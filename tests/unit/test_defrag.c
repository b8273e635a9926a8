/* IP reassembly: every order, duplicates, contradictions, impossible fragments, tunnels, limits. */
#include "flow/defrag.h"

#include "bounds.h"
#include "support/cmocka_all.h"
#include "support/mutate.h"
#include "support/packets.h"

#include <stdlib.h>
#include <string.h>

enum { NUM_PIECES = 4, LEN = 100 }; /* a UDP datagram of 100 bytes: 32, 32, 32, 4 */

static uint8_t datagram[LEN];

static int setup(void **state)
{
    (void)state;
    for (size_t i = 0; i < LEN; i++)
        datagram[i] = (uint8_t)(i * 7 + 1);
    static const uint8_t header[] = {0x00, 0x35, 0xc0, 0x01, 0x00, LEN, 0x00, 0x00};
    memcpy(datagram, header, sizeof header);
    return 0;
}

static struct packet fragment_of(uint8_t version, uint32_t id, uint32_t offset, const uint8_t *bytes, uint32_t len,
                                 bool has_more)
{
    struct packet p;
    memset(&p, 0, sizeof p);
    p.kind = PACKET_FRAGMENT;
    p.ip_version = version;
    p.ttl = (uint8_t)(60 + offset / 8);
    p.protocol = 17;
    p.src[0] = 10;
    p.dst[0] = 11;
    p.depth = 1;
    p.fragment.id = id;
    p.fragment.offset = offset;
    p.fragment.has_more = has_more;
    p.fragment.protocol = 17;
    p.fragment.bytes = (struct bytes){bytes, len};
    p.fragment.len = len;
    return p;
}

static struct packet piece(uint8_t version, uint32_t id, unsigned index)
{
    bool is_last = index == NUM_PIECES - 1;
    return fragment_of(version, id, index * 32, datagram + index * 32, is_last ? 4 : 32, !is_last);
}

static bool push_at(struct defrag *d, struct packet p, int64_t time_ns, struct packet *out)
{
    struct moment moment = {{1, 0}, time_ns};
    return defrag_push(d, &p, &moment, out);
}

static bool push(struct defrag *d, struct packet p, struct packet *out)
{
    return push_at(d, p, 0, out);
}

static void check_whole(const struct packet *p, uint8_t version)
{
    assert_int_equal(p->kind, PACKET_UDP);
    assert_int_equal(p->ip_version, version);
    assert_int_equal(p->ttl, 60);
    assert_int_equal(p->src[0], 10);
    assert_int_equal(p->sport, 53);
    assert_int_equal(p->payload_len, LEN - 8);
    assert_int_equal(p->payload.len, LEN - 8);
    assert_memory_equal(p->payload.at, datagram + 8, LEN - 8);
}

static void check_stats(const struct defrag *d, struct defrag_stats expected)
{
    assert_memory_equal(defrag_stats(d), &expected, sizeof expected);
}

/* All orders of four pieces. */
static void test_every_order(void **state)
{
    (void)state;
    for (unsigned order = 0; order < 256; order++) {
        unsigned index[NUM_PIECES], seen = 0;
        for (unsigned i = 0; i < NUM_PIECES; i++) {
            index[i] = order >> 2 * i & 3;
            seen |= 1u << index[i];
        }
        if (seen != 15)
            continue;
        for (uint8_t version = 4; version <= 6; version += 2) {
            struct defrag *d = defrag_new();
            assert_non_null(d);
            struct packet out;
            for (unsigned i = 0; i + 1 < NUM_PIECES; i++)
                assert_false(push(d, piece(version, 7, index[i]), &out));
            assert_true(push(d, piece(version, 7, index[NUM_PIECES - 1]), &out));
            check_whole(&out, version);
            defrag_finish(d);
            check_stats(d, (struct defrag_stats){4, 1, 0, 0, 0});
            defrag_free(d);
        }
    }
}

/* Every fragment captured twice: one datagram, in either order of the copies, and nothing left over. */
static void test_captured_twice(void **state)
{
    (void)state;
    struct packet out;
    struct defrag *d = defrag_new();
    unsigned num_whole = 0;
    for (unsigned i = 0; i < NUM_PIECES * 2; i++)
        num_whole += push(d, piece(4, 1, i / 2), &out);
    assert_int_equal(num_whole, 1);
    for (unsigned i = 0; i < NUM_PIECES * 2; i++)
        num_whole += push(d, piece(6, 2, i % NUM_PIECES), &out);
    assert_int_equal(num_whole, 2);
    defrag_finish(d);
    check_stats(d, (struct defrag_stats){16, 2, 0, 0, 0});
    defrag_free(d);
}

/* An identification used again for other bytes. */
static void test_id_used_again(void **state)
{
    (void)state;
    struct packet out;
    struct defrag *d = defrag_new();
    for (unsigned i = 0; i < NUM_PIECES; i++)
        (void)push(d, piece(4, 1, i), &out);
    check_whole(&out, 4);
    static const uint8_t other[16] = {0x00, 0x7b, 0xc0, 0x01, 0x00, 16};
    assert_false(push(d, fragment_of(4, 1, 0, other, 8, true), &out));
    assert_true(push(d, fragment_of(4, 1, 8, other + 8, 8, false), &out));
    assert_int_equal(out.sport, 123);
    assert_int_equal(out.payload_len, 8);
    check_stats(d, (struct defrag_stats){6, 2, 0, 0, 0});
    defrag_free(d);
}

/* What tells datagrams apart: the version, addresses, id, tunnel; in IPv4 the protocol. */
static void test_keys(void **state)
{
    (void)state;
    for (unsigned variant = 0; variant < 7; variant++) {
        struct packet out, other = piece(variant == 6 ? 6 : 4, 7, 3);
        struct defrag *d = defrag_new();
        for (unsigned i = 0; i < 3; i++)
            assert_false(push(d, piece(variant == 6 ? 6 : 4, 7, i), &out));
        if (variant == 0)
            other.ip_version = 6;
        else if (variant == 1)
            other.src[3] = 1;
        else if (variant == 2)
            other.dst[15] = 1;
        else if (variant == 3)
            other.fragment.id = 8;
        else if (variant == 4)
            other.tunnel_id = 1;
        else
            other.fragment.protocol = 6;
        assert_int_equal(push(d, other, &out), variant == 6);
        if (variant == 6)
            assert_int_equal(out.protocol, 17); /* the first fragment's counts */
        else
            assert_true(push(d, piece(4, 7, 3), &out));
        check_whole(&out, variant == 6 ? 6 : 4);
        defrag_free(d);
    }
}

/* Overlaps of equal bytes are no matter. */
static void test_equal_overlaps(void **state)
{
    (void)state;
    for (uint8_t version = 4; version <= 6; version += 2) {
        struct packet out;
        struct defrag *d = defrag_new();
        assert_false(push(d, fragment_of(version, 1, 0, datagram, 48, true), &out));
        assert_false(push(d, fragment_of(version, 1, 16, datagram + 16, 64, true), &out));
        assert_false(push(d, fragment_of(version, 1, 0, datagram, 80, true), &out));
        assert_true(push(d, fragment_of(version, 1, 72, datagram + 72, LEN - 72, false), &out));
        check_whole(&out, version);
        check_stats(d, (struct defrag_stats){4, 1, 0, 0, 0});
        defrag_free(d);
    }
}

/* Of bytes that differ the first stay in IPv4; an IPv6 datagram is dropped, and what still comes of it. */
static void test_different_overlaps(void **state)
{
    (void)state;
    uint8_t other[64];
    memset(other, 0xee, sizeof other);
    struct packet out;
    struct defrag *d = defrag_new();
    assert_false(push(d, piece(4, 1, 1), &out));
    assert_false(push(d, fragment_of(4, 1, 24, other, 16, true), &out)); /* 24 to 32 are new */
    assert_false(push(d, piece(4, 1, 0), &out));                         /* all but those */
    assert_false(push(d, piece(4, 1, 2), &out));
    assert_true(push(d, piece(4, 1, 3), &out));
    assert_int_equal(out.payload_len, LEN - 8);
    assert_memory_equal(out.payload.at, datagram + 8, 16);
    assert_memory_equal(out.payload.at + 16, other, 8);
    assert_memory_equal(out.payload.at + 24, datagram + 32, LEN - 32);
    check_stats(d, (struct defrag_stats){5, 1, 0, 2, 0});
    defrag_free(d);

    d = defrag_new();
    assert_false(push(d, piece(6, 1, 1), &out));
    assert_false(push(d, fragment_of(6, 1, 24, other, 16, true), &out));
    for (unsigned i = 0; i < NUM_PIECES; i++)
        assert_false(push(d, piece(6, 1, i), &out));
    defrag_finish(d);
    check_stats(d, (struct defrag_stats){6, 0, 0, 1, 1});
    defrag_free(d);
}

/* Two ends: in IPv4 the first stays. */
static void test_contradicting_ends(void **state)
{
    (void)state;
    struct packet out;
    struct defrag *d = defrag_new();
    assert_false(push(d, piece(4, 1, 3), &out));
    assert_false(push(d, fragment_of(4, 1, 96, datagram + 96, 3, false), &out)); /* a shorter end */
    assert_false(push(d, fragment_of(4, 1, 96, datagram, 8, true), &out));       /* past the end */
    for (unsigned i = 0; i < 2; i++)
        assert_false(push(d, piece(4, 1, i), &out));
    assert_true(push(d, piece(4, 1, 2), &out));
    check_whole(&out, 4);
    assert_int_equal(defrag_stats(d)->overlaps, 2);
    assert_false(push(d, piece(6, 1, 2), &out));
    assert_false(push(d, fragment_of(6, 1, 64, datagram + 64, 8, false), &out)); /* before what was seen */
    check_stats(d, (struct defrag_stats){8, 1, 0, 3, 1});
    defrag_free(d);
}

static void test_impossible(void **state)
{
    (void)state;
    static uint8_t zeroes[65536];
    struct packet out;
    struct defrag *d = defrag_new();
    assert_false(push(d, fragment_of(4, 1, 65512, zeroes, 8, false), &out)); /* ping of death */
    assert_false(push(d, fragment_of(6, 1, 65528, zeroes, 8, false), &out));
    assert_false(push(d, fragment_of(4, 1, 8, zeroes, 65535, false), &out));
    assert_false(push(d, fragment_of(4, 1, 0, zeroes, 12, true), &out)); /* not a multiple of eight */
    assert_false(push(d, fragment_of(4, 1, 8, zeroes, 0, false), &out)); /* nothing */
    check_stats(d, (struct defrag_stats){5, 0, 0, 0, 5});
    /* The longest that is possible. */
    memcpy(zeroes, (const uint8_t[]){0x00, 0x35, 0xc0, 0x01, 0xff, 0xeb, 0, 0}, 8);
    assert_false(push(d, fragment_of(4, 1, 65512, zeroes + 65512, 3, false), &out));
    assert_true(push(d, fragment_of(4, 1, 0, zeroes, 65512, true), &out));
    assert_int_equal(out.payload_len, 65515 - 8);
    defrag_free(d);
}

/* A fragment cut by the snapshot length leaves a hole, which a whole copy fills. */
static void test_cut_fragment(void **state)
{
    (void)state;
    struct packet out, cut = piece(4, 1, 1);
    cut.fragment.bytes.len = 20;
    struct defrag *d = defrag_new();
    assert_false(push(d, piece(4, 1, 0), &out));
    assert_false(push(d, cut, &out));
    assert_false(push(d, piece(4, 1, 2), &out));
    assert_false(push(d, piece(4, 1, 3), &out));
    assert_true(push(d, piece(4, 1, 1), &out));
    check_whole(&out, 4);
    cut = piece(4, 2, 3);
    cut.fragment.bytes.len = 3;
    for (unsigned i = 0; i < 3; i++)
        assert_false(push(d, piece(4, 2, i), &out));
    assert_false(push(d, cut, &out));
    defrag_finish(d);
    check_stats(d, (struct defrag_stats){9, 1, 1, 0, 0});
    defrag_free(d);
}

static void test_time(void **state)
{
    (void)state;
    const int64_t limit = LIMIT_FRAGMENT_SECONDS * INT64_C(1000000000);
    struct packet out;
    struct defrag *d = defrag_new();
    for (unsigned i = 0; i < 3; i++)
        assert_false(push_at(d, piece(4, 1, i), 100, &out));
    assert_true(push_at(d, piece(4, 1, 3), 100 + limit, &out));
    for (unsigned i = 0; i < 3; i++)
        assert_false(push_at(d, piece(4, 2, i), 200 + limit, &out));
    assert_false(push_at(d, piece(4, 2, 3), 201 + 2 * limit, &out));
    assert_int_equal(defrag_stats(d)->incomplete, 1);
    /* A clock that jumps back loses nothing, one that jumps all the way ahead everything. */
    defrag_clock(d, INT64_MIN);
    assert_int_equal(defrag_stats(d)->incomplete, 1);
    defrag_clock(d, INT64_MAX);
    assert_int_equal(defrag_stats(d)->incomplete, 2);
    assert_false(push_at(d, piece(4, 3, 0), INT64_MIN, &out));
    defrag_clock(d, INT64_MAX);
    check_stats(d, (struct defrag_stats){9, 1, 3, 0, 0});
    defrag_free(d);
}

static void test_datagram_limit(void **state)
{
    (void)state;
    struct packet out;
    struct defrag *d = defrag_new();
    for (uint32_t id = 0; id < LIMIT_FRAGMENT_DATAGRAMS + 10; id++)
        assert_false(push(d, piece(6, id, 0), &out));
    uint64_t dropped = defrag_stats(d)->dropped;
    assert_true(dropped >= 10);
    /* The newest live on, the oldest are gone. */
    uint32_t newest = LIMIT_FRAGMENT_DATAGRAMS + 9;
    assert_false(push(d, piece(6, newest, 1), &out));
    assert_false(push(d, piece(6, newest, 2), &out));
    assert_true(push(d, piece(6, newest, 3), &out));
    assert_false(push(d, piece(6, 0, 1), &out));
    assert_false(push(d, piece(6, 0, 2), &out));
    assert_false(push(d, piece(6, 0, 3), &out));
    defrag_finish(d);
    assert_int_equal(defrag_stats(d)->datagrams, 1);
    assert_int_equal(defrag_stats(d)->dropped + defrag_stats(d)->incomplete + 1, LIMIT_FRAGMENT_DATAGRAMS + 10 + 1);
    defrag_free(d);
}

static void test_byte_limit(void **state)
{
    (void)state;
    struct packet out;
    struct defrag *d = defrag_new();
    /* Each asks for the buffer of a datagram of 64 kB. */
    const uint32_t num = LIMIT_FRAGMENT_BYTES / 65536 + 100;
    for (uint32_t id = 0; id < num; id++)
        assert_false(push(d, fragment_of(4, id, 65496, datagram, 8, true), &out));
    assert_true(defrag_stats(d)->dropped >= 100);
    assert_true(defrag_stats(d)->dropped < 200);
    defrag_finish(d);
    assert_int_equal(defrag_stats(d)->dropped + defrag_stats(d)->incomplete, num);
    defrag_free(d);
}

/* A packet in a fragmented tunnel packet, itself fragmented: the tunnelled datagram comes out. */
static void test_nested(void **state)
{
    (void)state;
    struct packet out;
    struct defrag *d = defrag_new();
    struct bytes segment = bytes_from_hex(SEGMENT4);
    uint8_t inner[2][20 + 32];
    unsigned num_whole = 0;
    for (unsigned i = 0; i < 2; i++) {
        struct bytes header = bytes_from_hex(i == 0 ? "4500 0024 5555 2000 40 06 0000 0a000001 0a000002"
                                                    : "4500 001d 5555 0002 40 06 0000 0a000001 0a000002");
        memcpy(inner[i], header.at, 20);
        memcpy(inner[i] + 20, segment.at + i * 16, i == 0 ? 16 : 9);
        free((void *)(uintptr_t)header.at);
        /* The outer packet in two fragments as well. */
        uint32_t len = i == 0 ? 36 : 29;
        struct packet first = fragment_of(6, i, 0, inner[i], 16, true);
        struct packet last = fragment_of(6, i, 16, inner[i] + 16, len - 16, false);
        first.fragment.protocol = last.fragment.protocol = 4;
        num_whole += push(d, last, &out);
        assert_int_equal(num_whole, 0);
        struct moment moment = {{1, 0}, 0};
        out = first; /* in and out may be the same */
        num_whole += defrag_push(d, &out, &moment, &out);
    }
    assert_int_equal(num_whole, 1);
    assert_int_equal(out.kind, PACKET_TCP);
    assert_int_equal(out.ip_version, 4);
    assert_int_equal(out.tunnel, TUNNEL_IPIP);
    assert_int_equal(out.depth, 2);
    assert_memory_equal(out.payload.at, "hello", 5);
    assert_true(packet_checksum_ok(&out));
    check_stats(d, (struct defrag_stats){6, 3, 0, 0, 0});
    free((void *)(uintptr_t)segment.at);
    defrag_free(d);
}

/* Pieces of 8 bytes in a scrambled order, with a third of them sent twice. */
static void test_many_small(void **state)
{
    (void)state;
    enum { UNITS = 4096 };
    static uint8_t big[UNITS * 8];
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (uint8_t)(i >> 3 ^ i);
    memcpy(big, (const uint8_t[]){0x00, 0x35, 0xc0, 0x01, 0x80, 0x00, 0, 0}, 8);
    struct packet out;
    struct defrag *d = defrag_new();
    unsigned num_whole = 0;
    for (uint32_t i = 0; i < UNITS; i++) {
        uint32_t unit = i * 1229 % UNITS;
        for (uint32_t copies = 0; copies < 1 + (unit % 3 == 0); copies++)
            num_whole += push(d, fragment_of(4, 9, unit * 8, big + unit * 8, 8, unit + 1 < UNITS), &out);
    }
    assert_int_equal(num_whole, 1);
    assert_int_equal(out.payload_len, sizeof big - 8);
    assert_int_equal(defrag_stats(d)->overlaps, 0);
    defrag_free(d);
    defrag_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_order),
        cmocka_unit_test(test_captured_twice),
        cmocka_unit_test(test_id_used_again),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_equal_overlaps),
        cmocka_unit_test(test_different_overlaps),
        cmocka_unit_test(test_contradicting_ends),
        cmocka_unit_test(test_impossible),
        cmocka_unit_test(test_cut_fragment),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_datagram_limit),
        cmocka_unit_test(test_byte_limit),
        cmocka_unit_test(test_nested),
        cmocka_unit_test(test_many_small),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
