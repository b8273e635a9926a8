/*
 * Secrets that users give so that handshakes and alerts can be read: key logs from files and from pcapng's decryption
 * secrets blocks, found by the ClientHello's random. Bounded by LIMIT_KEYS; wiped when freed.
 */
#ifndef TLSWHY_SESSION_KEYS_H
#define TLSWHY_SESSION_KEYS_H

#include "error.h"
#include "session/keylog.h"

#include <stdbool.h>

struct keys;

enum keys_source { KEYS_NONE = 0, KEYS_KEYLOG, KEYS_PCAPNG };
const char *keys_source_name(enum keys_source source); /* "keylog" "pcapng"; NULL for none */

struct keys_stats {
    uint64_t secrets;    /* held */
    uint64_t odd_lines;  /* that are no line of a key log */
    uint64_t limit_hits; /* secrets not kept */
};

struct keys *keys_new(void); /* NULL: out of memory */
void keys_free(struct keys *keys);

/* Reads a key log. With is_growing it stays open, is read again whenever a secret is missing, and its last line counts
 * only once it ended. Returns 0; 1 when the file begins as a pcapng capture does and was not read; -1 and *error when
 * it cannot be read, or holds text of which nothing is a key log. */
int keys_read_file(struct keys *keys, const char *path, bool is_growing, struct error *error) MUST_CHECK;
/* A key log in memory. */
void keys_add(struct keys *keys, struct bytes log, enum keys_source source);

/* True once any source was named, be it empty so far. */
bool keys_has_source(const struct keys *keys);
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

struct keys_stats keys_stats(const struct keys *keys);

#endif
