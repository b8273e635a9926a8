/* X509_verify_cert() (RFC 5280 section 6, RFC 6125), set up as programs do that verify TLS servers. */
#include "trust/verify_run.h"

#include "dissect/registry.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <string.h>

static bool is_address(const char *name)
{
    ASN1_OCTET_STRING *octets = a2i_IPADDRESS(name);
    ASN1_OCTET_STRING_free(octets);
    ERR_clear_error();
    return octets != NULL;
}

bool verify_name(X509 *leaf, const char *name)
{
    int result = is_address(name) ? X509_check_ip_asc(leaf, name, 0) : X509_check_host(leaf, name, 0, 0, NULL);
    ERR_clear_error();
    return result == 1;
}

static bool set_up(X509_STORE_CTX *ctx, const struct verify_run *run)
{
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    /* Purpose and trust: OpenSSL derives the second from the first only before a context is made. */
    if (!X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER) ||
        !X509_VERIFY_PARAM_set_trust(param, X509_TRUST_SSL_SERVER))
        return false;
    X509_VERIFY_PARAM_set_auth_level(param, run->level);
    X509_VERIFY_PARAM_set_flags(param, run->flags | (run->has_time ? 0 : X509_V_FLAG_NO_CHECK_TIME));
    if (run->has_time)
        X509_VERIFY_PARAM_set_time(param, (time_t)run->time);
    if (!run->name)
        return true;
    return is_address(run->name) ? X509_VERIFY_PARAM_set1_ip_asc(param, run->name) == 1
                                 : X509_VERIFY_PARAM_set1_host(param, run->name, 0) == 1;
}

static struct verify_outcome outcome_of(int code, int depth)
{
    static const char prefix[] = "X509_V_ERR_";
    struct verify_outcome out = {.is_ok = code == X509_V_OK, .code = (uint16_t)code};
    const struct x509_verify_error *row = x509_verify_error_find(out.code);
    if (out.is_ok)
        return out;
    out.depth = depth > 0 ? (unsigned)depth : 0;
    out.text = row ? row->text : X509_verify_cert_error_string(code);
    if (row && strncmp(row->symbol, prefix, sizeof prefix - 1) == 0)
        out.name = row->symbol + sizeof prefix - 1;
    return out;
}

bool verify_run(const struct verify_run *run, struct verify_outcome *out, STACK_OF(X509) * *path)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    bool is_ready = ctx && X509_STORE_CTX_init(ctx, run->store, run->leaf, run->untrusted) == 1 && set_up(ctx, run);
    if (is_ready) {
        int result = X509_verify_cert(ctx);
        int code = X509_STORE_CTX_get_error(ctx);
        if (result != 1 && code == X509_V_OK)
            code = X509_V_ERR_UNSPECIFIED;
        *out = outcome_of(result == 1 ? X509_V_OK : code, X509_STORE_CTX_get_error_depth(ctx));
        is_ready = code != X509_V_ERR_OUT_OF_MEM;
        if (path)
            *path = X509_STORE_CTX_get1_chain(ctx);
    }
    X509_STORE_CTX_free(ctx);
    ERR_clear_error();
    return is_ready;
}
