/* DNS messages: questions, answers over CNAMEs, hostile names, pointer loops, counts that lie. */
#include "dissect/dns.h"

#include "support/cmocka_all.h"
#include "support/mutate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fault parse(const char *hex, struct dns_message *out)
{
    struct bytes b = bytes_from_hex(hex);
    struct fault fault;
    struct cursor c;
    cursor_init_whole(&c, b, &fault);
    dns_parse(&c, out);
    free((void *)(uintptr_t)b.at);
    return fault;
}

#define QUESTION_WWW "03 777777 07 6578616d706c65 03 636f6d 00"

/* www.example.com: a CNAME to cdn.example.net, two A records of that, an authority and an OPT record. */
static const char cname_answer[] = "1234 8180 0001 0003 0001 0001" QUESTION_WWW "0001 0001"
                                   "c00c 0005 0001 0000003c 0011 03 63646e 07 6578616d706c65 03 6e6574 00"
                                   "c02d 0001 0001 0000003c 0004 c0000201"
                                   "c02d 0001 0001 0000003c 0004 c6336407"
                                   "c031 0002 0001 00000e10 0006 03 6e7331 c031"
                                   "00 0029 04d0 00000000 0000";

static void test_answer(void **state)
{
    (void)state;
    struct dns_message m;
    assert_int_equal(parse(cname_answer, &m).kind, FAULT_NONE);
    assert_int_equal(m.id, 0x1234);
    assert_true(m.is_response);
    assert_false(m.is_truncated);
    assert_int_equal(m.opcode, 0);
    assert_int_equal(m.rcode, 0);
    assert_int_equal(m.qtype, 1);
    assert_string_equal(m.name, "www.example.com");
    assert_int_equal(m.num_addresses, 2);
    assert_int_equal(m.addresses[0].ip_version, 4);
    assert_memory_equal(m.addresses[0].bytes, "\xc0\x00\x02\x01", 4);
    assert_memory_equal(m.addresses[1].bytes, "\xc6\x33\x64\x07", 4);
    assert_int_equal(m.addresses[1].bytes[4], 0);
}

static void test_ipv6(void **state)
{
    (void)state;
    struct dns_message m;
    assert_int_equal(parse("0001 8580 0001 0001 0000 0000" QUESTION_WWW "001c 0001"
                           "c00c 001c 0001 0000003c 0010 20010db8000000000000000000000001",
                           &m)
                         .kind,
                     FAULT_NONE);
    assert_int_equal(m.qtype, 28);
    assert_int_equal(m.num_addresses, 1);
    assert_int_equal(m.addresses[0].ip_version, 6);
    assert_memory_equal(m.addresses[0].bytes, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
}

static void test_query_and_failures(void **state)
{
    (void)state;
    struct dns_message m;
    assert_int_equal(parse("beef 0100 0001 0000 0000 0000" QUESTION_WWW "0001 0001", &m).kind, FAULT_NONE);
    assert_false(m.is_response);
    assert_string_equal(m.name, "www.example.com");
    assert_int_equal(m.num_addresses, 0);

    assert_int_equal(parse("beef 8183 0001 0000 0000 0000" QUESTION_WWW "0001 0001", &m).kind, FAULT_NONE);
    assert_true(m.is_response);
    assert_int_equal(m.rcode, 3);
    assert_int_equal(parse("beef ab82 0001 0000 0000 0000" QUESTION_WWW "0001 0001", &m).kind, FAULT_NONE);
    assert_int_equal(m.rcode, 2);
    assert_int_equal(m.opcode, 5);
    assert_true(m.is_truncated);
    /* No question at all. */
    assert_int_equal(parse("beef 8185 0000 0000 0000 0000", &m).kind, FAULT_NONE);
    assert_string_equal(m.name, "");
    assert_int_equal(m.qtype, 0);
    assert_int_equal(m.rcode, 5);
    /* The root. */
    assert_int_equal(parse("beef 0100 0001 0000 0000 0000 00 0002 0001", &m).kind, FAULT_NONE);
    assert_string_equal(m.name, "");
    assert_int_equal(m.qtype, 2);
    /* Two questions: the first counts. */
    assert_int_equal(parse("beef 0100 0002 0000 0000 0000 01 61 00 0001 0001 01 62 c00e 001c 0001", &m).kind,
                     FAULT_NONE);
    assert_string_equal(m.name, "a");
    assert_int_equal(m.qtype, 1);
}

static void test_only_answers_count(void **state)
{
    (void)state;
    struct dns_message m;
    /* Another class, another type, an address among the additional records. */
    assert_int_equal(parse("0001 8180 0001 0002 0000 0001 01 61 00 0001 0001"
                           "c00c 0001 0003 0000003c 0004 01010101"
                           "c00c 0010 0001 0000003c 0004 03 616263"
                           "c00c 0001 0001 0000003c 0004 02020202",
                           &m)
                         .kind,
                     FAULT_NONE);
    assert_string_equal(m.name, "a");
    assert_int_equal(m.num_addresses, 0);
}

/* A message of one question whose name begins with `label`, `num` times. */
static void repeat_label(char *hex, size_t size, const char *label, int num)
{
    int at = snprintf(hex, size, "0001 0100 0001 0000 0000 0000");
    for (int i = 0; i < num; i++)
        at += snprintf(hex + at, size - (size_t)at, "%s", label);
}

static void test_hostile_names(void **state)
{
    (void)state;
    struct dns_message m;
    /* A dot, a backslash, a NUL, an escape, a blank and a high byte inside labels. */
    assert_int_equal(parse("0001 0100 0001 0000 0000 0000 07 61 2e 5c 00 1b 20 ff 01 7e 00 0001 0001", &m).kind,
                     FAULT_NONE);
    assert_string_equal(m.name, "a\\046\\092\\000\\027\\032\\255.~");

    /* 127 labels of one byte: 253 characters, all that the wire allows. */
    char hex[4096];
    repeat_label(hex, sizeof hex, "0161", 127);
    char whole[sizeof hex + 64];
    snprintf(whole, sizeof whole, "%s00 0001 0001", hex);
    assert_int_equal(parse(whole, &m).kind, FAULT_NONE);
    assert_int_equal(strlen(m.name), 253);
    assert_int_equal(m.qtype, 1);
    /* One more is too long. */
    snprintf(whole, sizeof whole, "%s0161 00 0001 0001", hex);
    struct fault fault = parse(whole, &m);
    assert_int_equal(fault.kind, FAULT_MALFORMED);
    assert_string_equal(fault.field, "QNAME");
    assert_string_equal(m.name, "");

    /* Escapes that do not fit: no name rather than another one; the rest is read. */
    repeat_label(hex, sizeof hex, "01ff", 100);
    snprintf(whole, sizeof whole, "%s00 001c 0001", hex);
    assert_int_equal(parse(whole, &m).kind, FAULT_NONE);
    assert_string_equal(m.name, "");
    assert_int_equal(m.qtype, 28);
}

static void test_pointers(void **state)
{
    (void)state;
    struct dns_message m;
    /* The question's name: at once, to itself, after a label back to its start, forward, into nowhere. */
    static const char *const questions[] = {"c00c", "01 61 c00c", "01 61 c012", "c010", "ffff"};
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        char hex[256];
        snprintf(hex, sizeof hex, "0001 8180 0001 0001 0000 0000 %s 0001 0001 c00c 0001 0001 00000000 0004 01020304",
                 questions[i]);
        struct fault fault = parse(hex, &m);
        assert_int_equal(fault.kind, FAULT_MALFORMED);
        assert_string_equal(fault.field, "QNAME");
        assert_string_equal(m.name, "");
        assert_int_equal(m.num_addresses, 0);
    }
    /* Elsewhere they are passed over, loops or not. */
    assert_int_equal(parse("0001 8180 0001 0002 0000 0000 01 61 00 0001 0001"
                           "c013 0001 0001 00000000 0004 01020304 01 62 ffff 0005 0001 00000000 0002 c029",
                           &m)
                         .kind,
                     FAULT_NONE);
    assert_int_equal(m.num_addresses, 1);
}

static void test_malformed(void **state)
{
    (void)state;
    struct dns_message m;
    static const struct {
        const char *hex, *field;
        unsigned num_addresses;
    } rows[] = {
        {"0001 0100 0001 0000 0000 0000 40 61 00 0001 0001", "QNAME", 0}, /* label types 01 and 10 */
        {"0001 0100 0001 0000 0000 0000 80 61 00 0001 0001", "QNAME", 0},
        {"0001 8180 0000 0001 0000 0000 00 0001 0001 00000000 0005 0102030405", "RDATA", 0},
        {"0001 8180 0000 0001 0000 0000 00 0001 0001 00000000 0003 010203", "ADDRESS", 0},
        {"0001 8180 0000 0001 0000 0000 00 0001 0001 00000000 0005 01020304", "RDATA", 0},
        {"0001 8180 0000 ffff 0000 0000 00 0001 0001 00000000 0004 01020304", "NAME", 1},
        {"0001 8180 0000 0001 0000 0000 00 0001 0001 00000000 0004 01020304 00", "message", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fault fault = parse(rows[i].hex, &m);
        assert_int_equal(fault.kind, FAULT_MALFORMED);
        assert_string_equal(fault.field, rows[i].field);
        assert_int_equal(m.num_addresses, rows[i].num_addresses);
    }
}

static void test_many_addresses(void **state)
{
    (void)state;
    struct dns_message m;
    char hex[8192] = "0001 8180 0000 0021 0000 0000";
    for (int i = 0; i < 33; i++)
        snprintf(hex + strlen(hex), sizeof hex - strlen(hex), "00 0001 0001 00000000 0004 010203%02x", i);
    assert_int_equal(parse(hex, &m).kind, FAULT_NONE);
    assert_int_equal(m.num_addresses, DNS_MAX_ADDRESSES);
    assert_int_equal(m.addresses[31].bytes[3], 31);
}

static void parse_for_mutator(struct bytes b, size_t declared, struct fault *fault, void *arg)
{
    const struct dns_message *whole = arg;
    struct cursor c;
    struct dns_message m;
    memset(&m, 0xA5, sizeof m);
    cursor_init(&c, b, declared, 0, fault);
    dns_parse(&c, &m);
    assert_true(m.num_addresses <= DNS_MAX_ADDRESSES);
    assert_non_null(memchr(m.name, '\0', sizeof m.name));
    for (const char *p = m.name; *p; p++)
        assert_true(*p >= '!' && *p <= '~');
    if (fault->kind != FAULT_SHORT)
        return;
    /* Of a message that was cut: nothing that the whole one does not say (damaged ones keep their lengths). */
    if (b.len < declared) {
        assert_true(m.num_addresses <= whole->num_addresses);
        assert_memory_equal(m.addresses, whole->addresses, m.num_addresses * sizeof m.addresses[0]);
        assert_true(m.name[0] == '\0' || strcmp(m.name, whole->name) == 0);
    }
}

static void test_laws(void **state)
{
    (void)state;
    struct dns_message whole;
    assert_int_equal(parse(cname_answer, &whole).kind, FAULT_NONE);
    struct bytes b = bytes_from_hex(cname_answer);
    mutate_all(b, parse_for_mutator, &whole);
    free((void *)(uintptr_t)b.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answer),
        cmocka_unit_test(test_ipv6),
        cmocka_unit_test(test_query_and_failures),
        cmocka_unit_test(test_only_answers_count),
        cmocka_unit_test(test_hostile_names),
        cmocka_unit_test(test_pointers),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_many_addresses),
        cmocka_unit_test(test_laws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
