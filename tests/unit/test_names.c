/* Names learnt from DNS, and look-ups that failed. */
#include "session/names.h"
#include "support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

static const uint8_t client[16] = {10, 0, 0, 2}, resolver[16] = {10, 0, 0, 53}, server[16] = {192, 0, 2, 7};

/* One question, and an answer with one A record when `address` is given. */
static size_t message(uint8_t *out, const char *name, uint8_t rcode, bool is_response, const uint8_t *address)
{
    uint8_t *p = out;
    const uint8_t header[12] = {0x12, 0x34, is_response ? 0x81 : 0x01, rcode, 0, 1, 0, address ? 1 : 0, 0, 0, 0, 0};
    memcpy(p, header, sizeof header);
    p += sizeof header;
    for (const char *label = name; *label;) {
        size_t len = strcspn(label, ".");
        *p++ = (uint8_t)len;
        memcpy(p, label, len);
        p += len;
        label += len + (label[len] == '.');
    }
    const uint8_t question[5] = {0, 0, 1, 0, 1};
    memcpy(p, question, sizeof question);
    p += sizeof question;
    if (address) {
        const uint8_t answer[12] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4};
        memcpy(p, answer, sizeof answer);
        p += sizeof answer;
        memcpy(p, address, 4);
        p += 4;
    }
    return (size_t)(p - out);
}

static void ask(struct names *names, const char *name, uint64_t frame)
{
    uint8_t buf[512];
    struct moment moment = {{frame, 0}, (int64_t)frame};
    size_t len = message(buf, name, 0, false, NULL);
    names_message(names, 4, client, resolver, (struct bytes){buf, len}, &moment);
}

static void answer(struct names *names, const char *name, uint8_t rcode, const uint8_t *address, uint64_t frame)
{
    uint8_t buf[512];
    struct moment moment = {{frame, 0}, (int64_t)frame};
    size_t len = message(buf, name, rcode, true, address);
    names_message(names, 4, resolver, client, (struct bytes){buf, len}, &moment);
}

static void test_address_gets_a_name(void **state)
{
    (void)state;
    struct names *names = names_new();
    assert_null(names_of_address(names, 4, server));
    ask(names, "www.example.test", 1);
    answer(names, "www.example.test", 0, server, 2);
    assert_string_equal(names_of_address(names, 4, server), "www.example.test");
    answer(names, "CDN.exaMple.TEST", 0, server, 3);
    assert_string_equal(names_of_address(names, 4, server), "cdn.example.test");
    assert_null(names_of_address(names, 6, server));
    size_t next = 0;
    struct name_failure failure;
    assert_false(names_next_failure(names, &next, &failure));
    names_free(names);
}

static void test_failures(void **state)
{
    (void)state;
    struct names *names = names_new();
    ask(names, "gone.example.test", 1);
    answer(names, "gone.example.test", 3, NULL, 2);
    ask(names, "silent.example.test", 3);
    ask(names, "broken.example.test", 4);
    answer(names, "broken.example.test", 2, NULL, 5);
    ask(names, "nothing.example.test", 6);
    answer(names, "nothing.example.test", 0, NULL, 7);
    /* Fails with a search suffix, then succeeds without: no failure. */
    ask(names, "www.example.test.corp.lan", 8);
    answer(names, "www.example.test.corp.lan", 3, NULL, 9);
    answer(names, "www.example.test", 0, server, 10);
    /* Fails first, succeeds later. */
    answer(names, "late.example.test", 2, NULL, 11);
    answer(names, "late.example.test", 0, server, 12);

    static const struct {
        const char *name, *answer;
        unsigned frame;
    } expected[] = {{"gone.example.test", "NXDOMAIN", 2},
                    {"silent.example.test", "none", 3},
                    {"broken.example.test", "SERVFAIL", 5},
                    {"nothing.example.test", "empty", 7}};
    size_t next = 0;
    struct name_failure failure;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_true(names_next_failure(names, &next, &failure));
        assert_string_equal(failure.name, expected[i].name);
        assert_string_equal(failure.answer, expected[i].answer);
        assert_int_equal(failure.moment.place.frame, expected[i].frame);
        assert_memory_equal(failure.client, client, 16);
        assert_memory_equal(failure.resolver, resolver, 16);
    }
    assert_false(names_next_failure(names, &next, &failure));
    names_free(names);
}

static struct bytes text(const char *name)
{
    return (struct bytes){(const uint8_t *)name, strlen(name)};
}

/* A client that connected to the name all the same, and one that asked again. */
static void test_connected(void **state)
{
    (void)state;
    static const uint8_t stranger[16] = {10, 0, 0, 3}, over_v6[16] = {0x20, 1, 0xd, 0xb8};
    struct name_failure failure;
    struct names *names = names_new();
    names_connected(names, 4, client, text("a.test")); /* before anything was asked: remembered by nobody */
    ask(names, "a.test", 1);
    answer(names, "a.test", 3, NULL, 2);
    ask(names, "b.test", 3);
    ask(names, "c.test", 700000000);
    names_connected(names, 4, stranger, text("a.test"));
    ask(names, "c.test", 1400000000);
    size_t next = 0;
    assert_true(names_next_failure(names, &next, &failure));
    assert_string_equal(failure.name, "a.test");
    assert_false(failure.is_connected || failure.is_asked_again);
    assert_int_equal(failure.asked.place.frame, 1);
    assert_int_equal(failure.moment.place.frame, 2);
    assert_true(names_next_failure(names, &next, &failure));
    assert_true(names_next_failure(names, &next, &failure));
    assert_string_equal(failure.name, "c.test");
    assert_true(failure.is_asked_again);
    assert_false(names_next_failure(names, &next, &failure));
    /* The same client; in any case of letters. */
    names_connected(names, 4, client, text("A.Test"));
    next = 0;
    assert_true(names_next_failure(names, &next, &failure));
    assert_true(failure.is_connected);
    /* Over the other version of IP nobody knows whose address it is. */
    names_connected(names, 6, over_v6, text("b.test"));
    assert_true(names_next_failure(names, &next, &failure));
    assert_string_equal(failure.name, "b.test");
    assert_true(failure.is_connected);
    names_connected(names, 4, client, (struct bytes){(const uint8_t *)"c.test\0", 7});
    assert_true(names_next_failure(names, &next, &failure));
    assert_false(failure.is_connected);
    names_free(names);
}

static void test_tcp_in_pieces(void **state)
{
    (void)state;
    uint8_t buf[1024];
    size_t first = message(buf + 2, "one.example.test", 0, true, server);
    buf[0] = 0;
    buf[1] = (uint8_t)first;
    const uint8_t other[16] = {192, 0, 2, 8};
    size_t second = message(buf + 4 + first, "two.example.test", 0, true, other);
    buf[2 + first] = 0;
    buf[3 + first] = (uint8_t)second;
    size_t whole = 4 + first + second;
    for (size_t step = 1; step <= whole; step += 5) {
        struct names *names = names_new();
        struct flow flow = {.id = 7, .ip_version = 4};
        memcpy(flow.address[0], resolver, 16);
        memcpy(flow.address[1], client, 16);
        struct moment moment = {{1, 0}, 1};
        for (size_t at = 0; at < whole; at += step)
            names_stream(names, &flow, 0, bytes_slice((struct bytes){buf, whole}, at, step), at, &moment);
        assert_string_equal(names_of_address(names, 4, server), "one.example.test");
        assert_string_equal(names_of_address(names, 4, other), "two.example.test");
        names_stream_end(names, &flow);
        names_free(names);
    }
}

static void test_many_names(void **state)
{
    (void)state;
    struct names *names = names_new();
    for (unsigned i = 0; i < 101000; i++) {
        char name[64];
        snprintf(name, sizeof name, "n%u.example.test", i);
        const uint8_t address[16] = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
        answer(names, name, 0, address, i + 1);
    }
    const uint8_t known[16] = {10, 0, 1, 0};
    assert_string_equal(names_of_address(names, 4, known), "n256.example.test");
    assert_true(names_limit_hits(names) > 0);
    names_free(names);
}

static void test_garbage(void **state)
{
    (void)state;
    struct names *names = names_new();
    struct moment moment = {{1, 0}, 1};
    uint8_t junk[64];
    for (unsigned seed = 0; seed < 2000; seed++) {
        for (size_t i = 0; i < sizeof junk; i++)
            junk[i] = (uint8_t)((seed * 2654435761u) >> (i % 24));
        names_message(names, 4, resolver, client, (struct bytes){junk, seed % sizeof junk}, &moment);
    }
    names_free(names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_address_gets_a_name), cmocka_unit_test(test_failures),   cmocka_unit_test(test_connected),
        cmocka_unit_test(test_tcp_in_pieces),       cmocka_unit_test(test_many_names), cmocka_unit_test(test_garbage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
