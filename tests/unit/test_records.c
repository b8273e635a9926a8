/* The record layer: suites that hide nothing, records without content, records that break off. */
#include "support/session_bench.h"
#include "support/tls_builder.h"

/* A record of `len` bytes of content and a MAC of mac_len that looks random. */
static void wire_maced(struct wire *w, uint8_t type, const void *content, size_t len, size_t mac_len)
{
    struct wire mac = {.len = 0};
    uint8_t fragment[256];
    wire_hidden(&mac, type, mac_len);
    memcpy(fragment, content, len);
    memcpy(fragment + len, mac.data + RECORD_HEADER_LEN, mac_len);
    wire_record(w, type, VERSION_TLS12, fragment, len + mac_len);
}

static const uint8_t finished[16] = {HS_FINISHED, 0, 0, 12, 9, 8, 7};
static const uint8_t close_notify[] = {1, 0};

/* A handshake under `suite` up to both Finished messages, which a MAC of mac_len follows. */
static void run_clear(struct bench *b, uint16_t suite, size_t mac_len, size_t step)
{
    struct wire w = {.len = 0};
    wire_client_hello(&w, false);
    send_bytes(b, 0, wire_all(&w), step);
    w.len = 0;
    wire_server_hello(&w, suite, false);
    wire_message(&w, HS_SERVER_HELLO_DONE, "", 0);
    send_bytes(b, 1, wire_all(&w), step);
    for (unsigned side = 0; side < 2; side++) {
        w.len = 0;
        if (side == 0)
            wire_message(&w, HS_CLIENT_KEY_EXCHANGE, "\x02\xaa\xbb", 3);
        wire_ccs(&w);
        wire_maced(&w, CONTENT_HANDSHAKE, finished, sizeof finished, mac_len);
        send_bytes(b, side, wire_all(&w), step);
    }
}

static void send_maced(struct bench *b, unsigned side, uint8_t type, const void *content, size_t len, size_t mac_len)
{
    struct wire w = {.len = 0};
    wire_maced(&w, type, content, len, mac_len);
    send_bytes(b, side, wire_all(&w), 1460);
}

static const struct event *find_message(const struct connection *c, uint8_t type, enum role role)
{
    for (unsigned i = 0; i < c->num_events; i++)
        if (c->events[i].kind == EVENT_HANDSHAKE && c->events[i].type == type && c->events[i].role == role)
            return &c->events[i];
    return NULL;
}

static void test_null_suite_is_read(void **state)
{
    (void)state;
    static const struct {
        uint16_t suite;
        size_t mac_len;
    } suites[] = {{0x0001, 16}, {0x0002, 20}, {0x003b, 32}, {0x00b1, 48}};
    static const size_t steps[] = {1, 7, 100, 1460};
    for (size_t i = 0; i < 16; i++) {
        struct bench b;
        size_t mac_len = suites[i / 4].mac_len;
        set_up(&b);
        run_clear(&b, suites[i / 4].suite, mac_len, steps[i % 4]);
        send_maced(&b, 0, CONTENT_APPLICATION_DATA, "GET / HTTP/1.0\r\n\r\n", 18, mac_len);
        send_maced(&b, 1, CONTENT_ALERT, close_notify, 2, mac_len);
        finish(&b);
        assert_true(b.c.has_finished[ROLE_CLIENT] && b.c.has_finished[ROLE_SERVER]);
        assert_true(b.c.handshake_end.place.frame > 0);
        assert_false(b.c.is_resumed);
        assert_int_equal(find_message(&b.c, HS_FINISHED, ROLE_CLIENT)->len, 12);
        assert_int_equal(find_message(&b.c, HS_FINISHED, ROLE_SERVER)->len, 12);
        assert_int_equal(find_event(&b.c, EVENT_APPLICATION)->len, 18);
        assert_false(find_event(&b.c, EVENT_APPLICATION)->is_encrypted);
        const struct event *alert = find_event(&b.c, EVENT_ALERT);
        assert_non_null(alert);
        assert_int_equal(alert->role, ROLE_SERVER);
        assert_int_equal(alert->level, 1);
        assert_int_equal(alert->code, 0);
        assert_null(find_event(&b.c, EVENT_HIDDEN));
        assert_null(find_event(&b.c, EVENT_HIDDEN_ALERT));
        assert_null(find_event(&b.c, EVENT_FAULT));
        assert_int_equal(b.c.renegotiations, 0);
        tear_down(&b);
    }
}

/* A record too short for its MAC, an alert of which something else than two bytes is left, and an alert in the clear.
 */
static void test_null_suite_odd_records(void **state)
{
    (void)state;
    struct bench b;
    struct wire w = {.len = 0};
    set_up(&b);
    run_clear(&b, 0x003b, 32, 1460);
    wire_hidden(&w, CONTENT_HANDSHAKE, 31);
    wire_hidden(&w, CONTENT_ALERT, 35);
    wire_alert(&w, 2, 20);
    send_bytes(&b, 1, wire_all(&w), 1460);
    finish(&b);
    assert_int_equal(find_event(&b.c, EVENT_HIDDEN)->len, 31);
    assert_int_equal(find_event(&b.c, EVENT_HIDDEN_ALERT)->len, 3);
    assert_int_equal(find_event(&b.c, EVENT_ALERT)->code, 20);
    tear_down(&b);
}

/* What encrypts stays hidden: other suites, and content that was compressed first. */
static void test_other_suites_stay_hidden(void **state)
{
    (void)state;
    for (unsigned is_compressed = 0; is_compressed < 2; is_compressed++) {
        struct bench b;
        struct wire w = {.len = 0};
        set_up(&b);
        wire_client_hello(&w, false);
        send_bytes(&b, 0, wire_all(&w), 1460);
        w.len = 0;
        wire_server_hello(&w, is_compressed ? 0x0002 : 0x002f, false);
        uint8_t *method = w.data + RECORD_HEADER_LEN + HANDSHAKE_HEADER_LEN + 2 + 32;
        method += 1 + *method + 2;
        *method = is_compressed ? 1 : 0;
        wire_message(&w, HS_SERVER_HELLO_DONE, "", 0);
        wire_ccs(&w);
        wire_maced(&w, CONTENT_HANDSHAKE, finished, sizeof finished, 20);
        wire_maced(&w, CONTENT_ALERT, close_notify, 2, 20);
        send_bytes(&b, 1, wire_all(&w), 1460);
        finish(&b);
        assert_null(find_message(&b.c, HS_FINISHED, ROLE_SERVER));
        assert_int_equal(find_event(&b.c, EVENT_HIDDEN)->len, 36);
        assert_int_equal(find_event(&b.c, EVENT_HIDDEN_ALERT)->len, 22);
        assert_null(find_event(&b.c, EVENT_ALERT));
        tear_down(&b);
    }
}

/* Another handshake in the clear on the same connection, to a suite that encrypts: hidden from the next
 * ChangeCipherSpec on, not before. */
static void test_null_suite_renegotiates(void **state)
{
    (void)state;
    struct bench b;
    struct wire hello = {.len = 0}, w = {.len = 0};
    set_up(&b);
    run_clear(&b, 0x0002, 20, 1460);
    for (unsigned side = 0; side < 2; side++) {
        hello.len = 0;
        if (side == 0)
            wire_client_hello(&hello, false);
        else
            wire_server_hello(&hello, 0x002f, false);
        send_maced(&b, side, CONTENT_HANDSHAKE, hello.data + RECORD_HEADER_LEN, hello.len - RECORD_HEADER_LEN, 20);
    }
    wire_maced(&w, CONTENT_CHANGE_CIPHER_SPEC, "\x01", 1, 20);
    wire_hidden(&w, CONTENT_HANDSHAKE, 48);
    wire_hidden(&w, CONTENT_ALERT, 32);
    send_bytes(&b, 0, wire_all(&w), 1460);
    send_bytes(&b, 1, wire_all(&w), 1460);
    finish(&b);
    assert_int_equal(b.c.renegotiations, 1);
    assert_int_equal(b.c.cipher, 0x0002);
    assert_int_equal(count_events(&b.c, EVENT_HIDDEN, ROLE_CLIENT), 1);
    assert_int_equal(count_events(&b.c, EVENT_HIDDEN_ALERT, ROLE_SERVER), 1);
    tear_down(&b);
}

/* Captured before the ServerHello that it follows, the client's ChangeCipherSpec is under its suite all the same. */
static void test_null_suite_told_late(void **state)
{
    (void)state;
    struct bench b;
    struct wire w = {.len = 0};
    set_up(&b);
    wire_client_hello(&w, false);
    wire_ccs(&w);
    send_bytes(&b, 0, wire_all(&w), 1460);
    w.len = 0;
    wire_server_hello(&w, 0x003b, false);
    send_bytes(&b, 1, wire_all(&w), 1460);
    send_maced(&b, 0, CONTENT_HANDSHAKE, finished, sizeof finished, 32);
    finish(&b);
    assert_non_null(find_message(&b.c, HS_FINISHED, ROLE_CLIENT));
    tear_down(&b);
}

/* The capture misses the client's ChangeCipherSpec: what follows is under the suite all the same. */
static void test_null_suite_after_gap(void **state)
{
    (void)state;
    for (unsigned has_data = 0; has_data < 2; has_data++) {
        struct bench b;
        struct wire w = {.len = 0};
        set_up(&b);
        wire_client_hello(&w, false);
        send_bytes(&b, 0, wire_all(&w), 1460);
        w.len = 0;
        wire_server_hello(&w, 0x003b, false);
        send_bytes(&b, 1, wire_all(&w), 1460);
        send_gap(&b, 0, 200);
        w.len = 0;
        if (has_data)
            wire_maced(&w, CONTENT_APPLICATION_DATA, "GET /", 5, 32);
        wire_maced(&w, CONTENT_ALERT, close_notify, 2, 32);
        send_bytes(&b, 0, wire_all(&w), 1460);
        close_side(&b, 0, false);
        finish(&b);
        const struct event *alert = find_event(&b.c, EVENT_ALERT);
        assert_non_null(alert);
        assert_int_equal(alert->level, 1);
        assert_int_equal(alert->code, 0);
        if (has_data)
            assert_int_equal(find_event(&b.c, EVENT_APPLICATION)->len, 5);
        tear_down(&b);
    }
}

static void wire_empty(struct wire *w, uint8_t type)
{
    wire_record(w, type, VERSION_TLS10, "", 0);
}

/* Before the hello, between its two halves, after it: told once for each run, and nothing is lost. */
static void test_empty_records(void **state)
{
    (void)state;
    for (size_t step = 1; step < 20; step += 3) {
        struct bench b;
        struct wire hello = {.len = 0}, w = {.len = 0};
        set_up(&b);
        wire_client_hello(&hello, false);
        wire_empty(&w, CONTENT_HANDSHAKE);
        wire_empty(&w, CONTENT_HANDSHAKE);
        wire_record(&w, CONTENT_HANDSHAKE, VERSION_TLS10, hello.data + RECORD_HEADER_LEN, 20);
        wire_empty(&w, CONTENT_HANDSHAKE);
        wire_record(&w, CONTENT_HANDSHAKE, VERSION_TLS10, hello.data + RECORD_HEADER_LEN + 20,
                    hello.len - RECORD_HEADER_LEN - 20);
        wire_empty(&w, CONTENT_CHANGE_CIPHER_SPEC);
        wire_alert(&w, 2, 80);
        send_bytes(&b, 0, wire_all(&w), step);
        finish(&b);
        assert_true(b.c.has_client_hello && !b.c.is_client_hello_cut);
        assert_int_equal(b.c.client_hello.ext.server_name.len, 9);
        assert_int_equal(count_events(&b.c, EVENT_EMPTY_RECORD, ROLE_CLIENT), 3);
        assert_int_equal(find_event(&b.c, EVENT_EMPTY_RECORD)->type, CONTENT_HANDSHAKE);
        assert_int_equal(find_event(&b.c, EVENT_EMPTY_RECORD)->offset, 0);
        assert_int_equal(find_event(&b.c, EVENT_EMPTY_RECORD)->len, 2);
        assert_null(find_event(&b.c, EVENT_CHANGE_CIPHER_SPEC));
        assert_null(find_event(&b.c, EVENT_NOT_TLS));
        assert_int_equal(find_event(&b.c, EVENT_ALERT)->code, 80);
        tear_down(&b);
    }
}

/* The capture cut an alert's record: its size tells that it is encrypted, its bytes what it says where it is not. */
static void test_cut_alert(void **state)
{
    (void)state;
    for (unsigned is_plain = 0; is_plain < 2; is_plain++) {
        struct bench b;
        struct wire w = {.len = 0};
        set_up(&b);
        wire_client_hello(&w, false);
        send_bytes(&b, 0, wire_all(&w), 1460);
        w.len = 0;
        if (is_plain)
            wire_alert(&w, 2, 40);
        else
            wire_record(&w, CONTENT_ALERT, VERSION_TLS12, "\0\0\0\0\0\0\0\x01 123456789abcdef", 24);
        send_bytes(&b, 1, bytes_slice(wire_all(&w), 0, w.len - 1), 1460);
        send_gap_of(&b, 1, 1, GAP_CUT);
        finish(&b);
        const struct event *hidden = find_event(&b.c, EVENT_HIDDEN_ALERT);
        assert_true(is_plain ? !hidden : hidden && hidden->len == 24);
        assert_null(find_event(&b.c, EVENT_ALERT));
        tear_down(&b);
    }
}

/* Half a ClientHello, and what became of the other half. */
static enum message_cut cut_by(void (*end)(struct bench *b))
{
    struct bench b;
    struct wire w = {.len = 0};
    set_up(&b);
    wire_client_hello(&w, false);
    send_bytes(&b, 0, bytes_slice(wire_all(&w), 0, w.len / 2), 1460);
    end(&b);
    finish(&b);
    b.c.end_kind = b.flow.setup == FLOW_COMPLETE ? FLOW_END_INPUT : FLOW_END_IDLE;
    const struct event *hello = find_message(&b.c, HS_CLIENT_HELLO, ROLE_CLIENT);
    assert_non_null(hello);
    assert_int_equal(hello->fault, FAULT_SHORT);
    enum message_cut cut = message_cut_of(&b.c, hello);
    tear_down(&b);
    return cut;
}

static void end_lost(struct bench *b)
{
    send_gap_of(b, 0, 100, GAP_LOST);
    close_side(b, 0, false);
}

static void end_snaplen(struct bench *b)
{
    send_gap_of(b, 0, 100, GAP_CUT);
}

static void end_unproven(struct bench *b)
{
    send_gap_of(b, 0, 100, GAP_UNPROVEN);
    close_side(b, 1, true);
}

static void end_fin(struct bench *b)
{
    close_side(b, 0, false);
    close_side(b, 1, true);
}

static void end_rst(struct bench *b)
{
    close_side(b, 1, true);
}

static void end_rst_after_fin(struct bench *b)
{
    close_side(b, 1, false);
    close_side(b, 0, true);
}

static void end_idle(struct bench *b)
{
    b->flow.setup = FLOW_SYN_ACKED;
}

static void end_input(struct bench *b)
{
    (void)b;
}

static void test_cut_message(void **state)
{
    (void)state;
    assert_int_equal(cut_by(end_lost), CUT_NOT_CAPTURED);
    assert_int_equal(cut_by(end_snaplen), CUT_SNAPLEN);
    assert_int_equal(cut_by(end_unproven), CUT_UNACKNOWLEDGED);
    assert_int_equal(cut_by(end_fin), CUT_CLOSED);
    assert_int_equal(cut_by(end_rst), CUT_RESET);
    assert_int_equal(cut_by(end_rst_after_fin), CUT_RESET);
    assert_int_equal(cut_by(end_idle), CUT_SILENCE);
    assert_int_equal(cut_by(end_input), CUT_CAPTURE_END);
    assert_string_equal(message_cut_name(CUT_SNAPLEN), "snapshot-length");
    assert_string_equal(message_cut_name(CUT_SILENCE), "silence");
    assert_null(message_cut_name(CUT_UNKNOWN));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_null_suite_is_read),
        cmocka_unit_test(test_null_suite_odd_records),
        cmocka_unit_test(test_other_suites_stay_hidden),
        cmocka_unit_test(test_null_suite_renegotiates),
        cmocka_unit_test(test_null_suite_told_late),
        cmocka_unit_test(test_null_suite_after_gap),
        cmocka_unit_test(test_empty_records),
        cmocka_unit_test(test_cut_alert),
        cmocka_unit_test(test_cut_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
