/*
 * How a handshake that did not complete came to its end: the first cause in time. What happens after it (an alert after
 * the peer's FIN, a RST after a close, a close after a silence) is its consequence and is never the ending.
 */
#ifndef TLSWHY_DIAGNOSE_ENDING_H
#define TLSWHY_DIAGNOSE_ENDING_H

#include "session/connection.h"

enum ending_kind {
    ENDING_OPEN,         /* nothing ended it as far as the capture goes */
    ENDING_ALERT,        /* a readable alert that ends the connection */
    ENDING_HIDDEN_ALERT, /* an encrypted one, or a record of its size right before a close */
    ENDING_FIN,          /* a close (or close_notify) that nobody had announced */
    ENDING_RST,
    ENDING_SILENCE, /* nothing for SILENCE_NS; closes afterwards are consequences */
};

struct ending {
    enum ending_kind kind;
    enum role role;            /* who sent it; of a silence: who was to speak (the other had spoken last) */
    const struct event *event; /* the alert, hidden record, FIN or RST; NULL for a silence, or without a session */
    struct moment at;          /* that packet */
    struct moment since;       /* the last progress before it */
    int64_t silence_ns;        /* how long nothing had happened */
    bool has_closer;           /* somebody closed after all */
    enum role closer;
    struct moment closed;
};

/* Silence shorter than this is no failure yet. */
#define SILENCE_NS INT64_C(3000000000)

/* `last`: the capture's latest packet of any connection, which tells that time went on. */
struct ending ending_find(const struct connection *c, const struct moment *last);

#endif
