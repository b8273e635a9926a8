/* The store of secrets: see keys.h. */
#include "session/keys.h"

#include "bounds.h"
#include "hash.h"
#include "session/resumable.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_BLOCK = 64 * 1024, FIRST_BUCKETS = 256 };

struct key_secret {
    struct key_secret *next; /* of the same connection */
    uint8_t kind;
    uint16_t len;
    uint8_t bytes[];
};

struct key_entry {
    struct key_entry *next;
    struct key_secret *secrets;
    uint8_t client_random[KEYLOG_RANDOM_LEN];
    enum keys_source source;
};

/* A line that goes over the end of what was read so far. */
struct line_rest {
    uint8_t bytes[LIMIT_KEYLOG_LINE];
    size_t len;
    bool is_too_long; /* then its beginning is dropped */
};

struct key_file {
    struct key_file *next;
    int fd;
    struct line_rest rest;
};

struct keys {
    struct key_entry **buckets;
    size_t num_buckets, num_entries;
    uint64_t seed;
    struct keys_stats stats;
    uint64_t other_lines;
    struct key_file *files; /* that may grow */
    struct server_keys server_keys;
    struct resumable *sessions; /* NULL: none so far */
    bool has_log, has_premasters, may_grow;
};

const char *keys_source_name(enum keys_source source)
{
    static const char *const names[] = {NULL, "keylog", "pcapng", "server-key"};
    return names[source];
}

struct keys *keys_new(void)
{
    struct keys *keys = calloc(1, sizeof *keys);
    if (!keys)
        return NULL;
    keys->buckets = calloc(FIRST_BUCKETS, sizeof(struct key_entry *));
    if (!keys->buckets || RAND_bytes((unsigned char *)&keys->seed, sizeof keys->seed) != 1) {
        free(keys->buckets);
        free(keys);
        return NULL;
    }
    keys->num_buckets = FIRST_BUCKETS;
    return keys;
}

static void entry_free(struct key_entry *entry)
{
    for (struct key_secret *secret = entry->secrets, *next; secret; secret = next) {
        next = secret->next;
        OPENSSL_cleanse(secret, sizeof *secret + secret->len);
        free(secret);
    }
    free(entry);
}

void keys_free(struct keys *keys)
{
    if (!keys)
        return;
    for (size_t i = 0; i < keys->num_buckets; i++)
        for (struct key_entry *entry = keys->buckets[i], *next; entry; entry = next) {
            next = entry->next;
            entry_free(entry);
        }
    free(keys->buckets);
    for (struct key_file *file = keys->files, *next; file; file = next) {
        next = file->next;
        close(file->fd);
        OPENSSL_cleanse(file, sizeof *file);
        free(file);
    }
    server_keys_cleanup(&keys->server_keys);
    resumable_free(keys->sessions);
    free(keys);
}

static struct key_entry **bucket_of(const struct keys *keys, const uint8_t client_random[KEYLOG_RANDOM_LEN])
{
    uint64_t hash = hash_bytes(keys->seed, client_random, KEYLOG_RANDOM_LEN);
    return &keys->buckets[hash & (keys->num_buckets - 1)];
}

static struct key_entry *entry_find(const struct keys *keys, const uint8_t client_random[KEYLOG_RANDOM_LEN])
{
    struct key_entry *entry = *bucket_of(keys, client_random);
    while (entry && memcmp(entry->client_random, client_random, KEYLOG_RANDOM_LEN) != 0)
        entry = entry->next;
    return entry;
}

/* Twice as many buckets; without memory the chains get longer, no more. */
static void grow(struct keys *keys)
{
    size_t num = keys->num_buckets * 2, old_num = keys->num_buckets;
    struct key_entry **old = keys->buckets, **buckets = calloc(num, sizeof(struct key_entry *));
    if (!buckets)
        return;
    keys->buckets = buckets;
    keys->num_buckets = num;
    for (size_t i = 0; i < old_num; i++)
        for (struct key_entry *entry = old[i], *next; entry; entry = next) {
            next = entry->next;
            struct key_entry **bucket = bucket_of(keys, entry->client_random);
            entry->next = *bucket;
            *bucket = entry;
        }
    free(old);
}

static struct key_entry *entry_of(struct keys *keys, const struct keylog_line *line, enum keys_source source)
{
    struct key_entry *entry = entry_find(keys, line->client_random);
    if (entry)
        return entry;
    entry = calloc(1, sizeof *entry);
    if (!entry)
        return NULL;
    if (keys->num_entries >= keys->num_buckets)
        grow(keys);
    memcpy(entry->client_random, line->client_random, KEYLOG_RANDOM_LEN);
    entry->source = source;
    struct key_entry **bucket = bucket_of(keys, line->client_random);
    entry->next = *bucket;
    *bucket = entry;
    keys->num_entries++;
    return entry;
}

static void add_secret(struct keys *keys, const struct keylog_line *line, enum keys_source source)
{
    struct key_entry *entry = keys->stats.secrets < LIMIT_KEYS ? entry_of(keys, line, source) : NULL;
    if (!entry) {
        keys->stats.limit_hits++;
        return;
    }
    for (const struct key_secret *known = entry->secrets; known; known = known->next)
        if (known->kind == line->kind)
            return;
    struct key_secret *secret = malloc(sizeof *secret + line->secret_len);
    if (!secret) {
        keys->stats.limit_hits++;
        return;
    }
    *secret = (struct key_secret){entry->secrets, (uint8_t)line->kind, line->secret_len};
    keys->has_premasters |= line->kind == SECRET_PREMASTER;
    memcpy(secret->bytes, line->secret, line->secret_len);
    entry->secrets = secret;
    keys->stats.secrets++;
}

static void add_line(struct keys *keys, struct bytes text, enum keys_source source)
{
    struct keylog_line line;
    enum keylog_status status = keylog_line_parse(text, &line);
    if (status == KEYLOG_SECRET)
        add_secret(keys, &line, source);
    keys->stats.odd_lines += status == KEYLOG_ODD;
    keys->other_lines += status == KEYLOG_OTHER;
    OPENSSL_cleanse(&line, sizeof line);
}

/* Whole lines of the block, the first one joined to what was left of the block before. */
static void add_block(struct keys *keys, struct line_rest *rest, struct bytes block, enum keys_source source)
{
    while (block.len > 0) {
        const uint8_t *end = memchr(block.at, '\n', block.len);
        size_t len = end ? (size_t)(end - block.at) + 1 : block.len;
        struct bytes part = bytes_slice(block, 0, len);
        block = bytes_slice(block, len, block.len);
        if (end && rest->len == 0 && !rest->is_too_long && len <= LIMIT_KEYLOG_LINE) {
            add_line(keys, part, source);
            continue;
        }
        if (part.len > LIMIT_KEYLOG_LINE - rest->len)
            rest->is_too_long = true;
        else
            memcpy(rest->bytes + rest->len, part.at, part.len);
        rest->len = rest->is_too_long ? 0 : rest->len + part.len;
        if (!end)
            return;
        if (rest->is_too_long)
            keys->stats.odd_lines++;
        else
            add_line(keys, (struct bytes){rest->bytes, rest->len}, source);
        rest->len = 0;
        rest->is_too_long = false;
    }
}

static void add_last(struct keys *keys, struct line_rest *rest, enum keys_source source)
{
    if (rest->len > 0 || rest->is_too_long)
        add_block(keys, rest, (struct bytes){(const uint8_t *)"\n", 1}, source);
}

void keys_add(struct keys *keys, struct bytes log, enum keys_source source)
{
    struct line_rest rest = {.len = 0};
    keys->has_log = true;
    add_block(keys, &rest, log, source);
    add_last(keys, &rest, source);
    OPENSSL_cleanse(&rest, sizeof rest);
}

static long read_block(int fd, uint8_t *block, size_t size)
{
    size_t len = 0;
    while (len < size) {
        ssize_t n = read(fd, block + len, size - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        len += (size_t)n;
    }
    return (long)len;
}

/* To the end of what there is. 1: it begins as pcapng does, and nothing was taken. */
static int read_on(struct keys *keys, struct key_file *file, bool is_first)
{
    static const uint8_t section_header[] = {0x0A, 0x0D, 0x0D, 0x0A};
    uint8_t *block = malloc(READ_BLOCK);
    long len = -1;
    int status = 0;
    while (block && (len = read_block(file->fd, block, READ_BLOCK)) > 0) {
        struct bytes b = {block, (size_t)len};
        if (is_first && bytes_equal(bytes_slice(b, 0, sizeof section_header),
                                    (struct bytes){section_header, sizeof section_header})) {
            status = 1;
            break;
        }
        is_first = false;
        add_block(keys, &file->rest, b, KEYS_KEYLOG);
    }
    if (block)
        OPENSSL_cleanse(block, READ_BLOCK);
    else
        errno = ENOMEM;
    free(block);
    return len < 0 ? -1 : status;
}

static bool keep_open(struct keys *keys, const struct key_file *file)
{
    struct key_file *kept = malloc(sizeof *kept);
    if (!kept)
        return false;
    *kept = *file;
    kept->next = keys->files;
    keys->files = kept;
    keys->may_grow = true;
    return true;
}

int keys_read_file(struct keys *keys, const char *path, bool is_growing, struct error *error)
{
    struct key_file file = {.fd = open(path, O_RDONLY | O_CLOEXEC)};
    if (file.fd < 0)
        return error_set(error, "%s: %s", path, strerror(errno));
    struct keys_stats before = keys->stats;
    uint64_t others = keys->other_lines;
    int status = read_on(keys, &file, true);
    if (status < 0)
        error_set(error, "%s: %s", path, strerror(errno));
    bool is_kept = status == 0 && is_growing && keep_open(keys, &file);
    if (status == 0 && !is_kept)
        add_last(keys, &file.rest, KEYS_KEYLOG);
    if (status == 0 && keys->stats.odd_lines > before.odd_lines && keys->stats.secrets == before.secrets &&
        keys->other_lines == others && keys->stats.limit_hits == before.limit_hits)
        status = error_set(error, "%s: no line in it is one of a key log (NSS format, as SSLKEYLOGFILE has it)", path);
    if (status == 0)
        keys->has_log = true;
    if (!is_kept)
        close(file.fd);
    OPENSSL_cleanse(&file, sizeof file);
    return status;
}

int keys_read_server_key(struct keys *keys, const char *path, struct error *error)
{
    return server_keys_read_file(&keys->server_keys, path, error);
}

const struct server_keys *keys_server_keys(const struct keys *keys)
{
    return &keys->server_keys;
}

bool keys_has_log(const struct keys *keys)
{
    return keys->has_log;
}

bool keys_has_source(const struct keys *keys)
{
    return keys->has_log || keys->server_keys.num > 0;
}

bool keys_has_premasters(const struct keys *keys)
{
    return keys->has_premasters;
}

bool keys_may_grow(const struct keys *keys)
{
    return keys->may_grow;
}

void keys_expect_more(struct keys *keys)
{
    keys->may_grow = true;
}

/* Programs write the secrets of TLS 1.3 as the handshake goes on. */
static bool is_complete(const struct key_entry *entry)
{
    const struct key_secret *secret = entry ? entry->secrets : NULL;
    while (secret && secret->kind != SECRET_MASTER && secret->kind != SECRET_SERVER_TRAFFIC)
        secret = secret->next;
    return secret != NULL;
}

bool keys_find(struct keys *keys, const uint8_t client_random[KEYLOG_RANDOM_LEN], struct key_set *out)
{
    *out = (struct key_set){.source = KEYS_NONE};
    const struct key_entry *entry = entry_find(keys, client_random);
    for (struct key_file *file = keys->files; file && !is_complete(entry); file = file->next) {
        (void)read_on(keys, file, false); /* what cannot be read any more tells nothing new */
        entry = entry_find(keys, client_random);
    }
    if (!entry)
        return false;
    out->source = entry->source;
    for (const struct key_secret *secret = entry->secrets; secret; secret = secret->next)
        out->secrets[secret->kind] = (struct bytes){secret->bytes, secret->len};
    return true;
}

bool keys_find_premaster(struct keys *keys, struct bytes encrypted, struct key_set *out)
{
    uint8_t known_by[KEYLOG_RANDOM_LEN] = {0};
    if (encrypted.len < KEYLOG_RSA_LEN)
        return false;
    memcpy(known_by, encrypted.at, KEYLOG_RSA_LEN);
    return keys_find(keys, known_by, out) && out->secrets[SECRET_PREMASTER].len > 0;
}

void keys_keep_session(struct keys *keys, struct bytes id, const uint8_t master[MASTER_SECRET_LEN])
{
    if (!keys->sessions)
        keys->sessions = resumable_new(LIMIT_RESUMABLE);
    if (keys->sessions)
        resumable_put(keys->sessions, id, master);
}

bool keys_find_session(struct keys *keys, struct bytes id, uint8_t master[MASTER_SECRET_LEN])
{
    return keys->sessions && resumable_find(keys->sessions, id, master);
}

struct keys_stats keys_stats(const struct keys *keys)
{
    struct keys_stats stats = keys->stats;
    stats.server_keys = keys->server_keys.num;
    stats.sessions_forgotten = keys->sessions ? resumable_forgotten(keys->sessions) : 0;
    return stats;
}
