/* Which servers (address and port) spoke TLS in this capture: attempts on them are worth telling. Bounded by
 * LIMIT_SERVERS. */
#ifndef TLSWHY_SESSION_SERVERS_H
#define TLSWHY_SESSION_SERVERS_H

#include <stdbool.h>
#include <stdint.h>

struct servers;

struct servers *servers_new(void); /* NULL: out of memory */
void servers_free(struct servers *servers);
void servers_add(struct servers *servers, uint8_t ip_version, const uint8_t address[16], uint16_t port);
bool servers_has(const struct servers *servers, uint8_t ip_version, const uint8_t address[16], uint16_t port);
uint64_t servers_limit_hits(const struct servers *servers);

#endif
