/* DTLS records and handshake fragments: RFC 6347, RFC 9146, RFC 9147. */
#include "dissect/dtls.h"

/* The unified header's first byte: 001CSLEE (RFC 9147 figure 3). */
enum {
    UNIFIED_MASK = 0xE0,
    UNIFIED = 0x20,
    UNIFIED_HAS_CID = 0x10,
    UNIFIED_LONG_SEQUENCE = 0x08,
    UNIFIED_HAS_LENGTH = 0x04,
    UNIFIED_EPOCH = 0x03,
};

bool version_is_dtls(uint16_t version)
{
    return version == VERSION_DTLS10 || version == VERSION_DTLS12 || version == VERSION_DTLS13 ||
           version == VERSION_DTLS_BAD;
}

static void unified_parse(struct cursor *c, uint8_t first, size_t cid_len, struct dtls_record *out)
{
    out->is_unified = true;
    out->type = CONTENT_APPLICATION_DATA;
    out->epoch = first & UNIFIED_EPOCH;
    bool is_known = !(first & UNIFIED_HAS_CID) || cid_len > 0;
    if (first & UNIFIED_HAS_CID)
        out->connection_id = cursor_bytes(c, cid_len, "connection_id");
    cursor_skip(c, first & UNIFIED_LONG_SEQUENCE ? 2 : 1, "sequence_number");
    if (is_known && first & UNIFIED_HAS_LENGTH)
        out->length = cursor_u16(c, "length");
    else
        out->length = (uint32_t)c->declared;
}

static void full_parse(struct cursor *c, size_t cid_len, struct dtls_record *out)
{
    out->version = cursor_u16(c, "legacy_record_version");
    out->epoch = cursor_u16(c, "epoch");
    out->sequence = (uint64_t)cursor_u16(c, "sequence_number") << 32;
    out->sequence |= cursor_u32(c, "sequence_number");
    bool has_cid = out->type == CONTENT_TLS12_CID;
    if (has_cid)
        out->connection_id = cursor_bytes(c, cid_len, "cid");
    if (has_cid && cid_len == 0)
        out->length = (uint32_t)c->declared;
    else
        out->length = cursor_u16(c, "length");
}

bool dtls_record_next(struct cursor *datagram, size_t cid_len, struct dtls_record *out)
{
    *out = (struct dtls_record){0};
    if (!cursor_more(datagram))
        return false;
    struct bytes from = cursor_peek(datagram);
    uint64_t start = datagram->offset;
    uint8_t first = cursor_u8(datagram, "ContentType");
    out->type = first;
    if ((first & UNIFIED_MASK) == UNIFIED)
        unified_parse(datagram, first, cid_len, out);
    else if (first < CONTENT_CHANGE_CIPHER_SPEC || first > CONTENT_ACK)
        cursor_fail(datagram, FAULT_MALFORMED, "ContentType");
    else
        full_parse(datagram, cid_len, out);
    if (!cursor_ok(datagram))
        return false;
    out->header = bytes_slice(from, 0, (size_t)(datagram->offset - start));
    struct cursor body = cursor_child(datagram, out->length, "DTLSPlaintext.fragment");
    out->body = cursor_peek(&body);
    return cursor_ok(datagram);
}

bool dtls_fragment_next(struct cursor *record, struct dtls_fragment *out)
{
    *out = (struct dtls_fragment){0};
    if (!cursor_more(record))
        return false;
    out->type = cursor_u8(record, "HandshakeType");
    out->length = cursor_u24(record, "Handshake.length");
    out->message_seq = cursor_u16(record, "message_seq");
    out->offset = cursor_u24(record, "fragment_offset");
    out->fragment_length = cursor_u24(record, "fragment_length");
    if (cursor_ok(record) && (out->offset > out->length || out->fragment_length > out->length - out->offset))
        cursor_fail(record, FAULT_MALFORMED, "fragment_length");
    if (!cursor_ok(record))
        return false;
    struct cursor body = cursor_child(record, out->fragment_length, "Handshake.body");
    out->bytes = cursor_peek(&body);
    return cursor_ok(record);
}

bool dtls_record_is_plausible(const struct dtls_record *record)
{
    if (record->is_unified)
        return record->length > 0;
    if (record->type == CONTENT_TLS12_CID) /* the ID's length is not known: neither is anything behind it */
        return record->version == VERSION_DTLS12;
    return version_is_dtls(record->version) && record->length > 0 && record->length <= RECORD_MAX_LEN;
}

bool dtls_recognise(struct bytes datagram, size_t declared)
{
    struct fault fault;
    struct cursor c;
    struct dtls_record record;
    cursor_init(&c, datagram, declared, 0, &fault);
    bool is_first = true;
    while (dtls_record_next(&c, 0, &record)) {
        if (!dtls_record_is_plausible(&record) || (is_first && record.is_unified))
            return false;
        if (record.type == CONTENT_TLS12_CID)
            return true;
        is_first = false;
    }
    return !is_first && fault.kind != FAULT_MALFORMED;
}

void hello_verify_request_parse(struct cursor *body, struct hello_verify_request *out)
{
    *out = (struct hello_verify_request){0};
    out->version = cursor_u16(body, "server_version");
    out->cookie = cursor_bytes8(body, "cookie");
    cursor_close(body, "HelloVerifyRequest");
}
