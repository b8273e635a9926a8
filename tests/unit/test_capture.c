/* Captures as a whole: classic pcap in all its kinds, what is refused, cut, damaged or odd. */
#include "support/cmocka_all.h"

#include "support/capture_builder.h"

#include "bounds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { START = 1700000000 };

static void assert_packet(const struct seen *seen, uint64_t frame, int64_t time_ns, size_t caplen, uint32_t len,
                          uint8_t fill)
{
    assert_int_equal(seen->packet.moment.place.frame, frame);
    assert_true(seen->packet.has_time);
    assert_true(seen->packet.moment.time_ns == time_ns);
    assert_int_equal(seen->packet.bytes.len, caplen);
    assert_int_equal(seen->packet.len, len);
    assert_int_equal(seen->first_byte, fill);
    assert_true(seen->is_uniform);
}

static void test_classic(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        bool is_ns = kind & 2;
        struct builder b = {.is_big_endian = kind & 1};
        builder_pcap(&b, is_ns ? 0xa1b23c4d : 0xa1b2c3d4, 96,
                     0xf4000000 | 113); /* with a frame check sequence's length */
        builder_record(&b, START, 5, 60, 60, 0x11);
        builder_record(&b, 4200000000u, 999999, 96, 1500, 0x22); /* after 2038 and cut by the snapshot length */
        builder_record(&b, START + 1, 7, 1, 1, 0x33);
        struct collection c = collect_bytes(&b, 2);
        assert_int_equal(c.result, 0);
        assert_int_equal(c.num, 3);
        int64_t unit = is_ns ? 1 : 1000;
        assert_packet(&c.seen[0], 1, START * 1000000000ll + 5 * unit, 60, 60, 0x11);
        assert_packet(&c.seen[1], 2, 4200000000ll * 1000000000ll + 999999 * unit, 96, 1500, 0x22);
        assert_packet(&c.seen[2], 3, (START + 1) * 1000000000ll + 7 * unit, 1, 1, 0x33);
        assert_int_equal(c.seen[0].packet.link_type, 113);
        assert_int_equal(c.seen[0].packet.time_digits, is_ns ? 9 : 6);
        assert_string_equal(collection_input(&c)->format, "pcap");
        assert_null(collection_input(&c)->compression);
        assert_int_equal(collection_input(&c)->num_packets, 3);
        assert_int_equal(collection_input(&c)->num_bytes, 157);
        assert_int_equal(collection_input(&c)->file_bytes, b.len);
        assert_int_equal(collection_input(&c)->read_bytes, b.len);
        assert_int_equal(collection_input(&c)->snaplen, 96);
        assert_int_equal(collection_input(&c)->num_link_types, 1);
        assert_int_equal(collection_input(&c)->link_types[0], 113);
        assert_int_equal(collection_input(&c)->first.place.frame, 1);
        assert_int_equal(collection_input(&c)->last.place.frame, 2); /* by time */
        assert_int_equal(collection_input(&c)->num_notes, 0);
        collection_free(&c);
        builder_free(&b);
    }
}

static void test_older_headers(void **state)
{
    (void)state;
    struct builder b = {0};
    builder_pcap(&b, 0xa1b2cd34, 65535, 1);
    for (uint8_t i = 1; i <= 3; i++) { /* 8 bytes more in each record header */
        builder_record(&b, START, i, 0, 50, 0);
        b.len -= 8;
        builder_u32(&b, 50);
        builder_u32(&b, 50);
        builder_u64(&b, 0x0003080000000002);
        for (int k = 0; k < 50; k++)
            builder_bytes(&b, &i, 1);
    }
    struct collection c = collect_bytes(&b, 64);
    assert_int_equal(c.num, 3);
    assert_packet(&c.seen[2], 3, START * 1000000000ll + 3000, 50, 50, 3);
    assert_int_equal(collection_input(&c)->num_notes, 0);
    collection_free(&c);
    builder_free(&b);

    builder_pcap(&b, 0xa1b2c3d4, 65535, 1);
    b.at[6] = 2; /* version 2.2: the lengths change places */
    builder_record(&b, START, 1, 80, 40, 9);
    b.len -= 40;
    builder_record(&b, START, 2, 70, 30, 8);
    b.len -= 40;
    c = collect_bytes(&b, 64);
    assert_int_equal(c.num, 2);
    assert_packet(&c.seen[0], 1, START * 1000000000ll + 1000, 40, 80, 9);
    assert_packet(&c.seen[1], 2, START * 1000000000ll + 2000, 30, 70, 8);
    collection_free(&c);
    builder_free(&b);

    builder_pcap(&b, 0x1c0001ac, 65535, 1); /* Ixia: nanoseconds, 4 bytes more in the file header */
    builder_u32(&b, 76);
    builder_record(&b, START, 123456789, 60, 60, 7);
    c = collect_bytes(&b, 64);
    assert_int_equal(c.num, 1);
    assert_packet(&c.seen[0], 1, START * 1000000000ll + 123456789, 60, 60, 7);
    collection_free(&c);
    builder_free(&b);
}

/* More than a block, with records across its ends, and one packet larger than the block. */
static void test_blocks(void **state)
{
    (void)state;
    struct builder b = {0};
    builder_pcap(&b, 0xa1b2c3d4, 0, 1);
    enum { NUM = 2000 };
    for (uint32_t i = 0; i < NUM; i++) {
        uint32_t len = i == 700 ? 3 * LIMIT_READ_BLOCK : 1 + i * 37 % 1600;
        builder_record(&b, START + i, 0, len, len + 1, (uint8_t)i);
    }
    for (size_t max = 1; max <= 64; max += 63) {
        struct collection c = collect_bytes(&b, max);
        assert_int_equal(c.num, NUM);
        for (uint32_t i = 0; i < NUM; i++) {
            uint32_t len = i == 700 ? 3 * LIMIT_READ_BLOCK : 1 + i * 37 % 1600;
            assert_packet(&c.seen[i], i + 1, (START + (int64_t)i) * 1000000000, len, len + 1, (uint8_t)i);
        }
        assert_int_equal(collection_input(&c)->num_notes, 0);
        collection_free(&c);
    }
    builder_free(&b);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *content, *part;
    } cases[] = {
        {"", "is empty"},
        {"GET / HTTP/1.1\r\n", "(starts with \"GET / HTTP/1.1  \")"},
        {"\x01\x02", "(starts with 01 02)"},
        {"PK\x03\x04 and so on", "ZIP"},
        {"CLIENT_RANDOM 0123", "TLS key log"},
        {"\xa1\xb2\xc3", "is not a packet capture"},
        {"\x0a\x0d\x0d\x0a\x1c", "is not a packet capture"},
        {"BZh91AY&SY", "bzip2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct builder b = {0};
        builder_bytes(&b, cases[i].content, strlen(cases[i].content));
        struct collection c = collect_bytes(&b, 1);
        assert_null(c.capture);
        assert_non_null(strstr(c.error.text, "/tmp/tlswhy-test-"));
        if (!strstr(c.error.text, cases[i].part))
            print_error("%s\n", c.error.text);
        assert_non_null(strstr(c.error.text, cases[i].part));
        builder_free(&b);
    }
    static const char *const paths[][2] = {{"/tmp", "is a directory"}, {"/nonexistent/x.pcap", "No such file"}};
    for (size_t i = 0; i < 2; i++) {
        struct collection c = collect(&paths[i][0], 1, 1);
        assert_null(c.capture);
        assert_non_null(strstr(c.error.text, paths[i][1]));
    }
    static const char *const twice[] = {"-", "-"};
    struct error error;
    assert_null(capture_open(&(struct capture_options){.paths = twice, .num_paths = 0}, &error));
    struct builder b = {0};
    char *path = builder_write(&b);
    assert_int_equal(chmod(path, 0), 0);
    const char *unreadable[] = {path};
    struct collection c = collect(unreadable, 1, 1);
    assert_null(c.capture);
    assert_non_null(strstr(c.error.text, geteuid() == 0 ? "is empty" : "Permission denied"));
    unlink(path);
    free(path);
}

static void test_empty_capture(void **state)
{
    (void)state;
    struct builder b = {0};
    builder_pcap(&b, 0xa1b2c3d4, 262144, 1);
    struct collection c = collect_bytes(&b, 1);
    assert_non_null(c.capture);
    assert_int_equal(c.result, 0);
    assert_int_equal(c.num, 0);
    assert_int_equal(collection_input(&c)->num_notes, 0);
    assert_int_equal(collection_input(&c)->first.place.frame, 0);
    assert_string_equal(collection_input(&c)->sha256,
                        "704e5e5b3234433c01fcfd1b20a306e77e985038120492dc53965c3edd38a4ea");
    collection_free(&c);
    builder_free(&b);
}

/* Cut at every byte: what is whole is there, the rest is a note with the offset of what was cut. */
static void test_cut(void **state)
{
    (void)state;
    struct builder b = {0};
    size_t ends[4];
    builder_pcap(&b, 0xa1b2c3d4, 65535, 1);
    ends[0] = b.len;
    for (uint8_t i = 1; i <= 3; i++) {
        builder_record(&b, START + i, 0, 40 + i, 90, i);
        ends[i] = b.len;
    }
    size_t whole = b.len;
    for (size_t cut = 4; cut <= whole; cut++) {
        b.len = cut;
        size_t num = 0;
        while (num < 3 && cut >= ends[num + 1])
            num++;
        struct collection c = collect_bytes(&b, 64);
        assert_int_equal(c.result, 0);
        assert_int_equal(c.num, num);
        for (size_t i = 0; i < num; i++)
            assert_packet(&c.seen[i], i + 1, (START + 1 + (int64_t)i) * 1000000000, 41 + i, 90, (uint8_t)(i + 1));
        bool is_clean = cut >= ends[0] && cut == ends[num];
        assert_int_equal(collection_input(&c)->num_notes, !is_clean);
        if (!is_clean)
            collection_assert_note(&c, 0, CAPTURE_NOTE_CUT_SHORT, cut < ends[0] ? 0 : ends[num],
                                   cut < ends[0] ? "the file header" : "a packet");
        collection_free(&c);
    }
    builder_free(&b);
}

static void test_damage_in_the_middle(void **state)
{
    (void)state;
    struct builder b = {0};
    builder_pcap(&b, 0xa1b2c3d4, 65535, 1);
    size_t at[40];
    for (uint32_t i = 0; i < 40; i++) {
        at[i] = b.len;
        builder_record(&b, START + i, i, 100, 100, (uint8_t)(i + 1));
    }
    /* The tenth packet's header is overwritten. */
    memset(b.at + at[9], 0xee, 16);
    struct collection c = collect_bytes(&b, 64);
    assert_int_equal(c.num, 39);
    assert_packet(&c.seen[8], 9, (START + 8) * 1000000000ll + 8000, 100, 100, 9);
    assert_packet(&c.seen[9], 10, (START + 10) * 1000000000ll + 10000, 100, 100, 11);
    assert_packet(&c.seen[38], 39, (START + 39) * 1000000000ll + 39000, 100, 100, 40);
    assert_int_equal(collection_input(&c)->num_notes, 1);
    collection_assert_note(&c, 0, CAPTURE_NOTE_DAMAGED, at[9], "116 bytes skipped, packets were found again");
    collection_free(&c);

    /* Nothing plausible follows. */
    memset(b.at + at[9], 0xee, b.len - at[9]);
    c = collect_bytes(&b, 64);
    assert_int_equal(c.num, 9);
    assert_int_equal(collection_input(&c)->num_notes, 1);
    collection_assert_note(&c, 0, CAPTURE_NOTE_DAMAGED, at[9], "no packets were found after it");
    collection_free(&c);

    /* A hole of zeros up to the end, as a crash leaves it. */
    memset(b.at + at[9], 0, b.len - at[9]);
    c = collect_bytes(&b, 64);
    assert_int_equal(c.num, 9);
    collection_assert_note(&c, 0, CAPTURE_NOTE_DAMAGED, at[9], "no packets were found after it");
    collection_free(&c);
    builder_free(&b);
}

/* A captured length that leads past the end of the file, with whole packets behind it. */
static void test_damaged_length(void **state)
{
    (void)state;
    struct builder b = {0};
    builder_pcap(&b, 0xa1b2c3d4, 262144, 1);
    size_t at[10];
    for (uint32_t i = 0; i < 10; i++) {
        at[i] = b.len;
        builder_record(&b, START + i, i, 100, 100, (uint8_t)(i + 1));
    }
    b.at[at[3] + 9] = 0x40; /* both lengths of the fourth packet */
    b.at[at[3] + 13] = 0x40;
    struct collection c = collect_bytes(&b, 64);
    assert_int_equal(c.num, 9);
    assert_packet(&c.seen[3], 4, (START + 4) * 1000000000ll + 4000, 100, 100, 5);
    assert_int_equal(collection_input(&c)->num_notes, 1);
    collection_assert_note(&c, 0, CAPTURE_NOTE_DAMAGED, at[3],
                           "16484 leads past the end of the file; 116 bytes skipped");
    collection_free(&c);
    builder_free(&b);
}

/* Contradictions that run through a whole file are told once, and believed. */
static void test_odd(void **state)
{
    (void)state;
    struct builder b = {0};
    builder_pcap(&b, 0xa1b2c3d4, 64, 1);
    builder_record(&b, START, 0, 200, 200, 1);       /* longer than the snapshot length */
    builder_record(&b, START, 1, 60, 40, 2);         /* longer than it was */
    builder_record(&b, START, 123456789, 50, 50, 3); /* nanoseconds under the wrong magic */
    builder_record(&b, START, 2, 0, 60, 0);          /* nothing captured */
    builder_record(&b, START, 3, 0, 0, 0);
    builder_record(&b, 0, 0, 30, 30, 6); /* no time to speak of */
    builder_record(&b, UINT32_MAX, UINT32_MAX / 8, 30, 30, 7);
    builder_record(&b, START, 4, 300, 200, 8);
    struct collection c = collect_bytes(&b, 64);
    assert_int_equal(c.num, 8);
    assert_packet(&c.seen[0], 1, START * 1000000000ll, 200, 200, 1);
    assert_packet(&c.seen[1], 2, START * 1000000000ll + 1000, 60, 60, 2);
    assert_packet(&c.seen[2], 3, START * 1000000000ll + 123456789000, 50, 50, 3);
    assert_packet(&c.seen[3], 4, START * 1000000000ll + 2000, 0, 60, 0);
    assert_packet(&c.seen[4], 5, START * 1000000000ll + 3000, 0, 0, 0);
    assert_packet(&c.seen[5], 6, 0, 30, 30, 6);
    assert_packet(&c.seen[6], 7, UINT32_MAX * 1000000000ll + UINT32_MAX / 8 * 1000ll, 30, 30, 7);
    assert_packet(&c.seen[7], 8, START * 1000000000ll + 4000, 300, 300, 8);
    assert_int_equal(collection_input(&c)->num_notes, 3);
    collection_assert_note(&c, 0, CAPTURE_NOTE_ODD, 24, "200 bytes is longer than the file's snapshot length 64");
    collection_assert_note(&c, 1, CAPTURE_NOTE_ODD, 240, "60 captured bytes of 40");
    collection_assert_note(&c, 2, CAPTURE_NOTE_ODD, 316, "fraction");
    collection_free(&c);
    builder_free(&b);
}

/* Damage again and again: notes are bounded, and the last one says so. */
static void test_notes_are_bounded(void **state)
{
    (void)state;
    struct builder b = {0};
    builder_pcap(&b, 0xa1b2c3d4, 65535, 1);
    enum { NUM = 800 };
    for (uint32_t i = 0; i < NUM; i++) {
        builder_record(&b, START + i, i, 20, 20, 1);
        if (i % 8 == 7)
            for (uint32_t k = 0; k < 20 + i / 8; k++)
                builder_bytes(&b, "\xff", 1);
    }
    struct collection c = collect_bytes(&b, 64);
    assert_int_equal(c.num, NUM);
    assert_int_equal(collection_input(&c)->num_notes, LIMIT_FILE_NOTES);
    assert_non_null(strstr(collection_input(&c)->notes[LIMIT_FILE_NOTES - 1].text, "more to say"));
    collection_free(&c);
    builder_free(&b);
}

/* Any bytes may be damaged: it ends, and hands out packets that lie within the file. */
static void test_random_damage(void **state)
{
    (void)state;
    struct builder b = {0};
    builder_pcap(&b, 0xa1b2c3d4, 65535, 1);
    for (uint32_t i = 0; i < 60; i++)
        builder_record(&b, START + i, i, 30 + i % 7, 90, (uint8_t)i);
    uint8_t *good = malloc(b.len);
    assert_non_null(good);
    memcpy(good, b.at, b.len);
    uint32_t seed = 1;
    for (int round = 0; round < 500; round++) {
        memcpy(b.at, good, b.len);
        for (int i = 0; i < 1 + round % 40; i++) {
            seed = seed * 1664525 + 1013904223;
            b.at[24 + (seed >> 8) % (b.len - 24)] = (uint8_t)(seed >> 24);
        }
        struct collection c = collect_bytes(&b, 64);
        assert_int_equal(c.result, 0);
        assert_true(collection_input(&c)->num_bytes + 16 * c.num <= b.len);
        collection_free(&c);
    }
    free(good);
    builder_free(&b);
}

static void test_hash(void **state)
{
    (void)state;
    struct builder b = {0};
    builder_pcap(&b, 0xa1b2c3d4, 65535, 1);
    builder_zeros(&b, 300000); /* damage from the beginning: the rest is hashed all the same */
    char *path = builder_write(&b);
    const char *paths[] = {path};
    for (int hash = CAPTURE_HASH_AUTO; hash <= CAPTURE_HASH_NEVER; hash++) {
        struct error error;
        struct capture_packet packet;
        struct capture *capture = capture_open(
            &(struct capture_options){.paths = paths, .num_paths = 1, .hash = (enum capture_hash)hash}, &error);
        assert_non_null(capture);
        assert_int_equal(capture_next(capture, &packet, 1, &error), 0);
        assert_string_equal(
            capture_input_at(capture, 0)->sha256,
            hash == CAPTURE_HASH_NEVER ? "" : "5ee3f6242064089bd4e92e8b7080744f558e7a53d81f138816c5c986c5361cc7");
        capture_free(capture);
    }
    unlink(path);
    free(path);
    builder_free(&b);
}

static void test_given_up_early(void **state)
{
    (void)state;
    struct builder b = {0};
    builder_pcap(&b, 0xa1b2c3d4, 65535, 1);
    for (int i = 0; i < 10; i++)
        builder_record(&b, START, 0, 20, 20, 1);
    char *path = builder_write(&b);
    const char *paths[] = {path};
    struct error error;
    struct capture_packet packet;
    struct capture *capture = capture_open(&(struct capture_options){.paths = paths, .num_paths = 1}, &error);
    assert_non_null(capture);
    assert_string_not_equal(capture_input_at(capture, 0)->name, path);
    assert_non_null(strstr(path, capture_input_at(capture, 0)->name));
    assert_string_equal(capture_input_at(capture, 0)->path, path);
    assert_int_equal(capture_next(capture, &packet, 0, &error), 0);
    assert_int_equal(capture_next(capture, &packet, 1, &error), 1);
    assert_string_equal(capture_input_at(capture, 0)->sha256, "");
    capture_free(capture);
    capture_free(NULL);
    unlink(path);
    free(path);
    builder_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classic),
        cmocka_unit_test(test_older_headers),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_empty_capture),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_damage_in_the_middle),
        cmocka_unit_test(test_damaged_length),
        cmocka_unit_test(test_odd),
        cmocka_unit_test(test_notes_are_bounded),
        cmocka_unit_test(test_random_damage),
        cmocka_unit_test(test_hash),
        cmocka_unit_test(test_given_up_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
