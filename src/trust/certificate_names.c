/* Names inside a certificate: distinguished names (RFC 2253), subjectAltName, authorityInfoAccess (RFC 5280). */
#include "bounds.h"
#include "trust/certificate_facts.h"

#include <openssl/bio.h>
#include <openssl/err.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const char hex_digits[] = "0123456789ABCDEF";

const char *certificate_dn(struct pool *pool, const X509_NAME *name)
{
    BIO *bio = BIO_new(BIO_s_mem());
    if (!bio) {
        pool->is_failed = true;
        return NULL;
    }
    if (X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) < 0)
        pool->is_failed = true; /* a name that cannot be converted is already refused by the parser: this is memory */
    char *at = NULL;
    long len = BIO_get_mem_data(bio, &at);
    char *text = pool_copy(pool, at, len > 0 ? (size_t)len : 0);
    BIO_free(bio);
    return text;
}

const char *certificate_oid(struct pool *pool, const ASN1_OBJECT *object)
{
    char buf[256];
    int len = OBJ_obj2txt(buf, sizeof buf, object, 1);
    if (len <= 0)
        return pool_copy(pool, "unknown", 7);
    if ((size_t)len < sizeof buf)
        return pool_copy(pool, buf, (size_t)len);
    char *text = pool_take(pool, (size_t)len + 1);
    if (text)
        OBJ_obj2txt(text, len + 1, object, 1);
    return text;
}

/* prefix, then the bytes with everything that is not printable ASCII, and the backslash, as \XX. */
static const char *escaped(struct pool *pool, const char *prefix, const ASN1_STRING *string)
{
    const unsigned char *at = ASN1_STRING_get0_data(string);
    size_t len = (size_t)ASN1_STRING_length(string), prefix_len = strlen(prefix);
    size_t num_escaped = 0;
    for (size_t i = 0; i < len; i++)
        num_escaped += at[i] < ' ' || at[i] > '~' || at[i] == '\\';
    char *text = pool_take(pool, prefix_len + len + 2 * num_escaped + 1);
    if (!text)
        return NULL;
    memcpy(text, prefix, prefix_len);
    char *out = text + prefix_len;
    for (size_t i = 0; i < len; i++) {
        if (at[i] >= ' ' && at[i] <= '~' && at[i] != '\\') {
            *out++ = (char)at[i];
            continue;
        }
        *out++ = '\\';
        *out++ = hex_digits[at[i] >> 4];
        *out++ = hex_digits[at[i] & 15];
    }
    *out = '\0';
    return text;
}

static const char *joined(struct pool *pool, const char *prefix, const char *text)
{
    if (!text)
        return NULL;
    size_t size = strlen(prefix) + strlen(text) + 1;
    char *out = pool_take(pool, size);
    if (out)
        snprintf(out, size, "%s%s", prefix, text);
    return out;
}

static const char *address(struct pool *pool, const ASN1_OCTET_STRING *string)
{
    const unsigned char *at = ASN1_STRING_get0_data(string);
    size_t len = (size_t)ASN1_STRING_length(string);
    if (len == 4 || len == 16) {
        char text[INET6_ADDRSTRLEN];
        return joined(pool, "IP:", inet_ntop(len == 4 ? AF_INET : AF_INET6, at, text, sizeof text));
    }
    static const char prefix[] = "IP:<invalid ";
    char *text = pool_take(pool, sizeof prefix + 2 * len + 1);
    if (!text)
        return NULL;
    memcpy(text, prefix, sizeof prefix - 1);
    char *out = text + sizeof prefix - 1;
    for (size_t i = 0; i < len; i++) {
        *out++ = hex_digits[at[i] >> 4];
        *out++ = hex_digits[at[i] & 15];
    }
    *out++ = '>';
    *out = '\0';
    return text;
}

static const char *other_name(struct pool *pool, const OTHERNAME *other)
{
    const char *start = joined(pool, "othername:", certificate_oid(pool, other->type_id));
    const char *prefix = start ? joined(pool, start, ":") : NULL;
    if (!prefix)
        return NULL;
    if (other->value->type == V_ASN1_UTF8STRING || other->value->type == V_ASN1_IA5STRING)
        return escaped(pool, prefix, other->value->value.asn1_string);
    return joined(pool, prefix, "<unsupported>");
}

static const char *general_name(struct pool *pool, const GENERAL_NAME *name)
{
    switch (name->type) {
    case GEN_DNS:
        return escaped(pool, "DNS:", name->d.dNSName);
    case GEN_EMAIL:
        return escaped(pool, "email:", name->d.rfc822Name);
    case GEN_URI:
        return escaped(pool, "URI:", name->d.uniformResourceIdentifier);
    case GEN_IPADD:
        return address(pool, name->d.iPAddress);
    case GEN_DIRNAME:
        return joined(pool, "DirName:", certificate_dn(pool, name->d.directoryName));
    case GEN_RID:
        return joined(pool, "RID:", certificate_oid(pool, name->d.registeredID));
    case GEN_OTHERNAME:
        return other_name(pool, name->d.otherName);
    case GEN_X400:
        return "X400Name:<unsupported>";
    default:
        return "EdiPartyName:<unsupported>";
    }
}

/* An extension that stands there more than once is malformed; the names of each are shown all the same. */
static void read_alternative_names(struct certificate_facts *out, struct pool *pool, X509 *x509)
{
    for (int i = -1; (i = X509_get_ext_by_NID(x509, NID_subject_alt_name, i)) >= 0;) {
        GENERAL_NAMES *names = X509V3_EXT_d2i(X509_get_ext(x509, i));
        size_t num = names ? (size_t)sk_GENERAL_NAME_num(names) : 1;
        size_t room = LIMIT_CERTIFICATE_NAMES - out->num_san;
        size_t num_kept = num < room ? num : room;
        const char **san = pool_take(pool, (out->num_san + num_kept) * sizeof *san);
        if (san) {
            for (size_t k = 0; k < out->num_san; k++)
                san[k] = out->san[k];
            for (size_t k = 0; k < num_kept; k++)
                san[out->num_san + k] = names ? general_name(pool, sk_GENERAL_NAME_value(names, (int)k)) : "<invalid>";
            out->san = san;
            out->num_san += num_kept;
            out->num_san_left_out += num - num_kept;
        }
        GENERAL_NAMES_free(names);
    }
}

static void read_access_uris(const AUTHORITY_INFO_ACCESS *info, struct pool *pool, int method, const char *const **uris,
                             size_t *num_uris)
{
    int num = sk_ACCESS_DESCRIPTION_num(info);
    size_t found = 0;
    const char **list = num > 0 ? pool_take(pool, (size_t)num * sizeof *list) : NULL;
    for (int i = 0; list && i < num; i++) {
        const ACCESS_DESCRIPTION *access = sk_ACCESS_DESCRIPTION_value(info, i);
        if (OBJ_obj2nid(access->method) == method && access->location->type == GEN_URI)
            list[found++] = escaped(pool, "", access->location->d.uniformResourceIdentifier);
    }
    *uris = found > 0 ? list : NULL;
    *num_uris = found;
}

void certificate_names_read(struct certificate_facts *out, struct pool *pool, X509 *x509)
{
    read_alternative_names(out, pool, x509);
    AUTHORITY_INFO_ACCESS *info = X509_get_ext_d2i(x509, NID_info_access, NULL, NULL);
    if (info) {
        read_access_uris(info, pool, NID_ad_ca_issuers, &out->aia_issuers, &out->num_aia_issuers);
        read_access_uris(info, pool, NID_ad_OCSP, &out->aia_ocsp, &out->num_aia_ocsp);
    }
    AUTHORITY_INFO_ACCESS_free(info);
}
