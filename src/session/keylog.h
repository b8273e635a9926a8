/*
 * Key logs in NSS's format (draft-ietf-tls-keylogfile, RFC 9850): text, one secret a line, as SSLKEYLOGFILE makes
 * programs write it and as pcapng's decryption secrets blocks carry it.
 */
#ifndef TLSWHY_SESSION_KEYLOG_H
#define TLSWHY_SESSION_KEYLOG_H

#include "dissect/cursor.h"

/* What a secret protects. */
enum secret_kind {
    SECRET_MASTER,           /* CLIENT_RANDOM: the master secret of SSLv3 to TLS 1.2 */
    SECRET_CLIENT_EARLY,     /* 0-RTT */
    SECRET_CLIENT_HANDSHAKE, /* TLS 1.3, as all below */
    SECRET_SERVER_HANDSHAKE,
    SECRET_CLIENT_TRAFFIC,
    SECRET_SERVER_TRAFFIC,
    NUM_SECRETS,
};

enum { KEYLOG_RANDOM_LEN = 32, SECRET_MAX_LEN = 64, MASTER_SECRET_LEN = 48 };

struct keylog_line {
    enum secret_kind kind;
    uint8_t client_random[KEYLOG_RANDOM_LEN];
    uint8_t secret[SECRET_MAX_LEN];
    uint8_t secret_len; /* of a hash: 32, 48 or 64 */
};

enum keylog_status {
    KEYLOG_SECRET,  /* *out is filled */
    KEYLOG_NOTHING, /* a blank line or a comment */
    KEYLOG_OTHER,   /* a label of the format whose secret opens no record of TLS over TCP by itself (exporters, ECH) */
    KEYLOG_ODD,     /* no line of a key log, or one that was cut */
};

/* One line, with or without its end. *out holds a secret: the caller wipes it. */
enum keylog_status keylog_line_parse(struct bytes line, struct keylog_line *out);

#endif
