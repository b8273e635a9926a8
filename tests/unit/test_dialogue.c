/* What is said before TLS, through the session: the same facts however the bytes are cut. */
#include "support/session_bench.h"
#include "support/tls_builder.h"
#include "support/tls_messages.h"

#include <stdlib.h>
#include <string.h>

static void say(struct bench *b, unsigned side, const char *text, size_t step)
{
    send_bytes(b, side, (struct bytes){(const uint8_t *)text, strlen(text)}, step);
}

static void hellos(struct bench *b, size_t step)
{
    struct wire w = {.len = 0};
    wire_client_hello(&w, false);
    send_bytes(b, 0, wire_all(&w), step);
    w.len = 0;
    wire_server_hello(&w, 0x009c, false);
    send_bytes(b, 1, wire_all(&w), step);
}

static void expect_text(struct bytes b, const char *text)
{
    assert_int_equal(b.len, strlen(text));
    assert_memory_equal(b.at, text, b.len);
}

static void test_smtp(void **state)
{
    (void)state;
    for (size_t step = 1; step < 120; step++) {
        struct bench b;
        set_up(&b);
        say(&b, 1, "220 mail.example ESMTP\r\n", step);
        say(&b, 0, "EHLO me\r\n", step);
        say(&b, 1, "250-mail.example\r\n250 STARTTLS\r\n", step);
        say(&b, 0, "STARTTLS\r\n", step);
        say(&b, 1, "220 go ahead\r\n", step);
        hellos(&b, step);
        finish(&b);
        const struct starttls_facts *starttls = &b.c.before_tls.starttls;
        assert_true(b.c.has_client_hello && b.c.has_server_hello);
        assert_int_equal(starttls->protocol, STARTTLS_SMTP);
        assert_int_equal(starttls->offer, STARTTLS_OFFERED);
        assert_int_equal(starttls->answer, STARTTLS_ACCEPTED);
        expect_text(starttls->asked.text, "STARTTLS");
        expect_text(starttls->answered.text, "220 go ahead");
        assert_true(starttls->asked.moment.place.frame > 0);
        if (step >= 8) /* of many packets not all are told apart */
            assert_true(starttls->asked.moment.place.frame < starttls->answered.moment.place.frame);
        assert_int_equal(b.c.before_tls.proxy.kind, PROXY_NONE);
        tear_down(&b);
    }
}

/* The commands and the hello in one segment. */
static void test_tunnel_and_hello(void **state)
{
    (void)state;
    for (size_t step = 1; step < 700; step += 7) {
        struct bench b;
        struct wire w = {.len = 0};
        static const char asked[] = "CONNECT www.example:993 HTTP/1.1\r\n\r\n", said[] = "1 STARTTLS\r\n";
        set_up(&b);
        wire_bytes(&w, asked, sizeof asked - 1);
        wire_bytes(&w, said, sizeof said - 1);
        wire_client_hello(&w, false);
        send_bytes(&b, 0, wire_all(&w), step);
        say(&b, 1, "HTTP/1.1 200 OK\r\nServer: x\r\n\r\n* OK hello\r\n1 OK begin\r\n", step);
        finish(&b);
        const struct before_tls *before = &b.c.before_tls;
        assert_true(b.c.has_client_hello);
        assert_int_equal(before->proxy.kind, PROXY_HTTP_CONNECT);
        assert_int_equal(before->proxy.answer, PROXY_GRANTED);
        expect_text(before->proxy.target, "www.example:993");
        expect_text(before->proxy.name, "www.example");
        expect_text(before->proxy.answered.text, "HTTP/1.1 200 OK");
        assert_int_equal(before->starttls.protocol, STARTTLS_IMAP);
        assert_int_equal(before->starttls.answer, STARTTLS_ACCEPTED);
        expect_text(before->starttls.asked.text, "1 STARTTLS");
        expect_text(before->http_server, "x");
        tear_down(&b);
    }
}

static void test_addresses(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b);
    say(&b, 0, "PROXY TCP6 2001:db8::1 2001:db8::2 4321 443\r\n", 100);
    hellos(&b, 100);
    finish(&b);
    assert_int_equal(b.c.before_tls.proxy.kind, PROXY_PROTOCOL);
    expect_text(b.c.before_tls.proxy.source, "[2001:db8::1]:4321");
    expect_text(b.c.before_tls.proxy.target, "[2001:db8::2]:443");
    assert_int_equal(b.c.before_tls.proxy.name.len, 0);
    tear_down(&b);
}

/* More than is kept, and what nobody knows: nothing is left of it. */
static void test_limits(void **state)
{
    (void)state;
    struct bench b;
    char *noise = malloc(20001);
    assert_non_null(noise);
    memset(noise, 'x', 20000);
    noise[20000] = '\0';
    set_up(&b);
    say(&b, 0, noise, 1000);
    say(&b, 1, noise, 1000);
    finish(&b);
    assert_int_equal(b.c.before_tls.starttls.protocol, STARTTLS_NONE);
    assert_int_equal(b.c.before_tls.proxy.kind, PROXY_NONE);
    tear_down(&b);
    /* A greeting as long as that: what comes behind it is not read. */
    memcpy(noise, "220-", 4);
    set_up(&b);
    say(&b, 0, "EHLO me\r\nSTARTTLS\r\n", 1000);
    say(&b, 1, noise, 1000);
    say(&b, 1, "\r\n220 mail\r\n250 STARTTLS\r\n220 go ahead\r\n", 1000);
    finish(&b);
    assert_int_equal(b.c.before_tls.starttls.answer, STARTTLS_NO_ANSWER);
    tear_down(&b);
    free(noise);
}

/* A hole in what one side says: nothing behind it counts. */
static void test_gap(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b);
    say(&b, 1, "220 mail ESMTP\r\n", 100);
    say(&b, 0, "EHLO me\r\nSTARTTLS\r\n", 100);
    send_gap(&b, 1, 20);
    say(&b, 1, "454 no\r\n250 STARTTLS\r\n", 100);
    finish(&b);
    assert_int_equal(b.c.before_tls.starttls.protocol, STARTTLS_SMTP);
    assert_true(b.c.before_tls.starttls.is_asked);
    assert_int_equal(b.c.before_tls.starttls.answer, STARTTLS_NO_ANSWER);
    assert_int_equal(b.c.before_tls.starttls.offer, STARTTLS_OFFER_UNKNOWN);
    tear_down(&b);
}

/* Commands in one packet with STARTTLS, so that a careless server takes them for encrypted ones; and the same by
 * answers. */
static void test_injected(void **state)
{
    (void)state;
    for (unsigned is_injected = 0; is_injected < 2; is_injected++)
        for (size_t step = 1; step < 60; step += 3) {
            struct bench b;
            set_up(&b);
            say(&b, 1, "220 mail.example ESMTP\r\n", step);
            say(&b, 0, "EHLO me\r\n", step);
            say(&b, 1, "250 STARTTLS\r\n", step);
            say(&b, 0, is_injected ? "STARTTLS\r\nMAIL FROM:<a@b>\r\n" : "STARTTLS\r\n", step);
            say(&b, 1, is_injected ? "220 go ahead\r\n250 injected\r\n" : "220 go ahead\r\n", step);
            hellos(&b, step);
            finish(&b);
            const struct starttls_facts *starttls = &b.c.before_tls.starttls;
            assert_true(b.c.has_client_hello && b.c.has_server_hello);
            assert_int_equal(starttls->answer, STARTTLS_ACCEPTED);
            assert_int_equal(starttls->is_more_said[TALK_CLIENT], is_injected);
            assert_int_equal(starttls->is_more_said[TALK_SERVER], is_injected);
            assert_int_equal(starttls->login.place.frame, 0);
            tear_down(&b);
        }
}

/* Refused twice, then a login in the clear: told where, and nothing of it is kept. */
static void test_login_in_clear(void **state)
{
    (void)state;
    for (size_t step = 1; step < 80; step += 3) {
        struct bench b;
        set_up(&b);
        say(&b, 1, "220 FTP\r\n", step);
        say(&b, 0, "AUTH SSL\r\n", step);
        say(&b, 1, "530 login\r\n", step);
        say(&b, 0, "AUTH TLS\r\n", step);
        say(&b, 1, "530 login\r\n", step);
        say(&b, 0, "USER lab\r\nPASS hunter2\r\n", step);
        say(&b, 1, "331 go on\r\n230 in\r\n", step);
        finish(&b);
        const struct starttls_facts *starttls = &b.c.before_tls.starttls;
        assert_int_equal(starttls->answer, STARTTLS_REFUSED);
        expect_text(starttls->asked.text, "AUTH TLS");
        assert_true(starttls->is_in_clear);
        assert_true(starttls->login.place.frame > 0);
        if (step >= 8)
            assert_true(starttls->login.place.frame > starttls->answered.moment.place.frame);
        expect_text(b.c.first_bytes[ROLE_CLIENT], "AUTH SSL\r\nAUTH TLS\r\nUSER lab\r\nPASS");
        tear_down(&b);
    }
}

/* A login behind a proxy's part, and one for the proxy. */
static void test_login_in_tunnel(void **state)
{
    (void)state;
    static const char socks[] = "\5\1\0\5\1\0\1\x0a\0\0\1\0\x8f"
                                "a LOGIN lab hunter2\r\n";
    static const char granted[] = "\5\0\5\0\0\1\0\0\0\0\0\0"
                                  "* OK [CAPABILITY IMAP4rev1] ready\r\na OK in\r\n";
    struct bench b;
    set_up(&b);
    send_bytes(&b, 0, (struct bytes){(const uint8_t *)socks, sizeof socks - 1}, 100);
    send_bytes(&b, 1, (struct bytes){(const uint8_t *)granted, sizeof granted - 1}, 100);
    finish(&b);
    assert_int_equal(b.c.before_tls.proxy.answer, PROXY_GRANTED);
    assert_true(b.c.before_tls.starttls.is_in_clear);
    assert_int_equal(b.c.first_bytes[ROLE_CLIENT].len, 13 + sizeof "a LOGIN" - 1);
    tear_down(&b);
    set_up(&b);
    say(&b, 0, "CONNECT a:1 HTTP/1.1\r\nProxy-Authorization: Basic bGFiOmh1bnRlcjI=\r\n\r\n", 100);
    say(&b, 1, "HTTP/1.1 407 no\r\n\r\n", 100);
    finish(&b);
    assert_true(b.c.before_tls.proxy.is_login && b.c.before_tls.proxy.has_login);
    expect_text(b.c.first_bytes[ROLE_CLIENT], "CONNECT a:1 HTTP/1.1\r\nProxy-Authorization:");
    tear_down(&b);
}

/* TLS without a question, though the server speaks first. */
static void test_unasked(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b);
    say(&b, 1, "220 mail.example ESMTP\r\n", 100);
    struct wire w = {.len = 0};
    wire_client_hello(&w, false);
    send_bytes(&b, 0, wire_all(&w), 50);
    say(&b, 1, "500 what\r\n", 100);
    finish(&b);
    assert_true(b.c.has_client_hello);
    assert_false(b.c.before_tls.starttls.is_asked);
    assert_int_equal(b.c.before_tls.starttls.answer, STARTTLS_NO_ANSWER);
    tear_down(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_smtp),
        cmocka_unit_test(test_tunnel_and_hello),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_gap),
        cmocka_unit_test(test_injected),
        cmocka_unit_test(test_login_in_clear),
        cmocka_unit_test(test_login_in_tunnel),
        cmocka_unit_test(test_unasked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
