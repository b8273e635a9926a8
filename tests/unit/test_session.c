/* The session: from ordered bytes to events and facts, however the bytes are cut. */
#include "support/mutate.h"
#include "support/session_bench.h"
#include "support/tls_builder.h"
#include "support/tls_messages.h"

#include <stdlib.h>
#include <string.h>

/* A whole TLS 1.2 handshake with data and close_notify, every segmentation the same facts. */
static void run_tls12(struct bench *b, size_t step)
{
    struct wire *w = calloc(1, sizeof *w);
    wire_client_hello(w, false);
    send_bytes(b, 0, wire_all(w), step);
    w->len = 0;
    wire_server_hello(w, 0xc02f, false);
    wire_message(w, 11, "\x00\x00\x08\x00\x00\x05\x30\x03\x02\x01\x01", 11);
    wire_message(w, 12, "\x03\x00\x1d\x02\xaa\xbb\x04\x01\x00\x02\xcc\xdd", 12);
    wire_message(w, 14, "", 0);
    send_bytes(b, 1, wire_all(w), step);
    w->len = 0;
    wire_message(w, 16, "\x02\xaa\xbb", 3);
    wire_ccs(w);
    wire_hidden(w, 22, 40);
    send_bytes(b, 0, wire_all(w), step);
    w->len = 0;
    wire_message(w, 4, "\x00\x00\x1c\x20\x00\x02\xaa\xbb", 8);
    wire_ccs(w);
    wire_hidden(w, 22, 40);
    send_bytes(b, 1, wire_all(w), step);
    w->len = 0;
    wire_hidden(w, 23, 3000);
    wire_hidden(w, 21, 26);
    send_bytes(b, 0, wire_all(w), step);
    send_bytes(b, 1, wire_all(w), step);
    free(w);
    close_side(b, 0, false);
    close_side(b, 1, false);
}

static void test_tls12_any_segmentation(void **state)
{
    (void)state;
    static const size_t steps[] = {1, 2, 3, 5, 7, 11, 64, 517, 1460, 65536};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct bench b;
        set_up(&b);
        run_tls12(&b, steps[i]);
        finish(&b);
        const struct connection *c = &b.c;
        assert_int_equal(c->protocol, PROTOCOL_TLS);
        assert_int_equal(c->client_side, 0);
        assert_true(c->has_client_hello && c->has_server_hello && !c->is_client_hello_cut);
        assert_int_equal(c->client_hello.ext.server_name.len, 9);
        assert_memory_equal(c->client_hello.ext.server_name.at, "a.example", 9);
        assert_int_equal(c->version, VERSION_TLS12);
        assert_int_equal(c->cipher, 0xc02f);
        assert_int_equal(c->chain.num, 1);
        assert_int_equal(c->chain_missing, CHAIN_PRESENT);
        assert_true(c->has_key_exchange);
        assert_int_equal(c->group_id, 0x001d);
        assert_true(c->has_ticket);
        assert_int_equal(c->ticket_lifetime, 7200);
        assert_true(c->has_finished[0] && c->has_finished[1]);
        assert_true(c->handshake_end.place.frame > 0);
        assert_false(c->is_resumed);
        assert_int_equal(c->renegotiations, 0);
        assert_true(c->has_application_data[0] && c->has_application_data[1]);
        assert_int_equal(count_events(c, EVENT_HIDDEN_ALERT, ROLE_CLIENT), 1);
        assert_int_equal(count_events(c, EVENT_HIDDEN_ALERT, ROLE_SERVER), 1);
        assert_int_equal(count_events(c, EVENT_HANDSHAKE, ROLE_SERVER), 5);
        assert_int_equal(count_events(c, EVENT_HANDSHAKE, ROLE_CLIENT), 2);
        assert_int_equal(count_events(c, EVENT_FIN, ROLE_CLIENT), 1);
        tear_down(&b);
    }
}

static void test_alert_of_seven_bytes(void **state)
{
    (void)state;
    for (size_t step = 1; step < 8; step++) {
        struct bench b;
        struct wire w = {.len = 0};
        set_up(&b);
        wire_client_hello(&w, false);
        send_bytes(&b, 0, wire_all(&w), 2000);
        w.len = 0;
        wire_alert(&w, 2, 40);
        send_bytes(&b, 1, wire_all(&w), step);
        finish(&b);
        const struct event *alert = find_event(&b.c, EVENT_ALERT);
        assert_non_null(alert);
        assert_int_equal(alert->level, 2);
        assert_int_equal(alert->code, 40);
        assert_int_equal(alert->role, ROLE_SERVER);
        assert_int_equal(b.c.chain_missing, b.flow.stream[1].packets ? CHAIN_NOT_SENT : CHAIN_NOT_CAPTURED);
        tear_down(&b);
    }
}

/* Plain text first: the hello is found wherever segments end. */
static void test_tls_after_plain_text(void **state)
{
    (void)state;
    for (size_t step = 1; step < 40; step += 3) {
        struct bench b;
        struct wire w = {.len = 0};
        set_up(&b);
        static const char banner[] = "220 mail.example ESMTP\r\n250-STARTTLS\r\n220 go ahead\r\n";
        static const char command[] = "EHLO me\r\nSTARTTLS\r\n";
        send_bytes(&b, 1, (struct bytes){(const uint8_t *)banner, sizeof banner - 1}, step);
        wire_bytes(&w, command, sizeof command - 1);
        wire_client_hello(&w, false);
        send_bytes(&b, 0, wire_all(&w), step);
        w.len = 0;
        wire_server_hello(&w, 0x009c, false);
        wire_alert(&w, 2, 80);
        send_bytes(&b, 1, wire_all(&w), step);
        finish(&b);
        assert_true(b.c.has_client_hello && b.c.has_server_hello);
        assert_int_equal(b.c.cipher, 0x009c);
        assert_non_null(find_event(&b.c, EVENT_ALERT));
        assert_true(b.c.first_bytes[ROLE_SERVER].len > 0);
        assert_memory_equal(b.c.first_bytes[ROLE_SERVER].at, "220 mail.ex",
                            b.c.first_bytes[ROLE_SERVER].len < 11 ? b.c.first_bytes[ROLE_SERVER].len : 11);
        tear_down(&b);
    }
}

static void test_not_tls(void **state)
{
    (void)state;
    struct bench b;
    struct wire w = {.len = 0};
    set_up(&b);
    wire_client_hello(&w, false);
    send_bytes(&b, 0, wire_all(&w), 100);
    static const char reply[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
    send_bytes(&b, 1, (struct bytes){(const uint8_t *)reply, sizeof reply - 1}, 100);
    finish(&b);
    assert_true(b.c.has_client_hello);
    assert_false(b.c.has_server_hello);
    assert_int_equal(b.c.first_bytes[ROLE_SERVER].len, sizeof reply - 1);
    assert_memory_equal(b.c.first_bytes[ROLE_SERVER].at, reply, sizeof reply - 1);
    tear_down(&b);
}

/* A hole inside the Certificate: its record's length keeps the server's stream in step. */
static void test_gap_inside_record(void **state)
{
    (void)state;
    struct bench b;
    struct wire w = {.len = 0};
    uint8_t certificate[3000] = {0, 0x0b, 0xb5, 0, 0x0b, 0xb2};
    set_up(&b);
    wire_client_hello(&w, false);
    send_bytes(&b, 0, wire_all(&w), 2000);
    w.len = 0;
    wire_server_hello(&w, 0xc02f, false);
    size_t hello_len = w.len;
    wire_message(&w, 11, certificate, sizeof certificate);
    size_t certificate_end = w.len;
    wire_message(&w, 14, "", 0);
    send_bytes(&b, 1, bytes_slice(wire_all(&w), 0, hello_len + 100), 1460);
    send_gap(&b, 1, 1460);
    send_bytes(&b, 1, bytes_slice(wire_all(&w), hello_len + 100 + 1460, w.len), 1460);
    assert_true(certificate_end < b.sent[1]);
    finish(&b);
    assert_true(b.c.has_gap_in_handshake);
    assert_int_equal(b.c.chain_missing, CHAIN_NOT_CAPTURED);
    const struct event *last = NULL;
    for (unsigned i = 0; i < b.c.num_events; i++)
        if (b.c.events[i].kind == EVENT_HANDSHAKE && b.c.events[i].type == HS_SERVER_HELLO_DONE)
            last = &b.c.events[i];
    assert_true(last && last->is_after_gap);
    assert_null(find_event(&b.c, EVENT_RESUMED_SYNC));
    tear_down(&b);
}

/* A hole over a record boundary: found again where two headers chain, whatever the segmentation. */
static void test_resync(void **state)
{
    (void)state;
    for (size_t step = 1; step < 3000; step = step * 3 + 1) {
        struct bench b;
        struct wire w = {.len = 0};
        set_up(&b);
        wire_client_hello(&w, false);
        send_bytes(&b, 0, wire_all(&w), 2000);
        w.len = 0;
        wire_server_hello(&w, 0xc02f, false);
        size_t hello_len = w.len;
        wire_hidden(&w, 22, 700);
        wire_hidden(&w, 22, 500);
        wire_message(&w, 14, "", 0);
        wire_alert(&w, 2, 80);
        send_bytes(&b, 1, bytes_slice(wire_all(&w), 0, hello_len), 1460);
        send_gap(&b, 1, 900);
        send_bytes(&b, 1, bytes_slice(wire_all(&w), hello_len + 900, w.len), step);
        close_side(&b, 1, false);
        finish(&b);
        assert_non_null(find_event(&b.c, EVENT_RESUMED_SYNC));
        const struct event *alert = find_event(&b.c, EVENT_ALERT);
        assert_non_null(alert);
        assert_int_equal(alert->code, 80);
        assert_true(alert->is_after_gap);
        tear_down(&b);
    }
}

static void tls13_flight(struct bench *b, bool has_early_data, struct wire *w)
{
    wire_client_hello(w, has_early_data);
    if (has_early_data)
        wire_hidden(w, 23, 300);
    send_bytes(b, 0, wire_all(w), 5000);
    w->len = 0;
    wire_server_hello(w, 0x1301, true);
    wire_ccs(w);
    wire_hidden(w, 23, 32);
    wire_hidden(w, 23, 1200);
    wire_hidden(w, 23, 281);
    wire_hidden(w, 23, 53);
    send_bytes(b, 1, wire_all(w), 1460);
    w->len = 0;
}

static void test_tls13_completed(void **state)
{
    (void)state;
    struct bench b;
    struct wire w = {.len = 0};
    set_up(&b);
    tls13_flight(&b, false, &w);
    wire_ccs(&w);
    wire_hidden(&w, 23, 53);
    wire_hidden(&w, 23, 120);
    send_bytes(&b, 0, wire_all(&w), 1460);
    w.len = 0;
    wire_hidden(&w, 23, 250);
    wire_hidden(&w, 23, 500);
    send_bytes(&b, 1, wire_all(&w), 1460);
    close_side(&b, 1, false);
    finish(&b);
    assert_int_equal(b.c.version, VERSION_TLS13);
    assert_int_equal(b.c.chain_missing, CHAIN_ENCRYPTED);
    assert_true(b.c.has_finished[ROLE_CLIENT] && b.c.has_finished[ROLE_SERVER]);
    assert_true(b.c.handshake_end.place.frame > 0);
    assert_false(b.c.is_refused_after_finished);
    assert_int_equal(b.c.group_id, 0x001d);
    tear_down(&b);
}

/* The server answers the client's Finished with a record of an alert's size and closes: not completed. */
static void test_tls13_refused_after_finished(void **state)
{
    (void)state;
    struct bench b;
    struct wire w = {.len = 0};
    set_up(&b);
    tls13_flight(&b, false, &w);
    wire_hidden(&w, 23, 25);
    wire_hidden(&w, 23, 53);
    wire_hidden(&w, 23, 120);
    send_bytes(&b, 0, wire_all(&w), 1460);
    w.len = 0;
    wire_hidden(&w, 23, 19);
    send_bytes(&b, 1, wire_all(&w), 1460);
    close_side(&b, 1, false);
    finish(&b);
    assert_true(b.c.is_refused_after_finished);
    assert_int_equal(b.c.handshake_end.place.frame, 0);
    tear_down(&b);
}

/* The same record as the answer to the client's own close is no refusal. */
static void test_tls13_close_notify_both_ways(void **state)
{
    (void)state;
    struct bench b;
    struct wire w = {.len = 0};
    set_up(&b);
    tls13_flight(&b, false, &w);
    wire_hidden(&w, 23, 53);
    wire_hidden(&w, 23, 19);
    send_bytes(&b, 0, wire_all(&w), 1460);
    close_side(&b, 0, false);
    w.len = 0;
    wire_hidden(&w, 23, 19);
    send_bytes(&b, 1, wire_all(&w), 1460);
    close_side(&b, 1, false);
    finish(&b);
    assert_false(b.c.is_refused_after_finished);
    assert_true(b.c.handshake_end.place.frame > 0);
    tear_down(&b);
}

static void test_early_data(void **state)
{
    (void)state;
    for (int is_accepted = 0; is_accepted < 2; is_accepted++) {
        struct bench b;
        struct wire w = {.len = 0};
        set_up(&b);
        tls13_flight(&b, true, &w);
        if (is_accepted)
            wire_hidden(&w, 23, 21);
        wire_hidden(&w, 23, 53);
        send_bytes(&b, 0, wire_all(&w), 1460);
        w.len = 0;
        wire_hidden(&w, 23, 250);
        send_bytes(&b, 1, wire_all(&w), 1460);
        finish(&b);
        assert_true(b.c.has_early_data_offer);
        assert_int_equal(b.c.early_data, is_accepted ? 1 : -1);
        tear_down(&b);
    }
}

static void test_renegotiation(void **state)
{
    (void)state;
    struct bench b;
    struct wire w = {.len = 0};
    set_up(&b);
    run_tls12(&b, 1460);
    wire_hidden(&w, 22, 200);
    send_bytes(&b, 0, wire_all(&w), 1460);
    w.len = 0;
    wire_hidden(&w, 22, 1000);
    send_bytes(&b, 1, wire_all(&w), 1460);
    w.len = 0;
    wire_hidden(&w, 22, 90);
    wire_hidden(&w, 20, 25);
    wire_hidden(&w, 22, 40);
    send_bytes(&b, 0, wire_all(&w), 1460);
    w.len = 0;
    wire_hidden(&w, 20, 25);
    wire_hidden(&w, 22, 40);
    send_bytes(&b, 1, wire_all(&w), 1460);
    finish(&b);
    assert_int_equal(b.c.renegotiations, 1);
    tear_down(&b);
}

static void test_abbreviated(void **state)
{
    (void)state;
    struct bench b;
    struct wire w = {.len = 0};
    set_up(&b);
    wire_client_hello(&w, false);
    send_bytes(&b, 0, wire_all(&w), 1460);
    w.len = 0;
    wire_server_hello(&w, 0xc02f, false);
    wire_ccs(&w);
    wire_hidden(&w, 22, 40);
    send_bytes(&b, 1, wire_all(&w), 1460);
    w.len = 0;
    wire_ccs(&w);
    wire_hidden(&w, 22, 40);
    send_bytes(&b, 0, wire_all(&w), 1460);
    finish(&b);
    assert_true(b.c.is_resumed);
    assert_int_equal(b.c.chain_missing, CHAIN_RESUMED);
    assert_true(b.c.handshake_end.place.frame > 0);
    tear_down(&b);
}

/* The hello in SSLv2 form, then TLS records from the same client. */
static void test_v2_compatible_hello(void **state)
{
    (void)state;
    for (size_t step = 1; step < 60; step += 7) {
        struct bench b;
        struct wire w = {.len = 0};
        set_up(&b);
        wire_hex(&w, "802e 01 0301 0015 0000 0010 010080 000005 000004 00002f 00000a 0000ff 0700c0"
                     "000102030405060708090a0b0c0d0e0f");
        send_bytes(&b, 0, wire_all(&w), step);
        w.len = 0;
        wire_server_hello(&w, 0x002f, false);
        wire_message(&w, 14, "", 0);
        send_bytes(&b, 1, wire_all(&w), step);
        w.len = 0;
        wire_alert(&w, 2, 48);
        send_bytes(&b, 0, wire_all(&w), step);
        finish(&b);
        assert_true(b.c.has_client_hello);
        assert_true(b.c.client_hello.is_v2);
        assert_int_equal(b.c.client_hello.legacy_version, VERSION_TLS10);
        assert_int_equal(b.c.client_hello.cipher_specs.len, 21);
        assert_true(b.c.has_server_hello);
        assert_int_equal(b.c.protocol, PROTOCOL_TLS);
        const struct event *alert = find_event(&b.c, EVENT_ALERT);
        assert_non_null(alert);
        assert_int_equal(alert->role, ROLE_CLIENT);
        tear_down(&b);
    }
}

/* Hellos that never end, messages that promise megabytes: bounded, counted, freed. */
static void test_limits(void **state)
{
    (void)state;
    struct bench b;
    struct wire w = {.len = 0};
    set_up(&b);
    wire_hex(&w, "16 0301 4000 01 7fffff 0303");
    send_bytes(&b, 0, wire_all(&w), 1460);
    uint8_t zeros[1000] = {0};
    for (int i = 0; i < 200; i++)
        send_bytes(&b, 0, (struct bytes){zeros, sizeof zeros}, 1000);
    assert_true(b.context.memory_bytes < 64 * 1024);
    assert_true(b.context.message_limit_hits > 0);
    w.len = 0;
    for (int i = 0; i < 600; i++)
        wire_alert(&w, 1, 90);
    send_bytes(&b, 1, wire_all(&w), 1460);
    send_bytes(&b, 1, wire_all(&w), 1460);
    assert_int_equal(b.context.event_limit_hits, 1);
    finish(&b);
    assert_true(b.c.is_events_cut);
    tear_down(&b);
}

static void test_bulk_is_skipped(void **state)
{
    (void)state;
    struct bench b;
    struct wire *w = calloc(1, sizeof *w);
    set_up(&b);
    run_tls12(&b, 1460);
    uint64_t memory = b.context.memory_bytes;
    for (int i = 0; i < 300; i++) {
        w->len = 0;
        wire_hidden(w, 23, 16000);
        send_bytes(&b, 1, wire_all(w), 1460);
    }
    assert_true(b.context.memory_bytes <= memory + 4096);
    free(w);
    finish(&b);
    tear_down(&b);
}

static void assert_same_bytes(struct bytes a, struct bytes b)
{
    assert_int_equal(a.len, b.len);
    if (a.len > 0)
        assert_memory_equal(a.at, b.at, a.len);
}

/* What is kept of a ClientHello in parts gives the facts of the whole one, for every end that the capture may have. */
static void test_hello_in_parts(void **state)
{
    (void)state;
    static const char *const hellos[] = {HELLO_CURL, HELLO_NODE, HELLO_PSK, HELLO_AGAIN};
    for (size_t i = 0; i < 4 * sizeof hellos / sizeof hellos[0]; i++) {
        struct bytes body = bytes_from_hex(hellos[i / 4]);
        struct wire *w = calloc(1, sizeof *w);
        wire_message(w, HS_CLIENT_HELLO, body.at, body.len);
        w->len -= i % 4 * 29;
        struct bench whole, parts;
        set_up(&whole);
        set_up(&parts);
        hello_shapes_free(whole.context.hello_shapes);
        whole.context.hello_shapes = NULL;
        send_bytes(&whole, 0, wire_all(w), 1400);
        send_bytes(&parts, 0, wire_all(w), 1400);
        finish(&whole);
        finish(&parts);
        struct client_hello *a = &whole.c.client_hello, *b = &parts.c.client_hello;
        assert_true(whole.c.has_client_hello && parts.c.has_client_hello);
        assert_true(whole.c.events[0].body_len == parts.c.events[0].body_len && parts.c.events[0].is_hello_kept);
        assert_int_equal(whole.c.client_hello_body.len, parts.c.client_hello_body.len);
        assert_int_equal(whole.c.client_hello_fault.kind, parts.c.client_hello_fault.kind);
        assert_int_equal(whole.c.client_hello_fault.offset, parts.c.client_hello_fault.offset);
        assert_int_equal(a->random.len, b->random.len);
        assert_same_bytes(a->session_id, b->session_id);
        assert_int_equal(a->cipher_suites.num, b->cipher_suites.num);
        assert_same_bytes(a->ext.server_name, b->ext.server_name);
        assert_same_bytes(a->ext.alpn, b->ext.alpn);
        assert_int_equal(a->ext.num, b->ext.num);
        assert_int_equal(a->ext.has_bad, b->ext.has_bad);
        assert_int_equal(a->ext.key_shares.len, b->ext.key_shares.len);
        assert_int_equal(a->ext.num_psk_identities, b->ext.num_psk_identities);
        assert_int_equal(a->ext.num_psk_binders, b->ext.num_psk_binders);
        assert_int_equal(a->ext.session_ticket.len, b->ext.session_ticket.len);
        tear_down(&whole);
        tear_down(&parts);
        free(w);
        free((void *)(uintptr_t)body.at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hello_in_parts),
        cmocka_unit_test(test_tls12_any_segmentation),
        cmocka_unit_test(test_alert_of_seven_bytes),
        cmocka_unit_test(test_tls_after_plain_text),
        cmocka_unit_test(test_not_tls),
        cmocka_unit_test(test_gap_inside_record),
        cmocka_unit_test(test_resync),
        cmocka_unit_test(test_tls13_completed),
        cmocka_unit_test(test_tls13_refused_after_finished),
        cmocka_unit_test(test_tls13_close_notify_both_ways),
        cmocka_unit_test(test_early_data),
        cmocka_unit_test(test_renegotiation),
        cmocka_unit_test(test_abbreviated),
        cmocka_unit_test(test_v2_compatible_hello),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_bulk_is_skipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
