/* Every protocol with STARTTLS: offered and accepted, refused, not offered; cut at every length; damaged. */
#include "dissect/starttls.h"

#include "support/cmocka_all.h"
#include "support/talk_copy.h"

#include <string.h>

#define TEXT(s)                                                                                                        \
    {                                                                                                                  \
        (const uint8_t *)(s), sizeof(s) - 1                                                                            \
    }
#define LDAP_OID "1.3.6.1.4.1.1466.20037"
#define MYSQL(flags)                                                                                                   \
    "\x2d\0\0\0\x0a"                                                                                                   \
    "10.11.6-MariaDB\0"                                                                                                \
    "\x01\0\0\0abcdefgh\0" flags "\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define PRELOGIN(type, encryption)                                                                                     \
    type "\x01\0\x1a\0\0\0\0\0\0\x0b\0\x06\x01\0\x11\0\x01\xff\x10\0\x0f\xa0\0\0" encryption

static const struct example {
    enum starttls_protocol protocol;
    enum starttls_offer offer;
    enum starttls_answer answer;
    bool is_asked, is_in_clear;
    struct bytes client, server;
    const char *listed, *asked, *answered; /* as far as they are text; NULL: not looked at */
} examples[] = {
    {STARTTLS_SMTP, STARTTLS_OFFERED, STARTTLS_ACCEPTED, true, false, TEXT("EHLO me\r\nSTARTTLS\r\n"),
     TEXT("220-mail.example\r\n220 ESMTP\r\n250-mail\r\n250-STARTTLS\r\n250 HELP\r\n220 go ahead\r\n"), "250-STARTTLS",
     "STARTTLS", "220 go ahead"},
    {STARTTLS_SMTP, STARTTLS_NOT_OFFERED, STARTTLS_REFUSED, true, false, TEXT("ehlo me\nstarttls\nQUIT\n"),
     TEXT("220 mail\r\n250-mail\r\n250 XSTARTTLSX\r\n454 4.7.0 TLS not available\r\n221 bye\r\n"), "250 XSTARTTLSX",
     "starttls", "454 4.7.0 TLS not available"},
    {STARTTLS_SMTP, STARTTLS_NOT_OFFERED, STARTTLS_NO_ANSWER, false, true, TEXT("EHLO me\r\nMAIL FROM:<a@b>\r\n"),
     TEXT("220 mail ESMTP\r\n250 mail\r\n250 ok\r\n"), "250 mail", NULL, NULL},
    {STARTTLS_LMTP, STARTTLS_OFFERED, STARTTLS_ACCEPTED, true, false, TEXT("LHLO me\r\nSTARTTLS\r\n"),
     TEXT("220 mail LMTP\r\n250-mail\r\n250 STARTTLS\r\n220 2.0.0 begin\r\n"), "250 STARTTLS", "STARTTLS",
     "220 2.0.0 begin"},
    {STARTTLS_FTP, STARTTLS_OFFERED, STARTTLS_ACCEPTED, true, false, TEXT("FEAT\r\nAUTH SSL\r\nAUTH TLS\r\n"),
     TEXT("120 soon\r\n220 (vsFTPd 3.0.3)\r\n211-Features:\r\n AUTH TLS\r\n UTF8\r\n211 End\r\n504 no\r\n234 go\r\n"),
     " AUTH TLS", "AUTH TLS", "234 go"},
    {STARTTLS_FTP, STARTTLS_OFFER_UNKNOWN, STARTTLS_REFUSED, true, true,
     TEXT("AUTH SSL\r\nAUTH TLS\r\nUSER anonymous\r\n"),
     TEXT("220 FTP\r\n530 Please login\r\n502 not here\r\n331 password\r\n"), NULL, "AUTH TLS", "502 not here"},
    {STARTTLS_NNTP, STARTTLS_OFFERED, STARTTLS_ACCEPTED, true, false, TEXT("CAPABILITIES\r\nSTARTTLS\r\n"),
     TEXT("200 news.example\r\n101 list\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n382 go\r\n"), "STARTTLS", "STARTTLS",
     "382 go"},
    {STARTTLS_NNTP, STARTTLS_NOT_OFFERED, STARTTLS_REFUSED, true, false, TEXT("CAPABILITIES\r\nSTARTTLS\r\n"),
     TEXT("201 InterNetNews NNTP\r\n101 list\r\nVERSION 2\r\n.\r\n580 no TLS\r\n"), ".", "STARTTLS", "580 no TLS"},
    {STARTTLS_IMAP, STARTTLS_OFFERED, STARTTLS_ACCEPTED, true, false, TEXT("a1 CAPABILITY\r\na2 STARTTLS\r\n"),
     TEXT("* OK ready\r\n* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\na1 OK done\r\na2 OK begin TLS\r\n"),
     "* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED", "a2 STARTTLS", "a2 OK begin TLS"},
    {STARTTLS_IMAP, STARTTLS_NOT_OFFERED, STARTTLS_REFUSED, true, false, TEXT("x STARTTLS\r\n"),
     TEXT("* OK [CAPABILITY IMAP4rev1] ready\r\nx BAD unknown command\r\n"), "* OK [CAPABILITY IMAP4rev1] ready",
     "x STARTTLS", "x BAD unknown command"},
    {STARTTLS_IMAP, STARTTLS_OFFERED, STARTTLS_NO_ANSWER, false, true, TEXT("1 LOGIN a b\r\n"),
     TEXT("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n1 OK in\r\n"), NULL, NULL, NULL},
    {STARTTLS_POP3, STARTTLS_OFFERED, STARTTLS_ACCEPTED, true, false, TEXT("CAPA\r\nSTLS\r\n"),
     TEXT("+OK ready\r\n+OK\r\nTOP\r\nSTLS\r\n.\r\n+OK begin\r\n"), "STLS", "STLS", "+OK begin"},
    {STARTTLS_POP3, STARTTLS_NOT_OFFERED, STARTTLS_REFUSED, true, false, TEXT("CAPA\r\nSTLS\r\nQUIT\r\n"),
     TEXT("+OK ready\r\n+OK\r\nTOP\r\n.\r\n-ERR unknown\r\n+OK bye\r\n"), ".", "STLS", "-ERR unknown"},
    {STARTTLS_SIEVE, STARTTLS_OFFERED, STARTTLS_ACCEPTED, true, false, TEXT("STARTTLS\r\n"),
     TEXT("\"IMPLEMENTATION\" \"Dovecot\"\r\n\"STARTTLS\"\r\nOK \"ready\"\r\nOK \"begin\"\r\n"), "\"STARTTLS\"",
     "STARTTLS", "OK \"begin\""},
    {STARTTLS_SIEVE, STARTTLS_NOT_OFFERED, STARTTLS_REFUSED, true, false, TEXT("STARTTLS\r\n"),
     TEXT("\"IMPLEMENTATION\" \"Dovecot\"\r\nOK \"ready\"\r\nNO \"not here\"\r\n"), "OK \"ready\"", "STARTTLS",
     "NO \"not here\""},
    {STARTTLS_IRC, STARTTLS_OFFERED, STARTTLS_ACCEPTED, true, false, TEXT("CAP LS 302\r\nSTARTTLS\r\n"),
     TEXT(":irc.example CAP * LS :multi-prefix tls\r\n:irc.example 670 * :STARTTLS successful\r\n"),
     ":irc.example CAP * LS :multi-prefix tls", "STARTTLS", ":irc.example 670 * :STARTTLS successful"},
    {STARTTLS_IRC, STARTTLS_OFFER_UNKNOWN, STARTTLS_REFUSED, true, true,
     TEXT("STARTTLS\r\nNICK me\r\nUSER me 0 * :me\r\n"),
     TEXT(":irc 451 * STARTTLS :Connection not registered\r\n:irc 001 me :Welcome\r\n"), NULL, "STARTTLS",
     ":irc 451 * STARTTLS :Connection not registered"},
    {STARTTLS_XMPP, STARTTLS_OFFERED, STARTTLS_ACCEPTED, true, false,
     TEXT("<?xml version='1.0'?><stream:stream to='a'><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
     TEXT("<stream:stream from='a'><stream:features><starttls xmlns='x'><required/></starttls></stream:features>"
          "<proceed xmlns='x'/>"),
     "<starttls xmlns='x'>", "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "<proceed xmlns='x'/>"},
    {STARTTLS_XMPP, STARTTLS_NOT_OFFERED, STARTTLS_REFUSED, true, false,
     TEXT("<stream:stream to='a'><starttls xmlns='x'/>"),
     TEXT("<stream:stream from='a'><stream:features></stream:features><failure xmlns='x'/></stream:stream>"),
     "</stream:features>", "<starttls xmlns='x'/>", "<failure xmlns='x'/>"},
    {STARTTLS_LDAP, STARTTLS_OFFER_UNKNOWN, STARTTLS_ACCEPTED, true, false,
     TEXT("\x30\x1d\x02\x01\x01\x77\x18\x80\x16" LDAP_OID),
     TEXT("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"), NULL, NULL, NULL},
    {STARTTLS_LDAP, STARTTLS_OFFER_UNKNOWN, STARTTLS_REFUSED, true, false,
     TEXT("\x30\x1d\x02\x01\x01\x77\x18\x80\x16" LDAP_OID),
     TEXT("\x30\x0f\x02\x01\x01\x78\x0a\x0a\x01\x02\x04\x00\x04\x03no!"), NULL, NULL, NULL},
    {STARTTLS_POSTGRES, STARTTLS_OFFER_UNKNOWN, STARTTLS_ACCEPTED, true, false, TEXT("\0\0\0\x08\x04\xd2\x16\x2f"),
     TEXT("S"), NULL, NULL, "S"},
    {STARTTLS_POSTGRES, STARTTLS_OFFER_UNKNOWN, STARTTLS_REFUSED, true, true,
     TEXT("\0\0\0\x08\x04\xd2\x16\x30\0\0\0\x08\x04\xd2\x16\x2f\0\0\0\x0c\0\x03\0\0user"), TEXT("NN"), NULL, NULL, "N"},
    {STARTTLS_POSTGRES, STARTTLS_OFFER_UNKNOWN, STARTTLS_REFUSED, true, false, TEXT("\0\0\0\x08\x04\xd2\x16\x2f"),
     TEXT("E\0\0\0\x12SFATAL\0Mtoo bad\0\0"), NULL, NULL, "E"},
    {STARTTLS_MYSQL, STARTTLS_OFFERED, STARTTLS_NO_ANSWER, true, false, TEXT("\x20\0\0\x01\x05\xae\x03\0rest"),
     TEXT(MYSQL("\xff\xff")), "10.11.6-MariaDB", NULL, NULL},
    {STARTTLS_MYSQL, STARTTLS_NOT_OFFERED, STARTTLS_NO_ANSWER, false, true, TEXT("\x54\0\0\x01\x05\xa6\x03\0rest"),
     TEXT(MYSQL("\xff\xf7")), "10.11.6-MariaDB", NULL, NULL},
    {STARTTLS_TDS, STARTTLS_OFFERED, STARTTLS_ACCEPTED, true, false, TEXT(PRELOGIN("\x12", "\x01")),
     TEXT(PRELOGIN("\x04", "\x03")), NULL, NULL, NULL},
    {STARTTLS_TDS, STARTTLS_NOT_OFFERED, STARTTLS_REFUSED, true, false, TEXT(PRELOGIN("\x12", "\x01")),
     TEXT(PRELOGIN("\x04", "\x02")), NULL, NULL, NULL},
    {STARTTLS_RDP, STARTTLS_OFFER_UNKNOWN, STARTTLS_ACCEPTED, true, false,
     TEXT("\x03\0\0\x27\x22\xe0\0\0\0\0\0Cookie: mstshash=a\r\n\x01\0\x08\0\x0b\0\0\0"),
     TEXT("\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x02\x1f\x08\0\x02\0\0\0"), NULL, NULL, NULL},
    {STARTTLS_RDP, STARTTLS_OFFER_UNKNOWN, STARTTLS_REFUSED, true, false,
     TEXT("\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x01\0\0\0"),
     TEXT("\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x03\0\x08\0\x02\0\0\0"), NULL, NULL, NULL},
};
enum { NUM_EXAMPLES = sizeof examples / sizeof *examples };

static void expect_text(struct bytes said, struct talk_text place, const char *text)
{
    if (!text)
        return;
    assert_int_equal(place.len, strlen(text));
    assert_in_range(place.at, 0, said.len - place.len);
    assert_memory_equal(said.at + place.at, text, place.len);
}

static void test_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_EXAMPLES; i++) {
        const struct example *e = &examples[i];
        struct talk talk = {{e->client, e->server}};
        struct starttls out;
        print_message("%zu: %s\n", i, starttls_name(e->protocol));
        assert_true(starttls_read(&out, &talk));
        assert_int_equal(out.protocol, e->protocol);
        assert_int_equal(out.offer, e->offer);
        assert_int_equal(out.answer, e->answer);
        assert_int_equal(out.is_asked, e->is_asked);
        assert_int_equal(out.is_in_clear, e->is_in_clear);
        expect_text(e->server, out.listed, e->listed);
        expect_text(e->client, out.asked, e->asked);
        expect_text(e->server, out.answered, e->answered);
        assert_non_null(starttls_label(out.protocol));
        assert_non_null(starttls_verb(out.protocol));
    }
}

static void test_reasons(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_EXAMPLES; i++) {
        const struct example *e = &examples[i];
        struct talk talk = {{e->client, e->server}};
        struct starttls out;
        (void)starttls_read(&out, &talk);
        if (e->answer != STARTTLS_REFUSED)
            continue;
        if (e->protocol == STARTTLS_LDAP) {
            assert_string_equal(out.reason_name, "protocolError");
            expect_text(e->server, out.reason, "no!");
        } else if (e->protocol == STARTTLS_RDP) {
            assert_string_equal(out.reason_name, "SSL_NOT_ALLOWED_BY_SERVER");
        } else if (e->protocol == STARTTLS_POSTGRES && e->server.at[0] == 'E') {
            expect_text(e->server, out.reason, "too bad");
        } else if (e->protocol == STARTTLS_TDS) {
            assert_string_equal(out.reason_name, "ENCRYPT_NOT_SUP");
        }
    }
}

/* Memory of exactly that length, so that reading on is seen. */
static void expect_inside(const struct talk *talk, enum talker talker, struct talk_text text)
{
    assert_in_range((size_t)text.at + text.len, 0, talk->said[talker].len);
}

static void read_any(const struct talk *talk, struct starttls *out)
{
    if (!starttls_read(out, talk))
        assert_int_equal(out->protocol, STARTTLS_NONE);
    expect_inside(talk, TALK_SERVER, out->listed);
    expect_inside(talk, TALK_CLIENT, out->asked);
    expect_inside(talk, TALK_SERVER, out->answered);
    expect_inside(talk, TALK_SERVER, out->reason);
}

/* Of a part nothing is read that the whole contradicts. */
static void test_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_EXAMPLES; i++) {
        const struct example *e = &examples[i];
        print_message("%zu\n", i);
        for (size_t len = 0; len <= e->server.len; len++) {
            struct talk talk = {{e->client, copy_of(e->server, len)}};
            struct starttls out;
            read_any(&talk, &out);
            assert_true(out.protocol == STARTTLS_NONE || out.protocol == e->protocol);
            if (out.answer == STARTTLS_ACCEPTED)
                assert_int_equal(e->answer, STARTTLS_ACCEPTED);
            if (out.offer == STARTTLS_OFFERED)
                assert_int_equal(e->offer, STARTTLS_OFFERED);
            copy_free(talk.said[TALK_SERVER]);
        }
        for (size_t len = 0; len <= e->client.len; len++) {
            struct talk talk = {{copy_of(e->client, len), e->server}};
            struct starttls out;
            read_any(&talk, &out);
            assert_true(!out.is_asked || e->is_asked);
            assert_true(!out.is_in_clear || e->is_in_clear);
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
        struct starttls out;
        copies_damage(&talk, &seed);
        read_any(&talk, &out);
        copy_free(talk.said[0]);
        copy_free(talk.said[1]);
    }
}

/* The server takes nobody without TLS; what was agreed on beside TLS. */
static void test_demands_and_modes(void **state)
{
    (void)state;
    static const struct {
        struct talk talk;
        bool is_demanded;
        enum starttls_answer answer;
        enum starttls_mode mode;
        const char *reason;
    } rows[] = {
        {{{TEXT(PRELOGIN("\x12", "\x02")), TEXT(PRELOGIN("\x04", "\x03"))}},
         true,
         STARTTLS_NO_ANSWER,
         0,
         "ENCRYPT_REQ"},
        {{{TEXT(PRELOGIN("\x12", "\x02")), TEXT(PRELOGIN("\x04", "\x02"))}}, false, STARTTLS_NO_ANSWER, 0, NULL},
        {{{TEXT(PRELOGIN("\x12", "\0")), TEXT(PRELOGIN("\x04", "\0"))}},
         false,
         STARTTLS_ACCEPTED,
         STARTTLS_LOGIN_ONLY,
         NULL},
        {{{TEXT(PRELOGIN("\x12", "\0")), TEXT(PRELOGIN("\x04", "\x01"))}}, false, STARTTLS_ACCEPTED, 0, NULL},
        {{{TEXT("\x03\0\0\x0b\x06\xe0\0\0\0\0\0"), TEXT("\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x03\0\x08\0\x01\0\0\0")}},
         true,
         STARTTLS_NO_ANSWER,
         0,
         "SSL_REQUIRED_BY_SERVER"},
        {{{TEXT("\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x01\0\0\0"),
           TEXT("\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x03\0\x08\0\x05\0\0\0")}},
         true,
         STARTTLS_REFUSED,
         0,
         "HYBRID_REQUIRED_BY_SERVER"},
        {{{TEXT("\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x0b\0\0\0"),
           TEXT("\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x02\0\x08\0\x08\0\0\0")}},
         false,
         STARTTLS_ACCEPTED,
         STARTTLS_CREDSSP,
         NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct starttls out;
        assert_true(starttls_read(&out, &rows[i].talk));
        assert_int_equal(out.is_demanded, rows[i].is_demanded);
        assert_int_equal(out.answer, rows[i].answer);
        assert_int_equal(out.mode, rows[i].mode);
        if (rows[i].reason)
            assert_string_equal(out.reason_name, rows[i].reason);
        assert_int_equal(starttls_mode_name(out.mode) != NULL, out.mode != STARTTLS_WHOLE);
    }
}

static void test_others(void **state)
{
    (void)state;
    static const struct talk others[] = {
        {{TEXT("GET / HTTP/1.1\r\nUser-Agent: x\r\n\r\n"), TEXT("HTTP/1.1 200 OK\r\n\r\n")}},
        {{TEXT("GET / HTTP/1.1\r\nUser-Agent: x\r\n\r\n"), TEXT("")}},
        {{TEXT("SSH-2.0-OpenSSH_9.2\r\n"), TEXT("SSH-2.0-OpenSSH_9.2\r\n")}},
        {{TEXT("*1\r\n$4\r\nPING\r\n"), TEXT("+PONG\r\n")}},
        {{TEXT(""), TEXT("220 hello\r\n")}},
        {{TEXT(""), TEXT("")}},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct starttls out;
        assert_false(starttls_read(&out, &others[i]));
        assert_int_equal(out.protocol, STARTTLS_NONE);
    }
}

/* A firewall writes X over what it does not let pass, in the list, and in the client's command. */
static void test_masked(void **state)
{
    (void)state;
    static const struct {
        struct talk talk;
        const char *masked[2];
        enum starttls_answer answer;
    } examples_of_masks[] = {
        {{{TEXT("EHLO me\r\nSTARTTLS\r\n"),
           TEXT("220 ESMTP\r\n250-mail\r\n250-XXXXXXXA\r\n250 HELP\r\n500 what: XXXXXXXX\r\n")}},
         {NULL, "250-XXXXXXXA"},
         STARTTLS_REFUSED},
        {{{TEXT("EHLO me\r\nXXXXXXXX\r\n"), TEXT("220 ESMTP\r\n250-mail\r\n250 STARTTLS\r\n500 what\r\n")}},
         {"XXXXXXXX", NULL},
         STARTTLS_REFUSED},
        {{{TEXT("EHLO me\r\nQUIT\r\n"), TEXT("220 ESMTP\r\n250-mail\r\n250 XXXXXXXX\r\n221 bye\r\n")}},
         {NULL, "250 XXXXXXXX"},
         STARTTLS_NO_ANSWER},
        /* none of these: offered besides, too short, inside of a word, lower case */
        {{{TEXT("EHLO me\r\n"), TEXT("220 ESMTP\r\n250-XXXXXXXA\r\n250 STARTTLS\r\n")}},
         {NULL, NULL},
         STARTTLS_NO_ANSWER},
        {{{TEXT("EHLO me\r\n"), TEXT("220 ESMTP\r\n250-XXXX\r\n250 AXXXXXXX\r\n")}}, {NULL, NULL}, STARTTLS_NO_ANSWER},
        {{{TEXT("EHLO me\r\n"), TEXT("220 ESMTP\r\n250-XXXXXXXAB\r\n250 xxxxxxxa\r\n")}},
         {NULL, NULL},
         STARTTLS_NO_ANSWER},
    };
    for (size_t i = 0; i < sizeof examples_of_masks / sizeof *examples_of_masks; i++) {
        const struct talk *talk = &examples_of_masks[i].talk;
        struct starttls out;
        print_message("%zu\n", i);
        assert_true(starttls_read(&out, talk));
        assert_int_equal(out.answer, examples_of_masks[i].answer);
        assert_false(out.is_in_clear);
        for (unsigned talker = 0; talker < 2; talker++) {
            const char *masked = examples_of_masks[i].masked[talker];
            expect_text(talk->said[talker], out.masked[talker], masked ? masked : "");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),          cmocka_unit_test(test_reasons), cmocka_unit_test(test_cut),
        cmocka_unit_test(test_damaged),           cmocka_unit_test(test_others),  cmocka_unit_test(test_masked),
        cmocka_unit_test(test_demands_and_modes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
