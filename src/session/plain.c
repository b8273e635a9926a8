/* Is a side TLS, and where does its TLS begin: by content, never by port. A stream that does not open with TLS is
 * searched for a ClientHello for a while, since STARTTLS, CONNECT and SOCKS put plain text in front of it. */
#include "session/session_internal.h"

#include <string.h>

/* What was collected goes through the state that was found for it. */
static void replay(struct session *session, struct flow *flow, unsigned side)
{
    struct buffer *held = session->sides[side].record;
    session->sides[side].record = NULL;
    struct moment moment = held->last;
    struct chunk chunk = {{held->data, held->len}, held->offset, &moment};
    session_walk(session, flow, side, &chunk);
    buffer_drop(session, &held);
}

static enum opening recognise(const struct session *session, unsigned side, struct bytes first, bool is_last)
{
    enum opening opening = opening_recognise(first);
    if (opening != OPENING_UNDECIDED || first.len < RECORD_HEADER_LEN)
        return opening == OPENING_UNDECIDED && is_last ? OPENING_OTHER : opening;
    /* A whole header is enough where the peer speaks TLS (an alert is seven bytes, and may be all that ever comes). */
    struct fault fault;
    struct cursor c;
    struct record_header header;
    cursor_init_whole(&c, bytes_slice(first, 0, RECORD_HEADER_LEN), &fault);
    record_header_parse(&c, &header);
    if (record_header_is_plausible(&header) && (is_last || session->sides[!side].has_tls))
        return OPENING_TLS;
    return is_last ? OPENING_OTHER : OPENING_UNDECIDED;
}

static void keep_untold(struct session *session, unsigned side, struct bytes first, const struct span *span)
{
    plain_first_bytes(session, side, first);
    struct first_bytes *kept = session->first_bytes[side];
    if (!kept)
        return;
    kept->is_untold = true;
    kept->offset = span->offset;
    kept->moment = span->last;
}

static void become(struct session *session, struct flow *flow, unsigned side, enum opening opening, struct bytes first,
                   const struct span *span)
{
    struct side *s = &session->sides[side];
    if (opening == OPENING_TLS) {
        s->state = SIDE_RECORDS;
        s->has_tls = true;
    } else if (opening == OPENING_SSL2) {
        s->state = SIDE_SSL2;
        s->has_tls = true;
    } else if (flow->syn_side == 2 || s->is_after_gap) {
        /* The beginning was not captured: this may be the middle of a record. */
        s->state = SIDE_LOST;
        if (!s->is_after_gap)
            keep_untold(session, side, first, span);
    } else {
        s->state = SIDE_PLAIN;
        plain_first_bytes(session, side, first);
        if (session->first_bytes[side])
            session->first_bytes[side]->end = span->offset + session->first_bytes[side]->bytes.len;
        (void)session_event(session, side, EVENT_NOT_TLS, span, (uint32_t)first.len);
    }
}

void plain_opening(struct session *session, struct flow *flow, unsigned side, struct chunk *chunk, bool is_last)
{
    struct side *s = &session->sides[side];
    if (!s->record && chunk->bytes.len > 0) {
        enum opening opening = recognise(session, side, chunk->bytes, false);
        if (opening != OPENING_UNDECIDED) {
            struct span span = {chunk->offset, *chunk->moment, *chunk->moment, 0};
            become(session, flow, side, opening, chunk->bytes, &span);
            return;
        }
    }
    if (chunk->bytes.len > 0 && !buffer_append(session, &s->record, chunk, OPENING_LEN)) {
        session_side_dead(session, flow, side);
        return;
    }
    if (!s->record)
        return; /* the direction ended without a byte */
    struct bytes first = {s->record->data, s->record->len};
    enum opening opening = recognise(session, side, first, is_last);
    if (opening == OPENING_UNDECIDED)
        return;
    struct span span = {s->record->offset, s->record->first, s->record->last, 0};
    become(session, flow, side, opening, first, &span);
    replay(session, flow, side);
}

/* The eleven bytes that begin a hello in a record of its own, or (once the peer has spoken TLS) an alert. */
static bool is_tls_start(struct bytes b, bool has_peer_tls)
{
    struct fault fault;
    struct cursor c;
    struct record_header record;
    cursor_init_whole(&c, b, &fault);
    record_header_parse(&c, &record);
    if (!record_header_is_plausible(&record))
        return false;
    if (record.type == CONTENT_ALERT) {
        uint8_t level = cursor_u8(&c, "level");
        uint8_t code = cursor_u8(&c, "description");
        return has_peer_tls && record.length == 2 && cursor_ok(&c) && (level == 1 || level == 2) && alert_name(code);
    }
    if (record.type != CONTENT_HANDSHAKE)
        return false;
    struct handshake_header message;
    handshake_header_parse(&c, &message);
    uint16_t version = cursor_u16(&c, "legacy_version");
    return cursor_ok(&c) && (message.type == HS_CLIENT_HELLO || message.type == HS_SERVER_HELLO) &&
           message.length >= 38 && message.length < LIMIT_HANDSHAKE_MESSAGE && version >> 8 == 3 &&
           (version & 0xFF) <= 4;
}

/* The first place in b where TLS begins; b.len when there is none. Places with fewer than a pattern's bytes left are
 * not judged. */
static size_t find_start(struct bytes b, bool has_peer_tls)
{
    size_t at = 0;
    while (at + HELLO_PATTERN_LEN <= b.len) {
        const uint8_t *major = memchr(b.at + at + 1, 3, b.len - at - HELLO_PATTERN_LEN + 1);
        if (!major)
            break;
        at = (size_t)(major - b.at) - 1;
        if (is_tls_start(bytes_slice(b, at, HELLO_PATTERN_LEN), has_peer_tls))
            return at;
        at++;
    }
    /* An alert may be all there is. */
    if (has_peer_tls && b.len >= 7 && b.len < HELLO_PATTERN_LEN && is_tls_start(b, true))
        return 0;
    return b.len;
}

static void found(struct session *session, unsigned side)
{
    struct side *s = &session->sides[side];
    s->state = SIDE_RECORDS;
    s->has_tls = true;
    s->is_after_gap = false;
}

void plain_begin_records(struct session *session, unsigned side, uint64_t offset)
{
    struct side *s = &session->sides[side];
    if (s->state != SIDE_PLAIN)
        return;
    buffer_drop(session, &s->record);
    dialogue_end(session, side, offset);
    found(session, side);
}

void plain_scan(struct session *session, struct flow *flow, unsigned side, struct chunk *chunk)
{
    plain_more_first_bytes(session, side, chunk);
    struct side *s = &session->sides[side];
    bool has_peer_tls = session->sides[!side].has_tls;
    /* The last bytes of the segment before, and the first of this one. */
    if (s->record) {
        uint8_t joint[2 * HELLO_PATTERN_LEN];
        uint32_t held = s->record->len;
        struct bytes head = bytes_slice(chunk->bytes, 0, HELLO_PATTERN_LEN);
        memcpy(joint, s->record->data, held);
        memcpy(joint + held, head.at, head.len);
        size_t at = find_start((struct bytes){joint, held + head.len}, has_peer_tls);
        if (at < held) {
            struct moment moment = s->record->last;
            struct chunk rest = {{joint + at, held - at}, s->record->offset + at, &moment};
            buffer_drop(session, &s->record);
            dialogue_end(session, side, rest.offset);
            found(session, side);
            session_walk(session, flow, side, &rest);
            return;
        }
    }
    size_t at = find_start(chunk->bytes, has_peer_tls);
    dialogue_take(session, side, &(struct chunk){bytes_slice(chunk->bytes, 0, at), chunk->offset, chunk->moment});
    if (at < chunk->bytes.len) {
        buffer_drop(session, &s->record);
        dialogue_end(session, side, chunk->offset + at);
        chunk_advance(chunk, at);
        found(session, side);
        return;
    }
    s->scanned += chunk->bytes.len > PLAIN_SCAN_LEN ? PLAIN_SCAN_LEN : (uint32_t)chunk->bytes.len;
    if (s->scanned > PLAIN_SCAN_LEN) {
        session_side_dead(session, flow, side);
        return;
    }
    /* Keep the tail; a segment shorter than the pattern joins the tail before it. */
    struct bytes tail = chunk->bytes;
    uint8_t joined[2 * HELLO_PATTERN_LEN];
    uint64_t tail_offset = chunk->offset;
    if (s->record && tail.len < HELLO_PATTERN_LEN - 1) {
        uint32_t held = s->record->len;
        memcpy(joined, s->record->data, held);
        memcpy(joined + held, tail.at, tail.len);
        tail = (struct bytes){joined, held + tail.len};
        tail_offset = s->record->offset;
    }
    if (tail.len > HELLO_PATTERN_LEN - 1) {
        tail_offset += tail.len - (HELLO_PATTERN_LEN - 1);
        tail = bytes_slice(tail, tail.len - (HELLO_PATTERN_LEN - 1), tail.len);
    }
    buffer_drop(session, &s->record);
    struct chunk keep = {tail, tail_offset, chunk->moment};
    if (!buffer_append(session, &s->record, &keep, HELLO_PATTERN_LEN - 1)) {
        session_side_dead(session, flow, side);
        return;
    }
    chunk_advance(chunk, chunk->bytes.len);
}

void plain_first_bytes(struct session *session, unsigned side, struct bytes b)
{
    if (session->first_bytes[side] || b.len == 0)
        return;
    struct first_bytes *kept = session_alloc(session, sizeof *kept + FIRST_BYTES_LEN);
    if (!kept)
        return;
    b = bytes_slice(b, 0, FIRST_BYTES_LEN);
    memcpy(kept + 1, b.at, b.len);
    *kept = (struct first_bytes){.bytes = {(const uint8_t *)(kept + 1), b.len}};
    session->first_bytes[side] = kept;
}

void plain_more_first_bytes(struct session *session, unsigned side, const struct chunk *chunk)
{
    struct first_bytes *kept = session->first_bytes[side];
    if (!kept || kept->bytes.len == FIRST_BYTES_LEN || kept->end < chunk->offset ||
        kept->end - chunk->offset >= chunk->bytes.len)
        return;
    struct bytes more =
        bytes_slice(chunk->bytes, (size_t)(kept->end - chunk->offset), FIRST_BYTES_LEN - kept->bytes.len);
    memcpy((uint8_t *)(kept + 1) + kept->bytes.len, more.at, more.len);
    kept->bytes.len += more.len;
    kept->end += more.len;
}
