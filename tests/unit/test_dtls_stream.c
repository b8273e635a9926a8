/* DTLS of one connection: from datagrams in any order to messages and facts. */
#include "bounds.h"
#include "dissect/dtls.h"
#include "support/mutate.h"
#include "support/session_bench.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_DATAGRAMS = 64, MAX_LEN = 2048, MS = 1000000 };

/* One datagram, and the flight that it is of. */
struct datagram {
    unsigned side, flight;
    size_t len;
    uint8_t data[MAX_LEN];
};

struct script {
    unsigned num;
    uint64_t record[2][2]; /* the next record's number, by side and epoch */
    size_t step;           /* bytes of a message in one fragment */
    bool is_packed;        /* a flight in one datagram */
    struct datagram datagrams[MAX_DATAGRAMS];
};

static void put(struct datagram *d, const void *bytes, size_t len)
{
    assert_true(d->len + len <= MAX_LEN);
    if (len > 0)
        memcpy(d->data + d->len, bytes, len);
    d->len += len;
}

static void put_number(struct datagram *d, uint64_t value, unsigned len)
{
    for (unsigned i = len; i-- > 0;)
        put(d, &(uint8_t){(uint8_t)(value >> 8 * i)}, 1);
}

static struct datagram *datagram_of(struct script *s, unsigned side, unsigned flight)
{
    struct datagram *last = s->num > 0 ? &s->datagrams[s->num - 1] : NULL;
    if (s->is_packed && last && last->side == side && last->flight == flight)
        return last;
    assert_true(s->num < MAX_DATAGRAMS);
    struct datagram *d = &s->datagrams[s->num++];
    d->side = side;
    d->flight = flight;
    d->len = 0;
    return d;
}

static void put_record(struct script *s, struct datagram *d, uint8_t type, unsigned epoch, size_t len)
{
    put_number(d, type, 1);
    put_number(d, VERSION_DTLS12, 2);
    put_number(d, epoch, 2);
    put_number(d, s->record[d->side][epoch]++, 6);
    put_number(d, len, 2);
}

static void send_message(struct script *s, unsigned side, unsigned flight, uint8_t type, unsigned seq,
                         struct bytes body)
{
    size_t at = 0;
    do {
        struct bytes part = bytes_slice(body, at, s->step);
        struct datagram *d = datagram_of(s, side, flight);
        put_record(s, d, CONTENT_HANDSHAKE, 0, DTLS_FRAGMENT_HEADER_LEN + part.len);
        put_number(d, type, 1);
        put_number(d, body.len, 3);
        put_number(d, seq, 2);
        put_number(d, at, 3);
        put_number(d, part.len, 3);
        put(d, part.at, part.len);
        at += part.len;
    } while (at < body.len);
}

static void send_hex(struct script *s, unsigned side, unsigned flight, uint8_t type, unsigned seq, const char *hex)
{
    struct bytes body = bytes_from_hex(hex);
    send_message(s, side, flight, type, seq, body);
    free((void *)(uintptr_t)body.at);
}

static void send_record(struct script *s, unsigned side, unsigned flight, uint8_t type, unsigned epoch, size_t len)
{
    struct datagram *d = datagram_of(s, side, flight);
    put_record(s, d, type, epoch, len);
    for (size_t i = 0; i < len; i++)
        put_number(d, type == CONTENT_CHANGE_CIPHER_SPEC ? 1 : i * 37 + len, 1);
}

static void send_alert(struct script *s, unsigned side, unsigned flight, uint8_t code)
{
    struct datagram *d = datagram_of(s, side, flight);
    put_record(s, d, CONTENT_ALERT, 0, 2);
    put_number(d, 2, 1);
    put_number(d, code, 1);
}

#define RANDOM "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define HELLO(random, cookie)                                                                                          \
    "fefd " random " 00 " cookie " 0004 c02f 009c 01 00 0020 0000 000e 000c 00 0009 612e6578616d706c65"                \
    "000a 0004 0002 001d 000b 0002 0100"
#define SERVER_HELLO "fefd " RANDOM " 00 c02f 00 0005 ff01 0001 00"

static void client_hello(struct script *s, unsigned flight, unsigned seq, const char *cookie)
{
    char hex[512];
    snprintf(hex, sizeof hex, HELLO(RANDOM, "%s"), cookie);
    send_hex(s, 0, flight, HS_CLIENT_HELLO, seq, hex);
}

/* From the ServerHello on; `first`: its number, and that of the client's second message. */
static void rest_of_handshake(struct script *s, unsigned first)
{
    send_hex(s, 1, 11, HS_SERVER_HELLO, first, SERVER_HELLO);
    send_hex(s, 1, 11, HS_CERTIFICATE, first + 1, "000008 000005 3003020101");
    send_hex(s, 1, 11, HS_SERVER_KEY_EXCHANGE, first + 2, "03 001d 02 aabb 0401 0002 ccdd");
    send_hex(s, 1, 11, HS_SERVER_HELLO_DONE, first + 3, "");
    send_hex(s, 0, 12, HS_CLIENT_KEY_EXCHANGE, first + 1, "02aabb");
    send_record(s, 0, 12, CONTENT_CHANGE_CIPHER_SPEC, 0, 1);
    send_record(s, 0, 12, CONTENT_HANDSHAKE, 1, 40);
    send_hex(s, 1, 13, HS_NEW_SESSION_TICKET, first + 4, "00001c20 0002 aabb");
    send_record(s, 1, 13, CONTENT_CHANGE_CIPHER_SPEC, 0, 1);
    send_record(s, 1, 13, CONTENT_HANDSHAKE, 1, 40);
    send_record(s, 0, 14, CONTENT_APPLICATION_DATA, 1, 90);
    send_record(s, 1, 15, CONTENT_APPLICATION_DATA, 1, 70);
}

static struct script *script_new(size_t step, bool is_packed)
{
    struct script *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->step = step;
    s->is_packed = is_packed;
    return s;
}

static void begin(struct bench *b)
{
    set_up(b);
    b->flow.is_datagram = true;
    b->flow.syn_side = 2;
    b->flow.setup = FLOW_UNSEEN;
}

static void give_at(struct bench *b, const struct datagram *d, int64_t gap_ns)
{
    struct moment moment = next_moment(b);
    moment.time_ns += gap_ns;
    /* Memory of exactly that length, as the fuzz target has it. */
    uint8_t *copy = malloc(d->len);
    assert_non_null(copy);
    memcpy(copy, d->data, d->len);
    b->flow.stream[d->side].packets++;
    b->flow.stream[d->side].bytes += d->len;
    b->flow.last = moment;
    session_datagram(b->session, &b->flow, d->side, (struct bytes){copy, d->len}, (uint32_t)d->len, &moment);
    free(copy);
}

static void give(struct bench *b, const struct datagram *d)
{
    give_at(b, d, 0);
}

static void give_all(struct bench *b, const struct script *s)
{
    for (unsigned i = 0; i < s->num; i++)
        give(b, &s->datagrams[i]);
}

/* All that a report would say, without frames and times: what each role said, in its order. */
static char *facts_of(const struct connection *c)
{
    size_t size = 8192, len = 0;
    char *text = malloc(size);
    assert_non_null(text);
    for (unsigned role = 0; role < 2; role++) {
        for (unsigned i = 0; i < c->num_events; i++) {
            const struct event *e = &c->events[i];
            if (e->role == role && len < size)
                len += (size_t)snprintf(text + len, size - len, "%u: kind %u type %u len %u gap %d\n", role,
                                        (unsigned)e->kind, e->type, e->len, e->is_after_gap);
        }
        len += (size_t)snprintf(text + len, size - len, "finished %d data %d ccs %d repeats %u incomplete %d\n",
                                c->has_finished[role], c->has_application_data[role], c->has_change_cipher_spec[role],
                                c->datagrams.num_repeats[role], c->datagrams.has_incomplete[role]);
    }
    len += (size_t)snprintf(text + len, size - len,
                            "version %x cipher %x group %x chain %u ticket %u sni %.*s end %d\n", c->version, c->cipher,
                            c->group_id, c->chain.num, c->ticket_lifetime, (int)c->client_hello.ext.server_name.len,
                            (const char *)c->client_hello.ext.server_name.at, c->handshake_end.place.frame > 0);
    assert_true(len < size);
    return text;
}

static void expect_whole(const struct connection *c)
{
    assert_int_equal(c->protocol, PROTOCOL_DTLS);
    assert_int_equal(c->client_side, 0);
    assert_int_equal(c->version, VERSION_DTLS12);
    assert_int_equal(c->cipher, 0xc02f);
    assert_int_equal(c->group_id, 0x001d);
    assert_int_equal(c->chain.num, 1);
    assert_int_equal(c->ticket_lifetime, 7200);
    assert_int_equal(c->client_hello.ext.server_name.len, 9);
    assert_memory_equal(c->client_hello.ext.server_name.at, "a.example", 9);
    assert_true(c->has_finished[0] && c->has_finished[1]);
    assert_true(c->has_application_data[0] && c->has_application_data[1]);
    assert_true(c->handshake_end.place.frame > 0);
    assert_false(c->has_gap_in_handshake);
    assert_int_equal(count_events(c, EVENT_HANDSHAKE, ROLE_SERVER), 5);
    assert_int_equal(count_events(c, EVENT_HANDSHAKE, ROLE_CLIENT), 2);
    assert_int_equal(count_events(c, EVENT_GAP, ROLE_SERVER) + count_events(c, EVENT_GAP, ROLE_CLIENT), 0);
    assert_int_equal(count_events(c, EVENT_FAULT, ROLE_SERVER) + count_events(c, EVENT_FAULT, ROLE_CLIENT), 0);
    assert_int_equal(c->datagrams.num_repeats[0] + c->datagrams.num_repeats[1], 0);
    assert_false(c->datagrams.has_incomplete[0] || c->datagrams.has_incomplete[1]);
}

static struct script *whole_handshake(size_t step, bool is_packed)
{
    struct script *s = script_new(step, is_packed);
    client_hello(s, 1, 0, "00");
    rest_of_handshake(s, 0);
    return s;
}

static void test_any_fragments(void **state)
{
    (void)state;
    static const size_t steps[] = {4, 7, 16, 40, 1000};
    char *first = NULL;
    for (size_t i = 0; i < 2 * sizeof steps / sizeof *steps; i++) {
        struct script *s = whole_handshake(steps[i / 2], i % 2);
        struct bench b;
        begin(&b);
        give_all(&b, s);
        finish(&b);
        expect_whole(&b.c);
        char *facts = facts_of(&b.c);
        if (!first)
            first = facts;
        assert_string_equal(facts, first);
        if (facts != first)
            free(facts);
        tear_down(&b);
        free(s);
    }
    free(first);
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static void swap(struct script *s, unsigned a, unsigned b)
{
    struct datagram moved = s->datagrams[a];
    s->datagrams[a] = s->datagrams[b];
    s->datagrams[b] = moved;
}

/* The datagrams of each flight in another order; order 0 leaves them, 1 turns them round, others shuffle. */
static void reorder(struct script *s, uint32_t order)
{
    uint32_t seed = order;
    for (unsigned from = 0, to; from < s->num; from = to) {
        to = from + 1;
        while (to < s->num && s->datagrams[to].flight == s->datagrams[from].flight)
            to++;
        for (unsigned i = 0; order == 1 && i < (to - from) / 2; i++)
            swap(s, from + i, to - 1 - i);
        for (unsigned i = to; order > 1 && i-- > from + 1;)
            swap(s, i, from + next_random(&seed) % (i - from + 1));
    }
}

static void test_any_order_of_a_flight(void **state)
{
    (void)state;
    char *first = NULL;
    for (uint32_t order = 0; order < 60; order++) {
        struct script *s = whole_handshake(11, false);
        struct bench b;
        reorder(s, order);
        begin(&b);
        for (unsigned i = 0; i < s->num; i++) {
            give(&b, &s->datagrams[i]);
            if (order % 3 == 2)
                give(&b, &s->datagrams[i]); /* each captured twice */
        }
        finish(&b);
        expect_whole(&b.c);
        char *facts = facts_of(&b.c);
        if (!first)
            first = facts;
        assert_string_equal(facts, first);
        if (facts != first)
            free(facts);
        tear_down(&b);
        free(s);
    }
    free(first);
}

/* A client whose last flight was lost sends it again, and the server answers again. */
static void test_last_flight_again(void **state)
{
    (void)state;
    struct script *s = whole_handshake(1000, false);
    struct bench b;
    send_hex(s, 0, 22, HS_CLIENT_KEY_EXCHANGE, 1, "02aabb");
    send_record(s, 0, 22, CONTENT_CHANGE_CIPHER_SPEC, 0, 1);
    send_record(s, 0, 22, CONTENT_HANDSHAKE, 1, 40);
    send_record(s, 1, 23, CONTENT_CHANGE_CIPHER_SPEC, 0, 1);
    begin(&b);
    give_all(&b, s);
    finish(&b);
    assert_int_equal(b.c.datagrams.num_repeats[ROLE_CLIENT], 3);
    assert_int_equal(b.c.datagrams.num_repeats[ROLE_SERVER], 1);
    assert_int_equal(count_events(&b.c, EVENT_CHANGE_CIPHER_SPEC, ROLE_CLIENT), 1);
    assert_int_equal(count_events(&b.c, EVENT_CHANGE_CIPHER_SPEC, ROLE_SERVER), 1);
    assert_int_equal(b.c.renegotiations, 0);
    assert_true(b.c.handshake_end.place.frame > 0);
    tear_down(&b);
    free(s);
}

/* The whole flight again under new record numbers: one handshake, and a count of what came again. */
static void test_sent_again(void **state)
{
    (void)state;
    struct script *s = script_new(1000, true);
    struct bench b;
    client_hello(s, 1, 0, "00");
    send_hex(s, 1, 2, HS_SERVER_HELLO, 0, SERVER_HELLO);
    send_hex(s, 1, 2, HS_CERTIFICATE, 1, "000008 000005 3003020101");
    client_hello(s, 3, 0, "00");
    send_hex(s, 1, 4, HS_SERVER_HELLO, 0, SERVER_HELLO);
    send_hex(s, 1, 4, HS_CERTIFICATE, 1, "000008 000005 3003020101");
    begin(&b);
    give_all(&b, s);
    finish(&b);
    assert_int_equal(b.c.datagrams.num_repeats[ROLE_CLIENT], 1);
    assert_int_equal(b.c.datagrams.num_repeats[ROLE_SERVER], 2);
    assert_int_equal(b.c.datagrams.last_repeat[ROLE_SERVER].place.frame, 4);
    assert_int_equal(count_events(&b.c, EVENT_HANDSHAKE, ROLE_SERVER), 2);
    assert_int_equal(count_events(&b.c, EVENT_HANDSHAKE, ROLE_CLIENT), 1);
    assert_int_equal(b.c.handshake_end.place.frame, 0);
    tear_down(&b);
    free(s);
}

static void test_roles_without_the_hello(void **state)
{
    (void)state;
    struct script *s = whole_handshake(1000, false);
    struct bench b;
    begin(&b);
    for (unsigned i = 1; i < s->num; i++) {
        s->datagrams[i].side ^= 1; /* the server's datagram comes first: it is side 0 */
        give(&b, &s->datagrams[i]);
    }
    finish(&b);
    assert_int_equal(b.c.client_side, 1);
    assert_true(b.c.is_role_certain);
    assert_false(b.c.has_client_hello);
    assert_true(b.c.has_server_hello);
    assert_true(b.c.handshake_end.place.frame > 0);
    tear_down(&b);
    free(s);
}

static void lose(struct script *s, uint8_t type)
{
    for (unsigned i = 0; i < s->num; i++)
        if (s->datagrams[i].data[0] == CONTENT_HANDSHAKE && s->datagrams[i].data[13] == type &&
            s->datagrams[i].data[4] == 0)
            s->datagrams[i].len = 0;
}

/* A message that the capture lacks, and that the peer had, since it went on. */
static void test_lost_message(void **state)
{
    (void)state;
    struct script *s = whole_handshake(1000, false);
    struct bench b;
    lose(s, HS_CERTIFICATE);
    begin(&b);
    for (unsigned i = 0; i < s->num; i++)
        if (s->datagrams[i].len > 0)
            give(&b, &s->datagrams[i]);
    finish(&b);
    assert_int_equal(b.c.chain.num, 0);
    assert_int_equal(b.c.chain_missing, CHAIN_NOT_CAPTURED);
    assert_true(b.c.has_key_exchange); /* what came behind the hole is read */
    assert_true(b.c.is_key_exchange_after_gap);
    const struct event *gap = find_event(&b.c, EVENT_GAP);
    assert_non_null(gap);
    assert_int_equal(gap->role, ROLE_SERVER);
    assert_int_equal(gap->code, GAP_LOST);
    assert_false(b.c.datagrams.has_incomplete[ROLE_SERVER]);
    assert_true(b.c.handshake_end.place.frame > 0);
    tear_down(&b);
    free(s);
}

/* All plain messages of the server are missing: its protected records show that they were sent. */
static void test_lost_hello(void **state)
{
    (void)state;
    struct script *s = script_new(1000, false);
    struct bench b;
    client_hello(s, 1, 0, "00");
    send_record(s, 1, 2, CONTENT_HANDSHAKE, 1, 40);
    send_record(s, 0, 3, CONTENT_CHANGE_CIPHER_SPEC, 0, 1);
    send_record(s, 0, 3, CONTENT_HANDSHAKE, 1, 40);
    begin(&b);
    give_all(&b, s);
    finish(&b);
    const struct event *gap = find_event(&b.c, EVENT_GAP);
    assert_non_null(gap);
    assert_int_equal(gap->role, ROLE_SERVER);
    assert_int_equal(gap->code, GAP_LOST);
    assert_int_equal(gap->last.place.frame, 2);
    assert_int_equal(count_events(&b.c, EVENT_GAP, ROLE_CLIENT), 0); /* its hello is there */
    tear_down(&b);
    free(s);
}

/* The middle of a message never comes, and its end comes again: told as incomplete. */
static void test_lost_fragment(void **state)
{
    (void)state;
    struct script *s = script_new(4, false);
    struct bench b;
    begin(&b);
    client_hello(s, 1, 0, "00");
    send_hex(s, 1, 2, HS_SERVER_HELLO, 0, SERVER_HELLO);
    unsigned certificate = s->num;
    send_hex(s, 1, 2, HS_CERTIFICATE, 1, "000008 000005 3003020101");
    assert_int_equal(s->num, certificate + 3);
    s->datagrams[certificate + 1].len = 0;
    for (unsigned again = 0; again < 3; again++)
        send_hex(s, 1, 3 + again, HS_CERTIFICATE, 1, "000008 000005 3003020101");
    for (unsigned i = 0; i < s->num; i++)
        if (i <= certificate || (i - certificate) % 3 != 1)
            give(&b, &s->datagrams[i]);
    finish(&b);
    const struct incomplete_message *message = &b.c.datagrams.incomplete[ROLE_SERVER];
    assert_true(b.c.datagrams.has_incomplete[ROLE_SERVER]);
    assert_false(b.c.datagrams.has_incomplete[ROLE_CLIENT]);
    assert_int_equal(message->type, HS_CERTIFICATE);
    assert_int_equal(message->message_seq, 1);
    assert_int_equal(message->length, 11);
    assert_int_equal(message->had, 7);
    assert_int_equal(message->repeats, 6);
    assert_int_equal(message->last.place.frame, b.frame);
    tear_down(&b);
    free(s);
}

#define COOKIE(n) "fefd 02 c0" n

static void test_cookie(void **state)
{
    (void)state;
    for (unsigned is_anew = 0; is_anew < 2; is_anew++) {
        struct script *s = script_new(1000, false);
        struct bench b;
        client_hello(s, 1, 0, "00");
        send_hex(s, 1, 2, HS_HELLO_VERIFY_REQUEST, 0, COOKIE("01"));
        client_hello(s, 3, 1, "02 c001");
        rest_of_handshake(s, !is_anew); /* some servers count from 0 again */
        if (is_anew)
            for (unsigned i = 0; i < s->num; i++) /* the client goes on counting */
                if (s->datagrams[i].flight == 12 && s->datagrams[i].data[13] == HS_CLIENT_KEY_EXCHANGE)
                    s->datagrams[i].data[18] = 2;
        begin(&b);
        give_all(&b, s);
        finish(&b);
        assert_int_equal(b.c.datagrams.num_hello_verifies, 1);
        assert_true(b.c.has_second_client_hello);
        assert_false(b.c.has_hello_retry);
        assert_int_equal(b.c.version, VERSION_DTLS12);
        assert_int_equal(b.c.chain.num, 1);
        assert_true(b.c.handshake_end.place.frame > 0);
        assert_int_equal(count_events(&b.c, EVENT_GAP, ROLE_SERVER) + count_events(&b.c, EVENT_GAP, ROLE_CLIENT), 0);
        assert_int_equal(b.c.datagrams.num_repeats[0] + b.c.datagrams.num_repeats[1], 0);
        tear_down(&b);
        free(s);
    }
}

static void test_cookie_again_and_again(void **state)
{
    (void)state;
    static const char *const cookies[] = {COOKIE("01"), COOKIE("02"), COOKIE("03"),
                                          COOKIE("04"), COOKIE("05"), COOKIE("06")};
    struct script *s = script_new(1000, false);
    struct bench b;
    for (unsigned i = 0; i < 6; i++) {
        client_hello(s, 2 * i, i > 0, i > 0 ? "02 c001" : "00");
        send_hex(s, 1, 2 * i + 1, HS_HELLO_VERIFY_REQUEST, 0, cookies[i]);
    }
    begin(&b);
    give_all(&b, s);
    give_at(&b, &s->datagrams[s->num - 1], -MS); /* captured twice */
    finish(&b);
    assert_int_equal(b.c.datagrams.num_hello_verifies, 6);
    assert_int_equal(b.c.datagrams.last_hello_verify.place.frame, 12);
    assert_int_equal(count_events(&b.c, EVENT_HANDSHAKE, ROLE_SERVER), 4); /* the first ones; the others are counted */
    assert_int_equal(count_events(&b.c, EVENT_HANDSHAKE, ROLE_CLIENT), 2);
    assert_int_equal(b.c.datagrams.num_repeats[ROLE_CLIENT], 4);
    assert_false(b.c.has_server_hello);
    tear_down(&b);
    free(s);
}

static enum datagram_role role_of(const struct bench *b, unsigned side, const struct datagram *d)
{
    return session_datagram_role(b->session, side, (struct bytes){d->data, d->len}, (uint32_t)d->len);
}

/* What the flow table is told of datagrams: an association begins, goes on, or another one takes its ports. */
static void test_associations(void **state)
{
    (void)state;
    struct script *s = whole_handshake(1000, false);
    unsigned other = s->num;
    send_hex(s, 0, 20, HS_CLIENT_HELLO, 0,
             HELLO("ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "00"));
    unsigned second = s->num;
    send_hex(s, 0, 21, HS_CLIENT_HELLO, 1,
             HELLO("ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "00"));
    static const struct datagram stun = {.len = 20, .data = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}};
    struct bench b;
    begin(&b);
    assert_int_equal(session_datagram_role(NULL, 0, (struct bytes){s->datagrams[0].data, s->datagrams[0].len},
                                           (uint32_t)s->datagrams[0].len),
                     DATAGRAM_BEGINS);
    assert_int_equal(session_datagram_role(NULL, 0, (struct bytes){stun.data, stun.len}, 20), DATAGRAM_GOES_ON);
    assert_int_equal(role_of(&b, 0, &s->datagrams[0]), DATAGRAM_BEGINS);
    for (unsigned i = 0; i < other; i++) {
        if (i > 0)
            assert_int_equal(role_of(&b, s->datagrams[i].side, &s->datagrams[i]), DATAGRAM_GOES_ON);
        give(&b, &s->datagrams[i]);
        give(&b, &stun); /* shares the ports (RFC 7983) */
    }
    assert_int_equal(role_of(&b, 0, &s->datagrams[0]), DATAGRAM_GOES_ON); /* the same hello again */
    assert_int_equal(role_of(&b, 0, &s->datagrams[other]), DATAGRAM_ANEW);
    assert_int_equal(role_of(&b, 1, &s->datagrams[other]), DATAGRAM_GOES_ON); /* the server's side says no hello */
    assert_int_equal(role_of(&b, 0, &s->datagrams[second]), DATAGRAM_GOES_ON);
    finish(&b);
    expect_whole(&b.c);
    tear_down(&b);
    free(s);
}

/* Records of RFC 9146: the hellos say how long the IDs are that the peer's records carry. */
static void test_connection_id(void **state)
{
    (void)state;
    struct script *s = script_new(1000, false);
    struct bench b;
    send_hex(s, 0, 1, HS_CLIENT_HELLO, 0, "fefd " RANDOM " 00 00 0002 c02f 01 00 0006 0036 0002 01 aa");
    send_hex(s, 1, 2, HS_SERVER_HELLO, 0, "fefd " RANDOM " 00 c02f 00 0007 0036 0003 02 bbcc");
    send_hex(s, 0, 3, HS_CLIENT_KEY_EXCHANGE, 1, "02aabb");
    send_record(s, 0, 3, CONTENT_CHANGE_CIPHER_SPEC, 0, 1);
    unsigned hidden = s->num;
    for (unsigned side = 0; side < 2; side++)
        for (unsigned i = 0; i < 2; i++) { /* Finished, then data */
            struct datagram *d = datagram_of(s, side, 4 + 2 * i + side);
            put_number(d, CONTENT_TLS12_CID, 1);
            put_number(d, VERSION_DTLS12, 2);
            put_number(d, 1, 2);
            put_number(d, i, 6);
            put(d, side == 0 ? "\xbb\xcc" : "\xaa", side == 0 ? 2 : 1);
            put_number(d, 40 + i, 2);
            for (unsigned k = 0; k < 40 + i; k++)
                put_number(d, k, 1);
        }
    begin(&b);
    for (unsigned i = 0; i < s->num; i++)
        give(&b, &s->datagrams[i < hidden ? i : hidden + (i - hidden) % 2 * 2 + (i - hidden) / 2]);
    finish(&b);
    assert_true(b.c.has_finished[0] && b.c.has_finished[1]);
    assert_true(b.c.has_application_data[0] && b.c.has_application_data[1]);
    assert_true(b.c.handshake_end.place.frame > 0);
    unsigned num = 0;
    for (unsigned i = 0; i < b.c.num_events; i++)
        if (b.c.events[i].kind == EVENT_HIDDEN) {
            assert_int_equal(b.c.events[i].len, 40);
            num++;
        }
    assert_int_equal(num, 2);
    tear_down(&b);
    free(s);
}

static void put_unified(struct script *s, unsigned side, unsigned flight, unsigned epoch, size_t len)
{
    struct datagram *d = datagram_of(s, side, flight);
    put_number(d, 0x2c | epoch, 1);
    put_number(d, 0x1234 + 77 * s->num, 2);
    put_number(d, len, 2);
    for (size_t i = 0; i < len; i++)
        put_number(d, i * 31 + s->num, 1);
}

/* DTLS 1.3: unified headers; sizes tell the client's Finished (AES-128-GCM: 12 + 32 + 1 + 16). */
static void dtls13(struct script *s)
{
    send_hex(s, 0, 1, HS_CLIENT_HELLO, 0, "fefd " RANDOM " 00 00 0002 1301 01 00 0007 002b 0003 02 fefc");
    send_hex(s, 1, 2, HS_SERVER_HELLO, 0, "fefd " RANDOM " 00 1301 00 0006 002b 0002 fefc");
    put_unified(s, 1, 2, 2, 35);
    put_unified(s, 1, 2, 2, 700);
    put_unified(s, 1, 2, 2, 61);
}

static void test_dtls13(void **state)
{
    (void)state;
    struct script *s = script_new(1000, false);
    struct bench b;
    dtls13(s);
    put_unified(s, 0, 3, 2, 61);
    put_unified(s, 1, 4, 3, 35); /* ACK */
    put_unified(s, 0, 5, 3, 200);
    begin(&b);
    give_all(&b, s);
    finish(&b);
    assert_int_equal(b.c.version, VERSION_DTLS13);
    assert_int_equal(b.c.chain_missing, CHAIN_ENCRYPTED);
    assert_true(b.c.has_finished[0]);
    assert_true(b.c.handshake_end.place.frame > 0);
    assert_false(b.c.is_refused_after_finished);
    assert_true(b.c.has_application_data[ROLE_CLIENT]);
    tear_down(&b);
    free(s);
}

/* The server's answer to the client's Finished has an alert's size, and it says no more; the client may have spoken
 * before it heard that. An ACK is longer. */
static void test_dtls13_refused(void **state)
{
    (void)state;
    static const struct {
        size_t answer;
        bool goes_on, is_refused;
    } cases[] = {{19, false, true}, {19, true, true}, {35, false, false}, {35, true, false}, {51, false, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct script *s = script_new(1000, false);
        struct bench b;
        dtls13(s);
        put_unified(s, 0, 3, 2, 61);
        put_unified(s, 1, 4, 3, cases[i].answer);
        if (cases[i].goes_on)
            put_unified(s, 0, 5, 3, 200);
        begin(&b);
        give_all(&b, s);
        finish(&b);
        assert_int_equal(b.c.is_refused_after_finished, cases[i].is_refused);
        assert_int_equal(b.c.handshake_end.place.frame > 0, !cases[i].is_refused);
        tear_down(&b);
        free(s);
    }
}

static void test_alert(void **state)
{
    (void)state;
    struct script *s = script_new(1000, false);
    struct bench b;
    client_hello(s, 1, 0, "00");
    send_alert(s, 1, 2, 40);
    begin(&b);
    give_all(&b, s);
    give(&b, &s->datagrams[1]);
    finish(&b);
    assert_int_equal(count_events(&b.c, EVENT_ALERT, ROLE_SERVER), 1);
    assert_int_equal(find_event(&b.c, EVENT_ALERT)->code, 40);
    tear_down(&b);
    free(s);
}

/* A fragment that reaches beyond its message is the sender's fault, and told. */
static void test_broken_fragment(void **state)
{
    (void)state;
    struct script *s = script_new(1000, false);
    struct bench b;
    client_hello(s, 1, 0, "00");
    send_hex(s, 1, 2, HS_SERVER_HELLO, 0, SERVER_HELLO);
    s->datagrams[1].data[21] = 1; /* its offset */
    begin(&b);
    give_all(&b, s);
    finish(&b);
    const struct event *fault = find_event(&b.c, EVENT_FAULT);
    assert_non_null(fault);
    assert_int_equal(fault->role, ROLE_SERVER);
    assert_int_equal(fault->type, HS_SERVER_HELLO);
    assert_string_equal(fault->field, "fragment_length");
    assert_false(b.c.has_server_hello);
    tear_down(&b);
    free(s);
}

/* More messages, pieces and bytes than are kept: counted, and memory stays within its bounds. */
static void test_limits(void **state)
{
    (void)state;
    struct script *s = script_new(1000, false);
    struct bench b;
    client_hello(s, 1, 0, "00");
    begin(&b);
    give_all(&b, s);
    for (unsigned i = 0; i < LIMIT_DATAGRAM_MESSAGES + 5; i++) {
        s->num = 0;
        send_hex(s, 1, 2, HS_CERTIFICATE, 5 + i, "aabbccdd");
        give(&b, &s->datagrams[0]);
    }
    assert_int_equal(b.context.gather_limit_hits, 5);
    finish(&b);
    tear_down(&b);

    static uint8_t large[256 * 1024];
    begin(&b);
    for (unsigned i = 0; i < 2 * LIMIT_DATAGRAM_PIECES; i++) {
        s->num = 0;
        struct datagram *d = datagram_of(s, 1, 1);
        put_record(s, d, CONTENT_HANDSHAKE, 0, DTLS_FRAGMENT_HEADER_LEN + 900);
        put_number(d, HS_CERTIFICATE, 1);
        put_number(d, sizeof large * 4, 3);
        put_number(d, 1, 2);
        put_number(d, 1000 * i, 3);
        put_number(d, 900, 3);
        put(d, large, 900);
        give(&b, d);
        assert_true(b.context.memory_bytes < 2 * LIMIT_DATAGRAM_BYTES);
    }
    assert_true(b.context.gather_limit_hits > LIMIT_DATAGRAM_PIECES);
    finish(&b);
    assert_true(b.c.datagrams.has_incomplete[0] || b.c.datagrams.has_incomplete[1]);
    tear_down(&b);
    free(s);
}

/* Each datagram cut by the snapshot length at every place: no fault is blamed on anybody. */
static void test_cut_datagrams(void **state)
{
    (void)state;
    for (size_t snap = 1; snap < 120; snap += 3) {
        struct script *s = whole_handshake(1000, true);
        struct bench b;
        begin(&b);
        for (unsigned i = 0; i < s->num; i++) {
            const struct datagram *d = &s->datagrams[i];
            struct moment moment = next_moment(&b);
            b.flow.stream[d->side].packets++;
            b.flow.stream[d->side].bytes += d->len;
            session_datagram(b.session, &b.flow, d->side, bytes_slice((struct bytes){d->data, d->len}, 0, snap),
                             (uint32_t)d->len, &moment);
        }
        finish(&b);
        assert_int_equal(count_events(&b.c, EVENT_FAULT, ROLE_CLIENT) + count_events(&b.c, EVENT_FAULT, ROLE_SERVER),
                         0);
        assert_true(b.c.has_cut_in_handshake || snap < 14);
        assert_false(b.c.datagrams.has_incomplete[0] || b.c.datagrams.has_incomplete[1]);
        tear_down(&b);
        free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_fragments),
        cmocka_unit_test(test_any_order_of_a_flight),
        cmocka_unit_test(test_sent_again),
        cmocka_unit_test(test_last_flight_again),
        cmocka_unit_test(test_roles_without_the_hello),
        cmocka_unit_test(test_lost_message),
        cmocka_unit_test(test_lost_fragment),
        cmocka_unit_test(test_lost_hello),
        cmocka_unit_test(test_cookie),
        cmocka_unit_test(test_cookie_again_and_again),
        cmocka_unit_test(test_associations),
        cmocka_unit_test(test_connection_id),
        cmocka_unit_test(test_dtls13),
        cmocka_unit_test(test_dtls13_refused),
        cmocka_unit_test(test_alert),
        cmocka_unit_test(test_broken_fragment),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_cut_datagrams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
