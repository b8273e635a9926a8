/* Proxies in front of TLS: granted, refused, cut at every length, damaged. */
#include "dissect/proxy.h"

#include "support/cmocka_all.h"
#include "support/talk_copy.h"

#include <string.h>

#define TEXT(s)                                                                                                        \
    {                                                                                                                  \
        (const uint8_t *)(s), sizeof(s) - 1                                                                            \
    }
#define V2 "\r\n\r\n\0\r\nQUIT\n"

static const struct example {
    enum proxy_kind kind;
    enum proxy_answer answer;
    bool is_login;
    uint16_t port;
    const char *name;
    uint8_t ip_version, last; /* of the target's address */
    size_t left[2];           /* bytes behind the proxy's */
    const char *status;
    uint8_t source_version, source_last;
    struct bytes client, server;
} examples[] = {
    {PROXY_HTTP_CONNECT,
     PROXY_GRANTED,
     false,
     443,
     "www.example",
     0,
     0,
     {3, 2},
     NULL,
     0,
     0,
     TEXT("CONNECT www.example:443 HTTP/1.1\r\nHost: www.example\r\n\r\nabc"),
     TEXT("HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\nde")},
    {PROXY_HTTP_CONNECT,
     PROXY_GRANTED,
     false,
     8443,
     NULL,
     6,
     1,
     {1, 0},
     NULL,
     0,
     0,
     TEXT("CONNECT [2001:db8::1]:8443 HTTP/1.1\r\n\r\nCONNECT [2001:db8::1]:8443 HTTP/1.1\r\nx: y\r\n\r\nz"),
     TEXT("HTTP/1.1 407 Login\r\nContent-Length: 2\r\n\r\nno\r\nHTTP/1.0 200 OK\r\n\r\n")},
    {PROXY_HTTP_CONNECT,
     PROXY_REFUSED,
     false,
     25,
     NULL,
     4,
     9,
     {0, 0},
     NULL,
     0,
     0,
     TEXT("CONNECT 10.0.0.9:25 HTTP/1.0\r\n\r\n"),
     TEXT("HTTP/1.1 403 Forbidden\r\n\r\n")},
    {PROXY_HTTP_CONNECT,
     PROXY_REFUSED,
     true,
     443,
     "a",
     0,
     0,
     {0, 0},
     NULL,
     0,
     0,
     TEXT("CONNECT a:443 HTTP/1.1\r\n\r\n"),
     TEXT("HTTP/1.1 100 Wait\r\n\r\nHTTP/1.1 407 Login\r\n\r\n")},
    {PROXY_SOCKS4,
     PROXY_GRANTED,
     false,
     443,
     NULL,
     4,
     9,
     {1, 2},
     "request granted",
     0,
     0,
     TEXT("\x04\x01\x01\xbb\x0a\0\0\x09me\0x"),
     TEXT("\0\x5a\0\0\0\0\0\0yz")},
    {PROXY_SOCKS4,
     PROXY_REFUSED,
     false,
     443,
     "www.example",
     0,
     0,
     {0, 0},
     "request rejected or failed",
     0,
     0,
     TEXT("\x04\x01\x01\xbb\0\0\0\x01\0www.example\0"),
     TEXT("\0\x5b\0\0\0\0\0\0")},
    {PROXY_SOCKS5,
     PROXY_GRANTED,
     false,
     443,
     "www.example",
     0,
     0,
     {1, 0},
     "succeeded",
     0,
     0,
     TEXT("\x05\x02\0\x02\x05\x01\0\x03\x0bwww.example\x01\xbb"
          "x"),
     TEXT("\x05\0\x05\0\0\x01\x0a\0\0\x01\x12\x34")},
    {PROXY_SOCKS5,
     PROXY_REFUSED,
     false,
     443,
     NULL,
     6,
     7,
     {0, 0},
     "host unreachable",
     0,
     0,
     TEXT("\x05\x01\x02\x01\x01u\x01p\x05\x01\0\x04\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07\x01\xbb"),
     TEXT("\x05\x02\x01\0\x05\x04\0\x01\0\0\0\0\0\0")},
    {PROXY_SOCKS5,
     PROXY_REFUSED,
     true,
     0,
     NULL,
     0,
     0,
     {0, 0},
     "no acceptable authentication method",
     0,
     0,
     TEXT("\x05\x01\0"),
     TEXT("\x05\xff")},
    {PROXY_SOCKS5,
     PROXY_REFUSED,
     true,
     0,
     NULL,
     0,
     0,
     {0, 0},
     "login failed",
     0,
     0,
     TEXT("\x05\x01\x02\x01\x01u\x01p"),
     TEXT("\x05\x02\x01\x01")},
    {PROXY_PROTOCOL,
     PROXY_NO_ANSWER,
     false,
     443,
     NULL,
     4,
     2,
     {2, 1},
     NULL,
     4,
     1,
     TEXT("PROXY TCP4 10.0.0.1 10.0.0.2 4321 443\r\nab"),
     TEXT("c")},
    {PROXY_PROTOCOL,
     PROXY_NO_ANSWER,
     false,
     443,
     NULL,
     6,
     2,
     {1, 0},
     NULL,
     6,
     1,
     TEXT("PROXY TCP6 2001:db8::1 fe80:0:0:0:1:2:3:2 4321 443\r\na"),
     TEXT("")},
    {PROXY_PROTOCOL,
     PROXY_NO_ANSWER,
     false,
     443,
     NULL,
     4,
     2,
     {1, 0},
     NULL,
     4,
     1,
     TEXT(V2 "\x21\x11\0\x0f\x0a\0\0\x01\x0a\0\0\x02\x10\xe1\x01\xbb\x04\0\0a"),
     TEXT("")},
    {PROXY_PROTOCOL, PROXY_NO_ANSWER, false, 0, NULL, 0, 0, {1, 0}, NULL, 0, 0, TEXT(V2 "\x20\0\0\0a"), TEXT("")},
    {PROXY_HTTP_CONNECT,
     PROXY_GRANTED,
     false,
     443,
     "a",
     0,
     0,
     {0, 0},
     NULL,
     4,
     1,
     TEXT("PROXY TCP4 10.0.0.1 10.0.0.2 4321 3128\r\nCONNECT a:443 HTTP/1.1\r\n\r\n"),
     TEXT("HTTP/1.1 200 OK\r\n\r\n")},
};
enum { NUM_EXAMPLES = sizeof examples / sizeof *examples };

static void test_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_EXAMPLES; i++) {
        const struct example *e = &examples[i];
        struct talk talk = {{e->client, e->server}};
        struct proxy out;
        print_message("%zu: %s\n", i, proxy_name(e->kind));
        assert_true(proxy_read(&out, &talk));
        assert_int_equal(out.kind, e->kind);
        assert_int_equal(out.answer, e->answer);
        assert_int_equal(out.is_login, e->is_login);
        assert_int_equal(out.target.port, e->port);
        assert_int_equal(out.target.ip_version, e->ip_version);
        if (e->ip_version)
            assert_int_equal(out.target.address[e->ip_version == 4 ? 3 : 15], e->last);
        assert_int_equal(out.name.len, e->name ? strlen(e->name) : 0);
        if (e->name)
            assert_memory_equal(e->client.at + out.name.at, e->name, out.name.len);
        assert_int_equal(out.used[0], e->client.len - e->left[0]);
        assert_int_equal(out.used[1], e->server.len - e->left[1]);
        if (e->status)
            assert_string_equal(out.status, e->status);
        assert_int_equal(out.source.ip_version, e->source_version);
        if (e->source_version) {
            assert_int_equal(out.source.address[e->source_version == 4 ? 3 : 15], e->source_last);
            assert_int_equal(out.source.port, 4321);
        }
        assert_non_null(proxy_label(out.kind));
    }
}

static void read_any(const struct talk *talk, struct proxy *out)
{
    if (!proxy_read(out, talk))
        assert_int_equal(out->kind, PROXY_NONE);
    assert_in_range((size_t)out->asked.at + out->asked.len, 0, talk->said[TALK_CLIENT].len);
    assert_in_range((size_t)out->name.at + out->name.len, 0, talk->said[TALK_CLIENT].len);
    assert_in_range((size_t)out->answered.at + out->answered.len, 0, talk->said[TALK_SERVER].len);
    assert_in_range(out->used[0], 0, talk->said[0].len);
    assert_in_range(out->used[1], 0, talk->said[1].len);
}

static void test_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_EXAMPLES; i++) {
        const struct example *e = &examples[i];
        for (size_t len = 0; len <= e->server.len; len++) {
            struct talk talk = {{e->client, copy_of(e->server, len)}};
            struct proxy out;
            read_any(&talk, &out);
            assert_true(out.kind == PROXY_NONE || out.kind == e->kind);
            if (out.answer == PROXY_GRANTED)
                assert_int_equal(e->answer, PROXY_GRANTED);
            copy_free(talk.said[TALK_SERVER]);
        }
        for (size_t len = 0; len <= e->client.len; len++) {
            struct talk talk = {{copy_of(e->client, len), e->server}};
            struct proxy out;
            read_any(&talk, &out);
            copy_free(talk.said[TALK_CLIENT]);
        }
    }
}

static void test_damaged(void **state)
{
    (void)state;
    uint32_t seed = 1;
    for (size_t i = 0; i < NUM_EXAMPLES * 400; i++) {
        const struct example *e = &examples[i % NUM_EXAMPLES];
        struct talk talk = {{copy_of(e->client, e->client.len), copy_of(e->server, e->server.len)}};
        struct proxy out;
        copies_damage(&talk, &seed);
        read_any(&talk, &out);
        copy_free(talk.said[0]);
        copy_free(talk.said[1]);
    }
}

/* Addresses as text, through the PROXY protocol's line: those that are none leave the source empty. */
static void test_addresses(void **state)
{
    (void)state;
    static const struct {
        struct bytes line;
        bool is_read;
    } lines[] = {
        {TEXT("PROXY TCP6 ::1 :: 1 2\r\n"), true},
        {TEXT("PROXY TCP6 1:2:3:4:5:6:7:8 1::8 1 2\r\n"), true},
        {TEXT("PROXY TCP6 1:2:3:4:5:6:7:8:9 1::8 1 2\r\n"), false},
        {TEXT("PROXY TCP6 1::2::3 1::8 1 2\r\n"), false},
        {TEXT("PROXY TCP6 1:2:3 1::8 1 2\r\n"), false},
        {TEXT("PROXY TCP6 1:2:3:4:5:6:7: 1::8 1 2\r\n"), false},
        {TEXT("PROXY TCP6 :1 1::8 1 2\r\n"), false},
        {TEXT("PROXY TCP6 12345::1 1::8 1 2\r\n"), false},
        {TEXT("PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n"), false},
        {TEXT("PROXY TCP4 1.2.3.4.5 1.2.3.4 1 2\r\n"), false},
        {TEXT("PROXY TCP4 1.2.3.256 1.2.3.4 1 2\r\n"), false},
        {TEXT("PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n"), false},
        {TEXT("PROXY UNKNOWN\r\n"), false},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct talk talk = {{lines[i].line, {NULL, 0}}};
        struct proxy out;
        print_message("%.*s", (int)lines[i].line.len, (const char *)lines[i].line.at);
        assert_true(proxy_read(&out, &talk));
        assert_int_equal(out.source.ip_version != 0, lines[i].is_read);
        assert_int_equal(out.used[0], lines[i].line.len);
    }
}

static void test_others(void **state)
{
    (void)state;
    static const struct talk others[] = {
        {{TEXT("GET / HTTP/1.1\r\n\r\n"), TEXT("HTTP/1.1 200 OK\r\n\r\n")}},
        {{TEXT("\x05\x01\0"), TEXT("HTTP/1.1 400 Bad\r\n\r\n")}},
        {{TEXT("\x04\x02\0\x50\0\0\0\0\0"), TEXT("")}},
        {{TEXT(V2 "\x11\x11\0\0"), TEXT("")}},
        {{TEXT(""), TEXT("")}},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct proxy out;
        assert_false(proxy_read(&out, &others[i]));
        assert_int_equal(out.kind, PROXY_NONE);
    }
}

static void test_reasons(void **state)
{
    (void)state;
    static const struct {
        enum proxy_reason reason;
        bool has_login;
        struct talk talk;
    } refusals[] = {
        {PROXY_REASON_RULES, false, {{TEXT("CONNECT a:1 HTTP/1.1\r\n\r\n"), TEXT("HTTP/1.1 403 no\r\n\r\n")}}},
        {PROXY_REASON_LOGIN, false, {{TEXT("CONNECT a:1 HTTP/1.1\r\n\r\n"), TEXT("HTTP/1.1 407 no\r\n\r\n")}}},
        {PROXY_REASON_LOGIN,
         true,
         {{TEXT("CONNECT a:1 HTTP/1.1\r\nproxy-authorization: Basic x\r\n\r\n"), TEXT("HTTP/1.1 407 no\r\n\r\n")}}},
        {PROXY_REASON_UNREACHED, false, {{TEXT("CONNECT a:1 HTTP/1.1\r\n\r\n"), TEXT("HTTP/1.1 502 no\r\n\r\n")}}},
        {PROXY_REASON_UNREACHED, false, {{TEXT("CONNECT a:1 HTTP/1.1\r\n\r\n"), TEXT("HTTP/1.1 504 no\r\n\r\n")}}},
        {PROXY_REASON_UNKNOWN, false, {{TEXT("CONNECT a:1 HTTP/1.1\r\n\r\n"), TEXT("HTTP/1.1 500 no\r\n\r\n")}}},
        {PROXY_REASON_LOGIN, false, {{TEXT("\5\1\2"), TEXT("\5\xff")}}},
        {PROXY_REASON_LOGIN, true, {{TEXT("\5\1\2\1\1a\1b"), TEXT("\5\2\1\1")}}},
        {PROXY_REASON_RULES, false, {{TEXT("\5\1\0\5\1\0\1\1\2\3\4\1\xbb"), TEXT("\5\0\5\2\0\1\0\0\0\0\0\0")}}},
        {PROXY_REASON_UNREACHED, false, {{TEXT("\5\1\0\5\1\0\1\1\2\3\4\1\xbb"), TEXT("\5\0\5\4\0")}}},
        {PROXY_REASON_TARGET_REFUSED, false, {{TEXT("\5\1\0\5\1\0\1\1\2\3\4\1\xbb"), TEXT("\5\0\5\5\0")}}},
        {PROXY_REASON_UNKNOWN, false, {{TEXT("\4\1\0\1\1\2\3\4\0"), TEXT("\0\x5b\0\0\0\0\0\0")}}},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct proxy out;
        print_message("%zu\n", i);
        assert_true(proxy_read(&out, &refusals[i].talk));
        assert_int_equal(out.answer, PROXY_REFUSED);
        assert_int_equal(out.reason, refusals[i].reason);
        assert_int_equal(out.is_login, out.reason == PROXY_REASON_LOGIN);
        assert_int_equal(out.has_login, refusals[i].has_login);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),  cmocka_unit_test(test_cut),    cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_addresses), cmocka_unit_test(test_others), cmocka_unit_test(test_reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
