/* TLS inside of MS-TDS packets: the same facts however large the packets, however the bytes are cut; where it ends. */
#include "bounds.h"
#include "support/session_bench.h"
#include "support/tls_builder.h"

static const uint8_t prelogin[] = {0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xFF, 15, 0, 7, 0, 0, 0};
enum { OFF, ON, NOT_SUPPORTED, REQUIRED, HEADER_LEN = 8 };

/* A message in packets with at most `size` bytes of content. */
static void wire_tds(struct wire *w, uint8_t type, struct bytes content, size_t size)
{
    for (size_t at = 0; at < content.len; at += size) {
        struct bytes part = bytes_slice(content, at, size);
        uint8_t length = (uint8_t)(part.len + HEADER_LEN);
        uint8_t header[HEADER_LEN] = {
            type, at + size >= content.len, (uint8_t)((part.len + HEADER_LEN) >> 8), length, 0, 0, 1, 0};
        wire_bytes(w, header, sizeof header);
        wire_bytes(w, part.at, part.len);
    }
}

static void wire_prelogin(struct wire *w, uint8_t type, uint8_t encryption)
{
    uint8_t body[sizeof prelogin + 1];
    memcpy(body, prelogin, sizeof prelogin);
    body[sizeof prelogin] = encryption;
    wire_tds(w, type, (struct bytes){body, sizeof body}, 4096);
}

static void send_wire(struct bench *b, unsigned side, const struct wire *w, size_t step)
{
    send_bytes(b, side, wire_all(w), step);
}

/* TLS 1.2 up to both Finished, in packets of `size`. */
static void handshake(struct bench *b, size_t size, size_t step)
{
    struct wire plain = {.len = 0}, w = {.len = 0};
    wire_client_hello(&plain, false);
    wire_tds(&w, 0x12, wire_all(&plain), size);
    send_wire(b, 0, &w, step);
    plain.len = w.len = 0;
    wire_server_hello(&plain, 0x009c, false);
    wire_message(&plain, 14, "", 0);
    wire_tds(&w, 0x04, wire_all(&plain), size);
    send_wire(b, 1, &w, step);
    for (unsigned side = 0; side < 2; side++) {
        plain.len = w.len = 0;
        wire_ccs(&plain);
        wire_hidden(&plain, 22, 40);
        wire_tds(&w, 0x12, wire_all(&plain), size);
        send_wire(b, side, &w, step);
    }
}

static void negotiate(struct bench *b, uint8_t asked, uint8_t answered, size_t step)
{
    struct wire w = {.len = 0};
    set_up(b);
    wire_prelogin(&w, 0x12, asked);
    send_wire(b, 0, &w, step);
    w.len = 0;
    wire_prelogin(&w, 0x04, answered);
    send_wire(b, 1, &w, step);
}

static const struct event *message_of(const struct connection *c, uint8_t type)
{
    for (unsigned i = 0; i < c->num_events; i++)
        if (c->events[i].kind == EVENT_HANDSHAKE && c->events[i].type == type)
            return &c->events[i];
    return NULL;
}

static void test_packets(void **state)
{
    (void)state;
    static const size_t sizes[] = {4096, 100, 30, 16}, steps[] = {1, 2, 7, 8, 9, 13, 50, 1448};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
            struct bench b;
            struct wire raw = {.len = 0};
            negotiate(&b, ON, ON, steps[k]);
            handshake(&b, sizes[i], steps[k]);
            wire_hidden(&raw, 23, 300);
            send_wire(&b, 0, &raw, steps[k]);
            send_wire(&b, 1, &raw, steps[k]);
            finish(&b);
            const struct event *hello = message_of(&b.c, 1), *done = message_of(&b.c, 14);
            assert_true(b.c.has_client_hello && b.c.has_server_hello && hello && done);
            assert_int_equal(b.c.client_hello_fault.kind, FAULT_NONE);
            assert_memory_equal(b.c.client_hello.ext.server_name.at, "a.example", 9);
            assert_true(b.c.has_finished[ROLE_CLIENT] && b.c.has_finished[ROLE_SERVER]);
            assert_true(b.c.has_application_data[ROLE_CLIENT] && b.c.has_application_data[ROLE_SERVER]);
            assert_int_not_equal(b.c.handshake_end.place.frame, 0);
            assert_int_equal(b.c.before_tls.starttls.protocol, STARTTLS_TDS);
            assert_int_equal(b.c.before_tls.starttls.mode, STARTTLS_WHOLE);
            /* Behind PRELOGIN and one header; the record's header, too. */
            assert_int_equal(hello->offset, sizeof prelogin + 1 + HEADER_LEN + HEADER_LEN + 5);
            assert_int_equal(hello->is_split, sizes[i] < hello->len);
            assert_int_equal(count_events(&b.c, EVENT_FAULT, ROLE_CLIENT), 0);
            /* The flow table may skip the rest. */
            assert_true(b.flow.stream[0].quiet_until >= b.sent[0]);
            tear_down(&b);
        }
}

/* Packets that nobody encrypts follow the login: no fault, and nothing that is said there is taken for an answer. */
static void test_login_only(void **state)
{
    (void)state;
    for (size_t step = 1; step < 100; step += 3) {
        struct bench b;
        struct wire w = {.len = 0};
        negotiate(&b, OFF, OFF, step);
        handshake(&b, 200, step);
        wire_hidden(&w, 23, 300);
        wire_tds(&w, 0x01, (struct bytes){(const uint8_t *)"s\0e\0l\0e\0c\0t\0", 12}, 4096);
        send_wire(&b, 0, &w, step);
        w.len = 0;
        wire_tds(&w, 0x04, (struct bytes){(const uint8_t *)"\xad\x10\0\1\2\3\4\5\6\7\x08\x09", 12}, 4096);
        send_wire(&b, 1, &w, step);
        close_side(&b, 0, false);
        close_side(&b, 1, false);
        finish(&b);
        assert_int_not_equal(b.c.handshake_end.place.frame, 0);
        assert_int_equal(b.c.before_tls.starttls.mode, STARTTLS_LOGIN_ONLY);
        assert_int_equal(count_events(&b.c, EVENT_NOT_TLS, ROLE_CLIENT), 1); /* PRELOGIN */
        assert_int_equal(count_events(&b.c, EVENT_NOT_TLS, ROLE_SERVER), 1);
        assert_int_equal(count_events(&b.c, EVENT_FIN, ROLE_CLIENT), 1);
        const struct event *fin = find_event(&b.c, EVENT_FIN);
        assert_int_equal(fin->offset, b.sent[fin->role == ROLE_CLIENT ? 0 : 1]);
        tear_down(&b);
    }
}

static void test_alert(void **state)
{
    (void)state;
    for (size_t step = 1; step < 30; step++) {
        struct bench b;
        struct wire plain = {.len = 0}, w = {.len = 0};
        negotiate(&b, ON, REQUIRED, step);
        wire_client_hello(&plain, false);
        wire_tds(&w, 0x12, wire_all(&plain), 4096);
        send_wire(&b, 0, &w, step);
        plain.len = w.len = 0;
        wire_alert(&plain, 2, 70);
        wire_tds(&w, 0x12, wire_all(&plain), 4096);
        send_wire(&b, 1, &w, step);
        finish(&b);
        const struct event *alert = find_event(&b.c, EVENT_ALERT);
        assert_non_null(alert);
        assert_int_equal(alert->role, ROLE_SERVER);
        assert_int_equal(alert->code, 70);
        tear_down(&b);
    }
}

/* A login without encryption, and an error in place of an answer to the hello. */
static void test_plain(void **state)
{
    (void)state;
    static const uint8_t text[] = "\xaa\x20\0\x14\x48\0\0\1\x0e";
    for (size_t step = 1; step < 30; step++) {
        struct bench b;
        struct wire w = {.len = 0};
        negotiate(&b, OFF, NOT_SUPPORTED, step);
        wire_tds(&w, 0x10, (struct bytes){text, sizeof text}, 4096);
        send_wire(&b, 0, &w, step);
        w.len = 0;
        wire_tds(&w, 0x04, (struct bytes){text, sizeof text}, 4096);
        send_wire(&b, 1, &w, step);
        finish(&b);
        assert_int_equal(b.c.protocol, PROTOCOL_NONE);
        assert_int_equal(b.c.before_tls.starttls.answer, STARTTLS_REFUSED);
        assert_true(b.c.before_tls.starttls.is_in_clear);
        tear_down(&b);
    }
}

/* Inside of a packet whose length is known the others are found again behind a hole; a hole over a header ends that. */
static void test_gap(void **state)
{
    (void)state;
    for (uint64_t lost = 1; lost < 400; lost += 13) {
        struct bench b;
        struct wire plain = {.len = 0}, w = {.len = 0};
        negotiate(&b, ON, ON, 100);
        wire_client_hello(&plain, false);
        wire_tds(&w, 0x12, wire_all(&plain), 4096);
        send_wire(&b, 0, &w, 1448);
        plain.len = w.len = 0;
        wire_server_hello(&plain, 0x009c, false);
        wire_hidden(&plain, 22, 250);
        wire_message(&plain, 14, "", 0);
        wire_tds(&w, 0x12, wire_all(&plain), 4096);
        send_bytes(&b, 1, bytes_slice(wire_all(&w), 0, 60), 60);
        uint64_t len = lost < w.len - 60 ? lost : w.len - 60;
        send_gap(&b, 1, len);
        send_bytes(&b, 1, bytes_slice(wire_all(&w), 60 + (size_t)len, w.len), 1448);
        finish(&b);
        assert_true(b.c.has_client_hello);
        assert_int_equal(count_events(&b.c, EVENT_GAP, ROLE_SERVER), 1);
        assert_int_equal(find_event(&b.c, EVENT_GAP)->offset, sizeof prelogin + 1 + HEADER_LEN + 60);
        tear_down(&b);
    }
}

/* Packets of one byte each, more than are followed: told as a limit. */
static void test_limit(void **state)
{
    (void)state;
    struct bench b;
    struct wire plain = {.len = 0}, w = {.len = 0};
    negotiate(&b, ON, ON, 100);
    wire_hidden(&plain, 22, 1000);
    wire_tds(&w, 0x12, wire_all(&plain), 1);
    send_wire(&b, 0, &w, 1448);
    finish(&b);
    assert_int_equal(b.context.message_limit_hits, 1);
    tear_down(&b);
}

/* SOCKS 4 begins with the byte of a TDS reply; others that only look alike. */
static void test_others(void **state)
{
    (void)state;
    static const uint8_t socks[] = {4, 1, 1, 0xBB, 192, 0, 2, 1, 0}, almost[] = {0x12, 1, 0, 26, 0, 0, 1, 0, 7, 0, 11};
    static const struct bytes begins[] = {{socks, sizeof socks}, {almost, sizeof almost}};
    for (size_t i = 0; i < 2; i++)
        for (size_t step = 1; step < 40; step++) {
            struct bench b;
            struct wire w = {.len = 0};
            set_up(&b);
            wire_bytes(&w, begins[i].at, begins[i].len);
            wire_client_hello(&w, false);
            send_wire(&b, 0, &w, step);
            finish(&b);
            assert_true(b.c.has_client_hello);
            assert_int_equal(message_of(&b.c, 1)->offset, begins[i].len + 5);
            tear_down(&b);
        }
}

/* Whatever is damaged, nothing is read that is not there, and all memory comes back. */
static void test_damaged(void **state)
{
    (void)state;
    uint32_t seed = 7;
    for (unsigned round = 0; round < 3000; round++) {
        struct bench b;
        struct wire plain = {.len = 0}, w = {.len = 0};
        set_up(&b);
        wire_prelogin(&w, 0x12, ON);
        wire_client_hello(&plain, false);
        wire_tds(&w, 0x12, wire_all(&plain), 40);
        wire_hidden(&w, 23, 100);
        for (unsigned n = 0; n < 4; n++) {
            seed = seed * 1664525 + 1013904223;
            w.data[(seed >> 8) % w.len] = (uint8_t)(seed >> 3);
        }
        send_bytes(&b, round & 1, bytes_slice(wire_all(&w), 0, w.len / 2), 1 + seed % 90);
        if (round % 3 == 0)
            send_gap(&b, round & 1, 1 + seed % 60);
        send_bytes(&b, round & 1, bytes_slice(wire_all(&w), w.len / 2, w.len), 1 + seed % 90);
        finish(&b);
        assert_in_range(b.c.num_events, 1, LIMIT_SESSION_EVENTS);
        tear_down(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packets), cmocka_unit_test(test_login_only), cmocka_unit_test(test_alert),
        cmocka_unit_test(test_plain),   cmocka_unit_test(test_gap),        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_others),  cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
