/* Captures made in memory: see capture_builder.h. */
#include "support/cmocka_all.h"

#include "support/capture_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void builder_free(struct builder *b)
{
    free(b->at);
    *b = (struct builder){.is_big_endian = b->is_big_endian};
}

static uint8_t *extend(struct builder *b, size_t len)
{
    if (b->len + len > b->capacity) {
        b->capacity = 2 * (b->len + len);
        b->at = realloc(b->at, b->capacity);
        assert_non_null(b->at);
    }
    b->len += len;
    return b->at + b->len - len;
}

void builder_bytes(struct builder *b, const void *bytes, size_t len)
{
    if (len > 0)
        memcpy(extend(b, len), bytes, len);
}

void builder_zeros(struct builder *b, size_t len)
{
    if (len > 0)
        memset(extend(b, len), 0, len);
}

static void integer(struct builder *b, uint64_t value, size_t size)
{
    uint8_t *to = extend(b, size);
    for (size_t i = 0; i < size; i++)
        to[b->is_big_endian ? size - 1 - i : i] = (uint8_t)(value >> 8 * i);
}

void builder_u16(struct builder *b, uint16_t value)
{
    integer(b, value, 2);
}

void builder_u32(struct builder *b, uint32_t value)
{
    integer(b, value, 4);
}

void builder_u64(struct builder *b, uint64_t value)
{
    integer(b, value, 8);
}

static void fill_with(struct builder *b, uint8_t fill, size_t len)
{
    if (len > 0)
        memset(extend(b, len), fill, len);
}

void builder_pcap(struct builder *b, uint32_t magic, uint32_t snaplen, uint32_t link_type)
{
    builder_u32(b, magic);
    builder_u16(b, 2);
    builder_u16(b, 4);
    builder_u64(b, 0); /* time zone, accuracy */
    builder_u32(b, snaplen);
    builder_u32(b, link_type);
}

void builder_record(struct builder *b, uint32_t seconds, uint32_t fraction, uint32_t caplen, uint32_t len, uint8_t fill)
{
    builder_u32(b, seconds);
    builder_u32(b, fraction);
    builder_u32(b, caplen);
    builder_u32(b, len);
    fill_with(b, fill, caplen);
}

size_t builder_block(struct builder *b, uint32_t type)
{
    size_t block = b->len;
    builder_u32(b, type);
    builder_u32(b, 0);
    return block;
}

void builder_block_end(struct builder *b, size_t block)
{
    size_t end = b->len + 4;
    b->len = block + 4;
    builder_u32(b, (uint32_t)(end - block));
    b->len = end - 4;
    builder_u32(b, (uint32_t)(end - block));
}

void builder_option(struct builder *b, uint16_t code, const void *value, size_t len)
{
    builder_u16(b, code);
    builder_u16(b, (uint16_t)len);
    builder_bytes(b, value, len);
    builder_zeros(b, (4 - len % 4) % 4);
}

void builder_section(struct builder *b, const char *comment)
{
    size_t block = builder_block(b, 0x0a0d0d0a);
    builder_u32(b, 0x1a2b3c4d);
    builder_u16(b, 1);
    builder_u16(b, 0);
    builder_u64(b, UINT64_MAX);
    if (comment) {
        builder_option(b, 1, comment, strlen(comment));
        builder_option(b, 0, NULL, 0);
    }
    builder_block_end(b, block);
}

void builder_interface(struct builder *b, uint16_t link_type, uint32_t snaplen, int resolution)
{
    size_t block = builder_block(b, 1);
    builder_u16(b, link_type);
    builder_u16(b, 0);
    builder_u32(b, snaplen);
    if (resolution != NO_RESOLUTION) {
        uint8_t value = (uint8_t)resolution;
        builder_option(b, 9, &value, 1);
        builder_option(b, 0, NULL, 0);
    }
    builder_block_end(b, block);
}

void builder_packet(struct builder *b, uint32_t interface, uint64_t units, uint32_t caplen, uint32_t len, uint8_t fill,
                    const char *comment)
{
    size_t block = builder_block(b, 6);
    builder_u32(b, interface);
    builder_u32(b, (uint32_t)(units >> 32));
    builder_u32(b, (uint32_t)units);
    builder_u32(b, caplen);
    builder_u32(b, len);
    fill_with(b, fill, caplen);
    builder_zeros(b, (4 - caplen % 4) % 4);
    if (comment) {
        builder_option(b, 1, comment, strlen(comment));
        builder_option(b, 0, NULL, 0);
    }
    builder_block_end(b, block);
}

static void write_all(FILE *file, const struct builder *b)
{
    assert_non_null(file);
    assert_int_equal(fwrite(b->len ? (const void *)b->at : "", 1, b->len, file), b->len);
    assert_int_equal(fclose(file), 0);
}

char *builder_write(const struct builder *b)
{
    char *path = strdup("/tmp/tlswhy-test-XXXXXX");
    assert_non_null(path);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    write_all(fdopen(fd, "wb"), b);
    return path;
}

char *builder_write_as(const struct builder *b, const char *directory, const char *name)
{
    char *path;
    assert_true(asprintf(&path, "%s/%s", directory, name) > 0);
    write_all(fopen(path, "wb"), b);
    return path;
}

static void add_seen(struct collection *c, const struct capture_packet *packet)
{
    struct seen *seen = &c->seen[c->num++];
    *seen = (struct seen){.packet = *packet, .is_uniform = true};
    for (size_t i = 0; i < packet->bytes.len; i++) {
        if (i == 0)
            seen->first_byte = packet->bytes.at[0];
        seen->is_uniform = seen->is_uniform && packet->bytes.at[i] == seen->first_byte;
    }
    seen->packet.bytes.at = NULL;
}

struct collection collect(const char *const *paths, size_t num_paths, size_t max)
{
    struct collection c = {0};
    c.capture = capture_open(&(struct capture_options){.paths = paths, .num_paths = num_paths}, &c.error);
    if (!c.capture) {
        assert_int_not_equal(c.error.text[0], 0);
        return c;
    }
    struct capture_packet *batch = calloc(max, sizeof *batch);
    assert_non_null(batch);
    size_t room = 0;
    while ((c.result = capture_next(c.capture, batch, max, &c.error)) > 0) {
        assert_true((size_t)c.result <= max);
        if (c.num + (size_t)c.result > room) {
            room = 2 * (c.num + max);
            c.seen = realloc(c.seen, room * sizeof *c.seen);
            assert_non_null(c.seen);
        }
        for (long i = 0; i < c.result; i++) {
            assert_int_equal(batch[i].moment.place.file, batch[0].moment.place.file);
            assert_true(batch[i].len >= batch[i].bytes.len);
            add_seen(&c, &batch[i]);
        }
    }
    free(batch);
    return c;
}

struct collection collect_bytes(const struct builder *b, size_t max)
{
    char *path = builder_write(b);
    const char *paths[] = {path};
    struct collection c = collect(paths, 1, max);
    unlink(path);
    free(path);
    return c;
}

void collection_free(struct collection *c)
{
    capture_free(c->capture);
    free(c->seen);
    *c = (struct collection){0};
}

const struct capture_input *collection_input(const struct collection *c)
{
    return capture_input_at(c->capture, 0);
}

void collection_assert_note(const struct collection *c, unsigned i, enum capture_note_kind kind, uint64_t offset,
                            const char *part)
{
    assert_true(collection_input(c)->num_notes > i);
    const struct capture_note *note = &collection_input(c)->notes[i];
    if (note->kind != kind || note->offset != offset || !strstr(note->text, part))
        print_error("note %u: kind %d, offset %llu: %s\n", i, note->kind, (unsigned long long)note->offset, note->text);
    assert_int_equal(note->kind, kind);
    assert_int_equal(note->offset, offset);
    assert_non_null(strstr(note->text, part));
}
