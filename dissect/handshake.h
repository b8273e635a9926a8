/*
 * TLS handshake messages, alerts and heartbeats: bytes in, facts out. RFC 6101, 2246, 4346, 5246, 8446, the TLS 1.3
 * drafts.
 *
 * Every parser takes a cursor over the message body (after the four-byte header), resets *out first and leaves the
 * fault, if any, in the cursor; what was read before the fault stays in *out. Bytes left over after a whole body are
 * FAULT_MALFORMED. All slices borrow the body.
 */
#ifndef TLSWHY_DISSECT_HANDSHAKE_H
#define TLSWHY_DISSECT_HANDSHAKE_H

#include "dissect/cursor.h"
#include "dissect/extensions.h"
#include "dissect/registry.h"

enum content_type {
    CONTENT_CHANGE_CIPHER_SPEC = 20,
    CONTENT_ALERT = 21,
    CONTENT_HANDSHAKE = 22,
    CONTENT_APPLICATION_DATA = 23,
    CONTENT_HEARTBEAT = 24,
};

enum handshake_type {
    HS_HELLO_REQUEST = 0,
    HS_CLIENT_HELLO = 1,
    HS_SERVER_HELLO = 2,
    HS_HELLO_VERIFY_REQUEST = 3,
    HS_NEW_SESSION_TICKET = 4,
    HS_END_OF_EARLY_DATA = 5,
    HS_HELLO_RETRY_REQUEST = 6, /* drafts up to 21 */
    HS_ENCRYPTED_EXTENSIONS = 8,
    HS_CERTIFICATE = 11,
    HS_SERVER_KEY_EXCHANGE = 12,
    HS_CERTIFICATE_REQUEST = 13,
    HS_SERVER_HELLO_DONE = 14,
    HS_CERTIFICATE_VERIFY = 15,
    HS_CLIENT_KEY_EXCHANGE = 16,
    HS_FINISHED = 20,
    HS_CERTIFICATE_URL = 21,
    HS_CERTIFICATE_STATUS = 22,
    HS_SUPPLEMENTAL_DATA = 23,
    HS_KEY_UPDATE = 24,
    HS_COMPRESSED_CERTIFICATE = 25,
    HS_NEXT_PROTOCOL = 67,
    HS_CHANNEL_ID = 203,
    HS_MESSAGE_HASH = 254,
};

enum {
    VERSION_SSL2 = 0x0002,
    VERSION_SSL3 = 0x0300,
    VERSION_TLS10 = 0x0301,
    VERSION_TLS11 = 0x0302,
    VERSION_TLS12 = 0x0303,
    VERSION_TLS13 = 0x0304,
    VERSION_TLCP = 0x0101, /* GB/T 38636: TLS 1.1's records and messages under another number */
    VERSION_DTLS10 = 0xFEFF,
    VERSION_DTLS12 = 0xFEFD,
    VERSION_DTLS13 = 0xFEFC,
    VERSION_DTLS13_DRAFT43 = 0x7F2B, /* the last draft, which NSS and Firefox speak: the same on the wire */
};

/* True for TLS 1.3 and for everything that negotiates like it: drafts 0x7Fxx and the experiments of versions.csv. */
bool version_is_tls13(uint16_t version);
bool version_is_dtls13(uint16_t version);
/* N of the draft of TLS, 0 when it is none. Experiments count as the draft they were built on. */
unsigned version_tls13_draft(uint16_t version);
/* The version of TLS that a version of DTLS is built on, and numbered and compared as; others are what they are. */
uint16_t version_as_tls(uint16_t version);
/* True when a signature names its algorithm: TLS 1.2, DTLS 1.2 and later. */
bool version_signs_with_algorithm(uint16_t version);

enum { RECORD_HEADER_LEN = 5, HANDSHAKE_HEADER_LEN = 4, RECORD_MAX_LEN = 16384 + 2048 };

struct record_header {
    uint8_t type;
    uint16_t version;
    uint16_t length;
};

void record_header_parse(struct cursor *c, struct record_header *out);
/* A header that a TLS stack could have sent: known content type, version 0x0300..0x0304 (or a draft's, or TLCP's),
 * length 1..2^14+2048 (0 for application data too). */
bool record_header_is_plausible(const struct record_header *h);
/* A plausible header but for its length of 0, which only application data may have (RFC 5246 section 6.2.1, RFC 8446
 * section 5.1). Stacks step over such a record. */
bool record_header_is_empty(const struct record_header *h);

/* What the first bytes of one side's stream are. */
enum opening {
    OPENING_UNDECIDED, /* too few bytes yet */
    OPENING_TLS,       /* a TLS record, or an empty one and another header */
    OPENING_SSL2,      /* an SSLv2 record: old protocol or the v2-compatible hello */
    OPENING_OTHER,     /* anything else */
};
enum { OPENING_LEN = 11 }; /* with that many bytes the answer is never UNDECIDED */
enum opening opening_recognise(struct bytes first);

struct handshake_header {
    uint8_t type;
    uint32_t length;
};
void handshake_header_parse(struct cursor *c, struct handshake_header *out);

struct client_hello {
    bool is_v2; /* came as an SSLv2 CLIENT-HELLO: cipher_specs instead of cipher_suites, challenge as random */
    uint16_t legacy_version;
    struct bytes random;
    struct bytes session_id;
    struct bytes dtls_cookie; /* DTLS only */
    struct u16_list cipher_suites;
    struct bytes cipher_specs; /* is_v2: three bytes each, 0x00XXXX is TLS suite 0xXXXX */
    struct bytes compression_methods;
    struct extensions ext;
};
void client_hello_parse(struct cursor *body, struct client_hello *out);
void client_hello_dtls_parse(struct cursor *body, struct client_hello *out);

struct server_hello {
    uint16_t legacy_version;
    uint16_t version; /* supported_versions' choice, else legacy_version; 0 when the message ends, or breaks, before
                         that could be told */
    struct bytes random;
    struct bytes session_id;
    uint16_t cipher_suite;
    uint8_t compression_method;
    bool is_draft_layout;        /* drafts up to 21: no session_id and no compression_method */
    bool is_hello_retry_request; /* random is RFC 8446's SHA-256("HelloRetryRequest"), or message type 6 */
    bool is_kind_unknown;        /* the capture cut the message before it could be told from a HelloRetryRequest */
    struct extensions ext;
};
void server_hello_parse(struct cursor *body, struct server_hello *out);
void hello_retry_request_parse(struct cursor *body, struct server_hello *out); /* type 6 of drafts up to 21 */

/* RFC 8446 section 4.1.3: the last eight bytes of the random. 0 none, VERSION_TLS12 "DOWNGRD\1", VERSION_TLS11
 * "DOWNGRD\0". */
uint16_t server_hello_downgrade_sentinel(const struct server_hello *h);

struct certificate_message {
    bool is_tls13;
    bool is_raw_public_key; /* RFC 7250 up to TLS 1.2: `list` is one SubjectPublicKeyInfo, not a list */
    struct bytes request_context;
    struct bytes list; /* entries without the list's length; iterate with certificate_next() */
};
void certificate_message_parse(struct cursor *body, bool is_tls13, struct certificate_message *out);
/* c over `list`. `extensions` is empty up to TLS 1.2. A certificate that the capture cut is not returned. */
bool certificate_next(struct cursor *c, bool is_tls13, struct bytes *der, struct bytes *extensions);

enum kx_kind {
    KX_UNKNOWN = 0,
    KX_RSA,
    KX_RSA_EXPORT,
    KX_DHE,
    KX_DH_ANON,
    KX_ECDHE,
    KX_ECDH_ANON,
    KX_PSK,
    KX_DHE_PSK,
    KX_ECDHE_PSK,
    KX_RSA_PSK,
    KX_SRP,
    KX_ECJPAKE,
    KX_GOST
};
const char *kx_kind_name(enum kx_kind kind); /* "ecdhe", "dhe", ... lower case, for key_exchange.kind */
enum kx_kind cipher_suite_kx_kind(const struct cipher_suite *suite);

struct server_key_exchange {
    enum kx_kind kind;
    uint8_t curve_type;      /* 3 = named_curve */
    uint16_t group;          /* named_curve */
    struct bytes public_key; /* ECDHE point, DH Ys, SRP's B, the modulus of an export RSA key, EC J-PAKE's proof */
    uint16_t dh_bits;        /* bits of the DH prime without leading zeros, or of an export RSA modulus */
    struct bytes dh_p, dh_g; /* SRP's N and g too */
    struct bytes psk_hint;
    bool has_signature_algorithm; /* TLS 1.2, and it was read */
    uint16_t signature_algorithm;
    struct bytes signature;
};
void server_key_exchange_parse(struct cursor *body, enum kx_kind kind, uint16_t version,
                               struct server_key_exchange *out);

struct certificate_request {
    bool is_tls13;
    struct bytes types; /* up to TLS 1.2 */
    /* In TLS 1.3 these two are the extensions' own. */
    struct u16_list signature_algorithms;
    struct bytes authorities;     /* iterate with dn_next() */
    struct bytes request_context; /* TLS 1.3 */
    struct extensions ext;        /* TLS 1.3 */
};
void certificate_request_parse(struct cursor *body, uint16_t version, struct certificate_request *out);

struct certificate_status {
    uint8_t type;          /* 1 ocsp, 2 ocsp_multi */
    struct bytes response; /* the first OCSPResponse, DER */
};
void certificate_status_parse(struct cursor *body, struct certificate_status *out);

struct certificate_verify {
    bool has_algorithm; /* TLS 1.2 and later, and it was read */
    uint16_t algorithm;
    struct bytes signature;
};
void certificate_verify_parse(struct cursor *body, uint16_t version, struct certificate_verify *out);

struct new_session_ticket {
    bool is_tls13;
    bool has_lifetime; /* it was read */
    uint32_t lifetime; /* seconds */
    uint32_t age_add;
    struct bytes nonce, ticket;
    struct extensions ext; /* TLS 1.3 */
};
void new_session_ticket_parse(struct cursor *body, uint16_t version, struct new_session_ticket *out);

void encrypted_extensions_parse(struct cursor *body, struct extensions *out);

struct compressed_certificate { /* RFC 8879 section 4 */
    uint16_t algorithm;
    uint32_t uncompressed_length;
    struct bytes compressed;
};
void compressed_certificate_parse(struct cursor *body, struct compressed_certificate *out);

/* Alerts that rules know by name; alert_name() knows them all. */
enum alert_code {
    ALERT_CLOSE_NOTIFY = 0,
    ALERT_HANDSHAKE_FAILURE = 40,
    ALERT_ILLEGAL_PARAMETER = 47,
    ALERT_UNKNOWN_CA = 48,
    ALERT_DECODE_ERROR = 50,
    ALERT_PROTOCOL_VERSION = 70,
    ALERT_INSUFFICIENT_SECURITY = 71,
    ALERT_INTERNAL_ERROR = 80,
    ALERT_INAPPROPRIATE_FALLBACK = 86,
    ALERT_USER_CANCELED = 90,
    ALERT_NO_RENEGOTIATION = 100,
    ALERT_UNRECOGNIZED_NAME = 112,
    ALERT_UNKNOWN_PSK = 115,
    ALERT_CERTIFICATE_REQUIRED = 116,
    ALERT_NO_APPLICATION_PROTOCOL = 120,
    ALERT_ECH_REQUIRED = 121,
};

struct alert {
    uint8_t level; /* 1 warning, 2 fatal */
    uint8_t code;
};
/* True when the record's fragment is one or more plain alerts: level 1 or 2 and two bytes each. False without a fault
 * at its end, and for a fragment that is no plain alert (an encrypted one); FAULT_SHORT where the capture cut one. */
bool alert_next(struct cursor *fragment, struct alert *out);

struct heartbeat { /* RFC 6520 section 4 */
    uint8_t type;  /* 1 request, 2 response */
    uint16_t payload_length;
    bool is_overlong; /* payload_length exceeds the record: CVE-2014-0160 */
};
/* An encrypted one faults MALFORMED by its type (but for two of 256). An overlong one is no fault. */
void heartbeat_parse(struct cursor *fragment, struct heartbeat *out);

#endif
