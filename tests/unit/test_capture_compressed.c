/* Compressed captures: recognised by content, several members, cut, damaged, and left out of the build. */
#include "support/cmocka_all.h"

#include "support/capture_builder.h"

#include "capture/codec.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* `capture` is a whole capture of three packets, `more` two records that may follow it; packet i holds 60 bytes of
 * value i at i - 1 microseconds. Made by gzip -9n, zstd -19 --check and lz4 -9. */
static const struct sample {
    const char *name, *library;
    const struct codec *codec;
    const char *capture;
    size_t capture_len;
    const char *more;
    size_t more_len;
} samples[] = {
    {"gzip", "zlib", &codec_gzip,
     "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xbb\x72\x78\xd3\x42\x26\x06\x16\x06\x18\xf8\xff\x9f\x81\x81\x11"
     "\xc4\xf8\x18\x9c\x0a\xa2\x6c\xa0\x98\x91\x02\x00\x32\x8b\x11\xc9\x2c\x26\x0a\x00\xc8\x2c\x26\x24\xb3\x98"
     "\x29\x00\x00\x86\x8a\x95\xbb\xfc\x00\x00\x00",
     63,
     "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x63\xf8\x18\x9c\xca\xcc\xc0\xc0\x60\x03\xc5\x2c\x14\x00\x06\xa0"
     "\x59\x2c\x48\x66\xb1\x52\x00\x00\xe2\x08\x75\xba\x98\x00\x00\x00",
     42},
    {"zstd", "libzstd", &codec_zstd,
     "\x28\xb5\x2f\xfd\x04\x68\xc5\x01\x00\x24\x02\xd4\xc3\xb2\xa1\x02\x00\x04\x00\xff\xff\x00\x00\x01\x00\x00"
     "\x00\x00\xf1\x53\x65\x00\x00\x00\x00\x3c\x01\x00\xf1\x53\x65\x01\x02\x02\x03\x08\x20\xf0\x5c\xe6\x40\x0a"
     "\xbb\x41\x80\xe5\x7d\x1a\x0a\x49\x96\x0c\x08\x13\x07\xec\x5d\x02\x4c",
     69,
     "\x28\xb5\x2f\xfd\x04\x68\xed\x00\x00\x80\x00\xf1\x53\x65\x03\x00\x00\x00\x3c\x04\x00\xf1\x53\x65\x04\x05"
     "\x04\x00\x70\x52\x3c\xd8\x50\xb8\x92\xc9\xae\x1c\x39\x64\x66\xe7",
     42},
    {"lz4", "liblz4", &codec_lz4,
     "\x04\x22\x4d\x18\x64\x40\xa7\x40\x00\x00\x00\x84\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x01\x00\x50\xff\xff\x00"
     "\x00\x01\x09\x00\x30\xf1\x53\x65\x07\x00\x13\x3c\x04\x00\x1f\x01\x01\x00\x28\x00\x4c\x00\x17\x01\x4c\x00"
     "\x1f\x02\x01\x00\x28\x00\x4c\x00\x17\x02\x4c\x00\x1f\x03\x01\x00\x23\x50\x03\x03\x03\x03\x03\x00\x00\x00"
     "\x00\xdb\x81\xfe\xf0",
     83,
     "\x04\x22\x4d\x18\x64\x40\xa7\x23\x00\x00\x00\x93\x00\xf1\x53\x65\x03\x00\x00\x00\x3c\x04\x00\x1f\x04\x01"
     "\x00\x28\x00\x4c\x00\x17\x04\x4c\x00\x1f\x05\x01\x00\x23\x50\x05\x05\x05\x05\x05\x00\x00\x00\x00\xe8\x1d"
     "\x99\xf0",
     54},
};

enum { NUM_SAMPLES = sizeof samples / sizeof samples[0] };

/* Without the library there is one thing to test: what the user is told. */
static bool is_built_in(const struct sample *s)
{
    if (s->codec->start)
        return true;
    struct builder b = {0};
    builder_bytes(&b, s->capture, s->capture_len);
    struct collection c = collect_bytes(&b, 64);
    assert_null(c.capture);
    assert_non_null(strstr(c.error.text, s->library));
    builder_free(&b);
    return false;
}

static void assert_packet(const struct seen *seen, uint64_t frame, unsigned number)
{
    assert_int_equal(seen->packet.moment.place.frame, frame);
    assert_true(seen->packet.moment.time_ns == 1700000000000000000 + (number - 1) * 1000ll);
    assert_int_equal(seen->packet.bytes.len, 60);
    assert_int_equal(seen->first_byte, number);
    assert_true(seen->is_uniform);
}

static void test_members(void **state)
{
    (void)state;
    enum { REPEATED = 6000 }; /* compressed and decompressed more than a block */
    for (size_t i = 0; i < NUM_SAMPLES; i++) {
        const struct sample *s = &samples[i];
        if (!is_built_in(s))
            continue;
        struct builder b = {0};
        builder_bytes(&b, s->capture, s->capture_len);
        struct collection c = collect_bytes(&b, 64);
        assert_int_equal(c.num, 3);
        assert_packet(&c.seen[2], 3, 3);
        assert_string_equal(collection_input(&c)->compression, s->name);
        assert_string_equal(collection_input(&c)->format, "pcap");
        assert_int_equal(collection_input(&c)->file_bytes, s->capture_len);
        assert_int_equal(collection_input(&c)->read_bytes, s->capture_len);
        assert_int_equal(collection_input(&c)->num_notes, 0);
        collection_free(&c);
        for (int k = 0; k < REPEATED; k++)
            builder_bytes(&b, s->more, s->more_len);
        c = collect_bytes(&b, 64);
        assert_int_equal(c.result, 0);
        assert_int_equal(c.num, 3 + 2 * REPEATED);
        for (size_t k = 3; k < c.num; k++)
            assert_packet(&c.seen[k], k + 1, k % 2 ? 4 : 5);
        assert_int_equal(collection_input(&c)->num_notes, 0);
        assert_int_equal(collection_input(&c)->read_bytes, b.len);
        collection_free(&c);
        builder_free(&b);
    }
}

static void test_trailing_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_SAMPLES; i++) {
        if (!is_built_in(&samples[i]))
            continue;
        struct builder b = {0};
        builder_bytes(&b, samples[i].capture, samples[i].capture_len);
        builder_bytes(&b, "no more of that kind", 20);
        struct collection c = collect_bytes(&b, 64);
        assert_int_equal(c.num, 3);
        assert_int_equal(collection_input(&c)->num_notes, 1);
        assert_int_equal(collection_input(&c)->notes[0].kind, CAPTURE_NOTE_ODD);
        assert_non_null(strstr(collection_input(&c)->notes[0].text, "follows the"));
        collection_free(&c);
        builder_free(&b);
    }
}

/* Cut at every byte: an error while the capture's header is not there, later a note and the packets before it. */
static void test_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_SAMPLES; i++) {
        if (!is_built_in(&samples[i]))
            continue;
        struct builder b = {0};
        builder_bytes(&b, samples[i].capture, samples[i].capture_len);
        builder_bytes(&b, samples[i].more, samples[i].more_len);
        for (size_t cut = 0; cut < samples[i].capture_len + samples[i].more_len; cut++) {
            b.len = cut;
            struct collection c = collect_bytes(&b, 64);
            if (!c.capture) {
                assert_true(cut < samples[i].capture_len);
                assert_non_null(strstr(c.error.text, cut == 0  ? "is empty"
                                                     : cut < 4 ? "is not a packet capture"
                                                               : "is cut short"));
                continue;
            }
            assert_int_equal(c.result, 0);
            if (cut == samples[i].capture_len) {
                assert_int_equal(c.num, 3);
                assert_int_equal(collection_input(&c)->num_notes, 0);
            } else if (cut < samples[i].capture_len) {
                assert_true(c.num <= 3);
                assert_int_equal(collection_input(&c)->num_notes, 1);
                assert_int_equal(collection_input(&c)->notes[0].kind, CAPTURE_NOTE_CUT_SHORT);
            } else {
                assert_true(c.num >= 3 && c.num <= 5);
                assert_int_equal(collection_input(&c)->num_notes, 1);
                assert_int_equal(collection_input(&c)->notes[0].kind, CAPTURE_NOTE_CUT_SHORT);
            }
            for (size_t k = 0; k < c.num; k++)
                assert_packet(&c.seen[k], k + 1, (unsigned)k + 1);
            collection_free(&c);
        }
        builder_free(&b);
    }
}

/* A byte changed anywhere: never more packets, and where the checksum of the format tells, a note. */
static void test_damage(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_SAMPLES; i++) {
        if (!is_built_in(&samples[i]))
            continue;
        unsigned num_told = 0;
        for (size_t at = 0; at < samples[i].capture_len; at++) {
            struct builder b = {0};
            builder_bytes(&b, samples[i].capture, samples[i].capture_len);
            b.at[at] ^= 0x55;
            struct collection c = collect_bytes(&b, 64);
            if (c.capture) {
                assert_int_equal(c.result, 0);
                num_told += collection_input(&c)->num_notes > 0;
            }
            num_told += !c.capture;
            collection_free(&c);
            builder_free(&b);
        }
        assert_true(num_told > samples[i].capture_len * 3 / 4);
    }
}

/* The second member damaged behind its magic number is damage, and no other kind of data. */
static void test_damage_to_second_member(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_SAMPLES; i++) {
        if (!is_built_in(&samples[i]))
            continue;
        unsigned num_damaged = 0;
        for (size_t at = 8; at < samples[i].more_len; at++) {
            struct builder b = {0};
            builder_bytes(&b, samples[i].capture, samples[i].capture_len);
            builder_bytes(&b, samples[i].more, samples[i].more_len);
            b.at[samples[i].capture_len + at] ^= 0x55;
            struct collection c = collect_bytes(&b, 64);
            assert_true(c.num >= 3);
            assert_packet(&c.seen[2], 3, 3);
            for (unsigned k = 0; k < collection_input(&c)->num_notes; k++) {
                assert_null(strstr(collection_input(&c)->notes[k].text, "follows the"));
                num_damaged += collection_input(&c)->notes[k].kind == CAPTURE_NOTE_DAMAGED;
            }
            collection_free(&c);
            builder_free(&b);
        }
        assert_true(num_damaged > samples[i].more_len / 2);
    }
}

enum { PER_BLOCK = 100 };

/* A frame of `num` blocks stored as they are, the first of which begins a capture, and then `bad`. */
static void stored_blocks(struct builder *b, const struct codec *codec, unsigned num, struct bytes bad)
{
    if (codec == &codec_lz4)
        builder_bytes(b, "\x04\x22\x4d\x18\x64\x40\xa7", 7);
    else
        builder_bytes(b, "\x28\xb5\x2f\xfd\x00\x40", 6);
    for (unsigned i = 0; i < num; i++) {
        struct builder block = {0};
        if (i == 0)
            builder_pcap(&block, 0xa1b2c3d4, 65535, 1);
        for (uint32_t k = 0; k < PER_BLOCK; k++)
            builder_record(&block, 1700000000, i * PER_BLOCK + k, 600, 600, (uint8_t)i);
        if (codec == &codec_lz4) {
            builder_u32(b, (uint32_t)block.len | 0x80000000);
        } else {
            builder_u16(b, (uint16_t)(block.len << 3));
            builder_bytes(b, &(uint8_t){(uint8_t)(block.len << 3 >> 16)}, 1);
        }
        builder_bytes(b, block.at, block.len);
        builder_free(&block);
    }
    builder_bytes(b, bad.at, bad.len);
}

/* What stands before a damaged block is read, whatever reading it in one piece with the damage would lose. */
static void test_blocks_before_damage(void **state)
{
    (void)state;
    static const struct {
        const struct codec *codec;
        const char *bad;
        size_t len;
    } damages[] = {
        {&codec_lz4, "\x08\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", 12}, /* a block that is none */
        {&codec_lz4, "\xff\xff\xff\x7f", 4},                            /* longer than a block may be */
        {&codec_zstd, "\x44\0\0\xff\xff\xff\xff\xff\xff\xff\xff", 11},
        {&codec_zstd, "\x46\0\0\xff\xff\xff\xff\xff\xff\xff\xff", 11}, /* a reserved kind of block */
    };
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        if (!damages[i].codec->start)
            continue;
        for (unsigned num = 1; num <= 12; num++) {
            struct builder b = {0};
            stored_blocks(&b, damages[i].codec, num, (struct bytes){(const uint8_t *)damages[i].bad, damages[i].len});
            builder_zeros(&b, 1000);
            struct collection c = collect_bytes(&b, 64);
            assert_int_equal(c.num, num * PER_BLOCK);
            assert_int_equal(c.seen[c.num - 1].first_byte, num - 1);
            assert_int_equal(collection_input(&c)->num_notes, 1);
            collection_assert_note(&c, 0, CAPTURE_NOTE_DAMAGED, 24 + num * PER_BLOCK * 616, "data are damaged");
            collection_free(&c);
            builder_free(&b);
        }
    }
}

static void test_no_capture_inside(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_SAMPLES; i++) {
        if (!is_built_in(&samples[i]))
            continue;
        struct builder b = {0};
        builder_bytes(&b, samples[i].more, samples[i].more_len);
        struct collection c = collect_bytes(&b, 64);
        assert_null(c.capture);
        assert_non_null(strstr(c.error.text, "data that start with 00 f1 53 65"));
        assert_non_null(strstr(c.error.text, samples[i].name));
        builder_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_trailing_bytes),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_no_capture_inside),
        cmocka_unit_test(test_damage_to_second_member),
        cmocka_unit_test(test_blocks_before_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
