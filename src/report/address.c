/* IP addresses: RFC 5952 sections 4 and 5. */
#include "report/address.h"

#include <string.h>

static char *put_decimal(char *at, uint8_t value)
{
    if (value >= 100)
        *at++ = (char)('0' + value / 100);
    if (value >= 10)
        *at++ = (char)('0' + value / 10 % 10);
    *at++ = (char)('0' + value % 10);
    return at;
}

static char *put_v4(char *at, const uint8_t *address)
{
    for (unsigned i = 0; i < 4; i++) {
        if (i > 0)
            *at++ = '.';
        at = put_decimal(at, address[i]);
    }
    return at;
}

static char *put_group(char *at, unsigned value)
{
    int shift = 12;
    while (shift > 0 && value >> shift == 0)
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        *at++ = "0123456789abcdef"[value >> shift & 0xF];
    return at;
}

/* The first longest run of at least two groups of zero. */
static void longest_zeros(const unsigned groups[8], unsigned *start, unsigned *len)
{
    *start = 8;
    *len = 1;
    for (unsigned i = 0; i < 8; i++) {
        unsigned run = 0;
        while (i + run < 8 && groups[i + run] == 0)
            run++;
        if (run > *len) {
            *start = i;
            *len = run;
        }
    }
}

static char *put_v6(char *at, const uint8_t address[16])
{
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    if (memcmp(address, mapped, sizeof mapped) == 0) {
        memcpy(at, "::ffff:", 7);
        return put_v4(at + 7, address + 12);
    }
    unsigned groups[8], start, len;
    for (unsigned i = 0; i < 8; i++)
        groups[i] = (unsigned)address[2 * i] << 8 | address[2 * i + 1];
    longest_zeros(groups, &start, &len);
    for (unsigned i = 0; i < 8; i++) {
        if (i == start) {
            *at++ = ':';
            *at++ = ':';
            i += len - 1;
            continue;
        }
        if (i > 0 && i != start + len)
            *at++ = ':';
        at = put_group(at, groups[i]);
    }
    return at;
}

const char *address_write(char buf[ADDRESS_LEN], uint8_t ip_version, const uint8_t address[16])
{
    if (ip_version == 0) {
        memcpy(buf, address, 16);
        buf[16] = '\0';
        return buf;
    }
    char *end = ip_version == 6 ? put_v6(buf, address) : put_v4(buf, address);
    *end = '\0';
    return buf;
}
