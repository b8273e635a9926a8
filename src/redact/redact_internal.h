/* Inside of redact: one connection's copy, in parts. */
#ifndef TLSWHY_REDACT_REDACT_INTERNAL_H
#define TLSWHY_REDACT_REDACT_INTERNAL_H

#include "redact/redact.h"
#include "trust/pool.h"

enum { REDACT_VERIFICATIONS = 64, REDACT_STEPS = 64 };

struct stand_in {
    uint64_t id;                                /* of the original; 0 empty */
    struct certificate *original, *certificate; /* both held */
};

/* What one connection's copy points to. */
struct redacted {
    struct report_connection shown;
    struct connection connection;
    struct flow flow;
    struct flow_rare rare;
    struct pool pool;
    struct verification verifications[REDACT_VERIFICATIONS];
    struct store_facts stores[REDACT_VERIFICATIONS];
};

struct redactor {
    struct aliases *aliases;
    struct redacted now;
    struct report_name name;
    struct server_profile server;
    struct diagnose_options said;
    struct pool certificates; /* what stand-ins point to */
    struct stand_in *stand_ins;
    size_t num_stand_ins, num_slots;
    struct certificate *unknown; /* stands for those that do not fit; made when needed */
};

/* redact_certificate.c: what stands for it, never NULL but where memory ran out. */
struct certificate *redact_certificate(struct redactor *r, struct certificate *certificate);
void redact_meet_certificate(struct redactor *r, struct certificate *certificate);
void redact_certificates_free(struct redactor *r);

/* redact_hello.c: what hellos and other messages hold that names somebody. */
void redact_messages(struct redactor *r, struct connection *c);
/* A list of distinguished names as on the wire. */
struct bytes redact_authorities(struct redactor *r, struct bytes list);
/* A protocol of ALPN that everybody knows. */
bool redact_is_known_protocol(struct bytes protocol);

#endif
