/* Aliases: the same for the same, nothing of the original, and what sentences may keep. */
#include "support/cmocka_all.h"

#include "alias/aliases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const uint8_t v4[16] = {10, 9, 0, 1}, other_v4[16] = {10, 9, 0, 2};
static const uint8_t v6[16] = {0x20, 0x01, 0x0D, 0xB8, [15] = 1};

static struct bytes text_of(const char *text)
{
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

static void assert_text(struct aliases *aliases, const char *text, const char *expected)
{
    struct bytes found = aliases_text(aliases, text_of(text));
    assert_int_equal(found.len, strlen(expected));
    assert_memory_equal(found.at, expected, found.len);
}

static void test_stable(void **state)
{
    (void)state;
    struct aliases *aliases = aliases_new(ALIAS_ALL);
    assert_non_null(aliases);
    assert_string_equal(aliases_address(aliases, ALIAS_CLIENT, 4, v4), "client-1");
    assert_string_equal(aliases_address(aliases, ALIAS_SERVER, 6, v6), "server-1");
    assert_string_equal(aliases_address(aliases, ALIAS_CLIENT, 4, other_v4), "client-2");
    assert_string_equal(aliases_address(aliases, ALIAS_SERVER, 4, v4), "client-1"); /* as it was first */
    assert_string_equal(aliases_host(aliases, text_of("www.Example.Test")), "host-1.example");
    assert_string_equal(aliases_host(aliases, text_of("WWW.example.test")), "host-1.example");
    assert_string_equal(aliases_host(aliases, text_of("*.example.test")), "*.host-2.example");
    assert_string_equal(aliases_host(aliases, text_of("example.test")), "host-2.example");
    assert_string_equal(aliases_host(aliases, text_of("10.9.0.1")), "client-1");
    assert_string_equal(aliases_host(aliases, text_of("[2001:db8:0::1]")), "server-1");
    assert_string_equal(aliases_subject(aliases, "CN=Root,O=Lab"), "CN=subject-1");
    assert_string_equal(aliases_san(aliases, "DNS:www.example.test"), "DNS:host-1.example");
    assert_string_equal(aliases_san(aliases, "IP:2001:DB8::1"), "IP:server-1");
    assert_string_equal(aliases_san(aliases, "email:somebody@example.test"), "other-name-1");
    assert_string_equal(aliases_capture(aliases, "tickets/ticket.pcap"), "capture-1");
    aliases_free(aliases);
}

static void test_sentences(void **state)
{
    (void)state;
    struct aliases *aliases = aliases_new(ALIAS_ALL);
    (void)aliases_host(aliases, text_of("www.example.test"));
    aliases_keep(aliases, "h2");
    assert_text(aliases, "www.example.test", "host-1.example");
    assert_text(aliases, "WWW.EXAMPLE.TEST", "host-1.example");
    assert_text(aliases, "h2", "h2");
    assert_text(aliases, "SSH-2.0-OpenSSH_9.2", "(left out)");
    assert_text(aliases, "192.0.2.1", "server-1");
    assert_text(aliases, "", "(left out)");
    aliases_free(aliases);
}

static void test_addresses_alone(void **state)
{
    (void)state;
    struct aliases *aliases = aliases_new(ALIAS_ADDRESSES);
    assert_true(aliases_has(aliases, ALIAS_ADDRESSES));
    assert_false(aliases_has(aliases, ALIAS_NAMES));
    assert_null(aliases_host(aliases, text_of("www.example.test")));
    assert_null(aliases_subject(aliases, "CN=x"));
    assert_null(aliases_san(aliases, "DNS:www.example.test"));
    assert_string_equal(aliases_san(aliases, "IP:10.9.0.1"), "IP:server-1");
    assert_text(aliases, "www.example.test", "www.example.test");
    assert_text(aliases, "220 mail ESMTP", "220 mail ESMTP");
    assert_text(aliases, "421 too many from 10.0.0.77, go", "(left out)");
    assert_text(aliases, "from [2001:db8::77]:25", "(left out)");
    assert_text(aliases, "at 10.0.0.77:443.", "(left out)");
    assert_text(aliases, "at 12:34:56 o'clock", "at 12:34:56 o'clock");
    aliases_free(aliases);
}

static void test_names_alone(void **state)
{
    (void)state;
    struct aliases *aliases = aliases_new(ALIAS_NAMES);
    assert_null(aliases_address(aliases, ALIAS_CLIENT, 4, v4));
    assert_null(aliases_host(aliases, text_of("10.9.0.1")));
    assert_string_equal(aliases_host(aliases, text_of("www.example.test")), "host-1.example");
    assert_text(aliases, "10.9.0.1", "10.9.0.1");
    aliases_free(aliases);
}

/* Names that nobody has to fear, and many of them. */
static void test_many(void **state)
{
    (void)state;
    struct aliases *aliases = aliases_new(ALIAS_ALL);
    char name[64], expected[64], last[64] = "";
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 1; i <= 5000; i++) {
            snprintf(name, sizeof name, "n%u.example.test", i);
            snprintf(expected, sizeof expected, "host-%u.example", i);
            assert_string_equal(aliases_host(aliases, text_of(name)), expected);
        }
    static uint8_t large[70000];
    memset(large, 'a', sizeof large);
    snprintf(last, sizeof last, "%s", aliases_host(aliases, (struct bytes){large, sizeof large}));
    assert_string_equal(last, "host-5001.example");
    const uint8_t odd[] = {0, 0xFF, '\n', 0x1B};
    assert_string_equal(aliases_host(aliases, (struct bytes){odd, sizeof odd}), "host-5002.example");
    assert_string_equal(aliases_host(aliases, (struct bytes){NULL, 0}), "host-5003.example");
    aliases_free(aliases);
}

static void test_key(void **state)
{
    (void)state;
    char text[512];
    FILE *file = tmpfile();
    struct aliases *aliases = aliases_new(ALIAS_ALL);
    (void)aliases_address(aliases, ALIAS_CLIENT, 4, v4);
    (void)aliases_host(aliases, text_of("a\tb\n\x1b"));
    aliases_keep(aliases, "h2");
    assert_int_equal(aliases_write(aliases, fileno(file)), 0);
    rewind(file);
    size_t len = fread(text, 1, sizeof text - 1, file);
    text[len] = '\0';
    assert_string_equal(text, "client-1\t10.9.0.1\nhost-1.example\ta\\x09b\\x0A\\x1B\n");
    fclose(file);
    assert_int_equal(aliases_write(aliases, -1), -1);
    aliases_free(aliases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stable),      cmocka_unit_test(test_sentences), cmocka_unit_test(test_addresses_alone),
        cmocka_unit_test(test_names_alone), cmocka_unit_test(test_many),      cmocka_unit_test(test_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
