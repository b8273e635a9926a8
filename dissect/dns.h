/*
 * DNS responses (RFC 1035), as far as names of servers need them: the question, A and AAAA answers, CNAME chains, the
 * response code. Compressed names are followed with a bound on jumps. Nothing else of DNS is kept.
 */
#ifndef TLSWHY_DISSECT_DNS_H
#define TLSWHY_DISSECT_DNS_H

#include "dissect/cursor.h"

enum { DNS_NAME_LEN = 256, DNS_MAX_ADDRESSES = 32 };

struct dns_address {
    uint8_t ip_version; /* 4 or 6 */
    uint8_t bytes[16];
};

struct dns_message {
    uint16_t id;
    bool is_response;
    bool is_truncated; /* TC */
    uint8_t opcode, rcode;
    uint16_t qtype;          /* of the first question: 1 A, 28 AAAA, ... */
    char name[DNS_NAME_LEN]; /* the first question's name, presentation form without the last dot; bytes outside [!-~]
                                and
                                '.' or '\' inside a label as \DDD */
    unsigned num_addresses;
    struct dns_address addresses[DNS_MAX_ADDRESSES];
};

/* c over one message (UDP payload, or after the two-byte length on TCP). *out is always fully initialised. */
void dns_parse(struct cursor *c, struct dns_message *out);

#endif
