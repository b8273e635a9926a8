/*
 * Record compression up to TLS 1.2 (RFC 3749: DEFLATE): one stream of zlib's over all records of a side under one set
 * of keys, so each of them has to go through it.
 */
#ifndef TLSWHY_SESSION_RECORD_COMPRESSION_H
#define TLSWHY_SESSION_RECORD_COMPRESSION_H

#include "dissect/cursor.h"

enum { COMPRESSION_NULL = 0, COMPRESSION_DEFLATE = 1 };

struct inflater;

/* NULL: out of memory, or this program has no zlib. */
struct inflater *inflater_new(void);
void inflater_free(struct inflater *inflater); /* wipes */

enum inflate_result { INFLATE_OK, INFLATE_BROKEN, INFLATE_TOO_MUCH /* LIMIT_INFLATED */ };
/* One record's content; *out lies in the inflater until the next call. */
enum inflate_result inflater_run(struct inflater *inflater, struct bytes in, struct bytes *out);

#endif
