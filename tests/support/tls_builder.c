/* TLS bytes for tests: see tls_builder.h. */
#include "support/tls_builder.h"

#include "support/cmocka_all.h"
#include "support/mutate.h"

#include <stdlib.h>
#include <string.h>

void wire_bytes(struct wire *w, const void *bytes, size_t len)
{
    assert_true(w->len + len <= sizeof w->data);
    memcpy(w->data + w->len, bytes, len);
    w->len += len;
}

void wire_hex(struct wire *w, const char *hex)
{
    struct bytes b = bytes_from_hex(hex);
    wire_bytes(w, b.at, b.len);
    free((void *)(uintptr_t)b.at);
}

void wire_record(struct wire *w, uint8_t type, uint16_t version, const void *fragment, size_t len)
{
    uint8_t header[] = {type, (uint8_t)(version >> 8), (uint8_t)version, (uint8_t)(len >> 8), (uint8_t)len};
    wire_bytes(w, header, sizeof header);
    wire_bytes(w, fragment, len);
}

void wire_hidden(struct wire *w, uint8_t type, size_t len)
{
    uint8_t noise[16384];
    uint32_t seed = (uint32_t)(w->len + len);
    assert_true(len <= sizeof noise);
    for (size_t i = 0; i < len; i++) {
        seed = seed * 1664525 + 1013904223;
        noise[i] = (uint8_t)(seed >> 24);
    }
    wire_record(w, type, 0x0303, noise, len);
}

void wire_message(struct wire *w, uint8_t type, const void *body, size_t len)
{
    uint8_t message[16384] = {type, (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len};
    assert_true(len + 4 <= sizeof message);
    if (len > 0)
        memcpy(message + 4, body, len);
    wire_record(w, 22, 0x0303, message, len + 4);
}

void wire_alert(struct wire *w, uint8_t level, uint8_t code)
{
    uint8_t alert[] = {level, code};
    wire_record(w, 21, 0x0303, alert, 2);
}

void wire_ccs(struct wire *w)
{
    wire_record(w, 20, 0x0303, "\x01", 1);
}

void wire_client_hello(struct wire *w, bool has_early_data)
{
    struct wire body = {.len = 0};
    wire_hex(&body,
             "0303 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 00 0006 1301 c02f 009c 01 00");
    const char *extensions = "0000 000e 000c 00 0009 612e6578616d706c65"
                             "002b 0005 04 0304 0303"
                             "000a 0004 0002 001d"
                             "0033 0008 0006 001d 0002 aabb";
    struct bytes b = bytes_from_hex(extensions);
    uint8_t len[] = {0, (uint8_t)(b.len + (has_early_data ? 4 : 0))};
    wire_bytes(&body, len, 2);
    wire_bytes(&body, b.at, b.len);
    free((void *)(uintptr_t)b.at);
    if (has_early_data)
        wire_hex(&body, "002a 0000");
    wire_message(w, 1, body.data, body.len);
}

void wire_server_hello(struct wire *w, uint16_t suite, bool is_tls13)
{
    struct wire body = {.len = 0};
    wire_hex(&body, "0303 202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f 00");
    uint8_t chosen[] = {(uint8_t)(suite >> 8), (uint8_t)suite, 0};
    wire_bytes(&body, chosen, sizeof chosen);
    wire_hex(&body, is_tls13 ? "000e 002b 0002 0304 0033 0004 001d 0000" : "0005 ff01 0001 00");
    wire_message(w, 2, body.data, body.len);
}
