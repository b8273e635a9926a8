/* Private keys by OpenSSL: see server_keys.h. */
#include "session/server_keys.h"

#include "bounds.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RSA_MAX_LEN = 2048 }; /* bytes: OpenSSL takes keys of 16384 bits at most */

struct server_key {
    struct server_key *next;
    EVP_PKEY *key;
    uint8_t hash[SERVER_KEY_HASH_LEN];
};

void server_keys_cleanup(struct server_keys *keys)
{
    for (struct server_key *key = keys->first, *next; key; key = next) {
        next = key->next;
        EVP_PKEY_free(key->key); /* wipes */
        free(key);
    }
    *keys = (struct server_keys){NULL, 0};
}

/* Up to `size` bytes; -1 with errno. */
static long read_file(const char *path, uint8_t *out, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    ssize_t n = fd < 0 ? -1 : 1;
    while (fd >= 0 && len < size && n > 0) {
        n = read(fd, out + len, size - len);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n > 0)
            len += (size_t)n;
    }
    int error = errno;
    if (fd >= 0)
        close(fd);
    errno = error;
    return n < 0 ? -1 : (long)len;
}

/* What a file holds besides RSA keys, to say why there is none. */
struct contents {
    size_t num_keys;
    bool is_encrypted;
    const char *other; /* type of a key that is none of RSA */
    bool has_pem, is_damaged;
};

static bool hash_of(EVP_PKEY *key, uint8_t hash[SERVER_KEY_HASH_LEN])
{
    unsigned char *bits = NULL;
    int len = i2d_PublicKey(key, &bits);
    bool is_ok = len > 0 && SHA1(bits, (size_t)len, hash);
    OPENSSL_free(bits);
    return is_ok;
}

static void take_key(struct server_keys *keys, struct bytes der, struct contents *found)
{
    const unsigned char *at = der.at;
    EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &at, (long)der.len);
    struct server_key *kept = NULL;
    if (!key) {
        found->is_damaged = true;
    } else if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) {
        found->other = EVP_PKEY_get0_type_name(key) ? EVP_PKEY_get0_type_name(key) : "unknown";
        if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA_PSS)
            found->other = "RSA-PSS";
    } else if (keys->num < LIMIT_SERVER_KEYS && EVP_PKEY_get_size(key) <= RSA_MAX_LEN) {
        kept = calloc(1, sizeof *kept);
    }
    if (kept && hash_of(key, kept->hash)) {
        kept->key = key;
        kept->next = keys->first;
        keys->first = kept;
        keys->num++;
        found->num_keys++;
        return;
    }
    free(kept);
    EVP_PKEY_free(key);
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static void take_pem(struct server_keys *keys, struct bytes file, struct contents *found)
{
    BIO *bio = BIO_new_mem_buf(file.at, (int)file.len);
    char *name, *header;
    unsigned char *data;
    long len;
    while (bio && PEM_read_bio(bio, &name, &header, &data, &len) == 1) {
        found->has_pem = true;
        if (strcmp(name, "ENCRYPTED PRIVATE KEY") == 0 || strstr(header, "ENCRYPTED"))
            found->is_encrypted |= ends_with(name, "PRIVATE KEY");
        else if (ends_with(name, "PRIVATE KEY"))
            take_key(keys, (struct bytes){data, (size_t)len}, found);
        OPENSSL_clear_free(data, (size_t)len);
        OPENSSL_free(name);
        OPENSSL_free(header);
    }
    BIO_free(bio);
}

static int tell(const char *path, const struct contents *found, struct error *error)
{
    if (found->num_keys > 0)
        return 0;
    if (found->is_encrypted)
        return error_set(
            error, "%s: the key is encrypted with a password; openssl pkey -in FILE -out PLAIN takes that off", path);
    if (found->other)
        return error_set(error,
                         "%s: an %s key decrypts nothing, it only signs; RSA keys are needed, for suites with "
                         "static RSA key exchange",
                         path, found->other);
    if (found->is_damaged && found->has_pem)
        return error_set(error, "%s: the private key in it is damaged, or longer than OpenSSL takes", path);
    return error_set(error, "%s: no RSA private key in it (PEM or DER, PKCS#1 or PKCS#8)", path);
}

int server_keys_read_file(struct server_keys *keys, const char *path, struct error *error)
{
    struct contents found = {.num_keys = 0};
    uint8_t *file = malloc(LIMIT_KEY_FILE + 1);
    int status;
    if (!file)
        return error_set(error, "out of memory");
    long len = read_file(path, file, LIMIT_KEY_FILE + 1);
    if (len < 0) {
        status = error_set(error, "%s: %s", path, strerror(errno));
    } else if (len > LIMIT_KEY_FILE) {
        status = error_set(error, "%s: larger than any private key is (%d kB)", path, LIMIT_KEY_FILE / 1024);
    } else if (keys->num == LIMIT_SERVER_KEYS) {
        status = error_set(error, "%s: more than %d private keys", path, LIMIT_SERVER_KEYS);
    } else {
        ERR_set_mark();
        take_pem(keys, (struct bytes){file, (size_t)len}, &found);
        if (!found.has_pem)
            take_key(keys, (struct bytes){file, (size_t)len}, &found);
        ERR_pop_to_mark();
        status = tell(path, &found, error);
    }
    OPENSSL_cleanse(file, LIMIT_KEY_FILE + 1);
    free(file);
    return status;
}

static bool decrypt(EVP_PKEY *key, struct bytes encrypted, const uint16_t versions[2], uint8_t out[PREMASTER_LEN])
{
    uint8_t plain[RSA_MAX_LEN];
    size_t len = sizeof plain;
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool is_ok = c && EVP_PKEY_decrypt_init(c) == 1 && EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) == 1 &&
                 EVP_PKEY_decrypt(c, plain, &len, encrypted.at, encrypted.len) == 1 && len == PREMASTER_LEN;
    if (is_ok) {
        uint16_t version = bytes_u16_at((struct bytes){plain, len}, 0);
        is_ok = version == versions[0] || version == versions[1];
        memcpy(out, plain, PREMASTER_LEN);
    }
    OPENSSL_cleanse(plain, sizeof plain);
    EVP_PKEY_CTX_free(c);
    return is_ok;
}

enum premaster_result server_keys_decrypt(const struct server_keys *keys, const uint8_t *hash, struct bytes encrypted,
                                          const uint16_t versions[2], uint8_t out[PREMASTER_LEN])
{
    enum premaster_result result = PREMASTER_NO_KEY;
    ERR_set_mark();
    for (const struct server_key *key = keys->first; key && result != PREMASTER_OK; key = key->next) {
        if (hash && memcmp(hash, key->hash, SERVER_KEY_HASH_LEN) != 0)
            continue;
        result = decrypt(key->key, encrypted, versions, out) ? PREMASTER_OK : PREMASTER_UNREADABLE;
    }
    ERR_pop_to_mark();
    return result;
}
