/*
 * The server's side as the user tells it (--server-ciphers and the like), where the capture cannot show it: code
 * points, each list whole or not told at all. It is the user's word: findings that rest on it say so.
 */
#ifndef TLSWHY_DIAGNOSE_TOLD_H
#define TLSWHY_DIAGNOSE_TOLD_H

#include "session/connection.h"

#include <stdbool.h>
#include <stdint.h>

enum { TOLD_CODES = 512 };

/* In the order in which it was told, each once; empty: not told. */
struct told_list {
    uint16_t at[TOLD_CODES];
    unsigned num;
};

struct told_server {
    char name[256];     /* "": of all servers. Asked for by name, or given; or an address, then with ip_version */
    uint8_t ip_version; /* 4, 6; 0: `name` is a name */
    uint8_t address[16];
    uint16_t port; /* 0: any */
    struct told_list versions, ciphers, groups, signature_algorithms;
    unsigned key_kinds; /* enum key_kind of profile.h; 0: not told */
};

bool told_list_has(const struct told_list *list, uint16_t code);
/* False: full. */
bool told_list_add(struct told_list *list, uint16_t code);

bool told_is_any(const struct told_server *told);
/* Something was told of the server of this connection. */
bool told_applies(const struct told_server *told, const struct connection *c);

#endif
