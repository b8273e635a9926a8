/*
 * One connection as a ladder: what happened, packet by packet between client and server, with set-up, repeats, pauses
 * and the end. What a row is stands here; pictures draw it.
 */
#ifndef TLSWHY_REPORT_LADDER_H
#define TLSWHY_REPORT_LADDER_H

#include "report/report.h"
#include "report/text_writer.h"

enum ladder_kind {
    LADDER_EVENT, /* of the connection: event, and how often it comes in a row */
    LADDER_TCP,   /* label */
    LADDER_SAID,  /* plain words before TLS, or in its place */
    LADDER_AGAIN, /* label, sent again `count` times; `at` is the last of them */
    LADDER_ICMP,  /* somebody on the path said that the packets of `from` did not get through */
    LADDER_PAUSE, /* nothing for pause_ns; is_end: it was for `from` to speak */
    LADDER_MORE,  /* `count` rows that are left out */
};

struct ladder_row {
    enum ladder_kind kind;
    enum role from;
    const struct event *event;
    const char *label;
    struct bytes said;
    uint64_t count;
    struct moment at; /* frame 0: at no packet */
    int64_t pause_ns;
    bool is_end;   /* this is how it came to nothing */
    bool is_proof; /* the verdict's finding names this packet */
    bool is_lost;  /* nobody acknowledged it; a pause: while it was sent again */
};

enum { LADDER_ROWS = 48 };
struct ladder {
    const struct connection *connection;
    unsigned num;
    struct ladder_row rows[LADDER_ROWS];
};

/* False: there is nothing to draw, or no memory. What it holds is borrowed from the connection. */
bool ladder_build(struct ladder *ladder, const struct report_connection *shown);
/* What the row is about, in one line. */
void ladder_label(struct text *t, const struct ladder *ladder, const struct ladder_row *row);
/* "517 bytes", or nothing. */
void ladder_size(struct text *t, const struct ladder_row *row);
/* Whether encryption hides what the row is about. */
bool ladder_is_hidden(const struct ladder_row *row);
/* Whether it is drawn from one side to the other. */
bool ladder_has_arrow(const struct ladder_row *row);

#endif
