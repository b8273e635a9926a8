/* What extensions hold on certificates and their status: RFC 6066, RFC 6961, RFC 6962, RFC 7924, RFC 8446, RFC 9162. */
#include "report/extension_tree.h"
#include "trust/distinguished_name.h"

#include <stdlib.h>

CONTENT_NAMES(status_type_name, {1, "ocsp"}, {2, "ocsp_multi"})
CONTENT_NAMES(cached_info_name, {1, "cert"}, {2, "cert_req"})
CONTENT_NAMES(trusted_authority_name, {TRUSTED_PRE_AGREED, "pre_agreed"}, {TRUSTED_KEY_SHA1_HASH, "key_sha1_hash"},
              {TRUSTED_X509_NAME, "x509_name"}, {TRUSTED_CERT_SHA1_HASH, "cert_sha1_hash"})

void content_distinguished_name(struct content *c, struct bytes der)
{
    char *text = distinguished_name_text(der);
    if (text && *text)
        c->format->string(c->to, text);
    else if (der.len > 0)
        c->format->hex(c->to, der);
    else
        c->format->name(c->to, "empty");
    free(text);
}

void content_trusted_ca_keys(struct content *c)
{
    struct fault fault;
    struct cursor list;
    uint8_t type;
    struct bytes identifier;
    cursor_init_whole(&list, c->ext->trusted_ca_keys, &fault);
    bool has_item = trusted_authority_next(&list, &type, &identifier);
    if (!has_item)
        return;
    content_begin_with(c, '[');
    for (; has_item; has_item = trusted_authority_next(&list, &type, &identifier)) {
        content_open(c, '{');
        CONTENT_KEY(c, "type");
        c->format->name(c->to, trusted_authority_name(type));
        if (type == TRUSTED_X509_NAME) {
            CONTENT_KEY(c, "name");
            content_distinguished_name(c, identifier);
        } else if (identifier.len > 0) {
            CONTENT_KEY(c, "sha1");
            c->format->hex(c->to, identifier);
        }
        content_close(c, '}');
    }
    content_close(c, ']');
}

void content_status_request(struct content *c)
{
    uint8_t type = c->ext->status_request_type;
    if (type == 0)
        return;
    content_begin(c);
    content_code(c, status_type_name(type), type);
}

void content_status_request_v2(struct content *c)
{
    struct fault fault;
    struct cursor list;
    uint8_t type;
    cursor_init_whole(&list, c->ext->status_requests_v2, &fault);
    bool has_item = status_request_next(&list, &type);
    if (!has_item)
        return;
    content_begin_with(c, '[');
    for (; has_item; has_item = status_request_next(&list, &type))
        content_code(c, status_type_name(type), type);
    content_close(c, ']');
}

void content_signed_certificate_timestamp(struct content *c)
{
    struct fault fault;
    struct cursor list;
    struct sct sct;
    cursor_init_whole(&list, c->ext->signed_certificate_timestamps, &fault);
    bool has_item = sct_next(&list, &sct);
    if (!has_item)
        return;
    content_begin_with(c, '[');
    for (; has_item; has_item = sct_next(&list, &sct)) {
        content_open(c, '{');
        if (sct.has_content) {
            CONTENT_KEY(c, "log_id");
            c->format->hex(c->to, sct.log_id);
            if (sct.timestamp <= INT64_MAX / 1000000) {
                CONTENT_KEY(c, "timestamp");
                c->format->time(c->to, (int64_t)sct.timestamp * 1000000);
            }
            CONTENT_KEY(c, "signature_algorithm");
            content_code(c, signature_scheme_name(sct.signature_algorithm), sct.signature_algorithm);
        }
        content_close(c, '}');
    }
    content_close(c, ']');
}

void content_transparency_info(struct content *c)
{
    struct fault fault;
    struct cursor list;
    struct bytes item;
    uint64_t num = 0;
    cursor_init_whole(&list, c->ext->transparency_info, &fault);
    while (dn_next(&list, &item))
        num++;
    if (num == 0 || !c->is_whole)
        return;
    content_begin_with(c, '{');
    CONTENT_KEY(c, "items");
    content_number(c, num);
    content_close(c, '}');
}

void content_cached_info(struct content *c)
{
    struct fault fault;
    struct cursor list;
    uint8_t type;
    cursor_init_whole(&list, c->ext->cached_info, &fault);
    bool has_item = cached_info_next(&list, c->context, &type);
    if (!has_item)
        return;
    content_begin_with(c, '[');
    for (; has_item; has_item = cached_info_next(&list, c->context, &type))
        content_code(c, cached_info_name(type), type);
    content_close(c, ']');
}

void content_certificate_authorities(struct content *c)
{
    struct fault fault;
    struct cursor list;
    struct bytes der;
    cursor_init_whole(&list, c->ext->certificate_authorities, &fault);
    bool has_item = dn_next(&list, &der);
    if (!has_item)
        return;
    content_begin_with(c, '[');
    for (; has_item; has_item = dn_next(&list, &der))
        content_distinguished_name(c, der);
    content_close(c, ']');
}

void content_oid_filters(struct content *c)
{
    struct fault fault;
    struct cursor list;
    struct bytes oid, values;
    cursor_init_whole(&list, c->ext->oid_filters, &fault);
    bool has_item = oid_filter_next(&list, &oid, &values);
    if (!has_item)
        return;
    content_begin_with(c, '[');
    for (; has_item; has_item = oid_filter_next(&list, &oid, &values)) {
        content_open(c, '{');
        CONTENT_KEY(c, "oid_der");
        c->format->hex(c->to, oid);
        CONTENT_KEY(c, "length");
        content_number(c, values.len);
        content_close(c, '}');
    }
    content_close(c, ']');
}

void content_dnssec_chain(struct content *c)
{
    if (!c->is_whole)
        return;
    content_begin_with(c, '{');
    CONTENT_KEY(c, "port");
    content_number(c, c->ext->dnssec_port);
    content_close(c, '}');
}
