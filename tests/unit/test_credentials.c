/* Where logins in the clear begin: each form, near misses, cut at every length, damaged. */
#include "dissect/credentials.h"

#include "support/cmocka_all.h"
#include "support/talk_copy.h"

#include <string.h>

#define TEXT(s) (const uint8_t *)(s), sizeof(s) - 1

static const struct example {
    const char *name;
    const uint8_t *said;
    size_t len;
    const char *secret; /* what must stand behind the place that is found; NULL: nothing is found */
} examples[] = {
    {"ftp", TEXT("AUTH TLS\r\nUSER lab\r\nPASS hunter2\r\n"), "hunter2"},
    {"ftp, only TLS asked for", TEXT("AUTH SSL\r\nAUTH TLS\r\nUSER lab\r\n"), NULL},
    {"pop3", TEXT("CAPA\r\nuser lab\r\npass hunter2\r\n"), "hunter2"},
    {"pop3, digest", TEXT("APOP lab c4c9334bac560ecc979e58001b3e22fb\r\n"), "lab c4c9"},
    {"imap", TEXT("a1 CAPABILITY\r\na2 LOGIN lab hunter2\r\n"), "lab hunter2"},
    {"imap, SASL", TEXT("a1 AUTHENTICATE PLAIN AGxhYgBodW50ZXIy\r\n"), "PLAIN AGxh"},
    {"smtp, the login on lines of its own", TEXT("EHLO me\r\nAUTH LOGIN\r\nbGFi\r\naHVudGVyMg==\r\n"), "bGFi"},
    {"nntp", TEXT("AUTHINFO USER lab\r\nAUTHINFO PASS hunter2\r\n"), "USER lab"},
    {"irc", TEXT("CAP LS 302\r\nPASS hunter2\r\nNICK lab\r\n"), "hunter2"},
    {"xmpp", TEXT("<stream:stream to='a'><auth mechanism='PLAIN'>AGxhYgBodW50ZXIy</auth>"), "AGxhYgBodW50ZXIy"},
    {"proxy", TEXT("CONNECT a:443 HTTP/1.1\r\nHost: a\r\nproxy-authorization: Basic bGFi\r\n\r\n"), "Basic bGFi"},
    {"web", TEXT("GET / HTTP/1.1\r\nCookie: id=hunter2\r\n\r\n"), "id=hunter2"},
    {"redis", TEXT("*2\r\n$4\r\nAUTH\r\n$7\r\nhunter2\r\n"), "hunter2"},
    {"socks5", TEXT("\x05\x02\x00\x02\x01\x03lab\x07hunter2"), "hunter2"},
    {"socks5 without a login", TEXT("\x05\x02\x00\x01\x05\x01\x00\x03\x10www.example.test\x20\xfb"), NULL},
    {"ldap",
     TEXT("\x30\x1d\x02\x01\x01\x77\x18\x80\x16"
          "1.3.6.1.4.1.1466.20037"
          "\x30\x16\x02\x01\x02\x60\x11\x02\x01\x03\x04\x03o=a\x80\x07hunter2"),
     "hunter2"},
    {"ldap, a search", TEXT("\x30\x0a\x02\x01\x02\x63\x05hello"), NULL},
    {"postgres",
     TEXT("\0\0\0\x08\x04\xd2\x16\x2f\0\0\0\x0c\0\x03\0\0user"
          "p\0\0\0\x0chunter2\0"),
     "hunter2"},
    {"postgres, no password", TEXT("\0\0\0\x08\x04\xd2\x16\x2f\0\0\0\x0c\0\x03\0\0userQ\0\0\0\x09hello"), NULL},
    {"mysql",
     TEXT("\x54\0\0\x01\x05\xa6\x03\0\0\0\0\1\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0lab\0\x14hunter2"),
     "lab"},
    {"mysql, SSLRequest", TEXT("\x20\0\0\x01\x05\xae\x03\0\0\0\0\1\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
     NULL},
    {"tds", TEXT("\x12\1\0\x09\0\0\0\0a\x10\1\0\x10\0\0\1\0hunter2."), "hunter2"},
    {"mqtt", TEXT("\x10\x20\0\4MQTT\4\xc2\0\x3c\0\3lab\0\7hunter2"), "hunter2"},
    {"amqp", TEXT("AMQP\0\0\x09\x01PLAIN\0lab\0hunter2"), "hunter2"},
    {"mail", TEXT("EHLO me\r\nMAIL FROM:<pass@example.test>\r\n"), NULL},
    {"words that only look alike", TEXT("PASSIVE 1\r\nAUTHOR me\r\nXPASS x\r\n"), NULL},
    {"nothing", TEXT(""), NULL},
};
enum { NUM_EXAMPLES = sizeof examples / sizeof *examples };

static size_t find_in(struct bytes said, const char *text)
{
    for (size_t at = 0; at + strlen(text) <= said.len; at++)
        if (memcmp(said.at + at, text, strlen(text)) == 0)
            return at;
    fail_msg("the example does not hold \"%s\"", text);
    return 0;
}

static void test_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_EXAMPLES; i++) {
        const struct example *e = &examples[i];
        struct bytes said = {e->said, e->len};
        print_message("%s\n", e->name);
        size_t at = credentials_find(said);
        if (e->secret)
            assert_in_range(at, 1, find_in(said, e->secret));
        else
            assert_int_equal(at, e->len);
    }
}

/* Whatever the cut, what is shown of it ends before the secret. */
static void test_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_EXAMPLES; i++) {
        const struct example *e = &examples[i];
        struct bytes said = {e->said, e->len};
        size_t secret = e->secret ? find_in(said, e->secret) : e->len;
        for (size_t len = 0; len <= e->len; len++) {
            struct bytes copy = copy_of(said, len);
            size_t at = credentials_find(copy);
            assert_in_range(at, 0, len);
            assert_in_range(at, 0, secret);
            copy_free(copy);
        }
    }
}

static void test_damaged(void **state)
{
    (void)state;
    uint32_t seed = 7;
    for (size_t i = 0; i < NUM_EXAMPLES * 400; i++) {
        const struct example *e = &examples[i % NUM_EXAMPLES];
        struct talk talk = {{copy_of((struct bytes){e->said, e->len}, e->len), copy_of((struct bytes){e->said, 0}, 0)}};
        copies_damage(&talk, &seed);
        assert_in_range(credentials_find(talk.said[0]), 0, e->len);
        copy_free(talk.said[0]);
        copy_free(talk.said[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
