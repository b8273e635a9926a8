/*
 * QUIC behind its encryption: the input says which packets carry which frames; they are sealed under fixed secrets that
 * the session has, too, so that hostile frames, messages, numbers and orders get through. After RFC 9001's hellos each
 * operation is a byte (bits 0-1 what: Initial, Handshake, 1-RTT, else bytes as they are; bit 2 the side; bit 3 the
 * packet stands in the datagram of the one before; bit 4 a key update comes first; bit 5 the capture cut the datagram;
 * bit 6 the packet's number is the last one's again), two bytes of length, and the payload.
 */
#include "session/keys.h"
#include "session/quic_paths.h"
#include "session/session.h"
#include "support/quic_builder.h"
#include "support/quic_vectors.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RANDOM "ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c"
#define SERVER_HELLO                                                                                                   \
    "02000000000600405a020000560303eefce7f7b37ba1d1632e96677825ddf73988cfc79825df566dc5430b9a045a1200130100002e003300" \
    "24001d00209d3c940d89690b84d08a60993c144eca684d1081287c834d5311bcf32bb9da1a002b00020304"

static struct crypto *openssl; /* for all runs: it takes longer to make than any of them */

struct script {
    struct session_context context;
    struct session *session;
    struct flow flow;
    struct quic_builder builder;
    uint64_t frame;
    uint8_t datagram[BUILT_MAX_LEN];
    size_t len;
    unsigned side;
    bool is_cut;
};

static void begin(struct script *s)
{
    s->session = session_new(&s->context);
    if (!s->session)
        abort();
}

static void end(struct script *s)
{
    session_unfollow(s->session);
    session_finish(s->session, &s->flow);
    struct connection c;
    connection_build(&c, s->session, &s->flow);
    connection_cleanup(&c);
    session_free(s->session);
}

static void deliver(struct script *s, struct bytes b, uint32_t len)
{
    struct moment moment = {{++s->frame, 0}, (int64_t)s->frame * 1000};
    uint8_t *copy = malloc(b.len ? b.len : 1); /* of exactly that length: every read past it is seen */
    if (!copy)
        return;
    if (b.len > 0)
        memcpy(copy, b.at, b.len);
    struct packet p = {.kind = PACKET_UDP, .ip_version = 4, .sport = (uint16_t)(40000 + s->frame % 16), .dport = 443};
    p.payload = (struct bytes){copy, b.len};
    p.payload_len = len;
    unsigned owner;
    (void)quic_paths_find(s->context.paths, &p, &moment, &owner);
    if (session_datagram_role(s->session, s->side, p.payload, len) == DATAGRAM_ANEW) {
        end(s);
        begin(s);
    }
    s->flow.last = moment;
    s->flow.stream[s->side].packets++;
    s->flow.stream[s->side].bytes += len;
    session_datagram(s->session, &s->flow, s->side, p.payload, len, &moment);
    free(copy);
}

static void flush(struct script *s)
{
    if (s->len > 0)
        deliver(s, (struct bytes){s->datagram, s->is_cut ? s->len / 2 : s->len}, (uint32_t)s->len);
    s->len = 0;
    s->is_cut = false;
}

static void packet(struct script *s, unsigned level, unsigned side, struct bytes payload)
{
    size_t len = quic_builder_packet(&s->builder, level, side, payload, s->datagram, s->len);
    if (len > 0)
        s->len = len;
    s->side = side;
}

static void hello(struct script *s, unsigned side, const char *hex)
{
    uint8_t payload[512];
    size_t len = strlen(hex) / 2;
    for (size_t i = 0; i < len; i++) {
        char digits[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        payload[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    packet(s, BUILT_INITIAL, side, (struct bytes){payload, len});
    flush(s);
    s->builder.has_answered = side == 1;
}

static void run(struct script *s, struct cursor *c)
{
    uint8_t op = cursor_u8(c, "operation");
    size_t len = cursor_u16(c, "length");
    struct bytes payload = cursor_bytes(c, len < c->left ? len : c->left, "payload");
    unsigned level = op & 3, side = op >> 2 & 1;
    if (!(op & 8) || side != s->side)
        flush(s);
    if (op & 16)
        quic_builder_update(&s->builder, side);
    s->is_cut |= op >> 5 & 1;
    s->side = side;
    if (level == NUM_BUILT_LEVELS) {
        deliver(s, payload, (uint32_t)payload.len + (op >> 5 & 1) * 100u);
        return;
    }
    if (op & 64 && s->builder.number[level][side] > 0)
        s->builder.number[level][side]--;
    packet(s, level, side, payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char log[2048];
    struct script s = {
        .context = {.certificates = certificates_new(1 << 20), .hello_shapes = hello_shapes_new()},
        .flow = {.ip_version = 4, .port = {50000, 443}, .syn_side = 2, .is_datagram = true},
    };
    s.context.keys = keys_new();
    if (!openssl)
        openssl = crypto_new();
    s.context.crypto = openssl;
    s.context.paths = quic_paths_new();
    bool is_ready = s.context.certificates && s.context.hello_shapes && s.context.keys && s.context.crypto &&
                    s.context.paths && size > 0;
    bool is_hello_late = is_ready && data[0] & 1;
    if (is_ready &&
        quic_builder_init(&s.builder, s.context.crypto, data[0] & 2 ? QUIC_VERSION_2 : QUIC_VERSION_1, 0x1301)) {
        size_t len = quic_builder_keylog(&s.builder, RANDOM, 3, log, sizeof log);
        keys_add(s.context.keys, (struct bytes){(const uint8_t *)log, len}, KEYS_KEYLOG);
        begin(&s);
        hello(&s, 0, QUIC_CLIENT_CRYPTO);
        if (!is_hello_late)
            hello(&s, 1, SERVER_HELLO);
        struct fault fault;
        struct cursor c;
        cursor_init_whole(&c, (struct bytes){data + 1, size - 1}, &fault);
        while (cursor_more(&c))
            run(&s, &c);
        flush(&s);
        if (is_hello_late)
            hello(&s, 1, SERVER_HELLO);
        end(&s);
    }
    if (s.context.memory_bytes != 0 || s.context.pending_bytes != 0)
        abort();
    quic_paths_free(s.context.paths);
    hello_shapes_free(s.context.hello_shapes);
    certificates_free(s.context.certificates);
    keys_free(s.context.keys);
    return 0;
}
