/*
 * Connections that tell the same are one entry of the text report: the same verdict between the same client software
 * and the same server, the same warning of the same server, the same success. An entry keeps its first connection to
 * be shown, counts the others, and remembers a few of them by number. Bounded: beyond `limit` entries connections are
 * only counted.
 */
#ifndef TLSWHY_REPORT_TEXT_GROUPS_H
#define TLSWHY_REPORT_TEXT_GROUPS_H

#include "bounds.h"
#include "report/report.h"

/* Built of parts by text_key_add(); equal keys, equal parts (two seeded hashes of 64 bits). */
struct text_key {
    uint64_t a, b;
};

/* A span of a spool. */
struct text_part {
    uint64_t from, len;
};

struct text_client {
    uint8_t ip_version;
    uint8_t address[16];
    uint64_t count;
};

struct text_group {
    struct text_key key, cluster, server; /* cluster: the same verdict at the same server, whoever the client is */
    enum outcome outcome;
    const char *code, *name_from; /* static */
    bool has_finding;             /* of the verdict, or the warning that this is about */
    enum finding_id finding;
    uint64_t count;
    struct {
        uint64_t id, frame;
    } members[LIMIT_TEXT_MEMBERS]; /* the first of `count` */
    struct text_client clients[LIMIT_TEXT_CLIENTS];
    unsigned num_clients;
    bool has_more_clients; /* than were kept */
    int64_t first_ns, last_ns;

    /* the first connection */
    uint8_t ip_version, time_digits;
    uint8_t server_address[16];
    uint16_t client_port, server_port, version, cipher;
    bool has_cipher, is_look_up; /* a name that was not resolved: no connection */
    char *name;                  /* owned; NULL unknown */
    char *summary;               /* owned; of the verdict's finding, on pages; else NULL */
    const char *side;            /* static; who has to change something, NULL unknown */
    enum certainty certainty;    /* of that finding */
    char ja4[JA4_LEN];           /* "" unknown */
    struct moment first, last;
    const struct capture_input *input;
    struct text_part why, pictures, ladder, fixes, seen, facts, chain, filter; /* drawn, in a spool */
    struct text_key seen_key, certificates; /* equal where the same is told of what they saw, and of the chain */

    uint64_t cluster_count; /* by text_groups_order() */
    size_t cluster_first;
};

struct text_groups {
    struct text_group *at;
    size_t num, cap, limit;
    uint32_t *slots; /* index + 1; 0 empty */
    size_t num_slots;
    uint64_t left_out; /* connections in entries that are not kept */
};

/* One more for an entry. */
struct text_member {
    struct text_key key;
    uint64_t id, frame;
    int64_t time_ns;
    uint8_t ip_version; /* of the client */
    const uint8_t *client;
};

struct text_key text_key_begin(uint64_t seed);
void text_key_add(struct text_key *key, const void *data, size_t len);
void text_key_string(struct text_key *key, const char *s); /* NULL is "" */
/* A sentence without the numbers that were measured: "said nothing for 3.1 s" and "... 4.2 s" are the same. */
void text_key_sentence(struct text_key *key, const char *s);

bool text_key_is_equal(const struct text_key *a, const struct text_key *b);

void text_groups_init(struct text_groups *groups, size_t limit);
void text_groups_cleanup(struct text_groups *groups);
/* Counts the member in its entry. A new entry has `count` 1 and nothing else but what the member tells: the caller
 * fills it. NULL: it does not fit (left_out counts it). Valid until the next call. */
struct text_group *text_groups_add(struct text_groups *groups, const struct text_member *member);
/* All entries, the most important first: failed ones before others, then what happened most often at one server, then
 * in the order in which they came. Malloced; NULL out of memory, or none. */
struct text_group **text_groups_order(struct text_groups *groups);

#endif
