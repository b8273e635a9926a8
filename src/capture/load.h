/* Integers of capture-file framing in the file's byte order. The caller has checked that the bytes are there: a record
 * header is checked once for all its fields, since this is the one loop that every packet goes through. */
#ifndef TLSWHY_CAPTURE_LOAD_H
#define TLSWHY_CAPTURE_LOAD_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t load16(const uint8_t *at, bool is_swapped)
{
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return is_swapped ? __builtin_bswap16(value) : value;
}

static inline uint32_t load32(const uint8_t *at, bool is_swapped)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return is_swapped ? __builtin_bswap32(value) : value;
}

static inline uint64_t load64(const uint8_t *at, bool is_swapped)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return is_swapped ? __builtin_bswap64(value) : value;
}

/* True when a file of this byte order has to be swapped on this machine. */
static inline bool load_is_swapped(bool is_big_endian)
{
    return is_big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
}

#endif
