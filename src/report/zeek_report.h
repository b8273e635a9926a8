/*
 * Zeek's logs of TLS: zeek.c is the format, zeek_ssl.c writes lines of ssl.log, zeek_x509.c of x509.log. Fields and
 * values are those of Zeek 7's own scripts, with validation_status as its policy script validate-certs adds it.
 */
#ifndef TLSWHY_REPORT_ZEEK_REPORT_H
#define TLSWHY_REPORT_ZEEK_REPORT_H

#include "report/format.h"
#include "report/zeek_writer.h"

extern const struct zeek_field zeek_ssl_fields[], zeek_x509_fields[];

/* Of connections that spoke TLS, in whatever version. */
void zeek_ssl_line(struct zeek_log *log, const struct connection *c);

/* Certificates that were written, each once for each role. */
struct zeek_known;
struct zeek_known *zeek_known_new(void); /* NULL: out of memory */
void zeek_known_free(struct zeek_known *known);
/* Of those of its certificates that are new. */
void zeek_x509_lines(struct zeek_log *log, struct zeek_known *known, const struct connection *c);

/* The latest event that this connection's line tells of: a completed handshake ends it, as Zeek looks no further. */
static inline bool zeek_is_told(const struct connection *c, const struct event *event)
{
    return !c->handshake_end.place.frame || event->last.time_ns <= c->handshake_end.time_ns;
}

#endif
