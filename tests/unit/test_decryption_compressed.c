/* A TLS 1.2 connection whose records are compressed (RFC 3749) and encrypted, sealed here: with the master secret each
 * record is opened and inflated, application data too, since the stream goes on over all of them. */
#include "session/key_schedule.h"
#include "session/keys.h"
#include "support/session_bench.h"
#include "support/tls_builder.h"

#ifdef TLSWHY_WITH_ZLIB
#include <openssl/evp.h>
#include <zlib.h>

#include <stdio.h>
#include <stdlib.h>

/* What wire_client_hello() and wire_server_hello() have as their randoms. */
#define CLIENT_RANDOM "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

enum {
    CLIENT,
    SERVER,
    MASTER_FILL = 0x77,
    KEY_LEN = 16,
    SALT_LEN = 4,
    EXPLICIT_LEN = 8,
    TAG_LEN = 16,
    BLOCK_LEN = 2 * (KEY_LEN + SALT_LEN),
    SUITE = 0xC02F, /* TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 */
    METHOD_AT = 5 + 4 + 2 + 32 + 1 + 2,
    UNKNOWN_CA = 48,
};

struct story {
    struct bench b;
    struct wire wire;
    z_stream packer[2];
    uint64_t sequence[2];
    uint8_t block[BLOCK_LEN];
};

static void begin(struct story *s)
{
    uint8_t client_random[32], server_random[32], master[48];
    char log[256];
    int len = snprintf(log, sizeof log, "CLIENT_RANDOM " CLIENT_RANDOM " ");
    set_up(&s->b);
    s->b.context.keys = keys_new();
    s->b.context.crypto = crypto_new();
    assert_non_null(s->b.context.keys);
    assert_non_null(s->b.context.crypto);
    for (unsigned i = 0; i < sizeof master; i++)
        len += snprintf(log + len, sizeof log - (size_t)len, "%02x", MASTER_FILL);
    keys_add(s->b.context.keys, (struct bytes){(const uint8_t *)log, (size_t)len}, KEYS_KEYLOG);
    memset(master, MASTER_FILL, sizeof master);
    for (unsigned i = 0; i < 32; i++) {
        client_random[i] = (uint8_t)i;
        server_random[i] = (uint8_t)(0x20 + i);
    }
    assert_true(key_block_derive(s->b.context.crypto, "SHA256", VERSION_TLS12, (struct bytes){master, sizeof master},
                                 client_random, server_random, s->block, BLOCK_LEN));
    for (unsigned side = 0; side < 2; side++) {
        assert_int_equal(deflateInit(&s->packer[side], 9), Z_OK);
        s->sequence[side] = 0;
    }
    s->wire.len = 0;
}

static void end(struct story *s)
{
    tear_down(&s->b);
    for (unsigned side = 0; side < 2; side++)
        deflateEnd(&s->packer[side]);
    keys_free(s->b.context.keys);
    crypto_free(s->b.context.crypto);
}

static void send_wire(struct story *s, unsigned side)
{
    send_bytes(&s->b, side, wire_all(&s->wire), 1460);
    s->wire.len = 0;
}

static size_t pack(z_stream *stream, const uint8_t *plain, size_t len, uint8_t *out, size_t room)
{
    stream->next_in = (z_const Bytef *)(uintptr_t)plain;
    stream->avail_in = (uInt)len;
    stream->next_out = out;
    stream->avail_out = (uInt)room;
    assert_int_equal(deflate(stream, Z_SYNC_FLUSH), Z_OK);
    return room - stream->avail_out;
}

/* RFC 5246 section 6.2.3.3 and RFC 5288. */
static void seal(struct story *s, unsigned side, uint8_t type, const uint8_t *plain, size_t plain_len)
{
    uint8_t packed[1024], out[EXPLICIT_LEN + 1024 + TAG_LEN], nonce[SALT_LEN + EXPLICIT_LEN], aad[13];
    size_t len = pack(&s->packer[side], plain, plain_len, packed, sizeof packed);
    int n;
    for (unsigned i = 0; i < EXPLICIT_LEN; i++)
        aad[i] = out[i] = (uint8_t)(s->sequence[side] >> (56 - 8 * i));
    memcpy(aad + 8, (const uint8_t[]){type, 3, 3, (uint8_t)(len >> 8), (uint8_t)len}, 5);
    memcpy(nonce, s->block + (size_t)2 * KEY_LEN + side * (size_t)SALT_LEN, SALT_LEN);
    memcpy(nonce + SALT_LEN, out, EXPLICIT_LEN);
    s->sequence[side]++;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    assert_true(EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL, s->block + side * (size_t)KEY_LEN, nonce));
    assert_true(EVP_EncryptUpdate(c, NULL, &n, aad, sizeof aad));
    assert_true(EVP_EncryptUpdate(c, out + EXPLICIT_LEN, &n, packed, (int)len));
    assert_true(EVP_EncryptFinal_ex(c, out + EXPLICIT_LEN + n, &n));
    assert_true(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, out + EXPLICIT_LEN + len));
    EVP_CIPHER_CTX_free(c);
    wire_record(&s->wire, type, 0x0303, out, EXPLICIT_LEN + len + TAG_LEN);
    send_wire(s, side);
}

static void handshake(struct story *s)
{
    static const uint8_t finished[16] = {HS_FINISHED, 0, 0, 12};
    wire_client_hello(&s->wire, false);
    send_wire(s, CLIENT);
    wire_server_hello(&s->wire, SUITE, false);
    assert_int_equal(s->wire.data[METHOD_AT], 0);
    s->wire.data[METHOD_AT] = 1; /* DEFLATE */
    wire_message(&s->wire, HS_SERVER_HELLO_DONE, NULL, 0);
    send_wire(s, SERVER);
    wire_message(&s->wire, HS_CLIENT_KEY_EXCHANGE, "\x01\x02", 2);
    wire_ccs(&s->wire);
    send_wire(s, CLIENT);
    seal(s, CLIENT, CONTENT_HANDSHAKE, finished, sizeof finished);
    wire_ccs(&s->wire);
    send_wire(s, SERVER);
    seal(s, SERVER, CONTENT_HANDSHAKE, finished, sizeof finished);
}

static const struct event *last_alert(const struct connection *c)
{
    const struct event *found = NULL;
    for (unsigned i = 0; i < c->num_events; i++)
        if (c->events[i].kind == EVENT_ALERT)
            found = &c->events[i];
    return found;
}

/* The alert leans on what the stream held before, application data among it. */
static void test_alert(void **state)
{
    (void)state;
    static const uint8_t request[] = "a request, a request, a request \x02\x30", alert[] = {2, UNKNOWN_CA};
    struct story *s = calloc(1, sizeof *s);
    assert_non_null(s);
    begin(s);
    handshake(s);
    seal(s, CLIENT, CONTENT_APPLICATION_DATA, request, sizeof request - 1);
    seal(s, CLIENT, CONTENT_ALERT, alert, sizeof alert);
    finish(&s->b);
    const struct event *event = last_alert(&s->b.c);
    assert_non_null(event);
    assert_int_equal(event->role, ROLE_CLIENT);
    assert_int_equal(event->code, UNKNOWN_CA);
    assert_int_equal(s->b.c.keys, KEYS_KEYLOG);
    assert_int_equal(s->b.c.keys_error, KEYS_NO_ERROR);
    end(s);
    free(s);
}

/* The keys are right, and what they open is not DEFLATE: that side stays hidden from there on. */
static void test_not_packed(void **state)
{
    (void)state;
    static const uint8_t alert[] = {2, UNKNOWN_CA};
    struct story *s = calloc(1, sizeof *s);
    assert_non_null(s);
    begin(s);
    handshake(s);
    deflateEnd(&s->packer[CLIENT]);
    assert_int_equal(deflateInit(&s->packer[CLIENT], 9), Z_OK); /* a stream that begins anew */
    seal(s, CLIENT, CONTENT_ALERT, alert, sizeof alert);
    seal(s, SERVER, CONTENT_ALERT, alert, sizeof alert);
    finish(&s->b);
    const struct event *event = last_alert(&s->b.c);
    assert_non_null(event);
    assert_int_equal(event->role, ROLE_SERVER);
    assert_int_equal(s->b.c.keys_error, KEYS_UNSUPPORTED);
    end(s);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alert),
        cmocka_unit_test(test_not_packed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int main(void)
{
    print_message("skipped: built without zlib\n");
    return 77;
}
#endif
