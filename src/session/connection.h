/*
 * One connection as reports and rules see it: everything that was observed, each fact with its place.
 *
 * Built from a session when its connection ended, by connection_build(); plain values and slices borrowed from the
 * session, valid as long as that is and until connection_cleanup(). Nothing here is a judgement: outcome and verdict
 * come from diagnose.
 */
#ifndef TLSWHY_SESSION_CONNECTION_H
#define TLSWHY_SESSION_CONNECTION_H

#include "dissect/handshake.h"
#include "dissect/proxy.h"
#include "dissect/ssl2.h"
#include "dissect/starttls.h"
#include "flow/flow.h"
#include "place.h"
#include "session/keys.h"
#include "trust/certificate.h"
#include "trust/ocsp.h"
#include "trust/verify.h"

#include <stdbool.h>
#include <stdint.h>

enum role { ROLE_CLIENT = 0, ROLE_SERVER = 1 };

enum connection_protocol { PROTOCOL_NONE = 0, PROTOCOL_TLS, PROTOCOL_SSL2, PROTOCOL_DTLS, PROTOCOL_QUIC };
const char *protocol_name(enum connection_protocol protocol); /* "none" "tls" "ssl2" "dtls" "quic" */

enum chain_missing {
    CHAIN_PRESENT = 0,
    CHAIN_ENCRYPTED,
    CHAIN_RESUMED,
    CHAIN_NOT_CAPTURED,
    CHAIN_NOT_SENT,
    CHAIN_RAW_PUBLIC_KEY, /* a Certificate message that holds a key alone */
    CHAIN_MALFORMED,      /* a Certificate message that broke the protocol before the first certificate */
};
const char *chain_missing_name(enum chain_missing why); /* "encrypted" "resumed" "not-captured" "not-sent"; else NULL */

/* Why records stayed hidden though there were keys. */
enum keys_error {
    KEYS_NO_ERROR = 0,
    KEYS_MISSING,         /* none for this ClientHello's random */
    KEYS_INCOMPLETE,      /* some of the secrets that it takes are not there */
    KEYS_REFUSED,         /* a record's tag, MAC or padding is wrong under the secret of the key log */
    KEYS_UNSUPPORTED,     /* a suite or compression that is not decrypted */
    KEYS_GAP,             /* records that the capture does not hold, too many to find the place again */
    KEYS_FORWARD_SECRECY, /* there are only private keys, and this key exchange does not encrypt to the server's */
    KEYS_OTHER_KEY,       /* none of the private keys belongs to the server's certificate */
    KEYS_PREMASTER,       /* the client's key exchange does not decrypt with the private key */
    KEYS_SESSION_UNKNOWN, /* it was resumed, and the capture does not hold the handshake that made the session */
};
/* "missing" "incomplete" "authentication-failed" "unsupported" "gap" "forward-secrecy" "other-key"
 * "premaster-unreadable" "session-unknown"; NULL for none. */
const char *keys_error_name(enum keys_error error);

/* What happened, in the order of the streams. Drawn as a ladder, walked by rules. */
enum event_kind {
    EVENT_HANDSHAKE, /* a readable handshake message: type is its handshake type; level, where it is not 0, the bytes
                        before its body (SSLv2) */
    EVENT_HIDDEN,    /* a record whose content encryption hides; type is the outer content type; only the first few and
                        those    around the handshake are kept */
    EVENT_ALERT,     /* a readable alert: level, code */
    EVENT_HIDDEN_ALERT, /* an encrypted alert record (content type 21 in TLS 1.2 and older after ChangeCipherSpec, but
                           for suites that do not encrypt) */
    EVENT_CHANGE_CIPHER_SPEC,
    EVENT_HEARTBEAT,    /* level: heartbeat type; code: 1 when overlong */
    EVENT_APPLICATION,  /* the first application data record of this role */
    EVENT_GAP,          /* bytes the capture does not hold: len of them */
    EVENT_RESUMED_SYNC, /* after a gap: records were found again from here */
    EVENT_NOT_TLS,      /* bytes that are no TLS: the stream is given up from here */
    EVENT_FAULT,        /* a message that broke the protocol in `field`: type, len as of its EVENT_HANDSHAKE, which it
                           follows; `offset` is that of the fault, or of the message when is_split */
    EVENT_EMPTY_RECORD, /* a record without content that has to have some: type is its content type, len how many of
                           them came in a row */
    EVENT_FIN,          /* code: enum quic_fin, what ended a QUIC connection, 0 with TCP */
    EVENT_RST,
};
enum { HIDDEN_KEEP = 16 }; /* protected records noted for each side; the latest replaces the last of them */
enum quic_fin { QUIC_FIN_CLOSE = 1 /* CONNECTION_CLOSE without an alert */, QUIC_FIN_NEGOTIATION };
struct event {
    enum event_kind kind : 8;
    enum role role : 8;
    uint8_t type, level, code;
    bool is_after_gap : 1;     /* read after a gap: what came before may be missing */
    bool is_encrypted : 1;     /* on the wire; a message or alert: it was decrypted */
    bool is_hello_kept : 1;    /* private to the session: `body` is a ClientHello in parts */
    bool is_split : 1;         /* a message that lies in more than one record */
    enum fault_kind fault : 2; /* EVENT_FAULT; EVENT_HANDSHAKE that the capture cut: SHORT */
    uint16_t version;          /* of the record */
    uint32_t len;              /* of the message or record body */
    union {
        uint32_t body_len;       /* of what is kept of it */
        uint32_t extension_mark; /* EVENT_FAULT: 1 + the type of the extension that it lies in, 0 in none */
        uint32_t wire_len;       /* protected records (HIDDEN, HIDDEN_ALERT, APPLICATION): of the body as it was sent */
    };
    uint64_t offset;           /* in the stream */
    struct moment first, last; /* packets that carry its first and last byte; `last` is where Wireshark shows it */
    union {
        const void *body;  /* private to the session: of handshake messages that are kept, without header */
        const char *field; /* EVENT_FAULT: a static string in the RFC's own term */
        uint64_t number;   /* protected records: how many of this side came before; not all of them have an event */
    };
};

/* Name of a handshake message by its type, also of SSLv2 ("client_hello"); NULL unknown. */
const char *event_message_name(const struct event *event);
/* The same as RFCs write messages: "client_hello" is "ClientHello". Returns buf. */
enum { MESSAGE_TITLE_LEN = 64 };
const char *message_title(char buf[MESSAGE_TITLE_LEN], const char *name);

/* Why only a part of a message was read (EVENT_HANDSHAKE with FAULT_SHORT): what became of the rest. */
enum message_cut {
    CUT_UNKNOWN = 0,
    CUT_SNAPLEN,        /* cut by the snapshot length */
    CUT_NOT_CAPTURED,   /* the peer acknowledged it, but the capture does not hold it */
    CUT_UNACKNOWLEDGED, /* the capture does not hold it, and nobody acknowledged it */
    CUT_CLOSED,         /* never sent: the sender closed */
    CUT_RESET,          /* a RST of either side came before it */
    CUT_CAPTURE_END,    /* it had not come when the capture ended */
    CUT_SILENCE,        /* it never came, until the connection was given up */
};

struct connection;
enum message_cut message_cut_of(const struct connection *c, const struct event *event);
const char *message_cut_name(enum message_cut cut); /* "snapshot-length" ... for JSON; NULL unknown */

/* A list of names and what they stand for is left to the registries: these are code points as they came. */

struct connection_chain {
    struct certificate **certificates; /* held by the session */
    unsigned num;
    bool is_cut; /* more were presented than were kept, or captured */
    struct place place;
    struct fault fault;                 /* of the message; offset within its body */
    struct bytes status;                /* CertificateStatus that TLS 1.3 carries with the leaf; empty: none */
    struct certificate *raw_public_key; /* in place of certificates (RFC 7250); NULL none */
};

/* A whole Certificate message without a certificate in it. */
static inline bool connection_chain_is_empty(const struct connection_chain *chain)
{
    return chain->num == 0 && !chain->raw_public_key && !chain->is_cut && chain->fault.kind == FAULT_NONE;
}

/* A handshake message of which fragments never came (DTLS). */
struct incomplete_message {
    uint8_t type;
    uint16_t message_seq;
    uint32_t length, had; /* bytes as declared, bytes that came */
    uint32_t repeats;     /* fragments that came again */
    struct moment last;
};

/* What only datagrams have; by role where there are two. */
struct datagram_facts {
    uint32_t num_hello_verifies;
    struct moment last_hello_verify;
    uint32_t num_repeats[2]; /* fragments of messages that were whole already, and of the last flight: sent again */
    struct moment last_repeat[2];
    bool has_incomplete[2];
    struct incomplete_message incomplete[2]; /* the first such message */
};

/* A line or message that one side said before TLS, up to 128 bytes of it, and the packet of its last byte. */
struct told_text {
    struct bytes text;
    struct moment moment; /* frame 0: it was not said */
};

/* See dissect/starttls.h. */
struct starttls_facts {
    enum starttls_protocol protocol;
    enum starttls_offer offer;
    enum starttls_answer answer; /* accepted also where a ClientHello stands in its place */
    enum starttls_mode mode;
    bool is_asked, is_in_clear, is_demanded;
    bool is_more_said[2]; /* by talker: plain text between the question or the answer that grants it, and TLS */
    struct told_text listed, asked, answered;
    struct told_text masked[2]; /* by talker: what shows that something on the way wrote over the word for TLS */
    struct moment login;        /* the client logged in without TLS; frame 0: it did not. What it said is not kept */
    struct bytes reason;        /* the words in the answer, where it is no text itself; empty: none */
    const char *reason_name;    /* the name of the answer's number; NULL none */
};

/* See dissect/proxy.h. */
struct proxy_facts {
    enum proxy_kind kind;
    enum proxy_answer answer;
    enum proxy_reason reason;
    bool is_login, has_login;
    struct told_text asked, answered;
    struct bytes name;           /* the target's; empty where it is an address */
    struct bytes target, source; /* with their ports, as "host:443", "[2001:db8::1]:443"; empty unknown */
    const char *status_name;     /* SOCKS; NULL none */
};

/* How much of what a side said before TLS shows what became of TLS, and is not for its users alone: the first `len`
 * bytes of its stream, but for `hidden` (credentials). */
enum { SAID_HIDDEN = 6 };
struct said_openly {
    uint32_t len;
    unsigned num_hidden;
    struct {
        uint32_t at, len;
    } hidden[SAID_HIDDEN];
};

struct before_tls {
    struct said_openly openly[2]; /* by role */
    struct starttls_facts starttls;
    struct proxy_facts proxy;
    struct bytes http_server; /* "Server" of a server that speaks HTTP in place of TLS; empty: none */
};

/* Addresses and ports that a connection moved to; by role. */
struct quic_path {
    struct moment first; /* datagram from or to there */
    uint8_t ip_version;
    uint8_t address[2][16];
    uint16_t port[2];
};

/* What only QUIC has; by role where there are two. */
struct quic_facts {
    uint32_t first_version, version; /* of the client's first Initial, of the latest one that was opened; 0 none */
    uint32_t num_initials[2];        /* datagrams with an Initial */
    struct moment last_initial[2];
    bool has_retry, has_early_data, has_version_negotiation;
    struct moment retry, version_negotiation;
    struct bytes versions; /* of the server, from Version Negotiation: four bytes each */
    bool has_one_rtt[2];   /* packets with the keys of a finished handshake */
    struct moment one_rtt[2];
    bool has_close[2];            /* a readable CONNECTION_CLOSE; one with a TLS alert is an EVENT_ALERT, too */
    bool is_application_close[2]; /* its code is one of the protocol above QUIC */
    uint64_t close_code[2];
    struct bytes close_reason[2];
    struct moment close[2];
    const struct quic_path *paths; /* that it moved to, in the order in which they were seen */
    unsigned num_paths;
    /* With keys. */
    bool has_handshake_done; /* the server has the client's Finished, and takes it */
    struct moment handshake_done;
    uint32_t num_key_updates[2];
};

/* The name of the code that a side closed with: of QUIC, or of HTTP/3; NULL for others, and for alerts. */
const char *quic_close_name(const struct quic_facts *facts, enum role role);

/* What a key log's secrets of Encrypted ClientHello gave (RFC 9849). */
enum ech_status {
    ECH_UNREAD = 0, /* there are none */
    ECH_OPENED,
    ECH_NOT_OPENED,  /* it does not open with them */
    ECH_MALFORMED,   /* what is in it is no ClientHello */
    ECH_UNSUPPORTED, /* algorithms that are none of OpenSSL's, or a config of another version */
};
const char *ech_status_name(enum ech_status status); /* "authentication-failed" "malformed" "unsupported"; else NULL */
struct ech_facts {
    enum ech_status status;
    struct bytes inner_body; /* ClientHelloInner, put together; empty unless it was opened */
    struct client_hello inner;
    int accepted; /* by the server's confirmation: 1, -1; 0 unknown */
};

struct connection {
    const struct flow *flow;
    uint64_t id;
    uint8_t client_side;  /* flow side of the client: 0 or 1 */
    bool is_role_certain; /* SYN, hello or a one-role message told; else it was guessed from ports */
    enum connection_protocol protocol;
    uint32_t group;
    uint8_t time_digits; /* 6 or 9 */
    enum flow_end end_kind;
    struct moment end; /* the packet at which it became final */

    const char *name;      /* server name as known, NUL-terminated raw bytes; NULL unknown */
    const char *name_from; /* "sni" "ech" (the encrypted hello's) "given" "proxy" (asked of a proxy) "dns" */

    /* hellos; has_ says that the message was seen at least in part */
    bool has_client_hello, has_second_client_hello, has_server_hello, has_hello_retry;
    struct client_hello client_hello, second_client_hello;
    struct server_hello server_hello, hello_retry;
    struct moment client_hello_moment, second_client_hello_moment, server_hello_moment, hello_retry_moment;
    struct bytes client_hello_body; /* zeros in the parts that dissect/client_hello_parts.h calls opaque, unless the
                                       sessions keep all */
    uint8_t *hello_bodies[2];       /* private: ClientHellos put together again, owned */
    /* Of each message what ended its reading; offsets within the body. What was not read stays 0 or empty. */
    struct fault client_hello_fault, second_client_hello_fault, server_hello_fault, hello_retry_fault;
    bool is_client_hello_cut, is_server_hello_cut; /* SHORT: the capture holds only a part */
    bool is_client_hello_after_gap, is_server_hello_after_gap, is_key_exchange_after_gap; /* see struct event */
    bool has_ssl2_server_hello;
    struct ssl2_server_hello ssl2_server_hello;
    bool has_ssl2_cipher; /* chosen by CLIENT-MASTER-KEY */
    uint32_t ssl2_cipher;

    uint16_t version; /* negotiated; 0 unknown */
    bool has_cipher;
    uint16_t cipher;
    uint16_t group_id;                  /* negotiated key-exchange group, 0 unknown */
    struct bytes alpn;                  /* application protocol chosen, empty unknown */
    bool is_resumed, is_full_handshake; /* neither: that cannot be told */
    bool has_early_data_offer;
    int early_data; /* 1 accepted, -1 rejected, 0 unknown or not sent */

    bool has_key_exchange;
    struct server_key_exchange key_exchange;
    struct fault key_exchange_fault;
    struct moment key_exchange_moment;
    bool has_encrypted_extensions; /* TLS 1.3, with keys */
    struct extensions encrypted_extensions;
    struct moment encrypted_extensions_moment;
    bool has_certificate_request;
    struct certificate_request certificate_request;
    struct fault certificate_request_fault;
    struct moment certificate_request_moment;
    bool has_certificate_status;
    struct certificate_status certificate_status;
    struct moment certificate_status_moment;
    bool has_certificate_verify;
    struct certificate_verify certificate_verify;
    enum role certificate_verify_role;
    struct moment certificate_verify_moment;
    bool has_ticket;
    bool has_ticket_lifetime; /* it was read */
    uint32_t ticket_lifetime;
    struct connection_chain chain, client_chain;
    bool has_client_certificate_message; /* also when it was empty */
    enum chain_missing chain_missing;

    /* how far it came, by role */
    bool has_change_cipher_spec[2];
    bool has_finished[2]; /* "encrypted from here": Finished as far as it can be seen */
    bool has_application_data[2];
    struct moment finished_moment[2];
    bool is_refused_after_finished; /* TLS 1.3: the server answered the client's Finished with a record of an alert's
                                       size and a close */
    struct moment handshake_end;    /* frame 0: not completed */
    unsigned renegotiations;
    bool has_gap_in_handshake, has_cut_in_handshake; /* bytes the peer acknowledged; bytes the snapshot length cut */
    bool has_unacknowledged_gap; /* a hole in the handshake that nobody acknowledged: lost on the path */

    enum keys_source keys; /* of the records that were decrypted; KEYS_NONE: none was */
    enum keys_error keys_error;

    const struct event *events;
    unsigned num_events;
    bool is_events_cut;              /* more happened than LIMIT_SESSION_EVENTS */
    struct event *own_events;        /* private: the events where faults came between them, owned */
    struct connection_fault *faults; /* private: while it is built */
    unsigned num_faults, cap_faults;

    /* What trust says of `chain`: filled after connection_build(), by who knows the stores. One for each store, and
     * those of completed chains; none where nobody was asked. Valid until another connection is asked about. */
    const struct verification *verifications;
    unsigned num_verifications;
    const struct ocsp_staple *staple; /* NULL: none was stapled, or it was not looked at */

    struct ech_facts ech;
    struct datagram_facts datagrams; /* DTLS */
    struct quic_facts quic;

    struct before_tls before_tls; /* STARTTLS, proxies: protocol and kind are 0 where there was none */
    struct bytes first_bytes[2];  /* by role: what a side said that is no TLS, up to 64 bytes, and of
                                     the client not beyond where it logs in (dissect/credentials.h) */
};

/* A protected record of TLS 1.3 with this length can be an alert (JSSE's padding included), by the suite chosen. */
bool connection_is_alert_size(const struct connection *c, uint32_t len);
/* The same of a Finished, and of an EndOfEarlyData. */
bool connection_is_finished_size(const struct connection *c, uint32_t len);
bool connection_is_end_of_early_data_size(const struct connection *c, uint32_t len);

/* What diagnose adds. Verdict codes are those of the findings catalogue; NULL where no verdict was chosen. */
enum outcome { OUTCOME_COMPLETED, OUTCOME_FAILED, OUTCOME_INCOMPLETE, OUTCOME_NOT_TLS };
const char *outcome_name(enum outcome outcome); /* "completed" "failed" "incomplete" "not-tls" */

#endif
