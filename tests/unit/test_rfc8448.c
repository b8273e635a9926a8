/* RFC 8448's traces as whole connections: section 3, a full handshake, and section 4, resumed with early data. With
 * their secrets everything is told; without, what is not encrypted. */
#include "session/keys.h"
#include "support/mutate.h"
#include "support/rfc8448.h"
#include "support/session_bench.h"

#include <stdlib.h>

enum { CLIENT, SERVER, CLOSE_NOTIFY = 0, CERTIFICATE_LEN = 0x1b0 };

struct said {
    unsigned side;
    const char *hex;
};

static const struct said full[] = {
    {CLIENT, RFC8448_3_CLIENT_HELLO},    {SERVER, RFC8448_3_SERVER_HELLO}, {SERVER, RFC8448_3_SERVER_FLIGHT},
    {CLIENT, RFC8448_3_CLIENT_FINISHED}, {SERVER, RFC8448_3_TICKET},       {CLIENT, RFC8448_3_CLIENT_DATA},
    {SERVER, RFC8448_3_SERVER_DATA},     {CLIENT, RFC8448_3_CLIENT_CLOSE}, {SERVER, RFC8448_3_SERVER_CLOSE},
};
static const struct said resumed[] = {
    {CLIENT, RFC8448_4_CLIENT_HELLO},  {CLIENT, RFC8448_4_EARLY_DATA},      {SERVER, RFC8448_4_SERVER_HELLO},
    {SERVER, RFC8448_4_SERVER_FLIGHT}, {CLIENT, RFC8448_4_CLIENT_FINISHED}, {CLIENT, RFC8448_4_CLIENT_DATA},
    {SERVER, RFC8448_4_SERVER_DATA},   {CLIENT, RFC8448_4_CLIENT_CLOSE},    {SERVER, RFC8448_4_SERVER_CLOSE},
};

static void run(struct bench *b, const struct said *said, size_t num, const char *log, size_t step)
{
    set_up(b);
    if (log) {
        b->context.keys = keys_new();
        b->context.crypto = crypto_new();
        assert_non_null(b->context.keys);
        assert_non_null(b->context.crypto);
        keys_add(b->context.keys, (struct bytes){(const uint8_t *)log, strlen(log)}, KEYS_KEYLOG);
    }
    for (size_t i = 0; i < num; i++) {
        struct bytes record = bytes_from_hex(said[i].hex);
        send_bytes(b, said[i].side, record, step);
        free((void *)(uintptr_t)record.at);
    }
    finish(b);
}

static void end(struct bench *b)
{
    tear_down(b);
    keys_free(b->context.keys);
    crypto_free(b->context.crypto);
}

/* The one event of that kind and type of a role. */
static const struct event *find(const struct connection *c, enum role role, enum event_kind kind, uint8_t type)
{
    const struct event *found = NULL;
    for (unsigned i = 0; i < c->num_events; i++) {
        const struct event *event = &c->events[i];
        if (event->role != role || event->kind != kind || event->type != type)
            continue;
        assert_null(found);
        found = event;
    }
    return found;
}

static void assert_message(const struct connection *c, enum role role, uint8_t type, uint32_t len)
{
    const struct event *event = find(c, role, EVENT_HANDSHAKE, type);
    assert_non_null(event);
    assert_true(event->is_encrypted);
    assert_int_equal(event->len, len);
}

static void assert_closed(const struct connection *c, enum role role)
{
    const struct event *event = find(c, role, EVENT_ALERT, CONTENT_ALERT);
    assert_non_null(event);
    assert_true(event->is_encrypted);
    assert_int_equal(event->code, CLOSE_NOTIFY);
}

static void assert_told(const struct connection *c)
{
    assert_int_equal(c->version, VERSION_TLS13);
    assert_int_equal(c->cipher, 0x1301);
    assert_int_equal(c->keys, KEYS_KEYLOG);
    assert_int_equal(c->keys_error, KEYS_NO_ERROR);
    assert_true(c->handshake_end.place.frame > 0);
    assert_message(c, ROLE_SERVER, HS_FINISHED, 32);
    assert_message(c, ROLE_CLIENT, HS_FINISHED, 32);
    assert_closed(c, ROLE_CLIENT);
    assert_closed(c, ROLE_SERVER);
}

static void test_full(void **state)
{
    (void)state;
    for (size_t step = 1; step < 2000; step = step * 3 + 5) {
        struct bench b;
        run(&b, full, sizeof full / sizeof full[0], RFC8448_3_KEY_LOG, step);
        assert_told(&b.c);
        assert_message(&b.c, ROLE_SERVER, HS_ENCRYPTED_EXTENSIONS, 36);
        assert_message(&b.c, ROLE_SERVER, HS_CERTIFICATE, CERTIFICATE_LEN + 9);
        assert_message(&b.c, ROLE_SERVER, HS_CERTIFICATE_VERIFY, 132);
        assert_message(&b.c, ROLE_SERVER, HS_NEW_SESSION_TICKET, 201);
        assert_int_equal(b.c.chain.num, 1);
        assert_int_equal(b.c.certificate_verify.algorithm, 0x0804);
        end(&b);
    }
}

static void test_resumed(void **state)
{
    (void)state;
    for (size_t step = 1; step < 2000; step = step * 3 + 5) {
        struct bench b;
        run(&b, resumed, sizeof resumed / sizeof resumed[0], RFC8448_4_KEY_LOG, step);
        assert_told(&b.c);
        assert_message(&b.c, ROLE_CLIENT, HS_END_OF_EARLY_DATA, 0);
        assert_null(find(&b.c, ROLE_SERVER, EVENT_HANDSHAKE, HS_CERTIFICATE));
        assert_int_equal(b.c.early_data, 1);
        assert_int_equal(b.c.chain.num, 0);
        end(&b);
    }
}

/* The same without secrets: nothing behind the ServerHello is named, and it completes all the same. */
static void test_without_keys(void **state)
{
    (void)state;
    struct bench b;
    run(&b, full, sizeof full / sizeof full[0], NULL, 1460);
    assert_true(b.c.handshake_end.place.frame > 0);
    assert_int_equal(b.c.keys, KEYS_NONE);
    assert_null(find(&b.c, ROLE_SERVER, EVENT_HANDSHAKE, HS_CERTIFICATE));
    assert_null(find(&b.c, ROLE_CLIENT, EVENT_ALERT, CONTENT_ALERT));
    end(&b);
}

/* Another connection's secrets open nothing, and that is told. */
static void test_other_secrets(void **state)
{
    (void)state;
    struct bench b;
    run(&b, full, sizeof full / sizeof full[0], RFC8448_4_KEY_LOG, 1460);
    assert_int_equal(b.c.keys, KEYS_NONE);
    assert_int_equal(b.c.keys_error, KEYS_MISSING);
    assert_null(find(&b.c, ROLE_SERVER, EVENT_HANDSHAKE, HS_CERTIFICATE));
    end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_resumed),
        cmocka_unit_test(test_without_keys),
        cmocka_unit_test(test_other_secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
