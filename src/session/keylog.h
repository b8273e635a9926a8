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
    SECRET_PREMASTER,  /* PMS_CLIENT_RANDOM, RSA: what the master secret is derived from */
    SECRET_ECH,        /* the shared secret of Encrypted ClientHello's HPKE */
    SECRET_ECH_CONFIG, /* the ECHConfig that was used: not secret, but told beside it */
    NUM_SECRETS,
};

/* The word that begins its lines. */
const char *secret_label(enum secret_kind kind);

enum {
    KEYLOG_RANDOM_LEN = 32,
    KEYLOG_RSA_LEN = 8, /* of the encrypted premaster secret, what RSA lines know it by */
    SECRET_MAX_LEN = 64,
    MASTER_SECRET_LEN = 48,
    KEYLOG_SECRET_MAX_LEN = 1024, /* of premaster secrets (DH's are as long as its prime) and ECHConfigs */
};

struct keylog_line {
    enum secret_kind kind;
    bool is_rsa;                              /* known by its encrypted form: */
    uint8_t client_random[KEYLOG_RANDOM_LEN]; /* the first bytes of that, then zeros */
    uint16_t secret_len;                      /* of traffic secrets that of a hash: 32, 48 or 64 */
    uint8_t secret[KEYLOG_SECRET_MAX_LEN];
};

enum keylog_status {
    KEYLOG_SECRET,  /* *out is filled */
    KEYLOG_NOTHING, /* a blank line or a comment */
    KEYLOG_OTHER,   /* a label of the format whose secret opens no record of TLS over TCP by itself (exporters) */
    KEYLOG_ODD,     /* no line of a key log, or one that was cut */
};

/* One line, with or without its end. *out holds a secret: the caller wipes it. */
enum keylog_status keylog_line_parse(struct bytes line, struct keylog_line *out);

#endif
