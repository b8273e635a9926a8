/*
 * Inside of extension_content.c: how one extension's content is drawn. A function that has something to tell calls
 * content_begin() first, then draws one value.
 */
#ifndef TLSWHY_REPORT_EXTENSION_TREE_H
#define TLSWHY_REPORT_EXTENSION_TREE_H

#include "dissect/registry.h"
#include "report/extension_content.h"

struct content {
    const struct content_format *format;
    void *to;
    const struct extensions *ext;
    enum ext_context context;
    const struct content_row *row;
    bool is_whole; /* the body was read to its end */
    bool has_any;
};

/* Its field lies at `offset` of struct extensions, where one alone is all there is to tell. */
struct content_row {
    void (*write)(struct content *c);
    const char *key; /* of the registry's name */
    size_t key_len, offset;
    union {
        const char *(*of16)(uint16_t code);
        const char *(*of8)(uint8_t code);
    } name;
    unsigned not_in; /* bits of contexts in which another field of the report tells it, or in which it has no content */
    unsigned twin;   /* a row that shares its fields, which are told under that one; 0 none */
};

#define CONTENT_KEY(c, literal) (c)->format->key((c)->to, ",\"" literal "\":", sizeof literal + 3)

/* Everything that has content begins with this. */
static inline void content_begin(struct content *c)
{
    if (!c->has_any)
        c->format->begin(c->to);
    c->has_any = true;
    c->format->key(c->to, c->row->key, c->row->key_len);
}

static inline void content_begin_with(struct content *c, char bracket)
{
    content_begin(c);
    c->format->open(c->to, bracket);
}

static inline void content_open(struct content *c, char bracket)
{
    c->format->open(c->to, bracket);
}

static inline void content_close(struct content *c, char bracket)
{
    c->format->close(c->to, bracket);
}

static inline void content_number(struct content *c, uint64_t value)
{
    c->format->number(c->to, value);
}

static inline void content_code(struct content *c, const char *name, uint16_t value)
{
    char buf[CODE_POINT_LEN];
    c->format->name(c->to, code_point_write(buf, name, value));
}

/* {"length":n}, of a body that was read to its end. */
void content_length_of(struct content *c, size_t len);
/* As RFC 2253 has it, in hex where it is no name. */
void content_distinguished_name(struct content *c, struct bytes der);

/* Names of a byte's few values that have no registry of their own here. */
struct content_name {
    uint8_t code;
    const char *name;
};

static inline const char *content_small_name(const struct content_name *names, size_t num, uint8_t value)
{
    for (size_t i = 0; i < num; i++)
        if (names[i].code == value)
            return names[i].name;
    return NULL;
}
#define CONTENT_NAMES(function, ...)                                                                                   \
    static const char *function(uint8_t value)                                                                         \
    {                                                                                                                  \
        static const struct content_name names[] = {__VA_ARGS__};                                                      \
        return content_small_name(names, sizeof names / sizeof *names, value);                                         \
    }

/* Those with a shape of their own: extension_certificates.c, extension_keys.c and extension_session.c. */
void content_max_fragment_length(struct content *c);
void content_trusted_ca_keys(struct content *c);
void content_status_request(struct content *c);
void content_use_srtp(struct content *c);
void content_heartbeat(struct content *c);
void content_status_request_v2(struct content *c);
void content_signed_certificate_timestamp(struct content *c);
void content_padding(struct content *c);
void content_token_binding(struct content *c);
void content_cached_info(struct content *c);
void content_record_size_limit(struct content *c);
void content_key_share_draft(struct content *c);
void content_pre_shared_key(struct content *c);
void content_oid_filters(struct content *c);
void content_key_share(struct content *c);
void content_transparency_info(struct content *c);
void content_quic_transport_parameters(struct content *c);
void content_ticket_request(struct content *c);
void content_tls_flags(struct content *c);
void content_encrypted_client_hello(struct content *c);
void content_quic_transport_parameters_draft(struct content *c);
void content_supported_versions(struct content *c);
void content_certificate_authorities(struct content *c);
void content_dnssec_chain(struct content *c);

#endif
