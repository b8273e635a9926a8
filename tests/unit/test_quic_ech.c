/* Encrypted ClientHello over QUIC with its keys: hellos that NSS sent, in Initial packets. */
#include "support/ech_vectors.h"
#include "support/mutate.h"
#include "support/quic_builder.h"
#include "support/session_bench.h"

#include <stdlib.h>

enum { CLIENT, SERVER };

struct stage {
    struct bench bench;
    struct quic_builder builder;
};

static void begin(struct stage *s, const char *log)
{
    set_up(&s->bench);
    s->bench.flow.is_datagram = true;
    s->bench.flow.syn_side = 2;
    s->bench.flow.setup = FLOW_UNSEEN;
    s->bench.context.crypto = crypto_new();
    assert_non_null(s->bench.context.crypto);
    assert_true(quic_builder_init(&s->builder, s->bench.context.crypto, QUIC_VERSION_1, 0x1301));
    s->bench.context.keys = keys_new();
    keys_add(s->bench.context.keys, (struct bytes){(const uint8_t *)log, strlen(log)}, KEYS_KEYLOG);
}

static void end(struct stage *s)
{
    tear_down(&s->bench);
    keys_free(s->bench.context.keys);
    crypto_free(s->bench.context.crypto);
}

/* A message at the stream's offset *at, in one Initial packet. */
static void say(struct stage *s, unsigned side, const char *message_hex, size_t *at)
{
    uint8_t frame[BUILT_MAX_LEN], datagram[BUILT_MAX_LEN];
    struct bytes message = bytes_from_hex(message_hex);
    size_t len = 0;
    frame[len++] = QUIC_FRAME_CRYPTO;
    frame[len++] = (uint8_t)(0x40 | *at >> 8);
    frame[len++] = (uint8_t)*at;
    frame[len++] = (uint8_t)(0x40 | message.len >> 8);
    frame[len++] = (uint8_t)message.len;
    memcpy(frame + len, message.at, message.len);
    *at += message.len;
    size_t size =
        quic_builder_packet(&s->builder, BUILT_INITIAL, side, (struct bytes){frame, len + message.len}, datagram, 0);
    assert_true(size > 0);
    struct moment moment = next_moment(&s->bench);
    s->bench.flow.last = moment;
    session_datagram(s->bench.session, &s->bench.flow, side, (struct bytes){datagram, size}, (uint32_t)size, &moment);
    s->builder.has_answered |= side == SERVER;
    free((void *)(uintptr_t)message.at);
}

static void conclude(struct stage *s)
{
    session_finish(s->bench.session, &s->bench.flow);
    connection_build(&s->bench.c, s->bench.session, &s->bench.flow);
}

static void assert_inner(const struct connection *c)
{
    assert_int_equal(c->protocol, PROTOCOL_QUIC);
    assert_int_equal(c->ech.status, ECH_OPENED);
    assert_int_equal(c->ech.accepted, 1);
    assert_int_equal(c->ech.inner.ext.server_name.len, 12);
    assert_memory_equal(c->ech.inner.ext.server_name.at, "example.test", 12);
}

static void test_accepted(void **state)
{
    (void)state;
    struct stage s;
    size_t at[2] = {0, 0};
    begin(&s, ECH_KEY_LOG);
    say(&s, CLIENT, ECH_CLIENT_HELLO, &at[CLIENT]);
    say(&s, SERVER, ECH_SERVER_HELLO, &at[SERVER]);
    conclude(&s);
    assert_inner(&s.bench.c);
    end(&s);
}

static void test_after_retry(void **state)
{
    (void)state;
    struct stage s;
    size_t at[2] = {0, 0};
    begin(&s, ECH_KEY_LOG);
    say(&s, CLIENT, ECH_FIRST_HELLO, &at[CLIENT]);
    say(&s, SERVER, ECH_HELLO_RETRY, &at[SERVER]);
    say(&s, CLIENT, ECH_SECOND_HELLO, &at[CLIENT]);
    say(&s, SERVER, ECH_LAST_HELLO, &at[SERVER]);
    conclude(&s);
    assert_inner(&s.bench.c);
    end(&s);
}

/* Another server's hello: the inner one is read all the same, and was not taken. */
static void test_not_accepted(void **state)
{
    (void)state;
    struct stage s;
    size_t at[2] = {0, 0};
    begin(&s, ECH_KEY_LOG);
    say(&s, CLIENT, ECH_CLIENT_HELLO, &at[CLIENT]);
    say(&s, SERVER, ECH_LAST_HELLO, &at[SERVER]);
    conclude(&s);
    assert_int_equal(s.bench.c.ech.status, ECH_OPENED);
    assert_int_equal(s.bench.c.ech.accepted, -1);
    end(&s);
}

static void test_other_keys(void **state)
{
    (void)state;
    struct stage s;
    size_t at[2] = {0, 0};
    begin(&s, "ECH_SECRET 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff 00112233\n");
    say(&s, CLIENT, ECH_CLIENT_HELLO, &at[CLIENT]);
    say(&s, SERVER, ECH_SERVER_HELLO, &at[SERVER]);
    conclude(&s);
    assert_int_equal(s.bench.c.ech.status, ECH_UNREAD);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_after_retry),
        cmocka_unit_test(test_not_accepted),
        cmocka_unit_test(test_other_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
