/* The record layer (RFC 8446 section 5, RFC 5246 section 6): collects what is readable, skips the rest by its length.
 */
#include "dissect/tds.h"
#include "session/session_internal.h"

static struct record_header peek_header(struct bytes b)
{
    struct fault fault;
    struct cursor c;
    struct record_header header;
    cursor_init_whole(&c, bytes_slice(b, 0, RECORD_HEADER_LEN), &fault);
    record_header_parse(&c, &header);
    return header;
}

/* Bytes of the record's content: the MAC behind it is none. */
static uint16_t content_len(const struct side *s, const struct record_header *h)
{
    return s->is_clear && h->length >= s->mac_len ? h->length - s->mac_len : h->length;
}

/* Is this record's content hidden? TLS 1.3 gives protected records the outer type application_data; up to TLS 1.2
 * everything after ChangeCipherSpec is, but for suites that do not encrypt. Two bytes cannot be a protected alert:
 * every protection adds some. */
static bool is_protected(const struct session *session, const struct side *s, const struct record_header *h)
{
    if (h->type == CONTENT_APPLICATION_DATA)
        return true;
    if (!s->has_ccs || session_is_tls13(session))
        return false;
    if (s->is_clear && h->length >= s->mac_len)
        return false;
    return h->type != CONTENT_ALERT || h->length != 2;
}

void records_note_hidden(struct session *session, unsigned side, enum event_kind kind, const struct record_header *h,
                         const struct span *span)
{
    struct side *s = &session->sides[side];
    struct event *event;
    s->num_protected++;
    if (s->last_hidden && kind != EVENT_HIDDEN_ALERT) {
        event = &session->events[s->last_hidden - 1];
        event->offset = span->offset;
        event->first = span->first;
        event->last = span->last;
        event->len = content_len(s, h);
        event->kind = kind;
        event->is_after_gap = s->is_after_gap;
    } else {
        event = session_event(session, side, kind, span, content_len(s, h));
        if (!event)
            return;
        if (kind != EVENT_HIDDEN_ALERT && ++s->num_hidden == HIDDEN_KEEP)
            s->last_hidden = session->num_events;
    }
    event->type = h->type;
    event->is_encrypted = !s->is_clear;
    event->wire_len = session->is_opening ? session->opened_len : h->length;
    event->number = s->num_protected - 1;
}

static void application_record(struct session *session, unsigned side, const struct record_header *h,
                               const struct span *span)
{
    struct side *s = &session->sides[side];
    bool is_readable_kind = (session->version != 0 && !session_is_tls13(session)) ||
                            (session->decryption && decryption_is_application(session, side));
    if (content_len(s, h) > 0)
        s->has_application = true;
    records_note_hidden(session, side, is_readable_kind ? EVENT_APPLICATION : EVENT_HIDDEN, h, span);
}

void records_protect(struct session *session, unsigned side)
{
    struct side *s = &session->sides[side];
    s->is_clear = session->is_next_clear && !session_is_tls13(session);
    s->mac_len = session->next_mac_len;
}

void records_protected_handshake(struct session *session, unsigned side)
{
    struct side *s = &session->sides[side], *peer = &session->sides[!side];
    if (s->expects_finished) {
        s->expects_finished = false;
        s->has_finished = true;
        if (peer->has_finished && !peer->expects_finished)
            session->is_renegotiating = false;
    } else if (s->has_finished && peer->has_finished && !session->is_renegotiating && session->client_side == side) {
        session->is_renegotiating = true;
        session->renegotiations++;
    }
}

static void change_cipher_spec(struct session *session, unsigned side, const struct record_header *h,
                               const struct span *span)
{
    struct side *s = &session->sides[side];
    struct event *event = session_event(session, side, EVENT_CHANGE_CIPHER_SPEC, span, h->length);
    if (event)
        event->type = h->type;
    s->has_ccs = true;
    s->expects_finished = true;
    records_protect(session, side);
    if (session->decryption)
        decryption_change_cipher_spec(session, side);
}

static void hidden_handshake(struct session *session, unsigned side, const struct record_header *h,
                             const struct span *span)
{
    records_note_hidden(session, side, EVENT_HIDDEN, h, span);
    records_protected_handshake(session, side);
}

void records_hidden(struct session *session, unsigned side, const struct record_header *h, const struct span *span)
{
    if (h->type == CONTENT_APPLICATION_DATA)
        application_record(session, side, h, span);
    else if (h->type == CONTENT_HANDSHAKE)
        hidden_handshake(session, side, h, span);
    else
        records_note_hidden(session, side, h->type == CONTENT_ALERT ? EVENT_HIDDEN_ALERT : EVENT_HIDDEN, h, span);
}

/* After a gap, a record that can only be a protected one: the ChangeCipherSpec lies in the gap. */
static void infer_protection(struct session *session, unsigned side, const struct record_header *h)
{
    struct side *s = &session->sides[side];
    if (!s->is_after_gap || s->has_ccs || !session->is_next_clear || session_is_tls13(session))
        return;
    if (h->type == CONTENT_APPLICATION_DATA || (h->type == CONTENT_ALERT && h->length != 2)) {
        s->has_ccs = true;
        records_protect(session, side);
    }
}

/* A record that needs no more than its header. False: it has to be collected. */
static bool record_by_header(struct session *session, unsigned side, const struct record_header *h,
                             const struct span *span)
{
    struct side *s = &session->sides[side];
    infer_protection(session, side, h);
    if (h->type == CONTENT_CHANGE_CIPHER_SPEC) {
        change_cipher_spec(session, side, h, span);
        return true;
    }
    if (!is_protected(session, s, h))
        return false;
    if (h->type == CONTENT_HANDSHAKE && session->version == 0)
        return false; /* the ServerHello was not captured: only the content tells */
    if (session->decryption) {
        if (decryption_wants(session, side, h))
            return false;
        decryption_skip(session, side, h);
    }
    records_hidden(session, side, h, span);
    return true;
}

void records_alert(struct session *session, unsigned side, struct bytes fragment, uint32_t declared,
                   const struct span *span)
{
    struct fault fault;
    struct cursor c;
    struct alert alert;
    cursor_init(&c, fragment, declared, 0, &fault);
    bool has_one = false;
    while (alert_next(&c, &alert)) {
        has_one = true;
        struct event *event = session_event(session, side, EVENT_ALERT, span, 2);
        if (event) {
            event->type = CONTENT_ALERT;
            event->level = alert.level;
            event->code = alert.code;
        }
    }
    if (!has_one && cursor_ok(&c)) {
        struct event *event = session_event(session, side, EVENT_HIDDEN_ALERT, span, declared);
        if (event) {
            event->type = CONTENT_ALERT;
            event->is_encrypted = true;
        }
    }
}

static void heartbeat_record(struct session *session, unsigned side, struct bytes fragment, const struct span *span)
{
    struct fault fault;
    struct cursor c;
    struct heartbeat heartbeat;
    cursor_init_whole(&c, fragment, &fault);
    heartbeat_parse(&c, &heartbeat);
    struct event *event = session_event(session, side, EVENT_HEARTBEAT, span, (uint32_t)fragment.len);
    if (event) {
        event->type = CONTENT_HEARTBEAT;
        event->level = heartbeat.type;
        event->code = heartbeat.is_overlong;
    }
}

/* A whole handshake message that starts this fragment and fits it, of a type that exists: then it cannot be ciphertext.
 * A HelloRequest stands alone: ciphertext of AEAD suites often begins with a nonce that counts up from 0. */
static bool looks_readable(struct bytes fragment)
{
    struct fault fault;
    struct cursor c;
    struct handshake_header h;
    cursor_init_whole(&c, fragment, &fault);
    handshake_header_parse(&c, &h);
    if (!cursor_ok(&c) || !handshake_type_name(h.type) || h.length > c.left)
        return false;
    return h.type != HS_HELLO_REQUEST || c.left == 0;
}

void records_opened(struct session *session, unsigned side, uint8_t type, struct bytes content, const struct span *span)
{
    const struct record_header inner = {type, span->version, (uint16_t)content.len};
    bool was_opening = session->is_opening; /* a message may let other records through */
    session->is_opening = true;
    session->sides[side].num_protected +=
        type == CONTENT_ALERT || type == CONTENT_HEARTBEAT || type == CONTENT_HANDSHAKE;
    if (type == CONTENT_ALERT) {
        records_alert(session, side, content, content.len, span);
    } else if (type == CONTENT_HEARTBEAT) {
        heartbeat_record(session, side, content, span);
    } else if (type == CONTENT_HANDSHAKE) {
        messages_record(session, side, content, content.len, span);
    } else {
        session->sides[side].has_application |= content.len > 0;
        records_note_hidden(session, side, type == CONTENT_APPLICATION_DATA ? EVENT_APPLICATION : EVENT_HIDDEN, &inner,
                            span);
    }
    session->is_opening = was_opening;
}

static void record_whole(struct session *session, unsigned side, const struct record_header *h, struct bytes fragment,
                         const struct span *span)
{
    struct side *s = &session->sides[side];
    bool is_unknown = h->type == CONTENT_HANDSHAKE && session->version == 0;
    if (session->decryption && !is_unknown && is_protected(session, s, h)) {
        decryption_record(session, side, h, fragment, span);
        return;
    }
    if (h->type != CONTENT_ALERT || h->length != 2)
        fragment = bytes_slice(fragment, 0, content_len(s, h));
    if (h->type == CONTENT_ALERT)
        records_alert(session, side, fragment, content_len(s, h), span);
    else if (h->type == CONTENT_HEARTBEAT)
        heartbeat_record(session, side, fragment, span);
    else if ((s->has_ccs || s->is_after_gap) && session->version == 0 && !s->message && !looks_readable(fragment))
        hidden_handshake(session, side, h, span);
    else
        messages_record(session, side, fragment, content_len(s, h), span);
}

/* A header without content where there has to be some: stacks step over it, and so is it done here. */
static void empty_record(struct session *session, unsigned side, const struct record_header *h, const struct span *span)
{
    struct event *last = session->num_events > 0 ? &session->events[session->num_events - 1] : NULL;
    if (last && last->kind == EVENT_EMPTY_RECORD && (unsigned)last->role == side && last->type == h->type &&
        last->offset + (uint64_t)last->len * RECORD_HEADER_LEN == span->offset) {
        last->len++;
        last->last = span->last;
        return;
    }
    struct event *event = session_event(session, side, EVENT_EMPTY_RECORD, span, 1);
    if (event)
        event->type = h->type;
}

/* Not a record: what came before decides what this is. */
static void no_record(struct session *session, struct flow *flow, unsigned side, struct bytes b,
                      const struct span *span)
{
    struct side *s = &session->sides[side];
    if (s->is_after_gap) {
        s->state = SIDE_LOST;
        return;
    }
    if (session->wrapped && tds_is_packet(b)) {
        /* Only the login was to be encrypted. */
        session_side_dead(session, flow, side);
        return;
    }
    (void)session_event(session, side, EVENT_NOT_TLS, span, (uint32_t)b.len);
    plain_first_bytes(session, side, b);
    session_side_dead(session, flow, side);
}

void records_walk(struct session *session, struct flow *flow, unsigned side, struct chunk *chunk)
{
    struct side *s = &session->sides[side];
    /* The common case first: a header in this segment, and nothing collected. */
    if (!s->record && chunk->bytes.len >= RECORD_HEADER_LEN) {
        struct record_header h = peek_header(chunk->bytes);
        struct span span = {chunk->offset, *chunk->moment, *chunk->moment, h.version};
        if (record_header_is_empty(&h) && !s->is_after_gap) {
            empty_record(session, side, &h, &span);
            chunk_advance(chunk, RECORD_HEADER_LEN);
            return;
        }
        if (!record_header_is_plausible(&h)) {
            no_record(session, flow, side, chunk->bytes, &span);
            return;
        }
        if (session->client_side == !side)
            session->record_version = h.version;
        uint32_t whole = RECORD_HEADER_LEN + (uint32_t)h.length;
        if (record_by_header(session, side, &h, &span)) {
            session_skip(session, flow, side, chunk->offset + whole);
            return;
        }
        if (chunk->bytes.len >= whole) {
            record_whole(session, side, &h, bytes_slice(chunk->bytes, RECORD_HEADER_LEN, h.length), &span);
            chunk_advance(chunk, whole);
            return;
        }
    }
    uint32_t target = RECORD_HEADER_LEN;
    if (s->record && s->record->len >= RECORD_HEADER_LEN)
        target += peek_header((struct bytes){s->record->data, s->record->len}).length;
    if (!buffer_append(session, &s->record, chunk, target)) {
        session_side_dead(session, flow, side);
        return;
    }
    if (s->record->len < target)
        return;
    struct bytes held = {s->record->data, s->record->len};
    struct record_header h = peek_header(held);
    struct span span = {s->record->offset, s->record->first, s->record->last, h.version};
    if (target == RECORD_HEADER_LEN && record_header_is_empty(&h) && !s->is_after_gap) {
        empty_record(session, side, &h, &span);
        buffer_drop(session, &s->record);
    } else if (target == RECORD_HEADER_LEN && !record_header_is_plausible(&h)) {
        struct buffer *odd = s->record;
        s->record = NULL;
        no_record(session, flow, side, held, &span);
        if (s->state == SIDE_LOST)
            s->record = odd; /* the search begins with these bytes */
        else
            buffer_drop(session, &odd);
    } else if (target == RECORD_HEADER_LEN && record_by_header(session, side, &h, &span)) {
        session_skip(session, flow, side, span.offset + RECORD_HEADER_LEN + h.length);
        buffer_drop(session, &s->record);
    } else if (held.len == RECORD_HEADER_LEN + (size_t)h.length) {
        record_whole(session, side, &h, bytes_slice(held, RECORD_HEADER_LEN, h.length), &span);
        buffer_drop(session, &s->record);
    }
}

void records_flush(struct session *session, unsigned side)
{
    struct side *s = &session->sides[side];
    if (!s->record)
        return;
    struct bytes held = {s->record->data, s->record->len};
    bool has_content = held.len > RECORD_HEADER_LEN;
    if (held.len >= RECORD_HEADER_LEN) {
        struct record_header h = peek_header(held);
        struct span span = {s->record->offset, s->record->first, s->record->last, h.version};
        if (session->decryption && session->version != 0 && is_protected(session, s, &h)) {
            decryption_skip(session, side, &h);
            records_hidden(session, side, &h, &span);
        } else if (has_content && h.type == CONTENT_ALERT) {
            records_alert(session, side, bytes_slice(held, RECORD_HEADER_LEN, content_len(s, &h)), content_len(s, &h),
                          &span);
        } else if (has_content && h.type == CONTENT_HANDSHAKE && (session->version != 0 || !s->has_ccs)) {
            messages_record(session, side, bytes_slice(held, RECORD_HEADER_LEN, content_len(s, &h)), content_len(s, &h),
                            &span);
        }
    }
    buffer_drop(session, &s->record);
}
