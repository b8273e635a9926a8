/* A session on the bench: bytes of two sides go in, events and facts come out. */
#ifndef TLSWHY_TESTS_SESSION_BENCH_H
#define TLSWHY_TESTS_SESSION_BENCH_H

#include "session/session.h"
#include "support/cmocka_all.h"

#include <string.h>

struct bench {
    struct session_context context;
    struct session *session;
    struct flow flow;
    struct flow_rare rare;
    struct connection c;
    uint64_t sent[2];
    uint64_t frame;
};

static inline void set_up(struct bench *b)
{
    memset(b, 0, sizeof *b);
    b->context.certificates = certificates_new(1 << 20);
    b->context.hello_shapes = hello_shapes_new();
    assert_non_null(b->context.hello_shapes);
    b->session = session_new(&b->context);
    assert_non_null(b->session);
    b->flow.ip_version = 4;
    b->flow.port[0] = 50000;
    b->flow.port[1] = 443;
    b->flow.syn_side = 0;
    b->flow.setup = FLOW_COMPLETE;
    b->flow.rare = &b->rare;
}

static inline void tear_down(struct bench *b)
{
    connection_cleanup(&b->c);
    session_free(b->session);
    hello_shapes_free(b->context.hello_shapes);
    certificates_free(b->context.certificates);
    assert_true(b->context.memory_bytes == 0);
}

static inline struct moment next_moment(struct bench *b)
{
    b->frame++;
    return (struct moment){{b->frame, 0}, (int64_t)b->frame * 1000000};
}

/* Sends bytes of one side in packets of at most `step` bytes; honours quiet_until as the flow table does. */
static inline void send_bytes(struct bench *b, unsigned side, struct bytes data, size_t step)
{
    for (size_t at = 0; at < data.len; at += step) {
        struct bytes part = bytes_slice(data, at, step);
        struct moment moment = next_moment(b);
        b->flow.stream[side].packets++;
        b->flow.stream[side].bytes += part.len;
        uint64_t offset = b->sent[side], quiet = b->flow.stream[side].quiet_until;
        b->sent[side] += part.len;
        b->flow.stream[side].next = b->sent[side];
        if (quiet >= b->sent[side])
            continue;
        if (quiet > offset) {
            part = bytes_slice(part, (size_t)(quiet - offset), part.len);
            offset = quiet;
        }
        session_data(b->session, &b->flow, side, part, offset, &moment);
    }
}

static inline void send_gap_of(struct bench *b, unsigned side, uint64_t len, enum gap_kind kind)
{
    struct gap gap = {b->sent[side], len, {b->frame, 0}, {b->frame + 1, 0}, kind};
    b->sent[side] += len;
    session_gap(b->session, &b->flow, side, &gap);
}

static inline void send_gap(struct bench *b, unsigned side, uint64_t len)
{
    send_gap_of(b, side, len, GAP_LOST);
}

static inline void close_side(struct bench *b, unsigned side, bool is_reset)
{
    struct moment moment = next_moment(b);
    session_close(b->session, &b->flow, side, is_reset, &moment);
}

static inline void finish(struct bench *b)
{
    session_finish(b->session, &b->flow);
    connection_build(&b->c, b->session, &b->flow);
}

static inline unsigned count_events(const struct connection *c, enum event_kind kind, enum role role)
{
    unsigned num = 0;
    for (unsigned i = 0; i < c->num_events; i++)
        num += c->events[i].kind == kind && c->events[i].role == role;
    return num;
}

static inline const struct event *find_event(const struct connection *c, enum event_kind kind)
{
    for (unsigned i = 0; i < c->num_events; i++)
        if (c->events[i].kind == kind)
            return &c->events[i];
    return NULL;
}

#endif
