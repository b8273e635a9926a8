/* A hash table from what strangers chose to what is shown in its place. */
#include "alias/aliases.h"

#include "bounds.h"
#include "hash.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { FIRST_SLOTS = 1024 };

static const char left_out[] = "(left out)";

struct alias {
    uint64_t hash;
    enum alias_kind kind;
    bool is_kept;
    char alias[ALIAS_LEN];
    size_t len;
    char original[];
};

struct aliases {
    unsigned parts;
    uint64_t seed;
    struct alias **slots, **order;
    size_t num, num_slots;
    unsigned last[NUM_ALIAS_KINDS];
};

static const struct {
    const char *before, *behind, *other; /* other: of those that do not fit */
} shapes[] = {
    [ALIAS_CLIENT] = {"client-", "", "client-more"},           [ALIAS_SERVER] = {"server-", "", "server-more"},
    [ALIAS_RESOLVER] = {"resolver-", "", "resolver-more"},     [ALIAS_ROUTER] = {"router-", "", "router-more"},
    [ALIAS_HOST] = {"host-", ".example", "host-more.example"}, [ALIAS_SUBJECT] = {"CN=subject-", "", "CN=subject-more"},
    [ALIAS_SAN] = {"other-name-", "", "other-name-more"},      [ALIAS_CAPTURE] = {"capture-", "", "capture-more"},
};

struct aliases *aliases_new(unsigned parts)
{
    struct aliases *aliases = calloc(1, sizeof *aliases);
    if (!aliases)
        return NULL;
    aliases->parts = parts;
    aliases->num_slots = FIRST_SLOTS;
    aliases->slots = calloc(FIRST_SLOTS, sizeof(struct alias *));
    aliases->order = calloc(FIRST_SLOTS, sizeof(struct alias *));
    if (!aliases->slots || !aliases->order) {
        aliases_free(aliases);
        return NULL;
    }
    if (getrandom(&aliases->seed, sizeof aliases->seed, 0) < 0)
        aliases->seed = (uint64_t)(uintptr_t)aliases;
    return aliases;
}

void aliases_free(struct aliases *aliases)
{
    if (!aliases)
        return;
    for (size_t i = 0; i < aliases->num; i++)
        free(aliases->order[i]);
    free(aliases->slots);
    free(aliases->order);
    free(aliases);
}

bool aliases_has(const struct aliases *aliases, enum alias_part part)
{
    return (aliases->parts & part) != 0;
}

/* ---- the table */

static uint64_t hash_of(const struct aliases *aliases, struct bytes original)
{
    return hash_bytes(aliases->seed, original.at, original.len);
}

static size_t slot_of(const struct aliases *aliases, uint64_t hash, struct bytes original)
{
    size_t i = hash & (aliases->num_slots - 1);
    for (; aliases->slots[i]; i = (i + 1) & (aliases->num_slots - 1)) {
        const struct alias *alias = aliases->slots[i];
        if (alias->hash == hash && alias->len == original.len &&
            (original.len == 0 || memcmp(alias->original, original.at, original.len) == 0))
            break;
    }
    return i;
}

static bool grow(struct aliases *aliases)
{
    size_t num = 2 * aliases->num_slots;
    struct alias **slots = calloc(num, sizeof(struct alias *));
    struct alias **order = realloc(aliases->order, num * sizeof(struct alias *));
    if (order)
        aliases->order = order;
    if (!slots || !order) {
        free(slots);
        return false;
    }
    for (size_t i = 0; i < aliases->num; i++) {
        size_t at = order[i]->hash & (num - 1);
        while (slots[at])
            at = (at + 1) & (num - 1);
        slots[at] = order[i];
    }
    free(aliases->slots);
    aliases->slots = slots;
    aliases->num_slots = num;
    return true;
}

static struct alias *find(const struct aliases *aliases, struct bytes original)
{
    return aliases->slots[slot_of(aliases, hash_of(aliases, original), original)];
}

/* The one of this original, made where there is none; NULL: it does not fit. */
static struct alias *take(struct aliases *aliases, enum alias_kind kind, struct bytes original)
{
    struct alias *alias = find(aliases, original);
    if (alias)
        return alias;
    if (aliases->num >= LIMIT_ALIASES || (aliases->num >= aliases->num_slots / 2 && !grow(aliases)))
        return NULL;
    alias = calloc(1, sizeof *alias + original.len + 1);
    if (!alias)
        return NULL;
    *alias = (struct alias){.hash = hash_of(aliases, original), .kind = kind, .len = original.len};
    if (original.len > 0)
        memcpy(alias->original, original.at, original.len);
    aliases->slots[slot_of(aliases, alias->hash, original)] = alias;
    aliases->order[aliases->num++] = alias;
    return alias;
}

static const char *alias_of(struct aliases *aliases, enum alias_kind kind, struct bytes original)
{
    struct alias *alias = take(aliases, kind, original);
    if (!alias)
        return shapes[kind].other;
    if (!*alias->alias) {
        snprintf(alias->alias, sizeof alias->alias, "%s%u%s", shapes[kind].before, ++aliases->last[kind],
                 shapes[kind].behind);
        alias->kind = kind;
        alias->is_kept = false;
    }
    return alias->alias;
}

/* ---- kinds */

/* All spellings of an address are one. */
static const char *address_text(char text[INET6_ADDRSTRLEN], uint8_t ip_version, const uint8_t address[16])
{
    inet_ntop(ip_version == 6 ? AF_INET6 : AF_INET, address, text, INET6_ADDRSTRLEN);
    return text;
}

static struct bytes bytes_of(const char *text)
{
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

const char *aliases_address(struct aliases *aliases, enum alias_kind kind, uint8_t ip_version,
                            const uint8_t address[16])
{
    char text[INET6_ADDRSTRLEN];
    if (!aliases_has(aliases, ALIAS_ADDRESSES))
        return NULL;
    return alias_of(aliases, kind, bytes_of(address_text(text, ip_version, address)));
}

/* False: it is no address. */
static bool read_address(struct bytes name, uint8_t *ip_version, uint8_t address[16])
{
    char text[INET6_ADDRSTRLEN];
    if (name.len >= 2 && name.at[0] == '[' && name.at[name.len - 1] == ']')
        name = bytes_slice(name, 1, name.len - 2);
    if (name.len == 0 || name.len >= sizeof text || memchr(name.at, 0, name.len))
        return false;
    memcpy(text, name.at, name.len);
    text[name.len] = '\0';
    *ip_version = strchr(text, ':') ? 6 : 4;
    return inet_pton(*ip_version == 6 ? AF_INET6 : AF_INET, text, address) == 1;
}

enum { HOST_LEN = 256 };

/* Longer ones are cut: no host has such a name. */
static struct bytes lower_of(char lower[HOST_LEN], struct bytes name)
{
    size_t len = name.len < HOST_LEN ? name.len : HOST_LEN - 1;
    for (size_t i = 0; i < len; i++)
        lower[i] = (char)(name.at[i] >= 'A' && name.at[i] <= 'Z' ? name.at[i] + 32 : name.at[i]);
    return (struct bytes){(const uint8_t *)lower, len};
}

const char *aliases_host(struct aliases *aliases, struct bytes name)
{
    uint8_t address[16], ip_version;
    char lower[HOST_LEN];
    if (read_address(name, &ip_version, address))
        return aliases_address(aliases, ALIAS_SERVER, ip_version, address);
    if (!aliases_has(aliases, ALIAS_NAMES))
        return NULL;
    struct bytes original = lower_of(lower, name);
    bool is_wildcard = original.len > 2 && lower[0] == '*' && lower[1] == '.';
    if (!is_wildcard)
        return alias_of(aliases, ALIAS_HOST, original);
    struct alias *alias = take(aliases, ALIAS_HOST, original);
    if (!alias)
        return shapes[ALIAS_HOST].other;
    if (!*alias->alias)
        snprintf(alias->alias, sizeof alias->alias, "*.%.*s", ALIAS_LEN - 3,
                 alias_of(aliases, ALIAS_HOST, bytes_slice(original, 2, original.len - 2)));
    return alias->alias;
}

const char *aliases_subject(struct aliases *aliases, const char *text)
{
    return aliases_has(aliases, ALIAS_NAMES) ? alias_of(aliases, ALIAS_SUBJECT, bytes_of(text)) : NULL;
}

const char *aliases_san(struct aliases *aliases, const char *text)
{
    bool is_dns = strncmp(text, "DNS:", 4) == 0, is_ip = strncmp(text, "IP:", 3) == 0;
    uint8_t address[16], ip_version;
    struct bytes name = bytes_of(text + (is_dns ? 4 : is_ip ? 3 : 0));
    bool is_address = is_ip && read_address(name, &ip_version, address);
    const char *known = is_address ? aliases_address(aliases, ALIAS_SERVER, ip_version, address)
                        : is_dns   ? aliases_host(aliases, name)
                                   : NULL;
    if (!known && ((is_dns || is_address) || !aliases_has(aliases, ALIAS_NAMES)))
        return NULL;
    if (!known)
        return alias_of(aliases, ALIAS_SAN, bytes_of(text));
    struct alias *alias = take(aliases, ALIAS_SAN, bytes_of(text));
    if (!alias)
        return shapes[ALIAS_SAN].other;
    if (!*alias->alias)
        snprintf(alias->alias, sizeof alias->alias, "%s%s", is_ip ? "IP:" : "DNS:", known);
    return alias->alias;
}

const char *aliases_capture(struct aliases *aliases, const char *name)
{
    return alias_of(aliases, ALIAS_CAPTURE, bytes_of(name));
}

void aliases_keep(struct aliases *aliases, const char *text)
{
    struct alias *alias = take(aliases, ALIAS_HOST, bytes_of(text));
    if (alias && !*alias->alias)
        alias->is_kept = true;
}

/* Something that can be read as an address, wherever it begins. */
static bool holds_address(struct bytes text)
{
    static const char chars[] = "0123456789abcdefABCDEF.:";
    uint8_t address[16], ip_version;
    for (size_t i = 0, end; i < text.len; i = end + 1) {
        for (end = i; end < text.len && text.at[end] && strchr(chars, text.at[end]);)
            end++;
        struct bytes word = bytes_slice(text, i, end - i);
        while (word.len > 0 && strchr(".:", word.at[word.len - 1]))
            word.len--;
        for (size_t from = 0; from < word.len; from++)
            if (word.len - from >= 2 && read_address(bytes_slice(word, from, word.len - from), &ip_version, address))
                return true;
        const uint8_t *colon = word.len > 0 ? memchr(word.at, ':', word.len) : NULL; /* a port behind it */
        if (colon && read_address(bytes_slice(word, 0, (size_t)(colon - word.at)), &ip_version, address))
            return true;
    }
    return false;
}

static struct alias *find_text(const struct aliases *aliases, struct bytes text)
{
    char lower[HOST_LEN];
    struct alias *alias = find(aliases, text);
    return alias ? alias : find(aliases, lower_of(lower, text));
}

struct bytes aliases_text(struct aliases *aliases, struct bytes text)
{
    uint8_t address[16], ip_version;
    const struct alias *alias = find_text(aliases, text);
    if (alias && alias->is_kept)
        return text;
    if (alias && *alias->alias)
        return bytes_of(alias->alias);
    if (read_address(text, &ip_version, address)) {
        const char *known = aliases_address(aliases, ALIAS_SERVER, ip_version, address);
        return known ? bytes_of(known) : text;
    }
    if (aliases_has(aliases, ALIAS_NAMES) || holds_address(text))
        return bytes_of(left_out);
    return text;
}

/* ---- the key */

static void write_original(FILE *file, const struct alias *alias)
{
    for (size_t i = 0; i < alias->len; i++) {
        unsigned char c = (unsigned char)alias->original[i];
        if (c < 0x20 || c == 0x7F || c == '\\')
            fprintf(file, "\\x%02X", c);
        else
            fputc(c, file);
    }
}

int aliases_write(const struct aliases *aliases, int fd)
{
    int copy = dup(fd);
    FILE *file = copy >= 0 ? fdopen(copy, "w") : NULL;
    if (!file) {
        if (copy >= 0)
            close(copy);
        return -1;
    }
    for (size_t i = 0; i < aliases->num; i++) {
        if (!*aliases->order[i]->alias)
            continue;
        fprintf(file, "%s\t", aliases->order[i]->alias);
        write_original(file, aliases->order[i]);
        fputc('\n', file);
    }
    bool is_bad = ferror(file) != 0;
    return fclose(file) != 0 || is_bad ? -1 : 0;
}
