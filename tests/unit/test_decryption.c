/* Sessions with keys: a TLS 1.3 handshake sealed here, with keys that come early, late, in part, wrong or not at all.
 */
#include "bounds.h"
#include "dissect/handshake.h"
#include "session/decompress.h"
#include "session/keys.h"
#include "support/session_bench.h"
#include "support/tls_builder.h"

#include <openssl/evp.h>

#include <stdio.h>
#include <stdlib.h>

/* What wire_client_hello() has as its random. */
#define RANDOM "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

enum { CLIENT, SERVER, SECRET_LEN = 32, STEP = 700 };

/* One direction's keys, as the peer that sends under them has them. */
struct sealer {
    uint8_t secret[SECRET_LEN];
    uint64_t sequence;
};

struct story {
    struct bench b;
    struct sealer handshake[2], traffic[2], early;
    struct wire wire;
};

static void sealer_start(struct sealer *s, uint8_t fill)
{
    memset(s->secret, fill, sizeof s->secret);
    s->sequence = 0;
}

static void expand(const struct story *s, const struct sealer *sealer, const char *label, uint8_t *out, size_t len)
{
    struct bytes secret = {sealer->secret, SECRET_LEN};
    assert_true(hkdf_expand_label(s->b.context.crypto, "SHA256", VERSION_TLS13, secret, label, out, len));
}

/* A protected record at the end of the wire. */
static void put_sealed(struct story *s, struct sealer *sealer, uint8_t type, const void *content, size_t len)
{
    static uint8_t inner[20000], out[20000];
    uint8_t key[16], iv[12];
    size_t whole = len + 1 + 16;
    uint8_t aad[] = {23, 3, 3, (uint8_t)(whole >> 8), (uint8_t)whole};
    int n;
    assert_true(whole <= sizeof inner);
    if (len > 0)
        memcpy(inner, content, len);
    inner[len] = type;
    expand(s, sealer, "key", key, sizeof key);
    expand(s, sealer, "iv", iv, sizeof iv);
    for (unsigned i = 0; i < 8; i++)
        iv[4 + i] ^= (uint8_t)(sealer->sequence >> (56 - 8 * i));
    sealer->sequence++;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    assert_true(EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL, key, iv));
    assert_true(EVP_EncryptUpdate(c, NULL, &n, aad, sizeof aad));
    assert_true(EVP_EncryptUpdate(c, out, &n, inner, (int)len + 1));
    assert_true(EVP_EncryptFinal_ex(c, out + n, &n));
    assert_true(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, out + len + 1));
    EVP_CIPHER_CTX_free(c);
    wire_record(&s->wire, 23, 0x0303, out, whole);
}

static void put_message(struct story *s, struct sealer *sealer, uint8_t type, const void *body, size_t len)
{
    uint8_t message[4096] = {type, (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len};
    assert_true(len + 4 <= sizeof message);
    if (len > 0)
        memcpy(message + 4, body, len);
    put_sealed(s, sealer, CONTENT_HANDSHAKE, message, len + 4);
}

static void put_finished(struct story *s, struct sealer *sealer)
{
    static const uint8_t verify_data[32];
    put_message(s, sealer, HS_FINISHED, verify_data, sizeof verify_data);
}

static void put_alert(struct story *s, struct sealer *sealer, uint8_t level, uint8_t code)
{
    const uint8_t alert[] = {level, code};
    put_sealed(s, sealer, CONTENT_ALERT, alert, 2);
}

static void send_wire(struct story *s, unsigned side, size_t step)
{
    send_bytes(&s->b, side, wire_all(&s->wire), step);
    s->wire.len = 0;
}

static struct story *story_new(void)
{
    struct story *s = calloc(1, sizeof *s);
    assert_non_null(s);
    set_up(&s->b);
    s->b.context.keys = keys_new();
    s->b.context.crypto = crypto_new();
    assert_non_null(s->b.context.keys);
    assert_non_null(s->b.context.crypto);
    sealer_start(&s->early, 0x05);
    for (unsigned side = 0; side < 2; side++) {
        sealer_start(&s->handshake[side], (uint8_t)(0x10 + side));
        sealer_start(&s->traffic[side], (uint8_t)(0x20 + side));
    }
    return s;
}

static void story_free(struct story *s)
{
    tear_down(&s->b);
    keys_free(s->b.context.keys);
    crypto_free(s->b.context.crypto);
    assert_true(s->b.context.pending_bytes == 0);
    free(s);
}

static void give(struct story *s, const char *label, uint8_t fill)
{
    char log[256];
    int len = snprintf(log, sizeof log, "%s " RANDOM " ", label);
    for (unsigned i = 0; i < SECRET_LEN; i++)
        len += snprintf(log + len, sizeof log - (size_t)len, "%02x", fill);
    keys_add(s->b.context.keys, (struct bytes){(const uint8_t *)log, (size_t)len}, KEYS_PCAPNG);
}

static void give_all(struct story *s)
{
    give(s, "CLIENT_HANDSHAKE_TRAFFIC_SECRET", 0x10);
    give(s, "SERVER_HANDSHAKE_TRAFFIC_SECRET", 0x11);
    give(s, "CLIENT_TRAFFIC_SECRET_0", 0x20);
    give(s, "SERVER_TRAFFIC_SECRET_0", 0x21);
}

/* EncryptedExtensions with ALPN h2, a Certificate of five bytes of DER, CertificateVerify, Finished. */
static void server_flight(struct story *s, size_t step)
{
    wire_server_hello(&s->wire, 0x1301, true);
    wire_ccs(&s->wire);
    put_message(s, &s->handshake[SERVER], HS_ENCRYPTED_EXTENSIONS, "\x00\x09\x00\x10\x00\x05\x00\x03\x02h2", 11);
    put_message(s, &s->handshake[SERVER], HS_CERTIFICATE, "\x00\x00\x00\x0a\x00\x00\x05\x30\x03\x02\x01\x01\x00\x00",
                14);
    put_message(s, &s->handshake[SERVER], HS_CERTIFICATE_VERIFY, "\x08\x04\x00\x02\xaa\xbb", 6);
    put_finished(s, &s->handshake[SERVER]);
    send_wire(s, SERVER, step);
}

static void client_hello(struct story *s, bool has_early_data, size_t step)
{
    wire_client_hello(&s->wire, has_early_data);
    send_wire(s, CLIENT, step);
}

static void client_finished(struct story *s, size_t step)
{
    wire_ccs(&s->wire);
    put_finished(s, &s->handshake[CLIENT]);
    send_wire(s, CLIENT, step);
}

static void close_both(struct story *s)
{
    close_side(&s->b, CLIENT, false);
    close_side(&s->b, SERVER, false);
    finish(&s->b);
}

static unsigned count_messages(const struct connection *c, enum role role, uint8_t type)
{
    unsigned num = 0;
    for (unsigned i = 0; i < c->num_events; i++)
        num += c->events[i].kind == EVENT_HANDSHAKE && c->events[i].role == role && c->events[i].type == type &&
               c->events[i].is_encrypted;
    return num;
}

static void check_facts(const struct connection *c)
{
    assert_int_equal(c->keys, KEYS_PCAPNG);
    assert_int_equal(c->keys_error, KEYS_NO_ERROR);
    assert_int_equal(c->chain.num, 1);
    assert_int_equal(c->chain_missing, CHAIN_PRESENT);
    assert_true(c->has_encrypted_extensions);
    assert_int_equal(c->alpn.len, 2);
    assert_memory_equal(c->alpn.at, "h2", 2);
    assert_int_equal(c->certificate_verify.algorithm, 0x0804);
    assert_true(c->has_finished[ROLE_CLIENT] && c->has_finished[ROLE_SERVER]);
    assert_true(c->handshake_end.place.frame != 0);
    assert_int_equal(count_events(c, EVENT_HIDDEN, ROLE_SERVER), 0);
    assert_int_equal(count_events(c, EVENT_HIDDEN, ROLE_CLIENT), 0);
}

/* A whole connection, with data of every size, a ticket, a key update on both sides, and close_notify. */
static void whole_story(struct story *s, size_t step)
{
    static const uint8_t data[16000];
    client_hello(s, false, step);
    server_flight(s, step);
    client_finished(s, step);
    put_message(s, &s->traffic[SERVER], HS_NEW_SESSION_TICKET,
                "\x00\x00\x0e\x10\x00\x00\x00\x00\x00\x00\x02\xaa\xbb\x00\x00", 15);
    put_sealed(s, &s->traffic[SERVER], CONTENT_APPLICATION_DATA, data, sizeof data);
    put_sealed(s, &s->traffic[SERVER], CONTENT_APPLICATION_DATA, data, 100);
    put_message(s, &s->traffic[SERVER], HS_KEY_UPDATE, "\x00", 1);
    expand(s, &s->traffic[SERVER], "traffic upd", s->traffic[SERVER].secret, SECRET_LEN);
    s->traffic[SERVER].sequence = 0;
    put_sealed(s, &s->traffic[SERVER], CONTENT_APPLICATION_DATA, data, sizeof data);
    put_alert(s, &s->traffic[SERVER], 1, 0);
    send_wire(s, SERVER, step);
    put_sealed(s, &s->traffic[CLIENT], CONTENT_APPLICATION_DATA, data, 50);
    put_alert(s, &s->traffic[CLIENT], 1, 0);
    send_wire(s, CLIENT, step);
}

static void test_any_segmentation(void **state)
{
    (void)state;
    static const size_t steps[] = {1, 3, 5, 64, 1460, 65536};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct story *s = story_new();
        give_all(s);
        whole_story(s, steps[i]);
        close_both(s);
        const struct connection *c = &s->b.c;
        check_facts(c);
        assert_int_equal(count_messages(c, ROLE_SERVER, HS_KEY_UPDATE), 1);
        assert_true(c->has_ticket);
        assert_int_equal(c->ticket_lifetime, 3600);
        assert_int_equal(count_events(c, EVENT_APPLICATION, ROLE_SERVER), 3);
        assert_int_equal(count_events(c, EVENT_ALERT, ROLE_SERVER), 1);
        assert_int_equal(count_events(c, EVENT_ALERT, ROLE_CLIENT), 1);
        assert_true(find_event(c, EVENT_ALERT)->is_encrypted);
        story_free(s);
    }
}

/* The keys come when all was said: what waited is read at the end. */
static void test_late_keys(void **state)
{
    (void)state;
    struct story *s = story_new();
    keys_add(s->b.context.keys, (struct bytes){NULL, 0}, KEYS_PCAPNG);
    keys_expect_more(s->b.context.keys);
    client_hello(s, false, STEP);
    server_flight(s, STEP);
    client_finished(s, STEP);
    put_alert(s, &s->traffic[CLIENT], 1, 0);
    send_wire(s, CLIENT, STEP);
    assert_true(s->b.context.pending_bytes > 0);
    give_all(s);
    close_both(s);
    check_facts(&s->b.c);
    assert_int_equal(count_events(&s->b.c, EVENT_ALERT, ROLE_CLIENT), 1);
    story_free(s);
}

/* More than waits: the first part is read, the limit is counted. */
static void test_late_keys_limit(void **state)
{
    (void)state;
    static const uint8_t data[16000];
    struct story *s = story_new();
    keys_add(s->b.context.keys, (struct bytes){NULL, 0}, KEYS_PCAPNG);
    keys_expect_more(s->b.context.keys);
    client_hello(s, false, STEP);
    server_flight(s, STEP);
    client_finished(s, STEP);
    for (unsigned i = 0; i < LIMIT_PENDING_RECORDS + 10; i++) {
        put_sealed(s, &s->traffic[SERVER], CONTENT_APPLICATION_DATA, data, sizeof data);
        send_wire(s, SERVER, STEP);
    }
    assert_true(s->b.context.pending_bytes < LIMIT_PENDING_BYTES + 100000);
    give_all(s);
    close_both(s);
    assert_int_equal(s->b.c.chain.num, 1);
    assert_int_equal(s->b.context.pending_limit_hits, 1);
    story_free(s);
}

static void short_story(struct story *s)
{
    client_hello(s, false, STEP);
    server_flight(s, STEP);
    client_finished(s, STEP);
    put_alert(s, &s->traffic[CLIENT], 1, 0);
    send_wire(s, CLIENT, STEP);
    close_both(s);
}

static void test_errors(void **state)
{
    (void)state;
    /* Another connection's keys. */
    struct story *s = story_new();
    keys_add(s->b.context.keys, (struct bytes){NULL, 0}, KEYS_KEYLOG);
    short_story(s);
    assert_int_equal(s->b.c.keys, KEYS_NONE);
    assert_int_equal(s->b.c.keys_error, KEYS_MISSING);
    assert_int_equal(s->b.c.chain_missing, CHAIN_ENCRYPTED);
    assert_string_equal(keys_error_name(s->b.c.keys_error), "missing");
    assert_int_equal(count_events(&s->b.c, EVENT_HIDDEN, ROLE_SERVER), 4);
    assert_true(s->b.c.handshake_end.place.frame != 0); /* as without keys */
    story_free(s);

    /* No source of keys at all: no error, either. */
    s = story_new();
    short_story(s);
    assert_int_equal(s->b.c.keys_error, KEYS_NO_ERROR);
    story_free(s);

    /* Wrong ones. */
    s = story_new();
    give(s, "CLIENT_HANDSHAKE_TRAFFIC_SECRET", 0x77);
    give(s, "SERVER_HANDSHAKE_TRAFFIC_SECRET", 0x77);
    short_story(s);
    assert_int_equal(s->b.c.keys, KEYS_NONE);
    assert_int_equal(s->b.c.keys_error, KEYS_REFUSED);
    assert_int_equal(count_events(&s->b.c, EVENT_HIDDEN, ROLE_SERVER), 4);
    story_free(s);

    /* The handshake's alone. */
    s = story_new();
    give(s, "CLIENT_HANDSHAKE_TRAFFIC_SECRET", 0x10);
    give(s, "SERVER_HANDSHAKE_TRAFFIC_SECRET", 0x11);
    short_story(s);
    assert_int_equal(s->b.c.keys, KEYS_PCAPNG);
    assert_int_equal(s->b.c.keys_error, KEYS_INCOMPLETE);
    assert_int_equal(s->b.c.chain.num, 1);
    story_free(s);
}

/* Application data's secrets alone: the handshake stays hidden, what comes behind it is read. */
static void test_traffic_alone(void **state)
{
    (void)state;
    static const uint8_t data[16000];
    struct story *s = story_new();
    give(s, "CLIENT_TRAFFIC_SECRET_0", 0x20);
    give(s, "SERVER_TRAFFIC_SECRET_0", 0x21);
    client_hello(s, false, STEP);
    server_flight(s, STEP);
    client_finished(s, STEP);
    put_sealed(s, &s->traffic[SERVER], CONTENT_APPLICATION_DATA, data, sizeof data);
    put_message(s, &s->traffic[SERVER], HS_KEY_UPDATE, "\x00", 1);
    expand(s, &s->traffic[SERVER], "traffic upd", s->traffic[SERVER].secret, SECRET_LEN);
    s->traffic[SERVER].sequence = 0;
    put_sealed(s, &s->traffic[SERVER], CONTENT_APPLICATION_DATA, data, sizeof data);
    put_alert(s, &s->traffic[SERVER], 1, ALERT_CLOSE_NOTIFY);
    send_wire(s, SERVER, STEP);
    put_sealed(s, &s->traffic[CLIENT], CONTENT_APPLICATION_DATA, data, 50);
    put_alert(s, &s->traffic[CLIENT], 1, ALERT_CLOSE_NOTIFY);
    send_wire(s, CLIENT, STEP);
    close_both(s);
    const struct connection *c = &s->b.c;
    assert_int_equal(c->keys, KEYS_PCAPNG);
    assert_int_equal(c->keys_error, KEYS_INCOMPLETE);
    assert_int_equal(c->chain_missing, CHAIN_ENCRYPTED);
    assert_int_equal(count_events(c, EVENT_HIDDEN, ROLE_SERVER), 4);
    assert_int_equal(count_events(c, EVENT_HIDDEN, ROLE_CLIENT), 1);
    assert_int_equal(count_messages(c, ROLE_SERVER, HS_KEY_UPDATE), 1);
    assert_int_equal(count_events(c, EVENT_APPLICATION, ROLE_SERVER), 2);
    assert_int_equal(count_events(c, EVENT_ALERT, ROLE_SERVER), 1);
    assert_int_equal(count_events(c, EVENT_ALERT, ROLE_CLIENT), 1);
    assert_true(c->handshake_end.place.frame != 0);
    assert_false(c->is_refused_after_finished);
    story_free(s);

    /* The server refuses the client's certificate: an alert is its first word. */
    s = story_new();
    give(s, "SERVER_TRAFFIC_SECRET_0", 0x21);
    client_hello(s, false, STEP);
    server_flight(s, STEP);
    client_finished(s, STEP);
    put_alert(s, &s->traffic[SERVER], 2, ALERT_CERTIFICATE_REQUIRED);
    send_wire(s, SERVER, STEP);
    close_both(s);
    assert_int_equal(find_event(&s->b.c, EVENT_ALERT)->code, ALERT_CERTIFICATE_REQUIRED);
    assert_true(s->b.c.is_refused_after_finished);
    assert_int_equal(s->b.c.handshake_end.place.frame, 0);
    assert_int_equal(s->b.c.keys_error, KEYS_INCOMPLETE);
    story_free(s);

    /* Wrong ones open nothing, and harm nothing. */
    s = story_new();
    give(s, "CLIENT_TRAFFIC_SECRET_0", 0x77);
    give(s, "SERVER_TRAFFIC_SECRET_0", 0x77);
    short_story(s);
    assert_int_equal(s->b.c.keys, KEYS_NONE);
    assert_int_equal(s->b.c.keys_error, KEYS_INCOMPLETE);
    assert_true(s->b.c.handshake_end.place.frame != 0);
    story_free(s);
}

/* Records that the capture lost: the place is found again when they are few. */
static void run_gap(unsigned lost, enum keys_error error, unsigned alerts)
{
    struct story *s = story_new();
    give_all(s);
    client_hello(s, false, STEP);
    server_flight(s, STEP);
    client_finished(s, STEP);
    for (unsigned i = 0; i < lost; i++)
        put_sealed(s, &s->traffic[SERVER], CONTENT_APPLICATION_DATA, "lost", 4);
    send_gap(&s->b, SERVER, s->wire.len);
    s->wire.len = 0;
    put_sealed(s, &s->traffic[SERVER], CONTENT_APPLICATION_DATA, "seen", 4);
    put_alert(s, &s->traffic[SERVER], 1, 0);
    send_wire(s, SERVER, STEP);
    close_both(s);
    assert_int_equal(s->b.c.keys_error, error);
    assert_int_equal(count_events(&s->b.c, EVENT_ALERT, ROLE_SERVER), alerts);
    story_free(s);
}

static void test_gaps(void **state)
{
    (void)state;
    run_gap(1, KEYS_NO_ERROR, 1);
    run_gap(20, KEYS_NO_ERROR, 1);
    run_gap(LIMIT_SEQUENCE_TRIALS + 5, KEYS_GAP, 0);
}

/* A gap inside one record, whose length is known: that record alone is lost, in the handshake, too. */
static void test_gap_in_record(void **state)
{
    (void)state;
    struct story *s = story_new();
    give_all(s);
    client_hello(s, false, STEP);
    wire_server_hello(&s->wire, 0x1301, true);
    size_t hello = s->wire.len;
    put_message(s, &s->handshake[SERVER], HS_ENCRYPTED_EXTENSIONS, "\x00\x00", 2);
    put_message(s, &s->handshake[SERVER], HS_CERTIFICATE_VERIFY, "\x08\x04\x00\x02\xaa\xbb", 6);
    put_finished(s, &s->handshake[SERVER]);
    struct bytes all = wire_all(&s->wire);
    send_bytes(&s->b, SERVER, bytes_slice(all, 0, hello + 10), 2000);
    send_gap(&s->b, SERVER, 5);
    send_bytes(&s->b, SERVER, bytes_slice(all, hello + 15, all.len), 2000);
    s->wire.len = 0;
    client_finished(s, STEP);
    put_alert(s, &s->traffic[SERVER], 2, 80);
    send_wire(s, SERVER, STEP);
    close_both(s);
    assert_false(s->b.c.has_encrypted_extensions);
    assert_true(s->b.c.has_certificate_verify);
    assert_int_equal(s->b.c.keys_error, KEYS_NO_ERROR);
    assert_int_equal(count_events(&s->b.c, EVENT_ALERT, ROLE_SERVER), 1);
    story_free(s);
}

/* 0-RTT: with its secret it is read; without it, what follows is. */
static void run_early_data(bool has_secret, bool is_accepted)
{
    struct story *s = story_new();
    give_all(s);
    if (has_secret)
        give(s, "CLIENT_EARLY_TRAFFIC_SECRET", 0x05);
    client_hello(s, true, STEP);
    put_sealed(s, &s->early, CONTENT_APPLICATION_DATA, "early", 5);
    send_wire(s, CLIENT, STEP);
    wire_server_hello(&s->wire, 0x1301, true);
    put_message(s, &s->handshake[SERVER], HS_ENCRYPTED_EXTENSIONS,
                is_accepted ? "\x00\x04\x00\x2a\x00\x00" : "\x00\x00", is_accepted ? 6 : 2);
    put_finished(s, &s->handshake[SERVER]);
    send_wire(s, SERVER, STEP);
    if (is_accepted)
        put_message(s, &s->early, HS_END_OF_EARLY_DATA, NULL, 0);
    client_finished(s, STEP);
    put_alert(s, &s->traffic[CLIENT], 1, 0);
    send_wire(s, CLIENT, STEP);
    close_both(s);
    const struct connection *c = &s->b.c;
    assert_int_equal(c->early_data, is_accepted ? 1 : -1);
    assert_true(c->has_finished[ROLE_CLIENT]);
    assert_int_equal(count_events(c, EVENT_ALERT, ROLE_CLIENT), 1);
    assert_int_equal(c->keys_error, KEYS_NO_ERROR);
    assert_int_equal(count_messages(c, ROLE_CLIENT, HS_END_OF_EARLY_DATA), has_secret && is_accepted);
    assert_int_equal(count_events(c, EVENT_APPLICATION, ROLE_CLIENT), has_secret);
    story_free(s);
}

static void test_early_data(void **state)
{
    (void)state;
    run_early_data(true, true);
    run_early_data(true, false);
    run_early_data(false, true);
    run_early_data(false, false);
}

/* The server's fatal alert in answer to the client's flight; the client's after both Finished. */
static void test_refusals(void **state)
{
    (void)state;
    for (unsigned by = 0; by < 2; by++) {
        struct story *s = story_new();
        give_all(s);
        client_hello(s, false, STEP);
        server_flight(s, STEP);
        client_finished(s, STEP);
        put_alert(s, &s->traffic[by], 2, by == SERVER ? 116 : 42);
        send_wire(s, by, STEP);
        close_both(s);
        assert_int_equal(s->b.c.handshake_end.place.frame, 0);
        assert_int_equal(s->b.c.is_refused_after_finished, by == SERVER);
        story_free(s);
    }
}

/* A chain that was compressed by zlib; then one that breaks its promise. */
static void test_compressed_certificate(void **state)
{
    (void)state;
    static const char compressed[] = "\x00\x01\x00\x00\x0e\x00\x00\x16\x78\x9c\x63\x60\x60\xe0\x62\x60\x60\x35\x60\x66"
                                     "\x62\x64\x64\x60\x00\x00\x02\x17\x00\x47";
    uint8_t out[14];
    struct bytes zlib = {(const uint8_t *)compressed + 8, sizeof compressed - 9};
    if (decompress(1, zlib, out, sizeof out) == DECOMPRESS_UNKNOWN)
        skip();
    for (unsigned is_broken = 0; is_broken < 2; is_broken++) {
        struct story *s = story_new();
        char body[sizeof compressed - 1];
        memcpy(body, compressed, sizeof body);
        body[4] = (char)(body[4] + (char)is_broken);
        give_all(s);
        client_hello(s, false, STEP);
        wire_server_hello(&s->wire, 0x1301, true);
        put_message(s, &s->handshake[SERVER], HS_COMPRESSED_CERTIFICATE, body, sizeof body);
        send_wire(s, SERVER, STEP);
        close_both(s);
        assert_int_equal(s->b.c.chain.num, !is_broken);
        assert_int_equal(s->b.c.chain_missing, is_broken ? CHAIN_MALFORMED : CHAIN_PRESENT);
        story_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_segmentation), cmocka_unit_test(test_late_keys),
        cmocka_unit_test(test_late_keys_limit),  cmocka_unit_test(test_errors),
        cmocka_unit_test(test_traffic_alone),    cmocka_unit_test(test_gaps),
        cmocka_unit_test(test_gap_in_record),    cmocka_unit_test(test_early_data),
        cmocka_unit_test(test_refusals),         cmocka_unit_test(test_compressed_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
