/*
 * Evidence: a small pcapng capture of the packets that prove the findings of a report, to go along with it. See
 * plan.h for what of a connection is taken, cut.h for what of a packet.
 *
 * It is a sink among the reports: connections become plans as they are reported, and when all were, the inputs are read
 * a second time (or what packets.h kept of them).
 */
#ifndef TLSWHY_EVIDENCE_EVIDENCE_H
#define TLSWHY_EVIDENCE_EVIDENCE_H

#include "evidence/packets.h"
#include "evidence/plan.h"
#include "report/format.h"

#include <stdbool.h>

/* The target's argument. */
struct evidence_options {
    bool include_secrets;
    bool is_one_input; /* of --compare: of this input alone */
    size_t input;
};

/* A look-up that failed. */
struct evidence_name {
    char name[256];
    char client[46], resolver[46];
    struct place place;
};

/* What stands in another connection's evidence. */
struct evidence_lean {
    uint64_t id, by;
    struct place place;
    const char *code;
    char what[80];
};

struct evidence {
    const struct evidence_options *options;
    struct plan **plans;
    size_t num_plans, cap_plans;
    uint64_t num_completed_left_out;
    struct evidence_name *names;
    size_t num_names, cap_names;
    struct evidence_lean *leans;
    size_t num_leans, cap_leans;
    struct packets *packets; /* borrowed; NULL none */
    uint64_t seed;
    uint32_t *buckets; /* index + 1 of the first plan of each, by both endpoints; chained by next */
    uint32_t *next;
    size_t num_buckets;
    size_t num_hashed;
};

/* Plans whose connection has the endpoints of this packet (or of the one that it quotes), each in turn: *at begins at
 * 0. NULL after the last. *side: of the sender (of the quoted packet's). */
struct plan *evidence_find(struct evidence *e, const struct packet *packet, uint32_t *at, unsigned *side);

/* What the second reading found and wrote. */
struct evidence_written {
    uint64_t packets, left_out_packets, left_out_bytes, lost_packets;
    bool has_changed; /* an input is not the file that it was */
};

/* second_reading.c: writes interfaces and packets. -1 and *error when an input could not be read again. */
int evidence_read_again(struct evidence *e, struct output *out, const struct report_summary *summary,
                        struct evidence_written *written, struct error *error) MUST_CHECK;

#endif
