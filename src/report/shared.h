/*
 * What a client offers beside what its server takes, dimension by dimension (versions, suites, groups, signature
 * algorithms, protocols), for verdicts that are about that. Of the server is known what it chose in other connections,
 * and what the user told. Pictures draw it.
 */
#ifndef TLSWHY_REPORT_SHARED_H
#define TLSWHY_REPORT_SHARED_H

#include "report/report.h"

enum { SHARED_ITEMS = 256, SHARED_LEN = 56, SHARED_DIMENSIONS = 5 };

struct shared_list {
    unsigned num; /* of all, also those that were not kept */
    unsigned kept;
    char items[SHARED_ITEMS][SHARED_LEN]; /* escaped, as findings' text is */
    bool is_shared[SHARED_ITEMS];
};

struct shared {
    const char *title; /* "cipher suites" */
    struct shared_list client, server;
    unsigned num_shared;
    bool has_seen, has_told; /* what is known of the server's side, if anything is */
};

/* How many dimensions the verdict is about; 0: none, nothing is to be drawn. */
unsigned shared_num(const struct report_connection *shown);
/* The i-th of these. */
void shared_build(struct shared *shared, const struct report_connection *shown, unsigned i);

#endif
