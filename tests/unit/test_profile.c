/* Profiles of servers: what is learned by name, the sum over names, and where they are the same. */
#include "support/cmocka_all.h"

#include "bounds.h"
#include "diagnose/finding.h"
#include "diagnose/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct profiles *profiles;

static int set_up(void **state)
{
    (void)state;
    profiles = profiles_new();
    return profiles ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    profiles_free(profiles);
    return 0;
}

/* A connection to server number `server` that asks for `name` and gets `cipher`. */
static struct connection *connection_of(uint32_t server, const char *name, uint16_t cipher)
{
    static struct flow flow;
    static struct connection c;
    flow = (struct flow){.ip_version = 4, .port = {50000, 443}};
    memcpy(flow.address[1], &server, sizeof server);
    c = (struct connection){.flow = &flow,
                            .id = 1,
                            .has_client_hello = true,
                            .has_server_hello = true,
                            .version = VERSION_TLS12,
                            .has_cipher = true,
                            .cipher = cipher};
    c.client_hello.ext.server_name = (struct bytes){(const uint8_t *)name, strlen(name)};
    return &c;
}

static void learn(uint32_t server, const char *name, uint16_t cipher, bool is_completed)
{
    profiles_learn(profiles, connection_of(server, name, cipher), is_completed);
}

static void assert_named(uint32_t server, const char *name, unsigned connections, unsigned completed)
{
    const struct server_profile *p = profiles_named(profiles, connection_of(server, name, 0));
    assert_non_null(p);
    assert_string_equal(p->name, name);
    assert_int_equal(p->connections, connections);
    assert_int_equal(p->completed, completed);
}

static void assert_sum(uint32_t server, unsigned connections, unsigned num_ciphers)
{
    const struct server_profile *p = profiles_all_names(profiles, connection_of(server, "whatever.test", 0));
    assert_non_null(p);
    assert_int_equal(p->connections, connections);
    assert_int_equal(p->ciphers.num, num_ciphers);
}

static void test_one_name(void **state)
{
    (void)state;
    assert_null(profiles_all_names(profiles, connection_of(1, "a.test", 0)));
    learn(1, "a.test", 0xC02F, true);
    learn(1, "A.TEST", 0xC030, false);
    assert_named(1, "a.test", 2, 1);
    assert_sum(1, 2, 2);
    assert_null(profiles_named(profiles, connection_of(1, "b.test", 0)));
    assert_null(profiles_all_names(profiles, connection_of(2, "a.test", 0)));
}

/* The sum goes on with what the first name taught; that name does not learn from the others. */
static void test_more_names(void **state)
{
    (void)state;
    learn(1, "a.test", 0xC02F, true);
    learn(1, "a.test", 0xC02F, true);
    learn(1, "b.test", 0xC030, false);
    assert_named(1, "a.test", 2, 2);
    assert_named(1, "b.test", 1, 0);
    assert_sum(1, 3, 2);
    learn(1, "a.test", 0x009C, true);
    learn(1, "", 0x009D, true);
    assert_named(1, "a.test", 3, 3);
    assert_named(1, "b.test", 1, 0);
    assert_named(1, "", 1, 1);
    assert_sum(1, 5, 4);
}

static void note(const char *name, enum connection_protocol protocol, enum outcome outcome)
{
    static struct diagnosis d;
    diagnosis_reset(&d);
    d.verdict.outcome = outcome;
    struct connection *c = connection_of(1, name, 0);
    c->protocol = protocol;
    profiles_note(profiles, c, &d);
}

static void assert_failed(const char *name, unsigned failed)
{
    assert_int_equal(profiles_named(profiles, connection_of(1, name, 0))->failed, failed);
}

/* What failed is the verdict's to say, whether the handshake completed or not. */
static void test_failed(void **state)
{
    (void)state;
    note("a.test", PROTOCOL_TLS, OUTCOME_FAILED); /* nothing is known of that server */
    learn(1, "a.test", 0xC02F, true);
    learn(1, "a.test", 0xC02F, false);
    assert_failed("a.test", 0);
    note("a.test", PROTOCOL_TLS, OUTCOME_COMPLETED);
    note("a.test", PROTOCOL_TLS, OUTCOME_INCOMPLETE);
    note("a.test", PROTOCOL_NONE, OUTCOME_FAILED); /* an attempt that was never learned */
    assert_failed("a.test", 0);
    note("a.test", PROTOCOL_TLS, OUTCOME_FAILED);
    assert_failed("a.test", 1);
    learn(1, "b.test", 0xC02F, false);
    note("b.test", PROTOCOL_TLS, OUTCOME_NOT_TLS);
    assert_failed("a.test", 1);
    assert_failed("b.test", 1);
    assert_int_equal(profiles_all_names(profiles, connection_of(1, "", 0))->failed, 2);
}

static void test_order(void **state)
{
    (void)state;
    learn(1, "a.test", 1, true);
    learn(2, "c.test", 1, true);
    learn(1, "b.test", 1, true);
    const char *const expected[] = {"a.test", "c.test", "b.test"};
    size_t next = 0;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const struct server_profile *p = profiles_next(profiles, &next);
        assert_non_null(p);
        assert_string_equal(p->name, expected[i]);
    }
    assert_null(profiles_next(profiles, &next));
}

/* Beyond the limit servers are counted; those that are known go on learning. */
static void test_limit(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < LIMIT_SERVERS; i++)
        learn(i, "a.test", 1, true);
    assert_int_equal(profiles_limit_hits(profiles), 0);
    learn(LIMIT_SERVERS, "a.test", 1, true);
    assert_int_equal(profiles_limit_hits(profiles), 1);
    assert_null(profiles_named(profiles, connection_of(LIMIT_SERVERS, "a.test", 0)));
    for (uint32_t i = 0; i < LIMIT_SERVERS; i += 997) {
        learn(i, "a.test", 2, false);
        assert_named(i, "a.test", 2, 1);
    }
    learn(5, "b.test", 3, true);
    assert_int_equal(profiles_limit_hits(profiles), 2);
    assert_sum(5, 2, 2);
}

/* The newest version offered: GREASE and unknown ones aside, drafts as TLS 1.3; without the extension the old field. */
static void test_top_version(void **state)
{
    (void)state;
    static const struct {
        const char *offered;
        size_t num;
        uint16_t top;
    } rows[] = {
        {"\x03\x03\x03\x04", 2, VERSION_TLS13}, {"\x3A\x3A\x03\x03", 2, VERSION_TLS12},
        {"\x7F\x1C\x03\x03", 2, VERSION_TLS13}, {"\x03\x01\x03\x02", 2, VERSION_TLS11},
        {"\x7A\x7A", 1, VERSION_TLS12},         {"", 0, VERSION_TLS12},
    };
    struct client_hello hello = {.legacy_version = VERSION_TLS12};
    assert_int_equal(client_hello_top_version(&hello), VERSION_TLS12);
    assert_true(client_hello_offers_version(&hello, VERSION_TLS10));
    assert_false(client_hello_offers_version(&hello, VERSION_TLS13));
    hello.ext.has_supported_versions = true;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        hello.ext.supported_versions = (struct u16_list){(const uint8_t *)rows[i].offered, rows[i].num};
        assert_int_equal(client_hello_top_version(&hello), rows[i].top);
    }
    hello.ext.supported_versions = (struct u16_list){(const uint8_t *)"\x03\x04", 1};
    assert_true(client_hello_offers_version(&hello, VERSION_TLS13));
    assert_false(client_hello_offers_version(&hello, VERSION_TLS12));
}

/* Which hellos were answered: only those that completed say how old a client may be. */
static void test_answered_hellos(void **state)
{
    (void)state;
    struct connection *c = connection_of(1, "a.test", 0xC02F);
    c->client_hello.legacy_version = VERSION_TLS12;
    c->client_hello_body.len = 500;
    profiles_learn(profiles, c, true);
    c->client_hello.legacy_version = VERSION_TLS10;
    c->client_hello_body.len = 200;
    profiles_learn(profiles, c, false);
    const struct server_profile *p = profiles_named(profiles, c);
    assert_non_null(p);
    assert_int_equal(p->lowest_top_version, VERSION_TLS12);
    assert_int_equal(p->highest_top_version, VERSION_TLS12);
    assert_int_equal(p->largest_hello, 500);
    /* Without a ServerHello nothing was answered; a hello that was cut says nothing. */
    c->has_server_hello = false;
    c->client_hello_body.len = 900;
    profiles_learn(profiles, c, false);
    c->has_server_hello = c->is_client_hello_cut = true;
    profiles_learn(profiles, c, true);
    assert_int_equal(p->largest_hello, 500);
    assert_int_equal(p->connections, 4);
}

/* What TLS 1.3 hides was one of what all clients offered that completed; resumed ones signed nothing. */
static void test_hidden_signatures(void **state)
{
    (void)state;
    struct connection *c = connection_of(1, "a.test", 0x1301);
    c->version = VERSION_TLS13;
    c->client_hello.ext.signature_algorithms = (struct u16_list){(const uint8_t *)"\x04\x03\x08\x04\x1A\x1A", 3};
    profiles_learn(profiles, c, true);
    const struct server_profile *p = profiles_named(profiles, c);
    assert_non_null(p);
    assert_int_equal(p->hidden_signatures.num, 2);
    c->client_hello.ext.signature_algorithms = (struct u16_list){(const uint8_t *)"\x08\x04\x04\x01", 2};
    profiles_learn(profiles, c, false);
    assert_int_equal(p->hidden_signatures.num, 2);
    c->is_resumed = true;
    profiles_learn(profiles, c, true);
    assert_int_equal(p->hidden_signatures.num, 2);
    c->is_resumed = false;
    profiles_learn(profiles, c, true);
    assert_int_equal(p->hidden_signatures.num, 1);
    assert_true(code_set_has(&p->hidden_signatures, 0x0804));
}

/* Sets keep their order, hold each code once, and stop when full. */
static void test_code_sets(void **state)
{
    (void)state;
    struct code_set set = {.num = 0};
    for (unsigned code = 0; code < PROFILE_CODES + 3; code++) {
        code_set_add(&set, (uint16_t)(1000 - code));
        code_set_add(&set, 1000);
    }
    assert_int_equal(set.num, PROFILE_CODES);
    assert_int_equal(set.at[0], 1000);
    assert_int_equal(set.at[1], 999);
    assert_false(code_set_has(&set, 1000 - PROFILE_CODES));
    assert_int_equal(key_kind_of_scheme(0x0804), KEY_RSA);
    assert_int_equal(key_kind_of_scheme(0x0403), KEY_ECDSA);
    assert_int_equal(key_kind_of_scheme(0x0807), KEY_ED25519);
    assert_int_equal(key_kind_of_scheme(0xFFFF), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_more_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_top_version, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_answered_hellos, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hidden_signatures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_code_sets, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
