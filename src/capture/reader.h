/*
 * One open input: its stream, its block, and the state of its file format. capture.c decides which input is read when;
 * what happens within an input happens here.
 */
#ifndef TLSWHY_CAPTURE_READER_H
#define TLSWHY_CAPTURE_READER_H

#include "capture/classic.h"
#include "capture/input.h"
#include "capture/pcapng.h"
#include "capture/window.h"

struct reader;

/* A file format: one row of the table in reader.c. */
struct format {
    const char *name;
    bool (*recognise)(struct bytes head); /* by the first four bytes or more */
    /* Reads the file header. 0, or -1 when reading failed; a header that is cut or odd is a note. */
    int (*start)(struct reader *r, struct error *error);
    /* The bulk path: takes whole packets from the window as long as there is nothing odd about them. */
    size_t (*take_whole)(struct reader *r, struct capture_packet *batch, size_t max);
    /* What stopped that: needs more bytes, or looks closer. 1: one packet; 0: go on, unless is_done; -1. */
    int (*settle)(struct reader *r, struct capture_packet *packet, struct error *error);
    void (*stop)(struct reader *r);
};

extern const struct format format_classic, format_pcapng;

struct reader {
    struct stream stream;
    struct window window;
    const struct format *format; /* NULL: an empty file */
    union {
        struct classic classic;
        struct pcapng pcapng;
    };
    struct input *input; /* borrowed */
    uint64_t frame;      /* of the last packet counted */
    uint32_t file, group;
    int64_t last_ns; /* of the last packet that had a time */
    bool has_last;
    bool is_done;                  /* no more packets: the end, or damage nothing was found behind */
    struct capture_packet pending; /* handed out by reader_peek() */
    bool has_pending;
};

struct reader_options {
    int fd;            /* taken over; -1: open the input's path */
    bool may_be_empty; /* a file of 0 bytes is a note, not an error */
    enum capture_hash hash;
};

/* Opens the input and reads the file header. -1 when it cannot be read at all; nothing is left open. */
int reader_open(struct reader *r, struct input *in, const struct reader_options *options,
                struct error *error) MUST_CHECK;
void reader_close(struct reader *r);

/* The first packet, which stays to be read. 1, 0 when there is none, -1. */
int reader_peek(struct reader *r, struct capture_packet *first, struct error *error) MUST_CHECK;

/* As capture_next() for this input alone. */
long reader_next(struct reader *r, struct capture_packet *batch, size_t max, struct error *error) MUST_CHECK;

/* For the formats: fills in what is the same for every packet of this input. `time_ns` counts only with has_time. */
static inline void reader_stamp(struct reader *r, struct capture_packet *packet, bool has_time, int64_t time_ns)
{
    if (has_time) {
        r->last_ns = time_ns;
        r->has_last = true;
    }
    packet->group = r->group;
    packet->moment = (struct moment){{.frame = ++r->frame, .file = r->file}, r->last_ns};
    packet->has_time = has_time;
}

/* For the formats: what to do where nothing that makes sense begins at the window's front. */
struct search {
    /* Moves to the next place where something does: 1. 0: there is none; the window is then at the stream's end. -1. */
    int (*find)(struct reader *r, struct error *error);
    const char *what; /* is looked for: "packets" */
    const char *why;  /* nothing begins here */
    /* Not NULL: it may as well be that the stream ends within this. Where nothing is found, that is it, and the window
     * stays. */
    const char *within;
};
/* Skips to what is found, noting that, or ends the stream. 0, -1. */
int reader_skip(struct reader *r, const struct search *search, struct error *error) MUST_CHECK;

/* For the formats: the stream ends here, within something when window_left() is not 0. Notes it and is_done. */
void reader_end(struct reader *r, const char *within);

#endif
