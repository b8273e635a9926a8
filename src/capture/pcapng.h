/* pcapng files: draft-ietf-opsawg-pcapng. pcapng.c walks the blocks, pcapng_blocks.c reads those that hold no packet.
 */
#ifndef TLSWHY_CAPTURE_PCAPNG_H
#define TLSWHY_CAPTURE_PCAPNG_H

#include "dissect/cursor.h"
#include "error.h"

enum pcapng_type {
    PCAPNG_SECTION = 0x0a0d0d0a,
    PCAPNG_INTERFACE = 1,
    PCAPNG_OLD_PACKET = 2,
    PCAPNG_SIMPLE_PACKET = 3,
    PCAPNG_NAMES = 4,
    PCAPNG_STATISTICS = 5,
    PCAPNG_PACKET = 6,
    PCAPNG_JOURNAL = 9,
    PCAPNG_SECRETS = 10,
    PCAPNG_SYSDIG = 0x204, /* events of that tracer */
    PCAPNG_SYSDIG_V2 = 0x216,
    PCAPNG_SYSDIG_V2_LARGE = 0x221,
    PCAPNG_CUSTOM = 0xbad,
    PCAPNG_CUSTOM_NO_COPY = 0x40000bad,
};

enum { PCAPNG_BYTE_ORDER_MAGIC = 0x1a2b3c4d };

struct pcapng_interface {
    uint16_t link_type;
    uint8_t time_digits;
    uint8_t exponent; /* units of time stamps are 10^-exponent seconds, or 2^-exponent */
    bool is_binary;
    uint32_t multiplier;                    /* units to nanoseconds; 0 where that takes more than a multiplication */
    uint32_t snaplen;                       /* 0: unlimited */
    int64_t offset_ns;                      /* to add */
    uint64_t interface_drops, kernel_drops; /* the latest counters */
};

struct pcapng {
    bool is_swapped; /* the other byte order than this machine's */
    bool is_big_endian;
    bool is_contradiction_told, is_len_told; /* notes that a file gets once */
    struct pcapng_interface *interfaces;     /* of the section being read */
    uint32_t num_interfaces;
    uint32_t first_interface; /* of this section, among the input's */
};

struct reader;

/* Reads a whole block, from type to trailing length, that holds no packet. Other types are left alone. -1 without
 * memory. */
int pcapng_block_read(struct reader *r, uint32_t type, struct bytes block, struct error *error) MUST_CHECK;

struct capture_packet;

/* Keeps the comments among a packet's options; what evidence announces goes to packet->left_out. */
void pcapng_packet_comments(struct reader *r, struct bytes options, struct capture_packet *packet);

/* A time stamp of an interface in nanoseconds since 1970; what no moment can hold is clamped. */
int64_t pcapng_time_ns(const struct pcapng_interface *interface, uint64_t units);

#endif
