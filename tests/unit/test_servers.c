/* The set of servers that spoke TLS. */
#include "session/servers.h"
#include "support/cmocka_all.h"

static void test_set(void **state)
{
    (void)state;
    struct servers *servers = servers_new();
    const uint8_t a[16] = {10, 0, 0, 1};
    assert_false(servers_has(servers, 4, a, 443));
    for (unsigned i = 0; i < 20000; i++) {
        const uint8_t address[16] = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
        servers_add(servers, 4, address, 443);
        servers_add(servers, 4, address, 443);
    }
    assert_true(servers_has(servers, 4, a, 443));
    assert_false(servers_has(servers, 4, a, 444));
    assert_false(servers_has(servers, 6, a, 443));
    assert_int_equal(servers_limit_hits(servers), 0);
    servers_free(servers);
}

static void test_limit(void **state)
{
    (void)state;
    struct servers *servers = servers_new();
    for (unsigned i = 0; i < 100001; i++) {
        const uint8_t address[16] = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
        servers_add(servers, 4, address, 443);
    }
    assert_int_equal(servers_limit_hits(servers), 1);
    servers_free(servers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_set), cmocka_unit_test(test_limit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
