/*
 * The JSON format (JSON Lines; every record and field of the contract is described by tlswhy.schema.json), by concern:
 * json.c writes records, json_hello.c what was offered and chosen, json_ech.c what was offered in secret,
 * json_extensions.c what extensions hold beside that, json_keys.c key exchange and what certificates are asked and used
 * for, json_chain.c certificates, json_verify.c what trust says of them, json_summary.c the summary. Field order is the
 * contract's. What does not depend on the connection (certificates, hellos of equal clients, what programs print) is
 * rendered once and copied from then on.
 */
#ifndef TLSWHY_REPORT_JSON_REPORT_H
#define TLSWHY_REPORT_JSON_REPORT_H

#include "report/command.h"
#include "report/json_writer.h"
#include "report/rendered.h"
#include "report/report.h"

enum { JSON_JA3_SIZE = 16 * 1024 };

struct json_report {
    struct json json;
    struct fingerprints *fingerprints;
    struct output scratch;   /* memory: what is kept is rendered here first */
    struct rendered *hellos; /* by the bytes of the ClientHello */
    struct json_kept {
        char *text; /* NULL: not rendered so far */
        size_t len;
        uint32_t key;         /* of seen_key() */
    } remedies[NUM_FINDINGS]; /* "seen_as" as it was last */
    char ja3[JSON_JA3_SIZE];
};

struct json_record {
    struct json_report *report;
    struct json *json;
    const struct report_connection *shown;
    const struct connection *connection; /* NULL in records that are about none */
    uint32_t file;                       /* the record's own: places in others name it */
    struct command_target target;        /* of commands that findings suggest */
};

typedef const char *json_name_of(uint16_t code);

/* json.c */
/* Begins to render into the report's scratch, as after a first member. */
void json_begin_scratch(struct json_report *report, struct json *j);
/* What was rendered there goes out to `to`, whose next item is due a comma. The text, valid until the next rendering;
 * empty where memory ran out, which is then an error of the report. */
struct bytes json_end_scratch(struct json_report *report, struct json *to);
/* The same for text that was kept. */
static inline void json_copy(struct json *to, struct bytes text)
{
    output_bytes(to->out, text.at, text.len);
    to->has_item = true;
}
/* The member "frame", and "capture" where the place lies in another file than the record's. */
void json_place(const struct json_record *r, struct place place);
/* The same as "second_frame" and "second_capture". */
void json_second_place(const struct json_record *r, struct place place);
/* One code point as the registry names it, as GREASE(0xHHHH) or as 0xHHHH. */
void json_code_point(struct json *j, const char *name, uint16_t code);
void json_code_points(struct json *j, struct u16_list list, json_name_of *name_of);
/* Whether a list of len items is told: an empty one only where it was read as that. */
static inline bool json_is_told(bool has, size_t len, bool is_whole)
{
    return has && (len > 0 || is_whole);
}
void json_time(struct json *j, int64_t time_ns, unsigned digits);
/* {"ip":...,"port":...} */
void json_endpoint(struct json *j, uint8_t ip_version, const uint8_t address[16], uint16_t port);

/* json_hello.c. The member "after_gap" where it is true. */
void json_after_gap(struct json *j, bool is_after_gap);
/* Each writes one member, or nothing where it does not apply. */
void json_cipher(const struct json_record *r);
void json_protocols(struct json *j, struct bytes list);             /* of ALPN */
void json_suites(struct json *j, const struct client_hello *hello); /* the member "ciphers" */
void json_client_hello(const struct json_record *r);
void json_proxy(const struct json_record *r);
void json_starttls(const struct json_record *r);
void json_hello_retry(const struct json_record *r);
void json_session(const struct json_record *r);
void json_server_hello(const struct json_record *r);
void json_encrypted_extensions(const struct json_record *r);

/* json_quic.c: likewise. */
void json_quic(const struct json_record *r);
/* json_ech.c */
void json_ech(const struct json_record *r);

/* json_keys.c: likewise. */
void json_key_exchange(const struct json_record *r);
void json_certificate_request(const struct json_record *r);
void json_certificate_verify(const struct json_record *r);

/* json_extensions.c: the member "extension_data", or nothing when there is none. */
void json_extension_data(struct json *j, const struct extensions *ext, enum ext_context context);

/* json_chain.c: "chain" and "client_chain". */
void json_chains(const struct json_record *r);

/* json_verify.c: "verification" and "ocsp"; the summary's "stores". */
void json_verification(const struct json_record *r);
void json_ocsp(const struct json_record *r);
void json_stores(struct json *j, const struct verifier *verifier);

/* json_pair.c; the summary's "compared". */
void json_pair(struct report *report, const struct report_pair *pair);
void json_compared(struct json *j, const struct pair_context *compared);

/* json_server.c: a record; the summary's "told" */
void json_told(struct json *j, const struct told_server *told);
void json_server(struct report *report, const struct server_profile *server, const struct diagnosis *diagnosis,
                 const struct capture *capture);

/* json_findings.c: "findings", the verdict's own first. */
void json_findings(const struct json_record *r);

/* json_summary.c */
void json_summary(struct json_report *report, const struct report_summary *summary);

#endif
