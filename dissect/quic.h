/*
 * QUIC packets as they lie on the wire: RFC 9000 section 17, RFC 9369 section 3.2, RFC 8999. What encryption hides is
 * for others to open; the frames that Initial and Handshake packets may hold are read here once it is (section 19).
 *
 * Slices borrow the datagram.
 */
#ifndef TLSWHY_DISSECT_QUIC_H
#define TLSWHY_DISSECT_QUIC_H

#include "dissect/cursor.h"

#define QUIC_VERSION_1        UINT32_C(0x00000001)
#define QUIC_VERSION_2        UINT32_C(0x6B3343CF)
#define QUIC_VERSION_DRAFT_29 UINT32_C(0xFF00001D)
#define QUIC_VERSION_DRAFT_33 UINT32_C(0xFF000021)
#define QUIC_VERSION_DRAFT_34 UINT32_C(0xFF000022)

enum {
    QUIC_LONG_HEADER = 0x80,     /* of a packet's first byte */
    QUIC_FIXED_BIT = 0x40,       /* the same; set but where the peers agreed not to care (RFC 9287) */
    QUIC_CID_MAX_LEN = 20,       /* of the versions below */
    QUIC_INITIAL_MIN_LEN = 1200, /* bytes of a datagram that holds a client's Initial */
    QUIC_TAG_LEN = 16,
    QUIC_CRYPTO_ERROR = 0x100, /* error codes from here on, 256 of them, are TLS alerts */
};

/* Versions 1 and 2, drafts 29 to 34: all of which are read. */
bool quic_version_is_known(uint32_t version);
/* "v1" "v2" "draft-29" ...; NULL unknown. */
const char *quic_version_name(uint32_t version);
/* Of the form that no version has, so that servers answer with Version Negotiation (RFC 9000 section 15). */
bool quic_version_is_reserved(uint32_t version);
/* "CONNECTION_REFUSED" ...; NULL for others, and for those of TLS. */
const char *quic_error_name(uint64_t code);
/* The same of HTTP/3 and QPACK, in CONNECTION_CLOSE frames of the application: "H3_NO_ERROR" ... */
const char *quic_http3_error_name(uint64_t code);

/* RFC 9000 section 16. */
uint64_t quic_varint(struct cursor *c, const char *field);

enum quic_kind {
    QUIC_INITIAL,
    QUIC_0RTT,
    QUIC_HANDSHAKE,
    QUIC_RETRY,
    QUIC_VERSION_NEGOTIATION,
    QUIC_SHORT, /* 1-RTT, or a stateless reset: reaches to the end of its datagram */
    QUIC_OTHER, /* a long header of a version that is not known: so does this one */
};

struct quic_packet {
    enum quic_kind kind;
    uint8_t first; /* byte, header protection included */
    uint32_t version;
    struct bytes dcid, scid; /* a short header's ID has no length: see quic_packet_short() */
    struct bytes token;      /* Initial, Retry */
    struct bytes versions;   /* Version Negotiation: four bytes each */
    size_t header_len;       /* of Initial, 0-RTT, Handshake and short: up to the packet number */
    uint64_t length;         /* the same: packet number and payload, as declared */
    struct bytes packet;     /* from its first byte on, as captured */
};

/* The next packet of a datagram. False at the end, or with a fault. */
bool quic_packet_next(struct cursor *datagram, struct quic_packet *out);
/* A short header's packet whose destination has IDs of id_len bytes, which become its dcid and part of its header.
 * False: it is too short for them. */
bool quic_packet_short(struct quic_packet *packet, size_t id_len);

/* What a client begins a connection with: an Initial, of a version that is known or reserved, in a datagram of 1200
 * bytes or more (as sent). */
bool quic_begins(struct bytes datagram, size_t len);

enum {
    QUIC_FRAME_PADDING = 0x00,
    QUIC_FRAME_PING = 0x01,
    QUIC_FRAME_ACK = 0x02,
    QUIC_FRAME_ACK_ECN = 0x03,
    QUIC_FRAME_CRYPTO = 0x06,
    QUIC_FRAME_STREAM = 0x08, /* up to QUIC_FRAME_STREAM_LAST: the low bits tell which fields there are */
    QUIC_FRAME_STREAM_LAST = 0x0F,
    QUIC_FRAME_NEW_CONNECTION_ID = 0x18,
    QUIC_FRAME_CLOSE = 0x1C,
    QUIC_FRAME_CLOSE_APPLICATION = 0x1D,
    QUIC_FRAME_HANDSHAKE_DONE = 0x1E,
    QUIC_FRAME_DATAGRAM = 0x30, /* RFC 9221 */
    QUIC_FRAME_DATAGRAM_LAST = 0x31,
};

struct quic_frame {
    uint64_t type;
    uint64_t offset;    /* CRYPTO */
    struct bytes data;  /* CRYPTO: as captured; CONNECTION_CLOSE: the reason; NEW_CONNECTION_ID: the ID. No others' */
    uint64_t error;     /* CONNECTION_CLOSE */
    uint64_t caused_by; /* the same: type of the frame that was in error, 0 unknown */
};

/* The next frame of an Initial or Handshake packet, padding apart. False at the end, or with a fault: MALFORMED also
 * for a frame that such packets may not hold. */
bool quic_frame_next(struct cursor *payload, struct quic_frame *out);
/* The same of a 1-RTT packet, which may hold any frame; MALFORMED for those that RFC 9000 and RFC 9221 do not know. */
bool quic_frame_next_1rtt(struct cursor *payload, struct quic_frame *out);

enum { QUIC_PARAMETER_PREFERRED_ADDRESS = 0x0D };

/* What a server asks to be reached at after the handshake (RFC 9000 section 18.2). */
struct quic_preferred_address {
    struct bytes ipv4, ipv6; /* 4 and 16 bytes; zeros where it has none */
    uint16_t ipv4_port, ipv6_port;
    struct bytes id; /* to be used there */
};
void quic_preferred_address_parse(struct cursor *c, struct quic_preferred_address *out);

#endif
