/*
 * The session: two byte streams in pieces, holes and closes, as the input's script says; then all facts are built. Each
 * step begins with a byte: bit 0 the side, bits 1-2 what (0-1 data, 2 gap, 3 close), bits 3-7 the length's low bits;
 * data lengths and gap lengths take one more byte.
 */
#include "session/session.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEP_GAP = 2, STEP_CLOSE = 3 };

struct script {
    struct cursor c;
    struct session *session;
    struct flow flow;
    struct flow_rare rare;
    uint64_t sent[2];
    uint64_t frame;
};

static void step_data(struct script *s, unsigned side, size_t len, const struct moment *moment)
{
    size_t n = len < s->c.left ? len : s->c.left;
    struct bytes b = cursor_bytes(&s->c, n, "data");
    uint64_t offset = s->sent[side], quiet = s->flow.stream[side].quiet_until;
    s->sent[side] += b.len;
    s->flow.stream[side].packets++;
    s->flow.stream[side].bytes += b.len;
    if (b.len == 0 || quiet >= s->sent[side])
        return;
    if (quiet > offset) {
        b = bytes_slice(b, (size_t)(quiet - offset), b.len);
        offset = quiet;
    }
    /* Memory of exactly that length: every read past it is seen. */
    uint8_t *copy = malloc(b.len);
    if (!copy)
        return;
    memcpy(copy, b.at, b.len);
    session_data(s->session, &s->flow, side, (struct bytes){copy, b.len}, offset, moment);
    free(copy);
}

static void step_gap(struct script *s, unsigned side, size_t len, const struct moment *moment)
{
    struct gap gap = {
        s->sent[side], len + 1, moment->place, {moment->place.frame + 1, 0}, len % 2 ? GAP_LOST : GAP_CUT};
    s->sent[side] += gap.len;
    if (s->flow.stream[side].quiet_until < s->sent[side])
        session_gap(s->session, &s->flow, side, &gap);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct session_context context = {.certificates = certificates_new(1 << 20), .hello_shapes = hello_shapes_new()};
    struct fault fault;
    struct script s = {.session = session_new(&context)};
    if (!context.certificates || !context.hello_shapes || !s.session)
        abort();
    cursor_init_whole(&s.c, (struct bytes){data, size}, &fault);
    uint8_t setup = cursor_u8(&s.c, "setup");
    s.flow.ip_version = 4;
    s.flow.port[0] = 50000;
    s.flow.port[1] = 443;
    s.flow.syn_side = setup % 3;
    s.flow.setup = FLOW_COMPLETE;
    s.flow.rare = &s.rare;
    while (cursor_more(&s.c)) {
        uint8_t op = cursor_u8(&s.c, "step");
        unsigned side = op & 1, what = op >> 1 & 3;
        size_t len = (size_t)(op >> 3) << 8;
        struct moment moment = {{++s.frame, 0}, (int64_t)s.frame * 1000};
        s.flow.last = moment;
        if (what == STEP_CLOSE)
            session_close(s.session, &s.flow, side, op >> 3 & 1, &moment);
        else if (what == STEP_GAP)
            step_gap(&s, side, len + cursor_u8(&s.c, "length"), &moment);
        else
            step_data(&s, side, len + cursor_u8(&s.c, "length"), &moment);
        s.flow.stream[side].next = s.sent[side];
    }
    session_finish(s.session, &s.flow);
    struct connection c;
    connection_build(&c, s.session, &s.flow);
    for (unsigned i = 0; i < c.chain.num; i++)
        (void)certificate_facts(c.chain.certificates[i]);
    connection_cleanup(&c);
    session_free(s.session);
    if (context.memory_bytes != 0)
        abort();
    hello_shapes_free(context.hello_shapes);
    certificates_free(context.certificates);
    return 0;
}
