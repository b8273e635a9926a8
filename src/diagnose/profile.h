/*
 * What the capture taught about servers: for each server (address, port, name asked for) what it was seen to choose,
 * and for each address and port the sum of that. Grows while the capture is read; bounded by LIMIT_SERVERS.
 */
#ifndef TLSWHY_DIAGNOSE_PROFILE_H
#define TLSWHY_DIAGNOSE_PROFILE_H

#include "session/connection.h"

struct certificates;
struct chains_seen;

enum {
    PROFILE_CODES = 24,
    PROFILE_LEAVES = 8,
    PROFILE_PROTOCOLS = 8,
    PROFILE_PROTOCOL_LEN = 32,
    PROFILE_SESSIONS = 8,
    PROFILE_NOTES = 6
};

/* A set of code points in the order in which they were seen. */
struct code_set {
    uint16_t at[PROFILE_CODES];
    uint8_t num;
};
bool code_set_has(const struct code_set *set, uint16_t code);
void code_set_add(struct code_set *set, uint16_t code);

enum key_kind { KEY_RSA = 1, KEY_ECDSA = 2, KEY_ED25519 = 4, KEY_ED448 = 8, KEY_DSA = 16, KEY_OTHER = 32 };
const char *key_kind_name(unsigned kind); /* of one bit: "rsa" "ecdsa" "ed25519" ... */
/* Of a certificate's key, as certificate_facts name it; 0 unknown. */
unsigned key_kind_of_type(const char *type);
/* The kind of key that a signature scheme is made with; 0 unknown. */
unsigned key_kind_of_scheme(uint16_t scheme);

/* The first connection that shows something. */
struct profile_mark {
    uint64_t id;
    int64_t time_ns; /* its beginning */
    struct place place;
};

/* A finding of connections that rests on another connection of this server. */
struct profile_note {
    uint8_t finding, certainty, side, severity; /* enums of finding.h, as in the first */
    uint64_t num, id, other_id;                 /* the first connection, and the other one */
    struct place place, other_place;
};

struct server_profile {
    uint8_t ip_version;
    uint8_t address[16];
    uint16_t port;
    bool is_datagram;                /* UDP's port, not TCP's */
    const char *name;                /* asked for; "" none; NULL: the sum over all names */
    bool is_alone;                   /* the only name seen so far, and so the sum itself */
    uint64_t connections, completed; /* completed: the handshake, whatever came of it */
    uint64_t failed;                 /* by the verdict, a completed handshake that was rejected after all included */
    uint64_t seen_id; /* a completed connection (or one with a ServerHello) that shows what stands here; 0 none */
    struct place seen_place; /* its ServerHello */
    struct code_set versions, ciphers, groups, signature_algorithms;
    unsigned key_kinds; /* of certificates shown, or of signatures and suites */
    char alpn[PROFILE_PROTOCOLS][PROFILE_PROTOCOL_LEN + 1];
    unsigned num_alpn;
    struct certificate *leaves[PROFILE_LEAVES]; /* held */
    struct profile_mark shown[PROFILE_LEAVES];  /* who showed each leaf first */
    unsigned num_leaves;
    struct profile_mark resumed, resumption_refused;
    struct profile_mark starttls_offered; /* listed by the server before TLS */
    struct profile_mark headed;           /* answered a hello behind a PROXY protocol header */
    uint64_t num_resumed, num_resumption_refused;
    uint64_t sessions[PROFILE_SESSIONS]; /* hashes of the latest session IDs that it gave, TLS 1.2 and older; 0 none */
    uint8_t next_session;
    struct profile_note notes[PROFILE_NOTES];
    unsigned num_notes;
    uint16_t lowest_top_version; /* of the hellos that it answered: the smallest "newest version offered", as
                                    version_as_tls() has it; 0 none */
    uint16_t highest_top_version;
    uint32_t largest_hello; /* bytes of the largest ClientHello that it answered */
    /* TLS 1.3 hides the signature: what all clients that completed offered is what it may have signed with. */
    bool has_hidden_signatures;
    struct code_set hidden_signatures;
};

struct profiles;

struct profiles *profiles_new(void); /* NULL: out of memory */
void profiles_free(struct profiles *profiles);
/* Takes in what the server chose in this connection. `is_completed`: by the verdict. */
void profiles_learn(struct profiles *profiles, const struct connection *c, bool is_completed);
/* For the connection's server and name; NULL: nothing is known. */
const struct server_profile *profiles_named(const struct profiles *profiles, const struct connection *c);
/* Over all names of that address and port: the profile of the name itself where there is but one. */
const struct server_profile *profiles_all_names(const struct profiles *profiles, const struct connection *c);
/* For the connection's name at the same address and port of TCP, whatever it runs over itself. */
const struct server_profile *profiles_over_tcp(const struct profiles *profiles, const struct connection *c);
/* All with a name or none (no sums), in the order in which they were met; NULL at the end. */
const struct server_profile *profiles_next(const struct profiles *profiles, size_t *next);
/* Where certificates were seen, on all servers. */
const struct chains_seen *profiles_chains_seen(const struct profiles *profiles);
uint64_t profiles_limit_hits(const struct profiles *profiles);

struct diagnosis;
/* Counts a connection that was learned and that failed by its final verdict; keeps of its findings what rests on other
 * connections, and what its own packets do not prove. Once for each connection. */
void profiles_note(struct profiles *profiles, const struct connection *c, const struct diagnosis *d);

/* The hello offers to resume a session: by a PSK, a ticket, or a session ID. One that offers TLS 1.3, too, fills the
 * session ID with random bytes: there it counts only when this server gave it. `server` may be NULL. */
bool profile_is_resumption_offer(const struct server_profile *server, const struct connection *c);

/* The newest version that a hello offers, GREASE aside; drafts count as TLS 1.3. */
uint16_t client_hello_top_version(const struct client_hello *hello);
bool client_hello_offers_version(const struct client_hello *hello, uint16_t version);

#endif
