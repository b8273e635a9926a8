/* Profiles of servers: what is learned by name, the sum over names, and where they are the same. */
#include "support/cmocka_all.h"

#include "bounds.h"
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
    assert_int_equal(p->failed, connections - completed);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_more_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_limit, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
