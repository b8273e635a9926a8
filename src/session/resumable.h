/*
 * Master secrets of sessions up to TLS 1.2 that may be resumed later, by session ID (RFC 5246 section 7.4.1.2) or
 * ticket (RFC 5077): a fixed number of them, the oldest makes room. Wiped when freed.
 */
#ifndef TLSWHY_SESSION_RESUMABLE_H
#define TLSWHY_SESSION_RESUMABLE_H

#include "session/keylog.h"

struct resumable;

struct resumable *resumable_new(uint32_t num); /* NULL: out of memory */
void resumable_free(struct resumable *sessions);
/* Of an ID that comes again the later one counts. An empty ID stands for nothing. */
void resumable_put(struct resumable *sessions, struct bytes id, const uint8_t master[MASTER_SECRET_LEN]);
bool resumable_find(const struct resumable *sessions, struct bytes id, uint8_t master[MASTER_SECRET_LEN]);
uint64_t resumable_forgotten(const struct resumable *sessions); /* how many made room */

#endif
