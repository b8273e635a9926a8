/*
 * A report that can leave the house: before its formats see them, connections, look-ups and servers are copied without
 * what names somebody. Addresses, host names and subjects become aliases (alias/aliases.h), the same ones that
 * diagnose puts into sentences; what could be turned back (hashes and serial numbers of certificates, randoms, session
 * IDs, tickets, addresses of issuers and responders, banners, what proxies were asked for, file names) is left out.
 * Session IDs and randoms keep their length, as zeros.
 *
 * Whoever diagnoses makes the names known before, with redactor_meet().
 */
#ifndef TLSWHY_REDACT_REDACT_H
#define TLSWHY_REDACT_REDACT_H

#include "alias/aliases.h"
#include "report/report.h"

struct redactor;

struct redactor *redactor_new(unsigned parts); /* of enum alias_part; NULL: out of memory */
void redactor_free(struct redactor *redactor); /* may be NULL */
struct aliases *redactor_aliases(struct redactor *redactor);

/* Makes aliases for all that names somebody in it. */
void redactor_meet(struct redactor *redactor, const struct connection *c);
void redactor_meet_failure(struct redactor *redactor, const struct name_failure *failure);

/* Each returns what is to be reported, valid until the next call of the same; NULL: out of memory. */
const struct report_connection *redactor_connection(struct redactor *redactor, const struct report_connection *shown);
const struct report_name *redactor_name(struct redactor *redactor, const struct report_name *name,
                                        const struct name_failure *failure);
/* What the user said and was read from, in place. */
void redactor_summary(struct redactor *redactor, struct report_summary *summary);
const struct server_profile *redactor_server(struct redactor *redactor, const struct server_profile *server);

#endif
