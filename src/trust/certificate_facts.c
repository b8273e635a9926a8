/* What a certificate says (RFC 5280), read through OpenSSL: see certificate_facts.h. */
#include "trust/certificate_facts.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Key algorithms by OID, so that those this OpenSSL lacks have their names too. Bits are told where they are the usual
 * measure of strength. */
static const struct key_kind {
    const char *oid, *name;
    bool has_bits;
} key_kinds[] = {
    {"1.2.840.113549.1.1.1", "rsa", true},
    {"1.2.840.113549.1.1.10", "rsa-pss", true},
    {"1.2.840.10045.2.1", "ec", true},
    {"1.2.840.10040.4.1", "dsa", true},
    {"1.2.840.113549.1.3.1", "dh", true},
    {"1.2.840.10046.2.1", "dh", true},
    {"1.3.101.110", "x25519", true},
    {"1.3.101.111", "x448", true},
    {"1.3.101.112", "ed25519", true},
    {"1.3.101.113", "ed448", true},
    {"2.16.840.1.101.3.4.3.17", "ml-dsa-44", false},
    {"2.16.840.1.101.3.4.3.18", "ml-dsa-65", false},
    {"2.16.840.1.101.3.4.3.19", "ml-dsa-87", false},
    {"2.16.840.1.101.3.4.3.20", "slh-dsa-sha2-128s", false},
    {"2.16.840.1.101.3.4.3.21", "slh-dsa-sha2-128f", false},
    {"2.16.840.1.101.3.4.3.22", "slh-dsa-sha2-192s", false},
    {"2.16.840.1.101.3.4.3.23", "slh-dsa-sha2-192f", false},
    {"2.16.840.1.101.3.4.3.24", "slh-dsa-sha2-256s", false},
    {"2.16.840.1.101.3.4.3.25", "slh-dsa-sha2-256f", false},
    {"2.16.840.1.101.3.4.3.26", "slh-dsa-shake-128s", false},
    {"2.16.840.1.101.3.4.3.27", "slh-dsa-shake-128f", false},
    {"2.16.840.1.101.3.4.3.28", "slh-dsa-shake-192s", false},
    {"2.16.840.1.101.3.4.3.29", "slh-dsa-shake-192f", false},
    {"2.16.840.1.101.3.4.3.30", "slh-dsa-shake-256s", false},
    {"2.16.840.1.101.3.4.3.31", "slh-dsa-shake-256f", false},
};

/* The first error in the queue is the innermost one: the reason. What it was about stands in the data of a later one.
 */
static const char *openssl_error(struct pool *pool)
{
    char text[256];
    const char *data = NULL;
    int flags = 0;
    unsigned long first = ERR_peek_error();
    const char *reason = first ? ERR_reason_error_string(first) : NULL;
    snprintf(text, sizeof text, "%s", reason ? reason : "not a certificate");
    while (ERR_get_error_all(NULL, NULL, NULL, &data, &flags) != 0) {
        if (!(flags & ERR_TXT_STRING) || !data || !*data)
            continue;
        size_t len = strlen(text);
        snprintf(text + len, sizeof text - len, " (%s)", data);
        break;
    }
    for (char *p = text; *p; p++)
        if (!isprint((unsigned char)*p))
            *p = '?';
    return pool_copy(pool, text, strlen(text));
}

static const char *serial_hex(struct pool *pool, const ASN1_INTEGER *serial)
{
    static const char digits[] = "0123456789ABCDEF";
    const unsigned char *at = ASN1_STRING_get0_data(serial);
    size_t len = (size_t)ASN1_STRING_length(serial);
    if (len == 0)
        return "00";
    char *text = pool_take(pool, 2 * len + 2);
    if (!text)
        return NULL;
    char *out = text;
    if (ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER)
        *out++ = '-';
    for (size_t i = 0; i < len; i++) {
        *out++ = digits[at[i] >> 4];
        *out++ = digits[at[i] & 15];
    }
    *out = '\0';
    return text;
}

static int64_t read_time(const ASN1_TIME *time, char text[24])
{
    struct tm tm;
    text[0] = '\0';
    if (!time || !ASN1_TIME_to_tm(time, &tm))
        return INT64_MIN;
    strftime(text, 24, "%FT%TZ", &tm);
    return timegm(&tm);
}

static uint64_t rsa_exponent(const EVP_PKEY *key)
{
    BIGNUM *e = NULL;
    uint64_t exponent = 0;
    if (!EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e))
        return 0;
    if (BN_num_bits(e) <= 64)
        exponent = BN_get_word(e);
    BN_free(e);
    return exponent;
}

static void read_key(struct certificate_facts *out, struct pool *pool, X509_PUBKEY *public_key)
{
    ASN1_OBJECT *algorithm = NULL;
    X509_ALGOR *whole = NULL;
    if (!X509_PUBKEY_get0_param(&algorithm, NULL, NULL, &whole, public_key))
        return;
    const char *oid = certificate_oid(pool, algorithm);
    out->key_type = oid;
    bool has_bits = false;
    for (size_t i = 0; oid && i < sizeof key_kinds / sizeof key_kinds[0]; i++) {
        if (strcmp(oid, key_kinds[i].oid) == 0) {
            out->key_type = key_kinds[i].name;
            has_bits = key_kinds[i].has_bits;
        }
    }
    const EVP_PKEY *key = X509_PUBKEY_get0(public_key);
    int bits = key && has_bits ? EVP_PKEY_get_bits(key) : 0;
    out->key_bits = bits > 0 ? (unsigned)bits : 0;
    if (key && (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS")))
        out->rsa_exponent = rsa_exponent(key);
    if (OBJ_obj2nid(algorithm) != NID_X9_62_id_ecPublicKey)
        return;
    int type = V_ASN1_UNDEF;
    const void *parameter = NULL;
    X509_ALGOR_get0(NULL, &type, &parameter, whole);
    if (type == V_ASN1_OBJECT) {
        int nid = OBJ_obj2nid(parameter);
        out->key_curve = nid != NID_undef ? OBJ_nid2sn(nid) : certificate_oid(pool, parameter);
    } else if (type == V_ASN1_SEQUENCE) {
        out->key_curve = "explicit";
    }
}

static void read_signature_algorithm(struct certificate_facts *out, struct pool *pool, const X509 *x509)
{
    const X509_ALGOR *algorithm = NULL;
    const ASN1_OBJECT *object = NULL;
    X509_get0_signature(NULL, &algorithm, x509);
    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    int nid = OBJ_obj2nid(object);
    out->signature_algorithm = nid != NID_undef ? OBJ_nid2ln(nid) : certificate_oid(pool, object);
}

/* basicConstraints alone: OpenSSL's own cache of it would also parse every other extension. */
static void read_constraints(struct certificate_facts *out, const X509 *x509)
{
    BASIC_CONSTRAINTS *constraints = X509_get_ext_d2i(x509, NID_basic_constraints, NULL, NULL);
    if (!constraints)
        return;
    uint64_t length;
    out->has_basic_constraints = true;
    out->is_ca = constraints->ca != 0;
    if (constraints->pathlen && ASN1_INTEGER_get_uint64(&length, constraints->pathlen) == 1 && length <= UINT32_MAX) {
        out->has_path_length = true;
        out->path_length = (uint32_t)length;
    }
    BASIC_CONSTRAINTS_free(constraints);
}

X509 *certificate_decode(struct bytes der, struct pool *pool, const char **error)
{
    ERR_clear_error();
    const unsigned char *at = der.at;
    X509 *x509 = der.len > 0 ? d2i_X509(NULL, &at, (long)der.len) : NULL;
    if (!x509) {
        *error = openssl_error(pool);
    } else if (at != der.at + der.len) {
        *error = "trailing bytes after the certificate";
        X509_free(x509);
        x509 = NULL;
    }
    ERR_clear_error();
    return x509;
}

void certificate_facts_read(struct certificate_facts *out, struct pool *pool, X509 *x509)
{
    const X509_NAME *subject = X509_get_subject_name(x509), *issuer = X509_get_issuer_name(x509);
    out->subject = certificate_dn(pool, subject);
    out->issuer = certificate_dn(pool, issuer);
    out->version = (unsigned)X509_get_version(x509) + 1;
    out->serial = serial_hex(pool, X509_get0_serialNumber(x509));
    out->not_before = read_time(X509_get0_notBefore(x509), out->not_before_text);
    out->not_after = read_time(X509_get0_notAfter(x509), out->not_after_text);
    read_key(out, pool, X509_get_X509_PUBKEY(x509));
    read_signature_algorithm(out, pool, x509);
    read_constraints(out, x509);
    unsigned key_hash_len = sizeof out->key_hash;
    out->has_key_hash = X509_pubkey_digest(x509, EVP_sha1(), out->key_hash, &key_hash_len) == 1;
    out->has_scts = X509_get_ext_by_NID(x509, NID_ct_precert_scts, -1) >= 0;
    out->is_self_issued = X509_NAME_cmp(subject, issuer) == 0;
    EVP_PKEY *key = X509_get0_pubkey(x509);
    out->is_self_signed = out->is_self_issued && key && X509_verify(x509, key) == 1;
    certificate_names_read(out, pool, x509);
    ERR_clear_error();
}

void certificate_facts_raw_key(struct certificate_facts *out, struct pool *pool, struct bytes der)
{
    const unsigned char *at = der.at;
    X509_PUBKEY *key = der.len > 0 ? d2i_X509_PUBKEY(NULL, &at, (long)der.len) : NULL;
    if (key && at == der.at + der.len) {
        out->error = "a raw public key (RFC 7250), not a certificate";
        read_key(out, pool, key);
    }
    X509_PUBKEY_free(key);
    ERR_clear_error();
}
