/* Kinds of key exchange, as far as ServerKeyExchange looks different in them. */
#include "dissect/handshake.h"

#include <string.h>

const char *kx_kind_name(enum kx_kind kind)
{
    static const char *const names[] = {
        [KX_UNKNOWN] = "unknown",       [KX_RSA] = "rsa",
        [KX_RSA_EXPORT] = "rsa-export", [KX_DHE] = "dhe",
        [KX_DH_ANON] = "dh-anon",       [KX_ECDHE] = "ecdhe",
        [KX_ECDH_ANON] = "ecdh-anon",   [KX_PSK] = "psk",
        [KX_DHE_PSK] = "dhe-psk",       [KX_ECDHE_PSK] = "ecdhe-psk",
        [KX_RSA_PSK] = "rsa-psk",       [KX_SRP] = "srp",
        [KX_ECJPAKE] = "ecjpake",       [KX_GOST] = "gost",
    };
    return (size_t)kind < sizeof names / sizeof names[0] ? names[kind] : names[KX_UNKNOWN];
}

/* The registry's kx column; static DH and ECDH, Kerberos and the like have no ServerKeyExchange, TLS 1.3 none either.
 */
static const struct {
    const char *kx;
    enum kx_kind kind, kind_anon;
} kinds[] = {
    {"ECDHE", KX_ECDHE, KX_ECDH_ANON},
    {"DHE", KX_DHE, KX_DH_ANON},
    {"RSA", KX_RSA, KX_RSA},
    {"DHE_EXPORT", KX_DHE, KX_DH_ANON},
    {"DHE_EXPORT1024", KX_DHE, KX_DH_ANON},
    {"RSA_EXPORT", KX_RSA_EXPORT, KX_RSA_EXPORT},
    {"RSA_EXPORT1024", KX_RSA_EXPORT, KX_RSA_EXPORT},
    {"PSK", KX_PSK, KX_PSK},
    {"DHE_PSK", KX_DHE_PSK, KX_DHE_PSK},
    {"ECDHE_PSK", KX_ECDHE_PSK, KX_ECDHE_PSK},
    {"RSA_PSK", KX_RSA_PSK, KX_RSA_PSK},
    {"SRP", KX_SRP, KX_SRP},
    {"ECJPAKE", KX_ECJPAKE, KX_ECJPAKE},
    {"GOST94", KX_GOST, KX_GOST},
    {"GOST01", KX_GOST, KX_GOST},
    {"GOST12", KX_GOST, KX_GOST},
};

enum kx_kind cipher_suite_kx_kind(const struct cipher_suite *suite)
{
    for (size_t i = 0; suite && i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].kx, suite->kx) == 0)
            return strcmp(suite->auth, "anon") == 0 ? kinds[i].kind_anon : kinds[i].kind;
    return KX_UNKNOWN;
}
