/* Formats of trust stores: PEM (RFC 7468), DER, PKCS#7 (RFC 2315), PKCS#12 (RFC 7292), JKS. */
#include "trust/store_internal.h"

#include "bounds.h"
#include "trust/jks.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>

#include <inttypes.h>
#include <limits.h>
#include <string.h>

static const char *last_reason(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    return reason ? reason : "not readable";
}

/* ---- PEM */

static void read_pem_block(struct store *store, const char *file, const char *kind, const char *header,
                           struct bytes der)
{
    bool has_settings = strcmp(kind, PEM_STRING_X509_TRUSTED) == 0;
    if (!has_settings && strcmp(kind, PEM_STRING_X509) != 0 && strcmp(kind, PEM_STRING_X509_OLD) != 0)
        return; /* keys, revocation lists and the like */
    if (*header)
        store_error(store, "%s: an encrypted certificate", file);
    else
        store_add(store, file, der, has_settings);
}

/* A block that is damaged does not keep the others from being read. */
static void read_pem(struct store *store, const char *file, struct bytes content)
{
    BIO *bio = content.len <= INT_MAX ? BIO_new_mem_buf(content.at, (int)content.len) : NULL;
    if (!bio) {
        store->is_failed = true;
        return;
    }
    for (size_t left = content.len, now; left > 0; left = now) {
        char *kind = NULL, *header = NULL;
        unsigned char *der = NULL;
        long len = 0;
        ERR_clear_error();
        if (PEM_read_bio(bio, &kind, &header, &der, &len) == 1)
            read_pem_block(store, file, kind, header, (struct bytes){der, (size_t)len});
        else if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
            store_error(store, "%s: %s", file, last_reason());
        OPENSSL_free(kind);
        OPENSSL_free(header);
        OPENSSL_free(der);
        now = BIO_ctrl_pending(bio);
        if (now >= left)
            break;
    }
    BIO_free(bio);
}

/* ---- DER */

static void add_x509(struct store *store, const char *file, X509 *x509)
{
    unsigned char *der = NULL;
    int len = i2d_X509(x509, &der);
    if (len > 0)
        store_add(store, file, (struct bytes){der, (size_t)len}, false);
    OPENSSL_free(der);
}

static void add_all(struct store *store, const char *file, const STACK_OF(X509) * certificates)
{
    for (int i = 0; i < sk_X509_num(certificates); i++)
        add_x509(store, file, sk_X509_value(certificates, i));
}

static bool read_pkcs7(struct store *store, const char *file, struct bytes content)
{
    const unsigned char *at = content.at;
    PKCS7 *p7 = d2i_PKCS7(NULL, &at, (long)content.len);
    bool is_signed = p7 && PKCS7_type_is_signed(p7);
    if (is_signed && p7->d.sign)
        add_all(store, file, p7->d.sign->cert);
    PKCS7_free(p7);
    return is_signed;
}

/* One try with one password, with the algorithms of one library context. The owner's own certificate (beside a private
 * key) counts where there is no other. */
static bool open_pkcs12(struct store *store, const char *file, struct bytes content, const char *password,
                        OSSL_LIB_CTX *context)
{
    const unsigned char *at = content.at;
    PKCS12 *p12 = PKCS12_init_ex(NID_pkcs7_data, context, NULL);
    EVP_PKEY *key = NULL;
    X509 *own = NULL;
    STACK_OF(X509) *others = NULL;
    if (p12 && !d2i_PKCS12(&p12, &at, (long)content.len))
        p12 = NULL; /* freed by d2i */
    bool is_open = p12 && PKCS12_parse(p12, password, &key, &own, &others) == 1;
    if (is_open) {
        add_all(store, file, others);
        if (own && sk_X509_num(others) <= 0)
            add_x509(store, file, own);
    }
    sk_X509_pop_free(others, X509_free);
    X509_free(own);
    EVP_PKEY_free(key);
    PKCS12_free(p12);
    return is_open;
}

static bool try_passwords(struct store *store, const char *file, struct bytes content, OSSL_LIB_CTX *context)
{
    if (store->password)
        return open_pkcs12(store, file, content, store->password, context);
    return open_pkcs12(store, file, content, "changeit", context) || open_pkcs12(store, file, content, "", context) ||
           open_pkcs12(store, file, content, NULL, context);
}

/* RC2 and the like, which Java up to 8 used for certificates: in a library context of their own, so that nothing else
 * in this program takes them. */
static bool try_legacy(struct store *store, const char *file, struct bytes content)
{
    OSSL_LIB_CTX *context = OSSL_LIB_CTX_new();
    OSSL_PROVIDER *base = context ? OSSL_PROVIDER_load(context, "default") : NULL;
    OSSL_PROVIDER *legacy = base ? OSSL_PROVIDER_load(context, "legacy") : NULL;
    bool is_open = legacy && try_passwords(store, file, content, context);
    if (base && !legacy)
        store_error(store, "%s: OpenSSL's legacy provider, which it may need, is not there", file);
    if (legacy)
        OSSL_PROVIDER_unload(legacy);
    if (base)
        OSSL_PROVIDER_unload(base);
    OSSL_LIB_CTX_free(context);
    return is_open;
}

static bool is_pkcs12(struct bytes content)
{
    const unsigned char *at = content.at;
    PKCS12 *p12 = d2i_PKCS12(NULL, &at, (long)content.len);
    PKCS12_free(p12);
    return p12 != NULL;
}

static void read_der(struct store *store, const char *file, struct bytes content)
{
    const unsigned char *at = content.at;
    X509 *x509 = d2i_X509(NULL, &at, (long)content.len);
    X509_free(x509);
    if (x509) {
        store_add(store, file, bytes_slice(content, 0, (size_t)(at - content.at)), false);
    } else if (is_pkcs12(content)) {
        if (!try_passwords(store, file, content, NULL) && !try_legacy(store, file, content))
            store_error(store, "%s: PKCS#12 that does not open: %s", file, last_reason());
    } else if (!read_pkcs7(store, file, content)) {
        store_error(store, "%s: neither a certificate nor PKCS#7 nor PKCS#12", file);
    }
}

/* ---- JKS */

struct jks_take {
    struct store *store;
    const char *file;
};

static void take_jks(void *arg, const struct jks_certificate *found)
{
    struct jks_take *take = arg;
    if (found->is_trusted)
        store_add(take->store, take->file, found->der, false);
}

static void read_jks(struct store *store, const char *file, struct bytes content)
{
    struct jks_take take = {store, file};
    struct fault fault;
    if (!jks_read(content, take_jks, &take, &fault))
        store_error(store, "%s: the key store %s at byte %" PRIu64 " (%s)", file,
                    fault.kind == FAULT_SHORT ? "ends early" : "is damaged", fault.offset, fault.field);
    else if (!jks_is_intact(content, store->password ? store->password : "changeit"))
        store_error(store, "%s: its digest does not fit the password; its certificates are used all the same", file);
}

void store_read_content(struct store *store, const char *file, struct bytes content)
{
    static const char sqlite[] = "SQLite format 3";
    ERR_clear_error();
    if (jks_is(content))
        read_jks(store, file, content);
    else if (bytes_u32_at(content, 0) == 0xCECECECE)
        store_error(store, "%s: a JCEKS key store; convert it with: keytool -importkeystore -deststoretype PKCS12",
                    file);
    else if (content.len >= sizeof sqlite && memcmp(content.at, sqlite, sizeof sqlite) == 0)
        store_error(store, "%s: a database of NSS; name its folder to be told how to export it", file);
    else if (content.len > 1 && content.at[0] == 0x30 && content.at[1] >= 0x80) /* a SEQUENCE, no text */
        read_der(store, file, content);
    else
        read_pem(store, file, content);
    ERR_clear_error();
}
