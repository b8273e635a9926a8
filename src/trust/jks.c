/* Java key stores: the format of sun.security.provider.JavaKeyStore, versions 1 and 2. */
#include "trust/jks.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>

#include <string.h>

enum { TAG_PRIVATE_KEY = 1, TAG_TRUSTED = 2 };

static const uint32_t magic = 0xFEEDFEED;

bool jks_is(struct bytes file)
{
    return bytes_u32_at(file, 0) == magic;
}

static void read_certificate(struct cursor *c, uint32_t version, struct jks_certificate *out)
{
    out->type = version == 1 ? (struct bytes){NULL, 0} : cursor_bytes16(c, "certificate type");
    out->der = cursor_bytes(c, cursor_u32(c, "certificate length"), "certificate");
}

static void read_entry(struct cursor *c, uint32_t version, void (*take)(void *, const struct jks_certificate *),
                       void *arg)
{
    uint32_t tag = cursor_u32(c, "entry tag");
    struct jks_certificate found = {.is_trusted = tag == TAG_TRUSTED, .alias = cursor_bytes16(c, "alias")};
    uint32_t num = 1;
    cursor_skip(c, 8, "creation time");
    if (tag == TAG_PRIVATE_KEY) {
        cursor_skip(c, cursor_u32(c, "private key length"), "private key");
        num = cursor_u32(c, "certificates in chain");
    } else if (tag != TAG_TRUSTED) {
        cursor_fail(c, FAULT_MALFORMED, "entry tag");
    }
    for (uint32_t i = 0; i < num && cursor_more(c); i++) {
        read_certificate(c, version, &found);
        if (cursor_ok(c))
            take(arg, &found);
    }
}

bool jks_read(struct bytes file, void (*take)(void *arg, const struct jks_certificate *certificate), void *arg,
              struct fault *fault)
{
    struct cursor c;
    cursor_init(&c, file, SIZE_MAX, 0, fault); /* a file that ends early is cut, not damaged */
    if (cursor_u32(&c, "magic") != magic)
        cursor_fail(&c, FAULT_MALFORMED, "magic");
    uint32_t version = cursor_u32(&c, "version");
    if (version != 1 && version != 2)
        cursor_fail(&c, FAULT_MALFORMED, "version");
    uint32_t num = cursor_u32(&c, "number of entries");
    for (uint32_t i = 0; i < num && cursor_ok(&c); i++)
        read_entry(&c, version, take, arg);
    cursor_skip(&c, JKS_DIGEST_LEN, "digest");
    if (cursor_ok(&c) && c.left > 0)
        cursor_fail(&c, FAULT_MALFORMED, "trailing bytes in key store");
    return cursor_ok(&c);
}

/* SHA-1 over the password in UTF-16, a phrase that says what is in a name, and the file. */
bool jks_is_intact(struct bytes file, const char *password)
{
    static const char phrase[] = "Mighty Aphrodite";
    unsigned char *utf16 = NULL, digest[EVP_MAX_MD_SIZE];
    int len = 0;
    if (file.len < JKS_DIGEST_LEN || !OPENSSL_utf82uni(password, -1, &utf16, &len) || len < 2)
        return false;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t body = file.len - JKS_DIGEST_LEN;
    bool is_done = ctx && EVP_DigestInit_ex(ctx, EVP_sha1(), NULL) && EVP_DigestUpdate(ctx, utf16, (size_t)len - 2) &&
                   EVP_DigestUpdate(ctx, phrase, sizeof phrase - 1) && EVP_DigestUpdate(ctx, file.at, body) &&
                   EVP_DigestFinal_ex(ctx, digest, NULL);
    bool is_equal =
        is_done && bytes_equal((struct bytes){digest, JKS_DIGEST_LEN}, bytes_slice(file, body, JKS_DIGEST_LEN));
    EVP_MD_CTX_free(ctx);
    OPENSSL_clear_free(utf16, (size_t)len);
    ERR_clear_error();
    return is_equal;
}
