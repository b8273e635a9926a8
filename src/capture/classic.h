/*
 * Classic pcap files: draft-ietf-opsawg-pcap, and what older programs wrote (Kuznetzov's longer record headers, swapped
 * lengths of versions before 2.4, Ixia's longer file header).
 */
#ifndef TLSWHY_CAPTURE_CLASSIC_H
#define TLSWHY_CAPTURE_CLASSIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct classic {
    bool is_swapped;          /* the other byte order than this machine's */
    bool has_lengths_swapped; /* wire length before captured length */
    uint32_t record_len;      /* of a record header */
    uint32_t per_second;      /* units of the fraction of a time stamp */
    uint32_t snaplen;         /* a captured length above this needs a second look */
    uint16_t link_type;
    unsigned told; /* oddities that were noted already */
};

#endif
