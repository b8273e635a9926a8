/*
 * A server's certificates in the order in which they sign each other, leaf first, with the links that were not sent:
 * what trust stores added, what is missing. Pictures draw it.
 */
#ifndef TLSWHY_REPORT_TIES_H
#define TLSWHY_REPORT_TIES_H

#include "report/report.h"

enum tie_kind {
    TIE_SENT,     /* in its place */
    TIE_ADDED,    /* not sent; `origin` says where it came from */
    TIE_MISSING,  /* not sent, and nowhere to be had: `certificate` is the one that it would have signed */
    TIE_UNTIED,   /* sent, and no part of the path */
    TIE_UNPARSED, /* sent, and not to be read */
};

struct tie {
    enum tie_kind kind;
    enum verify_origin origin;
    int presented;                     /* its index as sent, -1 */
    bool is_expired, is_not_yet_valid; /* when the connection was made */
    struct certificate *certificate;
};

enum { TIES = 24, TIE_STORES = 6 };
struct ties {
    unsigned num, num_left_out;
    struct tie at[TIES];
    /* The first stores that were asked, and how many they are in all. */
    const struct verification *stores[TIE_STORES];
    unsigned num_stores, num_all_stores;
};

/* False: no certificates are to be seen. Of the client's where the server's are not. */
bool ties_build(struct ties *ties, const struct connection *c);
/* The path that this store took holds the certificate; *is_wrong: its error is about that one. */
bool ties_is_in_path(const struct verification *v, const struct tie *tie, bool *is_wrong);

#endif
