/* pcapng: all blocks in both byte orders, time resolutions, what is kept beside packets, cuts and damage. */
#include "support/cmocka_all.h"

#include "support/capture_builder.h"

#include "bounds.h"

#include <stdlib.h>
#include <string.h>

enum { START = 1700000000 };
#define START_US (START * 1000000ull)
#define START_NS (START * 1000000000ll)

static void assert_packet(const struct seen *seen, uint64_t frame, int64_t time_ns, size_t caplen, uint8_t fill)
{
    assert_int_equal(seen->packet.moment.place.frame, frame);
    if (seen->packet.moment.time_ns != time_ns)
        print_error("frame %llu: time %lld instead of %lld\n", (unsigned long long)frame,
                    (long long)seen->packet.moment.time_ns, (long long)time_ns);
    assert_true(seen->packet.moment.time_ns == time_ns);
    assert_int_equal(seen->packet.bytes.len, caplen);
    if (caplen > 0)
        assert_int_equal(seen->first_byte, fill);
    assert_true(seen->is_uniform);
}

static void add_simple_packet(struct builder *b, uint32_t len, uint32_t captured, uint8_t fill)
{
    size_t block = builder_block(b, 3);
    builder_u32(b, len);
    for (uint32_t i = 0; i < captured; i++)
        builder_bytes(b, &fill, 1);
    builder_zeros(b, (4 - captured % 4) % 4);
    builder_block_end(b, block);
}

static void add_old_packet(struct builder *b, uint16_t interface, uint64_t units, uint32_t caplen, uint8_t fill)
{
    size_t block = builder_block(b, 2);
    builder_u16(b, interface);
    builder_u16(b, 3); /* drops */
    builder_u32(b, (uint32_t)(units >> 32));
    builder_u32(b, (uint32_t)units);
    builder_u32(b, caplen);
    builder_u32(b, caplen);
    for (uint32_t i = 0; i < caplen; i++)
        builder_bytes(b, &fill, 1);
    builder_zeros(b, (4 - caplen % 4) % 4);
    builder_option(b, 1, "old", 3);
    builder_block_end(b, block);
}

static void add_opaque(struct builder *b, uint32_t type, size_t len)
{
    size_t block = builder_block(b, type);
    builder_zeros(b, len);
    builder_block_end(b, block);
}

static void test_packets(void **state)
{
    (void)state;
    for (int order = 0; order < 2; order++) {
        struct builder b = {.is_big_endian = order};
        builder_section(&b, NULL);
        builder_interface(&b, 1, 0, NO_RESOLUTION);
        builder_interface(&b, 276, 96, 9);
        builder_packet(&b, 0, START_US + 7, 61, 1500, 0x11, NULL);
        builder_packet(&b, 1, START_NS + 8, 62, 62, 0x22, NULL);
        add_simple_packet(&b, 63, 63, 0x33);
        add_old_packet(&b, 1, START_NS + 9, 64, 0x44);
        builder_packet(&b, 0, START_US + 9, 0, 0, 0, NULL);
        builder_packet(&b, 0, 0, 10, 10, 0x55, NULL); /* no time */
        struct collection c = collect_bytes(&b, 3);
        assert_int_equal(c.num, 6);
        assert_packet(&c.seen[0], 1, START_NS + 7000, 61, 0x11);
        assert_int_equal(c.seen[0].packet.len, 1500);
        assert_int_equal(c.seen[0].packet.link_type, 1);
        assert_int_equal(c.seen[0].packet.time_digits, 6);
        assert_packet(&c.seen[1], 2, START_NS + 8, 62, 0x22);
        assert_int_equal(c.seen[1].packet.link_type, 276);
        assert_int_equal(c.seen[1].packet.interface, 1);
        assert_int_equal(c.seen[1].packet.time_digits, 9);
        assert_packet(&c.seen[2], 3, START_NS + 8, 63, 0x33);
        assert_false(c.seen[2].packet.has_time);
        assert_packet(&c.seen[3], 4, START_NS + 9, 64, 0x44);
        assert_packet(&c.seen[4], 5, START_NS + 9000, 0, 0);
        assert_true(c.seen[4].packet.has_time);
        assert_packet(&c.seen[5], 6, START_NS + 9000, 10, 0x55);
        assert_false(c.seen[5].packet.has_time);
        assert_string_equal(collection_input(&c)->format, "pcapng");
        assert_int_equal(collection_input(&c)->num_link_types, 2);
        assert_int_equal(collection_input(&c)->link_types[1], 276);
        assert_int_equal(collection_input(&c)->snaplen, 96);
        assert_int_equal(collection_input(&c)->num_comments, 1);
        assert_int_equal(collection_input(&c)->comments[0].place.frame, 4);
        assert_string_equal(collection_input(&c)->comments[0].text, "old");
        assert_int_equal(collection_input(&c)->num_notes, 0);
        collection_free(&c);
        builder_free(&b);
    }
}

/* A simple packet is cut by the snapshot length of the first interface. */
static void test_simple_packet_is_cut(void **state)
{
    (void)state;
    struct builder b = {0};
    builder_section(&b, NULL);
    builder_interface(&b, 1, 50, NO_RESOLUTION);
    add_simple_packet(&b, 1500, 50, 0x66);
    struct collection c = collect_bytes(&b, 64);
    assert_int_equal(c.num, 1);
    assert_int_equal(c.seen[0].packet.bytes.len, 50);
    assert_int_equal(c.seen[0].packet.len, 1500);
    assert_int_equal(c.seen[0].packet.moment.time_ns, 0);
    collection_free(&c);
    builder_free(&b);
}

/* Sections have byte orders and interfaces of their own; a packet of an interface that its section lacks is left out.
 */
static void test_sections(void **state)
{
    (void)state;
    struct builder b = {0};
    builder_section(&b, NULL);
    builder_interface(&b, 1, 0, NO_RESOLUTION);
    builder_interface(&b, 1, 0, NO_RESOLUTION);
    builder_packet(&b, 1, START_US, 20, 20, 1, NULL);
    b.is_big_endian = true;
    builder_section(&b, NULL);
    builder_interface(&b, 101, 0, 3);
    builder_packet(&b, 0, START * 1000ull + 5, 21, 21, 2, NULL);
    size_t lost = b.len;
    builder_packet(&b, 1, START_US, 22, 22, 3, NULL);
    b.is_big_endian = false;
    builder_section(&b, NULL);
    builder_interface(&b, 113, 0, NO_RESOLUTION);
    builder_packet(&b, 0, START_US, 23, 23, 4, NULL);
    struct collection c = collect_bytes(&b, 64);
    assert_int_equal(c.num, 3);
    assert_packet(&c.seen[0], 1, START_NS, 20, 1);
    assert_packet(&c.seen[1], 2, START_NS + 5000000, 21, 2);
    assert_int_equal(c.seen[1].packet.link_type, 101);
    assert_packet(&c.seen[2], 3, START_NS, 23, 4);
    assert_int_equal(c.seen[2].packet.link_type, 113);
    assert_int_equal(collection_input(&c)->num_link_types, 3);
    assert_int_equal(collection_input(&c)->num_notes, 1);
    collection_assert_note(&c, 0, CAPTURE_NOTE_DAMAGED, lost, "no such interface");
    collection_free(&c);
    builder_free(&b);
}

static void test_time_resolutions(void **state)
{
    (void)state;
    static const struct {
        int resolution;
        uint64_t units;
        int64_t time_ns;
        int digits;
    } cases[] = {
        {0, START, START_NS, 6},
        {3, START * 1000ull + 1, START_NS + 1000000, 6},
        {6, START_US + 1, START_NS + 1000, 6},
        {7, START * 10000000ull + 1, START_NS + 100, 9},
        {9, START_NS + 1, START_NS + 1, 9},
        {10, START_NS * 10ull + 19, START_NS + 1, 9},
        {12, 1700000000123456ull, 1700000000123, 9},
        {40, UINT64_MAX, 0, 9},
        {0x80 | 0, START, START_NS, 6},
        {0x80 | 10, (uint64_t)START << 10 | 512, START_NS + 500000000, 6},
        {0x80 | 20, (uint64_t)START << 20 | 1, START_NS + 953, 9},
        {0x80 | 32, (uint64_t)START << 32 | 0x80000000u, START_NS + 500000000, 9},
        {0x80 | 33, (uint64_t)START << 33 | 1ull << 32, START_NS + 500000000, 9},
        {0x80 | 63, 1ull << 63 | 1ull << 62, 1500000000, 9},
        {0x80 | 64, 1ull << 63, 500000000, 9},
        {0x80 | 127, UINT64_MAX, 0, 9},
        {0, UINT64_MAX, INT64_MAX, 6}, /* absurd, and clamped */
        {9, UINT64_MAX, INT64_MAX, 9},
        {6, UINT64_MAX, INT64_MAX, 6},
        {0x80 | 0, UINT64_MAX, INT64_MAX, 6},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct builder b = {0};
        builder_section(&b, NULL);
        builder_interface(&b, 1, 0, cases[i].resolution);
        builder_packet(&b, 0, cases[i].units, 20, 20, 1, NULL);
        struct collection c = collect_bytes(&b, 64);
        assert_int_equal(c.num, 1);
        assert_packet(&c.seen[0], 1, cases[i].time_ns, 20, 1);
        assert_int_equal(c.seen[0].packet.time_digits, cases[i].digits);
        collection_free(&c);
        builder_free(&b);
    }
}

static void test_time_offset(void **state)
{
    (void)state;
    static const struct {
        int64_t offset, time_ns;
    } cases[] = {
        {-3600, START_NS - 3600 * 1000000000ll},
        {START, 2 * START_NS},
        {INT64_MAX, INT64_MAX},
        {INT64_MIN, INT64_MIN + START_NS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int order = 0; order < 2; order++) {
            struct builder b = {.is_big_endian = order};
            builder_section(&b, NULL);
            size_t block = builder_block(&b, 1);
            builder_u32(&b, order ? 1 << 16 : 1);
            builder_u32(&b, 0);
            builder_u16(&b, 14);
            builder_u16(&b, 8);
            builder_u64(&b, (uint64_t)cases[i].offset);
            builder_block_end(&b, block);
            builder_packet(&b, 0, START_US, 20, 20, 1, NULL);
            struct collection c = collect_bytes(&b, 64);
            assert_int_equal(c.num, 1);
            assert_packet(&c.seen[0], 1, cases[i].time_ns, 20, 1);
            collection_free(&c);
            builder_free(&b);
        }
}

static void add_names(struct builder *b)
{
    static const uint8_t six[16] = {0x20, 1, 0xd, 0xb8, [15] = 1};
    size_t block = builder_block(b, 4);
    builder_option(b, 1, "\xc0\x00\x02\x01one.example\0two.example", 4 + 24);
    uint8_t record[16 + 12];
    memcpy(record, six, 16);
    memcpy(record + 16, "six.example", 12);
    builder_option(b, 2, record, sizeof record);
    builder_option(b, 3, "\1\2\3\4\5\6mac", 10); /* an EUI-48 record is no address of ours */
    builder_option(b, 0, NULL, 0);
    builder_option(b, 1, "of names", 8);
    builder_block_end(b, block);
}

static void add_statistics(struct builder *b, uint32_t interface, uint64_t interface_drops, uint64_t kernel_drops)
{
    size_t block = builder_block(b, 5);
    builder_u32(b, interface);
    builder_u64(b, START_US);
    builder_u16(b, 5);
    builder_u16(b, 8);
    builder_u64(b, interface_drops);
    builder_u16(b, 7);
    builder_u16(b, 8);
    builder_u64(b, kernel_drops);
    builder_block_end(b, block);
}

static void test_what_is_kept(void **state)
{
    (void)state;
    for (int order = 0; order < 2; order++) {
        struct builder b = {.is_big_endian = order};
        builder_section(&b, "of the section");
        size_t block = builder_block(&b, 1);
        builder_u16(&b, 1);
        builder_u16(&b, 0);
        builder_u32(&b, 0);
        builder_option(&b, 2, "eth0", 4);
        builder_option(&b, 1, "of the interface", 16);
        builder_block_end(&b, block);
        builder_packet(&b, 0, START_US, 21, 21, 1, NULL);
        builder_packet(&b, 0, START_US, 22, 22, 2, "of the packet\x1b[31m");
        add_names(&b);
        block = builder_block(&b, 10);
        builder_u32(&b, 0x544c534b);
        builder_u32(&b, 5);
        builder_bytes(&b, "keys\n\0\0\0", 8);
        builder_block_end(&b, block);
        add_statistics(&b, 0, 3, 4);
        add_statistics(&b, 0, 5, 4); /* counters go on */
        struct collection c = collect_bytes(&b, 64);
        const struct capture_input *in = collection_input(&c);
        assert_int_equal(c.num, 2);
        assert_int_equal(in->num_comments, 4);
        assert_string_equal(in->comments[0].text, "of the section");
        assert_int_equal(in->comments[0].place.frame, 0);
        assert_string_equal(in->comments[1].text, "of the interface");
        assert_string_equal(in->comments[2].text, "of the packet\x1b[31m");
        assert_int_equal(in->comments[2].place.frame, 2);
        assert_string_equal(in->comments[3].text, "of names");
        assert_int_equal(in->num_resolutions, 3);
        assert_string_equal(in->resolutions[0].name, "one.example");
        assert_string_equal(in->resolutions[1].name, "two.example");
        assert_int_equal(in->resolutions[1].ip_version, 4);
        assert_memory_equal(in->resolutions[1].address, "\xc0\x00\x02\x01\0\0\0\0\0\0\0\0\0\0\0\0", 16);
        assert_string_equal(in->resolutions[2].name, "six.example");
        assert_int_equal(in->resolutions[2].ip_version, 6);
        assert_int_equal(in->resolutions[2].address[15], 1);
        assert_int_equal(in->num_secrets, 1);
        assert_int_equal(in->secrets[0].type, 0x544c534b);
        assert_int_equal(in->secrets[0].data.len, 5);
        assert_memory_equal(in->secrets[0].data.at, "keys\n", 5);
        assert_true(in->has_drops);
        assert_int_equal(in->interface_drops, 5);
        assert_int_equal(in->kernel_drops, 4);
        assert_int_equal(in->num_notes, 0);
        collection_free(&c);
        builder_free(&b);
    }
}

/* Blocks without packets: those that Wireshark gives frame numbers count, the others do not. */
static void test_other_blocks_are_skipped(void **state)
{
    (void)state;
    static const struct {
        uint32_t type;
        bool is_frame;
    } cases[] = {{7, false},         {8, false},    {9, true},      {0xbad, true},
                 {0x40000bad, true}, {0x204, true}, {0x205, false}, {0x80000001, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct builder b = {0};
        builder_section(&b, NULL);
        builder_interface(&b, 1, 0, NO_RESOLUTION);
        builder_packet(&b, 0, START_US, 21, 21, 1, NULL);
        add_opaque(&b, cases[i].type, 400000); /* more than a block of the reader */
        builder_packet(&b, 0, START_US, 22, 22, 2, NULL);
        struct collection c = collect_bytes(&b, 64);
        assert_int_equal(c.num, 2);
        assert_packet(&c.seen[1], cases[i].is_frame ? 3 : 2, START_NS, 22, 2);
        assert_int_equal(collection_input(&c)->num_packets, 2);
        assert_int_equal(collection_input(&c)->num_notes, 0);
        collection_free(&c);
        builder_free(&b);
    }
}

static void test_comments_are_bounded(void **state)
{
    (void)state;
    struct builder b = {0};
    builder_section(&b, NULL);
    builder_interface(&b, 1, 0, NO_RESOLUTION);
    for (int i = 0; i < LIMIT_COMMENTS + 5; i++)
        builder_packet(&b, 0, START_US, 4, 4, 1, "x");
    struct collection c = collect_bytes(&b, 64);
    assert_int_equal(c.num, LIMIT_COMMENTS + 5);
    assert_int_equal(collection_input(&c)->num_comments, LIMIT_COMMENTS);
    assert_int_equal(collection_input(&c)->num_notes, 1);
    assert_int_equal(collection_input(&c)->notes[0].kind, CAPTURE_NOTE_ODD);
    collection_free(&c);
    builder_free(&b);
}

static void test_cut(void **state)
{
    (void)state;
    struct builder b = {0};
    size_t ends[4];
    builder_section(&b, NULL);
    builder_interface(&b, 1, 0, NO_RESOLUTION);
    ends[0] = b.len;
    for (uint8_t i = 1; i <= 3; i++) {
        builder_packet(&b, 0, START_US + i, 40u + i, 90, i, i == 2 ? "comment" : NULL);
        ends[i] = b.len;
    }
    size_t whole = b.len, section = 28;
    for (size_t cut = 12; cut <= whole; cut++) {
        b.len = cut;
        size_t num = 0;
        while (num < 3 && cut >= ends[num + 1])
            num++;
        struct collection c = collect_bytes(&b, 64);
        assert_int_equal(c.result, 0);
        assert_int_equal(c.num, num);
        for (size_t i = 0; i < num; i++)
            assert_packet(&c.seen[i], i + 1, START_NS + 1000 * (int64_t)(i + 1), 41 + i, (uint8_t)(i + 1));
        bool is_clean = cut == section || (cut >= ends[0] && cut == ends[num]);
        assert_int_equal(collection_input(&c)->num_notes, !is_clean);
        if (!is_clean)
            collection_assert_note(&c, 0, CAPTURE_NOTE_CUT_SHORT,
                                   cut < section   ? 0
                                   : cut < ends[0] ? section
                                                   : ends[num],
                                   "the file ends within");
        collection_free(&c);
    }
    builder_free(&b);
}

/* Twelve packets; damage to the sixth in `offset` of its block is repaired by leaving it out, or is believed. */
static void damage_one(size_t offset, const char *bytes, size_t len, size_t num_left, enum capture_note_kind kind,
                       const char *part)
{
    struct builder b = {0};
    builder_section(&b, NULL);
    builder_interface(&b, 1, 0, NO_RESOLUTION);
    size_t at = 0;
    for (uint8_t i = 0; i < 12; i++) {
        if (i == 5)
            at = b.len;
        builder_packet(&b, 0, START_US + i, 60, 60, i, NULL);
    }
    memcpy(b.at + at + offset, bytes, len);
    struct collection c = collect_bytes(&b, 64);
    assert_int_equal(c.result, 0);
    assert_int_equal(c.num, num_left);
    assert_packet(&c.seen[4], 5, START_NS + 4000, 60, 4);
    assert_packet(&c.seen[num_left - 1], num_left, START_NS + 11000, 60, 11);
    assert_int_equal(collection_input(&c)->num_notes, 1);
    collection_assert_note(&c, 0, kind, at, part);
    collection_free(&c);
    builder_free(&b);
}

static void test_damage(void **state)
{
    (void)state;
    damage_one(0, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, 11, CAPTURE_NOTE_DAMAGED,
               "92 bytes skipped, blocks were found");
    damage_one(4, "\x5d\0\0\0", 4, 11, CAPTURE_NOTE_DAMAGED, "no block has such a length");
    damage_one(4, "\x60\0\0\0", 4, 11, CAPTURE_NOTE_DAMAGED, "two lengths differ; 92 bytes skipped");
    damage_one(4, "\0\0\1\0", 4, 11, CAPTURE_NOTE_DAMAGED, "leads past the end of the file; 92 bytes skipped");
    damage_one(88, "\xff", 1, 12, CAPTURE_NOTE_DAMAGED, "the first one was right");
    damage_one(20, "\x3d", 1, 11, CAPTURE_NOTE_DAMAGED, "do not fit");
    damage_one(8, "\1", 1, 11, CAPTURE_NOTE_DAMAGED, "no such interface");
    damage_one(24, "\x01", 1, 12, CAPTURE_NOTE_ODD, "60 captured bytes of 1");
}

/* What lies between is lost, but a section found behind it starts anew, in its own byte order. */
static void test_section_after_damage(void **state)
{
    (void)state;
    struct builder b = {0};
    builder_section(&b, NULL);
    builder_interface(&b, 1, 0, NO_RESOLUTION);
    builder_packet(&b, 0, START_US, 60, 60, 1, NULL);
    size_t at = b.len;
    for (int i = 0; i < 333333; i++)
        builder_bytes(&b, "\x11", 1);
    b.is_big_endian = true;
    builder_section(&b, NULL);
    builder_interface(&b, 101, 0, NO_RESOLUTION);
    builder_packet(&b, 0, START_US, 60, 60, 2, NULL);
    struct collection c = collect_bytes(&b, 64);
    assert_int_equal(c.num, 2);
    assert_packet(&c.seen[1], 2, START_NS, 60, 2);
    assert_int_equal(c.seen[1].packet.link_type, 101);
    assert_int_equal(collection_input(&c)->num_notes, 1);
    collection_assert_note(&c, 0, CAPTURE_NOTE_DAMAGED, at, "333333 bytes skipped, blocks were found again");
    collection_free(&c);
    builder_free(&b);
}

static void test_blocks_that_contradict_themselves(void **state)
{
    (void)state;
    struct builder b = {0};
    builder_section(&b, NULL);
    size_t short_interface = b.len;
    add_opaque(&b, 1, 4);
    add_simple_packet(&b, 60, 60, 1); /* before any interface */
    builder_interface(&b, 1, 0, NO_RESOLUTION);
    add_opaque(&b, 6, 8);
    add_opaque(&b, 3, 0);
    size_t block = builder_block(&b, 10);
    builder_u32(&b, 0x544c534b);
    builder_u32(&b, 500); /* more than there is */
    builder_block_end(&b, block);
    add_statistics(&b, 7, 1, 1); /* no such interface */
    add_opaque(&b, 5, 3 * 4);
    block = builder_block(&b, 4);
    builder_u16(&b, 1);
    builder_u16(&b, 2); /* too short for an address */
    builder_u32(&b, 0);
    builder_block_end(&b, block);
    builder_packet(&b, 0, START_US, 60, 60, 2, NULL);
    struct collection c = collect_bytes(&b, 64);
    assert_int_equal(c.num, 1);
    assert_packet(&c.seen[0], 1, START_NS, 60, 2);
    assert_int_equal(collection_input(&c)->num_secrets, 0);
    assert_int_equal(collection_input(&c)->num_resolutions, 0);
    assert_false(collection_input(&c)->has_drops);
    assert_int_equal(collection_input(&c)->num_notes, 3);
    collection_assert_note(&c, 0, CAPTURE_NOTE_ODD, short_interface, "interface block is shorter than its contents");
    assert_non_null(strstr(collection_input(&c)->notes[1].text, "no interface"));
    assert_non_null(strstr(collection_input(&c)->notes[2].text, "too short (2 times)"));
    collection_free(&c);
    builder_free(&b);
}

static void test_random_damage(void **state)
{
    (void)state;
    struct builder b = {0};
    builder_section(&b, "section");
    builder_interface(&b, 1, 0, 9);
    for (uint32_t i = 0; i < 30; i++)
        builder_packet(&b, 0, START_NS + i, 30 + i % 7, 90, (uint8_t)i, i % 3 ? NULL : "comment");
    add_names(&b);
    add_statistics(&b, 0, 1, 2);
    uint8_t *good = malloc(b.len);
    assert_non_null(good);
    memcpy(good, b.at, b.len);
    uint32_t seed = 1;
    for (int round = 0; round < 1000; round++) {
        memcpy(b.at, good, b.len);
        for (int i = 0; i < 1 + round % 30; i++) {
            seed = seed * 1664525 + 1013904223;
            b.at[12 + (seed >> 8) % (b.len - 12)] = (uint8_t)(seed >> 24);
        }
        struct collection c = collect_bytes(&b, 64);
        assert_int_equal(c.result, 0);
        assert_true(collection_input(&c)->num_bytes <= b.len);
        collection_free(&c);
    }
    free(good);
    builder_free(&b);
}

/* What is noted again and again is one note with a count, and leaves room for others. */
static void test_repeated_notes(void **state)
{
    (void)state;
    enum { MORE = 1000 };
    struct builder b = {0};
    builder_section(&b, NULL);
    for (unsigned i = 0; i < 65536 + MORE; i++)
        builder_interface(&b, 1, 0, NO_RESOLUTION);
    builder_packet(&b, 1, 0, 20, 20, 1, NULL);
    builder_bytes(&b, "cut", 3);
    struct collection c = collect_bytes(&b, 64);
    assert_int_equal(c.num, 1);
    assert_int_equal(collection_input(&c)->num_notes, 2);
    collection_assert_note(&c, 0, CAPTURE_NOTE_ODD, 28 + 65536 * 20,
                           "more than 65536 interfaces in a section (1000 times)");
    collection_assert_note(&c, 1, CAPTURE_NOTE_CUT_SHORT, b.len - 3, "ends within");
    assert_null(strstr(collection_input(&c)->notes[1].text, "times"));
    collection_free(&c);
    builder_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packets),
        cmocka_unit_test(test_simple_packet_is_cut),
        cmocka_unit_test(test_sections),
        cmocka_unit_test(test_time_resolutions),
        cmocka_unit_test(test_time_offset),
        cmocka_unit_test(test_what_is_kept),
        cmocka_unit_test(test_other_blocks_are_skipped),
        cmocka_unit_test(test_comments_are_bounded),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_section_after_damage),
        cmocka_unit_test(test_blocks_that_contradict_themselves),
        cmocka_unit_test(test_random_damage),
        cmocka_unit_test(test_repeated_notes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
