/* Attempts that nobody answered, and the connections by which their clients got through instead. */
#include "bounds.h"
#include "diagnose/attempts.h"
#include "support/cmocka_all.h"

#include <string.h>

#define MS INT64_C(1000000)

static struct attempts *attempts;
static struct names *names;

static int set_up(void **state)
{
    (void)state;
    attempts = attempts_new();
    names = names_new();
    return attempts && names ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    attempts_free(attempts);
    names_free(names);
    return 0;
}

/* From client number `client` to server number `server`; side 0 is the client's. */
static struct flow flow_of(uint8_t ip_version, uint8_t client, uint8_t server, int64_t ms)
{
    static uint64_t id;
    struct flow flow = {.ip_version = ip_version, .port = {50000, 443}, .id = ++id};
    flow.address[0][3] = client;
    flow.address[1][3] = server;
    flow.first = (struct moment){{flow.id, 0}, ms * MS};
    return flow;
}

static uint64_t note(struct flow flow)
{
    flow.established = flow.first;
    attempts_note(attempts, &flow, 0, 0);
    return flow.id;
}

static struct attempt_instead instead_of(const struct flow *flow, uint32_t group)
{
    const struct connection c = {.flow = flow, .group = group};
    return attempts_instead(attempts, &c, names);
}

static void test_next_address(void **state)
{
    (void)state;
    const struct flow flow = flow_of(4, 1, 7, 1000);
    note(flow_of(4, 1, 8, 900));  /* before it */
    note(flow_of(4, 1, 8, 1050)); /* too soon for a program that waits: one that opens several connections */
    note(flow_of(4, 1, 8, 3500)); /* too late */
    note(flow_of(4, 2, 8, 1200)); /* another client */
    note(flow_of(4, 1, 7, 1200)); /* the same address */
    struct flow other_port = flow_of(4, 1, 8, 1200);
    other_port.port[1] = 8443;
    note(other_port);
    struct flow unanswered = flow_of(4, 1, 8, 1200);
    attempts_note(attempts, &unanswered, 0, 0);
    struct flow datagram = flow_of(4, 1, 8, 1200);
    datagram.is_datagram = true;
    note(datagram);
    assert_null(instead_of(&flow, 0).attempt);
    uint64_t id = note(flow_of(4, 1, 8, 1250));
    note(flow_of(4, 1, 9, 1500));
    assert_non_null(instead_of(&flow, 0).attempt);
    assert_int_equal(instead_of(&flow, 0).attempt->id, id);
    assert_false(instead_of(&flow, 0).is_same_name);
    assert_null(instead_of(&flow, 1).attempt); /* of another capture */
}

static void test_other_version(void **state)
{
    (void)state;
    const struct flow flow = flow_of(6, 1, 7, 1000);
    uint64_t id = note(flow_of(4, 1, 7, 1250));
    assert_int_equal(instead_of(&flow, 0).attempt->id, id);
    note(flow_of(4, 2, 9, 4000)); /* at another time */
    assert_int_equal(instead_of(&flow, 0).attempt->id, id);
    note(flow_of(4, 2, 9, 1300)); /* whose is the attempt now? */
    assert_null(instead_of(&flow, 0).attempt);
}

/* An answer to a question for the A records of a name of one letter. */
static void answer(char name, uint8_t server)
{
    const uint8_t client[16] = {9}, resolver[16] = {8};
    const uint8_t message[] = {0, 1,   0x81, 0x80, 0,   1,  0, 1, 0, 0, 0,    0,     1, (uint8_t)name,
                               4, 't', 'e',  's',  't', 0,  0, 1, 0, 1, 0xc0, 12,    0, 1,
                               0, 1,   0,    0,    0,   60, 0, 4, 0, 0, 0,    server};
    const struct moment moment = {{1, 0}, MS};
    names_message(names, 4, resolver, client, (struct bytes){message, sizeof message}, &moment);
}

static void test_names(void **state)
{
    (void)state;
    const struct flow flow = flow_of(4, 1, 7, 1000);
    note(flow_of(4, 1, 8, 1200));
    uint64_t id = note(flow_of(4, 1, 9, 1300));
    answer('a', 7);
    answer('b', 8); /* the first is to a server of another name */
    assert_int_equal(instead_of(&flow, 0).attempt->id, id);
    assert_false(instead_of(&flow, 0).is_same_name);
    answer('a', 9);
    assert_true(instead_of(&flow, 0).is_same_name);
    answer('c', 9);
    assert_null(instead_of(&flow, 0).attempt);
}

static void test_limit(void **state)
{
    (void)state;
    const struct flow flow = flow_of(4, 1, 7, 1000);
    note(flow_of(4, 1, 8, 1200));
    for (unsigned i = 1; i < LIMIT_ALTERNATIVES; i++)
        note(flow_of(4, 3, 8, 1200));
    assert_non_null(instead_of(&flow, 0).attempt);
    note(flow_of(4, 3, 8, 1200));
    assert_null(instead_of(&flow, 0).attempt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_next_address, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_version, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_limit, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
