/*
 * Where a client that talks in the clear begins to log in. A report quotes nothing from there on: not even a ticket
 * about a login that should have been encrypted spreads it.
 *
 * Pure. Words of text protocols (SMTP, IMAP, POP3, FTP, NNTP, ManageSieve, IRC, XMPP, HTTP, Redis) at the beginning of
 * a line; by their form SOCKS 5 (RFC 1929), LDAP's bind, the login packets of PostgreSQL, MySQL and MS-TDS, the CONNECT
 * of MQTT, AMQP behind its header.
 */
#ifndef TLSWHY_DISSECT_CREDENTIALS_H
#define TLSWHY_DISSECT_CREDENTIALS_H

#include "dissect/cursor.h"

/* Of what a client said from its first byte on: how many bytes stand before a name, a password or the like, the command
 * that announces them included; `said.len` where none is known. */
size_t credentials_find(struct bytes said);

#endif
