/*
 * What stands in front of a connection's own bytes when a proxy carries it: HTTP CONNECT (RFC 9110 section 9.3.6),
 * SOCKS 4, 4a and 5 (RFC 1928, 1929), and the header of the PROXY protocol (versions 1 and 2).
 *
 * Pure, as starttls.h, whose talk it reads: which answer belongs to which question is told by their order.
 */
#ifndef TLSWHY_DISSECT_PROXY_H
#define TLSWHY_DISSECT_PROXY_H

#include "dissect/starttls.h"

enum proxy_kind { PROXY_NONE = 0, PROXY_HTTP_CONNECT, PROXY_SOCKS4, PROXY_SOCKS5, PROXY_PROTOCOL };
const char *proxy_name(enum proxy_kind kind);  /* "http-connect" "socks4" "socks5" "proxy-protocol"; NULL for none */
const char *proxy_label(enum proxy_kind kind); /* "HTTP CONNECT" "SOCKS 4" ...; NULL for none */

enum proxy_answer { PROXY_NO_ANSWER = 0, PROXY_GRANTED, PROXY_REFUSED };

/* Why it was refused, as far as the answer tells. */
enum proxy_reason {
    PROXY_REASON_UNKNOWN = 0,
    PROXY_REASON_LOGIN,
    PROXY_REASON_RULES,          /* the proxy does not let the client through to this target */
    PROXY_REASON_UNREACHED,      /* the proxy tried, and did not get through to the target */
    PROXY_REASON_TARGET_REFUSED, /* the target itself refused the connection */
};

struct proxy_address {
    uint8_t ip_version; /* 4, 6; 0: none */
    uint16_t port;
    uint8_t address[16];
};

struct proxy {
    enum proxy_kind kind;
    enum proxy_answer answer;
    enum proxy_reason reason;    /* where it refused */
    bool is_login;               /* the reason is PROXY_REASON_LOGIN */
    bool has_login;              /* the client gave one with its (last) request */
    struct talk_text asked;      /* of the client: the last request to connect (the first line of CONNECT) */
    struct talk_text answered;   /* of the server: the answer (its status line) */
    struct talk_text name;       /* of the client: the target's name, where it is no address */
    struct proxy_address target; /* its port in any case; the address where it is no name */
    struct proxy_address source; /* PROXY protocol: who connected to whom in truth; also in front of a tunnel */
    const char *status;          /* static, SOCKS: what the answer's number means; NULL none */
    size_t used[2];              /* bytes of each side that are the proxy's: TLS, or what asks for it, goes on there */
};

/* False, and `out` empty: no proxy, or too little to tell. */
bool proxy_read(struct proxy *out, const struct talk *talk);

#endif
