/* From kept messages to facts: what the capture cut is left out, what broke the protocol is told with its place. */
#include "bounds.h"
#include "session/session.h"
#include "support/cmocka_all.h"
#include "support/mutate.h"
#include "support/tls_builder.h"

#include <stdlib.h>
#include <string.h>

struct bench {
    struct session_context context;
    struct session *session;
    struct flow flow;
    struct flow_rare rare;
    struct connection c;
    uint64_t sent[2], frame;
};

static void set_up(struct bench *b)
{
    memset(b, 0, sizeof *b);
    b->context.certificates = certificates_new(1 << 20);
    b->session = session_new(&b->context);
    assert_non_null(b->session);
    b->flow = (struct flow){.ip_version = 4, .port = {50000, 443}, .setup = FLOW_COMPLETE, .rare = &b->rare};
}

static void tear_down(struct bench *b)
{
    connection_cleanup(&b->c);
    session_free(b->session);
    certificates_free(b->context.certificates);
    assert_true(b->context.memory_bytes == 0);
}

static void send_bytes(struct bench *b, unsigned side, struct bytes data)
{
    struct moment moment = {{++b->frame, 0}, (int64_t)b->frame * 1000000};
    b->flow.stream[side].packets++;
    b->flow.stream[side].bytes += data.len;
    session_data(b->session, &b->flow, side, data, b->sent[side], &moment);
    b->sent[side] += data.len;
    b->flow.stream[side].next = b->sent[side];
}

static void send_cut(struct bench *b, unsigned side, uint64_t len)
{
    struct gap gap = {b->sent[side], len, {b->frame, 0}, {b->frame + 1, 0}, GAP_CUT};
    b->sent[side] += len;
    session_gap(b->session, &b->flow, side, &gap);
}

static void send_hello(struct bench *b)
{
    struct wire w = {.len = 0};
    wire_client_hello(&w, false);
    send_bytes(b, 0, wire_all(&w));
}

static void send_server_hello(struct bench *b)
{
    struct wire w = {.len = 0};
    wire_server_hello(&w, 0xc02f, false);
    send_bytes(b, 1, wire_all(&w));
}

static void send_message(struct bench *b, unsigned side, uint8_t type, const char *hex)
{
    struct wire w = {.len = 0};
    struct bytes body = bytes_from_hex(hex);
    wire_message(&w, type, body.at, body.len);
    send_bytes(b, side, wire_all(&w));
    free((void *)(uintptr_t)body.at);
}

/* The first `keep` bytes of the message's body; the snapshot length cuts the rest. */
static void send_part(struct bench *b, uint8_t type, const char *hex, size_t keep)
{
    struct wire w = {.len = 0};
    struct bytes body = bytes_from_hex(hex);
    wire_message(&w, type, body.at, body.len);
    send_bytes(b, 1, bytes_slice(wire_all(&w), 0, 9 + keep));
    if (keep < body.len)
        send_cut(b, 1, body.len - keep);
    free((void *)(uintptr_t)body.at);
}

static void finish(struct bench *b)
{
    session_finish(b->session, &b->flow);
    connection_build(&b->c, b->session, &b->flow);
}

static const struct event *find_event(const struct connection *c, enum event_kind kind, uint8_t type)
{
    for (unsigned i = 0; i < c->num_events; i++)
        if (c->events[i].kind == kind && c->events[i].type == type)
            return &c->events[i];
    return NULL;
}

static void assert_fault(const struct connection *c, uint8_t type, const char *field, uint64_t offset)
{
    const struct event *event = find_event(c, EVENT_FAULT, type);
    assert_non_null(event);
    assert_int_equal(event->fault, FAULT_MALFORMED);
    assert_string_equal(event->field, field);
    assert_int_equal(event->offset, offset);
    assert_true(event != c->events && event[-1].kind == EVENT_HANDSHAKE && event[-1].type == type);
}

static const char key_exchange[] = "03 001d 02 aabb 0401 0002 ccdd";

static void test_cut_key_exchange(void **state)
{
    (void)state;
    for (size_t keep = 0; keep <= 12; keep++) {
        struct bench b;
        set_up(&b);
        send_hello(&b);
        send_server_hello(&b);
        send_part(&b, HS_SERVER_KEY_EXCHANGE, key_exchange, keep);
        finish(&b);
        const struct server_key_exchange *kx = &b.c.key_exchange;
        assert_true(b.c.has_key_exchange);
        assert_int_equal(kx->group, keep >= 3 ? 0x001d : 0);
        assert_int_equal(kx->has_signature_algorithm, keep >= 8);
        assert_int_equal(kx->signature_algorithm, keep >= 8 ? 0x0401 : 0);
        assert_int_equal(b.c.key_exchange_fault.kind, keep < 12 ? FAULT_SHORT : FAULT_NONE);
        assert_null(find_event(&b.c, EVENT_FAULT, HS_SERVER_KEY_EXCHANGE));
        assert_int_equal(find_event(&b.c, EVENT_HANDSHAKE, HS_SERVER_KEY_EXCHANGE)->fault == FAULT_SHORT, keep < 12);
        tear_down(&b);
    }
}

static void test_cut_ticket_and_request(void **state)
{
    (void)state;
    for (size_t keep = 0; keep <= 8; keep++) {
        struct bench b;
        set_up(&b);
        send_hello(&b);
        send_server_hello(&b);
        send_part(&b, HS_NEW_SESSION_TICKET, "00001c20 0002 aabb", keep);
        finish(&b);
        assert_true(b.c.has_ticket);
        assert_int_equal(b.c.has_ticket_lifetime, keep >= 4);
        assert_int_equal(b.c.ticket_lifetime, keep >= 4 ? 7200 : 0);
        tear_down(&b);
        set_up(&b);
        send_hello(&b);
        send_server_hello(&b);
        send_part(&b, HS_CERTIFICATE_REQUEST, "01 40 0002 0403 0000", keep);
        finish(&b);
        assert_true(b.c.has_certificate_request);
        assert_int_equal(b.c.certificate_request.types.len, keep >= 2);
        assert_int_equal(b.c.certificate_request_fault.kind, keep < 8 ? FAULT_SHORT : FAULT_NONE);
        tear_down(&b);
    }
}

#define RETRY_RANDOM "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"

/* Until its random is there, a HelloRetryRequest is no ServerHello; one byte that differs decides. */
static void test_cut_hello_retry(void **state)
{
    (void)state;
    static const char retry[] = "0303" RETRY_RANDOM "00 1301 00 000c 002b 0002 0304 0033 0002 0017";
    for (size_t keep = 0; keep <= 52; keep++) {
        struct bench b;
        set_up(&b);
        send_hello(&b);
        send_part(&b, HS_SERVER_HELLO, retry, keep);
        finish(&b);
        assert_false(b.c.has_server_hello);
        assert_int_equal(b.c.has_hello_retry, keep >= 34);
        assert_int_equal(b.c.hello_retry.ext.key_share_group, keep >= 52 ? 0x17 : 0);
        assert_int_equal(b.c.hello_retry_fault.kind, keep >= 34 && keep < 52 ? FAULT_SHORT : FAULT_NONE);
        tear_down(&b);
    }
    struct bench b;
    set_up(&b);
    send_hello(&b);
    send_part(&b, HS_SERVER_HELLO, "0303 cf22" RETRY_RANDOM, 4);
    finish(&b);
    assert_true(b.c.has_server_hello && b.c.is_server_hello_cut);
    tear_down(&b);
}

/* Offsets: the record's header and the message's stand before the body. */
static void test_malformed_messages(void **state)
{
    (void)state;
    static const struct {
        uint8_t type;
        const char *hex, *field;
        unsigned offset; /* in the body */
    } cases[] = {
        {HS_SERVER_KEY_EXCHANGE, "03 0017 ff 01 02", "ECPoint", 4},
        {HS_CERTIFICATE_REQUEST, "05 01", "certificate_types", 1},
        {HS_CERTIFICATE, "000005 0000ff 01 02", "cert_data", 6},
        {HS_NEW_SESSION_TICKET, "00001c20 0009 aabb", "ticket", 6},
        {HS_CERTIFICATE_STATUS, "01 000009 aa", "OCSPResponse", 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench b;
        set_up(&b);
        send_hello(&b);
        send_server_hello(&b);
        uint64_t start = b.sent[1];
        send_message(&b, 1, cases[i].type, cases[i].hex);
        finish(&b);
        assert_fault(&b.c, cases[i].type, cases[i].field, start + 9 + cases[i].offset);
        assert_false(b.c.chain.is_cut);
        assert_int_equal(find_event(&b.c, EVENT_FAULT, cases[i].type)->last.place.frame, b.frame);
        if (cases[i].type == HS_CERTIFICATE) {
            assert_int_equal(b.c.chain_missing, CHAIN_MALFORMED);
            assert_null(chain_missing_name(b.c.chain_missing));
        }
        tear_down(&b);
    }
}

static void test_malformed_extension(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b);
    /* supported_groups whose list is one byte long */
    send_message(&b, 0, HS_CLIENT_HELLO,
                 "0303 202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f 00 0002c02f 0100"
                 "000b 0017 0000 000a 0003 0001 1d");
    finish(&b);
    const struct event *event = find_event(&b.c, EVENT_FAULT, HS_CLIENT_HELLO);
    assert_non_null(event);
    assert_int_equal(event->extension_mark, 1 + 10);
    assert_int_equal(event->offset, 9 + 41 + 2 + 4 + 4 + 2);
    assert_int_equal(event->role, ROLE_CLIENT);
    assert_true(b.c.client_hello.ext.has_extended_master_secret);
    tear_down(&b);
}

/* After a gap the middle of a message may look like one: nothing is held against the peer. */
static void test_no_blame_after_a_gap(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b);
    send_hello(&b);
    send_server_hello(&b);
    send_part(&b, HS_CERTIFICATE, "000010 00000d 3003020101 0000000000000000", 5);
    send_message(&b, 1, HS_SERVER_KEY_EXCHANGE, "03 0017 ff 01 02");
    finish(&b);
    assert_true(b.c.has_key_exchange && b.c.is_key_exchange_after_gap);
    assert_null(find_event(&b.c, EVENT_FAULT, HS_SERVER_KEY_EXCHANGE));
    assert_true(b.c.chain.is_cut);
    assert_int_equal(b.c.chain_missing, CHAIN_NOT_CAPTURED);
    tear_down(&b);
}

/* A message in two records: the fault's own offset is not known, that of the message is. */
static void test_malformed_over_records(void **state)
{
    (void)state;
    struct bench b;
    struct wire w = {.len = 0};
    set_up(&b);
    send_hello(&b);
    send_server_hello(&b);
    uint64_t start = b.sent[1];
    wire_record(&w, 22, 0x0303, "\x0c\x00\x00\x06\x03\x00", 6);
    wire_record(&w, 22, 0x0303, "\x17\xff\x01\x02", 4);
    send_bytes(&b, 1, wire_all(&w));
    finish(&b);
    assert_fault(&b.c, HS_SERVER_KEY_EXCHANGE, "ECPoint", start + 5);
    assert_true(find_event(&b.c, EVENT_FAULT, HS_SERVER_KEY_EXCHANGE)->is_split);
    tear_down(&b);
}

static void test_raw_public_key(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b);
    send_hello(&b);
    send_server_hello(&b);
    send_message(&b, 1, HS_CERTIFICATE,
                 "00002c 302a300506032b6570032100"
                 "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1");
    finish(&b);
    assert_int_equal(b.c.chain.num, 0);
    assert_int_equal(b.c.chain_missing, CHAIN_RAW_PUBLIC_KEY);
    assert_non_null(b.c.chain.raw_public_key);
    const struct certificate_facts *facts = certificate_facts(b.c.chain.raw_public_key);
    assert_string_equal(facts->key_type, "ed25519");
    assert_string_equal(facts->error, "a raw public key (RFC 7250), not a certificate");
    assert_false(connection_chain_is_empty(&b.c.chain));
    tear_down(&b);
}

/* One that is too large keeps its place, and those behind it theirs. */
static void test_large_certificate(void **state)
{
    (void)state;
    enum { LARGE = LIMIT_CERTIFICATE + 100, LIST = 3 + LARGE + 3 + 5, STEP = 16000 };
    struct bench b;
    uint8_t *message = calloc(1, 7 + LIST);
    assert_non_null(message);
    memcpy(message,
           (uint8_t[]){11, (LIST + 3) >> 16, (LIST + 3) >> 8 & 255, (LIST + 3) & 255, LIST >> 16, LIST >> 8 & 255,
                       LIST & 255, LARGE >> 16, LARGE >> 8 & 255, LARGE & 255},
           10);
    memcpy(message + 10 + LARGE, "\x00\x00\x05\x30\x03\x02\x01\x01", 8);
    set_up(&b);
    send_hello(&b);
    send_server_hello(&b);
    for (size_t at = 0; at < 7 + LIST; at += STEP) {
        struct wire *w = calloc(1, sizeof *w);
        wire_record(w, 22, 0x0303, message + at, 7 + LIST - at < STEP ? 7 + LIST - at : STEP);
        send_bytes(&b, 1, wire_all(w));
        free(w);
    }
    finish(&b);
    assert_int_equal(b.c.chain.num, 2);
    assert_false(b.c.chain.is_cut);
    assert_int_equal(b.context.certificate_limit_hits, 1);
    const struct certificate_facts *facts = certificate_facts(b.c.chain.certificates[0]);
    assert_int_equal(facts->size, LARGE);
    assert_int_equal(strncmp(facts->error, "larger than ", 12), 0);
    assert_int_equal(certificate_facts(b.c.chain.certificates[1])->size, 5);
    tear_down(&b);
    free(message);
}

/* A client's Finished under AES-GCM, seen before the ServerHello: its nonce is no HelloRequest. */
static void test_nonce_is_no_message(void **state)
{
    (void)state;
    struct bench b;
    struct wire w = {.len = 0};
    set_up(&b);
    send_hello(&b);
    send_message(&b, 0, HS_CLIENT_KEY_EXCHANGE, "02 aabb");
    wire_ccs(&w);
    wire_hex(&w, "16 0303 0028 0000000000000000 ecfd0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e");
    send_bytes(&b, 0, wire_all(&w));
    finish(&b);
    assert_null(find_event(&b.c, EVENT_HANDSHAKE, HS_HELLO_REQUEST));
    assert_null(find_event(&b.c, EVENT_FAULT, 0xEC));
    assert_non_null(find_event(&b.c, EVENT_HIDDEN, 22));
    tear_down(&b);
}

/* A server that claims TLS 1.3 without encrypting: its chain is read as it lies there. */
static void test_plain_certificate_of_tls13(void **state)
{
    (void)state;
    struct bench b;
    struct wire w = {.len = 0};
    set_up(&b);
    send_hello(&b);
    wire_server_hello(&w, 0x1301, true);
    send_bytes(&b, 1, wire_all(&w));
    send_message(&b, 1, HS_CERTIFICATE, "000008 000005 3003020101");
    finish(&b);
    assert_int_equal(b.c.chain.num, 1);
    assert_null(find_event(&b.c, EVENT_FAULT, HS_CERTIFICATE));
    tear_down(&b);
}

/* One byte of an answer, the rest cut: nobody knows that it is no TLS. */
static void test_cut_opening(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b);
    send_hello(&b);
    send_bytes(&b, 1, (struct bytes){(const uint8_t *)"\x16", 1});
    send_cut(&b, 1, 90);
    finish(&b);
    for (unsigned i = 0; i < b.c.num_events; i++)
        assert_int_not_equal(b.c.events[i].kind, EVENT_NOT_TLS);
    assert_int_equal(b.c.first_bytes[ROLE_SERVER].len, 0);
    tear_down(&b);
}

/* SSLv2 as well: what the capture cut is no fault of the client. */
static void test_cut_ssl2_hello(void **state)
{
    (void)state;
    struct bench b;
    struct wire w = {.len = 0};
    set_up(&b);
    wire_hex(&w, "802e 01 0002 0015 0000 0010 010080 000005 000004 00002f 00000a 0000ff 0700c0"
                 "000102030405060708090a0b0c0d0e0f");
    send_bytes(&b, 0, bytes_slice(wire_all(&w), 0, 20));
    send_cut(&b, 0, w.len - 20);
    finish(&b);
    assert_true(b.c.has_client_hello && b.c.is_client_hello_cut);
    assert_null(find_event(&b.c, EVENT_FAULT, 1));
    const struct event *event = find_event(&b.c, EVENT_HANDSHAKE, 1);
    assert_int_equal(event->fault, FAULT_SHORT);
    assert_string_equal(event_message_name(event), "client_hello");
    tear_down(&b);
}

/* Attempts without a byte of TLS say why there are no certificates, too. */
static void test_attempts(void **state)
{
    (void)state;
    static const struct {
        uint8_t syn_side;
        enum flow_setup setup;
        uint32_t packets[2];
        uint64_t bytes;
        enum chain_missing want;
    } cases[] = {
        {0, FLOW_UNANSWERED, {3, 0}, 0, CHAIN_NOT_SENT},  {0, FLOW_REFUSED, {1, 1}, 0, CHAIN_NOT_SENT},
        {0, FLOW_COMPLETE, {4, 3}, 20, CHAIN_NOT_SENT},   {0, FLOW_UNANSWERED, {4, 0}, 20, CHAIN_NOT_CAPTURED},
        {2, FLOW_UNSEEN, {4, 4}, 20, CHAIN_NOT_CAPTURED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct flow flow = {.port = {50000, 443}, .syn_side = cases[i].syn_side, .setup = cases[i].setup};
        struct connection c;
        flow.stream[0].packets = cases[i].packets[0];
        flow.stream[1].packets = cases[i].packets[1];
        flow.stream[0].bytes = cases[i].bytes;
        connection_build(&c, NULL, &flow);
        assert_int_equal(c.protocol, PROTOCOL_NONE);
        assert_int_equal(c.chain_missing, cases[i].want);
        connection_cleanup(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_key_exchange),
        cmocka_unit_test(test_cut_ticket_and_request),
        cmocka_unit_test(test_cut_hello_retry),
        cmocka_unit_test(test_malformed_messages),
        cmocka_unit_test(test_malformed_extension),
        cmocka_unit_test(test_no_blame_after_a_gap),
        cmocka_unit_test(test_malformed_over_records),
        cmocka_unit_test(test_raw_public_key),
        cmocka_unit_test(test_large_certificate),
        cmocka_unit_test(test_cut_ssl2_hello),
        cmocka_unit_test(test_attempts),
        cmocka_unit_test(test_nonce_is_no_message),
        cmocka_unit_test(test_cut_opening),
        cmocka_unit_test(test_plain_certificate_of_tls13),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
