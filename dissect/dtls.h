/*
 * DTLS records and handshake fragments: RFC 6347 section 4, RFC 9147 section 4, connection IDs of RFC 9146.
 *
 * A datagram holds whole records, a record whole fragments. Slices borrow the datagram.
 */
#ifndef TLSWHY_DISSECT_DTLS_H
#define TLSWHY_DISSECT_DTLS_H

#include "dissect/handshake.h"

enum {
    DTLS_RECORD_HEADER_LEN = 13,
    DTLS_FRAGMENT_HEADER_LEN = 12,
    DTLS_CONNECTION_ID_MAX_LEN = 255,
    CONTENT_TLS12_CID = 25, /* RFC 9146: protected, with a connection ID in its header */
    CONTENT_ACK = 26,       /* RFC 9147 section 7 */
};

/* The pre-standard version that OpenSSL's DTLS1_BAD_VER and some VPN clients still speak. */
enum { VERSION_DTLS_BAD = 0x0100 };
/* True for the versions of DTLS. */
bool version_is_dtls(uint16_t version);

struct dtls_record {
    uint8_t type;      /* of a unified header CONTENT_APPLICATION_DATA: the real one is encrypted */
    bool is_unified;   /* the header of DTLS 1.3's protected records */
    uint16_t version;  /* 0: unified */
    uint16_t epoch;    /* unified: its two lowest bits */
    uint64_t sequence; /* 48 bits; unified: encrypted, 0 */
    struct bytes connection_id;
    struct bytes header; /* as sent */
    uint32_t length;     /* of the body as declared */
    struct bytes body;   /* as captured */
};

/* The next record of a datagram; cid_len: of the connection IDs that the receiver asked for, 0 none. False at the end,
 * or with a fault: what follows cannot be told. A unified header without a length reaches to the datagram's end, and so
 * does a record of which nobody knows how long its connection ID is. */
bool dtls_record_next(struct cursor *datagram, size_t cid_len, struct dtls_record *out);

struct dtls_fragment {
    uint8_t type;
    uint32_t length; /* of the whole message */
    uint16_t message_seq;
    uint32_t offset, fragment_length;
    struct bytes bytes; /* as captured */
};

/* The next fragment of a plain handshake record. FAULT_MALFORMED: one that reaches beyond its message. */
bool dtls_fragment_next(struct cursor *record, struct dtls_fragment *out);

/* A header that a stack could have sent. */
bool dtls_record_is_plausible(const struct dtls_record *record);

/* True when a datagram is made of DTLS records from its first byte to its last, the first of them with the full header
 * (RFC 7983's range 20 to 63 alone would match other protocols). */
bool dtls_recognise(struct bytes datagram, size_t declared);

struct hello_verify_request {
    uint16_t version;
    struct bytes cookie;
};
void hello_verify_request_parse(struct cursor *body, struct hello_verify_request *out);

#endif
