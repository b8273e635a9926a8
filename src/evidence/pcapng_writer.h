/*
 * Blocks of pcapng files (draft-ietf-opsawg-pcapng), little endian: sections, interfaces, packets with comments, and
 * decryption secrets. Texts are cut where an option has no more room.
 */
#ifndef TLSWHY_EVIDENCE_PCAPNG_WRITER_H
#define TLSWHY_EVIDENCE_PCAPNG_WRITER_H

#include "capture/capture.h"
#include "report/output.h"

/* The beginning of a file. `comments`: num of them. */
void pcapng_write_section(struct output *o, const char *const *comments, size_t num);
void pcapng_write_interface(struct output *o, const struct capture_interface *interface);
/* The first `caplen` bytes of a packet that was `len` bytes long; comments may be NULL or empty. */
void pcapng_write_packet(struct output *o, uint32_t interface, uint64_t units, struct bytes bytes, uint32_t len,
                         const char *const *comments, size_t num);
/* TLS key log lines. */
void pcapng_write_secrets(struct output *o, struct bytes log);
/* Nanoseconds since 1970 in the units of an interface: such that pcapng's readers, who round down, get them back. */
uint64_t pcapng_units(uint8_t resolution, int64_t time_ns);

#endif
