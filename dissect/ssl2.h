/*
 * SSLv2 records and messages (Hickman 1995), and the version-2 compatible CLIENT-HELLO of RFC 5246 appendix E.2.
 */
#ifndef TLSWHY_DISSECT_SSL2_H
#define TLSWHY_DISSECT_SSL2_H

#include "dissect/handshake.h"

struct ssl2_record_header {
    uint16_t length;    /* bytes after the header */
    uint8_t padding;    /* three-byte headers */
    uint8_t header_len; /* 2 or 3 */
    bool is_escape;     /* three-byte headers: a security escape, which no message uses */
};
void ssl2_record_header_parse(struct cursor *c, struct ssl2_record_header *out);

enum ssl2_message {
    SSL2_ERROR = 0,
    SSL2_CLIENT_HELLO = 1,
    SSL2_CLIENT_MASTER_KEY = 2,
    SSL2_CLIENT_FINISHED = 3,
    SSL2_SERVER_HELLO = 4,
    SSL2_SERVER_VERIFY = 5,
    SSL2_SERVER_FINISHED = 6,
    SSL2_REQUEST_CERTIFICATE = 7,
    SSL2_CLIENT_CERTIFICATE = 8,
};

/* body: the record's data after its message type byte. is_v2 is set; legacy_version is the version offered (0x0002 for
 * SSLv2 itself, 0x0300 and later for the compatible hello). */
void ssl2_client_hello_parse(struct cursor *body, struct client_hello *out);

struct ssl2_server_hello {
    bool session_id_hit;
    uint8_t certificate_type;
    uint16_t version;
    struct bytes certificate;  /* DER */
    struct bytes cipher_specs; /* three bytes each */
    struct bytes connection_id;
};
void ssl2_server_hello_parse(struct cursor *body, struct ssl2_server_hello *out);

struct ssl2_client_master_key {
    uint32_t cipher_kind; /* 24 bits */
};
void ssl2_client_master_key_parse(struct cursor *body, struct ssl2_client_master_key *out);

#endif
