/* Times as reports write them: RFC 3339, UTC. */
#ifndef TLSWHY_REPORT_TIMESTAMP_H
#define TLSWHY_REPORT_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>

enum { TIMESTAMP_LEN = 32 };

/* time_ns since 1970 into buf as "2026-11-21T15:02:03.123456Z" with `digits` (0 to 9) decimals. Returns buf. */
const char *timestamp_write(char buf[TIMESTAMP_LEN], int64_t time_ns, unsigned digits);

/* The same for people: "2026-11-21 15:02:03.123456". */
const char *timestamp_write_plain(char buf[TIMESTAMP_LEN], int64_t time_ns, unsigned digits);

/* RFC 3339 with any offset, or a date alone (its beginning in UTC), in seconds since 1970; fractions are dropped. */
bool timestamp_read(const char *text, int64_t *seconds);

#endif
