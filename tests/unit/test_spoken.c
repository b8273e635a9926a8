/* What is spoken that is no TLS: every protocol by what its servers and clients begin with; cut, and damaged. */
#include "dissect/spoken.h"

#include "support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#define TEXT(s)                                                                                                        \
    {                                                                                                                  \
        (const uint8_t *)(s), sizeof(s) - 1                                                                            \
    }

struct example {
    struct bytes first;
    const char *protocol; /* NULL: nothing known */
};

static const struct example servers[] = {
    {TEXT("HTTP/1.1 400 Bad Request\r\nServer: x\r\n"), "HTTP"},
    {TEXT("<html><body>"), "HTML without HTTP headers (HTTP/0.9)"},
    {TEXT("SSH-2.0-OpenSSH_9.2\r\n"), "SSH"},
    {TEXT("220 mail.example ESMTP Postfix\r\n"), "SMTP"},
    {TEXT("220 mail.example SMTP\r\n"), "SMTP"},
    {TEXT("220 ProFTPD FTP Server\r\n"), "FTP"},
    {TEXT("220 (vsFTPd 3.0.3)\r\n"), "SMTP or FTP"},
    {TEXT("220 hello\r\n250 ESMTP\r\n"), "SMTP or FTP"},
    {TEXT("421 too many\r\n"), "SMTP or FTP"},
    {TEXT("+OK ready\r\n"), "POP3"},
    {TEXT("* OK [CAPABILITY IMAP4rev1]\r\n"), "IMAP"},
    {TEXT("-ERR unknown command '\x16\x03\x01'\r\n"), "Redis"},
    {TEXT("-ERR Protocol error: unauthenticated multibulk length\r\n"), "Redis"},
    {TEXT("-NOAUTH Authentication required.\r\n"), "Redis"},
    {TEXT("-DENIED Redis is running in protected mode\r\n"), "Redis"},
    {TEXT("-ERR what\r\n"), "POP3 or Redis"},
    {TEXT("\x4a\0\0\0\x0a"
          "8.0.36\0"),
     "MySQL"},
    {TEXT("\x45\0\0\0\xff\x69\x04Host 'x' is not allowed"), "MySQL"},
    {TEXT("E\0\0\0\x2aSFATAL\0C0A000\0Munsupported\0\0"), "PostgreSQL"},
    {TEXT("\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x03\0\x08\0\x02\0\0\0"), "RDP"},
    {TEXT("\x04\x01\0\x2b\0\0\x01\0\xaa\x20\0"), "MS-TDS"},
    {TEXT("AMQP\0\0\x09\x01"), "AMQP"},
    {TEXT("\x20\x02\0\x01"), "MQTT"},
    {TEXT("\x30\x24\x02\x01\0\x78\x1f\x0a\x01\x34"), "LDAP"},
    {TEXT("\xff\xfd\x18\xff\xfd\x20"), "Telnet"},
    {TEXT(":irc.example NOTICE * :*** Looking up your hostname\r\n"), "IRC"},
    {TEXT("<stream:stream from='a'>"), "XMPP"},
    {TEXT("\"IMPLEMENTATION\" \"Dovecot\"\r\n"), "ManageSieve"},
    {TEXT("200 news.example ready\r\n"), "NNTP"},
    {TEXT("RFB 003.008\n"), "VNC"},
    {TEXT("hello\r\n"), NULL},
    {TEXT("NOTICES\r\n"), NULL},
    {TEXT("\x16\x03\x03\0\x40\x02\0\0\x3c"), NULL},
    {TEXT("\x15\x03\x01\0\x02\x02\x46"), NULL},
    {TEXT("\x05\xff"), NULL},
    {TEXT("S"), NULL},
    {TEXT(""), NULL},
};

static const struct example clients[] = {
    {TEXT("GET / HTTP/1.1\r\nHost: a\r\n"), "HTTP"},
    {TEXT("OPTIONS / HTTP/1.1\r\n"), "HTTP"},
    {TEXT("OPTIONS sip:a@b SIP/2.0\r\n"), "SIP"},
    {TEXT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "HTTP/2"},
    {TEXT("CONNECT a:443 HTTP/1.1\r\n"), "an HTTP proxy"},
    {TEXT("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n"), "the PROXY protocol, version 1"},
    {TEXT("\r\n\r\n\0\r\nQUIT\n\x21\x11"), "the PROXY protocol, version 2"},
    {TEXT("SSH-2.0-x\r\n"), "SSH"},
    {TEXT("EHLO a\r\n"), "SMTP"},
    {TEXT("AMQP\0\0\x09\x01"), "AMQP"},
    {TEXT("\x10\x20\0\x04MQTT\x04\x02\0\x3c"), "MQTT"},
    {TEXT("\x10\xa0\x01\0\x04MQTT\x05\x02\0\x3c"), "MQTT"},
    {TEXT("\x10\x14\0\x06MQIsdp\x03\x02"), "MQTT"},
    {TEXT("*1\r\n$4\r\nPING\r\n"), "Redis"},
    {TEXT("*12\r\n$5\r\nHELLO\r\n"), "Redis"},
    {TEXT("PING\r\n"), "Redis"},
    {TEXT("\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\0\x80\0"), "LDAP"},
    {TEXT("\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x01\0\0\0"), "RDP"},
    {TEXT("\x12\x01\0\x1a\0\0\0\0\0\0\x0b\0\x06"), "MS-TDS"},
    {TEXT("*\r\n$4"), NULL},
    {TEXT("\x10\x20\0\x04HTTP\x04"), NULL},
    {TEXT("GETTING"), NULL},
    {TEXT("\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"), NULL},
    {TEXT(""), NULL},
};

static void expect(const struct spoken *found, const char *protocol)
{
    if (!protocol) {
        assert_null(found);
        return;
    }
    assert_non_null(found);
    assert_string_equal(found->protocol, protocol);
}

static void test_servers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof servers / sizeof *servers; i++)
        expect(spoken_by_server(servers[i].first), servers[i].protocol);
    assert_true(spoken_by_server((struct bytes)TEXT("* OK x\r\n"))->is_starttls);
    assert_false(spoken_by_server((struct bytes)TEXT("AMQP\0\0\x09\x01"))->is_starttls);
}

static void test_clients(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof clients / sizeof *clients; i++)
        expect(spoken_by_client(clients[i].first), clients[i].protocol);
}

/* Each beginning, in memory of exactly its length; and with any byte in place of one. */
static void try_all(const struct example *examples, size_t num)
{
    unsigned known = 0;
    for (size_t i = 0; i < num; i++)
        for (size_t len = 1; len <= examples[i].first.len; len++) {
            uint8_t *copy = malloc(len);
            assert_non_null(copy);
            memcpy(copy, examples[i].first.at, len);
            for (unsigned value = 0; value < 256; value += 5) {
                copy[len / 2] = (uint8_t)value;
                known += spoken_by_server((struct bytes){copy, len}) != NULL;
                known += spoken_by_client((struct bytes){copy, len}) != NULL;
            }
            free(copy);
        }
    assert_in_range(known, 1, 1000000);
}

static void test_cut_and_damaged(void **state)
{
    (void)state;
    try_all(servers, sizeof servers / sizeof *servers);
    try_all(clients, sizeof clients / sizeof *clients);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_servers),
        cmocka_unit_test(test_clients),
        cmocka_unit_test(test_cut_and_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
