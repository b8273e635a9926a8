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
    struct bytes dcid, scid; /* none in a short header, whose ID has no length */
    struct bytes token;      /* Initial, Retry */
    struct bytes versions;   /* Version Negotiation: four bytes each */
    size_t header_len;       /* of Initial, 0-RTT and Handshake: up to the packet number */
    uint64_t length;         /* the same: packet number and payload, as declared */
    struct bytes packet;     /* from its first byte on, as captured */
};

/* The next packet of a datagram. False at the end, or with a fault. */
bool quic_packet_next(struct cursor *datagram, struct quic_packet *out);

/* What a client begins a connection with: an Initial, of a version that is known or reserved, in a datagram of 1200
 * bytes or more (as sent). */
bool quic_begins(struct bytes datagram, size_t len);

enum {
    QUIC_FRAME_PADDING = 0x00,
    QUIC_FRAME_PING = 0x01,
    QUIC_FRAME_ACK = 0x02,
    QUIC_FRAME_ACK_ECN = 0x03,
    QUIC_FRAME_CRYPTO = 0x06,
    QUIC_FRAME_CLOSE = 0x1C,
    QUIC_FRAME_CLOSE_APPLICATION = 0x1D,
};

struct quic_frame {
    uint64_t type;
    uint64_t offset;    /* CRYPTO */
    struct bytes data;  /* CRYPTO: as captured; CONNECTION_CLOSE: the reason */
    uint64_t error;     /* CONNECTION_CLOSE */
    uint64_t caused_by; /* the same: type of the frame that was in error, 0 unknown */
};

/* The next frame of an Initial or Handshake packet, padding apart. False at the end, or with a fault: MALFORMED also
 * for a frame that such packets may not hold. */
bool quic_frame_next(struct cursor *payload, struct quic_frame *out);

#endif
