/* One connection's life: memory, the states of its two sides, gaps and closes. The states' work is in plain.c,
 * records.c, resync.c and ssl2_stream.c. */
#include "session/session_internal.h"

#include <stdlib.h>
#include <string.h>

struct session *session_new(struct session_context *context)
{
    struct session *session = blocks_take(&context->blocks, sizeof *session);
    if (!session)
        return NULL;
    memset(session, 0, sizeof *session);
    session->context = context;
    session->client_side = 2;
    session->events = &session->first_event;
    session->cap_events = 1;
    context->memory_bytes += sizeof *session;
    return session;
}

void session_free(struct session *session)
{
    if (!session)
        return;
    decryption_free(session);
    for (unsigned side = 0; side < 2; side++) {
        buffer_drop(session, &session->sides[side].record);
        buffer_drop(session, &session->sides[side].message);
        free(session->sides[side].marks);
        const struct connection_chain *chain = session->chains[side];
        for (unsigned i = 0; chain && i < chain->num; i++)
            certificate_release(chain->certificates[i]);
        if (chain && chain->raw_public_key)
            certificate_release(chain->raw_public_key);
    }
    for (unsigned i = 0; i < session->num_events; i++) {
        if (session->events[i].is_hello_kept) {
            const struct kept_hello *kept = session->events[i].body;
            hello_shapes_release(session->context->hello_shapes, kept->shape);
        }
    }
    dialogue_free(session);
    wrapped_free(session);
    struct session_context *context = session->context;
    if (session->protocol)
        session->protocol->free(session);
    for (struct arena_block *block = session->arena, *next; block; block = next) {
        next = block->next;
        blocks_give(&context->blocks, block, block->size);
    }
    context->memory_bytes -= sizeof *session + session->arena_len;
    if (session->events != &session->first_event) {
        context->memory_bytes -= session->cap_events * sizeof(struct event);
        blocks_give(&context->blocks, session->events, session->cap_events * sizeof(struct event));
    }
    blocks_give(&context->blocks, session, sizeof *session);
}

/* Blocks are as large as what they hold: most connections keep two to eight messages of very different sizes. */
void *session_alloc(struct session *session, size_t len)
{
    if (len <= ROOM_LEN - session->room_len) {
        void *at = session->room + session->room_len;
        session->room_len += (uint32_t)(len + 7) & ~7u;
        return at;
    }
    size_t whole = sizeof(struct arena_block) + len;
    if (len > LIMIT_SESSION_ARENA || session->arena_len + whole > LIMIT_SESSION_ARENA) {
        if (!session->is_arena_full)
            session->context->arena_limit_hits++;
        session->is_arena_full = true;
        return NULL;
    }
    struct arena_block *block = blocks_take(&session->context->blocks, whole);
    if (!block)
        return NULL;
    block->size = whole;
    block->next = session->arena;
    session->arena = block;
    session->arena_len += (uint32_t)whole;
    session->context->memory_bytes += whole;
    return block + 1;
}

struct bytes session_keep(struct session *session, struct bytes b)
{
    uint8_t *copy = b.len ? session_alloc(session, b.len) : NULL;
    if (!copy)
        return (struct bytes){NULL, 0};
    memcpy(copy, b.at, b.len);
    return (struct bytes){copy, b.len};
}

void session_keep_body(struct session *session, struct event *event, struct bytes body)
{
    struct bytes kept = session_keep(session, body);
    event->body = kept.at;
    event->body_len = (uint32_t)kept.len;
}

void session_keep_hello(struct session *session, struct event *event, struct bytes body)
{
    struct hello_shapes *shapes = session->context->hello_shapes;
    struct hello_parts parts = {.num = 0};
    if (shapes && session->num_client_hellos < SHARED_HELLOS)
        client_hello_parts(body, &parts);
    if (parts.num == 0) {
        session_keep_body(session, event, body);
        return;
    }
    struct kept_hello *kept = session_alloc(session, sizeof *kept + hello_own_len(&parts));
    struct hello_shape *shape = kept ? hello_shapes_take(shapes, body, &parts) : NULL;
    if (!shape)
        return;
    kept->shape = shape;
    hello_own_copy(body, &parts, kept->own);
    event->is_hello_kept = true;
    event->body = kept;
    event->body_len = (uint32_t)body.len;
}

static bool events_grow(struct session *session)
{
    if (session->num_events == LIMIT_SESSION_EVENTS) {
        if (!session->is_events_cut)
            session->context->event_limit_hits++;
        session->is_events_cut = true;
        return false;
    }
    bool is_first = session->events == &session->first_event;
    /* Handshakes have 10 to 20 events, and those that failed are kept: few places stay empty. */
    unsigned cap = is_first ? 8 : session->cap_events < 32 ? session->cap_events + 4u : session->cap_events * 2u;
    struct event *events = blocks_resize(&session->context->blocks, is_first ? NULL : session->events,
                                         session->cap_events * sizeof *events, cap * sizeof *events);
    if (!events)
        return false;
    if (is_first)
        events[0] = session->first_event;
    session->context->memory_bytes += (cap - (is_first ? 0u : session->cap_events)) * sizeof *events;
    session->events = events;
    session->cap_events = (uint16_t)cap;
    return true;
}

struct event *session_event(struct session *session, unsigned side, enum event_kind kind, const struct span *span,
                            uint32_t len)
{
    if (session->num_events == session->cap_events && !events_grow(session))
        return NULL;
    struct event *event = &session->events[session->num_events++];
    *event = (struct event){
        .kind = kind,
        .role = (enum role)side,
        .version = span->version,
        .len = len,
        .offset = span->offset,
        .first = span->first,
        .last = span->last,
        .is_after_gap = session->sides[side].is_after_gap,
        .is_encrypted = session->is_opening,
    };
    return event;
}

bool buffer_append(struct session *session, struct buffer **buffer, struct chunk *chunk, uint32_t target)
{
    struct buffer *b = *buffer;
    uint32_t len = b ? b->len : 0;
    if (target <= len)
        return true;
    uint32_t take = target - len < chunk->bytes.len ? target - len : (uint32_t)chunk->bytes.len;
    if (!b || b->cap < len + take) {
        /* Grows with what came, not with what a header promised. */
        uint32_t cap = b && b->cap * 2 > len + take ? b->cap * 2 : len + take;
        if (cap > target)
            cap = target;
        struct buffer *grown = blocks_resize(&session->context->blocks, b, b ? sizeof *b + b->cap : 0, sizeof *b + cap);
        if (!grown)
            return false;
        session->context->memory_bytes += cap - (b ? grown->cap : 0) + (b ? 0 : sizeof *b);
        if (!b) {
            grown->first = *chunk->moment;
            grown->offset = chunk->offset;
            grown->len = 0;
            grown->is_split = grown->is_decrypted = false;
        }
        grown->cap = cap;
        *buffer = b = grown;
    }
    memcpy(b->data + len, chunk->bytes.at, take);
    b->len = len + take;
    b->last = *chunk->moment;
    chunk_advance(chunk, take);
    return true;
}

void buffer_drop(struct session *session, struct buffer **buffer)
{
    if (!*buffer)
        return;
    size_t size = sizeof **buffer + (*buffer)->cap;
    session->context->memory_bytes -= size;
    blocks_give(&session->context->blocks, *buffer, size);
    *buffer = NULL;
}

void session_side_dead(struct session *session, struct flow *flow, unsigned side)
{
    struct side *s = &session->sides[side];
    buffer_drop(session, &s->record);
    buffer_drop(session, &s->message);
    s->state = SIDE_DEAD;
    flow->stream[side].quiet_until = UINT64_MAX;
}

void session_skip(struct session *session, struct flow *flow, unsigned side, uint64_t until)
{
    struct side *s = &session->sides[side];
    s->skip_until = until;
    s->state = SIDE_SKIP;
    uint64_t quiet_until = wrapped_quiet_until(session, side, until);
    if (quiet_until > 0)
        flow->stream[side].quiet_until = quiet_until;
}

static void opening_walk(struct session *session, struct flow *flow, unsigned side, struct chunk *chunk)
{
    plain_opening(session, flow, side, chunk, false);
}

static void lost_walk(struct session *session, struct flow *flow, unsigned side, struct chunk *chunk)
{
    resync_walk(session, flow, side, chunk, false);
}

static void skip_walk(struct session *session, struct flow *flow, unsigned side, struct chunk *chunk)
{
    (void)flow;
    struct side *s = &session->sides[side];
    uint64_t left = s->skip_until > chunk->offset ? s->skip_until - chunk->offset : 0;
    chunk_advance(chunk, left < chunk->bytes.len ? (size_t)left : chunk->bytes.len);
    if (chunk->offset >= s->skip_until)
        s->state = session->is_ssl2 ? SIDE_SSL2 : SIDE_RECORDS;
}

static void dead_walk(struct session *session, struct flow *flow, unsigned side, struct chunk *chunk)
{
    (void)session, (void)flow, (void)side;
    chunk_advance(chunk, chunk->bytes.len);
}

void session_walk(struct session *session, struct flow *flow, unsigned side, struct chunk *chunk)
{
    static void (*const walk[])(struct session *, struct flow *, unsigned, struct chunk *) = {
        [SIDE_OPENING] = opening_walk, [SIDE_PLAIN] = plain_scan, [SIDE_RECORDS] = records_walk,
        [SIDE_SKIP] = skip_walk,       [SIDE_LOST] = lost_walk,   [SIDE_SSL2] = ssl2_walk,
        [SIDE_DEAD] = dead_walk,
    };
    while (chunk->bytes.len > 0)
        walk[session->sides[side].state](session, flow, side, chunk);
}

void session_data(struct session *session, struct flow *flow, unsigned side, struct bytes data, uint64_t offset,
                  const struct moment *moment)
{
    session->sides[side].has_payload = true;
    struct chunk chunk = {data, offset, moment};
    if (wrapped_begins(session, &chunk))
        wrapped_walk(session, flow, side, &chunk);
    else
        session_walk(session, flow, side, &chunk);
}

/* The first bytes of a side, too few to say that they are no TLS: behind the gap others may tell. */
static bool is_open_question(const struct buffer *first)
{
    struct bytes held = {first->data, first->len};
    return opening_recognise(held) == OPENING_UNDECIDED && (held.len < RECORD_HEADER_LEN || held.at[0] & 0x80);
}

/* Ends what is half collected, before a gap or at the end. */
static void side_flush(struct session *session, struct flow *flow, unsigned side, bool is_last)
{
    struct side *s = &session->sides[side];
    struct chunk nothing = {{NULL, 0}, 0, NULL};
    if (s->state == SIDE_OPENING && s->record && !is_last && is_open_question(s->record))
        buffer_drop(session, &s->record);
    if (s->state == SIDE_OPENING && s->record)
        plain_opening(session, flow, side, &nothing, true);
    if (s->state == SIDE_LOST && is_last)
        resync_walk(session, flow, side, &nothing, true);
    if (s->state == SIDE_RECORDS)
        records_flush(session, side);
    if (s->state == SIDE_SSL2)
        ssl2_flush(session, side);
    messages_flush(session, side);
}

/* Where the record that is being collected or skipped ends; 0 when that is not known. */
static uint64_t record_end(const struct side *s)
{
    if (s->state == SIDE_SKIP)
        return s->skip_until;
    if (s->state != SIDE_RECORDS || !s->record || s->record->len < RECORD_HEADER_LEN)
        return 0;
    struct fault fault;
    struct cursor c;
    struct record_header header;
    cursor_init_whole(&c, (struct bytes){s->record->data, RECORD_HEADER_LEN}, &fault);
    record_header_parse(&c, &header);
    return s->record->offset + RECORD_HEADER_LEN + header.length;
}

void session_gap(struct session *session, struct flow *flow, unsigned side, const struct gap *gap)
{
    struct side *s = &session->sides[side];
    if (s->state == SIDE_DEAD)
        return;
    uint64_t offset = wrapped_offset(session, side, gap->offset);
    uint64_t end = record_end(s), gap_end = offset + gap->len;
    if (session->wrapped)
        wrapped_gap(session, side, gap);
    side_flush(session, flow, side, false);
    buffer_drop(session, &s->record);
    struct span span = {offset, {gap->before, flow->last.time_ns}, {gap->after, flow->last.time_ns}, 0};
    if (gap->after.frame == 0)
        span.last = span.first;
    struct event *event =
        session_event(session, side, EVENT_GAP, &span, gap->len > UINT32_MAX ? UINT32_MAX : (uint32_t)gap->len);
    if (event)
        event->code = (uint8_t)gap->kind;
    s->is_after_gap = true;
    s->is_in_step = false;
    s->message_skip = 0;
    if (session->decryption && end < gap_end)
        decryption_lost(session, side);
    if (end >= gap_end && s->state != SIDE_DEAD) {
        /* The record's length is known, and it reaches past the hole: the next header is where it says. */
        session_skip(session, flow, side, end);
    } else if (s->state == SIDE_SSL2) {
        if (!s->has_handshake) /* two bytes looked like it: whether it was SSLv2 or TLS nobody can tell */
            s->has_tls = false;
        session_side_dead(session, flow, side);
    } else if (s->state != SIDE_DEAD && (s->state != SIDE_PLAIN || session->sides[!side].has_tls)) {
        s->state = SIDE_LOST;
        s->is_after_cut = gap->kind == GAP_CUT;
        s->scanned = 0;
        if (s->marks)
            s->marks->num = 0;
    }
}

void session_close(struct session *session, struct flow *flow, unsigned side, bool is_reset,
                   const struct moment *moment)
{
    struct side *s = &session->sides[side];
    if (is_reset ? s->has_rst : s->has_fin)
        return;
    if (is_reset) {
        s->has_rst = true;
    } else {
        s->has_fin = true;
        side_flush(session, flow, side, true);
    }
    uint64_t offset = is_reset ? session_rst_offset(flow, side) : flow->stream[side].next;
    struct span span = {wrapped_offset(session, side, offset), *moment, *moment, 0};
    (void)session_event(session, side, is_reset ? EVENT_RST : EVENT_FIN, &span, 0);
}

static bool event_is_before(const struct event *a, const struct event *b)
{
    struct place x = a->last.place, y = b->last.place;
    return x.file != y.file ? x.file < y.file : x.frame < y.frame;
}

/* By offset; stable. Events of one side come nearly sorted: only what was replaced stands elsewhere. */
static void side_sort(struct event *events, unsigned num)
{
    for (unsigned i = 1; i < num; i++) {
        struct event event = events[i];
        unsigned at = i;
        for (; at > 0 && event.offset < events[at - 1].offset; at--)
            events[at] = events[at - 1];
        events[at] = event;
    }
}

/* Nearly all events come in the order in which they are told. Of two sides in one packet the first one goes first. */
static bool is_sorted(const struct event *events, unsigned num)
{
    uint64_t offset[2] = {0, 0};
    for (unsigned i = 0; i < num; i++) {
        unsigned side = (unsigned)events[i].role;
        if (events[i].offset < offset[side])
            return false;
        if (i > 0 && !event_is_before(&events[i - 1], &events[i]) &&
            (side < (unsigned)events[i - 1].role || event_is_before(&events[i], &events[i - 1])))
            return false;
        offset[side] = events[i].offset;
    }
    return true;
}

/* Each side in the order of its stream, whatever order its packets came in; the two sides by the packets they came in.
 */
static void events_sort(struct event *events, unsigned num)
{
    struct event *copy = is_sorted(events, num) ? NULL : malloc(num * sizeof *copy);
    if (!copy)
        return;
    unsigned split = 0, at = 0;
    for (unsigned side = 0; side < 2; side++) {
        for (unsigned i = 0; i < num; i++)
            if ((unsigned)events[i].role == side)
                copy[at++] = events[i];
        split = side == 0 ? at : split;
    }
    side_sort(copy, split);
    side_sort(copy + split, num - split);
    for (unsigned i = 0, left = 0, right = split; i < num; i++)
        events[i] =
            left == split || (right < num && event_is_before(&copy[right], &copy[left])) ? copy[right++] : copy[left++];
    free(copy);
}

void session_finish(struct session *session, struct flow *flow)
{
    if (session->is_finished)
        return;
    if (session->decryption)
        decryption_finish(session);
    for (unsigned side = 0; side < 2; side++) {
        side_flush(session, flow, side, true);
        buffer_drop(session, &session->sides[side].record);
        buffer_drop(session, &session->sides[side].message);
        free(session->sides[side].marks);
        session->sides[side].marks = NULL;
    }
    if (session->protocol)
        session->protocol->finish(session);
    bool is_certain;
    unsigned client = session_client_side(session, flow, &is_certain);
    dialogue_finish(session, client);
    wrapped_finish(session);
    events_sort(session->events, session->num_events);
    for (unsigned i = 0; i < session->num_events; i++)
        session->events[i].role = (unsigned)session->events[i].role == client ? ROLE_CLIENT : ROLE_SERVER;
    session->is_finished = true;
}

bool session_is_tls(const struct session *session)
{
    return session && (session->sides[0].has_tls || session->sides[1].has_tls);
}

bool session_side_is_tls(const struct session *session, unsigned side)
{
    return session && session->sides[side].has_tls;
}

bool session_may_be_completed(const struct session *session)
{
    const struct side *a = &session->sides[0], *b = &session->sides[1];
    return (session->version != 0 || session->is_ssl2) &&
           (a->num_hidden > 0 || b->num_hidden > 0 || a->has_finished || b->has_finished || session->has_master_key ||
            decryption_source(session) != KEYS_NONE);
}

bool session_has_payload(const struct session *session)
{
    return session && (session->sides[0].has_payload || session->sides[1].has_payload);
}

/* A SYN tells, and so does the side of a registered port; the lower port decides what nothing else does. */
unsigned session_client_side(const struct session *session, const struct flow *flow, bool *is_certain)
{
    *is_certain = true;
    if (session && session->client_side < 2)
        return session->client_side;
    if (flow->syn_side < 2)
        return flow->syn_side;
    *is_certain = false;
    bool is_known[2];
    for (unsigned side = 0; side < 2; side++)
        is_known[side] = service_port_find(flow->port[side], false) != NULL;
    if (is_known[0] != is_known[1])
        return is_known[0] ? 1 : 0;
    return flow->port[0] < flow->port[1] ? 1 : 0;
}
