/* TLS inside of MS-TDS packets (MS-TDS section 3.2.5.2): behind PRELOGIN the handshake's records travel in packets, and
 * later ones do not. The packets' headers are taken out on the way to the states, whose offsets count without them;
 * what becomes a fact gets its place in the stream back in the end. */
#include "dissect/tds.h"
#include "session/session_internal.h"

#include <string.h>

enum {
    /* A header, and the first byte of what it carries. */
    JUDGED_LEN = TDS_HEADER_LEN + 1,
    HELD_LEN = TDS_OPENING_LEN,
};

enum wrapping {
    WRAPPING_OPENING, /* too few bytes to tell whether this is PRELOGIN; they have gone on already */
    WRAPPING_PLAIN,   /* inside of a PRELOGIN packet */
    WRAPPING_HEADER,  /* where a packet begins, or a record */
    WRAPPING_CONTENT, /* inside of a packet that carries records */
    WRAPPING_OVER,    /* no packets any more, or none that carry records */
};

struct wrapped_side {
    enum wrapping state;
    uint8_t held[HELD_LEN];
    uint8_t num_held;
    bool is_continued;    /* the packet before was not the last of its message */
    bool has_content;     /* of records */
    struct moment moment; /* of the first byte held */
    uint32_t left;        /* of the packet */
    uint64_t next;        /* the stream's offset that comes next */
    uint64_t removed;     /* bytes of headers so far */
    unsigned num_marks;
    uint64_t marks[LIMIT_WRAPPED_PACKETS]; /* where headers were, in offsets without them */
};

struct wrapped {
    struct wrapped_side sides[2];
};

void wrapped_free(struct session *session)
{
    if (!session->wrapped)
        return;
    blocks_give(&session->context->blocks, session->wrapped, sizeof *session->wrapped);
    session->context->memory_bytes -= sizeof *session->wrapped;
    session->wrapped = NULL;
}

bool wrapped_begins(struct session *session, const struct chunk *chunk)
{
    if (session->wrapped)
        return true;
    uint8_t first = bytes_u8_at(chunk->bytes, 0);
    if (chunk->offset != 0 || (first != TDS_PRELOGIN && first != TDS_REPLY))
        return false;
    session->wrapped = blocks_take(&session->context->blocks, sizeof *session->wrapped);
    if (!session->wrapped)
        return false;
    memset(session->wrapped, 0, sizeof *session->wrapped);
    session->context->memory_bytes += sizeof *session->wrapped;
    return true;
}

uint64_t wrapped_offset(const struct session *session, unsigned side, uint64_t offset)
{
    uint64_t removed = session->wrapped ? session->wrapped->sides[side].removed : 0;
    return offset > removed ? offset - removed : 0;
}

uint64_t wrapped_quiet_until(const struct session *session, unsigned side, uint64_t until)
{
    if (!session->wrapped)
        return until;
    const struct wrapped_side *ws = &session->wrapped->sides[side];
    return ws->state == WRAPPING_OVER ? until + ws->removed : 0;
}

/* ---- on the way in */

static void send(struct session *session, struct flow *flow, unsigned side, const struct chunk *chunk)
{
    struct chunk part = *chunk;
    part.offset -= session->wrapped->sides[side].removed;
    session_walk(session, flow, side, &part);
}

/* The next n bytes go on. */
static void pass(struct session *session, struct flow *flow, unsigned side, struct chunk *chunk, size_t n)
{
    struct chunk part = {bytes_slice(chunk->bytes, 0, n), chunk->offset, chunk->moment};
    chunk_advance(chunk, n);
    send(session, flow, side, &part);
}

static size_t hold(struct wrapped_side *ws, const struct chunk *chunk, size_t target)
{
    struct bytes more = bytes_slice(chunk->bytes, 0, target - ws->num_held);
    if (ws->num_held == 0)
        ws->moment = *chunk->moment;
    memcpy(ws->held + ws->num_held, more.at, more.len);
    ws->num_held += (uint8_t)more.len;
    return more.len;
}

static bool held_header(const struct wrapped_side *ws, struct tds_header *h)
{
    struct fault fault;
    struct cursor c;
    cursor_init_whole(&c, (struct bytes){ws->held, ws->num_held}, &fault);
    tds_header_parse(&c, h);
    return cursor_ok(&c);
}

static void opening(struct session *session, struct flow *flow, unsigned side, struct chunk *chunk)
{
    struct wrapped_side *ws = &session->wrapped->sides[side];
    size_t n = hold(ws, chunk, TDS_OPENING_LEN);
    if (ws->num_held == TDS_OPENING_LEN) {
        struct tds_header h;
        (void)held_header(ws, &h);
        if (tds_is_prelogin((struct bytes){ws->held, ws->num_held})) {
            ws->state = WRAPPING_PLAIN;
            ws->left = h.length - (uint32_t)TDS_OPENING_LEN;
            ws->is_continued = !h.is_last;
        } else {
            ws->state = WRAPPING_OVER;
        }
        ws->num_held = 0;
    }
    pass(session, flow, side, chunk, n);
}

static void inside(struct session *session, struct flow *flow, unsigned side, struct chunk *chunk)
{
    struct wrapped_side *ws = &session->wrapped->sides[side];
    size_t n = ws->left < chunk->bytes.len ? ws->left : chunk->bytes.len;
    ws->left -= (uint32_t)n;
    if (ws->left == 0)
        ws->state = WRAPPING_HEADER;
    pass(session, flow, side, chunk, n);
}

static void over(struct session *session, struct flow *flow, unsigned side, struct chunk *chunk)
{
    pass(session, flow, side, chunk, chunk->bytes.len);
}

/* What is held, from its byte `from` on, goes on; `before` bytes of it came before this chunk. */
static void release(struct session *session, struct flow *flow, unsigned side, size_t from, size_t before,
                    const struct chunk *chunk)
{
    struct wrapped_side *ws = &session->wrapped->sides[side];
    const uint64_t at = chunk->offset - ws->num_held;
    const struct moment moment = ws->moment;
    struct bytes held = {ws->held, ws->num_held};
    ws->num_held = 0;
    struct chunk old = {bytes_slice(bytes_slice(held, 0, before), from, before), at + from, &moment};
    size_t start = from > before ? from : before;
    struct chunk new = {bytes_slice(held, start, held.len), at + start, chunk->moment};
    if (old.bytes.len > 0)
        send(session, flow, side, &old);
    send(session, flow, side, &new);
}

/* The packet whose header is held carries records: the header goes. False: there were too many. */
static bool take_out(struct session *session, struct wrapped_side *ws, const struct tds_header *h, uint64_t header_at)
{
    if (ws->num_marks == LIMIT_WRAPPED_PACKETS) {
        session->context->message_limit_hits++;
        return false;
    }
    ws->marks[ws->num_marks++] = header_at - ws->removed;
    ws->removed += TDS_HEADER_LEN;
    ws->is_continued = !h->is_last;
    ws->left = h->length - (uint32_t)TDS_HEADER_LEN;
    ws->state = ws->left > 0 ? WRAPPING_CONTENT : WRAPPING_HEADER;
    return true;
}

static bool is_inside_record(const struct side *s)
{
    return s->state == SIDE_SKIP || (s->state == SIDE_RECORDS && s->record);
}

/* Where it leads that a packet with this header, and this first byte behind it, comes next. */
static enum wrapping judge(const struct wrapped_side *ws, const struct side *s, const struct tds_header *h)
{
    uint8_t first = ws->num_held > TDS_HEADER_LEN ? ws->held[TDS_HEADER_LEN] : 0;
    if (!ws->has_content && ws->is_continued)
        return WRAPPING_PLAIN;
    if (first >= CONTENT_CHANGE_CIPHER_SPEC && first <= CONTENT_HEARTBEAT)
        return WRAPPING_CONTENT;
    if (ws->has_content && (h->length == TDS_HEADER_LEN || ws->is_continued || is_inside_record(s)))
        return WRAPPING_CONTENT;
    return WRAPPING_OVER;
}

static void header(struct session *session, struct flow *flow, unsigned side, struct chunk *chunk)
{
    struct wrapped_side *ws = &session->wrapped->sides[side];
    const size_t before = ws->num_held;
    uint8_t type = before > 0 ? ws->held[0] : chunk->bytes.at[0];
    if (type != TDS_PRELOGIN && type != TDS_REPLY) {
        ws->state = WRAPPING_OVER;
        return;
    }
    struct tds_header h;
    if (ws->num_held < TDS_HEADER_LEN)
        chunk_advance(chunk, hold(ws, chunk, TDS_HEADER_LEN));
    if (ws->num_held < TDS_HEADER_LEN)
        return;
    bool is_header = held_header(ws, &h);
    if (is_header && h.length > TDS_HEADER_LEN) {
        if (chunk->bytes.len == 0)
            return;
        chunk_advance(chunk, hold(ws, chunk, JUDGED_LEN));
    }
    ws->state = is_header ? judge(ws, &session->sides[side], &h) : WRAPPING_OVER;
    if (ws->state == WRAPPING_CONTENT) {
        if (!take_out(session, ws, &h, chunk->offset - ws->num_held)) {
            ws->state = WRAPPING_OVER;
            session_side_dead(session, flow, side);
        } else if (!ws->has_content) {
            ws->has_content = true;
            plain_begin_records(session, side, chunk->offset - ws->num_held + TDS_HEADER_LEN - ws->removed);
        }
    } else if (ws->state == WRAPPING_PLAIN) {
        ws->left = h.length;
        ws->is_continued = !h.is_last;
    }
    size_t from = ws->state == WRAPPING_CONTENT || ws->state == WRAPPING_HEADER ? TDS_HEADER_LEN : 0;
    if (ws->state != WRAPPING_OVER)
        ws->left -= (uint32_t)(ws->num_held - from);
    if (ws->left == 0 && ws->state != WRAPPING_OVER)
        ws->state = WRAPPING_HEADER;
    release(session, flow, side, from, before, chunk);
}

void wrapped_walk(struct session *session, struct flow *flow, unsigned side, struct chunk *chunk)
{
    static void (*const walk[])(struct session *, struct flow *, unsigned, struct chunk *) = {
        [WRAPPING_OPENING] = opening, [WRAPPING_PLAIN] = inside, [WRAPPING_HEADER] = header,
        [WRAPPING_CONTENT] = inside,  [WRAPPING_OVER] = over,
    };
    struct wrapped_side *ws = &session->wrapped->sides[side];
    if (chunk->offset != ws->next)
        ws->state = WRAPPING_OVER; /* a part was not wanted: there are no packets any more */
    ws->next = chunk->offset + chunk->bytes.len;
    while (chunk->bytes.len > 0)
        walk[ws->state](session, flow, side, chunk);
}

void wrapped_gap(struct session *session, unsigned side, const struct gap *gap)
{
    struct wrapped_side *ws = &session->wrapped->sides[side];
    bool is_inside = ws->state == WRAPPING_PLAIN || ws->state == WRAPPING_CONTENT;
    ws->next = gap->offset + gap->len;
    ws->num_held = 0;
    if (!is_inside || gap->len > ws->left) {
        ws->state = WRAPPING_OVER;
        return;
    }
    ws->left -= (uint32_t)gap->len;
    if (ws->left == 0)
        ws->state = WRAPPING_HEADER;
}

/* ---- in the end */

void wrapped_finish(struct session *session)
{
    for (unsigned i = 0; session->wrapped && i < session->num_events; i++) {
        struct event *event = &session->events[i];
        const struct wrapped_side *ws = &session->wrapped->sides[event->role];
        uint64_t offset = event->offset;
        for (unsigned k = 0; k < ws->num_marks && ws->marks[k] <= offset; k++)
            event->offset += TDS_HEADER_LEN;
        for (unsigned k = 0; k < ws->num_marks; k++)
            event->is_split |= ws->marks[k] > offset && ws->marks[k] < offset + event->len;
    }
    wrapped_free(session);
}
