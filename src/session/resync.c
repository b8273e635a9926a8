/* After a gap: records are found again where two record headers chain, the second exactly where the first says. At the
 * very end of a stream a record that ends with it counts as chained. What is read from there on is marked. */
#include "session/session_internal.h"

#include <stdlib.h>
#include <string.h>

static bool is_header_at(struct bytes b, size_t at, struct record_header *h)
{
    struct fault fault;
    struct cursor c;
    cursor_init_whole(&c, bytes_slice(b, at, RECORD_HEADER_LEN), &fault);
    record_header_parse(&c, h);
    return cursor_ok(&c) && record_header_is_plausible(h) && h->length > 0;
}

enum chain { CHAIN_NO, CHAIN_YES, CHAIN_WAIT };

static enum chain chain_at(struct bytes b, size_t at, bool is_last)
{
    struct record_header first, second;
    if (b.len - at < RECORD_HEADER_LEN)
        return is_last ? CHAIN_NO : CHAIN_WAIT;
    if (!is_header_at(b, at, &first))
        return CHAIN_NO;
    size_t next = at + RECORD_HEADER_LEN + first.length;
    if (b.len >= next + RECORD_HEADER_LEN)
        return is_header_at(b, next, &second) && second.version == first.version ? CHAIN_YES : CHAIN_NO;
    if (!is_last)
        return CHAIN_WAIT;
    return b.len == next ? CHAIN_YES : CHAIN_NO;
}

/* The packet that carried the window's byte at offset. */
static struct moment moment_at(const struct buffer *window, const struct lost_marks *marks, size_t offset)
{
    struct moment moment = window->first;
    for (unsigned i = 0; marks && i < marks->num && marks->marks[i].start <= offset; i++)
        moment = marks->marks[i].moment;
    return moment;
}

/* Where that packet's bytes end in the window. */
static size_t run_end(const struct buffer *window, const struct lost_marks *marks, size_t offset)
{
    for (unsigned i = 0; marks && i < marks->num; i++)
        if (marks->marks[i].start > offset && marks->marks[i].start < window->len)
            return marks->marks[i].start;
    return window->len;
}

static void mark(struct side *s, uint32_t start, const struct moment *moment)
{
    if (!s->marks) {
        s->marks = malloc(sizeof *s->marks);
        if (!s->marks)
            return;
        s->marks->num = 0;
    }
    if (s->marks->num == LOST_MARKS)
        return;
    s->marks->marks[s->marks->num].start = start;
    s->marks->marks[s->marks->num++].moment = *moment;
}

/* Hands the window from `at` on to the record layer, packet by packet. */
static void resume(struct session *session, struct flow *flow, unsigned side, size_t at)
{
    struct side *s = &session->sides[side];
    struct buffer *window = s->record;
    struct lost_marks *marks = s->marks;
    struct moment moment = moment_at(window, marks, at);
    struct span span = {window->offset + at, moment, moment, 0};
    (void)session_event(session, side, EVENT_RESUMED_SYNC, &span, 0);
    dialogue_end(session, side, span.offset);
    s->record = NULL;
    s->marks = NULL;
    s->state = SIDE_RECORDS;
    s->has_tls = true;
    s->is_after_gap = true;
    s->is_in_step = false;
    s->scanned = 0;
    if (session->first_bytes[side] && session->first_bytes[side]->is_untold)
        session->first_bytes[side] = NULL; /* they were the middle of a record */
    for (size_t end; at < window->len; at = end) {
        end = run_end(window, marks, at);
        moment = moment_at(window, marks, at);
        struct chunk chunk = {{window->data + at, end - at}, window->offset + at, &moment};
        session_walk(session, flow, side, &chunk);
    }
    free(marks);
    buffer_drop(session, &window);
}

/* Forgets the first n bytes of the window. */
static void window_shift(struct side *s, uint32_t n)
{
    struct buffer *window = s->record;
    window->first = moment_at(window, s->marks, n);
    memmove(window->data, window->data + n, window->len - n);
    window->len -= n;
    window->offset += n;
    if (!s->marks)
        return;
    unsigned kept = 0;
    for (unsigned i = 0; i < s->marks->num; i++) {
        if (s->marks->marks[i].start < n)
            continue;
        s->marks->marks[kept] = s->marks->marks[i];
        s->marks->marks[kept++].start -= n;
    }
    s->marks->num = kept;
}

/* Packets that are cut, each perhaps the beginning of a record. */
static bool begins_record(const struct session *session, const struct side *s, struct bytes b)
{
    struct record_header h;
    return s->is_after_cut && s->has_tls && is_header_at(b, 0, &h) &&
           h.version == (session->record_version ? session->record_version : VERSION_TLS12);
}

void resync_walk(struct session *session, struct flow *flow, unsigned side, struct chunk *chunk, bool is_last)
{
    struct side *s = &session->sides[side];
    if (!s->record && begins_record(session, s, chunk->bytes)) {
        struct span span = {chunk->offset, *chunk->moment, *chunk->moment, 0};
        (void)session_event(session, side, EVENT_RESUMED_SYNC, &span, 0);
        s->state = SIDE_RECORDS;
        s->is_after_cut = false;
        return;
    }
    if (chunk->bytes.len > 0) {
        uint32_t before = s->record ? s->record->len : 0;
        dialogue_take_late(session, side, chunk);
        mark(s, before, chunk->moment);
        if (!buffer_append(session, &s->record, chunk, LOST_WINDOW)) {
            session_side_dead(session, flow, side);
            return;
        }
        s->scanned += s->record->len - before;
    }
    if (!s->record)
        return;
    struct bytes window = {s->record->data, s->record->len};
    size_t at = 0;
    enum chain chain = CHAIN_NO;
    while (at < window.len && (chain = chain_at(window, at, is_last)) == CHAIN_NO)
        at++;
    if (chain == CHAIN_YES) {
        resume(session, flow, side, at);
        return;
    }
    if (is_last || s->scanned > LOST_SCAN_LEN) {
        struct first_bytes *first = session->first_bytes[side];
        if (first && first->is_untold) {
            struct span span = {first->offset, first->moment, first->moment, 0};
            (void)session_event(session, side, EVENT_NOT_TLS, &span, (uint32_t)first->bytes.len);
            first->is_untold = false;
        }
        plain_first_bytes(session, side, window);
        session_side_dead(session, flow, side);
        return;
    }
    window_shift(s, (uint32_t)at);
}

/* Where in the stream a RST stands: behind bytes that it overtook, or that the capture lacks, by its sequence number.
 */
uint64_t session_rst_offset(const struct flow *flow, unsigned side)
{
    const struct stream *stream = &flow->stream[side];
    if (!flow->rare || !stream->has_base || stream->is_held || stream->is_guess || flow->rare->rst_seq[side] == 0)
        return stream->next;
    int32_t ahead = (int32_t)(flow->rare->rst_seq[side] - (stream->isn + (uint32_t)stream->next));
    return ahead > 0 && ahead <= RST_AHEAD ? stream->next + (uint32_t)ahead : stream->next;
}
