/* Writes pcapng blocks: see pcapng_writer.h. */
#include "evidence/pcapng_writer.h"

#include "capture/pcapng.h"

#include <string.h>

enum {
    OPTION_COMMENT = 1,
    OPTION_IF_NAME = 2,
    OPTION_IF_DESCRIPTION = 3,
    OPTION_USER_APPLICATION = 4,
    OPTION_IF_TSRESOL = 9,
    OPTION_MAX = 65532, /* bytes of one value that leave room for padding */
    SECRETS_TLS = 0x544c534b,
    FRAMING = 12,
};

static void put(struct output *o, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        output_char(o, (char)(value >> 8 * i));
}

static size_t padded(size_t len)
{
    return (len + 3) & ~(size_t)3;
}

static void put_padded(struct output *o, const void *bytes, size_t len)
{
    if (len > 0)
        output_bytes(o, bytes, len);
    put(o, 0, padded(len) - len);
}

static size_t value_len(const char *text)
{
    return strnlen(text, OPTION_MAX);
}

static size_t option_len(size_t len)
{
    return 4 + padded(len);
}

static void put_option(struct output *o, unsigned code, const void *value, size_t len)
{
    put(o, code, 2);
    put(o, len, 2);
    put_padded(o, value, len);
}

static size_t texts_len(const char *const *texts, size_t num)
{
    size_t len = 0;
    for (size_t i = 0; i < num; i++)
        len += option_len(value_len(texts[i]));
    return len;
}

static void put_comments(struct output *o, const char *const *comments, size_t num)
{
    for (size_t i = 0; i < num; i++)
        put_option(o, OPTION_COMMENT, comments[i], value_len(comments[i]));
}

static void begin(struct output *o, uint32_t type, size_t len)
{
    put(o, type, 4);
    put(o, len, 4);
}

void pcapng_write_section(struct output *o, const char *const *comments, size_t num)
{
    static const char program[] = "tlswhy";
    enum { FIXED = 16, PROGRAM_LEN = sizeof program - 1 };
    size_t len = FRAMING + FIXED + texts_len(comments, num) + option_len(PROGRAM_LEN) + option_len(0);
    begin(o, PCAPNG_SECTION, len);
    put(o, PCAPNG_BYTE_ORDER_MAGIC, 4);
    put(o, 1, 2);
    put(o, 0, 2);
    put(o, UINT64_MAX, 8); /* the section's length: not said */
    put_comments(o, comments, num);
    put_option(o, OPTION_USER_APPLICATION, program, PROGRAM_LEN);
    put_option(o, 0, NULL, 0);
    put(o, len, 4);
}

void pcapng_write_interface(struct output *o, const struct capture_interface *interface)
{
    enum { FIXED = 8 };
    size_t name = value_len(interface->name), description = value_len(interface->description);
    size_t len = FRAMING + FIXED + option_len(1) + option_len(0);
    len += name > 0 ? option_len(name) : 0;
    len += description > 0 ? option_len(description) : 0;
    begin(o, PCAPNG_INTERFACE, len);
    put(o, interface->link_type, 2);
    put(o, 0, 2);
    put(o, interface->snaplen, 4);
    if (name > 0)
        put_option(o, OPTION_IF_NAME, interface->name, name);
    if (description > 0)
        put_option(o, OPTION_IF_DESCRIPTION, interface->description, description);
    put_option(o, OPTION_IF_TSRESOL, &interface->resolution, 1);
    put_option(o, 0, NULL, 0);
    put(o, len, 4);
}

void pcapng_write_packet(struct output *o, uint32_t interface, uint64_t units, struct bytes bytes, uint32_t len,
                         const char *const *comments, size_t num)
{
    enum { FIXED = 20 };
    size_t whole = FRAMING + FIXED + padded(bytes.len) + (num > 0 ? texts_len(comments, num) + option_len(0) : 0);
    begin(o, PCAPNG_PACKET, whole);
    put(o, interface, 4);
    put(o, units >> 32, 4);
    put(o, units & UINT32_MAX, 4);
    put(o, bytes.len, 4);
    put(o, len, 4);
    put_padded(o, bytes.at, bytes.len);
    put_comments(o, comments, num);
    if (num > 0)
        put_option(o, 0, NULL, 0);
    put(o, whole, 4);
}

void pcapng_write_secrets(struct output *o, struct bytes log)
{
    enum { FIXED = 8 };
    size_t len = FRAMING + FIXED + padded(log.len);
    begin(o, PCAPNG_SECRETS, len);
    put(o, SECRETS_TLS, 4);
    put(o, log.len, 4);
    put_padded(o, log.at, log.len);
    put(o, len, 4);
}

/* With the whole seconds apart, nothing overflows before the result does. */
static uint64_t binary_units(unsigned exponent, uint64_t seconds, uint64_t ns)
{
    if (exponent > 34)
        return exponent < 64 ? (seconds << exponent) + ((ns << 34) / 1000000000 << (exponent - 34)) : 0;
    return (seconds << exponent) + ((ns << exponent) + 999999999) / 1000000000;
}

uint64_t pcapng_units(uint8_t resolution, int64_t time_ns)
{
    uint64_t ns = time_ns > 0 ? (uint64_t)time_ns : 0;
    unsigned exponent = resolution & 0x7f;
    if (resolution & 0x80)
        return binary_units(exponent, ns / 1000000000, ns % 1000000000);
    for (unsigned i = exponent; i < 9; i++)
        ns /= 10;
    for (unsigned i = 9; i < exponent; i++)
        ns *= 10;
    return ns;
}
