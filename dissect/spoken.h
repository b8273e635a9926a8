/*
 * What a side speaks that is no TLS, told from its first bytes. Pure. RFC 9110 (HTTP), 4253 (SSH), 5321 (SMTP), 959
 * (FTP), 9051 (IMAP), 1939 (POP3), 3977 (NNTP), 2812 (IRC), 6120 (XMPP), 6143 (VNC), 4511 (LDAP), 854 (Telnet); AMQP,
 * MQTT, RESP (Redis), MS-TDS, MS-RDPBCGR, the protocols of MySQL and PostgreSQL.
 */
#ifndef TLSWHY_DISSECT_SPOKEN_H
#define TLSWHY_DISSECT_SPOKEN_H

#include "dissect/cursor.h"

#include <stdbool.h>

struct spoken {
    const char *protocol; /* for a sentence: "HTTP", "SMTP or FTP" */
    bool is_starttls;     /* a protocol that has STARTTLS, or the like */
};

/* NULL: nothing known. */
const struct spoken *spoken_by_server(struct bytes first);
const struct spoken *spoken_by_client(struct bytes first);

#endif
