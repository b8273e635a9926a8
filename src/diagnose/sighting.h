/*
 * What is kept of a connection for comparing two vantage points: a summary of bounded size that outlives the
 * connection. Made when the connection is judged; strings live in the set's pool. Bounded by LIMIT_SIGHTINGS.
 */
#ifndef TLSWHY_DIAGNOSE_SIGHTING_H
#define TLSWHY_DIAGNOSE_SIGHTING_H

#include "diagnose/finding.h"
#include "session/connection.h"
#include "session/fingerprint.h"
#include "trust/pool.h"

enum { SIGHTING_EXTENSIONS = 64, SIGHTING_ISSUERS = 16, SIGHTING_RANDOM = 32 };

/* In which way two sightings were found to belong together. */
enum pair_how {
    PAIR_NONE,    /* seen at one vantage point only */
    PAIR_RANDOM,  /* the same client random: the very same ClientHello */
    PAIR_TCP,     /* the same initial sequence number or the same addresses and ports: the same TCP connection */
    PAIR_NAME,    /* the same server name, and no other was nearer in time */
    PAIR_ADDRESS, /* the same server address and port, and no other was nearer in time */
};

/* What one role sent, as seen there. */
struct sighting_role {
    uint8_t address[16];
    uint16_t port;
    bool has_syn;
    uint8_t ttl;
    uint16_t mss; /* of its SYN; 0 unknown */
    uint32_t isn;
    uint32_t retransmissions;
    uint64_t bytes, acked; /* of payload: seen here; acknowledged by the peer as far as seen here */
    struct moment fin, rst;
};

struct sighting {
    uint64_t id;
    uint8_t side; /* the vantage point: 0 or 1 */
    uint8_t ip_version;
    enum flow_setup setup : 8;
    const char *name; /* of the server, lower case, raw bytes; NULL unknown */
    struct sighting_role roles[2];
    struct moment start, syn_ack, end, client_hello, server_hello;

    bool has_random, has_server_random;
    bool has_whole_hello;
    uint8_t random[SIGHTING_RANDOM], server_random[SIGHTING_RANDOM];
    uint64_t hello_hash; /* of the whole ClientHello */
    uint32_t hello_len;
    char ja4[JA4_LEN]; /* "" none */
    uint16_t extensions[SIGHTING_EXTENSIONS];
    uint8_t num_extensions;

    bool has_cipher, is_resumed;
    uint16_t version, cipher, group; /* 0 unknown */
    const char *alpn;                /* raw bytes; NULL unknown */
    unsigned num_chain;              /* certificates presented; 0: none are known */
    const char *leaf, *issuer;       /* its SHA-256; its issuer, escaped by OpenSSL */
    uint64_t chain_hash;
    uint64_t issuers[SIGHTING_ISSUERS]; /* hashes of the names that the chain was issued by */
    uint8_t num_issuers;
    struct place chain_place;

    enum outcome outcome;
    const char *verdict; /* static */
    bool has_cause;
    enum finding_id cause;        /* of the verdict */
    int64_t rtt_ns, handshake_ns; /* 0 unknown */

    bool is_shown; /* its connection's record is in the report */

    /* Filled by pairs_match(). */
    struct sighting *other; /* NULL: seen here only */
    enum pair_how how;
    bool is_server_elsewhere; /* the other vantage point saw connections to that server (name or address) */
    int64_t time_ns;          /* its start on the first capture's clock */
};

struct sightings {
    struct sighting *at; /* in the order in which the connections began: by id */
    size_t num, cap, num_left_out;
    struct pool strings;
    uint64_t seed;
};

/* Takes in a connection seen at vantage point `side`. What does not fit is counted. */
void sightings_add(struct sightings *set, unsigned side, const struct connection *c, const struct verdict *verdict,
                   struct fingerprints *fingerprints);
struct sighting *sightings_find(const struct sightings *set, uint64_t id); /* NULL: not kept */
void sightings_cleanup(struct sightings *set);

#endif
