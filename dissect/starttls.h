/*
 * Protocols that begin in plain text and turn to TLS when asked: which one a dialogue is, whether TLS was offered,
 * asked for, and what the answer was.
 *
 * Pure: reads what both sides said, in full or as much as is known, up to where TLS begins. Which of the server's
 * answers belongs to which command is told by their order (or tag, or number), never by time, so that the result does
 * not depend on how the bytes travelled. A text that stops is read as far as its last whole line or message.
 *
 * RFC 3207 (SMTP, LMTP), 9051 (IMAP), 2595 (POP3), 4217 (FTP), 4642 (NNTP), 5804 (ManageSieve), 6120 (XMPP), 4511
 * (LDAP); IRCv3 tls; the protocols of PostgreSQL and MySQL; MS-TDS; MS-RDPBCGR.
 */
#ifndef TLSWHY_DISSECT_STARTTLS_H
#define TLSWHY_DISSECT_STARTTLS_H

#include "dissect/cursor.h"

#include <stdbool.h>
#include <stdint.h>

enum starttls_protocol {
    STARTTLS_NONE = 0,
    STARTTLS_SMTP,
    STARTTLS_LMTP,
    STARTTLS_IMAP,
    STARTTLS_POP3,
    STARTTLS_FTP,
    STARTTLS_NNTP,
    STARTTLS_SIEVE,
    STARTTLS_IRC,
    STARTTLS_XMPP,
    STARTTLS_LDAP,
    STARTTLS_POSTGRES,
    STARTTLS_MYSQL,
    STARTTLS_TDS,
    STARTTLS_RDP,
    NUM_STARTTLS_PROTOCOLS
};
const char *starttls_name(enum starttls_protocol protocol);  /* "smtp" "imap" ...; NULL for none */
const char *starttls_label(enum starttls_protocol protocol); /* "SMTP" "IMAP" ...; NULL for none */
const char *starttls_verb(enum starttls_protocol protocol);  /* "STARTTLS" "STLS" "SSLRequest" ...; NULL for none */

enum talker { TALK_CLIENT = 0, TALK_SERVER = 1 };

/* What each side said before TLS, from the first byte of its stream (or behind a proxy's part of it). */
struct talk {
    struct bytes said[2];
};

/* A part of what one side said. */
struct talk_text {
    uint32_t at, len; /* len 0: none */
};

enum starttls_offer {
    STARTTLS_OFFER_UNKNOWN = 0, /* the server did not list what it can */
    STARTTLS_OFFERED,
    STARTTLS_NOT_OFFERED, /* it did, without TLS */
};

enum starttls_answer { STARTTLS_NO_ANSWER = 0, STARTTLS_ACCEPTED, STARTTLS_REFUSED };

/* What both agreed on beside TLS. */
enum starttls_mode {
    STARTTLS_WHOLE = 0,  /* nothing */
    STARTTLS_LOGIN_ONLY, /* MS-TDS: behind the login the connection goes on in the clear */
    STARTTLS_CREDSSP,    /* RDP: the client logs in by CredSSP as soon as TLS stands */
    NUM_STARTTLS_MODES
};
const char *starttls_mode_name(enum starttls_mode mode); /* "login-only" "credssp"; NULL for nothing */

struct starttls {
    enum starttls_protocol protocol;
    enum starttls_offer offer;
    enum starttls_answer answer;
    bool is_asked;    /* the client asked for TLS */
    bool is_in_clear; /* the client went about its business without TLS */
    bool is_demanded; /* the server's answer says that it takes nobody without TLS, or without CredSSP */
    enum starttls_mode mode;
    struct talk_text masked[2]; /* by talker: a word written over with X, as some firewalls treat what they filter */
    struct talk_text listed;    /* of the server: the line that lists TLS, or ends the list without it */
    struct talk_text asked;     /* of the client: the (last) question */
    struct talk_text answered;  /* of the server: its answer */
    struct talk_text reason;    /* the words in it, where it is no text itself */
    const char *reason_name;    /* static, where the answer has a number that has a name; NULL none */
};

/* False, and `out` empty: none of the protocols known, or too little to tell. */
bool starttls_read(struct starttls *out, const struct talk *talk);

#endif
