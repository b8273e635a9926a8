/*
 * Where packets come from: capture files (classic pcap, pcapng; gzip, zstd, lz4), standard input, FIFOs.
 *
 * Several files are taken in the order of their first packet. Files that go on where another ended are one capture (one
 * `group`); files whose times overlap are separate captures (different groups, flow tables of their own). Packets are
 * handed out in batches that point into the reader's block: valid until the next call.
 *
 * An input that is unreadable from its first byte (missing, no capture format) fails capture_open(). Whatever goes
 * wrong later is a note on that input, with its offset: everything before, and what can be found again, is handed out.
 */
#ifndef TLSWHY_CAPTURE_CAPTURE_H
#define TLSWHY_CAPTURE_CAPTURE_H

#include "dissect/cursor.h"
#include "error.h"
#include "place.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

/* How the comments begin by which a capture says that it is evidence (in a section's), and what was left out at a
 * packet (in a packet's). */
#define CAPTURE_EVIDENCE "tlswhy-evidence: 1"
#define CAPTURE_LEFT_OUT "tlswhy-left-out:"

struct capture_packet {
    struct bytes bytes;    /* as captured */
    uint32_t len;          /* on the wire, >= bytes.len unless the file lies; then bytes.len */
    uint16_t link_type;    /* LINKTYPE_ value */
    uint16_t interface;    /* pcapng interface within its section, 0 else */
    uint32_t group;        /* see above */
    struct moment moment;  /* without a time of its own: the time of the packet before it, 0 for the first */
    bool has_time;         /* false for simple packet blocks and interfaces without time stamps */
    uint8_t time_digits;   /* 6 or 9: decimals the input has */
    uint32_t interface_at; /* index into the input's interfaces, which go on from one section to the next */
    struct bytes
        left_out; /* of a capture that is evidence: the comment that begins with CAPTURE_LEFT_OUT; else empty */
};

/* What a packet came in by, as far as it can be written again. */
struct capture_interface {
    uint16_t link_type;
    uint8_t resolution;              /* as if_tsresol in pcapng: 6, 9, or with the highest bit set a power of two */
    uint32_t snaplen;                /* 0: unlimited */
    char name[64], description[128]; /* pcapng's, as they came, cut to this; empty: none */
};

/* Something to tell about an input: cut short, damaged, an option that contradicts itself. */
struct capture_note {
    enum capture_note_kind { CAPTURE_NOTE_CUT_SHORT, CAPTURE_NOTE_DAMAGED, CAPTURE_NOTE_ODD } kind;
    uint64_t offset; /* in the uncompressed stream */
    char text[160];
};

struct capture_comment {
    struct place place; /* frame 0: the section or an interface */
    char *text;         /* as in the file: not escaped */
};

struct capture_resolution { /* a pcapng name resolution record */
    uint8_t ip_version;
    uint8_t address[16];
    char *name;
};

struct capture_secrets { /* a pcapng decryption secrets block */
    uint32_t type;       /* 0x544c534b TLS key log, ... */
    struct bytes data;
};

/* Facts on one input; grows while it is read. Borrowed from the capture, valid until capture_free(). */
struct capture_input {
    const char *path;                /* as given; "-" for standard input */
    const char *name;                /* base name, "-" for standard input */
    const char *format;              /* "pcap" "pcapng" */
    const char *compression;         /* "gzip" "zstd" "lz4" or NULL */
    uint32_t group;                  /* known once reading of this input has begun */
    uint64_t num_packets, num_bytes; /* handed out so far; captured bytes */
    uint64_t file_bytes;             /* size on disk, 0 when unknown (a pipe) */
    uint64_t read_bytes;             /* of those, read so far: for the progress bar */
    struct moment first, last;       /* frame 0 while there is none; by time, not by position */
    uint16_t link_types[16];         /* in order of appearance */
    unsigned num_link_types;
    uint32_t snaplen; /* the largest that any interface declares, 0 unknown */
    char sha256[65];  /* of the file as on disk, "" when not asked for or not a regular file */
    const struct capture_note *notes;
    unsigned num_notes;
    const struct capture_comment *comments;
    unsigned num_comments;
    const struct capture_resolution *resolutions;
    unsigned num_resolutions;
    const struct capture_secrets *secrets;
    unsigned num_secrets;
    bool has_drops; /* a pcapng interface statistics block has drop counters, be they 0 */
    uint64_t interface_drops, kernel_drops;
    const struct capture_interface *interfaces; /* as many as are kept: LIMIT_INTERFACES */
    unsigned num_interfaces;
    bool is_evidence;          /* tlswhy wrote it (--evidence): what it left out is announced */
    uint64_t evidence_packets; /* of the captures that it was taken from; 0 unknown */
    int64_t evidence_until_ns; /* when those ended; 0 unknown */
};

struct capture_options {
    const char *const *paths; /* "-" is standard input */
    size_t num_paths;
    enum capture_hash {
        CAPTURE_HASH_AUTO,
        CAPTURE_HASH_ALWAYS,
        CAPTURE_HASH_NEVER
    } hash; /* AUTO: files up to 64 MiB */
    /* What stands for the name of the i-th path, of which comments are not kept then; it outlives the capture. May be
     * NULL. */
    const char *(*alias)(void *arg, size_t i);
    void *alias_arg;
    bool keeps_apart;                  /* each input is a group of its own, read in the order given */
    const volatile sig_atomic_t *stop; /* see capture_open(); may be NULL */
    bool reads_again;                  /* files stay open after they were read, for capture_open_again() */
};

struct capture;

/* Opens all inputs and puts them in order. NULL and *error when one cannot be read at all. A pipe is waited for; when a
 * signal interrupts that (no SA_RESTART) and *stop is not 0 then, this input is empty, with a note, those behind it are
 * left out, and nothing is handed out. */
struct capture *capture_open(const struct capture_options *options, struct error *error) MUST_CHECK;
/* One input over a descriptor, which the capture takes over; `name` stands in its place in texts. */
struct capture *capture_open_fd(int fd, const char *name, struct error *error) MUST_CHECK;
void capture_free(struct capture *capture);

/* Up to `max` packets into `batch`. Returns how many, 0 at the end of the last input, -1 when the environment failed
 * (read error, no memory): *error says what, what was read before stays valid, and a further call goes on with the next
 * input; where a signal interrupted the read (no SA_RESTART; errno is EINTR), with the same one. A batch never mixes
 * inputs. Never waits for a pipe while it has packets to hand out. */
long capture_next(struct capture *capture, struct capture_packet *batch, size_t max, struct error *error) MUST_CHECK;

/* A capture over input i alone, once it was read: for a second reading, through the descriptor that was kept open
 * (options.reads_again), so that it is the same file. NULL and *error when it cannot be had. */
struct capture *capture_open_again(const struct capture *capture, size_t i, struct error *error) MUST_CHECK;
/* It is not what it was when it was opened first; that it has grown does not count. */
bool capture_has_changed(const struct capture *capture, size_t i);
/* Whether that can be asked of input i: it is a regular file. */
bool capture_can_open_again(const struct capture *capture, size_t i);

size_t capture_num_inputs(const struct capture *capture);
/* Input i in reading order: place.file indexes it. */
const struct capture_input *capture_input_at(const struct capture *capture, size_t i);

#endif
