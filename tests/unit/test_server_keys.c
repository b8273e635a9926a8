/* Servers' private keys: every form of file that OpenSSL writes, what is refused and why, and what decrypts. */
#include "session/server_keys.h"

#include "bounds.h"
#include "support/cmocka_all.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BITS = 1024, CLIENT_VERSION = 0x0303, CHOSEN_VERSION = 0x0301 };

static const uint16_t versions[2] = {CLIENT_VERSION, CHOSEN_VERSION};

struct file {
    char path[32];
    FILE *out;
};

static void file_open(struct file *file)
{
    memcpy(file->path, "/tmp/tlswhy-skXXXXXX", sizeof "/tmp/tlswhy-skXXXXXX");
    int fd = mkstemp(file->path);
    assert_true(fd >= 0);
    file->out = fdopen(fd, "w");
    assert_non_null(file->out);
}

/* Reads it as a user's file would be, and removes it. */
static int file_read(struct file *file, struct server_keys *keys, struct error *error)
{
    assert_int_equal(fclose(file->out), 0);
    int status = server_keys_read_file(keys, file->path, error);
    unlink(file->path);
    return status;
}

static size_t encrypt(EVP_PKEY *key, const uint8_t *plain, size_t len, uint8_t *out, size_t room)
{
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(key, NULL);
    assert_non_null(c);
    assert_int_equal(EVP_PKEY_encrypt_init(c), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING), 1);
    assert_int_equal(EVP_PKEY_encrypt(c, out, &room, plain, len), 1);
    EVP_PKEY_CTX_free(c);
    return room;
}

static void premaster_of(uint16_t version, uint8_t premaster[PREMASTER_LEN])
{
    for (unsigned i = 0; i < PREMASTER_LEN; i++)
        premaster[i] = (uint8_t)(0x40 + i);
    premaster[0] = (uint8_t)(version >> 8);
    premaster[1] = (uint8_t)version;
}

static void hash_of(EVP_PKEY *key, uint8_t hash[SERVER_KEY_HASH_LEN])
{
    unsigned char *bits = NULL;
    int len = i2d_PublicKey(key, &bits);
    assert_true(len > 0);
    assert_non_null(SHA1(bits, (size_t)len, hash));
    OPENSSL_free(bits);
}

static void write_pkcs8(FILE *out, EVP_PKEY *key)
{
    assert_int_equal(PEM_write_PKCS8PrivateKey(out, key, NULL, NULL, 0, NULL, NULL), 1);
}

static void write_traditional(FILE *out, EVP_PKEY *key, const EVP_CIPHER *cipher)
{
    static const unsigned char password[] = "changeit";
    BIO *bio = BIO_new_fp(out, BIO_NOCLOSE);
    assert_non_null(bio);
    assert_int_equal(PEM_write_bio_PrivateKey_traditional(bio, key, cipher, password, 8, NULL, NULL), 1);
    BIO_free(bio);
}

static void write_pkcs1(FILE *out, EVP_PKEY *key)
{
    write_traditional(out, key, NULL);
}

static void write_der(FILE *out, EVP_PKEY *key)
{
    assert_int_equal(i2d_PrivateKey_fp(out, key), 1);
}

/* Behind something else, as in a file for a web server. */
static void write_bundle(FILE *out, EVP_PKEY *key)
{
    fputs("a line of text\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", out);
    write_pkcs8(out, key);
}

static void test_forms(void **state)
{
    (void)state;
    static void (*const writers[])(FILE *, EVP_PKEY *) = {write_pkcs8, write_pkcs1, write_der, write_bundle};
    EVP_PKEY *key = EVP_RSA_gen(BITS);
    assert_non_null(key);
    uint8_t premaster[PREMASTER_LEN], out[PREMASTER_LEN], encrypted[BITS / 8], hash[SERVER_KEY_HASH_LEN];
    premaster_of(CLIENT_VERSION, premaster);
    hash_of(key, hash);
    struct bytes sealed = {encrypted, encrypt(key, premaster, sizeof premaster, encrypted, sizeof encrypted)};
    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++) {
        struct server_keys keys = {NULL, 0};
        struct file file;
        struct error error;
        file_open(&file);
        writers[i](file.out, key);
        assert_int_equal(file_read(&file, &keys, &error), 0);
        assert_int_equal(keys.num, 1);
        memset(out, 0, sizeof out);
        assert_int_equal(server_keys_decrypt(&keys, hash, sealed, versions, out), PREMASTER_OK);
        assert_memory_equal(out, premaster, sizeof out);
        server_keys_cleanup(&keys);
        assert_int_equal(keys.num, 0);
    }
    EVP_PKEY_free(key);
}

static void test_which(void **state)
{
    (void)state;
    struct server_keys keys = {NULL, 0};
    EVP_PKEY *two[2] = {EVP_RSA_gen(BITS), EVP_RSA_gen(BITS)};
    uint8_t premaster[PREMASTER_LEN], out[PREMASTER_LEN], encrypted[BITS / 8], hash[2][SERVER_KEY_HASH_LEN];
    struct file file;
    struct error error;
    file_open(&file);
    for (unsigned i = 0; i < 2; i++) {
        write_pkcs8(file.out, two[i]);
        hash_of(two[i], hash[i]);
    }
    assert_int_equal(file_read(&file, &keys, &error), 0);
    assert_int_equal(keys.num, 2);
    premaster_of(CHOSEN_VERSION, premaster);
    struct bytes sealed = {encrypted, encrypt(two[1], premaster, sizeof premaster, encrypted, sizeof encrypted)};
    assert_int_equal(server_keys_decrypt(&keys, hash[1], sealed, versions, out), PREMASTER_OK);
    assert_int_equal(server_keys_decrypt(&keys, NULL, sealed, versions, out), PREMASTER_OK); /* tries both */
    assert_memory_equal(out, premaster, sizeof out);
    assert_int_equal(server_keys_decrypt(&keys, hash[0], sealed, versions, out), PREMASTER_UNREADABLE);
    hash[1][0] ^= 1;
    assert_int_equal(server_keys_decrypt(&keys, hash[1], sealed, versions, out), PREMASTER_NO_KEY);
    hash[1][0] ^= 1;
    /* Another version, another length, damage, nothing. */
    static const uint16_t others[2] = {0x0302, 0x0300};
    assert_int_equal(server_keys_decrypt(&keys, hash[1], sealed, others, out), PREMASTER_UNREADABLE);
    encrypted[5] ^= 1;
    assert_int_equal(server_keys_decrypt(&keys, hash[1], sealed, versions, out), PREMASTER_UNREADABLE);
    sealed.len = encrypt(two[1], premaster, sizeof premaster - 1, encrypted, sizeof encrypted);
    assert_int_equal(server_keys_decrypt(&keys, hash[1], sealed, versions, out), PREMASTER_UNREADABLE);
    for (size_t len = 0; len < 4; len++)
        assert_int_equal(server_keys_decrypt(&keys, hash[1], bytes_slice(sealed, 0, len), versions, out),
                         PREMASTER_UNREADABLE);
    server_keys_cleanup(&keys);
    for (unsigned i = 0; i < 2; i++)
        EVP_PKEY_free(two[i]);
}

/* What a refusal has to say. */
static void refuses(struct file *file, const char *why)
{
    struct server_keys keys = {NULL, 0};
    struct error error;
    assert_int_equal(file_read(file, &keys, &error), -1);
    if (!strstr(error.text, why))
        fail_msg("'%s' says nothing of '%s'", error.text, why);
    assert_int_equal(keys.num, 0);
}

static void test_refused(void **state)
{
    (void)state;
    struct file file;
    EVP_PKEY *key = EVP_RSA_gen(BITS), *other = EVP_EC_gen("P-256");
    char password[] = "changeit";
    file_open(&file);
    refuses(&file, "no RSA private key");
    file_open(&file);
    fputs("CLIENT_RANDOM 00 00\n", file.out);
    refuses(&file, "no RSA private key");
    file_open(&file);
    write_pkcs8(file.out, other);
    refuses(&file, "an EC key decrypts nothing");
    file_open(&file);
    assert_int_equal(PEM_write_PKCS8PrivateKey(file.out, key, EVP_aes_128_cbc(), password, 8, NULL, NULL), 1);
    refuses(&file, "encrypted with a password");
    file_open(&file);
    write_traditional(file.out, key, EVP_aes_128_cbc());
    refuses(&file, "encrypted with a password");
    file_open(&file);
    fputs("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", file.out);
    refuses(&file, "damaged");
    file_open(&file);
    for (unsigned i = 0; i <= LIMIT_KEY_FILE; i++)
        fputc('\n', file.out);
    refuses(&file, "larger than any private key");
    struct server_keys keys = {NULL, 0};
    struct error error;
    assert_int_equal(server_keys_read_file(&keys, "/nonexistent/key.pem", &error), -1);
    assert_non_null(strstr(error.text, "No such file"));
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_forms), cmocka_unit_test(test_which),
                                       cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
