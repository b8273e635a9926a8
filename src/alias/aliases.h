/*
 * Names that stand for others: the same alias for the same address, host name or subject throughout a report and what
 * goes along with it. Knows nothing of connections; diagnose asks it for every name that a sentence holds.
 *
 * What is aliased is told by the parts. Of what is not, the original comes back. Bounded by LIMIT_ALIASES: further
 * names share one alias of their kind, nothing leaks.
 */
#ifndef TLSWHY_ALIAS_ALIASES_H
#define TLSWHY_ALIAS_ALIASES_H

#include "dissect/cursor.h"

enum { ALIAS_LEN = 40 };
enum alias_part { ALIAS_ADDRESSES = 1, ALIAS_NAMES = 2, ALIAS_ALL = 3 };

enum alias_kind {
    ALIAS_CLIENT,   /* "client-1": addresses, by the part that they had first */
    ALIAS_SERVER,   /* "server-1" */
    ALIAS_RESOLVER, /* "resolver-1" */
    ALIAS_ROUTER,   /* "router-1" */
    ALIAS_HOST,     /* "host-1.example" */
    ALIAS_SUBJECT,  /* "CN=subject-1" */
    ALIAS_SAN,      /* "DNS:host-1.example" */
    ALIAS_CAPTURE,  /* "capture-1" */
    NUM_ALIAS_KINDS
};

struct aliases;

struct aliases *aliases_new(unsigned parts); /* of enum alias_part; NULL: out of memory */
void aliases_free(struct aliases *aliases);
bool aliases_has(const struct aliases *aliases, enum alias_part part);

/* Each returns the alias, made when it is not known; it stays valid. NULL: this part is not aliased. */
const char *aliases_address(struct aliases *aliases, enum alias_kind kind, uint8_t ip_version,
                            const uint8_t address[16]);
/* Of a host, in any case of letters. A wildcard's keeps its "*."; an address that stands in a name's place is one. */
const char *aliases_host(struct aliases *aliases, struct bytes name);
/* A distinguished name as text. */
const char *aliases_subject(struct aliases *aliases, const char *text);
/* A subject alternative name as certificate_facts write it; kinds that nobody verifies keep no name at all. */
const char *aliases_san(struct aliases *aliases, const char *text);
const char *aliases_capture(struct aliases *aliases, const char *name);
/* This text is nobody's name: it may stand in sentences. */
void aliases_keep(struct aliases *aliases, const char *text);

/* Text that may be any of these: its alias, itself where it need not have one (or was kept), else that it was left out.
 */
struct bytes aliases_text(struct aliases *aliases, struct bytes text);

/* All of them, "alias<TAB>original" a line, originals escaped as in JSON's byte strings; to undo it. -1 and errno. */
int aliases_write(const struct aliases *aliases, int fd);

#endif
