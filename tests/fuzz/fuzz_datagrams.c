/*
 * Sessions over UDP, with keys: datagrams of both sides as the input's script says; then all facts are built. Each
 * datagram begins with a byte (bit 0 the side, bits 1-2 by how much the capture cut it, bits 3-7 the length's high
 * bits) and one for the length's low bits.
 */
#include "session/session.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of the captures that seeds were made of, keys-* and server-key-*: records that were not changed can be opened. */
static const char key_log[] =
    "PMS_CLIENT_RANDOM 2279a09b2c3edeff493ba730561c6e46a91e825061b5294cae0800658ddd6ec2 "
    "fefdceff51ef0280ed2f0d8a9215a2fa2073e32e3a2c127c74dd626c72925e3c8260a388d6622d9c6981eed646856a02\n"
    "CLIENT_RANDOM aeb79c39a40c12df73bbc45906c6d0d25bd2eb65a3f3a343f790b3a96c47692d "
    "3d8051c11f8124dc51b4ac8838e1067b4ac8bd988754245c9e82f578e4a706b719d1af1fa5408484ebd155e8fc22f149\n"
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET 94d1ff81f5a0aea77f328ae314f94a96d4cd64ad4c3a64210e3aff952bc424bc "
    "987e76def57143eb9140ab4beb84c978528899f97f46d4f39eaf54494b25e879\n"
    "SERVER_HANDSHAKE_TRAFFIC_SECRET 94d1ff81f5a0aea77f328ae314f94a96d4cd64ad4c3a64210e3aff952bc424bc "
    "53fa87bd3f02605afe23d66c99803da5b3617a83f7ad461e68f45cc87a53139d\n"
    "CLIENT_TRAFFIC_SECRET_0 94d1ff81f5a0aea77f328ae314f94a96d4cd64ad4c3a64210e3aff952bc424bc "
    "aa90080a2c5f5640ccc75476c81b8eb8c2b88c0707b47c2c2e7cacf11b5be56a\n"
    "SERVER_TRAFFIC_SECRET_0 94d1ff81f5a0aea77f328ae314f94a96d4cd64ad4c3a64210e3aff952bc424bc "
    "e654311b56f9a01786701a91edbe9a146186e36ec8010af6622237c87c4da5fc\n";

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

/* Once: OpenSSL takes its time. */
static struct crypto *crypto;
static struct keys *keys;

static void keys_begin(void)
{
    crypto = crypto_new();
    keys = keys_new();
    if (!crypto || !keys)
        abort();
    keys_add(keys, (struct bytes){(const uint8_t *)key_log, sizeof key_log - 1}, KEYS_KEYLOG);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!keys)
        keys_begin();
    struct script s = {
        .context = {.certificates = certificates_new(1 << 20),
                    .hello_shapes = hello_shapes_new(),
                    .keys = keys,
                    .crypto = crypto},
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
    if (s.context.memory_bytes != 0 || s.context.pending_bytes != 0)
        abort();
    hello_shapes_free(s.context.hello_shapes);
    certificates_free(s.context.certificates);
    return 0;
}
