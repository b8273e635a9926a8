/*
 * Captures made in memory, well-formed or not, in either byte order; and what our reader makes of a file, collected.
 */
#ifndef TLSWHY_TESTS_CAPTURE_BUILDER_H
#define TLSWHY_TESTS_CAPTURE_BUILDER_H

#include "capture/capture.h"

struct builder {
    uint8_t *at;
    size_t len, capacity;
    bool is_big_endian;
};

void builder_free(struct builder *b);
void builder_bytes(struct builder *b, const void *bytes, size_t len);
void builder_zeros(struct builder *b, size_t len);
void builder_u16(struct builder *b, uint16_t value);
void builder_u32(struct builder *b, uint32_t value);
void builder_u64(struct builder *b, uint64_t value);

/* Classic pcap. A record's data are `caplen` bytes, each of the value `fill`. */
void builder_pcap(struct builder *b, uint32_t magic, uint32_t snaplen, uint32_t link_type);
void builder_record(struct builder *b, uint32_t seconds, uint32_t fraction, uint32_t caplen, uint32_t len,
                    uint8_t fill);

/* pcapng. A block is begun, filled and ended; its two lengths are then right. */
size_t builder_block(struct builder *b, uint32_t type);
void builder_block_end(struct builder *b, size_t block);
/* Pads the value to 4 bytes. */
void builder_option(struct builder *b, uint16_t code, const void *value, size_t len);
void builder_section(struct builder *b, const char *comment); /* NULL: none */
/* `resolution` is if_tsresol; NO_RESOLUTION leaves the option out. */
enum { NO_RESOLUTION = -1 };
void builder_interface(struct builder *b, uint16_t link_type, uint32_t snaplen, int resolution);
void builder_packet(struct builder *b, uint32_t interface, uint64_t units, uint32_t caplen, uint32_t len, uint8_t fill,
                    const char *comment);

/* The name of a fresh temporary file with these bytes; free() it after unlink(). */
char *builder_write(const struct builder *b);
/* The same under a name: DIRECTORY/NAME. */
char *builder_write_as(const struct builder *b, const char *directory, const char *name);

/* One packet as it was handed out. */
struct seen {
    struct capture_packet packet; /* bytes.at is not valid any more */
    uint8_t first_byte;
    bool is_uniform; /* all bytes are equal */
};

struct collection {
    struct capture *capture; /* NULL: capture_open() failed */
    struct error error;      /* of capture_open() or capture_next() */
    long result;             /* of the last capture_next() */
    struct seen *seen;
    size_t num;
};

/* Reads everything in batches of `max`; cmocka-fails on a broken promise of capture.h. collection_free() it. */
struct collection collect(const char *const *paths, size_t num_paths, size_t max);
struct collection collect_bytes(const struct builder *b, size_t max);
void collection_free(struct collection *c);

/* The first input. */
const struct capture_input *collection_input(const struct collection *c);
/* Note i of the first input is of that kind and place, and has `part` in its text. */
void collection_assert_note(const struct collection *c, unsigned i, enum capture_note_kind kind, uint64_t offset,
                            const char *part);

#endif
