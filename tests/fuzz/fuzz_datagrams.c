/*
 * Sessions over UDP: datagrams of both sides as the input's script says; then all facts are built. Each datagram begins
 * with a byte (bit 0 the side, bits 1-2 by how much the capture cut it, bits 3-7 the length's high bits) and one for
 * the length's low bits.
 */
#include "session/session.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct script {
    struct session_context context;
    struct session *session;
    struct flow flow;
    uint64_t frame;
};

static void run_end(struct script *s)
{
    session_finish(s->session, &s->flow);
    struct connection c;
    connection_build(&c, s->session, &s->flow);
    connection_cleanup(&c);
    session_free(s->session);
    s->session = NULL;
}

static void run_begin(struct script *s)
{
    s->session = session_new(&s->context);
    if (!s->session)
        abort();
}

static void run_datagram(struct script *s, unsigned side, struct bytes b, uint32_t len)
{
    struct moment moment = {{++s->frame, 0}, (int64_t)s->frame * 1000};
    /* Memory of exactly that length: every read past it is seen. */
    uint8_t *copy = malloc(b.len ? b.len : 1);
    if (!copy)
        return;
    if (b.len > 0)
        memcpy(copy, b.at, b.len);
    struct bytes payload = {copy, b.len};
    if (session_datagram_role(s->session, side, payload, len) == DATAGRAM_ANEW) {
        run_end(s);
        run_begin(s);
    }
    s->flow.last = moment;
    s->flow.stream[side].packets++;
    s->flow.stream[side].bytes += len;
    session_datagram(s->session, &s->flow, side, payload, len, &moment);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct script s = {
        .context = {.certificates = certificates_new(1 << 20), .hello_shapes = hello_shapes_new()},
        .flow = {.ip_version = 4, .port = {50000, 443}, .syn_side = 2, .is_datagram = true},
    };
    struct fault fault;
    struct cursor c;
    if (!s.context.certificates || !s.context.hello_shapes)
        abort();
    run_begin(&s);
    cursor_init_whole(&c, (struct bytes){data, size}, &fault);
    while (cursor_more(&c)) {
        uint8_t op = cursor_u8(&c, "datagram");
        size_t len = (size_t)(op >> 3) << 8 | cursor_u8(&c, "length");
        struct bytes b = cursor_bytes(&c, len < c.left ? len : c.left, "payload");
        run_datagram(&s, op & 1, b, (uint32_t)b.len + (op >> 1 & 3) * 100u);
    }
    run_end(&s);
    if (s.context.memory_bytes != 0)
        abort();
    hello_shapes_free(s.context.hello_shapes);
    certificates_free(s.context.certificates);
    crypto_free(s.context.crypto);
    return 0;
}
