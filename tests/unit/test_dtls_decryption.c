/* DTLS sessions with keys: datagrams in any order, keys that come late, are wrong or not there, records that wait in
 * vain. The conversation was sealed by Python's cryptography, by the text of RFC 9147, with connection IDs. */
#include "bounds.h"
#include "dissect/dtls.h"
#include "session/keys.h"
#include "support/mutate.h"
#include "support/session_bench.h"

#include <stdio.h>
#include <stdlib.h>

#define CLIENT_HELLO_DATAGRAM                                                                                          \
    "16fefd000000000000000000790100006d000000000000006dfefd000102030405060708090a0b0c0d0e0f1011121314"                 \
    "15161718191a1b1c1d1e1f00000002130101000041002b000302fefc000a00040002001d003300260024001d00200909"                 \
    "0909090909090909090909090909090909090909090909090909090909090036000403c1c2c3"
#define SERVER_HELLO_DATAGRAM                                                                                          \
    "16fefd000000000000000000690200005d000000000000005dfefd1f1e1d1c1b1a191817161514131211100f0e0d0c0b"                 \
    "0a09080706050403020100001301000035002b0002fefc00330024001d00200909090909090909090909090909090909"                 \
    "0909090909090909090909090909090036000302d1d2"
#define SERVER_FLIGHT                                                                                                  \
    "3ec1c2c382260028de100dba006ba6bc0e9b6c17816bc5fde1f48deb330ad25503376cdb6a523c016d61aa03519fa9c4"                 \
    "3ec1c2c3d32a003d00e3b18c2cc3c8c72e26579310fa788d551fe82efe4902fcea338d38e9ea1d4724b8cb6599663d86"                 \
    "0f3dbb335b976a19ad7d28a81cf250fa90c32754bc"
#define CLIENT_ALERT "3ed1d26ef200131ae210af2f2570c08395d596055ef1205691a4"

#define RANDOM "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

enum { CLIENT, SERVER, NUM_DATAGRAMS = 4, BAD_CERTIFICATE = 42 };

static const struct {
    unsigned side;
    const char *hex;
} datagrams[NUM_DATAGRAMS] = {
    {CLIENT, CLIENT_HELLO_DATAGRAM},
    {SERVER, SERVER_HELLO_DATAGRAM},
    {SERVER, SERVER_FLIGHT},
    {CLIENT, CLIENT_ALERT},
};

static void begin(struct bench *b)
{
    set_up(b);
    b->flow.is_datagram = true;
    b->flow.syn_side = 2;
    b->flow.setup = FLOW_UNSEEN;
    b->context.keys = keys_new();
    b->context.crypto = crypto_new();
    assert_non_null(b->context.keys);
    assert_non_null(b->context.crypto);
}

static void end(struct bench *b)
{
    tear_down(b);
    assert_true(b->context.pending_bytes == 0);
    keys_free(b->context.keys);
    crypto_free(b->context.crypto);
}

static void give_keys(struct bench *b, unsigned client, unsigned server)
{
    char log[512];
    int len = snprintf(log, sizeof log, "CLIENT_HANDSHAKE_TRAFFIC_SECRET " RANDOM " ");
    for (unsigned i = 0; i < 32; i++)
        len += snprintf(log + len, sizeof log - (size_t)len, "%02x", client);
    len += snprintf(log + len, sizeof log - (size_t)len, "\nSERVER_HANDSHAKE_TRAFFIC_SECRET " RANDOM " ");
    for (unsigned i = 0; i < 32; i++)
        len += snprintf(log + len, sizeof log - (size_t)len, "%02x", server);
    keys_add(b->context.keys, (struct bytes){(const uint8_t *)log, (size_t)len}, KEYS_KEYLOG);
}

static void give(struct bench *b, unsigned i)
{
    struct bytes whole = bytes_from_hex(datagrams[i].hex);
    struct moment moment = next_moment(b);
    b->flow.stream[datagrams[i].side].packets++;
    b->flow.stream[datagrams[i].side].bytes += whole.len;
    b->flow.last = moment;
    session_datagram(b->session, &b->flow, datagrams[i].side, whole, (uint32_t)whole.len, &moment);
    free((void *)(uintptr_t)whole.at);
}

/* The client's and the server's words, each in its order. */
static void assert_told(const struct connection *c)
{
    static const struct {
        enum role role;
        enum event_kind kind;
        uint8_t type, code;
        bool is_encrypted;
    } told[] = {
        {ROLE_CLIENT, EVENT_HANDSHAKE, HS_CLIENT_HELLO, 0, false},
        {ROLE_CLIENT, EVENT_ALERT, CONTENT_ALERT, BAD_CERTIFICATE, true},
        {ROLE_SERVER, EVENT_HANDSHAKE, HS_SERVER_HELLO, 0, false},
        {ROLE_SERVER, EVENT_HANDSHAKE, HS_ENCRYPTED_EXTENSIONS, 0, true},
        {ROLE_SERVER, EVENT_HANDSHAKE, HS_FINISHED, 0, true},
    };
    unsigned at = 0;
    assert_int_equal(c->num_events, 5);
    for (unsigned role = 0; role < 2; role++)
        for (unsigned i = 0; i < c->num_events; i++) {
            const struct event *event = &c->events[i];
            if (event->role != role)
                continue;
            assert_int_equal(event->role, told[at].role);
            assert_int_equal(event->kind, told[at].kind);
            assert_int_equal(event->type, told[at].type);
            assert_int_equal(event->code, told[at].code);
            assert_int_equal(event->is_encrypted, told[at].is_encrypted);
            at++;
        }
    assert_int_equal(c->keys, KEYS_KEYLOG);
    assert_int_equal(c->keys_error, KEYS_NO_ERROR);
    assert_int_equal(c->version, VERSION_DTLS13);
    assert_int_equal(c->alpn.len, 2);
    assert_memory_equal(c->alpn.at, "h2", 2);
    assert_int_equal(c->datagrams.num_repeats[0] + c->datagrams.num_repeats[1], 0);
}

/* Whatever the order, once or twice each: a hello has to come first, since only that says that this is DTLS. */
static void test_any_order(void **state)
{
    (void)state;
    unsigned num = 0;
    for (unsigned order = 0; order < 256; order++) {
        unsigned places[NUM_DATAGRAMS], seen = 0;
        for (unsigned i = 0; i < NUM_DATAGRAMS; i++) {
            places[i] = order >> 2 * i & 3;
            seen |= 1u << places[i];
        }
        if (seen != 15 || places[0] > 1)
            continue;
        for (unsigned times = 1; times <= 2; times++) {
            struct bench b;
            begin(&b);
            give_keys(&b, 0x10, 0x11);
            for (unsigned i = 0; i < NUM_DATAGRAMS; i++)
                for (unsigned t = 0; t < times; t++)
                    give(&b, places[i]);
            finish(&b);
            assert_told(&b.c);
            end(&b);
        }
        num++;
    }
    assert_int_equal(num, 12);
}

/* Keys behind the packets: what may still come is waited for. */
static void test_late_keys(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    keys_add(b.context.keys, (struct bytes){(const uint8_t *)"", 0}, KEYS_KEYLOG);
    keys_expect_more(b.context.keys);
    for (unsigned i = 0; i < NUM_DATAGRAMS; i++)
        give(&b, i);
    assert_true(b.context.pending_bytes > 0);
    give_keys(&b, 0x10, 0x11);
    finish(&b);
    assert_told(&b.c);
    end(&b);
}

static void assert_hidden(struct bench *b, enum keys_error error, unsigned num)
{
    for (unsigned i = 0; i < NUM_DATAGRAMS; i++)
        give(b, i);
    finish(b);
    unsigned hidden = 0;
    for (unsigned i = 0; i < b->c.num_events; i++)
        hidden += b->c.events[i].kind == EVENT_HIDDEN;
    assert_int_equal(hidden, num);
    assert_int_equal(b->c.keys_error, error);
    end(b);
}

static void test_without_keys(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    give_keys(&b, 0x10, 0x12); /* the server's is wrong */
    assert_hidden(&b, KEYS_REFUSED, 2);
    begin(&b);
    static const char stranger[] = "CLIENT_HANDSHAKE_TRAFFIC_SECRET "
                                   "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f "
                                   "1010101010101010101010101010101010101010101010101010101010101010\n";
    keys_add(b.context.keys, (struct bytes){(const uint8_t *)stranger, sizeof stranger - 1}, KEYS_KEYLOG);
    assert_hidden(&b, KEYS_MISSING, 3);
    begin(&b);
    static const char half[] = "CLIENT_HANDSHAKE_TRAFFIC_SECRET " RANDOM " "
                               "1010101010101010101010101010101010101010101010101010101010101010\n";
    keys_add(b.context.keys, (struct bytes){(const uint8_t *)half, sizeof half - 1}, KEYS_KEYLOG);
    assert_hidden(&b, KEYS_INCOMPLETE, 2);
}

/* A flood of protected records before any ServerHello: what waits is bounded, and is told when it was in vain. */
static void test_flood(void **state)
{
    (void)state;
    struct bench b;
    begin(&b);
    give_keys(&b, 0x10, 0x11);
    give(&b, 0);
    for (unsigned i = 0; i < 2 * LIMIT_PENDING_RECORDS; i++) {
        uint8_t record[13 + 300] = {CONTENT_HANDSHAKE, 0xFE,       0xFD,     0,         1, 0, 0, 0, 0,
                                    (uint8_t)(i >> 8), (uint8_t)i, 300 >> 8, 300 & 0xFF};
        struct moment moment = next_moment(&b);
        session_datagram(b.session, &b.flow, SERVER, (struct bytes){record, sizeof record}, sizeof record, &moment);
        assert_true(b.context.pending_bytes < 2 * LIMIT_PENDING_BYTES);
    }
    assert_int_equal(b.context.pending_limit_hits, 1);
    assert_true(b.context.pending_bytes > LIMIT_PENDING_BYTES / 2);
    finish(&b);
    assert_true(b.context.pending_bytes == 0);
    assert_int_equal(b.c.keys, KEYS_NONE);
    assert_true(b.c.num_events > 1);
    end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_order),
        cmocka_unit_test(test_late_keys),
        cmocka_unit_test(test_without_keys),
        cmocka_unit_test(test_flood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
