/*
 * DNS messages (RFC 1035), as far as names of servers need them: the question, the A and AAAA records of the answer
 * section (of the name itself and of what its CNAMEs lead to), the response code. Nothing else of DNS is kept.
 *
 * Only the first question's name is read, and it cannot be compressed, since nothing stands before it: a pointer there
 * is FAULT_MALFORMED. Compressed names elsewhere are passed over and never followed, so no loop of pointers can be
 * entered.
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
    uint16_t qtype; /* of the first question: 1 A, 28 AAAA, ... */
    /* The first question's name, presentation form without the last dot; bytes outside [!-~] and '.' or '\' inside a
     * label as \DDD. Empty: none, the root, or one whose escapes do not fit. */
    char name[DNS_NAME_LEN];
    unsigned num_addresses; /* those after DNS_MAX_ADDRESSES are left out */
    struct dns_address addresses[DNS_MAX_ADDRESSES];
};

/* c over one message (UDP payload, or after the two-byte length on TCP). *out is always fully initialised; what was
 * read before a fault stays in it. Bytes after the last record are FAULT_MALFORMED. */
void dns_parse(struct cursor *c, struct dns_message *out);

#endif
