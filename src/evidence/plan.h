/*
 * What of one connection goes into an evidence capture: which packets are its own, which bytes of its two streams are
 * application data (private: never written), and what each packet shows.
 *
 * Made from the facts of a connection that is over, and valid after it: a plan owns what it holds. Streams are given by
 * flow side, bytes by their offsets in them (offset 0 is the first byte after the SYN).
 */
#ifndef TLSWHY_EVIDENCE_PLAN_H
#define TLSWHY_EVIDENCE_PLAN_H

#include "report/report.h"

/* Bytes that are not written, and what a reader is told in their place. */
struct plan_piece {
    uint64_t from, to; /* to UINT64_MAX: the rest of the stream */
    uint64_t told_to;  /* as much of it as the stream had; from: nothing of it is told */
    uint64_t records;  /* 0: bytes within a record, or none of TLS; else so many whole records of application data */
    bool is_hidden;    /* a few bytes between others that are written: blanked in their place, and not told */
};

struct plan_label {
    struct place place;
    enum { PLAN_LABEL, PLAN_OPENED, PLAN_ALERT, PLAN_DATA } kind; /* OPENED: a handshake message that keys showed */
    char text[112];
};

/* The latest packet of a side that was not written: it is when one that is written follows. */
struct plan_pending {
    struct place place;
    int64_t time_ns;
    uint32_t len, caplen, interface;
    bool has_note;
    uint8_t bytes[];
};

/* One direction while packets are gone through. */
struct plan_side {
    struct plan_piece *pieces; /* by offset, apart from each other */
    size_t num, cap;
    uint32_t isn;
    bool has_base;
    /* cut.c's */
    uint64_t seen;    /* the highest offset so far */
    size_t next_told; /* the first piece that no packet has told of */
    struct plan_pending *pending;
    bool has_updates;  /* DTLS 1.3: keys of an epoch after the first of application data were in use */
    uint32_t num_bare; /* packets in a row of which nothing but headers would be written */
};

struct plan {
    uint64_t id;
    uint32_t group;
    struct flow flow; /* its key: addresses, ports, tunnel; nothing that it points to */
    struct place first, last;
    struct place whole_until; /* packets up to here are all written; frame 0: all are */
    unsigned client_side;
    enum connection_protocol protocol;
    struct plan_side side[2];
    struct plan_label *labels; /* by place */
    size_t num_labels, cap_labels;
    char *story; /* for the section's comment; NULL: none, another connection leans on it */
    bool is_wanted;
    bool has_random; /* of the ClientHello: its secrets are found by it */
    uint8_t client_random[32];
    bool has_keys;
    bool is_found; /* its first packet was met in the second reading */
    unsigned num_icmp;
    int64_t written_ns; /* when the latest packet that was written came */
};

/* NULL: out of memory. */
struct plan *plan_new(const struct connection *c);
void plan_free(struct plan *plan);

/* A packet that a finding names. Text is cut to its room. */
void plan_label(struct plan *plan, struct place place, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* What packets at this place show, joined by "; ". False: nothing is known of it. */
bool plan_labels_at(const struct plan *plan, struct place place, char *out, size_t size);

/* Datagrams: nothing at this place is application data, as far as keys showed: a message of the handshake, or an alert.
 */
bool plan_is_opened_at(const struct plan *plan, struct place place);

/* A packet's place is before another's, in one group. */
static inline bool place_is_before(struct place a, struct place b)
{
    return a.file != b.file ? a.file < b.file : a.frame < b.frame;
}

#endif
