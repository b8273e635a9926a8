/* QUIC of one connection: from packets in any order to messages and facts, with keys and without. */
#include "bounds.h"
#include "session/keys.h"
#include "session/quic_paths.h"
#include "support/mutate.h"
#include "support/quic_builder.h"
#include "support/quic_vectors.h"
#include "support/session_bench.h"

#include <stdio.h>
#include <stdlib.h>

#define RANDOM       "ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c"
#define OTHER_RANDOM "abf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c"
#define SERVER_HELLO                                                                                                   \
    "02000000000600405a020000560303eefce7f7b37ba1d1632e96677825ddf73988cfc79825df566dc5430b9a045a12001301"             \
    "00002e00330024001d00209d3c940d89690b84d08a60993c144eca684d1081287c834d5311bcf32bb9da1a002b00020304"
#define EXTENSIONS  "08 00000b 0009 0010 0005 0003 02 6833"
#define CERTIFICATE "0b 00000e 00 00000a 000005 3003020101 0000"
#define VERIFY      "0f 000006 0804 0002 aabb"
#define FINISHED    "14 000020 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define TICKET      "04 000011 00001c20 00000000 01 01 0004 61626364 0000"
#define NEW_ID      "18 01 00 08 a1a2a3a4a5a6a7a8 00000000000000000000000000000000"
#define DONE        "1e"
#define STREAM      "08 00 48692c2073656372657421"

enum { CLIENT, SERVER, EVERYTHING = 3 };

static struct crypto *openssl;

/* A bench, and who seals the packets. */
struct stage {
    struct bench bench;
    struct quic_builder builder;
    uint8_t datagram[BUILT_MAX_LEN];
    size_t len;
};

static int set_up_openssl(void **state)
{
    (void)state;
    openssl = crypto_new();
    return openssl ? 0 : -1;
}

static int tear_down_openssl(void **state)
{
    (void)state;
    crypto_free(openssl);
    return 0;
}

/* levels: of the key log, see quic_builder_keylog(); 0 none at all. */
static void begin_as(struct stage *s, uint32_t version, uint16_t cipher, const char *random, unsigned levels)
{
    char log[2048];
    set_up(&s->bench);
    s->len = 0;
    s->bench.flow.is_datagram = true;
    s->bench.flow.syn_side = 2;
    s->bench.flow.setup = FLOW_UNSEEN;
    s->bench.context.crypto = openssl;
    s->bench.context.paths = quic_paths_new();
    assert_true(quic_builder_init(&s->builder, openssl, version, cipher));
    if (levels == 0)
        return;
    s->bench.context.keys = keys_new();
    size_t len = quic_builder_keylog(&s->builder, random, levels, log, sizeof log);
    keys_add(s->bench.context.keys, (struct bytes){(const uint8_t *)log, len}, KEYS_KEYLOG);
}

static void begin(struct stage *s, unsigned levels)
{
    begin_as(s, QUIC_VERSION_1, 0x1301, RANDOM, levels);
}

static void end(struct stage *s)
{
    tear_down(&s->bench);
    assert_true(s->bench.context.pending_bytes == 0);
    quic_paths_free(s->bench.context.paths);
    keys_free(s->bench.context.keys);
}

static void give(struct stage *s, unsigned side, struct bytes b)
{
    struct moment moment = next_moment(&s->bench);
    uint8_t *copy = malloc(b.len ? b.len : 1); /* of exactly that length */
    assert_non_null(copy);
    memcpy(copy, b.at, b.len);
    s->bench.flow.last = moment;
    s->bench.flow.stream[side].packets++;
    s->bench.flow.stream[side].bytes += b.len;
    session_datagram(s->bench.session, &s->bench.flow, side, (struct bytes){copy, b.len}, (uint32_t)b.len, &moment);
    free(copy);
}

static void flush(struct stage *s, unsigned side)
{
    give(s, side, (struct bytes){s->datagram, s->len});
    s->len = 0;
}

/* A packet of these frames (hexadecimal) behind those that the datagram holds. */
static void put(struct stage *s, unsigned level, unsigned side, const char *frames)
{
    struct bytes b = bytes_from_hex(frames);
    s->len = quic_builder_packet(&s->builder, level, side, b, s->datagram, s->len);
    assert_true(s->len > 0);
    free((void *)(uintptr_t)b.at);
}

static void say(struct stage *s, unsigned level, unsigned side, const char *frames)
{
    put(s, level, side, frames);
    flush(s, side);
}

/* Bytes [from, to) of a CRYPTO stream as one frame. */
static void put_crypto(struct stage *s, unsigned level, unsigned side, const char *stream, size_t from, size_t to)
{
    uint8_t frame[BUILT_MAX_LEN];
    struct bytes all = bytes_from_hex(stream), part = bytes_slice(all, from, to - from);
    size_t at = 0;
    frame[at++] = QUIC_FRAME_CRYPTO;
    frame[at++] = (uint8_t)(0x40 | from >> 8);
    frame[at++] = (uint8_t)from;
    frame[at++] = (uint8_t)(0x40 | part.len >> 8);
    frame[at++] = (uint8_t)part.len;
    memcpy(frame + at, part.at, part.len);
    s->len = quic_builder_packet(&s->builder, level, side, (struct bytes){frame, at + part.len}, s->datagram, s->len);
    assert_true(s->len > 0);
    free((void *)(uintptr_t)all.at);
}

static void hellos(struct stage *s)
{
    say(s, BUILT_INITIAL, CLIENT, QUIC_CLIENT_CRYPTO);
    say(s, BUILT_INITIAL, SERVER, SERVER_HELLO);
    s->builder.has_answered = true;
}

#define FLIGHT EXTENSIONS CERTIFICATE VERIFY FINISHED

static void whole_handshake(struct stage *s)
{
    hellos(s);
    put_crypto(s, BUILT_HANDSHAKE, SERVER, FLIGHT, 0, SIZE_MAX);
    flush(s, SERVER);
    put_crypto(s, BUILT_HANDSHAKE, CLIENT, FINISHED, 0, SIZE_MAX);
    put(s, BUILT_1RTT, CLIENT, STREAM);
    flush(s, CLIENT);
    put(s, BUILT_1RTT, SERVER, DONE NEW_ID "06 00 4015" TICKET STREAM);
    flush(s, SERVER);
}

static unsigned count_messages(const struct connection *c, enum role role, uint8_t type)
{
    unsigned num = 0;
    for (unsigned i = 0; i < c->num_events; i++)
        num += c->events[i].kind == EVENT_HANDSHAKE && c->events[i].role == role && c->events[i].type == type;
    return num;
}

static void expect_whole(const struct connection *c)
{
    assert_int_equal(c->protocol, PROTOCOL_QUIC);
    assert_int_equal(c->client_side, CLIENT);
    assert_int_equal(c->version, VERSION_TLS13);
    assert_int_equal(c->client_hello.ext.server_name.len, 11);
    assert_memory_equal(c->client_hello.ext.server_name.at, "example.com", 11);
    assert_int_equal(c->keys, KEYS_KEYLOG);
    assert_int_equal(c->keys_error, KEYS_NO_ERROR);
    assert_int_equal(c->alpn.len, 2);
    assert_memory_equal(c->alpn.at, "h3", 2);
    assert_int_equal(c->chain.num, 1);
    assert_int_equal(c->chain_missing, CHAIN_PRESENT);
    assert_true(c->has_certificate_verify && c->certificate_verify.algorithm == 0x0804);
    assert_true(c->has_finished[ROLE_CLIENT] && c->has_finished[ROLE_SERVER]);
    assert_true(c->has_ticket && c->ticket_lifetime == 7200);
    assert_true(c->quic.has_handshake_done);
    assert_true(c->handshake_end.place.frame > 0);
    assert_int_equal(count_messages(c, ROLE_SERVER, HS_CERTIFICATE), 1);
    assert_int_equal(count_messages(c, ROLE_CLIENT, HS_FINISHED), 1);
    assert_int_equal(count_events(c, EVENT_HIDDEN, ROLE_CLIENT) + count_events(c, EVENT_HIDDEN, ROLE_SERVER), 0);
    assert_int_equal(count_events(c, EVENT_GAP, ROLE_CLIENT) + count_events(c, EVENT_GAP, ROLE_SERVER), 0);
    assert_int_equal(count_events(c, EVENT_APPLICATION, ROLE_CLIENT), 1);
    for (unsigned i = 0; i < c->num_events; i++)
        assert_int_equal(c->events[i].is_encrypted,
                         c->events[i].kind == EVENT_APPLICATION ||
                             (c->events[i].type != HS_CLIENT_HELLO && c->events[i].type != HS_SERVER_HELLO));
}

static void test_keys(void **state)
{
    (void)state;
    static const struct {
        uint32_t version;
        uint16_t cipher;
    } rows[] = {{QUIC_VERSION_1, 0x1301}, {QUIC_VERSION_2, 0x1301}, {QUIC_VERSION_DRAFT_29, 0x1301}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stage s;
        begin_as(&s, rows[i].version, rows[i].cipher, RANDOM, EVERYTHING);
        whole_handshake(&s);
        finish(&s.bench);
        expect_whole(&s.bench.c);
        assert_int_equal(s.bench.c.quic.version, rows[i].version);
        end(&s);
    }
}

/* Nothing of a stream stays in memory that the session keeps: it is not in any event's body. */
static void test_no_stream_data(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, EVERYTHING);
    whole_handshake(&s);
    finish(&s.bench);
    for (unsigned i = 0; i < s.bench.c.num_events; i++) {
        const struct event *e = &s.bench.c.events[i];
        if (e->kind == EVENT_APPLICATION)
            assert_null(e->body);
    }
    end(&s);
}

/* Without keys, and with those of others: completed all the same, by its 1-RTT packets; what is missing is told. */
static void test_other_keys(void **state)
{
    (void)state;
    static const struct {
        const char *random;
        unsigned levels;
        enum keys_error error;
        enum chain_missing chain;
    } rows[] = {
        {RANDOM, 0, KEYS_NO_ERROR, CHAIN_ENCRYPTED},
        {OTHER_RANDOM, EVERYTHING, KEYS_MISSING, CHAIN_ENCRYPTED},
        {RANDOM, 2, KEYS_INCOMPLETE, CHAIN_ENCRYPTED},
        {RANDOM, 1, KEYS_INCOMPLETE, CHAIN_PRESENT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stage s;
        begin_as(&s, QUIC_VERSION_1, 0x1301, rows[i].random, rows[i].levels);
        whole_handshake(&s);
        finish(&s.bench);
        const struct connection *c = &s.bench.c;
        assert_int_equal(c->keys_error, rows[i].error);
        assert_int_equal(c->chain_missing, rows[i].chain);
        assert_true(c->handshake_end.place.frame > 0);
        assert_int_equal(c->keys, rows[i].error == KEYS_INCOMPLETE ? KEYS_KEYLOG : KEYS_NONE);
        assert_int_equal(c->quic.has_handshake_done, rows[i].levels == 2);
        end(&s);
    }
}

/* The right random, another secret: nothing opens. */
static void test_wrong_secret(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, EVERYTHING);
    for (unsigned side = 0; side < 2; side++) {
        quic_builder_update(&s.builder, side);
        s.builder.is_second_phase[side] = false;
        s.builder.keys[BUILT_HANDSHAKE][side].key[0] ^= 1;
    }
    s.builder.keys[BUILT_1RTT][CLIENT].key[0] ^= 1;
    whole_handshake(&s);
    finish(&s.bench);
    assert_int_equal(s.bench.c.keys, KEYS_NONE);
    assert_int_equal(s.bench.c.keys_error, KEYS_REFUSED);
    assert_int_equal(s.bench.c.chain_missing, CHAIN_ENCRYPTED);
    assert_true(s.bench.c.handshake_end.place.frame > 0);
    end(&s);
}

/* Every packet of the server's answer before the hellos, in pieces, turned round, twice, and in one datagram. */
static void test_any_order(void **state)
{
    (void)state;
    static const size_t steps[] = {3, 10, 25, 1000};
    struct bytes flight = bytes_from_hex(FLIGHT);
    for (unsigned variant = 0; variant < 8; variant++) {
        struct stage s;
        size_t step = steps[variant % 4];
        begin(&s, EVERYTHING);
        say(&s, BUILT_INITIAL, CLIENT, QUIC_CLIENT_CRYPTO);
        size_t num = (flight.len + step - 1) / step;
        for (size_t i = 0; i < num; i++) {
            size_t at = variant < 4 ? num - 1 - i : i;
            put_crypto(&s, BUILT_HANDSHAKE, SERVER, FLIGHT, at * step, (at + 1) * step);
            if (variant % 2)
                give(&s, SERVER, (struct bytes){s.datagram, s.len}); /* captured twice */
            flush(&s, SERVER);
        }
        say(&s, BUILT_1RTT, SERVER, DONE "06 00 4015" TICKET);
        say(&s, BUILT_1RTT, CLIENT, STREAM);
        put_crypto(&s, BUILT_HANDSHAKE, CLIENT, FINISHED, 0, SIZE_MAX);
        flush(&s, CLIENT);
        assert_true(s.bench.context.pending_bytes > 0);
        say(&s, BUILT_INITIAL, SERVER, SERVER_HELLO);
        finish(&s.bench);
        expect_whole(&s.bench.c);
        end(&s);
    }
    free((void *)(uintptr_t)flight.at);
}

static void test_coalesced(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, EVERYTHING);
    say(&s, BUILT_INITIAL, CLIENT, QUIC_CLIENT_CRYPTO);
    put(&s, BUILT_INITIAL, SERVER, SERVER_HELLO);
    put_crypto(&s, BUILT_HANDSHAKE, SERVER, FLIGHT, 0, SIZE_MAX);
    put(&s, BUILT_1RTT, SERVER, STREAM);
    flush(&s, SERVER);
    put_crypto(&s, BUILT_HANDSHAKE, CLIENT, FINISHED, 0, SIZE_MAX);
    put(&s, BUILT_1RTT, CLIENT, STREAM);
    flush(&s, CLIENT);
    say(&s, BUILT_1RTT, SERVER, DONE "06 00 4015" TICKET);
    finish(&s.bench);
    expect_whole(&s.bench.c);
    end(&s);
}

/* What waits is bounded; what does not fit is hidden, and counted once. */
static void test_waiting_is_bounded(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, EVERYTHING);
    say(&s, BUILT_INITIAL, CLIENT, QUIC_CLIENT_CRYPTO);
    for (unsigned i = 0; i < 2 * LIMIT_PENDING_RECORDS; i++)
        say(&s, BUILT_HANDSHAKE, SERVER, "01");
    assert_true(s.bench.context.pending_bytes <= LIMIT_PENDING_BYTES + LIMIT_PENDING_RECORDS * 512);
    assert_int_equal(s.bench.context.pending_limit_hits, 1);
    finish(&s.bench);
    assert_int_equal(s.bench.context.pending_bytes, 0);
    assert_int_equal(s.bench.c.keys_error, KEYS_NO_ERROR); /* no ServerHello: nobody knows whose keys */
    end(&s);
}

/* An alert of the client at the Handshake level: hidden without keys, the cause with them. */
static void test_alert(void **state)
{
    (void)state;
    for (unsigned levels = 0; levels <= EVERYTHING; levels += EVERYTHING) {
        struct stage s;
        begin(&s, levels);
        hellos(&s);
        put_crypto(&s, BUILT_HANDSHAKE, SERVER, FLIGHT, 0, SIZE_MAX);
        flush(&s, SERVER);
        say(&s, BUILT_HANDSHAKE, CLIENT, "1c 4130 06 03 626164");
        finish(&s.bench);
        const struct connection *c = &s.bench.c;
        const struct event *alert = find_event(c, EVENT_ALERT);
        assert_int_equal(c->quic.has_close[ROLE_CLIENT], levels != 0);
        assert_int_equal(alert != NULL, levels != 0);
        assert_int_equal(c->handshake_end.place.frame, 0);
        if (alert) {
            assert_int_equal(alert->code, ALERT_UNKNOWN_CA);
            assert_int_equal(alert->role, ROLE_CLIENT);
            assert_true(alert->is_encrypted);
            assert_int_equal(c->quic.close_code[ROLE_CLIENT], 0x130);
            assert_memory_equal(c->quic.close_reason[ROLE_CLIENT].at, "bad", 3);
            assert_int_equal(c->keys_error, KEYS_NO_ERROR);
        }
        end(&s);
    }
}

/* The server's alert after both sides' Finished refuses the client, unless HANDSHAKE_DONE came. */
static void test_refused_client(void **state)
{
    (void)state;
    for (unsigned is_done = 0; is_done < 2; is_done++) {
        struct stage s;
        begin(&s, EVERYTHING);
        hellos(&s);
        put_crypto(&s, BUILT_HANDSHAKE, SERVER, FLIGHT, 0, SIZE_MAX);
        flush(&s, SERVER);
        put_crypto(&s, BUILT_HANDSHAKE, CLIENT, FINISHED, 0, SIZE_MAX);
        put(&s, BUILT_1RTT, CLIENT, STREAM);
        flush(&s, CLIENT);
        if (is_done)
            say(&s, BUILT_1RTT, SERVER, DONE);
        say(&s, BUILT_1RTT, SERVER, "1c 4174 06 00");
        finish(&s.bench);
        assert_int_equal(s.bench.c.is_refused_after_finished, !is_done);
        assert_int_equal(s.bench.c.handshake_end.place.frame > 0, is_done);
        end(&s);
    }
}

/* A close is sent at every level that the peer may read; the application's own reason stands in the highest. */
static void test_application_close(void **state)
{
    (void)state;
    for (unsigned order = 0; order < 2; order++) {
        struct stage s;
        begin(&s, EVERYTHING);
        whole_handshake(&s);
        for (unsigned i = 0; i < 2; i++) {
            if (i == order)
                say(&s, BUILT_HANDSHAKE, CLIENT, "1c 0c 00 00");
            else
                say(&s, BUILT_1RTT, CLIENT, "1d 4100 02 6f6b");
        }
        finish(&s.bench);
        const struct quic_facts *q = &s.bench.c.quic;
        assert_true(q->is_application_close[ROLE_CLIENT]);
        assert_int_equal(q->close_code[ROLE_CLIENT], 0x100);
        assert_string_equal(quic_close_name(q, ROLE_CLIENT), "H3_NO_ERROR");
        assert_memory_equal(q->close_reason[ROLE_CLIENT].at, "ok", 2);
        assert_int_equal(count_events(&s.bench.c, EVENT_FIN, ROLE_CLIENT), 1);
        assert_true(s.bench.c.handshake_end.place.frame > 0);
        end(&s);
    }
}

/* Keys change several times, packets of the last phase come late, and what follows can be read. */
static void test_key_updates(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, EVERYTHING);
    whole_handshake(&s);
    put(&s, BUILT_1RTT, CLIENT, "01");
    uint8_t late[BUILT_MAX_LEN];
    size_t late_len = s.len;
    memcpy(late, s.datagram, s.len);
    s.len = 0;
    for (unsigned i = 0; i < 3; i++) {
        quic_builder_update(&s.builder, CLIENT);
        say(&s, BUILT_1RTT, CLIENT, STREAM);
        if (i == 0)
            give(&s, CLIENT, (struct bytes){late, late_len});
    }
    say(&s, BUILT_1RTT, CLIENT, "1d 4101 00");
    finish(&s.bench);
    assert_int_equal(s.bench.c.quic.num_key_updates[ROLE_CLIENT], 3);
    assert_int_equal(s.bench.c.quic.num_key_updates[ROLE_SERVER], 0);
    assert_int_equal(s.bench.c.quic.close_code[ROLE_CLIENT], 0x101);
    assert_int_equal(s.bench.c.keys_error, KEYS_NO_ERROR);
    end(&s);
}

/* Behind the handshake large packets are data and are not read, but their numbers count: a close far behind them opens.
 */
static void test_bulk(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, EVERYTHING);
    whole_handshake(&s);
    char large[2 * 1000 + 1];
    memset(large, '0', sizeof large - 1);
    memcpy(large, "0a00", 4);
    large[sizeof large - 1] = '\0';
    for (unsigned i = 0; i < 40000; i += i < 100 ? 1 : 20000) {
        s.builder.number[BUILT_1RTT][SERVER] = 1 + i;
        say(&s, BUILT_1RTT, SERVER, large);
    }
    say(&s, BUILT_1RTT, SERVER, "1d 4100 00");
    finish(&s.bench);
    assert_true(s.bench.c.quic.has_close[ROLE_SERVER]);
    end(&s);
}

static struct packet packet_of(const struct stage *s, uint16_t sport, uint16_t dport)
{
    return (struct packet){.kind = PACKET_UDP,
                           .ip_version = 4,
                           .sport = sport,
                           .dport = dport,
                           .payload = {s->datagram, s->len},
                           .payload_len = (uint32_t)s->len};
}

static struct flow *find(struct stage *s, uint16_t sport, uint16_t dport, unsigned *side)
{
    struct packet p = packet_of(s, sport, dport);
    struct moment moment = next_moment(&s->bench);
    return quic_paths_find(s->bench.context.paths, &p, &moment, side);
}

/* A datagram on other ports is known by the handshake's IDs, by those of NEW_CONNECTION_ID with keys, and then by its
 * addresses; another connection's Initial and other datagrams are not. */
static void test_moved(void **state)
{
    (void)state;
    for (unsigned levels = 0; levels <= EVERYTHING; levels += EVERYTHING) {
        struct stage s;
        unsigned side = 2;
        begin(&s, levels);
        say(&s, BUILT_INITIAL, CLIENT, QUIC_CLIENT_CRYPTO);
        put(&s, BUILT_1RTT, CLIENT, STREAM);
        assert_null(find(&s, 50001, 443, &side)); /* nobody answered: nothing is known yet */
        s.len = 0;
        say(&s, BUILT_INITIAL, SERVER, SERVER_HELLO);
        s.builder.has_answered = true;
        put_crypto(&s, BUILT_HANDSHAKE, SERVER, FLIGHT, 0, SIZE_MAX);
        flush(&s, SERVER);
        say(&s, BUILT_1RTT, SERVER, DONE NEW_ID);
        put(&s, BUILT_1RTT, CLIENT, STREAM);
        assert_ptr_equal(find(&s, 50001, 443, &side), &s.bench.flow);
        assert_int_equal(side, CLIENT);
        assert_ptr_equal(find(&s, 50001, 443, &side), &s.bench.flow);
        s.len = 0;
        memset(s.builder.id[SERVER], 0xEE, BUILT_ID_LEN);
        put(&s, BUILT_1RTT, CLIENT, STREAM);
        assert_null(find(&s, 50002, 443, &side));
        assert_ptr_equal(find(&s, 50001, 443, &side), &s.bench.flow); /* by its addresses */
        assert_ptr_equal(find(&s, 443, 50001, &side), &s.bench.flow);
        assert_int_equal(side, SERVER);
        s.len = 0;
        memcpy(s.builder.id[SERVER], "\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8", BUILT_ID_LEN);
        put(&s, BUILT_1RTT, CLIENT, STREAM);
        assert_ptr_equal(find(&s, 50003, 443, &side), levels ? &s.bench.flow : NULL);
        s.len = 0;
        s.builder.has_answered = false;
        s.builder.first_dcid[0] ^= 1;
        put(&s, BUILT_INITIAL, CLIENT, QUIC_CLIENT_CRYPTO);
        assert_null(find(&s, 50001, 443, &side)); /* begins another connection there */
        finish(&s.bench);
        assert_int_equal(s.bench.c.quic.num_paths, levels ? 2 : 1);
        assert_int_equal(s.bench.c.quic.paths[0].port[ROLE_CLIENT], 50001);
        assert_int_equal(s.bench.c.quic.paths[0].port[ROLE_SERVER], 443);
        session_unfollow(s.bench.session);
        memset(s.builder.id[SERVER], 0x5E, BUILT_ID_LEN);
        s.len = 0;
        put(&s, BUILT_1RTT, CLIENT, STREAM);
        assert_null(find(&s, 50001, 443, &side)); /* it is over */
        end(&s);
    }
}

static void give_hex(struct stage *s, unsigned side, const char *hex)
{
    struct bytes b = bytes_from_hex(hex);
    give(s, side, b);
    free((void *)(uintptr_t)b.at);
}

/* RFC 9001 appendix A.4's Retry: believed with its tag alone; the client's next Initial has the server's ID. */
static void test_retry(void **state)
{
    (void)state;
    static const char *const retries[] = {
        "ff00000001 08c1c1c1c1c1c1c1c1 08f067a5502a4262b5 746f6b656e 00000000000000000000000000000000",
        "ff00000001 00 08f067a5502a4262b5 746f6b656e 04a265ba2eff4d829058fb3f0f2496ba",
    };
    for (unsigned is_right = 0; is_right < 2; is_right++) {
        struct stage s;
        begin(&s, 0);
        say(&s, BUILT_INITIAL, CLIENT, QUIC_CLIENT_CRYPTO);
        give_hex(&s, SERVER, retries[is_right]);
        finish(&s.bench);
        assert_int_equal(s.bench.c.quic.has_retry, is_right);
        end(&s);
    }
}

static void test_version_negotiation(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, 0);
    say(&s, BUILT_INITIAL, CLIENT, QUIC_CLIENT_CRYPTO);
    give_hex(&s, SERVER, "80 00000000 08 5e5e5e5e5e5e5e5e 08 8394c8f03e515708 6b3343cf"); /* not for this client */
    give_hex(&s, SERVER, "80 00000000 08 c1c1c1c1c1c1c1c1 08 8394c8f03e515708 6b3343cf 1a2a3a4a");
    give_hex(&s, SERVER, "80 00000000 08 c1c1c1c1c1c1c1c1 08 8394c8f03e515708 ff00001d");
    finish(&s.bench);
    const struct quic_facts *q = &s.bench.c.quic;
    assert_true(q->has_version_negotiation);
    assert_int_equal(q->version_negotiation.place.frame, 3);
    assert_int_equal(q->versions.len, 8);
    assert_int_equal(bytes_u32_at(q->versions, 0), QUIC_VERSION_2);
    assert_int_equal(count_events(&s.bench.c, EVENT_FIN, ROLE_SERVER), 1);
    assert_int_equal(find_event(&s.bench.c, EVENT_FIN)->code, QUIC_FIN_NEGOTIATION);
    end(&s);
}

/* Initials again and again, one datagram captured twice: counted as datagrams, read once. */
static void test_duplicates(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, 0);
    for (unsigned i = 0; i < 3; i++) {
        put(&s, BUILT_INITIAL, CLIENT, QUIC_CLIENT_CRYPTO);
        give(&s, CLIENT, (struct bytes){s.datagram, s.len});
        flush(&s, CLIENT);
    }
    finish(&s.bench);
    assert_int_equal(s.bench.c.quic.num_initials[ROLE_CLIENT], 3);
    assert_int_equal(count_messages(&s.bench.c, ROLE_CLIENT, HS_CLIENT_HELLO), 1);
    end(&s);
}

/* A hole in the server's messages: what is there is read, the rest told as missing. */
static void test_hole(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, EVERYTHING);
    hellos(&s);
    put_crypto(&s, BUILT_HANDSHAKE, SERVER, FLIGHT, 0, 20);
    flush(&s, SERVER);
    put_crypto(&s, BUILT_HANDSHAKE, SERVER, FLIGHT, 40, 60);
    flush(&s, SERVER);
    finish(&s.bench);
    assert_int_equal(count_messages(&s.bench.c, ROLE_SERVER, HS_ENCRYPTED_EXTENSIONS), 1);
    assert_int_equal(count_messages(&s.bench.c, ROLE_SERVER, HS_CERTIFICATE), 1); /* five bytes of it */
    assert_int_equal(count_events(&s.bench.c, EVENT_GAP, ROLE_SERVER), 1);
    assert_int_equal(s.bench.c.chain.num, 0);
    end(&s);
}

static void parse(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    struct stage s;
    (void)declared;
    fault->kind = FAULT_NONE;
    begin(&s, EVERYTHING);
    hellos(&s);
    s.len = quic_builder_packet(&s.builder, *(const unsigned *)arg, SERVER, b, s.datagram, 0);
    flush(&s, SERVER);
    finish(&s.bench);
    assert_true(s.bench.c.num_events >= 2);
    end(&s);
}

/* Frames of which one bit is another, under the right keys. */
static void test_damage(void **state)
{
    (void)state;
    static const char *const payloads[] = {"06 00 4017" EXTENSIONS "0b 000002 aabb"
                                           "1c 4128 06 02 6f6b",
                                           DONE NEW_ID "06 00 4015" TICKET "1d 4100 02 6f6b"};
    for (unsigned i = 0; i < 2; i++) {
        unsigned level = i == 0 ? BUILT_HANDSHAKE : BUILT_1RTT;
        struct bytes b = bytes_from_hex(payloads[i]);
        mutate_bits(b, parse, &level);
        free((void *)(uintptr_t)b.at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_no_stream_data),
        cmocka_unit_test(test_other_keys),
        cmocka_unit_test(test_wrong_secret),
        cmocka_unit_test(test_any_order),
        cmocka_unit_test(test_coalesced),
        cmocka_unit_test(test_waiting_is_bounded),
        cmocka_unit_test(test_alert),
        cmocka_unit_test(test_refused_client),
        cmocka_unit_test(test_application_close),
        cmocka_unit_test(test_key_updates),
        cmocka_unit_test(test_bulk),
        cmocka_unit_test(test_moved),
        cmocka_unit_test(test_retry),
        cmocka_unit_test(test_version_negotiation),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_hole),
        cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests(tests, set_up_openssl, tear_down_openssl);
}
