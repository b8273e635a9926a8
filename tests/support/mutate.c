/* The mutator: see mutate.h. */
#include "support/mutate.h"

#include "support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

/* Memory of exactly n bytes, so that reading one more is seen. */
static uint8_t *exactly(const uint8_t *from, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);
    assert_non_null(copy);
    if (n)
        memcpy(copy, from, n);
    return copy;
}

void mutate_prefixes(struct bytes message, mutate_parser *parse, void *arg)
{
    struct fault fault = {FAULT_NONE, 0, NULL};
    parse(message, message.len, &fault, arg);
    if (fault.kind != FAULT_NONE)
        fail_msg("whole message: fault %d in %s at %llu", (int)fault.kind, fault.field,
                 (unsigned long long)fault.offset);
    for (size_t n = 0; n < message.len; n++) {
        uint8_t *copy = exactly(message.at, n);
        parse((struct bytes){copy, n}, message.len, &fault, arg);
        free(copy);
        if (fault.kind != FAULT_SHORT)
            fail_msg("prefix of %zu of %zu bytes: fault %d in %s, not SHORT", n, message.len, (int)fault.kind,
                     fault.field ? fault.field : "-");
    }
}

void mutate_bits(struct bytes message, mutate_parser *parse, void *arg)
{
    struct fault fault;
    uint8_t *copy = exactly(message.at, message.len);
    for (size_t bit = 0; bit < message.len * 8; bit++) {
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        parse((struct bytes){copy, message.len}, message.len, &fault, arg);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    uint32_t seed = 1;
    for (int round = 0; message.len > 0 && round < 500; round++) {
        memcpy(copy, message.at, message.len);
        for (int i = 0; i < 1 + round % 8; i++) {
            seed = seed * 1664525 + 1013904223;
            copy[(seed >> 8) % message.len] = (uint8_t)(seed >> 24);
        }
        parse((struct bytes){copy, message.len}, message.len, &fault, arg);
    }
    free(copy);
}

void mutate_trailing(struct bytes message, mutate_parser *parse, void *arg)
{
    struct fault fault = {FAULT_NONE, 0, NULL};
    uint8_t *copy = malloc(message.len + 1);
    assert_non_null(copy);
    if (message.len)
        memcpy(copy, message.at, message.len);
    copy[message.len] = 0;
    parse((struct bytes){copy, message.len + 1}, message.len + 1, &fault, arg);
    free(copy);
    assert_int_equal(fault.kind, FAULT_MALFORMED);
}

void mutate_all(struct bytes message, mutate_parser *parse, void *arg)
{
    mutate_prefixes(message, parse, arg);
    mutate_bits(message, parse, arg);
    mutate_trailing(message, parse, arg);
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

struct bytes bytes_from_hex(const char *hex)
{
    uint8_t *out = malloc(strlen(hex) / 2 + 1);
    assert_non_null(out);
    size_t len = 0;
    int high = -1;
    for (const char *p = hex; *p; p++) {
        int value = digit(*p);
        if (value < 0)
            continue;
        if (high < 0) {
            high = value;
        } else {
            out[len++] = (uint8_t)(high << 4 | value);
            high = -1;
        }
    }
    uint8_t *exact = exactly(out, len);
    free(out);
    return (struct bytes){exact, len};
}
