/* IP addresses as text: dotted decimal, RFC 5952 for IPv6. */
#ifndef TLSWHY_REPORT_ADDRESS_H
#define TLSWHY_REPORT_ADDRESS_H

#include <stdint.h>

enum { ADDRESS_LEN = 46 };

/* ip_version 4 or 6; IPv4 takes the first four bytes. 0: the bytes are text, an alias. Returns buf. */
const char *address_write(char buf[ADDRESS_LEN], uint8_t ip_version, const uint8_t address[16]);

#endif
