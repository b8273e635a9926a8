/* Certificate status: RFC 6066 section 8, RFC 6961, RFC 8446 section 4.4.2.1; certificate transparency: RFC 6962
 * section 3.3.1, RFC 9162 section 6; DNSSEC chains: RFC 9102. */
#include "dissect/ext_parsers.h"

enum { STATUS_TYPE_OCSP = 1, STATUS_TYPE_OCSP_MULTI = 2 };

static void ocsp_request_skip(struct cursor *c)
{
    struct cursor ids = cursor_vec16(c, "responder_id_list");
    while (cursor_more(&ids)) {
        struct cursor id = cursor_vec16(&ids, "ResponderID");
        cursor_expect(&id, "ResponderID");
        cursor_skip(&id, id.declared, "ResponderID");
    }
    struct cursor request_extensions = cursor_vec16(c, "request_extensions");
    cursor_skip(&request_extensions, request_extensions.declared, "request_extensions");
}

void ext_status_request_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    out->has_status_request = true;
    if (context == EXT_CERTIFICATE) {
        out->status_request_type = cursor_u8(body, "status_type");
        struct cursor response = cursor_vec24(body, "OCSPResponse");
        cursor_expect(&response, "OCSPResponse");
        out->certificate_status = cursor_bytes(&response, response.declared, "OCSPResponse");
        return;
    }
    /* An acknowledgement has no body, nor has a server's request in TLS 1.3 (some servers send the client's form). */
    if (context != EXT_CLIENT_HELLO && (context != EXT_CERTIFICATE_REQUEST || !cursor_more(body)))
        return;
    out->status_request_type = cursor_u8(body, "status_type");
    if (out->status_request_type == STATUS_TYPE_OCSP)
        ocsp_request_skip(body);
    else
        cursor_skip(body, body->declared, "request");
}

void ext_status_request_v2_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    out->has_status_request_v2 = true;
    if (!ext_is_offer(context))
        return;
    struct cursor list = cursor_vec16(body, "certificate_status_req_list");
    out->status_requests_v2 = cursor_peek(&list);
    cursor_expect(&list, "certificate_status_req_list");
    uint8_t type;
    while (status_request_next(&list, &type))
        continue;
}

bool status_request_next(struct cursor *c, uint8_t *status_type)
{
    *status_type = 0;
    if (!cursor_more(c))
        return false;
    uint8_t type = cursor_u8(c, "status_type");
    struct cursor request = cursor_vec16(c, "request");
    if (type == STATUS_TYPE_OCSP || type == STATUS_TYPE_OCSP_MULTI)
        ocsp_request_skip(&request);
    else
        cursor_skip(&request, request.declared, "request");
    cursor_close(&request, "request");
    if (!cursor_ok(c))
        return false;
    *status_type = type;
    return true;
}

void ext_signed_certificate_timestamp_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    out->has_signed_certificate_timestamp = true;
    if (!ext_is_offer(context))
        out->signed_certificate_timestamps = ext_list16_of_bytes16(body, false, false, "SerializedSCT");
}

bool sct_next(struct cursor *c, struct sct *out)
{
    enum { VERSION_1 = 0, LOG_ID_LEN = 32 };
    *out = (struct sct){0};
    if (!cursor_more(c))
        return false;
    struct bytes item = cursor_bytes16(c, "SerializedSCT");
    if (!cursor_ok(c))
        return false;
    struct fault fault; /* another version, or rubbish, does not hide those after it */
    struct cursor sct;
    cursor_init_whole(&sct, item, &fault);
    uint8_t version = cursor_u8(&sct, "sct_version");
    struct bytes log_id = cursor_bytes(&sct, LOG_ID_LEN, "LogID");
    uint64_t timestamp = cursor_u64(&sct, "timestamp");
    cursor_bytes16(&sct, "CtExtensions");
    uint16_t algorithm = cursor_u16(&sct, "SignatureAndHashAlgorithm");
    if (cursor_ok(&sct) && version == VERSION_1)
        *out = (struct sct){true, log_id, timestamp, algorithm};
    return true;
}

void ext_transparency_info_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    out->has_transparency_info = true;
    if (!ext_is_offer(context))
        out->transparency_info = ext_list16_of_bytes16(body, false, false, "SerializedTransItem");
}

void ext_dnssec_chain_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    out->has_dnssec_chain = true;
    if (ext_is_offer(context)) {
        out->dnssec_port = cursor_u16(body, "PortNumber");
    } else {
        cursor_u16(body, "ExtSupportLifetime");
        cursor_expect(body, "AuthenticationChain");
        out->dnssec_chain = cursor_rest(body, "AuthenticationChain");
    }
}
