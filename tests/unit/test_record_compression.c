/* Compressed records: one stream over all of them, broken ones, and those that become too much. */
#include "session/record_compression.h"

#include "bounds.h"
#include "support/cmocka_all.h"

#include <string.h>

#ifdef TLSWHY_WITH_ZLIB
#include <zlib.h>

enum { PLAIN_MAX = 16384 };

static size_t deflate_record(z_stream *stream, const uint8_t *plain, size_t len, uint8_t *out, size_t room)
{
    stream->next_in = (z_const Bytef *)(uintptr_t)plain;
    stream->avail_in = (uInt)len;
    stream->next_out = out;
    stream->avail_out = (uInt)room;
    assert_int_equal(deflate(stream, Z_SYNC_FLUSH), Z_OK);
    assert_int_equal(stream->avail_in, 0);
    return room - stream->avail_out;
}

static void test_records(void **state)
{
    (void)state;
    static const char *const records[] = {"Finished", "a request of a request", "", "a request of a request"};
    z_stream stream = {0};
    assert_int_equal(deflateInit(&stream, 9), Z_OK);
    struct inflater *inflater = inflater_new();
    assert_non_null(inflater);
    size_t sizes[4] = {0};
    for (unsigned i = 0; i < 4; i++) {
        uint8_t packed[256];
        struct bytes content;
        size_t len = strlen(records[i]);
        sizes[i] = len ? deflate_record(&stream, (const uint8_t *)records[i], len, packed, sizeof packed) : 0;
        assert_int_equal(inflater_run(inflater, (struct bytes){packed, sizes[i]}, &content), INFLATE_OK);
        assert_int_equal(content.len, len);
        assert_memory_equal(content.at, records[i], len);
    }
    assert_true(sizes[3] < sizes[1]); /* it leans on what went before: the stream goes on */
    struct inflater *late = inflater_new();
    struct bytes content;
    uint8_t packed[256];
    size_t len = deflate_record(&stream, (const uint8_t *)"more", 4, packed, sizeof packed);
    assert_int_equal(inflater_run(late, (struct bytes){packed, len}, &content),
                     INFLATE_BROKEN); /* not from its start */
    inflater_free(late);
    inflater_free(inflater);
    inflater_free(NULL);
    deflateEnd(&stream);
}

static void test_too_much(void **state)
{
    (void)state;
    static uint8_t plain[PLAIN_MAX + 1], packed[1024];
    z_stream stream = {0};
    struct bytes content;
    assert_int_equal(deflateInit(&stream, 9), Z_OK);
    struct inflater *inflater = inflater_new();
    assert_non_null(inflater);
    uint64_t total = 0;
    enum inflate_result result = INFLATE_OK;
    while (total <= LIMIT_INFLATED) {
        size_t len = deflate_record(&stream, plain, PLAIN_MAX, packed, sizeof packed);
        result = inflater_run(inflater, (struct bytes){packed, len}, &content);
        total += PLAIN_MAX;
        assert_int_equal(content.len, PLAIN_MAX);
        assert_int_equal(result, total > LIMIT_INFLATED ? INFLATE_TOO_MUCH : INFLATE_OK);
    }
    assert_int_equal(result, INFLATE_TOO_MUCH);
    inflater_free(inflater);
    deflateEnd(&stream);
    /* One record may hold no more than a record does. */
    memset(&stream, 0, sizeof stream);
    assert_int_equal(deflateInit(&stream, 9), Z_OK);
    inflater = inflater_new();
    assert_non_null(inflater);
    size_t len = deflate_record(&stream, plain, sizeof plain, packed, sizeof packed);
    assert_int_equal(inflater_run(inflater, (struct bytes){packed, len}, &content), INFLATE_BROKEN);
    inflater_free(inflater);
    deflateEnd(&stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_records), cmocka_unit_test(test_too_much)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void test_none(void **state)
{
    (void)state;
    assert_null(inflater_new());
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
