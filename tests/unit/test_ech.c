/* EncodedClientHelloInner to ClientHelloInner: the outer hello's parts put in, and everything that RFC 9849 forbids. */
#include "session/ech.h"

#include "dissect/handshake.h"
#include "support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM = 512, SESSION_ID_LEN = 4 };

struct hello {
    uint8_t bytes[ROOM];
    size_t len;
};

static void put(struct hello *h, const void *bytes, size_t len)
{
    assert_true(h->len + len <= sizeof h->bytes);
    memcpy(h->bytes + h->len, bytes, len);
    h->len += len;
}
#define PUT(h, literal) put(h, literal, sizeof literal - 1)

/* Version, random of `fill`, session ID, one suite, no compression, the extensions. */
static struct hello hello_of(uint8_t fill, const char *session_id, const char *extensions, size_t len)
{
    struct hello h = {.len = 0};
    uint8_t random[32], length[2] = {(uint8_t)(len >> 8), (uint8_t)len};
    memset(random, fill, sizeof random);
    PUT(&h, "\x03\x03");
    put(&h, random, sizeof random);
    uint8_t id_len = (uint8_t)strlen(session_id);
    put(&h, &id_len, 1);
    put(&h, session_id, id_len);
    PUT(&h, "\x00\x02\x13\x01\x01\x00");
    put(&h, length, sizeof length);
    put(&h, extensions, len);
    return h;
}

#define VERSIONS         "\x00\x2b\x00\x03\x02\x03\x04"
#define GROUPS           "\x00\x0a\x00\x04\x00\x02\x00\x1d"
#define SHARES           "\x00\x33\x00\x02\x00\x00"
#define OUTER_NAME       "\x00\x00\x00\x0a\x00\x08\x00\x00\x05outer"
#define INNER_NAME       "\x00\x00\x00\x0a\x00\x08\x00\x00\x05inner"
#define INNER_MARK       "\xfe\x0d\x00\x01\x01"
#define OUTER_EXTENSIONS OUTER_NAME GROUPS SHARES VERSIONS
#define OUTER(literal)   hello_of(0xBB, "\x01\x02\x03\x04", literal, sizeof literal - 1)
#define ENCODED(literal) hello_of(0xAA, "", literal, sizeof literal - 1)

/* Into memory of exactly the room that is promised. */
static size_t decode(const struct hello *encoded, const struct hello *outer, struct hello *out)
{
    struct bytes e = {encoded->bytes, encoded->len}, o = {outer->bytes, outer->len};
    size_t room = ech_inner_room(e, o);
    uint8_t *memory = malloc(room);
    assert_non_null(memory);
    out->len = ech_inner_decode(e, o, memory, room);
    assert_true(out->len <= room && out->len <= sizeof out->bytes);
    memcpy(out->bytes, memory, out->len);
    free(memory);
    return out->len;
}

static void test_decoded(void **state)
{
    (void)state;
    struct hello outer = OUTER(OUTER_EXTENSIONS), out;
    struct hello encoded = ENCODED(INNER_MARK "\xfd\x00\x00\x05\x04\x00\x0a\x00\x2b" INNER_NAME);
    static const char expected[] = INNER_MARK GROUPS VERSIONS INNER_NAME;
    struct hello whole = hello_of(0xAA, "\x01\x02\x03\x04", expected, sizeof expected - 1);
    for (unsigned padding = 0; padding < 40; padding++) {
        assert_int_equal(decode(&encoded, &outer, &out), whole.len);
        assert_memory_equal(out.bytes, whole.bytes, whole.len);
        PUT(&encoded, "\0");
    }
    struct client_hello hello;
    struct fault fault;
    struct cursor c;
    cursor_init_whole(&c, (struct bytes){out.bytes, out.len}, &fault);
    client_hello_parse(&c, &hello);
    assert_int_equal(fault.kind, FAULT_NONE);
    assert_int_equal(hello.session_id.len, SESSION_ID_LEN);
    assert_memory_equal(hello.ext.server_name.at, "inner", 5);
    assert_int_equal(hello.ext.ech_type, ECH_INNER);
    struct hello plain = ENCODED(INNER_MARK VERSIONS);
    assert_int_equal(decode(&plain, &outer, &out), plain.len + SESSION_ID_LEN);
}

static void test_refused(void **state)
{
    (void)state;
    struct hello outer = OUTER(OUTER_EXTENSIONS), out;
    struct hello wrong[] = {
        ENCODED("\xfd\x00\x00\x05\x04\x00\x2b\x00\x0a"), /* not in the outer hello's order */
        ENCODED("\xfd\x00\x00\x05\x04\x00\x0a\x00\x0a"), /* twice */
        ENCODED("\xfd\x00\x00\x03\x02\x00\x10"),         /* the outer hello has none */
        ENCODED("\xfd\x00\x00\x03\x02\xfe\x0d"),         /* ECH itself */
        ENCODED("\xfd\x00\x00\x03\x02\x00\x0a\xfd\x00\x00\x03\x02\x00\x2b"),
        ENCODED("\xfd\x00\x00\x03\x04\x00\x0a"), /* longer than there is */
        hello_of(0xAA, "\x05", VERSIONS, sizeof VERSIONS - 1),
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(decode(&wrong[i], &outer, &out), 0);
    struct hello padded = ENCODED(VERSIONS);
    PUT(&padded, "\0\0\1\0");
    assert_int_equal(decode(&padded, &outer, &out), 0);
    struct hello whole = ENCODED(INNER_MARK "\xfd\x00\x00\x05\x04\x00\x0a\x00\x2b" INNER_NAME);
    for (size_t len = 0; len < whole.len; len++) {
        struct hello cut = whole;
        cut.len = len;
        assert_int_equal(decode(&cut, &outer, &out), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_decoded), cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
