/* Commands with the server at hand: what is filled in, what is left, and what a stranger's name may not do. */
#include "report/command.h"

#include "support/cmocka_all.h"

#include <string.h>

static const uint8_t address4[16] = {192, 0, 2, 7};
static const uint8_t address6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 9};

static struct bytes text(const char *s)
{
    return (struct bytes){(const uint8_t *)s, strlen(s)};
}

static struct command_target target_of(const char *name, const char *sni, const struct connection *c)
{
    return (struct command_target){.name = name,
                                   .sni = text(sni),
                                   .has_hello = true,
                                   .ip_version = 4,
                                   .server = address4,
                                   .client = address4,
                                   .port = 8443,
                                   .connection = c};
}

static void expect(const struct command_target *target, const char *command, const char *filled)
{
    char at[COMMAND_LEN];
    bool is_told = command_fill(target, command, at);
    if (!filled) {
        assert_false(is_told);
        return;
    }
    assert_true(is_told);
    assert_string_equal(at, filled);
}

static void test_words(void **state)
{
    (void)state;
    const struct command_target target = target_of("www.example", "sni.example", NULL);
    expect(&target, "curl https://HOST:PORT/", "curl https://www.example:8443/");
    expect(&target, "openssl s_client -connect ADDRESS:PORT -servername SNI",
           "openssl s_client -connect 192.0.2.7:8443 -servername sni.example");
    expect(&target, "tcpdump -ni any 'tcp port PORT and host CLIENT'",
           "tcpdump -ni any 'tcp port 8443 and host 192.0.2.7'");
    expect(&target, "nginx: server_name NAME;", "nginx: server_name www.example;");
    expect(&target, "cp ROOT.crt CA_FILE HOSTS MYHOST SERVERNAME", "cp ROOT.crt CA_FILE HOSTS MYHOST SERVERNAME");
    expect(&target, "-starttls PROTOCOL", "-starttls PROTOCOL");
}

static void test_unknown(void **state)
{
    (void)state;
    const struct command_target nothing = {.name = NULL};
    expect(&nothing, "nc -vz HOST PORT", "nc -vz HOST PORT");
    expect(&nothing, "openssl s_client -connect ADDRESS:PORT -servername SNI",
           "openssl s_client -connect ADDRESS:PORT -servername SNI");
    const struct command_target look_up = {.name = "typo.example"};
    expect(&look_up, "dig NAME", "dig typo.example");
    struct command_target bare = target_of(NULL, "", NULL);
    expect(&bare, "curl https://HOST:PORT/", "curl https://192.0.2.7:8443/");
    expect(&bare, "openssl s_client -connect ADDRESS:PORT -servername SNI -showcerts",
           "openssl s_client -connect 192.0.2.7:8443 -showcerts");
    expect(&bare, "openssl s_client -connect ADDRESS:PORT -servername NAME",
           "openssl s_client -connect 192.0.2.7:8443 -servername NAME");
}

static void test_ipv6(void **state)
{
    (void)state;
    struct command_target target = target_of(NULL, "", NULL);
    target.ip_version = 6;
    target.server = target.client = address6;
    expect(&target, "curl https://HOST:PORT/", "curl https://'[2001:db8::9]':8443/");
    expect(&target, "tracepath HOST", "tracepath 2001:db8::9");
    expect(&target, "tcpdump 'host CLIENT'", "tcpdump 'host 2001:db8::9'");
}

static void test_strangers(void **state)
{
    (void)state;
    static const char *const names[] = {
        "a;reboot", "$(reboot)", "`id`", "a b", "a'b", "a\"b", "-oProxyCommand=x", "a\nb", "a\\b",
        "a&b",      "a|b",       "a>b",  "*",   "a/b", "a:b",  "\xc3\xa4",         "",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct command_target target = target_of(names[i], names[i], NULL);
        expect(&target, "curl https://HOST:PORT/", "curl https://192.0.2.7:8443/");
        expect(&target, "certbot certonly -d NAME", "certbot certonly -d NAME");
        if (*names[i])
            expect(&target, "x -servername SNI", "x -servername SNI");
    }
    char longest[300];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    const struct command_target target = target_of(longest, "", NULL);
    expect(&target, "dig NAME", "dig NAME");
    char command[COMMAND_LEN], at[COMMAND_LEN];
    memset(command, 'x', sizeof command);
    memcpy(command + sizeof command - 6, " PORT", 6);
    struct command_target known = target_of("a", "a", NULL);
    known.port = 65535;
    assert_true(command_fill(&known, command, at));
    assert_string_equal(at, command);
}

static struct connection connection_of(struct flow *flow, enum starttls_protocol protocol)
{
    struct connection c = {.flow = flow};
    c.before_tls.starttls.protocol = protocol;
    return c;
}

static void test_starttls(void **state)
{
    (void)state;
    static const char s_client[] = "openssl s_client -connect ADDRESS:PORT -servername SNI",
                      curl[] = "curl -v https://HOST:PORT/";
    struct flow flow = {.ip_version = 4};
    struct connection c = connection_of(&flow, STARTTLS_SMTP);
    struct command_target target = target_of("mx", "mx", &c);
    expect(&target, s_client, "openssl s_client -connect 192.0.2.7:8443 -starttls smtp -servername mx");
    expect(&target, curl, "curl -v --ssl-reqd smtp://mx:8443/");
    expect(&target, "Postfix: smtpd_tls_security_level = may", "Postfix: smtpd_tls_security_level = may");
    expect(&target, "Dovecot: ssl = yes", NULL);
    c = connection_of(&flow, STARTTLS_POSTGRES);
    expect(&target, s_client, "openssl s_client -connect 192.0.2.7:8443 -starttls postgres -servername mx");
    expect(&target, curl, NULL);
    c = connection_of(&flow, STARTTLS_TDS);
    expect(&target, s_client, NULL);
    expect(&target, "xfreerdp /sec:nla /v:HOST:PORT", NULL);
    expect(&target, "FreeTDS: encryption = require", "FreeTDS: encryption = require");
    /* What the server speaks counts more than its port. */
    c = connection_of(&flow, STARTTLS_NONE);
    target.port = 25;
    expect(&target, "openssl s_client -connect HOST:PORT -starttls PROTOCOL",
           "openssl s_client -connect mx:25 -starttls smtp");
    c.first_bytes[ROLE_SERVER] = text("* OK ready\r\n");
    expect(&target, "curl --ssl-reqd PROTOCOL://HOST:PORT", "curl --ssl-reqd imap://mx:25");
}

static void test_protocols(void **state)
{
    (void)state;
    struct flow flow = {.ip_version = 4};
    struct connection c = connection_of(&flow, STARTTLS_NONE);
    struct command_target target = target_of("a", "a", &c);
    c.protocol = PROTOCOL_DTLS;
    expect(&target, "openssl s_client -connect HOST:PORT -x", "openssl s_client -connect a:8443 -dtls -x");
    expect(&target, "openssl s_client -connect HOST:PORT -dtls", "openssl s_client -connect a:8443 -dtls");
    expect(&target, "curl https://HOST:PORT/", NULL);
    c.protocol = PROTOCOL_QUIC;
    expect(&target, "openssl s_client -connect HOST:PORT", "openssl s_client -connect a:8443 -quic -alpn h3");
    c.protocol = PROTOCOL_TLS;
    target.port = 993;
    expect(&target, "curl https://HOST:PORT/", "curl imaps://a:993/");
    target.port = 443;
    c.first_bytes[ROLE_SERVER] = text("-NOAUTH x\r\n");
    expect(&target, "curl http://HOST:PORT/", NULL);
    c.first_bytes[ROLE_SERVER] = text("HTTP/1.1 400 x\r\n");
    expect(&target, "curl http://HOST:PORT/", "curl http://a:443/");
}

/* Behind a proxy the address and the port of the connection are the proxy's. */
static void test_proxy(void **state)
{
    (void)state;
    struct flow flow = {.ip_version = 4};
    struct connection c = connection_of(&flow, STARTTLS_NONE);
    c.before_tls.proxy.kind = PROXY_HTTP_CONNECT;
    c.before_tls.proxy.target = text("www.example:993");
    struct command_target target = target_of("www.example", "", &c);
    target.port = 3128;
    expect(&target, "openssl s_client -connect ADDRESS:PORT", "openssl s_client -connect www.example:993");
    c.before_tls.proxy.target = text("www.example:99999999993");
    expect(&target, "nc ADDRESS PORT", "nc 192.0.2.7 3128");
    c.before_tls.proxy = (struct proxy_facts){.kind = PROXY_PROTOCOL, .target = text("192.0.2.9:1")};
    expect(&target, "nc ADDRESS PORT", "nc 192.0.2.7 3128");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),     cmocka_unit_test(test_unknown),  cmocka_unit_test(test_ipv6),
        cmocka_unit_test(test_strangers), cmocka_unit_test(test_starttls), cmocka_unit_test(test_protocols),
        cmocka_unit_test(test_proxy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
