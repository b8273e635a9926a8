/*
 * Secrets that users give so that handshakes and alerts can be read: key logs from files and from pcapng's decryption
 * secrets blocks, found by the ClientHello's random; servers' private keys; master secrets that those gave, for the
 * sessions that are resumed later. Bounded by LIMIT_KEYS and LIMIT_RESUMABLE; wiped when freed.
 */
#ifndef TLSWHY_SESSION_KEYS_H
#define TLSWHY_SESSION_KEYS_H

#include "error.h"
#include "session/keylog.h"
#include "session/server_keys.h"

#include <stdbool.h>

struct keys;

enum keys_source { KEYS_NONE = 0, KEYS_KEYLOG, KEYS_PCAPNG, KEYS_SERVER_KEY };
const char *keys_source_name(enum keys_source source); /* "keylog" "pcapng" "server-key"; NULL for none */

struct keys_stats {
    uint64_t secrets;    /* held */
    uint64_t odd_lines;  /* that are no line of a key log */
    uint64_t limit_hits; /* secrets not kept */
    uint64_t server_keys;
    uint64_t sessions_forgotten; /* whose master secrets made room for later ones */
};

struct keys *keys_new(void); /* NULL: out of memory */
void keys_free(struct keys *keys);

/* Reads a key log. With is_growing it stays open, is read again whenever a secret is missing, and its last line counts
 * only once it ended. Returns 0; 1 when the file begins as a pcapng capture does and was not read; -1 and *error when
 * it cannot be read, or holds text of which nothing is a key log. */
int keys_read_file(struct keys *keys, const char *path, bool is_growing, struct error *error) MUST_CHECK;
/* A key log in memory. */
void keys_add(struct keys *keys, struct bytes log, enum keys_source source);

/* Private keys of servers, PEM; -1 and *error when there is none of RSA in it. */
int keys_read_server_key(struct keys *keys, const char *path, struct error *error) MUST_CHECK;
const struct server_keys *keys_server_keys(const struct keys *keys); /* may be empty */

/* True once any source was named, be it empty so far. */
bool keys_has_source(const struct keys *keys);
/* The same but for servers' private keys. */
bool keys_has_log(const struct keys *keys);
/* Any secret that a key exchange up to TLS 1.2 has to be read for, not only a hello. */
bool keys_has_premasters(const struct keys *keys);
/* More may come than has been seen: connections whose secrets are missing should wait for them. */
bool keys_may_grow(const struct keys *keys);
void keys_expect_more(struct keys *keys);

/* What is known of one connection; slices stay valid until keys_free(). */
struct key_set {
    enum keys_source source;
    struct bytes secrets[NUM_SECRETS]; /* empty: not known */
};
/* False: nothing is known. */
bool keys_find(struct keys *keys, const uint8_t client_random[KEYLOG_RANDOM_LEN], struct key_set *out);

/* A premaster secret by its encrypted form. */
bool keys_find_premaster(struct keys *keys, struct bytes encrypted, struct key_set *out);

/* Sessions up to TLS 1.2 whose master secret was derived here, by their ID or ticket. */
void keys_keep_session(struct keys *keys, struct bytes id, const uint8_t master[MASTER_SECRET_LEN]);
bool keys_find_session(struct keys *keys, struct bytes id, uint8_t master[MASTER_SECRET_LEN]);

struct keys_stats keys_stats(const struct keys *keys);

#endif
