/* Connections that tell the same: what makes an entry, what it keeps, what is left out, and the order. */
#include "support/cmocka_all.h"

#include "report/text_groups.h"

#include <stdlib.h>

static const uint8_t client[16] = {10, 0, 0, 1};

static struct text_key key_of(const char *sentence)
{
    struct text_key key = text_key_begin(1);
    text_key_sentence(&key, sentence);
    return key;
}

static struct text_key key_number(uint64_t number)
{
    struct text_key key = text_key_begin(1);
    text_key_add(&key, &number, sizeof number);
    return key;
}

static bool is_same(struct text_key a, struct text_key b)
{
    return a.a == b.a && a.b == b.b;
}

static struct text_group *push(struct text_groups *groups, uint64_t key, uint64_t id)
{
    struct text_member member = {.key = key_number(key),
                                 .id = id,
                                 .frame = id + 100,
                                 .time_ns = 1000 - (int64_t)id,
                                 .ip_version = 4,
                                 .client = client};
    return text_groups_add(groups, &member);
}

static void test_keys(void **state)
{
    (void)state;
    /* What was measured does not tell connections apart, all else does. */
    assert_true(is_same(key_of("said nothing for 3.1 s"), key_of("said nothing for 12 s")));
    assert_true(is_same(key_of("the hello (517 bytes) came"), key_of("the hello (1,800 bytes) came")));
    assert_false(is_same(key_of("chose TLSv1.0"), key_of("chose TLSv1.1")));
    assert_false(is_same(key_of("a b"), key_of("b a")));
    assert_false(is_same(key_of("expired on 2026-01-01T00:00:00Z"), key_of("expired on 2026-01-02T00:00:00Z")));
    assert_true(is_same(key_of(NULL), key_of("")));
    /* Parts keep their bounds. */
    struct text_key a = text_key_begin(7), b = text_key_begin(7);
    text_key_string(&a, "ab");
    text_key_string(&a, "c");
    text_key_string(&b, "a");
    text_key_string(&b, "bc");
    assert_false(is_same(a, b));
    assert_false(is_same(text_key_begin(7), text_key_begin(8)));
}

static void test_counts(void **state)
{
    (void)state;
    struct text_groups groups;
    text_groups_init(&groups, 10);
    struct text_group *group = push(&groups, 1, 1);
    assert_non_null(group);
    assert_int_equal(group->count, 1);
    assert_int_equal(push(&groups, 2, 2)->count, 1);
    for (uint64_t id = 3; id < 103; id++)
        group = push(&groups, 1, id);
    assert_int_equal(groups.num, 2);
    assert_int_equal(group->count, 101);
    assert_int_equal(group->members[0].id, 1);
    assert_int_equal(group->members[LIMIT_TEXT_MEMBERS - 1].id, LIMIT_TEXT_MEMBERS + 1);
    assert_int_equal(group->members[1].frame, 103);
    assert_int_equal(group->first_ns, 1000 - 102);
    assert_int_equal(group->last_ns, 999);
    assert_int_equal(group->num_clients, 1);
    assert_int_equal(group->clients[0].count, 101);
    assert_int_equal(groups.left_out, 0);
    text_groups_cleanup(&groups);
}

static void test_clients(void **state)
{
    (void)state;
    struct text_groups groups;
    struct text_group *group = NULL;
    text_groups_init(&groups, 10);
    for (unsigned i = 0; i < 2 * (LIMIT_TEXT_CLIENTS + 1); i++) {
        uint8_t address[16] = {10, 0, 0, (uint8_t)(i / 2)};
        struct text_member member = {.key = key_number(1), .ip_version = 4, .client = address};
        group = text_groups_add(&groups, &member);
        assert_int_equal(group->has_more_clients, i >= 2 * LIMIT_TEXT_CLIENTS);
    }
    assert_int_equal(group->num_clients, LIMIT_TEXT_CLIENTS);
    assert_int_equal(group->clients[5].address[3], 5);
    assert_int_equal(group->clients[5].count, 2);
    /* The same bytes as an IPv6 address are somebody else. */
    struct text_groups others;
    text_groups_init(&others, 10);
    struct text_member member = {.key = key_number(1), .ip_version = 4, .client = client};
    text_groups_add(&others, &member);
    member.ip_version = 6;
    assert_int_equal(text_groups_add(&others, &member)->num_clients, 2);
    text_groups_cleanup(&others);
    text_groups_cleanup(&groups);
}

/* Whatever comes, no more entries than that, and none is forgotten. */
static void test_limit(void **state)
{
    (void)state;
    struct text_groups groups;
    text_groups_init(&groups, 1000);
    for (uint64_t i = 0; i < 5000; i++)
        assert_int_equal(push(&groups, i, i) != NULL, i < 1000);
    assert_int_equal(groups.num, 1000);
    assert_int_equal(groups.left_out, 4000);
    for (uint64_t i = 0; i < 1000; i++) {
        struct text_group *group = push(&groups, i, i);
        assert_int_equal(group->count, 2);
        assert_int_equal(group->members[0].id, i);
    }
    text_groups_cleanup(&groups);
}

static void test_order(void **state)
{
    (void)state;
    /* entry: how often, of which cluster, with which outcome; in the order in which they come */
    static const struct {
        unsigned count, cluster;
        enum outcome outcome;
    } came[] = {
        {9, 1, OUTCOME_COMPLETED}, {50, 2, OUTCOME_INCOMPLETE}, {3, 3, OUTCOME_FAILED},
        {2, 4, OUTCOME_FAILED},    {4, 5, OUTCOME_NOT_TLS},     {2, 4, OUTCOME_FAILED},
        {1, 6, OUTCOME_FAILED},    {3, 7, OUTCOME_FAILED},      {3, 4, OUTCOME_FAILED},
    };
    static const unsigned expected[] = {8, 3, 5, 2, 7, 6, 4, 1, 0};
    enum { NUM = sizeof came / sizeof *came };
    struct text_groups groups;
    text_groups_init(&groups, 100);
    assert_null(text_groups_order(&groups));
    for (unsigned i = 0; i < NUM; i++) {
        for (unsigned k = 0; k < came[i].count; k++) {
            struct text_group *group = push(&groups, i, i);
            group->cluster = key_number(came[i].cluster);
            group->outcome = came[i].outcome;
        }
    }
    struct text_group **order = text_groups_order(&groups);
    assert_non_null(order);
    for (unsigned i = 0; i < NUM; i++)
        assert_int_equal(order[i]->members[0].id, expected[i]);
    free(order);
    text_groups_cleanup(&groups);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),  cmocka_unit_test(test_counts), cmocka_unit_test(test_clients),
        cmocka_unit_test(test_limit), cmocka_unit_test(test_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
