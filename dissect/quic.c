/* QUIC packets and frames: RFC 9000 sections 15 to 19, RFC 9369 (version 2). */
#include "dissect/quic.h"

enum {
    TYPE_SHIFT = 4,
    TYPE_MASK = 0x03,
    CID_LEN_OFFSET = 5, /* behind the first byte and the version */
};

static const struct {
    uint32_t version;
    const char *name;
} versions[] = {
    {QUIC_VERSION_1, "v1"},
    {QUIC_VERSION_2, "v2"},
    {QUIC_VERSION_DRAFT_29, "draft-29"},
    {QUIC_VERSION_DRAFT_29 + 1, "draft-30"},
    {QUIC_VERSION_DRAFT_29 + 2, "draft-31"},
    {QUIC_VERSION_DRAFT_29 + 3, "draft-32"},
    {QUIC_VERSION_DRAFT_33, "draft-33"},
    {QUIC_VERSION_DRAFT_34, "draft-34"},
};

bool quic_version_is_known(uint32_t version)
{
    return version == QUIC_VERSION_1 || version == QUIC_VERSION_2 ||
           (version >= QUIC_VERSION_DRAFT_29 && version <= QUIC_VERSION_DRAFT_34);
}

const char *quic_version_name(uint32_t version)
{
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
        if (versions[i].version == version)
            return versions[i].name;
    return NULL;
}

bool quic_version_is_reserved(uint32_t version)
{
    return (version & UINT32_C(0x0F0F0F0F)) == UINT32_C(0x0A0A0A0A);
}

const char *quic_error_name(uint64_t code)
{
    static const char *const names[] = {
        "NO_ERROR",
        "INTERNAL_ERROR",
        "CONNECTION_REFUSED",
        "FLOW_CONTROL_ERROR",
        "STREAM_LIMIT_ERROR",
        "STREAM_STATE_ERROR",
        "FINAL_SIZE_ERROR",
        "FRAME_ENCODING_ERROR",
        "TRANSPORT_PARAMETER_ERROR",
        "CONNECTION_ID_LIMIT_ERROR",
        "PROTOCOL_VIOLATION",
        "INVALID_TOKEN",
        "APPLICATION_ERROR",
        "CRYPTO_BUFFER_EXCEEDED",
        "KEY_UPDATE_ERROR",
        "AEAD_LIMIT_REACHED",
        "NO_VIABLE_PATH",
        "VERSION_NEGOTIATION_ERROR",
    };
    return code < sizeof names / sizeof names[0] ? names[code] : NULL;
}

const char *quic_http3_error_name(uint64_t code)
{
    enum { FIRST_HTTP = 0x100, FIRST_QPACK = 0x200 };
    static const char *const http[] = {
        "H3_NO_ERROR",
        "H3_GENERAL_PROTOCOL_ERROR",
        "H3_INTERNAL_ERROR",
        "H3_STREAM_CREATION_ERROR",
        "H3_CLOSED_CRITICAL_STREAM",
        "H3_FRAME_UNEXPECTED",
        "H3_FRAME_ERROR",
        "H3_EXCESSIVE_LOAD",
        "H3_ID_ERROR",
        "H3_SETTINGS_ERROR",
        "H3_MISSING_SETTINGS",
        "H3_REQUEST_REJECTED",
        "H3_REQUEST_CANCELLED",
        "H3_REQUEST_INCOMPLETE",
        "H3_MESSAGE_ERROR",
        "H3_CONNECT_ERROR",
        "H3_VERSION_FALLBACK",
    };
    static const char *const qpack[] = {
        "QPACK_DECOMPRESSION_FAILED",
        "QPACK_ENCODER_STREAM_ERROR",
        "QPACK_DECODER_STREAM_ERROR",
    };
    if (code >= FIRST_QPACK)
        return code - FIRST_QPACK < sizeof qpack / sizeof qpack[0] ? qpack[code - FIRST_QPACK] : NULL;
    return code >= FIRST_HTTP && code - FIRST_HTTP < sizeof http / sizeof http[0] ? http[code - FIRST_HTTP] : NULL;
}

uint64_t quic_varint(struct cursor *c, const char *field)
{
    uint8_t first = cursor_u8(c, field);
    uint64_t value = first & 0x3F;
    for (unsigned more = (1u << (first >> 6)) - 1; more > 0; more--)
        value = value << 8 | cursor_u8(c, field);
    return cursor_ok(c) ? value : 0;
}

/* Version 2 turned the numbers of the packet types by one. */
static enum quic_kind kind_of(uint8_t first, uint32_t version)
{
    static const enum quic_kind kinds[] = {QUIC_INITIAL, QUIC_0RTT, QUIC_HANDSHAKE, QUIC_RETRY};
    unsigned type = (unsigned)first >> TYPE_SHIFT & TYPE_MASK;
    return kinds[version == QUIC_VERSION_2 ? (type + 3) & TYPE_MASK : type];
}

static struct bytes connection_id(struct cursor *c, bool is_known, const char *field)
{
    struct bytes id = cursor_bytes8(c, field);
    if (is_known && id.len > QUIC_CID_MAX_LEN)
        cursor_fail(c, FAULT_MALFORMED, field);
    return id;
}

static void long_body(struct cursor *c, uint64_t start, struct quic_packet *out)
{
    if (out->kind == QUIC_RETRY) {
        if (c->declared < QUIC_TAG_LEN)
            cursor_fail(c, FAULT_MALFORMED, "Retry Integrity Tag");
        out->token = cursor_bytes(c, cursor_more(c) ? c->declared - QUIC_TAG_LEN : 0, "Retry Token");
        cursor_skip(c, QUIC_TAG_LEN, "Retry Integrity Tag");
        return;
    }
    if (out->kind == QUIC_INITIAL) {
        uint64_t token_len = quic_varint(c, "Token Length");
        if (token_len > c->declared)
            cursor_fail(c, FAULT_MALFORMED, "Token Length");
        out->token = cursor_bytes(c, (size_t)token_len, "Token");
    }
    out->length = quic_varint(c, "Length");
    if (out->length > c->declared)
        cursor_fail(c, FAULT_MALFORMED, "Length");
    out->header_len = (size_t)(c->offset - start);
    (void)cursor_child(c, (size_t)out->length, "Packet Payload");
}

static void long_parse(struct cursor *c, struct quic_packet *out)
{
    uint64_t start = c->offset - 1;
    out->version = cursor_u32(c, "Version");
    bool is_known = quic_version_is_known(out->version);
    out->dcid = connection_id(c, is_known, "Destination Connection ID");
    out->scid = connection_id(c, is_known, "Source Connection ID");
    if (is_known) {
        out->kind = kind_of(out->first, out->version);
        long_body(c, start, out);
        return;
    }
    out->kind = out->version == 0 ? QUIC_VERSION_NEGOTIATION : QUIC_OTHER;
    if (out->version == 0 && c->declared % 4 != 0)
        cursor_fail(c, FAULT_MALFORMED, "Supported Version");
    struct bytes rest = cursor_rest(c, "Supported Version");
    if (out->version == 0)
        out->versions = rest;
}

bool quic_packet_next(struct cursor *datagram, struct quic_packet *out)
{
    *out = (struct quic_packet){.kind = QUIC_SHORT};
    if (!cursor_more(datagram))
        return false;
    struct bytes start = cursor_peek(datagram);
    uint64_t offset = datagram->offset;
    out->first = cursor_u8(datagram, "Header Form");
    if (out->first & QUIC_LONG_HEADER) {
        long_parse(datagram, out);
    } else {
        out->header_len = 1;
        out->length = datagram->declared;
        cursor_skip(datagram, datagram->left, "Protected Payload");
    }
    if (!cursor_ok(datagram))
        return false;
    out->packet = bytes_slice(start, 0, (size_t)(datagram->offset - offset));
    return true;
}

bool quic_packet_short(struct quic_packet *packet, size_t id_len)
{
    if (packet->length < id_len)
        return false;
    packet->dcid = bytes_slice(packet->packet, 1, id_len);
    packet->header_len = 1 + id_len;
    packet->length -= id_len;
    return true;
}

bool quic_begins(struct bytes datagram, size_t len)
{
    if (len < QUIC_INITIAL_MIN_LEN || !(bytes_u8_at(datagram, 0) & QUIC_LONG_HEADER))
        return false;
    uint32_t version = bytes_u32_at(datagram, 1);
    if (quic_version_is_known(version))
        return kind_of(bytes_u8_at(datagram, 0), version) == QUIC_INITIAL &&
               bytes_u8_at(datagram, CID_LEN_OFFSET) <= QUIC_CID_MAX_LEN;
    return quic_version_is_reserved(version);
}

static void ack_parse(struct cursor *c, bool has_ecn)
{
    (void)quic_varint(c, "Largest Acknowledged");
    (void)quic_varint(c, "ACK Delay");
    uint64_t num = quic_varint(c, "ACK Range Count");
    (void)quic_varint(c, "First ACK Range");
    for (uint64_t i = 0; i < num && cursor_ok(c); i++) {
        (void)quic_varint(c, "Gap");
        (void)quic_varint(c, "ACK Range Length");
    }
    for (unsigned i = 0; has_ecn && i < 3; i++)
        (void)quic_varint(c, "ECN Counts");
}

static struct bytes counted(struct cursor *c, const char *field)
{
    uint64_t len = quic_varint(c, field);
    if (len > c->declared)
        cursor_fail(c, FAULT_MALFORMED, field);
    struct cursor child = cursor_child(c, cursor_ok(c) ? (size_t)len : 0, field);
    return cursor_peek(&child);
}

/* What frames are made of, apart from those read one by one: so many integers, then bytes. */
static const struct frame_row {
    uint8_t first, last, num_integers, num_bytes;
    bool has_counted; /* bytes behind their own length */
} frame_rows[] = {
    {0x04, 0x04, 3, 0, false}, /* RESET_STREAM */
    {0x05, 0x05, 2, 0, false}, /* STOP_SENDING */
    {0x07, 0x07, 0, 0, true},  /* NEW_TOKEN */
    {0x10, 0x10, 1, 0, false}, /* MAX_DATA */
    {0x11, 0x11, 2, 0, false}, /* MAX_STREAM_DATA */
    {0x12, 0x14, 1, 0, false}, /* MAX_STREAMS, DATA_BLOCKED */
    {0x15, 0x15, 2, 0, false}, /* STREAM_DATA_BLOCKED */
    {0x16, 0x17, 1, 0, false}, /* STREAMS_BLOCKED */
    {0x19, 0x19, 1, 0, false}, /* RETIRE_CONNECTION_ID */
    {0x1A, 0x1B, 0, 8, false}, /* PATH_CHALLENGE, PATH_RESPONSE */
    {0x1E, 0x1E, 0, 0, false}, /* HANDSHAKE_DONE */
    {0x31, 0x31, 0, 0, true},  /* DATAGRAM with its length */
};

static void row_parse(struct cursor *c, uint64_t type)
{
    for (size_t i = 0; i < sizeof frame_rows / sizeof frame_rows[0]; i++) {
        const struct frame_row *row = &frame_rows[i];
        if (type < row->first || type > row->last)
            continue;
        for (unsigned n = 0; n < row->num_integers; n++)
            (void)quic_varint(c, "Frame");
        cursor_skip(c, row->num_bytes, "Frame");
        if (row->has_counted)
            (void)counted(c, "Length");
        return;
    }
    cursor_fail(c, FAULT_MALFORMED, "Frame Type");
}

static void stream_parse(struct cursor *c, uint64_t type)
{
    enum { HAS_LENGTH = 2, HAS_OFFSET = 4 };
    (void)quic_varint(c, "Stream ID");
    if (type & HAS_OFFSET)
        (void)quic_varint(c, "Offset");
    if (type & HAS_LENGTH)
        (void)counted(c, "Length");
    else
        (void)cursor_rest(c, "Stream Data");
}

static void new_connection_id_parse(struct cursor *c, struct quic_frame *out)
{
    enum { RESET_TOKEN_LEN = 16 };
    (void)quic_varint(c, "Sequence Number");
    (void)quic_varint(c, "Retire Prior To");
    out->data = connection_id(c, true, "Connection ID");
    cursor_skip(c, RESET_TOKEN_LEN, "Stateless Reset Token");
}

/* Frames of every kind of packet. False: it is none of them. */
static bool common_parse(struct cursor *payload, struct quic_frame *out)
{
    if (out->type == QUIC_FRAME_ACK || out->type == QUIC_FRAME_ACK_ECN) {
        ack_parse(payload, out->type == QUIC_FRAME_ACK_ECN);
    } else if (out->type == QUIC_FRAME_CRYPTO) {
        out->offset = quic_varint(payload, "Offset");
        out->data = counted(payload, "Crypto Data");
    } else if (out->type == QUIC_FRAME_CLOSE || out->type == QUIC_FRAME_CLOSE_APPLICATION) {
        out->error = quic_varint(payload, "Error Code");
        if (out->type == QUIC_FRAME_CLOSE)
            out->caused_by = quic_varint(payload, "Frame Type");
        out->data = counted(payload, "Reason Phrase");
    } else {
        return out->type == QUIC_FRAME_PING;
    }
    return true;
}

/* The type of the next frame behind padding; false at the end. */
static bool type_next(struct cursor *payload, struct quic_frame *out)
{
    *out = (struct quic_frame){0};
    while (cursor_more(payload) && out->type == QUIC_FRAME_PADDING)
        out->type = quic_varint(payload, "Frame Type");
    return cursor_ok(payload) && out->type != QUIC_FRAME_PADDING;
}

bool quic_frame_next(struct cursor *payload, struct quic_frame *out)
{
    if (!type_next(payload, out))
        return false;
    if (!common_parse(payload, out))
        cursor_fail(payload, FAULT_MALFORMED, "Frame Type");
    return cursor_ok(payload);
}

bool quic_frame_next_1rtt(struct cursor *payload, struct quic_frame *out)
{
    if (!type_next(payload, out))
        return false;
    if (common_parse(payload, out))
        return cursor_ok(payload);
    if (out->type >= QUIC_FRAME_STREAM && out->type <= QUIC_FRAME_STREAM_LAST)
        stream_parse(payload, out->type);
    else if (out->type == QUIC_FRAME_NEW_CONNECTION_ID)
        new_connection_id_parse(payload, out);
    else if (out->type == QUIC_FRAME_DATAGRAM)
        (void)cursor_rest(payload, "Datagram Data");
    else
        row_parse(payload, out->type);
    return cursor_ok(payload);
}

void quic_preferred_address_parse(struct cursor *c, struct quic_preferred_address *out)
{
    enum { RESET_TOKEN_LEN = 16 };
    out->ipv4 = cursor_bytes(c, 4, "IPv4 Address");
    out->ipv4_port = cursor_u16(c, "IPv4 Port");
    out->ipv6 = cursor_bytes(c, 16, "IPv6 Address");
    out->ipv6_port = cursor_u16(c, "IPv6 Port");
    out->id = connection_id(c, true, "Connection ID");
    cursor_skip(c, RESET_TOKEN_LEN, "Stateless Reset Token");
}
