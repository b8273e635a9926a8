/* Encrypted ClientHello: HPKE's ciphertexts, and the encoded inner hello beside an outer one. The input is a suite
 * (KEM, KDF, AEAD), the outer hello's length and body, then what is encoded or sealed. */
#include "session/ech.h"
#include "session/hpke.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* What comes out has the outer hello's session ID, and is a hello's size. */
static void decode(struct bytes encoded, struct bytes outer)
{
    size_t room = ech_inner_room(encoded, outer);
    uint8_t *out = malloc(room ? room : 1); /* of exactly that length */
    require(out != NULL);
    size_t len = ech_inner_decode(encoded, outer, out, room);
    require(len <= room);
    if (len > 0) {
        struct fault fault;
        struct cursor c;
        struct client_hello inner, hello;
        cursor_init_whole(&c, outer, &fault);
        client_hello_parse(&c, &hello);
        cursor_init_whole(&c, (struct bytes){out, len}, &fault);
        client_hello_parse(&c, &inner);
        require(bytes_equal(inner.session_id, hello.session_id));
    }
    free(out);
}

static void unseal(const struct crypto *crypto, const struct hpke_suite *suite, struct bytes ciphertext,
                   struct bytes aad)
{
    static const uint8_t secret[32] = {1}, info[] = "tls ech";
    struct hpke_sealed sealed = {.suite = *suite, .sequence = aad.len & 1, .aad = aad, .ciphertext = ciphertext};
    if (!hpke_suite_is_known(suite) || ciphertext.len < HPKE_TAG_LEN)
        return;
    size_t len = ciphertext.len - HPKE_TAG_LEN;
    uint8_t *out = malloc(len ? len : 1);
    require(out != NULL);
    (void)hpke_open(crypto, (struct bytes){secret, sizeof secret}, (struct bytes){info, sizeof info}, &sealed, out);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct crypto *crypto; /* once: OpenSSL takes its time */
    struct fault fault;
    struct cursor c;
    if (!crypto)
        crypto = crypto_new();
    require(crypto != NULL);
    cursor_init_whole(&c, (struct bytes){data, size}, &fault);
    struct hpke_suite suite = {cursor_u16(&c, "kem"), cursor_u16(&c, "kdf"), cursor_u16(&c, "aead")};
    struct bytes outer = cursor_bytes16(&c, "outer"), rest = cursor_rest(&c, "rest");
    decode(rest, outer);
    unseal(crypto, &suite, rest, outer);
    return 0;
}
